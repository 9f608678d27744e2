"""A model that continues text instead of answering is known by its names and its template."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.engine_driver import demo
from helpers.pretrained_model import pretrained_model
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.file_checks import read_model_header
from refsheet_tui.engine.gguf_header import GgufHeader, Scalar
from refsheet_tui.engine.instruction_tuning import is_instruction_tuned
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.paths import demo_model
from refsheet_tui.weights.catalog import load_catalog

TURNS = "{{ bos_token }}{{ '<start_of_turn>' + role }}"
OTHER_TURNS = "{{ '<|im_start|>' + role }}"


def is_tuned(file: str, *, name: str = "", finetune: str = "", template: str = "") -> bool:
    metadata: dict[str, Scalar] = {
        "general.name": name,
        "general.finetune": finetune,
        "tokenizer.chat_template": template,
    }
    found = {key: value for key, value in metadata.items() if value}
    return is_instruction_tuned(GgufHeader(found), Path(file))


@pytest.mark.parametrize(
    "file",
    [
        *("gemma-3-4b-it-Q4_K_M.gguf", "gemma-3-4b-it.Q4_K_M.gguf", "gemma_3_4b_it.gguf"),
        *("google_gemma-3-12b-IT.gguf", "gemma-3-4b-it-00001-of-00003.gguf", "it.gguf"),
        *("gemma-3-instruct.gguf", "gemma3-chat.gguf", "gemma-3-4b-it-pt-br.gguf"),
    ],
)
def test_a_name_that_says_it_needs_no_template(file: str) -> None:
    assert is_tuned(file)
    assert is_tuned("x.gguf", name=Path(file).stem)


@pytest.mark.parametrize(
    "file",
    [
        *("gemma-3-4b-pt-Q4_K_M.gguf", "gemma-3-270m-pt.gguf", "gemma-3-4b-base.gguf"),
        *("Gemma_3_27B_PT.gguf", "gemma-3-pretrained-4b.gguf", "gemma-3-1b-pt-00001-of-00002.gguf"),
    ],
)
def test_a_name_that_says_pretrained_counts_more_than_a_template(file: str) -> None:
    assert not is_tuned(file, template=TURNS)
    assert not is_tuned("x.gguf", name=Path(file).stem, template=TURNS)


@pytest.mark.parametrize(
    "file",
    [
        *("gemma-3-270m-Q4_K_M.gguf", "Italian-gemma-3-4b.gguf", "gemma-3-4bit.gguf", "x.gguf"),
        *("MyRoleplay-12B.gguf", "gemma-3-4b-pt-br.gguf", "database-gemma.gguf", "baseline.gguf"),
        *("gemma-portuguese-pt.gguf", "spirit-gemma.gguf", "knowledge-base.gguf", ""),
    ],
)
def test_a_name_that_says_nothing_leaves_it_to_the_template(file: str) -> None:
    assert is_tuned(file, template=TURNS)
    assert not is_tuned(file)
    assert not is_tuned(file, template=OTHER_TURNS)


def test_the_metadata_are_asked_before_the_name_of_the_file() -> None:
    assert not is_tuned("gemma-3-4b-it.gguf", finetune="pt")
    assert is_tuned("gemma-3-4b-pt.gguf", finetune="it")
    assert is_tuned("gemma-3-4b-pt.gguf", finetune="it-abliterated", name="Gemma 3 4b Pt")
    assert is_tuned("gemma-3-4b-pt.gguf", name="Gemma 3 4b It")
    assert not is_tuned("x.gguf", finetune="roleplay", name="Gemma 3 4b Pt Roleplay")


def test_the_published_pretrained_270m() -> None:
    """Its names and its missing template are those of the published file."""
    assert not is_tuned("gemma-3-270m-Q4_K_M.gguf", name="Gemma 3 270m")


def test_no_file_that_the_program_offers_is_named() -> None:
    assert is_instruction_tuned(read_model_header(demo_model()), demo_model())
    for entry in load_catalog().models.values():
        assert is_tuned(entry.model.file), "with a template or without"


def test_the_engine_says_so(tmp_path: Path) -> None:
    session = LoadedModel()
    assert session.load(demo(), lambda _: True).is_instruction_tuned
    model = pretrained_model(tmp_path / "gemma-3-270m.gguf")
    assert not session.load(LoadSettings(model), lambda _: True).is_instruction_tuned
    session.close()
