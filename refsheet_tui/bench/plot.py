"""Draw measurements as a picture."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from refsheet_tui.bench.measurements import LLAMA_SERVER, REFSHEET, STOCK_HANDLER, Measurements
from refsheet_tui.errors import RefsheetError
from refsheet_tui.file_io import write_new_file

_CASE_LABELS = {
    "cold": "first sight",
    "turn 2": "turn 2",
    "again": "another reply",
    "edit": "edit",
    "reopen": "reopened",
    "description": "new description",
}
_PROGRAMS = (REFSHEET, LLAMA_SERVER, STOCK_HANDLER)


class PlotError(RefsheetError):
    """The picture can't be drawn or written."""


def draw_plot(measurements: Measurements, file: Path) -> None:
    """Draw first tokens by program, and writing speed by context, as a PNG.

    Raises `PlotError`, `StorageError`.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise PlotError(
            "Plots need matplotlib, which is not installed.",
            "Install it with: pip install 'refsheet-tui[bench]'",
        ) from error
    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (bars, line) = pyplot.subplots(1, 2, figsize=(11, 4.2), width_ratios=(3, 2))
    programs = [each for each in _PROGRAMS if measurements.values_of(each, "cold")]
    width = 0.8 / len(programs)
    for number, program in enumerate(programs):
        medians = [
            (index, median)
            for index, case in enumerate(_CASE_LABELS)
            if (median := measurements.median_of(program, case)) is not None
        ]
        x_positions = [index + (number - (len(programs) - 1) / 2) * width for index, _ in medians]
        container = bars.bar(x_positions, [median for _, median in medians], width, label=program)
        bars.bar_label(container, fmt="%.2g", fontsize=8)
    bars.set_yscale("log")
    bars.set_xticks(range(len(_CASE_LABELS)), list(_CASE_LABELS.values()), fontsize=9)
    bars.set_ylabel("seconds to the first token (log)")
    bars.legend()
    write_speeds = sorted(
        (int(case.rpartition(" ")[2]), measurements.median_of(REFSHEET, case) or 0.0)
        for case in measurements.values.get(REFSHEET, {})
        if case.startswith("write at ")
    )
    line.plot([depth for depth, _ in write_speeds], [speed for _, speed in write_speeds], "o-")
    line.set_ylim(bottom=0)
    line.set_xlabel("tokens in the context")
    line.set_ylabel("tokens written a second")
    figure.tight_layout()
    picture = BytesIO()
    try:
        figure.savefig(picture, dpi=110, format=file.suffix[1:] or "png")
    except ValueError as error:
        raise PlotError(f"{file} can't be written: {error}.", "Name another file.") from error
    finally:
        pyplot.close(figure)
    write_new_file(file, picture.getvalue(), force=True)
