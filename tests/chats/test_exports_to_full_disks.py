"""An export that can't be written leaves the file that was there, even with `force`."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.full_disk import full_disk
from helpers.library import add_ember
from refsheet_tui.characters import write_card
from refsheet_tui.chats import Library, write_chat
from refsheet_tui.errors import StorageError


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


@pytest.mark.parametrize("name", ["chat.json", "chat.jsonl", "chat.md", "card.png", "card.json"])
def test_the_old_file_stays(library: Library, tmp_path: Path, name: str) -> None:
    ember = add_ember(library, description="red " * 4000)
    chat = library.chats.create_chat(ember.version)
    library.tree.add_message(chat.id, None, "user", "word " * 4000)
    file = tmp_path / "out" / name
    file.parent.mkdir()

    def export(*, force: bool) -> None:
        if name.startswith("chat"):
            write_chat(library, library.chats.get_chat(chat.id), file, force=force)
        else:
            write_card(ember.profile, library.characters.sheet_path(ember), file, force=force)

    with full_disk(), pytest.raises(StorageError) as caught:
        export(force=False)
    assert caught.value.problem == f"Can't write {file}: no space left in {file.parent}."
    assert not list(file.parent.iterdir())
    file.write_bytes(b"precious")
    with full_disk(), pytest.raises(StorageError, match="no space left"):
        export(force=True)
    assert file.read_bytes() == b"precious"
    export(force=True)
    assert file.read_bytes() != b"precious"
    assert [each.name for each in file.parent.iterdir()] == [name]
