"""Applying the settings for colors, pictures and keys."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.binding import Binding

from refsheet_tui.config import ScreenConfig
from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.tui import keys
from refsheet_tui.tui.graphics.terminal import Drawing, drawing_for
from refsheet_tui.tui.themes import DARK, LIGHT


class Appearance:
    """Applies the settings for colors, pictures and keys, and warns about invalid ones."""

    def __init__(
        self, app: App[Any], best_drawing: Drawing, set_drawing: Callable[[Drawing], None]
    ) -> None:
        """Apply settings to `app`.

        Args:
            app: The app.
            best_drawing: The best way of drawing pictures that the terminal supports.
            set_drawing: Tells the app how to draw pictures.
        """
        self._app = app
        self._best_drawing = best_drawing
        self._set_drawing = set_drawing
        self._chosen_theme = ""
        self._clashes: set[str] = set()
        app.register_theme(DARK)
        app.register_theme(LIGHT)

    def follow(self, screens: ScreenConfig) -> None:
        """Apply `screens`."""
        app = self._app
        self._set_drawing(drawing_for(screens.pictures, self._best_drawing, os.environ))
        self._chosen_theme = screens.theme
        if screens.theme in app.available_themes:
            app.theme = screens.theme
        else:
            app.theme = DARK.name
            words = _("Unknown theme {name}. Press Ctrl+P and choose Theme to see all themes.")
            self._warn(words.format(name=screens.theme))
        try:
            keys.check(screens.keys)
        except ConfigError as error:
            self._warn(str(error))
        app.set_keymap(screens.keys)

    def is_chosen(self, theme: str) -> bool:
        """Return True if the user has just chosen `theme`.

        The theme of the settings, and the one that replaces an unknown theme, don't count.
        """
        wanted = self._chosen_theme
        stands_in = wanted not in self._app.available_themes and theme == DARK.name
        return theme != wanted and not stands_in

    def other(self) -> str:
        """Return the name of RefSheet's light theme if it is dark now, or of its dark theme."""
        return LIGHT.name if self._app.current_theme.dark else DARK.name

    def clashed(self, bindings: set[Binding]) -> None:
        """Warn about keys that are assigned to two actions, once for each key."""
        new = {binding.key for binding in bindings} - self._clashes
        self._clashes |= new
        for key in sorted(new):
            words = _("screens.keys assigns {key} to two actions; one has no key now.")
            self._warn(words.format(key=key))

    def _warn(self, words: str) -> None:
        self._app.notify(words, severity="warning", markup=False)
