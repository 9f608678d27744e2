"""Bad input gets one clear sentence, an exit code, and nothing else."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from helpers.command import ROOT, refsheet
from refsheet_tui.paths import demo_mmproj, demo_model

EMBER = ROOT / "samples" / "ember.png"


def huge_png(file: Path) -> Path:
    """Write a PNG whose header claims 20,000 x 20,000 pixels."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    crc = struct.pack(">I", zlib.crc32(chunk))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk + crc)
    return file


def bad_picture(kind: str, folder: Path) -> Path:
    file = folder / f"{kind}.png"
    if kind == "empty":
        file.write_bytes(b"")
    elif kind == "truncated":
        file.write_bytes(EMBER.read_bytes()[:9000])
    elif kind == "huge":
        huge_png(file)
    elif kind == "text":
        file.write_text("no picture at all")
    elif kind == "folder":
        file.mkdir()
    return file


def fails(home: Path, *arguments: str | Path, naming: str, stdin: bytes = b"") -> None:
    done = refsheet(home, *arguments, stdin=stdin)
    assert done.code == 1
    assert naming in done.problem
    assert done.problem.endswith((".", "?"))
    assert "Traceback" not in done.err
    assert done.out == ""


@pytest.mark.parametrize("kind", ["missing", "empty", "truncated", "huge", "text", "folder"])
def test_a_file_that_is_no_picture(tmp_path: Path, kind: str) -> None:
    picture = bad_picture(kind, tmp_path)
    fails(tmp_path, "ask", picture, "What is this?", naming=picture.name)


def test_a_picture_under_a_wrong_name_is_still_a_picture(tmp_path: Path) -> None:
    misnamed = tmp_path / "ember.jpg"
    misnamed.write_bytes(EMBER.read_bytes())
    assert "dragon" in refsheet(tmp_path, "ask", "--greedy", misnamed, "What is it?").out


def test_control_characters_in_a_name_don_t_reach_the_terminal(tmp_path: Path) -> None:
    done = refsheet(tmp_path, "talk", "no\x1b]0;owned\x07such\x1b[31m.png")
    assert done.code == 1
    assert "\x1b" not in done.err and "\x07" not in done.err


def test_a_projector_given_as_the_model(tmp_path: Path) -> None:
    mmproj = demo_mmproj()
    fails(tmp_path, "ask", "--model", mmproj, "Hi", naming=mmproj.name)


def test_a_model_given_as_the_projector(tmp_path: Path) -> None:
    model = demo_model()
    fails(tmp_path, "ask", "--model", model, "--mmproj", model, EMBER, "Hi", naming=model.name)


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    fails(tmp_path, "ask", "--model", tmp_path / "no.gguf", "Hi", naming="no.gguf")


def test_a_truncated_model(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(demo_model().read_bytes()[:1_000_000])
    fails(tmp_path, "ask", "--model", cut, "Hi", naming="cut.gguf")


def test_a_picture_for_a_model_without_eyes(tmp_path: Path) -> None:
    blind = tmp_path / "blind.gguf"
    blind.write_bytes(demo_model().read_bytes())
    fails(tmp_path, "ask", "--model", blind, EMBER, "What is this?", naming="can't see")


@pytest.mark.parametrize(
    ("text", "naming"),
    [
        ("context_size: many\n", "context_size"),
        ("contxt_size: 512\n", "contxt_size"),
        ("generation: {top_k: [1, 2\n", "line"),
        ("- a list\n", "mine.yaml"),
    ],
)
def test_settings_that_can_t_be_used(tmp_path: Path, text: str, naming: str) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text(text)
    fails(tmp_path, "ask", "--config", settings, "Hi", naming=naming)


def test_what_is_no_language(tmp_path: Path) -> None:
    fails(tmp_path, "talk", EMBER, "--language", "x" * 100, naming="isn't a valid language name")


def test_a_prompt_longer_than_the_context(tmp_path: Path) -> None:
    fails(tmp_path, "ask", "--context-size", "256", "word " * 600, naming="256")


def test_input_that_is_not_utf_8(tmp_path: Path) -> None:
    done = refsheet(tmp_path, "talk", EMBER, stdin=b"caf\xe9\n")
    assert done.code == 1
    assert "Line 1" in done.problem
    assert done.out  # the greeting came before


def test_the_screens_need_a_terminal(tmp_path: Path) -> None:
    fails(tmp_path, naming="refsheet talk")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_log_folder_that_can_t_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o500)
    assert refsheet(tmp_path, "ask", "--greedy", "Hello!").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", " "),
        ("talk",),
        ("ask", "--top-p", "2", "Hi"),
        ("ask", "--no-such-option", "Hi"),
        ("dance",),
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = refsheet(tmp_path, *arguments)
    assert done.code == 2
    assert done.out == ""
    assert "Traceback" not in done.err


def test_a_picture_on_gray_is_told(tmp_path: Path) -> None:
    sheet = tmp_path / "lines.png"
    image = Image.new("RGBA", (60, 60))
    ImageDraw.Draw(image).rectangle((10, 10, 50, 50), outline="white", width=3)
    image.save(sheet)
    done = refsheet(tmp_path / "data", "characters", "add", sheet)
    assert done.code == 0
    assert "lines.png: The picture is white on a transparent background" in done.err


def test_a_card_that_is_cut_short_is_named_by_its_own_path(tmp_path: Path) -> None:
    card = tmp_path / "cut.png"
    card.write_bytes(EMBER.read_bytes()[:9000])
    problem = refsheet(tmp_path / "data", "characters", "import", card).problem
    assert f"{card}: The file is cut short: it ends after 9,000 bytes" in problem
