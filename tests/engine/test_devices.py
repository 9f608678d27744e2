"""The devices of ggml itself: the processor is one on every machine."""

from __future__ import annotations

from typing import Any

import psutil
import pytest
from llama_cpp._ggml import libggml

from refsheet_tui.engine.native import devices
from refsheet_tui.engine.native.devices import ComputeDevice, DeviceKind


def test_the_processor_is_a_device_with_a_name_and_memory() -> None:
    (processor,) = (each for each in devices.all_devices() if each.kind is DeviceKind.CPU)
    assert processor.backend == "CPU"
    assert processor.name
    assert processor.total == pytest.approx(psutil.virtual_memory().total, rel=0.01)
    assert 0 < processor.free <= processor.total
    assert not processor.is_gpu


def test_every_signature_is_used_on_a_real_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong signature that no test calls would end every load on a machine with a GPU."""
    called: set[str] = set()

    def record_calls(name: str) -> Any:
        function = getattr(libggml, name)

        def call(*arguments: object) -> object:
            called.add(name)
            return function(*arguments)

        return call

    for name in devices._SIGNATURES:
        monkeypatch.setattr(libggml, name, record_calls(name))
    assert devices.all_devices()
    assert called == set(devices._SIGNATURES)


def gpu(kind: DeviceKind, free: int) -> ComputeDevice:
    return ComputeDevice(kind, "CUDA0", "CUDA", "NVIDIA H200", free, 141 << 30)


def test_gpus_are_named_and_their_memory_is_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (gpu(DeviceKind.GPU, 3 << 30), gpu(DeviceKind.GPU, 4 << 30))
    monkeypatch.setattr(devices, "gpus", lambda: found)
    assert devices.gpu_name() == "CUDA NVIDIA H200"
    assert devices.gpu_memory() == 7 << 30


def test_an_integrated_gpu_shares_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpus", lambda: (gpu(DeviceKind.INTEGRATED_GPU, 1),))
    assert devices.gpu_shares_memory()


def test_without_a_gpu_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "gpus", lambda: ())
    assert devices.gpu_name() is None
    assert devices.gpu_memory() is None
    assert not devices.gpu_shares_memory()
