"""What was read, kept on disk: it is restored in a hundredth of the time that reading takes."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from refsheet_tui.engine.native.context import Floats
from refsheet_tui.engine.native.kv import KVCache
from refsheet_tui.engine.native.ledger import Ledger, SoftTokens, Unit, positions
from refsheet_tui.engine.settings import CacheSettings
from refsheet_tui.engine.shelf import Header, Shelf

Kind = Literal["openings", "chats"]
KINDS: tuple[Kind, ...] = ("openings", "chats")
# Of a chat's earlier snapshots one stays for so many positions, so that going back a long way
# costs at most that much reading.
_SPACING = 1024


@dataclass(frozen=True)
class Snapshot:
    """One on the shelf: `ledger` is what it holds. `place`: the position that one goes back to
    with it, its end or an earlier one."""

    name: str
    kind: Kind
    ledger: Ledger
    positions: int
    place: int

    def is_before(self, units: Sequence[Unit]) -> bool:
        """Whether `units` go on where it ends."""
        ours = self.ledger.units
        return len(ours) < len(units) and tuple(units[: len(ours)]) == tuple(ours)


class Snapshots:
    """Those of one model with its projector and KV type. Written in a thread of its own."""

    def __init__(
        self, settings: CacheSettings, identity: str, context_size: int, window: int
    ) -> None:
        """`identity` is that of everything that the content of a KV cache depends on. `window`:
        see `Ledger.reusable`."""
        self._identity = identity
        self._window = window
        self._shelves = shelves(settings)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="snapshots")
        self._writing: Future[None] | None = None
        self._known = {each.name: each for each in self._on_disk(context_size)}

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(list(self._known.values()))

    def save(
        self,
        kv: KVCache,
        kind: Kind,
        place: int | None = None,
        needed: Snapshot | None = None,
    ) -> None:
        """Keep what `kv` holds, and `needed` too. Returns when that is copied; it is written in the
        background."""
        held = kv.ledger
        ledger = replace(
            held,
            units=tuple(held.units),
            written=tuple(held.written),
            begins=tuple(held.begins),
            logits=tuple(held.logits),
        )
        name = _name(self._identity, ledger)
        snapshot = Snapshot(name, kind, ledger, kv.positions, place or kv.positions)
        kv.is_saved = True
        known = self._known.get(name)
        if known is not None and set(ledger.logits) <= set(known.ledger.logits):
            self._shelves[known.kind].touch(name)
            return
        logits = b"".join(each.tobytes() for each in kv.logits.values())
        if kv.context.state_size() + len(logits) > self._shelves[kind].capacity:
            return
        self.flush()  # one copy in memory at a time
        payload = kv.context.state(len(logits))
        if payload is None:
            return
        payload.data[payload.nbytes - len(logits) :] = logits
        replaced = [each for each in self._replaced_by(snapshot) if each is not needed]
        self._known[name] = snapshot
        self._writing = self._writer.submit(self._write, snapshot, payload.data, replaced)

    def restore(self, snapshot: Snapshot, kv: KVCache) -> bool:
        """Make `kv` hold it. False when it can't be trusted: it is dropped, `kv` holds nothing."""
        self.flush()
        shelf = self._shelves[snapshot.kind]
        try:
            # Another process may have replaced the file by one with the logits of other prompts.
            held = _unpacked(snapshot.name, snapshot.kind, shelf.header(snapshot.name)).ledger
            payload = shelf.payload(snapshot.name)
        except (OSError, ValueError, TypeError, KeyError) as error:
            self._drop(snapshot, str(error))
            kv.forget()
            return False
        state, logits = _split(payload, held.logits, kv.context.n_vocab)
        if not kv.restore(held, state, logits):
            self._drop(snapshot, "llama.cpp does not take it")
            return False
        return True

    def flush(self) -> None:
        """Wait until what is being written is on disk."""
        if self._writing is not None:
            self._writing.result()

    def close(self) -> None:
        self._writer.shutdown()

    def spare(self, units: Sequence[Unit], count: int) -> bool:
        """Return whether one of them spares reading so many of `units`."""
        return any(each.ledger.reusable(units, self._window) >= count for each in self)

    def _write(self, snapshot: Snapshot, state: memoryview, replaced: Sequence[Snapshot]) -> None:
        header: Header = {"identity": self._identity, **_packed(snapshot)}
        try:
            self._shelves[snapshot.kind].put(snapshot.name, header, state)
        except OSError as error:
            self._drop(snapshot, f"it can't be written: {error}")
            return
        for each in replaced:
            self._known.pop(each.name, None)
            self._shelves[each.kind].drop(each.name)
        for each in self:
            if not self._shelves[each.kind].has(each.name):  # it left to make room
                self._known.pop(each.name, None)

    def _replaced_by(self, new: Snapshot) -> list[Snapshot]:
        """Earlier ones of the same chat that are not worth their room any more.

        The last of every `_SPACING` positions stays, and the nearest, unless the new one can be
        rolled back to its place.
        """
        units = new.ledger.units
        earlier = sorted(
            (each for each in self if each.kind == new.kind and each.is_before(units)),
            key=lambda each: each.place,
            reverse=True,
        )
        replaced: list[Snapshot] = []
        later = new.place
        for number, each in enumerate(earlier):
            needed = number == 0 and not new.ledger.reaches(each.place, self._window)
            if needed or each.place // _SPACING != later // _SPACING:
                later = each.place
            else:
                replaced.append(each)
        return replaced

    def _drop(self, snapshot: Snapshot, why: str) -> None:
        print(f"snapshot {snapshot.name} is dropped: {why}", file=sys.stderr)
        self._known.pop(snapshot.name, None)
        self._shelves[snapshot.kind].drop(snapshot.name)

    def _on_disk(self, context_size: int) -> Iterator[Snapshot]:
        for kind, shelf in self._shelves.items():
            shelf.sweep()
            for entry in shelf.entries():
                if entry.header.get("identity") != self._identity:
                    continue
                try:
                    snapshot = _unpacked(entry.name, kind, entry.header)
                except (ValueError, TypeError, KeyError):
                    print(f"snapshot {entry.name} is dropped: unreadable", file=sys.stderr)
                    shelf.drop(entry.name)
                    continue
                if snapshot.positions <= context_size:
                    yield snapshot


def shelves(settings: CacheSettings) -> dict[Kind, Shelf]:
    """Where snapshots of each kind lie."""
    capacities: dict[Kind, int] = {"openings": settings.openings, "chats": settings.chats}
    return {kind: Shelf(settings.folder / kind, capacities[kind]) for kind in KINDS}


def _name(identity: str, ledger: Ledger) -> str:
    text = json.dumps([identity, *_pack(ledger.units), *ledger.written])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _packed(snapshot: Snapshot) -> Header:
    ledger = snapshot.ledger
    return {
        "units": _pack(ledger.units),
        "written": list(ledger.written),
        "oldest": ledger.oldest,
        "begins": list(ledger.begins),
        "logits": list(ledger.logits),
        "place": snapshot.place,
    }


def _unpacked(name: str, kind: Kind, header: Header) -> Snapshot:
    """Raises `ValueError`, `TypeError`, `KeyError`; that also for one of an older version, which
    holds no logits and a state of another form."""
    units = tuple(_unpack(unit) for unit in _list(header["units"]))
    ledger = Ledger(
        units,
        tuple(map(int, _list(header["written"]))),
        int(str(header["oldest"])),
        tuple(map(int, _list(header["begins"]))),
        tuple(map(int, _list(header["logits"]))),
    )
    return Snapshot(name, kind, ledger, positions(units), int(str(header["place"])))


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a ledger")
    return value


def _split(
    payload: memoryview, ends: Collection[int], n_vocab: int
) -> tuple[memoryview, dict[int, Floats]]:
    """Return the state and, behind it, the logits of each end."""
    size = n_vocab * np.dtype(np.float32).itemsize
    state = len(payload) - len(ends) * size
    rows = (payload[begin : begin + size] for begin in range(state, len(payload), size))
    logits = (np.frombuffer(row, np.float32).copy() for row in rows)
    return payload[:state], dict(zip(ends, logits, strict=True))


def _pack(units: Sequence[Unit]) -> list[object]:
    return [unit if isinstance(unit, int) else [unit.sha256, unit.positions] for unit in units]


def _unpack(unit: object) -> Unit:
    if isinstance(unit, int):
        return unit
    if isinstance(unit, list):
        sha256, count = unit
        return SoftTokens(str(sha256), int(count))
    raise TypeError("not a unit")
