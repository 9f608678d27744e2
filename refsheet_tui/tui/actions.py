"""The list of actions on a screen, for the help and the command palette."""

from __future__ import annotations

import re
from dataclasses import dataclass

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

_PACKAGE_PREFIX = "refsheet_tui."


@dataclass(frozen=True)
class Action:
    """An action with its keys.

    Attributes:
        description: What the action does, in the user's language. The footer may show a
            shorter text; then this one is the tooltip.
        keys: Its keys, as they are shown.
        name: Its name, as Textual runs it on `node`.
        node: The widget, screen or app that runs it.
        id: Its name in `screens.keys` of `config.yaml`; empty if its keys can't be changed.
    """

    description: str
    keys: tuple[str, ...]
    name: str
    node: DOMNode
    id: str = ""


def actions_on(screen: Screen[object]) -> tuple[Action, ...]:
    """Return the actions that have a key on `screen` now.

    Actions of Textual's own widgets, such as moving a cursor, are left out.
    """
    actions: dict[tuple[str, DOMNode], Action] = {}
    for active in screen.active_bindings.values():
        binding, node = active.binding, active.node
        if not active.enabled or binding.action not in _package_actions(node):
            continue
        previous = actions.get((binding.action, node))
        keys = (
            *(previous.keys if previous else ()),
            screen.app.get_key_display(_without_key_display(binding)),
        )
        actions[binding.action, node] = Action(
            binding.tooltip or binding.description, keys, binding.action, node, binding.id or ""
        )
    return tuple(actions.values())


def capitalized_key(key: str) -> str:
    """Return a key of Textual's footer as the texts write it: `Alt+V` for `alt+v`."""
    capitalized = re.sub(r"\b[a-z]+", lambda match: match[0].capitalize(), key)
    return capitalized.replace("Pgup", "PgUp").replace("Pgdn", "PgDn")


def _package_actions(node: DOMNode) -> set[str]:
    classes = [cls for cls in type(node).__mro__ if cls.__module__.startswith(_PACKAGE_PREFIX)]
    bindings = [binding for cls in classes for binding in cls.__dict__.get("BINDINGS", ())]
    return {binding.action for binding in bindings if isinstance(binding, Binding)}


def _without_key_display(binding: Binding) -> Binding:
    """Return the binding without the key of the footer, where several keys share one entry."""
    return Binding(binding.key, binding.action)
