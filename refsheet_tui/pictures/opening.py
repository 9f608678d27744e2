"""Open an untrusted picture file: whatever its bytes are, a picture or a `PictureError`."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# Registers WEBP, for which `Image.open` would import every one of Pillow's forty plugins.
from PIL import ExifTags, Image, UnidentifiedImageError, WebPImagePlugin  # noqa: F401

from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import _
from refsheet_tui.pictures.files import looks_like_picture, open_regular
from refsheet_tui.pictures.flattening import flatten, read_transparency
from refsheet_tui.untrusted import one_line

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

# Width times height. Pillow refuses, as a decompression bomb, twice `Image.MAX_IMAGE_PIXELS`,
# which is 178,956,970.
MAX_PIXELS = 178_000_000

# How the stored pixels must be moved, by the value of the EXIF tag Orientation (EXIF 2.32, 4.6.4).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_quiet_lock = threading.Lock()


def open_picture(path: Path) -> Image.Image:
    """The first frame of the picture at `path`: upright by EXIF, on white where it is
    transparent, RGB with 8 bits a channel, without metadata.

    The format is told by the bytes, whatever the name says. Raises `PictureError`.
    """
    name = one_line(str(path))
    with open_regular(path) as file:
        try:
            with _quiet():
                return _decode(name, file)
        except PictureError:
            raise
        except Image.DecompressionBombError as error:
            raise _too_large(name) from error
        except MemoryError as error:
            raise PictureError(
                _("The picture {file} does not fit into memory.").format(file=name),
                _("Save it smaller and use that."),
            ) from error
        except UnidentifiedImageError as error:
            if looks_like_picture(file):
                raise _damaged(name) from error
            raise PictureError(
                _("The file {file} is not a picture in a format that can be read.").format(
                    file=name
                ),
                _("Use a PNG, JPEG, WEBP, GIF or BMP picture."),
            ) from error
        except Exception as error:
            # Pillow raises nearly every built-in exception for some damaged file.
            raise _damaged(name) from error


def _decode(name: str, file: BinaryIO) -> Image.Image:
    image = Image.open(file, formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name)
    transparency = read_transparency(image)
    image.load()
    move = _UPRIGHT.get(_orientation(image))
    flat = flatten(image, transparency)
    upright = flat if move is None else flat.transpose(move)
    upright.info.clear()
    return upright


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:
        # Metadata that can't be read is no reason to refuse a picture that can.
        return 1
    return value if isinstance(value, int) else 1


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings: Python writes them to the terminal, and Pillow warns about large pictures,
    damaged EXIF and odd palettes, none of which a person can do anything about."""
    with _quiet_lock, warnings.catch_warnings():  # it swaps a global list: one at a time
        warnings.simplefilter("ignore")
        yield


def _too_large(name: str) -> PictureError:
    return PictureError(
        _("The picture {file} has more than {count} million pixels.").format(
            file=name, count=MAX_PIXELS // 1_000_000
        ),
        _("Save it smaller and use that."),
    )


def _damaged(name: str) -> PictureError:
    return PictureError(
        _("The picture {file} is damaged or incomplete.").format(file=name),
        _("Save or download it again."),
    )
