"""Files that are not usable pictures: each gives a clear sentence with its name, and a remedy."""

from __future__ import annotations

import os
import random
import sys
import warnings
from pathlib import Path

import pytest
from PIL import Image

from helpers.handmade_png import GREY, png
from refsheet_tui.errors import PictureError
from refsheet_tui.pictures import open_picture

DATA = Path(__file__).parent.parent / "data" / "pictures"


def refusal(path: Path) -> str:
    """Return the problem that opening `path` gives, after checking the form of the error."""
    with pytest.raises(PictureError) as caught:
        open_picture(path)
    error = caught.value
    assert error.problem.endswith(".") and error.remedy.endswith(".")
    assert str(error).isprintable()
    assert path.name in error.problem or not path.name.isprintable()
    return error.problem


def test_missing(tmp_path: Path) -> None:
    assert "doesn't exist" in refusal(tmp_path / "nobody.png")


def test_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "doesn't exist" in refusal(tmp_path / "file" / "nobody.png")


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes((DATA / "dot.png").read_bytes())
    path.chmod(0)
    assert "permission denied" in refusal(path)


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "nothing.png"
    path.touch()
    assert "is empty" in refusal(path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe.png"
    os.mkfifo(path)
    assert "is a device or pipe" in refusal(path)


def test_an_endless_device_is_refused() -> None:
    assert "is a device or pipe" in refusal(Path("/dev/zero"))


def test_a_name_no_file_can_have() -> None:
    assert "Can't read" in refusal(Path("a\0b.png"))
    assert "Can't read" in refusal(Path("x" * 5000))


def test_control_characters_of_a_name_stay_off_the_terminal(tmp_path: Path) -> None:
    assert "nobody.png" in refusal(tmp_path / "\x1b[31m\x07no\nbody\u202e.png").replace(" ", "")


def test_text_with_the_name_of_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("Dear diary,\n")
    assert "isn't in a supported picture format" in refusal(path)


def test_a_format_that_is_not_supported(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    Image.new("RGB", (4, 4)).save(path, "TIFF")
    assert "isn't in a supported picture format" in refusal(path)


@pytest.mark.parametrize("source", ["dot.png", "grey.jpg", "alpha.webp", "palette-key.gif"])
def test_the_name_may_lie_about_the_format(source: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.bmp"
    path.write_bytes((DATA / source).read_bytes())
    assert open_picture(path).tobytes() == open_picture(DATA / source).tobytes()


@pytest.mark.parametrize(
    "name",
    ["rgb.png", "baseline.jpg", "progressive.jpg", "lossy.webp", "palette-key.gif", "rgb.bmp"],
)
def test_half_a_picture(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    whole = (DATA / name).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "is damaged or incomplete" in refusal(path)


@pytest.mark.parametrize("source", sorted(DATA.iterdir()), ids=lambda path: str(path.name))
def test_cut_anywhere_it_is_refused_or_whole(source: Path, tmp_path: Path) -> None:
    whole = source.read_bytes()
    pixels = open_picture(source).tobytes()
    path = tmp_path / "cut"
    somewhere = random.Random(source.name).sample(range(1, len(whole)), 12)
    for length in [*somewhere, *range(len(whole) - 24, len(whole))]:
        path.write_bytes(whole[:length])
        try:
            assert open_picture(path).tobytes() == pixels
        except PictureError:
            continue


def test_too_many_pixels_are_refused_by_the_header_alone(tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    path.write_bytes(png((17_801, 10_000), 8, GREY, b""))
    assert "more than 178 million pixels" in refusal(path)
    path.write_bytes(png((60_000, 60_000), 8, GREY, b""))
    assert "more than 178 million pixels" in refusal(path)


def test_a_file_of_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "film.webp"
    with path.open("wb") as file:
        file.write((DATA / "lossy.webp").read_bytes())
        file.truncate(5 << 30)
    assert "is larger than 1 GiB" in refusal(path)


def test_large_pictures_raise_no_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    path = tmp_path / "picture.png"
    Image.new("RGB", (10, 5)).save(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_picture(path).size == (10, 5)


def test_no_memory_left_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    open_picture(DATA / "dot.png")
    monkeypatch.setattr(sys.modules["refsheet_tui.pictures.opening"], "flatten", full)
    assert "is too large to fit in memory" in refusal(DATA / "dot.png")
