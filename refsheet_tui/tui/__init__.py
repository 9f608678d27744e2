"""The interface: full-screen, in a terminal or a browser."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from refsheet_tui.config import Config

__all__ = ["raise_gc_thresholds", "run"]

_GC_THRESHOLDS = (10_000, 10, 1000)


def run(config: Config, config_file: Path | None = None) -> int:
    """Show the interface until the user quits.

    Args:
        config: The settings to start with.
        config_file: The file that `config` was read from and that changes are written to; None
            means the usual place.

    Returns:
        The exit code.

    Raises:
        RefsheetError: After a crash.
    """
    raise_gc_thresholds()
    from refsheet_tui.tui import app  # importing Textual is most of the start

    return app.run(config, config_file)


def raise_gc_thresholds() -> None:
    """Let Python collect garbage less often.

    A full collection stops everything for 0.1 s. By default one came every second while a reply
    was drawn, and during start-up collections took a tenth of the time.
    """
    gc.set_threshold(*_GC_THRESHOLDS)
