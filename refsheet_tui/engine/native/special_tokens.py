"""Sort a vocabulary into control tokens and text.

llama.cpp goes by the names that all its models use: it turns `</s>` into a control token that ends
the reply, but in Gemma's vocabulary that is an HTML tag like any other. The converters that write
GGUF files guess by name, too: some type `<start_of_image>` as text, and all type `<unused0>` as a
control token. So the published tokenizer decides here, and the file decides about all other names.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from llama_cpp import llama_cpp as llama

from refsheet_tui.engine.gguf_header import GgufHeader, find_strings, read_integers
from refsheet_tui.engine.native.llama_model import LlamaModel

_log = logging.getLogger(__name__)

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
# Converters type these as control tokens, although they are not special in that tokenizer.
_MASK = "<mask>"
UNUSED_TOKEN_PATTERN = r"<unused\d+>"
# Types in a GGUF file (ggml's docs/gguf.md, tokenizer.ggml.token_type)
_UNKNOWN, _CONTROL, _USER_DEFINED = 2, 3, 4
# The space as SentencePiece and the published tokenizer write it
_SPACE = "▁"


class SpecialTokens:
    """The special tokens of a loaded model.

    `control_tokens` holds the control tokens by their names.
    """

    def __init__(self, model: LlamaModel, header: GgufHeader) -> None:
        name_array = header.arrays.get("tokenizer.ggml.tokens")
        type_array = header.arrays.get("tokenizer.ggml.token_type")
        token_types = read_integers(model.path, type_array, model.n_vocab) if type_array else ()
        self.control_tokens = (
            find_strings(model.path, name_array, _GEMMA_CONTROL) if name_array else {}
        )
        for name, token in self.control_tokens.items():
            if token_types[token : token + 1] not in ((_CONTROL,), (_UNKNOWN,)):
                _log.warning("%s is typed as ordinary text; it is split off", name)
        self._literal_tokens: dict[str, int] = {}
        for token, token_type in enumerate(token_types):
            if token_type in (_UNKNOWN, _CONTROL, _USER_DEFINED):
                self._classify_token(model, token, token_type)
        self._literal_pattern = self._build_literal_pattern()
        self._control_pattern = self._build_control_pattern()

    def split_text(self, text: str) -> Iterator[int | str]:
        """Split a text so that llama.cpp tokenizes it as the published tokenizer would.

        Yields the tokens that the published tokenizer takes whole and llama.cpp does not, and the
        texts between them. No control token can be formed from the texts.
        """
        begin = 0
        for match in self._literal_pattern.finditer(text):
            token = self._literal_tokens.get(match.group())
            if token is not None:
                yield from self._split_inside_control_names(text[begin : match.start()])
                yield token
                begin = match.end()
        yield from self._split_inside_control_names(text[begin:])

    def _split_inside_control_names(self, text: str) -> list[str]:
        """Split the text behind the first character of each control token's name."""
        return self._control_pattern.split(text.replace(_SPACE, " "))

    def _classify_token(self, model: LlamaModel, token: int, token_type: int) -> None:
        name = llama.llama_vocab_get_text(model.vocab, token).decode("utf-8", "replace")
        if name in self.control_tokens:
            return
        if token_type == _USER_DEFINED:
            attributes = llama.llama_vocab_get_attr(model.vocab, token)
            # Converters put spaces for ▁, but it is a literal ▁ that is matched first.
            literal = name.replace(" ", _SPACE)
            if _SPACE in literal or attributes != llama.LLAMA_TOKEN_ATTR_USER_DEFINED:
                self._literal_tokens[literal] = token
        elif name == _MASK or re.fullmatch(UNUSED_TOKEN_PATTERN, name):
            self._literal_tokens[name] = token
        else:
            self.control_tokens[name] = token

    def _build_literal_pattern(self) -> re.Pattern[str]:
        """Return a pattern that matches the literal tokens and all that looks like an unused token.

        The longest literal comes first. With Gemma's 6,242 unused tokens by their names, compiling
        this takes 0.4 s.
        """
        names = (
            name for name in self._literal_tokens if not re.fullmatch(UNUSED_TOKEN_PATTERN, name)
        )
        longest_first = sorted(names, key=len, reverse=True)
        return re.compile("|".join([*map(re.escape, longest_first), UNUSED_TOKEN_PATTERN]))

    def _build_control_pattern(self) -> re.Pattern[str]:
        names = [name.replace(_SPACE, " ") for name in self.control_tokens]
        patterns = (f"(?<={re.escape(name[0])})(?={re.escape(name[1:])})" for name in names if name)
        return re.compile("|".join(patterns) or "(?!)")
