"""Count what a reply costs while it is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from refsheet_tui.engine.events import FinishReason, ReplyFinished, Timings


class ReplyStats:
    """The token counts and times of one request, which begins now.

    They can be read at any moment, from another thread too.
    """

    def __init__(self) -> None:
        self._started_at = monotonic()
        self.load_s = 0.0
        self.prompt_tokens = 0
        self.reused_tokens = 0
        self.new_tokens = 0
        self._encode_s = 0.0
        self._read_s = 0.0
        self._first_token_s = 0.0
        self._first_written_at = self._last_written_at = 0.0

    @contextmanager
    def time_encoding(self) -> Iterator[None]:
        begin = monotonic()
        try:
            yield
        finally:
            self._encode_s += monotonic() - begin

    @contextmanager
    def time_reading(self) -> Iterator[None]:
        begin = monotonic()
        try:
            yield
        finally:
            self._read_s += monotonic() - begin

    def record_sampled_token(self) -> None:
        """Record that the model chose a token, which may be the one that ends the turn."""
        self._first_token_s = self._first_token_s or monotonic() - self._started_at

    def record_reply_token(self) -> None:
        """Record that the chosen token is part of the reply."""
        self._last_written_at = monotonic()
        self._first_written_at = self._first_written_at or self._last_written_at
        self.new_tokens += 1

    def make_finished_event(self, reason: FinishReason) -> ReplyFinished:
        writing_s = self._last_written_at - self._first_written_at
        timings = Timings(
            load_s=self.load_s,
            encode_s=self._encode_s,
            read_s=self._read_s,
            first_token_s=self._first_token_s,
            write_tps=(self.new_tokens - 1) / writing_s if writing_s > 0 else 0.0,
        )
        return ReplyFinished(
            reason, self.prompt_tokens, self.reused_tokens, self.new_tokens, timings
        )
