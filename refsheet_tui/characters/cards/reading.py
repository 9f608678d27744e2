"""Reading card files of every kind: PNG and other pictures, CHARX, JSON and YAML."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from refsheet_tui.characters.cards import charx, png
from refsheet_tui.characters.cards.encoded_text import claims_card, decode_card_text
from refsheet_tui.characters.cards.icon import find_icon, without_icon
from refsheet_tui.characters.cards.limits import (
    ASK_FOR_COPY,
    MAX_CARD_BYTES,
    MAX_JSON_BYTES_WITH_PICTURE,
    cut_short_error,
    too_large_error,
)
from refsheet_tui.characters.cards.metadata import read_texts
from refsheet_tui.characters.cards.other_files import check_other_file
from refsheet_tui.characters.cards.recognition import parse_card_json
from refsheet_tui.characters.cards.yaml_card import read_yaml_card
from refsheet_tui.errors import CardError, NoCardError, UntrustedFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.pictures import picture_format
from refsheet_tui.untrusted import MAX_JSON_BYTES, read_file, to_utf8

# Version 3 wins over version 2, which is only there for programs that don't know version 3.
_KEYWORDS = (b"ccv3", b"chara")
# In YAML, a bracket at the begin is mostly that of a title in front of a word.
_JSON_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*[\[{\"])")
# Chat programs put code between such lines, which come along when it is copied.
_FENCE = re.compile(rb"\s*```[\w+-]{0,20}[ \t]*\r?\n(.*?)\r?\n?```\s*", re.DOTALL)
# Every card has one of these keys, in any version of the format.
_CARD_MARKS = (b'"spec"', b'"name"', b'"char_name"', b'"first_mes"')


@dataclass(frozen=True)
class CardFile:
    """A card file as it was read.

    Attributes:
        card: The JSON object, with nothing changed, unless its text is so large that it could not
            be exported: its picture is then taken out of it.
        picture: The bytes of the picture file that came with it; None if there is none.
    """

    card: dict[str, Any]
    picture: bytes | None


def read_card(path: Path) -> CardFile:
    """Read a card file of any kind.

    Args:
        path: A PNG, CHARX, JSON or YAML file, or another picture with a card in its metadata. Its
            content decides, not its name.

    Returns:
        The card, and the picture that came with it.

    Raises:
        CardError: The file can't be read, or holds no card. The error names the file. It is a
            `NoCardError` for a complete picture without a card.
    """
    return read_file(path, MAX_CARD_BYTES, _parse, too_large_error(N_("The file")))


def _parse(data: bytes) -> CardFile:
    kind = _picture_format(data)
    if kind is not None:
        return _from_picture(data, kind)
    if _JSON_BEGIN.match(data):
        return _from_json_file(data)
    archived = _from_charx(data)
    if archived is not None:
        return archived
    if data.startswith(charx.SIGNATURE):
        raise CardError(
            _("This ZIP file has no card.json."),
            _("If there are cards in it, unpack it and import each one."),
        )
    check_other_file(data)
    text = to_utf8(data) if len(data) <= MAX_JSON_BYTES_WITH_PICTURE else data
    fenced = _FENCE.fullmatch(text)
    text = fenced[1] if fenced else text
    if _JSON_BEGIN.match(text):
        return _from_json_file(text)
    card = read_yaml_card(text)
    icon = find_icon(card)
    return CardFile(card, icon.picture if icon else None)


def _picture_format(data: bytes) -> str | None:
    kind = picture_format(io.BytesIO(data))
    # A text may begin with these two letters, too.
    return None if kind == "BMP" and b"\0" not in data[:32] else kind


def _from_json_file(text: bytes) -> CardFile:
    try:
        return _from_json(text)
    except UntrustedFileError as problem:
        cause = problem.__cause__
        if isinstance(cause, json.JSONDecodeError) and _is_at_end(cause):
            raise cut_short_error(len(text)) from problem
        raise


def _is_at_end(error: json.JSONDecodeError) -> bool:
    """Return True if a JSON text is valid up to its end, which is missing."""
    is_open_string = error.msg.startswith("Unterminated string")
    return is_open_string or error.pos >= len(error.doc.rstrip())


def _from_json(text: bytes, read_embedded: Callable[[str], bytes | None] | None = None) -> CardFile:
    """Return the card in a JSON text, which may be too large only because of its picture."""
    card = parse_card_json(text, MAX_JSON_BYTES_WITH_PICTURE)
    icon = find_icon(card, read_embedded)
    if len(text) > MAX_JSON_BYTES:
        if icon is None or len(text) - len(icon.uri) > MAX_JSON_BYTES:
            raise too_large_error(N_("The text"))
        card = without_icon(card, icon)
    return CardFile(card, icon.picture if icon else None)


def _from_charx(data: bytes) -> CardFile | None:
    """Return the card in the archive that is anywhere in `data`; None if there is none."""
    found = charx.read_charx(data)
    if found is None:
        return None
    card = _from_json(found.text, found.read_picture)
    if card.picture is not None:
        return card
    is_behind_picture = _picture_format(found.prefix) is not None
    return replace(card, picture=found.prefix if is_behind_picture else found.only_picture())


def _from_picture(data: bytes, kind: str) -> CardFile:
    """Return the card in a picture's metadata, or in an archive behind the picture."""
    error: CardError | UntrustedFileError | None = None
    read_text = _from_png if kind == "PNG" else partial(_from_metadata, kind=kind)
    for read in (_from_charx, read_text):
        try:
            found = read(data)
        except (CardError, UntrustedFileError) as problem:
            error = error or problem
        else:
            if found is not None:
                return found
    if error is not None:
        raise error
    if kind == "PNG":
        png.check_complete(data)
    raise NoCardError(
        _("This picture doesn't contain a character card."),
        _("Use it as a plain picture instead."),
    )


def _from_png(data: bytes) -> CardFile | None:
    texts = png.read_text_chunks(data, _KEYWORDS)
    error: CardError | None = None
    for keyword in _KEYWORDS:
        if keyword in texts:
            place = f"{texts[keyword].place:,}"
            try:
                text = decode_card_text(texts[keyword].text)
                if text is not None:
                    return CardFile(parse_card_json(text), data)
                error = error or CardError(
                    _("The character card at byte {place} is damaged.").format(place=place),
                    _(ASK_FOR_COPY),
                )
            except (CardError, UntrustedFileError) as problem:
                # The other one may be valid.
                error = error or CardError(problem.problem, problem.remedy)
    if error is not None:
        raise error
    return None


def _from_metadata(data: bytes, kind: str) -> CardFile | None:
    """Return the card in the metadata of a picture that isn't a PNG.

    Other programs have texts of their own there, which are no damaged cards unless they say so.
    """
    texts, is_complete = read_texts(data, kind)
    error: CardError | UntrustedFileError | None = None
    for text in texts:
        json_text = None
        try:
            json_text = decode_card_text(text)
            if json_text is not None and any(mark in json_text for mark in _CARD_MARKS):
                return CardFile(parse_card_json(json_text), data)
        except (CardError, UntrustedFileError) as problem:
            if error is None and claims_card(text, json_text):
                error = problem
    if not is_complete:
        error = cut_short_error(len(data))
    if error is not None:
        raise error
    return None
