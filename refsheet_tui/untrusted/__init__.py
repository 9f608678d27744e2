"""Text, JSON and files that anybody may have written: bounded, checked, and safe to display."""

from refsheet_tui.untrusted.files import read_file
from refsheet_tui.untrusted.json_text import TEXT, check_json, parse_json
from refsheet_tui.untrusted.text import UNSEEN, StreamCleaner, clean, one_line

__all__ = [
    "TEXT",
    "UNSEEN",
    "StreamCleaner",
    "check_json",
    "clean",
    "one_line",
    "parse_json",
    "read_file",
]
