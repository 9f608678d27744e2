"""Where things lie in the folder of a library."""

from __future__ import annotations

from pathlib import Path

FILE_NAME = "library.db"
PICTURES = "pictures"


def picture_path(file: Path, sha256: str) -> Path:
    """The picture of a hash, beside the database `file`; it need not be there."""
    return file.parent / PICTURES / sha256[:2] / sha256
