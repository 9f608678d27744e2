"""Pictures that go with what the person says next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.text import Text
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import open_picture
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.clipboard import pasted_picture
from refsheet_tui.untrusted import one_line

_LONGEST = 30  # characters of a name


class Attached(Static):
    """One of them; a click takes it off."""

    def __init__(self, path: Path) -> None:
        name = one_line(path.name)
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        super().__init__(Text(f"▣ {short} ✕"))
        self.path = path

    class Removed(Message):
        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def on_click(self) -> None:
        self.post_message(self.Removed(self.path))


class Attachments(Horizontal):
    """Takes no room while there are none."""

    def __init__(self, refusal: Callable[[], str]) -> None:
        """`refusal` says why the model takes no pictures; empty where it does."""
        super().__init__()
        self._refusal = refusal
        self._paths: list[Path] = []

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self._paths)

    def on_mount(self) -> None:
        self.display = False

    def any(self) -> bool:
        return bool(self._paths)

    async def attach(self, path: Path) -> None:
        """What is no picture, or can't be sent, is told."""
        refusal = self._refusal()
        if refusal:
            self.notify(refusal, severity="error", markup=False, timeout=8)
            return
        try:
            (await in_thread(partial(open_picture, path))).close()
        except PictureError as error:
            self.notify(str(error), severity="error", markup=False, timeout=8)
        else:
            self.add(path)

    async def paste(self) -> None:
        """From the system's clipboard, where there is one. Raises `StorageError`."""
        path = await pasted_picture()
        if path is None:
            self.notify(_("There is no picture on the clipboard."), timeout=3)
        else:
            await self.attach(path)

    def add(self, path: Path) -> None:
        """Each goes once."""
        if path not in self._paths:
            self._paths.append(path)
            self.mount(Attached(path))
            self.display = True

    def take(self) -> tuple[Path, ...]:
        """All of them, which are here no longer."""
        taken = self.paths
        for path in taken:
            self.remove_path(path)
        return taken

    def remove_path(self, path: Path) -> None:
        self._paths.remove(path)
        for shown in self.query(Attached):
            if shown.path == path:
                shown.remove()
        self.display = bool(self._paths)

    def on_attached_removed(self, message: Attached.Removed) -> None:
        message.stop()
        if message.path in self._paths:
            self.remove_path(message.path)
