"""Finding what need not be read again: in the KV cache, or in a snapshot of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.native.kv import KVCache
from refsheet_tui.engine.native.ledger import FEW_POSITIONS, Ledger, Unit, positions
from refsheet_tui.engine.native.snapshots import Kind, Snapshot, Snapshots
from refsheet_tui.prompting.turns import START_OF_TURN

# Positions that must be lost before what is in the cache is saved first: reading fewer takes less
# time than that.
_WORTH_SAVING = 256
# `<start_of_turn>` and `user`; the line break after them is one token with those that follow.
_HEADER_UNITS = 2


@dataclass(frozen=True)
class Prepared:
    """The units of a prompt: the first `kept` are in the KV cache, and the first `opening` stay
    when the chat outgrows its context."""

    units: Sequence[Unit]
    kept: int
    opening: int


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
        self._prompt = Prepared([], 0, 0)

    def prepare(self, parts: Sequence[TokenizedPart]) -> Prepared:
        """Make the KV cache hold as much of a prompt as was ever read, and nothing else."""
        units, kept = self._fit(self._kv.ledger, parts)
        while (best := self._best(parts, units, kept)) is not None:
            self._save_before_losing(0, best)
            if self._snapshots is not None and self._snapshots.restore(best, self._kv):
                units, kept = self._fit(self._kv.ledger, parts)
                break
            units, kept = self._fit(self._kv.ledger, parts)
        else:
            self._save_before_losing(kept)
        self._kv.keep(kept)
        self._kind = _kind(parts)
        self._prompt = Prepared(units, kept, _opening(parts, units))
        return self._prompt

    def save(self, needed: Snapshot | None = None) -> None:
        """Keep what the KV cache holds, unless that is done or there is nothing; `needed` stays."""
        if self._snapshots is not None and not self._kv.is_saved and self._kv.positions:
            self._snapshots.save(self._kv, self._kind, needed=needed)

    def save_before_forgetting(self, coming: int) -> None:
        """Keep what the window layers are about to forget, before `coming` positions are read.

        The end of the prompt must stay reachable for another reply, the place where it went on for
        another question, and the opening for a chat that outgrows its context.
        """
        snapshots = self._snapshots
        if snapshots is None or self._kv.context.room(self._kv.positions) >= coming:
            return
        prompt, held = self._prompt, self._kv.ledger
        if self._loses(snapshots, held, prompt.opening, FEW_POSITIONS):
            snapshots.save(self._kv, "openings", positions(prompt.units[: prompt.opening]))
        for end in (prompt.kept, len(prompt.units)):
            if self._loses(snapshots, held, end):
                snapshots.save(self._kv, self._kind, positions(prompt.units[:end]))

    def flush(self) -> None:
        """Wait until everything is on disk."""
        if self._snapshots is not None:
            self._snapshots.flush()

    def _loses(self, snapshots: Snapshots, held: Ledger, count: int, but: int = 0) -> bool:
        """Return whether the first `count` units of the prompt are held, and will be nowhere, `but`
        a few, when the window layers have made room."""
        units = self._prompt.units[:count]
        spared = held.reusable(units, self._kv.context.window) - but
        return (
            spared > 0
            and positions(units) < self._kv.positions
            and not snapshots.spare(units, spared)
        )

    def _best(
        self, parts: Sequence[TokenizedPart], units: Sequence[Unit], kept: int
    ) -> Snapshot | None:
        """The snapshot that spares most reading, when it spares enough. One that leaves nothing to
        read does, however little it is: the reply then begins as it did before, bit for bit."""
        best, most = None, positions(units[:kept]) + FEW_POSITIONS
        if self._snapshots is None or kept == len(units):
            return None
        for snapshot in self._snapshots:
            units, kept = self._fit(snapshot.ledger, parts)
            if kept == len(units):
                return snapshot
            found = positions(units[:kept])
            if found > most:
                best, most = snapshot, found
        return best

    def _fit(self, ledger: Ledger, parts: Sequence[TokenizedPart]) -> tuple[list[Unit], int]:
        units = list(ledger.retrace(parts, self._piece))
        return units, ledger.reusable(units, self._kv.context.window)

    def _save_before_losing(self, kept: int, needed: Snapshot | None = None) -> None:
        """To be called before all but the first `kept` units are forgotten, where `needed` is what
        the KV cache will hold instead."""
        held = self._kv.ledger
        lost = self._kv.positions - positions(held.units[:kept])
        if lost >= _WORTH_SAVING or not all(held.reads_alike(kept, end) for end in held.logits):
            self.save(needed)


def _kind(parts: Sequence[TokenizedPart]) -> Kind:
    """A prompt with one turn of the person's is how a character begins."""
    turns = sum(part.kind == "control" and part.text == START_OF_TURN.token for part in parts)
    return "openings" if turns // 2 <= 1 else "chats"


def _opening(parts: Sequence[TokenizedPart], units: Sequence[Unit]) -> int:
    """Return how many units the first two turns take, which stay when a chat outgrows its context,
    with the header of the third; 0 where no turn follows them.

    It is what `build_prefix` writes of the two, so that what was read ahead ends there, too.
    """
    begins = {part.tokens for part in parts if part.text == START_OF_TURN.token and part.tokens}
    turns = (count for count, unit in enumerate(units) if (unit,) in begins)
    third = next(islice(turns, 2, None), None)
    return 0 if third is None else third + _HEADER_UNITS
