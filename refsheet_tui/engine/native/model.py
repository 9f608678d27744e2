"""The text model: an owned handle on its weights and vocabulary."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.native.devices import NO_GPU
from refsheet_tui.engine.native.library import collected_errors, collected_lines
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import EngineError, GpuMemoryError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line


class LoadStoppedError(EngineError):
    """Somebody stopped the loading."""

    def __init__(self) -> None:
        super().__init__(_("Loading was stopped."), _("Load a model to go on."))


class Model:
    """`llama_model` and its vocabulary."""

    def __init__(
        self,
        settings: LoadSettings,
        on_progress: Callable[[float], bool],
        *,
        gpu_layers: int = 0,
    ) -> None:
        """Load the weights. `on_progress` gets a fraction and returns whether to go on.

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
            # What is laid out anew is in memory twice when the file is mapped as well: 4.3 GB for
            # a 4B model at its loading, and 2.6 GB so.
            params.load_mode = llama.LLAMA_LOAD_MODE_NONE
        watch = Watch(on_progress)
        params.progress_callback = llama.llama_progress_callback(watch)
        with collected_errors() as log, collected_lines() as lines:
            handle = llama.llama_model_load_from_file(os.fsencode(path), params)
        if handle is None:
            raise load_error(path, watch, log.cause)
        self.handle = handle
        self.repacked_bytes = _repacked_bytes(lines)
        self.path = path
        vocab = llama.llama_model_get_vocab(handle)
        assert vocab is not None
        self.vocab = vocab

    @property
    def width(self) -> int:
        """The length of one input embedding."""
        return int(llama.llama_model_n_embd_inp(self.handle))

    @property
    def trained_context(self) -> int:
        return int(llama.llama_model_n_ctx_train(self.handle))

    @property
    def window(self) -> int:
        """How many tokens back the sliding-window layers see; 0 when there are none."""
        return int(llama.llama_model_n_swa(self.handle))

    @property
    def n_vocab(self) -> int:
        return int(llama.llama_vocab_n_tokens(self.vocab))

    def close(self) -> None:
        llama.llama_model_free(self.handle)


def _repacked_bytes(lines: Iterable[str]) -> int:
    """Return how much of the weights was repacked for the processor, which llama.cpp says in its
    log alone."""
    found = (re.search(r"CPU_REPACK model buffer size = *([\d.]+) MiB", line) for line in lines)
    return round(sum(float(match[1]) * (1 << 20) for match in found if match))


class Watch:
    """A progress callback that remembers whether it was what ended the load."""

    def __init__(self, on_progress: Callable[[float], bool]) -> None:
        self._on_progress = on_progress
        self.stopped = False

    def __call__(self, fraction: float, _user_data: ctypes.c_void_p) -> bool:
        self.stopped = self.stopped or not self._on_progress(fraction)
        return not self.stopped


def load_error(path: Path, watch: Watch, reason: str) -> EngineError | WeightsError:
    """Why a load came back with nothing."""
    if watch.stopped:
        return LoadStoppedError()
    because = f": {one_line(reason)}" if reason else ""
    return WeightsError(
        _("{file} can't be loaded{because}.").format(file=one_line(str(path)), because=because),
        _("Download it again, or choose another file; if memory is short, a smaller one."),
    )


def gpu_failed() -> GpuMemoryError:
    """Return the error for a computation that a GPU gave up."""
    return GpuMemoryError(
        _("The GPU could not compute this: its memory is probably full."),
        _("Close other programs that use the GPU, or set fewer gpu_layers, and try again."),
    )
