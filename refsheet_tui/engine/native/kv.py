"""The KV cache with the ledger of what it holds, always in step."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import islice

from refsheet_tui.engine.native.context import Context, Floats
from refsheet_tui.engine.native.ledger import Ledger, SoftTokens, Unit, positions
from refsheet_tui.errors import EngineError

# How many prompts' logits are kept, a megabyte each: the last, and those that the user is likely to
# go back to. For the others the last batch is read again.
_KEPT_LOGITS = 4


class KVCache:
    """Kept exact: a unit is written in the ledger when it is in the cache, and not before."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._units: list[Unit] = []
        self._written: list[int] = []
        self._begins: list[int] = []
        self._logits: dict[int, Floats] = {}
        self._positions = 0
        self.is_saved = True

    @property
    def positions(self) -> int:
        """How many places are taken."""
        return self._positions

    @property
    def ledger(self) -> Ledger:
        oldest = self.context.oldest()
        return Ledger(self._units, self._written, oldest, self._begins, self._logits.keys())

    @property
    def logits(self) -> Mapping[int, Floats]:
        """The kept logits, shape (vocabulary,), by the number of units of their prompt."""
        return self._logits

    def keep(self, count: int) -> None:
        """Forget all but the first `count` units, and what was written after them.

        Whatever lies behind would be seen by a picture that is read next, because it looks ahead.
        """
        self._written = []
        if count < len(self._units):
            del self._units[count:]
            del self._begins[bisect_left(self._begins, count) :]
            self._logits = {end: each for end, each in self._logits.items() if end <= count}
            self._positions = positions(self._units)
            self.is_saved = False
        self.context.forget_from(self._positions)

    def read(
        self, batch: Sequence[Unit], pictures: dict[str, Floats], *, want_logits: bool
    ) -> bool:
        """Read tokens, or one picture. False when it was stopped: then nothing of the batch
        stays, because it is one micro-batch.

        Raises `EngineError`, and then nothing is held any more.
        """
        try:
            done = self._read(batch, pictures, want_logits)
        except EngineError:
            self.forget()
            raise
        if done:
            self._begins.append(len(self._units))
            self._units.extend(batch)
            self._positions += positions(batch)
            self._written = []
            self.is_saved = False
        return done

    def remember_logits(self) -> None:
        """Keep the logits after what was just read: a prompt ends here."""
        self._logits[len(self._units)] = self.context.logits()
        for old in list(islice(self._logits, max(0, len(self._logits) - _KEPT_LOGITS))):
            del self._logits[old]

    def wrote(self, token: int) -> None:
        """The model chose a token, which was not read yet."""
        self._written = [token]

    def forget(self) -> None:
        """Forget everything, whatever state an error left it in."""
        self._units, self._written, self._positions = [], [], 0
        self._begins, self._logits = [], {}
        self.context.clear()
        self.is_saved = True

    def restore(self, ledger: Ledger, state: memoryview, logits: Mapping[int, Floats]) -> bool:
        """Hold what a snapshot holds. False, with nothing held, for one that does not fit."""
        self.forget()
        if not self.context.restore(state):
            self.forget()
            return False
        self._units, self._written = list(ledger.units), list(ledger.written)
        self._begins, self._logits = list(ledger.begins), dict(logits)
        self._positions = positions(self._units)
        return True

    def _read(self, batch: Sequence[Unit], pictures: dict[str, Floats], want_logits: bool) -> bool:
        if self.context.room(self._positions) < positions(batch):
            self.context.make_room()
        first = batch[0]
        if isinstance(first, SoftTokens):
            soft_tokens = pictures[first.sha256]
            return self.context.read_picture(soft_tokens, self._positions, want_logits=want_logits)
        tokens = [unit for unit in batch if isinstance(unit, int)]
        return self.context.read_tokens(tokens, self._positions, want_logits=want_logits)
