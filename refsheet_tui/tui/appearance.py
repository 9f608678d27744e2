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
        self._configured_theme = ""
        self._reported_keys: set[str] = set()
        app.register_theme(DARK)
        app.register_theme(LIGHT)

    def apply(self, screen_config: ScreenConfig) -> None:
        """Apply the settings in `screen_config`."""
        app = self._app
        self._set_drawing(drawing_for(screen_config.pictures, self._best_drawing, os.environ))
        self._configured_theme = screen_config.theme
        if screen_config.theme in app.available_themes:
            app.theme = screen_config.theme
        else:
            app.theme = DARK.name
            text = _("Unknown theme {name}. Press Ctrl+P and choose Theme to see all themes.")
            self._warn(text.format(name=screen_config.theme))
        try:
            keys.check(screen_config.keys)
        except ConfigError as error:
            self._warn(str(error))
        app.set_keymap(keys.to_keymap(screen_config.keys))

    def is_user_choice(self, theme: str) -> bool:
        """Return True if the user has just chosen `theme`.

        The theme of the settings, and the one that replaces an unknown theme, don't count.
        """
        configured = self._configured_theme
        is_replacement = configured not in self._app.available_themes and theme == DARK.name
        return theme != configured and not is_replacement

    def other_theme(self) -> str:
        """Return the name of RefSheet's light theme if it is dark now, or of its dark theme."""
        return LIGHT.name if self._app.current_theme.dark else DARK.name

    def warn_about_clashes(self, bindings: set[Binding]) -> None:
        """Warn about keys that are assigned to two actions, once for each key."""
        new_keys = {binding.key for binding in bindings} - self._reported_keys
        self._reported_keys |= new_keys
        for key in sorted(new_keys):
            text = _("screens.keys assigns {key} to two actions; one has no key now.")
            self._warn(text.format(key=key))

    def _warn(self, text: str) -> None:
        self._app.notify(text, severity="warning", markup=False)
