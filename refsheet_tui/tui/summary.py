"""A reply's end in one line."""

from __future__ import annotations

from refsheet_tui.engine import Finished

_WHY = {"max_tokens": "cut off · ", "cancelled": "stopped · ", "end_of_turn": ""}


def summary(finished: Finished) -> str:
    """What a reply cost, and why it ended where it isn't its own end."""
    timings = finished.timings
    speed = f" · {timings.write_tps:.1f} tokens/s" if timings.write_tps else ""
    return f"{_WHY[finished.finish]}first word after {timings.first_token_s:.1f} s{speed}"
