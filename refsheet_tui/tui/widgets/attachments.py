"""The pictures that are attached to the next message."""

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
from refsheet_tui.pictures import ground_notice, open_picture
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.clipboard import read_picture
from refsheet_tui.untrusted import one_line

_MAX_NAME_LENGTH = 30  # characters of a name


class AttachmentTag(Static):
    """A tag for one attached picture. A click removes it."""

    def __init__(self, path: Path) -> None:
        name = one_line(path.name)
        short_name = name if len(name) <= _MAX_NAME_LENGTH else f"{name[: _MAX_NAME_LENGTH - 1]}…"
        super().__init__(Text(f"▣ {short_name} ✕"))
        self.path = path

    class Removed(Message):
        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def on_click(self) -> None:
        self.post_message(self.Removed(self.path))


class Attachments(Horizontal):
    """The attached pictures. Takes no space while there are none."""

    def __init__(self, get_refusal: Callable[[], str]) -> None:
        """Start without pictures.

        `get_refusal` returns why the model takes none; empty if it does.
        """
        super().__init__()
        self._get_refusal = get_refusal
        self._paths: list[Path] = []

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of the attached pictures."""
        return tuple(self._paths)

    def on_mount(self) -> None:
        self.display = False

    def has_pictures(self) -> bool:
        """Return True if any picture is attached."""
        return bool(self._paths)

    async def attach(self, path: Path) -> None:
        """Attach a picture, or tell the user why it can't be sent."""
        refusal = self._get_refusal()
        if refusal:
            self.notify(refusal, severity="error", markup=False, timeout=8)
            return
        try:
            notice = ground_notice(await in_thread(partial(open_picture, path)))
        except PictureError as error:
            self.notify(str(error), severity="error", markup=False, timeout=8)
        else:
            self.add(path)
            if notice is not None:
                self.notify(notice, markup=False, timeout=8)

    async def paste(self) -> None:
        """Attach the picture on the system's clipboard. Raises `StorageError`."""
        path = await read_picture()
        if path is None:
            self.notify(_("No picture on the clipboard."), timeout=3)
        else:
            await self.attach(path)

    def add(self, path: Path) -> None:
        """Attach a picture that was checked, unless it is attached already."""
        if path not in self._paths:
            self._paths.append(path)
            self.mount(AttachmentTag(path))
            self.display = True

    def take_all(self) -> tuple[Path, ...]:
        """Remove all pictures, and return their paths."""
        paths = self.paths
        for path in paths:
            self.remove_path(path)
        return paths

    def remove_path(self, path: Path) -> None:
        """Remove a picture."""
        self._paths.remove(path)
        for tag in self.query(AttachmentTag):
            if tag.path == path:
                tag.remove()
        self.display = bool(self._paths)

    def on_attachment_tag_removed(self, message: AttachmentTag.Removed) -> None:
        message.stop()
        if message.path in self._paths:
            self.remove_path(message.path)
