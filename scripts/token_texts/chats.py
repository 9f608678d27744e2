"""Fifty conversations of up to seven turns, many with white space at their edges."""

from __future__ import annotations

import random
from dataclasses import dataclass

from token_texts.texts import sentences

COUNT = 50
_SEED = 5
_EDGES = ("", " ", "\n", "\n\n", "  \t", "\r\n", " \n ")
_SYSTEMS = (
    None,
    "You are Vesper, a grey cat who keeps a lighthouse.",
    "Answer in one sentence.\n\nNever use lists.",
    "  white space on both sides  ",
    "你是一条蓝色的龙。",
    "Line one\nline two\n",
)
_LINES = (
    "Hello!",
    "*waves* Hi there, friend.",
    "1. one\n2. two",
    "```\ncode\n```",
    "😀",
    "\n\nstarts with a blank line",
    "ends with one\n\n",
    "<b>bold</b>",
    "She said “no”.",
    "a\n\n\nb",
)


@dataclass(frozen=True)
class Conversation:
    """Alternate turns of the user and the model. The first and the last are the user's."""

    system: str | None
    turns: tuple[str, ...]


def conversations() -> list[Conversation]:
    """Return the conversations, which are the same on every call."""
    rng = random.Random(_SEED)
    lines = [*_LINES, *(line for group in sentences().values() for line in group)]
    return [
        Conversation(
            _SYSTEMS[number % len(_SYSTEMS)],
            tuple(_turn(rng, lines) for _ in range(1 + 2 * rng.randint(0, 3))),
        )
        for number in range(COUNT)
    ]


def _turn(rng: random.Random, lines: list[str]) -> str:
    words = " ".join(rng.choices(lines, k=rng.randint(1, 2)))
    return rng.choice(_EDGES) + words + rng.choice(_EDGES)
