"""Looking at pictures, in a thread of its own: llama.cpp can't be stopped while it does.

So whoever waits can give up at once, the picture is finished all the same and kept, and
meanwhile text can be read.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

from refsheet_tui.engine.native.context import Floats
from refsheet_tui.engine.native.embeddings import EmbeddingCache
from refsheet_tui.engine.native.projector import Projector
from refsheet_tui.engine.native.speeds import Speeds
from refsheet_tui.pictures import PreparedPicture


class Look:
    """One picture being looked at."""

    def __init__(self, found: Future[Floats]) -> None:
        self.found = found
        self.begun: float | None = None


class Eye:
    """A projector and what was seen through it."""

    def __init__(self, projector: Projector, seen: EmbeddingCache, speeds: Speeds) -> None:
        self._projector = projector
        self._seen = seen
        self._speeds = speeds
        self._lock = threading.Lock()
        self._looks: dict[str, Look] = {}
        self._worker: ThreadPoolExecutor | None = None

    def seen(self, sha256: str) -> Floats | None:
        """The soft tokens of a picture that was looked at before."""
        with self._lock:
            return self._seen.get(sha256)

    def look(self, picture: PreparedPicture) -> Look:
        """Begin to look at a picture, or join whoever looks at it already.

        `found` raises `EngineError`.
        """
        with self._lock:
            known = self._looks.get(picture.sha256)
            if known is not None and not known.found.cancelled():
                return known
            look = Look(Future())
            self._looks[picture.sha256] = look
            self._worker = self._worker or ThreadPoolExecutor(1, thread_name_prefix="eye")
            self._worker.submit(self._encode, picture, look)
        return look

    def give_up(self, look: Look) -> None:
        """Nobody waits for it any more: it is finished all the same, unless it stands in a queue
        behind another."""
        with self._lock:
            others = [each for each in self._looks.values() if each is not look]
        if others and look.begun is None:
            look.found.cancel()

    def expected_s(self, look: Look) -> float | None:
        """How long it takes from now on, by what was learnt."""
        whole = self._speeds.expected("picture")
        if whole is None or look.begun is None:
            return whole
        return max(0.0, whole - (monotonic() - look.begun))

    def close(self) -> None:
        """Waits for the picture that is being looked at."""
        worker = self._worker
        if worker is not None:
            worker.shutdown(cancel_futures=True)

    def _encode(self, picture: PreparedPicture, look: Look) -> None:
        # Whoever wanted it and gave up before it was begun needs it no more.
        if not look.found.set_running_or_notify_cancel():
            self._forget(picture, look)
            return
        begun = look.begun = monotonic()
        try:
            soft_tokens = self._projector.encode(picture)
        except Exception as error:
            self._forget(picture, look)
            look.found.set_exception(error)
            return
        self._speeds.learn("picture", monotonic() - begun)
        with self._lock:
            self._seen.put(picture.sha256, soft_tokens)
        self._forget(picture, look)
        look.found.set_result(soft_tokens)

    def _forget(self, picture: PreparedPicture, look: Look) -> None:
        with self._lock:
            if self._looks.get(picture.sha256) is look:
                del self._looks[picture.sha256]
            # A thread that has computed keeps threads of its own waiting, and with more of them
            # than cores GNU OpenMP makes all wait worse: writing would be a sixth slower.
            if not self._looks and self._worker is not None:
                self._worker.shutdown(wait=False)
                self._worker = None
