"""Which models this machine can run, and how well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

import psutil

from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.files import read_model
from refsheet_tui.engine.machine import Build
from refsheet_tui.engine.memory import Need, Shape, layers_on_gpu, needed
from refsheet_tui.engine.parts import model_size
from refsheet_tui.engine.room import memory_room, on_the_processor
from refsheet_tui.errors import WeightsError
from refsheet_tui.weights.catalog import Catalog, Entry
from refsheet_tui.weights.store import State, Store

# What stays for the system and everything else that a person has open.
_SHARE = 0.75
# Half of the context that is asked for is a good chat still; a quarter forgets while one talks.
_CONTEXTS = (1, 2, 4)
# Tokens a second at which most people read: slower than that, and one waits for every word.
_PACE = 5.0
# Seconds to choose one of 262,144 tokens, however small the model is. Measured with the 270M.
_CHOICE_S = 0.0027


class Verdict(Enum):
    """`CLOSE`: there is enough memory in this machine, but other programs have some of it."""

    FITS = "fits"
    CLOSE = "fits when other programs are closed"
    TOO_LARGE = "will not fit"


@dataclass(frozen=True)
class Machine:
    """Bytes of memory: all, what a program can have now, and what GPUs have free. `shares`: theirs
    is the machine's own. `bytes_per_s`: see `engine.machine.measure_speed`; None when it was not
    measured."""

    total: int
    room: int
    gpu: int
    bytes_per_s: float | None
    shares: bool = False

    @classmethod
    def this(cls, build: Build | None, bytes_per_s: float | None) -> Machine:
        """`build` None: llama.cpp does not start here, and finds no GPU."""
        devices = build.devices if build else ()
        return cls(
            psutil.virtual_memory().total,
            memory_room(),
            sum(device.free for device in devices),
            bytes_per_s,
            any(device.shares for device in devices),
        )


@dataclass(frozen=True)
class Fit:
    """`context` in tokens and `gpu_layers` are what to run it with; `here` is how many bytes it
    takes beside a GPU's, `speed` in tokens a second: None when it was not measured, or not for a
    model of which a GPU takes a part."""

    verdict: Verdict
    need: Need
    here: int
    context: int
    gpu_layers: int
    speed: float | None
    is_smaller: bool
    """The context is smaller than what was asked for."""


def fit(
    shape: Shape, weights: int, projector: int, settings: LoadSettings, machine: Machine
) -> Fit:
    """With the largest context up to that of `settings` that fits; sizes of files in bytes."""
    found: list[Fit] = []
    for part in _CONTEXTS:
        smaller = replace(settings, context_size=settings.context_size // part)
        need = needed(shape, weights, projector, smaller)
        layers = layers_on_gpu(shape, need, machine.gpu)
        if settings.gpu_layers is not None:
            layers = min(layers, settings.gpu_layers)
        here = need.total if machine.shares else on_the_processor(shape, need, layers)
        # With a GPU it was measured there.
        is_measured = not machine.gpu or layers > shape.layers
        speed = _speed(weights, machine.bytes_per_s) if is_measured else None
        verdict = _verdict(here, machine)
        context = smaller.context_size
        found.append(Fit(verdict, need, here, context, layers, speed, is_smaller=part > 1))
    for verdict in Verdict:
        for each in found:
            if each.verdict is verdict:
                return each
    raise AssertionError("every fit has a verdict")


def fit_entry(
    catalog: Catalog, entry: Entry, store: Store, settings: LoadSettings, machine: Machine
) -> Fit | None:
    """By the numbers in the file when it is on disk, else by the catalogue's; None where neither
    has any."""
    weights = store.model_size(entry)
    projector = store.size(entry.projector) if entry.projector else 0
    shape = catalog.shapes.get(entry.shape) if entry.shape else None
    if store.state_of_model(entry) is State.WHOLE:
        model = store.path(entry.model)
        try:
            shape = Shape.of(read_model(model))
        except WeightsError:
            return None
        weights = model_size(model)
    if shape is None or weights is None or projector is None:
        return None
    return fit(shape, weights, projector, settings, machine)


def recommended(catalog: Catalog, fits: Mapping[str, Fit | None], machine: Machine) -> str | None:
    """The best model that leaves room for other programs and writes as fast as people read.

    One that sees pictures, however slowly, rather than one that doesn't; where no speed was
    measured nothing above the catalogue's default. None where none of those that come into question
    fits.
    """
    roomy = machine.total * _SHARE
    fitting = {
        name: found
        for name in catalog.best_first
        if (found := fits.get(name)) and found.here <= roomy
    }
    sighted = [name for name in fitting if catalog.models[name].projector is not None]
    names = sighted or list(fitting)
    if machine.bytes_per_s is None and catalog.default in names:
        return catalog.default
    for name in names:
        speed = fitting[name].speed
        if speed is not None and speed >= _PACE:
            return name
    return names[-1] if names else None


def _speed(weights: int, bytes_per_s: float | None) -> float | None:
    return 1 / (weights / bytes_per_s + _CHOICE_S) if bytes_per_s else None


def _verdict(here: int, machine: Machine) -> Verdict:
    if here <= machine.room:
        return Verdict.FITS
    return Verdict.CLOSE if here <= machine.total * _SHARE else Verdict.TOO_LARGE
