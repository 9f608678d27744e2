from .cropping import cut_crops as cut_crops
from .files import looks_like_picture as looks_like_picture, open_regular_file as open_regular_file
from .opening import open_picture as open_picture
from .picture_view import PictureView as PictureView, PreparedPicture as PreparedPicture
from .preparing import prepare_picture as prepare_picture, view as view, view_of as view_of
