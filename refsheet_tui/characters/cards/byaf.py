"""`.byaf` archives: a character, its scenarios and its pictures, each in a file of its own.

A manifest at the root of the ZIP names these files (Backyard Archive Format, version 1). Together
they become one card, in the form that the same program wrote before.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from refsheet_tui.characters.cards.limits import ASK_FOR_COPY, too_large_error
from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _
from refsheet_tui.untrusted import MAX_JSON_BYTES, parse_json

MANIFEST_NAME = "manifest.json"
_CHARACTERS = "characters"


def is_manifest(text: bytes) -> bool:
    """Return True if a `manifest.json` is that of a character, rather than of anything else."""
    return f'"{_CHARACTERS}"'.encode() in text


def card_of_archive(text: bytes, read: Callable[[str], bytes]) -> tuple[str, bytes]:
    """Return where the character of an archive is, and its card as a JSON text.

    All that was read is in the card. Its pictures are named as assets beside the character.

    Args:
        text: The manifest.
        read: Returns the content of the file of the archive with a path.

    Raises:
        CardError: The archive has several characters, or none, or is too large.
        UntrustedFileError: A file is damaged, or too large.
    """
    manifest = _parse(text)
    names = _paths(manifest, _CHARACTERS)
    if not names:
        raise CardError(_("This ZIP file has no character in it."), _(ASK_FOR_COPY))
    if len(names) > 1:
        raise CardError(
            _("This file has several characters in it."),
            _("Save each character as a file of its own, and import those."),
        )
    texts, size = [], len(text)
    for path in [names[0], *_paths(manifest, "scenarios")]:
        texts.append(read(path))
        size += len(texts[-1])
        if size > MAX_JSON_BYTES:
            raise too_large_error(N_("The text"))
    character, *scenarios = map(_parse, texts)
    first = scenarios[0] if scenarios else {}
    author = manifest.get("author")
    card = {
        "spec": "chara_card_v2",
        "name": character.get("name") or character.get("displayName"),
        "aiPersona": character.get("persona"),
        "firstMessage": [text for each in scenarios for text in _texts(each, "firstMessages")],
        "customDialogue": "\n".join(
            f"<START>\n{text}" for text in _texts(first, "exampleMessages")
        ),
        "scenario": first.get("narrative"),
        "basePrompt": first.get("formattingInstructions"),
        "loreItems": character.get("loreItems"),
        "creator": author.get("name") if isinstance(author, dict) else None,
        "assets": _icons(character),
        "archive": {"manifest": manifest, "character": character, "scenarios": scenarios},
    }
    said = {key: value for key, value in card.items() if value not in (None, "", [])}
    return names[0], json.dumps(said).encode()


def _parse(text: bytes) -> dict[str, Any]:
    value = parse_json(text, has_infinities=True)
    if not isinstance(value, dict):
        raise CardError(_("This ZIP file is damaged."), _(ASK_FOR_COPY))
    return value


def _paths(manifest: dict[str, Any], key: str) -> list[str]:
    paths = manifest.get(key)
    items = paths if isinstance(paths, list) else []
    return [*dict.fromkeys(path for path in items if isinstance(path, str))]


def _texts(scenario: dict[str, Any], key: str) -> list[str]:
    """Return the texts of a list of messages."""
    messages = scenario.get(key)
    items = messages if isinstance(messages, list) else []
    texts = (item.get("text") for item in items if isinstance(item, dict))
    return [text for text in texts if isinstance(text, str) and text.strip()]


def _icons(character: dict[str, Any]) -> list[dict[str, str]]:
    images = character.get("images")
    items = images if isinstance(images, list) else []
    paths = [item.get("path") for item in items if isinstance(item, dict)]
    return [
        {
            "type": "icon",
            "name": "main" if index == 0 else PurePosixPath(path).stem,
            "uri": f"embeded://{path}",
            "ext": PurePosixPath(path).suffix.lstrip("."),
        }
        for index, path in enumerate(path for path in paths if isinstance(path, str))
    ]
