"""`.charx` files: a ZIP with `card.json` at its root, and the pictures that it names.

The ZIP may be behind something else, such as a picture or a program that unpacks it.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

from refsheet_tui.characters.cards.limits import (
    ASK_FOR_COPY,
    MAX_CARD_BYTES,
    MAX_ENTRIES,
    cut_short_error,
    too_large_error,
)
from refsheet_tui.characters.cards.zip_end import begins_archive, find_archive
from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import MAX_JSON_BYTES, one_line

SIGNATURE = b"PK"
_CARD_NAME = "card.json"
# Both spellings are in use; the specification has the first.
_EMBEDDED_SCHEMES = ("embeded://", "embedded://")
# These are unpacked piece by piece. Of the others, `zipfile` unpacks a whole block at once, which
# can be of any size.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Charx:
    """The archive of a card.

    Attributes:
        archive: The ZIP file, in memory.
        text: The content of `card.json`.
        prefix: What the file begins with, in front of the archive.
    """

    archive: zipfile.ZipFile
    text: bytes
    prefix: bytes

    def read_picture(self, uri: str) -> bytes | None:
        """Return the file of the archive that `uri` names; None if it can't be read."""
        for scheme in _EMBEDDED_SCHEMES:
            if uri.lower().startswith(scheme):
                try:
                    return _read_member(self.archive, uri[len(scheme) :], MAX_CARD_BYTES)
                except (KeyError, ValueError, CardError):
                    return None
        return None


def read_charx(data: bytes) -> Charx | None:
    """Find and read the archive of a card, wherever in `data` it begins.

    Nothing is extracted to a disk, and no name in the archive is used as a path.

    Args:
        data: A file.

    Returns:
        The archive; None if `data` has no part that is one, or one without a card.

    Raises:
        CardError: The archive is damaged, cut short, or too large.
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
    if _CARD_NAME not in archive.namelist():
        return None
    text = _read_member(archive, _CARD_NAME, MAX_JSON_BYTES)
    start = min(entry.header_offset for entry in entries)
    return Charx(archive, text, part[: max(start, 0)])


def _read_member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return the bytes of one file of the archive. Raises `KeyError` if it has no such file.

    The limit holds for the bytes that are really unpacked: the size in a ZIP header can lie.
    """
    entry = archive.getinfo(name)
    if entry.compress_type not in _METHODS:
        raise CardError(
            _("{member} in this ZIP file is compressed in an uncommon way.").format(
                member=one_line(name)
            ),
            _("Unpack the file, and pack it again as an ordinary ZIP file."),
        )
    try:
        with archive.open(entry) as file:
            data = file.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as error:
        raise CardError(
            _("{member} in this ZIP file is damaged.").format(member=one_line(name)),
            _(ASK_FOR_COPY),
        ) from error
    if len(data) > limit:
        raise too_large_error(N_("The text") if limit == MAX_JSON_BYTES else N_("The picture"))
    return data
