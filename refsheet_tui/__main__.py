"""The command `python -m refsheet_tui`, which does the same as `refsheet`."""

from refsheet_tui.cli import main

main()
