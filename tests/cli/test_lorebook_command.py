"""`refsheet characters lorebook`, and what an import says about a lorebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helpers.command import refsheet
from helpers.library_command import EMBER, read

ENTRIES: list[dict[str, Any]] = [
    {"keys": ["cave"], "content": "The cave is dark.", "use_regex": True, "comment": "Cave"},
    {"keys": ["/tunnel(s)?/i"], "content": "Wet.", "use_regex": True, "comment": "Tunnels"},
    {"keys": ["night"], "content": "Never.", "enabled": "false"},
    {"keys": [], "content": "{{char}} is old.", "constant": True},
    {"keys": ["cave"], "content": "word " * 400, "name": "Too long"},
    {"keys": ["cave"], "content": "Rare.", "probability": 0, "name": "Rare"},
]


def add_character(home: Path, entries: list[dict[str, Any]]) -> str:
    """Import a card with a lorebook, and return what the command prints on standard error."""
    data = {"name": "Ember", "character_book": {"entries": entries, "token_budget": 100}}
    card = home / "card.json"
    card.write_text(json.dumps({"spec": "chara_card_v2", "data": data}))
    done = refsheet(home, "characters", "import", card, "--sheet", EMBER)
    assert done.code == 0, done.err
    return done.err


def test_every_entry_is_shown_with_its_reason(tmp_path: Path) -> None:
    assert "1 lorebook entry needs a regular expression, which isn't supported: Tunnels." in (
        add_character(tmp_path, ENTRIES)
    )
    done = refsheet(tmp_path, "characters", "lorebook", "Ember", "--try", "A Cave at night")
    assert done.code == 0, done.err
    for line in (
        "  Told, because “cave” came up.",
        "  Left out: its keywords are a regular expression, which isn't supported.",
        "  Left out: disabled in the card.",
        "  Told at the beginning of every chat.",
        "  Left out: it doesn't fit the token budget.",
        "  Left out by chance: it is told with a probability of 0%.",
        "  Ember is old.",
    ):
        assert line in done.out.splitlines()
    assert "6 entries; " in done.out and " of 100 tokens are told." in done.out
    quiet = refsheet(tmp_path, "characters", "lorebook", "Ember")
    assert "Not triggered." not in quiet.out and "disabled in the card" in quiet.out


def test_as_json_tokens_are_exact(tmp_path: Path) -> None:
    add_character(tmp_path, ENTRIES)
    shown = read(tmp_path, "characters", "lorebook", "Ember", "--try", "cave")
    assert (shown["budget"], shown["exact"]) == (100, True)
    by_name = {each["name"]: each for each in shown["entries"]}
    assert by_name["Cave"]["told"] and by_name["Cave"]["tokens"] < len("The cave is dark.")
    assert by_name["Too long"]["status"] == "over budget"


def test_without_a_model_tokens_are_estimates(tmp_path: Path) -> None:
    add_character(tmp_path, ENTRIES)
    done = refsheet(tmp_path, "characters", "lorebook", "Ember", "--model", "/nowhere.gguf")
    assert done.code == 0 and "(~6 tokens)" in done.out and "estimates" in done.err
    assert "Traceback" not in done.err


def test_one_entry_is_no_entries(tmp_path: Path) -> None:
    add_character(tmp_path, [ENTRIES[0]])
    done = refsheet(tmp_path, "characters", "lorebook", "Ember")
    assert "1 entry; 0 of 100 tokens are told." in done.out.splitlines()


def test_a_character_without_a_lorebook_says_so(tmp_path: Path) -> None:
    add_character(tmp_path, [])
    done = refsheet(tmp_path, "characters", "lorebook", "Ember")
    assert (done.code, done.out, done.err) == (0, "", "Ember has no lorebook.\n")
    assert refsheet(tmp_path, "characters", "lorebook", "Nobody").code == 1


def test_a_lorebook_in_an_unknown_form_is_named(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    card.write_text(json.dumps({"name": "Ember", "first_mes": "…", "lore": ["The sea is deep."]}))
    notice = "lore of the card is kept but not used as a lorebook.\n"
    done = refsheet(tmp_path, "characters", "import", card, "--sheet", EMBER)
    assert done.code == 0 and done.err.endswith(notice)
    done = refsheet(tmp_path, "characters", "lorebook", "Ember")
    assert done.code == 0 and done.err.startswith("Ember has no lorebook.\n")
    assert done.err.endswith(notice)


def test_a_chat_names_what_does_not_fit(tmp_path: Path) -> None:
    add_character(tmp_path, ENTRIES)
    talk = ("talk", "Ember", "--greedy", "--max-new-tokens", "4")
    done = refsheet(tmp_path, *talk, stdin=b"the cave\n")
    notice = "1 lorebook entry doesn't fit the budget of 100 tokens: Too long."
    assert done.code == 0 and notice in done.err.splitlines(), done.err
    done = refsheet(tmp_path, *talk, "--json", stdin=b"the cave\n")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert {"event": "lorebook", "left_out": ["Too long"]} in events
