from .cropping import cut_crops as cut_crops
from .exif import (
    IMAGE_DESCRIPTION as IMAGE_DESCRIPTION,
    USER_COMMENT as USER_COMMENT,
    XP_COMMENT as XP_COMMENT,
    read_exif as read_exif,
)
from .files import (
    looks_like_picture as looks_like_picture,
    open_regular_file as open_regular_file,
    picture_format as picture_format,
)
from .ground import ground_notice as ground_notice
from .opening import open_picture as open_picture, open_picture_bytes as open_picture_bytes
from .picture_view import PictureView as PictureView, PreparedPicture as PreparedPicture
from .png_chunks import (
    PNG_SIGNATURE as PNG_SIGNATURE,
    PngChunk as PngChunk,
    read_png_chunks as read_png_chunks,
)
from .preparing import prepare_picture as prepare_picture, view as view, view_of as view_of
