"""Tell an instruction-tuned Gemma, which answers, from a pretrained one, which continues text.

No field of a GGUF file says so. Published pretrained files carry no chat template, and all names
of Google's follow one scheme: gemma-3-4b-it is tuned, gemma-3-4b-pt and gemma-3-270m are not.
"""

from __future__ import annotations

import re
from pathlib import Path

from refsheet_tui.engine.gguf_header import GgufHeader
from refsheet_tui.i18n import N_
from refsheet_tui.prompting import START_OF_TURN

NOT_INSTRUCTION_TUNED = N_(
    "{model} isn't instruction-tuned: it continues text instead of answering. Choose a "
    "file with 'it' in its name."
)
"""The message to the user about such a model. `model` is its name."""

_WORD = re.compile(r"[a-z0-9]+")
_TUNED_WORDS = {"it", "instruct", "instruction", "chat"}
# "pt" and "base" count at the beginning or after the size alone: "pt" is Portuguese, too.
_PRETRAINED = re.compile(r"(?:^|\d[bm] )(?:pt|base)\b(?! br\b)|\bpretrain(?:ed)?\b")


def is_instruction_tuned(header: GgufHeader, path: Path) -> bool:
    """Return whether a model answers, judging by its header and its file's name.

    Its names decide, those in the metadata before the file's. If no name says anything, the chat
    template decides: a model that was tuned for Gemma's turns has one.
    """
    names = (header.get_text("general.finetune"), header.get_text("general.name"), path.stem)
    for name in names:
        words = _WORD.findall(name.lower())
        if not _TUNED_WORDS.isdisjoint(words):
            return True
        if _PRETRAINED.search(" ".join(words)):
            return False
    return START_OF_TURN.token in header.get_text("tokenizer.chat_template")
