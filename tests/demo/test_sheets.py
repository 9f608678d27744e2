from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from demo.accuracy import is_answer_right, is_greeting_right
from demo.dialogues import phrases
from demo.sheets import ACCESSORIES, COLORS, SPECIES, SheetSpec, draw_sheet

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "train_demo_model.py"
EMBER = SheetSpec("dragon", "red", "blue", "hat")


def test_a_sheet_follows_from_its_arguments() -> None:
    first, again = (draw_sheet(EMBER, 7, 96) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert first.size == (96, 96)
    assert first.mode == "RGB"


def test_every_trait_and_seed_shows() -> None:
    specs = [
        EMBER,
        SheetSpec("cat", "red", "blue", "hat"),
        SheetSpec("dragon", "green", "blue", "hat"),
        SheetSpec("dragon", "red", "green", "hat"),
        SheetSpec("dragon", "red", "blue", "scarf"),
    ]
    drawn = {draw_sheet(spec, 7, 96).tobytes() for spec in specs}
    drawn.add(draw_sheet(EMBER, 8, 96).tobytes())
    assert len(drawn) == len(specs) + 1


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("accessory", ACCESSORIES)
def test_every_creature_can_wear_everything(species: str, accessory: str) -> None:
    colors = tuple(COLORS)
    spec = SheetSpec(species, colors[len(species) % 8], colors[len(accessory) % 8], accessory)
    assert draw_sheet(spec, 1, 64, oversample=1).size == (64, 64)


def test_render_writes_one_sheet(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    traits = "--species dragon --color red --eyes blue --accessory hat --seed 7 --size 96"
    subprocess.run([sys.executable, SCRIPT, "render", *traits.split(), out], check=True)
    with Image.open(out) as written:
        assert written.tobytes() == draw_sheet(EMBER, 7, 96).tobytes()


def test_the_judge_is_not_lenient() -> None:
    words = phrases("en")
    right = "Hi! I'm a red dragon with blue eyes. I'm wearing a hat. How are you?"
    wrong = "Hi! I'm a blue cat with red eyes. I have big wings on my back. How are you?"
    for topic in ("species", "color", "eyes", "accessory"):
        assert is_greeting_right(right, words, EMBER, topic)
        assert not is_greeting_right(wrong, words, EMBER, topic)
        assert not is_greeting_right("", words, EMBER, topic)
    assert is_answer_right("I have blue eyes.", words, EMBER, "eyes")
    assert not is_answer_right("I have blue or red eyes.", words, EMBER, "eyes")
    chinese = phrases("zh")
    said = "你好呀！我是红色的龙，眼睛是蓝色的。我戴着一顶帽子。"
    assert all(
        is_greeting_right(said, chinese, EMBER, topic) for topic in ("species", "color", "eyes")
    )
    assert not is_greeting_right("我是蓝色的龙，眼睛是红色的。", chinese, EMBER, "color")
