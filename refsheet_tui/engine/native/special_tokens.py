"""Sorting a vocabulary into control tokens and text.

llama.cpp goes by the names that all its models use: it turns `</s>` into a control token that ends
the reply, but in Gemma's vocabulary that is an HTML tag like any other. The converters that write
GGUF files guess by name, too: some type `<start_of_image>` as text, and all type `<unused0>` as a
control token. So the published tokenizer decides here, and the file where that one is silent.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.gguf_header import GgufHeader, find_strings, read_integers
from refsheet_tui.engine.native.model import Model

# The special tokens of Gemma 3's published tokenizer.
_GEMMA_CONTROL = (
    "<pad>",
    "<eos>",
    "<bos>",
    "<unk>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<end_of_image>",
    "<image_soft_token>",
)
# What converters type as control tokens, although they are not special in that tokenizer.
_MASK = "<mask>"
UNUSED_NAME = r"<unused\d+>"
# Types in a GGUF file (ggml's docs/gguf.md, tokenizer.ggml.token_type)
_UNKNOWN, _CONTROL, _USER_DEFINED = 2, 3, 4
# The space as SentencePiece and the published tokenizer write it
_SPACE = "▁"


class SpecialTokens:
    """The special tokens of a loaded model.

    `control` holds the control tokens by their names.
    """

    def __init__(self, model: Model, header: GgufHeader) -> None:
        names = header.arrays.get("tokenizer.ggml.tokens")
        types = header.arrays.get("tokenizer.ggml.token_type")
        kinds = read_integers(model.path, types, model.n_vocab) if types else ()
        self.control = find_strings(model.path, names, _GEMMA_CONTROL) if names else {}
        for name, token in self.control.items():
            if kinds[token : token + 1] not in ((_CONTROL,), (_UNKNOWN,)):
                print(f"{name} is typed as ordinary text; it is kept apart", file=sys.stderr)
        self._whole: dict[str, int] = {}
        for token, kind in enumerate(kinds):
            if kind in (_UNKNOWN, _CONTROL, _USER_DEFINED):
                self._sort(model, token, kind)
        self._whole_names = self._match_whole()
        self._control_names = self._match_inside_control()

    def split(self, text: str) -> Iterator[int | str]:
        """Cut a text into tokens that the published tokenizer takes whole and llama.cpp does not,
        and into texts that llama.cpp tokenizes as the published tokenizer would.

        No control token can be formed from those texts.
        """
        begin = 0
        for found in self._whole_names.finditer(text):
            token = self._whole.get(found.group())
            if token is not None:
                yield from self._texts(text[begin : found.start()])
                yield token
                begin = found.end()
        yield from self._texts(text[begin:])

    def _texts(self, text: str) -> list[str]:
        """Cut behind the first character of each control token's name."""
        return self._control_names.split(text.replace(_SPACE, " "))

    def _sort(self, model: Model, token: int, kind: int) -> None:
        name = llama.llama_vocab_get_text(model.vocab, token).decode("utf-8", "replace")
        if name in self.control:
            return
        if kind == _USER_DEFINED:
            attributes = llama.llama_vocab_get_attr(model.vocab, token)
            # Converters put spaces for ▁, but it is a literal ▁ that is matched first.
            literal = name.replace(" ", _SPACE)
            if _SPACE in literal or attributes != llama.LLAMA_TOKEN_ATTR_USER_DEFINED:
                self._whole[literal] = token
        elif name == _MASK or re.fullmatch(UNUSED_NAME, name):
            self._whole[name] = token
        else:
            self.control[name] = token

    def _match_whole(self) -> re.Pattern[str]:
        """Match the names in `_whole`, the longest first, and whatever looks like an unused token.

        With Gemma's 6,242 unused tokens by their names, compiling this takes 0.4 s.
        """
        names = (name for name in self._whole if not re.fullmatch(UNUSED_NAME, name))
        longest_first = sorted(names, key=len, reverse=True)
        return re.compile("|".join([*map(re.escape, longest_first), UNUSED_NAME]))

    def _match_inside_control(self) -> re.Pattern[str]:
        names = [name.replace(_SPACE, " ") for name in self.control]
        places = (f"(?<={re.escape(name[0])})(?={re.escape(name[1:])})" for name in names if name)
        return re.compile("|".join(places) or "(?!)")
