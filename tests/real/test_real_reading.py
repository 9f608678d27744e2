"""No token is lost, doubled or read twice in a conversation."""

from __future__ import annotations

from helpers.cold_runs import runner
from helpers.figures import Figures
from helpers.talks import QUESTIONS, model, prompt_of, user, write_and_finish
from refsheet_tui.engine.native.cache_contents import ContextUnit, count_positions
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.prompting import Turn

TURNS = 8


def common(one: list[ContextUnit], other: list[ContextUnit]) -> int:
    """Return how many positions two prompts have in common from the first on."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count_positions(one[:count])


def test_no_token_is_lost_doubled_or_read_twice(session: LoadedModel, figures: Figures) -> None:
    """Every comparison with a cold run also compares the text with the contents of the cache."""
    turns: list[Turn] = []
    held: list[ContextUnit] = []
    twice = split_otherwise = 0
    for question in QUESTIONS[:TURNS]:
        turns.append(user(question))
        reply, finished = write_and_finish(session, prompt_of(turns))
        ledger = runner(session)._kv.contents
        now: list[ContextUnit] = list(ledger.units)
        twice += common(held, now) - finished.reused_tokens
        prompt_units = [
            token for part in session.tokenize(prompt_of(turns)) for token in part.tokens
        ]
        split_otherwise += now[: len(prompt_units)] != prompt_units
        spelled = b"".join(
            runner(session)._tokenizer.token_to_piece(unit) for unit in now if isinstance(unit, int)
        )
        texts = "".join(part.text for part in prompt_of(turns).parts if hasattr(part, "text"))
        assert spelled.decode(errors="replace").startswith(texts)
        held = [*now, *ledger.unread_tokens]
        turns.append(model(reply))
    figures.add(f"tokens read twice in {TURNS} turns", twice, "0")
    figures.add(f"prompts of {TURNS} that were split as the model wrote them", split_otherwise)
    assert twice == 0
