"""Removing control characters from each line before it is drawn."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from refsheet_tui.untrusted import CONTROL_CHARACTERS


class ControlCharFilter(LineFilter):
    """Removes control characters from all text, whatever its source.

    Fields show pasted text and trees show file names, for example. The removed characters have no
    width.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return clean segments. Those that are marked as control, such as pictures, stay."""
        if not any(CONTROL_CHARACTERS.search(text) for text, _, control in segments if not control):
            return segments
        return [
            Segment(CONTROL_CHARACTERS.sub("", text), style, control) if not control else each
            for each in segments
            for text, style, control in (each,)
        ]
