"""Custom key bindings, by the ids of the actions that can have them."""

from __future__ import annotations

from collections.abc import Mapping

from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

# By screen or widget. A table, because collecting the ids from the bindings would import them all.
_ACTIONS = {
    "app": "chats help models quit settings theme",
    "ask": "close",
    "browse": "close up",
    "character": "back begin lorebook picture",
    "chat": "after again back before earlier fold more new no_pictures picture stop undo",
    "chats": "close delete down undo up",
    "composer": "edit newline send",
    "help": "close",
    "home": (
        "ask delete down duplicate edit export import left models new open right search undelete up"
    ),
    "message": "again branch code copy delete down edit up",
    "model-file": "done",
    "models": "back download open pause remove use verify",
    "problem": "close",
    "question": "close",
    "settings": "back default down find undo up",
    "welcome": "down later models up",
}
KEY_IDS = frozenset(
    f"{group}.{name}" for group, names in _ACTIONS.items() for name in names.split()
)


# Names of keys as the screens show them, and as Textual knows them.
_KEY_NAMES = {
    "esc": "escape",
    "⏎": "enter",
    "del": "delete",
    "⌫": "backspace",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "↑": "up",
    "↓": "down",
    "←": "left",
    "→": "right",
}


def to_keymap(keys: Mapping[str, str]) -> dict[str, str]:
    """Return `keys` as Textual needs them, written as the screens show them or as Textual does.

    `Alt+P` is `alt+p`, `^P` is `ctrl+p`, and `Esc` is `escape`.
    """
    return {
        name: ",".join(map(_textual_key, assigned.split(","))) for name, assigned in keys.items()
    }


def _textual_key(key: str) -> str:
    *modifiers, last = key.strip().lower().replace("^", "ctrl+").split("+")
    return "+".join((*modifiers, _KEY_NAMES.get(last, last)))


def check(keys: Mapping[str, str]) -> None:
    """Raise `ConfigError` when `keys` names an action that does not exist."""
    unknown = sorted(keys.keys() - KEY_IDS)
    if unknown:
        raise ConfigError(
            _("screens.keys: unknown action {name}.").format(name=repr(one_line(unknown[0]))),
            _("Press F1 on any screen to see the action names."),
        )
