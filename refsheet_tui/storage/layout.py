"""The files in the folder of a library."""

from __future__ import annotations

from pathlib import Path

DATABASE_NAME = "library.db"
PICTURES_FOLDER = "pictures"


def damage_marker(file: Path) -> Path:
    """Return the file whose existence says that the database `file` is damaged."""
    return file.with_name(f"{file.name}.damaged")


def picture_path(database_file: Path, sha256: str) -> Path:
    """Return where the picture of a hash is, beside `database_file`. It may be missing."""
    return database_file.parent / PICTURES_FOLDER / sha256[:2] / sha256
