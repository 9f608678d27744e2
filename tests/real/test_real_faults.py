"""The bound on reuse finds one wrong token of a conversation, on these weights."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from helpers.cold_runs import ColdReader, read, runner
from helpers.figures import Figures
from helpers.talks import QUESTIONS, model, prompt_of, user
from refsheet_tui.engine.native.context import Context
from refsheet_tui.engine.native.session import Session

PROMPT = prompt_of([user(QUESTIONS[0]), model("Come in. Mind the stairs."), user(QUESTIONS[5])])
# A word that stands nowhere in the prompt.
ANOTHER = "Tuesday"


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_one_wrong_token(
    session: Session,
    cold: ColdReader,
    figures: Figures,
    monkeypatch: pytest.MonkeyPatch,
    part: float,
) -> None:
    kv = runner(session)._kv
    length = sum(part.positions for part in session.tokenize(PROMPT))
    # Further back than the window, most layers see nothing that could be wrong: the demo's window
    # is shorter than the prompt.
    seen = min(length, kv.context.window or length)
    place = length - seen + int(part * seen)
    question = session.tokenize(prompt_of([user(ANOTHER)]))
    wrong = next(part for part in question if part.text.endswith(ANOTHER)).tokens[-1]
    original = Context.read_tokens

    def read_wrong(
        self: Context, tokens: Sequence[int], position: int, *, want_logits: bool
    ) -> bool:
        changed = [wrong if position + i == place else token for i, token in enumerate(tokens)]
        return original(self, changed, position, want_logits=want_logits)

    kv.forget()
    with monkeypatch.context() as patched:
        patched.setattr(Context, "read_tokens", read_wrong)
        read(session, PROMPT)
    comparison = cold.compare(session, PROMPT)
    kv.forget()
    figures.add(
        f"KL of a fault: token {place} of {length} is wrong",
        f"{comparison.kl:.5f}",
        f"more than {comparison.bound:.5f}",
    )
    assert not comparison.agrees, comparison
