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


@dataclass(frozen=True)
class Aside:
    """What the model is told beside what the person says. In brackets behind it, as role players
    write what is not spoken."""

    text: str


Content = str | PictureView | Aside

BOS = ControlPart("<bos>")
START_OF_TURN = ControlPart("<start_of_turn>")
END_OF_TURN = ControlPart("<end_of_turn>")
START_OF_IMAGE = ControlPart("<start_of_image>")
END_OF_IMAGE = ControlPart("<end_of_image>")
_END = (END_OF_TURN, TextPart("\n"))
_BLANK_LINE = "\n\n"


@dataclass(frozen=True)
class Turn:
    """What one side said: texts and pictures in reading order; asides come last."""

    role: Role
    content: tuple[Content, ...]


def build_prompt(turns: Sequence[Turn], system: str | None = None, begun: str = "") -> Prompt:
    """The whole conversation and the header of the model's next turn, of which `begun` is written
    already.

    Gemma 3 has no system role: `system` goes in front of the first turn's content, followed by
    a blank line. Raises `ValueError` unless roles alternate, beginning and ending with `user`.
    """
    _check_roles(turns)
    if turns[-1].role == "model":
        raise ValueError("roles must alternate, and the next turn is the model's")
    return Prompt.of(_conversation(turns, Turn("model", (begun,) if begun else ()), system))


def build_turn(turn: Turn) -> Prompt:
    """One turn as it stands in a prompt, from its `<start_of_turn>` to the line break behind its
    `<end_of_turn>`.

    Control tokens part it from its neighbours, so the tokens of turns add up to those of the
    whole.
    """
    return Prompt.of((*_turn(turn), *_END))


def build_prefix(turns: Sequence[Turn], system: str | None = None) -> Prompt:
    """What every prompt begins with in which `turns` are followed by more, token for token.

    After a model turn comes the header of the person's next one. A user turn stays open: its
    content may go on after a line break or with a picture, or end there. White space at the end
    is left out, because line breaks are one token with those that follow: `\n\n\n` between the
    header and a picture. Raises `ValueError` unless roles alternate, beginning with `user`.
    """
    _check_roles(turns)
    if turns[-1].role == "model":
        closed, open = turns, Turn("user", ())
    else:
        closed, open = turns[:-1], turns[-1]
    *parts, last = Prompt.of(_conversation(closed, open, system)).parts
    assert isinstance(last, TextPart), "a header and a picture both end with line breaks"
    return Prompt.of((*parts, TextPart(last.text.rstrip())))


def _check_roles(turns: Sequence[Turn]) -> None:
    roles = [turn.role for turn in turns]
    wanted = ["user", "model"] * len(turns)
    if not roles or roles != wanted[: len(roles)]:
        raise ValueError(f"roles must alternate, beginning with user, not {roles}")


def _conversation(closed: Sequence[Turn], open: Turn, system: str | None) -> Iterator[Part]:
    yield BOS
    for number, turn in enumerate((*closed, open)):
        yield from _turn(turn, None if number else system)
        if number < len(closed):
            yield from _END


def _turn(turn: Turn, system: str | None = None) -> Iterator[Part]:
    """Without its end."""
    yield START_OF_TURN
    yield TextPart(f"{turn.role}\n")
    if system:
        yield TextPart(f"{system}\n\n")
    yield from _content(turn.content)


def _content(content: Iterable[Content]) -> Iterator[Part]:
    is_text = False
    for item in content:
        if isinstance(item, PictureView):
            yield from _view(item)
        elif isinstance(item, Aside):
            yield TextPart(f"{_BLANK_LINE if is_text else ''}[{item.text.strip()}]")
        else:
            yield TextPart(item.strip())
        is_text = not isinstance(item, PictureView) and item != ""


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
