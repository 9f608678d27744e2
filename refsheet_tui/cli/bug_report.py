"""A file to attach to a bug report, without anything that identifies the user."""

from __future__ import annotations

import getpass
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.file_io import write_new_file
from refsheet_tui.untrusted import clean_text

_TAIL_BYTES = 16_384
# Tokens of Hugging Face, OpenAI and GitHub; values after words such as "token", also in JSON and
# URLs; user names and passwords of proxies.
_TOKENS = re.compile(
    r"""\b(?:hf_|sk-|gh[pousr]_|github_pat_)[\w-]{8,}
    |(?i:(?<=bearer\ )|(?<=basic\ ))\S+
    |(?i:(?<=token)|(?<=key)|(?<=signature)|(?<=secret)|(?<=password))(?P<is>["']?\s*[=:]\s*)[^\s&]+
    |(?<=://)[^/@\s]+(?=@)""",
    re.VERBOSE,
)
_HOMES = re.compile(r"(/home/|/Users/|\\Users\\)[^/\\\s]+")
# Account names that identify nobody.
_GENERIC_ACCOUNTS = ("root", "user", "admin")


def write_report(file: Path, lines: Sequence[str], folders: Mapping[str, Path]) -> None:
    """Write the doctor's `lines` and the ends of the newest logs to a new file.

    Args:
        file: The file to create.
        lines: What the doctor found.
        folders: Folders by their purpose, which replaces them in the text.

    Raises:
        StorageError: The file exists or can't be written.
    """
    parts = ["\n".join(lines)]
    for log in _newest_logs():
        parts.append(f"--- {log.name}\n{_read_tail(log)}")
    text = anonymize("\n\n".join(parts), folders) + "\n"
    write_new_file(file, text.encode(), advice="Choose another file name for the report.")


def anonymize(text: str, folders: Mapping[str, Path] | None = None) -> str:
    """Return `text` without folders, user names and tokens."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if secret := os.environ.get(name):
            text = text.replace(secret, "<token>")
    text = _TOKENS.sub(lambda match: f"{match['is'] or ''}<token>", text)
    longest_first = sorted((folders or {}).items(), key=lambda each: -len(str(each[1])))
    for name, folder in longest_first:
        text = text.replace(str(folder), f"<{name.removesuffix(' in')}>")
    home = str(Path.home())
    if len(home) > 1:
        text = text.replace(home, "~")
    text = _HOMES.sub(r"\1<somebody>", text)
    user_name = _account_name()
    if user_name and user_name not in _GENERIC_ACCOUNTS:
        text = re.sub(rf"\b{re.escape(user_name)}\b", "<somebody>", text)
    return text


def _account_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account that has no name
        return ""


def _newest_logs() -> list[Path]:
    """Return the newest engine log, and the crash log if there is one."""
    folder = paths.log_dir()
    engines = sorted(folder.glob("engine-*.log"))[-1:]
    return [*engines, *(each for each in [folder / "crash.log"] if each.is_file())]


def _read_tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return clean_text(file.read().decode("utf-8", "replace"))
    except OSError as error:
        return f"Can't read this log: {error.strerror}."
