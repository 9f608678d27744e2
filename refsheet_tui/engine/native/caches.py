"""The caches that outlast a run, for the weights that are loaded."""

from __future__ import annotations

from refsheet_tui.engine.disk_cache import DiskCache
from refsheet_tui.engine.native.cache_keys import cache_key, fingerprint
from refsheet_tui.engine.native.duration_estimates import DurationEstimates
from refsheet_tui.engine.native.embedding_cache import EmbeddingCache
from refsheet_tui.engine.native.snapshots import SnapshotStore
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.engine.split_files import model_parts

PICTURES_FOLDER = "pictures"
_DURATIONS_FILE = "speeds.json"


class ModelCaches:
    """The caches of pictures, snapshots and durations.

    Each is found by the identity of everything that it depends on.
    """

    def __init__(self, settings: LoadSettings, device: str) -> None:
        """Use the caches for what `device` computes.

        Durations depend on the device. So does the layout of a snapshot: the device decides whether
        flash attention is used.
        """
        self._settings = settings
        self._model_fingerprint = fingerprint(model_parts(settings.model))
        self._mmproj_fingerprint = fingerprint((settings.mmproj,)) if settings.mmproj else ""
        self._device = device
        file = settings.cache.folder / _DURATIONS_FILE if settings.cache else None
        key_components = (
            "speeds",
            self._model_fingerprint,
            self._mmproj_fingerprint,
            device,
            settings.threads,
            settings.repack,
        )
        self.durations = DurationEstimates(file, cache_key(key_components))

    def open_embedding_cache(self, shape: tuple[int, int], *, on_gpu: bool) -> EmbeddingCache:
        """Open the cache of soft tokens, of `shape` (positions, width) for each picture.

        A GPU's have an entry of their own: it may be one that computes pictures wrongly.
        """
        cache = self._settings.cache
        disk_cache = DiskCache(cache.folder / PICTURES_FOLDER, cache.pictures) if cache else None
        if disk_cache is not None:
            disk_cache.remove_abandoned()
        key_components = (
            PICTURES_FOLDER,
            self._mmproj_fingerprint,
            *([self._device] if on_gpu else []),
        )
        return EmbeddingCache(disk_cache, cache_key(key_components), shape)

    def open_snapshot_store(self, context_size: int, window: int) -> SnapshotStore | None:
        """Open the snapshots that fit into `context_size` tokens; None without a disk cache.

        For `window` see `CacheContents.count_reusable`.
        """
        settings = self._settings
        if settings.cache is None:
            return None
        key_components = (
            *("snapshots", self._model_fingerprint, self._mmproj_fingerprint, self._device),
            *(settings.kv_type, settings.flash_attention),
        )
        return SnapshotStore(settings.cache, cache_key(key_components), context_size, window)
