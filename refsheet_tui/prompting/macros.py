"""Replacing the macros of character cards, such as `{{char}}`, by names."""

from __future__ import annotations

import re

# By the specification of character cards, in upper or lower case. Some authors write blanks inside.
_MACROS = re.compile(r"\{\{\s*(char|user)\s*\}\}|<(bot|user)>", re.IGNORECASE)
# Stands for the default text of the program, which is in the prompt here in any case.
_ORIGINAL = re.compile(r"\{\{\s*original\s*\}\}", re.IGNORECASE)
_START = re.compile(r"^[ \t]*<START>[ \t]*$", re.IGNORECASE | re.MULTILINE)


def substitute_macros(text: str, character_name: str, user_name: str) -> str:
    """Return `text` with its macros replaced.

    `{{char}}` and `<BOT>` become `character_name`, and `{{user}}` and `<USER>` become `user_name`.
    A line `<START>`, which separates examples, becomes an empty line, and `{{original}}` is
    removed. Macros inside of the names are not replaced.
    """

    def name(match: re.Match[str]) -> str:
        return user_name if (match[1] or match[2]).lower() == "user" else character_name

    return _MACROS.sub(name, _ORIGINAL.sub("", _START.sub("", text)))
