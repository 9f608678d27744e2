"""The command line: `main` runs a command."""

from refsheet_tui.cli.main import main

__all__ = ["main"]
