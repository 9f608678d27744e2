"""What programs write into lorebooks beyond the specification, and what the import says of it."""

from __future__ import annotations

from collections.abc import Sequence
from time import process_time
from typing import Any

import pytest

from refsheet_tui.characters.cards import card_from_profile, profile_from_card
from refsheet_tui.characters.lorebook import (
    Lorebook,
    ScanContext,
    evaluate_entries,
    lorebook_from_card,
)

CAVE = {"keys": ["cav"], "content": "Dark.", "enabled": True}


def book(*entries: dict[str, Any], **settings: Any) -> Lorebook:
    return lorebook_from_card({"character_book": {"entries": list(entries), **settings}})


def told(lorebook: Lorebook, message: str) -> Sequence[str]:
    found = evaluate_entries(lorebook, ScanContext([message]))
    return [each.entry.content for each in found if each.is_due]


@pytest.mark.parametrize(
    "card",
    [
        {"character_book": {"entries": [CAVE], "extensions": {"risu_fullWordMatching": True}}},
        {"character_book": {"entries": [CAVE], "match_whole_words": "true"}},
        {
            "character_book": {
                "entries": [{**CAVE, "match_whole_words": None}],
                "extensions": {"matchWholeWords": 1},
            }
        },
        {"globalLore": [{**CAVE, "key": "cav"}], "loreSettings": {"fullWordMatching": True}},
    ],
)
def test_whole_words_count_where_the_lorebook_says_so(card: dict[str, Any]) -> None:
    lorebook = lorebook_from_card(card)
    assert (told(lorebook, "a cave"), told(lorebook, "a cav")) == ([], ["Dark."])
    exported = card_from_profile(profile_from_card(card, "en"), 3)["data"]
    assert lorebook_from_card(exported) == lorebook


def test_an_entry_decides_before_its_lorebook() -> None:
    lorebook = book({**CAVE, "match_whole_words": False}, match_whole_words=True)
    assert told(lorebook, "a cave") == ["Dark."]


@pytest.mark.parametrize("place", ["extensions", "extentions"])
def test_case_and_chance_count_under_every_name(place: str) -> None:
    flag = {"risu_case_sensitive": True}
    assert told(book({**CAVE, "case_sensitive": False, place: flag}), "CAVE") == []
    assert told(book({**CAVE, place: {"risu_activationPercent": 0}}), "cave") == []
    assert told(book({**CAVE, "activationPercent": 0}), "cave") == []


@pytest.mark.parametrize(
    ("item", "keys"),
    [
        ("cave, cavern", ("cave", "cavern")),
        ("cave,cavern,", ("cave", "cavern")),
        ("洞穴，山洞、岩洞", ("洞穴", "山洞", "岩洞")),
        ("cave; old mine；pit", ("cave", "old mine", "pit")),
        ("cave\r\ncavern\n\npit", ("cave", "cavern", "pit")),
        ("{{random:a,b}}, {{char}}'s cave", ("{{random:a,b}}", "{{char}}'s cave")),
        ("{{a, cave", ("{{a", "cave")),
        ("1,000 dragons", ("1,000 dragons",)),
        (";)", (";)",)),
        (",", (",",)),
    ],
)
@pytest.mark.parametrize("name", ["keys", "secondary_keys"])
def test_an_item_may_list_several_keys(item: str, keys: tuple[str, ...], name: str) -> None:
    entry = {"keys": ["x"], "selective": True, "content": "Dark.", name: ["dragon", item]}
    lorebook = book(entry)
    found = lorebook.entries[0].keys if name == "keys" else lorebook.entries[0].secondary_keys
    assert [key.text for key in found] == ["dragon", *keys]
    exported = card_from_profile(profile_from_card({"character_book": {"entries": [entry]}}, ""), 3)
    assert exported["data"]["character_book"]["entries"][0][name] == ["dragon", item]


def test_a_pattern_among_several_keys_is_one_key() -> None:
    entry = book({**CAVE, "keys": ["/ca(v|f)e,x/i", "/ca(v|f)e;/, cavern"]}).entries[0]
    assert entry.patterns == ("/ca(v|f)e,x/i", "/ca(v|f)e;/")
    assert [key.text for key in entry.keys] == ["cavern"]


def test_a_key_box_of_one_text_triggers() -> None:
    assert told(book({**CAVE, "keys": ["grotto, old cave"]}), "an old cave") == ["Dark."]


def test_a_long_list_of_keys_is_read_at_once() -> None:
    begin = process_time()
    for text in ("{{" * 200_000, "/" * 400_000, "{{a," * 100_000, ";" * 400_000):
        book({**CAVE, "keys": [text]})
    assert process_time() - begin < 5
