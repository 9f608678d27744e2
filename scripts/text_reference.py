"""Compute a text model's GGUF file with the reference implementation, transformers, unquantized."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from demo.export import TEXT, stores_weight_plus_one, text_tensor_names

Floats = NDArray[np.float32]

_FULL_EVERY = 6
# These are not in the files. llama.cpp has them in its code (src/models/gemma3.cpp), and they are
# in the published configurations. Up to 12B, queries are scaled by their own width, in the 27B by
# the model's width for each head.
_ROPE_IN_WINDOW = 10_000.0
_LAYERS_OF_27B = 62
_ROWS = 128


class TextReference:
    """Gemma 3's text model with the weights of a GGUF file, dequantized to float32."""

    def __init__(self, file: Path) -> None:
        """Load the file. Raises `ValueError` if it is one of several parts."""
        self._reader = gguf.GGUFReader(os.fspath(file))
        if self._value("split.count", 0) > 1:
            raise ValueError(f"{file.name} is one of several parts. Join them: gguf-split --merge.")
        self._model = self._load()

    @torch.no_grad()
    def logits(self, tokens: list[int]) -> Iterator[Floats]:
        """Yield the logits after each token, shape (vocabulary,)."""
        states = self._model.model(input_ids=torch.tensor([tokens])).last_hidden_state[0]
        for rows in states.split(_ROWS):
            yield from self._model.lm_head(rows).numpy()

    def write_f32(self, file: Path) -> None:
        """Write a copy of the file in which every tensor is dequantized."""
        writer = gguf.GGUFWriter(file, self._value("general.architecture"))
        for name, field in self._reader.fields.items():
            # Skip the reader's own numbers and what the writer adds by itself.
            if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
                continue
            kind = field.types[0]
            items = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), kind, sub_type=items)
        writer.add_file_type(gguf.LlamaFileType.ALL_F32)
        for tensor in self._reader.tensors:
            writer.add_tensor(tensor.name, _dequantized(tensor))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    def _value(self, key: str, default: Any = None) -> Any:
        field = self._reader.get_field(key)
        return default if field is None else field.contents()

    def _number(self, key: str, default: float | None = None) -> Any:
        return self._value(f"gemma3.{key}", default)

    def _config(self, vocabulary: int) -> Gemma3TextConfig:
        layers, heads = self._number("block_count"), self._number("attention.head_count")
        width, head = self._number("embedding_length"), self._number("attention.key_length")
        rope: dict[str, Any] = {
            "rope_type": "default",
            "rope_theta": self._number("rope.freq_base"),
        }
        factor = self._number("rope.scaling.factor")
        if factor:
            rope |= {"rope_type": "linear", "factor": factor}
        return Gemma3TextConfig(
            vocab_size=vocabulary,
            hidden_size=width,
            intermediate_size=self._number("feed_forward_length"),
            num_hidden_layers=layers,
            num_attention_heads=heads,
            num_key_value_heads=self._number("attention.head_count_kv"),
            head_dim=head,
            query_pre_attn_scalar=width // heads if layers == _LAYERS_OF_27B else head,
            sliding_window=self._number("attention.sliding_window"),
            max_position_embeddings=self._number("context_length"),
            rms_norm_eps=self._number("attention.layer_norm_rms_epsilon"),
            layer_types=[
                "sliding_attention" if (layer + 1) % _FULL_EVERY else "full_attention"
                for layer in range(layers)
            ],
            rope_parameters={
                "sliding_attention": {"rope_type": "default", "rope_theta": _ROPE_IN_WINDOW},
                "full_attention": rope,
            },
            tie_word_embeddings=True,
        )

    def _load(self) -> Gemma3ForCausalLM:
        tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        state = {}
        for reference, name in text_tensor_names(self._number("block_count")).items():
            values = _dequantized(tensors[name])
            # llama.cpp's files hold 1 + weight of each norm.
            state[reference.replace(TEXT, "model.")] = torch.from_numpy(
                values - 1 if stores_weight_plus_one(name) else values
            )
        embeddings = state["model.embed_tokens.weight"]
        state["lm_head.weight"] = embeddings
        model = Gemma3ForCausalLM(self._config(len(embeddings)))
        model.load_state_dict(state, assign=True)
        return model.eval()


def _dequantized(tensor: gguf.ReaderTensor) -> Floats:
    values: Floats = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    return np.array(values, dtype=np.float32)
