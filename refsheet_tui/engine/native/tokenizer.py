"""Prompts into units the model reads, tokens back into bytes."""

from __future__ import annotations

import ctypes

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.gguf_header import GgufHeader
from refsheet_tui.engine.native.model import Model
from refsheet_tui.engine.native.special_tokens import SpecialTokens
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import ControlPart, Part, Prompt, TextPart
from refsheet_tui.prompting.turns import END_OF_TURN
from refsheet_tui.untrusted import one_line

_PIECE_BYTES = 64
_SPACE = "▁".encode()  # as SentencePiece writes a space
_ENDS = (END_OF_TURN.token, "<eos>")


class Tokenizer:
    """`picture_tokens` is how many positions a picture takes."""

    def __init__(self, model: Model, header: GgufHeader, picture_tokens: int) -> None:
        self._vocab = model.vocab
        self._file = model.path
        self._picture_tokens = picture_tokens
        self._special = SpecialTokens(model, header)
        control = self._special.control
        self._hidden = frozenset(control.values())
        self._ends = frozenset(control[name] for name in _ENDS if name in control)

    def parts(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Raises `WeightsError` when the vocabulary lacks a control token of the prompt."""
        return tuple(self._part(part) for part in prompt.parts)

    def control(self, name: str) -> int:
        """The one control token of that name. Raises `WeightsError` when there is none."""
        token = self._special.control.get(name)
        if token is None:
            raise WeightsError(
                _("The tokenizer in {file} has no control token {name}.").format(
                    file=one_line(str(self._file)), name=name
                ),
                _("Choose another file of this model: its tokenizer is not Gemma 3's."),
            )
        return token

    def ends_turn(self, token: int) -> bool:
        """Return whether a reply ends at this token. llama.cpp ends it at more, such as `</s>`."""
        return token in self._ends

    def piece(self, token: int) -> bytes:
        """The bytes of a token, which may be part of a character; empty for control tokens."""
        if token in self._hidden:
            return b""
        size = _PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(size)
            # Special tokens, too: text that llama.cpp takes for control tokens is among them.
            length = llama.llama_token_to_piece(self._vocab, token, buffer, size, 0, True)
            if length >= 0:
                return buffer.raw[:length].replace(_SPACE, b" ")
            size = -length

    def tokenize(self, text: str) -> list[int]:
        """Ordinary text: nothing in it becomes a control token, and no `<bos>` is added."""
        tokens: list[int] = []
        for part in self._special.split(text):
            tokens += [part] if isinstance(part, int) else self._tokenize(part)
        return tokens

    def _part(self, part: Part) -> TokenizedPart:
        if isinstance(part, ControlPart):
            return TokenizedPart("control", part.token, (self.control(part.token),), 1)
        if isinstance(part, TextPart):
            tokens = tuple(self.tokenize(part.text))
            return TokenizedPart("text", part.text, tokens, len(tokens))
        return TokenizedPart("picture", "", (), self._picture_tokens, part.picture.sha256)

    def _tokenize(self, text: str) -> list[int]:
        data = text.encode("utf-8", "replace")
        # A token is at least a byte; one more, because llama.cpp may put a space in front.
        size = len(data) + 1
        tokens = (llama.llama_token * size)()
        count = llama.llama_tokenize(self._vocab, data, len(data), tokens, size, False, False)
        assert count >= 0, "a token is at least a byte"
        return list(tokens[:count])
