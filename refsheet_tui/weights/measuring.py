"""Measuring the memory and the speed of this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from refsheet_tui.engine import probe_build
from refsheet_tui.errors import EngineError
from refsheet_tui.weights.fit import MachineResources
from refsheet_tui.weights.speed import get_weight_bandwidth


@dataclass(frozen=True)
class MachineMeasurement:
    """The measured machine.

    `problem` is the reason if the speed could not be measured, and None if it could. The models can
    be shown in both cases.
    """

    machine: MachineResources
    problem: EngineError | None


def measure_machine(
    *, remeasure: bool = False, on_measuring: Callable[[], None] = lambda: None
) -> MachineMeasurement:
    """Measure this machine. Never raises an error.

    This takes half a second. If the speed has not been measured yet, or `remeasure` is set,
    `on_measuring` is called, and it takes three seconds more.
    """
    build = bytes_per_s = problem = None
    try:
        build = probe_build()
        bytes_per_s = get_weight_bandwidth(build, remeasure=remeasure, on_measuring=on_measuring)
    except EngineError as error:
        problem = error
    return MachineMeasurement(MachineResources.detect(build, bytes_per_s), problem)
