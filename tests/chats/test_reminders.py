"""When the character is told its note again, and what its book has to say."""

from __future__ import annotations

from refsheet_tui.characters.book import Book, Entry
from refsheet_tui.chats.reminders import Reminders
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import Aside, TextPart, Turn, build_prompt

PICTURE = PictureView(PreparedPicture(1, b"\0\0\0", "sheet"))


def talk(reminders: Reminders, words: list[str]) -> list[Turn]:
    """A chat in which the person says `words`, and all answers are short."""
    turns = [Turn("model", ("Hi.",))]
    for text in words:
        turns.append(Turn("user", (text, *reminders.due(turns, text))))
        turns.append(Turn("model", ("Hm.",)))
    return turns


def asides(turns: list[Turn]) -> list[list[str]]:
    return [
        [item.text for item in turn.content if isinstance(item, Aside)]
        for turn in turns
        if turn.role == "user"
    ]


def test_the_note_is_told_at_once_and_with_every_fourth_message() -> None:
    told = asides(talk(Reminders("Be brief."), ["x"] * 9))
    assert told == [["Be brief."], [], [], [], ["Be brief."], [], [], [], ["Be brief."]]


def test_a_new_note_is_told_with_the_next_message() -> None:
    turns = talk(Reminders("Be brief."), ["x"])
    assert Reminders("Be brief.").due(turns, "y") == ()
    assert Reminders("Be brief.").with_note(" Be loud. ").due(turns, "y") == (Aside("Be loud."),)
    assert Reminders("Be brief.").with_note(" ").due(turns, "y") == ()


def test_what_the_book_says_is_told_once_while_it_is_seen() -> None:
    reminders = Reminders(book=Book(by_keyword=(Entry(("cave",), "Dark."),)))
    turns = talk(reminders, ["The cave?", "Yes, the cave.", "cave"])
    assert asides(turns) == [["Dark."], [], []]
    assert reminders.due(turns[4:], "cave") == (Aside("Dark."),), "the model has lost sight of it"


def test_what_the_character_says_brings_up_its_book_too() -> None:
    reminders = Reminders(book=Book(by_keyword=(Entry(("cave",), "Dark."),)))
    assert reminders.due([Turn("model", ("In my cave.",))], "Oh?") == (Aside("Dark."),)


def test_an_aside_stands_in_brackets_behind_what_is_said() -> None:
    said = build_prompt([Turn("user", ("Hi! ", Aside(" Be brief. "), Aside("Dark.")))])
    assert TextPart("user\nHi!\n\n[Be brief.]\n\n[Dark.]") in said.parts
    shown = build_prompt([Turn("user", (PICTURE, "", Aside("Be brief.")))])
    assert TextPart("\n\n[Be brief.]") in shown.parts
