"""Variables of texts with macros: `{{setvar::mood::calm}}` and `{{getvar::mood}}`."""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping

from refsheet_tui.prompting.macro_budget import MacroBudget

Variables = MutableMapping[str, str]
"""The values of variables, by their names."""

_GLOBAL = "global"


def _get(variables: Variables, name: str, value: str) -> str:
    return variables.get(name, "")


def _set(variables: Variables, name: str, value: str) -> str:
    variables[name] = value
    return ""


def _set_default(variables: Variables, name: str, value: str) -> str:
    variables.setdefault(name, value)
    return ""


def _add(variables: Variables, name: str, value: str) -> str:
    """Add a number to a number, or a text behind a text."""
    old_value = variables.get(name, "")
    numbers = [_as_number(old_value or "0"), _as_number(value)]
    if None in numbers:
        variables[name] = old_value + value
    else:
        total = math.fsum(number for number in numbers if number is not None)
        variables[name] = str(int(total)) if total.is_integer() else str(total)
    return ""


def _increase(variables: Variables, name: str, value: str) -> str:
    _add(variables, name, "1")
    return variables[name]


def _decrease(variables: Variables, name: str, value: str) -> str:
    _add(variables, name, "-1")
    return variables[name]


def _as_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None


_ACTIONS: dict[str, Callable[[Variables, str, str], str]] = {
    "getvar": _get,
    "setvar": _set,
    "setdefaultvar": _set_default,
    "addvar": _add,
    "incvar": _increase,
    "decvar": _decrease,
}
VARIABLE_MACROS = frozenset({*_ACTIONS, *(name.replace("var", "globalvar") for name in _ACTIONS)})
"""The names of the macros that read or change variables, in lower case."""


def use_variable(macro: str, argument: str, variables: Variables, budget: MacroBudget) -> str:
    """Read or change a variable, as long as the budget lasts.

    Args:
        macro: One of `VARIABLE_MACROS`.
        argument: The name of the variable, and its value behind two colons.
        variables: The variables, which are changed. Global ones have names of their own.
        budget: What macros may cost.

    Returns:
        What stands in the place of the macro.
    """
    name, _, value = argument.partition("::")
    key = f"{_GLOBAL if _GLOBAL in macro else ''}:{name.strip()}"
    if not budget.take_characters(len(variables.get(key, "")) + len(value)):
        return ""
    return _ACTIONS[macro.replace(_GLOBAL, "")](variables, key, value.strip())
