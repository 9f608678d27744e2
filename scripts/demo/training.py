"""Train the demo model from nothing to two GGUF files: tokenizer, vision, text, export."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import torch

from demo.accuracy import print_table
from demo.dialogues import Dialogue, SheetPool, random_dialogue
from demo.export import write_projector, write_text
from demo.model import gemma3_config, new_model
from demo.sheets import ACCESSORIES, COLORS, SPECIES, SheetSpec
from demo.text_training import encode_sheets, train_text_model
from demo.tokenizer import VOCABULARY, train_tokenizer
from demo.vision_training import sheet_pool, train_vision
from refsheet_tui.prompting import TextPart, build_prompt

POOL_SIZE = 16_000
"""The number of sheets drawn for training, about eight for each of the 1,920 looks."""


def train_demo_model(
    text: Path, projector: Path, *, cache: Path, seed: int, vision_steps: int, text_steps: int
) -> None:
    """Write both files and print the accuracy table.

    `cache` holds the drawn sheets and the trained vision tower, so that training continues from
    there after an interruption.
    """
    tokenizer = train_tokenizer(_text_lines(seed), cache / "demo.model")
    config = gemma3_config(VOCABULARY, tokenizer.token_id("<image_soft_token>"))
    vision_file = cache / f"eyes-{seed}-{vision_steps}.pt"
    if not vision_file.exists():
        torch.manual_seed(seed)
        model = new_model(config)
        train_vision(model, cache, vision_steps, sheets=POOL_SIZE)
        torch.save(_vision_weights(model), vision_file)
    torch.manual_seed(seed)
    model = new_model(config)
    model.load_state_dict(torch.load(vision_file), strict=False)
    encoded_sheets = encode_sheets(model, *sheet_pool(0, POOL_SIZE, cache))
    train_text_model(model, tokenizer, encoded_sheets, text_steps, seed=seed)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    write_text(weights, config, tokenizer, text)
    write_projector(weights, config, projector)
    print_table(text, projector, 300)


def _vision_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    parts = ("model.vision_tower.", "model.multi_modal_projector.")
    return {name: value for name, value in model.state_dict().items() if name.startswith(parts)}


def _text_lines(seed: int, dialogues: int = 15_000) -> Iterator[str]:
    """Yield lines of the dialogues' texts, because newlines are tokens of their own."""
    rng = random.Random(seed)
    looks = itertools.product(SPECIES, COLORS, COLORS, ACCESSORIES)
    sheets = SheetPool({SheetSpec(*look): (0, 1) for look in looks})
    for _ in range(dialogues):
        for run in _text_runs(random_dialogue(rng, sheets)):
            yield from filter(None, run.split("\n"))


def _text_runs(dialogue: Dialogue) -> Iterator[str]:
    for part in build_prompt(dialogue.turns[:-1], dialogue.system).parts:
        if isinstance(part, TextPart):
            yield part.text
    yield from (item for item in dialogue.turns[-1].content if isinstance(item, str))
