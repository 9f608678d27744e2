"""The contents of a KV cache in the order they were read, and how much of them a prompt can use."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from refsheet_tui.engine.engine import TokenizedPart


@dataclass(frozen=True)
class PictureUnit:
    """One picture in the context, known by its content."""

    sha256: str
    positions: int


ContextUnit = int | PictureUnit
"""A token by its id, or a picture. Never split."""

# Reading this many positions takes no longer than restoring a snapshot.
CHEAP_POSITIONS = 16


def count_positions(units: Iterable[ContextUnit]) -> int:
    """Return how many positions in the context the units take."""
    return sum(unit.positions if isinstance(unit, PictureUnit) else 1 for unit in units)


@dataclass(frozen=True)
class CacheContents:
    """The contents of a KV cache, now or when a snapshot was taken.

    Attributes:
        units: What was read.
        unread_tokens: The tokens that the model chose after `units` and that were not read.
        oldest_position: The first position that the sliding-window layers still hold.
        batch_starts: The numbers of the units with which a batch began, in order.
        logit_ends: The numbers of units after which the logits are stored.
    """

    units: Sequence[ContextUnit]
    unread_tokens: Sequence[int] = ()
    oldest_position: int = 0
    batch_starts: Sequence[int] = ()
    logit_ends: Collection[int] = ()

    def match_prompt(
        self, parts: Sequence[TokenizedPart], token_to_piece: Callable[[int], bytes]
    ) -> Iterator[ContextUnit]:
        """Yield the units of a prompt, with each text split into tokens as it is here.

        What the model wrote is often not split as its tokenizer would split it. The same text need
        not be read again for that. `token_to_piece` returns the bytes of a token.
        """
        cached_units: Sequence[ContextUnit] = [*self.units, *self.unread_tokens]
        next_index: int | None = 0
        for part in parts:
            units: Sequence[ContextUnit] = split_into_units(part)
            if next_index is not None:
                if part.kind == "text":
                    units = (
                        _match_text(part.text.encode(), cached_units, next_index, token_to_piece)
                        or units
                    )
                is_same = cached_units[next_index : next_index + len(units)] == list(units)
                next_index = next_index + len(units) if is_same else None
            yield from units

    def count_reusable(self, units: Sequence[ContextUnit], window: int) -> int:
        """Return how many of the units need not be read.

        The count ends where a batch began, if that costs little, or where the logits are stored:
        rounding depends on the batch that a unit is read in, so the same batches give the same
        reply again, bit for bit. `window` is how many positions back the sliding-window layers see,
        0 without such layers. They forget what falls out of their window, and what the next unit
        must see has to be there still.
        """
        count = 0
        for cached_unit, prompt_unit in zip(self.units, units, strict=False):
            if cached_unit != prompt_unit:
                break
            count += 1
        for candidate in (self._resume_unit(count, len(units)), min(count, len(units) - 1)):
            if candidate == len(self.units) or self.can_resume_at(
                count_positions(units[:candidate]), window
            ):
                return candidate
        return 0

    def has_same_batches(self, begin: int, end: int) -> bool:
        """Return whether the units from `begin` to `end` would be read again in the same batches.

        They would if a batch began at `begin` and the model wrote none of them.
        """
        batches = self.batch_starts[
            bisect_left(self.batch_starts, begin) : bisect_left(self.batch_starts, end)
        ]
        has_written_tokens = any(
            after - before == 1 and isinstance(self.units[before], int)
            for before, after in pairwise(batches)
        )
        return end <= begin or (batches[:1] == [begin] and not has_written_tokens)

    def _resume_unit(self, count: int, prompt_length: int) -> int:
        """Return how many of the first `count` units to keep.

        `prompt_length` is the number of units in the prompt.
        """
        if count == prompt_length:
            return count if count in self.logit_ends else self._last_batch_start(bisect_left, count)
        if count == len(self.units):
            return count
        begin = self._last_batch_start(bisect_right, count)
        return begin if count_positions(self.units[begin:count]) <= CHEAP_POSITIONS else count

    def _last_batch_start(self, bisect: Callable[[Sequence[int], int], int], count: int) -> int:
        index = bisect(self.batch_starts, count)
        return self.batch_starts[index - 1] if index else 0

    def can_resume_at(self, position: int, window: int) -> bool:
        """Return whether reading can continue from an earlier position.

        What follows that position is then forgotten.
        """
        return window == 0 or self.oldest_position <= max(0, position - window)


def split_into_units(part: TokenizedPart) -> Sequence[ContextUnit]:
    """Return the units of a part as the tokenizer splits it."""
    if part.sha256 is not None:
        return [PictureUnit(part.sha256, part.positions)]
    return list(part.tokens)


def _match_text(
    text: bytes,
    cached_units: Sequence[ContextUnit],
    begin: int,
    token_to_piece: Callable[[int], bytes],
) -> Sequence[ContextUnit] | None:
    """Return the known units from `begin` on that spell `text`; None when none do."""
    matched_bytes = 0
    for count, unit in enumerate(cached_units[begin:]):
        if matched_bytes == len(text):
            return cached_units[begin : begin + count]
        piece = token_to_piece(unit) if isinstance(unit, int) else b""
        if not piece or not text.startswith(piece, matched_bytes):
            return None
        matched_bytes += len(piece)
    return cached_units[begin:] if matched_bytes == len(text) else None
