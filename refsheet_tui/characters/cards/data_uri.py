"""Pictures that a card contains as `data:` addresses (RFC 2397)."""

from __future__ import annotations

import io
from urllib.parse import unquote_to_bytes

from refsheet_tui.characters.cards.encoded_text import decode_base64
from refsheet_tui.pictures import looks_like_picture
from refsheet_tui.untrusted import MAX_JSON_BYTES

_SCHEME = "data:"
# Each becomes an object of its own. A text of the usual size has no more.
_MAX_ESCAPES = MAX_JSON_BYTES // 3


def picture_from_data_uri(uri: object) -> bytes | None:
    """Return the picture in a `data:` address; None for anything else.

    The size is bounded by that of the card's text, and so is how much of it is escaped. Some cards
    have the base64 without an address.
    """
    if not isinstance(uri, str):
        return None
    uri = uri.strip()
    if uri[: len(_SCHEME)].lower() == _SCHEME:
        head, _, body = uri.partition(",")
        content = body.encode("ascii", "ignore")
        if content.count(b"%") > _MAX_ESCAPES:
            return None
        is_base64 = head.rstrip().lower().endswith(";base64")
        data = decode_base64(unquote_to_bytes(content)) if is_base64 else unquote_to_bytes(content)
    else:
        data = decode_base64(uri.encode("ascii", "ignore"))
    return data if looks_like_picture(io.BytesIO(data)) else None
