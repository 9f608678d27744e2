"""Helpers for a library, and a character to add to it."""

from __future__ import annotations

from refsheet_tui.characters.character_store import SavedCharacter
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.paths import samples_dir


def add_ember(library: Library, **profile: object) -> SavedCharacter:
    return library.characters.add_character(
        Profile.model_validate({"name": "Ember", **profile}), [samples_dir() / "ember.png"]
    )


def saved_picture_names(library: Library) -> set[str]:
    """Return the names of all saved picture files."""
    folder = library.database.file.parent / "pictures"
    return {path.name for path in folder.rglob("*") if path.is_file()}
