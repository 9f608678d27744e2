"""Replies that remember how they were computed.

Not only the words can be compared but every logit that they were chosen by, bit for bit: words hide
that two replies were computed differently until they part.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from unittest.mock import patch

from helpers.engine_driver import Reply
from refsheet_tui.engine import Finished, GenerationSettings
from refsheet_tui.engine.native import runner
from refsheet_tui.engine.native.context import Context, Floats
from refsheet_tui.engine.native.meter import Meter
from refsheet_tui.engine.native.sampler import Sampler
from refsheet_tui.engine.native.session import Session
from refsheet_tui.engine.native.stop import Stop
from refsheet_tui.prompting import Prompt

SAMPLED = GenerationSettings(temperature=1.2, top_k=0, top_p=1.0)


class WatchedSampler(Sampler):
    """Hashes the logits by which it chooses."""

    seen = hashlib.sha256()

    def first(self, logits: Floats) -> int:
        self.seen.update(logits.tobytes())
        return super().first(logits)

    def next(self, context: Context) -> int:
        self.seen.update(context.logits().tobytes())
        return super().next(context)


class Told(Reply):
    """A reply with the hash of all logits that it was chosen by."""

    logits: str = ""


def told(session: Session, prompt: Prompt, seed: int, tokens: int = 40) -> Told:
    WatchedSampler.seen = hashlib.sha256()
    wanted = replace(SAMPLED, seed=seed, max_new_tokens=tokens)
    with patch.object(runner, "Sampler", WatchedSampler):
        reply = Told(list(session.generate(prompt, wanted, Meter(), Stop())))
    assert isinstance(reply.events[-1], Finished)
    reply.logits = WatchedSampler.seen.hexdigest()
    return reply
