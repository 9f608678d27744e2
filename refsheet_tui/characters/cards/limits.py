"""The limits of a card: far above what real cards need, far below what would do harm."""

from __future__ import annotations

from typing import Any

from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _

MAX_CARD_BYTES = 64 << 20
MAX_ENTRIES = 4096

ASK_FOR_COPY = N_("Ask the creator for another copy, or create the character by hand.")


def too_large_error(part: str) -> CardError:
    """Return the error for a part of a card that is too large; `part` is marked with `N_`."""
    return CardError(
        _("{what} is too large for a character card.").format(what=_(part)), _(ASK_FOR_COPY)
    )


def as_object(value: object) -> dict[str, Any]:
    """Return `value` if it is a JSON object. Raises `CardError` if not."""
    if not isinstance(value, dict):
        raise CardError(_("This JSON isn't a character card."), _(ASK_FOR_COPY))
    return value
