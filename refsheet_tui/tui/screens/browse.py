"""A dialog to choose a picture in a tree of folders, with a preview."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text, TextType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import DirectoryTree, Static

from refsheet_tui import paths
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.portrait import Portrait
from refsheet_tui.untrusted import one_line

_PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}


class PictureTree(DirectoryTree):
    """A tree of folders and pictures, without hidden ones."""

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        return [path for path in paths if not path.name.startswith(".") and _is_shown(path)]

    def process_label(self, label: TextType) -> Text:
        """Return a name in one line; Textual shows only the first line of a name."""
        return super().process_label(Text(one_line(str(label))))


class BrowseScreen(TranslatedScreen[Path | None], ModalScreen[Path | None]):
    """A dialog whose result is a file with the extension of a picture, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", N_("Close"), id="browse.close"),
        Binding("backspace", "up", N_("Parent folder"), id="browse.up"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        with Vertical(id="browse") as box:
            box.border_title = _("Choose a picture")
            yield Static(_("Enter to select · Backspace for the parent folder · Esc to close"))
            with Horizontal():
                yield PictureTree(self._folder)
                yield Portrait()
            yield Static(id="browse-path", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(PictureTree).focus()

    def on_tree_node_highlighted(self, message: PictureTree.NodeHighlighted[object]) -> None:
        entry = message.node.data
        path = getattr(entry, "path", None)
        if isinstance(path, Path):
            self.query_one("#browse-path", Static).update(one_line(str(path)))
            self.query_one(Portrait).path = path if paths.is_file(path) else None

    def on_directory_tree_file_selected(self, message: DirectoryTree.FileSelected) -> None:
        message.stop()
        self.dismiss(message.path)

    def action_up(self) -> None:
        tree = self.query_one(PictureTree)
        tree.path = Path(tree.path).absolute().parent

    def action_close(self) -> None:
        self.dismiss(None)


def _is_shown(path: Path) -> bool:
    try:
        return path.suffix.lower() in _PICTURES or path.is_dir()
    except OSError:  # a folder without permission
        return False
