"""Turn the bytes of tokens into whole characters."""

from __future__ import annotations

import codecs


class Utf8Decoder:
    """A decoder that holds back the beginning of a character until the token that completes it.

    Bytes that can't be UTF-8 become U+FFFD; an unfinished end is never shown.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> str:
        return self._decoder.decode(data)
