#!/usr/bin/env python3
"""Write random weights in the shapes of a Gemma 3, to measure speed and memory without a download.

Text is in Q4_0 with Q8_0 embeddings, the projector in F16, as in the published files. What such a
model says means nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Quantization
from numpy.typing import NDArray

Array = NDArray[Any]

VOCABULARY = 262_144
# Token ids of Gemma 3's published tokenizer.
CONTROL = {
    0: "<pad>",
    1: "<eos>",
    2: "<bos>",
    105: "<start_of_turn>",
    106: "<end_of_turn>",
    255_999: "<start_of_image>",
    256_000: "<end_of_image>",
}
UNKNOWN, FIRST_NEWLINE, NEWLINES, FIRST_BYTE, FIRST_LETTER = 3, 107, 31, 238, 512
# Letters and signs that ordinary text needs; words are read letter by letter.
LETTERS = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'\"()-"


@dataclass(frozen=True)
class SyntheticShape:
    """The shape of a Gemma 3 text model, as in its published configuration."""

    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    head: int
    window: int
    context: int
    rope_factor: float | None
    """The linear factor of the full layers' rope; None if there is none."""


SHAPES = {
    "270m": SyntheticShape(18, 640, 2048, 4, 1, 256, 512, 32_768, None),
    "1b": SyntheticShape(26, 1152, 6912, 4, 1, 256, 512, 32_768, None),
    "4b": SyntheticShape(34, 2560, 10_240, 8, 4, 256, 1024, 131_072, 8.0),
    "12b": SyntheticShape(48, 3840, 15_360, 16, 8, 256, 1024, 131_072, 8.0),
    "27b": SyntheticShape(62, 5376, 21_504, 32, 16, 128, 1024, 131_072, 8.0),
}


@dataclass(frozen=True)
class TensorSpec:
    """A tensor to write. `shape` is numpy's, with rows first."""

    name: str
    shape: tuple[int, ...]
    kind: Quantization


def text_tensors(shape: SyntheticShape) -> Iterator[TensorSpec]:
    """Yield every tensor of the text model, in the order of the published files."""
    queries, keys = shape.heads * shape.head, shape.kv_heads * shape.head
    yield TensorSpec("token_embd.weight", (VOCABULARY, shape.width), Quantization.Q8_0)
    for layer in range(shape.layers):
        matrices = {
            "attn_q": (queries, shape.width),
            "attn_k": (keys, shape.width),
            "attn_v": (keys, shape.width),
            "attn_output": (shape.width, queries),
            "ffn_gate": (shape.feed_forward, shape.width),
            "ffn_up": (shape.feed_forward, shape.width),
            "ffn_down": (shape.width, shape.feed_forward),
        }
        norms = {
            "attn_norm": shape.width,
            "attn_q_norm": shape.head,
            "attn_k_norm": shape.head,
            "post_attention_norm": shape.width,
            "ffn_norm": shape.width,
            "post_ffw_norm": shape.width,
        }
        for name, size in matrices.items():
            yield TensorSpec(f"blk.{layer}.{name}.weight", size, Quantization.Q4_0)
        for name, length in norms.items():
            yield TensorSpec(f"blk.{layer}.{name}.weight", (length,), Quantization.F32)
    yield TensorSpec("output_norm.weight", (shape.width,), Quantization.F32)


# SigLIP So400m at 896 pixels, the same for every Gemma 3 that can see pictures.
TOWER_LAYERS, TOWER_WIDTH, TOWER_FEED_FORWARD, TOWER_HEADS = 27, 1152, 4304, 16
PICTURE_SIZE, PATCH = 896, 14


def projector_tensors(width: int) -> Iterator[TensorSpec]:
    """Yield the tensors of the vision tower and projector for a text model of this width."""
    half, full = Quantization.F16, Quantization.F32
    yield TensorSpec("mm.input_projection.weight", (TOWER_WIDTH, width), half)
    yield TensorSpec("mm.soft_emb_norm.weight", (TOWER_WIDTH,), full)
    yield TensorSpec("v.patch_embd.weight", (TOWER_WIDTH, 3, PATCH, PATCH), half)
    yield TensorSpec("v.patch_embd.bias", (TOWER_WIDTH,), full)
    yield TensorSpec("v.position_embd.weight", ((PICTURE_SIZE // PATCH) ** 2, TOWER_WIDTH), full)
    for kind in ("weight", "bias"):
        yield TensorSpec(f"v.post_ln.{kind}", (TOWER_WIDTH,), full)
    for layer in range(TOWER_LAYERS):
        matrices = {
            **{name: (TOWER_WIDTH, TOWER_WIDTH) for name in ("attn_q", "attn_k", "attn_v")},
            "attn_out": (TOWER_WIDTH, TOWER_WIDTH),
            "ffn_up": (TOWER_FEED_FORWARD, TOWER_WIDTH),
            "ffn_down": (TOWER_WIDTH, TOWER_FEED_FORWARD),
        }
        for name, size in matrices.items():
            yield TensorSpec(f"v.blk.{layer}.{name}.weight", size, half)
            yield TensorSpec(f"v.blk.{layer}.{name}.bias", size[:1], full)
        for name in ("ln1", "ln2"):
            for kind in ("weight", "bias"):
                yield TensorSpec(f"v.blk.{layer}.{name}.{kind}", (TOWER_WIDTH,), full)


def random_data(tensor: TensorSpec, rng: np.random.Generator) -> Array:
    """Return random values with a standard deviation of 1/sqrt(row length).

    That keeps the computation from overflowing. Norms are one and biases zero.
    """
    if len(tensor.shape) == 1:
        is_norm = tensor.name.endswith("weight")
        return np.full(tensor.shape, float(is_norm), np.float32)
    deviation = float(np.prod(tensor.shape[1:])) ** -0.5
    if tensor.kind in (Quantization.F16, Quantization.F32):
        values = rng.standard_normal(tensor.shape, np.float32) * deviation
        stored: Array = values.astype(np.float16 if tensor.kind == Quantization.F16 else np.float32)
        return stored
    # A block is a 16-bit scale and 32 quants of 4 or 8 bits, all values equally likely.
    quants, levels = (16, 16) if tensor.kind == Quantization.Q4_0 else (32, 256)
    blocks = int(np.prod(tensor.shape)) // 32
    data = rng.integers(0, 256, (blocks, 2 + quants), np.uint8)
    scale = np.float16(deviation / (levels / 12**0.5))
    data[:, :2] = np.frombuffer(scale.tobytes(), np.uint8)
    return data.reshape(tensor.shape[0], -1)


def write_tensors(writer: gguf.GGUFWriter, tensors: list[TensorSpec]) -> None:
    """Write the header, then one tensor after the other.

    So even the largest model needs little memory.
    """
    rng = np.random.default_rng(0)
    for tensor in tensors:
        stored = gguf.quant_shape_to_byte_shape(tensor.shape, tensor.kind)
        is_plain = tensor.kind in (Quantization.F16, Quantization.F32)
        size = int(np.prod(stored))
        dtype = {Quantization.F16: np.float16, Quantization.F32: np.float32}.get(
            tensor.kind, np.uint8
        )
        writer.add_tensor_info(
            tensor.name,
            tensor.shape if is_plain else stored,
            np.dtype(dtype),
            size,
            raw_dtype=tensor.kind,
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in tensors:
        writer.write_tensor_data(random_data(tensor, rng))
    writer.close()


def rare_character(index: int) -> str:
    """Return a different character for every token, so that text reads back as the same tokens.

    They are from planes 2 and 3 (rare ideographs), then 15 and 16 (private use).
    """
    half = VOCABULARY // 2
    return chr(0x20000 + index) if index < half else chr(0xF0000 + index - half)


def add_tokenizer(writer: gguf.GGUFWriter) -> None:
    """Add a tokenizer with Gemma 3's special tokens at their own ids, bytes, and characters."""
    tokens = [rare_character(index) for index in range(VOCABULARY)]
    types = [gguf.TokenType.NORMAL] * VOCABULARY

    def set_token(index: int, token: str, kind: gguf.TokenType) -> None:
        tokens[index], types[index] = token, kind

    set_token(UNKNOWN, "<unk>", gguf.TokenType.UNKNOWN)
    for count in range(NEWLINES):
        set_token(FIRST_NEWLINE + count, "\n" * (count + 1), gguf.TokenType.USER_DEFINED)
    for byte in range(256):
        set_token(FIRST_BYTE + byte, f"<0x{byte:02X}>", gguf.TokenType.BYTE)
    for index, letter in enumerate(LETTERS):
        set_token(FIRST_LETTER + index, letter, gguf.TokenType.NORMAL)
    for index, token in CONTROL.items():
        set_token(index, token, gguf.TokenType.CONTROL)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(index) for index in range(VOCABULARY)])
    writer.add_token_types(types)
    writer.add_pad_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)


def write_text(size: str, file: Path) -> None:
    shape = SHAPES[size]
    writer = gguf.GGUFWriter(file, "gemma3")
    writer.add_name(f"Random weights, Gemma 3 {size.upper()} shapes")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_sliding_window(shape.window)
    writer.add_rope_freq_base(1_000_000.0)
    if shape.rope_factor:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(shape.rope_factor)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
    add_tokenizer(writer)
    write_tensors(writer, list(text_tensors(shape)))


def write_projector(size: str, file: Path) -> None:
    width = SHAPES[size].width
    writer = gguf.GGUFWriter(file, "clip")
    writer.add_type("mmproj")
    writer.add_name(f"Random weights, projector for Gemma 3 {size.upper()} shapes")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("gemma3")
    writer.add_vision_image_size(PICTURE_SIZE)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(TOWER_WIDTH)
    writer.add_vision_feed_forward_length(TOWER_FEED_FORWARD)
    writer.add_vision_block_count(TOWER_LAYERS)
    writer.add_vision_head_count(TOWER_HEADS)
    writer.add_vision_projection_dim(width)
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_vision_image_mean([0.5] * 3)
    writer.add_vision_image_std([0.5] * 3)
    writer.add_vision_use_gelu(True)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    write_tensors(writer, list(projector_tensors(width)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=tuple(SHAPES), required=True)
    parser.add_argument("--mmproj", action="store_true", help="also write the projector")
    parser.add_argument("folder", type=Path, help="where gemma-3-SIZE-random.gguf goes")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    text = arguments.folder / f"gemma-3-{arguments.size}-random.gguf"
    write_text(arguments.size, text)
    print(text)
    if arguments.mmproj:
        projector = arguments.folder / f"gemma-3-{arguments.size}-random-mmproj.gguf"
        write_projector(arguments.size, projector)
        print(projector)


if __name__ == "__main__":
    main()
