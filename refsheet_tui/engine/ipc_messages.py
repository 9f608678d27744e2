"""The messages between the client and the engine process."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import EngineEvent, ModelInfo
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.errors import (
    EngineError,
    GpuMemoryError,
    PromptTooLongError,
    RefsheetError,
    StoppedError,
    WeightsError,
)
from refsheet_tui.prompting import Prompt


@dataclass(frozen=True)
class LoadRequest:
    """Load a model in place of the present one.

    Answered by any number of `LoadProgress` events and a `ModelInfo`.
    """

    settings: LoadSettings


@dataclass(frozen=True)
class GenerateRequest:
    """Write a reply. Answered by events, the last of them `ReplyFinished`."""

    prompt: Prompt
    settings: GenerationSettings


@dataclass(frozen=True)
class TokenizeRequest:
    """Split the prompt into tokens. Answered by `TokenizeResult`."""

    prompt: Prompt


@dataclass(frozen=True)
class PrewarmRequest:
    """Read the prompt and write nothing. Answered by `RequestDone`."""

    prompt: Prompt


@dataclass(frozen=True)
class SnapshotRequest:
    """Save what was read to disk. Answered by `RequestDone`."""


@dataclass(frozen=True)
class CancelRequest:
    """Cancel the request whose id the envelope carries. It has no answer of its own."""


@dataclass(frozen=True)
class TokenizeResult:
    """The parts of a prompt as the model receives them."""

    parts: tuple[TokenizedPart, ...]


@dataclass(frozen=True)
class RequestDone:
    """The request is done, or no longer needs to be."""


@dataclass(frozen=True)
class Heartbeat:
    """A sign of life, for phases that report nothing else. It is not an answer."""


@dataclass(frozen=True)
class RequestFailed:
    """The request failed. `kind` is the class name of an error in `errors.py`."""

    kind: str
    problem: str
    remedy: str

    @staticmethod
    def from_error(error: RefsheetError) -> RequestFailed:
        """Return `error` as a message."""
        return RequestFailed(type(error).__name__, error.problem, error.remedy)

    def to_error(self) -> RefsheetError:
        """Return the error that the message was made of."""
        return _ERRORS_BY_NAME.get(self.kind, EngineError)(self.problem, self.remedy)


EngineRequest = LoadRequest | GenerateRequest | PrewarmRequest | SnapshotRequest | TokenizeRequest
EngineResponse = EngineEvent | ModelInfo | TokenizeResult | RequestDone | Heartbeat | RequestFailed


@dataclass(frozen=True)
class Envelope:
    """A message and the id of the request that it makes, cancels or answers."""

    id: int
    body: EngineRequest | CancelRequest | EngineResponse


_ERRORS_BY_NAME: dict[str, type[RefsheetError]] = {
    kind.__name__: kind
    for kind in (EngineError, GpuMemoryError, PromptTooLongError, StoppedError, WeightsError)
}
