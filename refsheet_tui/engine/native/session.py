"""What is loaded in this process: at most one model, with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import Event, Loading, ModelInfo
from refsheet_tui.engine.native import library
from refsheet_tui.engine.native.context import Context, Floats
from refsheet_tui.engine.native.eye import Eye
from refsheet_tui.engine.native.files import Files, check_files
from refsheet_tui.engine.native.kept import Kept
from refsheet_tui.engine.native.kv import KVCache
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.model import Model
from refsheet_tui.engine.native.projector import Projector
from refsheet_tui.engine.native.recall import Recall
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.native.stop import Stop
from refsheet_tui.engine.native.threads import performance_cores
from refsheet_tui.engine.native.tokenizer import Tokenizer
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.errors import EngineError
from refsheet_tui.prompting import Prompt
from refsheet_tui.prompting.turns import (
    BOS,
    END_OF_IMAGE,
    END_OF_TURN,
    START_OF_IMAGE,
    START_OF_TURN,
)
from refsheet_tui.text import one_line

_TURN_TOKENS = (BOS, START_OF_TURN, END_OF_TURN)
_PICTURE_TOKENS = (START_OF_IMAGE, END_OF_IMAGE)
_DEMO_KEY = "refsheet.demo"


class Session:
    """Loads, and passes requests on to what is loaded."""

    def __init__(self, *, all_logits: bool = False) -> None:
        """`all_logits`: see `Context`."""
        self._all_logits = all_logits
        self._runner: Runner | None = None
        self._owned = ExitStack()
        self._load_s = 0.0

    def load(self, settings: LoadSettings, on_progress: Callable[[Loading], bool]) -> ModelInfo:
        """Load in place of what was loaded. `on_progress` returns whether to go on.

        Raises `WeightsError` (files that are no good leave what was loaded as it is),
        `EngineError`, `LoadStoppedError`.
        """
        begin = monotonic()
        files = check_files(settings)
        self.close()
        with ExitStack() as owned:
            kept = Kept(settings, _device(settings))
            owned.callback(kept.close)
            shares = _Shares(settings, kept.speeds.expected("load"), on_progress)
            runner, info = self._load(settings, files, kept, shares, owned)
            self._owned = owned.pop_all()
        self._runner = runner
        self._load_s = monotonic() - begin
        kept.speeds.learn("load", self._load_s)
        return info

    def generate(
        self, prompt: Prompt, settings: GenerationSettings, meter: Meter, stop: Stop
    ) -> Iterator[Event]:
        """See `Runner.generate`."""
        meter.load_s = self._load_s
        return self._loaded().generate(prompt, settings, meter, stop)

    def prewarm(self, prompt: Prompt, meter: Meter, stop: Stop) -> Iterator[Event]:
        """See `Runner.prewarm`."""
        return self._loaded().prewarm(prompt, meter, stop)

    def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """See `Runner.tokenize`."""
        return self._loaded().tokenize(prompt)

    def logits(self, prompt: Prompt) -> Iterator[Floats]:
        """See `Runner.logits`."""
        return self._loaded().logits(prompt)

    def snapshot(self) -> None:
        """See `Runner.snapshot`. Does nothing when nothing is loaded."""
        if self._runner is not None:
            self._runner.snapshot()

    def flush(self) -> None:
        """See `Runner.flush`."""
        if self._runner is not None:
            self._runner.flush()

    def close(self) -> None:
        """Free what is loaded."""
        self._runner = None
        self._owned.close()

    def _loaded(self) -> Runner:
        if self._runner is None:
            raise EngineError("No model is loaded.", "Load one first.")
        return self._runner

    def _load(
        self,
        settings: LoadSettings,
        files: Files,
        kept: Kept,
        shares: _Shares,
        owned: ExitStack,
    ) -> tuple[Runner, ModelInfo]:
        threads = settings.threads or performance_cores()
        model = Model(settings, shares.model)
        owned.callback(model.close)
        projector = None
        if files.mmproj is not None:
            size = files.mmproj.number("clip.vision.image_size")
            projector = Projector(
                model, settings, picture_size=size, threads=threads, on_progress=shares.mmproj
            )
            owned.callback(projector.close)
        picture_tokens = projector.picture_tokens if projector else 0
        tokenizer = Tokenizer(model, picture_tokens)
        for part in _TURN_TOKENS + (_PICTURE_TOKENS if projector else ()):
            tokenizer.control(part.token)
        context = Context(
            model,
            settings,
            threads=threads,
            picture_tokens=picture_tokens,
            all_logits=self._all_logits,
        )
        owned.callback(context.close)
        info = ModelInfo(
            name=one_line(files.model.text("general.name")) or settings.model.stem,
            is_demo=files.model.metadata.get(_DEMO_KEY) is True,
            context_size=context.size,
            picture_size=projector.picture_size if projector else 0,
            picture_tokens=picture_tokens,
            device=_device(settings),
        )
        eye = None
        if projector is not None:
            shape = (picture_tokens, model.width)
            eye = Eye(projector, kept.embeddings(shape), kept.speeds)
            owned.callback(eye.close)
        kv = KVCache(context)
        recall = Recall(kv, kept.snapshots(context.size, context.window), tokenizer.piece)
        return Runner(model, eye, tokenizer, kv, recall, kept.speeds), info


def _device(settings: LoadSettings) -> str:
    """What computes, in words."""
    return one_line((library.gpu() if settings.gpu_layers != 0 else None) or "CPU")


class _Shares:
    """One progress out of two files, each with the share that is its size."""

    def __init__(
        self,
        settings: LoadSettings,
        expected_s: float | None,
        on_progress: Callable[[Loading], bool],
    ) -> None:
        model = settings.model.stat().st_size
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
