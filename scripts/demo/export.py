"""Write the trained model as two GGUF files: text in Q8_0, projector in F16.

Tensor names and metadata keys are llama.cpp's for `gemma3` and for its `gemma3` projector.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Quantization
from numpy.typing import NDArray
from transformers import Gemma3Config

from demo.tokenizer import DemoTokenizer

Weights = Mapping[str, NDArray[Any]]

TEXT = "model.language_model."
VISION = "model.vision_tower."
PROJECTOR = "model.multi_modal_projector."

_TEXT_LAYER = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_VISION_LAYER = {
    "layer_norm1": "ln1",
    "layer_norm2": "ln2",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.out_proj": "attn_out",
    "mlp.fc1": "ffn_up",
    "mlp.fc2": "ffn_down",
}


def text_tensor_names(layers: int) -> dict[str, str]:
    """Return the GGUF name of each tensor of the text model by its reference name."""
    names = {
        f"{TEXT}embed_tokens.weight": "token_embd.weight",
        f"{TEXT}norm.weight": "output_norm.weight",
    }
    for layer in range(layers):
        for reference, name in _TEXT_LAYER.items():
            names[f"{TEXT}layers.{layer}.{reference}.weight"] = f"blk.{layer}.{name}.weight"
    return names


def vision_tensor_names(layers: int) -> dict[str, str]:
    """Return the GGUF name of each tensor of vision tower and projector by its reference name."""
    names = {
        f"{PROJECTOR}mm_input_projection_weight": "mm.input_projection.weight",
        f"{PROJECTOR}mm_soft_emb_norm.weight": "mm.soft_emb_norm.weight",
        f"{VISION}embeddings.position_embedding.weight": "v.position_embd.weight",
    }
    for kind in ("weight", "bias"):
        names[f"{VISION}embeddings.patch_embedding.{kind}"] = f"v.patch_embd.{kind}"
        names[f"{VISION}post_layernorm.{kind}"] = f"v.post_ln.{kind}"
        for layer in range(layers):
            for reference, name in _VISION_LAYER.items():
                names[f"{VISION}encoder.layers.{layer}.{reference}.{kind}"] = (
                    f"v.blk.{layer}.{name}.{kind}"
                )
    return names


def stores_weight_plus_one(name: str) -> bool:
    """Return whether GGUF stores 1 + weight of a tensor, as Gemma's RMS norms multiply by it."""
    is_text_norm = name.endswith("norm.weight") and not name.startswith("v.")
    return is_text_norm or name == "mm.soft_emb_norm.weight"


def write_text(
    weights: Weights, config: Gemma3Config, tokenizer: DemoTokenizer, file: Path
) -> None:
    text = config.text_config
    writer = gguf.GGUFWriter(file, "gemma3")
    writer.add_name("RefSheet demo")
    writer.add_description("A tiny Gemma 3 that talks about drawn reference sheets. Only a demo.")
    writer.add_license("mit")
    writer.add_bool("refsheet.demo", True)
    writer.add_context_length(text.max_position_embeddings)
    writer.add_embedding_length(text.hidden_size)
    writer.add_block_count(text.num_hidden_layers)
    writer.add_feed_forward_length(text.intermediate_size)
    writer.add_head_count(text.num_attention_heads)
    writer.add_head_count_kv(text.num_key_value_heads)
    writer.add_key_length(text.head_dim)
    writer.add_value_length(text.head_dim)
    writer.add_layer_norm_rms_eps(text.rms_norm_eps)
    writer.add_sliding_window(text.sliding_window)
    writer.add_rope_freq_base(1_000_000.0)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    _add_tokenizer(writer, tokenizer)
    for name, tensor in _gguf_tensors(weights, text_tensor_names(text.num_hidden_layers)):
        if tensor.ndim == 2:
            quantized = gguf.quants.quantize(tensor, Quantization.Q8_0)
            writer.add_tensor(name, quantized, raw_dtype=Quantization.Q8_0)
        else:
            writer.add_tensor(name, tensor)
    _write_and_close(writer)


def write_projector(weights: Weights, config: Gemma3Config, file: Path) -> None:
    vision = config.vision_config
    writer = gguf.GGUFWriter(file, "clip")
    writer.add_type("mmproj")
    writer.add_name("RefSheet demo projector")
    writer.add_license("mit")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("gemma3")
    writer.add_vision_image_size(vision.image_size)
    writer.add_vision_patch_size(vision.patch_size)
    writer.add_vision_embedding_length(vision.hidden_size)
    writer.add_vision_feed_forward_length(vision.intermediate_size)
    writer.add_vision_block_count(vision.num_hidden_layers)
    writer.add_vision_head_count(vision.num_attention_heads)
    writer.add_vision_projection_dim(config.text_config.hidden_size)
    writer.add_vision_attention_layernorm_eps(vision.layer_norm_eps)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    writer.add_vision_use_gelu(True)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    for name, tensor in _gguf_tensors(weights, vision_tensor_names(vision.num_hidden_layers)):
        half = tensor.ndim >= 2 and name != "v.position_embd.weight"
        writer.add_tensor(name, tensor.astype(np.float16) if half else tensor)
    _write_and_close(writer)


def _gguf_tensors(weights: Weights, names: Mapping[str, str]) -> Iterator[tuple[str, NDArray[Any]]]:
    for reference, name in names.items():
        tensor = weights[reference].astype(np.float32)
        yield name, tensor + 1 if stores_weight_plus_one(name) else tensor


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: DemoTokenizer) -> None:
    pieces = tokenizer.pieces
    tokens, scores, types = [], [], []
    for index in range(pieces.vocab_size()):
        tokens.append(pieces.id_to_piece(index).encode())
        scores.append(pieces.get_score(index))
        if pieces.is_unknown(index):
            types.append(gguf.TokenType.UNKNOWN)
        elif pieces.is_control(index):
            types.append(gguf.TokenType.CONTROL)
        elif pieces.is_byte(index):
            types.append(gguf.TokenType.BYTE)
        elif tokens[-1].strip(b"\n") == b"":
            types.append(gguf.TokenType.USER_DEFINED)
        else:
            types.append(gguf.TokenType.NORMAL)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_pad_token_id(pieces.pad_id())
    writer.add_eos_token_id(pieces.eos_id())
    writer.add_bos_token_id(pieces.bos_id())
    writer.add_unk_token_id(pieces.unk_id())
    writer.add_eot_token_id(tokenizer.token_id("<end_of_turn>"))
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(
        Path(__file__).with_name("chat_template.jinja").read_text(encoding="utf-8")
    )


def _write_and_close(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
