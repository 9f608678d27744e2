"""When Python looks for garbage."""

from __future__ import annotations

import gc

_YOUNG, _YOUNGER, _FULL = 10_000, 10, 1000


def collect_rarely() -> None:
    """For the process of the screens.

    A full collection stops everything for 0.1 s, and by default one came every second while a reply
    was drawn; at the start the collections are a tenth of the time until something is seen.
    """
    gc.set_threshold(_YOUNG, _YOUNGER, _FULL)
