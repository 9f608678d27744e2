"""Comparing a GPU with the processor finds out if it computes wrongly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helpers.engine_driver import demo
from refsheet_tui.engine.gpu_checks import GpuCheckResult, GpuCheckStore, gpu_checks_file
from refsheet_tui.engine.native import device_check, devices
from refsheet_tui.engine.native.device_check import (
    MAX_PICTURE_ERROR,
    MAX_TEXT_KL,
    CheckOutput,
    compute_check_output,
    find_gpu_fault,
    gpu_check_key,
    judge_outputs,
)
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.paths import demo_mmproj, demo_model

GPU = "CUDA NVIDIA H200"


@pytest.fixture(scope="module")
def right() -> CheckOutput:
    return compute_check_output(demo_model(), demo_mmproj(), gpu_layers=0)


def test_the_processor_agrees_with_itself_however_the_text_is_split(right: CheckOutput) -> None:
    """This is the control: it is far below the bounds."""
    again = compute_check_output(
        demo_model(), demo_mmproj(), gpu_layers=0, written_tokens=right.written_tokens, batch_size=1
    )
    verdict = judge_outputs(right, again)
    assert verdict.fault == ""
    assert verdict.text_kl < MAX_TEXT_KL / 10
    assert verdict.picture_error < MAX_PICTURE_ERROR / 10


@pytest.mark.parametrize("number", [0.0, np.nan])
def test_wrong_soft_tokens_are_wrong_pictures(right: CheckOutput, number: float) -> None:
    assert right.soft_tokens is not None
    broken = right.soft_tokens.copy()
    broken[::2] = number
    assert judge_outputs(right, replace(right, soft_tokens=broken)).fault == "pictures"


def test_shuffled_soft_tokens_are_wrong_pictures(right: CheckOutput) -> None:
    assert right.soft_tokens is not None
    assert (
        judge_outputs(right, replace(right, soft_tokens=right.soft_tokens[::-1])).fault
        == "pictures"
    )


@pytest.mark.parametrize("factor", [0.5, -1.0, np.nan])
def test_wrong_logits_behind_a_right_picture_are_wrong_text(
    right: CheckOutput, factor: float
) -> None:
    assert (
        judge_outputs(right, replace(right, logits=right.logits * np.float32(factor))).fault
        == "text"
    )


def test_a_gpu_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[object] = []

    def check(*files: object) -> GpuCheckResult:
        checked.append(files)
        return GpuCheckResult("pictures", picture_error=0.7)

    monkeypatch.setattr(device_check, "check_gpu", check)
    assert [find_gpu_fault(GPU), find_gpu_fault(GPU)] == ["pictures", "pictures"]
    assert len(checked) == 1
    assert find_gpu_fault("Vulkan other") == "pictures"
    assert len(checked) == 2


def test_a_check_that_ends_the_process_is_not_repeated_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class ProcessEnded(BaseException):
        pass

    def die(*files: object) -> GpuCheckResult:
        raise ProcessEnded

    monkeypatch.setattr(device_check, "check_gpu", die)
    for _ in range(2):
        with pytest.raises(ProcessEnded):
            find_gpu_fault(GPU)
    assert find_gpu_fault(GPU) == "text"


@pytest.mark.parametrize("content", ["", "[]", '{"x": 3}', '{"x": {"y": 1}}', "\0"])
def test_damaged_verdicts_are_none(content: str) -> None:
    file = gpu_checks_file()
    file.parent.mkdir(parents=True)
    file.write_text(content)
    assert GpuCheckStore(file).all_results() == {}


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
    GpuCheckStore(gpu_checks_file()).save(gpu_check_key(GPU), GpuCheckResult(fault))  # type: ignore[arg-type]  # as from the file
    session = LoadedModel()
    info = session.load(demo(), lambda _: True)
    session.close()
    assert info.restrictions == words
