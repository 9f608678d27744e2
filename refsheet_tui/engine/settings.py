"""What a person can set about loading and about writing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_MIB = 1 << 20
# What part of the layers goes to a GPU that refuses more, tried one after the other.
GPU_SHARES = (1.0, 0.5, 0.25, 0.0)


@dataclass(frozen=True)
class CacheSettings:
    """Where what was seen and read is kept from one run to the next, and how much of it at most,
    in bytes: soft tokens of pictures, the openings of characters, the ends of recent chats."""

    folder: Path
    pictures: int = 256 * _MIB
    openings: int = 1024 * _MIB
    chats: int = 4096 * _MIB


@dataclass(frozen=True)
class LoadSettings:
    """Which weights, and how they are run.

    `mmproj` None: no pictures. `context_size` is in tokens. `threads` None: as many as there
    are performance cores. `gpu_layers` None: all that fit, which on a CPU build is none.
    `gpu_share` is the part of those layers that are tried first, less than 1 where the GPU ran out
    of memory; `projector_on_gpu` False keeps the vision tower on the processor, where the GPU
    computes pictures wrongly.
    `kv_type` is how the KV cache is stored. `full_window_cache`: sliding-window layers keep all
    they read, not their window alone. `repack`: weights are laid out anew for the processor.
    `cache` None: nothing is kept on disk.
    """

    model: Path
    mmproj: Path | None = None
    context_size: int = 8192
    threads: int | None = None
    gpu_layers: int | None = None
    gpu_share: float = GPU_SHARES[0]
    projector_on_gpu: bool = True
    kv_type: Literal["f16", "q8_0"] = "f16"
    full_window_cache: bool = False
    flash_attention: bool = True
    repack: bool = True
    cache: CacheSettings | None = None


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
    dry_multiplier: float = 0.0
    seed: int | None = None
