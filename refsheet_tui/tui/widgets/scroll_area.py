"""A scrolling container without keys of its own."""

from __future__ import annotations

from textual.containers import VerticalScroll


class ScrollArea(VerticalScroll, inherit_bindings=False, can_focus=False):
    """Scrolls to the focus and by the mouse. The arrow keys are left to its contents."""
