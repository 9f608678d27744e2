"""The user's library on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helpers.command import refsheet

EMBER = "samples/ember.png"
TALK = ("--greedy", "--max-new-tokens", "24")


def read(home: Path, *arguments: str | Path) -> Any:
    """Return the output of a command with `--json`."""
    done = refsheet(home, *arguments, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def add(home: Path, name: str = "Ember", *more: str) -> int:
    made = read(home, "characters", "add", EMBER, "--name", name, *more)
    return int(made["id"])


def chats(home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(home, "chats", "list")["chats"]
    return found


def messages(home: Path, chat: int = 1, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(home, "chats", "show", str(chat), *options)["messages"]
    return found
