"""Does a model's tokenizer know Gemma's turns, and keep them from what a person types?"""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.engine.gguf_header import GgufHeader, find_strings, integer_at
from refsheet_tui.engine.tuning import NOT_TUNED, is_instruction_tuned
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting.turns import (
    BOS,
    END_OF_IMAGE,
    END_OF_TURN,
    START_OF_IMAGE,
    START_OF_TURN,
)
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.findings import Finding, Verdict

_TURNS = (BOS.token, START_OF_TURN.token, END_OF_TURN.token)
_PICTURES = (START_OF_IMAGE.token, END_OF_IMAGE.token)
# llama.h, enum llama_token_type
_CONTROL = 3
_ANOTHER = N_("Take another file of this model: its tokenizer is not Gemma 3's.")


def check_tokens(path: Path, model: GgufHeader, *, sees_pictures: bool) -> Finding:
    """Raises `WeightsError` for a token that is missing. One that is typed as ordinary text, so
    that a person could forge a turn, is kept apart by the engine."""
    wanted = _TURNS + (_PICTURES if sees_pictures else ())
    tokens = model.arrays.get("tokenizer.ggml.tokens")
    types = model.arrays.get("tokenizer.ggml.token_type")
    if tokens is None or types is None:
        raise WeightsError(_("It has no tokenizer."), _(_ANOTHER))
    found = find_strings(path, tokens, wanted)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise WeightsError(
            _("Its tokenizer lacks {tokens}.").format(tokens=", ".join(missing)), _(_ANOTHER)
        )
    ordinary = [name for name in wanted if integer_at(path, types, found[name]) != _CONTROL]
    if ordinary:
        return Finding(
            _(
                "{tokens} typed as ordinary text; the engine treats them as control tokens all the "
                "same"
            ).format(tokens=", ".join(ordinary)),
            Verdict.NOTED,
        )
    return Finding(", ".join(wanted))


def check_tuning(model: GgufHeader, path: Path) -> Finding:
    """Return whether the model answers. One that does not is usable all the same."""
    if is_instruction_tuned(model, path):
        return Finding(_("instruction-tuned"))
    return Finding(_(NOT_TUNED).format(model=one_line(path.name)), Verdict.NOTED)


def check_template(model: GgufHeader) -> Finding:
    """The engine writes turns itself; a template that knows none is a sign of another model."""
    template = model.text("tokenizer.chat_template")
    if not template:
        return Finding(_("none; the engine writes Gemma's turns itself"), Verdict.NOTED)
    if START_OF_TURN.token not in template:
        raise WeightsError(_("Its chat template does not know Gemma's turns."), _(_ANOTHER))
    return Finding(_("Gemma's turns"))
