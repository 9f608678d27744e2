"""An imported card is exported as it came in, except for the fields that the user edited."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import tavern_card
from hypothesis import given, settings, strategies as st

from helpers.cards import V2, V3
from refsheet_tui.characters import Profile
from refsheet_tui.characters.card_fields import read_card_fields
from refsheet_tui.characters.cards import card_from_profile, json_card, png_card, profile_from_card
from refsheet_tui.characters.mojibake import repair_mojibake
from refsheet_tui.paths import samples_dir

DAMAGED = "“Hello there,” she said.".encode().decode("latin-1")
V2_KEYS = {
    "name": str,
    "description": str,
    "personality": str,
    "scenario": str,
    "first_mes": str,
    "mes_example": str,
    "creator_notes": str,
    "system_prompt": str,
    "post_history_instructions": str,
    "alternate_greetings": list,
    "tags": list,
    "creator": str,
    "character_version": str,
    "extensions": dict,
}
V1_KEYS = ("name", "description", "personality", "scenario", "first_mes", "mes_example")


def edited(card: dict[str, Any], **changes: object) -> dict[str, Any]:
    return card_from_profile(profile_from_card(card, "en").model_copy(update=changes), 3)


def test_texts_are_exported_as_they_came_in() -> None:
    data = {**V2["data"], "description": DAMAGED, "first_mes": "a\r\nb\x07", "scenario": DAMAGED}
    profile = profile_from_card({**V2, "data": data}, "en")
    assert profile.description == "“Hello there,” she said." and profile.greeting == "a\nb"
    written = card_from_profile(profile, 3)["data"]
    for key in ("description", "first_mes", "scenario"):
        assert written[key] == data[key]
    assert profile_from_card(card_from_profile(profile, 3), "en").card == {
        **profile.card,
        "extensions": written["extensions"],
        "character_book": written["character_book"],
        "group_only_greetings": [],
    }


def test_edited_fields_win() -> None:
    data = {**V2["data"], "description": DAMAGED, "char_persona": "old", "tags": "a, b"}
    card = {**V2, "data": data, "description": "outside", "tags": ["outside"], "chat": "kept"}
    written = edited(card, description="New.", greeting="", tags=("c",))
    assert written["data"]["description"] == written["description"] == "New."
    assert written["data"]["first_mes"] == written["first_mes"] == ""
    assert written["data"]["tags"] == written["tags"] == ["c"]
    assert "char_persona" not in written["data"] and written["chat"] == "kept"
    again = profile_from_card(written, "en")
    assert (again.description, again.greeting, again.tags) == ("New.", "", ("c",))


def test_fields_outside_survive() -> None:
    outside = {"name": "Ember", "description": "Another.", "personality": "Brave.", "avatar": "x"}
    card = {**outside, "data": {"name": "", "description": "In", "first_mes": "Hi"}}
    profile = profile_from_card(card, "en")
    assert (profile.name, profile.description) == ("Ember", "In")
    assert profile.card["personality"] == "Brave."
    written = card_from_profile(profile, 2)
    assert outside.items() <= written.items()
    assert written["data"]["name"] == "Ember" and written["data"]["personality"] == "Brave."


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    "card",
    [
        {"name": "X", "first_mes": "Hi"},
        {"name": 7, "creator": 3, "creator_notes": None, "extensions": [], "tags": {"a": True}},
        {"data": {**V3["data"], "personality": {"text": "kind"}, "group_only_greetings": "Hi"}},
        {"name": "X", "nickname": 5, "character_book": "none"},
    ],
)
def test_everything_required_is_there(card: dict[str, Any], version: int) -> None:
    written = card_from_profile(profile_from_card(card, "en"), version)
    assert (written["spec"], written["spec_version"]) == (
        f"chara_card_v{version}",
        f"{version}.0",
    )
    data = written["data"]
    for key, expected in V2_KEYS.items():
        assert isinstance(data[key], expected), key
    assert all(isinstance(text, str) for text in [*data["tags"], *data["alternate_greetings"]])
    assert isinstance(data.get("nickname", ""), str)
    assert isinstance(data.get("character_book", {}), dict)
    if version == 3:
        assert isinstance(data["group_only_greetings"], list)
    for key in V1_KEYS:
        assert written[key] == data[key]


def test_lorebook_entries_have_what_version_3_requires() -> None:
    entries: dict[str, dict[str, Any]] = {
        "0": {"key": "cave, mine", "content": "Dark.", "disable": True, "order": 5, "uid": 0},
        "x": {"keys": ["sea"], "keysecondary": ["blue"], "content": "Wet.", "enabled": "false"},
    }
    card = {"name": "X", "character_book": {"entries": entries, "scan_depth": 2}}
    book = edited(card)["data"]["character_book"]
    assert book["scan_depth"] == 2 and book["extensions"] == {}
    first, second = book["entries"]
    assert (first["keys"], first["enabled"], first["insertion_order"]) == (
        ["cave", "mine"],
        False,
        5,
    )
    assert (second["keys"], second["secondary_keys"]) == (["sea"], ["blue"])
    assert second["enabled"] is False and isinstance(second["insertion_order"], int)
    assert entries["0"].items() <= first.items()
    for entry in book["entries"]:
        assert entry["use_regex"] is False and entry["extensions"] == {}


def test_values_of_a_wrong_type_are_kept_beside_the_right_ones() -> None:
    written = edited({"name": 7, "tags": "a, b", "character_book": [1, 2.5]})
    assert written["data"]["name"] == "7" and written["data"]["tags"] == ["a", "b"]
    originals = written["data"]["extensions"]["refsheet"]["originals"]
    assert originals == {"name": 7, "tags": "a, b", "character_book": [1, 2.5]}
    again = card_from_profile(profile_from_card(written, "en"), 3)
    assert again == written


def test_numbers_and_truth_values_keep_their_types(tmp_path: Path) -> None:
    odd: list[Any] = [1, 1.0, True, False, None, 0, -0.0, 10**30, 0.1, 1e16, "1", [], {}]
    card = {"name": "X", "first_mes": "Hi", "odd": odd, "extensions": {"odd": odd}}
    profile = Profile.model_validate_json(profile_from_card(card, "en").model_dump_json())
    data = json.loads(json_card(profile))["data"]
    assert repr(data["odd"]) == repr(odd) and repr(data["extensions"]["odd"]) == repr(odd)


def test_profiles_of_earlier_versions_are_exported_as_before() -> None:
    saved = {
        "name": "Ember",
        "greeting": "Roar!",
        "alternate_greetings": ["Yo."],
        "tags": ["red"],
        "card": {"personality": "bold", "extensions": {"x": 1}, "nickname": "Em"},
        "card_outside": {"avatar": "none"},
    }
    profile = Profile.model_validate_json(json.dumps(saved))
    written = card_from_profile(profile, 3)
    assert (written["avatar"], written["name"]) == ("none", "Ember")
    data = written["data"]
    assert (data["first_mes"], data["alternate_greetings"], data["tags"]) == (
        "Roar!",
        ["Yo."],
        ["red"],
    )
    assert data["extensions"]["x"] == 1 and profile.spoken_name == "Em"


def test_another_reader_understands_an_export(tmp_path: Path) -> None:
    profile = profile_from_card(V3, "en")
    for found in (
        tavern_card.parse_card(json_card(profile)),
        tavern_card.parse_png_card(png_card(profile, samples_dir() / "ember.png")),
    ):
        for key in V2_KEYS.keys() - {"extensions"}:
            assert found["data"][key] == card_from_profile(profile, 3)["data"][key]


def test_both_versions_in_a_picture_have_the_fields_of_version_1() -> None:
    data = png_card(profile_from_card(V3, "en"), samples_dir() / "ember.png")
    for keyword in (b"chara", b"ccv3"):
        text = data.partition(keyword + b"\0")[2].partition(b"tEXt")[0].partition(b"IEND")[0][:-8]
        card = json.loads(base64.b64decode(text[: len(text) // 4 * 4]))
        assert card["first_mes"] == V3["data"]["first_mes"]


NAMES = st.sampled_from(
    [*V3["data"], "data", "spec", "char_name", "greeting", "context", "character", "x", "refsheet"]
)
TEXT = st.text(max_size=6) | st.sampled_from([DAMAGED, "a\r\nb", " ", "[1, 2]", "{}", "a, b"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, width=16) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
KNOWN = {*V3["data"], "spec", "spec_version", "data", "character", "refsheet"}


def understood(profile: Profile) -> tuple[object, ...]:
    fields = read_card_fields(profile.card, profile.card_outside)
    texts = {key: text for key, text in fields.texts.items() if key not in ("extensions",)}
    return profile.model_copy(update={"card": {}}), {
        key: texts[key] for key in ("personality", "scenario", "system_prompt", "nickname")
    }


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=6), st.sampled_from([2, 3]))
def test_import_export_import_is_the_identity(card: dict[str, Any], version: int) -> None:
    profile = profile_from_card(card, "en")
    written = card_from_profile(profile, version)
    again = profile_from_card(json.loads(json.dumps(written)), "en")
    assert understood(again) == understood(profile)
    assert card_from_profile(again, version) == written
    unknown = {key: value for key, value in profile.card.items() if key not in KNOWN}
    assert repr({key: written["data"][key] for key in unknown}) == repr(unknown)


# Text that looks like one in the wrong encoding is repaired, no matter who wrote it.
WORDS = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=5).filter(
    lambda text: repair_mojibake(text) == text
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=6), WORDS, st.lists(WORDS, max_size=3))
def test_an_edit_survives(card: dict[str, Any], greeting: str, tags: list[str]) -> None:
    changes = {"greeting": greeting, "tags": tuple(tags), "note": "", "examples": greeting}
    again = profile_from_card(edited(card, **changes), "en")
    found = (again.greeting, again.tags, again.note, again.examples)
    assert found == (greeting, tuple(tags), "", greeting)
