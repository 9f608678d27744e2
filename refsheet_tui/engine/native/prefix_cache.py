"""Find what need not be read again, in the KV cache or in a snapshot of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.native.cache_contents import (
    CHEAP_POSITIONS,
    CacheContents,
    ContextUnit,
    count_positions,
)
from refsheet_tui.engine.native.kv_cache import KVCache
from refsheet_tui.engine.native.snapshots import Snapshot, SnapshotKind, SnapshotStore
from refsheet_tui.prompting import START_OF_TURN

# If fewer positions than this would be lost, they are not saved first: reading them takes less time
# than saving.
_MIN_POSITIONS_TO_SAVE = 256
# `<start_of_turn>` and `user`; the line break after them is one token with those that follow.
_HEADER_UNITS = 2


@dataclass(frozen=True)
class PreparedPrompt:
    """The units of a prompt.

    The first `reused` units are in the KV cache. The first `opening_length` units stay when the
    chat outgrows its context.
    """

    units: Sequence[ContextUnit]
    reused: int
    opening_length: int


class PrefixCache:
    """Makes the KV cache hold the longest beginning of a prompt that was ever read."""

    def __init__(
        self, kv: KVCache, snapshots: SnapshotStore | None, token_to_piece: Callable[[int], bytes]
    ) -> None:
        """Use `kv`, and `snapshots` of it if they are not None.

        `token_to_piece` returns the bytes of a token.
        """
        self._kv = kv
        self._snapshots = snapshots
        self._token_to_piece = lru_cache(maxsize=1 << 16)(token_to_piece)
        self._snapshot_kind: SnapshotKind = "chats"
        self._prompt = PreparedPrompt([], 0, 0)

    def prepare(self, parts: Sequence[TokenizedPart]) -> PreparedPrompt:
        """Make the KV cache hold as much of a prompt as was ever read, and nothing else."""
        units, reused = self._match_prompt(self._kv.contents, parts)
        while (best := self._best_snapshot(parts, units, reused)) is not None:
            self._save_before_discarding(0, best)
            if self._snapshots is not None and self._snapshots.restore(best, self._kv):
                units, reused = self._match_prompt(self._kv.contents, parts)
                break
            units, reused = self._match_prompt(self._kv.contents, parts)
        else:
            self._save_before_discarding(reused)
        self._kv.truncate(reused)
        self._snapshot_kind = _kind_of_prompt(parts)
        self._prompt = PreparedPrompt(units, reused, _opening_length(parts, units))
        return self._prompt

    def save_snapshot(self, keep: Snapshot | None = None) -> None:
        """Save what the KV cache holds, unless it is empty or saved already.

        `keep` is not deleted.
        """
        if self._snapshots is not None and not self._kv.is_saved and self._kv.positions:
            self._snapshots.save(self._kv, self._snapshot_kind, keep=keep)

    def save_before_forgetting(self, new_positions: int) -> None:
        """Save what the window layers are about to forget, before `new_positions` are read.

        Three places must stay reachable: the end of the prompt for another reply, the place where
        it was continued for another question, and the opening for a chat that outgrows its context.
        """
        snapshots = self._snapshots
        if (
            snapshots is None
            or self._kv.context.free_positions(self._kv.positions) >= new_positions
        ):
            return
        prompt, contents = self._prompt, self._kv.contents
        if self._would_lose(snapshots, contents, prompt.opening_length, CHEAP_POSITIONS):
            snapshots.save(
                self._kv, "openings", count_positions(prompt.units[: prompt.opening_length])
            )
        for end in (prompt.reused, len(prompt.units)):
            if self._would_lose(snapshots, contents, end):
                snapshots.save(self._kv, self._snapshot_kind, count_positions(prompt.units[:end]))

    def flush(self) -> None:
        """Wait until everything is on disk."""
        if self._snapshots is not None:
            self._snapshots.flush()

    def _would_lose(
        self, snapshots: SnapshotStore, contents: CacheContents, count: int, tolerance: int = 0
    ) -> bool:
        """Return whether making room would lose the first `count` units of the prompt.

        They are lost if the window layers hold them now, and no snapshot holds all of them but
        `tolerance` positions.
        """
        units = self._prompt.units[:count]
        reusable = contents.count_reusable(units, self._kv.context.sliding_window) - tolerance
        return (
            reusable > 0
            and count_positions(units) < self._kv.positions
            and not snapshots.can_reuse(units, reusable)
        )

    def _best_snapshot(
        self, parts: Sequence[TokenizedPart], units: Sequence[ContextUnit], reused: int
    ) -> Snapshot | None:
        """Return the snapshot that saves the most reading; None if none saves enough.

        One that leaves nothing to read saves enough, however little it is: the reply then begins as
        it did before, bit for bit.
        """
        best, most_positions = None, count_positions(units[:reused]) + CHEAP_POSITIONS
        if self._snapshots is None or reused == len(units):
            return None
        for snapshot in self._snapshots:
            units, reused = self._match_prompt(snapshot.contents, parts)
            if reused == len(units):
                return snapshot
            reusable_positions = count_positions(units[:reused])
            if reusable_positions > most_positions:
                best, most_positions = snapshot, reusable_positions
        return best

    def _match_prompt(
        self, contents: CacheContents, parts: Sequence[TokenizedPart]
    ) -> tuple[list[ContextUnit], int]:
        units = list(contents.match_prompt(parts, self._token_to_piece))
        return units, contents.count_reusable(units, self._kv.context.sliding_window)

    def _save_before_discarding(self, reused: int, keep: Snapshot | None = None) -> None:
        """Save what the KV cache holds, if losing all but the first `reused` units would cost much.

        `keep` is the snapshot that the KV cache will hold instead.
        """
        contents = self._kv.contents
        lost_positions = self._kv.positions - count_positions(contents.units[:reused])
        if lost_positions >= _MIN_POSITIONS_TO_SAVE or not all(
            contents.has_same_batches(reused, end) for end in contents.logit_ends
        ):
            self.save_snapshot(keep)


def _kind_of_prompt(parts: Sequence[TokenizedPart]) -> SnapshotKind:
    """Return the kind of a prompt's snapshot.

    It is `openings` with at most one turn of the user, which is how a character begins.
    """
    turns = sum(part.kind == "control" and part.text == START_OF_TURN.token for part in parts)
    return "openings" if turns // 2 <= 1 else "chats"


def _opening_length(parts: Sequence[TokenizedPart], units: Sequence[ContextUnit]) -> int:
    """Return how many units the first two turns take, with the header of the third.

    They stay when a chat outgrows its context. Returns 0 if no turn follows them. The length is
    what `build_prefix` writes of the two turns, so that what was read ahead ends there, too.
    """
    turn_starts = {
        part.tokens for part in parts if part.text == START_OF_TURN.token and part.tokens
    }
    turns = (count for count, unit in enumerate(units) if (unit,) in turn_starts)
    third = next(islice(turns, 2, None), None)
    return 0 if third is None else third + _HEADER_UNITS
