"""Saving and restoring the fields of a screen while it is built again."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Collapsible, Input, Select, TextArea

# The attribute of each field that the user sets.
_SET: dict[type[Widget], str] = {
    Input: "value",
    TextArea: "text",
    Select: "value",
    Collapsible: "collapsed",
}


class FieldValues:
    """The values of a screen's fields, in their order, and the focus."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._values = {
            kind: [getattr(field, name) for field in screen.query(kind)]
            for kind, name in _SET.items()
        }
        places = _places(screen)
        focused = screen.focused
        self._focus = places.index(focused) if focused in places else None

    def restore(self, screen: Screen[Any]) -> None:
        """Restore the values and the focus in `screen`, which must have the same fields."""
        for kind, name in _SET.items():
            for field, value in zip(screen.query(kind), self._values[kind], strict=True):
                setattr(field, name, value)
        places = _places(screen)
        if self._focus is not None and self._focus < len(places):
            screen.set_focus(places[self._focus])


def _places(screen: Screen[Any]) -> list[Widget]:
    return [each for each in screen.query(Widget) if each.can_focus]
