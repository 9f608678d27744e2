"""Pictures in full resolution, on terminals that draw sixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import ControlType, Segment
from rich.style import Style
from textual.geometry import Offset

from refsheet_tui.tui.graphics.blocks import fit

if TYPE_CHECKING:
    from PIL import Image

# Sixels are drawn six pixels high, and must not reach below the picture.
_BAND_HEIGHT = 6

# Text that is marked as control takes no space. The code itself has no meaning here.
_ZERO_WIDTH = ((ControlType.CURSOR_FORWARD, 0),)


@dataclass(frozen=True)
class SixelPicture:
    """A picture as sixels.

    The terminal does not store it. It is drawn over blank cells in the same frame.

    Attributes:
        columns: Its width in cells.
        lines: Its height in cells.
        cell: Width and height of a cell in pixels.
        sixels: The control sequence that draws it.
    """

    columns: int
    lines: int
    cell: tuple[int, int]
    sixels: str

    upload_sequence = ""
    delete_sequence = ""

    @classmethod
    def from_image(
        cls, image: Image.Image, columns: int, lines: int, cell: tuple[int, int]
    ) -> SixelPicture:
        """Return the RGB `image`, scaled to fit.

        Args:
            image: The picture.
            columns: The available width in cells.
            lines: The available height in cells.
            cell: Width and height of a cell in pixels.
        """
        from PIL import Image

        # Imported here because it loads numpy. The library's public modules query the terminal when
        # they are imported, and Textual would take the answers for keys.
        from textual_image._sixel import image_to_sixels

        columns, lines = fit(image.size, columns, lines)
        width, height = columns * cell[0], lines * cell[1]
        scale = min(width / image.width, height / image.height)
        width, height = max(1, round(image.width * scale)), round(image.height * scale)
        height = max(_BAND_HEIGHT, height - height % _BAND_HEIGHT)
        scaled = image.resize((width, height), Image.Resampling.LANCZOS)
        return cls(columns, lines, cell, image_to_sixels(scaled))

    def rows(self, offset: Offset, background: Style) -> list[list[Segment]]:
        """Return blank cells, followed by the picture.

        Its upper left corner is in the cell `offset`. `background` is the style of the cells.
        """
        blank = Segment(" " * self.columns, background)
        sequence = f"\x1b7\x1b[{offset.y + 1};{offset.x + 1}H{self.sixels}\x1b8"
        rows = [[blank] for _ in range(self.lines)]
        rows[-1].append(Segment(sequence, None, _ZERO_WIDTH))
        return rows
