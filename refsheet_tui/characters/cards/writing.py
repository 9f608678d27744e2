"""Writing cards for other programs: as JSON, or in a PNG as both versions that are in use."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

from refsheet_tui.characters.cards import png
from refsheet_tui.characters.cards.export import card_from_profile
from refsheet_tui.characters.profile import Profile
from refsheet_tui.errors import CardError
from refsheet_tui.file_io import OTHER_NAME_OR_FORCE, write_new_file
from refsheet_tui.i18n import _
from refsheet_tui.pictures import PNG_SIGNATURE, open_picture
from refsheet_tui.untrusted import one_line


def write_card(
    profile: Profile,
    sheet: Path,
    file: Path,
    *,
    force: bool = False,
    advice: str = OTHER_NAME_OR_FORCE,
) -> None:
    """Write a character as a card file.

    Args:
        profile: The character.
        sheet: Its reference sheet.
        file: The file to write. Its extension, .png or .json, decides the kind of card.
        force: Replace a file that exists.
        advice: The remedy in the error for a file that exists.

    Raises:
        CardError: The file has another extension.
        PictureError: The sheet can't be opened.
        StorageError: The file exists, or can't be written.
    """
    kind = file.suffix.lower()
    if kind not in (".png", ".json"):
        raise CardError(
            _("{file} must end in .png or .json.").format(file=one_line(str(file))),
            _("Change the file extension."),
        )
    data = png_card(profile, sheet) if kind == ".png" else json_card(profile)
    write_new_file(file, data, force=force, advice=advice)


def json_card(profile: Profile) -> bytes:
    """Return a card as JSON, in version 3, which contains all of version 2."""
    return json.dumps(card_from_profile(profile, 3), ensure_ascii=False, indent=1).encode()


def png_card(profile: Profile, sheet: Path) -> bytes:
    """Return the reference sheet as a PNG with the card in it, in versions 2 and 3.

    Args:
        profile: The character.
        sheet: Its reference sheet, of any kind that can be opened.

    Returns:
        The bytes of a PNG file. The pixels of a sheet that is a PNG already are not touched.

    Raises:
        PictureError: The sheet can't be opened.
    """
    image = open_picture(sheet)
    data = sheet.read_bytes()
    if not data.startswith(PNG_SIGNATURE):
        out = io.BytesIO()
        image.save(out, "PNG")
        data = out.getvalue()
    return png.replace_text_chunks(
        data,
        {b"chara": _encode_card(profile, version=2), b"ccv3": _encode_card(profile, version=3)},
    )


def _encode_card(profile: Profile, *, version: int) -> bytes:
    return base64.b64encode(json.dumps(card_from_profile(profile, version)).encode())
