"""Turning the messages of a chat into the turns that the model reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from refsheet_tui.chats.messages import Message
from refsheet_tui.chats.speakers import is_narration, named_sides
from refsheet_tui.pictures import PictureView
from refsheet_tui.prompting import ContextNote, Role, Turn


def turns_of(
    opening: Turn | None,
    messages: Sequence[Message],
    views_of: Callable[[Message], Sequence[PictureView]],
) -> tuple[Turn, ...]:
    """Return the messages as turns that alternate, beginning with the user's.

    Messages in a row from one side become one turn, each on its own line. Hidden messages are left
    out. On a side with several speakers, each message begins with the name of who said it.
    `opening` comes first; it is None for the assistant. `views_of` returns what the model sees of a
    message's pictures.
    """
    turns = [opening] if opening is not None else []
    sides = named_sides(messages)
    for message in messages:
        if message.is_hidden:
            continue
        text = _text_with_name(message, sides)
        if message.role == "model":
            _add_reply(turns, text)
        else:
            context_notes = [ContextNote(text) for text in message.context_notes]
            _add_user_message(turns, text, views_of(message), context_notes)
    return tuple(turns)


def text_of(turn: Turn) -> str:
    """Return the text of a turn, without pictures and context notes."""
    return "".join(item for item in turn.content if isinstance(item, str))


def _text_with_name(message: Message, sides: Collection[Role]) -> str:
    has_name = message.role in sides and not is_narration(message.extra)
    name = message.speaker if has_name else ""
    # Some programs write the name into the text, too.
    if not name or message.text.startswith(f"{name}:"):
        return message.text
    return f"{name}: {message.text}"


def _add_user_message(
    turns: list[Turn],
    text: str,
    pictures: Sequence[PictureView],
    context_notes: Sequence[ContextNote],
) -> None:
    if not turns or turns[-1].role == "model":
        turns.append(Turn("user", (*pictures, text, *context_notes)))
        return
    last = turns[-1]
    content = [item for item in last.content if not isinstance(item, ContextNote)]
    earlier_notes = [item for item in last.content if isinstance(item, ContextNote)]
    last_item = content[-1]
    if isinstance(last_item, str) and not pictures:
        # Texts of a turn are joined without a separator, so the line break must be part of a text.
        content[-1] = f"{last_item}\n{text}"
    else:
        content += [*pictures, text]
    turns[-1] = Turn("user", (*content, *earlier_notes, *context_notes))


def _add_reply(turns: list[Turn], text: str) -> None:
    if not turns:  # a chat of another program; Gemma's prompts begin with the user
        turns.append(Turn("user", ("",)))
    if turns[-1].role == "model":
        text = f"{text_of(turns.pop())}\n{text}"
    turns.append(Turn("model", (text,)))
