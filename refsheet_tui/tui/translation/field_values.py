"""Saving and restoring the fields of a screen while it is built again."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Collapsible, Input, Select, TextArea

# The attribute of each field that the user sets.
_VALUE_ATTRIBUTES: dict[type[Widget], str] = {
    Input: "value",
    TextArea: "text",
    Select: "value",
    Collapsible: "collapsed",
}


class FieldValues:
    """The values of a screen's fields, in their order, and the focus."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._values = {
            widget_type: [getattr(field, attribute) for field in screen.query(widget_type)]
            for widget_type, attribute in _VALUE_ATTRIBUTES.items()
        }
        focusable = _focusable_widgets(screen)
        focused = screen.focused
        self._focus_index = focusable.index(focused) if focused in focusable else None

    def restore(self, screen: Screen[Any]) -> None:
        """Restore the values and the focus in `screen`, which must have the same fields."""
        for widget_type, attribute in _VALUE_ATTRIBUTES.items():
            for field, value in zip(
                screen.query(widget_type), self._values[widget_type], strict=True
            ):
                setattr(field, attribute, value)
        focusable = _focusable_widgets(screen)
        if self._focus_index is not None and self._focus_index < len(focusable):
            screen.set_focus(focusable[self._focus_index])


def _focusable_widgets(screen: Screen[Any]) -> list[Widget]:
    return [each for each in screen.query(Widget) if each.can_focus]
