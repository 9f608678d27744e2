"""The command line."""

from refsheet_tui.cli.commands import main

__all__ = ["main"]
