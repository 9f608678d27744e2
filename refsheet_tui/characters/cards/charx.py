"""`.charx` and `.byaf` files: a ZIP with a card in it, and the pictures that it names.

The ZIP may be behind something else, such as a picture or a program that unpacks it, and all of its
files may be in one folder.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from urllib.parse import unquote

from refsheet_tui.characters.cards import byaf
from refsheet_tui.characters.cards.limits import (
    ASK_FOR_COPY,
    MAX_CARD_BYTES,
    MAX_ENTRIES,
    MAX_JSON_BYTES_WITH_PICTURE,
    cut_short_error,
    too_large_error,
)
from refsheet_tui.characters.cards.zip_end import begins_archive, find_archive
from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _
from refsheet_tui.pictures import looks_like_picture
from refsheet_tui.untrusted import MAX_JSON_BYTES, one_line

SIGNATURE = b"PK"
_CARD_NAME = "card.json"
# Both spellings are in use; the specification has the first.
_EMBEDDED_SCHEMES = ("embeded://", "embedded://")
_PICTURE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".avif", ".heic"}
_ICON_FOLDERS = {"icon", "icons"}
# These are unpacked piece by piece. Of the others, `zipfile` unpacks a whole block at once, which
# can be of any size.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
# What `zipfile` raises for a file that is damaged. Overflows are of places beyond all files.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    OSError,
    OverflowError,
)


@dataclass(frozen=True)
class Charx:
    """The archive of a card.

    Attributes:
        archive: The ZIP file, in memory.
        card_name: The name of its `card.json`, which may be in a folder, or of its character.
        text: The card as JSON.
        prefix: What the file begins with, in front of the archive.
    """

    archive: zipfile.ZipFile
    card_name: str
    text: bytes
    prefix: bytes

    def read_picture(self, uri: str) -> bytes | None:
        """Return the picture of the archive that `uri` names; None if it can't be read."""
        for scheme in _EMBEDDED_SCHEMES:
            if uri.lower().startswith(scheme):
                entry = self._find(uri[len(scheme) :])
                return None if entry is None else self._picture(entry)
        return None

    def only_picture(self) -> bytes | None:
        """Return the picture in the folder of icons if there is one, else the only picture."""
        entries = [
            entry
            for entry in self.archive.infolist()
            if _path(entry.filename).suffix in _PICTURE_SUFFIXES
        ]
        icons = [entry for entry in entries if _ICON_FOLDERS & {*_path(entry.filename).parts[:-1]}]
        for candidates in (icons, entries):
            if len(candidates) == 1:
                return self._picture(candidates[0])
        return None

    def _picture(self, entry: zipfile.ZipInfo) -> bytes | None:
        try:
            data = self._read(entry)
        except CardError:
            return None
        return data if looks_like_picture(io.BytesIO(data)) else None

    def _read(self, entry: zipfile.ZipInfo) -> bytes:
        return _read_member(self.archive, entry, MAX_CARD_BYTES)

    def _find(self, name: str) -> zipfile.ZipInfo | None:
        """Return the file with a name, as it is or in percent-encoding, beside the card."""
        entries = {_path(entry.filename): entry for entry in self.archive.infolist()}
        folder = _path(self.card_name).parent
        names = [_path(each.lstrip("/")) for each in (name, unquote(name))]
        paths = [*(folder / each for each in names), *names]
        return next((entries[path] for path in paths if path in entries), None)


def read_charx(data: bytes) -> Charx | None:
    """Find and read the archive of a card, wherever in `data` it begins.

    Nothing is extracted to a disk, and no name in the archive is used as a path.

    Args:
        data: A file.

    Returns:
        The archive; None if `data` has no part that is one, or one without a card.

    Raises:
        CardError: The archive is damaged, cut short, or too large, or has several cards.
        UntrustedFileError: A file of a `.byaf` archive is damaged.
    """
    part = find_archive(data)
    if part is None:
        if begins_archive(data):
            raise cut_short_error(len(data))
        return None
    try:
        archive = zipfile.ZipFile(io.BytesIO(part))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
        raise CardError(_("This ZIP file is damaged."), _(ASK_FOR_COPY)) from error
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise too_large_error(N_("The file list"))
    names = [entry.filename for entry in entries]
    card_name = _find_card(names)
    if card_name is not None:
        text = _read_text(archive, card_name, MAX_JSON_BYTES_WITH_PICTURE)
    elif byaf.MANIFEST_NAME in names and byaf.is_manifest(
        manifest := _read_text(archive, byaf.MANIFEST_NAME)
    ):
        card_name, text = byaf.card_of_archive(manifest, partial(_read_text, archive))
    else:
        return None
    start = min(entry.header_offset for entry in entries)
    return Charx(archive, card_name, text, part[: max(start, 0)])


def _find_card(names: list[str]) -> str | None:
    """Return the name of the card: at the root, or else of the only one in a folder."""
    if _CARD_NAME in names:
        return _CARD_NAME
    cards = {name for name in names if _path(name).name == _CARD_NAME}
    if len(cards) > 1:
        raise CardError(
            _("This ZIP file has several characters in it."),
            _("Unpack it, and import each character on its own."),
        )
    return next(iter(cards), None)


def _read_text(archive: zipfile.ZipFile, name: str, limit: int = MAX_JSON_BYTES) -> bytes:
    try:
        entry = archive.getinfo(name)
    except KeyError as error:
        raise CardError(
            _("{member} is missing in this ZIP file.").format(member=one_line(name)),
            _(ASK_FOR_COPY),
        ) from error
    return _read_member(archive, entry, limit)


def _path(name: str) -> PurePosixPath:
    """Return the name of a file in an archive, whichever slashes and capitals a program writes."""
    return PurePosixPath(name.replace("\\", "/").lower())


def _read_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """Return the bytes of one file of the archive.

    Not more than the limit is unpacked at once, and the size in a ZIP header is checked at the end.
    """
    name = one_line(entry.filename)
    if entry.flag_bits & _ENCRYPTED:
        raise CardError(
            _("{member} in this ZIP file is protected by a password.").format(member=name),
            _("Unpack the file, and pack it again without a password."),
        )
    if entry.file_size > limit:
        raise too_large_error(N_("The text") if limit < MAX_CARD_BYTES else N_("The picture"))
    try:
        if entry.compress_type not in _METHODS:
            raise NotImplementedError
        with archive.open(entry) as file:
            return file.read(limit + 1)
    except NotImplementedError as error:
        raise CardError(
            _("{member} in this ZIP file is compressed in an uncommon way.").format(member=name),
            _("Unpack the file, and pack it again as an ordinary ZIP file."),
        ) from error
    except _DAMAGED as error:
        raise CardError(
            _("{member} in this ZIP file is damaged.").format(member=name), _(ASK_FOR_COPY)
        ) from error
