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
_DESCRIPTIONS = {
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


def disk_caches(settings: CacheSettings) -> dict[str, DiskCache]:
    """Return the disk caches by kind."""
    capacities = (settings.pictures, settings.openings, settings.chats)
    return {
        kind: DiskCache(settings.folder / kind, capacity)
        for kind, capacity in zip(_DESCRIPTIONS, capacities, strict=True)
    }


def describe_caches(settings: CacheSettings, *, as_json: bool) -> str:
    """Return the use of each cache, as lines or as a JSON array."""
    usages = [_cache_usage(kind, disk_cache) for kind, disk_cache in disk_caches(settings).items()]
    if as_json:
        return json.dumps([asdict(each) for each in usages])
    lines = [
        f"{each.kind:<9}{each.entries:>6}{_format_mib(each.size):>12}"
        f" of {_format_mib(each.room):<11}{_DESCRIPTIONS[each.kind]}"
        for each in usages
    ]
    return "\n".join([*lines, f"Folder: {settings.folder}"])


def clear_caches(settings: CacheSettings, kinds: Sequence[str]) -> str:
    """Clear the caches of these kinds, or all if `kinds` is empty.

    Returns a line that says how much space is free now.
    """
    caches = [
        disk_cache
        for kind, disk_cache in disk_caches(settings).items()
        if not kinds or kind in kinds
    ]
    freed_bytes = sum(disk_cache.clear() for disk_cache in caches)
    return f"Freed {_format_mib(freed_bytes)}. The next replies may take longer to start."


def _cache_usage(kind: str, disk_cache: DiskCache) -> CacheUsage:
    entries = list(disk_cache.entries())
    size = sum(entry.size for entry in entries)
    return CacheUsage(kind, len(entries), size, disk_cache.capacity, str(disk_cache.folder))


def _format_mib(size: int) -> str:
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
