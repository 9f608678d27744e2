"""One thousand texts in more than thirty scripts, made from a seed and from lists of texts."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

COUNT = 1000
# Texts of these kinds are split differently on purpose, for these reasons.
EXPECTED_DIFFERENCES = {
    "typed control token": (
        "what is typed never becomes a control token; the reference would make it one"
    ),
}
# Next to a space, a ▁ is the beginning of a run.
_NEVER_MIXED = {*EXPECTED_DIFFERENCES, "typed token that is not special", "typed ▁", "typed ▁▁"}
_BLANKS = (" ", "\n", "\t", "\r\n", "\u3000", "\u00a0")
_RUNS = (1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 30, 31, 32, 33, 40, 64)
_SEED = 3


@dataclass(frozen=True)
class SampleText:
    """A text. `kind` is the name of its script or language, or what is difficult about it."""

    kind: str
    text: str


def texts() -> list[SampleText]:
    """Return the texts in the order of their kinds. Each occurs once."""
    rng = random.Random(_SEED)
    found = dict.fromkeys(_fixed_texts())
    while len(found) < COUNT:
        for kind, words, separators in _mixtures():
            if len(found) < COUNT:
                found[SampleText(kind, _mix(rng, words, separators))] = None
    return sorted(found, key=lambda text: text.kind)


def sentences() -> dict[str, list[str]]:
    """Return sentences by the name of their script or language."""
    return _read("sentences.yaml")


def _fixed_texts() -> Iterator[SampleText]:
    for kind, lines in sentences().items():
        for line in lines:
            yield SampleText(kind, line)
            yield SampleText(f"{kind}, decomposed", unicodedata.normalize("NFD", line))
    for kind, pieces in _read("difficult.yaml").items():
        for piece in pieces:
            yield SampleText(kind, piece)
    for count in _RUNS:
        for blank in _BLANKS:
            yield SampleText("white space", blank * count)
            yield SampleText("white space", f"a{blank * count}b")


def _mixtures() -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield a kind, its words, and what may stand between them."""
    everything: list[str] = []
    for kind, lines in sentences().items():
        words = [word for line in lines for word in line.split()]
        everything += words
        yield kind, words, [" "]
    for kind, pieces in _read("difficult.yaml").items():
        if kind not in _NEVER_MIXED:
            everything += pieces
            yield f"{kind}, mixed", pieces, ["", " ", "\n"]
    yield "everything mixed", everything, ["", " ", "  ", "\n", "\n\n", "\t", ", "]


def _mix(rng: random.Random, words: list[str], separators: list[str]) -> str:
    parts = rng.choices(words, k=rng.randint(2, 9))
    return "".join(word + rng.choice(separators) for word in parts)


def _read(name: str) -> dict[str, list[str]]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    loaded: dict[str, list[str]] = yaml.safe_load(text)
    return loaded
