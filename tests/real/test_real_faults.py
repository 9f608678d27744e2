"""The bound on reuse finds one wrong token of a conversation, with these weights."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from helpers.cold_runs import ColdReader, read, runner
from helpers.figures import Figures
from helpers.talks import QUESTIONS, model, prompt_of, user
from refsheet_tui.engine.native.llama_context import LlamaContext
from refsheet_tui.engine.native.loaded_model import LoadedModel

PROMPT = prompt_of([user(QUESTIONS[0]), model("Come in. Mind the stairs."), user(QUESTIONS[5])])
# A word that does not occur in the prompt.
ANOTHER = "Tuesday"


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_one_wrong_token(
    session: LoadedModel,
    cold: ColdReader,
    figures: Figures,
    monkeypatch: pytest.MonkeyPatch,
    part: float,
) -> None:
    kv = runner(session)._kv
    length = sum(part.positions for part in session.tokenize(PROMPT))
    # Most layers don't see further back than the window, so a fault there would not show. The
    # demo's window is shorter than the prompt.
    seen = min(length, kv.context.sliding_window or length)
    place = length - seen + int(part * seen)
    question = session.tokenize(prompt_of([user(ANOTHER)]))
    wrong = next(part for part in question if part.text.endswith(ANOTHER)).tokens[-1]
    original = LlamaContext.read_tokens

    def read_wrong(
        self: LlamaContext, tokens: Sequence[int], position: int, *, want_logits: bool
    ) -> bool:
        changed = [wrong if position + i == place else token for i, token in enumerate(tokens)]
        return original(self, changed, position, want_logits=want_logits)

    kv.clear()
    with monkeypatch.context() as patched:
        patched.setattr(LlamaContext, "read_tokens", read_wrong)
        read(session, PROMPT)
    comparison = cold.compare(session, PROMPT)
    kv.clear()
    figures.add(
        f"KL of a fault: token {place} of {length} is wrong",
        f"{comparison.kl:.5f}",
        f"more than {comparison.bound:.5f}",
    )
    assert not comparison.agrees, comparison
