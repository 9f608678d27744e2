"""Safer settings for a machine on which the engine dies, and remembering which were needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

from refsheet_tui.engine.events import PROCESSOR
from refsheet_tui.engine.json_record import JsonRecord
from refsheet_tui.engine.parts import model_parts, model_size
from refsheet_tui.engine.settings import GPU_SHARES, LoadSettings
from refsheet_tui.paths import state_dir

_LIBRARY = "llama-cpp-python"
_GPU_WORDS = {
    0.5: "half of the layers on the GPU",
    0.25: "a quarter of the layers on the GPU",
    0.0: "nothing on the GPU",
}
# How the drivers and backends of CUDA, Vulkan and Metal say that a GPU has no memory left. Some of
# them end the process for it.
_GPU_MEMORY = re.compile(
    r"out of (device )?memory|OutOf(Device|Host)Memory|MemoryAllocation|Insufficient Memory"
    r"|Device memory allocation",
    re.IGNORECASE,
)
# After so many requests in a row that went well a death is a new one, not the same again.
_FORGIVEN = 20


@dataclass(frozen=True)
class Rung:
    """`words` say what is switched off, for the person."""

    words: str
    settings: LoadSettings


def rungs(settings: LoadSettings, *, has_gpu: bool) -> tuple[Rung, ...]:
    """The way down, from what was asked for to what is safest; each is all before it and more."""
    return tuple(_down(settings, has_gpu=has_gpu))


def _down(settings: LoadSettings, *, has_gpu: bool) -> Iterator[Rung]:
    yield Rung("", settings)
    settings = replace(settings, repack=False)
    yield Rung("weights are not laid out anew", settings)
    settings = replace(settings, flash_attention=False)
    yield Rung("no flash attention", settings)
    if has_gpu and settings.gpu_layers != 0:
        for share, words in _GPU_WORDS.items():
            yield Rung(words, _on_gpu(settings, share))


def _on_gpu(settings: LoadSettings, share: float) -> LoadSettings:
    layers = settings.gpu_layers if share > 0 else 0
    return replace(settings, gpu_share=share, gpu_layers=layers)


@dataclass(frozen=True)
class SafeMode:
    """Why a model is run with safer settings than were asked for: how the engine died, where
    (`load`, `look`, `read` or `write`), and when that was."""

    rung: int
    place: str
    how: str
    day: str


def safe_mode_file() -> Path:
    """Where it is remembered on this machine."""
    return state_dir() / "safe-mode.json"


class SafeModes:
    """What is remembered of this machine, by model."""

    def __init__(self, file: Path) -> None:
        self._record = JsonRecord(file)

    def get(self, settings: LoadSettings) -> SafeMode | None:
        return _mode(self._record.read().get(_key(settings)))

    def all(self) -> dict[str, SafeMode]:
        """Those that are in force, by model and its size in bytes."""
        ours = f" {version(_LIBRARY)}"
        modes = (
            (key, _mode(value)) for key, value in self._record.read().items() if key.endswith(ours)
        )
        return {key.removesuffix(ours): mode for key, mode in modes if mode is not None}

    def put(self, settings: LoadSettings, mode: SafeMode) -> None:
        self._record.write({**self._record.read(), _key(settings): asdict(mode)})

    def forget(self, settings: LoadSettings) -> None:
        everything = self._record.read()
        if everything.pop(_key(settings), None) is not None:
            self._record.write(everything)


def _mode(found: object) -> SafeMode | None:
    with suppress(TypeError):
        if isinstance(found, dict):
            mode = SafeMode(**found)
            return mode if isinstance(mode.rung, int) and mode.rung > 0 else None
    return None


class Ladder:
    """One model's way down: two deaths at the same place are one rung."""

    def __init__(self, settings: LoadSettings, modes: SafeModes) -> None:
        self.asked = settings
        self._modes = modes
        self._has_gpu = True  # until the engine says what it computes on
        remembered = modes.get(settings)
        self._rung = min(remembered.rung, len(self._rungs) - 1) if remembered else 0
        # Where the GPU's memory ran out. Not remembered: other programs had the rest of it.
        self._gpu_share = GPU_SHARES[0]
        self._died_at: str | None = None
        self._went_well = 0

    @property
    def settings(self) -> LoadSettings:
        """What to load with now."""
        settings = self._rungs[self._rung].settings
        share = min(settings.gpu_share, self._gpu_share)
        return settings if share == settings.gpu_share else _on_gpu(settings, share)

    @property
    def words(self) -> str:
        """What is switched off; empty when nothing is."""
        rungs = self._rungs[1 : self._rung + 1]
        words = [rung.words for rung in rungs if rung.settings.gpu_share == GPU_SHARES[0]]
        share = self.settings.gpu_share
        return ", ".join([*words, *([_GPU_WORDS[share]] if share in _GPU_WORDS else [])])

    def loaded(self, device: str, gpu_share: float) -> None:
        """The engine computes on `device`, with that part of the layers that it should have."""
        if self.settings.gpu_layers != 0:
            self._has_gpu = device != PROCESSOR or gpu_share < self.settings.gpu_share
            self._rung = min(self._rung, len(self._rungs) - 1)
            self._gpu_share = min(self._gpu_share, gpu_share)

    def gpu_memory_ran_out(self) -> bool:
        """Put fewer layers on the GPU. False when none is there."""
        share = self.settings.gpu_share
        if not self._has_gpu or self.settings.gpu_layers == 0:
            return False
        self._gpu_share = max(each for each in GPU_SHARES if each < share)
        return True

    def went_well(self) -> None:
        """A request was answered."""
        self._went_well += 1
        if self._went_well >= _FORGIVEN:
            self._died_at = None

    def died_of_gpu_memory(self, how: str) -> bool:
        """Return whether that is how it died; then fewer layers go to the GPU."""
        return _GPU_MEMORY.search(how) is not None and self.gpu_memory_ran_out()

    def died(self, place: str, how: str) -> bool:
        """The engine died. False when there is nothing left to try."""
        if self.died_of_gpu_memory(how):
            return True
        self._went_well = 0
        if place != self._died_at:
            self._died_at = place
            return True
        self._died_at = None
        if self._rung + 1 >= len(self._rungs):
            if place == "load":  # it was something else
                self._modes.forget(self.asked)
                self._rung = 0
            return False
        self._rung += 1
        day = date.today().isoformat()
        self._modes.put(self.asked, SafeMode(self._rung, place, how, day))
        return True

    @property
    def _rungs(self) -> tuple[Rung, ...]:
        return rungs(self.asked, has_gpu=self._has_gpu)


def _key(settings: LoadSettings) -> str:
    """A new version of llama.cpp, or another model, begins at the top again."""
    size = 0
    with suppress(OSError):
        size = model_size(settings.model)
    return f"{model_parts(settings.model)[0].name} {size} {version(_LIBRARY)}"
