"""Opening untrusted picture files: any bytes give either a picture or a `PictureError`."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# Importing its plugin registers WEBP. Otherwise `Image.open` would import all forty plugins for it.
from PIL import ExifTags, Image, UnidentifiedImageError, WebPImagePlugin  # noqa: F401

from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import _
from refsheet_tui.pictures.files import looks_like_picture, open_regular_file
from refsheet_tui.pictures.flattening import flatten, read_transparency
from refsheet_tui.untrusted import one_line

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

# Width times height. Pillow's own limit for a decompression bomb is twice `Image.MAX_IMAGE_PIXELS`,
# which is 178,956,970.
MAX_PIXELS = 178_000_000

# How to transpose the stored pixels, by the value of the EXIF tag Orientation (EXIF 2.32, 4.6.4).
_ORIENTATION_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_warnings_lock = threading.Lock()


def open_picture(path: Path) -> Image.Image:
    """Open a picture file.

    Args:
        path: A PNG, JPEG, WEBP, GIF or BMP file. Its content decides, not its name.

    Returns:
        The first frame, rotated by EXIF, on white where it is transparent, as RGB with 8 bits a
        channel, without metadata.

    Raises:
        PictureError: The file can't be read, is damaged, too large, or of another format.
    """
    name = one_line(str(path))
    with open_regular_file(path) as file:
        try:
            with _suppress_warnings():
                return _decode(name, file)
        except PictureError:
            raise
        except Image.DecompressionBombError as error:
            raise _too_large_error(name) from error
        except MemoryError as error:
            raise PictureError(
                _("{file} is too large to fit in memory.").format(file=name),
                _("Save a smaller copy and use that instead."),
            ) from error
        except UnidentifiedImageError as error:
            if looks_like_picture(file):
                raise _damaged_error(name) from error
            raise PictureError(
                _("{file} isn't in a supported picture format.").format(file=name),
                _("Use a PNG, JPEG, WebP, GIF, or BMP picture."),
            ) from error
        except Exception as error:
            # Pillow raises nearly every built-in exception for some damaged file.
            raise _damaged_error(name) from error


def _decode(name: str, file: BinaryIO) -> Image.Image:
    image = Image.open(file, formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise _too_large_error(name)
    transparency = read_transparency(image)
    image.load()
    transpose = _ORIENTATION_TRANSPOSES.get(_orientation(image))
    flattened = flatten(image, transparency)
    upright = flattened if transpose is None else flattened.transpose(transpose)
    upright.info.clear()
    return upright


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:
        # A picture with damaged metadata can still be used.
        return 1
    return value if isinstance(value, int) else 1


@contextmanager
def _suppress_warnings() -> Iterator[None]:
    """Suppress warnings, which Python writes to the terminal.

    Pillow warns about large pictures, damaged EXIF data and odd palettes, and the user can't do
    anything about these.
    """
    with _warnings_lock, warnings.catch_warnings():  # swaps a global list, so one thread at a time
        warnings.simplefilter("ignore")
        yield


def _too_large_error(name: str) -> PictureError:
    return PictureError(
        _("{file} has more than {count} million pixels.").format(
            file=name, count=MAX_PIXELS // 1_000_000
        ),
        _("Save a smaller copy and use that instead."),
    )


def _damaged_error(name: str) -> PictureError:
    return PictureError(
        _("{file} is damaged or incomplete.").format(file=name),
        _("Save or download the picture again."),
    )
