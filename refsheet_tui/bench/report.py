"""Figures as a table and as JSON."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from refsheet_tui.bench.figures import OURS, TARGETS, Figures, Target
from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.parts import model_size

_GIB = 1 << 30
_SPEEDS = ("write", "read")


@dataclass(frozen=True)
class Machine:
    """`bandwidth` is in bytes a second."""

    processor: str
    threads: int
    bandwidth: float
    llama_cpp_python: str

    @staticmethod
    def here(threads: int, bandwidth: float) -> Machine:
        return Machine(_processor(), threads, bandwidth, version("llama-cpp-python"))


def document(
    figures: Figures, machine: Machine, settings: LoadSettings, share: float | None
) -> dict[str, object]:
    """Everything, for `--json`: values as they were measured, and targets with their ratios."""
    return {
        "machine": asdict(machine),
        "model": settings.model.name,
        "model_bytes": model_size(settings.model),
        "context_size": settings.context_size,
        "bandwidth_share": share,
        "values": figures.values,
        "targets": [
            {
                "title": target.title,
                "against": f"{target.program}: {target.against}",
                "limit": target.limit,
                "ratio": target.ratio(figures),
                "met": target.is_met(figures),
            }
            for target in TARGETS
        ],
    }


def table(
    figures: Figures, machine: Machine, settings: LoadSettings, share: float | None
) -> Iterator[str]:
    """Markdown, which is read as well on a terminal."""
    yield (
        f"{settings.model.name}, context {settings.context_size}, {machine.processor}, "
        f"{machine.threads} threads, llama-cpp-python {machine.llama_cpp_python}"
    )
    yield ""
    yield "| what | refsheet | against | theirs | ratio | target | |"
    yield "|---|---|---|---|---|---|---|"
    for target in TARGETS:
        if target.is_met(figures) is not None:
            yield _row(target, figures)
    yield ""
    yield "| also measured | refsheet, median [least – most] |"
    yield "|---|---|"
    shown = {target.case for target in TARGETS}
    for case in figures.values.get(OURS, {}):
        if case not in shown:
            yield f"| {_ALSO.get(case, case)} | {_spread(figures, OURS, case)} |"
    if share is not None:
        yield (
            f"| share of the memory bandwidth ({machine.bandwidth / _GIB:.1f} GiB/s) that writing "
            f"reaches | {share:.0%} |"
        )


_ALSO = {
    "load": "model load",
    "restart": "restart after a kill, beside loading",
    "typed": "first token after the sheet was chosen and the person typed",
}


def _row(target: Target, figures: Figures) -> str:
    ratio, met = target.ratio(figures), target.is_met(figures)
    sign = "≥" if target.at_least else "≤"
    limit = f"{sign} {_fraction(target.limit)}"
    if target.most_s is not None:
        limit += f" and {sign} {target.most_s} s"
    against = target.program if target.program != OURS else f"own {target.against}"
    return (
        f"| {target.title} | {_spread(figures, OURS, target.case)} | {against} "
        f"| {_spread(figures, target.program, target.against)} | {_fraction(ratio or 0)} "
        f"| {limit} | {'met' if met else 'missed'} |"
    )


def _fraction(ratio: float) -> str:
    return f"{ratio:.2f}×" if ratio >= 0.1 else f"1/{1 / ratio:.0f}" if ratio else "0"


def _spread(figures: Figures, program: str, case: str) -> str:
    values = figures.get(program, case)
    middle = figures.middle(program, case) or 0.0
    if case == "memory":
        return f"{middle / _GIB:.2f} GiB"
    unit, digits = ("tokens/s", 1) if case.startswith(_SPEEDS) else ("s", 2)
    text = f"{middle:.{digits}f} {unit}"
    if len(values) > 1:
        text += f" [{min(values):.{digits}f} – {max(values):.{digits}f}]"
    return text


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
