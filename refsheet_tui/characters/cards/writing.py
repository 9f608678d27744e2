"""Cards for other programs: as JSON, and in a PNG as both versions that are in use."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.characters.cards import png
from refsheet_tui.characters.cards.mapping import card_of
from refsheet_tui.characters.profile import Profile
from refsheet_tui.errors import CardError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import open_picture
from refsheet_tui.untrusted import one_line


def write_card(
    profile: Profile,
    sheet: Path,
    file: Path,
    *,
    force: bool = False,
    advice: str = paths.OTHER_NAME_OR_FORCE,
) -> None:
    """`force` and `advice` as in `paths.write_file`. Raises `CardError` for a kind that no card
    has, `PictureError`, `StorageError`."""
    kind = file.suffix.lower()
    if kind not in (".png", ".json"):
        raise CardError(
            _("{file} is neither a .png nor a .json file.").format(file=one_line(str(file))),
            _("Give it such a name."),
        )
    data = png_card(profile, sheet) if kind == ".png" else json_card(profile)
    paths.write_file(file, data, force=force, advice=advice)


def json_card(profile: Profile) -> bytes:
    """Version 3, which is version 2 and more."""
    return json.dumps(card_of(profile, 3), ensure_ascii=False, indent=1).encode()


def png_card(profile: Profile, sheet: Path) -> bytes:
    """The sheet with the card in it. Raises `PictureError`."""
    image = open_picture(sheet)
    data = sheet.read_bytes()
    if not data.startswith(png.SIGNATURE):
        out = io.BytesIO()
        image.save(out, "PNG")
        data = out.getvalue()
    return png.with_texts(
        data,
        {b"chara": _encoded(profile, version=2), b"ccv3": _encoded(profile, version=3)},
    )


def _encoded(profile: Profile, *, version: int) -> bytes:
    return base64.b64encode(json.dumps(card_of(profile, version)).encode())
