"""Whatever shape a program gives to a card, the first field that says something is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from helpers.cards import V1, V2
from refsheet_tui.characters import Profile, RenderedProfile
from refsheet_tui.characters.cards import (
    card_from_profile,
    import_card,
    profile_from_card,
    read_card,
)
from refsheet_tui.errors import CardError
from refsheet_tui.prompting import language

EMBER = {"name": "Ember", "description": "A small dragon.", "greeting": "Hi"}
SHAPES: dict[str, dict[str, Any]] = {
    "all outside": {
        "spec": "chara_card_v2",
        "data": {"name": "", "description": ""},
        "name": "Ember",
        "description": "A small dragon.",
        "first_mes": "Hi",
    },
    "half outside": {
        "data": {"name": None, "description": "A small dragon.", "first_mes": "  "},
        "name": "Ember",
        "description": "An older text.",
        "first_mes": "Hi",
    },
    "empty names first": {
        "char_name": "Ember",
        "name": "",
        "char_persona": "A small dragon.",
        "description": "",
        "char_greeting": "Hi",
        "first_mes": "",
    },
    "other names": {"name": "Ember", "context": "A small dragon.", "greeting": "Hi"},
    "camel case": {"name": "Ember", "Description": "A small dragon.", "firstMessage": "Hi"},
    "data as text": {
        "spec": "chara_card_v2",
        "data": json.dumps({"name": "Ember", "description": "A small dragon.", "first_mes": "Hi"}),
    },
    "in an envelope": {
        "ok": True,
        "card": {"spec": "chara_card_v2", "data": {**V1, "name": "Ember", "first_mes": "Hi"}},
    },
    "attributes": {
        "kind": "character",
        "name": "Ember",
        "persona": {"kind": "text", "attributes": {"text": ["A small dragon."]}},
        "greeting": "Hi",
        "sampleChat": "{{user}}: Hi",
    },
    "single braces": {
        "character": {
            "aiDisplayName": "Ember",
            "aiName": "Em",
            "aiPersona": "A small dragon.",
            "firstMessage": "Hi",
            "basePrompt": "{character} is kind to {user}.",
        },
        "version": 1,
    },
    "a scenario": {
        "scenarioVersion": 2,
        "title": "Ember",
        "prompt": "Hi",
        "context": [{"text": "A small dragon."}],
    },
    "lists of lines": {"name": ["Ember"], "description": ["A small dragon."], "first_mes": ["Hi"]},
    "objects": {"name": "Ember", "description": {"text": "A small dragon."}, "first_mes": "Hi"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read(shape: str) -> None:
    profile = profile_from_card(SHAPES[shape], "en")
    found = {field: getattr(profile, field) for field in EMBER}
    wanted = {**EMBER, **({"description": "A red dragon."} if shape == "in an envelope" else {})}
    assert found == wanted
    again = profile_from_card(card_from_profile(profile, 3), "en")
    assert {field: getattr(again, field) for field in EMBER} == wanted


def test_attributes_become_lines() -> None:
    persona = {"kind": "boostyle", "attributes": {"likes": ["tea", "kites"], "age": ["9"], "x": []}}
    profile = profile_from_card({"name": "Ember", "persona": persona}, "en")
    assert profile.description == "likes: tea, kites\nage: 9"


def test_names_in_single_braces_are_macros_where_the_program_writes_them_so() -> None:
    profile = profile_from_card(SHAPES["single braces"], "en")
    assert "{character} is kind" in str(profile.card["system_prompt"]), "kept as it came"
    described = RenderedProfile(profile, language("en")).description()
    assert "Ember is kind to the person you talk with." in described


@pytest.mark.parametrize(
    ("value", "greetings"),
    [
        ("Hello there.", ("Hello there.",)),
        ('["One.", "Two."]', ("One.", "Two.")),
        ("[sighs] Hello.", ("[sighs] Hello.",)),
        ([{"content": "An object."}, "Plain.", None, 3], ("An object.", "Plain.", "3")),
        ([{"mes": "A"}, {"text": "B"}, {"greeting": "C"}, {"message": "D"}], ("A", "B", "C", "D")),
        ({"0": "One.", "1": "Two."}, ("One.", "Two.")),
        (None, ()),
        ("[]", ()),
        (" [ ] ", ()),
        ('["", null]', ()),
        ("[", ("[",)),
    ],
)
def test_greetings_of_every_type_are_read(value: object, greetings: tuple[str, ...]) -> None:
    card = {"name": "Ember", "first_mes": "Hi", "alternate_greetings": value}
    profile = profile_from_card(card, "en")
    assert (profile.greeting, profile.alternate_greetings) == ("Hi", greetings)
    written = card_from_profile(profile, 3)["data"]
    assert written["alternate_greetings"] == [*greetings]
    if not isinstance(value, str | None):
        assert written["extensions"]["refsheet"]["originals"]["alternate_greetings"] == value


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("dragon, brave", ("dragon", "brave")),
        ("龙、勇敢，红", ("龙", "勇敢", "红")),
        ('["dragon", "red, and green"]', ("dragon", "red, and green")),
        (["red, and green", "plain"], ("red, and green", "plain")),
        ([{"name": "dragon"}, "brave", None], ("dragon", "brave")),
        ({"dragon": True, "dull": False}, ("dragon",)),
        ("", ()),
        ("[]", ()),
        ('[" "]', ()),
        ("[a, b]", ("[a", "b]")),
    ],
)
def test_tags_of_every_type_are_read(value: object, tags: tuple[str, ...]) -> None:
    profile = profile_from_card({"name": "Ember", "tags": value}, "en")
    assert profile.tags == tags
    assert card_from_profile(profile, 3)["data"]["tags"] == [*tags]


def test_several_first_messages_are_greetings() -> None:
    card = {"name": "Ember", "first_mes": ["One.", "Two."], "alternate_greetings": ["Three."]}
    profile = profile_from_card(card, "en")
    assert profile.greetings == ("One.", "Two.", "Three.")


def test_the_user_has_the_name_that_the_card_gives() -> None:
    card = {"name": "Ember", "greeting": "Hi", "your_name": "Jane"}
    assert profile_from_card(card, "en").person == "Jane"
    assert profile_from_card({**card, "your_name": "You"}, "en").person == ""


def test_a_card_without_a_name_takes_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "little_ember.json"
    path.write_text(json.dumps({"data": {"name": " ", "first_mes": "Hi"}, "name": ""}))
    profile = import_card(path, "en").profile
    assert profile.name == "Little Ember"
    assert card_from_profile(profile, 2)["data"]["name"] == "Little Ember"


def test_plain_words_in_yaml_are_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "name: No\ndescription: 2001-02-03\nfirst_mes: 1e3\nscenario: 12:30\npersonality: 1.10\n"
        "tags: [on, 007, 1_000, null]\nsystem_prompt: null\ncreator: ~\nmes_example:\n"
        "talkativeness: 0.5\nfav: true\ndata_of_mine: {yes: no}\n"
    )
    profile = profile_from_card(read_card(path).card, "en")
    assert (profile.name, profile.description, profile.greeting) == ("No", "2001-02-03", "1e3")
    assert (profile.card["scenario"], profile.card["personality"]) == ("12:30", "1.10")
    assert profile.tags == ("on", "007", "1_000")
    assert not profile.card.get("system_prompt") and profile.examples == ""
    assert (profile.card["talkativeness"], profile.card["fav"]) == (0.5, True)


@pytest.mark.parametrize("name", ["Null", "null", "yes", "1e3", "0x1F", "2001-02-03", ".inf"])
def test_any_word_can_be_a_name_in_yaml(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"name: {name}\ngreeting: Hi\n")
    assert profile_from_card(read_card(path).card, "en").name == name


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (".nan", ".nan"),
        ("-.inf", "-.inf"),
        ("[.NaN, 1]", [".NaN", 1]),
        ("0x1F", "0x1F"),
        ("010", "010"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2001-02-03", "2001-02-03"),
        ("2001-99-99 99:99:99", "2001-99-99 99:99:99"),
        ("9" * 5000, "9" * 5000),
        ("1:" * 5000 + "1.5", "1:" * 5000 + "1.5"),
        ("-7", -7),
        ("0.25", 0.25),
        ("1.5e+3", 1500.0),
        ("yes", True),
        ("Off", False),
        ("~", None),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ('!!int ""', ""),
        ('!!int "-"', "-"),
        ('!!float ""', ""),
        ("!!bool abc", "abc"),
        ("!!null abc", "abc"),
        ("!!timestamp abc", "abc"),
        ("!!binary '!'", "!"),
        ("!!set {a, b}", {"a": None, "b": None}),
        ("!!omap [a: 1]", [{"a": 1}]),
        ("!!python/object:os.system {x: 1}", {"x": 1}),
        ("{yes: 1, 2: 3, ~: 4}", {"yes": 1, "2": 3, "~": 4}),
        ('"\\ud800"', "\ufffd"),
    ],
    ids=lambda each: str(each)[:20],
)
def test_values_that_nobody_reads_are_read_as_json_can_hold_them(
    tmp_path: Path, value: str, read: object
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"name: Ember\ngreeting: Hi\nx: {value}\n")
    card = read_card(path).card
    assert card == {"name": "Ember", "greeting": "Hi", "x": read}
    assert type(card["x"]) is type(read)


@pytest.mark.parametrize("text", ["? [a]\n: b", "? {a: b}\n: c", "a: *b", "a: &a [*a]", "- [", "%"])
def test_yaml_that_no_card_can_have_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"name: Ember\ngreeting: Hi\n{text}\n")
    with pytest.raises(CardError, match=r"x\.yaml: (The text is damaged at l|L)ine \d"):
        read_card(path)


YAML_PIECES = st.sampled_from(
    [
        *"-?:,[]{}#&*!|>'\"%@` \n\t~0aé",
        "!!int ",
        "!!set ",
        "<<: ",
        "- ",
        "? ",
        ": ",
        "\n  ",
        "---\n",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(YAML_PIECES, max_size=24))
def test_any_yaml_is_a_card_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.mktemp("yaml") / "x.yaml"
    path.write_text("name: Ember\ngreeting: Hi\n" + "".join(pieces))
    try:
        assert read_card(path).card
    except CardError as error:
        assert error.problem and error.remedy


def test_a_web_ui_character_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    card = {"name": "Ember", "greeting": "Hi, I am {{char}}.", "context": "Ember is a dragon.\n"}
    path.write_text(yaml.safe_dump({**card, "example_dialogue": "You: Hi\nEmber: Roar"}))
    profile = import_card(path, "en").profile
    assert profile.description.strip() == "Ember is a dragon."
    assert (profile.greeting, profile.examples) == (card["greeting"], "You: Hi\nEmber: Roar")


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        ("こんにちは、私はエンバーです。", "ja"),
        ("Bonjour, je suis Ember.", "fr"),
        ("Olá, eu sou a Ember e não sei o que você quer.", "Portuguese"),
        ("สวัสดี ฉันชื่อเอมเบอร์", "Thai"),
        ("…", "de"),
    ],
)
def test_the_language_of_a_card_is_offered(tmp_path: Path, greeting: str, code: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"name": "Ember", "first_mes": greeting}))
    card = import_card(path, "de")
    assert card.profile.language == code
    assert (card.detected_language is None) == (code == "de")
    assert card.notice == ""
    assert import_card(path, "de", detect=False).profile.language == "de"


@pytest.mark.parametrize("greeting", ["Ahoy!", "Здраво, ја сам Љубица.", "ᏏᏲ, ᎠᏯ ᎡᎹᏇ."])
def test_a_language_that_is_not_recognized_is_named(tmp_path: Path, greeting: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"name": "Ember", "first_mes": greeting}))
    card = import_card(path, "de")
    assert (card.profile.language, card.detected_language) == ("de", None)
    assert card.notice == (
        "The language of the card wasn't recognized, so the character speaks Deutsch."
        " To change this, edit the character."
    )
    assert import_card(path, "de", detect=False).notice == ""


def test_a_language_that_a_card_names_counts(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    profile = Profile(name="Ember", greeting="Hello, I am the dragon.", language="ko")
    path.write_text(json.dumps(card_from_profile(profile, 3)))
    card = import_card(path, "de")
    assert (card.profile.language, card.detected_language) == ("ko", None)


def test_many_keys_take_little_time() -> None:
    card = {**V2, **{f"key {number}": number for number in range(200_000)}}
    assert profile_from_card(card, "en").name == "Ember"
