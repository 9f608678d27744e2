"""A chat, written to a file of the kind that its name says."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui import paths
from refsheet_tui.chats.files.draft import draft_of
from refsheet_tui.chats.files.markdown import to_markdown
from refsheet_tui.chats.files.reading import LARGEST
from refsheet_tui.chats.files.silly import to_jsonl
from refsheet_tui.chats.files.tree_json import to_json
from refsheet_tui.chats.library import Library
from refsheet_tui.chats.shelf import Chat
from refsheet_tui.errors import ChatFileError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

_KINDS = {".json": to_json, ".jsonl": to_jsonl, ".md": to_markdown}
TOO_LARGE = N_(
    "It is too large to be imported again, for its pictures: refsheet backup has no limit."
)


def write_chat(
    library: Library,
    chat: Chat,
    file: Path,
    *,
    force: bool = False,
    advice: str = paths.OTHER_NAME_OR_FORCE,
) -> str:
    """What there is to say about it, if anything. `force` and `advice` as in `paths.write_file`.
    Raises `ChatFileError` for a kind of file that is none, `StorageError`."""
    write = _KINDS.get(file.suffix.lower())
    if write is None:
        raise ChatFileError(
            _("{file} is neither a .json, a .jsonl nor a .md file.").format(
                file=one_line(str(file))
            ),
            _("Give it such a name."),
        )
    data = write(draft_of(library, chat))
    paths.write_file(file, data, force=force, advice=advice)
    return _(TOO_LARGE) if len(data) > LARGEST else ""
