"""`.charx` files: a ZIP with `card.json` at its root, and the pictures that it names."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from refsheet_tui.characters.cards.limits import AGAIN, ENTRIES, FILE, too_large
from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import TEXT

SIGNATURE = b"PK"
_CARD = "card.json"
# Both spellings are in use; the specification has the first.
_EMBEDDED = ("embeded://", "embedded://")


def read_charx(data: bytes) -> tuple[bytes, zipfile.ZipFile]:
    """The card's text, and the archive to take its picture from. Nothing is extracted to a disk,
    and no name in it is used as a path. Raises `CardError`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        if len(archive.infolist()) > ENTRIES:
            raise too_large(N_("Its list of files"))
        return _read(archive, _CARD, TEXT), archive
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise CardError(_("It is a ZIP file, but it holds no card.json."), _(AGAIN)) from error


def picture_in(archive: zipfile.ZipFile, card: dict[str, Any]) -> bytes | None:
    """The picture that the card calls its icon, the main one first; None without any."""
    assets = card.get("assets")
    icons = [
        asset
        for asset in (assets if isinstance(assets, list) else [])
        if isinstance(asset, dict) and asset.get("type") == "icon"
    ]
    icons.sort(key=lambda asset: asset.get("name") != "main")
    for asset in icons:
        uri = str(asset.get("uri", ""))
        for scheme in _EMBEDDED:
            if uri.lower().startswith(scheme):
                try:
                    return _read(archive, uri[len(scheme) :], FILE)
                except (KeyError, ValueError, CardError):
                    continue
    return None


def _read(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """One file of the archive; what comes out is counted, whatever its head announces."""
    try:
        with archive.open(name) as file:
            data = file.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise CardError(_("It is a damaged ZIP file."), _(AGAIN)) from error
    if len(data) > limit:
        raise too_large(N_("Its text") if limit == TEXT else N_("Its picture"))
    return data
