"""Write down what the reference image processor makes of tests/data/pictures, for the tests.

python scripts/make_pixel_goldens.py (extra `train`)

Runs transformers' Gemma 3 image processor, with and without pan and scan, at the size of the
published towers and at the demo model's, and writes a grid of samples of every resulting picture to
tests/data/goldens/pixels.json. On the way it compares all pixels with the product's, and prints the
largest difference.

The input of the reference is oriented and composed here, without the product's code.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import transformers
from PIL import Image, ImageOps, __version__ as pillow_version
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

from refsheet_tui.pictures import PictureView, view

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
SIZES = (896, 224)
GRID = 16

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def load_upright_on_white(path: Path) -> Image.Image:
    """Return the picture as it looks on a white page."""
    image = ImageOps.exif_transpose(Image.open(path))
    if image.mode == "I;16":
        return Image.fromarray(np.rint(np.asarray(image) / 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        page = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(page, image.convert("RGBA"))
    return image.convert("RGB")


def reference_pixels(image: Image.Image, size: int, pan_and_scan: bool) -> list[Pixels]:
    """Return the reference's pictures as rows of RGB: the whole first, then the crops."""
    processor = Gemma3ImageProcessorPil(
        size={"height": size, "width": size},
        do_pan_and_scan=pan_and_scan,
        # The published processor's settings; the class leaves them open.
        pan_and_scan_min_crop_size=256,
        pan_and_scan_max_num_crops=4,
        pan_and_scan_min_ratio_to_activate=1.2,
    )
    result = processor(images=image, return_tensors="np")
    if result["num_crops"].tolist() != [len(result["pixel_values"]) - 1]:
        raise AssertionError("the reference's crops were not counted as expected")
    return [_levels(tensor) for tensor in result["pixel_values"]]


def _levels(tensor: np.ndarray[Any, np.dtype[np.float32]]) -> Pixels:
    """Turn a tensor back into rows of 0 to 255, which must come out as whole numbers.

    The tensor has channels first and values from -1 to 1.
    """
    exact = (tensor.transpose(1, 2, 0).astype(np.float64) + 1) * 127.5
    levels = np.rint(exact)
    if np.abs(exact - levels).max() > 1e-3:
        raise AssertionError("the reference's tensor is not one of 8-bit levels")
    pixels: Pixels = levels.astype(np.uint8)
    return pixels


def product_pixels(path: Path, size: int, pan_and_scan: bool) -> list[Pixels]:
    """Return the same pictures, made by the product's code."""
    picture_view: PictureView = view(path, size, pan_and_scan)
    return [
        np.frombuffer(picture.rgb, np.uint8).reshape(size, size, 3)
        for picture in (picture_view.picture, *picture_view.crops)
    ]


def encode_sample_grid(pixels: Pixels) -> str:
    """Return `GRID` by `GRID` pixels from corner to corner, row by row, in base64."""
    indices = [number * (len(pixels) - 1) // (GRID - 1) for number in range(GRID)]
    return base64.b64encode(pixels[np.ix_(indices, indices)].tobytes()).decode()


def largest_difference(product: list[Pixels], reference: list[Pixels]) -> int:
    """Return the largest difference of any channel of any pixel, in 255ths."""
    return max(
        int(np.abs(a.astype(int) - b.astype(int)).max())
        for a, b in zip(product, reference, strict=True)
    )


def main() -> None:
    """Write the goldens, and print how much the product's pictures differ from them."""
    largest = pixels = 0
    goldens: dict[str, dict[str, list[str]]] = {}
    for path in sorted((DATA / "pictures").iterdir()):
        image = load_upright_on_white(path)
        for size in SIZES:
            reference = reference_pixels(image, size, pan_and_scan=True)
            uncropped_reference = reference_pixels(image, size, pan_and_scan=False)
            largest = max(
                largest,
                largest_difference(product_pixels(path, size, True), reference),
                largest_difference(product_pixels(path, size, False), uncropped_reference),
                largest_difference(reference[:1], uncropped_reference),
            )
            pixels += len(reference) * size * size
            goldens.setdefault(path.name, {})[str(size)] = [
                encode_sample_grid(each) for each in reference
            ]
        print(f"{path.name}: {len(reference) - 1} crops", file=sys.stderr)
    made_by = f"transformers {transformers.__version__}, Pillow {pillow_version}"
    text = json.dumps({"made_by": made_by, "grid": GRID, "pictures": goldens}, indent=1)
    (DATA / "goldens").mkdir(exist_ok=True)
    (DATA / "goldens" / "pixels.json").write_text(f"{text}\n", encoding="utf-8")
    print(f"{len(goldens)} files, {pixels} pixels compared, largest difference {largest}/255")


if __name__ == "__main__":
    main()
