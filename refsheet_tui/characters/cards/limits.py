"""How much a card may hold: far above what cards have, far below what would hurt."""

from __future__ import annotations

from typing import Any

from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _

FILE = 64 << 20
ENTRIES = 4096

AGAIN = N_("Ask whoever made it for another copy, or make the character by hand.")


def too_large(what: str) -> CardError:
    """`what` is marked with `N_`."""
    return CardError(_("{what} is too large for a card.").format(what=_(what)), _(AGAIN))


def as_object(value: object) -> dict[str, Any]:
    """Raises `CardError`."""
    if not isinstance(value, dict):
        raise CardError(_("Its text is JSON, but no card."), _(AGAIN))
    return value
