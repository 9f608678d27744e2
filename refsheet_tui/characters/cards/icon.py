"""The picture that the text of a card names or contains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from refsheet_tui.characters.card_fields import split_card
from refsheet_tui.characters.cards.data_uri import picture_from_data_uri

# Most cards have one or two. Each may be a large file that turns out to be damaged at its end.
_MAX_ICONS = 4
# What stands in a card for the picture that comes with it; elsewhere it is "none".
_DEFAULTS = {"uri": "ccdefault:"}
_AVATAR_KEYS = ("avatar", "image", "picture", "icon", "char_image", "profile_image")


@dataclass(frozen=True)
class Icon:
    """The picture of a card.

    Attributes:
        picture: The bytes of a picture file.
        uri: The text of the card that names or contains it.
    """

    picture: bytes
    uri: str


def find_icon(
    card: dict[str, Any], read_embedded: Callable[[str], bytes | None] | None = None
) -> Icon | None:
    """Return a card's picture.

    The icons among the assets are tried first, and of these the one named "main". Nothing is
    fetched, and no address is opened as a file.

    Args:
        card: The JSON object of the card.
        read_embedded: Returns the file of the card's archive that an address names, if any.

    Returns:
        The picture; None if the card has none that can be read.
    """
    parts = split_card(card)
    uris = dict.fromkeys(uri for part in parts for uri in _icon_uris(part))
    for uri in [*uris][:_MAX_ICONS]:
        picture = picture_from_data_uri(uri)
        if picture is None and read_embedded is not None:
            picture = read_embedded(uri)
        if picture is not None:
            return Icon(picture, uri)
    for avatar in (part.get(key) for part in parts for key in _AVATAR_KEYS):
        picture = picture_from_data_uri(avatar)
        if picture is not None:
            return Icon(picture, str(avatar))
    return None


def without_icon(value: Any, icon: Icon) -> Any:
    """Return a JSON value of a card without the text that contains its picture."""
    if isinstance(value, dict):
        return {
            key: _DEFAULTS.get(key, "none") if each == icon.uri else without_icon(each, icon)
            for key, each in value.items()
        }
    return [without_icon(each, icon) for each in value] if isinstance(value, list) else value


def _icon_uris(data: dict[str, Any]) -> list[str]:
    assets = data.get("assets")
    icons = [
        asset
        for asset in (assets if isinstance(assets, list) else [])
        if isinstance(asset, dict) and asset.get("type") == "icon"
    ]
    icons.sort(key=lambda asset: asset.get("name") != "main")
    return [str(asset.get("uri", "")) for asset in icons]
