"""Compare what the GPU computes with the processor: pictures, logits, greedy choices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_check.report import CheckRow
from refsheet_tui.engine import (
    GpuCheckStore,
    LoadSettings,
    ModelShape,
    compare_logits,
    estimate_memory,
    gpu_checks_file,
    read_model_header,
)
from refsheet_tui.engine.native import devices, llama_backend
from refsheet_tui.engine.native.device_check import (
    MAX_PICTURE_ERROR,
    MAX_TEXT_KL,
    CheckOutput,
    compute_check_output,
    gpu_check_key,
    judge_outputs,
    picture_error,
)
from refsheet_tui.engine.native.gpu_offload import offload_attempts

_MIB = 1 << 20
# Nats by which the processor must prefer its choice. With a smaller lead, rounding decides.
_CLEAR_LEAD = 0.5


def describe_gpus() -> list[str]:
    """Return a line for each GPU: its name and memory."""
    return [
        f"- {each.id}: {each.backend} {each.name}, {each.free // _MIB:,} of "
        f"{each.total // _MIB:,} MiB free" + (", shared" if each.shares_memory else "")
        for each in devices.gpus()
    ]


def compare_with_processor(where: str, model: Path, mmproj: Path | None) -> list[CheckRow]:
    """Compare with no, some and all layers on the GPU, and save the result for the program."""
    shape = ModelShape.from_header(read_model_header(model))
    layers = shape.layers + 1
    right = compute_check_output(model, mmproj, gpu_layers=0)
    control = compute_check_output(
        model, mmproj, gpu_layers=0, written=right.written_tokens, step=1
    )
    found = [_check_layer_choice(where, model, mmproj, shape)]
    found += _check_outputs(f"{where}, processor in other batches", right, control)
    for count in (0, layers // 2, layers):
        before = devices.gpu_memory() or 0
        with llama_backend.collect_log_lines() as lines:
            other = compute_check_output(
                model, mmproj, gpu_layers=count, written=right.written_tokens
            )
        place = f"{where}, {count} of {layers} layers"
        if count == 0:
            found.append(_check_gpu_unused(place, lines, before))
        found += _check_outputs(place, right, other)
    _save_gpu_check(right, other)
    return found


def _check_layer_choice(
    where: str, model: Path, mmproj: Path | None, shape: ModelShape
) -> CheckRow:
    settings = LoadSettings(model, mmproj)
    projector = mmproj.stat().st_size if mmproj else 0
    need = estimate_memory(shape, model.stat().st_size, projector, settings)
    chosen = next(iter(offload_attempts(settings, shape, need))).layers
    room = (devices.gpu_memory() or 0) // _MIB
    figure = f"{chosen} of {shape.layers + 1}, with {room:,} MiB free"
    return CheckRow(where, "layers chosen for the GPU", figure, "", True)


def _check_gpu_unused(where: str, log: list[str], before: int) -> CheckRow:
    ids = [device.id for device in devices.gpus()]
    touched = [line for line in log if "buffer size" in line and any(id in line for id in ids)]
    bound = f"0 ({before // _MIB:,} MiB free)"
    return CheckRow(where, "buffers on the GPU", str(len(touched)), bound, not touched)


def _check_outputs(where: str, right: CheckOutput, other: CheckOutput) -> list[CheckRow]:
    agreement = compare_logits(right.logits, other.logits)
    kl = CheckRow(
        where,
        "logits, mean KL to the processor's",
        f"{agreement.mean_kl:.5f}, top-1 {agreement.top1:.1%}",
        f"≤ {MAX_TEXT_KL}",
        agreement.mean_kl <= MAX_TEXT_KL,
    )
    found = [kl, _check_greedy_choices(where, right, other)]
    if right.soft_tokens is not None:
        error = picture_error(right, other)
        bound = f"≤ {MAX_PICTURE_ERROR}"
        passed = error <= MAX_PICTURE_ERROR
        found.append(CheckRow(where, "picture, relative error", f"{error:.5f}", bound, passed))
    return found


def _check_greedy_choices(where: str, right: CheckOutput, other: CheckOutput) -> CheckRow:
    """Check the greedy choices. A different one is wrong only if the processor's is clear."""
    count = len(right.written_tokens)
    # The logits before each token that was written.
    ours, theirs = right.logits[-count - 1 : -1], other.logits[-count - 1 : -1]
    best = np.sort(ours, axis=-1)
    leads = best[:, -1] - best[:, -2]
    other_choices = ours.argmax(-1) != theirs.argmax(-1)
    wrong = int((other_choices & (leads > _CLEAR_LEAD)).sum())
    same = count - int(other_choices.sum())
    figure = f"{same} of {count} the same, {wrong} clear ones not"
    return CheckRow(where, "greedy choices", figure, "0 clear ones not", wrong == 0)


def _save_gpu_check(right: CheckOutput, other: CheckOutput) -> None:
    """Save a fault for the program: a model of the user's own says more than the demo."""
    verdict = judge_outputs(right, other)
    gpu = devices.gpu_name()
    if verdict.fault and gpu:
        GpuCheckStore(gpu_checks_file()).save(gpu_check_key(gpu), verdict)
