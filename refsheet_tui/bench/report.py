"""Format measurements as a table and as JSON."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from refsheet_tui.bench.measurements import REFSHEET, TARGETS, BenchTarget, Measurements
from refsheet_tui.engine import LoadSettings, model_size

_GIB = 1 << 30
_SPEED_CASES = ("write", "read")


@dataclass(frozen=True)
class BenchMachine:
    """The machine that was measured. `bandwidth` is in bytes a second."""

    processor: str
    threads: int
    bandwidth: float
    llama_cpp_python: str

    @staticmethod
    def describe(threads: int, bandwidth: float) -> BenchMachine:
        return BenchMachine(_processor_name(), threads, bandwidth, version("llama-cpp-python"))


def build_json(
    measurements: Measurements,
    machine: BenchMachine,
    settings: LoadSettings,
    bandwidth_share: float | None,
) -> dict[str, object]:
    """Return all values as they were measured, and the targets with their ratios, for `--json`."""
    return {
        "machine": asdict(machine),
        "model": settings.model.name,
        "model_bytes": model_size(settings.model),
        "context_size": settings.context_size,
        "bandwidth_share": bandwidth_share,
        "values": measurements.values,
        "targets": [
            {
                "title": target.title,
                "against": f"{target.program}: {target.against_case}",
                "limit": target.limit,
                "ratio": target.ratio(measurements),
                "met": target.is_met(measurements),
            }
            for target in TARGETS
        ],
    }


def format_table(
    measurements: Measurements,
    machine: BenchMachine,
    settings: LoadSettings,
    bandwidth_share: float | None,
) -> Iterator[str]:
    """Yield the lines of a Markdown table, which can be read on a terminal, too."""
    yield (
        f"{settings.model.name}, context {settings.context_size}, {machine.processor}, "
        f"{machine.threads} threads, llama-cpp-python {machine.llama_cpp_python}"
    )
    yield ""
    yield "| what | refsheet | against | theirs | ratio | target | |"
    yield "|---|---|---|---|---|---|---|"
    for target in TARGETS:
        if target.is_met(measurements) is not None:
            yield _format_row(target, measurements)
    yield ""
    yield "| also measured | refsheet, median [least – most] |"
    yield "|---|---|"
    target_cases = {target.case for target in TARGETS}
    for case in measurements.values.get(REFSHEET, {}):
        if case not in target_cases:
            values = _format_values(measurements, REFSHEET, case)
            yield f"| {_CASE_TITLES.get(case, case)} | {values} |"
    if bandwidth_share is not None:
        yield (
            f"| share of the memory bandwidth ({machine.bandwidth / _GIB:.1f} GiB/s) that writing "
            f"reaches | {bandwidth_share:.0%} |"
        )


_CASE_TITLES = {
    "load": "model load",
    "restart": "restart after a kill, beside loading",
    "typed": "first token after the sheet was chosen and the user typed",
}


def _format_row(target: BenchTarget, measurements: Measurements) -> str:
    ratio, met = target.ratio(measurements), target.is_met(measurements)
    sign = "≥" if target.at_least else "≤"
    limit = f"{sign} {_format_ratio(target.limit)}"
    if target.max_s is not None:
        limit += f" and {sign} {target.max_s} s"
    against = target.program if target.program != REFSHEET else f"own {target.against_case}"
    refsheet_values = _format_values(measurements, REFSHEET, target.case)
    other_values = _format_values(measurements, target.program, target.against_case)
    cells = (target.title, refsheet_values, against, other_values, _format_ratio(ratio or 0), limit)
    return f"| {' | '.join(cells)} | {'met' if met else 'missed'} |"


def _format_ratio(ratio: float) -> str:
    return f"{ratio:.2f}×" if ratio >= 0.1 else f"1/{1 / ratio:.0f}" if ratio else "0"


def _format_values(measurements: Measurements, program: str, case: str) -> str:
    values = measurements.values_of(program, case)
    median = measurements.median_of(program, case) or 0.0
    if case == "memory":
        return f"{median / _GIB:.2f} GiB"
    unit, digits = ("tokens/s", 1) if case.startswith(_SPEED_CASES) else ("s", 2)
    text = f"{median:.{digits}f} {unit}"
    if len(values) > 1:
        text += f" [{min(values):.{digits}f} – {max(values):.{digits}f}]"
    return text


def _processor_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
