"""Measure how fast this machine writes: `python -m refsheet_tui.engine.native.speed_test FILE`.

It prints one JSON object on standard output. Writing a token takes going through all weights once.
So a few layers of Gemma 3 4B's shapes, with random weights, tell how many bytes of weights a second
this machine, with this build of llama.cpp, goes through.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Quantization

from refsheet_tui.engine.native import devices
from refsheet_tui.engine.native.llama_context import LlamaContext
from refsheet_tui.engine.native.llama_model import LlamaModel
from refsheet_tui.engine.native.threads import performance_cores
from refsheet_tui.engine.settings import LoadSettings

# Gemma 3 4B, from its published configuration; with fewer layers and hardly any vocabulary. Six
# layers are 320 MB: more than any cache of a laptop's processor.
_LAYERS, _VOCABULARY = 6, 256
_WIDTH, _FEED_FORWARD, _HEADS, _KV_HEADS, _HEAD, _WINDOW = 2560, 10_240, 8, 4, 256, 1024
_CONTEXT = 512
_WARM_UP_TOKENS = 3
_MEASURED_S = 2.5
_MAX_TOKENS = 400


def main() -> None:
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answer:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        file = Path(sys.argv[1])
        size = write_random_model(file)
        json.dump({"bytes_per_s": measure_bandwidth(file, size)}, answer)


def measure_bandwidth(file: Path, size: int, gpu_layers: int | None = None) -> float:
    """Compute one token after the other, and return how many bytes of weights that reads a second.

    `gpu_layers` None: with a GPU every layer is on it, as for a model that fits.
    """
    layers = gpu_layers
    if layers is None:
        layers = _LAYERS + 1 if devices.gpus() else 0
    settings = LoadSettings(file, context_size=_CONTEXT)
    model = LlamaModel(settings, lambda _: True, gpu_layers=layers)
    context = LlamaContext(model, settings, threads=performance_cores(), picture_tokens=0)
    for position in range(_WARM_UP_TOKENS):
        context.read_tokens([1], position, want_logits=True)
    begin, count = monotonic(), 0
    while monotonic() - begin < _MEASURED_S and count < _MAX_TOKENS:
        context.read_tokens([1], _WARM_UP_TOKENS + count, want_logits=True)
        context.get_logits()
        count += 1
    seconds = monotonic() - begin
    context.close()
    model.close()
    return size * count / seconds


def write_random_model(file: Path) -> int:
    """Write a GGUF file of random weights. Returns how many bytes of them a token goes through."""
    writer = gguf.GGUFWriter(file, "gemma3")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_KV_HEADS)
    writer.add_key_length(_HEAD)
    writer.add_value_length(_HEAD)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_sliding_window(_WINDOW)
    writer.add_rope_freq_base(1_000_000.0)
    writer.add_vocab_size(_VOCABULARY)
    writer.add_tokenizer_model("no_vocab")
    rng = np.random.default_rng(0)
    total = 0
    for name, shape in _matrices():
        # A block is a 16-bit scale and 16 bytes of quants.
        blocks = rng.integers(0, 256, (shape[0], shape[1] // 32, 18), np.uint8)
        blocks[..., :2] = np.frombuffer(np.float16(shape[1] ** -0.5 / 4).tobytes(), np.uint8)
        writer.add_tensor(name, blocks.reshape(shape[0], -1), raw_dtype=Quantization.Q4_0)
        total += blocks.nbytes
    for name, length in _norms():
        writer.add_tensor(name, np.ones(length, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return total


def _matrices() -> Iterator[tuple[str, tuple[int, int]]]:
    queries, keys = _HEADS * _HEAD, _KV_HEADS * _HEAD
    yield "token_embd.weight", (_VOCABULARY, _WIDTH)
    for layer in range(_LAYERS):
        yield f"blk.{layer}.attn_q.weight", (queries, _WIDTH)
        yield f"blk.{layer}.attn_k.weight", (keys, _WIDTH)
        yield f"blk.{layer}.attn_v.weight", (keys, _WIDTH)
        yield f"blk.{layer}.attn_output.weight", (_WIDTH, queries)
        yield f"blk.{layer}.ffn_gate.weight", (_FEED_FORWARD, _WIDTH)
        yield f"blk.{layer}.ffn_up.weight", (_FEED_FORWARD, _WIDTH)
        yield f"blk.{layer}.ffn_down.weight", (_WIDTH, _FEED_FORWARD)


def _norms() -> Iterator[tuple[str, int]]:
    yield "output_norm.weight", _WIDTH
    for layer in range(_LAYERS):
        for name in ("attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"):
            yield f"blk.{layer}.{name}.weight", _WIDTH
        for name in ("attn_q_norm", "attn_k_norm"):
            yield f"blk.{layer}.{name}.weight", _HEAD


if __name__ == "__main__":
    main()
