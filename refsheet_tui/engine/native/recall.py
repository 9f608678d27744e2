"""Finding what need not be read again: in the KV cache, or in a snapshot of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.native.kv import KVCache
from refsheet_tui.engine.native.ledger import Ledger, Unit, positions
from refsheet_tui.engine.native.snapshots import Kind, Snapshot, Snapshots
from refsheet_tui.prompting.turns import START_OF_TURN

# Positions that must be won before a snapshot is restored, and that must be lost before what is
# in the cache is saved first: reading fewer takes less time than that.
_WORTH_RESTORING = 16
_WORTH_SAVING = 256


class Recall:
    """Puts the KV cache at the longest beginning of a prompt that was ever read."""

    def __init__(
        self, kv: KVCache, snapshots: Snapshots | None, piece: Callable[[int], bytes]
    ) -> None:
        """`snapshots` None: nothing is kept beside the KV cache. `piece`: the bytes of a token."""
        self._kv = kv
        self._snapshots = snapshots
        self._piece = lru_cache(maxsize=1 << 16)(piece)
        self._kind: Kind = "chats"

    def prepare(self, parts: Sequence[TokenizedPart]) -> tuple[list[Unit], int]:
        """The units of a prompt, and how many of them, from the first on, the KV cache holds.

        Everything else is forgotten.
        """
        units, kept = self._fit(self._kv.ledger, parts)
        while (best := self._best(parts, positions(units[:kept]))) is not None:
            self._save_before_losing(positions(units[:kept]))
            if self._snapshots is not None and self._snapshots.restore(best, self._kv):
                units, kept = self._fit(best.ledger, parts)
                break
            units, kept = self._fit(self._kv.ledger, parts)
        else:
            self._save_before_losing(positions(units[:kept]))
        self._kv.keep(kept)
        self._kind = _kind(parts)
        return units, kept

    def save(self) -> None:
        """Keep what the KV cache holds, unless that is done or there is nothing."""
        if self._snapshots is not None and not self._kv.is_saved and self._kv.positions:
            self._snapshots.save(self._kv, self._kind)

    def save_before_forgetting(self, prompt: int) -> None:
        """To be called before a token is read behind a prompt of so many positions: writing goes
        on and the window moves, and the prompt's end must stay reachable for another reply."""
        place = prompt - 1
        if self._snapshots is not None and self._kv.context.forgets_next(place):
            self._snapshots.save(self._kv, self._kind, place)

    def flush(self) -> None:
        """Wait until everything is on disk."""
        if self._snapshots is not None:
            self._snapshots.flush()

    def _best(self, parts: Sequence[TokenizedPart], have: int) -> Snapshot | None:
        """The snapshot that spares most reading, when it spares enough."""
        best, most = None, have + _WORTH_RESTORING
        wanted = sum(part.positions for part in parts)
        if self._snapshots is None or wanted <= most:
            return None
        for snapshot in self._snapshots:
            units, kept = self._fit(snapshot.ledger, parts)
            found = positions(units[:kept])
            if found > most:
                best, most = snapshot, found
        return best

    def _fit(self, ledger: Ledger, parts: Sequence[TokenizedPart]) -> tuple[list[Unit], int]:
        units = list(ledger.retrace(parts, self._piece))
        return units, ledger.reusable(units, self._kv.context.window)

    def _save_before_losing(self, kept: int) -> None:
        if self._kv.positions - kept >= _WORTH_SAVING:
            self.save()


def _kind(parts: Sequence[TokenizedPart]) -> Kind:
    """A prompt with one turn of the person's is how a character begins."""
    turns = sum(part.kind == "control" and part.text == START_OF_TURN.token for part in parts)
    return "openings" if turns // 2 <= 1 else "chats"
