"""Formats by their content: what opens, and what is named because it does not."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from refsheet_tui.errors import PictureError
from refsheet_tui.pictures import looks_like_picture, open_picture, open_picture_bytes


def frames(kind: str, **options: object) -> bytes:
    """Return an animation of a red and a blue frame."""
    out = io.BytesIO()
    red, blue = (Image.new("RGB", (16, 16), color) for color in ("red", "blue"))
    red.save(out, kind, save_all=True, append_images=[blue], **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("WEBP", {"lossless": True}), ("GIF", {}), ("AVIF", {"quality": 100})],
)
def test_the_first_frame_of_an_animation(kind: str, options: dict[str, object]) -> None:
    image = open_picture_bytes(frames(kind, **options), "x")
    red, green, blue = image.tobytes()[:3]
    assert red > 250 and green < 5 and blue < 5


def ftyp(major: bytes, *others: bytes) -> bytes:
    body = b"ftyp" + major + b"\0\0\0\0" + b"".join(others)
    return (len(body) + 4).to_bytes(4, "big") + body + bytes(64)


@pytest.mark.parametrize(
    "head", [ftyp(b"heic"), ftyp(b"mif1", b"heic"), ftyp(b"heix", b"mif1"), ftyp(b"msf1", b"hevc")]
)
def test_heic_is_named_with_a_way_to_convert_it(head: bytes, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(head)
    with pytest.raises(PictureError) as caught:
        open_picture(path)
    assert caught.value.problem == f"{path} is in the HEIC format, which can't be opened."
    assert "Convert it to JPEG or PNG" in caught.value.remedy
    assert looks_like_picture(io.BytesIO(head))


def test_avif_is_named_where_it_can_t_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    data = frames("AVIF")
    monkeypatch.setattr("refsheet_tui.pictures.opening.FORMATS", ("PNG",))
    with pytest.raises(PictureError, match=r"x\.png is in the AVIF format"):
        open_picture_bytes(data, "x.png")


def test_a_film_is_no_picture() -> None:
    assert not looks_like_picture(io.BytesIO(ftyp(b"isom", b"mp41")))
    with pytest.raises(PictureError, match="isn't in a supported picture format"):
        open_picture_bytes(ftyp(b"isom"), "film.mp4")


def test_half_an_avif_is_damaged() -> None:
    data = frames("AVIF")
    with pytest.raises(PictureError, match="is damaged or incomplete"):
        open_picture_bytes(data[: len(data) // 2], "x.avif")
