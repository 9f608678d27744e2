"""The slash commands of `refsheet talk` do everything that can be done with a chat."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.command import CommandResult, refsheet
from helpers.library_command import TALK, add, messages, read
from helpers.terminal import on_a_terminal
from refsheet_tui.paths import samples_dir

CTRL_D = b"\x04"


def talk(home: Path, *lines: str, options: tuple[str, ...] = ("Ember", "--save")) -> CommandResult:
    """Chat with a character that has a written greeting, one line at a time."""
    done = refsheet(home, "talk", *options, *TALK, stdin="\n".join(lines).encode() + b"\n")
    assert done.code == 0, done.err
    return done


@pytest.fixture(autouse=True)
def ember(tmp_path: Path) -> None:
    add(tmp_path, "Ember", "--greeting", "Roar!", "--alternate", "Hello!", "--alternate", "Hey.")


def message_texts(home: Path, chat: int = 1) -> list[str]:
    return [each["text"] for each in messages(home, chat)]


def test_another_reply_stands_beside_the_last_one(tmp_path: Path) -> None:
    talk(tmp_path, "What are you?", "/again")
    replies = [each for each in messages(tmp_path, 1, "--all") if each["parent"] == 4]
    assert len(replies) == 2
    assert messages(tmp_path)[-1]["id"] == replies[1]["id"]


def test_swiping_shows_what_there_is_and_then_makes_more(tmp_path: Path) -> None:
    done = talk(tmp_path, "What are you?", "/right", "/left", "/left", "/right", "/right")
    assert "‹1/2›" in done.err and "‹2/2›" in done.err
    assert "This is the first reply." in done.err
    assert len([each for each in messages(tmp_path, 1, "--all") if each["parent"] == 4]) == 3


def test_a_reply_of_several_messages_is_one(tmp_path: Path) -> None:
    """In chats of other programs, a character may write two messages in a row."""
    lines = [
        {"user_name": "A", "character_name": "Ember"},
        *({"is_user": False, "mes": text} for text in ("One.", "Two.")),
    ]
    file = tmp_path / "chat.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    assert refsheet(tmp_path, "chats", "import", file).code == 0
    talk(tmp_path, "/again", options=("--chat", "1"))
    assert len(message_texts(tmp_path)) == 1 and message_texts(tmp_path) != ["One."]
    talk(tmp_path, "/left", options=("--chat", "1"))
    assert message_texts(tmp_path) == ["One.", "Two."]


def test_the_written_greetings_are_swipes(tmp_path: Path) -> None:
    done = talk(tmp_path, "/right", "/right", "/left")
    assert done.out.splitlines() == ["Roar!", "Hello!", "Hey.", "Hello!"]
    assert "‹2/3›" in done.err
    assert message_texts(tmp_path) == ["Hello!"]


def test_past_the_last_greeting_the_character_makes_one_up(tmp_path: Path) -> None:
    talk(tmp_path, "/right", "/right", "/right")
    assert len(messages(tmp_path, 1, "--all")) == 4
    assert message_texts(tmp_path)[0] not in ("Roar!", "Hello!", "Hey.")


def test_what_was_said_can_be_said_differently(tmp_path: Path) -> None:
    talk(tmp_path, "What are you?", "/edit What color are you?", "/rewrite Red!")
    assert message_texts(tmp_path) == ["Roar!", "What color are you?", "Red!"]
    texts = [each["text"] for each in messages(tmp_path, 1, "--all")]
    assert "What are you?" in texts and len(texts) == 3 + 2 + 3, "nothing is overwritten"


def test_what_was_taken_away_comes_back(tmp_path: Path) -> None:
    done = talk(tmp_path, "Hi", "/delete", "/delete", "/undo", "/undo", "/undo")
    assert len(message_texts(tmp_path)) == 3
    assert "Nothing to undo." in done.err


def test_a_reply_goes_on(tmp_path: Path) -> None:
    talk(tmp_path, "/rewrite My name", "/continue")
    (greeting,) = message_texts(tmp_path)
    assert greeting.startswith("My name") and len(greeting) > len("My name")


def test_a_note_goes_with_what_is_said_next(tmp_path: Path) -> None:
    talk(tmp_path, "/note Be brief.", "Hi", "Hm", "/note -", "Oh")
    asides = [each["asides"] for each in messages(tmp_path) if each["role"] == "user"]
    assert asides == [["Be brief."], [], []]
    assert refsheet(tmp_path, "chats", "note", "1").out == "No author's note for this chat.\n"


def test_a_title_is_one_s_own(tmp_path: Path) -> None:
    talk(tmp_path, "Hi", "/title The first meeting")
    assert read(tmp_path, "chats", "list")["chats"][0]["title"] == "The first meeting"


def test_two_slashes_are_one_that_is_said(tmp_path: Path) -> None:
    talk(tmp_path, "//help")
    assert message_texts(tmp_path)[1] == "/help"


@pytest.mark.parametrize(
    ("line", "naming"),
    [
        ("/swim", "Unknown command /swim."),
        ("/edit Hi", "You haven't sent a message yet."),
        ("/rewrite", "/rewrite TEXT"),
        ("/title", "/title TEXT"),
        ("/undo", "Nothing to undo."),
    ],
)
def test_what_can_t_be_done_is_told_and_the_talk_goes_on(
    tmp_path: Path, line: str, naming: str
) -> None:
    done = talk(tmp_path, line, "Hi")
    assert naming in done.err
    assert message_texts(tmp_path)[1] == "Hi"


def test_a_chat_that_is_not_saved_has_the_same_commands(tmp_path: Path) -> None:
    file = tmp_path / "chat.json"
    lines = ("Hi", "/delete", "/undo", "/save", f"/save {file}")
    done = talk(tmp_path, *lines, options=("Ember",))
    assert "Message deleted." in done.err and "This chat isn't saved." in done.err
    texts = [each["text"] for each in json.loads(file.read_text(encoding="utf-8"))["messages"]]
    assert {"Roar!", "Hi"} <= set(texts)
    assert read(tmp_path, "chats", "list")["chats"] == []


def test_another_chat_with_the_same_character(tmp_path: Path) -> None:
    done = talk(tmp_path, "Hi", "/new", "Hello")
    assert "This is chat 2." in done.err and done.out.count("Roar!") == 2
    chats = read(tmp_path, "chats", "list")["chats"]
    assert [chat["title"] for chat in chats] == ["Hello", "Hi"]
    assert len({chat["character"] for chat in chats}) == 1


def test_a_picture_goes_with_the_next_message(tmp_path: Path) -> None:
    picture = samples_dir() / "miso.png"
    done = talk(tmp_path, f"/picture {picture}", "Look!", "/picture nowhere.png", "Well?")
    assert "nowhere.png" in done.err
    messages = read(tmp_path, "chats", "show", "1")["messages"]
    own = [each for each in messages if each["role"] == "user"]
    assert [len(each["pictures"]) for each in own] == [1, 0]


def test_a_chat_branches_behind_any_message(tmp_path: Path) -> None:
    talk(tmp_path, "What are you?", "Hi")
    talk(tmp_path, "What color are you?", options=("--chat", "1", "--at", "1"))
    assert message_texts(tmp_path)[:2] == ["Roar!", "What color are you?"]
    end = refsheet(tmp_path, "chats", "goto", "1", "4").out
    assert "The last message is now 7." in end
    assert message_texts(tmp_path)[1:4:2] == ["What are you?", "Hi"]
    other = refsheet(tmp_path, "talk", "--chat", "1", "--at", "99")
    assert other.code == 1 and "This message doesn't exist" in other.problem


def test_the_help_is_there_on_a_terminal(tmp_path: Path) -> None:
    with on_a_terminal(tmp_path, "talk", "Ember", "--save", "--greedy") as (process, terminal):
        terminal.until(b"Type /help to see all commands.")
        terminal.until(b"You: ")
        terminal.press(b"/help\n")
        terminal.until(b"/regenerate")
        terminal.until(b"You: ")
        terminal.press(b"/right\n")
        terminal.until("‹2/3› ".encode())
        terminal.until(b"Ember: Hello!")
        terminal.press(CTRL_D)
        terminal.rest()
        assert process.wait() == 0


def test_an_export_that_fails_does_not_end_the_chat(tmp_path: Path) -> None:
    file = tmp_path / "chat.md"
    done = talk(tmp_path, "Hi", f"/export {file}", f"/export {file}", "/export no/such/a.md", "Hm")
    assert done.err.count("chat.md") >= 2 and "Choose another name." in done.err
    assert "Hm" in message_texts(tmp_path)


def test_an_export_of_an_unsaved_chat_names_its_character(tmp_path: Path) -> None:
    file = tmp_path / "chat.md"
    talk(tmp_path, "Hi", f"/export {file}", options=("Ember",))
    assert "**Ember:**" in file.read_text(encoding="utf-8")


def test_another_chat_has_no_note_of_the_last_one(tmp_path: Path) -> None:
    talk(tmp_path, "/note Be brief.", "Hi", "/new", "Hello")
    notes = [
        each["asides"]
        for chat in (1, 2)
        for each in messages(tmp_path, chat)
        if each["role"] == "user"
    ]
    assert notes == [["Be brief."], []]
