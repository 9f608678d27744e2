"""How the screens look and what they listen to, as the settings say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.binding import Binding

from refsheet_tui.config import Screens
from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import _
from refsheet_tui.tui import keys
from refsheet_tui.tui.graphics.terminal import Drawing, drawing_for
from refsheet_tui.tui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from refsheet_tui.tui.app import RefsheetApp


class Looks:
    """Colours, pictures and keys. What the settings can't say is told, and left as it was."""

    def __init__(self, app: RefsheetApp, best_drawing: Drawing) -> None:
        """`best_drawing` is what the terminal can do."""
        self._app = app
        self._best_drawing = best_drawing
        self._clashes: set[str] = set()
        app.register_theme(DARK)
        app.register_theme(LIGHT)

    def follow(self, screens: Screens) -> None:
        app = self._app
        app.drawing = drawing_for(screens.pictures, self._best_drawing, os.environ)
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
        wanted = self._app.preferences.config.screens.theme
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
