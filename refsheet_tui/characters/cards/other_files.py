"""Naming files that are no cards by how they begin: what a download or a wrong choice gives."""

from __future__ import annotations

import re

from refsheet_tui.errors import CardError
from refsheet_tui.i18n import N_, _

_HEAD_BYTES = 1024
_CHOOSE_CARD = N_("Choose a file with a character in it.")
_MARKUP_HEAD = rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?"
# The signatures of these formats, with what to say and what to do.
_KINDS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    (
        (
            rb"\x1f\x8b",
            rb"Rar!\x1a\x07",
            rb"7z\xbc\xaf\x27\x1c",
            rb"\xfd7zXZ\x00",
            rb"\x28\xb5\x2f\xfd",
            rb"BZh[1-9]1AY",
        ),
        N_("This is a compressed file, not a character card."),
        N_("Unpack it, and import the card in it."),
    ),
    (
        (rb"%PDF-", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        N_("This is a document, not a character card."),
        _CHOOSE_CARD,
    ),
    (
        (
            rb"8BPS",
            rb"II\*\x00",
            rb"MM\x00\*",
            rb"gimp xcf",
            rb"\xff\x0a",
            rb"\x00\x00\x00\x0cj(?:xl|p) ",
            rb"\x00\x00\x01\x00",
            _MARKUP_HEAD + rb"<svg\b",
        ),
        N_("This kind of picture can't have a character card in it."),
        N_("Use a PNG, JPEG, WebP, AVIF, GIF, or BMP picture."),
    ),
    (
        (
            rb"\x1aE\xdf\xa3",
            rb"....ftyp",
            rb"ID3[\x02-\x04]",
            rb"OggS",
            rb"fLaC",
            rb"RIFF....(?:WAVE|AVI )",
        ),
        N_("This is a video or a sound, not a character card."),
        _CHOOSE_CARD,
    ),
    ((rb"GGUF[\x00-\x09]",), N_("This is a model, not a character card."), _CHOOSE_CARD),
    (
        (rb"version https://git-lfs",),
        N_("This file only says where the real one is stored."),
        N_("Download the file itself."),
    ),
    (
        (_MARKUP_HEAD + rb"<(?:!doctype\s+html|html|head|body)\b",),
        N_("This is a web page, not a character card."),
        N_("Open the page in a browser, and save the card that it offers."),
    ),
)
_PATTERNS = [
    (re.compile(b"|".join(signatures), re.DOTALL | re.IGNORECASE), problem, remedy)
    for signatures, problem, remedy in _KINDS
]


def check_other_file(data: bytes) -> None:
    """Raise `CardError` for a file that is empty, or of a known kind that has no cards."""
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise CardError(_("This file is empty."), _("Download or copy it again."))
    head = data[:_HEAD_BYTES]
    for pattern, problem, remedy in _PATTERNS:
        if pattern.match(head):
            raise CardError(_(problem), _(remedy))
