"""JSON from outside: of a bounded size and depth, so that parsing it hurts nobody."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from refsheet_tui.errors import HostileFileError
from refsheet_tui.i18n import N_, _

TEXT = 4 << 20
_DEPTH = 64
# Brackets and commas: each stands for an object of Python's, of about a hundred bytes.
_VALUES = 1_500_000
_AGAIN = N_("Ask whoever made it for another copy.")
_CHUNK = 1 << 20
# Backslashes as such, halves of a character that belong together, and halves that stand alone: no
# text may hold those, and nothing that was made of them could be written anywhere.
_SURROGATES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_OTHER = bytes(byte for byte in range(256) if byte not in b"[]{},")


def parse_json(text: bytes, limit: int = TEXT) -> object:
    """Raises `HostileFileError`."""
    check_json(text, limit)
    if b"\\ud" in text or b"\\uD" in text:
        text = _SURROGATES.sub(_whole, text)
    try:
        return _DECODER.decode(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise HostileFileError(_("Its text is damaged: it is no JSON."), _(_AGAIN)) from error


def _whole(found: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if len(found[0]) == len(b"\\udfff") else found[0]


def check_json(text: bytes, limit: int = TEXT) -> None:
    """Whether it can be parsed without harm, as a whole or line by line. Raises
    `HostileFileError`."""
    if len(text) > limit:
        raise HostileFileError(_("Its text is too large."), _(_AGAIN))
    # Most lines of a chat can't break either limit, whatever is inside of their strings.
    if len(text) <= _VALUES and text.count(b"[") + text.count(b"{") <= _DEPTH:
        return
    values = depth = 0
    for marks in _outside_of_strings(text):
        values += len(marks)
        if values > _VALUES:
            raise HostileFileError(_("There is too much in its text."), _(_AGAIN))
        for mark in marks.translate(None, b","):
            # Python's parser would recurse as deep as they are nested.
            depth += 1 if mark in b"[{" else -1
            if depth > _DEPTH:
                raise HostileFileError(_("Its text is nested too deeply."), _(_AGAIN))


def _outside_of_strings(text: bytes) -> Iterator[bytes]:
    """Brackets and commas, chunk by chunk."""
    in_string, escape = 0, b""
    for begin in range(0, len(text), _CHUNK):
        chunk = escape + text[begin : begin + _CHUNK]
        escape = b"\\" * ((len(chunk) - len(chunk.rstrip(b"\\"))) % 2)
        chunk = chunk[: len(chunk) - len(escape)].replace(b"\\\\", b"").replace(b'\\"', b"")
        pieces = chunk.split(b'"')
        yield b"".join(pieces[in_string::2]).translate(None, _OTHER)
        in_string ^= (len(pieces) - 1) % 2


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is beyond all numbers")  # and could not be written again
    return number


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number in JSON")


# One for all: a chat file is parsed line by line.
_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)
