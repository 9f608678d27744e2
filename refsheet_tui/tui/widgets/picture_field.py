"""Fields for the path of a picture."""

from __future__ import annotations

import os.path
from functools import partial
from pathlib import Path

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Input, Static

from refsheet_tui import paths
from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import ground_notice, open_picture
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.dropped_paths import dropped_paths
from refsheet_tui.tui.path_suggester import PathSuggester


class PathInput(Input):
    """A field for a path that is typed, pasted, or dropped on the terminal."""

    class Dropped(Message):
        """The user has dropped several files. The first one is in the field already."""

        def __init__(self, others: list[str]) -> None:
            super().__init__()
            self.others = others

    def _on_paste(self, event: events.Paste) -> None:
        pasted_paths = dropped_paths(event.text)
        if pasted_paths:
            self.set_paths(pasted_paths)
        event.prevent_default()
        event.stop()

    def set_paths(self, new_paths: list[str]) -> None:
        """Put the first path into the field, and report the others."""
        self.value = new_paths[0]
        self.cursor_position = len(self.value)
        if new_paths[1:]:
            self.post_message(self.Dropped(new_paths[1:]))


class PictureField(Vertical):
    """A field for the path of a picture. If it can't be used as it is, the reason is below."""

    class Opened(Message):
        """The path was checked. `path` is a picture, or None if it isn't one (yet)."""

        def __init__(self, field: PictureField, path: Path | None) -> None:
            super().__init__()
            self.field = field
            self.path = path

    class BrowseRequested(Message):
        """The user wants to browse for a picture. Pass the choice to `field.set_path`."""

        def __init__(self, field: PictureField) -> None:
            super().__init__()
            self.field = field

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._placeholder = placeholder
        self._rejected_text: str | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(classes="picture-row"):
            yield PathInput(placeholder=self._placeholder, suggester=PathSuggester())
            yield Button(_("Browse…"), classes="browse")
        yield Static(classes="field-problem", markup=False)

    def on_button_pressed(self, message: Button.Pressed) -> None:
        message.stop()
        self.post_message(self.BrowseRequested(self))

    def set_path(self, path: Path) -> None:
        """Put `path` into the field, as if it had been typed."""
        self.query_one(PathInput).set_paths([str(path)])
        self.query_one(PathInput).focus()

    @property
    def text(self) -> str:
        """The path in the field."""
        return self.query_one(PathInput).value.strip()

    def clear(self) -> None:
        """Empty the field."""
        self.query_one(PathInput).value = ""

    def on_input_changed(self) -> None:
        self._check_quietly()

    async def check_path(self) -> Path | None:
        """Check the picture, and return its path.

        If it can't be used, show why below the field, and return None.
        """
        return await self._check(is_quiet=False)

    @work(exclusive=True)
    async def _check_quietly(self) -> None:
        await self._check(is_quiet=True)

    async def _check(self, *, is_quiet: bool) -> Path | None:
        """Check the picture. If `is_quiet`, a path that is still being typed is not a problem."""
        text = self.text
        path = paths.expand_user(text) if text else None
        problem = "" if path else _("Enter the path to a picture, or drop a file here.")
        notice = None
        if path is not None:
            try:
                notice = await in_thread(partial(_check_picture, path))
            except PictureError as error:
                problem = str(error)
        picture = path if not problem else None
        if (
            self.is_attached and self.is_running and text == self.text
        ):  # otherwise the user has left
            if not is_quiet:
                self._rejected_text = text
            is_file = path is not None and os.path.isfile(path)  # noqa: PTH113 - survives impossible names
            shows_problem = is_file or text == self._rejected_text
            line = self.query_one(".field-problem", Static)
            line.set_class(notice is not None, "-notice")
            line.update(notice or (problem if shows_problem else ""))
            self.post_message(self.Opened(self, picture))
        return picture


def _check_picture(path: Path) -> str | None:
    """Open a picture, and return what to tell the user about it, if anything."""
    return ground_notice(open_picture(path))
