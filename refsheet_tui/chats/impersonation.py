"""Ending a reply where the model would begin to speak for the user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from refsheet_tui.chats.user_labels import LineKind, UserLabels
from refsheet_tui.engine import EngineEvent, ReplyFinished, TextDelta
from refsheet_tui.i18n import _

_LINE_BREAK = re.compile(r"[\n\r\x85\u2028\u2029]")
_CODE_FENCE = re.compile(r"[ >]*(?:```|~~~)")
_CODE_FENCE_START = re.compile(r"[ >]{0,8}(?:`{0,3}|~{0,3})")


@dataclass(frozen=True)
class SpokeForUser:
    """The event that a reply is empty, because the model spoke for the user at once."""

    def __str__(self) -> str:
        """Return a notice for the user."""
        return _(
            "The model started to speak for you, so nothing was kept. "
            "Try again, or rephrase your message."
        )


class ImpersonationFilter:
    """Cuts off a reply before a line that is labelled as the user's, such as `Jane: Hello`.

    Lines in fenced code blocks stay. `has_matched` is True once such a line came.
    """

    def __init__(
        self, user_name: str | None, character_name: str = "", *, continued_text: str = ""
    ) -> None:
        """Prepare a filter for one reply.

        Args:
            user_name: The user's name; empty if the user has no name. If it is None, nothing is
                cut off.
            character_name: The name of the character, which may be the user's name as well.
            continued_text: The beginning of the reply, if it is continued.
        """
        self._labels = None if user_name is None else UserLabels(user_name, character_name)
        self._spaces = ""  # held back: nothing may stay of the white space before a cut
        self._line_start: str | None = ""  # held back; None once the line is known to be ordinary
        self._is_in_code = False
        self._has_shown_text = False
        self.has_matched = False
        if continued_text:
            self.filter_text(continued_text)
            self._spaces, self._line_start, self.has_matched = "", None, False
            self._has_shown_text = False

    def filter_event(self, event: EngineEvent) -> Iterator[EngineEvent | SpokeForUser]:
        """Yield `event` with the text that may be shown: it can be empty, or include earlier text.

        Text is held back while it may be the beginning of a line to cut off.
        """
        if isinstance(event, TextDelta):
            if text := self.filter_text(event.text):
                yield replace(event, text=text)
        elif isinstance(event, ReplyFinished):
            if rest := self.flush():
                yield TextDelta(rest)
            if self.has_matched and not self._has_shown_text:
                yield SpokeForUser()
            yield replace(event, reason="end_of_turn") if self.has_matched else event
        else:
            yield event

    def filter_text(self, piece: str) -> str:
        """Add `piece` to the reply, and return the text that may be shown now.

        Text that may still turn out to be a line to cut off is held back. After such a line nothing
        is shown.
        """
        if self._labels is None or self.has_matched:
            return "" if self.has_matched else piece
        shown, position = [self._spaces], 0
        while position < len(piece) and not self.has_matched:
            if self._line_start is None:
                line_break = _LINE_BREAK.search(piece, position)
                end = line_break.end() if line_break else len(piece)
                shown.append(piece[position:end])
                self._line_start, position = "" if line_break else None, end
            else:
                line_start = self._line_start + piece[position]
                kind = self._classify(self._labels, line_start)
                self.has_matched = kind is LineKind.USER
                self._line_start = line_start if kind is LineKind.UNDECIDED else None
                if _LINE_BREAK.match(piece, position):
                    self._line_start = ""
                if kind is LineKind.ORDINARY:
                    shown.append(line_start)
                position += 1
        text = "".join(shown)
        visible_text = text.rstrip()
        self._spaces = "" if self.has_matched else text[len(visible_text) :]
        self._has_shown_text = self._has_shown_text or bool(visible_text)
        return visible_text

    def flush(self) -> str:
        """Return the text that was held back; to be called at the end of the reply."""
        pending_text = self._spaces + (self._line_start or "")
        self._spaces, self._line_start = "", None
        return pending_text

    def _classify(self, labels: UserLabels, line_start: str) -> LineKind:
        if _LINE_BREAK.search(line_start):
            is_heading = not self._is_in_code and labels.is_heading(line_start)
            return LineKind.USER if is_heading else LineKind.ORDINARY
        if _CODE_FENCE.fullmatch(line_start):
            self._is_in_code = not self._is_in_code
            return LineKind.ORDINARY
        if self._is_in_code:
            is_fence = _CODE_FENCE_START.fullmatch(line_start)
            return LineKind.UNDECIDED if is_fence else LineKind.ORDINARY
        return labels.classify(line_start)
