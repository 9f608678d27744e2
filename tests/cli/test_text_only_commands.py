"""Commands with a text-only model: the demo in a folder without its projector."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from pathlib import Path

import pytest

from helpers.command import CommandResult, refsheet
from helpers.library_command import EMBER, TALK, add, chats, messages
from refsheet_tui.paths import demo_model

NOTICE = (
    "RefSheet demo is text-only and can't read reference sheets. To choose a vision model (4B or "
    "larger): refsheet models"
)
DESCRIBED = "Your name is Ember. You are a brave little dragon."


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copy(demo_model(), tmp_path / "text-only.gguf"))


def talk(home: Path, model: Path, *arguments: str, lines: str = "") -> CommandResult:
    return refsheet(home, "talk", *arguments, *TALK, "--model", model, stdin=lines.encode())


def prompt_text(done: CommandResult) -> str:
    """Return the text of a printed prompt, and check that it has no picture."""
    assert done.code == 0, done.err
    parts = json.loads(done.out)["parts"]
    assert {part["kind"] for part in parts} == {"control", "text"}
    return "".join(part["text"] for part in parts if part["kind"] == "text")


def test_a_described_character_greets_and_answers(tmp_path: Path, model: Path) -> None:
    done = talk(tmp_path, model, EMBER, "--description", DESCRIBED, "--json", lines="Hi\nAnd?\n")
    assert done.code == 0, done.err
    replies = [json.loads(line) for line in done.out.splitlines()]
    assert [reply["event"] for reply in replies] == ["reply"] * 3
    assert all(reply["text"].strip() for reply in replies)
    assert replies[1]["reused_tokens"] >= replies[0]["prompt_tokens"]
    assert done.err.splitlines().count(NOTICE) == 1, "once, and not for every reply"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            (EMBER, "--description", DESCRIBED, "--extra", "samples/miso.png"),
            "use English. Use a conversational, oral tone. Start without confirmation.\n"
            f"{DESCRIBED}\nmodel",
        ),
        (("ember",), "\nEmber, a brave little dragon who loves flying kites.\nmodel"),
        (("ember", "--language", "zh"), "无需确认。\n你叫小焰，性格勇敢，喜欢放风筝。\nmodel"),
        (("ember", "--language", "Klingon"), "You are the following character, use Klingon."),
    ],
)
def test_the_prompt_is_text_alone(
    tmp_path: Path, model: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = talk(tmp_path, model, *arguments, "--dump-prompt")
    assert told in prompt_text(done)
    assert NOTICE in done.err


def test_a_character_of_ones_own_speaks_from_its_card(tmp_path: Path, model: Path) -> None:
    add(tmp_path, "Emmy", "--description", "{{char}} is a dragon.", "--person", "Jane")
    said = prompt_text(talk(tmp_path, model, "Emmy", "--dump-prompt"))
    assert "\nEmmy is a dragon.\nThe person you talk with is called Jane.\n" in said


def test_a_chat_goes_on_with_either_kind_of_model(tmp_path: Path, model: Path) -> None:
    assert talk(tmp_path, model, "ember", "--save", lines="Hi\n").code == 0
    seeing = refsheet(tmp_path, "talk", "--chat", "1", *TALK, stdin=b"What are you?\n")
    assert seeing.code == 0 and "text-only" not in seeing.err
    done = talk(tmp_path, model, "--chat", "1", lines="And?\n")
    assert done.code == 0 and done.err.splitlines().count(NOTICE) == 1
    assert [each["role"] for each in messages(tmp_path)] == ["model", "user"] * 3 + ["model"]


def test_pictures_in_a_chat_are_left_out_and_that_is_said(tmp_path: Path, model: Path) -> None:
    add(tmp_path, "Ember", "--description", DESCRIBED)
    url = "data:image/png;base64," + b64encode(Path("samples/miso.png").read_bytes()).decode()
    said = [
        {"role": "assistant", "content": "Roar!"},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "text", "text": "Who is this?"},
            ],
        },
        {"role": "assistant", "content": "A cat!"},
    ]
    file = tmp_path / "chat.json"
    file.write_text(json.dumps(said))
    assert refsheet(tmp_path, "chats", "import", file, "--character", "Ember").code == 0
    done = talk(tmp_path, model, "--chat", "1", lines="And?\n")
    assert done.code == 0, done.err
    assert done.err.count("is text-only and can't see the pictures in this chat.") == 1
    assert len(messages(tmp_path)[1]["pictures"]) == 1


def test_a_character_with_only_a_picture_is_refused(tmp_path: Path, model: Path) -> None:
    """A character that the model can't see is refused before a chat is created."""
    done = talk(tmp_path, model, EMBER, "--save", lines="Hi\n")
    assert done.code == 1 and not done.out
    assert done.problem.endswith("Add a description, or choose a vision model (4B or larger).")
    assert not chats(tmp_path)
    assert talk(tmp_path, model, EMBER, "--dump-prompt").code == 1
    assert talk(tmp_path, model, EMBER, "--save", "--description", DESCRIBED).code == 0


def test_a_greeting_is_enough_and_another_one_is_not_made_up(tmp_path: Path, model: Path) -> None:
    add(tmp_path, "Roary", "--greeting", "Roar! I am Roary.")
    done = talk(tmp_path, model, "Roary", "--save", lines="/again\nHi\n")
    assert done.code == 0, done.err
    assert "This character only has a picture" in done.err
    assert [each["text"] for each in messages(tmp_path)][:2] == ["Roar! I am Roary.", "Hi"]
    assert len(messages(tmp_path)) == 3


@pytest.mark.parametrize(
    "command",
    [
        ("characters", "describe", "ember"),
        ("characters", "describe", EMBER, "--json"),
        ("ask", EMBER, "What is this?"),
        ("ask", EMBER, "What is this?", "--dump-prompt"),
    ],
)
def test_what_needs_a_vision_model_says_so(
    tmp_path: Path, model: Path, command: tuple[str, ...]
) -> None:
    done = refsheet(tmp_path, *command, "--model", model)
    assert done.code == 1 and not done.out
    assert done.problem == (
        "refsheet: RefSheet demo is text-only and can't see pictures. Choose a vision model (4B or "
        "larger), or load this model's mmproj file."
    )


def test_a_question_without_pictures_is_answered(tmp_path: Path, model: Path) -> None:
    done = refsheet(tmp_path, "ask", "Hello!", "--greedy", "--model", model)
    assert done.code == 0 and done.out.strip()
    assert "text-only" not in done.err, "nobody wanted it to see anything"
