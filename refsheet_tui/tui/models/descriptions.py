"""What the screens say of a model."""

from __future__ import annotations

from rich.text import Text

from refsheet_tui.engine.tuning import NOT_TUNED
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.models.downloads import Transfer
from refsheet_tui.tui.models.progress import progress_of
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.choice import DEMO
from refsheet_tui.weights.fit import Fit, Verdict
from refsheet_tui.weights.measuring import Measured
from refsheet_tui.weights.sizes import in_gb
from refsheet_tui.weights.store import State
from refsheet_tui.weights.table import Row

# Wide enough for every name of the shipped catalogue.
_NAME_WIDTH = 18
HEADINGS = (
    ("name", N_("name")),
    ("size", N_("size")),
    ("state", N_("here?")),
    ("fits", N_("fits?")),
    ("memory", N_("memory")),
    ("speed", N_("tok/s")),
)
"""The keys of the table's columns, and what stands over them."""

_STATES = {
    State.WHOLE: N_("on disk"),
    State.PARTIAL: N_("begun"),
    State.DAMAGED: N_("damaged"),
    State.ABSENT: N_("available"),
}
_VERDICTS = {
    Verdict.FITS: N_("yes"),
    Verdict.CLOSE: N_("if others close"),
    Verdict.TOO_LARGE: N_("no"),
}


def cells(row: Row, transfer: Transfer | None) -> tuple[Text, ...]:
    """One for each of `HEADINGS`."""
    fit = row.fit
    name = one_line(row.title if row.entry is None and row.name != DEMO else row.name)
    mark, style = ("*", "bold") if row.in_use else (">", "") if row.recommended else (" ", "")
    shown = Text(f"{mark} {name}", style, no_wrap=True, overflow="ellipsis")
    shown.truncate(_NAME_WIDTH + 2, overflow="ellipsis")
    return (
        shown,
        Text(in_gb(row.size) if row.size else "?", justify="right"),
        Text(_state(row, transfer)),
        Text(_fits(fit)),
        Text(in_gb(fit.need.total) if fit else "?", justify="right"),
        Text(f"{fit.speed:.1f}" if fit and fit.speed else "?", justify="right"),
    )


def _state(row: Row, transfer: Transfer | None) -> str:
    if transfer is not None and transfer.name == row.name:
        return progress_of(transfer).share or "…"
    if row.entry is None and row.state is State.ABSENT:
        return _("missing")
    return _(_STATES[row.state])


def _fits(fit: Fit | None) -> str:
    if fit is None:
        return "?"
    if fit.verdict is Verdict.FITS and fit.is_smaller:
        return _("context {tokens}").format(tokens=fit.context)
    return _(_VERDICTS[fit.verdict])


def about(row: Row) -> Text:
    """Everything that there is to say about a model, the most important first."""
    lines = [Text(one_line(row.title), "bold")]
    words = (_standing(row), fit_words(row), _kind(row), _tuning(row))
    lines += [Text(line) for line in words if line]
    if row.licence is not None:
        lines.append(Text(f"{row.licence.title}: {row.licence.url}"))
    lines.append(Text(one_line(str(row.files[0])), "dim"))
    return Text("\n").join(lines)


def _standing(row: Row) -> str:
    """In use, the one to take, what to do with it."""
    if row.in_use and row.state is State.WHOLE:
        return _("It is in use.")
    words = []
    if row.in_use:
        words.append(_("It is in use, and not whole."))
    if row.recommended:
        words.append(_("The best for this machine."))
    if row.state is State.WHOLE:
        words.append(_("enter lets it speak."))
    elif row.state is State.PARTIAL:
        words.append(_("d goes on with its download."))
    elif row.state is State.DAMAGED:
        words.append(_("d downloads it again."))
    elif row.entry is not None:
        words.append(_("d downloads it."))
        if row.entry.gated:
            words.append(_("Its publisher wants you to log in and agree."))
    return " ".join(words)


def fit_words(row: Row) -> str:
    """What this machine makes of it; empty when that is not known."""
    fit = row.fit
    if fit is None:
        return ""
    memory = in_gb(fit.need.total)
    if fit.verdict is Verdict.TOO_LARGE:
        return _("Too large for this machine: it takes {memory} of memory.").format(memory=memory)
    words = [
        _("{memory} of memory with a context of {tokens} tokens").format(
            memory=memory, tokens=fit.context
        )
    ]
    if fit.speed:
        words.append(_("about {speed} tokens/s").format(speed=f"{fit.speed:.0f}"))
    if fit.gpu_layers:
        words.append(_("{count} layers on the GPU").format(count=fit.gpu_layers))
    close = _("It fits when other programs are closed.") if fit.verdict is Verdict.CLOSE else ""
    return f"{', '.join(words)}. {close}".strip()


def _kind(row: Row) -> str:
    return _("It sees pictures.") if row.sees_pictures else _("Text only: it can't see pictures.")


def _tuning(row: Row) -> str:
    if row.is_instruction_tuned:
        return ""
    return _(NOT_TUNED).format(model=one_line(row.title))


def of_machine(measured: Measured | None, *, measuring: bool) -> str:
    """One line under the table."""
    legend = _("* in use  > best here")
    if measuring and measured is None:
        return _("Measuring this machine, for 3 seconds …")
    if measured is None:
        return legend
    if measured.problem is not None:
        return one_line(str(measured.problem))
    memory = _("{total} of memory, {free} free").format(
        total=in_gb(measured.machine.total), free=in_gb(measured.machine.room)
    )
    return f"{legend}  ·  {memory}"


def not_whole(row: Row) -> WeightsError:
    """Why it can't be used as it is, and what to do."""
    problems = {
        State.ABSENT: (N_("{name} is not on this machine."), N_("d downloads it.")),
        State.PARTIAL: (N_("{name} is not whole yet."), N_("d goes on with its download.")),
        State.DAMAGED: (
            N_("A file of {name} does not have the size it should have."),
            N_("d downloads it again."),
        ),
    }
    problem, remedy = problems[row.state]
    return WeightsError(_(problem).format(name=row.name), _(remedy))
