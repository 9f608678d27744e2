"""A library of one's own, and somebody to put into it."""

from __future__ import annotations

from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.paths import samples_dir


def add_ember(library: Library, **profile: object) -> KeptCharacter:
    return library.characters.add(
        Profile.model_validate({"name": "Ember", **profile}), [samples_dir() / "ember.png"]
    )


def kept_pictures(library: Library) -> set[str]:
    """The names of all files that there are."""
    folder = library.database.file.parent / "pictures"
    return {path.name for path in folder.rglob("*") if path.is_file()}
