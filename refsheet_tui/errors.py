"""Every error a person can meet: what happened, and what to do now."""

from __future__ import annotations


class RefsheetError(Exception):
    """A problem with a remedy, both written for the person in front of the screen.

    `problem` says what happened and names the file or key; `remedy` says what to do now.
    Both are full sentences.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


class ConfigError(RefsheetError):
    """A settings file that can't be used as it stands."""


class SettingError(ConfigError):
    """A setting that can't be what it is; `sentence` says so without the name of the file."""

    def __init__(self, file: str, sentence: str, remedy: str) -> None:
        super().__init__(f"{file}: {sentence}", remedy)
        self.sentence = sentence


class PictureError(RefsheetError):
    """A file that can't be opened as a picture."""


class WeightsError(RefsheetError):
    """A model or projector file that is missing, damaged, or not what it was given as."""


class DownloadError(WeightsError):
    """A file that could not be fetched whole. What has arrived stays, unless it says otherwise."""


class DownloadStoppedError(DownloadError):
    """The person stopped it."""


class EngineError(RefsheetError):
    """The engine could not do what was asked of it; it can still be asked other things."""


class StoppedError(EngineError):
    """What was asked for was stopped before it was done."""


class PromptTooLongError(EngineError):
    """The prompt does not fit into the context."""


class GpuMemoryError(EngineError):
    """The GPU could not compute what was asked of it, most likely because its memory is full."""


class EngineDiedError(EngineError):
    """The engine process ended without being asked to; `load` starts a new one. `record` is the
    problem as it is kept in a file: in English, whatever the screens speak."""

    def __init__(self, problem: str, remedy: str, record: str | None = None) -> None:
        super().__init__(problem, remedy)
        self.record = problem if record is None else record


class UsageError(RefsheetError):
    """Something that can't be done here, or not like this."""


class StorageError(RefsheetError):
    """A folder or file that can't be read or written."""


class CardError(RefsheetError):
    """A character card that can't be used."""


class HostileFileError(RefsheetError):
    """A file that is larger or deeper than any real one, or no JSON at all."""


class ChatFileError(RefsheetError):
    """A chat file that can't be used."""


class BackupError(RefsheetError):
    """A file that can't be restored from."""


class NotFoundError(RefsheetError):
    """A character, chat or message that is not there."""
