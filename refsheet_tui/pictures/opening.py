"""Opening untrusted picture files: any bytes give either a picture or a `PictureError`."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# Importing a plugin registers it. Otherwise `Image.open` would import all forty plugins.
from PIL import AvifImagePlugin, Image, UnidentifiedImageError, WebPImagePlugin  # noqa: F401

from refsheet_tui.errors import PictureError
from refsheet_tui.i18n import _
from refsheet_tui.pictures.avif import without_exif
from refsheet_tui.pictures.files import open_regular_file, picture_format
from refsheet_tui.pictures.flattening import flatten, read_transparency
from refsheet_tui.pictures.ground import keep_ground_only
from refsheet_tui.pictures.orientation import find_transpose
from refsheet_tui.pictures.png_chunks import without_metadata
from refsheet_tui.untrusted import one_line

# A Pillow can be built without AVIF, and none opens HEIC.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", *(("AVIF",) if AvifImagePlugin.SUPPORTED else ()))

# Width times height. Pillow's own limit for a decompression bomb is twice `Image.MAX_IMAGE_PIXELS`,
# which is 178,956,970.
MAX_PIXELS = 178_000_000

_warnings_lock = threading.Lock()


def open_picture(path: Path) -> Image.Image:
    """Open a picture file.

    Args:
        path: A PNG, JPEG, WEBP, GIF, BMP or AVIF file. Its content decides, not its name.

    Returns:
        The first frame, rotated by EXIF, on white where it is transparent, as RGB with 8 bits a
        channel, without metadata. A picture that would vanish on white is on gray, and has a
        `ground_notice`.

    Raises:
        PictureError: The file can't be read, is damaged, too large, or of another format.
    """
    with open_regular_file(path) as file:
        return _open(one_line(str(path)), file)


def open_picture_bytes(data: bytes, name: str) -> Image.Image:
    """Open the content of a picture file, as `open_picture` does.

    Args:
        data: The bytes of the file.
        name: What errors call the picture, such as the path of a file that contains it.

    Returns:
        The picture.

    Raises:
        PictureError: The picture is damaged, too large, or of another format.
    """
    return _open(one_line(name), io.BytesIO(data))


def _open(name: str, file: BinaryIO) -> Image.Image:
    kind = picture_format(file)
    if kind is not None and kind not in FORMATS:
        raise PictureError(
            _("{file} is in the {format} format, which can't be opened.").format(
                file=name, format=kind
            ),
            _(
                "Convert it to JPEG or PNG, for example with Preview on a Mac, Photos on Windows,"
                " or heif-convert on Linux."
            ),
        )
    try:
        with _suppress_warnings():
            return _decode(name, _metadata_removed(file, kind))
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
        if kind is not None:
            raise _damaged_error(name) from error
        raise PictureError(
            _("{file} isn't in a supported picture format.").format(file=name),
            _("Use a PNG, JPEG, WebP, AVIF, GIF, or BMP picture."),
        ) from error
    except Exception as error:
        # Pillow raises nearly every built-in exception for some damaged file.
        raise _damaged_error(name) from error


def _metadata_removed(file: BinaryIO, kind: str | None) -> BinaryIO:
    """Return the file without metadata for which Pillow would refuse it or fill the memory."""
    if kind == "PNG":
        return without_metadata(file)
    return without_exif(file) if kind == "AVIF" else file


def _decode(name: str, file: BinaryIO) -> Image.Image:
    image = Image.open(file, formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise _too_large_error(name)
    transparency = read_transparency(image)
    image.load()
    transpose = find_transpose(image)
    flattened = flatten(image, transparency)
    upright = flattened if transpose is None else flattened.transpose(transpose)
    keep_ground_only(upright, flattened)
    return upright


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
