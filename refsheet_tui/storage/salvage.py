"""Finding the rows of the library's tables in the pages of a damaged database file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from refsheet_tui.storage.database_pages import DatabasePages, Record, Value

_SCHEMA_ROOT = 1
# SQLite stores a whole number as an integer in any column (section 2.1 of the file format).
_TYPES: Mapping[str, tuple[type, ...]] = {"INTEGER": (int,), "REAL": (float, int), "TEXT": (str,)}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: Its name.
        types: The types of its values in a record.
        is_optional: It may be NULL.
        has_default: A row may be without it.
        is_rowid: It is the number of the row, which the record doesn't contain.
    """

    name: str
    types: tuple[type, ...]
    is_optional: bool
    has_default: bool
    is_rowid: bool

    def accepts(self, value: Value) -> bool:
        """Return True if the column can have this value in a record."""
        if value is None:
            return self.is_optional or self.is_rowid
        return isinstance(value, self.types) and not self.is_rowid


@dataclass(frozen=True)
class TableLayout:
    """The layout of the rows of a table, and its first page in a new database.

    Attributes:
        name: The name of the table.
        columns: Its columns. Later versions of the program have more of them, at the end.
        has_rowids: Its rows have numbers.
        root: The first page of the table in a new database; it is the same in most others.
    """

    name: str
    columns: tuple[Column, ...]
    has_rowids: bool
    root: int

    def fits(self, record: Record) -> bool:
        """Return True if the record can be a row of this table."""
        values = record.values
        return (
            self.has_rowids == (record.rowid is not None)
            and len(values) <= len(self.columns)
            and all(map(Column.accepts, self.columns, values))
            and all(column.has_default for column in self.columns[len(values) :])
        )

    def row_of(self, record: Record) -> tuple[Value, ...]:
        """Return the values of the first columns of a row."""
        return tuple(
            record.rowid if column.is_rowid else value
            for column, value in zip(self.columns, record.values, strict=False)
        )


@dataclass(frozen=True)
class FoundRow:
    """A row, and the tables that it can be of: one, or several of the same layout."""

    layouts: tuple[TableLayout, ...]
    record: Record


def read_layouts(connection: sqlite3.Connection, names: Sequence[str]) -> tuple[TableLayout, ...]:
    """Return the layouts of tables of a database that isn't damaged."""
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_schema"))
    have_no_rowids = dict(connection.execute("SELECT name, wr FROM pragma_table_list"))
    layouts = []
    for name in names:
        has_rowids = not have_no_rowids[name]
        columns = tuple(
            Column(
                column,
                _TYPES[type_name],
                is_optional=not (is_required or key),
                has_default=default is not None or not (is_required or key),
                is_rowid=bool(key) and has_rowids,
            )
            for _, column, type_name, is_required, default, key in connection.execute(
                f"PRAGMA table_info({name})"
            )
        )
        layouts.append(TableLayout(name, columns, has_rowids, int(roots[name])))
    return tuple(layouts)


def find_rows(pages: DatabasePages, layouts: Sequence[TableLayout]) -> Iterator[FoundRow]:
    """Yield the rows of tables, the most reliable ones first.

    Rows that stand where the table says they are come first. Rows in other places can be older: of
    two rows with the same number, the first one is the right one. Pages that the file says are free
    hold what was deleted, and are left out.

    Args:
        pages: The pages of the damaged file.
        layouts: The layouts of the tables.
    """
    roots = _find_roots(pages)
    misplaced: list[FoundRow] = []
    seen = set[int]()
    for layout in layouts:
        for subtree in pages.walk(roots.get(layout.name, layout.root)):
            seen.add(subtree.page)
            for record in pages.records(subtree.page):
                if layout.fits(record) and subtree.contains(record):
                    yield FoundRow((layout,), record)
                elif found := _match(record, layouts):
                    misplaced.append(found)
    yield from misplaced
    for page in sorted(set(range(1, pages.count + 1)) - seen - pages.free_pages()):
        for record in pages.records(page):
            if found := _match(record, layouts):
                yield found


def _match(record: Record, layouts: Sequence[TableLayout]) -> FoundRow | None:
    matching = tuple(layout for layout in layouts if layout.fits(record))
    return FoundRow(matching, record) if matching else None


def _find_roots(pages: DatabasePages) -> dict[str, int]:
    """Return the first pages of the tables that the file lists."""
    roots = {}
    for subtree in pages.walk(_SCHEMA_ROOT):
        for record in pages.records(subtree.page):
            match record.values:
                case ("table", str(name), _, int(root), *_) if root > 1:
                    roots[name] = root
    return roots
