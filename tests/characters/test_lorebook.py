"""The lorebook of a card: which entries the model is told, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from refsheet_tui.characters.cards import card_from_profile, profile_from_card
from refsheet_tui.characters.lorebook import (
    Lorebook,
    ScanContext,
    choose_within_budget,
    evaluate_entries,
    explain_lorebook,
    import_notice,
    lorebook_from_card,
    with_complete_lorebook,
)
from refsheet_tui.characters.profile import Profile
from refsheet_tui.characters.rendered_profile import RenderedProfile
from refsheet_tui.prompting import language

CAVE = {"keys": ["cave", "洞穴"], "content": "The cave is dark.", "enabled": True}


def book(*entries: dict[str, Any], **settings: Any) -> Lorebook:
    return lorebook_from_card({"character_book": {"entries": list(entries), **settings}})


def told(lorebook: Lorebook, messages: Sequence[str], notes: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what is told with the last of `messages`; a character of a text is a token."""
    context = ScanContext(messages, [notes], frozenset(notes))
    due = [each.entry for each in evaluate_entries(lorebook, context) if each.is_due]
    entries, _ = choose_within_budget(due, lorebook.budget_in(8192), len)
    return tuple(entry.content for entry in entries)


@pytest.mark.parametrize(
    ("said", "tells"),
    [
        ("Show me the cave!", True),
        ("THE CAVE", True),
        ("我们去洞穴吧", True),
        ("A caveman", True),
        ("concave", True),
        ("cavé", False),
        ("", False),
    ],
)
def test_a_word_brings_up_its_entry(said: str, tells: bool) -> None:
    assert told(book(CAVE), [said]) == (("The cave is dark.",) if tells else ())


def test_what_was_told_is_not_told_again() -> None:
    assert told(book(CAVE), ["cave"], ("The cave is dark.",)) == ()


def test_only_the_last_messages_count() -> None:
    far = ["cave", *["..."] * 4]
    assert told(book(CAVE), far) == ()
    assert told(book(CAVE, scan_depth=5), far) == ("The cave is dark.",)


def test_case_counts_where_the_card_says_so() -> None:
    exact = book({**CAVE, "case_sensitive": True})
    assert told(exact, ["Cave"]) == () and told(exact, ["cave"]) != ()


def test_a_second_word_must_come_up_too_where_the_card_says_so() -> None:
    both = book({**CAVE, "selective": True, "secondary_keys": ["night"]})
    assert told(both, ["the cave"]) == () and told(both, ["the cave at night"]) != ()


def test_entries_come_in_their_order_and_the_least_important_are_left_out() -> None:
    entries = [
        {"keys": ["a"], "content": name * 30, "insertion_order": order, "priority": priority}
        for name, order, priority in [("x", 3, 9), ("y", "1", 1), ("z", 2, 5)]
    ]
    contents = told(book(*entries, token_budget=60), ["a"])
    assert contents == ("z" * 30, "x" * 30)


def test_what_is_told_brings_up_more_where_the_card_says_so() -> None:
    more = {"keys": ["dark"], "content": "Dark is the color of coal."}
    assert len(told(book(CAVE, more), ["cave"])) == 1
    assert len(told(book(CAVE, more, recursive_scanning=True), ["cave"])) == 2


@pytest.mark.parametrize(
    "entry",
    [
        {**CAVE, "enabled": False},
        {**CAVE, "keys": ["", None, 3]},
        {**CAVE, "keys": {"cave": 1}},
        {**CAVE, "content": [["cave"], 1]},
        {**CAVE, "content": {"cave": "cave"}},
        {**CAVE, "content": "@@depth 3\n@@role system"},
        {},
    ],
)
def test_what_is_no_entry_of_words_never_comes_up(entry: dict[str, Any]) -> None:
    assert told(book(entry), ["the cave"]) == ()


@pytest.mark.parametrize(
    "found", [None, [], {}, {"entries": None}, {"entries": [None, 1, "x"]}, {"entries": {}}]
)
def test_a_book_of_another_shape_is_empty(found: object) -> None:
    lorebook = lorebook_from_card({"character_book": found})
    assert replace(lorebook, unread_books=()) == Lorebook()


@pytest.mark.parametrize("value", [None, "many", [], {}, -1, 1e300, float("nan"), True, "7"])
def test_numbers_of_any_kind_do_no_harm(value: object) -> None:
    odd = book({**CAVE, "priority": value, "insertion_order": value}, scan_depth=value)
    assert told(odd, ["cave"]) == ("The cave is dark.",)


def test_a_book_made_to_hurt_is_looked_through_at_once() -> None:
    """A hostile lorebook, which would take minutes without the limits, is searched quickly."""
    keys = [f"{'a' * number}" for number in range(1, 65)]
    entries = [
        {
            "keys": keys,
            "secondary_keys": keys,
            "selective": True,
            "content": f"{number}" + "a" * 20_000,
        }
        for number in range(1000)
    ]
    hostile = book(*entries, recursive_scanning=True, scan_depth=32)
    begin = process_time()
    told(hostile, ["a" * 100_000] * 32)
    assert process_time() - begin < 2


def test_keys_made_to_take_long_are_looked_for_at_once() -> None:
    """Each of these keys nearly matches everywhere; each entry could be triggered by another."""
    keys = ["a" * 98 + "b"]
    entries = [{"keys": keys, "content": f"{number} " + "a" * 16_000} for number in range(3000)]
    entries += [{"keys": ["aaa"], "content": "a" * 16_000} for _ in range(2000)]
    hostile = book(*entries, recursive_scanning=True)
    begin = process_time()
    told(hostile, ["a" * 100_000])
    assert process_time() - begin < 4


def test_an_entry_that_is_looked_for_no_more_is_not_told_always() -> None:
    many = {"keys": [f"word{number}" for number in range(3999)], "content": "Many."}
    both = {"keys": ["cat"], "selective": True, "secondary_keys": ["dog"], "content": "Both."}
    assert told(book(many, both), ["the cat"]) == ()


def test_orders_to_other_programs_are_not_told() -> None:
    assert told(book({**CAVE, "content": "@@depth 3\nDark."}), ["cave"]) == ("Dark.",)


def test_macros_are_replaced_in_entries_and_their_keywords() -> None:
    entries = [
        {"keys": [], "content": "{{char}} knows {{user}}.", "constant": True},
        {"keys": ["{{user}}"], "content": "{{user}} is a friend."},
    ]
    card = {"character_book": {"entries": entries}, "system_prompt": "{{original}} Be red."}
    telling = RenderedProfile(Profile(name="Ember", person="Jane", card=card), language("en"))
    assert "Be red." in telling.description() and "original" not in telling.description()
    lorebook = telling.lorebook()
    assert [entry.content for entry in lorebook.opening_entries] == ["Ember knows Jane."]
    assert told(lorebook, ["I am Jane!"]) == ("Jane is a friend.",)


def test_a_key_for_the_name_of_the_user_needs_one() -> None:
    entries = [
        {"keys": ["{{user}}"], "content": "A friend."},
        {"keys": ["{{user}}", "{{user}}'s hat"], "content": "A hat."},
    ]
    profile = Profile(name="Ember", card={"character_book": {"entries": entries}})
    lorebook = RenderedProfile(profile, language("en")).lorebook()
    assert [[key.text for key in entry.keys] for entry in lorebook.entries] == [[], ["'s hat"]]
    assert told(lorebook, ["Where is Jane's hat, the person you talk with?"]) == ("A hat.",)


def test_letters_that_grow_are_searched_at_once() -> None:
    keys = [f"word{number} {'x' * 5}" for number in range(5000)]
    entry = {"keys": ["a"], "content": "\ufdfa" * 16_000, "enabled": True}
    lorebook = book(entry, {"keys": keys, "content": "x"}, recursive_scanning=True)
    begin = process_time()
    told(lorebook, ["a" + "\ufdfa" * 16_000, "a"])
    assert process_time() - begin < 3


def test_the_person_without_a_name_is_somebody_to_the_character_and_you_to_its_face() -> None:
    profile = Profile(name="Ember", description="{{char}} likes {{user}}.", greeting="Hi {{user}}!")
    telling = RenderedProfile(profile, language("fr"))
    assert telling.description() == "Ember likes la personne avec qui tu parles."
    assert telling.greetings() == ("Hi toi!",)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("dragon", "Two dragons came."),
        ("дракон", "Я боюсь дракона."),
        ("Drache", "Die Drachen schlafen."),
        ("δράκος", "Ο ΔΡΆΚΟΣ"),
        ("AC/DC", "I like ac/dc."),
        ("c++", "Written in C++."),
        (".net", "A .NET app"),
        ("ドラゴン", "赤いドラゴンだ"),
        ("용", "용이 온다"),
        ("İstanbul", "istanbul'da"),
        ("istanbul", "İSTANBUL"),
        ("Straße", "STRASSE"),
        ("café", "cafe\u0301"),
        ("cafe\u0301", "café"),
        ("Ember's cave", "In Ember’s\ncave."),
        ("Ember’s cave", "ember's  cave"),
        ("old town", "old\u00a0town"),
        ("well-known", "well\u2011known"),
        ("well–known", "a well-known cave"),
        ("cave", "ca\u00adve"),
        ("Ａｄａ", "Hi, Ada!"),
        ("カフェ", "ｶﾌｪに行く"),
        ("ｶﾞｽ", "ガス"),
        ("ёлка", "Елка горит"),
        ("елка", "ЁЛКА"),
        ("е\u0308лка", "елка"),
    ],
)
def test_a_keyword_is_found_in_every_form_of_writing(key: str, said: str) -> None:
    assert told(book({**CAVE, "keys": [key]}), [said])


@pytest.mark.parametrize(
    ("key", "said", "tells"),
    [
        ("cat", "a catalogue", False),
        ("cat", "the cat!", True),
        ("cat", "cat's", True),
        ("cat", "CAT", True),
        ("cat", "cat2", False),
        ("洞穴", "我们去洞穴吧", True),
        ("용", "용이 온다", True),
        ("old town", "in the old town.", True),
        ("old town", "in the old towns.", False),
        ("c++", "I like c++!", True),
    ],
)
@pytest.mark.parametrize("place", ["entry", "extensions"])
def test_whole_words_count_where_the_card_says_so(
    key: str, said: str, tells: bool, place: str
) -> None:
    flag = {"match_whole_words": True}
    entry = {**CAVE, "keys": [key], **(flag if place == "entry" else {"extensions": flag})}
    assert bool(told(book(entry), [said])) is tells


LOGIC_SAYINGS = ["forest", "forest night", "forest rain", "forest night rain", "night rain"]


@pytest.mark.parametrize(
    ("logic", "tells"),
    [
        (0, [False, True, True, True, False]),
        (1, [True, True, True, False, False]),
        (2, [True, False, False, False, False]),
        (3, [False, False, False, True, False]),
        ("3", [False, False, False, True, False]),
        ("NOT ANY", [True, False, False, False, False]),
        ("and_all", [False, False, False, True, False]),
        (9, [False, True, True, True, False]),
        (None, [False, True, True, True, False]),
    ],
)
@pytest.mark.parametrize("place", ["entry", "extensions"])
def test_secondary_keys_count_by_their_logic(logic: object, tells: list[bool], place: str) -> None:
    value = {"selectiveLogic": logic}
    entry = {
        **CAVE,
        "keys": ["forest"],
        "selective": True,
        "secondary_keys": ["night", "rain"],
        **(value if place == "entry" else {"extensions": value}),
    }
    assert [bool(told(book(entry), [said])) for said in LOGIC_SAYINGS] == tells


WORLD_ENTRY = {"uid": 0, "key": ["cave"], "keysecondary": [], "content": "Dark.", "order": 5}


@pytest.mark.parametrize(
    "card",
    [
        {"character_book": {"entries": {"0": WORLD_ENTRY}}},
        {"character_book": {"entries": {"7": {**WORLD_ENTRY, "disable": False}}}},
        {"character_book": {"entries": [{"keys": "cave, cavern", "content": "Dark."}]}},
        {"character_book": {"entries": [{"keys": "grotto，cave", "content": "Dark."}]}},
        {"character_book": {"entries": [{"keywords": ["cave"], "entry": "Dark."}]}},
        {"character_book": {"entries": [{"keys": ["cave"], "text": "Dark."}]}},
        {"character_book": [WORLD_ENTRY]},
        {"character_book": None, "extensions": {"character_book": {"entries": [WORLD_ENTRY]}}},
        {"character_book": {"entries": []}, "extensions": {"world": {"entries": [WORLD_ENTRY]}}},
        {"extensions": {"world": {"entries": {"0": WORLD_ENTRY}}}},
        {"world_info": {"entries": [WORLD_ENTRY]}},
        {"worldinfo": [WORLD_ENTRY]},
        {"loreItems": [{"key": "grotto, cave", "value": "Dark."}]},
        {"globalLore": [{"key": "cave", "secondkey": "", "content": "Dark.", "insertorder": 7}]},
        {"lorebook": {"lorebookVersion": 5, "entries": [{"keys": ["cave"], "text": "Dark."}]}},
        {"character_book": {"entries": [{"keys": ["cave"], "content": ["Dark."]}]}},
        {"character_book": {"entries": [{**WORLD_ENTRY, "enabled": "true"}]}},
        {"character_book": {"entries": [{**WORLD_ENTRY, "enabled": 1, "disable": "no"}]}},
    ],
)
def test_every_shape_of_a_lorebook_is_read(card: dict[str, Any]) -> None:
    assert told(lorebook_from_card(card), ["the cave"]) == ("Dark.",)


def test_values_of_other_programs_are_read() -> None:
    first = {"key": "a", "content": ["One.", "Two."], "alwaysActive": True, "insertorder": 9}
    second = {"keys": ["b"], "text": "Three.", "forceActivation": True, "displayName": "Third"}
    third = {"key": "c", "secondkey": "d, e", "selective": True, "content": "Four."}
    lower = {"keys": ["c"], "text": "Five.", "contextConfig": {"budgetPriority": -400}}
    lorebook = book(first, second, third, lower)
    constant = [entry.content for entry in lorebook.opening_entries]
    assert constant == ["One.\nTwo.", "Three."]
    assert [entry.label for entry in lorebook.entries] == ["a", "Third", "c", "c"]
    assert told(lorebook, ["c"]) == ("Five.",) and told(lorebook, ["c e"]) == ("Four.", "Five.")
    assert lorebook.entries[-1].priority == -400
    exported = with_complete_lorebook({"character_book": {"entries": [first, second]}})
    assert [each["constant"] for each in exported["character_book"]["entries"]] == [True, True]


def test_names_in_single_braces_are_names() -> None:
    items = [
        {"key": "{character}'s home, cave", "value": "#{character}: It is {user}'s cave, too. {x}"}
    ]
    card = {"character": {"aiName": "Ember", "aiPersona": "A dragon.", "loreItems": items}}
    profile = profile_from_card(card, "en").model_copy(update={"person": "Jane"})
    lorebook = RenderedProfile(profile, language("en")).lorebook()
    content = "Ember: It is Jane's cave, too. {x}"
    assert told(lorebook, ["Ember's home"]) == told(lorebook, ["cave"]) == (content,)
    exported = card_from_profile(profile, 3)["data"]
    assert exported["loreItems"] == items
    assert exported["character_book"]["entries"][0]["keys"] == ["{{char}}'s home", "cave"]


@pytest.mark.parametrize(
    "switch",
    [
        {"enabled": False},
        {"enabled": "false"},
        {"enabled": "False "},
        {"enabled": 0},
        {"enabled": "0"},
        {"enabled": "no"},
        {"disable": True},
        {"disable": "true"},
        {"disable": 1},
        {"disabled": True},
        {"enabled": True, "disable": True},
    ],
)
@pytest.mark.parametrize("is_constant", [False, True])
def test_a_disabled_entry_is_never_told(switch: dict[str, object], is_constant: bool) -> None:
    entry = {key: value for key, value in CAVE.items() if key != "enabled"}
    lorebook = book({**entry, **switch, "constant": is_constant})
    assert told(lorebook, ["cave"]) == () and lorebook.opening_entries == ()


def test_comma_text_holds_secondary_keys_and_patterns_too() -> None:
    entry = {
        "key": "/tun{2,3}el/i, cave",
        "keysecondary": "night, rain",
        "content": "Dark.",
        "selectiveLogic": 3,
    }
    lorebook = book(entry)
    assert told(lorebook, ["cave, night"]) == () and told(lorebook, ["cave: night, rain"])
    assert [each.patterns for each in lorebook.pattern_entries] == [("/tun{2,3}el/i",)]


@pytest.mark.parametrize("place", ["entry", "extensions"])
def test_the_flag_for_patterns_changes_nothing_for_plain_keys(place: str) -> None:
    flag = {"use_regex": True}
    entry = {**CAVE, **(flag if place == "entry" else {"extensions": flag})}
    assert told(book(entry), ["the cave"]) and not book(entry).pattern_entries


@pytest.mark.parametrize(
    ("key", "said", "tells"),
    [
        ("/cave/i", "the Cave", True),
        ("/cave|tunnel/gi", "a tunnel", True),
        (r"/\b(?:cave|tunnel)\b/i", "a tunnel", True),
        (r"/\bcave\b/i", "a caveman", False),
        (r"/AC\/DC/", "AC/DC", True),
        (r"/AC\/DC/i", "ac/dc", True),
        (r"/a\|b/", "a|b", True),
        (r"/c\+\+/", "c++", True),
        ("/Dog/", "Dogs", True),
        ("/Dog/", "dogs", False),
        ("/Dog/im", "dogs", True),
        (r"/\bcat\b|dog/", "a doggy", True),
        (r"/\bcat\b|dog/", "catalogue", False),
        (r"/\bcat|dog\b/", "catalogue", True),
        (r"/\bcat|dog\b/", "concat", False),
        (r"/\bcat|dog\b/", "underdog", True),
        (r"/\bcat|dog\b/", "dogs", False),
        (r"/\b(cat|dog)/", "dogs", True),
        (r"/\b(cat|dog)/", "underdog", False),
    ],
)
def test_a_pattern_that_only_lists_words_is_used(key: str, said: str, tells: bool) -> None:
    lorebook = book({**CAVE, "keys": [key]})
    assert bool(told(lorebook, [said])) is tells and not lorebook.pattern_entries


def test_a_pattern_says_itself_if_case_and_whole_words_matter() -> None:
    flags = {"case_sensitive": True, "match_whole_words": True}
    lorebook = book({**CAVE, "keys": ["/dog/i", "Cat"], **flags})
    assert told(lorebook, ["DOGS"]) and told(lorebook, ["Cat"])
    assert not told(lorebook, ["cat"]) and not told(lorebook, ["Cats"])
    lorebook = book({**CAVE, "keys": ["/Dog/", "dog"]})
    assert told(lorebook, ["DOGS"])


@pytest.mark.parametrize(
    "key",
    ["/r/cats", "/he/him/", "/usr/bin", "/they/them", "/a/miss", "/24/7", "and/or", "//"],
)
@pytest.mark.parametrize("is_list", [True, False])
def test_a_path_is_no_pattern(key: str, is_list: bool) -> None:
    lorebook = book({**CAVE, "keys": [key] if is_list else f"x, {key}, y"})
    assert not lorebook.pattern_entries
    assert told(lorebook, [f"It is in {key}."]) == ("The cave is dark.",)
    assert told(lorebook, ["there were birds at home"]) == ()


@pytest.mark.parametrize(
    "key", ["/tunnel(s)?/i", "/a+/", "/(a+)+$/", r"/\d+/", "/[ab]/", "/a.b/", "/|a/", "/(a|b)c/"]
)
def test_an_entry_that_needs_a_pattern_is_named(key: str) -> None:
    lorebook = book({**CAVE, "keys": [key], "comment": "Tunnels"}, CAVE)
    assert import_notice(lorebook) == (
        "1 lorebook entry needs a regular expression, which isn't supported: Tunnels."
    )
    assert told(lorebook, ["tunnels aaa cave"]) == ("The cave is dark.",)


def test_secondary_keys_that_need_a_pattern_leave_the_entry_out() -> None:
    lorebook = book({**CAVE, "selective": True, "secondary_keys": ["/a+/"]})
    assert told(lorebook, ["cave"]) == () and import_notice(lorebook)


def test_entries_beyond_the_limits_are_counted() -> None:
    many: list[dict[str, Any]] = [
        {"keys": [f"word{number}"], "content": f"{number}"} for number in range(5002)
    ]
    assert import_notice(book(*many)) == "2 lorebook entries are beyond the limit and aren't used."


def test_an_entry_has_a_scan_depth_of_its_own() -> None:
    far = ["cave", "...", "..."]
    for value, tells in ((1, False), ("2", False), (3, True), (0, False), (None, True)):
        entry = {**CAVE, "extensions": {"scan_depth": value}}
        assert bool(told(book(entry), far)) is tells, value


def test_recursion_follows_its_rules() -> None:
    def recursive(first: dict[str, Any], second: dict[str, Any]) -> int:
        entries: list[dict[str, Any]] = [
            {**CAVE, "extensions": first},
            {"keys": ["dark"], "content": "Dark is the color of coal.", "extensions": second},
            {"keys": ["coal"], "content": "Coal burns."},
        ]
        return len(told(book(*entries, recursive_scanning="true"), ["cave"]))

    assert recursive({}, {}) == 3
    assert recursive({"prevent_recursion": True}, {}) == 1
    assert recursive({}, {"exclude_recursion": True}) == 1
    assert recursive({}, {"prevent_recursion": "true"}) == 2
    assert recursive({}, {"delay_until_recursion": 2}) == 3
    assert recursive({"delay_until_recursion": True}, {}) == 0


def test_what_is_constant_brings_up_more_too() -> None:
    constant = {"keys": [], "constant": True, "content": "There is a cave."}
    assert told(book(constant, CAVE, recursive_scanning=True), ["Hi"]) == ("The cave is dark.",)
    assert told(book(constant, CAVE), ["Hi"]) == ()


def test_chance_is_the_same_each_time_and_about_as_large_as_the_card_says() -> None:
    lorebook = book({**CAVE, "extensions": {"probability": 30, "useProbability": True}})

    def is_told(seed: str) -> bool:
        return evaluate_entries(lorebook, ScanContext(["cave"], seed=seed))[0].is_due

    first = [is_told(f"1 {number}") for number in range(400)]
    assert first == [is_told(f"1 {number}") for number in range(400)]
    assert 80 < sum(first) < 160
    assert told(book({**CAVE, "probability": 0, "useProbability": False}), ["cave"])
    assert not told(book({**CAVE, "probability": 0}), ["cave"])
    never = book({**CAVE, "constant": True, "probability": "0"})
    assert told(never, ["cave"]) == () and never.opening_entries == ()


def test_an_entry_that_does_not_fit_does_not_silence_the_next() -> None:
    long = {**CAVE, "content": "x" * 3000}
    assert told(book(long, CAVE), ["cave"]) == ("The cave is dark.",)
    assert told(book(long, CAVE, token_budget=100), ["cave"]) == ("The cave is dark.",)
    assert told(book(long, CAVE, token_budget=5), ["cave"]) == ()


@pytest.mark.parametrize(
    ("budget", "context_size", "limit"),
    [(None, 8192, 2048), (512, 8192, 512), ("512", 8192, 512), (9999, 8192, 2048), (0, 256, 64)],
)
def test_the_budget_is_the_cards_within_a_share_of_the_context(
    budget: object, context_size: int, limit: int
) -> None:
    assert book(CAVE, token_budget=budget).budget_in(context_size) == limit


NAMES = st.sampled_from(
    [
        *("entries", "keys", "key", "content", "extensions", "selective", "position", "depth"),
        *("probability", "constant", "order", "secondary_keys", "scan_depth", "comment"),
    ]
)


def nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=5)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


@given(st.recursive(VALUES, nested, max_leaves=25), st.text(max_size=20))
@settings(max_examples=200)
def test_no_card_makes_the_lorebook_fail(found: object, said: str) -> None:
    card = {"character_book": found, "extensions": found}
    lorebook = lorebook_from_card(card)
    context = ScanContext([said])
    counts = {entry.content: len(entry.content) for entry in lorebook.entries}
    explanations = explain_lorebook(lorebook, context, counts, 8192)
    assert len(explanations) == len(lorebook.entries)
    again = lorebook_from_card(with_complete_lorebook(card))
    assert again.entries == lorebook.entries
