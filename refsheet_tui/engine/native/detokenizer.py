"""Turn the tokens of a reply into the text that is shown."""

from __future__ import annotations

import re
from collections.abc import Callable

from refsheet_tui.engine.native.special_tokens import UNUSED_TOKEN_PATTERN
from refsheet_tui.engine.native.utf8_decoder import Utf8Decoder
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import StreamCleaner

_UNUSED = re.compile(UNUSED_TOKEN_PATTERN.encode())
# A healthy model never writes this many in a row. At 6 tokens a second, which a 4B model writes on
# two cores, it takes five seconds to notice.
_MAX_UNUSED_RUN = 32


class ReplyDetokenizer:
    """Turns one reply's tokens into text, and stops a reply that has none.

    A damaged file, or a GPU that computes wrongly, makes a model write `<unused32>` or `<pad>` for
    ever. Unused tokens are held back until something else follows them, so that such a reply leaves
    no text.
    """

    def __init__(self, token_to_piece: Callable[[int], bytes], max_tokens: int) -> None:
        """Begin a reply of at most `max_tokens` tokens.

        `token_to_piece` returns the bytes of a token.
        """
        self._token_to_piece = token_to_piece
        self._max_unused_run = min(_MAX_UNUSED_RUN, max_tokens)
        self._decoder, self._cleaner = Utf8Decoder(), StreamCleaner()
        self._unused_run = 0
        self._pending_text = ""

    def feed(self, token: int) -> str:
        """Return the text to show after this token.

        Raises `EngineError` when the model has written nothing but unused tokens for too long.
        """
        piece = self._token_to_piece(token)
        self._pending_text += self._cleaner.feed(self._decoder.feed(piece))
        if piece and not _UNUSED.fullmatch(piece):
            self._unused_run = 0
            return self.finish()
        self._unused_run += 1
        if self._unused_run == self._max_unused_run:
            raise EngineError(
                _(
                    "The model wrote unused tokens instead of text. Its file may be "
                    "damaged, or the GPU may be computing incorrectly."
                ),
                _(
                    "Run 'refsheet models verify'. If the file is intact, set gpu_layers: "
                    "0 in config.yaml."
                ),
            )
        return ""

    def finish(self) -> str:
        """Return the text that was held back."""
        text, self._pending_text = self._pending_text, ""
        return text
