"""Errors that stop an installation."""

from __future__ import annotations


class SetupError(Exception):
    """An error message: one sentence says what is wrong, another what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")


class CommandError(Exception):
    """A command that ended with an error. The log says which."""
