"""Decorators: lines at the beginning of a lorebook entry that say when and where it is told."""

from __future__ import annotations

from typing import Any

import pytest

from refsheet_tui.characters.lorebook import (
    Lorebook,
    LorebookEntry,
    ScanContext,
    Status,
    evaluate_entries,
    explain_lorebook,
    lorebook_from_card,
)


def book(content: str, keys: list[str] | None = None, **values: Any) -> Lorebook:
    entry = {"keys": ["cave"] if keys is None else keys, "content": content, **values}
    return lorebook_from_card({"character_book": {"entries": [entry]}})


def entry(content: str, **values: Any) -> LorebookEntry:
    return book(content, **values).entries[0]


def status(lorebook: Lorebook, said: str, **context: Any) -> Status:
    if lorebook.opening_entries:
        return Status.IN_OPENING
    return evaluate_entries(lorebook, ScanContext([said], **context))[0].status


def test_no_decorator_is_told() -> None:
    content = "\n@@depth 2\n@@unknown x\n\n@@@other 1\n@@role system\n\nFirst.\n@@not one\n"
    assert entry(content).content == "First.\n@@not one"


def test_activate_wins_over_everything() -> None:
    assert status(book("@@activate\nB", []), "x") is Status.IN_OPENING
    assert status(book("@@dont_activate\n@@activate\nB", []), "x") is Status.IN_OPENING
    assert status(book("@@activate\n@@dont_activate\nB", []), "x") is Status.IN_OPENING
    assert status(book("@@constant\nB", []), "x") is Status.IN_OPENING


def test_dont_activate_keeps_an_entry_from_being_told() -> None:
    assert status(book("@@dont_activate\nA"), "cave") is Status.NEVER
    assert status(book("@@dont_activate\nA", constant=True), "cave") is Status.NEVER


def test_additional_keys_must_come_up_and_excluded_ones_must_not() -> None:
    lorebook = book("@@additional_keys night, rain\nD")
    assert status(lorebook, "cave") is Status.CONDITION_FAILED
    assert status(lorebook, "cave, rain") is Status.TRIGGERED
    assert status(lorebook, "rain") is Status.NOT_TRIGGERED
    lorebook = book("@@exclude_keys night\nC")
    assert status(lorebook, "cave") is Status.TRIGGERED
    assert status(lorebook, "cave at night") is Status.CONDITION_FAILED


def test_replies_are_counted() -> None:
    lorebook = book("@@activate_only_after 5\nE")
    assert status(lorebook, "cave", reply_count=4) is Status.TOO_EARLY
    assert status(lorebook, "cave", reply_count=5) is Status.TRIGGERED
    lorebook = book("@@activate_only_every 3\nE")
    found = [status(lorebook, "cave", reply_count=count) for count in range(4)]
    assert found == [Status.TRIGGERED, Status.TOO_EARLY, Status.TOO_EARLY, Status.TRIGGERED]
    late = book("@@activate_only_after 2\nE", constant=True)
    assert status(late, "x", reply_count=1) is Status.TOO_EARLY
    assert status(late, "x", reply_count=2) is Status.CONSTANT


def test_an_entry_can_belong_to_a_greeting() -> None:
    lorebook = book("@@is_greeting 1\nG")
    assert status(lorebook, "cave", greeting=1) is Status.TRIGGERED
    assert status(lorebook, "cave", greeting=0) is Status.OTHER_GREETING
    assert status(lorebook, "cave", greeting=None) is Status.TRIGGERED


def test_what_was_told_once_can_stay_or_never_come_back() -> None:
    earlier = frozenset({"I"})
    keeping = book("@@keep_activate_after_match\nI")
    assert status(keeping, "x") is Status.NOT_TRIGGERED
    assert status(keeping, "x", earlier_texts=earlier) is Status.CONSTANT
    assert status(keeping, "x", earlier_texts=earlier, notes=[["I"]]) is Status.TOLD_ALREADY
    once = book("@@dont_activate_after_match\nI")
    assert status(once, "cave") is Status.TRIGGERED
    assert status(once, "cave", earlier_texts=earlier) is Status.TOLD_ALREADY


def test_an_entry_can_make_room_when_the_context_is_full() -> None:
    lorebook = book("@@ignore_on_max_context\nI", constant=True)
    assert status(lorebook, "x") is Status.CONSTANT
    assert status(lorebook, "x", is_context_full=True) is Status.CONTEXT_FULL


def test_places() -> None:
    assert entry("@@depth 2\nF").depth == 2
    assert entry("@@depth -1\nF").depth == 0
    assert entry("@@scan_depth 1\nF").scan_depth == 1
    assert entry("@@position before_desc\n@@depth 2\nF").position == "before"
    assert entry("@@depth 2\n@@position personality\nF").depth is None, "the position wins"
    assert entry("@@depth 2\n@@position nowhere\nF").depth == 2
    at_depth = {"position": 4, "depth": 1}
    assert entry("F", extensions=at_depth, position="before_char").depth == 1
    assert entry("F", position="before_char").position == "before"
    assert entry("F", extensions={"position": 1}, position="before_char").position == "after"
    assert entry("F", position="0").position == "before"


@pytest.mark.parametrize(
    ("lines", "depth", "scan_depth"),
    [
        ("@@unknown 3\n@@@depth 5", 5, None),
        ("@@scan_depth 3\n@@@depth 5", None, 3),
        ("@@unknown\n@@@other\n@@@depth 5\n@@@depth 6", 5, None),
        ("@@depth many\n@@@scan_depth 2", None, 2),
        ("@@@depth 5", None, None),
        ("@@depth 5\n@@depth 6", 5, None),
        ("@@scan_depth\n@@depth x", None, None),
        ("@@activate_only_every 0\n@@DEPTH 1", 1, None),
    ],
)
def test_a_fallback_counts_where_the_decorator_before_it_does_not(
    lines: str, depth: int | None, scan_depth: int | None
) -> None:
    found = entry(f"{lines}\nF")
    assert (found.depth, found.scan_depth, found.content) == (depth, scan_depth, "F")


def test_a_scan_depth_has_a_limit() -> None:
    assert entry("@@scan_depth 1000000\nA").scan_depth == entry("A", scan_depth=10**6).scan_depth
    assert entry("@@scan_depth 3\nA").scan_depth == 3


def test_additional_keys_follow_the_rules_of_the_entry() -> None:
    lorebook = book("@@additional_keys Night\nA", case_sensitive=True, match_whole_words=True)
    assert status(lorebook, "cave at Night") is Status.TRIGGERED
    assert status(lorebook, "cave at night") is Status.CONDITION_FAILED
    assert status(lorebook, "cave at Nights") is Status.CONDITION_FAILED


def explain(content: str, said: str = "cave", **context: Any) -> tuple[str, str]:
    """Return the trigger of the entry and the reason why it is told or left out."""
    lorebook = book(content)
    (explanation,) = explain_lorebook(lorebook, ScanContext([said], **context), {}, 8192)
    return explanation.trigger, explanation.reason


@pytest.mark.parametrize(
    ("content", "trigger"),
    [
        ("@@activate_only_after 1\nA", "cave; after 1 reply"),
        ("@@activate_only_after 2\nA", "cave; after 2 replies"),
        ("@@activate_only_every 1\nA", "cave"),
        ("@@activate_only_every 3\nA", "cave; every 3 replies"),
        ("@@is_greeting 0\nA", "cave; only after greeting 1"),
        ("@@probability 50\nA", "cave; with a probability of 50%"),
        (
            "@@activate_only_after 4\n@@activate_only_every 2\n@@exclude_keys night\nA",
            "cave; but none of: night; after 4 replies; every 2 replies",
        ),
    ],
)
def test_the_trigger_has_all_conditions(content: str, trigger: str) -> None:
    assert explain(content)[0] == trigger


def test_the_reason_says_what_is_missing() -> None:
    _, reason = explain("@@activate_only_after 2\nA", reply_count=1)
    assert reason == (
        "Left out: the chat hasn't reached the number of replies that the card asks for."
    )
    _, reason = explain("@@exclude_keys night\nA", "cave at night")
    assert reason == "Left out: “cave” came up, but its other conditions aren't met."
    _, reason = explain("@@constant\n@@exclude_keys night\nA", "night")
    assert reason == "Left out: its other conditions aren't met."
