"""A library that can't be opened, or that was recovered, is told on the screens, too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App

from helpers.screens import GREEDY, notifications, until
from refsheet_tui import paths
from refsheet_tui.chats.library import Library
from refsheet_tui.errors import StorageError
from refsheet_tui.storage.layout import DATABASE_NAME, damage_marker
from refsheet_tui.tui import app as app_module
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile


def put_folder_in_its_place(file: Path) -> None:
    file.mkdir()


def make_newer(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def put_device_in_its_place(file: Path) -> None:
    file.symlink_to("/dev/full")


@pytest.mark.parametrize("spoil", [put_folder_in_its_place, make_newer, put_device_in_its_place])
def test_a_library_that_can_not_be_opened_is_told(
    spoil: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = paths.ensure_dir(paths.data_dir()) / DATABASE_NAME
    spoil(file)
    with pytest.raises(StorageError) as on_the_command_line:
        Library.open()

    def run_without_terminal(app: RefsheetApp) -> int | None:
        return App.run(app, headless=True)

    monkeypatch.setattr(RefsheetApp, "run", run_without_terminal)
    with pytest.raises(StorageError) as caught:
        app_module.run(GREEDY)
    assert str(caught.value) == str(on_the_command_line.value)


async def test_a_library_that_was_recovered_is_told() -> None:
    library = Library.open()
    library.tree.add_message(library.chats.create_chat(None).id, None, "user", "Hello")
    library.close()
    damage_marker(library.database.file).touch()
    app = RefsheetApp(GREEDY)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query(CharacterTile)))
        assert "library.db was damaged" in notifications(app)
        assert "messages: 1" in notifications(app)
