"""The progress of downloads and checksums, in numbers and text."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from refsheet_tui.i18n import _
from refsheet_tui.tui.models.downloads import DownloadProgress
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights import CheckingSum, FileReady, ReceivingFile, WaitingForLock, format_bytes


@dataclass(frozen=True)
class ProgressBarState:
    """A text, and a progress of `done` of `total` bytes. A `total` of 0 is unknown."""

    text: str
    done: int = 0
    total: int = 0

    @property
    def share(self) -> str:
        """The progress in percent; empty if unknown."""
        return f"{min(1.0, self.done / self.total):.0%}" if self.total else ""


def download_progress(download: DownloadProgress) -> ProgressBarState:
    """Return the state of a download in one line."""
    event = download.event
    name, elapsed = one_line(download.name), clock(monotonic() - download.since)
    if download.is_stopping:
        return ProgressBarState(f"{name} · {_('stopping')}")
    if isinstance(event, ReceivingFile):
        total = event.overall_total
        amount = (
            _("{done} of {total}").format(
                done=format_bytes(event.overall_done), total=format_bytes(total)
            )
            if total
            else format_bytes(event.overall_done)
        )
        speed = f"{format_bytes(round(event.speed))}/s" if event.speed else ""
        time_left = (
            _("{time} left").format(time=clock(event.remaining_s))
            if event.remaining_s is not None
            else ""
        )
        text = " · ".join(filter(None, (name, amount, speed, time_left, elapsed)))
        return ProgressBarState(text, event.overall_done, total)
    if isinstance(event, CheckingSum):
        return checking_progress(event.file.file, event.done, event.total)
    if isinstance(event, FileReady):
        return ProgressBarState(f"{one_line(event.file.file)} · {_('verified')}")
    if isinstance(event, WaitingForLock):
        text = _("waiting for another program's download")
        return ProgressBarState(f"{name} · {text} · {elapsed}")
    return ProgressBarState(f"{name} · {_('contacting Hugging Face')} · {elapsed}")


def checking_progress(name: str, done: int, total: int) -> ProgressBarState:
    """Return the state of a checksum that is being computed."""
    text = _("Verifying {name}").format(name=one_line(name))
    return ProgressBarState(f"{text} · {format_bytes(done)}", done, total)


def clock(seconds: float) -> str:
    """Return a duration as 1:05 or 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
