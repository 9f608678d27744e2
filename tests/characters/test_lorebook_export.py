"""The lorebook of an exported card is valid for other programs, and loses nothing."""

from __future__ import annotations

from typing import Any

import pytest

from refsheet_tui.characters.cards import card_from_profile, profile_from_card
from refsheet_tui.characters.lorebook import DepthPrompt, depth_prompt_from_card, lorebook_from_card

WORLD_ENTRY = {
    "uid": 3,
    "key": "cave, cavern",
    "keysecondary": ["night"],
    "content": "@@depth 2\nDark.",
    "order": 7,
    "disable": "true",
    "vectorized": False,
}


def export(data: dict[str, Any], version: int = 3) -> dict[str, Any]:
    card = {"spec": "chara_card_v2", "data": {"name": "Ember", **data}}
    exported: dict[str, Any] = card_from_profile(profile_from_card(card, "en"), version)["data"]
    return exported


@pytest.mark.parametrize("version", [2, 3])
def test_every_entry_has_what_the_format_requires(version: int) -> None:
    book = {"entries": {"3": WORLD_ENTRY}, "unknown": 1}
    exported = export({"character_book": book}, version)["character_book"]
    (entry,) = exported["entries"]
    assert entry == {
        **WORLD_ENTRY,
        "keys": ["cave", "cavern"],
        "secondary_keys": ["night"],
        "selective": True,
        "extensions": {},
        "enabled": False,
        "insertion_order": 7,
        "use_regex": False,
    }
    assert (exported["extensions"], exported["unknown"]) == ({}, 1)


def test_what_is_valid_stays_as_it_is() -> None:
    entry = {
        "keys": [" Cave ", "/tun{2}el/i", ""],
        "content": "Dark.\r\n",
        "extensions": {"probability": "50"},
        "enabled": True,
        "insertion_order": 1.5,
        "use_regex": True,
    }
    book = {"entries": [entry], "extensions": {"a": 1}, "scan_depth": "3"}
    assert export({"character_book": book})["character_book"] == book


@pytest.mark.parametrize(
    ("value", "is_enabled"), [("false", False), ("true", True), (0, False), (None, True)]
)
def test_a_switch_is_exported_as_true_or_false(value: object, is_enabled: bool) -> None:
    entry = {"keys": ["cave"], "content": "Dark.", "enabled": value}
    book = export({"character_book": {"entries": [entry]}})["character_book"]
    assert book["entries"][0]["enabled"] is is_enabled


def test_a_lorebook_elsewhere_is_exported_where_others_look_for_it() -> None:
    book = {"entries": [WORLD_ENTRY]}
    exported = export({"extensions": {"character_book": book}})
    assert exported["extensions"]["character_book"] == book
    assert lorebook_from_card(exported) == lorebook_from_card({"character_book": book})


def test_a_depth_prompt_may_be_a_text() -> None:
    card = {"extensions": {"depth_prompt": " Always limp. "}}
    assert depth_prompt_from_card(card) == DepthPrompt("Always limp.", 4)
    assert export(card)["extensions"]["depth_prompt"] == " Always limp. "


def test_the_depth_prompt_is_exported_as_it_came() -> None:
    depth_prompt = {"prompt": " Always limp.", "depth": "4", "role": "system", "more": [1]}
    exported = export({"extensions": {"depth_prompt": depth_prompt}})
    assert exported["extensions"]["depth_prompt"] == depth_prompt
