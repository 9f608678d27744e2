#!/usr/bin/env python3
"""Measure how fast the screens are, in real processes on terminals of 120 columns and 40 rows.

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

from tui_bench.empty_app import HELLO
from tui_bench.pty_terminal import PtyTerminal
from tui_bench.sample_library import CHARACTER, LAST_WORD, create_sample_library

_REFSHEET = ("-m", "refsheet_tui")
_EMPTY = ("-m", "tui_bench.empty_app")
_REPLIES = ("-m", "tui_bench.reply_apps")
_MB = 1e6
# Texts on the screen: in the heading when the engine is loaded, under the chat when a reply ended.
_READY, _ENDED = "ready", "first word after"
# Seconds until pictures are drawn and the engine process is idle.
_SETTLE_S = 1.0


@dataclass(frozen=True)
class Figure:
    """A figure in the table.

    `value` is computed from `samples`. `target` is the most that it may be, or None. `of_what` says
    what the target was computed from.
    """

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
        spread = f" [{_format_number(min(self.samples))} – {_format_number(max(self.samples))}]"
        target = f"≤ {_format_number(self.target)}{self.of_what}" if self.target is not None else ""
        figure = (
            f"{_format_number(self.value)} {self.unit}{spread if len(self.samples) > 1 else ''}"
        )
        return f"| {self.what} | {figure} | {target} | {self.verdict} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print everything that was measured")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for messages in (10, 500, 10_000):
            create_sample_library(folder / str(messages), messages)
        figures = [
            *measure_first_paint(folder / "10"),
            *measure_loop_delay(folder / "500"),
            *measure_chat_opening(folder),
            *measure_rendering(folder / "10"),
            *measure_memory(folder / "10"),
        ]
    if arguments.json:
        print(json.dumps([{**asdict(each), "verdict": each.verdict} for each in figures]))
        return
    print("| what | figure | target | |\n|---|---|---|---|")
    print("\n".join(figure.row() for figure in figures))


def measure_first_paint(folder: Path, runs: int = 9) -> list[Figure]:
    """Measure the first paint of the cards, an empty app's, and the import of Textual."""
    import_times, empty_app_times, refsheet_times = [], [], []
    for _ in range(runs):
        start = monotonic()
        subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
        import_times.append(1000 * (monotonic() - start))
        empty_app_times.append(_time_first_paint(_EMPTY, HELLO, folder))
        refsheet_times.append(_time_first_paint(_REFSHEET, CHARACTER, folder))
    baseline = statistics.median(import_times) + statistics.median(empty_app_times)
    return [
        _median("`import textual.app`", import_times),
        _median("an empty app, first paint", empty_app_times),
        _median(
            "the gallery, first paint", refsheet_times, 1.5 * baseline, " (1.5 × both together)"
        ),
    ]


def _time_first_paint(arguments: Sequence[str], text: str, folder: Path) -> float:
    with PtyTerminal(arguments, folder) as terminal:
        return 1000 * (terminal.wait_for_text(text) - terminal.started_at)


def measure_loop_delay(folder: Path) -> list[Figure]:
    """Measure how late a loop of 10 ms is while a reply is added to a chat of 500 messages.

    The reply has 1,200 tokens, which arrive in 12 s.
    """
    delays_s = _measure_reply(folder, 1200, 100)["late"]
    assert isinstance(delays_s, list)
    delays = sorted(1000 * each for each in delays_s)
    p99 = statistics.quantiles(delays, n=100)[98]
    what = f"loop's delay at 100 tokens/s, 500 messages, {len(delays)} samples:"
    return [
        Figure(f"{what} 99th percentile", p99, "ms", (p99,), 50),
        Figure(f"{what} median", statistics.median(delays), "ms", (delays[0], delays[-1])),
    ]


def measure_chat_opening(folder: Path, runs: int = 5) -> list[Figure]:
    """Measure the time from the key to a chat's last message."""
    times: dict[str, list[float]] = {"10": [], "10000": []}
    for _ in range(runs):
        for messages, durations in times.items():
            with PtyTerminal(_REFSHEET, folder / messages) as terminal:
                _wait_for_gallery(terminal)
                start = monotonic()
                terminal.press("\r")
                durations.append(1000 * (terminal.wait_for_text(LAST_WORD) - start))
    return [
        _median("a chat of 10 messages, opened", times["10"]),
        _median("a chat of 10,000 messages, opened", times["10000"], 300),
    ]


def measure_rendering(folder: Path, runs: int = 3) -> list[Figure]:
    """Measure 2,000 tokens as fast as they are taken, each in its own iteration of the loop."""
    markdown_times, chat_times = [], []
    for _ in range(runs):
        file = folder / "measured.json"
        with PtyTerminal([*_REPLIES, "markdown", str(file), "2000"], folder) as terminal:
            terminal.wait_for_exit()
        markdown_times.append(1000 * float(json.loads(file.read_text())["took_s"]))
        chat_times.append(1000 * float(str(_measure_reply(folder, 2000)["took_s"])))
    return [
        _median("2,000 tokens in `Markdown.get_stream` alone", markdown_times),
        _median(
            "2,000 tokens in a chat",
            chat_times,
            2 * statistics.median(markdown_times),
            " (2 × that)",
        ),
    ]


def _measure_reply(folder: Path, tokens: int, tokens_per_s: int | None = None) -> dict[str, object]:
    """Add a reply to a copy of the chat in `folder`, and return what was measured meanwhile."""
    pace = [str(tokens_per_s)] if tokens_per_s else []
    with tempfile.TemporaryDirectory() as temporary:
        library_copy = Path(shutil.copytree(folder, temporary, dirs_exist_ok=True))
        file = library_copy / "measured.json"
        terminal = PtyTerminal([*_REPLIES, "chat", str(file), str(tokens), *pace], library_copy)
        with terminal:
            _wait_for_gallery(terminal)
            terminal.press("\r")
            terminal.wait_for_text(LAST_WORD)
            terminal.drain_output(_SETTLE_S)
            terminal.press("Hello\r")
            terminal.wait_for_exit()
        measurements: dict[str, object] = json.loads(file.read_text())
    return measurements


def measure_memory(folder: Path) -> list[Figure]:
    """Measure the memory of the screens' process, without the engine's, with the demo model."""
    with PtyTerminal(_REFSHEET, folder) as terminal:
        _wait_for_gallery(terminal)
        terminal.press("\r")
        terminal.wait_for_text(LAST_WORD)
        terminal.drain_output(_SETTLE_S)
        terminal.press("What are you wearing?\r")
        terminal.wait_for_text(_ENDED)
        info = psutil.Process(terminal.process.pid).memory_full_info()
    resident, own = info.rss / _MB, info.uss / _MB
    return [
        Figure("memory after a reply, resident", resident, "MB", (resident,), 150),
        Figure("memory after a reply, its own", own, "MB", (own,)),
    ]


def _wait_for_gallery(terminal: PtyTerminal) -> None:
    terminal.wait_for_text(CHARACTER)
    terminal.wait_for_text(_READY)
    terminal.drain_output(_SETTLE_S)


def _median(
    what: str, samples: Sequence[float], target: float | None = None, of_what: str = ""
) -> Figure:
    return Figure(what, statistics.median(samples), "ms", tuple(samples), target, of_what)


def _format_number(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


if __name__ == "__main__":
    main()
