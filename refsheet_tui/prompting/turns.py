"""Turning turns into prompts in Gemma 3's turn format.

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
class ContextNote:
    """A text that the model is told beside a message of the user.

    It stands in brackets after the message, as role players write what is not spoken.
    """

    text: str


Content = str | PictureView | ContextNote

BOS = ControlPart("<bos>")
START_OF_TURN = ControlPart("<start_of_turn>")
END_OF_TURN = ControlPart("<end_of_turn>")
START_OF_IMAGE = ControlPart("<start_of_image>")
END_OF_IMAGE = ControlPart("<end_of_image>")
_TURN_END = (END_OF_TURN, TextPart("\n"))
_BLANK_LINE = "\n\n"


@dataclass(frozen=True)
class Turn:
    """The contribution of one side: texts and pictures in reading order, then context notes."""

    role: Role
    content: tuple[Content, ...]


def build_prompt(turns: Sequence[Turn], system: str | None = None, reply_start: str = "") -> Prompt:
    """Return the prompt for the model's next turn: all turns, and the header of the next one.

    Args:
        turns: The turns so far.
        system: The system prompt. Gemma 3 has no system role, so it stands in front of the content
            of the first turn, followed by a blank line.
        reply_start: The part of the next turn that is written already; the model continues it.

    Returns:
        The prompt.

    Raises:
        ValueError: The roles don't alternate, beginning and ending with `user`.
    """
    _check_roles(turns)
    if turns[-1].role == "model":
        raise ValueError("roles must alternate, and the next turn is the model's")
    return Prompt.from_parts(
        _conversation_parts(turns, Turn("model", (reply_start,) if reply_start else ()), system)
    )


def build_turn(turn: Turn) -> Prompt:
    """Return one turn as it stands in a prompt.

    It ends with the line break after its `<end_of_turn>`. Control tokens separate it from other
    turns, so the numbers of tokens of all turns add up to that of the prompt.

    Args:
        turn: The turn, without a system prompt.

    Returns:
        The part of a prompt that the turn makes.
    """
    return Prompt.from_parts((*_turn_parts(turn), *_TURN_END))


def build_prefix(turns: Sequence[Turn], system: str | None = None) -> Prompt:
    r"""Return the beginning of every prompt in which something follows `turns`, token for token.

    After a turn of the model stands the header of the user's next turn. A turn of the user stays
    open: its content may end there, or continue after a line break or with a picture. White space
    at the end is left out, because line breaks become one token with those that follow, such as
    `\n\n\n` between the header and a picture.

    Args:
        turns: The turns so far.
        system: The system prompt.

    Returns:
        The prefix that all of these prompts have in common.

    Raises:
        ValueError: The roles don't alternate, beginning with `user`.
    """
    _check_roles(turns)
    if turns[-1].role == "model":
        closed_turns, open_turn = turns, Turn("user", ())
    else:
        closed_turns, open_turn = turns[:-1], turns[-1]
    *parts, last = Prompt.from_parts(_conversation_parts(closed_turns, open_turn, system)).parts
    assert isinstance(last, TextPart), "a header and a picture both end with line breaks"
    return Prompt.from_parts((*parts, TextPart(last.text.rstrip())))


def _check_roles(turns: Sequence[Turn]) -> None:
    roles = [turn.role for turn in turns]
    expected_roles = ["user", "model"] * len(turns)
    if not roles or roles != expected_roles[: len(roles)]:
        raise ValueError(f"roles must alternate, beginning with user, not {roles}")


def _conversation_parts(
    closed_turns: Sequence[Turn], open_turn: Turn, system: str | None
) -> Iterator[Part]:
    yield BOS
    for number, turn in enumerate((*closed_turns, open_turn)):
        yield from _turn_parts(turn, None if number else system)
        if number < len(closed_turns):
            yield from _TURN_END


def _turn_parts(turn: Turn, system: str | None = None) -> Iterator[Part]:
    """Yield the parts of a turn without its end."""
    yield START_OF_TURN
    yield TextPart(f"{turn.role}\n")
    if system:
        yield TextPart(f"{system}\n\n")
    yield from _content_parts(turn.content)


def _content_parts(content: Iterable[Content]) -> Iterator[Part]:
    follows_text = False
    for item in content:
        if isinstance(item, PictureView):
            yield from _view_parts(item)
        elif isinstance(item, ContextNote):
            yield TextPart(f"{_BLANK_LINE if follows_text else ''}[{item.text.strip()}]")
        else:
            yield TextPart(item.strip())
        follows_text = not isinstance(item, PictureView) and item != ""


def _view_parts(view: PictureView) -> Iterator[Part]:
    if not view.crops:
        yield from _framed_picture_parts(view.picture)
        return
    yield TextPart("Here is the original image ")
    yield from _framed_picture_parts(view.picture)
    yield TextPart(" and here are some crops to help you see better ")
    for number, crop in enumerate(view.crops):
        if number:
            yield TextPart(" ")
        yield from _framed_picture_parts(crop)


def _framed_picture_parts(picture: PreparedPicture) -> Iterator[Part]:
    yield TextPart("\n\n")
    yield START_OF_IMAGE
    yield PicturePart(picture)
    yield END_OF_IMAGE
    yield TextPart("\n\n")
