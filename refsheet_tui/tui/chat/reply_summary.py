"""A summary of a finished reply in one line."""

from __future__ import annotations

from refsheet_tui.engine import ReplyFinished
from refsheet_tui.i18n import N_, _

_END_REASONS = {
    "max_tokens": N_("Token limit reached"),
    "cancelled": N_("Stopped"),
    "end_of_turn": "",
}


def reply_summary(event: ReplyFinished) -> str:
    """Return the speed of a reply, and why it ended if not by itself."""
    timings = event.timings
    first_token = _("{seconds} s to first token").format(seconds=f"{timings.first_token_s:.1f}")
    speed = _("{speed} tokens/s").format(speed=f"{timings.write_tps:.1f}")
    parts = (_(_END_REASONS[event.reason]), first_token, speed if timings.write_tps else "")
    return " · ".join(filter(None, parts))
