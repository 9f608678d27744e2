"""The demo's tokenizer: SentencePiece BPE like Gemma's, with Gemma's control tokens."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import sentencepiece as spm

from demo.model import PICTURE_TOKENS
from refsheet_tui.prompting import ControlPart, Part, PicturePart

VOCABULARY = 2048
CONTROL = (
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<end_of_image>",
    "<image_soft_token>",
)
NEWLINES = ("\n", "\n\n", "\n\n\n", "\n\n\n\n")


@dataclass(frozen=True)
class DemoTokenizer:
    """A tokenizer that turns parts of a prompt into token ids, as the engine does."""

    file: Path

    @cached_property
    def pieces(self) -> spm.SentencePieceProcessor:
        return spm.SentencePieceProcessor(model_file=str(self.file))

    def token_id(self, token: str) -> int:
        return int(self.pieces.piece_to_id(token))

    def encode(self, part: Part) -> list[int]:
        """Return token ids. A picture becomes its placeholders."""
        if isinstance(part, ControlPart):
            return [self.token_id(part.token)]
        if isinstance(part, PicturePart):
            return [self.token_id("<image_soft_token>")] * PICTURE_TOKENS
        return list(self.pieces.encode(part.text))


def train_tokenizer(texts: Iterable[str], file: Path) -> DemoTokenizer:
    """Learn the pieces from text runs and write them to `file`."""
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(file.with_suffix("")),
        model_type="bpe",
        vocab_size=VOCABULARY,
        byte_fallback=True,
        character_coverage=1.0,
        split_digits=True,
        max_sentencepiece_length=8,  # longer pieces would be whole phrases, learnt by heart
        required_chars=string.ascii_letters + string.digits + "，。？！：、.?!,:;'\"()-",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        pad_piece="<pad>",
        eos_piece="<eos>",
        bos_piece="<bos>",
        unk_piece="<unk>",
        control_symbols=list(CONTROL),
        user_defined_symbols=list(NEWLINES),
        num_threads=2,
        minloglevel=1,
    )
    return DemoTokenizer(file)
