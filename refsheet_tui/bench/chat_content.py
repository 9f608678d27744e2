"""The chat that is held with every measured program."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from refsheet_tui.characters import Character, load_samples
from refsheet_tui.pictures import PictureView, view
from refsheet_tui.prompting import Turn, language, opening_turn

# About twelve tokens, like most messages: random weights take every character for a token.
QUESTION = "Why is that?"
OTHER_QUESTION = "Who says so?"
NEXT_QUESTION = "And what then?"
DESCRIPTION = "A small dragon that guards the village lighthouse."
OTHER_DESCRIPTION = "An old dragon that has lost its lighthouse."


# Gemma 3's turn format for the others (Jinja), with texts and pictures' markers in their order:
# model files without a template are measured too. They begin with `<bos>` by themselves.
CHAT_TEMPLATE = (
    "{% for message in messages %}<start_of_turn>"
    "{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}"
    "<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
)


@dataclass(frozen=True)
class BenchCharacter:
    """A character with a sheet that no program has seen before.

    The sheet has no crops, because the other programs make none.
    """

    file: Path
    sheet: PictureView

    @property
    def png(self) -> bytes:
        """The same pixels that the model sees, as a PNG."""
        picture = self.sheet.picture
        buffer = io.BytesIO()
        Image.frombytes("RGB", (picture.size, picture.size), picture.rgb).save(buffer, "PNG")
        return buffer.getvalue()

    @property
    def opening_text(self) -> str:
        """The text that the model is told together with the sheet."""
        return "".join(item for item in self.make_opening().content if isinstance(item, str))

    def make_opening(self) -> Turn:
        return opening_turn(language("en"), self.sheet, DESCRIPTION)

    def character(self, description: str = DESCRIPTION) -> Character:
        """Return the character on the sheet, for our own program."""
        return Character(self.file, language("en"), description)


@contextmanager
def bench_characters(picture_size: int) -> Iterator[Iterator[BenchCharacter]]:
    """Yield an endless iterator of characters, each with its own sheet."""
    with tempfile.TemporaryDirectory() as folder:
        yield _make_characters(Path(folder), picture_size)


def _make_characters(folder: Path, picture_size: int) -> Iterator[BenchCharacter]:
    sheet = load_samples()[0].sheet
    number = 0
    while True:
        number += 1
        with Image.open(sheet) as image:
            marked_image = image.convert("RGB")
        box = (8, 8, 8 + marked_image.width // 8, 8 + marked_image.height // 8)
        ImageDraw.Draw(marked_image).rectangle(
            box, (number * 37 % 256, number * 91 % 256, number % 256)
        )
        file = folder / f"{number}.png"
        marked_image.save(file)
        yield BenchCharacter(file, view(file, picture_size, False))
