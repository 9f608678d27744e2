"""What a reply costs, counted while it is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from refsheet_tui.engine.events import Finish, Finished, Timings


class Meter:
    """Begins with the request. It can be read at any moment, from another thread too."""

    def __init__(self) -> None:
        self._begin = monotonic()
        self.load_s = 0.0
        self.prompt_tokens = 0
        self.reused_tokens = 0
        self.new_tokens = 0
        self._encode_s = 0.0
        self._read_s = 0.0
        self._first_token_s = 0.0
        self._first = self._last = 0.0

    @contextmanager
    def encoding(self) -> Iterator[None]:
        begin = monotonic()
        try:
            yield
        finally:
            self._encode_s += monotonic() - begin

    @contextmanager
    def reading(self) -> Iterator[None]:
        begin = monotonic()
        try:
            yield
        finally:
            self._read_s += monotonic() - begin

    def chosen(self) -> None:
        """The model chose a token, which may be the one that ends the turn."""
        self._first_token_s = self._first_token_s or monotonic() - self._begin

    def written(self) -> None:
        """The token that was chosen is part of the reply."""
        self._last = monotonic()
        self._first = self._first or self._last
        self.new_tokens += 1

    def finished(self, finish: Finish) -> Finished:
        writing = self._last - self._first
        timings = Timings(
            load_s=self.load_s,
            encode_s=self._encode_s,
            read_s=self._read_s,
            first_token_s=self._first_token_s,
            write_tps=(self.new_tokens - 1) / writing if writing > 0 else 0.0,
        )
        return Finished(finish, self.prompt_tokens, self.reused_tokens, self.new_tokens, timings)
