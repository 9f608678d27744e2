"""The vision tower and its projector, an owned `mtmd_context`: pixels in, soft tokens out."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

import numpy as np
from llama_cpp import mtmd_cpp as mtmd

from refsheet_tui.engine.native.llama_backend import collect_errors
from refsheet_tui.engine.native.llama_context import Floats, flash_attention
from refsheet_tui.engine.native.llama_model import (
    LlamaModel,
    LoadProgressCallback,
    gpu_memory_error,
    load_error,
)
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _
from refsheet_tui.pictures import PreparedPicture

_IMAGE = mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE


class Projector:
    """The vision tower and projector of a model.

    `picture_size` is the side in pixels that pictures must have. `picture_tokens` is how many soft
    tokens each becomes.
    """

    def __init__(
        self,
        model: LlamaModel,
        settings: LoadSettings,
        *,
        picture_size: int,
        threads: int,
        on_progress: Callable[[float], bool],
    ) -> None:
        """Load the weights. `on_progress` gets a fraction and returns False to stop.

        Raises `WeightsError` with llama.cpp's own words, `LoadStoppedError`.
        """
        path = settings.mmproj
        assert path is not None, "there is no projector without its file"
        params = mtmd.mtmd_context_params_default()
        params.use_gpu = self.uses_gpu = model.uses_gpu and settings.projector_on_gpu
        params.n_threads = threads
        params.print_timings = False
        params.flash_attn_type = flash_attention(settings)
        progress = LoadProgressCallback(on_progress)
        params.progress_callback = mtmd.mtmd_progress_callback(progress)
        with collect_errors() as log:
            handle = mtmd.mtmd_init_from_file(os.fsencode(path), model.handle, params)
        if handle is None:
            raise load_error(path, progress, log.first_error)
        self.handle = handle
        self.picture_size = picture_size
        self._width = model.embedding_width
        blank = PreparedPicture(picture_size, bytes(picture_size * picture_size * 3), "blank")
        try:
            with _PictureChunks(self, blank) as chunks:
                self.picture_tokens = mtmd.mtmd_input_chunk_get_n_tokens(chunks.image)
        except EngineError:
            self.close()
            raise

    def close(self) -> None:
        mtmd.mtmd_free(self.handle)

    def encode(self, picture: PreparedPicture) -> Floats:
        """Return the soft tokens of a picture, shape (picture_tokens, width).

        It can't be interrupted.

        Raises `EngineError` for a picture of another size.
        """
        if picture.size != self.picture_size or len(picture.rgb) != picture.size**2 * 3:
            raise EngineError(
                _(
                    "The picture was prepared at {size} pixels, but this model needs {expected}."
                ).format(size=picture.size, expected=self.picture_size),
                _("Prepare the picture again for this model."),
            )
        with _PictureChunks(self, picture) as chunks:
            if mtmd.mtmd_encode_chunk(self.handle, chunks.image) != 0:
                if self.uses_gpu:
                    raise gpu_memory_error()
                raise EngineError(_("The picture couldn't be encoded."), _("Try another picture."))
        output = mtmd.mtmd_get_output_embd(self.handle)
        shape = (self.picture_tokens, self._width)
        soft_tokens: Floats = np.ctypeslib.as_array(output, shape).copy()
        return soft_tokens


class _PictureChunks:
    """The chunks that mtmd splits a prompt into that is one picture.

    Only the image chunk is used. The framing around it is the caller's.
    """

    def __init__(self, projector: Projector, picture: PreparedPicture) -> None:
        self._projector = projector
        self._picture = picture

    def __enter__(self) -> _PictureChunks:
        picture = self._picture
        pixels = (ctypes.c_uint8 * len(picture.rgb)).from_buffer_copy(picture.rgb)
        bitmap = mtmd.mtmd_bitmap_init(picture.size, picture.size, pixels)
        self._handle = mtmd.mtmd_input_chunks_init()
        marker = mtmd.mtmd_default_marker()
        text = mtmd.mtmd_input_text(marker, len(marker), False, False)
        bitmaps = (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
        try:
            result = mtmd.mtmd_tokenize(
                self._projector.handle, self._handle, ctypes.byref(text), bitmaps, 1
            )
        finally:
            mtmd.mtmd_bitmap_free(bitmap)
        if result != 0:
            mtmd.mtmd_input_chunks_free(self._handle)
            raise EngineError(
                _("The picture couldn't be processed (code {code}).").format(code=result),
                _("Try another picture."),
            )
        return self

    def __exit__(self, *_error: object) -> None:
        mtmd.mtmd_input_chunks_free(self._handle)

    @property
    def image(self) -> mtmd.mtmd_input_chunk_p:
        for index in range(mtmd.mtmd_input_chunks_size(self._handle)):
            chunk: mtmd.mtmd_input_chunk_p = mtmd.mtmd_input_chunks_get(self._handle, index)
            if mtmd.mtmd_input_chunk_get_type(chunk) == _IMAGE:
                return chunk
        raise EngineError(
            _("The vision projector returned nothing for the picture."),
            _("Choose another mmproj file."),
        )
