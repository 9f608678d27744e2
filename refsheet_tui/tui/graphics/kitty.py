"""Pictures in full resolution, on terminals with kitty's protocol and Unicode placeholders.

The terminal gets each picture once and stores it. A cell names the picture and its own position in
it, and shows that part wherever the cell is: scrolled, cut off or half covered, just like text. See
https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders.

textual-image has this protocol, too. But it bypasses Textual when it writes, so that a frame may be
torn; it sends a picture again at every repaint; and it never deletes one from the terminal.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from random import randrange
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset

from refsheet_tui.tui.graphics.blocks import fit

if TYPE_CHECKING:
    from PIL import Image

_PLACEHOLDER = "\U0010eeee"

# The diacritics for 0, 1, 2, … above a placeholder: kitty's rowcolumn-diacritics.txt.
_DIACRITICS = """
305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1
5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733
735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954
f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1
1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1
2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f
10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244
"""


def _numerals() -> list[str]:
    numerals: list[str] = []
    for code_range in _DIACRITICS.split():
        first, _, last = code_range.partition("-")
        numerals += map(chr, range(int(first, 16), int(last or first, 16) + 1))
    return numerals


_NUMERALS = _numerals()

# The cells contain the picture's number: the lowest eight bits as a color, because some connections
# carry only 256 colors, and the highest eight as a diacritic. Other programs have pictures in the
# same terminal, so the count starts at a random number. The first 16 colors have other codes.
_COLORS = range(16, 256)
_HIGHEST = range(1, 256)
_picture_counter = count(randrange(len(_COLORS) * len(_HIGHEST)))

# Base64 characters in one message.
_CHUNK_SIZE = 4096


def _next_number() -> int:
    highest, lowest = divmod(next(_picture_counter), len(_COLORS))
    return _HIGHEST[highest % len(_HIGHEST)] << 24 | _COLORS[lowest]


@dataclass(frozen=True)
class KittyPicture:
    """A picture for kitty's protocol.

    Attributes:
        columns: Its width in cells.
        lines: Its height in cells.
        png: Its content as PNG.
        number: Its number in the terminal.
    """

    columns: int
    lines: int
    png: bytes
    number: int = field(default_factory=_next_number)
    _cells: list[list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        highest = _NUMERALS[self.number >> 24]
        cells = [
            [_PLACEHOLDER + _NUMERALS[line] + _NUMERALS[column] + highest for column in each]
            for line, each in enumerate([range(self.columns)] * self.lines)
        ]
        # Made here, in a thread, and not on the event loop.
        object.__setattr__(self, "_cells", cells)

    @classmethod
    def from_image(
        cls, image: Image.Image, columns: int, lines: int, cell: tuple[int, int]
    ) -> KittyPicture:
        """Return the RGB `image`, scaled to fit.

        Args:
            image: The picture.
            columns: The available width in cells.
            lines: The available height in cells.
            cell: Width and height of a cell in pixels.
        """
        columns, lines = fit(image.size, min(columns, len(_NUMERALS)), min(lines, len(_NUMERALS)))
        scaled = image.copy()
        scaled.thumbnail((columns * cell[0], lines * cell[1]))
        png = BytesIO()
        scaled.save(png, "PNG", compress_level=2)
        return cls(columns, lines, png.getvalue())

    @property
    def upload_sequence(self) -> str:
        """The control sequences that make the terminal store the picture."""
        payload = b64encode(self.png).decode()
        chunks = [
            payload[start : start + _CHUNK_SIZE] for start in range(0, len(payload), _CHUNK_SIZE)
        ]
        keys = [f"f=100,i={self.number},q=2,m=1", *["q=2,m=1"] * (len(chunks) - 1)]
        keys[-1] = keys[-1].replace("m=1", "m=0")
        messages = [f"\x1b_G{key};{chunk}\x1b\\" for key, chunk in zip(keys, chunks, strict=True)]
        placement = f"\x1b_Ga=p,U=1,i={self.number},c={self.columns},r={self.lines},q=2\x1b\\"
        return "".join(messages) + placement

    @property
    def delete_sequence(self) -> str:
        """The control sequence that makes the terminal delete the picture."""
        return f"\x1b_Ga=d,d=I,i={self.number},q=2\x1b\\"

    def rows(self, offset: Offset, background: Style) -> list[list[Segment]]:
        """Return the cells, which don't depend on where they are. `background` is their style."""
        style = background + Style(color=Color.from_ansi(self.number & 0xFF))
        return [[Segment(cell, style) for cell in line] for line in self._cells]
