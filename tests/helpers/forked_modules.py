"""Imports everything that a command or an engine process needs; the fork server runs this once."""

from __future__ import annotations

import gc
from importlib import import_module
from pkgutil import walk_packages

import refsheet_tui

# The tests run these in their own process, or start them as users do.
_OTHERS = tuple(
    f"refsheet_tui.{name}" for name in ("tui", "serving", "bench", "cli.serve", "cli.bench")
)

for _module in walk_packages(refsheet_tui.__path__, "refsheet_tui."):
    if not _module.name.startswith(_OTHERS) and not _module.name.endswith("__main__"):
        import_module(_module.name)
gc.freeze()
