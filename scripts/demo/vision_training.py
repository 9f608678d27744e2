"""Train the vision tower and projector to tell sheets apart before any dialogue.

Four small heads ask the soft tokens for species, colour, eyes and accessory in the way the text
model will: by attention. The heads are thrown away afterwards.
"""

from __future__ import annotations

import math
import random
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from demo.model import PICTURE_SIZE
from demo.sheets import ACCESSORIES, COLORS, SPECIES, SheetSpec, draw_sheet

LABEL_NAMES = (SPECIES, tuple(COLORS), tuple(COLORS), ACCESSORIES)
FIRST_HELD_OUT_SEED = 10_000_000
"""The first of the seeds that are never trained on."""


def labels(spec: SheetSpec) -> list[int]:
    values = (spec.species, spec.color, spec.eyes, spec.accessory)
    return [names.index(value) for names, value in zip(LABEL_NAMES, values, strict=True)]


def _draw_labelled_sheet(seed: int) -> tuple[list[int], NDArray[Any]]:
    rng = random.Random(seed)
    spec = SheetSpec.random(rng)
    large = rng.choice((336, 448, 448, 560))
    sheet = draw_sheet(spec, seed, large, oversample=1)
    small = sheet.resize((PICTURE_SIZE, PICTURE_SIZE), Image.Resampling.BILINEAR)
    return labels(spec), np.asarray(small, dtype=np.uint8)


def sheet_pool(first_seed: int, count: int, cache: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return labels (count, 4) and RGB pictures (count, side, side, 3).

    They are cached in `cache`.
    """
    file = cache / f"sheets-{first_seed}-{count}.npz"
    if file.exists():
        stored = np.load(file)
        return stored["labels"], stored["pictures"]
    with ProcessPoolExecutor() as pool:
        drawn = list(
            pool.map(_draw_labelled_sheet, range(first_seed, first_seed + count), chunksize=100)
        )
    answers = np.array([answer for answer, _ in drawn])
    pictures = np.stack([picture for _, picture in drawn])
    np.savez(file, labels=answers, pictures=pictures)
    return answers, pictures


def to_tensor(pictures: NDArray[Any]) -> torch.Tensor:
    """Convert pictures to the processor's range.

    uint8 (n, side, side, 3) becomes float (n, 3, side, side) in -1..1.
    """
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1.0)


class LabelHeads(nn.Module):
    """One learned query and one linear answer for each question."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(len(LABEL_NAMES), width) * width**-0.5)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.answers = nn.ModuleList(nn.Linear(width, len(names)) for names in LABEL_NAMES)

    def forward(self, tokens: torch.Tensor) -> list[torch.Tensor]:
        """Turn soft tokens (n, tokens, width) into one (n, answers) for each question."""
        scores = torch.einsum("qw,ntw->nqt", self.queries, self.key(tokens))
        weights = torch.softmax(scores / math.sqrt(tokens.shape[-1]), -1)
        pooled = torch.einsum("nqt,ntw->nqw", weights, self.value(tokens))
        return [answer(pooled[:, i]) for i, answer in enumerate(self.answers)]


def encode_pictures(model: nn.Module, pixels: torch.Tensor) -> torch.Tensor:
    """Return soft tokens (n, 16, width)."""
    inner = model.model
    patches = inner.vision_tower(pixel_values=pixels).last_hidden_state
    return inner.multi_modal_projector(patches)


def train_vision(
    model: nn.Module, cache: Path, steps: int, batch: int = 32, sheets: int = 16_000
) -> None:
    """Train tower and projector in place, and print held-out accuracy meanwhile."""
    answers, pictures = sheet_pool(0, sheets, cache)
    test_answers, test_pictures = sheet_pool(FIRST_HELD_OUT_SEED, 600, cache)
    heads = LabelHeads(model.config.text_config.hidden_size)
    vision_parameters = [
        *model.model.vision_tower.parameters(),
        *model.model.multi_modal_projector.parameters(),
    ]
    optimizer = torch.optim.AdamW(
        [*vision_parameters, *heads.parameters()], lr=1.5e-3, weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.5e-3, steps, pct_start=0.08)
    rng = np.random.default_rng(0)
    start = time.monotonic()
    for step in range(1, steps + 1):
        indices = rng.integers(0, len(pictures), batch)
        shift = rng.integers(-6, 7, 2)
        pixels = to_tensor(np.roll(pictures[indices], shift, (1, 2)))
        with torch.autocast("cpu", torch.bfloat16):
            guesses = heads(encode_pictures(model, pixels))
        expected = torch.from_numpy(answers[indices])
        loss = sum(
            nn.functional.cross_entropy(guess.float(), expected[:, i])
            for i, guess in enumerate(guesses)
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([*vision_parameters, *heads.parameters()], 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            accuracy = (
                format_accuracy(model, heads, test_answers, test_pictures)
                if step % 300 == 0
                else ""
            )
            print(f"eyes {step}/{steps} loss {float(loss):.3f} {accuracy} "
                  f"{time.monotonic() - start:.0f} s", flush=True)  # fmt: skip


@torch.no_grad()
def format_accuracy(
    model: nn.Module, heads: LabelHeads, answers: NDArray[Any], pictures: NDArray[Any]
) -> str:
    """Return the share of right answers for species, colour, eyes and accessory, as text."""
    correct_counts = np.zeros(len(LABEL_NAMES))
    for start in range(0, len(pictures), 100):
        guesses = heads(encode_pictures(model, to_tensor(pictures[start : start + 100])))
        for i, guess in enumerate(guesses):
            correct_counts[i] += int(
                (guess.argmax(-1).numpy() == answers[start : start + 100, i]).sum()
            )
    return " ".join(f"{100 * share:.1f}%" for share in correct_counts / len(pictures))
