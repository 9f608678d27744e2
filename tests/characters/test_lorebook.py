"""The lorebook of a card: which entries the model is told, and when."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from refsheet_tui.characters.lorebook import Lorebook, lorebook_from_card
from refsheet_tui.characters.profile import Profile
from refsheet_tui.characters.rendered_profile import RenderedProfile
from refsheet_tui.prompting import language

CAVE = {"keys": ["cave", "洞穴"], "content": "The cave is dark.", "enabled": True}


def book(*entries: dict[str, Any], **settings: Any) -> Lorebook:
    return lorebook_from_card({"character_book": {"entries": list(entries), **settings}})


@pytest.mark.parametrize(
    ("said", "tells"),
    [
        ("Show me the cave!", True),
        ("THE CAVE", True),
        ("我们去洞穴吧", True),
        ("A caveman", False),
        ("concave", False),
        ("cavé", False),
        ("", False),
    ],
)
def test_a_word_brings_up_its_entry(said: str, tells: bool) -> None:
    assert book(CAVE).triggered_texts([said], ()) == (("The cave is dark.",) if tells else ())


def test_what_was_told_is_not_told_again() -> None:
    assert book(CAVE).triggered_texts(["cave"], ["The cave is dark."]) == ()


def test_only_the_last_messages_count() -> None:
    far = ["cave", *["..."] * 4]
    assert book(CAVE).triggered_texts(far, ()) == ()
    assert book(CAVE, scan_depth=5).triggered_texts(far, ()) == ("The cave is dark.",)


def test_case_counts_where_the_card_says_so() -> None:
    exact = book({**CAVE, "case_sensitive": True})
    assert exact.triggered_texts(["Cave"], ()) == () and exact.triggered_texts(["cave"], ()) != ()


def test_a_second_word_must_come_up_too_where_the_card_says_so() -> None:
    both = book({**CAVE, "selective": True, "secondary_keys": ["night"]})
    assert (
        both.triggered_texts(["the cave"], ()) == ()
        and both.triggered_texts(["the cave at night"], ()) != ()
    )


def test_entries_come_in_their_order_and_the_least_important_are_left_out() -> None:
    entries = [
        {"keys": ["a"], "content": name * 30, "insertion_order": order, "priority": priority}
        for name, order, priority in [("x", 3, 9), ("y", "1", 1), ("z", 2, 5)]
    ]
    told = book(*entries, token_budget=20).triggered_texts(["a"], ())
    assert told == ("z" * 30, "x" * 30)


def test_what_is_told_brings_up_more_where_the_card_says_so() -> None:
    more = {"keys": ["dark"], "content": "Dark is the color of coal."}
    assert len(book(CAVE, more).triggered_texts(["cave"], ())) == 1
    assert len(book(CAVE, more, recursive_scanning=True).triggered_texts(["cave"], ())) == 2


@pytest.mark.parametrize(
    "entry",
    [
        {**CAVE, "enabled": False},
        {**CAVE, "use_regex": True},
        {**CAVE, "extensions": {"use_regex": True}},
        {**CAVE, "keys": ["", None, 3]},
        {**CAVE, "keys": "cave"},
        {**CAVE, "content": ["cave"]},
        {**CAVE, "content": "@@depth 3\n@@role system"},
        {},
    ],
)
def test_what_is_no_entry_of_words_never_comes_up(entry: dict[str, Any]) -> None:
    assert book(entry).triggered_texts(["the cave"], ()) == ()


@pytest.mark.parametrize(
    "found", [None, [], {}, {"entries": None}, {"entries": [None, 1, "x"]}, {"entries": {}}]
)
def test_a_book_of_another_shape_is_empty(found: object) -> None:
    assert lorebook_from_card({"character_book": found}) == Lorebook()


@pytest.mark.parametrize("value", [None, "many", [], {}, -1, 1e300, float("nan"), True, "7"])
def test_numbers_of_any_kind_do_no_harm(value: object) -> None:
    odd = book({**CAVE, "priority": value, "insertion_order": value}, scan_depth=value)
    assert odd.triggered_texts(["cave"], ()) == ("The cave is dark.",)


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
    hostile.triggered_texts(["a" * 100_000] * 32, ())
    assert process_time() - begin < 2


def test_an_entry_that_is_looked_for_no_more_is_not_told_always() -> None:
    many = {"keys": [f"word{number}" for number in range(3999)], "content": "Many."}
    both = {"keys": ["cat"], "selective": True, "secondary_keys": ["dog"], "content": "Both."}
    assert book(many, both).triggered_texts(["the cat"], ()) == ()


def test_orders_to_other_programs_are_not_told() -> None:
    assert book({**CAVE, "content": "@@depth 3\nDark."}).triggered_texts(["cave"], ()) == ("Dark.",)


def test_what_is_constant_is_in_the_opening_with_names_in_their_places() -> None:
    entries = [
        {"keys": [], "content": "{{char}} knows {{user}}.", "constant": True},
        {"keys": ["{{user}}"], "content": "{{user}} is a friend."},
    ]
    card = {"character_book": {"entries": entries}, "system_prompt": "{{original}} Be red."}
    telling = RenderedProfile(Profile(name="Ember", person="Jane", card=card), language("en"))
    assert "Ember knows Jane." in telling.description()
    assert "Be red." in telling.description() and "original" not in telling.description()
    assert telling.lorebook().triggered_texts(["I am Jane!"], ()) == ("Jane is a friend.",)


def test_the_person_without_a_name_is_somebody_to_the_character_and_you_to_its_face() -> None:
    profile = Profile(name="Ember", description="{{char}} likes {{user}}.", greeting="Hi {{user}}!")
    telling = RenderedProfile(profile, language("fr"))
    assert telling.description() == "Ember likes la personne avec qui tu parles."
    assert telling.greetings() == ("Hi toi!",)
