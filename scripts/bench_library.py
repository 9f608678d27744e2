#!/usr/bin/env python3
"""Measure how fast a large library is: 10,000 chats with 1,000,000 messages.

`scripts/bench_library.py [FOLDER]` builds it (in FOLDER, where it stays) and prints a table in
Markdown.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic

from refsheet_tui.characters import Profile
from refsheet_tui.chats import Library, search_messages
from refsheet_tui.paths import samples_dir

_RUNS = 7
_WORDS = [
    *("dragon", "whale", "painting", "silver", "forest", "river", "mountain", "lantern", "paper"),
    *(
        "蓝色的鲸鱼",
        "喜欢画画",
        "月亮",
        "山上",
        "ドラゴン",
        "クジラ",
        "고래",
        "바다",
        "синий",
        "море",
    ),
]
# A word of very few messages.
_RARE = "quetzalcoatl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--chats", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=100, help="messages in each chat")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        library = Library.open(folder)
        if not library.chats.latest_chats(1):
            build_library(library, arguments.chats, arguments.messages)
        measure_library(library, folder)


def build_library(library: Library, chats: int, messages: int) -> None:
    """Build a library in one transaction, with the rows that real use would leave."""
    rng = random.Random(0)
    profile = Profile(name="Ember")
    version = library.characters.add_character(profile, [samples_dir() / "ember.png"]).version
    with library.database.transaction() as connection:
        number = 0
        for chat in range(1, chats + 1):
            connection.execute(
                "INSERT INTO chats (id, version, beginning, begun, leaf, created, used)"
                " VALUES (?, ?, ?, 1, ?, ?, ?)",
                (chat, version, f"Chat {chat}", number + messages, chat, chat),
            )
            rows = []
            for turn in range(messages):
                number += 1
                words = rng.choices(_WORDS, k=rng.randrange(5, 40))
                if number % 100_000 == 0:
                    words.append(_RARE)
                role = "model" if turn % 2 == 0 else "user"
                parent = number - 1 if turn else None
                rows.append((number, chat, parent, role, " ".join(words), number))
            connection.executemany(
                "INSERT INTO messages (id, chat, parent, role, text, created)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )


def measure_library(library: Library, folder: Path) -> None:
    database = library.database
    size = database.file.stat().st_size / 1e9
    count = int(str(database.fetch_rows("SELECT count(*) FROM messages")[0][0]))
    middle = library.chats.get_chat(5000) if library.chats.latest_chats(5001)[5000:] else None
    print(f"{count} messages, {size:.2f} GB\n\n| what | median ms | max ms |\n|---|---|---|")
    print_timing("the list of all chats", library.chats.latest_chats)
    print_timing("the newest 100 chats", lambda: library.chats.latest_chats(100))
    if middle is not None and middle.leaf is not None:
        leaf = middle.leaf
        print_timing("one chat, opened", lambda: library.tree.path_to(leaf))
    for label, words in {
        "a word that is everywhere": "dragon",
        "two words": "dragon lantern",
        "a Chinese word of five": "蓝色的鲸鱼",
        "a Chinese word of two": "月亮",
        "a rare word": _RARE,
        "a word that is nowhere": "xylophone",
        "two letters that are nowhere": "qx",
    }.items():
        print_timing(f"search: {label}", partial(search_messages, database, words))
    library.close()
    print_timing("opened, as at every start", lambda: Library.open(folder).close())
    command = [sys.executable, "-m", "refsheet_tui", "--help"]
    print_timing(
        "`refsheet --help`", lambda: subprocess.run(command, capture_output=True, check=True)
    )


def print_timing(label: str, action: Callable[[], object]) -> None:
    times = []
    for _ in range(_RUNS):
        start = monotonic()
        action()
        times.append(1000 * (monotonic() - start))
    print(f"| {label} | {statistics.median(times):.1f} | {max(times):.1f} |", flush=True)


if __name__ == "__main__":
    main()
