"""Parsing untrusted JSON of a limited size and depth, which can't exhaust memory or the stack."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from refsheet_tui.errors import UntrustedFileError
from refsheet_tui.i18n import N_, _

MAX_JSON_BYTES = 4 << 20
_MAX_DEPTH = 64
# Counts brackets and commas. Each stands for a Python object, which takes about a hundred bytes.
MAX_JSON_VALUES = 1_500_000
_FEW_VALUES = 1000
_ASK_FOR_ANOTHER_COPY = N_("Ask the creator for another copy.")
_CHUNK_BYTES = 1 << 20
# Matches escaped backslashes, surrogate pairs, and lone surrogates. A lone surrogate is not valid
# in any text, and a text with one could not be written anywhere.
_SURROGATES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_NOT_STRUCTURAL = bytes(byte for byte in range(256) if byte not in b"[]{},")


def parse_json(text: bytes, limit: int = MAX_JSON_BYTES, *, has_infinities: bool = False) -> object:
    """Parse a JSON text.

    Args:
        text: The text in UTF-8. Escaped lone surrogates become U+FFFD.
        limit: The most bytes that it may have.
        has_infinities: The text may have `NaN`, `Infinity`, and numbers beyond all that Python has.
            They become null, since JSON has no way to write them.

    Returns:
        The parsed value, which can be of any JSON type.

    Raises:
        UntrustedFileError: The text is invalid, too large, or nested too deeply.
    """
    check_json(text, limit)
    if b"\\ud" in text or b"\\uD" in text:
        text = _SURROGATES.sub(_replace_lone_surrogate, text)
    try:
        decoder = _LENIENT_DECODER if has_infinities else _DECODER
        return decoder.decode(text.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        problem = _("The text is damaged at character {position}: it isn't valid JSON.")
        raise UntrustedFileError(
            problem.format(position=f"{error.pos + 1:,}"), _(_ASK_FOR_ANOTHER_COPY)
        ) from error
    except UnicodeDecodeError as error:
        problem = _("The text is damaged at byte {position}: it isn't valid UTF-8.")
        raise UntrustedFileError(
            problem.format(position=f"{error.start + 1:,}"), _(_ASK_FOR_ANOTHER_COPY)
        ) from error
    except (ValueError, RecursionError) as error:
        raise UntrustedFileError(
            _("The text is damaged: it isn't valid JSON."), _(_ASK_FOR_ANOTHER_COPY)
        ) from error


def _replace_lone_surrogate(match: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if len(match[0]) == len(b"\\udfff") else match[0]


def check_json(text: bytes, limit: int = MAX_JSON_BYTES) -> None:
    """Check that a JSON text can be parsed safely, as a whole or line by line.

    Args:
        text: The text in UTF-8.
        limit: The most bytes that it may have.

    Raises:
        UntrustedFileError: The text is too large, has too many values, or is nested too deeply.
    """
    if len(text) > limit:
        raise UntrustedFileError(_("The text is too large."), _(_ASK_FOR_ANOTHER_COPY))
    # A quick check, which most lines of a chat pass. It also counts marks inside of strings.
    if len(text) <= MAX_JSON_VALUES and text.count(b"[") + text.count(b"{") <= _MAX_DEPTH:
        return
    values = depth = 0
    for marks in _structural_characters(text):
        values += len(marks)
        if values > MAX_JSON_VALUES:
            raise UntrustedFileError(
                _("The text contains too many values."), _(_ASK_FOR_ANOTHER_COPY)
            )
        for mark in marks.translate(None, b","):
            # Python's parser recurses for each level.
            depth += 1 if mark in b"[{" else -1
            if depth > _MAX_DEPTH:
                raise UntrustedFileError(
                    _("The text is nested too deeply."), _(_ASK_FOR_ANOTHER_COPY)
                )


def count_values(text: bytes) -> int:
    """Return an upper bound of the number of values in a JSON text.

    Args:
        text: The text in UTF-8, which can be damaged.

    Returns:
        The number of brackets and commas outside of strings; a larger number for a text that is
        so short that this makes no difference.
    """
    if len(text) < _CHUNK_BYTES:
        bound = text.count(b",") + text.count(b"[") + text.count(b"{")
        if bound < _FEW_VALUES:
            return bound
    return sum(map(len, _structural_characters(text)))


def _structural_characters(text: bytes) -> Iterator[bytes]:
    """Yield the brackets and commas outside of strings, chunk by chunk."""
    in_string, escape = 0, b""
    for begin in range(0, len(text), _CHUNK_BYTES):
        chunk = escape + text[begin : begin + _CHUNK_BYTES]
        escape = b"\\" * ((len(chunk) - len(chunk.rstrip(b"\\"))) % 2)
        chunk = chunk[: len(chunk) - len(escape)].replace(b"\\\\", b"").replace(b'\\"', b"")
        pieces = chunk.split(b'"')
        yield b"".join(pieces[in_string::2]).translate(None, _NOT_STRUCTURAL)
        in_string ^= (len(pieces) - 1) % 2


def _parse_finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits} is beyond all numbers")  # and could not be written again
    return number


def _parse_finite_or_null(digits: str) -> float | None:
    number = float(digits)
    return None if math.isinf(number) else number


def _reject_constant(name: str) -> object:
    raise ValueError(f"{name} is no number in JSON")


# One decoder for all texts of a kind, because a chat file is parsed line by line.
_DECODER = json.JSONDecoder(parse_constant=_reject_constant, parse_float=_parse_finite)
_LENIENT_DECODER = json.JSONDecoder(
    parse_constant=lambda name: None, parse_float=_parse_finite_or_null
)
