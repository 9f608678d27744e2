"""Tests of how many layers go to the GPU, which is a fake: there is none where tests run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from helpers.engine_driver import demo
from refsheet_tui.engine import LoadProgress, LoadSettings
from refsheet_tui.engine.file_checks import check_model_files
from refsheet_tui.engine.memory import ModelShape, estimate_memory
from refsheet_tui.engine.native import devices, gpu_offload, model_loader
from refsheet_tui.engine.native.llama_model import LlamaModel, LoadStoppedError
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.errors import WeightsError

GIB, MIB = 1 << 30, 1 << 20
LAYERS = 7  # the demo has six, and the output counts as one


def attempted_layers(settings: LoadSettings) -> list[int]:
    assert settings.mmproj is not None
    shape = ModelShape.from_header(check_model_files(settings).model_header)
    weights, projector = (path.stat().st_size for path in (settings.model, settings.mmproj))
    need = estimate_memory(shape, weights, projector, settings)
    return [attempt.layers for attempt in gpu_offload.offload_attempts(settings, shape, need)]


def test_a_processor_alone_gets_one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpu_memory", lambda: None)
    assert attempted_layers(demo()) == [0]
    assert attempted_layers(replace(demo(), gpu_layers=5)) == [0]


def test_all_layers_first_and_none_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpu_memory", lambda: 24 * GIB)
    assert attempted_layers(demo()) == [7, 3, 1, 0]
    assert attempted_layers(replace(demo(), gpu_layers=4)) == [4, 2, 1, 0]
    assert attempted_layers(replace(demo(), gpu_layers=99)) == [7, 3, 1, 0]
    assert attempted_layers(replace(demo(), gpu_layers=0)) == [0]


def test_a_full_gpu_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpu_memory", lambda: GIB // 2)
    assert attempted_layers(demo()) == [0]


def test_a_gpu_that_is_nearly_full_gets_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compute buffers need room first, and then each layer needs its own."""
    rooms = range(700 * MIB, 760 * MIB, MIB)
    counts = []
    for room in rooms:
        monkeypatch.setattr(devices, "gpu_memory", lambda room=room: room)
        counts.append(attempted_layers(demo())[0])
    assert counts == sorted(counts)
    assert {0, 7} < set(counts)


class SmallGpu:
    """A model that loads only as many layers as fit, and loads them on the processor."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.asked: list[int] = []

    def __call__(
        self, settings: LoadSettings, on_progress: Callable[[float], bool], *, gpu_layers: int
    ) -> LlamaModel:
        self.asked.append(gpu_layers)
        if gpu_layers > self.room:
            raise WeightsError("There is no room.", "Choose a smaller one.")
        return LlamaModel(settings, on_progress)


def load_layers(monkeypatch: pytest.MonkeyPatch, room: int) -> list[int]:
    small = SmallGpu(room)
    monkeypatch.setattr(devices, "gpu_memory", lambda: 24 * GIB)
    monkeypatch.setattr(model_loader, "LlamaModel", small)
    session = LoadedModel()
    session.load(demo(), lambda _: True)
    session.close()
    return small.asked


def test_a_gpu_that_refuses_gets_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_layers(monkeypatch, room=3) == [7, 3]
    assert load_layers(monkeypatch, room=0) == [7, 3, 1, 0]


def test_when_even_the_processor_refuses_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeightsError, match="no room"):
        load_layers(monkeypatch, room=-1)


def test_a_stopped_load_is_not_tried_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpu_memory", lambda: 24 * GIB)
    asked: list[LoadProgress] = []

    def stop(progress: LoadProgress) -> bool:
        asked.append(progress)
        return False

    with pytest.raises(LoadStoppedError):
        LoadedModel().load(demo(), stop)
    assert len(asked) == 1
