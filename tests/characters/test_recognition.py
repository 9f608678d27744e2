"""Files that are no cards are refused, and named as what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from refsheet_tui.characters.cards import profile_from_card, read_card
from refsheet_tui.errors import CardError

LOREBOOK_ENTRY = {"key": ["cave"], "content": "Dark."}
EMBER = {"name": "Ember", "description": "A dragon.", "first_mes": "Hi"}
OTHERS: list[tuple[str, object]] = [
    ("it doesn't describe a character", {"Note": "buy milk"}),
    ("it doesn't describe a character", {"description": "A program that buys milk."}),
    ("it doesn't describe a character", {"name": "CI", "on": "push", "jobs": {"x": {"y": 1}}}),
    ("it doesn't describe a character", {}),
    (
        "it doesn't describe a character",
        {"name": "x", "description": "An action", "runs": {}, "inputs": {}, "author": "me"},
    ),
    ("it doesn't describe a character", {"tags": ["a"]}),
    ("software package", {"name": "x", "version": "1.0.0", "scripts": {"test": "x"}}),
    (
        "software package",
        {"name": "x", "version": "1", "description": "A package", "dependencies": {}},
    ),
    (
        "software package",
        {"name": "x", "version": "1.0.2", "manifest_version": 3, "description": "An extension"},
    ),
    ("preset", {"temperature": 0.7, "top_p": 0.9}),
    ("preset", {"name": "Mine", "temp": 0.7, "rep_pen": 1.1, "description": "For stories"}),
    ("preset", {"prompts": [], "prompt_order": [], "temperature": 1}),
    ("prompt template", {"name": "Alpaca", "input_sequence": "### Input:", "system_prompt": "x"}),
    ("prompt template", {"name": "Default", "story_string": "{{description}}"}),
    ("lorebook", {"entries": {"0": LOREBOOK_ENTRY}}),
    ("lorebook", {"name": "Caves", "description": "Of caves", "entries": [LOREBOOK_ENTRY]}),
    ("lorebook", {"spec": "lorebook_v3", "data": {"entries": [LOREBOOK_ENTRY]}}),
    ("lorebook", {"lorebookVersion": 5, "entries": []}),
    ("lorebook", {"entries": {}}),
    ("lorebook", {"name": "Caves", "entries": []}),
    ("lorebook", {"type": "risu", "ver": 1, "data": [{"key": "cave", "content": "Dark."}]}),
    ("lorebook", {"kind": "memory", "entries": [{"keywords": ["cave"], "entry": "Dark."}]}),
    ("lorebook", {"name": "Caves", "entries": [{"keys": ["cave"], "text": "Dark."}]}),
    ("lorebook", [LOREBOOK_ENTRY]),
    ("lorebook", [{"keys": ["cave"], "content": "Dark.", "name": "Cave"}]),
    ("chat", {"user_name": "Jane", "character_name": "Ember", "create_date": "x"}),
    ("chat", [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Roar"}]),
    ("chat", {"messages": [{"role": "user", "content": "Hi"}]}),
    ("theme", {"name": "Dark", "main_text_color": "#fff", "blur_tint_color": "#000"}),
    ("personas", {"personas": {"a.png": "Jane"}, "persona_descriptions": {}}),
    ("group", {"id": "1", "name": "Friends", "members": ["a.png"], "chat_id": "1"}),
    ("chat", {"name": "Ember", "mes": "Hi", "is_user": False}),
    ("chat", {"name": "Ember", "first_mes": "", "messages": []}),
    ("group", {"name": "Friends", "first_mes": " ", "members": ["a.png"]}),
    ("script", {"scriptName": "x", "findRegex": "/a/", "replaceString": "b"}),
]


@pytest.mark.parametrize(("kind", "value"), OTHERS, ids=lambda each: json.dumps(each)[:40])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_file_that_is_no_card_is_named(
    tmp_path: Path, kind: str, value: object, form: str
) -> None:
    path = tmp_path / f"x.{form}"
    path.write_text(json.dumps(value) if form == "json" else yaml.safe_dump(value))
    with pytest.raises(CardError) as caught:
        read_card(path)
    problem = caught.value.problem
    assert "not a character card" in problem and kind in problem
    assert str(path) in problem and caught.value.remedy


def test_a_chat_with_a_line_for_each_message_is_named(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    head = {"user_name": "Jane", "character_name": "Ember"}
    path.write_text(f"{json.dumps(head)}\n{json.dumps({'name': 'Ember', 'mes': 'Hi'})}\n")
    with pytest.raises(CardError, match="This is a chat, not a character card"):
        read_card(path)


@pytest.mark.parametrize(
    "card",
    [
        {"name": "Ember", "description": "A dragon."},
        {"name": "", "first_mes": "Hi"},
        {"name": "", "description": "", "personality": "", "scenario": "", "first_mes": ""},
        {"spec": "chara_card_v2", "data": {}},
        {"spec": "chara_card_v3", "data": {"name": "Ember"}, "temperature": 1, "top_p": 1},
        {"char_name": "Ember", "char_persona": "A dragon."},
        {"name": "Ember", "description": "x", "version": "1.0", "first_mes": "Hi"},
        {"name": "Ember", "character_book": {"entries": [LOREBOOK_ENTRY]}},
        {**EMBER, "version": "1.2", "license": "CC-BY"},
        {**EMBER, "version": "1.2.0", "private": True, "repository": "x", "main": "x"},
        {**EMBER, "temperature": 1, "top_p": 0.9},
        {**EMBER, "messages": []},
        {**EMBER, "chat_metadata": {}},
        {**EMBER, "personas": {}},
        {**EMBER, "members": []},
        {**EMBER, "entries": [LOREBOOK_ENTRY]},
        {**EMBER, "instruction_template": "x", "quickReplySlots": []},
        {"name": "Ember", "greeting": "Hi", "members": []},
        {"char_name": "Ember", "personality": "bold", "messages": [], "temp": 1, "top_k": 1},
        {"character": EMBER, "version": "1.0.0", "name": "x", "license": "MIT"},
        {"name": "", "mes_example": "Hi", "messages": []},
    ],
    ids=lambda card: json.dumps(card)[:40],
)
def test_a_card_is_taken_for_one(tmp_path: Path, card: dict[str, Any]) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card))
    assert profile_from_card(read_card(path).card, "en")


@pytest.mark.parametrize(
    "value",
    [
        [EMBER],
        [{"spec": "chara_card_v2", "data": EMBER}],
        {"characters": [EMBER]},
        {"data": [EMBER]},
        {"export": {"characters": [EMBER]}},
        {"bot": EMBER},
    ],
    ids=json.dumps,
)
def test_a_list_of_one_card_is_that_card(tmp_path: Path, value: object) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(value))
    profile = profile_from_card(read_card(path).card, "")
    assert (profile.name, profile.description) == ("Ember", "A dragon.")
    assert profile.greeting == "Hi"


def test_what_is_around_a_list_of_one_card_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"characters": [EMBER], "exported_by": "x"}))
    assert profile_from_card(read_card(path).card, "").card_outside == {"exported_by": "x"}


@pytest.mark.parametrize(
    "value",
    [
        [EMBER, {**EMBER, "name": "Ash"}],
        {"characters": [EMBER, EMBER]},
        {"export": {"characters": [EMBER, EMBER]}},
        [{"spec": "chara_card_v2", "data": EMBER}] * 2,
    ],
    ids=json.dumps,
)
def test_a_list_of_several_cards_is_named(tmp_path: Path, value: object) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(value))
    with pytest.raises(CardError) as caught:
        read_card(path)
    assert caught.value.problem == f"{path}: This file has several characters in it."


HTML = b"<html><head><title>Ember</title></head></html>"


@pytest.mark.parametrize(
    ("problem", "data"),
    [
        ("empty", b""),
        ("empty", b" \r\n\t"),
        ("empty", bytes(100)),
        ("empty", b"\xef\xbb\xbf\n"),
        ("compressed file", b"\x1f\x8b\x08\0 gzip"),
        ("compressed file", b"Rar!\x1a\x07\0"),
        ("compressed file", b"7z\xbc\xaf\x27\x1c"),
        ("document", b"%PDF-1.7\n"),
        ("kind of picture", b"8BPS\0\x01"),
        ("kind of picture", b"\xff\x0a\xfa"),
        ("kind of picture", b"<?xml version='1.0'?>\n<svg xmlns='x'/>"),
        ("kind of picture", b"<svg/>"),
        ("video", b"\x1aE\xdf\xa3"),
        ("video", b"\0\0\0\x20ftypisom"),
        ("video", b"RIFF\0\0\0\0WAVE"),
        ("model", b"GGUF\3\0\0\0"),
        ("where the real one is", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        ("web page", HTML),
        ("web page", b"\n<!DOCTYPE html>\n" + HTML),
        ("web page", b"<!-- saved -->" + HTML),
        ("web page", b"<?xml version='1.0'?><!DOCTYPE html>"),
    ],
)
@pytest.mark.parametrize("name", ["x.png", "x.json"])
def test_a_file_of_another_kind_is_named(
    tmp_path: Path, name: str, problem: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CardError) as caught:
        read_card(path)
    assert caught.value.problem.startswith(f"{path}: This ")
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(EMBER),
        json.dumps(EMBER, indent=1),
        "name: Ember\ngreeting: Hi\ncontext: A dragon.",
    ],
)
@pytest.mark.parametrize(
    ("start", "end"), [("```json\n", "\n```"), ("\n```\r\n", "\r\n```\n"), ("```yaml\n", "```")]
)
def test_a_card_in_a_code_block_is_read(tmp_path: Path, text: str, start: str, end: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(start + text + end)
    profile = profile_from_card(read_card(path).card, "")
    assert (profile.name, profile.description, profile.greeting) == ("Ember", "A dragon.", "Hi")


@pytest.mark.parametrize("place", [1, 5, 8, 12, 20, 30, -1])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_json_card_that_is_cut_short_is_called_that(tmp_path: Path, place: int, end: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(EMBER)[:place] + end)
    with pytest.raises(CardError, match="cut short: it ends after"):
        read_card(path)


@pytest.mark.parametrize(
    "text", ['{"name": "a" "b": 1}', '{"name": tru, "x": "y"}', "{'name': 'Ember'}"]
)
def test_a_json_card_that_is_damaged_says_where(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(CardError, match="damaged at character"):
        read_card(path)
