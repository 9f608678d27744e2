"""A card file, whatever it is packed in: PNG, CHARX, JSON or YAML."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from refsheet_tui.characters.cards import charx, png
from refsheet_tui.characters.cards.limits import AGAIN, FILE, as_object, too_large
from refsheet_tui.errors import CardError, HostileFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import parse_json, read_file

# V3 wins over the older one, which is there for programs that don't know it.
_KEYWORDS = (b"ccv3", b"chara")
# The parser takes a second for it.
_YAML = 128 << 10
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"GIF8")


@dataclass(frozen=True)
class CardFile:
    """The card as it stands there, and the picture that came with it, if any."""

    card: dict[str, Any]
    picture: bytes | None


def read_card(path: Path) -> CardFile:
    """Raises `CardError` naming the file and what is wrong with it."""
    return read_file(path, FILE, _read, too_large(N_("It")))


def _read(data: bytes) -> CardFile:
    if data.startswith(png.SIGNATURE):
        return CardFile(_from_png(data), data)
    if data.startswith(_PICTURES):
        # A WEBP that is named .png, say: it can be a sheet, but no program writes cards there.
        raise CardError(
            _("It is a picture without a card in it."), _("Add it as a picture instead.")
        )
    if data.startswith(charx.SIGNATURE):
        text, archive = charx.read_charx(data)
        card = as_object(parse_json(text))
        return CardFile(card, charx.picture_in(archive, card.get("data") or card))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return CardFile(as_object(parse_json(data)), None)
    return CardFile(_from_yaml(data), None)


def _from_png(data: bytes) -> dict[str, Any]:
    found = png.texts(data, _KEYWORDS)
    problem = CardError(
        _("It is a picture without a card in it."), _("Add it as a picture instead.")
    )
    for keyword in _KEYWORDS:
        if keyword in found:
            try:
                text = base64.b64decode(found[keyword].strip(), validate=False)
                return as_object(parse_json(text))
            except (binascii.Error, ValueError):
                problem = CardError(_("The card in it is damaged."), _(AGAIN))
            except (CardError, HostileFileError) as error:
                problem = CardError(error.problem, error.remedy)  # the other one may be whole
    raise problem


class _Loader(yaml.SafeLoader):
    """Without aliases: a few of them, nested, make a document of any size."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not for cards")
        return super().compose_node(parent, index)


def _from_yaml(data: bytes) -> dict[str, Any]:
    if len(data) > _YAML:
        raise too_large(N_("Its text"))
    try:
        found = yaml.load(data.decode("utf-8-sig"), _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CardError(_("It is no card: neither PNG, CHARX, JSON nor YAML."), _(AGAIN)) from error
    if not isinstance(found, dict):
        raise CardError(_("It is no card: neither PNG, CHARX, JSON nor YAML."), _(AGAIN))
    try:
        # YAML has keys and values that JSON has not: numbers, dates, sets.
        plain = json.dumps(found, default=str, skipkeys=True)
    except (ValueError, RecursionError) as error:
        raise CardError(_("Its text holds what no card holds."), _(AGAIN)) from error
    return as_object(parse_json(plain.encode()))
