"""Writing files as a whole or not at all."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from refsheet_tui.errors import StorageError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import one_line

OTHER_NAME_OR_FORCE = "Choose another name, or add --force."


def atomic_write(file: Path, data: bytes, *, durable: bool = False) -> None:
    """Replace the content of `file`: readers find either the old content or the new one.

    The folder is created, readable only by the user. With `durable`, the file is on the disk when
    this returns, even if the power fails then. Raises `OSError`.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary_file = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        with temporary_file.open("wb") as out:
            out.write(data)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        temporary_file.replace(file)
    except OSError:
        with suppress(OSError):
            temporary_file.unlink(missing_ok=True)
        raise


def write_new_file(
    file: Path,
    data: bytes,
    *,
    force: bool = False,
    advice: str = OTHER_NAME_OR_FORCE,
) -> None:
    """Write a file that the user asked for.

    An existing file is replaced only with `force`; otherwise it is an error, with `advice` as its
    remedy. Raises `StorageError`.
    """
    name = one_line(str(file))
    try:
        with file.open("wb" if force else "xb") as out:
            out.write(data)
    except FileExistsError as error:
        raise StorageError(_("{file} already exists.").format(file=name), advice) from error
    except OSError as error:
        raise StorageError(
            _("Can't write {file}: {reason}.").format(file=name, reason=error.strerror),
            _("Choose another location."),
        ) from error


class JsonFile:
    """A file with a JSON object that the program can do without, such as an estimate."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[str, object]:
        """Return the object; empty if the file is missing or damaged."""
        with suppress(OSError, ValueError):
            content = json.loads(self._file.read_text(encoding="utf-8"))
            if isinstance(content, dict):
                return content
        return {}

    def write(self, content: dict[str, object]) -> None:
        """Replace the object. Errors are ignored, because the values can be computed again."""
        with suppress(OSError):
            atomic_write(self._file, json.dumps(content, indent=1).encode())
