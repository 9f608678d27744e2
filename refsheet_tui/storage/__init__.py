"""The storage of the user's library: one SQLite file, and the pictures beside it."""

from refsheet_tui.storage.database import Database
from refsheet_tui.storage.pictures import PictureStore

__all__ = ["Database", "PictureStore"]
