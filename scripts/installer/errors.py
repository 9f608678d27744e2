"""What stops an installation."""

from __future__ import annotations


class SetupError(Exception):
    """One sentence about what is wrong, one about what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")


class CommandError(Exception):
    """A command ended with an error; the log tells which."""
