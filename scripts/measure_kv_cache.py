#!/usr/bin/env python3
"""Measure what each kind of KV cache costs: memory, reading, writing, saving to disk.

`scripts/measure_kv_cache.py MODEL.gguf [--context 8192 32768] [--depth 4096]` prints a Markdown
table. Each row is a process of its own; the text is read once, then 32 tokens are written.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from time import monotonic
from typing import Literal

from refsheet_tui.engine import (
    CacheSettings,
    GenerationSettings,
    LoadSettings,
    LocalEngine,
    ReplyFinished,
)
from refsheet_tui.prompting import Prompt, TextPart

_NEW_TOKENS = 32
_MIB = 1 << 20


@dataclass(frozen=True)
class KvCacheRow:
    """A row of the table. Memory is in MiB, speeds in tokens a second, times in seconds."""

    settings: LoadSettings
    peak_mib: float
    read_tps: float
    write_tps: float
    snapshot_mib: float
    saving_s: float
    restoring_s: float

    def __str__(self) -> str:
        window = "full" if self.settings.full_window_cache else "compact"
        return (
            f"| {self.settings.context_size} | {window} | {self.settings.kv_type} "
            f"| {self.peak_mib:.0f} | {self.read_tps:.1f} | {self.write_tps:.1f} "
            f"| {self.snapshot_mib:.0f} | {self.saving_s:.2f} | {self.restoring_s:.2f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--context", type=int, nargs="+", default=[8192, 32768])
    parser.add_argument("--depth", type=int, default=4096, help="tokens read before writing")
    arguments = parser.parse_args()
    print(
        "| context | window layers | KV type | peak MiB | reading | writing | snapshot MiB "
        "| saved in s | restored in s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for settings in _settings_to_measure(arguments.model, arguments.context):
        print(asyncio.run(_measure(settings, arguments.depth)), flush=True)


def _settings_to_measure(model: Path, contexts: list[int]) -> Iterator[LoadSettings]:
    types: tuple[Literal["f16", "q8_0"], ...] = ("f16", "q8_0")
    for size, full, kv_type in product(contexts, (False, True), types):
        yield LoadSettings(model, context_size=size, kv_type=kv_type, full_window_cache=full)


async def _measure(settings: LoadSettings, depth: int) -> KvCacheRow:
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings, cache=CacheSettings(Path(folder), openings=1 << 40))
        engine = LocalEngine()
        await engine.load(settings)
        prompt = await _prompt(engine, depth)
        reply = await _generate(engine, prompt)
        peak = _peak_bytes(engine)
        start = monotonic()
        await engine.snapshot()
        saving_s = monotonic() - start
        (file,) = Path(folder).glob("*/*.cache")
        size = file.stat().st_size
        await engine.close()
        engine = LocalEngine()
        await engine.load(settings)
        restored_reply = await _generate(engine, prompt)
        await engine.close()
    read_tps = reply.prompt_tokens / reply.timings.read_s
    restoring_s = restored_reply.timings.first_token_s - restored_reply.timings.read_s
    write_tps = reply.timings.write_tps
    return KvCacheRow(
        settings, peak / _MIB, read_tps, write_tps, size / _MIB, saving_s, restoring_s
    )


async def _prompt(engine: LocalEngine, depth: int) -> Prompt:
    """Return a text of at least `depth` tokens."""
    text = ""
    while True:
        text += "The quick brown fox jumps over the lazy dog. " * 20
        prompt = Prompt((TextPart(text),))
        if sum(part.positions for part in await engine.tokenize(prompt)) >= depth:
            return prompt


async def _generate(engine: LocalEngine, prompt: Prompt) -> ReplyFinished:
    settings = GenerationSettings(max_new_tokens=_NEW_TOKENS, sample=False)
    async for event in engine.generate(prompt, settings):
        if isinstance(event, ReplyFinished):
            return event
    raise AssertionError("a reply ends with ReplyFinished")


def _peak_bytes(engine: LocalEngine) -> int:
    """Return the engine process's largest resident set in bytes. Works only on Linux."""
    status = Path(f"/proc/{engine.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if "VmHWM" in line)


if __name__ == "__main__":
    main()
