"""RefSheet's own themes, in the colors of paper and ink: one light, one dark."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="refsheet-dark",
    primary="#e8a87c",
    secondary="#85b8cb",
    accent="#f2cc8f",
    foreground="#ece7df",
    background="#1b1a20",
    surface="#232229",
    panel="#2c2a33",
    success="#8fbc94",
    warning="#f2cc8f",
    error="#e27d7a",
    dark=True,
)
LIGHT = Theme(
    name="refsheet-light",
    primary="#b4562b",
    secondary="#2f6f8f",
    accent="#9c6b12",
    foreground="#2b2733",
    background="#faf6ee",
    surface="#f3ede1",
    panel="#e9e1d1",
    success="#3c7d46",
    warning="#9c6b12",
    error="#b23a37",
    dark=False,
)
