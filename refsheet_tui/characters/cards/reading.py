"""Reading card files of every kind: PNG, CHARX, JSON and YAML."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refsheet_tui.characters.cards import charx, png
from refsheet_tui.characters.cards.limits import (
    ASK_FOR_COPY,
    MAX_CARD_BYTES,
    as_object,
    too_large_error,
)
from refsheet_tui.characters.cards.recognition import parse_card_json
from refsheet_tui.characters.cards.yaml_card import read_yaml_card
from refsheet_tui.errors import CardError, UntrustedFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import parse_json, read_file

# Version 3 wins over version 2, which is only there for programs that don't know version 3.
_KEYWORDS = (b"ccv3", b"chara")
_PICTURE_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"GIF8")


@dataclass(frozen=True)
class CardFile:
    """A card file as it was read.

    Attributes:
        card: The JSON object, with nothing changed.
        picture: The bytes of the picture file that came with it; None if there is none.
    """

    card: dict[str, Any]
    picture: bytes | None


def read_card(path: Path) -> CardFile:
    """Read a card file of any kind.

    Args:
        path: A PNG, CHARX, JSON or YAML file. Its content decides, not its name.

    Returns:
        The card, and the picture that came with it.

    Raises:
        CardError: The file can't be read, or holds no card. The error names the file.
    """
    return read_file(path, MAX_CARD_BYTES, _parse, too_large_error(N_("The file")))


def _parse(data: bytes) -> CardFile:
    if data.startswith(png.SIGNATURE):
        return CardFile(_from_png(data), data)
    if data.startswith(_PICTURE_SIGNATURES):
        # For example a WEBP that is named .png: it can be a reference sheet, but no program writes
        # cards into such files.
        raise CardError(
            _("This picture doesn't contain a character card."),
            _("Use it as a plain picture instead."),
        )
    if data.startswith(charx.SIGNATURE):
        text, archive = charx.read_charx(data)
        card = as_object(parse_json(text))
        return CardFile(card, charx.find_icon(archive, card.get("data") or card))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return CardFile(parse_card_json(data), None)
    return CardFile(read_yaml_card(data), None)


def _from_png(data: bytes) -> dict[str, Any]:
    texts = png.read_text_chunks(data, _KEYWORDS)
    card_error = CardError(
        _("This picture doesn't contain a character card."), _("Use it as a plain picture instead.")
    )
    for keyword in _KEYWORDS:
        if keyword in texts:
            try:
                text = base64.b64decode(texts[keyword].strip(), validate=False)
                return as_object(parse_json(text))
            except (binascii.Error, ValueError):
                card_error = CardError(_("The character card is damaged."), _(ASK_FOR_COPY))
            except (CardError, UntrustedFileError) as error:
                card_error = CardError(error.problem, error.remedy)  # the other one may be valid
    raise card_error
