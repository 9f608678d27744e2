"""Replies that record how they were computed.

Tests can compare not only the texts but all logits, bit for bit. Two replies may be computed
differently for a while before their texts differ.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from unittest.mock import patch

from helpers.engine_driver import Reply
from refsheet_tui.engine import GenerationSettings, ReplyFinished
from refsheet_tui.engine.native import runner
from refsheet_tui.engine.native.cancel_token import CancelToken
from refsheet_tui.engine.native.llama_context import Floats, LlamaContext
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.engine.native.reply_stats import ReplyStats
from refsheet_tui.engine.native.sampler import Sampler
from refsheet_tui.prompting import Prompt

SAMPLED = GenerationSettings(temperature=1.2, top_k=0, top_p=1.0)


class RecordingSampler(Sampler):
    """A sampler that hashes the logits it chooses by."""

    logit_hash = hashlib.sha256()

    def sample_from_logits(self, logits: Floats) -> int:
        self.logit_hash.update(logits.tobytes())
        return super().sample_from_logits(logits)

    def sample_from_context(self, context: LlamaContext) -> int:
        self.logit_hash.update(context.get_logits().tobytes())
        return super().sample_from_context(context)


class RecordedReply(Reply):
    """A reply with the hash of all logits that its tokens were chosen by."""

    logits: str = ""


def record_reply(
    session: LoadedModel, prompt: Prompt, seed: int, tokens: int = 40
) -> RecordedReply:
    RecordingSampler.logit_hash = hashlib.sha256()
    settings = replace(SAMPLED, seed=seed, max_new_tokens=tokens)
    with patch.object(runner, "Sampler", RecordingSampler):
        reply = RecordedReply(list(session.generate(prompt, settings, ReplyStats(), CancelToken())))
    assert isinstance(reply.events[-1], ReplyFinished)
    reply.logits = RecordingSampler.logit_hash.hexdigest()
    return reply
