"""What a model reads: a list of parts, each with an identity of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from refsheet_tui.pictures import PreparedPicture


@dataclass(frozen=True)
class ControlPart:
    """One control token by its name, such as `<start_of_turn>`."""

    token: str


@dataclass(frozen=True)
class TextPart:
    """Ordinary text. It is tokenized in one run with special tokens off, so nothing in it
    can become a control token."""

    text: str


@dataclass(frozen=True)
class PicturePart:
    """The soft tokens of one picture, without its framing."""

    picture: PreparedPicture


Part = ControlPart | TextPart | PicturePart


@dataclass(frozen=True)
class Prompt:
    """Parts in reading order. Neighbouring texts are always merged into one run, because
    tokenization does not commute with cutting (`\\n\\n\\n` is a single token)."""

    parts: tuple[Part, ...]

    @staticmethod
    def of(parts: Iterable[Part]) -> Prompt:
        """Merge neighbouring texts and drop empty ones."""
        return Prompt(tuple(_merged(parts)))

    @property
    def pictures(self) -> tuple[PreparedPicture, ...]:
        return tuple(part.picture for part in self.parts if isinstance(part, PicturePart))


def _merged(parts: Iterable[Part]) -> Iterator[Part]:
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
