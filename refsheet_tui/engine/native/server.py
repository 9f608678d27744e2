"""The engine process's loop: one thread listens, one works."""

from __future__ import annotations

import os
import queue
import threading
import traceback
from typing import BinaryIO, NoReturn

from refsheet_tui.engine import wire
from refsheet_tui.engine.events import Finished, Loading
from refsheet_tui.engine.messages import (
    Cancel,
    Done,
    Envelope,
    Failed,
    Load,
    Prewarm,
    Request,
    Snapshot,
    Tokenize,
    Tokenized,
)
from refsheet_tui.engine.native.job import Job
from refsheet_tui.engine.native.session import Session
from refsheet_tui.engine.wire import Pixels, WireError
from refsheet_tui.errors import EngineError, RefsheetError

# Seconds without a request until what was read is kept.
_IDLE_S = 1.0
# Seconds that the end waits for a request that is being stopped.
_PATIENCE_S = 0.2
_CLOSED, _CONFUSED = 0, 70  # 70 is EX_SOFTWARE of sysexits.h


class Server:
    """Does one request after the other, and notices at once when it is cancelled or when the
    client is gone."""

    def __init__(self, inbox: BinaryIO, outbox: BinaryIO, pixels: Pixels) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._pixels = pixels
        self._session = Session()
        self._jobs: dict[int, Job] = {}
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._working = threading.Lock()

    def serve(self) -> NoReturn:
        threading.Thread(target=self._listen, daemon=True).start()
        is_idle = True
        while True:
            try:
                job = self._waiting.get(timeout=None if is_idle else _IDLE_S)
            except queue.Empty:
                is_idle = True
                with self._working:
                    self._keep()
                continue
            is_idle = False
            with self._working:
                if not job.stop.is_set():
                    self._work(job)
            del self._jobs[job.id]

    def _listen(self) -> None:
        """Ends the process when the client closes the pipe or talks nonsense, even while the
        other thread is inside of llama.cpp."""
        status = _CONFUSED
        try:
            for line in self._inbox:
                self._receive(wire.decode(line, self._pixels))
            status = _CLOSED
        except (WireError, OSError):
            traceback.print_exc()
        finally:
            self._keep_at_last()
            os._exit(status)

    def _keep_at_last(self) -> None:
        """What was read since the last snapshot, unless the other thread can't be stopped soon;
        the client waits longer than that, but not for ever."""
        for job in list(self._jobs.values()):
            job.abandon()
        if self._working.acquire(timeout=_PATIENCE_S):
            self._keep()
            self._session.flush()

    def _keep(self) -> None:
        try:
            self._session.snapshot()
        except Exception:
            # It can be read again; nobody waits for it.
            traceback.print_exc()

    def _receive(self, envelope: Envelope) -> None:
        body = envelope.body
        if isinstance(body, Request):
            job = Job(envelope.id, body, self._send)
            self._jobs[job.id] = job
            self._waiting.put(job)
        elif isinstance(body, Cancel):
            running = self._jobs.get(envelope.id)
            if running is not None:
                running.cancel()
        else:
            raise WireError(f"not a request: {type(body).__name__}")

    def _work(self, job: Job) -> None:
        try:
            self._do(job)
        except RefsheetError as error:
            job.answer(Failed.of(error))
        except Exception as error:
            traceback.print_exc()
            problem = f"The engine met a problem that it does not know: {type(error).__name__}."
            job.answer(Failed.of(EngineError(problem, "Its log says more; try again.")))

    def _do(self, job: Job) -> None:
        request = job.request
        if isinstance(request, Load):
            job.answer(self._session.load(request.settings, _Progress(job)))
        elif isinstance(request, Tokenize):
            job.answer(Tokenized(self._session.tokenize(request.prompt)))
        elif isinstance(request, Prewarm):
            for progress in self._session.prewarm(request.prompt, job.meter, job.stop):
                job.report(progress)
            job.answer(Done())
        elif isinstance(request, Snapshot):
            self._session.snapshot()
            self._session.flush()
            job.answer(Done())
        else:
            events = self._session.generate(request.prompt, request.settings, job.meter, job.stop)
            for event in events:
                if isinstance(event, Finished):
                    job.answer(event)
                else:
                    job.report(event)

    def _send(self, envelope: Envelope) -> None:
        line = wire.encode(envelope, self._pixels)
        with self._sending:
            self._outbox.write(line)
            self._outbox.flush()


class _Progress:
    """Tells a job's client how far loading is, once for every percent."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._told = -1

    def __call__(self, loading: Loading) -> bool:
        percent = int(loading.fraction * 100)
        if percent > self._told:
            self._told = percent
            self._job.report(loading)
        return not self._job.stop.is_set()
