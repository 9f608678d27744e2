"""What an engine reports while it works, in the order a person lives through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _

# `ModelInfo.device` where no layer is on a GPU.
PROCESSOR = "CPU"
# What a GPU computes wrongly: nothing, the vision tower, or everything.
GpuFault = Literal["", "pictures", "text"]
_GPU_FAULTS: dict[GpuFault, str] = {
    "": "",
    "pictures": "pictures on the processor, because the GPU computes them wrongly",
    "text": "nothing on the GPU, because it computes wrongly",
}
Finish = Literal["end_of_turn", "max_tokens", "cancelled"]


@dataclass(frozen=True)
class ModelInfo:
    """What was loaded.

    `picture_size` is the side in pixels of the square the projector sees, 0 without one;
    `picture_tokens` is how many positions a picture takes in the context. `gpu_layers` of `layers`
    are on the GPU, the part `gpu_share` of those that should be. `gpu_fault`: what the GPU computes
    wrongly, so that the processor does it. `safe_mode` says what is switched off because the engine
    died or the GPU's memory ran out, in words for the user; empty when nothing.
    """

    name: str
    is_demo: bool
    context_size: int
    picture_size: int
    picture_tokens: int
    device: str
    is_instruction_tuned: bool = True
    gpu_layers: int = 0
    layers: int = 0
    gpu_share: float = 1.0
    gpu_fault: GpuFault = ""
    safe_mode: str = ""

    @property
    def restrictions(self) -> str:
        """Everything that is switched off, in words for the user; empty when nothing is."""
        return ", ".join(filter(None, (self.safe_mode, _GPU_FAULTS[self.gpu_fault])))

    @property
    def sees_pictures(self) -> bool:
        return self.picture_size > 0

    def seen_size(self) -> int:
        """`picture_size`, for who wants to show a picture. Raises `EngineError` without one."""
        if not self.sees_pictures:
            raise EngineError(
                _("{name} is text-only and can't see pictures.").format(name=self.name),
                _("Choose a vision model (4B or larger), or load the mmproj file of this one."),
            )
        return self.picture_size


@dataclass(frozen=True)
class Loading:
    """Weights are being read; `fraction` goes from 0 to 1. `expected_s`: how many seconds it
    takes in all, learnt from earlier runs on this machine; None before the first."""

    fraction: float
    expected_s: float | None = None


@dataclass(frozen=True)
class Looking:
    """Picture `number` (from 1) of `total` is being encoded. Known pictures are not reported.

    `expected_s`: as in `Loading`, for this picture.
    """

    number: int
    total: int
    expected_s: float | None = None


@dataclass(frozen=True)
class Reading:
    """`done` of `total` prompt tokens are in the context, `reused` of them already were.

    `expected_s`: as in `Loading`, for the tokens that are not reused.
    """

    done: int
    total: int
    reused: int
    expected_s: float | None = None


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the reply: whole characters, clean of control characters."""

    text: str


@dataclass(frozen=True)
class Timings:
    """Seconds, except `write_tps`, which is tokens a second (0.0 for fewer than two tokens).

    `encode_s` is the time spent on pictures, `read_s` on the prompt's tokens; `first_token_s`
    runs from the request to the first token.
    """

    load_s: float = 0.0
    encode_s: float = 0.0
    read_s: float = 0.0
    first_token_s: float = 0.0
    write_tps: float = 0.0


@dataclass(frozen=True)
class Finished:
    """The end of a reply, always the last event: why it ended and what it cost."""

    finish: Finish
    prompt_tokens: int
    reused_tokens: int
    new_tokens: int
    timings: Timings


@dataclass(frozen=True)
class SaferSettings:
    """The engine was loaded again with safer settings while a request ran. `words` say what is
    switched off now; as text it is a sentence for the user."""

    words: str

    def __str__(self) -> str:
        return _(
            "The GPU ran out of memory, so the model now runs with safer settings: {words}."
        ).format(words=self.words)


Event = Loading | SaferSettings | Looking | Reading | TextDelta | Finished
