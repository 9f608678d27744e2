"""Snapshots on disk of what was read, restored in a hundredth of the time that reading takes."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from refsheet_tui.engine.disk_cache import DiskCache, EntryHeader
from refsheet_tui.engine.native.cache_contents import (
    CacheContents,
    ContextUnit,
    PictureUnit,
    count_positions,
)
from refsheet_tui.engine.native.kv_cache import KVCache
from refsheet_tui.engine.native.llama_context import Floats
from refsheet_tui.engine.settings import CacheSettings

_log = logging.getLogger(__name__)

SnapshotKind = Literal["openings", "chats"]
SNAPSHOT_KINDS: tuple[SnapshotKind, ...] = ("openings", "chats")
# One of a chat's earlier snapshots is kept for each stretch of this many positions, so that going
# back a long way costs at most that much reading.
_SNAPSHOT_SPACING = 1024


@dataclass(frozen=True)
class Snapshot:
    """A snapshot on disk.

    `contents` is what it holds. `resume_position` is the position that the chat can go back to with
    it: its end or an earlier one.
    """

    name: str
    kind: SnapshotKind
    contents: CacheContents
    positions: int
    resume_position: int

    def is_prefix_of(self, units: Sequence[ContextUnit]) -> bool:
        """Return whether `units` begin with those of the snapshot and are longer."""
        prefix = self.contents.units
        return len(prefix) < len(units) and tuple(units[: len(prefix)]) == tuple(prefix)


class SnapshotStore:
    """The snapshots of one model with its projector and KV type, written in a thread of its own."""

    def __init__(
        self, settings: CacheSettings, identity: str, context_size: int, window: int
    ) -> None:
        """Read the snapshots that fit into `context_size` tokens.

        `identity` is that of everything that the content of a KV cache depends on. For `window` see
        `CacheContents.count_reusable`.
        """
        self._identity = identity
        self._window = window
        self._disk_caches = snapshot_disk_caches(settings)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="snapshots")
        self._pending_write: Future[None] | None = None
        self._snapshots = {each.name: each for each in self._read_from_disk(context_size)}

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(list(self._snapshots.values()))

    def save(
        self,
        kv: KVCache,
        kind: SnapshotKind,
        resume_position: int | None = None,
        keep: Snapshot | None = None,
    ) -> None:
        """Save what `kv` holds, without replacing `keep`.

        `resume_position` is the position to go back to, by default the end. This returns when the
        content is copied; it is written in the background.
        """
        live_contents = kv.contents
        contents = replace(
            live_contents,
            units=tuple(live_contents.units),
            unread_tokens=tuple(live_contents.unread_tokens),
            batch_starts=tuple(live_contents.batch_starts),
            logit_ends=tuple(live_contents.logit_ends),
        )
        name = _snapshot_name(self._identity, contents)
        snapshot = Snapshot(name, kind, contents, kv.positions, resume_position or kv.positions)
        kv.is_saved = True
        existing = self._snapshots.get(name)
        if existing is not None and set(contents.logit_ends) <= set(existing.contents.logit_ends):
            self._disk_caches[existing.kind].touch(name)
            return
        logits = b"".join(each.tobytes() for each in kv.logits.values())
        if kv.context.state_size() + len(logits) > self._disk_caches[kind].capacity:
            return
        self.flush()  # one copy in memory at a time
        payload = kv.context.save_state(len(logits))
        if payload is None:
            return
        payload.data[payload.nbytes - len(logits) :] = logits
        superseded = [each for each in self._superseded_by(snapshot) if each is not keep]
        self._snapshots[name] = snapshot
        self._pending_write = self._writer.submit(
            self._write_to_disk, snapshot, payload.data, superseded
        )

    def restore(self, snapshot: Snapshot, kv: KVCache) -> bool:
        """Make `kv` hold the snapshot. If it can't be trusted, it is removed and `kv` is empty.

        Returns whether `kv` holds it.
        """
        self.flush()
        disk_cache = self._disk_caches[snapshot.kind]
        try:
            # Another process may have replaced the file by one with the logits of other prompts.
            contents = _from_header(
                snapshot.name, snapshot.kind, disk_cache.read_header(snapshot.name)
            ).contents
            payload = disk_cache.read_payload(snapshot.name)
        except (OSError, ValueError, TypeError, KeyError) as error:
            self._remove(snapshot, str(error))
            kv.clear()
            return False
        state, logits = _split_payload(payload, contents.logit_ends, kv.context.n_vocab)
        if not kv.restore(contents, state, logits):
            self._remove(snapshot, "llama.cpp does not take it")
            return False
        return True

    def flush(self) -> None:
        """Wait until what is being written is on disk."""
        if self._pending_write is not None:
            self._pending_write.result()

    def close(self) -> None:
        self._writer.shutdown()

    def can_reuse(self, units: Sequence[ContextUnit], count: int) -> bool:
        """Return whether one of the snapshots saves reading `count` or more of `units`."""
        return any(each.contents.count_reusable(units, self._window) >= count for each in self)

    def _write_to_disk(
        self, snapshot: Snapshot, state: memoryview, superseded: Sequence[Snapshot]
    ) -> None:
        header: EntryHeader = {"identity": self._identity, **_to_header(snapshot)}
        try:
            self._disk_caches[snapshot.kind].write_entry(snapshot.name, header, state)
        except OSError as error:
            self._remove(snapshot, f"it can't be written: {error}")
            return
        for each in superseded:
            self._snapshots.pop(each.name, None)
            self._disk_caches[each.kind].remove(each.name)
        for each in self:
            if not self._disk_caches[each.kind].has(each.name):  # it left to make room
                self._snapshots.pop(each.name, None)

    def _superseded_by(self, new: Snapshot) -> list[Snapshot]:
        """Return the earlier snapshots of the same chat that are not worth their space any more.

        The last of every `_SNAPSHOT_SPACING` positions stays, and the nearest, unless the new one
        can be rolled back to its place.
        """
        units = new.contents.units
        earlier = sorted(
            (each for each in self if each.kind == new.kind and each.is_prefix_of(units)),
            key=lambda each: each.resume_position,
            reverse=True,
        )
        superseded: list[Snapshot] = []
        later_position = new.resume_position
        for number, each in enumerate(earlier):
            is_needed = number == 0 and not new.contents.can_resume_at(
                each.resume_position, self._window
            )
            if (
                is_needed
                or each.resume_position // _SNAPSHOT_SPACING != later_position // _SNAPSHOT_SPACING
            ):
                later_position = each.resume_position
            else:
                superseded.append(each)
        return superseded

    def _remove(self, snapshot: Snapshot, reason: str) -> None:
        _log.warning("snapshot %s is dropped: %s", snapshot.name, reason)
        self._snapshots.pop(snapshot.name, None)
        self._disk_caches[snapshot.kind].remove(snapshot.name)

    def _read_from_disk(self, context_size: int) -> Iterator[Snapshot]:
        for kind, disk_cache in self._disk_caches.items():
            disk_cache.remove_abandoned()
            for entry in disk_cache.entries():
                if entry.header.get("identity") != self._identity:
                    continue
                try:
                    snapshot = _from_header(entry.name, kind, entry.header)
                except (ValueError, TypeError, KeyError):
                    _log.warning("snapshot %s is dropped: unreadable", entry.name)
                    disk_cache.remove(entry.name)
                    continue
                if snapshot.positions <= context_size:
                    yield snapshot


def snapshot_disk_caches(settings: CacheSettings) -> dict[SnapshotKind, DiskCache]:
    """Return the disk cache for each kind of snapshot."""
    capacities: dict[SnapshotKind, int] = {"openings": settings.openings, "chats": settings.chats}
    return {kind: DiskCache(settings.folder / kind, capacities[kind]) for kind in SNAPSHOT_KINDS}


def _snapshot_name(identity: str, contents: CacheContents) -> str:
    text = json.dumps([identity, *_units_to_json(contents.units), *contents.unread_tokens])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _to_header(snapshot: Snapshot) -> EntryHeader:
    contents = snapshot.contents
    return {
        "units": _units_to_json(contents.units),
        "written": list(contents.unread_tokens),
        "oldest": contents.oldest_position,
        "begins": list(contents.batch_starts),
        "logits": list(contents.logit_ends),
        "place": snapshot.resume_position,
    }


def _from_header(name: str, kind: SnapshotKind, header: EntryHeader) -> Snapshot:
    """Return the snapshot with this header. Raises `ValueError`, `TypeError`, `KeyError`.

    It raises them also for a snapshot of an older version, which holds no logits and another form
    of state.
    """
    units = tuple(_unit_from_json(unit) for unit in _require_list(header["units"]))
    contents = CacheContents(
        units,
        tuple(map(int, _require_list(header["written"]))),
        int(str(header["oldest"])),
        tuple(map(int, _require_list(header["begins"]))),
        tuple(map(int, _require_list(header["logits"]))),
    )
    return Snapshot(name, kind, contents, count_positions(units), int(str(header["place"])))


def _require_list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _split_payload(
    payload: memoryview, ends: Collection[int], n_vocab: int
) -> tuple[memoryview, dict[int, Floats]]:
    """Return the state and, from behind it, the logits of each end."""
    logits_size = n_vocab * np.dtype(np.float32).itemsize
    state_size = len(payload) - len(ends) * logits_size
    rows = (
        payload[begin : begin + logits_size]
        for begin in range(state_size, len(payload), logits_size)
    )
    logits = (np.frombuffer(row, np.float32).copy() for row in rows)
    return payload[:state_size], dict(zip(ends, logits, strict=True))


def _units_to_json(units: Sequence[ContextUnit]) -> list[object]:
    return [unit if isinstance(unit, int) else [unit.sha256, unit.positions] for unit in units]


def _unit_from_json(unit: object) -> ContextUnit:
    if isinstance(unit, int):
        return unit
    if isinstance(unit, list):
        sha256, count = unit
        return PictureUnit(str(sha256), int(count))
    raise TypeError("not a unit")
