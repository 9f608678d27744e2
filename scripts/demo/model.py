"""The demo's architecture: Gemma 3 and SigLIP, as small as possible."""

from __future__ import annotations

from transformers import Gemma3Config, Gemma3ForConditionalGeneration

PICTURE_SIZE = 224
PATCH = 14
PICTURE_TOKENS = 16
WINDOW = 64
CONTEXT = 8192


def gemma3_config(vocabulary: int, image_token: int) -> Gemma3Config:
    """Return the configuration of the demo model.

    `image_token` is the placeholder id that soft tokens replace (`<image_soft_token>`).
    """
    return Gemma3Config(
        text_config={
            "vocab_size": vocabulary,
            "hidden_size": 128,
            "intermediate_size": 512,
            "num_hidden_layers": 6,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 32,
            "query_pre_attn_scalar": 32,
            "sliding_window": WINDOW,
            "max_position_embeddings": CONTEXT,
            "layer_types": ["sliding_attention"] * 5 + ["full_attention"],
            "rope_parameters": {
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
                "full_attention": {"rope_type": "default", "rope_theta": 1_000_000.0},
            },
            "pad_token_id": 0,
            "eos_token_id": 1,
            "bos_token_id": 2,
            "tie_word_embeddings": True,
        },
        vision_config={
            "hidden_size": 96,
            "intermediate_size": 384,
            "num_hidden_layers": 3,
            "num_attention_heads": 3,
            "image_size": PICTURE_SIZE,
            "patch_size": PATCH,
            "vision_use_head": False,
        },
        mm_tokens_per_image=PICTURE_TOKENS,
        image_token_index=image_token,
        boi_token_index=6,
        eoi_token_index=7,
        tie_word_embeddings=True,
    )


def new_model(config: Gemma3Config) -> Gemma3ForConditionalGeneration:
    """Return a model with random weights. Seed torch before."""
    model = Gemma3ForConditionalGeneration(config)
    for layer in model.model.vision_tower.modules():
        if layer.__class__.__name__ == "SiglipAttention":
            layer.config._attn_implementation = "sdpa"
    return model
