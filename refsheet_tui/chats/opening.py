"""Opening a chat with a loaded model, for commands, screens and measurements alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from refsheet_tui.characters import Character
from refsheet_tui.chats.branch import Branch
from refsheet_tui.chats.chat_lorebook import ChatLorebook
from refsheet_tui.chats.context_notes import ContextNoteSelector
from refsheet_tui.chats.conversation import Conversation, unknown_character_error
from refsheet_tui.chats.token_counter import TokenCounter
from refsheet_tui.config import valid_generation
from refsheet_tui.engine import Engine, GenerationSettings, Vision


def open_conversation(
    engine: Engine,
    settings: GenerationSettings,
    vision: Vision,
    branch: Branch,
    character: Character | None = None,
    *,
    note: str = "",
    overrides: Mapping[str, object] | None = None,
) -> Conversation:
    """Open a chat with `character`, or with the assistant.

    All pictures are opened. This takes a while, and may run in a thread.

    Args:
        engine: The engine, which has loaded the model that `vision` belongs to.
        settings: How replies are generated. The character's own settings win over these.
        vision: How pictures reach the model.
        branch: The messages of the chat.
        character: The character; None for the assistant. A text-only model knows a character by
            its texts.
        note: The author's note, which replaces the character's own; for the assistant, the system
            prompt.
        overrides: Settings that win over the character's own.

    Returns:
        The conversation, with nothing read by the model yet.

    Raises:
        PictureError: A picture of the character can't be opened. Pictures of messages that can't
            be opened are left out.
    """
    if character is None:
        conversation = Conversation(engine, settings, vision, branch, system=note or None)
    else:
        selector = ContextNoteSelector(
            note or character.note, character.lorebook, character.depth_prompt, character.greetings
        )
        lorebook = ChatLorebook(
            character.lorebook,
            vision.info.context_size,
            TokenCounter(engine, None),
            character.opening_builder(vision),
        )
        conversation = Conversation(
            engine,
            with_own_settings(settings, character.generation, overrides),
            vision,
            branch,
            user_name=character.user_name,
            character_name=character.name,
            context_note_selector=selector,
            lorebook=lorebook,
            lacks_character_info=_lacks_character_info(character, vision),
        )
    conversation.open_pictures()
    return conversation


def with_own_settings(
    settings: GenerationSettings,
    character_settings: Mapping[str, object],
    overrides: Mapping[str, object] | None = None,
) -> GenerationSettings:
    """Return `settings`, overridden by `character_settings`.

    Unknown settings and values out of bounds are ignored. `overrides` win over both.
    """
    changes: dict[str, Any] = {**valid_generation(character_settings), **(overrides or {})}
    return replace(settings, **changes)


def check_known(character: Character, vision: Vision) -> None:
    """Raise `UsageError` if the model would know nothing of `character`.

    This is so for a character without a description if the model is text-only.
    """
    if _lacks_character_info(character, vision):
        raise unknown_character_error()


def _lacks_character_info(character: Character, vision: Vision) -> bool:
    return not (vision.info.sees_pictures or character.is_described)
