"""Whole cards in the shapes that other programs export: all of it is read or kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refsheet_tui.characters import Profile, import_card, lorebook_from_card
from refsheet_tui.characters.cards import json_card

TEXTS = {
    "name": "Ember",
    "description": "[Character(“Ember”)\nSpecies(“Dragon”)]",
    "personality": "kind + curious",
    "scenario": "{{char}} meets {{user}} in a glade.",
    "first_mes": "*Roars softly.* “Hello, {{user}}!”",
    "mes_example": "<START>\n{{user}}: Who are you?\n{{char}}: A dragon.",
}
VERSION_1_KEYS = {
    "avatar": "none",
    "chat": "Ember - 2024-5-6@07h08m09s",
    "create_date": "2024-5-6 @07h 08m 09s 10ms",
    "talkativeness": "0.5",
    "fav": False,
    "creatorcomment": "",
}
# What a program writes into each entry that has more places and rules than the format.
ENTRY_EXTENSIONS: dict[str, Any] = {
    "position": 0,
    "exclude_recursion": True,
    "display_index": 0,
    "probability": None,
    "useProbability": False,
    "depth": 0,
    "selectiveLogic": 0,
    "outlet_name": "",
    "group": "",
    "group_override": False,
    "group_weight": 100,
    "prevent_recursion": True,
    "delay_until_recursion": False,
    "scan_depth": None,
    "match_whole_words": None,
    "case_sensitive": None,
    "automation_id": "",
    "role": 0,
    "vectorized": False,
    "sticky": 0,
    "cooldown": 0,
    "delay": 0,
    "triggers": [],
    "ignore_budget": False,
}
ENTRIES = [
    {
        "id": 0,
        "keys": ["glade", "forest", "magical forest"],
        "secondary_keys": [],
        "comment": "",
        "content": '{{user}}: "What is the glade?"\n{{char}}: *Smiles.* "My home."',
        "constant": False,
        "selective": False,
        "insertion_order": 100,
        "enabled": True,
        "position": "before_char",
        "extensions": {"position": 0, "probability": None, "useProbability": False},
    },
    {
        "id": 1,
        "keys": [],
        "secondary_keys": [],
        "comment": "世界设定",
        "content": "世界框架：龙与人",
        "constant": True,
        "selective": False,
        "insertion_order": 10,
        "enabled": True,
        "position": "before_char",
        "use_regex": True,
        "extensions": ENTRY_EXTENSIONS,
    },
]
DATA = {
    **TEXTS,
    "creator_notes": "For the glade.",
    "system_prompt": "",
    "post_history_instructions": "",
    "tags": ["dragon"],
    "creator": "Somebody",
    "character_version": "1.0",
    "alternate_greetings": ["“Oh, a visitor.”"],
    "extensions": {
        "talkativeness": "0.5",
        "fav": False,
        "world": "Glade",
        "depth_prompt": {"prompt": "", "depth": 4, "role": "system"},
        "regex_scripts": [{"id": "x", "findRegex": "/a/g", "replaceString": "b"}],
    },
    "character_book": {"name": "Glade", "entries": ENTRIES},
}
VERSION_3_KEYS = {
    "nickname": "Em",
    "group_only_greetings": ["“All of you!”"],
    "creator_notes_multilingual": {"en": "For the glade.", "ja": "森のため"},
    "source": ["https://example.com/ember"],
    "assets": [{"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}],
    "creation_date": 1703462400,
    "modification_date": 1703548800,
}
EDITOR_KEYS = {
    "metadata": {
        "version": 1,
        "created": 1699174849145,
        "source": None,
        "tool": {"name": "Editor", "version": "0.5.0"},
    }
}
V2, V3 = {"spec": "chara_card_v2", "spec_version": "2.0"}, {"spec": "chara_card_v3"}
CARDS: dict[str, dict[str, Any]] = {
    "version 1": {**TEXTS, **VERSION_1_KEYS},
    "version 1 of an editor": {**TEXTS, **EDITOR_KEYS},
    "version 2 with copies outside": {**TEXTS, **VERSION_1_KEYS, **V2, "data": DATA},
    "version 2": {**V2, "data": DATA},
    "version 3": {**V3, "spec_version": "3.0", "data": {**DATA, **VERSION_3_KEYS}},
    "version 3 with copies outside": {
        **V3,
        "spec_version": "3.0",
        "data": {**DATA, **VERSION_3_KEYS},
        **TEXTS,
        "tags": ["dragon"],
    },
}


def import_json(card: object, folder: Path) -> Profile:
    path = folder / "card.json"
    path.write_text(json.dumps(card))
    return import_card(path, "en").profile


def lost(came: object, went: object, path: str = "") -> list[str]:
    """Return the places of a card whose values changed or are missing."""
    if isinstance(came, dict) and isinstance(went, dict):
        return [
            place
            for key, value in came.items()
            for place in lost(value, went.get(key, "missing"), f"{path}/{key}")
        ]
    if isinstance(came, list) and isinstance(went, list) and len(came) == len(went):
        pairs = enumerate(zip(came, went, strict=True))
        return [place for index, pair in pairs for place in lost(*pair, f"{path}/{index}")]
    return [] if came == went else [path]


@pytest.mark.parametrize("name", CARDS)
def test_all_of_a_card_is_read_or_kept(tmp_path: Path, name: str) -> None:
    card = CARDS[name]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(card))
    profile = import_card(path, "en").profile
    assert (profile.name, profile.description) == (TEXTS["name"], TEXTS["description"])
    assert profile.greetings[0] == TEXTS["first_mes"]
    if "data" in card:
        assert profile.greetings[1:] == ("“Oh, a visitor.”",)
        entries = lorebook_from_card(profile.card).entries
        assert [each.name for each in entries] == ["世界设定", ""]
        assert [each.is_constant for each in entries] == [True, False]
        assert all(each.rules.probability == 100 for each in entries)
    written = json.loads(json_card(profile))
    came = card.get("data", card)
    assert lost(came, written["data"]) == []
    assert lost(TEXTS, written) == [], "also where programs look that know only version 1"
    path.write_text(json.dumps(written))
    again = import_card(path, "en").profile
    assert again.model_dump(exclude={"card"}) == profile.model_dump(exclude={"card"})


AGNAI = {
    "kind": "character",
    "name": "Vex",
    "description": "My first bot!",
    "greeting": "Hello.",
    "sampleChat": "Vex: Hi.",
    "scenario": "A castle.",
    "persona": {"kind": "text", "attributes": {"text": ["Vex is a brave fox knight."]}},
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": None},
        {"sampleChat": ""},
        {"persona": "Vex is a brave fox knight."},
        {"kind": None, "sampleChat": "", "persona": AGNAI["persona"]},
    ],
)
def test_the_line_of_a_catalog_is_no_description_beside_a_persona(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    card = {key: value for key, value in {**AGNAI, **changes}.items() if value is not None}
    profile = import_json(card, tmp_path)
    assert profile.description == "Vex is a brave fox knight."
    assert profile.card["creator_notes"] == "My first bot!"

    exported_card = json.loads(json_card(profile))
    assert exported_card["data"]["description"] == profile.description
    assert exported_card["data"]["creator_notes"] == "My first bot!"
    exported_card["data"]["description"] = "Edited in another program."
    assert import_json(exported_card, tmp_path).description == "Edited in another program."


def test_a_description_stays_one_beside_an_empty_persona(tmp_path: Path) -> None:
    card = {**AGNAI, "persona": {"kind": "text", "attributes": {"text": [""]}}}
    assert import_json(card, tmp_path).description == "My first bot!"


CATALOG_DEFINITION = {
    "name": "Kim",
    "personality": "Kim is a fox.",
    "tavern_personality": "brave",
    "first_message": "hi",
    "example_dialogs": "ex",
    "scenario": "A wood.",
    "alternate_greetings": ["yo"],
    "description": "Made for fun.",
}


@pytest.mark.parametrize(
    "card",
    [
        {"node": {"name": "Kim", "description": "A fox!", "definition": CATALOG_DEFINITION}},
        {"name": "Kim", "definition": CATALOG_DEFINITION},
        {"definition": CATALOG_DEFINITION},
    ],
)
def test_a_definition_is_read_that_is_an_object(card: dict[str, Any], tmp_path: Path) -> None:
    profile = import_json(card, tmp_path)
    assert (profile.name, profile.description) == ("Kim", "Kim is a fox.")
    assert profile.greetings == ("hi", "yo")
    assert profile.examples == "ex"
    assert profile.card["personality"] == "brave"
    assert profile.card["creator_notes"] == "Made for fun."
    written = json.loads(json_card(profile))["data"]
    assert written["personality"] == "brave"
    again = import_json(json.loads(json_card(profile)), tmp_path)
    assert again.model_dump(exclude={"card"}) == profile.model_dump(exclude={"card"})


def test_the_data_of_a_card_in_an_envelope_counts_before_its_copies(tmp_path: Path) -> None:
    card = {**TEXTS, "name": "", **V2, "data": {**DATA, "description": "Inner."}}
    assert import_json({"card": card}, tmp_path).description == "Inner."


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"trait": "brave", "age": 5}, "trait: brave\nage: 5"),
        (
            {"looks": {"hair": ["red", "long"], "eyes": "green"}},
            "looks:\nhair: red, long\neyes: green",
        ),
        ({"a": {"b": ["DEEP"]}}, "a: b: DEEP"),
        (
            {"name": "Kim", "description": "A fox", "age": 5},
            "name: Kim\ndescription: A fox\nage: 5",
        ),
        ([{"trait": "brave"}, {"trait": "kind"}], "trait: brave\ntrait: kind"),
        ({"text": "A fox.", "id": 3}, "A fox."),
        ({"attributes": {"mind": ["kind"], "body": []}}, "mind: kind"),
        ({"a": None, "b": True, "c": "", "d": [], "e": {}}, ""),
    ],
)
def test_the_text_of_an_object_is_read(tmp_path: Path, value: object, text: str) -> None:
    card = {"name": "Kim", "first_mes": "Hi", "description": value, "personality": value}
    profile = import_json(card, tmp_path)
    assert profile.description == text
    written = json.loads(json_card(profile))["data"]
    assert (written["description"], written["personality"]) == (text, text)
    if text:
        assert written["extensions"]["refsheet"]["originals"]["personality"] == value
        assert import_json(json.loads(json_card(profile)), tmp_path).description == text


@pytest.mark.parametrize(
    ("first_mes", "greetings"),
    [
        ({"a": "Hi", "b": "Yo"}, ("Hi", "Yo")),
        ({"text": "Hi", "id": 1}, ("Hi",)),
        ({"title": "At the door", "content": "Hi"}, ("Hi",)),
    ],
)
def test_a_greeting_that_is_an_object_is_read(
    tmp_path: Path, first_mes: object, greetings: tuple[str, ...]
) -> None:
    card = {"name": "Kim", "description": "A fox.", "first_mes": first_mes}
    assert import_json(card, tmp_path).greetings == greetings


def test_first_messages_are_greetings(tmp_path: Path) -> None:
    card = {
        "name": "Kim",
        "personality": "A fox",
        "first_message": "hi",
        "first_messages": ["hi", "yo"],
    }
    assert import_json(card, tmp_path).greetings == ("hi", "yo")


def test_a_name_in_parts_is_one_name(tmp_path: Path) -> None:
    card = {"name": {"first": "Kim", "last": "Fox"}, "first_mes": "Hi"}
    assert import_json(card, tmp_path).name == "Kim Fox"


@pytest.mark.parametrize(
    ("opponent", "name"), [("Kim", "Kim"), ("Kim||$||Lee", "Card"), ("", "Card"), (None, "Card")]
)
def test_a_story_is_named_after_whom_it_is_told_with(
    tmp_path: Path, opponent: str | None, name: str
) -> None:
    settings = {"chatname": "Jane", "chatopponent": opponent}
    story = {"gamestarted": True, "prompt": "Hello", "memory": "A fox", "savedsettings": settings}
    profile = import_json(story, tmp_path)
    assert (profile.name, profile.description, profile.greeting) == (name, "A fox", "Hello")
    written = json.loads(json_card(profile))
    assert written["data"]["name"] == name
    assert import_json(written, tmp_path).name == name
