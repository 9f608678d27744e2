"""The vision tower gets the same pixels as from the reference image processor."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from pydantic import BaseModel

from refsheet_tui.pictures import PreparedPicture, prepare_picture, view

DATA = Path(__file__).parent.parent / "data"


class Goldens(BaseModel, extra="forbid"):
    """The file that scripts/make_pixel_goldens.py wrote.

    For each file and size it has the whole picture and its crops, each as `grid` by `grid` samples.
    """

    made_by: str
    grid: int
    pictures: dict[str, dict[int, list[str]]]


GOLDENS = Goldens.model_validate_json(
    (DATA / "goldens" / "pixels.json").read_text(encoding="utf-8")
)


def test_every_picture_has_goldens() -> None:
    assert set(GOLDENS.pictures) == {file.name for file in (DATA / "pictures").iterdir()}


@pytest.mark.parametrize("size", [896, 224])
@pytest.mark.parametrize("name", sorted(GOLDENS.pictures))
def test_within_one_level_of_the_reference(name: str, size: int) -> None:
    shown = view(DATA / "pictures" / name, size, pan_and_scan=True)
    wanted = GOLDENS.pictures[name][size]
    assert 1 + len(shown.crops) == len(wanted)
    for picture, golden in zip((shown.picture, *shown.crops), wanted, strict=True):
        pairs = zip(samples(picture), base64.b64decode(golden), strict=True)
        assert max(abs(ours - theirs) for ours, theirs in pairs) <= 1


def test_pan_and_scan_off_leaves_the_whole() -> None:
    path = DATA / "pictures" / "three-across.png"
    with_crops, without = view(path, 224, True), view(path, 224, False)
    assert len(with_crops.crops) == 3
    assert without.crops == ()
    assert without.picture == with_crops.picture


def test_a_prepared_picture_is_named_by_its_pixels_and_size() -> None:
    red, blue = Image.new("RGB", (5, 9), "red"), Image.new("RGB", (5, 9), "blue")
    again = Image.new("RGB", (70, 30), "red")
    assert prepare_picture(red, 8) == prepare_picture(again, 8)
    names = {
        prepare_picture(red, 8).sha256,
        prepare_picture(blue, 8).sha256,
        prepare_picture(red, 16).sha256,
    }
    assert len(names) == 3


def test_pillow_is_loaded_with_the_first_picture_only() -> None:
    program = (
        "import sys, refsheet_tui.pictures as p; assert 'PIL' not in sys.modules;"
        "p.view; assert 'PIL' in sys.modules; assert not hasattr(p, 'nothing')"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def samples(picture: PreparedPicture) -> bytes:
    """Return the pixels of `picture` at the places that the goldens have."""
    last, size = GOLDENS.grid - 1, picture.size
    places = [number * (size - 1) // last for number in range(GOLDENS.grid)]
    starts = (3 * (row * size + column) for row in places for column in places)
    return b"".join(picture.rgb[start : start + 3] for start in starts)
