"""What a person can set about loading and about writing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LoadSettings:
    """Which weights, and how they are run.

    `mmproj` None: no pictures. `context_size` is in tokens. `threads` None: as many as there
    are performance cores. `gpu_layers` None: all that fit, which on a CPU build is none.
    """

    model: Path
    mmproj: Path | None = None
    context_size: int = 8192
    threads: int | None = None
    gpu_layers: int | None = None


@dataclass(frozen=True)
class GenerationSettings:
    """How a reply is written. The defaults are what Google recommends for Gemma 3.

    `sample` False: greedy, the rest of the sampling settings is not looked at.
    `seed` None: another reply every time.
    """

    max_new_tokens: int = 1000
    sample: bool = True
    temperature: float = 1.0
    top_k: int = 64
    top_p: float = 0.95
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    seed: int | None = None
