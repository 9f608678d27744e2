"""Pan and scan: further pictures, cut from a long one so that its details survive the resizing.

Rules and thresholds are those of Gemma 3's reference (transformers,
`models/gemma3/image_processing_pil_gemma3.py`, and the published processor's settings).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from PIL import Image

MIN_RATIO = 1.2
MIN_CROP_SIDE = 256
MAX_CROPS = 4

Box = tuple[int, int, int, int]


def crops_of(image: Image.Image) -> Iterator[Image.Image]:
    """The crops of `image` in reading order, each cut when it is asked for; often none."""
    for box in crop_boxes(*image.size):
        yield image.crop(box)


def crop_boxes(width: int, height: int) -> tuple[Box, ...]:
    """What pan and scan cuts from a picture of `width` by `height` pixels, as left, top, right,
    bottom; the last crop is narrower where the sides don't divide.

    Nothing for a picture that is nearly square, or whose crops would be smaller than
    `MIN_CROP_SIDE`.
    """
    long, short = max(width, height), min(width, height)
    if long / short < MIN_RATIO:
        return ()
    count = min(math.floor(long / short + 0.5), long // MIN_CROP_SIDE)
    count = min(max(count, 2), MAX_CROPS)
    side = math.ceil(long / count)
    if min(side, short) < MIN_CROP_SIDE:
        return ()
    edges = [(start, min(start + side, long)) for start in range(0, long, side)]
    if width >= height:
        return tuple((start, 0, end, height) for start, end in edges)
    return tuple((0, start, width, end) for start, end in edges)
