"""Estimating which models this machine can run, and how well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

import psutil

from refsheet_tui.engine import (
    LlamaBuild,
    LoadSettings,
    MemoryEstimate,
    ModelShape,
    estimate_memory,
    free_memory,
    layers_on_gpu,
    memory_beside_gpu,
    model_size,
    read_model_header,
)
from refsheet_tui.errors import WeightsError
from refsheet_tui.weights.catalog import Catalog, CatalogEntry
from refsheet_tui.weights.model_store import FileState, ModelStore

# The rest is for the system and for the other programs of the user.
_MAX_MEMORY_SHARE = 0.75
# Half of the context still makes a good chat; with a quarter, the model forgets during the chat.
_CONTEXT_DIVISORS = (1, 2, 4)
# Tokens a second at which most people read. If a model is slower, the user waits for every word.
_READING_TOKENS_PER_S = 5.0
# Seconds to choose one of 262,144 tokens, however small the model is. Measured with the 270M.
_SAMPLING_S = 0.0027


class FitVerdict(Enum):
    """The answer to whether a model fits into memory.

    `CLOSE`: the machine has enough memory, but other programs are using some of it.
    """

    FITS = "fits"
    CLOSE = "fits when other programs are closed"
    TOO_LARGE = "will not fit"


@dataclass(frozen=True)
class MachineResources:
    """The memory and the speed of this machine. Memory is in bytes.

    Attributes:
        total_memory: All memory of the machine.
        available_memory: The memory that a program can have now.
        free_gpu_memory: The free memory of all GPUs together.
        bytes_per_s: Bytes of weights that the machine can read in a second while it generates
            (`engine.build_info.measure_weight_bandwidth`); None if it was not measured.
        has_shared_memory: The GPUs use the memory of the machine, and have none of their own.
    """

    total_memory: int
    available_memory: int
    free_gpu_memory: int
    bytes_per_s: float | None
    has_shared_memory: bool = False

    @classmethod
    def detect(cls, build: LlamaBuild | None, bytes_per_s: float | None) -> MachineResources:
        """Return the resources as they are now.

        `build` is None if llama.cpp does not start here; then no GPU is known.
        """
        devices = build.devices if build else ()
        return cls(
            psutil.virtual_memory().total,
            free_memory(),
            sum(device.free for device in devices),
            bytes_per_s,
            any(device.shares_memory for device in devices),
        )


@dataclass(frozen=True)
class Fit:
    """How well a model fits a machine, and the settings to run it with.

    Attributes:
        verdict: Whether it fits.
        memory: The memory that it takes, by purpose.
        host_memory: The bytes that it takes beside the GPU's own memory.
        context_size: The size of the context to run it with, in tokens.
        gpu_layers: How many layers to offload.
        tokens_per_s: The speed of writing; None if it was not measured, or if a GPU computes only
            a part of the model.
        has_smaller_context: The context is smaller than the settings ask for.
    """

    verdict: FitVerdict
    memory: MemoryEstimate
    host_memory: int
    context_size: int
    gpu_layers: int
    tokens_per_s: float | None
    has_smaller_context: bool


def estimate_fit(
    shape: ModelShape,
    weights_size: int,
    projector_size: int,
    settings: LoadSettings,
    machine: MachineResources,
) -> Fit:
    """Estimate how well a model fits, with the largest context that fits.

    The context is that of `settings`, a half or a quarter of it. `weights_size` and
    `projector_size` are sizes of files, in bytes.
    """
    fits: list[Fit] = []
    for divisor in _CONTEXT_DIVISORS:
        reduced_settings = replace(settings, context_size=settings.context_size // divisor)
        memory = estimate_memory(shape, weights_size, projector_size, reduced_settings)
        gpu_layers = layers_on_gpu(shape, memory, machine.free_gpu_memory)
        if settings.gpu_layers is not None:
            gpu_layers = min(gpu_layers, settings.gpu_layers)
        host_memory = (
            memory.total
            if machine.has_shared_memory
            else memory_beside_gpu(shape, memory, gpu_layers)
        )
        # If there is a GPU, its speed was measured: it says nothing about the CPU.
        is_measured = not machine.free_gpu_memory or gpu_layers > shape.layers
        tokens_per_s = (
            _estimate_tokens_per_s(weights_size, machine.bytes_per_s) if is_measured else None
        )
        verdict = _verdict_for(host_memory, machine)
        context_size = reduced_settings.context_size
        fits.append(
            Fit(
                verdict,
                memory,
                host_memory,
                context_size,
                gpu_layers,
                tokens_per_s,
                has_smaller_context=divisor > 1,
            )
        )
    for verdict in FitVerdict:
        for each in fits:
            if each.verdict is verdict:
                return each
    raise AssertionError("every fit has a verdict")


def estimate_entry_fit(
    catalog: Catalog,
    entry: CatalogEntry,
    store: ModelStore,
    settings: LoadSettings,
    machine: MachineResources,
) -> Fit | None:
    """Estimate how well a model of the catalog fits; None if its numbers are unknown.

    The numbers are those of the file if it is on the disk, and those of the catalog if not.
    """
    weights_size = store.expected_model_size(entry)
    projector_size = store.expected_size(entry.projector) if entry.projector else 0
    shape = catalog.shapes.get(entry.shape) if entry.shape else None
    if store.text_model_state(entry) is FileState.COMPLETE:
        model_file = store.file_path(entry.model)
        try:
            shape = ModelShape.from_header(read_model_header(model_file))
        except WeightsError:
            return None
        weights_size = model_size(model_file)
    if shape is None or weights_size is None or projector_size is None:
        return None
    return estimate_fit(shape, weights_size, projector_size, settings, machine)


def recommend_model(
    catalog: Catalog, fits: Mapping[str, Fit | None], machine: MachineResources
) -> str | None:
    """Return the best model that leaves room for other programs and is as fast as people read.

    A model that sees pictures wins over a text-only one, even if it is slow. If no speed was
    measured, the catalog's default is returned if it fits. Return None if no model fits.
    """
    memory_limit = machine.total_memory * _MAX_MEMORY_SHARE
    fitting_models = {
        name: fit
        for name in catalog.best_first
        if (fit := fits.get(name)) and fit.host_memory <= memory_limit
    }
    vision_models = [name for name in fitting_models if catalog.models[name].projector is not None]
    names = vision_models or list(fitting_models)
    if machine.bytes_per_s is None and catalog.default in names:
        return catalog.default
    for name in names:
        tokens_per_s = fitting_models[name].tokens_per_s
        if tokens_per_s is not None and tokens_per_s >= _READING_TOKENS_PER_S:
            return name
    return names[-1] if names else None


def _estimate_tokens_per_s(weights_size: int, bytes_per_s: float | None) -> float | None:
    return 1 / (weights_size / bytes_per_s + _SAMPLING_S) if bytes_per_s else None


def _verdict_for(host_memory: int, machine: MachineResources) -> FitVerdict:
    if host_memory <= machine.available_memory:
        return FitVerdict.FITS
    return (
        FitVerdict.CLOSE
        if host_memory <= machine.total_memory * _MAX_MEMORY_SHARE
        else FitVerdict.TOO_LARGE
    )
