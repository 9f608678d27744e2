"""Chats of the screens, as the library keeps them."""

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
from refsheet_tui.tui.widgets.card import Card


def kept() -> list[Message]:
    """What the library holds of the chat that was used last."""
    library = Library.open()
    try:
        (chat, *_) = library.chats.latest(1)
        return list(library.tree.path(chat.leaf)) if chat.leaf is not None else []
    finally:
        library.close()


def add_speaker(*greetings: str) -> int:
    """A character whose greetings are written."""
    library = Library.open()
    try:
        first, *others = greetings
        profile = Profile(name="Roary", greeting=first, alternate_greetings=tuple(others))
        return library.characters.add(profile, [samples_dir() / "ember.png"]).id
    finally:
        library.close()


def add_long_chat(turns: int) -> None:
    """With somebody who begins it."""
    number = add_speaker("Roar!")
    library = Library.open()
    chat = library.chats.begin(library.characters.get(number).version)
    parent = None
    for turn in range(turns):
        role: Role = "user" if turn % 2 else "model"
        finish = None if turn % 2 else "end_of_turn"
        parent = library.tree.add(chat.id, parent, role, f"turn {turn}", finish=finish).id
    library.close()


async def answered(pilot: Pilot[int], app: RefsheetApp, text: str) -> None:
    before = len(replies(app))
    await say(pilot, text)
    await until(pilot, lambda: len(replies(app)) > before and not chat_of(app).replying)


def names(app: RefsheetApp) -> list[str]:
    return [
        str(card.query_one(".card-name", Static).render())
        for card in app.screen.query(Card)
        if card.query(".card-name")
    ]
