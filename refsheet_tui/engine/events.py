"""The events that an engine reports while it works, in the order that the user sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _

# `ModelInfo.device` where no layer is on a GPU.
CPU_DEVICE = "CPU"
# What a GPU computes wrongly: nothing, the vision tower, or everything.
GpuFault = Literal["", "pictures", "text"]
_GPU_FAULT_DESCRIPTIONS: dict[GpuFault, str] = {
    "": "",
    "pictures": "pictures on the processor, because the GPU computes them wrongly",
    "text": "nothing on the GPU, because it computes wrongly",
}
FinishReason = Literal["end_of_turn", "max_tokens", "cancelled"]


@dataclass(frozen=True)
class ModelInfo:
    """A model that was loaded.

    Attributes:
        name: The name of the model.
        is_demo: True for the demo model that comes with the program.
        context_size: The size of the context in tokens.
        picture_size: The side in pixels of the square that the projector sees; 0 without a
            projector.
        picture_tokens: The number of positions that a picture takes in the context.
        device: The device that computes: a GPU, or `CPU`.
        is_instruction_tuned: True if the model answers, False if it only continues text.
        gpu_layers: The number of layers on the GPU.
        layers: The number of all layers.
        gpu_share: The layers on the GPU as a share of those that should be there.
        gpu_fault: What the GPU computes wrongly, so that the processor does it.
        safe_mode: What is switched off because the engine died or the GPU's memory ran out, in
            words for the user; empty when nothing is.
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
        return ", ".join(filter(None, (self.safe_mode, _GPU_FAULT_DESCRIPTIONS[self.gpu_fault])))

    @property
    def sees_pictures(self) -> bool:
        """True if the model can see pictures."""
        return self.picture_size > 0

    def require_picture_size(self) -> int:
        """Return the picture size, for a caller that needs to show a picture.

        Returns:
            The side of a picture in pixels.

        Raises:
            EngineError: The model is text-only.
        """
        if not self.sees_pictures:
            raise EngineError(
                _("{name} is text-only and can't see pictures.").format(name=self.name),
                _("Choose a vision model (4B or larger), or load this model's mmproj file."),
            )
        return self.picture_size


@dataclass(frozen=True)
class LoadProgress:
    """The engine is reading the weights.

    `fraction` goes from 0 to 1. `expected_s` is how many seconds loading takes in all, learnt from
    earlier runs on this machine; None before the first run.
    """

    fraction: float
    expected_s: float | None = None


@dataclass(frozen=True)
class PictureProgress:
    """The engine is encoding picture `number` (from 1) of `total`. Known pictures are not reported.

    `expected_s` is how many seconds this picture takes, learnt as for `LoadProgress`.
    """

    number: int
    total: int
    expected_s: float | None = None


@dataclass(frozen=True)
class PromptProgress:
    """The engine has `done` of `total` prompt tokens in the context; `reused` of them already were.

    `expected_s` is how many seconds the other tokens take, learnt as for `LoadProgress`.
    """

    done: int
    total: int
    reused: int
    expected_s: float | None = None


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the reply: whole characters without control characters."""

    text: str


@dataclass(frozen=True)
class Timings:
    """The durations of a request, in seconds, and its writing speed.

    Attributes:
        load_s: The time that loading the model took.
        encode_s: The time spent on pictures.
        read_s: The time spent on the prompt's tokens.
        first_token_s: The time from the request to the first token.
        write_tps: The tokens written a second; 0.0 for fewer than two tokens.
    """

    load_s: float = 0.0
    encode_s: float = 0.0
    read_s: float = 0.0
    first_token_s: float = 0.0
    write_tps: float = 0.0


@dataclass(frozen=True)
class ReplyFinished:
    """The end of a reply, which is always the last event.

    Attributes:
        reason: Why the reply ended.
        prompt_tokens: The number of tokens in the prompt.
        reused_tokens: The number of those that were in the context already.
        new_tokens: The number of tokens in the reply.
        timings: How long it took.
    """

    reason: FinishReason
    prompt_tokens: int
    reused_tokens: int
    new_tokens: int
    timings: Timings


@dataclass(frozen=True)
class SaferSettings:
    """The engine was loaded again with safer settings while a request ran.

    `description` says what is switched off now. `str` of the event is a sentence for the user.
    """

    description: str

    def __str__(self) -> str:
        return _(
            "The GPU ran out of memory. The model now runs with safer settings: {words}."
        ).format(words=self.description)


EngineEvent = (
    LoadProgress | SaferSettings | PictureProgress | PromptProgress | TextDelta | ReplyFinished
)

PHASE_BY_EVENT: dict[type, str] = {
    LoadProgress: "load",
    PictureProgress: "look",
    PromptProgress: "read",
    TextDelta: "write",
}
"""The phase that the engine process is in, by the event that reports it."""
