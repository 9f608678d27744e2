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
    cpu_output = compute_check_output(model, mmproj, gpu_layers=0)
    control_output = compute_check_output(
        model, mmproj, gpu_layers=0, written_tokens=cpu_output.written_tokens, batch_size=1
    )
    rows = [_check_layer_choice(where, model, mmproj, shape)]
    rows += _check_outputs(f"{where}, processor in other batches", cpu_output, control_output)
    for count in (0, layers // 2, layers):
        free_before = devices.gpu_memory() or 0
        with llama_backend.collect_log_lines() as lines:
            gpu_output = compute_check_output(
                model, mmproj, gpu_layers=count, written_tokens=cpu_output.written_tokens
            )
        label = f"{where}, {count} of {layers} layers"
        if count == 0:
            rows.append(_check_gpu_unused(label, lines, free_before))
        rows += _check_outputs(label, cpu_output, gpu_output)
    _save_gpu_check(cpu_output, gpu_output)
    return rows


def _check_layer_choice(
    where: str, model: Path, mmproj: Path | None, shape: ModelShape
) -> CheckRow:
    settings = LoadSettings(model, mmproj)
    projector = mmproj.stat().st_size if mmproj else 0
    need = estimate_memory(shape, model.stat().st_size, projector, settings)
    layers = next(iter(offload_attempts(settings, shape, need))).layers
    free_mib = (devices.gpu_memory() or 0) // _MIB
    figure = f"{layers} of {shape.layers + 1}, with {free_mib:,} MiB free"
    return CheckRow(where, "layers chosen for the GPU", figure, "", True)


def _check_gpu_unused(where: str, log: list[str], free_before: int) -> CheckRow:
    ids = [device.id for device in devices.gpus()]
    gpu_buffers = [line for line in log if "buffer size" in line and any(id in line for id in ids)]
    bound = f"0 ({free_before // _MIB:,} MiB free)"
    return CheckRow(where, "buffers on the GPU", str(len(gpu_buffers)), bound, not gpu_buffers)


def _check_outputs(
    where: str, cpu_output: CheckOutput, other_output: CheckOutput
) -> list[CheckRow]:
    agreement = compare_logits(cpu_output.logits, other_output.logits)
    kl = CheckRow(
        where,
        "logits, mean KL to the processor's",
        f"{agreement.mean_kl:.5f}, top-1 {agreement.top1:.1%}",
        f"≤ {MAX_TEXT_KL}",
        agreement.mean_kl <= MAX_TEXT_KL,
    )
    rows = [kl, _check_greedy_choices(where, cpu_output, other_output)]
    if cpu_output.soft_tokens is not None:
        error = picture_error(cpu_output, other_output)
        bound = f"≤ {MAX_PICTURE_ERROR}"
        passed = error <= MAX_PICTURE_ERROR
        rows.append(CheckRow(where, "picture, relative error", f"{error:.5f}", bound, passed))
    return rows


def _check_greedy_choices(
    where: str, cpu_output: CheckOutput, other_output: CheckOutput
) -> CheckRow:
    """Check the greedy choices. A different one is wrong only if the processor's is clear."""
    count = len(cpu_output.written_tokens)
    # The logits before each token that was written.
    cpu_logits, other_logits = (
        cpu_output.logits[-count - 1 : -1],
        other_output.logits[-count - 1 : -1],
    )
    best = np.sort(cpu_logits, axis=-1)
    leads = best[:, -1] - best[:, -2]
    is_different = cpu_logits.argmax(-1) != other_logits.argmax(-1)
    wrong = int((is_different & (leads > _CLEAR_LEAD)).sum())
    same = count - int(is_different.sum())
    figure = f"{same} of {count} the same, {wrong} clear ones not"
    return CheckRow(where, "greedy choices", figure, "0 clear ones not", wrong == 0)


def _save_gpu_check(cpu_output: CheckOutput, gpu_output: CheckOutput) -> None:
    """Save a fault for the program: a model of the user's own says more than the demo."""
    verdict = judge_outputs(cpu_output, gpu_output)
    gpu = devices.gpu_name()
    if verdict.fault and gpu:
        GpuCheckStore(gpu_checks_file()).save(gpu_check_key(gpu), verdict)
