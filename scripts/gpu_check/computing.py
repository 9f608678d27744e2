"""Compare what the GPU computes with the processor: pictures, logits, greedy choices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_check.report import Check
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.comparison import compare_logits
from refsheet_tui.engine.files import read_model
from refsheet_tui.engine.gpu_faults import GpuFaults, gpu_faults_file
from refsheet_tui.engine.memory import Shape, needed
from refsheet_tui.engine.native import devices, library
from refsheet_tui.engine.native.device_check import (
    MOST_PICTURE_ERROR,
    MOST_TEXT_KL,
    Computation,
    compute,
    fault_key,
    judge,
    picture_error,
)
from refsheet_tui.engine.native.offload import attempts

_MIB = 1 << 20
# Nats by which the processor prefers its choice: with a smaller lead, rounding decides.
_LEAD = 0.5


def describe_gpus() -> list[str]:
    """Return a line for each GPU: its name and memory."""
    return [
        f"- {each.id}: {each.backend} {each.name}, {each.free // _MIB:,} of "
        f"{each.total // _MIB:,} MiB free" + (", shared" if each.shares_memory else "")
        for each in devices.gpus()
    ]


def compare_with_processor(where: str, model: Path, mmproj: Path | None) -> list[Check]:
    """Compare with no, some and all layers on the GPU. Keeps the verdict for the program."""
    shape = Shape.of(read_model(model))
    layers = shape.layers + 1
    right = compute(model, mmproj, gpu_layers=0)
    control = compute(model, mmproj, gpu_layers=0, written=right.written, step=1)
    found = [_fits(where, model, mmproj, shape)]
    found += _compared(f"{where}, processor in other batches", right, control)
    for count in (0, layers // 2, layers):
        before = devices.gpu_memory() or 0
        with library.collected_lines() as lines:
            other = compute(model, mmproj, gpu_layers=count, written=right.written)
        place = f"{where}, {count} of {layers} layers"
        if count == 0:
            found.append(_touches_no_gpu(place, lines, before))
        found += _compared(place, right, other)
    _remember(right, other)
    return found


def _fits(where: str, model: Path, mmproj: Path | None, shape: Shape) -> Check:
    settings = LoadSettings(model, mmproj)
    projector = mmproj.stat().st_size if mmproj else 0
    need = needed(shape, model.stat().st_size, projector, settings)
    chosen = next(iter(attempts(settings, shape, need))).layers
    room = (devices.gpu_memory() or 0) // _MIB
    figure = f"{chosen} of {shape.layers + 1}, with {room:,} MiB free"
    return Check(where, "layers chosen for the GPU", figure, "", True)


def _touches_no_gpu(where: str, log: list[str], before: int) -> Check:
    ids = [device.id for device in devices.gpus()]
    touched = [line for line in log if "buffer size" in line and any(id in line for id in ids)]
    bound = f"0 ({before // _MIB:,} MiB free)"
    return Check(where, "buffers on the GPU", str(len(touched)), bound, not touched)


def _compared(where: str, right: Computation, other: Computation) -> list[Check]:
    agreement = compare_logits(right.logits, other.logits)
    kl = Check(
        where,
        "logits, mean KL to the processor's",
        f"{agreement.kl:.5f}, top-1 {agreement.top1:.1%}",
        f"≤ {MOST_TEXT_KL}",
        agreement.kl <= MOST_TEXT_KL,
    )
    found = [kl, _same_choices(where, right, other)]
    if right.soft_tokens is not None:
        error = picture_error(right, other)
        bound = f"≤ {MOST_PICTURE_ERROR}"
        passed = error <= MOST_PICTURE_ERROR
        found.append(Check(where, "picture, relative error", f"{error:.5f}", bound, passed))
    return found


def _same_choices(where: str, right: Computation, other: Computation) -> Check:
    """Another choice is wrong only where the processor's is clear."""
    count = len(right.written)
    # The logits before each token that was written.
    ours, theirs = right.logits[-count - 1 : -1], other.logits[-count - 1 : -1]
    best = np.sort(ours, axis=-1)
    leads = best[:, -1] - best[:, -2]
    other_choices = ours.argmax(-1) != theirs.argmax(-1)
    wrong = int((other_choices & (leads > _LEAD)).sum())
    same = count - int(other_choices.sum())
    figure = f"{same} of {count} the same, {wrong} clear ones not"
    return Check(where, "greedy choices", figure, "0 clear ones not", wrong == 0)


def _remember(right: Computation, other: Computation) -> None:
    """A model of its user's tells more than the demo: what is wrong with it counts."""
    verdict = judge(right, other)
    gpu = devices.gpu_name()
    if verdict.fault and gpu:
        GpuFaults(gpu_faults_file()).put(fault_key(gpu), verdict)
