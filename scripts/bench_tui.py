#!/usr/bin/env python3
"""How fast the screens are, in real processes on terminals of 120 columns and 40 rows.

Prints a table in Markdown, or everything that was measured as JSON. It takes more than a minute.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic

import psutil

from tui_bench.empty import HELLO
from tui_bench.stage import CHARACTER, LAST_WORD, set_stage
from tui_bench.terminal import Terminal

_REFSHEET = ("-m", "refsheet_tui")
_EMPTY = ("-m", "tui_bench.empty")
_REPLIES = ("-m", "tui_bench.replies")
_MB = 1e6
# Of an engine that is loaded, in the heading; of a reply that has ended, under the chat.
_READY, _ENDED = "ready", "first word after"
# Seconds in which pictures are drawn and the engine's process has become quiet.
_REST_S = 1.0


@dataclass(frozen=True)
class Figure:
    """`samples` are what `value` is made of. `target` is the most it may be; None: there is
    none."""

    what: str
    value: float
    unit: str
    samples: tuple[float, ...]
    target: float | None = None
    of_what: str = ""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "met" if self.value <= self.target else "missed"

    def row(self) -> str:
        spread = f" [{_number(min(self.samples))} – {_number(max(self.samples))}]"
        target = f"≤ {_number(self.target)}{self.of_what}" if self.target is not None else ""
        shown = f"{_number(self.value)} {self.unit}{spread if len(self.samples) > 1 else ''}"
        return f"| {self.what} | {shown} | {target} | {self.verdict} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="everything that was measured")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for messages in (10, 500, 10_000):
            set_stage(folder / str(messages), messages)
        figures = [
            *first_paint(folder / "10"),
            *lateness(folder / "500"),
            *opening(folder),
            *rendering(folder / "10"),
            *memory(folder / "10"),
        ]
    if given.json:
        print(json.dumps([{**asdict(each), "verdict": each.verdict} for each in figures]))
        return
    print("| what | figure | target | |\n|---|---|---|---|")
    print("\n".join(figure.row() for figure in figures))


def first_paint(folder: Path, runs: int = 9) -> list[Figure]:
    """Cards with their names, against the import of Textual and an app that shows one word."""
    imports, empty, ours = [], [], []
    for _ in range(runs):
        begin = monotonic()
        subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
        imports.append(1000 * (monotonic() - begin))
        empty.append(_painted(_EMPTY, HELLO, folder))
        ours.append(_painted(_REFSHEET, CHARACTER, folder))
    peer = statistics.median(imports) + statistics.median(empty)
    return [
        _median("`import textual.app`", imports),
        _median("an empty app, first paint", empty),
        _median("the gallery, first paint", ours, 1.5 * peer, " (1.5 × both together)"),
    ]


def _painted(arguments: Sequence[str], text: str, folder: Path) -> float:
    with Terminal(arguments, folder) as terminal:
        return 1000 * (terminal.until(text) - terminal.begun)


def lateness(folder: Path) -> list[Figure]:
    """A loop of 10 ms, while 1,200 tokens are added to a chat of 500 messages in 12 s."""
    measured = _replied(folder, 1200, 100)["late"]
    assert isinstance(measured, list)
    delays = sorted(1000 * each for each in measured)
    p99 = statistics.quantiles(delays, n=100)[98]
    what = f"loop's delay at 100 tokens/s, 500 messages, {len(delays)} samples:"
    return [
        Figure(f"{what} 99th percentile", p99, "ms", (p99,), 50),
        Figure(f"{what} median", statistics.median(delays), "ms", (delays[0], delays[-1])),
    ]


def opening(folder: Path, runs: int = 5) -> list[Figure]:
    """From the key to the last message."""
    times: dict[str, list[float]] = {"10": [], "10000": []}
    for _ in range(runs):
        for messages, taken in times.items():
            with Terminal(_REFSHEET, folder / messages) as terminal:
                _settled_gallery(terminal)
                begin = monotonic()
                terminal.press("\r")
                taken.append(1000 * (terminal.until(LAST_WORD) - begin))
    return [
        _median("a chat of 10 messages, opened", times["10"]),
        _median("a chat of 10,000 messages, opened", times["10000"], 300),
    ]


def rendering(folder: Path, runs: int = 3) -> list[Figure]:
    """2,000 tokens as fast as they are taken, each in a turn of the loop of its own."""
    alone, ours = [], []
    for _ in range(runs):
        file = folder / "measured.json"
        with Terminal([*_REPLIES, "markdown", str(file), "2000"], folder) as terminal:
            terminal.end()
        alone.append(1000 * float(json.loads(file.read_text())["took_s"]))
        ours.append(1000 * float(str(_replied(folder, 2000)["took_s"])))
    return [
        _median("2,000 tokens in `Markdown.get_stream` alone", alone),
        _median("2,000 tokens in a chat", ours, 2 * statistics.median(alone), " (2 × that)"),
    ]


def _replied(folder: Path, tokens: int, tokens_per_s: int | None = None) -> dict[str, object]:
    """What was measured while a reply was added to a copy of the chat in `folder`."""
    pace = [str(tokens_per_s)] if tokens_per_s else []
    with tempfile.TemporaryDirectory() as temporary:
        copied = Path(shutil.copytree(folder, temporary, dirs_exist_ok=True))
        file = copied / "measured.json"
        terminal = Terminal([*_REPLIES, "chat", str(file), str(tokens), *pace], copied)
        with terminal:
            _settled_gallery(terminal)
            terminal.press("\r")
            terminal.until(LAST_WORD)
            terminal.rest(_REST_S)
            terminal.press("Hello\r")
            terminal.end()
        measured: dict[str, object] = json.loads(file.read_text())
    return measured


def memory(folder: Path) -> list[Figure]:
    """The process of the screens, without that of the engine, with the demo model."""
    with Terminal(_REFSHEET, folder) as terminal:
        _settled_gallery(terminal)
        terminal.press("\r")
        terminal.until(LAST_WORD)
        terminal.rest(_REST_S)
        terminal.press("What are you wearing?\r")
        terminal.until(_ENDED)
        info = psutil.Process(terminal.process.pid).memory_full_info()
    resident, own = info.rss / _MB, info.uss / _MB
    return [
        Figure("memory after a reply, resident", resident, "MB", (resident,), 150),
        Figure("memory after a reply, its own", own, "MB", (own,)),
    ]


def _settled_gallery(terminal: Terminal) -> None:
    terminal.until(CHARACTER)
    terminal.until(_READY)
    terminal.rest(_REST_S)


def _median(
    what: str, samples: Sequence[float], target: float | None = None, of_what: str = ""
) -> Figure:
    return Figure(what, statistics.median(samples), "ms", tuple(samples), target, of_what)


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


if __name__ == "__main__":
    main()
