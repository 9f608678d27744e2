"""Pan and scan: crops of wide and tall pictures, whose details survive the resizing.

Rules and thresholds are those of Gemma 3's reference implementation (transformers,
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


def cut_crops(image: Image.Image) -> Iterator[Image.Image]:
    """Yield the crops of a picture in reading order.

    Args:
        image: A picture of any size.

    Yields:
        Each crop, cut only when it is asked for. Pictures that are nearly square have none.
    """
    for box in crop_boxes(*image.size):
        yield image.crop(box)


def crop_boxes(width: int, height: int) -> tuple[Box, ...]:
    """Return the crops of a picture of `width` by `height` pixels, as left, top, right, bottom.

    The last crop is narrower if the side can't be divided evenly. There are none for a picture that
    is nearly square, or whose crops would have a side shorter than `MIN_CROP_SIDE`.
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
