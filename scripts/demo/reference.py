"""Compute the shipped demo weights with the reference implementation, transformers, unquantized."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from tokenizers import AddedToken
from transformers import Gemma3ForConditionalGeneration, Gemma3Processor, GemmaTokenizer
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

from demo.export import stores_weight_plus_one, text_tensor_names, vision_tensor_names
from demo.model import PICTURE_SIZE, PICTURE_TOKENS, gemma3_config, new_model


@dataclass(frozen=True)
class DemoReference:
    """The model, tokenizer and processor of the reference, made from a pair of GGUF files."""

    text: Path
    projector: Path

    @cached_property
    def _text_file(self) -> gguf.GGUFReader:
        return gguf.GGUFReader(os.fspath(self.text))

    def _field(self, key: str) -> Any:
        field = self._text_file.get_field(key)
        if field is None:
            raise ValueError(f"{self.text} has no {key}")
        return field.contents()

    @cached_property
    def tokenizer(self) -> GemmaTokenizer:
        """Gemma's tokenizer class over this vocabulary. Merges follow from pieces and scores."""
        tokens = [str(token) for token in self._field("tokenizer.ggml.tokens")]
        scores = self._field("tokenizer.ggml.scores")
        types = self._field("tokenizer.ggml.token_type")
        vocabulary = {token: index for index, token in enumerate(tokens)}
        merges = [
            (scores[index], (piece[:cut], piece[cut:]))
            for index, piece in enumerate(tokens)
            if types[index] == gguf.TokenType.NORMAL
            for cut in range(1, len(piece))
            if piece[:cut] in vocabulary and piece[cut:] in vocabulary
        ]
        merges.sort(key=lambda merge: -merge[0])
        tokenizer = GemmaTokenizer(
            vocab=vocabulary,
            merges=[pair for _, pair in merges],
            mask_token="<unk>",
            extra_special_tokens={
                "image_token": "<image_soft_token>",
                "boi_token": "<start_of_image>",
                "eoi_token": "<end_of_image>",
            },
        )
        controls = [tokens[i] for i, kind in enumerate(types) if kind == gguf.TokenType.CONTROL]
        own = [tokens[i] for i, kind in enumerate(types) if kind == gguf.TokenType.USER_DEFINED]
        tokenizer.add_tokens(
            [AddedToken(token, special=True, normalized=False) for token in controls]
        )
        tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in own])
        return tokenizer

    @cached_property
    def processor(self) -> Gemma3Processor:
        images = Gemma3ImageProcessorPil(
            size={"height": PICTURE_SIZE, "width": PICTURE_SIZE},
            image_mean=[0.5] * 3,
            image_std=[0.5] * 3,
            pan_and_scan_min_crop_size=256,
            pan_and_scan_max_num_crops=4,
            pan_and_scan_min_ratio_to_activate=1.2,
        )
        template = self._field("tokenizer.chat_template")
        return Gemma3Processor(
            images, self.tokenizer, chat_template=template, image_seq_length=PICTURE_TOKENS
        )

    @cached_property
    def model(self) -> Gemma3ForConditionalGeneration:
        """The weights as llama.cpp reads them, dequantized to float32."""
        tokenizer = self.tokenizer
        image_token = tokenizer.convert_tokens_to_ids("<image_soft_token>")
        config = gemma3_config(len(tokenizer), image_token)
        tensors = {
            tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            for file in (self._text_file, gguf.GGUFReader(os.fspath(self.projector)))
            for tensor in file.tensors
        }
        names = {
            **text_tensor_names(config.text_config.num_hidden_layers),
            **vision_tensor_names(config.vision_config.num_hidden_layers),
        }
        state = {}
        for reference, name in names.items():
            values = np.array(tensors[name], dtype=np.float32)
            state[reference] = torch.from_numpy(
                values - 1 if stores_weight_plus_one(name) else values
            )
        state["lm_head.weight"] = state["model.language_model.embed_tokens.weight"]
        model = new_model(config)
        shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
        model.load_state_dict({name: t.reshape(shapes[name]) for name, t in state.items()})
        return model.eval()
