"""A list of texts of any length, of which only the part is drawn that the user has scrolled to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

Item = TypeVar("Item")

_PAGE_SIZE = 50  # items, which fill most screens


class PagedList(VerticalScroll, Generic[Item]):
    """Shows items below each other; more are added when the user comes near the last one."""

    def __init__(self, draw: Callable[[Item], Text], *, id: str | None = None) -> None:
        """Show no items yet; `draw` returns the text of one, with a line break at its end."""
        super().__init__(id=id, can_focus=False)
        self._draw = draw
        self._items: Sequence[Item] = ()
        self._pages: list[Static] = []

    def show_items(self, items: Sequence[Item], *, from_top: bool) -> None:
        """Show `items` in place of those before.

        Args:
            items: The new items.
            from_top: Scroll to the first one; if not, the place stays.
        """
        self._items = items
        if from_top:
            for page in self._pages[1:]:
                page.remove()
            del self._pages[1:]
            self.scroll_home(animate=False)
        for number, page in enumerate(self._pages):
            page.update(self._draw_page(number))
        self._add_pages()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._add_pages()

    def on_resize(self) -> None:
        self._add_pages()

    def _add_pages(self) -> None:
        """Add a page if the user is near the end, and look again once it is laid out."""
        are_all_shown = len(self._pages) * _PAGE_SIZE >= len(self._items)
        is_near_end = self.scroll_y + 2 * self.size.height >= self.virtual_size.height
        if are_all_shown or (self._pages and not is_near_end):
            return
        page = Static(self._draw_page(len(self._pages)), markup=False)
        self._pages.append(page)
        self.mount(page)
        self.call_after_refresh(self._add_pages)

    def _draw_page(self, number: int) -> Text:
        begin = number * _PAGE_SIZE
        page = Text("\n").join(map(self._draw, self._items[begin : begin + _PAGE_SIZE]))
        if begin + _PAGE_SIZE >= len(self._items):
            page.rstrip()
        return page
