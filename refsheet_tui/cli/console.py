"""What a command says: replies on standard output, everything else on standard error."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from contextlib import suppress
from dataclasses import asdict
from time import monotonic

from refsheet_tui.chats import Overflow
from refsheet_tui.cli.streams import abandon_output
from refsheet_tui.engine import (
    Event,
    Finished,
    SaferSettings,
    TextDelta,
    TokenizedPart,
)
from refsheet_tui.engine.phases import Phase, phase_of
from refsheet_tui.errors import StorageError
from refsheet_tui.untrusted import clean

_CLEAR_LINE = "\r\x1b[K"
_TICK_S = 0.5


def note(text: str) -> None:
    """One line for the person."""
    print(text, file=sys.stderr, flush=True)


def begin_line(text: str) -> None:
    """Words that something follows on the same line."""
    print(text, end="", file=sys.stderr, flush=True)


class Status:
    """One line on a terminal's standard error that says what is going on, and for how long.

    Where standard error is no terminal it says nothing. Used as an async context manager.
    """

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._phase: Phase | None = None
        self._since = monotonic()
        self._ticking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Status:
        if self._shows:
            self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticking
        self.clear()

    def event(self, event: Event) -> None:
        phase = phase_of(event)
        if phase is None:
            self.clear()
            return
        if self._phase is None or phase.name != self._phase.name:
            self._since = monotonic()
        self._phase = phase
        self._draw()

    def clear(self) -> None:
        if self._phase is not None:
            self._phase = None
            self._write(_CLEAR_LINE)

    def _draw(self) -> None:
        if self._phase is not None:
            line = self._phase.line(monotonic() - self._since)
            # A line that wraps can't be taken back.
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{_CLEAR_LINE}{line[:width]}")

    def _write(self, text: str) -> None:
        if self._shows:
            sys.stderr.write(text)
            sys.stderr.flush()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._draw()


class ReplyPrinter:
    """Prints one reply: as it comes, or as one line of JSON at its end.

    `label` says, on standard error, whose words the reply's are.
    """

    def __init__(self, *, as_json: bool, label: str = "") -> None:
        self._as_json = as_json
        self._label = label
        self._text = ""

    def event(self, event: Event) -> None:
        if isinstance(event, TextDelta):
            if not self._text:
                begin_line(self._label)
            self._text += event.text
            if not self._as_json:
                _out(event.text)
        elif isinstance(event, SaferSettings):
            note(str(event))
        elif isinstance(event, Finished) and self._as_json:
            _out(_json(_reply(event, self._text)) + "\n")

    def written(self, text: str) -> None:
        """A whole reply that nobody had to generate."""
        if self._as_json:
            _out(_json({"event": "reply", "text": text, "finish": "written"}) + "\n")
            return
        begin_line(self._label)
        _out(clean(text).rstrip("\n") + "\n")

    def overflow(self, overflow: Overflow) -> None:
        if self._as_json:
            _out(_json({"event": "overflow", "oldest": overflow.oldest}) + "\n")
        else:
            note(str(overflow))

    def end(self) -> None:
        """However the reply ended, the next output begins on a line of its own."""
        if not self._as_json and self._text and not self._text.endswith("\n"):
            _out("\n")


def print_prompt(parts: tuple[TokenizedPart, ...]) -> None:
    """The parts of a prompt as JSON."""
    dumped: dict[str, object] = {"parts": [asdict(part) for part in parts]}
    _out(_json(dumped, indent=2) + "\n")


def _reply(finished: Finished, text: str) -> dict[str, object]:
    return {
        "event": "reply",
        "text": text,
        "finish": finished.finish,
        "prompt_tokens": finished.prompt_tokens,
        "reused_tokens": finished.reused_tokens,
        "new_tokens": finished.new_tokens,
        "timings": asdict(finished.timings),
    }


def _json(value: dict[str, object], indent: int | None = None) -> str:
    """Letters as they are, unless the output's encoding would lose some."""
    is_unicode = sys.stdout.encoding.lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not is_unicode, indent=indent)


def _out(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon_output()
        raise StorageError(
            f"Standard output can't be written: {error.strerror}.",
            "Free some space there, or send it elsewhere.",
        ) from error
