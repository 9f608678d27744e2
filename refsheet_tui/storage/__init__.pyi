from .backup import unpack_backup as unpack_backup, write_backup as write_backup
from .database import Database as Database, Row as Row
from .layout import DATABASE_NAME as DATABASE_NAME
from .migrations import MAX_TIME_S as MAX_TIME_S
from .pictures import PictureStore as PictureStore
from .restore import (
    install_backup as install_backup,
    remove_if_empty as remove_if_empty,
    remove_leftovers as remove_leftovers,
)
from .search_query import Excerpt as Excerpt, SearchQuery as SearchQuery
from .untold import mark_as_told as mark_as_told
