"""The text model: an owned handle on its weights and vocabulary."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.native.devices import NO_GPU
from refsheet_tui.engine.native.llama_backend import collect_errors, collect_log_lines
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import EngineError, GpuMemoryError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line


class LoadStoppedError(EngineError):
    """The loading was stopped."""

    def __init__(self) -> None:
        super().__init__(_("Loading stopped."), _("Load a model to continue."))


class LlamaModel:
    """A `llama_model` and its vocabulary."""

    def __init__(
        self,
        settings: LoadSettings,
        on_progress: Callable[[float], bool],
        *,
        gpu_layers: int = 0,
    ) -> None:
        """Load the weights. `on_progress` gets a fraction and returns False to stop.

        Raises `WeightsError` with llama.cpp's own words, `LoadStoppedError`.
        """
        path = settings.model
        params = llama.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        if gpu_layers == 0:
            # With a GPU in the list, its driver's memory would hold the weights, so that they can't
            # be repacked, and long batches would be computed on it all the same.
            params.devices = NO_GPU
        params.use_extra_bufts = settings.repack
        self.uses_gpu = gpu_layers > 0
        if settings.repack and not self.uses_gpu:
            # Repacked weights are in memory twice when the file is mapped as well: loading a 4B
            # model then takes 4.3 GB, and 2.6 GB without mapping.
            params.load_mode = llama.LLAMA_LOAD_MODE_NONE
        progress = LoadProgressCallback(on_progress)
        params.progress_callback = llama.llama_progress_callback(progress)
        with collect_errors() as log, collect_log_lines() as lines:
            handle = llama.llama_model_load_from_file(os.fsencode(path), params)
        if handle is None:
            raise load_error(path, progress, log.first_error)
        self.handle = handle
        self.repacked_bytes = _repacked_bytes(lines)
        self.path = path
        vocab = llama.llama_model_get_vocab(handle)
        assert vocab is not None
        self.vocab = vocab

    @property
    def embedding_width(self) -> int:
        """The length of one input embedding."""
        return int(llama.llama_model_n_embd_inp(self.handle))

    @property
    def trained_context(self) -> int:
        return int(llama.llama_model_n_ctx_train(self.handle))

    @property
    def sliding_window(self) -> int:
        """The number of tokens that the sliding-window layers look back; 0 without such layers."""
        return int(llama.llama_model_n_swa(self.handle))

    @property
    def n_vocab(self) -> int:
        return int(llama.llama_vocab_n_tokens(self.vocab))

    def close(self) -> None:
        llama.llama_model_free(self.handle)


def _repacked_bytes(lines: Iterable[str]) -> int:
    """Return how many bytes of the weights were repacked, which only llama.cpp's log says."""
    matches = (re.search(r"CPU_REPACK model buffer size = *([\d.]+) MiB", line) for line in lines)
    return round(sum(float(match[1]) * (1 << 20) for match in matches if match))


class LoadProgressCallback:
    """A progress callback that remembers whether it stopped the load."""

    def __init__(self, on_progress: Callable[[float], bool]) -> None:
        self._on_progress = on_progress
        self.is_stopped = False

    def __call__(self, fraction: float, _user_data: ctypes.c_void_p) -> bool:
        self.is_stopped = self.is_stopped or not self._on_progress(fraction)
        return not self.is_stopped


def load_error(
    path: Path, progress: LoadProgressCallback, reason: str
) -> EngineError | WeightsError:
    """Return the error for a load that failed or was stopped."""
    if progress.is_stopped:
        return LoadStoppedError()
    suffix = f": {one_line(reason)}" if reason else ""
    return WeightsError(
        _("Can't load {file}{because}.").format(file=one_line(str(path)), because=suffix),
        _("Download it again, or choose another file (a smaller one if memory is low)."),
    )


def gpu_memory_error() -> GpuMemoryError:
    """Return the error for a computation that a GPU gave up."""
    return GpuMemoryError(
        _("The GPU failed, probably because its memory is full."),
        _("Close other apps that use the GPU, or reduce gpu_layers, then try again."),
    )
