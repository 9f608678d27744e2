"""JSON from outside: of a bounded size and depth, so that parsing it hurts nobody."""

from __future__ import annotations

import json

from refsheet_tui.errors import HostileFileError

TEXT = 4 << 20
_DEPTH = 64
_AGAIN = "Ask whoever made it for another copy."


def parse_json(text: bytes, limit: int = TEXT) -> object:
    """Raises `HostileFileError`."""
    if len(text) > limit:
        raise HostileFileError("Its text is too large.", _AGAIN)
    if _depth(text) > _DEPTH:
        raise HostileFileError("Its text is nested too deeply.", _AGAIN)
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise HostileFileError("Its text is damaged: it is no JSON.", _AGAIN) from error


def _depth(text: bytes) -> int:
    """How deep brackets are nested, strings aside: Python's parser would recurse as deep."""
    deepest = depth = 0
    in_string = escaped = False
    for byte in text:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:  # backslash
                escaped = True
            elif byte == 0x22:  # quote
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > _DEPTH:
                return deepest
        elif byte in b"]}":
            depth -= 1
    return deepest


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number in JSON")
