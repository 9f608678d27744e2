"""Texts are padded to whole rows for repacked weights, and for no others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from llama_cpp import llama_cpp as llama

from helpers.cold_runs import ColdReader, runner
from helpers.engine_driver import demo
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.file_checks import read_model_header
from refsheet_tui.engine.logit_comparison import compare_logits
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.model_loader import should_pad_batches
from refsheet_tui.paths import demo_model

_MIB = 1 << 20


@pytest.fixture(scope="module")
def repackable(tmp_path_factory: pytest.TempPathFactory) -> LoadSettings:
    """Return the demo in Q4_0, which processors with vector instructions repack."""
    file = tmp_path_factory.mktemp("models") / "demo-q4_0.gguf"
    return convert_demo(file, llama.LLAMA_FTYPE_MOSTLY_Q4_0)


@pytest.fixture(scope="module")
def session(repackable: LoadSettings) -> Iterator[LoadedModel]:
    session = LoadedModel()
    session.load(repackable, lambda _: True)
    if not runner(session)._model.repacked_bytes:
        pytest.skip("this processor repacks nothing")
    yield session
    session.close()


def convert_demo(file: Path, kind: int) -> LoadSettings:
    """Return the settings for the demo with its weights in another format."""
    params = llama.llama_model_quantize_default_params()
    params.ftype, params.allow_requantize = kind, True
    source = os.fsencode(demo_model())
    assert llama.llama_model_quantize(source, os.fsencode(file), params) == 0
    return replace(demo(), model=file)


def fills(settings: LoadSettings) -> bool:
    session = LoadedModel()
    session.load(settings, lambda _: True)
    found = runner(session)._kv.context._pads_batches
    session.close()
    return found


def test_repacked_weights_are_read_in_whole_rows(
    session: LoadedModel, repackable: LoadSettings
) -> None:
    assert runner(session)._kv.context._pads_batches
    assert not fills(replace(repackable, repack=False))


def test_other_weights_are_not(tmp_path: Path) -> None:
    assert not fills(convert_demo(tmp_path / "demo-f16.gguf", llama.LLAMA_FTYPE_MOSTLY_F16))


def test_most_of_the_layers_has_to_be_repacked() -> None:
    """In a Q4_K_M of the 270M, 13 of 65 MiB are: padding cost more than it saved."""
    header = read_model_header(demo_model())
    layers = sum(each.size for name, each in header.tensors.items() if name.startswith("blk."))
    assert _MIB < layers < 2 * _MIB
    assert not should_pad_batches(0, header)
    assert not should_pad_batches(layers // 5, header)
    assert should_pad_batches(layers - 20_000, header)


@pytest.mark.parametrize("count", range(1, 34))
def test_what_fills_up_leaves_nothing_behind(
    session: LoadedModel, rows: ColdReader, count: int
) -> None:
    context = runner(session)._kv.context
    tokens = list(range(300, 300 + count))
    context.clear()
    for position, token in enumerate(tokens):
        assert context.read_tokens([token], position, want_logits=True)
    want = context.get_logits()
    context.clear()
    assert context.read_tokens(tokens, 0, want_logits=True)
    assert compare_logits(want[None], context.get_logits()[None]).mean_kl <= rows.bound
    assert llama.llama_memory_seq_pos_max(context._memory, 0) == count - 1
    runner(session)._kv.clear()


@pytest.fixture(scope="module")
def rows(repackable: LoadSettings) -> Iterator[ColdReader]:
    reader = ColdReader(repackable)
    yield reader
    reader.close()
