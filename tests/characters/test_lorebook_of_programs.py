"""Lorebooks in the shapes of other programs, and what the import says of what it can't use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from refsheet_tui.characters import RenderedProfile
from refsheet_tui.characters.cards import card_from_profile, import_card, profile_from_card
from refsheet_tui.characters.lorebook import (
    Lorebook,
    ScanContext,
    evaluate_entries,
    import_notice,
    lorebook_from_card,
)
from refsheet_tui.prompting import language

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


ENTRY = {"keys": ["cave"], "content": "Dark.", "enabled": True}


@pytest.mark.parametrize(
    ("card", "notice"),
    [
        ({"character_book": {"entries": [ENTRY]}}, ""),
        ({"character_book": {"entries": []}, "lorebook": [], "loreSettings": {"a": 1}}, ""),
        ({"character_book": {"entries": [ENTRY, {}]}, "colored": [1], "explore": {"a": [1]}}, ""),
        ({"world": "Mountains", "character_book": {"entries": [ENTRY]}}, ""),
        ({"globalLore": [ENTRY], "extensions": {"character_book": {"entries": [ENTRY]}}}, ""),
        (
            {"extensions": {"world": "Mountains\n"}},
            "The card names the lorebook “Mountains”, but the file doesn't contain it.",
        ),
        (
            {"character_book": {"entries": [ENTRY, "The sea is deep.", {"a": "b", "c": ["d"]}]}},
            "2 lorebook entries are in an unknown form, so they are kept but not used.",
        ),
        (
            {"character_book": {"entries": {"0": ENTRY, "1": {"trigger": "x", "info": "y"}}}},
            "1 lorebook entry is in an unknown form, so it is kept but not used.",
        ),
        (
            {"character_book": {"items": [{"trigger": "x"}]}},
            "character_book of the card is kept but not used as a lorebook.",
        ),
        (
            {"memoryBook": {"pages": [{"x": "y"}]}, "extensions": {"my_lore": ["The sea."]}},
            "memoryBook, my_lore of the card are kept but not used as lorebooks.",
        ),
        (
            {"globalLore": [{**ENTRY, "content": "Deep."}], "character_book": [ENTRY]},
            "globalLore of the card is kept but not used as a lorebook.",
        ),
        (
            {"character_book": [{**ENTRY, "keys": [], "comment": "Sea"}, {"content": "Deep."}]},
            "2 lorebook entries have no keywords, so they are never told (Sea, Deep.).",
        ),
        (
            {
                "character_book": [
                    {**ENTRY, "extensions": {"group": "a", "sticky": 3, "cooldown": 0}},
                    {**ENTRY, "group": " ", "delay": "0", "vectorized": True},
                    {**ENTRY, "group": "", "sticky": None, "vectorized": False},
                ]
            },
            "2 lorebook entries are used without options that aren't supported:"
            " group, sticky, vectorized.",
        ),
    ],
)
def test_the_import_says_what_is_kept_but_not_used(
    card: dict[str, Any], notice: str, tmp_path: Path
) -> None:
    assert import_notice(lorebook_from_card(card)) == notice
    path = tmp_path / "card.json"
    card = {"name": "Ember", "description": "{{// no words}}", "first_mes": "…", **card}
    path.write_text(json.dumps(card, ensure_ascii=False))
    imported = import_card(path, "en")
    assert imported.notice == notice
    exported = json.dumps(card_from_profile(imported.profile, 3), ensure_ascii=False)
    kept = ("The sea is deep.", "trigger", "my_lore", "pages", "Mountains", "sticky")
    assert all((text in path.read_text()) <= (text in exported) for text in kept)


@pytest.mark.parametrize("key", ["loreItems", "globalLore", "worldinfo", "lorebook"])
def test_the_export_of_a_lorebook_says_nothing_of_the_original(key: str) -> None:
    card = {"name": "Ember", key: [{"key": "cave", "content": "Dark, {character}."}]}
    exported = card_from_profile(profile_from_card(card, "en"), 3)["data"]
    assert exported["character_book"]["entries"] and exported[key] == card[key]
    assert import_notice(lorebook_from_card(exported)) == ""


def test_a_lorebook_outside_of_the_data_is_told() -> None:
    damaged = "“Dark”".encode().decode("latin-1")
    card = {"data": {"name": "Ember"}, "worldinfo": [{"key": "cave", "content": damaged}]}
    profile = profile_from_card(card, "en")
    assert told(RenderedProfile(profile, language("en")).lorebook(), "cave") == ["“Dark”"]
    again = profile_from_card(card_from_profile(profile, 3), "en")
    assert told(RenderedProfile(again, language("en")).lorebook(), "cave") == ["“Dark”"]


@settings(max_examples=30, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["entries", "key", "content", "x"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(["character_book", "loreItems", "world", "extensions", "my_lore"]),
)
def test_any_value_can_be_told_of(value: object, key: str) -> None:
    import_notice(lorebook_from_card({key: value}))


def test_a_short_part_of_an_item_counts_as_a_word_only() -> None:
    lorebook = book({"keys": ["New York, NY"], "content": "The city."})
    assert told(lorebook, "There are many things.") == []
    assert told(lorebook, "We live in NY.") == told(lorebook, "New York!") == ["The city."]
