"""`python -m refsheet_tui` is `refsheet`."""

from refsheet_tui.cli import main

main()
