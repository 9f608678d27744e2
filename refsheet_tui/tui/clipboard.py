"""The clipboard, through a program of the system or else through the terminal."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import shutil
import subprocess
from contextlib import suppress
from functools import partial
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.file_io import atomic_write, write_error
from refsheet_tui.tui.background import in_thread

# Each copies its standard input.
_PROGRAMS = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)
_TIMEOUT_S = 2.0


async def copy_by_system(text: str) -> bool:
    """Copy `text` with a program of the system, and return True if that worked.

    Over ssh no program is used, because the terminal's own way (OSC 52) reaches the computer that
    the user sits at. macOS's Terminal does not support that way.
    """
    if os.environ.get("SSH_CONNECTION"):
        return False
    for program in _PROGRAMS:
        if shutil.which(program[0]):
            is_copied: bool = await in_thread(partial(_copy_with, program, text))
            if is_copied:
                return True
    return False


async def read_picture() -> Path | None:
    """Return the path of the picture on the clipboard, or None.

    None also if the program that owns the clipboard does not answer. Raises `StorageError`.
    """
    with suppress(asyncio.TimeoutError):
        return await asyncio.wait_for(in_thread(_save_clipboard_picture), _TIMEOUT_S)
    return None


def _save_clipboard_picture() -> Path | None:
    """Save the picture on the system's clipboard in the cache, and return its path.

    Returns None if there is no picture. Raises `StorageError`.
    """
    from PIL import Image, ImageGrab

    try:
        content = ImageGrab.grabclipboard()
    except (OSError, NotImplementedError, ValueError):  # no clipboard, or no program for it
        return None
    if isinstance(content, list):
        return Path(content[0]) if content else None
    if not isinstance(content, Image.Image):
        return None
    png = io.BytesIO()
    content.save(png, "PNG")
    digest = hashlib.sha256(png.getvalue()).hexdigest()[:16]
    path = paths.ensure_dir(paths.cache_dir() / "pasted") / f"pasted-{digest}.png"
    try:
        atomic_write(path, png.getvalue())
    except OSError as error:
        raise write_error(path, error) from error
    return path


def _copy_with(program: tuple[str, ...], text: str) -> bool:
    with suppress(OSError, subprocess.TimeoutExpired):
        # No pipes for the output: some programs keep running and never close them.
        process = subprocess.run(
            program,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
        )
        return process.returncode == 0
    return False
