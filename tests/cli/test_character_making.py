"""Characters whose profiles are written by the user or by the model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from helpers.command import refsheet
from helpers.library_command import EMBER, TALK, add, read
from helpers.terminal import on_a_terminal


def test_a_character_is_changed_and_changed_back(tmp_path: Path) -> None:
    add(tmp_path, "Ember", "--description", "A red dragon.", "--tag", "red")
    changed = read(
        tmp_path,
        *("characters", "edit", "Ember", "--name", "Emmy", "--language", "french"),
        *("--persona", "A knight.", "--set", "temperature=0.5", "--set", "top_k=3"),
    )
    assert (changed["name"], changed["language"], changed["tags"]) == ("Emmy", "fr", ["red"])
    assert changed["generation"] == {"temperature": 0.5, "top_k": 3}
    less = read(tmp_path, "characters", "edit", "Emmy", "--set", "top_k=null")
    assert less["generation"] == {"temperature": 0.5}
    assert read(tmp_path, "characters", "edit", "Emmy", "--undo")["generation"]["top_k"] == 3
    first = read(tmp_path, "characters", "edit", "Emmy", "--undo")
    assert (first["name"], first["persona"]) == ("Ember", "")
    refsheet(tmp_path, "characters", "edit", "Ember", "--description", "Another.", "--tag", "")
    again = read(tmp_path, "characters", "edit", "Ember", "--undo")
    assert (again["description"], again["tags"]) == ("A red dragon.", ["red"]), (
        "not what was undone"
    )
    done = refsheet(tmp_path, "characters", "edit", "Ember", "--undo")
    assert "no earlier version" in done.problem


def test_its_pictures_are_changed(tmp_path: Path) -> None:
    add(tmp_path)
    edit = ("characters", "edit", "Ember", "--picture", "samples/miso.png", "--picture", EMBER)
    assert refsheet(tmp_path, *edit).code == 0
    pictures = read(tmp_path, "characters", "show", "Ember")["pictures"]
    assert [Path(each).read_bytes() for each in pictures] == [
        Path("samples/miso.png").read_bytes(),
        Path(EMBER).read_bytes(),
    ]


def test_a_setting_that_is_none_is_told(tmp_path: Path) -> None:
    add(tmp_path)
    for setting in ("heat=1", "temperature=hot", "temperature=-1", "temperature"):
        done = refsheet(tmp_path, "characters", "edit", "Ember", "--set", setting)
        assert done.code != 0 and "temperature" in done.err and "Traceback" not in done.err
    assert refsheet(tmp_path, "characters", "edit", "Ember").code == 2


def test_a_character_is_changed_in_an_editor(tmp_path: Path) -> None:
    """After a mistake nothing is lost, because the editor opens again."""
    add(tmp_path, "Ember", "--description", "Red.")
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        "file = pathlib.Path(sys.argv[1]); text = file.read_text()\n"
        "bad = 'nmae' not in text and 'Emmy' not in text\n"
        "new = text.replace('name: Ember', 'nmae: Emmy') if bad else text.replace('nmae', 'name')\n"
        "file.write_text(new)\n"
    )
    editor = {"VISUAL": f"{sys.executable} {script}"}
    edit = ("characters", "edit", "Ember")
    with on_a_terminal(tmp_path, *edit, variables=editor) as (process, terminal):
        terminal.until(b"Unknown field 'nmae'")
        terminal.until(b"Edit again?")
        terminal.press(b"y\n")
        terminal.until(b"Saved.")
        terminal.rest()
        assert process.wait() == 0
    assert read(tmp_path, "characters", "show", "Emmy")["description"] == "Red."


def test_a_note_of_several_lines_stays_one(tmp_path: Path) -> None:
    note = "[Rules:\n1. Be brief.\n\n2. Be kind.]"
    add(tmp_path, "Ember", "--note", note, "--tag", "red, and green", "--tag", "no")
    changed = read(tmp_path, "characters", "edit", "Ember", "--description", "Red.")
    assert (changed["note"], changed["tags"]) == (note, ["red, and green", "no"])
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        "file = pathlib.Path(sys.argv[1]); text = file.read_text()\n"
        "assert '  1. Be brief.' in text.splitlines()\n"
        "file.write_text(text.replace('name: Ember', 'name: Emmy'))\n"
    )
    editor = {"VISUAL": f"{sys.executable} {script}"}
    edit = ("characters", "edit", "Ember")
    with on_a_terminal(tmp_path, *edit, variables=editor) as (process, terminal):
        terminal.until(b"Saved.")
        terminal.rest()
        assert process.wait() == 0
    changed = read(tmp_path, "characters", "show", "Emmy")
    assert (changed["note"], changed["tags"]) == (note, ["red, and green", "no"])


def test_what_yaml_can_t_read_is_not_lost(tmp_path: Path) -> None:
    add(tmp_path, "Ember")
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        "file = pathlib.Path(sys.argv[1]); text = file.read_text()\n"
        "file.write_text(text.replace('name: Ember', 'name: 2020-13-45'))\n"
    )
    edit = ("characters", "edit", "Ember")
    editor = {"VISUAL": f"{sys.executable} {script}"}
    with on_a_terminal(tmp_path, *edit, variables=editor) as (process, terminal):
        terminal.until(b"Edit again?")
        terminal.press(b"n\n")
        assert b"Traceback" not in terminal.rest()
        assert process.wait() == 0


def test_characters_are_found_by_what_is_said_of_them(tmp_path: Path) -> None:
    add(tmp_path, "Ember", "--description", "Flies kites.")
    add(tmp_path, "Miso", "--tag", "面包")
    for words, name in (("kite", "Ember"), ("面包", "Miso"), ("mis", "Miso")):
        matches = read(tmp_path, "characters", "search", words)["matches"]
        assert [each["name"] for each in matches] == [name]
    assert "Flies kites." in refsheet(tmp_path, "characters", "search", "kites").out


def test_a_card_is_written_by_looking(tmp_path: Path) -> None:
    """The model writes description, personality, tags and greeting from a picture."""
    describe = ("characters", "describe", "samples/miso.png", "--greedy")
    seen = read(tmp_path, *describe)
    assert "orange cat" in seen["description"] and "scarf" in seen["description"]
    assert seen["personality"] and seen["character"] is None
    assert seen["tags"] == ["cat", "orange", "green eyes", "scarf"]
    assert "orange cat" in seen["greeting"]
    assert read(tmp_path, "characters", "list")["characters"] == []
    done = refsheet(tmp_path, *describe, "--save")
    assert done.code == 0 and seen["description"] in done.out
    (made,) = read(tmp_path, "characters", "list")["characters"]
    assert made["name"] == "Miso", "as the file is called"
    card = tmp_path / "miso.json"
    assert refsheet(tmp_path, "characters", "export", "1", card).code == 0
    data = json.loads(card.read_text())["data"]
    assert (data["description"], data["personality"]) == (seen["description"], seen["personality"])
    assert (data["first_mes"], data["tags"]) == (seen["greeting"], seen["tags"])


def test_a_card_is_written_in_the_character_s_language(tmp_path: Path) -> None:
    describe = ("characters", "describe", "samples/coral.png", "--greedy", "--language", "zh")
    seen = read(tmp_path, *describe)
    assert "黄色的鱼" in seen["description"] and "黄色的鱼" in seen["greeting"]
    assert seen["tags"][:2] == ["鱼", "黄色"]


def test_what_the_person_wrote_is_not_written_over(tmp_path: Path) -> None:
    add(tmp_path, "Ember", "--description", "My own words.", "--greeting", "Roar!")
    seen = read(tmp_path, "characters", "describe", "Ember", "--greedy", "--save")
    assert (seen["description"], seen["greeting"]) == ("My own words.", "Roar!")
    assert "dragon" in seen["tags"] and seen["character"] == 1
    again = refsheet(tmp_path, "characters", "describe", "Ember", "--greedy")
    assert "Nothing to write" in again.err
    rewritten = read(tmp_path, "characters", "describe", "Ember", "--greedy", "--again")
    assert "red dragon" in rewritten["description"]


def test_what_was_written_is_shown_before_it_is_kept(tmp_path: Path) -> None:
    describe = ("characters", "describe", "samples/miso.png", "--greedy")
    with on_a_terminal(tmp_path, *describe) as (process, terminal):
        terminal.until(b"description: ")
        terminal.until(b"Save, edit, or discard?")
        terminal.press(b"discard\n")
        terminal.until(b"Not saved.")
        terminal.rest()
        assert process.wait() == 0
    with on_a_terminal(tmp_path, *describe) as (process, terminal):
        terminal.until(b"Save, edit, or discard?")
        terminal.press(b"\n")
        terminal.until(b"Saved.")
        terminal.rest()
        assert process.wait() == 0
    assert len(read(tmp_path, "characters", "list")["characters"]) == 1
    assert refsheet(tmp_path, "talk", "1", *TALK).code == 0
