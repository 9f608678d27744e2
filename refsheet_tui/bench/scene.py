"""The chat that every program under measurement is led through."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from refsheet_tui.characters import samples
from refsheet_tui.pictures import PictureView, view
from refsheet_tui.prompting import Turn, language, opening_turn

# Of about twelve tokens, as most messages are: random weights take every character for a token.
QUESTION = "Why is that?"
OTHER_QUESTION = "Who says so?"
NEXT_QUESTION = "And what then?"
DESCRIPTION = "A small dragon that guards the village lighthouse."
OTHER_DESCRIPTION = "An old dragon that has lost its lighthouse."


# Gemma 3's turn format for the others (Jinja), with texts and pictures' markers in their order:
# model files without a template are measured too. They begin with `<bos>` by themselves.
TEMPLATE = (
    "{% for message in messages %}<start_of_turn>"
    "{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}"
    "<end_of_turn>\n{% endfor %}<start_of_turn>model\n"
)


@dataclass(frozen=True)
class Scene:
    """One sheet that nobody has seen before. No crops: the others know none."""

    sheet: PictureView

    @property
    def png(self) -> bytes:
        """The very pixels that the model sees."""
        whole = self.sheet.whole
        out = io.BytesIO()
        Image.frombytes("RGB", (whole.size, whole.size), whole.rgb).save(out, "PNG")
        return out.getvalue()

    @property
    def text(self) -> str:
        """What is said to the model together with the sheet."""
        return "".join(item for item in self.opening().content if isinstance(item, str))

    def opening(self, description: str = DESCRIPTION) -> Turn:
        return opening_turn(language("en"), self.sheet, description)


@contextmanager
def scenes(picture_size: int) -> Iterator[Iterator[Scene]]:
    """As many as are asked for, each with a sheet of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield _scenes(Path(folder), picture_size)


def _scenes(folder: Path, picture_size: int) -> Iterator[Scene]:
    sheet = samples()[0].sheet
    number = 0
    while True:
        number += 1
        with Image.open(sheet) as image:
            marked = image.convert("RGB")
        box = (8, 8, 8 + marked.width // 8, 8 + marked.height // 8)
        ImageDraw.Draw(marked).rectangle(box, (number * 37 % 256, number * 91 % 256, number % 256))
        file = folder / f"{number}.png"
        marked.save(file)
        yield Scene(view(file, picture_size, False))
