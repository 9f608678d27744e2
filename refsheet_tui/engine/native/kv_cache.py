"""The KV cache together with a record of its contents, always in step."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import islice

from refsheet_tui.engine.native.cache_contents import (
    CacheContents,
    ContextUnit,
    PictureUnit,
    count_positions,
)
from refsheet_tui.engine.native.llama_context import Floats, LlamaContext
from refsheet_tui.errors import EngineError

# How many prompts' logits are stored, a megabyte each: the last, and those that the user is likely
# to go back to. For the others the last batch is read again.
_MAX_STORED_LOGITS = 4


class KVCache:
    """The KV cache of a context and its exact contents.

    A unit is recorded when it is in the cache, and not before.
    """

    def __init__(self, context: LlamaContext) -> None:
        self.context = context
        self._units: list[ContextUnit] = []
        self._unread_tokens: list[int] = []
        self._batch_starts: list[int] = []
        self._logits: dict[int, Floats] = {}
        self._positions = 0
        self.is_saved = True

    @property
    def positions(self) -> int:
        """The number of positions taken."""
        return self._positions

    @property
    def contents(self) -> CacheContents:
        oldest = self.context.oldest_position()
        return CacheContents(
            self._units, self._unread_tokens, oldest, self._batch_starts, self._logits.keys()
        )

    @property
    def logits(self) -> Mapping[int, Floats]:
        """The stored logits, shape (vocabulary,), by the number of units of their prompt."""
        return self._logits

    def truncate(self, count: int) -> None:
        """Forget all but the first `count` units, and what was written after them.

        A picture that is read next would see what lies behind, because it looks ahead.
        """
        self._unread_tokens = []
        if count < len(self._units):
            del self._units[count:]
            del self._batch_starts[bisect_left(self._batch_starts, count) :]
            self._logits = {end: each for end, each in self._logits.items() if end <= count}
            self._positions = count_positions(self._units)
            self.is_saved = False
        self.context.remove_from(self._positions)

    def read_batch(
        self, batch: Sequence[ContextUnit], pictures: dict[str, Floats], *, want_logits: bool
    ) -> bool:
        """Read tokens, or one picture.

        Returns False when it was stopped. Nothing of the batch stays then, because it is one
        micro-batch. Raises `EngineError`, and then nothing is held any more.
        """
        try:
            done = self._read_into_context(batch, pictures, want_logits)
        except EngineError:
            self.clear()
            raise
        if done:
            self._batch_starts.append(len(self._units))
            self._units.extend(batch)
            self._positions += count_positions(batch)
            self._unread_tokens = []
            self.is_saved = False
        return done

    def store_logits(self) -> None:
        """Store the logits after what was just read, which is the end of a prompt."""
        self._logits[len(self._units)] = self.context.get_logits()
        for old in list(islice(self._logits, max(0, len(self._logits) - _MAX_STORED_LOGITS))):
            del self._logits[old]

    def set_unread_token(self, token: int) -> None:
        """Record that the model chose a token, which was not read yet."""
        self._unread_tokens = [token]

    def clear(self) -> None:
        """Forget everything, whatever state an error left it in."""
        self._units, self._unread_tokens, self._positions = [], [], 0
        self._batch_starts, self._logits = [], {}
        self.context.clear()
        self.is_saved = True

    def restore(
        self, contents: CacheContents, state: memoryview, logits: Mapping[int, Floats]
    ) -> bool:
        """Restore a snapshot. Returns False, and leaves the cache empty, if it does not fit."""
        self.clear()
        if not self.context.restore_state(state):
            self.clear()
            return False
        self._units, self._unread_tokens = list(contents.units), list(contents.unread_tokens)
        self._batch_starts, self._logits = list(contents.batch_starts), dict(logits)
        self._positions = count_positions(self._units)
        return True

    def _read_into_context(
        self, batch: Sequence[ContextUnit], pictures: dict[str, Floats], want_logits: bool
    ) -> bool:
        if self.context.free_positions(self._positions) < count_positions(batch):
            self.context.compact_window()
        first = batch[0]
        if isinstance(first, PictureUnit):
            soft_tokens = pictures[first.sha256]
            return self.context.read_picture(soft_tokens, self._positions, want_logits=want_logits)
        tokens = [unit for unit in batch if isinstance(unit, int)]
        return self.context.read_tokens(tokens, self._positions, want_logits=want_logits)
