"""`.charx` files: a ZIP with `card.json` at its root, and the pictures that it names."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from refsheet_tui.characters.cards.limits import (
    ASK_FOR_COPY,
    MAX_CARD_BYTES,
    MAX_ENTRIES,
    too_large_error,
)
from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import MAX_JSON_BYTES

SIGNATURE = b"PK"
_CARD_NAME = "card.json"
# Both spellings are in use; the specification has the first.
_EMBEDDED_SCHEMES = ("embeded://", "embedded://")


def read_charx(data: bytes) -> tuple[bytes, zipfile.ZipFile]:
    """Return the text of the card, and the archive that holds its pictures.

    Nothing is extracted to a disk, and no name in the archive is used as a path. Raises
    `CardError` if the archive is damaged, too large, or has no card.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        if len(archive.infolist()) > MAX_ENTRIES:
            raise too_large_error(N_("The file list"))
        return _read_member(archive, _CARD_NAME, MAX_JSON_BYTES), archive
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise CardError(_("This ZIP file has no card.json."), _(ASK_FOR_COPY)) from error


def find_icon(archive: zipfile.ZipFile, card: dict[str, Any]) -> bytes | None:
    """Return the bytes of the card's icon, or None if it has none that can be read.

    The icon named "main" is tried first.
    """
    assets = card.get("assets")
    icons = [
        asset
        for asset in (assets if isinstance(assets, list) else [])
        if isinstance(asset, dict) and asset.get("type") == "icon"
    ]
    icons.sort(key=lambda asset: asset.get("name") != "main")
    for asset in icons:
        uri = str(asset.get("uri", ""))
        for scheme in _EMBEDDED_SCHEMES:
            if uri.lower().startswith(scheme):
                try:
                    return _read_member(archive, uri[len(scheme) :], MAX_CARD_BYTES)
                except (KeyError, ValueError, CardError):
                    continue
    return None


def _read_member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return the bytes of one file of the archive.

    The limit holds for the bytes that are really unpacked: the size in a ZIP header can lie.
    """
    try:
        with archive.open(name) as file:
            data = file.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise CardError(_("This ZIP file is damaged."), _(ASK_FOR_COPY)) from error
    if len(data) > limit:
        raise too_large_error(N_("The text") if limit == MAX_JSON_BYTES else N_("The picture"))
    return data
