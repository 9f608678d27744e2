"""Files with a JSON object on each line, of which some may be damaged."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

from refsheet_tui.chats.files.portable import MAX_MESSAGES, too_many_messages_error
from refsheet_tui.errors import ChatFileError, UntrustedFileError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import MAX_JSON_VALUES, count_values, parse_json

# A line has all swipes of a message, with what the original app stored of each.
_MAX_LINE_BYTES = 8 << 20
# Brackets, and the texts in which they don't count.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[{}\[\]]', re.DOTALL)
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")
_BETWEEN = b" \t\r\n,"


@dataclass(frozen=True)
class JsonLines:
    """The objects of a file with the numbers of their lines, and the numbers of damaged lines."""

    objects: tuple[tuple[int, dict[str, Any]], ...]
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
    objects: list[tuple[int, dict[str, Any]]] = []
    damaged: list[int] = []
    values = 0
    for number, line in enumerate(io.BytesIO(data), 1):
        if not line.strip():
            continue
        values += count_values(line)
        if values > MAX_JSON_VALUES:
            raise ChatFileError(_("The file contains too many values."), _("Split the file."))
        parsed = _parse_line(line)
        found = [parsed] if parsed is not None else _parse_objects(line)
        objects += [(number, each) for each in found]
        if not found:
            damaged.append(number)
    return JsonLines(tuple(objects), tuple(damaged))


def split_objects(data: bytes) -> list[bytes]:
    """Return the JSON objects that stand behind each other, on one line or on several, one by one.

    White space and commas may stand between them. Returns none if there is anything else, or if
    the text is larger than a line may be.
    """
    objects: list[bytes] = []
    begin = end = depth = 0
    for token in _TOKENS.finditer(data) if len(data) <= _MAX_LINE_BYTES else ():
        if token[0] in _OPENING:
            if depth == 0 and data[end : token.start()].strip(_BETWEEN):
                return []
            begin = token.start() if depth == 0 else begin
            depth += 1
        elif token[0] in _CLOSING:
            depth -= 1
            if depth < 0:
                return []
            if depth == 0:
                end = token.end()
                objects.append(data[begin:end].replace(b"\n", b" "))
    return objects if not data[end:].strip(_BETWEEN) else []


def _parse_objects(line: bytes) -> list[dict[str, Any]]:
    """Return the objects of a line with a comma behind them, or with several; none if damaged."""
    found = [_parse_line(each) for each in split_objects(line)]
    return [each for each in found if each is not None] if None not in found else []


def _parse_line(line: bytes) -> dict[str, Any] | None:
    try:
        parsed = parse_json(line.strip(), _MAX_LINE_BYTES)
    except UntrustedFileError:
        return None
    return parsed if isinstance(parsed, dict) else None
