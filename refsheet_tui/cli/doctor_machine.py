"""The doctor's checks of Python, the system and the terminal."""

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

# The smallest terminal that shows the screens completely.
_COLUMNS, _LINES = 80, 24


def environment_symptoms() -> Iterator[Symptom]:
    """Yield findings about Python, the system and the locale."""
    yield Symptom("refsheet", version("refsheet-tui"))
    yield Symptom("Python", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Symptom("system", f"{platform.system()} {platform.release()} {platform.machine()}")
    if shutil.which("nvidia-smi"):
        yield Symptom("NVIDIA driver", "installed")
    if sys.platform == "darwin" and platform.machine() == "x86_64" and _is_translated():
        yield Symptom(
            "processor",
            "Python is an Intel build, but this is an Apple processor",
            "Install an arm64 build of Python; llama.cpp is many times faster with it.",
        )
    encoding = locale.getpreferredencoding(False)
    locale_name = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG")
    words = f"{one_line(locale_name or 'none')}, {encoding}"
    is_unicode = codecs.lookup(encoding).name == "utf-8"
    yield Symptom(
        "locale", words, "" if is_unicode else "Set LANG to a UTF-8 locale, such as C.UTF-8."
    )


def terminal_symptoms() -> Iterator[Symptom]:
    """Yield findings about the terminal, as far as it reports its abilities."""
    name = one_line(os.environ.get("TERM", ""))
    if not sys.stdout.isatty():
        yield Symptom("terminal", "none, so the full-screen interface can't be checked")
        return
    if name in ("", "dumb"):
        yield Symptom(
            "terminal",
            f"TERM is '{name}'",
            "Use another terminal for full-screen; 'refsheet talk' works here.",
        )
        return
    colours = Console().color_system or "no"
    size = shutil.get_terminal_size()
    is_small = size.columns < _COLUMNS or size.lines < _LINES
    yield Symptom(
        "terminal",
        f"{name}, {size.columns}×{size.lines}, {colours} colors",
        f"Enlarge the terminal to {_COLUMNS}×{_LINES} or more." if is_small else "",
    )
    yield Symptom(
        "pictures",
        "drawn as blocks",
        "" if colours in ("truecolor", "256") else "Use a terminal with 256 or more colors.",
    )


def _is_translated() -> bool:
    """Return True if Rosetta runs this process."""
    import subprocess

    result = subprocess.run(
        ["sysctl", "-n", "sysctl.proc_translated"], capture_output=True, text=True, check=False
    )
    return result.stdout.strip() == "1"
