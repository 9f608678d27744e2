"""Ending a reply where the model would begin to speak for the user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from refsheet_tui.engine import EngineEvent, ReplyFinished, TextDelta

_COLONS = (":", "：")


class ImpersonationFilter:
    """Cuts off a reply before a line that begins with the user's name and a colon.

    A plain "You:" does not count as a name: it can be part of a normal reply. `has_matched` is
    True once such a line came.
    """

    def __init__(self, user_name: str) -> None:
        """Prepare a filter for one reply; if `user_name` is empty, nothing is cut off."""
        name = user_name.strip().casefold()
        self._name_prefixes = tuple(f"{name}{colon}" for colon in _COLONS) if name else ()
        self._pending_text = ""
        self.has_matched = False

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
            yield replace(event, reason="end_of_turn") if self.has_matched else event
        else:
            yield event

    def filter_text(self, piece: str) -> str:
        """Add `piece` to the reply, and return the text that may be shown now.

        Text that may still turn out to be a line to cut off is held back. After such a line nothing
        is shown.
        """
        if self.has_matched or not self._name_prefixes:
            return "" if self.has_matched else piece
        text = self._pending_text + piece
        visible_text = ""
        while (line_end := text.find("\n")) >= 0:
            line = text[line_end + 1 :].lstrip("\n *_").casefold()
            if line.startswith(self._name_prefixes):
                self.has_matched = True
                self._pending_text = ""
                return (visible_text + text[:line_end]).rstrip()
            if not line or any(prefix.startswith(line) for prefix in self._name_prefixes):
                break
            visible_text, text = visible_text + text[: line_end + 1], text[line_end + 1 :]
        else:
            line_end = len(text)
        visible_text += text[:line_end]
        # White space before such a line is trimmed, so it is held back until the next text comes.
        visible_end = len(visible_text.rstrip())
        self._pending_text = visible_text[visible_end:] + text[line_end:]
        return visible_text[:visible_end]

    def flush(self) -> str:
        """Return the text that was held back; to be called at the end of the reply."""
        pending_text, self._pending_text = self._pending_text, ""
        return pending_text
