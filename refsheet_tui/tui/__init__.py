"""The screens."""

from refsheet_tui.tui.app import run

__all__ = ["run"]
