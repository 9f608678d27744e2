"""A GPU that computes wrongly is found out by comparing it with the processor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helpers.engine_driver import demo
from refsheet_tui.engine.gpu_faults import GpuFaults, GpuVerdict, gpu_faults_file
from refsheet_tui.engine.native import device_check, devices
from refsheet_tui.engine.native.device_check import (
    MOST_PICTURE_ERROR,
    MOST_TEXT_KL,
    Computation,
    compute,
    fault_key,
    gpu_fault,
    judge,
)
from refsheet_tui.engine.native.session import Session
from refsheet_tui.paths import demo_mmproj, demo_model

GPU = "CUDA NVIDIA H200"


@pytest.fixture(scope="module")
def right() -> Computation:
    return compute(demo_model(), demo_mmproj(), gpu_layers=0)


def test_the_processor_agrees_with_itself_however_the_text_is_split(right: Computation) -> None:
    """The control: far below the bounds."""
    again = compute(demo_model(), demo_mmproj(), gpu_layers=0, written=right.written, step=1)
    verdict = judge(right, again)
    assert verdict.fault == ""
    assert verdict.text_kl < MOST_TEXT_KL / 10
    assert verdict.picture_error < MOST_PICTURE_ERROR / 10


@pytest.mark.parametrize("number", [0.0, np.nan])
def test_wrong_soft_tokens_are_wrong_pictures(right: Computation, number: float) -> None:
    assert right.soft_tokens is not None
    broken = right.soft_tokens.copy()
    broken[::2] = number
    assert judge(right, replace(right, soft_tokens=broken)).fault == "pictures"


def test_shuffled_soft_tokens_are_wrong_pictures(right: Computation) -> None:
    assert right.soft_tokens is not None
    assert judge(right, replace(right, soft_tokens=right.soft_tokens[::-1])).fault == "pictures"


@pytest.mark.parametrize("factor", [0.5, -1.0, np.nan])
def test_wrong_logits_behind_a_right_picture_are_wrong_text(
    right: Computation, factor: float
) -> None:
    assert judge(right, replace(right, logits=right.logits * np.float32(factor))).fault == "text"


def test_a_gpu_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[object] = []

    def check(*files: object) -> GpuVerdict:
        checked.append(files)
        return GpuVerdict("pictures", picture_error=0.7)

    monkeypatch.setattr(device_check, "check_gpu", check)
    assert [gpu_fault(GPU), gpu_fault(GPU)] == ["pictures", "pictures"]
    assert len(checked) == 1
    assert gpu_fault("Vulkan other") == "pictures"
    assert len(checked) == 2


def test_a_check_that_ends_the_process_is_not_repeated_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class ProcessEnded(BaseException):
        pass

    def die(*files: object) -> GpuVerdict:
        raise ProcessEnded

    monkeypatch.setattr(device_check, "check_gpu", die)
    for _ in range(2):
        with pytest.raises(ProcessEnded):
            gpu_fault(GPU)
    assert gpu_fault(GPU) == "text"


@pytest.mark.parametrize("content", ["", "[]", '{"x": 3}', '{"x": {"y": 1}}', "\0"])
def test_damaged_verdicts_are_none(content: str) -> None:
    file = gpu_faults_file()
    file.parent.mkdir(parents=True)
    file.write_text(content)
    assert GpuFaults(file).all() == {}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("pictures", "pictures on the processor, because the GPU computes them wrongly"),
        ("text", "nothing on the GPU, because it computes wrongly"),
    ],
)
def test_what_a_gpu_computes_wrongly_stays_on_the_processor_and_is_said(
    monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    monkeypatch.setattr(devices, "gpu_name", lambda: GPU)
    GpuFaults(gpu_faults_file()).put(fault_key(GPU), GpuVerdict(fault))  # type: ignore[arg-type]  # as from the file
    session = Session()
    info = session.load(demo(), lambda _: True)
    session.close()
    assert info.restrictions == words
