"""The main loop of the engine process: one thread listens, one works."""

from __future__ import annotations

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable
from typing import BinaryIO, NoReturn

from refsheet_tui.engine import wire
from refsheet_tui.engine.events import LoadProgress, PictureProgress, ReplyFinished
from refsheet_tui.engine.ipc_messages import (
    CancelRequest,
    EngineRequest,
    EngineResponse,
    Envelope,
    Heartbeat,
    LoadRequest,
    PrewarmRequest,
    RequestDone,
    RequestFailed,
    SnapshotRequest,
    TokenizeRequest,
    TokenizeResult,
)
from refsheet_tui.engine.native.fault_injection import fault_from_environment
from refsheet_tui.engine.native.job import Job
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.engine.wire import PixelStore, WireError
from refsheet_tui.errors import EngineError, RefsheetError
from refsheet_tui.i18n import _

# Seconds without a request until what was read is saved.
_IDLE_S = 1.0
# Seconds that the end waits for a request that is being stopped.
_STOP_TIMEOUT_S = 0.2
# Seconds between two signs of life.
_HEARTBEAT_S = 1.0
# Seconds of processor time between two of them that work takes at least; checking takes less.
_MIN_WORK_S = 0.01
# Seconds that a step of reading or writing may take; after that the model counts as hung. A picture
# is read in one step: 12 s for a 4B model on two cores, more than a minute for a 27B.
_MAX_STEP_S = 300.0
_EXIT_CLOSED, _EXIT_BAD_MESSAGE = 0, 70  # 70 is EX_SOFTWARE of sysexits.h


class RequestServer:
    """Does one request after the other.

    It notices at once when a request is cancelled or the client is gone.
    """

    def __init__(self, inbox: BinaryIO, outbox: BinaryIO, pixels: PixelStore) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._pixels = pixels
        self._loaded_model = LoadedModel()
        self._fault_injector = fault_from_environment(outbox)
        self._settings: LoadSettings | None = None
        self._job: Job | None = None
        self._step_started_at: float | None = None
        self._jobs: dict[int, Job] = {}
        self._job_queue: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._send_lock = threading.Lock()
        self._work_lock = threading.Lock()

    def serve(self) -> NoReturn:
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._send_heartbeats, daemon=True).start()
        is_idle = True
        while True:
            try:
                job = self._job_queue.get(timeout=None if is_idle else _IDLE_S)
            except queue.Empty:
                is_idle = True
                with self._work_lock:
                    self._save_snapshot()
                continue
            is_idle = False
            with self._work_lock:
                if not job.cancel_token.is_cancelled():
                    self._run_job(job)
            del self._jobs[job.id]

    def _listen(self) -> None:
        """Receive messages.

        End the process when the client closes the pipe or sends an invalid one.

        That works even while the other thread is inside of llama.cpp.
        """
        status = _EXIT_BAD_MESSAGE
        try:
            for line in self._inbox:
                self._handle_envelope(wire.decode(line, self._pixels))
            status = _EXIT_CLOSED
        except (WireError, OSError):
            traceback.print_exc()
        finally:
            self._save_before_exit()
            os._exit(status)

    def _save_before_exit(self) -> None:
        """Save what was read since the last snapshot, unless the other thread doesn't stop soon.

        The client waits longer than that, but not for ever.
        """
        for job in list(self._jobs.values()):
            job.abandon()
        if self._work_lock.acquire(timeout=_STOP_TIMEOUT_S):
            self._save_snapshot()
            self._loaded_model.flush()

    def _save_snapshot(self) -> None:
        try:
            self._loaded_model.save_snapshot()
        except Exception:
            # It can be read again; nobody waits for it.
            traceback.print_exc()

    def _handle_envelope(self, envelope: Envelope) -> None:
        body = envelope.body
        if isinstance(body, EngineRequest):
            job = Job(envelope.id, body, self._send)
            self._jobs[job.id] = job
            job.send_progress(Heartbeat())  # what happens from here on happens to this request
            self._job_queue.put(job)
        elif isinstance(body, CancelRequest):
            running = self._jobs.get(envelope.id)
            if running is not None:
                running.cancel()
        else:
            raise WireError(f"not a request: {type(body).__name__}")

    def _send_heartbeats(self) -> None:
        """Send a sign of life while the process works, because not every phase sends events.

        A process that waits for itself uses no processor time. Heartbeats are also sent for a
        request that was answered when it was cancelled and is still being worked on: the next one
        waits behind it.
        """
        previous_time = 0.0
        while True:
            time.sleep(_HEARTBEAT_S)
            processor_time, job, started_at = time.process_time(), self._job, self._step_started_at
            is_hung = started_at is not None and time.monotonic() - started_at > _MAX_STEP_S
            if job is not None and processor_time - previous_time > _MIN_WORK_S and not is_hung:
                self._send(Envelope(job.id, Heartbeat()))
            previous_time = processor_time

    def _run_job(self, job: Job) -> None:
        try:
            self._job, self._step_started_at = job, None
            self._execute_request(job)
        except RefsheetError as error:
            job.send_answer(RequestFailed.from_error(error))
        except MemoryError:
            problem = _("There isn't enough memory.")
            remedy = _("Close other apps, or choose a smaller context size or model.")
            job.send_answer(RequestFailed.from_error(EngineError(problem, remedy)))
        except Exception as error:
            traceback.print_exc()
            problem = _("Unexpected engine error: {name}.").format(name=type(error).__name__)
            job.send_answer(
                RequestFailed.from_error(
                    EngineError(problem, _("Try again. The engine's log has the details."))
                )
            )
        finally:
            self._job = None

    def _execute_request(self, job: Job) -> None:
        request = job.request
        if isinstance(request, LoadRequest):
            self._settings = request.settings
            job.send_answer(
                self._loaded_model.load(
                    request.settings, _LoadProgressReporter(job, self._send_progress)
                )
            )
        elif isinstance(request, TokenizeRequest):
            job.send_answer(TokenizeResult(self._loaded_model.tokenize(request.prompt)))
        elif isinstance(request, PrewarmRequest):
            for progress in self._loaded_model.prewarm(request.prompt, job.stats, job.cancel_token):
                self._send_progress(job, progress)
            job.send_answer(RequestDone())
        elif isinstance(request, SnapshotRequest):
            self._loaded_model.save_snapshot()
            self._loaded_model.flush()
            job.send_answer(RequestDone())
        else:
            events = self._loaded_model.generate(
                request.prompt, request.settings, job.stats, job.cancel_token
            )
            for event in events:
                if isinstance(event, ReplyFinished):
                    job.send_answer(event)
                else:
                    self._send_progress(job, event)

    def _send_progress(self, job: Job, response: EngineResponse) -> None:
        # Loading and encoding a picture may take any time; a step of reading or writing may not.
        self._step_started_at = (
            None if isinstance(response, PictureProgress | LoadProgress) else time.monotonic()
        )
        job.send_progress(response)
        if self._fault_injector is not None:
            self._fault_injector.trigger_if_due(response, self._settings)

    def _send(self, envelope: Envelope) -> None:
        line = wire.encode(envelope, self._pixels)
        with self._send_lock:
            self._outbox.write(line)
            self._outbox.flush()


class _LoadProgressReporter:
    """Tells a job's client how far loading is, once for every percent."""

    def __init__(self, job: Job, report: Callable[[Job, EngineResponse], None]) -> None:
        self._job = job
        self._report = report
        self._last_percent = -1

    def __call__(self, progress: LoadProgress) -> bool:
        percent = int(progress.fraction * 100)
        if percent > self._last_percent:
            self._last_percent = percent
            self._report(self._job, progress)
        return not self._job.cancel_token.is_cancelled()
