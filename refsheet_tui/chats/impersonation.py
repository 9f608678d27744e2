"""Ending a reply where the model would begin to speak for the user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from refsheet_tui.engine import EngineEvent, ReplyFinished, TextDelta

_COLONS = (":", "：")


class ImpersonationFilter:
    """Cuts off a reply before a line that begins with the user's name and a colon.

    A plain "You:" does not count as a name: it can be part of a normal reply. `found` is True once
    such a line came.
    """

    def __init__(self, user_name: str) -> None:
        """Prepare a filter for one reply; if `user_name` is empty, nothing is cut off."""
        name = user_name.strip().casefold()
        self._begins = tuple(f"{name}{colon}" for colon in _COLONS) if name else ()
        self._held_back = ""
        self.found = False

    def filter_event(self, event: EngineEvent) -> Iterator[EngineEvent]:
        """Yield `event` with the text that may be shown: it can be empty, or include earlier text.

        Text is held back while it may be the beginning of a line to cut off.
        """
        if isinstance(event, TextDelta):
            if text := self.filter_text(event.text):
                yield replace(event, text=text)
        elif isinstance(event, ReplyFinished):
            if rest := self.flush():
                yield TextDelta(rest)
            yield replace(event, reason="end_of_turn") if self.found else event
        else:
            yield event

    def filter_text(self, piece: str) -> str:
        """Add `piece` to the reply, and return the text that may be shown now.

        Text that may still turn out to be a line to cut off is held back. After such a line nothing
        is shown.
        """
        if self.found or not self._begins:
            return "" if self.found else piece
        text = self._held_back + piece
        shown = ""
        while (place := text.find("\n")) >= 0:
            line = text[place + 1 :].lstrip("\n *_").casefold()
            if line.startswith(self._begins):
                self.found = True
                self._held_back = ""
                return (shown + text[:place]).rstrip()
            if not line or any(begin.startswith(line) for begin in self._begins):
                break
            shown, text = shown + text[: place + 1], text[place + 1 :]
        else:
            place = len(text)
        shown += text[:place]
        # White space before such a line is trimmed, so it is held back until the next text comes.
        end = len(shown.rstrip())
        self._held_back = shown[end:] + text[place:]
        return shown[:end]

    def flush(self) -> str:
        """Return the text that was held back; to be called at the end of the reply."""
        held_back, self._held_back = self._held_back, ""
        return held_back
