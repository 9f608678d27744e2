#!/usr/bin/env python3
"""Measure how often a Gemma 3 file predicts the same as Google's code with the same weights.

`scripts/measure_reference.py FILE` reads the texts of `reference_texts.yaml` with transformers'
`Gemma3ForCausalLM`, whose weights are the file's, dequantized, and with the engine: once with the
file as it is, and once with a copy of it in float32, four bytes a weight. The first shows what
llama.cpp's arithmetic on quantized weights costs, the second only the difference of the model's
code. Prints a Markdown table. Needs the extra `train`, memory for three copies in float32, and room
for one on the disk, in `--folder`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from refsheet_tui.engine import LoadSettings, kl_divergences
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.prompting import ControlPart, Prompt, TextPart
from text_reference import TextReference

TEXTS = Path(__file__).parent / "reference_texts.yaml"
# Nats between the two most likely tokens. With less, another rounding may swap them.
_CLEAR_LEAD = 0.5
_CONTEXT = 4096


@dataclass(frozen=True)
class PositionAgreement:
    """The comparison of one position.

    `kl` is the divergence in nats. `is_same` is True if the most likely token is the same,
    `is_sure` if the reference is sure of it.
    """

    kl: float
    is_same: bool
    is_sure: bool


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a Gemma 3 text model, GGUF")
    parser.add_argument(
        "--folder",
        type=Path,
        help="folder for the temporary copy (default: TMPDIR)",
    )
    arguments = parser.parse_args()
    file = arguments.file
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        try:
            reference = TextReference(file)
        except ValueError as error:
            parser.error(str(error))
        print("| file | positions | top-1 | where the reference is sure | mean KL |")
        print("|---|---|---|---|---|")
        _print_row(file.name, list(_compare(reference, file)))
        copy = Path(folder) / "f32.gguf"
        reference.write_f32(copy)
        _print_row("the same weights in float32", list(_compare(reference, copy)))


def _compare(reference: TextReference, file: Path) -> Iterator[PositionAgreement]:
    session = LoadedModel(all_logits=True)
    session.load(LoadSettings(file, context_size=_CONTEXT), lambda _: True)
    for prompt in _prompts():
        tokens = [token for part in session.tokenize(prompt) for token in part.tokens]
        for expected, actual in zip(
            reference.logits(tokens), session.compute_logits(prompt), strict=True
        ):
            second, first = np.partition(expected, -2)[-2:]
            yield PositionAgreement(
                float(kl_divergences(expected[None], actual[None])[0]),
                bool(expected.argmax() == actual.argmax()),
                bool(first - second > _CLEAR_LEAD),
            )
    session.close()


def _prompts() -> Iterator[Prompt]:
    """Yield each text alone, and then all of them as one, which is longer than the window."""
    texts: list[str] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    for text in (*texts, "\n".join(texts)):
        yield Prompt((ControlPart("<bos>"), TextPart(text)))


def _print_row(name: str, positions: list[PositionAgreement]) -> None:
    sure_positions = [position for position in positions if position.is_sure]
    top1, top1_sure = (
        sum(position.is_same for position in group) / len(group)
        for group in (positions, sure_positions)
    )
    kl = sum(position.kl for position in positions) / len(positions)
    print(
        f"| {name} | {len(positions):,} | {top1:.2%} | {top1_sure:.2%} of {len(sure_positions):,} "
        f"| {kl:.5f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
