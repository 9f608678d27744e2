"""How far something with many bytes is, in numbers and words."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

from refsheet_tui.i18n import _
from refsheet_tui.tui.models.downloads import Transfer
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.progress import Checking, Ready, Receiving, Waiting
from refsheet_tui.weights.sizes import in_gb


@dataclass(frozen=True)
class Progress:
    """`done` of `total` bytes; `total` 0 is unknown."""

    words: str
    done: int = 0
    total: int = 0

    @property
    def share(self) -> str:
        """In percent, empty where it is unknown."""
        return f"{min(1.0, self.done / self.total):.0%}" if self.total else ""


def progress_of(transfer: Transfer) -> Progress:
    """All that there is to say about a download in one line."""
    event = transfer.event
    name, since = one_line(transfer.name), clock(monotonic() - transfer.since)
    if transfer.stopping:
        return Progress(f"{name} · {_('stopping')}")
    if isinstance(event, Receiving):
        total = event.all_total
        done = (
            _("{done} of {total}").format(done=in_gb(event.all_done), total=in_gb(total))
            if total
            else in_gb(event.all_done)
        )
        speed = f"{in_gb(round(event.speed))}/s" if event.speed else ""
        left = _("{time} left").format(time=clock(event.left_s)) if event.left_s is not None else ""
        words = " · ".join(filter(None, (name, done, speed, left, since)))
        return Progress(words, event.all_done, total)
    if isinstance(event, Checking):
        return checking(event.file.file, event.done, event.total)
    if isinstance(event, Ready):
        return Progress(f"{one_line(event.file.file)} · {_('whole and true')}")
    if isinstance(event, Waiting):
        return Progress(f"{name} · {_('another program is downloading it, waiting')} · {since}")
    return Progress(f"{name} · {_('asking the hub')} · {since}")


def checking(name: str, done: int, total: int) -> Progress:
    """A sum is being computed."""
    words = _("checking {name}").format(name=one_line(name))
    return Progress(f"{words} · {in_gb(done)}", done, total)


def clock(seconds: float) -> str:
    """1:05, or 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
