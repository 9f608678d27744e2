"""What is loaded in this process: at most one model, with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic

from refsheet_tui.engine.engine import TokenizedPart
from refsheet_tui.engine.events import Event, Loading, ModelInfo
from refsheet_tui.engine.files import check_files
from refsheet_tui.engine.native.context import Floats
from refsheet_tui.engine.native.loading import Loader
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.runner import Runner
from refsheet_tui.engine.native.stop import Stop
from refsheet_tui.engine.settings import GenerationSettings, LoadSettings
from refsheet_tui.errors import EngineError
from refsheet_tui.i18n import _
from refsheet_tui.prompting import Prompt


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
        loaded = Loader(settings, files, on_progress, all_logits=self._all_logits).load()
        self._runner, self._owned = loaded.runner, loaded.owned
        self._load_s = monotonic() - begin
        loaded.speeds.learn("load", self._load_s)
        return loaded.info

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
        """Free what is loaded; waits for what is being written."""
        self._runner = None
        self._owned.close()

    def _loaded(self) -> Runner:
        if self._runner is None:
            raise EngineError(_("No model is loaded."), _("Load one first."))
        return self._runner
