#!/usr/bin/env python3
"""Make the demo model: draw its sheets, train it, measure it, and draw the shipped samples.

`render` and `samples` need Pillow, `measure` the installed program, `train` the extra `train`.
Everything follows from the seed: the same seed trains the same model on the same machine.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from demo.sheets import ACCESSORIES, COLORS, SPECIES, SheetSpec, draw_sheet

ROOT = Path(__file__).resolve().parent.parent

DEMO = ROOT / "models" / "demo"
TEXT = DEMO / "demo.gguf"
PROJECTOR = DEMO / "demo-mmproj.gguf"


def render(arguments: argparse.Namespace) -> None:
    """Draw one labelled sheet."""
    spec = SheetSpec(arguments.species, arguments.color, arguments.eyes, arguments.accessory)
    draw_sheet(spec, arguments.seed, arguments.size).save(arguments.out)


def samples(_: argparse.Namespace) -> None:
    """Draw the sheets of the sample characters, from `samples/samples.yaml`."""
    import yaml

    folder = ROOT / "samples"
    sample_entries = yaml.safe_load((folder / "samples.yaml").read_text(encoding="utf-8"))
    for key, sample in sample_entries.items():
        fields = sample["spec"]
        spec = SheetSpec(fields["species"], fields["color"], fields["eyes"], fields["accessory"])
        draw_sheet(spec, fields["seed"]).save(folder / f"{key}.png", optimize=True)


def train(arguments: argparse.Namespace) -> None:
    """Train the tokenizer, vision and text, export the model, and print its accuracy."""
    from demo.training import train_demo_model

    arguments.cache.mkdir(parents=True, exist_ok=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    train_demo_model(
        arguments.out / TEXT.name,
        arguments.out / PROJECTOR.name,
        cache=arguments.cache,
        seed=arguments.seed,
        vision_steps=arguments.eye_steps,
        text_steps=arguments.talk_steps,
    )


def measure(arguments: argparse.Namespace) -> None:
    """Print the accuracy of a trained pair of files."""
    from demo.accuracy import print_table

    print_table(arguments.models / TEXT.name, arguments.models / PROJECTOR.name, arguments.sheets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    render_parser = commands.add_parser("render", help=render.__doc__)
    render_parser.add_argument("--species", choices=SPECIES, required=True)
    render_parser.add_argument("--color", choices=tuple(COLORS), required=True)
    render_parser.add_argument("--eyes", choices=tuple(COLORS), required=True)
    render_parser.add_argument("--accessory", choices=ACCESSORIES, required=True)
    render_parser.add_argument("--seed", type=int, required=True)
    render_parser.add_argument("--size", type=int, default=896, help="side in pixels (default 896)")
    render_parser.add_argument("out", type=Path, metavar="OUT.png")
    render_parser.set_defaults(run=render)

    samples_parser = commands.add_parser("samples", help=samples.__doc__)
    samples_parser.set_defaults(run=samples)

    train_parser = commands.add_parser("train", help=train.__doc__)
    train_parser.add_argument("--seed", type=int, default=0)
    train_parser.add_argument("--eye-steps", type=int, default=4500)
    train_parser.add_argument("--talk-steps", type=int, default=4500)
    train_parser.add_argument("--out", type=Path, default=DEMO)
    train_parser.add_argument(
        "--cache", type=Path, default=ROOT / "build" / "demo", help="folder for drawn sheets"
    )
    train_parser.set_defaults(run=train)

    measure_parser = commands.add_parser("measure", help=measure.__doc__)
    measure_parser.add_argument("--sheets", type=int, default=300)
    measure_parser.add_argument("--models", type=Path, default=DEMO)
    measure_parser.set_defaults(run=measure)

    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
