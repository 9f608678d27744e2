"""Pictures as characters: four pixels in each cell, in two colors."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style

if TYPE_CHECKING:
    from PIL import Image

_Pixel = tuple[int, int, int]

# Block elements by the quarters that they fill: upper left 1, upper right 2, lower left 4, lower
# right 8. The other eight are these with their colors exchanged.
_QUARTERS = {0: " ", 1: "▘", 2: "▝", 3: "▀", 4: "▖", 5: "▌", 6: "▞", 7: "▛"}


def fit(picture: tuple[int, int], columns: int, rows: int) -> tuple[int, int]:
    """Return the size in cells of a picture that is scaled to fit.

    The aspect ratio is preserved. A cell is taken to be twice as high as it is wide.

    Args:
        picture: Width and height in pixels.
        columns: The available width in cells.
        rows: The available height in cells.

    Returns:
        Width and height in cells.
    """
    width, height = picture
    scale = min(columns / width, 2 * rows / height)
    return max(1, round(width * scale)), max(1, round(height * scale / 2))


def blocks(image: Image.Image, columns: int, rows: int) -> list[list[Segment]]:
    """Return the RGB `image`, stretched to `columns` x `rows` cells, as rows of segments."""
    from PIL.Image import Resampling

    # A filter without ringing, whose halos would show at this size.
    scaled = image.resize((2 * columns, 2 * rows), Resampling.HAMMING)
    rgb = scaled.tobytes()
    stride = 6 * columns

    def pixel(x: int, y: int) -> _Pixel:
        start = y * stride + 3 * x
        return rgb[start], rgb[start + 1], rgb[start + 2]

    return [
        [
            _cell([pixel(2 * column + x, 2 * row + y) for y, x in product((0, 1), (0, 1))])
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def _cell(quarters: list[_Pixel]) -> Segment:
    """Return the block and the two colors that are nearest to four pixels."""
    best_mask = min(_QUARTERS, key=lambda mask: _error(quarters, mask))
    inside, outside = _split(quarters, best_mask)
    background = _color(outside)
    return Segment(
        _QUARTERS[best_mask], Style(color=_color(inside) if inside else None, bgcolor=background)
    )


def _split(quarters: list[_Pixel], mask: int) -> tuple[list[_Pixel], list[_Pixel]]:
    inside = [pixel for index, pixel in enumerate(quarters) if mask >> index & 1]
    outside = [pixel for index, pixel in enumerate(quarters) if not mask >> index & 1]
    return inside, outside


def _error(quarters: list[_Pixel], mask: int) -> float:
    """Return the sum of the squared distances of the pixels from the mean of their side."""
    total = 0.0
    for side in _split(quarters, mask):
        for channel in zip(*side, strict=True):
            total += sum(value * value for value in channel) - sum(channel) ** 2 / len(channel)
    return total


def _color(side: list[_Pixel]) -> Color:
    mean = (round(sum(channel) / len(channel)) for channel in zip(*side, strict=True))
    return Color.from_triplet(ColorTriplet(*mean))
