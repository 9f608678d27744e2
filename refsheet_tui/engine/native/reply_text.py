"""The tokens of a reply into the text that is shown."""

from __future__ import annotations

import re
from collections.abc import Callable

from refsheet_tui.engine.native.special_tokens import UNUSED_NAME
from refsheet_tui.engine.native.utf8 import Characters
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import StreamCleaner

_UNUSED = re.compile(UNUSED_NAME.encode())
# Nothing that a healthy model writes has so many of them in a row. At 6 tokens a second, which a
# 4B model writes on two cores, it takes five seconds to say so.
_LONGEST_RUN = 32


class ReplyText:
    """Turns one reply's tokens into text, and ends a reply that has none.

    A damaged file, or a GPU that computes wrongly, makes a model write `<unused32>` or `<pad>` for
    ever. Unused tokens are held back until something else follows them, so that such a reply
    leaves no text.
    """

    def __init__(self, piece: Callable[[int], bytes], max_tokens: int) -> None:
        """`piece` returns the bytes of a token; `max_tokens` is the longest the reply can get."""
        self._piece = piece
        self._limit = min(_LONGEST_RUN, max_tokens)
        self._characters, self._cleaner = Characters(), StreamCleaner()
        self._run = 0
        self._held = ""

    def feed(self, token: int) -> str:
        """Return what there is to show after this token.

        Raises `EngineError` when the model has written nothing but unused tokens for too long.
        """
        piece = self._piece(token)
        self._held += self._cleaner.feed(self._characters.feed(piece))
        if piece and not _UNUSED.fullmatch(piece):
            self._run = 0
            return self.finish()
        self._run += 1
        if self._run == self._limit:
            raise EngineError(
                _(
                    "The model wrote only unused tokens instead of text: its file may be damaged, "
                    "or the GPU may compute incorrectly."
                ),
                _(
                    "Check the file with 'refsheet models verify'; if it is intact, set "
                    "gpu_layers: 0 in config.yaml."
                ),
            )
        return ""

    def finish(self) -> str:
        """Return what was held back."""
        held, self._held = self._held, ""
        return held
