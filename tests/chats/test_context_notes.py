"""The messages that get the author's note, and those that get entries of the lorebook."""

from __future__ import annotations

from refsheet_tui.characters.lorebook import Lorebook, LorebookEntry
from refsheet_tui.chats.context_notes import ContextNoteSelector
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import ContextNote, TextPart, Turn, build_prompt

PICTURE = PictureView(PreparedPicture(1, b"\0\0\0", "sheet"))


def talk(selector: ContextNoteSelector, words: list[str]) -> list[Turn]:
    """Return the turns of a chat in which the user says `words`, and all replies are short."""
    turns = [Turn("model", ("Hi.",))]
    for text in words:
        turns.append(Turn("user", (text, *selector.due_notes(turns, text))))
        turns.append(Turn("model", ("Hm.",)))
    return turns


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
    assert ContextNoteSelector("Be brief.").due_notes(turns, "y") == ()
    assert ContextNoteSelector("Be brief.").with_note(" Be loud. ").due_notes(turns, "y") == (
        ContextNote("Be loud."),
    )
    assert ContextNoteSelector("Be brief.").with_note(" ").due_notes(turns, "y") == ()


def test_what_the_book_says_is_told_once_while_it_is_seen() -> None:
    selector = ContextNoteSelector(
        lorebook=Lorebook(keyword_entries=(LorebookEntry(("cave",), "Dark."),))
    )
    turns = talk(selector, ["The cave?", "Yes, the cave.", "cave"])
    assert context_notes(turns) == [["Dark."], [], []]
    assert selector.due_notes(turns[4:], "cave") == (ContextNote("Dark."),), (
        "the model has lost sight of it"
    )


def test_what_the_character_says_brings_up_its_book_too() -> None:
    selector = ContextNoteSelector(
        lorebook=Lorebook(keyword_entries=(LorebookEntry(("cave",), "Dark."),))
    )
    assert selector.due_notes([Turn("model", ("In my cave.",))], "Oh?") == (ContextNote("Dark."),)


def test_an_aside_stands_in_brackets_behind_what_is_said() -> None:
    said = build_prompt([Turn("user", ("Hi! ", ContextNote(" Be brief. "), ContextNote("Dark.")))])
    assert TextPart("user\nHi!\n\n[Be brief.]\n\n[Dark.]") in said.parts
    shown = build_prompt([Turn("user", (PICTURE, "", ContextNote("Be brief.")))])
    assert TextPart("\n\n[Be brief.]") in shown.parts
