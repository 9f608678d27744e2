"""Pictures that a card contains as `data:` addresses (RFC 2397)."""

from __future__ import annotations

import io
from urllib.parse import unquote_to_bytes

from refsheet_tui.characters.cards.encoded_text import decode_base64
from refsheet_tui.pictures import looks_like_picture

_SCHEME = "data:"


def picture_from_data_uri(uri: object) -> bytes | None:
    """Return the picture in a `data:` address; None for anything else.

    The size is bounded by that of the card's text. Some cards have the base64 without an address.
    """
    if not isinstance(uri, str):
        return None
    uri = uri.strip()
    if uri[: len(_SCHEME)].lower() == _SCHEME:
        head, _, body = uri.partition(",")
        content = body.encode("ascii", "ignore")
        is_base64 = head.rstrip().lower().endswith(";base64")
        data = decode_base64(unquote_to_bytes(content)) if is_base64 else unquote_to_bytes(content)
    else:
        data = decode_base64(uri.encode("ascii", "ignore"))
    return data if looks_like_picture(io.BytesIO(data)) else None
