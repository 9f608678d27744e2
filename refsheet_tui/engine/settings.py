"""Settings for loading a model and for writing replies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_MIB = 1 << 20
# The shares of the layers that are offered to a GPU, one after the other, until it accepts.
GPU_SHARES = (1.0, 0.5, 0.25, 0.0)


@dataclass(frozen=True)
class CacheSettings:
    """The folder for what is cached on disk between runs, and how large each cache may grow.

    Attributes:
        folder: The folder of all caches.
        pictures: The bytes for soft tokens of pictures.
        openings: The bytes for snapshots of characters' openings.
        chats: The bytes for snapshots of the ends of recent chats.
    """

    folder: Path
    pictures: int = 256 * _MIB
    openings: int = 1024 * _MIB
    chats: int = 4096 * _MIB


@dataclass(frozen=True)
class LoadSettings:
    """The weights to load, and how to run them.

    Attributes:
        model: The model's file, or any of its parts.
        mmproj: The projector's file; None for no pictures.
        context_size: The size of the context in tokens.
        threads: The number of threads; None for as many as there are performance cores.
        gpu_layers: The number of layers on the GPU; None for all that fit, which on a CPU build is
            none.
        gpu_share: The share of those layers to try first; less than 1 if the GPU ran out of memory.
        projector_on_gpu: False keeps the vision tower on the processor, because the GPU computes
            pictures wrongly.
        kv_type: How the KV cache is stored.
        full_window_cache: True if sliding-window layers hold all they read, not only their window.
        flash_attention: True to use flash attention wherever the backend supports it.
        repack: True to repack weights for the processor.
        cache: The disk caches; None to cache nothing on disk.
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
    """The settings for writing a reply. The defaults are what Google recommends for Gemma 3.

    Attributes:
        max_new_tokens: The longest reply in tokens.
        sample: False to choose the most likely token every time; the settings below don't count
            then.
        temperature: How much chance is in the choice of a token; 0 chooses the most likely.
        top_k: Choose among this many of the most likely tokens.
        top_p: Choose among the most likely tokens that reach this probability together.
        min_p: Drop tokens less likely than this share of the most likely one.
        repeat_penalty: How much to punish repeated tokens; 1.0 to punish none.
        dry_multiplier: How much to punish repeated sequences; 0.0 to punish none.
        seed: The seed of the choices; None for another reply every time.
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
