"""A part that is scrolled by what is in it."""

from __future__ import annotations

from textual.containers import VerticalScroll


class Scrolled(VerticalScroll, inherit_bindings=False, can_focus=False):
    """Follows what has the focus, and the mouse: arrows are for going from one to another."""
