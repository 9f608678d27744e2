"""The table of key ids lists every action that can have another key, and nothing else."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest
from textual.binding import Binding

from refsheet_tui import tui
from refsheet_tui.errors import ConfigError
from refsheet_tui.tui.keys import KEY_IDS, check, to_keymap


def test_the_table_has_every_binding_with_an_id() -> None:
    modules = pkgutil.walk_packages(tui.__path__, f"{tui.__name__}.")
    assert {id for each in modules for id in _ids_in(import_module(each.name))} == KEY_IDS


def test_an_unknown_id_is_refused() -> None:
    check({"chat.again": "f5"})
    with pytest.raises(ConfigError, match=r"chat\.nothing"):
        check({"chat.nothing": "f5"})


@pytest.mark.parametrize(
    ("written", "keymap"),
    [
        ("f5,ctrl+t", "f5,ctrl+t"),
        ("Alt+P, ^N", "alt+p,ctrl+n"),
        ("Esc", "escape"),
        ("^PgUp,Del", "ctrl+pageup,delete"),
        ("N", "n"),
        ("+", "+"),
    ],
)
def test_keys_may_be_written_as_the_screens_show_them(written: str, keymap: str) -> None:
    assert to_keymap({"chat.again": written}) == {"chat.again": keymap}


def _ids_in(module: ModuleType) -> Iterator[str]:
    for kind in vars(module).values():
        for each in vars(kind).get("BINDINGS", ()) if isinstance(kind, type) else ():
            if isinstance(each, Binding) and each.id and "." in each.id:
                yield each.id
