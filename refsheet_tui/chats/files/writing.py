"""Writing a chat to a file, in the format that the file's extension asks for."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.chats.chat_store import Chat
from refsheet_tui.chats.files.markdown import to_markdown
from refsheet_tui.chats.files.portable import export_chat
from refsheet_tui.chats.files.reading import MAX_CHAT_BYTES
from refsheet_tui.chats.files.sillytavern import to_jsonl
from refsheet_tui.chats.files.tree_json import to_json
from refsheet_tui.chats.library import Library
from refsheet_tui.errors import ChatFileError
from refsheet_tui.file_io import OTHER_NAME_OR_FORCE, write_new_file
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import one_line

_WRITERS = {".json": to_json, ".jsonl": to_jsonl, ".md": to_markdown}
TOO_LARGE_TO_IMPORT = N_(
    "With its pictures, the file is too large to import again. Use 'refsheet backup', "
    "which has no size limit."
)


def write_chat(
    library: Library,
    chat: Chat,
    file: Path,
    *,
    force: bool = False,
    advice: str = OTHER_NAME_OR_FORCE,
) -> str:
    """Write a chat to a file.

    Args:
        library: The library that contains the chat.
        chat: The chat to export.
        file: The file to write. Its extension decides the format: .json, .jsonl or .md.
        force: Replace a file that exists.
        advice: The remedy in the error for a file that exists.

    Returns:
        A remark for the user; empty if there is nothing to remark.

    Raises:
        ChatFileError: The file has another extension.
        StorageError: The file exists, or the chat can't be read or written.
    """
    write = _WRITERS.get(file.suffix.lower())
    if write is None:
        raise ChatFileError(
            _("{file} must end in .json, .jsonl, or .md.").format(file=one_line(str(file))),
            _("Change the file extension."),
        )
    data = write(export_chat(library, chat))
    write_new_file(file, data, force=force, advice=advice)
    return _(TOO_LARGE_TO_IMPORT) if len(data) > MAX_CHAT_BYTES else ""
