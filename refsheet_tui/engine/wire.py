"""Encode and decode envelopes as lines of JSON.

Dataclasses become objects with a `type`, tuples become arrays, and paths become objects of their
own. Lines are pure ASCII, so nothing in a text can be taken for the end of one. A picture travels
as its hash; its pixels go through a `PixelFolder`.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Protocol

from refsheet_tui.engine import engine, events, ipc_messages, settings
from refsheet_tui.engine.ipc_messages import Envelope
from refsheet_tui.pictures import PreparedPicture
from refsheet_tui.prompting import ControlPart, PicturePart, Prompt, TextPart


class WireError(ValueError):
    """A line that is not a message."""


class PixelStore(Protocol):
    """A store for the pixels of messages, which are too large for a line."""

    def write_picture(self, picture: PreparedPicture) -> None:
        """Write the pixels. Raises `OSError`."""
        ...

    def read_picture(self, size: int, sha256: str) -> PreparedPicture:
        """Read the pixels that were written. Raises `OSError`."""
        ...


_TYPES: dict[str, type] = {
    each.__name__: each
    for each in (
        Envelope,
        ipc_messages.LoadRequest,
        ipc_messages.GenerateRequest,
        ipc_messages.TokenizeRequest,
        ipc_messages.PrewarmRequest,
        ipc_messages.SnapshotRequest,
        ipc_messages.CancelRequest,
        ipc_messages.TokenizeResult,
        ipc_messages.RequestDone,
        ipc_messages.Heartbeat,
        ipc_messages.RequestFailed,
        settings.CacheSettings,
        settings.LoadSettings,
        settings.GenerationSettings,
        engine.TokenizedPart,
        events.LoadProgress,
        events.SaferSettings,
        events.ModelInfo,
        events.PictureProgress,
        events.PromptProgress,
        events.TextDelta,
        events.Timings,
        events.ReplyFinished,
        Prompt,
        ControlPart,
        TextPart,
        PicturePart,
    )
}


def encode(envelope: Envelope, pixels: PixelStore) -> bytes:
    """Encode an envelope as one line with its line feed.

    Raises `OSError` when pixels can't be written.
    """
    return json.dumps(_pack(envelope, pixels), separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes, pixels: PixelStore) -> Envelope:
    """Decode a line. Raises `WireError`, and `OSError` when pixels can't be read."""
    try:
        envelope = _unpack(json.loads(line), pixels)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise WireError(f"not a message: {line[:80]!r}") from error
    if not isinstance(envelope, Envelope) or not isinstance(envelope.id, int):
        raise WireError(f"not an envelope: {line[:80]!r}")
    return envelope


def _pack(value: object, pixels: PixelStore) -> object:
    if isinstance(value, PreparedPicture):
        pixels.write_picture(value)
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


def _unpack(value: object, pixels: PixelStore) -> object:
    if isinstance(value, list):
        return tuple(_unpack(item, pixels) for item in value)
    if isinstance(value, dict):
        fields = {name: _unpack(item, pixels) for name, item in value.items()}
        type_name = str(fields.pop("type"))
        if type_name == "PreparedPicture":
            return pixels.read_picture(int(value["size"]), str(value["sha256"]))
        if type_name == "Path":
            return Path(value["path"])
        return _TYPES[type_name](**fields)
    return value
