"""Loading a model with everything that belongs to it, where there is room for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from refsheet_tui.engine.events import PROCESSOR, GpuFault, Loading, ModelInfo
from refsheet_tui.engine.files import Files
from refsheet_tui.engine.gguf_header import GgufHeader
from refsheet_tui.engine.memory import Shape, needed
from refsheet_tui.engine.native import devices
from refsheet_tui.engine.native.context import Context
from refsheet_tui.engine.native.device_check import gpu_fault
from refsheet_tui.engine.native.eye import Eye
from refsheet_tui.engine.native.kept import Kept
from refsheet_tui.engine.native.kv import KVCache
from refsheet_tui.engine.native.model import LoadStoppedError, Model
from refsheet_tui.engine.native.offload import Attempt, attempts
from refsheet_tui.engine.native.projector import Projector
from refsheet_tui.engine.native.recall import Recall
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.native.speeds import Speeds
from refsheet_tui.engine.native.threads import performance_cores
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.parts import model_size
from refsheet_tui.engine.room import check_room, memory_room, on_the_processor
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.engine.tuning import is_instruction_tuned
from refsheet_tui.errors import EngineError, RefsheetError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.prompting.turns import (
    BOS,
    END_OF_IMAGE,
    END_OF_TURN,
    START_OF_IMAGE,
    START_OF_TURN,
)
from refsheet_tui.untrusted import one_line

_TURN_TOKENS = (BOS, START_OF_TURN, END_OF_TURN)
_PICTURE_TOKENS = (START_OF_IMAGE, END_OF_IMAGE)
_DEMO_KEY = "refsheet.demo"


@dataclass(frozen=True)
class Loaded:
    """`owned` frees all of it."""

    runner: Runner
    info: ModelInfo
    speeds: Speeds
    owned: ExitStack


class Loader:
    """Loads once."""

    def __init__(
        self,
        settings: LoadSettings,
        files: Files,
        on_progress: Callable[[Loading], bool],
        *,
        all_logits: bool,
    ) -> None:
        """`on_progress` returns whether to go on. `all_logits`: see `Context`."""
        # llama.cpp finds the other parts of a model by the name of the first.
        self._settings = replace(settings, model=files.parts[0])
        self._files = files
        self._all_logits = all_logits
        self._on_progress = on_progress
        self._gpu_fault: GpuFault = ""

    def load(self) -> Loaded:
        """On the GPU as far as it has room, else on the processor.

        Raises `WeightsError`, `EngineError`, `LoadStoppedError`.
        """
        self._keep_faults_off_the_gpu()
        settings = self._settings
        shape = Shape.of(self._files.model)
        projector = settings.mmproj.stat().st_size if settings.mmproj else 0
        need = needed(shape, model_size(settings.model), projector, settings)
        problem: RefsheetError = EngineError(_("Nothing was loaded."), _("Try again."))
        for attempt in attempts(settings, shape, need):
            here = need.total
            if not devices.gpu_shares_memory():
                here = on_the_processor(shape, need, attempt.layers)
            check_room(one_line(settings.model.name), here, memory_room())
            with ExitStack() as owned:
                try:
                    return self._load(attempt, shape, owned)
                except LoadStoppedError:
                    raise
                except (WeightsError, EngineError) as error:
                    problem = error
        raise problem

    def _keep_faults_off_the_gpu(self) -> None:
        gpu = devices.gpu_name() if self._settings.gpu_layers != 0 else None
        if gpu is None:
            return
        self._gpu_fault = gpu_fault(gpu)
        if self._gpu_fault == "text":
            self._settings = replace(self._settings, gpu_layers=0)
        elif self._gpu_fault == "pictures":
            self._settings = replace(self._settings, projector_on_gpu=False)

    def _load(self, attempt: Attempt, shape: Shape, owned: ExitStack) -> Loaded:
        settings = self._settings
        device = (devices.gpu_name() if attempt.layers else None) or PROCESSOR
        kept = Kept(settings, device)
        progress = _Shares(settings, kept.speeds.expected("load"), self._on_progress)
        threads = settings.threads or performance_cores()
        model = Model(settings, progress.model, gpu_layers=attempt.layers)
        owned.callback(model.close)
        projector = self._projector(model, threads, progress, owned)
        picture_tokens = projector.picture_tokens if projector else 0
        tokenizer = Tokenizer(model, self._files.model, picture_tokens)
        for part in _TURN_TOKENS + (_PICTURE_TOKENS if projector else ()):
            tokenizer.control(part.token)
        context = Context(
            model,
            settings,
            threads=threads,
            picture_tokens=picture_tokens,
            reads_whole_rows=reads_whole_rows(model.repacked_bytes, self._files.model),
            all_logits=self._all_logits,
        )
        owned.callback(context.close)
        info = ModelInfo(
            name=one_line(self._files.model.text("general.name")) or settings.model.stem,
            is_demo=self._files.model.metadata.get(_DEMO_KEY) is True,
            context_size=context.size,
            picture_size=projector.picture_size if projector else 0,
            picture_tokens=picture_tokens,
            device=device,
            gpu_layers=attempt.layers,
            layers=shape.layers + 1,
            gpu_share=attempt.share,
            gpu_fault=self._gpu_fault,
            is_instruction_tuned=is_instruction_tuned(self._files.model, settings.model),
        )
        snapshots = kept.snapshots(context.size, context.window)
        if snapshots is not None:
            owned.callback(snapshots.close)
        eye = None
        if projector is not None:
            seen = kept.embeddings((picture_tokens, model.width), on_gpu=projector.uses_gpu)
            eye = Eye(projector, seen, kept.speeds)
            owned.callback(eye.close)
        kv = KVCache(context)
        recall = Recall(kv, snapshots, tokenizer.piece)
        runner = Runner(model, eye, tokenizer, kv, recall, kept.speeds)
        return Loaded(runner, info, kept.speeds, owned.pop_all())

    def _projector(
        self, model: Model, threads: int, progress: _Shares, owned: ExitStack
    ) -> Projector | None:
        header = self._files.mmproj
        if header is None:
            return None
        projector = Projector(
            model,
            self._settings,
            picture_size=header.number("clip.vision.image_size"),
            threads=threads,
            on_progress=progress.mmproj,
        )
        owned.callback(projector.close)
        return projector


def reads_whole_rows(repacked_bytes: int, header: GgufHeader) -> bool:
    """Decide whether texts are filled up to whole rows: where most of what is multiplied with every
    token was repacked. Embeddings are not, however large they are."""
    layers = sum(each.size for name, each in header.tensors.items() if name.startswith("blk."))
    return repacked_bytes > layers / 2


class _Shares:
    """One progress out of two files, each with the share that is its size."""

    def __init__(
        self,
        settings: LoadSettings,
        expected_s: float | None,
        on_progress: Callable[[Loading], bool],
    ) -> None:
        model = model_size(settings.model)
        mmproj = settings.mmproj.stat().st_size if settings.mmproj else 0
        self._share = model / (model + mmproj)
        self._expected_s = expected_s
        self._on_progress = on_progress

    def model(self, fraction: float) -> bool:
        return self._tell(self._share * fraction)

    def mmproj(self, fraction: float) -> bool:
        return self._tell(self._share + (1 - self._share) * fraction)

    def _tell(self, fraction: float) -> bool:
        return self._on_progress(Loading(fraction, self._expected_s))
