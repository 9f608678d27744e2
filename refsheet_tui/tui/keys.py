"""Other keys for what can be done, as the person has chosen them."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

from textual.binding import Binding

from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.tui import screens, widgets
from refsheet_tui.untrusted import one_line


def check(keys: Mapping[str, str]) -> None:
    """Raises `ConfigError` for a name that is nobody's."""
    unknown = sorted(keys.keys() - names()) if keys else []
    if unknown:
        raise ConfigError(
            _("screens.keys: there is nothing called {name}.").format(
                name=repr(one_line(unknown[0]))
            ),
            _("f1 shows the names on every screen."),
        )


def names() -> frozenset[str]:
    """By what name each action of the program can be given other keys."""
    modules = [import_module("refsheet_tui.tui.app")]
    for folder in (screens, widgets):
        names = (each.name for each in pkgutil.iter_modules(folder.__path__))
        modules += [import_module(f"{folder.__name__}.{name}") for name in names]
    return frozenset(name for module in modules for name in _names_in(module))


def _names_in(module: ModuleType) -> Iterator[str]:
    for kind in vars(module).values():
        for each in vars(kind).get("BINDINGS", ()) if isinstance(kind, type) else ():
            if isinstance(each, Binding) and each.id and "." in each.id:
                yield each.id
