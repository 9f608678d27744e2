"""The errors that the user can see. Each says what happened, and what to do now."""

from __future__ import annotations

from refsheet_tui.i18n import join_sentences


class RefsheetError(Exception):
    """A problem with a remedy, both written for the user.

    Attributes:
        problem: What happened, with the name of the file or key, in a full sentence.
        remedy: What to do now, in a full sentence.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return join_sentences(self.problem, self.remedy)


class ConfigError(RefsheetError):
    """A settings file that is invalid."""


class SettingError(ConfigError):
    """A setting with an invalid value.

    Attributes:
        mistake: What is wrong with the value, written after the name of the setting.
    """

    def __init__(self, file: str, setting: str, mistake: str, remedy: str) -> None:
        super().__init__(f"{file}: {setting} {mistake}", remedy)
        self.mistake = mistake


class PictureError(RefsheetError):
    """A file that can't be opened as a picture."""


class WeightsError(RefsheetError):
    """A model file that is missing, damaged, or of the wrong kind."""


class DownloadError(WeightsError):
    """A file that could not be downloaded completely.

    The bytes that have arrived stay, unless the problem says otherwise.
    """


class DownloadStoppedError(DownloadError):
    """A download that the user stopped."""


class EngineError(RefsheetError):
    """The engine could not do something; it can still do other things."""


class StoppedError(EngineError):
    """Work of the engine that was stopped before its end."""


class PromptTooLongError(EngineError):
    """The prompt does not fit into the context."""


class GpuMemoryError(EngineError):
    """The GPU could not compute something, most likely because its memory is full."""


class EngineDiedError(EngineError):
    """The engine process ended unexpectedly; `load` starts a new one.

    `log_message` is the problem as it is written to files, always in English.
    """

    def __init__(self, problem: str, remedy: str, log_message: str | None = None) -> None:
        super().__init__(problem, remedy)
        self.log_message = problem if log_message is None else log_message


class UsageError(RefsheetError):
    """Something that the user can't do here, or not in this way."""


class StorageError(RefsheetError):
    """A folder or file that can't be read or written."""


class CardError(RefsheetError):
    """A character card that can't be used."""


class NoCardError(CardError):
    """A picture without a character card. It may still be used as a picture."""


class UntrustedFileError(RefsheetError):
    """A file that is too large, nested too deeply, or not valid JSON."""


class ChatFileError(RefsheetError):
    """A chat file that can't be used."""


class BackupError(RefsheetError):
    """A file that can't be restored from."""


class NotFoundError(RefsheetError):
    """A character, chat or message that doesn't exist."""
