"""The picture that the text of a card names or contains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refsheet_tui.characters.card_fields import split_card
from refsheet_tui.characters.cards.data_uri import picture_from_data_uri

# Most cards have one or two. Each may be a large file that turns out to be damaged at its end.
_MAX_ICONS = 4
_AVATAR_KEYS = ("avatar", "image", "picture", "icon", "char_image", "profile_image")


def find_icon(
    card: dict[str, Any], read_embedded: Callable[[str], bytes | None] | None = None
) -> bytes | None:
    """Return the bytes of a card's picture.

    The icons among the assets are tried first, and of these the one named "main". Nothing is
    fetched, and no address is opened as a file.

    Args:
        card: The JSON object of the card.
        read_embedded: Returns the file of the card's archive that an address names, if any.

    Returns:
        The bytes of a picture file; None if the card has none that can be read.
    """
    parts = split_card(card)
    uris = dict.fromkeys(uri for part in parts for uri in _icon_uris(part))
    for uri in [*uris][:_MAX_ICONS]:
        icon = picture_from_data_uri(uri)
        if icon is None and read_embedded is not None:
            icon = read_embedded(uri)
        if icon is not None:
            return icon
    avatars = (picture_from_data_uri(part.get(key)) for part in parts for key in _AVATAR_KEYS)
    return next((avatar for avatar in avatars if avatar is not None), None)


def _icon_uris(data: dict[str, Any]) -> list[str]:
    assets = data.get("assets")
    icons = [
        asset
        for asset in (assets if isinstance(assets, list) else [])
        if isinstance(asset, dict) and asset.get("type") == "icon"
    ]
    icons.sort(key=lambda asset: asset.get("name") != "main")
    return [str(asset.get("uri", "")) for asset in icons]
