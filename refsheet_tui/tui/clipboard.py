"""Copying that works: through the system's own program where there is one, else through the
terminal."""

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
from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _
from refsheet_tui.tui.background import in_thread

# Each takes what is to be copied on its standard input.
_PROGRAMS = (
    ("pbcopy",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)
_PATIENCE_S = 2.0


async def copied_by_system(text: str) -> bool:
    """Whether a program of this machine has taken it. Over ssh none is asked: the terminal (OSC 52)
    carries it to where the person sits; macOS's own terminal does not know that."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    for program in _PROGRAMS:
        if shutil.which(program[0]):
            is_copied: bool = await in_thread(partial(_copied, program, text))
            if is_copied:
                return True
    return False


async def pasted_picture() -> Path | None:
    """See `_pasted_picture`; None also where whoever holds the clipboard does not answer."""
    with suppress(asyncio.TimeoutError):
        return await asyncio.wait_for(in_thread(_pasted_picture), _PATIENCE_S)
    return None


def _pasted_picture() -> Path | None:
    """The picture on the system's clipboard, in a file of the cache; None without one. Raises
    `StorageError`."""
    from PIL import Image, ImageGrab

    try:
        found = ImageGrab.grabclipboard()
    except (OSError, NotImplementedError, ValueError):  # no clipboard, or none of its programs
        return None
    if isinstance(found, list):
        return Path(found[0]) if found else None
    if not isinstance(found, Image.Image):
        return None
    content = io.BytesIO()
    found.save(content, "PNG")
    digest = hashlib.sha256(content.getvalue()).hexdigest()[:16]
    path = paths.ensure_dir(paths.cache_dir() / "pasted") / f"pasted-{digest}.png"
    try:
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise StorageError(
            _("{file} can't be written: {reason}.").format(file=path, reason=error.strerror),
            _("Free some room."),
        ) from error
    return path


def _copied(program: tuple[str, ...], text: str) -> bool:
    with suppress(OSError, subprocess.TimeoutExpired):
        # Some stay behind, and hold what they were given to write to.
        done = subprocess.run(
            program,
            input=text.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
        return done.returncode == 0
    return False
