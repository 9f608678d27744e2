"""The engine process's loop: one thread listens, one works."""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable
from typing import BinaryIO, NoReturn

from refsheet_tui.engine import wire
from refsheet_tui.engine.events import Finished, Loading, Looking
from refsheet_tui.engine.messages import (
    Alive,
    Cancel,
    Done,
    Envelope,
    Failed,
    Load,
    Prewarm,
    Reply,
    Request,
    Snapshot,
    Tokenize,
    Tokenized,
)
from refsheet_tui.engine.native.faults import fault
from refsheet_tui.engine.native.job import Job
from refsheet_tui.engine.native.session import Session
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.engine.wire import Pixels, WireError
from refsheet_tui.errors import EngineError, RefsheetError
from refsheet_tui.i18n import _

# Seconds without a request until what was read is kept.
_IDLE_S = 1.0
# Seconds that the end waits for a request that is being stopped.
_PATIENCE_S = 0.2
# Seconds between two signs of life.
_BEAT_S = 1.0
# Seconds of processor time between them that work takes at least; looking for it takes less.
_AT_WORK_S = 0.01
# Seconds that a step of reading or writing may take; after that the model goes round in circles.
# A picture is read in one step: 12 s for a 4B model on two cores, more than a minute for a 27B.
_LONGEST_STEP_S = 300.0
_CLOSED, _CONFUSED = 0, 70  # 70 is EX_SOFTWARE of sysexits.h


class Server:
    """Does one request after the other, and notices at once when it is cancelled or when the
    client is gone."""

    def __init__(self, inbox: BinaryIO, outbox: BinaryIO, pixels: Pixels) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._pixels = pixels
        self._session = Session()
        self._fault = fault(outbox)
        self._settings: LoadSettings | None = None
        self._job: Job | None = None
        self._step_began: float | None = None
        self._jobs: dict[int, Job] = {}
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self._working = threading.Lock()

    def serve(self) -> NoReturn:
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
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
            job.report(Alive())  # what happens from here on happens to this request
            self._waiting.put(job)
        elif isinstance(body, Cancel):
            running = self._jobs.get(envelope.id)
            if running is not None:
                running.cancel()
        else:
            raise WireError(f"not a request: {type(body).__name__}")

    def _beat(self) -> None:
        """Show that the process is at work where no event does. One that waits for itself uses no
        processor time.

        Also for a request that was answered when it was cancelled, and is still being worked on:
        the next one waits behind it.
        """
        before = 0.0
        while True:
            time.sleep(_BEAT_S)
            used, job, began = time.process_time(), self._job, self._step_began
            too_long = began is not None and time.monotonic() - began > _LONGEST_STEP_S
            if job is not None and used - before > _AT_WORK_S and not too_long:
                self._send(Envelope(job.id, Alive()))
            before = used

    def _work(self, job: Job) -> None:
        try:
            self._job, self._step_began = job, None
            self._do(job)
        except RefsheetError as error:
            job.answer(Failed.of(error))
        except MemoryError:
            problem = _("There is not enough memory for that.")
            remedy = _("Close other programs, or choose a smaller context size or model.")
            job.answer(Failed.of(EngineError(problem, remedy)))
        except Exception as error:
            traceback.print_exc()
            problem = _("The engine met a problem that it does not know: {name}.")
            told = problem.format(name=type(error).__name__)
            job.answer(Failed.of(EngineError(told, _("Its log says more; try again."))))
        finally:
            self._job = None

    def _do(self, job: Job) -> None:
        request = job.request
        if isinstance(request, Load):
            self._settings = request.settings
            job.answer(self._session.load(request.settings, _Progress(job, self._report)))
        elif isinstance(request, Tokenize):
            job.answer(Tokenized(self._session.tokenize(request.prompt)))
        elif isinstance(request, Prewarm):
            for progress in self._session.prewarm(request.prompt, job.meter, job.stop):
                self._report(job, progress)
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
                    self._report(job, event)

    def _report(self, job: Job, reply: Reply) -> None:
        # Loading and looking take as long as they take; a step of what comes after does not.
        self._step_began = None if isinstance(reply, Looking | Loading) else time.monotonic()
        job.report(reply)
        if self._fault is not None:
            self._fault.reach(reply, self._settings)

    def _send(self, envelope: Envelope) -> None:
        line = wire.encode(envelope, self._pixels)
        with self._sending:
            self._outbox.write(line)
            self._outbox.flush()


class _Progress:
    """Tells a job's client how far loading is, once for every percent."""

    def __init__(self, job: Job, report: Callable[[Job, Reply], None]) -> None:
        self._job = job
        self._report = report
        self._told = -1

    def __call__(self, loading: Loading) -> bool:
        percent = int(loading.fraction * 100)
        if percent > self._told:
            self._told = percent
            self._report(self._job, loading)
        return not self._job.stop.is_set()
