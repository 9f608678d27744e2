"""Envelopes as lines of JSON.

Dataclasses become objects with a `type`, tuples arrays, paths objects of their own. Lines are
pure ASCII, so nothing in a text can be taken for the end of one. A picture travels as its hash;
its pixels go through a `PixelFolder`.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Protocol

from refsheet_tui.engine import engine, events, messages, settings
from refsheet_tui.engine.messages import Envelope
from refsheet_tui.pictures import PreparedPicture
from refsheet_tui.prompting import ControlPart, PicturePart, Prompt, TextPart


class WireError(ValueError):
    """A line that is not a message."""


class Pixels(Protocol):
    def put(self, picture: PreparedPicture) -> None: ...

    def get(self, size: int, sha256: str) -> PreparedPicture: ...


_TYPES: dict[str, type] = {
    each.__name__: each
    for each in (
        Envelope,
        messages.Load,
        messages.Generate,
        messages.Tokenize,
        messages.Prewarm,
        messages.Snapshot,
        messages.Cancel,
        messages.Tokenized,
        messages.Done,
        messages.Alive,
        messages.Failed,
        settings.CacheSettings,
        settings.LoadSettings,
        settings.GenerationSettings,
        engine.TokenizedPart,
        events.Loading,
        events.SaferSettings,
        events.ModelInfo,
        events.Looking,
        events.Reading,
        events.TextDelta,
        events.Timings,
        events.Finished,
        Prompt,
        ControlPart,
        TextPart,
        PicturePart,
    )
}


def encode(envelope: Envelope, pixels: Pixels) -> bytes:
    """One line, its line feed included. Raises `OSError` when pixels can't be written."""
    return json.dumps(_pack(envelope, pixels), separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes, pixels: Pixels) -> Envelope:
    """Raises `WireError`, and `OSError` when pixels can't be read."""
    try:
        envelope = _unpack(json.loads(line), pixels)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WireError(f"not a message: {line[:80]!r}") from error
    if not isinstance(envelope, Envelope) or not isinstance(envelope.id, int):
        raise WireError(f"not an envelope: {line[:80]!r}")
    return envelope


def _pack(value: object, pixels: Pixels) -> object:
    if isinstance(value, PreparedPicture):
        pixels.put(value)
        return {"type": "PreparedPicture", "size": value.size, "sha256": value.sha256}
    if isinstance(value, Path):
        return {"type": "Path", "path": str(value)}
    if isinstance(value, tuple):
        return [_pack(item, pixels) for item in value]
    if dataclasses.is_dataclass(value):
        fields = {
            field.name: _pack(getattr(value, field.name), pixels)
            for field in dataclasses.fields(value)
        }
        return {"type": type(value).__name__, **fields}
    return value


def _unpack(value: object, pixels: Pixels) -> object:
    if isinstance(value, list):
        return tuple(_unpack(item, pixels) for item in value)
    if isinstance(value, dict):
        fields = {name: _unpack(item, pixels) for name, item in value.items()}
        kind = str(fields.pop("type"))
        if kind == "PreparedPicture":
            return pixels.get(int(value["size"]), str(value["sha256"]))
        if kind == "Path":
            return Path(value["path"])
        return _TYPES[kind](**fields)
    return value
