"""Names in texts that were written for any person and any character."""

from __future__ import annotations

import re

# The specification of character cards; in any case, and with blanks inside as some write them.
_MACROS = re.compile(r"\{\{\s*(char|user)\s*\}\}|<(bot|user)>", re.IGNORECASE)
# What would stand there without the card; here that is said in any case.
_ORIGINAL = re.compile(r"\{\{\s*original\s*\}\}", re.IGNORECASE)
_START = re.compile(r"^[ \t]*<START>[ \t]*$", re.IGNORECASE | re.MULTILINE)


def substituted(text: str, character: str, person: str) -> str:
    """`{{char}}`, `{{user}}`, `<BOT>` and `<USER>` by the names; `<START>`, which parts examples,
    by an empty line; `{{original}}` by nothing. What the names hold is not looked through again."""

    def name(found: re.Match[str]) -> str:
        return person if (found[1] or found[2]).lower() == "user" else character

    return _MACROS.sub(name, _ORIGINAL.sub("", _START.sub("", text)))
