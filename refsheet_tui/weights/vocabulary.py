"""Checking that a model has Gemma's control tokens and turn format."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.engine import (
    NOT_INSTRUCTION_TUNED,
    GgufHeader,
    find_strings,
    is_instruction_tuned,
    read_integer,
)
from refsheet_tui.errors import WeightsError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import (
    BOS,
    END_OF_IMAGE,
    END_OF_TURN,
    START_OF_IMAGE,
    START_OF_TURN,
)
from refsheet_tui.untrusted import one_line
from refsheet_tui.weights.findings import CheckResult, Finding

_TURNS = (BOS.token, START_OF_TURN.token, END_OF_TURN.token)
_PICTURES = (START_OF_IMAGE.token, END_OF_IMAGE.token)
# llama.h, enum llama_token_type
_CONTROL = 3
_TAKE_ANOTHER_FILE = N_("Choose another file for this model: its tokenizer isn't Gemma 3's.")


def check_tokens(path: Path, model: GgufHeader, *, sees_pictures: bool) -> Finding:
    """Check that the tokenizer has Gemma's control tokens. Raises `WeightsError` if one is missing.

    A control token that the file marks as plain text is only noted: it would let the user's text
    forge a turn, but the engine never reads text as control tokens.
    """
    required_tokens = _TURNS + (_PICTURES if sees_pictures else ())
    tokens = model.arrays.get("tokenizer.ggml.tokens")
    types = model.arrays.get("tokenizer.ggml.token_type")
    if tokens is None or types is None:
        raise WeightsError(_("The file has no tokenizer."), _(_TAKE_ANOTHER_FILE))
    token_ids = find_strings(path, tokens, required_tokens)
    missing_tokens = [name for name in required_tokens if name not in token_ids]
    if missing_tokens:
        raise WeightsError(
            _("The tokenizer is missing {tokens}.").format(tokens=", ".join(missing_tokens)),
            _(_TAKE_ANOTHER_FILE),
        )
    plain_text_tokens = [
        name for name in required_tokens if read_integer(path, types, token_ids[name]) != _CONTROL
    ]
    if plain_text_tokens:
        return Finding(
            _(
                "{tokens} are marked as plain text, but the engine still treats them as "
                "control tokens"
            ).format(tokens=", ".join(plain_text_tokens)),
            CheckResult.NOTED,
        )
    return Finding(", ".join(required_tokens))


def check_tuning(model: GgufHeader, path: Path) -> Finding:
    """Check that the model is instruction-tuned. Others can be used, so that is only noted."""
    if is_instruction_tuned(model, path):
        return Finding(_("instruction-tuned"))
    return Finding(_(NOT_INSTRUCTION_TUNED).format(model=one_line(path.name)), CheckResult.NOTED)


def check_template(model: GgufHeader) -> Finding:
    """Check that the chat template has Gemma's turn format. Raises `WeightsError` if not.

    The engine doesn't use the template, but a template without the format means another model.
    """
    template = model.get_text("tokenizer.chat_template")
    if not template:
        return Finding(_("none; the engine applies Gemma's turn format itself"), CheckResult.NOTED)
    if START_OF_TURN.token not in template:
        raise WeightsError(
            _("The chat template doesn't use Gemma's turn format."), _(_TAKE_ANOTHER_FILE)
        )
    return Finding(_("Gemma's turn format"))
