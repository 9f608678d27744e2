"""The exception that ends an interrupted command."""

from __future__ import annotations


class InterruptedByUserError(Exception):
    """The user interrupted the command, which exits with code 130."""
