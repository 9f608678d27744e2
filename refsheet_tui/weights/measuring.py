"""This machine as it is now, measured where it was not before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from refsheet_tui.engine.machine import ask_build
from refsheet_tui.errors import EngineError
from refsheet_tui.weights.fit import Machine
from refsheet_tui.weights.speed import writing_speed


@dataclass(frozen=True)
class Measured:
    """`problem`: why nothing could be measured; the models can be shown all the same."""

    machine: Machine
    problem: EngineError | None


def measure_machine(*, again: bool = False, before: Callable[[], None] = lambda: None) -> Measured:
    """Takes half a second, and three more where `before` is called. Raises nothing."""
    build = speed = problem = None
    try:
        build = ask_build()
        speed = writing_speed(build, again=again, before=before)
    except EngineError as error:
        problem = error
    return Measured(Machine.this(build, speed), problem)
