"""Encode pictures in a thread of its own, because llama.cpp can't be stopped meanwhile.

So a waiting request can give up at once. The picture is finished and cached all the same, and
meanwhile text can be read.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

from refsheet_tui.engine.native.duration_estimates import DurationEstimates
from refsheet_tui.engine.native.embedding_cache import EmbeddingCache
from refsheet_tui.engine.native.llama_context import Floats
from refsheet_tui.engine.native.projector import Projector
from refsheet_tui.pictures import PreparedPicture


class PendingEncoding:
    """A picture that is being encoded, or waits for it.

    `future` gives the soft tokens. `started_at` is a time as `time.monotonic` returns it, None
    before the encoding starts.
    """

    def __init__(self, future: Future[Floats]) -> None:
        self.future = future
        self.started_at: float | None = None


class PictureEncoder:
    """Encodes pictures with a projector, and caches their soft tokens."""

    def __init__(
        self, projector: Projector, cache: EmbeddingCache, durations: DurationEstimates
    ) -> None:
        self._projector = projector
        self._cache = cache
        self._durations = durations
        self._lock = threading.Lock()
        self._pending: dict[str, PendingEncoding] = {}
        self._worker: ThreadPoolExecutor | None = None

    def get_cached(self, sha256: str) -> Floats | None:
        """Return the soft tokens of a picture that was encoded before, else None."""
        with self._lock:
            return self._cache.get(sha256)

    def start_encoding(self, picture: PreparedPicture) -> PendingEncoding:
        """Start to encode a picture, unless it is being encoded already.

        The future of what is returned raises `EngineError`.
        """
        with self._lock:
            pending = self._pending.get(picture.sha256)
            if pending is not None and not pending.future.cancelled():
                return pending
            encoding = PendingEncoding(Future())
            self._pending[picture.sha256] = encoding
            self._worker = self._worker or ThreadPoolExecutor(
                1, thread_name_prefix="picture-encoder"
            )
            self._worker.submit(self._encode, picture, encoding)
        return encoding

    def abandon(self, encoding: PendingEncoding) -> None:
        """Give up waiting for a picture.

        It is finished all the same, unless it is in a queue behind another.
        """
        with self._lock:
            others = [each for each in self._pending.values() if each is not encoding]
        if others and encoding.started_at is None:
            encoding.future.cancel()

    def expected_s(self, encoding: PendingEncoding) -> float | None:
        """Return how many more seconds the encoding takes, judging by earlier pictures.

        Returns None before the first.
        """
        total_s = self._durations.estimate("picture")
        if total_s is None or encoding.started_at is None:
            return total_s
        return max(0.0, total_s - (monotonic() - encoding.started_at))

    def close(self) -> None:
        """Wait for the picture that is being encoded, and end the thread."""
        worker = self._worker
        if worker is not None:
            worker.shutdown(cancel_futures=True)

    def _encode(self, picture: PreparedPicture, encoding: PendingEncoding) -> None:
        # It was abandoned before it was started.
        if not encoding.future.set_running_or_notify_cancel():
            self._remove_pending(picture, encoding)
            return
        started_at = encoding.started_at = monotonic()
        try:
            soft_tokens = self._projector.encode(picture)
        except Exception as error:
            self._remove_pending(picture, encoding)
            encoding.future.set_exception(error)
            return
        self._durations.add_measurement("picture", monotonic() - started_at)
        with self._lock:
            self._cache.put(picture.sha256, soft_tokens)
        self._remove_pending(picture, encoding)
        encoding.future.set_result(soft_tokens)

    def _remove_pending(self, picture: PreparedPicture, encoding: PendingEncoding) -> None:
        with self._lock:
            if self._pending.get(picture.sha256) is encoding:
                del self._pending[picture.sha256]
            # A thread that has computed keeps OpenMP threads waiting. With more of them than
            # cores, GNU OpenMP makes all threads wait longer: writing would be a sixth slower.
            if not self._pending and self._worker is not None:
                self._worker.shutdown(wait=False)
                self._worker = None
