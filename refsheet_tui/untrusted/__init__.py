"""Reading untrusted text, JSON and files: bounded, checked, and safe to display."""

from refsheet_tui.untrusted.encodings import WINDOWS_1252, to_utf8
from refsheet_tui.untrusted.files import read_file
from refsheet_tui.untrusted.json_text import (
    MAX_JSON_BYTES,
    MAX_JSON_VALUES,
    check_json,
    count_values,
    parse_json,
)
from refsheet_tui.untrusted.literal_marks import literal_spans
from refsheet_tui.untrusted.text import CONTROL_CHARACTERS, StreamCleaner, clean_text, one_line

__all__ = [
    "CONTROL_CHARACTERS",
    "MAX_JSON_BYTES",
    "MAX_JSON_VALUES",
    "WINDOWS_1252",
    "StreamCleaner",
    "check_json",
    "clean_text",
    "count_values",
    "literal_spans",
    "one_line",
    "parse_json",
    "read_file",
    "to_utf8",
]
