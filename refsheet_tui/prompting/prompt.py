"""The prompt: what a model reads, as a list of parts that can be compared and hashed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from refsheet_tui.pictures import PreparedPicture


@dataclass(frozen=True)
class ControlPart:
    """One control token, by its name, such as `<start_of_turn>`."""

    token: str


@dataclass(frozen=True)
class TextPart:
    """Ordinary text.

    It is tokenized in one run with special tokens off, so nothing in it can become a control token.
    """

    text: str


@dataclass(frozen=True)
class PicturePart:
    """The soft tokens of one picture, without the control tokens and line breaks around them."""

    picture: PreparedPicture


Part = ControlPart | TextPart | PicturePart


@dataclass(frozen=True)
class Prompt:
    r"""The parts that a model reads, in reading order.

    Neighbouring texts are always merged into one, because texts that are tokenized separately can
    give other tokens (`\n\n\n` is a single token).
    """

    parts: tuple[Part, ...]

    @staticmethod
    def from_parts(parts: Iterable[Part]) -> Prompt:
        """Return a prompt in which neighbouring texts are merged and empty texts are left out."""
        return Prompt(tuple(_merge_texts(parts)))

    @property
    def pictures(self) -> tuple[PreparedPicture, ...]:
        """The pictures and crops in reading order."""
        return tuple(part.picture for part in self.parts if isinstance(part, PicturePart))


def _merge_texts(parts: Iterable[Part]) -> Iterator[Part]:
    run = ""
    for part in parts:
        if isinstance(part, TextPart):
            run += part.text
            continue
        if run:
            yield TextPart(run)
            run = ""
        yield part
    if run:
        yield TextPart(run)
