"""A model of several files is one model, whichever of them was chosen."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from helpers.engine_driver import GREEDY, Reply, ask, demo, picture
from helpers.split_model import split_model
from refsheet_tui.engine import CacheSettings, LoadSettings, ModelInfo
from refsheet_tui.engine.fallback import SafeMode, SafeModeStore
from refsheet_tui.engine.file_checks import check_model_files, read_model_header
from refsheet_tui.engine.native import model_loader
from refsheet_tui.engine.native.cache_keys import fingerprint
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.split_files import model_parts, model_size, part_names
from refsheet_tui.errors import WeightsError
from refsheet_tui.paths import demo_model

PROMPT = ask(picture(1), "Who are you?")
HEAD_ALONE, HALVES, THIRDS = (0, 40, 40), (41, 39), (1, 40, 39)


def load_and_reply(settings: LoadSettings) -> tuple[ModelInfo, Reply]:
    """Load a model, save what it read, and return its information and greedy reply to a picture."""
    session = LoadedModel()
    info = session.load(settings, lambda _: True)
    reply = Reply(list(session.generate(PROMPT, GREEDY, ReplyStats(), CancelToken())))
    session.save_snapshot()
    session.close()
    return info, reply


@pytest.mark.parametrize("repack", [True, False], ids=["read", "mapped"])
@pytest.mark.parametrize("counts", [HEAD_ALONE, HALVES, THIRDS], ids=str)
def test_every_part_loads_the_whole_model(
    tmp_path: Path, counts: tuple[int, ...], repack: bool
) -> None:
    """Weights that are repacked are read, others are mapped."""
    whole = replace(demo(), repack=repack)
    info, expected = load_and_reply(whole)
    parts = split_model(tmp_path / "split", counts)
    for part in parts if counts is HEAD_ALONE else parts[-1:]:
        found, reply = load_and_reply(replace(whole, model=part))
        assert (found, reply.text) == (info, expected.text)


def test_its_head_is_that_of_the_whole(tmp_path: Path) -> None:
    whole = read_model_header(demo_model())
    for part in split_model(tmp_path, THIRDS):
        found = read_model_header(part)
        assert found.tensors == whole.tensors
        assert found.get_text("tokenizer.chat_template") == whole.get_text(
            "tokenizer.chat_template"
        )


def test_the_room_for_all_parts_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = split_model(tmp_path, HEAD_ALONE)
    asked: list[int] = []
    monkeypatch.setattr(model_loader, "check_memory", lambda name, here, room: asked.append(here))
    # What a GPU holds does not count against the computer's own memory.
    settings = replace(demo(), gpu_layers=0)
    load_and_reply(settings)
    load_and_reply(replace(settings, model=parts[1]))
    whole, split = asked
    assert split - whole == sum(part.stat().st_size for part in parts) - demo_model().stat().st_size
    assert model_size(parts[2]) == sum(part.stat().st_size for part in parts)


def test_what_was_kept_is_found_by_every_part_and_not_by_another_model(tmp_path: Path) -> None:
    parts = split_model(tmp_path / "split", THIRDS)
    settings = replace(demo(), cache=CacheSettings(tmp_path / "cache"), model=parts[0])
    assert load_and_reply(settings)[1].finished.reused_tokens == 0
    again = load_and_reply(replace(settings, model=parts[2]))[1].finished
    assert again.reused_tokens == again.prompt_tokens
    fingerprints = {fingerprint(model_parts(part)) for part in parts}
    with parts[1].open("r+b") as file:
        file.seek(-32, 2)
        file.write(b"other")
    assert fingerprint(parts) not in fingerprints and len(fingerprints) == 1


def test_the_fingerprint_of_a_single_file_is_what_it_always_was() -> None:
    """The entries that earlier versions saved of a picture or a chat are still found."""
    data = demo_model().read_bytes()
    wanted = hashlib.sha256(len(data).to_bytes(8, "little") + data)
    for number in range(64):
        begin = len(data) * number // 64
        wanted.update(data[begin : begin + 4096])
    assert fingerprint([demo_model()]) == wanted.hexdigest()


def test_safer_settings_are_remembered_for_the_model(tmp_path: Path) -> None:
    first, second, third = split_model(tmp_path / "split", THIRDS)
    modes = SafeModeStore(tmp_path / "safe-mode.json")
    modes.save(LoadSettings(second), SafeMode(1, "load", "died", "2026-01-01"))
    assert modes.get(LoadSettings(first)) == modes.get(LoadSettings(third)) is not None
    with third.open("ab") as file:
        file.write(bytes(32))
    assert modes.get(LoadSettings(first)) is None, "another model"


def without(number: int) -> Callable[[list[Path]], str]:
    def spoil(parts: list[Path]) -> str:
        parts[number].unlink()
        return rf"-0000{number + 1}-of-00003\.gguf, one of the 3 parts of this model, is missing"

    return spoil


def cut(parts: list[Path]) -> str:
    parts[1].write_bytes(parts[1].read_bytes()[:-1])
    return r"-00002-of-00003\.gguf is incomplete: the end is missing"


def swap_parts(parts: list[Path]) -> str:
    first, second = (part.read_bytes() for part in parts[1:])
    parts[1].write_bytes(second)
    parts[2].write_bytes(first)
    return r"-00002-of-00003\.gguf is named as part 2 of 3 but is part 3 of 3"


def of_another_count(parts: list[Path]) -> str:
    shutil.copy(split_model(parts[0].parent / "halves", HALVES)[1], parts[1])
    return r"-00002-of-00003\.gguf is named as part 2 of 3 but is part 2 of 2"


def whole_in_its_place(parts: list[Path]) -> str:
    shutil.copy(demo_model(), parts[1])
    return r"-00002-of-00003\.gguf is named as part 2 of 3 but is part 1 of 1"


def with_the_same_tensors(parts: list[Path]) -> str:
    """Replace a part by one cut elsewhere: some tensors come twice, others not at all."""
    shutil.copy(split_model(parts[0].parent / "others", (1, 50, 29))[1], parts[1])
    return r"-00003-of-00003\.gguf and .*-00001-of-00003\.gguf are parts of different models"


def of_another_size(parts: list[Path]) -> str:
    foreign(parts[2], width=256, tensors=80)
    return r"-00003-of-00003\.gguf and .*-00001-of-00003\.gguf are parts of different models"


def of_more_tensors(parts: list[Path]) -> str:
    foreign(parts[1], width=128, tensors=236)
    return r"-00002-of-00003\.gguf and .*-00001-of-00003\.gguf are parts of different models"


def of_another_name(parts: list[Path]) -> str:
    foreign(parts[1], width=128, tensors=80, name="Somebody's")
    return r"-00002-of-00003\.gguf and .*-00001-of-00003\.gguf are parts of different models"


def too_few(parts: list[Path]) -> str:
    foreign(parts[1], width=128, tensors=80)
    return r"-00001-of-00003\.gguf contain 41 tensors instead of 80"


def foreign(path: Path, *, width: int, tensors: int, name: str = "") -> None:
    """Replace `path` by a part of a model that does not exist, with the same number in its name."""
    writer = GGUFWriter(path, "gemma3")
    if name:
        writer.add_name(name)
    writer.add_uint16("split.no", int(path.stem[-10]) - 1)
    writer.add_uint16("split.count", 3)
    writer.add_int32("split.tensors.count", tensors)
    writer.add_tensor("blk.9.attn_norm.weight", np.zeros(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("chosen", [0, 1, 2])
@pytest.mark.parametrize(
    "spoil",
    [
        without(0),
        without(1),
        without(2),
        cut,
        swap_parts,
        of_another_count,
        whole_in_its_place,
        with_the_same_tensors,
        of_another_size,
        of_more_tensors,
        of_another_name,
        too_few,
    ],
)
def test_the_part_that_is_wrong_is_named(
    tmp_path: Path, spoil: Callable[[list[Path]], str], chosen: int
) -> None:
    parts = split_model(tmp_path, THIRDS)
    sentence = spoil(parts)
    if spoil is whole_in_its_place and chosen == 1:
        assert check_model_files(LoadSettings(parts[1])).model_files == (parts[1],), (
            "it is whole by itself"
        )
        return
    with pytest.raises(WeightsError, match=sentence) as caught:
        check_model_files(LoadSettings(parts[chosen]))
    assert caught.value.remedy.endswith(".")


def test_a_part_that_was_renamed(tmp_path: Path) -> None:
    second = split_model(tmp_path, HALVES)[1].rename(tmp_path / "model.gguf")
    with pytest.raises(WeightsError, match="part 2 of 2 of a model, but its name") as caught:
        check_model_files(LoadSettings(second))
    assert "NAME-00001-of-00002.gguf" in caught.value.remedy


def test_a_whole_model_that_is_called_like_a_part(tmp_path: Path) -> None:
    copy = Path(shutil.copy(demo_model(), tmp_path / "demo-00002-of-00003.gguf"))
    assert check_model_files(LoadSettings(copy)).model_files == (copy,)


def test_a_projector_is_never_split(tmp_path: Path) -> None:
    for part in split_model(tmp_path, HALVES):
        with pytest.raises(WeightsError, match="are never split"):
            check_model_files(LoadSettings(demo_model(), part))


NO_PARTS = (
    *("a.gguf", "a-1-of-2.gguf", "a-00000-of-00002.gguf", "a-00003-of-00002.gguf"),
    *("a-00001-of-00002.bin", "a-00001-of-99999.gguf", "-00001-of-00002.gguf", ""),
)


@pytest.mark.parametrize("name", NO_PARTS)
def test_names_that_are_no_part_s(name: str) -> None:
    assert part_names(name) == (name,)
