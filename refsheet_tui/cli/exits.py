"""How a command ends other than by being done."""

from __future__ import annotations


class InterruptedByPersonError(Exception):
    """The person wants the command to end: exit code 130."""
