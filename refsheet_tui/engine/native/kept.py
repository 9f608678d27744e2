"""What is kept from one run to the next for the weights that are loaded."""

from __future__ import annotations

from refsheet_tui.engine.native.embeddings import EmbeddingCache
from refsheet_tui.engine.native.identity import fingerprint, identity
from refsheet_tui.engine.native.snapshots import Snapshots
from refsheet_tui.engine.native.speeds import Speeds
from refsheet_tui.engine.parts import model_parts
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.engine.shelf import Shelf

PICTURES = "pictures"
_SPEEDS = "speeds.json"


class Kept:
    """Pictures, snapshots and speeds, each by the identity of all that they depend on."""

    def __init__(self, settings: LoadSettings, device: str) -> None:
        """`device` is what computes: speeds are its own, and so is the layout of a snapshot where
        flash attention is chosen by what it supports."""
        self._settings = settings
        self._model = fingerprint(model_parts(settings.model))
        self._mmproj = fingerprint((settings.mmproj,)) if settings.mmproj else ""
        self._device = device
        file = settings.cache.folder / _SPEEDS if settings.cache else None
        facts = ("speeds", self._model, self._mmproj, device, settings.threads, settings.repack)
        self.speeds = Speeds(file, identity(facts))

    def embeddings(self, shape: tuple[int, int], *, on_gpu: bool) -> EmbeddingCache:
        """Soft tokens, `shape` (positions, width) for each picture. What a GPU computed is kept
        apart: it may be one that computes pictures wrongly."""
        cache = self._settings.cache
        shelf = Shelf(cache.folder / PICTURES, cache.pictures) if cache else None
        if shelf is not None:
            shelf.sweep()
        facts = (PICTURES, self._mmproj, *([self._device] if on_gpu else []))
        return EmbeddingCache(shelf, identity(facts), shape)

    def snapshots(self, context_size: int, window: int) -> Snapshots | None:
        """Those that fit into a context of so many tokens; None where nothing is kept. `window`:
        see `Ledger.reusable`."""
        settings = self._settings
        if settings.cache is None:
            return None
        facts = (
            *("snapshots", self._model, self._mmproj, self._device),
            *(settings.kv_type, settings.flash_attention),
        )
        return Snapshots(settings.cache, identity(facts), context_size, window)
