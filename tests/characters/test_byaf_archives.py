"""Archives of a character with its scenarios become one card."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from helpers.cards import SHEET
from refsheet_tui.characters import import_card, lorebook_from_card
from refsheet_tui.characters.cards import json_card, read_card
from refsheet_tui.errors import CardError

CHARACTER_PATH = "characters/c1/character.json"
CHARACTER: dict[str, Any] = {
    "schemaVersion": 1,
    "id": "c1",
    "name": "Alice",
    "displayName": "Alice Smith",
    "isNSFW": False,
    "persona": "{character} likes {user}.",
    "loreItems": [{"key": "cave, cavern", "value": "The cave of {character} is dark."}],
    "images": [{"path": "images/portrait.png", "label": "Portrait"}],
}
SCENARIO = {
    "schemaVersion": 1,
    "formattingInstructions": "Be short.",
    "temperature": 0.7,
    "exampleMessages": [{"characterID": "c1", "text": "#{user}: Hi\n#{character}: Ho"}],
    "firstMessages": [{"characterID": "c1", "text": "Hello {user}!"}],
    "narrative": "{character} is in a café.",
    "messages": [{"type": "human", "text": "Said before."}],
}
OTHER_SCENARIO = {**SCENARIO, "firstMessages": [{"characterID": "c1", "text": "Yo {user}!"}]}
MANIFEST = {
    "schemaVersion": 1,
    "author": {"name": "Ann", "backyardURL": "https://example.com/ann"},
    "characters": [CHARACTER_PATH],
    "scenarios": ["scenarios/1.json", "scenarios/2.json"],
}
LARGE = {"a": "x" * (2 << 20)}
FILES: dict[str, Any] = {
    "manifest.json": MANIFEST,
    CHARACTER_PATH: CHARACTER,
    "scenarios/1.json": SCENARIO,
    "scenarios/2.json": OTHER_SCENARIO,
    "characters/c1/images/portrait.png": SHEET,
    "characters/c1/images/other.png": b"\x89PNG other",
}


def packed(folder: Path, changes: dict[str, Any] | None = None) -> Path:
    path = folder / "alice.byaf"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**FILES, **(changes or {})}.items():
            if content is not None:
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                archive.writestr(name, data)
    return path


def test_all_of_an_archive_is_used_or_kept(tmp_path: Path) -> None:
    imported = import_card(packed(tmp_path), "en")
    profile = imported.profile
    assert (profile.name, profile.description) == ("Alice", "{{char}} likes {{user}}.")
    assert profile.greetings == ("Hello {{user}}!", "Yo {{user}}!")
    assert profile.examples == "<START>\n{{user}}: Hi\n{{char}}: Ho"
    assert profile.card["creator"] == "Ann"
    assert [entry.keys for entry in lorebook_from_card(profile.card).entries]
    assert imported.picture == SHEET
    written = json.loads(json_card(profile))["data"]
    assert written["scenario"] == "{character} is in a café."
    assert written["system_prompt"] == "Be short."
    assert written["archive"] == {
        "manifest": MANIFEST,
        "character": CHARACTER,
        "scenarios": [SCENARIO, OTHER_SCENARIO],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest.json": {**MANIFEST, "scenarios": []}},
        {"manifest.json": {**MANIFEST, "scenarios": None, "author": "Ann"}},
        {"scenarios/1.json": {}, "scenarios/2.json": {"firstMessages": [None, {"text": 5}]}},
        {CHARACTER_PATH: {**CHARACTER, "images": None, "loreItems": None}},
        {CHARACTER_PATH: {**CHARACTER, "images": ["x", {"path": 5}, {"path": "../../etc/x.png"}]}},
        {CHARACTER_PATH: {**CHARACTER, "name": ""}},
    ],
)
def test_an_archive_with_less_in_it_is_read(tmp_path: Path, changes: dict[str, Any]) -> None:
    profile = import_card(packed(tmp_path, changes), "en").profile
    assert profile.name.startswith("Alice")
    assert profile.description == "{{char}} likes {{user}}."


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        ("several characters", {"manifest.json": {**MANIFEST, "characters": ["a", "b"]}}),
        ("characters/c1/character.json is missing", {CHARACTER_PATH: None}),
        ("scenarios/2.json is missing", {"scenarios/2.json": None}),
        ("isn't valid JSON", {"scenarios/2.json": b"{"}),
        ("isn't valid JSON", {CHARACTER_PATH: b'{"name": '}),
        ("damaged", {CHARACTER_PATH: b"[]"}),
        ("no card.json", {"manifest.json": {"name": "An extension", "manifest_version": 3}}),
        ("no card.json", {"manifest.json": b"// no JSON"}),
        ("no card.json", {"manifest.json": None}),
        ("no character in it", {"manifest.json": {**MANIFEST, "characters": {"a": 1}}}),
        ("isn't valid JSON", {"manifest.json": json.dumps(MANIFEST).encode()[:-1]}),
        ("too large", dict.fromkeys(["scenarios/1.json", "scenarios/2.json"], LARGE)),
    ],
)
def test_what_is_wrong_with_an_archive_is_said(
    tmp_path: Path, problem: str, changes: dict[str, Any]
) -> None:
    path = packed(tmp_path, changes)
    with pytest.raises(CardError) as caught:
        read_card(path)
    assert str(path) in caught.value.problem
    assert problem in caught.value.problem
