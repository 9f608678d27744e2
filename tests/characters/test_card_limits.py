"""Cards with any number of greetings and tags, and with values that nothing can be made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers.cost import assert_fast
from refsheet_tui.characters import RenderedProfile
from refsheet_tui.characters.cards import card_from_profile, import_card, profile_from_card
from refsheet_tui.characters.cards.importing import ImportedCard
from refsheet_tui.prompting import language

MANY = 100_000


def import_data(folder: Path, *, detect: bool = False, **data: Any) -> ImportedCard:
    card = {"spec": "chara_card_v2", "data": {"name": "Ember", "first_mes": "hm", **data}}
    file = folder / "card.json"
    file.write_text(json.dumps(card))
    return import_card(file, "de", detect=detect)


@pytest.mark.parametrize(
    ("data", "notice"),
    [
        ({"alternate_greetings": ["hm"] * MANY}, "99,000 greetings are"),
        ({"alternate_greetings": json.dumps(["hm"] * MANY)}, "99,000 greetings are"),
        ({"alternate_greetings": {str(n): "hm" for n in range(MANY)}}, "99,000 greetings are"),
        ({"first_mes": ["hm"] * MANY}, "99,000 greetings are"),
        ({"alternate_greetings": ["hm"] * 1001}, "1 greeting is"),
        ({"tags": ["a"] * MANY}, "99,000 tags are"),
        ({"tags": "a, b; " * MANY}, "199,000 tags are"),
        ({"tags": json.dumps(["a"] * MANY)}, "99,000 tags are"),
        ({"tags": {str(n): True for n in range(1001)}}, "1 tag is"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_greetings_and_tags_beyond_the_limit_are_counted_and_kept(
    tmp_path: Path, data: dict[str, Any], notice: str
) -> None:
    imported: list[ImportedCard] = []
    assert_fast(lambda: imported.append(import_data(tmp_path, **data)))
    (card,) = imported
    profile = card.profile
    word = "isn't" if notice.endswith(" is") else "aren't"
    assert card.notice == f"{notice} beyond the limit and {word} used."
    assert len(profile.greetings) <= 1001 and len(profile.tags) <= 1000
    assert len(RenderedProfile(profile, language("en")).greetings()) == len(profile.greetings)
    (key,) = data
    exported = card_from_profile(profile, 3)["data"]
    kept = exported["extensions"]["refsheet"].get("originals", exported)
    assert kept[key] == data[key], "an export has all of them"


def test_a_usual_card_has_no_notice(tmp_path: Path) -> None:
    data: dict[str, Any] = {
        "alternate_greetings": ["hm"] * 1000,
        "tags": ", ".join(map(str, range(1000))),
    }
    card = import_data(tmp_path, **data)
    assert card.notice == "" and len(card.profile.greetings) == 1001
    assert len(card.profile.tags) == 1000


@pytest.mark.parametrize(
    "name", ["", " ", "x" * 100, "x" * 61, "\n", None, [], {}, "\x1b[31m" * 90]
)
def test_a_language_that_is_none_is_recognized_instead(tmp_path: Path, name: object) -> None:
    extension = {"refsheet": {"language": name}}
    french = "Bonjour, je suis ton ami."
    card = import_data(tmp_path, detect=True, first_mes=french, extensions=extension)
    assert card.profile.language == "fr"
    assert import_data(tmp_path, detect=True, extensions=extension).profile.language == "de"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("fr", "fr"),
        ("French", "fr"),
        (" zh_TW ", "zh-Hant"),
        ("Latin", "Latin"),
        ("x" * 60, "x" * 60),
    ],
)
def test_a_language_has_any_of_its_names(name: str, code: str) -> None:
    card = {"name": "Ember", "extensions": {"refsheet": {"language": name}}}
    profile = profile_from_card(card, "de")
    assert profile.language == code
    assert profile_from_card(card_from_profile(profile, 3), "de").language == code
