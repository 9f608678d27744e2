"""Load a model with everything that belongs to it, where there is room for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from refsheet_tui.engine.events import CPU_DEVICE, GpuFault, LoadProgress, ModelInfo
from refsheet_tui.engine.file_checks import CheckedFiles
from refsheet_tui.engine.gguf_header import GgufHeader
from refsheet_tui.engine.instruction_tuning import is_instruction_tuned
from refsheet_tui.engine.memory import ModelShape, estimate_memory
from refsheet_tui.engine.memory_check import check_memory, free_memory, memory_beside_gpu
from refsheet_tui.engine.native import devices
from refsheet_tui.engine.native.caches import ModelCaches
from refsheet_tui.engine.native.device_check import find_gpu_fault
from refsheet_tui.engine.native.duration_estimates import DurationEstimates
from refsheet_tui.engine.native.gpu_offload import OffloadAttempt, offload_attempts
from refsheet_tui.engine.native.kv_cache import KVCache
from refsheet_tui.engine.native.llama_context import LlamaContext
from refsheet_tui.engine.native.llama_model import LlamaModel, LoadStoppedError
from refsheet_tui.engine.native.picture_encoder import PictureEncoder
from refsheet_tui.engine.native.prefix_cache import PrefixCache
from refsheet_tui.engine.native.projector import Projector
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.native.threads import performance_cores
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.settings import LoadSettings
from refsheet_tui.engine.split_files import model_size
from refsheet_tui.errors import EngineError, RefsheetError, WeightsError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import (
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
class LoadResult:
    """A loaded model. Closing `resources` frees all of it."""

    runner: Runner
    info: ModelInfo
    durations: DurationEstimates
    resources: ExitStack


class ModelLoader:
    """Loads one model once."""

    def __init__(
        self,
        settings: LoadSettings,
        files: CheckedFiles,
        on_progress: Callable[[LoadProgress], bool],
        *,
        all_logits: bool,
    ) -> None:
        """Prepare to load.

        `on_progress` returns False to stop. For `all_logits` see `LlamaContext`.
        """
        # llama.cpp finds the other parts of a model by the name of the first.
        self._settings = replace(settings, model=files.model_files[0])
        self._files = files
        self._all_logits = all_logits
        self._on_progress = on_progress
        self._gpu_fault: GpuFault = ""

    def load(self) -> LoadResult:
        """Load the model on the GPU as far as it fits, and the rest on the processor.

        Raises `WeightsError`, `EngineError`, `LoadStoppedError`.
        """
        self._avoid_gpu_fault()
        settings = self._settings
        shape = ModelShape.from_header(self._files.model_header)
        projector_bytes = settings.mmproj.stat().st_size if settings.mmproj else 0
        estimate = estimate_memory(shape, model_size(settings.model), projector_bytes, settings)
        last_error: RefsheetError = EngineError(_("No model was loaded."), _("Try again."))
        for attempt in offload_attempts(settings, shape, estimate):
            needed_bytes = estimate.total
            if not devices.gpu_shares_memory():
                needed_bytes = memory_beside_gpu(shape, estimate, attempt.layers)
            check_memory(one_line(settings.model.name), needed_bytes, free_memory())
            with ExitStack() as resources:
                try:
                    return self._load(attempt, shape, resources)
                except LoadStoppedError:
                    raise
                except (WeightsError, EngineError) as error:
                    last_error = error
        raise last_error

    def _avoid_gpu_fault(self) -> None:
        gpu = devices.gpu_name() if self._settings.gpu_layers != 0 else None
        if gpu is None:
            return
        self._gpu_fault = find_gpu_fault(gpu)
        if self._gpu_fault == "text":
            self._settings = replace(self._settings, gpu_layers=0)
        elif self._gpu_fault == "pictures":
            self._settings = replace(self._settings, projector_on_gpu=False)

    def _load(self, attempt: OffloadAttempt, shape: ModelShape, resources: ExitStack) -> LoadResult:
        settings = self._settings
        device = (devices.gpu_name() if attempt.layers else None) or CPU_DEVICE
        caches = ModelCaches(settings, device)
        progress = _CombinedProgress(settings, caches.durations.estimate("load"), self._on_progress)
        threads = settings.threads or performance_cores()
        model = LlamaModel(settings, progress.report_model, gpu_layers=attempt.layers)
        resources.callback(model.close)
        projector = self._load_projector(model, threads, progress, resources)
        picture_tokens = projector.picture_tokens if projector else 0
        tokenizer = Tokenizer(model, self._files.model_header, picture_tokens)
        for part in _TURN_TOKENS + (_PICTURE_TOKENS if projector else ()):
            tokenizer.control_token(part.token)
        context = LlamaContext(
            model,
            settings,
            threads=threads,
            picture_tokens=picture_tokens,
            pads_batches=should_pad_batches(model.repacked_bytes, self._files.model_header),
            all_logits=self._all_logits,
        )
        resources.callback(context.close)
        info = ModelInfo(
            name=one_line(self._files.model_header.get_text("general.name")) or settings.model.stem,
            is_demo=self._files.model_header.metadata.get(_DEMO_KEY) is True,
            context_size=context.size,
            picture_size=projector.picture_size if projector else 0,
            picture_tokens=picture_tokens,
            device=device,
            gpu_layers=attempt.layers,
            layers=shape.layers + 1,
            gpu_share=attempt.share,
            gpu_fault=self._gpu_fault,
            is_instruction_tuned=is_instruction_tuned(self._files.model_header, settings.model),
        )
        snapshots = caches.open_snapshot_store(context.size, context.sliding_window)
        if snapshots is not None:
            resources.callback(snapshots.close)
        picture_encoder = None
        if projector is not None:
            embedding_cache = caches.open_embedding_cache(
                (picture_tokens, model.embedding_width), on_gpu=projector.uses_gpu
            )
            picture_encoder = PictureEncoder(projector, embedding_cache, caches.durations)
            resources.callback(picture_encoder.close)
        kv = KVCache(context)
        prefix_cache = PrefixCache(kv, snapshots, tokenizer.token_to_piece)
        runner = Runner(model, picture_encoder, tokenizer, kv, prefix_cache, caches.durations)
        return LoadResult(runner, info, caches.durations, resources.pop_all())

    def _load_projector(
        self, model: LlamaModel, threads: int, progress: _CombinedProgress, resources: ExitStack
    ) -> Projector | None:
        header = self._files.mmproj_header
        if header is None:
            return None
        projector = Projector(
            model,
            self._settings,
            picture_size=header.get_integer("clip.vision.image_size"),
            threads=threads,
            on_progress=progress.report_mmproj,
        )
        resources.callback(projector.close)
        return projector


def should_pad_batches(repacked_bytes: int, header: GgufHeader) -> bool:
    """Return whether to pad batches to whole rows: if most layers' weights were repacked.

    Embeddings don't count, however large they are: they are not multiplied with every token.
    """
    layer_bytes = sum(
        tensor.size for name, tensor in header.tensors.items() if name.startswith("blk.")
    )
    return repacked_bytes > layer_bytes / 2


class _CombinedProgress:
    """The progress of loading two files, each with a share by its size."""

    def __init__(
        self,
        settings: LoadSettings,
        expected_s: float | None,
        on_progress: Callable[[LoadProgress], bool],
    ) -> None:
        model_bytes = model_size(settings.model)
        mmproj_bytes = settings.mmproj.stat().st_size if settings.mmproj else 0
        self._model_share = model_bytes / (model_bytes + mmproj_bytes)
        self._expected_s = expected_s
        self._on_progress = on_progress

    def report_model(self, fraction: float) -> bool:
        return self._report(self._model_share * fraction)

    def report_mmproj(self, fraction: float) -> bool:
        return self._report(self._model_share + (1 - self._model_share) * fraction)

    def _report(self, fraction: float) -> bool:
        return self._on_progress(LoadProgress(fraction, self._expected_s))
