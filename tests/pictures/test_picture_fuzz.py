"""Any bytes in a file give a picture or a `PictureError`, and nothing else."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.strategies import DrawFn

from refsheet_tui.errors import PictureError
from refsheet_tui.pictures import open_picture, prepare_picture

DATA = Path(__file__).parent.parent / "data" / "pictures"
SEEDS = [file.read_bytes() for file in sorted(DATA.iterdir()) if file.stat().st_size < 4000]


@st.composite
def damaged_pictures(draw: DrawFn) -> bytes:
    """Draw a real picture with one to six places damaged, often with right PNG checksums."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, min(len(data), draw(st.sampled_from([64, 256, 4000])))))
        end = start + draw(st.sampled_from([0, 1, 2, 4, 40, 4000]))
        data[start:end] = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"]),
                st.just(bytes(data[start : start + 40]) * 2),
            )
        )
    return _with_checksums(bytes(data)) if draw(st.booleans()) else bytes(data)


def _with_checksums(data: bytes) -> bytes:
    """Return PNG data with its checksums corrected, so that the damage gets past them."""
    if not data.startswith(b"\x89PNG"):
        return data
    out, position = data[:8], 8
    while position + 12 <= len(data):
        end = position + 8 + struct.unpack_from(">I", data, position)[0]
        if end + 4 > len(data):
            break
        body = data[position:end]
        out += body + struct.pack(">I", zlib.crc32(body[4:]))
        position = end + 4
    return out + data[position:]


@settings(max_examples=400, deadline=None)
@given(data=st.one_of(damaged_pictures(), st.binary(max_size=200)))
def test_a_picture_or_a_picture_error(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.png"
    path.write_bytes(data)
    try:
        picture = open_picture(path)
    except PictureError as error:
        assert "fuzz.png" in error.problem
        return
    assert picture.mode == "RGB"
    assert len(prepare_picture(picture, 8).rgb) == 8 * 8 * 3
