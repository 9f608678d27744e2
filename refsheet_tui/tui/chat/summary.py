"""A reply's end in one line."""

from __future__ import annotations

from refsheet_tui.engine import Finished
from refsheet_tui.i18n import N_, _

_WHY = {"max_tokens": N_("cut off"), "cancelled": N_("stopped"), "end_of_turn": ""}


def summary(finished: Finished) -> str:
    """What a reply cost, and why it ended where it isn't its own end."""
    timings = finished.timings
    first = _("first word after {seconds} s").format(seconds=f"{timings.first_token_s:.1f}")
    speed = _("{speed} tokens/s").format(speed=f"{timings.write_tps:.1f}")
    parts = (_(_WHY[finished.finish]), first, speed if timings.write_tps else "")
    return " · ".join(filter(None, parts))
