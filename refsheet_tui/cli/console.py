"""Output of commands: replies on standard output, everything else on standard error."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from contextlib import suppress
from dataclasses import asdict

from refsheet_tui.chats import ContextOverflow, LorebookOverflow, SpokeForUser
from refsheet_tui.cli.streams import abandon_output
from refsheet_tui.engine import (
    EngineEvent,
    PhaseClock,
    ReplyFinished,
    SaferSettings,
    TextDelta,
    TokenizedPart,
    phase_of,
)
from refsheet_tui.errors import StorageError
from refsheet_tui.untrusted import clean_text

_CLEAR_LINE = "\r\x1b[K"
_TICK_S = 0.5


def print_json(value: object) -> None:
    """Print `value` as JSON."""
    print(json.dumps(value), flush=True)


def print_note(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr, flush=True)


def begin_line(text: str) -> None:
    """Print text on standard error without ending the line."""
    print(text, end="", file=sys.stderr, flush=True)


class StatusLine:
    """A line on standard error that shows the current activity and how long it has taken.

    It shows nothing if standard error isn't a terminal. Used as an async context manager.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._clock = PhaseClock()
        self._tick_task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> StatusLine:
        if self._is_terminal:
            self._tick_task = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._tick_task is not None:
            self._tick_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._tick_task
        self.clear()

    def on_event(self, event: EngineEvent) -> None:
        """Show the activity of `event`; clear the line before an event that is printed."""
        phase = phase_of(event)
        if phase is None:
            self.clear()
        else:
            self._clock.enter(phase)
            self._draw()

    def clear(self) -> None:
        """Erase the line."""
        if self._clock.phase is not None:
            self._clock.enter(None)
            self._write(_CLEAR_LINE)

    def _draw(self) -> None:
        if line := self._clock.line():
            # A line that wraps can't be erased.
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{_CLEAR_LINE}{line[:width]}")

    def _write(self, text: str) -> None:
        if self._is_terminal:
            sys.stderr.write(text)
            sys.stderr.flush()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            self._draw()


class ReplyPrinter:
    """Prints one reply: as it arrives, or as one line of JSON at its end.

    `label` is printed before the reply, on standard error.
    """

    def __init__(self, *, as_json: bool, label: str = "") -> None:
        self._as_json = as_json
        self._label = label
        self._text = ""
        self._is_explained = False

    def on_event(self, event: EngineEvent | SpokeForUser) -> None:
        """Print what `event` adds to the reply."""
        if isinstance(event, TextDelta):
            if not self._text:
                begin_line(self._label)
            self._text += event.text
            if not self._as_json:
                _write_output(event.text)
        elif isinstance(event, SaferSettings):
            print_note(str(event))
        elif isinstance(event, SpokeForUser):
            self._is_explained = True
            print_note(str(event))
        elif isinstance(event, ReplyFinished):
            if self._as_json:
                _write_output(_to_json(_reply_object(event, self._text)) + "\n")
            elif not (self._text.strip() or self._is_explained or event.reason == "cancelled"):
                print_note("The model returned an empty reply. Try rephrasing.")

    def print_complete(self, text: str) -> None:
        """Print a complete reply that was not generated, such as a greeting."""
        if self._as_json:
            _write_output(_to_json({"event": "reply", "text": text, "finish": "written"}) + "\n")
            return
        begin_line(self._label)
        _write_output(clean_text(text).rstrip("\n") + "\n")

    def print_overflow(self, overflow: ContextOverflow | LorebookOverflow) -> None:
        """Print that the chat no longer fits the context, or its lorebook the budget."""
        if self._as_json and isinstance(overflow, LorebookOverflow):
            names = [entry.label for entry in overflow.entries]
            _write_output(_to_json({"event": "lorebook", "left_out": names}) + "\n")
        elif self._as_json and isinstance(overflow, ContextOverflow):
            _write_output(_to_json({"event": "overflow", "oldest": overflow.oldest_visible}) + "\n")
        else:
            print_note(str(overflow))

    def end(self) -> None:
        """End the line, so that the next output begins on a new one."""
        if not self._as_json and self._text and not self._text.endswith("\n"):
            _write_output("\n")


def print_prompt(parts: tuple[TokenizedPart, ...]) -> None:
    """Print the parts of a prompt as JSON."""
    content: dict[str, object] = {"parts": [asdict(part) for part in parts]}
    _write_output(_to_json(content, indent=2) + "\n")


def _reply_object(finished: ReplyFinished, text: str) -> dict[str, object]:
    return {
        "event": "reply",
        "text": text,
        "finish": finished.reason,
        "prompt_tokens": finished.prompt_tokens,
        "reused_tokens": finished.reused_tokens,
        "new_tokens": finished.new_tokens,
        "timings": asdict(finished.timings),
    }


def _to_json(value: dict[str, object], indent: int | None = None) -> str:
    """Return JSON. Non-ASCII letters are escaped only if the output's encoding isn't Unicode."""
    is_unicode = sys.stdout.encoding.lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not is_unicode, indent=indent)


def _write_output(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon_output()
        raise StorageError(
            f"Can't write to standard output: {error.strerror}.",
            "Free up some space there, or redirect the output elsewhere.",
        ) from error
