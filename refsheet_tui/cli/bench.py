"""`refsheet bench`: how fast it is here, against others."""

from __future__ import annotations

import json
import os
from pathlib import Path
from time import monotonic

from refsheet_tui.bench.ours import Plan
from refsheet_tui.bench.plot import draw
from refsheet_tui.bench.report import document, table
from refsheet_tui.bench.run import run
from refsheet_tui.cli.console import note
from refsheet_tui.engine import LoadSettings


async def bench(
    settings: LoadSettings,
    plan: Plan,
    llama_bin: Path | None,
    *,
    as_json: bool,
    plot: Path | None,
) -> str:
    """Measure, and say it as a table or as JSON."""
    begin = monotonic()
    threads = settings.threads or len(os.sched_getaffinity(0))

    def say(text: str) -> None:
        note(f"{monotonic() - begin:5.0f} s  {text}")

    result = await run(settings, plan, threads, llama_bin, say)
    if plot is not None:
        draw(result.figures, plot)
    given = (result.figures, result.machine, settings, result.share)
    return json.dumps(document(*given)) if as_json else "\n".join(table(*given))
