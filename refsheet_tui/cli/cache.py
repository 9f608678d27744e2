"""`refsheet cache`: the engine's disk cache, and how to clear it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from refsheet_tui.config import load_config
from refsheet_tui.engine import CacheSettings, DiskCache
from refsheet_tui.weights import build_cache_settings

_MIB = 1 << 20
_WORDS = {
    "pictures": "pictures the model has seen",
    "openings": "chat openings by character",
    "chats": "latest state of chats",
}


@dataclass(frozen=True)
class CacheUsage:
    """The use of one disk cache. `size` and `room`, its limit, are in bytes."""

    kind: str
    entries: int
    size: int
    room: int
    folder: str


def shelves(settings: CacheSettings) -> dict[str, DiskCache]:
    """Return the disk caches by kind."""
    rooms = (settings.pictures, settings.openings, settings.chats)
    return {
        kind: DiskCache(settings.folder / kind, room)
        for kind, room in zip(_WORDS, rooms, strict=True)
    }


def describe_caches(settings: CacheSettings, *, as_json: bool) -> str:
    """Return the use of each cache, as lines or as a JSON array."""
    kept = [_kept(kind, shelf) for kind, shelf in shelves(settings).items()]
    if as_json:
        return json.dumps([asdict(each) for each in kept])
    lines = [
        f"{each.kind:<9}{each.entries:>6}{_mib(each.size):>12} of {_mib(each.room):<11}"
        f"{_WORDS[each.kind]}"
        for each in kept
    ]
    return "\n".join([*lines, f"Folder: {settings.folder}"])


def clear_caches(settings: CacheSettings, kinds: Sequence[str]) -> str:
    """Clear the caches of these kinds, or all if `kinds` is empty.

    Returns a line that says how much space is free now.
    """
    chosen = [shelf for kind, shelf in shelves(settings).items() if not kinds or kind in kinds]
    freed = sum(shelf.clear() for shelf in chosen)
    return f"Freed {_mib(freed)}. The next replies may take longer to start."


def _kept(kind: str, shelf: DiskCache) -> CacheUsage:
    entries = list(shelf.entries())
    size = sum(entry.size for entry in entries)
    return CacheUsage(kind, len(entries), size, shelf.capacity, str(shelf.folder))


def _mib(size: int) -> str:
    return f"{size / _MIB:.1f} MiB"


@click.group(invoke_without_command=True)
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def cache(context: click.Context, config_file: Path | None, as_json: bool) -> None:
    """Show the disk cache, which makes replies start faster."""
    context.obj = build_cache_settings(load_config(config_file))
    if context.invoked_subcommand is None:
        click.echo(describe_caches(context.obj, as_json=as_json))


@cache.command()
@click.argument("kinds", nargs=-1, type=click.Choice(("pictures", "openings", "chats")))
@click.pass_obj
def clear(settings: CacheSettings, kinds: tuple[str, ...]) -> None:
    """Clear the disk cache. Your chats are not affected.

    Without KINDS, everything is cleared.
    """
    click.echo(clear_caches(settings, kinds))
