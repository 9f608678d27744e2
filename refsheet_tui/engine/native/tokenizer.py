"""Split prompts into tokens, and turn tokens back into bytes."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.gguf_header import GgufHeader
from refsheet_tui.engine.native.llama_model import LlamaModel
from refsheet_tui.engine.native.special_tokens import SpecialTokens
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import END_OF_TURN, ControlPart, Part, Prompt, TextPart
from refsheet_tui.untrusted import one_line

_PIECE_BYTES = 64
# The number of texts whose tokens are cached: a chat's texts are tokenized again with every turn.
_CACHED_TEXTS = 2048
_SPACE = "▁".encode()  # as SentencePiece writes a space
_END_TOKEN_NAMES = (END_OF_TURN.token, "<eos>")


class Tokenizer:
    """The tokenizer of a loaded model. A picture takes `picture_tokens` positions."""

    def __init__(self, model: LlamaModel, header: GgufHeader, picture_tokens: int) -> None:
        self._vocab = model.vocab
        self._file = model.path
        self._picture_tokens = picture_tokens
        self._special_tokens = SpecialTokens(model, header)
        control = self._special_tokens.control_tokens
        self._control_tokens = frozenset(control.values())
        self._end_tokens = frozenset(control[name] for name in _END_TOKEN_NAMES if name in control)
        self._cached_tokens = lru_cache(maxsize=_CACHED_TEXTS)(
            lambda text: tuple(self.tokenize_text(text))
        )

    def tokenize_prompt(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Split a prompt into tokens.

        Raises `WeightsError` when the vocabulary lacks a control token of the prompt.
        """
        return tuple(self._tokenize_part(part) for part in prompt.parts)

    def control_token(self, name: str) -> int:
        """Return the control token of that name. Raises `WeightsError` when there is none."""
        token = self._special_tokens.control_tokens.get(name)
        if token is None:
            raise WeightsError(
                _("The tokenizer in {file} is missing the control token {name}.").format(
                    file=one_line(str(self._file)), name=name
                ),
                _("Choose another file for this model: its tokenizer isn't Gemma 3's."),
            )
        return token

    def ends_turn(self, token: int) -> bool:
        """Return whether a reply ends at this token. llama.cpp ends it at more, such as `</s>`."""
        return token in self._end_tokens

    def token_to_piece(self, token: int) -> bytes:
        """Return the bytes of a token, perhaps part of a character; empty for control tokens."""
        if token in self._control_tokens:
            return b""
        size = _PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(size)
            # Special tokens, too: text that llama.cpp takes for control tokens is among them.
            length = llama.llama_token_to_piece(self._vocab, token, buffer, size, 0, True)
            if length >= 0:
                return buffer.raw[:length].replace(_SPACE, b" ")
            size = -length

    def tokenize_text(self, text: str) -> list[int]:
        """Split ordinary text: nothing in it becomes a control token, and no `<bos>` is added."""
        tokens: list[int] = []
        for part in self._special_tokens.split_text(text):
            tokens += [part] if isinstance(part, int) else self._tokenize_with_llama(part)
        return tokens

    def _tokenize_part(self, part: Part) -> TokenizedPart:
        if isinstance(part, ControlPart):
            return TokenizedPart("control", part.token, (self.control_token(part.token),), 1)
        if isinstance(part, TextPart):
            tokens = self._cached_tokens(part.text)
            return TokenizedPart("text", part.text, tokens, len(tokens))
        return TokenizedPart("picture", "", (), self._picture_tokens, part.picture.sha256)

    def _tokenize_with_llama(self, text: str) -> list[int]:
        data = text.encode("utf-8", "replace")
        # A token is at least a byte; one more, because llama.cpp may put a space in front.
        size = len(data) + 1
        tokens = (llama.llama_token * size)()
        count = llama.llama_tokenize(self._vocab, data, len(data), tokens, size, False, False)
        assert count >= 0, "a token is at least a byte"
        return list(tokens[:count])
