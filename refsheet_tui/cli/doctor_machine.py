"""What the doctor finds around the program: Python, the system, the terminal."""

from __future__ import annotations

import codecs
import locale
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version

from rich.console import Console

from refsheet_tui.cli.symptoms import Symptom
from refsheet_tui.untrusted import one_line

# What the screens need; narrower and they are cut.
_COLUMNS, _LINES = 80, 24


def environment() -> Iterator[Symptom]:
    yield Symptom("refsheet", version("refsheet-tui"))
    yield Symptom("Python", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Symptom("system", f"{platform.system()} {platform.release()} {platform.machine()}")
    if shutil.which("nvidia-smi"):
        yield Symptom("NVIDIA driver", "there")
    if sys.platform == "darwin" and platform.machine() == "x86_64" and _is_translated():
        yield Symptom(
            "processor",
            "this Python is made for Intel, and the processor is Apple's",
            "Install an arm64 Python: llama.cpp is many times as fast with it.",
        )
    encoding = locale.getpreferredencoding(False)
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG")
    words = f"{one_line(spoken or 'none')}, {encoding}"
    is_unicode = codecs.lookup(encoding).name == "utf-8"
    yield Symptom("locale", words, "" if is_unicode else "Set LANG to one with UTF-8: C.UTF-8.")


def terminal() -> Iterator[Symptom]:
    """What the terminal shows, as far as it says."""
    name = one_line(os.environ.get("TERM", ""))
    if not sys.stdout.isatty():
        yield Symptom("terminal", "none; what the screens look like can't be said")
        return
    if name in ("", "dumb"):
        yield Symptom(
            "terminal", f"TERM is '{name}'", "Use another terminal for the screens; talk works."
        )
        return
    colours = Console().color_system or "no"
    size = shutil.get_terminal_size()
    small = size.columns < _COLUMNS or size.lines < _LINES
    yield Symptom(
        "terminal",
        f"{name}, {size.columns}×{size.lines}, {colours} colours",
        f"Make it {_COLUMNS}×{_LINES} at least." if small else "",
    )
    yield Symptom(
        "pictures",
        "as half blocks",
        "" if colours in ("truecolor", "256") else "Use a terminal with 256 colours or more.",
    )


def _is_translated() -> bool:
    """Whether Rosetta runs this process."""
    import subprocess

    asked = subprocess.run(
        ["sysctl", "-n", "sysctl.proc_translated"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() == "1"
