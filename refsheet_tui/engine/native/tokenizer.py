"""Prompts into units the model reads, tokens back into bytes.

Some published files type control tokens as ordinary text, or as text that is always taken whole;
what a person types could then end their turn and begin another's. Such tokens are found by their
names, and kept out of texts.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Sequence
from functools import cached_property

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.native.model import Model
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import ControlPart, Part, Prompt, TextPart
from refsheet_tui.prompting.turns import (
    BOS,
    END_OF_IMAGE,
    END_OF_TURN,
    START_OF_IMAGE,
    START_OF_TURN,
)
from refsheet_tui.text import one_line

_PIECE_BYTES = 64
# What nobody may be able to write, however a file types it.
_REPAIRED = {part.token for part in (BOS, START_OF_TURN, END_OF_TURN, START_OF_IMAGE, END_OF_IMAGE)}


class Tokenizer:
    """`picture_tokens` is how many positions a picture takes."""

    def __init__(self, model: Model, picture_tokens: int) -> None:
        self._vocab = model.vocab
        self._file = model.path
        self._picture_tokens = picture_tokens
        self._n_vocab = model.n_vocab
        self._control: dict[str, int] = {}
        self._mistyped: dict[str, int] = {}

    def parts(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Raises `WeightsError` when the vocabulary lacks a control token of the prompt."""
        return tuple(self._part(part) for part in prompt.parts)

    def control(self, name: str) -> int:
        """The one control token of that name. Raises `WeightsError` when there is none."""
        if name not in self._control:
            self._control[name] = self._look_up(name)
        return self._control[name]

    def ends_turn(self, token: int) -> bool:
        return token == self._end_of_turn or llama.llama_vocab_is_eog(self._vocab, token)

    def piece(self, token: int) -> bytes:
        """The bytes of a token, which may be part of a character; empty for control tokens."""
        if token in self._mistyped.values():
            return b""
        size = _PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = llama.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def tokenize(self, text: str) -> list[int]:
        """Ordinary text: nothing in it becomes a control token, and no `<bos>` is added."""
        parts = self._apart(text) if self._mistyped else [text]
        return [token for part in parts for token in self._tokenize(part, parse_special=False)]

    def _apart(self, text: str) -> list[str]:
        """`text` in parts that do not hold the name of a mistyped token: cut behind its `<`."""
        names = "|".join(re.escape(name[1:]) for name in self._mistyped)
        return re.split(f"(?<=<)(?={names})", text)

    @cached_property
    def _end_of_turn(self) -> int:
        return self.control(END_OF_TURN.token)

    def _part(self, part: Part) -> TokenizedPart:
        if isinstance(part, ControlPart):
            return TokenizedPart("control", part.token, (self.control(part.token),), 1)
        if isinstance(part, TextPart):
            tokens = tuple(self.tokenize(part.text))
            return TokenizedPart("text", part.text, tokens, len(tokens))
        return TokenizedPart("picture", "", (), self._picture_tokens, part.picture.sha256)

    def _look_up(self, name: str) -> int:
        tokens = self._tokenize(name, parse_special=True)
        if self._is_control(tokens, name):
            return tokens[0]
        for token in range(self._n_vocab) if name in _REPAIRED else ():
            if llama.llama_vocab_get_text(self._vocab, token) == name.encode():
                print(f"{name} is typed as ordinary text; it is kept apart", file=sys.stderr)
                self._mistyped[name] = token
                return token
        raise WeightsError(
            _("The tokenizer in {file} has no control token {name}.").format(
                file=one_line(str(self._file)), name=name
            ),
            _("Choose another file of this model: its tokenizer is not Gemma 3's."),
        )

    def _is_control(self, tokens: Sequence[int], name: str) -> bool:
        return (
            len(tokens) == 1
            and llama.llama_vocab_is_control(self._vocab, tokens[0])
            and llama.llama_vocab_get_text(self._vocab, tokens[0]) == name.encode()
        )

    def _tokenize(self, text: str, *, parse_special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        # A token is at least a byte; one more, because llama.cpp may put a space in front.
        size = len(data) + 1
        tokens = (llama.llama_token * size)()
        count = llama.llama_tokenize(
            self._vocab, data, len(data), tokens, size, False, parse_special
        )
        assert count >= 0, "a token is at least a byte"
        return list(tokens[:count])
