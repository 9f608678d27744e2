"""Files with a JSON object on each line, of which some may be damaged."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from refsheet_tui.chats.files.portable import MAX_MESSAGES, too_many_messages_error
from refsheet_tui.errors import ChatFileError, UntrustedFileError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import MAX_JSON_VALUES, count_values, parse_json

# A line has all swipes of a message, with what the original app stored of each.
_MAX_LINE_BYTES = 8 << 20


@dataclass(frozen=True)
class JsonLines:
    """The objects of a file, by the numbers of their lines, and the numbers of damaged lines."""

    objects: dict[int, dict[str, Any]]
    damaged: tuple[int, ...]


def is_json_line(line: bytes) -> bool:
    """Return True if a line is a JSON object by itself."""
    return line.startswith(b"{") and line.rstrip().endswith(b"}") and _parse_line(line) is not None


def parse_lines(data: bytes) -> JsonLines:
    """Parse a file with an object on each line; empty lines don't count.

    Raises `ChatFileError` if there are too many lines or values. The limits hold for the whole
    file, not only for each line.
    """
    if data.count(b"\n") > MAX_MESSAGES:
        raise too_many_messages_error()
    objects: dict[int, dict[str, Any]] = {}
    damaged: list[int] = []
    values = 0
    for number, line in enumerate(io.BytesIO(data), 1):
        if not line.strip():
            continue
        values += count_values(line)
        if values > MAX_JSON_VALUES:
            raise ChatFileError(_("The file contains too many values."), _("Split the file."))
        parsed = _parse_line(line)
        if parsed is None:
            damaged.append(number)
        else:
            objects[number] = parsed
    return JsonLines(objects, tuple(damaged))


def _parse_line(line: bytes) -> dict[str, Any] | None:
    try:
        parsed = parse_json(line.strip(), _MAX_LINE_BYTES)
    except UntrustedFileError:
        return None
    return parsed if isinstance(parsed, dict) else None
