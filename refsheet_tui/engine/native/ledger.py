"""What a KV cache holds, in the order it was read, and how much of it a prompt can use."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from refsheet_tui.engine.engine import TokenizedPart


@dataclass(frozen=True)
class SoftTokens:
    """One picture in the context, known by its content."""

    sha256: str
    positions: int


Unit = int | SoftTokens
"""A token by its id, or a picture. Never split."""

# Reading so many positions takes no longer than restoring a snapshot.
FEW_POSITIONS = 16


def positions(units: Iterable[Unit]) -> int:
    """How many places in the context the units take."""
    return sum(unit.positions if isinstance(unit, SoftTokens) else 1 for unit in units)


@dataclass(frozen=True)
class Ledger:
    """What was read, now or when a snapshot was taken.

    `written` are tokens that the model chose after `units` and that were not read. `oldest` is
    the first position that the sliding-window layers still hold. `begins` are the units, in order,
    with which a batch began. `logits` are the numbers of units after which the logits are kept.
    """

    units: Sequence[Unit]
    written: Sequence[int] = ()
    oldest: int = 0
    begins: Sequence[int] = ()
    logits: Collection[int] = ()

    def retrace(
        self, parts: Sequence[TokenizedPart], piece: Callable[[int], bytes]
    ) -> Iterator[Unit]:
        """The units of a prompt, with each text split into tokens as it is here.

        What the model wrote is often not split as its tokenizer would split it; the same text
        need not be read again for that. `piece` is the bytes of a token.
        """
        known: Sequence[Unit] = [*self.units, *self.written]
        at: int | None = 0
        for part in parts:
            units: Sequence[Unit] = units_of(part)
            if at is not None:
                if part.kind == "text":
                    units = _split_alike(part.text.encode(), known, at, piece) or units
                same = known[at : at + len(units)] == list(units)
                at = at + len(units) if same else None
            yield from units

    def reusable(self, units: Sequence[Unit], window: int) -> int:
        """How many of the units need not be read.

        It ends where a batch began, if that costs little, or where the logits are kept: rounding
        depends on the batch that a unit is read in, so the same batches give the same reply again,
        bit for bit. `window` is how far back the sliding-window layers see, 0 without such layers.
        They forget what falls out of their window, and what the next unit must see has to be there
        still.
        """
        count = 0
        for ours, theirs in zip(self.units, units, strict=False):
            if ours != theirs:
                break
            count += 1
        for each in (self._batch_before(count, len(units)), min(count, len(units) - 1)):
            if each == len(self.units) or self.reaches(positions(units[:each]), window):
                return each
        return 0

    def reads_alike(self, begin: int, end: int) -> bool:
        """Return whether the units from `begin` to `end` would be read again in the batches in
        which they were read: none of them was written by the model, and a batch began there."""
        batches = self.begins[bisect_left(self.begins, begin) : bisect_left(self.begins, end)]
        written = any(
            after - before == 1 and isinstance(self.units[before], int)
            for before, after in pairwise(batches)
        )
        return end <= begin or (batches[:1] == [begin] and not written)

    def _batch_before(self, count: int, wanted: int) -> int:
        """How many of the first `count` units to go on from, for all that are `wanted`."""
        if count == wanted:
            return count if count in self.logits else self._last_begin(bisect_left, count)
        if count == len(self.units):
            return count
        begin = self._last_begin(bisect_right, count)
        return begin if positions(self.units[begin:count]) <= FEW_POSITIONS else count

    def _last_begin(self, bisect: Callable[[Sequence[int], int], int], count: int) -> int:
        at = bisect(self.begins, count)
        return self.begins[at - 1] if at else 0

    def reaches(self, position: int, window: int) -> bool:
        """Whether reading can go on from an earlier position, with what follows forgotten."""
        return window == 0 or self.oldest <= max(0, position - window)


def units_of(part: TokenizedPart) -> Sequence[Unit]:
    """A part as the tokenizer splits it."""
    if part.sha256 is not None:
        return [SoftTokens(part.sha256, part.positions)]
    return list(part.tokens)


def _split_alike(
    text: bytes, known: Sequence[Unit], begin: int, piece: Callable[[int], bytes]
) -> Sequence[Unit] | None:
    """The known units from `begin` on that spell `text`; None when none do."""
    done = 0
    for count, unit in enumerate(known[begin:]):
        if done == len(text):
            return known[begin : begin + count]
        spelled = piece(unit) if isinstance(unit, int) else b""
        if not spelled or not text.startswith(spelled, done):
            return None
        done += len(spelled)
    return known[begin:] if done == len(text) else None
