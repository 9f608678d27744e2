"""Teach the text model to talk about what the eyes see.

The eyes stay as the warm-up left them, so every sheet is looked at once and its soft tokens are
kept; only the text model runs in a step.
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

from demo.dialogues import Dialogue, Sheets, random_dialogue
from demo.eyes import ANSWERS, look, to_tensor
from demo.model import WINDOW
from demo.sheets import Spec
from demo.tokenizer import DemoTokenizer
from refsheet_tui.prompting import PicturePart, TextPart, build_prompt

IGNORED = -100
FAR = -1e9


@dataclass(frozen=True)
class Seen:
    """Soft tokens of every sheet of the pool: (looks, sheets, 16, width), and what they show."""

    soft_tokens: torch.Tensor
    answers: NDArray[Any]

    @cached_property
    def sheets(self) -> Sheets:
        found: dict[Spec, list[int]] = defaultdict(list)
        for number, answer in enumerate(self.answers):
            values = (names[i] for names, i in zip(ANSWERS, answer, strict=True))
            found[Spec(*values)].append(number)
        return Sheets(found)


@torch.no_grad()
def see(model: nn.Module, answers: NDArray[Any], pictures: NDArray[Any]) -> Seen:
    """Look at every sheet four times, a few pixels apart."""
    rng = np.random.default_rng(1)
    looks = []
    for turn in range(4):
        seen = []
        for start in range(0, len(pictures), 64):
            batch = pictures[start : start + 64]
            if turn:
                batch = np.roll(batch, rng.integers(-6, 7, 2), (1, 2))
            with torch.autocast("cpu", torch.bfloat16):
                seen.append(look(model, to_tensor(batch)).float())
        looks.append(torch.cat(seen))
        print(f"looked at every sheet {turn + 1} of 4 times", flush=True)
    return Seen(torch.stack(looks), answers)


@dataclass(frozen=True)
class Sample:
    """One dialogue as token ids, targets, and the sheet behind each run of placeholders."""

    ids: list[int]
    targets: list[int]
    sheets: list[int]


def encode(dialogue: Dialogue, tokenizer: DemoTokenizer) -> Sample:
    """Only what the model says is a target, its end of turn included."""
    ids: list[int] = []
    targets: list[int] = []
    sheets: list[int] = []
    speaking = False
    end = tokenizer.id("<end_of_turn>")
    for part in build_prompt(dialogue.turns[:-1], dialogue.system).parts:
        tokens = tokenizer.encode(part)
        spoken = [IGNORED] * len(tokens)
        if isinstance(part, PicturePart):
            sheets.append(int(part.picture.sha256))
        elif isinstance(part, TextPart) and part.text.startswith("model\n"):
            header = len(tokenizer.encode(TextPart("model\n")))
            spoken[header:] = tokens[header:]
            speaking = True
        elif speaking and tokens == [end]:
            spoken, speaking = tokens, False
        ids += tokens
        targets += spoken
    reply = [*tokenizer.pieces.encode(dialogue.turns[-1].content[0]), end]
    return Sample(ids + reply, targets + reply, sheets)


def masks(ids: torch.Tensor, image_token: int) -> dict[str, torch.Tensor]:
    """Additive attention masks (n, 1, length, length): causal, except that the tokens of one
    picture see each other; full, and cut to the sliding window."""
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
        "full_attention": torch.where(full, 0.0, FAR)[:, None],
        "sliding_attention": torch.where(local, 0.0, FAR)[:, None],
    }


def talk(
    model: nn.Module,
    tokenizer: DemoTokenizer,
    seen: Seen,
    steps: int,
    batch: int = 24,
    rate: float = 2e-3,
    seed: int = 0,
) -> None:
    """Train the text model in place."""
    rng = random.Random(seed)
    text = model.model.language_model
    embed = model.get_input_embeddings()
    image_token = tokenizer.id("<image_soft_token>")
    optimizer = torch.optim.AdamW(text.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps, pct_start=0.06)
    pool: list[Sample] = []
    began = time.monotonic()
    running = 0.0
    for step in range(1, steps + 1):
        if not pool:
            pool = _bucketed(rng, tokenizer, seen, batch)
        samples = [pool.pop() for _ in range(batch)]
        ids, targets = _padded(samples)
        with torch.autocast("cpu", torch.bfloat16):
            inputs = embed(ids).float()
            soft = torch.cat(
                [seen.soft_tokens[rng.randrange(4), n] for each in samples for n in each.sheets]
                or [seen.soft_tokens.new_zeros(0, inputs.shape[-1])]
            )
            inputs = inputs.masked_scatter((ids == image_token)[..., None], soft)
            hidden = text(
                inputs_embeds=inputs, attention_mask=masks(ids, image_token), use_cache=False
            ).last_hidden_state
            spoken = targets[:, 1:] != IGNORED
            logits = hidden[:, :-1][spoken] @ embed.weight.T
        loss = nn.functional.cross_entropy(logits.float(), targets[:, 1:][spoken])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(text.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        running = (
            float(loss.detach()) if not running else 0.98 * running + 0.02 * float(loss.detach())
        )
        if step % 100 == 0 or step == steps:
            print(
                f"talk {step}/{steps} loss {running:.4f} {time.monotonic() - began:.0f} s",
                flush=True,
            )


def _bucketed(rng: random.Random, tokenizer: DemoTokenizer, seen: Seen, batch: int) -> list[Sample]:
    """Many samples, neighbours of like length, batches in random order."""
    samples = [encode(random_dialogue(rng, seen.sheets), tokenizer) for _ in range(batch * 40)]
    samples.sort(key=lambda sample: len(sample.ids))
    batches = [samples[start : start + batch] for start in range(0, len(samples), batch)]
    rng.shuffle(batches)
    return [sample for each in batches for sample in each]


def _padded(samples: Sequence[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    length = math.ceil(max(len(sample.ids) for sample in samples) / 8) * 8
    ids = torch.zeros(len(samples), length, dtype=torch.long)
    targets = torch.full((len(samples), length), IGNORED)
    for row, sample in enumerate(samples):
        ids[row, : len(sample.ids)] = torch.tensor(sample.ids)
        targets[row, : len(sample.targets)] = torch.tensor(sample.targets)
    return ids, targets


__all__ = ["Seen", "encode", "masks", "see", "talk"]
