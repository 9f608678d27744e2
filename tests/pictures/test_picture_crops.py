"""Pan and scan cuts pictures where the reference implementation does."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from PIL import Image

from refsheet_tui.pictures import cut_crops
from refsheet_tui.pictures.cropping import MAX_CROPS, MIN_CROP_SIDE, Box, crop_boxes


@pytest.mark.parametrize(
    ("size", "boxes"),
    [
        ((896, 896), ()),
        ((599, 500), ()),  # nearly long enough
        ((600, 500), ((0, 0, 300, 500), (300, 0, 600, 500))),  # exactly
        ((510, 300), ()),  # crops would be 255 wide
        ((511, 300), ((0, 0, 256, 300), (256, 0, 511, 300))),
        ((2000, 255), ()),  # not high enough
        ((1300, 500), ((0, 0, 434, 500), (434, 0, 868, 500), (868, 0, 1300, 500))),
        ((1250, 500), ((0, 0, 417, 500), (417, 0, 834, 500), (834, 0, 1250, 500))),  # half up
        (
            (5000, 300),
            ((0, 0, 1250, 300), (1250, 0, 2500, 300), (2500, 0, 3750, 300), (3750, 0, 5000, 300)),
        ),
        ((300, 700), ((0, 0, 300, 350), (0, 350, 300, 700))),
        ((1, 1), ()),
        ((1, 5000), ()),
    ],
)
def test_known_sizes(size: tuple[int, int], boxes: tuple[Box, ...]) -> None:
    assert crop_boxes(*size) == boxes


@given(width=st.integers(1, 6000), height=st.integers(1, 6000))
def test_crops_cover_the_picture_without_overlap(width: int, height: int) -> None:
    boxes = crop_boxes(width, height)
    if not boxes:
        return
    assert 2 <= len(boxes) <= MAX_CROPS
    sizes = [(right - left, bottom - top) for left, top, right, bottom in boxes]
    assert sum(across * down for across, down in sizes) == width * height
    assert len(set(sizes[:-1])) == 1
    assert min(sizes[0]) >= MIN_CROP_SIDE
    assert boxes[0][:2] == (0, 0)
    assert boxes[-1][2:] == (width, height)


@given(width=st.integers(1, 6000), height=st.integers(1, 6000))
def test_a_turned_picture_is_cut_alike(width: int, height: int) -> None:
    turned = [(top, left, bottom, right) for left, top, right, bottom in crop_boxes(width, height)]
    assert crop_boxes(height, width) == tuple(turned)


def test_crops_hold_what_lies_there() -> None:
    image = Image.new("RGB", (600, 300), "red")
    image.paste("blue", (300, 0, 600, 300))
    left, right = cut_crops(image)
    assert left.getcolors() == [(300 * 300, (255, 0, 0))]
    assert right.getcolors() == [(300 * 300, (0, 0, 255))]
