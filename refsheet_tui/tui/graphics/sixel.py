"""A picture in every pixel, on terminals that draw sixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import ControlType, Segment
from rich.style import Style
from textual.geometry import Offset

from refsheet_tui.tui.graphics.blocks import fit

if TYPE_CHECKING:
    from PIL import Image

# Sixels are drawn six pixels at once, and what is below the picture is not theirs.
_BAND = 6

# As control, a text takes no room; which one it is means nothing.
_NO_ROOM = ((ControlType.CURSOR_FORWARD, 0),)


@dataclass(frozen=True)
class SixelPicture:
    """`columns` and `lines` are the cells it takes, `cell` the pixels that each of them has.

    The terminal does not keep it: it is drawn over blank cells in the same frame.
    """

    columns: int
    lines: int
    cell: tuple[int, int]
    sixels: str

    sending = ""
    removing = ""

    @classmethod
    def of(
        cls, image: Image.Image, columns: int, lines: int, cell: tuple[int, int]
    ) -> SixelPicture:
        """The RGB `image` as large as so many cells of so many pixels allow."""
        from PIL import Image

        # Loads numpy. The library's public modules ask the terminal when they are loaded, and
        # Textual would take the answers for keys.
        from textual_image._sixel import image_to_sixels

        columns, lines = fit(image.size, columns, lines)
        width, height = columns * cell[0], lines * cell[1]
        scale = min(width / image.width, height / image.height)
        width, height = max(1, round(image.width * scale)), round(image.height * scale)
        height = max(_BAND, height - height % _BAND)
        drawn = image.resize((width, height), Image.Resampling.LANCZOS)
        return cls(columns, lines, cell, image_to_sixels(drawn))

    def rows(self, at: Offset, ground: Style) -> list[list[Segment]]:
        """Blank cells, and after them the picture with its upper left corner in the cell `at`."""
        blank = Segment(" " * self.columns, ground)
        drawn = f"\x1b7\x1b[{at.y + 1};{at.x + 1}H{self.sixels}\x1b8"
        rows = [[blank] for _ in range(self.lines)]
        rows[-1].append(Segment(drawn, None, _NO_ROOM))
        return rows
