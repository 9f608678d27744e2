"""The limits of a card: far above what real cards need, far below what would do harm."""

from __future__ import annotations

from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import MAX_JSON_BYTES

MAX_CARD_BYTES = 64 << 20
# Of these, all but the text is a picture in it.
MAX_JSON_BYTES_WITH_PICTURE = 24 << 20
MAX_ENTRIES = 4096
# A text of this length in base64 is a third longer.
MAX_ENCODED_BYTES = MAX_JSON_BYTES * 4 // 3 + 4

ASK_FOR_COPY = N_("Ask the creator for another copy, or create the character by hand.")
_DOWNLOAD_AGAIN = N_("Download or copy the file again, or ask the creator for another copy.")


def too_large_error(part: str) -> CardError:
    """Return the error for a part of a card that is too large; `part` is marked with `N_`."""
    return CardError(
        _("{what} is too large for a character card.").format(what=_(part)), _(ASK_FOR_COPY)
    )


def cut_short_error(size: int) -> CardError:
    """Return the error for a file that ends after `size` bytes, before it is complete."""
    return CardError(
        _("The file is cut short: it ends after {count} bytes, and the rest is missing.").format(
            count=f"{size:,}"
        ),
        _(_DOWNLOAD_AGAIN),
    )


def damaged_error(place: int) -> CardError:
    """Return the error for a file whose structure is invalid from byte `place` on."""
    return CardError(
        _("The file is damaged at byte {place}.").format(place=f"{place:,}"), _(_DOWNLOAD_AGAIN)
    )
