"""Measuring the memory and the speed of this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from refsheet_tui.engine import probe_build
from refsheet_tui.errors import EngineError
from refsheet_tui.weights.fit import MachineResources
from refsheet_tui.weights.speed import writing_speed


@dataclass(frozen=True)
class MachineMeasurement:
    """The measured machine.

    `problem` is the reason if the speed could not be measured, and None if it could. The models can
    be shown in both cases.
    """

    machine: MachineResources
    problem: EngineError | None


def measure_machine(
    *, again: bool = False, before: Callable[[], None] = lambda: None
) -> MachineMeasurement:
    """Measure this machine. Never raises an error.

    This takes half a second. If the speed has not been measured yet, or `again` is set, `before` is
    called, and it takes three seconds more.
    """
    build = speed = problem = None
    try:
        build = probe_build()
        speed = writing_speed(build, again=again, before=before)
    except EngineError as error:
        problem = error
    return MachineMeasurement(MachineResources.detect(build, speed), problem)
