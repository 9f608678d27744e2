"""The model that is loaded in this process, with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import EngineEvent, LoadProgress, ModelInfo
from refsheet_tui.engine.file_checks import check_model_files
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.llama_context import Floats
from refsheet_tui.engine.native.model_loader import ModelLoader
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Prompt


class LoadedModel:
    """Loads at most one model, and passes requests on to it."""

    def __init__(self, *, all_logits: bool = False) -> None:
        """Load nothing yet. For `all_logits` see `LlamaContext`."""
        self._all_logits = all_logits
        self._runner: Runner | None = None
        self._resources = ExitStack()
        self._load_s = 0.0

    def load(
        self, settings: LoadSettings, on_progress: Callable[[LoadProgress], bool]
    ) -> ModelInfo:
        """Load a model in place of the present one. `on_progress` returns False to stop.

        Raises `WeightsError` (if a file is unusable, the present model stays loaded),
        `EngineError`, `LoadStoppedError`.
        """
        begin = monotonic()
        files = check_model_files(settings)
        self.close()
        result = ModelLoader(settings, files, on_progress, all_logits=self._all_logits).load()
        self._runner, self._resources = result.runner, result.resources
        self._load_s = monotonic() - begin
        result.durations.add_measurement("load", self._load_s)
        return result.info

    def generate(
        self,
        prompt: Prompt,
        settings: GenerationSettings,
        stats: ReplyStats,
        cancel_token: CancelToken,
    ) -> Iterator[EngineEvent]:
        """Generate a reply; see `Runner.generate`."""
        stats.load_s = self._load_s
        return self._require_runner().generate(prompt, settings, stats, cancel_token)

    def prewarm(
        self, prompt: Prompt, stats: ReplyStats, cancel_token: CancelToken
    ) -> Iterator[EngineEvent]:
        """Read what a later prompt will begin with; see `Runner.prewarm`."""
        return self._require_runner().prewarm(prompt, stats, cancel_token)

    def tokenize(self, prompt: Prompt) -> tuple[TokenizedPart, ...]:
        """Split a prompt into tokens; see `Runner.tokenize`."""
        return self._require_runner().tokenize(prompt)

    def compute_logits(self, prompt: Prompt) -> Iterator[Floats]:
        """Compute the logits of a prompt; see `Runner.compute_logits`."""
        return self._require_runner().compute_logits(prompt)

    def save_snapshot(self) -> None:
        """Save what was read; see `Runner.save_snapshot`. Does nothing when no model is loaded."""
        if self._runner is not None:
            self._runner.save_snapshot()

    def flush(self) -> None:
        """Wait until everything is on disk; see `Runner.flush`."""
        if self._runner is not None:
            self._runner.flush()

    def close(self) -> None:
        """Free the model, after waiting for what is being written."""
        self._runner = None
        self._resources.close()

    def _require_runner(self) -> Runner:
        if self._runner is None:
            raise EngineError(_("No model is loaded."), _("Load a model first."))
        return self._runner
