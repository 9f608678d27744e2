"""How the screens look and what they listen to, as the settings say."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.binding import Binding

from refsheet_tui.config import Screens
from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.tui import keys
from refsheet_tui.tui.graphics.terminal import Drawing, drawing_for
from refsheet_tui.tui.themes import DARK, LIGHT


class Appearance:
    """Applies the settings for colors, pictures and keys, and warns about those that can't be."""

    def __init__(
        self, app: App[Any], best_drawing: Drawing, set_drawing: Callable[[Drawing], None]
    ) -> None:
        """`best_drawing` is what the terminal can do; `set_drawing` tells the app how to draw."""
        self._app = app
        self._best_drawing = best_drawing
        self._set_drawing = set_drawing
        self._chosen_theme = ""
        self._clashes: set[str] = set()
        app.register_theme(DARK)
        app.register_theme(LIGHT)

    def follow(self, screens: Screens) -> None:
        app = self._app
        self._set_drawing(drawing_for(screens.pictures, self._best_drawing, os.environ))
        self._chosen_theme = screens.theme
        if screens.theme in app.available_themes:
            app.theme = screens.theme
        else:
            app.theme = DARK.name
            words = _("There is no theme {name}: ctrl+p, “Theme” shows those there are.")
            self._warn(words.format(name=screens.theme))
        try:
            keys.check(screens.keys)
        except ConfigError as error:
            self._warn(str(error))
        app.set_keymap(screens.keys)

    def is_chosen(self, theme: str) -> bool:
        """Whether it was the person who chose this theme, and not the settings, nor what takes the
        place of one that there is not."""
        wanted = self._chosen_theme
        stands_in = wanted not in self._app.available_themes and theme == DARK.name
        return theme != wanted and not stands_in

    def other(self) -> str:
        """The name of the theme of its own that is light where it is dark now, and the other way
        round."""
        return LIGHT.name if self._app.current_theme.dark else DARK.name

    def clashed(self, bindings: set[Binding]) -> None:
        """Keys that were given to two things: told once for each."""
        new = {binding.key for binding in bindings} - self._clashes
        self._clashes |= new
        for key in sorted(new):
            words = _("screens.keys gives {key} to two things; one has no key now.")
            self._warn(words.format(key=key))

    def _warn(self, words: str) -> None:
        self._app.notify(words, severity="warning", markup=False)
