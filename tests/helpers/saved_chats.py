"""Chats of the screens, as they are saved in the library."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Static

from helpers.screens import chat_of, replies, say, until
from refsheet_tui.characters.profile import Profile
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.messages import Message
from refsheet_tui.paths import samples_dir
from refsheet_tui.prompting.turns import Role
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.widgets.gallery_tiles import CharacterTile


def saved_messages() -> list[Message]:
    """Return the saved messages of the chat that was used last."""
    library = Library.open()
    try:
        (chat, *_) = library.chats.latest_chats(1)
        return list(library.tree.path_to(chat.leaf)) if chat.leaf is not None else []
    finally:
        library.close()


def add_speaker(*greetings: str) -> int:
    """Add a character with written greetings, and return its number."""
    library = Library.open()
    try:
        first, *others = greetings
        profile = Profile(name="Roary", greeting=first, alternate_greetings=tuple(others))
        return library.characters.add_character(profile, [samples_dir() / "ember.png"]).id
    finally:
        library.close()


def add_long_chat(turns: int) -> None:
    """Add a chat of `turns` turns with a character that greets."""
    number = add_speaker("Roar!")
    library = Library.open()
    chat = library.chats.create_chat(library.characters.get_character(number).version)
    parent = None
    for turn in range(turns):
        role: Role = "user" if turn % 2 else "model"
        finish = None if turn % 2 else "end_of_turn"
        parent = library.tree.add_message(chat.id, parent, role, f"turn {turn}", finish=finish).id
    library.close()


async def send_and_wait(pilot: Pilot[int], app: RefsheetApp, text: str) -> None:
    before = len(replies(app))
    await say(pilot, text)
    await until(pilot, lambda: len(replies(app)) > before and not chat_of(app).replying)


def tile_names(app: RefsheetApp) -> list[str]:
    return [
        str(card.query_one(".card-name", Static).render())
        for card in app.screen.query(CharacterTile)
        if card.query(".card-name")
    ]
