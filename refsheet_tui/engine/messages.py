"""What the client and the engine process say to each other."""

from __future__ import annotations

from dataclasses import dataclass

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import Event, ModelInfo
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
class Load:
    """Load these weights in place of what is loaded. Answered by `Loading`s and a `ModelInfo`."""

    settings: LoadSettings


@dataclass(frozen=True)
class Generate:
    """Write a reply. Answered by events, the last of them `Finished`."""

    prompt: Prompt
    settings: GenerationSettings


@dataclass(frozen=True)
class Tokenize:
    """Answered by `Tokenized`."""

    prompt: Prompt


@dataclass(frozen=True)
class Prewarm:
    """Read the prompt and write nothing. Answered by `Done`."""

    prompt: Prompt


@dataclass(frozen=True)
class Snapshot:
    """Keep what was read on disk. Answered by `Done`."""


@dataclass(frozen=True)
class Cancel:
    """Stop the request whose id the envelope carries. Has no answer of its own."""


@dataclass(frozen=True)
class Tokenized:
    parts: tuple[TokenizedPart, ...]


@dataclass(frozen=True)
class Done:
    """What was asked for is done, or need not be any more."""


@dataclass(frozen=True)
class Alive:
    """A heartbeat, for phases that report nothing else; not an answer."""


@dataclass(frozen=True)
class Failed:
    """The request could not be done: an error of `errors.py` by its class name."""

    kind: str
    problem: str
    remedy: str

    @staticmethod
    def of(error: RefsheetError) -> Failed:
        return Failed(type(error).__name__, error.problem, error.remedy)

    def error(self) -> RefsheetError:
        return _ERRORS.get(self.kind, EngineError)(self.problem, self.remedy)


Request = Load | Generate | Prewarm | Snapshot | Tokenize
Reply = Event | ModelInfo | Tokenized | Done | Alive | Failed


@dataclass(frozen=True)
class Envelope:
    """`id` is that of the request which `body` makes, cancels or answers."""

    id: int
    body: Request | Cancel | Reply


_ERRORS: dict[str, type[RefsheetError]] = {
    kind.__name__: kind
    for kind in (EngineError, GpuMemoryError, PromptTooLongError, StoppedError, WeightsError)
}
