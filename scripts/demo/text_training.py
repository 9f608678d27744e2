"""Train the text model to talk about what the vision tower sees.

The vision tower is not trained here. So every sheet is encoded once and its soft tokens are stored;
a training step runs only the text model.
"""

from __future__ import annotations

import math
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from demo.dialogues import Dialogue, SheetPool, random_dialogue
from demo.model import WINDOW
from demo.sheets import SheetSpec
from demo.tokenizer import DemoTokenizer
from demo.vision_training import LABEL_NAMES, encode_pictures, to_tensor
from refsheet_tui.prompting import PicturePart, TextPart, build_prompt

IGNORED_TARGET = -100
MASKED_LOGIT = -1e9


@dataclass(frozen=True)
class EncodedSheets:
    """The soft tokens of every sheet of the pool, and what the sheets show.

    `soft_tokens` has the shape (looks, sheets, 16, width).
    """

    soft_tokens: torch.Tensor
    labels: NDArray[Any]

    @cached_property
    def sheets(self) -> SheetPool:
        numbers_by_spec: dict[SheetSpec, list[int]] = defaultdict(list)
        for number, answer in enumerate(self.labels):
            values = (names[i] for names, i in zip(LABEL_NAMES, answer, strict=True))
            numbers_by_spec[SheetSpec(*values)].append(number)
        return SheetPool(numbers_by_spec)


@torch.no_grad()
def encode_sheets(model: nn.Module, answers: NDArray[Any], pictures: NDArray[Any]) -> EncodedSheets:
    """Encode every sheet four times, a few pixels apart."""
    rng = np.random.default_rng(1)
    looks = []
    for turn in range(4):
        batches = []
        for start in range(0, len(pictures), 64):
            batch = pictures[start : start + 64]
            if turn:
                batch = np.roll(batch, rng.integers(-6, 7, 2), (1, 2))
            with torch.autocast("cpu", torch.bfloat16):
                batches.append(encode_pictures(model, to_tensor(batch)).float())
        looks.append(torch.cat(batches))
        print(f"looked at every sheet {turn + 1} of 4 times", flush=True)
    return EncodedSheets(torch.stack(looks), answers)


@dataclass(frozen=True)
class TrainingSample:
    """One dialogue as token ids, targets, and the sheet behind each run of placeholders."""

    ids: list[int]
    targets: list[int]
    sheets: list[int]


def encode_dialogue(dialogue: Dialogue, tokenizer: DemoTokenizer) -> TrainingSample:
    """Return a dialogue as a sample.

    Only what the model says is a target, its end of turn included.
    """
    ids: list[int] = []
    targets: list[int] = []
    sheets: list[int] = []
    is_model_turn = False
    end = tokenizer.token_id("<end_of_turn>")
    for part in build_prompt(dialogue.turns[:-1], dialogue.system).parts:
        tokens = tokenizer.encode(part)
        part_targets = [IGNORED_TARGET] * len(tokens)
        if isinstance(part, PicturePart):
            sheets.append(int(part.picture.sha256))
        elif isinstance(part, TextPart) and part.text.startswith("model\n"):
            header = len(tokenizer.encode(TextPart("model\n")))
            part_targets[header:] = tokens[header:]
            is_model_turn = True
        elif is_model_turn and tokens == [end]:
            part_targets, is_model_turn = tokens, False
        ids += tokens
        targets += part_targets
    reply = [*tokenizer.pieces.encode(dialogue.turns[-1].content[0]), end]
    return TrainingSample(ids + reply, targets + reply, sheets)


def attention_masks(ids: torch.Tensor, image_token: int) -> dict[str, torch.Tensor]:
    """Return additive attention masks (n, 1, length, length), full and cut to the sliding window.

    They are causal, except that the tokens of one picture see each other.
    """
    length = ids.shape[1]
    position = torch.arange(length)
    causal = position[None, :] <= position[:, None]
    near = position[:, None] - position[None, :] < WINDOW
    image = ids == image_token
    starts = image & ~nn.functional.pad(image, (1, 0))[:, :-1]
    group = torch.where(image, starts.cumsum(1), torch.zeros_like(ids))
    together = (group[:, :, None] == group[:, None, :]) & image[:, :, None]
    full = causal | together
    local = (causal & near) | together
    return {
        "full_attention": torch.where(full, 0.0, MASKED_LOGIT)[:, None],
        "sliding_attention": torch.where(local, 0.0, MASKED_LOGIT)[:, None],
    }


def train_text_model(
    model: nn.Module,
    tokenizer: DemoTokenizer,
    sheets: EncodedSheets,
    steps: int,
    batch: int = 24,
    rate: float = 2e-3,
    seed: int = 0,
) -> None:
    """Train the text model in place."""
    rng = random.Random(seed)
    text = model.model.language_model
    embed = model.get_input_embeddings()
    image_token = tokenizer.token_id("<image_soft_token>")
    optimizer = torch.optim.AdamW(text.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps, pct_start=0.06)
    pool: list[TrainingSample] = []
    start = time.monotonic()
    average_loss = 0.0
    for step in range(1, steps + 1):
        if not pool:
            pool = _make_batches(rng, tokenizer, sheets, batch)
        samples = [pool.pop() for _ in range(batch)]
        ids, targets = _pad_samples(samples)
        with torch.autocast("cpu", torch.bfloat16):
            inputs = embed(ids).float()
            soft = torch.cat(
                [sheets.soft_tokens[rng.randrange(4), n] for each in samples for n in each.sheets]
                or [sheets.soft_tokens.new_zeros(0, inputs.shape[-1])]
            )
            inputs = inputs.masked_scatter((ids == image_token)[..., None], soft)
            hidden = text(
                inputs_embeds=inputs,
                attention_mask=attention_masks(ids, image_token),
                use_cache=False,
            ).last_hidden_state
            is_target = targets[:, 1:] != IGNORED_TARGET
            logits = hidden[:, :-1][is_target] @ embed.weight.T
        loss = nn.functional.cross_entropy(logits.float(), targets[:, 1:][is_target])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(text.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average_loss = (
            float(loss.detach())
            if not average_loss
            else 0.98 * average_loss + 0.02 * float(loss.detach())
        )
        if step % 100 == 0 or step == steps:
            print(
                f"talk {step}/{steps} loss {average_loss:.4f} {time.monotonic() - start:.0f} s",
                flush=True,
            )


def _make_batches(
    rng: random.Random, tokenizer: DemoTokenizer, sheets: EncodedSheets, batch: int
) -> list[TrainingSample]:
    """Return many samples: neighbours are of similar length, and batches are in random order."""
    samples = [
        encode_dialogue(random_dialogue(rng, sheets.sheets), tokenizer) for _ in range(batch * 40)
    ]
    samples.sort(key=lambda sample: len(sample.ids))
    batches = [samples[start : start + batch] for start in range(0, len(samples), batch)]
    rng.shuffle(batches)
    return [sample for each in batches for sample in each]


def _pad_samples(samples: Sequence[TrainingSample]) -> tuple[torch.Tensor, torch.Tensor]:
    length = math.ceil(max(len(sample.ids) for sample in samples) / 8) * 8
    ids = torch.zeros(len(samples), length, dtype=torch.long)
    targets = torch.full((len(samples), length), IGNORED_TARGET)
    for row, sample in enumerate(samples):
        ids[row, : len(sample.ids)] = torch.tensor(sample.ids)
        targets[row, : len(sample.targets)] = torch.tensor(sample.targets)
    return ids, targets


__all__ = [
    "EncodedSheets",
    "attention_masks",
    "encode_dialogue",
    "encode_sheets",
    "train_text_model",
]
