"""The search field above the list of chats, on which chat files can be dropped."""

from __future__ import annotations

from pathlib import Path

from textual import events
from textual.message import Message
from textual.widgets import Input

from refsheet_tui import paths
from refsheet_tui.tui.dropped_paths import dropped_paths


class ChatSearch(Input):
    """A search field that reports dropped files. Any other pasted text is searched for."""

    class FilesDropped(Message):
        """The user has dropped files on the terminal."""

        def __init__(self, files: list[Path]) -> None:
            super().__init__()
            self.files = files

    def _on_paste(self, event: events.Paste) -> None:
        files = [paths.expand_user(path) for path in dropped_paths(event.text)]
        if files and all(file.is_absolute() and paths.is_file(file) for file in files):
            self.post_message(self.FilesDropped(files))
            event.prevent_default()
            event.stop()
