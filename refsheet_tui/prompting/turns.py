"""Turns in, Gemma 3's turn format out.

The format is that of the chat template and `Gemma3Processor` published with the model
(transformers, `models/gemma3/processing_gemma3.py`), token for token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting.prompt import ControlPart, Part, PicturePart, Prompt, TextPart

Role = Literal["user", "model"]
Content = str | PictureView

BOS = ControlPart("<bos>")
START_OF_TURN = ControlPart("<start_of_turn>")
END_OF_TURN = ControlPart("<end_of_turn>")
START_OF_IMAGE = ControlPart("<start_of_image>")
END_OF_IMAGE = ControlPart("<end_of_image>")


@dataclass(frozen=True)
class Turn:
    """What one side said: texts and pictures in reading order."""

    role: Role
    content: tuple[Content, ...]


def build_prompt(turns: Sequence[Turn], system: str | None = None) -> Prompt:
    """The whole conversation and the header of the model's next turn.

    Gemma 3 has no system role: `system` goes in front of the first turn's content, followed by
    a blank line. Raises `ValueError` unless roles alternate, beginning and ending with `user`.
    """
    _check_roles(turns)
    return Prompt.of(_conversation(turns, system))


def _check_roles(turns: Sequence[Turn]) -> None:
    wanted = ["user", "model"] * len(turns)
    roles = [turn.role for turn in turns]
    if len(turns) % 2 == 0 or roles != wanted[: len(turns)]:
        raise ValueError(f"roles must alternate from user to user, not {roles}")


def _conversation(turns: Sequence[Turn], system: str | None) -> Iterator[Part]:
    yield BOS
    for number, turn in enumerate(turns):
        yield START_OF_TURN
        yield TextPart(f"{turn.role}\n")
        if number == 0 and system:
            yield TextPart(f"{system}\n\n")
        yield from _content(turn.content)
        yield END_OF_TURN
        yield TextPart("\n")
    yield START_OF_TURN
    yield TextPart("model\n")


def _content(content: Iterable[Content]) -> Iterator[Part]:
    for item in content:
        if isinstance(item, PictureView):
            yield from _view(item)
        else:
            yield TextPart(item.strip())


def _view(view: PictureView) -> Iterator[Part]:
    if not view.crops:
        yield from _framed(view.whole)
        return
    yield TextPart("Here is the original image ")
    yield from _framed(view.whole)
    yield TextPart(" and here are some crops to help you see better ")
    for number, crop in enumerate(view.crops):
        if number:
            yield TextPart(" ")
        yield from _framed(crop)


def _framed(picture: PreparedPicture) -> Iterator[Part]:
    yield TextPart("\n\n")
    yield START_OF_IMAGE
    yield PicturePart(picture)
    yield END_OF_IMAGE
    yield TextPart("\n\n")
