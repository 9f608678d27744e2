"""Fall back to safer settings on a machine where the engine dies, and remember them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

from refsheet_tui.engine.events import CPU_DEVICE
from refsheet_tui.engine.settings import GPU_SHARES, LoadSettings
from refsheet_tui.engine.split_files import model_parts, model_size
from refsheet_tui.file_io import JsonFile
from refsheet_tui.paths import state_dir

_LLAMA_PACKAGE = "llama-cpp-python"
_GPU_SHARE_DESCRIPTIONS = {
    0.5: "half of the layers on the GPU",
    0.25: "a quarter of the layers on the GPU",
    0.0: "nothing on the GPU",
}
# The messages of CUDA's, Vulkan's and Metal's drivers and backends when a GPU has no memory left.
# Some of them end the process.
_GPU_MEMORY_ERROR = re.compile(
    r"out of (device )?memory|OutOf(Device|Host)Memory|MemoryAllocation|Insufficient Memory"
    r"|Device memory allocation",
    re.IGNORECASE,
)
# After this many successful requests in a row, another death counts as a new one.
_SUCCESSES_TO_RESET = 20


@dataclass(frozen=True)
class FallbackStep:
    """A set of safer settings. `description` tells the user what this step switches off."""

    description: str
    settings: LoadSettings


def fallback_steps(settings: LoadSettings, *, has_gpu: bool) -> tuple[FallbackStep, ...]:
    """Return the fallback steps, from the requested settings to the safest.

    Each step includes everything before it.
    """
    return tuple(_make_steps(settings, has_gpu=has_gpu))


def _make_steps(settings: LoadSettings, *, has_gpu: bool) -> Iterator[FallbackStep]:
    yield FallbackStep("", settings)
    settings = replace(settings, repack=False)
    yield FallbackStep("weights are not repacked", settings)
    settings = replace(settings, flash_attention=False)
    yield FallbackStep("no flash attention", settings)
    if has_gpu and settings.gpu_layers != 0:
        for share, description in _GPU_SHARE_DESCRIPTIONS.items():
            yield FallbackStep(description, _with_gpu_share(settings, share))


def _with_gpu_share(settings: LoadSettings, share: float) -> LoadSettings:
    layers = settings.gpu_layers if share > 0 else 0
    return replace(settings, gpu_share=share, gpu_layers=layers)


@dataclass(frozen=True)
class SafeMode:
    """The reason why a model runs with safer settings than requested.

    Attributes:
        rung: The number of the fallback step.
        place: The phase in which the engine died: `load`, `look`, `read` or `write`.
        how: How it died.
        day: The date, in ISO format.
    """

    rung: int
    place: str
    how: str
    day: str


def safe_mode_file() -> Path:
    """Return the file in which this machine's safe modes are saved."""
    return state_dir() / "safe-mode.json"


class SafeModeStore:
    """The safe modes of this machine, by model."""

    def __init__(self, file: Path) -> None:
        self._file = JsonFile(file)

    def get(self, settings: LoadSettings) -> SafeMode | None:
        """Return the safe mode that these settings need, None if they need none."""
        return _parse_safe_mode(self._file.read().get(_model_key(settings)))

    def active_modes(self) -> dict[str, SafeMode]:
        """Return the safe modes in force, by the model's name and its size in bytes."""
        version_suffix = f" {version(_LLAMA_PACKAGE)}"
        modes = (
            (key, _parse_safe_mode(value))
            for key, value in self._file.read().items()
            if key.endswith(version_suffix)
        )
        return {key.removesuffix(version_suffix): mode for key, mode in modes if mode is not None}

    def save(self, settings: LoadSettings, mode: SafeMode) -> None:
        """Remember the safe mode that these settings need."""
        self._file.write({**self._file.read(), _model_key(settings): asdict(mode)})

    def remove(self, settings: LoadSettings) -> None:
        """Forget the safe mode of these settings."""
        modes = self._file.read()
        if modes.pop(_model_key(settings), None) is not None:
            self._file.write(modes)


def _parse_safe_mode(value: object) -> SafeMode | None:
    with suppress(TypeError):
        if isinstance(value, dict):
            mode = SafeMode(**value)
            return mode if isinstance(mode.rung, int) and mode.rung > 0 else None
    return None


class FallbackPlan:
    """The fallback steps of one model. Two deaths in the same phase lead to the next step."""

    def __init__(self, settings: LoadSettings, store: SafeModeStore) -> None:
        self.requested_settings = settings
        self._store = store
        self._has_gpu = True  # until the engine says what it computes on
        saved_mode = store.get(settings)
        self._step_index = min(saved_mode.rung, len(self._steps) - 1) if saved_mode else 0
        # Lower where the GPU's memory ran out. Not saved: other programs had the rest of it.
        self._gpu_share = GPU_SHARES[0]
        self._last_crash_phase: str | None = None
        self._successes = 0

    @property
    def settings(self) -> LoadSettings:
        """The settings to load with now."""
        settings = self._steps[self._step_index].settings
        share = min(settings.gpu_share, self._gpu_share)
        return settings if share == settings.gpu_share else _with_gpu_share(settings, share)

    @property
    def description(self) -> str:
        """A description of what is switched off; empty when nothing is."""
        steps = self._steps[1 : self._step_index + 1]
        descriptions = [
            step.description for step in steps if step.settings.gpu_share == GPU_SHARES[0]
        ]
        share = self.settings.gpu_share
        return ", ".join(
            [
                *descriptions,
                *([_GPU_SHARE_DESCRIPTIONS[share]] if share in _GPU_SHARE_DESCRIPTIONS else []),
            ]
        )

    def record_load(self, device: str, gpu_share: float) -> None:
        """Record which device computes, and with what share of the layers that it should have."""
        if self.settings.gpu_layers != 0:
            self._has_gpu = device != CPU_DEVICE or gpu_share < self.settings.gpu_share
            self._step_index = min(self._step_index, len(self._steps) - 1)
            self._gpu_share = min(self._gpu_share, gpu_share)

    def lower_gpu_share(self) -> bool:
        """Put fewer layers on the GPU. Returns False if none is there."""
        share = self.settings.gpu_share
        if not self._has_gpu or self.settings.gpu_layers == 0:
            return False
        self._gpu_share = max(each for each in GPU_SHARES if each < share)
        return True

    def record_success(self) -> None:
        """Record that a request was answered."""
        self._successes += 1
        if self._successes >= _SUCCESSES_TO_RESET:
            self._last_crash_phase = None

    def handle_gpu_memory_crash(self, crash_message: str) -> bool:
        """Return whether the engine died of the GPU's memory. If so, fewer layers go to the GPU."""
        return _GPU_MEMORY_ERROR.search(crash_message) is not None and self.lower_gpu_share()

    def record_crash(self, phase: str, crash_message: str) -> bool:
        """Record that the engine died. Returns False when there is nothing left to try."""
        if self.handle_gpu_memory_crash(crash_message):
            return True
        self._successes = 0
        if phase != self._last_crash_phase:
            self._last_crash_phase = phase
            return True
        self._last_crash_phase = None
        if self._step_index + 1 >= len(self._steps):
            if phase == "load":  # it was something else
                self._store.remove(self.requested_settings)
                self._step_index = 0
            return False
        self._step_index += 1
        day = date.today().isoformat()
        self._store.save(
            self.requested_settings, SafeMode(self._step_index, phase, crash_message, day)
        )
        return True

    @property
    def _steps(self) -> tuple[FallbackStep, ...]:
        return fallback_steps(self.requested_settings, has_gpu=self._has_gpu)


def _model_key(settings: LoadSettings) -> str:
    """Return the key of a model. Another version of llama.cpp has another key."""
    size = 0
    with suppress(OSError):
        size = model_size(settings.model)
    return f"{model_parts(settings.model)[0].name} {size} {version(_LLAMA_PACKAGE)}"
