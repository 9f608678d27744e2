"""The messages that get the author's note, and those that get entries of the lorebook."""

from __future__ import annotations

import pytest

from refsheet_tui.characters.lorebook import (
    ActivationRules,
    DepthPrompt,
    Keyword,
    Lorebook,
    LorebookEntry,
)
from refsheet_tui.chats.context_notes import ContextNoteSelector
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import ContextNote, TextPart, Turn, build_prompt

PICTURE = PictureView(PreparedPicture(1, b"\0\0\0", "sheet"))


def talk(selector: ContextNoteSelector, words: list[str]) -> list[Turn]:
    """Return the turns of a chat in which the user says `words`, and all replies are short."""
    turns = [Turn("model", ("Hi.",))]
    for text in words:
        turns.append(Turn("user", (text, *due(selector, turns, text))))
        turns.append(Turn("model", ("Hm.",)))
    return turns


def due(
    selector: ContextNoteSelector, turns: list[Turn], text: str, oldest_visible: int = 0
) -> tuple[ContextNote, ...]:
    """Return the notes of a message `text`, all of which fit."""
    notes = selector.due_notes(turns, text, oldest_visible=oldest_visible)
    return tuple(map(ContextNote, notes.texts(notes.entries)))


def context_notes(turns: list[Turn]) -> list[list[str]]:
    return [
        [item.text for item in turn.content if isinstance(item, ContextNote)]
        for turn in turns
        if turn.role == "user"
    ]


def test_the_note_is_told_at_once_and_with_every_fourth_message() -> None:
    told = context_notes(talk(ContextNoteSelector("Be brief."), ["x"] * 9))
    assert told == [["Be brief."], [], [], [], ["Be brief."], [], [], [], ["Be brief."]]


def test_a_new_note_is_told_with_the_next_message() -> None:
    turns = talk(ContextNoteSelector("Be brief."), ["x"])
    selector = ContextNoteSelector("Be brief.")
    assert due(selector, turns, "y") == ()
    assert due(selector.with_note(" Be loud. "), turns, "y") == (ContextNote("Be loud."),)
    assert due(selector.with_note(" "), turns, "y") == ()


def test_what_the_book_says_is_told_once_while_it_is_seen() -> None:
    selector = ContextNoteSelector(
        lorebook=Lorebook(entries=(LorebookEntry((Keyword("cave"),), "Dark."),))
    )
    turns = talk(selector, ["The cave?", "Yes, the cave.", "cave"])
    assert context_notes(turns) == [["Dark."], [], []]
    assert due(selector, turns, "cave", oldest_visible=4) == (ContextNote("Dark."),), (
        "the model has lost sight of it"
    )


def test_what_the_character_says_brings_up_its_book_too() -> None:
    selector = ContextNoteSelector(
        lorebook=Lorebook(entries=(LorebookEntry((Keyword("cave"),), "Dark."),))
    )
    assert due(selector, [Turn("model", ("In my cave.",))], "Oh?") == (ContextNote("Dark."),)


@pytest.mark.parametrize(("depth", "interval"), [(0, 1), (1, 1), (2, 2), (4, 3), (10, 6)])
def test_a_depth_prompt_never_has_more_messages_behind_it_than_its_depth(
    depth: int, interval: int
) -> None:
    selector = ContextNoteSelector(depth_prompt=DepthPrompt("Limp.", depth))
    told = context_notes(talk(selector, ["x"] * 13))
    assert [bool(notes) for notes in told] == [number % interval == 0 for number in range(13)]


def test_a_depth_prompt_and_a_note_stand_behind_the_entries() -> None:
    entries = (
        LorebookEntry((Keyword("x"),), "At 1.", depth=1),
        LorebookEntry((Keyword("x"),), "At 4.", depth=4),
        LorebookEntry((Keyword("x"),), "Dark."),
    )
    selector = ContextNoteSelector("Be brief.", Lorebook(entries), DepthPrompt("Limp.", 4))
    told = context_notes(talk(selector, ["x"] * 4))
    assert told[0] == ["Dark.", "At 4.", "At 1.", "Limp.", "Be brief."]
    assert told[1:] == [["At 1."], ["At 1."], ["At 4.", "At 1.", "Limp."]]


def test_a_constant_entry_with_a_depth_is_told_again_and_again() -> None:
    entry = LorebookEntry((), "Always.", is_constant=True, depth=2)
    selector = ContextNoteSelector(lorebook=Lorebook((entry,)))
    assert context_notes(talk(selector, ["x"] * 3)) == [["Always."], [], ["Always."]]


def test_the_greeting_that_was_chosen_counts() -> None:
    rules = ActivationRules(greeting=1)
    entry = LorebookEntry((), "Night.", is_constant=True, rules=rules)
    selector = ContextNoteSelector(lorebook=Lorebook((entry,)), greetings=("Morning!", "Evening!"))
    assert due(selector, [Turn("model", ("Evening!",))], "x") == (ContextNote("Night."),)
    assert due(selector, [Turn("model", ("Morning!",))], "x") == ()


def test_an_aside_stands_in_brackets_behind_what_is_said() -> None:
    said = build_prompt([Turn("user", ("Hi! ", ContextNote(" Be brief. "), ContextNote("Dark.")))])
    assert TextPart("user\nHi!\n\n[Be brief.]\n\n[Dark.]") in said.parts
    shown = build_prompt([Turn("user", (PICTURE, "", ContextNote("Be brief.")))])
    assert TextPart("\n\n[Be brief.]") in shown.parts
