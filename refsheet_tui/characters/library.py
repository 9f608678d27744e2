"""The person's characters. Editing one makes a new version of it: chats keep the one they began
with."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time

from refsheet_tui.characters.character import Character
from refsheet_tui.characters.profile import Profile, named_after
from refsheet_tui.characters.telling import Telling
from refsheet_tui.errors import NotFoundError, PictureError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import language
from refsheet_tui.storage import Database, PictureStore
from refsheet_tui.storage.database import Row
from refsheet_tui.untrusted import one_line


@dataclass(frozen=True)
class KeptCharacter:
    """A character in one of its versions. `pictures` are hashes, the sheet first; times are seconds
    since 1970."""

    id: int
    version: int
    profile: Profile
    pictures: tuple[str, ...]
    created: float
    used: float


_CHARACTERS = """
SELECT c.id, v.id, v.content, c.created, c.used,
    (SELECT group_concat(sha256, ' ') FROM (
        SELECT sha256 FROM version_pictures p WHERE p.version = v.id ORDER BY position))
FROM characters c JOIN character_versions v ON v.character = c.id
"""


# Versions that no chat is held with, made long ago, and not left lately: that could be taken back.
_IS_UNNEEDED = """
id NOT IN (
    SELECT version FROM characters WHERE version IS NOT NULL
    UNION SELECT version FROM chats WHERE version IS NOT NULL
) AND created <= ?1 AND ("left" IS NULL OR "left" <= ?1)
"""
_IS_UNUSED = """
id NOT IN (SELECT v.character FROM character_versions v JOIN chats ON chats.version = v.id)
"""
_ANY_UNNEEDED = f"""
SELECT 1 FROM characters WHERE deleted <= ?1 AND {_IS_UNUSED}
UNION ALL SELECT 1 FROM character_versions WHERE {_IS_UNNEEDED} LIMIT 1
"""
_DELETE_UNNEEDED = f"DELETE FROM characters WHERE deleted <= ? AND {_IS_UNUSED}"


class CharacterLibrary:
    """Characters by when they were last used."""

    def __init__(self, database: Database, pictures: PictureStore) -> None:
        self._database = database
        self._pictures = pictures

    def add(self, profile: Profile, pictures: Sequence[Path]) -> KeptCharacter:
        """`pictures` are copied, the sheet first. Raises `PictureError`, `StorageError`."""
        return self.add_read(profile, read_pictures(pictures))

    def add_read(self, profile: Profile, data: Sequence[bytes]) -> KeptCharacter:
        """The same with pictures that were looked at already. Raises `StorageError`."""
        return self._add(profile, data)

    def _add(self, profile: Profile, pictures: Sequence[bytes | str]) -> KeptCharacter:
        with self._database.writing() as connection:
            now = time()
            number = connection.execute(
                "INSERT INTO characters (name, created, used) VALUES (?, ?, ?)",
                (profile.name, now, now),
            ).lastrowid
            assert number is not None
            self._add_current(connection, number, profile, pictures)
        return self.get(number)

    def keep(self, character: Character) -> KeptCharacter:
        """One that was made outside of the library: added, unless it is here just like that. Raises
        `PictureError`, `StorageError`."""
        profile = profile_from(character)
        data = read_pictures((character.sheet, *character.extras))
        hashes = tuple(hashlib.sha256(picture).hexdigest() for picture in data)
        for kept in self.named(profile.name):
            if kept.profile == profile and kept.pictures == hashes:
                return kept
        return self.add_read(profile, data)

    def edit(
        self, character: int, profile: Profile, pictures: Sequence[Path] | None = None
    ) -> KeptCharacter:
        """A new version, with the same pictures unless others are given. Raises `NotFoundError`,
        `PictureError`, `StorageError`."""
        data = read_pictures(pictures) if pictures is not None else None
        return self.edit_read(character, profile, data)

    def edit_read(
        self, character: int, profile: Profile, data: Sequence[bytes] | None
    ) -> KeptCharacter:
        """The same with pictures that were looked at already. Raises `NotFoundError`,
        `StorageError`."""
        pictures = self.get(character).pictures if data is None else data
        with self._database.writing() as connection:
            self._add_current(connection, character, profile, pictures)
        return self.get(character)

    def duplicate(self, kept: KeptCharacter, name: str) -> KeptCharacter:
        """A character of its own, which is like this one but for its name. Raises
        `StorageError`."""
        profile = kept.profile.model_copy(update={"name": name})
        return self._add(profile, kept.pictures)

    def vary(
        self, kept: KeptCharacter, profile: Profile, pictures: Sequence[Path]
    ) -> KeptCharacter:
        """A version for a chat alone: the character stays as it is. Raises `PictureError`,
        `StorageError`."""
        data = read_pictures(pictures)
        with self._database.writing() as connection:
            version = self._add_version(connection, kept.id, profile, data)
        return self.at(version)

    def back(self, character: int) -> KeptCharacter:
        """As it was before the last change, which can be a month ago at most. Raises
        `NotFoundError` for one that was never changed, `StorageError`."""
        row = self._database.row(
            "SELECT before.id FROM characters c JOIN character_versions v ON v.id = c.version"
            " LEFT JOIN character_versions before ON before.id = v.previous"
            " WHERE c.id = ? AND c.deleted IS NULL",
            (character,),
        )
        version = row[0] if row is not None else None
        if not isinstance(version, int):
            raise NotFoundError(
                _("There is no earlier version of it."), _("What was changed long ago is gone.")
            )
        with self._database.writing() as connection:
            _make_current(connection, character, version, self.at(version).profile.name)
        return self.get(character)

    def get(self, character: int) -> KeptCharacter:
        """In its newest version. Raises `NotFoundError`, `StorageError`."""
        return self._one("c.id = ? AND v.id = c.version AND c.deleted IS NULL", character)

    def at(self, version: int) -> KeptCharacter:
        """In a version that a chat was begun with, even if it is deleted. Raises `NotFoundError`,
        `StorageError`."""
        return self._one("v.id = ?", version)

    def latest(self) -> tuple[KeptCharacter, ...]:
        """All of them, the one used last first. Raises `StorageError`."""
        rows = self._database.rows(
            f"{_CHARACTERS} WHERE v.id = c.version AND c.deleted IS NULL"
            " ORDER BY c.used DESC, c.id DESC"
        )
        return tuple(map(_kept, rows))

    def named(self, name: str) -> tuple[KeptCharacter, ...]:
        """Those of that name, in any case. Raises `StorageError`."""
        wanted = name.strip().casefold()
        return tuple(each for each in self.latest() if each.profile.name.casefold() == wanted)

    def delete(self, character: int) -> None:
        """Until `undelete`, or until `purge` some days later."""
        self._set_deleted(character, time())

    def undelete(self, character: int) -> None:
        self._set_deleted(character, None)

    def purge(self, older_than_s: float) -> None:
        """Remove for good what was deleted or changed so many seconds ago, but for versions that
        chats are held with, and with the pictures that only it had."""
        limit = (time() - older_than_s,)
        if not self._database.rows(_ANY_UNNEEDED, limit):
            return
        with self._database.writing() as connection:
            connection.execute(_DELETE_UNNEEDED, limit)
            connection.execute(f"DELETE FROM character_versions WHERE {_IS_UNNEEDED}", limit)
            self._pictures.collect(connection)

    def pictures(self, kept: KeptCharacter) -> tuple[Path, ...]:
        """Where its pictures are, the sheet first."""
        return tuple(self._pictures.path(sha256) for sha256 in kept.pictures)

    def sheet(self, kept: KeptCharacter) -> Path:
        """Raises `PictureError` for one that has lost it."""
        pictures = self.pictures(kept)
        if not pictures:
            raise PictureError(
                _("The sheet of {name} is gone.").format(name=one_line(kept.profile.name)),
                _("Give it another one: refsheet characters edit {id} --picture IMAGE").format(
                    id=kept.id
                ),
            )
        return pictures[0]

    def speaking(self, kept: KeptCharacter) -> Character:
        """As the prompt needs it. Raises `PictureError` for one that has lost its pictures,
        `ConfigError` for what is no language."""
        profile = kept.profile
        spoken = language(profile.language)
        telling = Telling(profile, spoken)
        return Character(
            sheet=self.sheet(kept),
            language=spoken,
            name=profile.name,
            description=telling.description(),
            extras=self.pictures(kept)[1:],
            greetings=telling.greetings(),
            person=profile.person,
            generation=profile.generation,
            note=telling.note(),
            book=telling.book(),
            about_user=telling.about_user(),
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
        """`pictures`: bytes of new ones, hashes of those that are kept already."""
        version = connection.execute(
            "INSERT INTO character_versions (character, content, created, previous)"
            " VALUES (?1, ?2, ?3, (SELECT version FROM characters WHERE id = ?1))",
            (character, profile.model_dump_json(), time()),
        ).lastrowid
        assert version is not None
        for position, picture in enumerate(pictures):
            if isinstance(picture, bytes):
                picture = self._pictures.add(connection, picture)
            connection.execute(
                "INSERT INTO version_pictures VALUES (?, ?, ?)", (version, position, picture)
            )
        return version

    def _one(self, which: str, number: int) -> KeptCharacter:
        row = self._database.row(f"{_CHARACTERS} WHERE {which}", (number,))
        if row is None:
            raise NotFoundError(
                _("There is no such character."),
                _("'refsheet characters list' shows those there are."),
            )
        return _kept(row)

    def _set_deleted(self, character: int, when: float | None) -> None:
        with self._database.writing() as connection:
            connection.execute("UPDATE characters SET deleted = ? WHERE id = ?", (when, character))


def profile_from(character: Character) -> Profile:
    """Of one that was made outside of the library."""
    return Profile(
        name=one_line(character.name) or named_after(character.sheet),
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
    """Their bytes: only what can be shown to a model is worth keeping. Raises `PictureError`."""
    from refsheet_tui.pictures import open_picture  # with it comes Pillow

    data = []
    for path in pictures:
        open_picture(path)
        try:
            data.append(path.read_bytes())
        except OSError as error:
            raise PictureError(
                _("{file} can't be read: {reason}.").format(
                    file=one_line(str(path)), reason=error.strerror
                ),
                _("Choose another picture."),
            ) from error
    return data


def _kept(row: Row) -> KeptCharacter:
    number, version, content, created, used, pictures = row
    assert isinstance(number, int) and isinstance(version, int)
    assert isinstance(created, float) and isinstance(used, float)
    hashes = tuple(str(pictures or "").split())
    profile = Profile.model_validate_json(str(content))
    return KeptCharacter(number, version, profile, hashes, created, used)
