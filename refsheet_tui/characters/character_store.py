"""The user's saved characters.

Editing a character adds a new version of it: a chat keeps the version that it began with.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time

from refsheet_tui.characters.character import Character
from refsheet_tui.characters.profile import Profile, default_name
from refsheet_tui.characters.rendered_profile import RenderedProfile
from refsheet_tui.errors import NotFoundError, PictureError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import language
from refsheet_tui.storage import Database, PictureStore, Row
from refsheet_tui.untrusted import one_line


@dataclass(frozen=True)
class SavedCharacter:
    """One version of a saved character.

    Attributes:
        id: The number of the character.
        version: The number of the version.
        profile: What was written about the character.
        pictures: SHA-256 hashes of the pictures, the reference sheet first.
        created: When the character was created, in seconds since 1970.
        last_used: When the character was last used, in seconds since 1970.
    """

    id: int
    version: int
    profile: Profile
    pictures: tuple[str, ...]
    created: float
    last_used: float


_SELECT_CHARACTERS = """
SELECT c.id, v.id, v.content, c.created, c.used,
    (SELECT group_concat(sha256, ' ') FROM (
        SELECT sha256 FROM version_pictures p WHERE p.version = v.id ORDER BY position))
FROM characters c JOIN character_versions v ON v.character = c.id
"""


# Versions that no chat uses, that were made long ago and not replaced lately: a recent edit can
# still be undone.
_IS_UNNEEDED = """
id NOT IN (
    SELECT version FROM characters WHERE version IS NOT NULL
    UNION SELECT version FROM chats WHERE version IS NOT NULL
) AND created <= ?1 AND ("left" IS NULL OR "left" <= ?1)
"""
_IS_UNUSED = """
id NOT IN (SELECT v.character FROM character_versions v JOIN chats ON chats.version = v.id)
"""
_SELECT_ANY_UNNEEDED = f"""
SELECT 1 FROM characters WHERE deleted <= ?1 AND {_IS_UNUSED}
UNION ALL SELECT 1 FROM character_versions WHERE {_IS_UNNEEDED} LIMIT 1
"""
_DELETE_UNNEEDED = f"DELETE FROM characters WHERE deleted <= ? AND {_IS_UNUSED}"


class CharacterStore:
    """The saved characters, and the versions of each."""

    def __init__(self, database: Database, pictures: PictureStore) -> None:
        self._database = database
        self._pictures = pictures

    def add_character(self, profile: Profile, pictures: Sequence[Path]) -> SavedCharacter:
        """Save a new character. `pictures` are copied, the reference sheet first.

        Raises `PictureError`, `StorageError`.
        """
        return self.add_character_from_bytes(profile, read_pictures(pictures))

    def add_character_from_bytes(self, profile: Profile, data: Sequence[bytes]) -> SavedCharacter:
        """Save a new character with pictures that `read_pictures` has checked already.

        Raises `StorageError`.
        """
        return self._insert_character(profile, data)

    def _insert_character(
        self, profile: Profile, pictures: Sequence[bytes | str]
    ) -> SavedCharacter:
        with self._database.transaction() as connection:
            now = time()
            number = connection.execute(
                "INSERT INTO characters (name, created, used) VALUES (?, ?, ?)",
                (profile.name, now, now),
            ).lastrowid
            assert number is not None
            self._add_current(connection, number, profile, pictures)
        return self.get_character(number)

    def find_or_add(self, character: Character) -> SavedCharacter:
        """Save a character that was not saved yet, or return the saved one that equals it.

        Raises `PictureError`, `StorageError`.
        """
        profile = profile_from_character(character)
        data = read_pictures((character.sheet, *character.extra_pictures))
        hashes = tuple(hashlib.sha256(picture).hexdigest() for picture in data)
        for saved_character in self.find_by_name(profile.name):
            if saved_character.profile == profile and saved_character.pictures == hashes:
                return saved_character
        return self.add_character_from_bytes(profile, data)

    def edit_character(
        self, character: int, profile: Profile, pictures: Sequence[Path] | None = None
    ) -> SavedCharacter:
        """Add a version to a character, with the same pictures if `pictures` is None.

        Raises `NotFoundError`, `PictureError`, `StorageError`.
        """
        data = read_pictures(pictures) if pictures is not None else None
        return self.edit_character_from_bytes(character, profile, data)

    def edit_character_from_bytes(
        self, character: int, profile: Profile, data: Sequence[bytes] | None
    ) -> SavedCharacter:
        """Add a version to a character, with pictures that `read_pictures` has checked already.

        If `data` is None, the pictures stay the same. Raises `NotFoundError`, `StorageError`.
        """
        pictures = self.get_character(character).pictures if data is None else data
        with self._database.transaction() as connection:
            self._add_current(connection, character, profile, pictures)
        return self.get_character(character)

    def duplicate_character(self, character: SavedCharacter, name: str) -> SavedCharacter:
        """Save a copy of a character under another name. Raises `StorageError`."""
        profile = character.profile.model_copy(update={"name": name})
        return self._insert_character(profile, character.pictures)

    def add_chat_version(
        self, character: SavedCharacter, profile: Profile, pictures: Sequence[Path]
    ) -> SavedCharacter:
        """Add a version for one chat only: the character itself stays as it is.

        Raises `PictureError`, `StorageError`.
        """
        data = read_pictures(pictures)
        with self._database.transaction() as connection:
            version = self._add_version(connection, character.id, profile, data)
        return self.get_version(version)

    def undo_edit(self, character: int) -> SavedCharacter:
        """Return to the version before the last edit, which can be a month ago at most.

        Raises `NotFoundError` if there is no earlier version, `StorageError`.
        """
        row = self._database.fetch_row(
            "SELECT before.id FROM characters c JOIN character_versions v ON v.id = c.version"
            " LEFT JOIN character_versions before ON before.id = v.previous"
            " WHERE c.id = ? AND c.deleted IS NULL",
            (character,),
        )
        version = row[0] if row is not None else None
        if not isinstance(version, int):
            raise NotFoundError(
                _("This character has no earlier version."),
                _("Earlier versions are kept for a month at most."),
            )
        with self._database.transaction() as connection:
            _make_current(connection, character, version, self.get_version(version).profile.name)
        return self.get_character(character)

    def get_character(self, character: int) -> SavedCharacter:
        """Return the current version of a character. Raises `NotFoundError`, `StorageError`."""
        return self._select_one("c.id = ? AND v.id = c.version AND c.deleted IS NULL", character)

    def get_version(self, version: int) -> SavedCharacter:
        """Return one version of a character, even of a deleted one.

        A chat needs the version that it began with. Raises `NotFoundError`, `StorageError`.
        """
        return self._select_one("v.id = ?", version)

    def latest_characters(self) -> tuple[SavedCharacter, ...]:
        """Return all characters, the last used one first. Raises `StorageError`."""
        rows = self._database.fetch_rows(
            f"{_SELECT_CHARACTERS} WHERE v.id = c.version AND c.deleted IS NULL"
            " ORDER BY c.used DESC, c.id DESC"
        )
        return tuple(map(_character_from_row, rows))

    def find_by_name(self, name: str) -> tuple[SavedCharacter, ...]:
        """Return the characters of that name, in upper or lower case. Raises `StorageError`."""
        folded_name = name.strip().casefold()
        return tuple(
            each for each in self.latest_characters() if each.profile.name.casefold() == folded_name
        )

    def delete_character(self, character: int) -> None:
        """Mark a character as deleted: `undelete_character` restores it until it is purged."""
        self._set_deleted(character, time())

    def undelete_character(self, character: int) -> None:
        """Restore a deleted character."""
        self._set_deleted(character, None)

    def purge_deleted(self, older_than_s: float) -> None:
        """Remove for good what was deleted or replaced more than `older_than_s` seconds ago.

        Pictures that nothing else uses leave with it. Versions that a chat uses stay.
        """
        limit = (time() - older_than_s,)
        if not self._database.fetch_rows(_SELECT_ANY_UNNEEDED, limit):
            return
        with self._database.transaction() as connection:
            connection.execute(_DELETE_UNNEEDED, limit)
            connection.execute(f"DELETE FROM character_versions WHERE {_IS_UNNEEDED}", limit)
            self._pictures.delete_unused(connection)

    def picture_paths(self, character: SavedCharacter) -> tuple[Path, ...]:
        """Return the files of a character's pictures, the reference sheet first."""
        return tuple(self._pictures.picture_path(sha256) for sha256 in character.pictures)

    def sheet_path(self, character: SavedCharacter) -> Path:
        """Return the file of the reference sheet. Raises `PictureError` if there is none."""
        pictures = self.picture_paths(character)
        if not pictures:
            raise PictureError(
                _("{name}'s reference sheet is missing.").format(
                    name=one_line(character.profile.name)
                ),
                _("Add a new one: refsheet characters edit {id} --picture IMAGE").format(
                    id=character.id
                ),
            )
        return pictures[0]

    def build_character(self, character: SavedCharacter, chat_created: float = 0) -> Character:
        """Return a saved character in the form that the prompt of a chat needs.

        `chat_created` is when the chat was created, in seconds since 1970: the same time gives the
        same texts, whatever macros of chance and time they contain.

        Raises `PictureError` if it has no reference sheet, `ConfigError` if its language is
        invalid.
        """
        profile = character.profile
        spoken_language = language(profile.language)
        rendered = RenderedProfile(profile, spoken_language, chat_created)
        return Character(
            sheet=self.sheet_path(character),
            language=spoken_language,
            name=profile.name,
            description=rendered.description(),
            extra_pictures=self.picture_paths(character)[1:],
            greetings=rendered.greetings(),
            user_name=profile.person,
            generation=profile.generation,
            note=rendered.note(),
            depth_prompt=rendered.depth_prompt(),
            lorebook=rendered.lorebook(),
            about_user=rendered.about_user(),
            examples=rendered.examples(),
        )

    def _add_current(
        self,
        connection: sqlite3.Connection,
        character: int,
        profile: Profile,
        pictures: Sequence[bytes | str],
    ) -> None:
        version = self._add_version(connection, character, profile, pictures)
        _make_current(connection, character, version, profile.name)

    def _add_version(
        self,
        connection: sqlite3.Connection,
        character: int,
        profile: Profile,
        pictures: Sequence[bytes | str],
    ) -> int:
        """Insert a version, and return its number.

        `pictures` holds the bytes of new pictures, and the hashes of pictures that are saved
        already.
        """
        version = connection.execute(
            "INSERT INTO character_versions (character, content, created, previous)"
            " VALUES (?1, ?2, ?3, (SELECT version FROM characters WHERE id = ?1))",
            (character, profile.model_dump_json(), time()),
        ).lastrowid
        assert version is not None
        for position, picture in enumerate(pictures):
            if isinstance(picture, bytes):
                picture = self._pictures.add_picture(connection, picture)
            connection.execute(
                "INSERT INTO version_pictures VALUES (?, ?, ?)", (version, position, picture)
            )
        return version

    def _select_one(self, condition: str, number: int) -> SavedCharacter:
        row = self._database.fetch_row(f"{_SELECT_CHARACTERS} WHERE {condition}", (number,))
        if row is None:
            raise NotFoundError(
                _("This character doesn't exist."),
                _("Run 'refsheet characters list' to see all characters."),
            )
        return _character_from_row(row)

    def _set_deleted(self, character: int, deleted_at: float | None) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE characters SET deleted = ? WHERE id = ?", (deleted_at, character)
            )


def profile_from_character(character: Character) -> Profile:
    """Return the profile of a character that is not saved."""
    return Profile(
        name=one_line(character.name) or default_name(character.sheet),
        language=character.language.code,
        description=character.description,
    )


def _make_current(connection: sqlite3.Connection, character: int, version: int, name: str) -> None:
    connection.execute(
        'UPDATE character_versions SET "left" = ?'
        " WHERE id = (SELECT version FROM characters WHERE id = ?)",
        (time(), character),
    )
    connection.execute(
        "UPDATE characters SET version = ?, name = ? WHERE id = ?", (version, name, character)
    )


def read_pictures(pictures: Sequence[Path]) -> list[bytes]:
    """Return the bytes of picture files. Raises `PictureError` if one can't be opened.

    Each picture is opened first: one that can't be shown to a model must not be saved.
    """
    from refsheet_tui.pictures import open_picture  # imports Pillow, which takes a while

    data = []
    for path in pictures:
        open_picture(path)
        try:
            data.append(path.read_bytes())
        except OSError as error:
            raise PictureError(
                _("Can't read {file}: {reason}.").format(
                    file=one_line(str(path)), reason=error.strerror
                ),
                _("Choose another picture."),
            ) from error
    return data


def _character_from_row(row: Row) -> SavedCharacter:
    number, version, content, created, used, pictures = row
    assert isinstance(number, int) and isinstance(version, int)
    assert isinstance(created, float) and isinstance(used, float)
    hashes = tuple(str(pictures or "").split())
    profile = Profile.model_validate_json(str(content))
    return SavedCharacter(number, version, profile, hashes, created, used)
