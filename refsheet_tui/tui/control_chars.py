"""The last thing that happens to a line before it is drawn: nothing in it moves the cursor."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from refsheet_tui.untrusted import UNSEEN


class Harmless(LineFilter):
    """Takes out what no text on a screen may hold, wherever it came from: fields show what was
    pasted into them, trees what files are called. All of it has no width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """What is meant for the terminal, such as a picture, is marked as such."""
        if not any(UNSEEN.search(text) for text, _, control in segments if not control):
            return segments
        return [
            Segment(UNSEEN.sub("", text), style, control) if not control else each
            for each in segments
            for text, style, control in (each,)
        ]
