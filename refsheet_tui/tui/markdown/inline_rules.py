"""Inline rules that keep every character of a line."""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline, backtick, image, link

from refsheet_tui.untrusted import literal_spans

_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")
# An address up to what may end it in a text, so that no mark in it counts as emphasis.
_ADDRESS = re.compile(r"://[^\s*`<>\[\]]+")


def line_break(state: StateInline, silent: bool) -> bool:
    """Break the line where it was broken, and keep the indentation of the next one."""
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos += 1
    return True


def escape(state: StateInline, silent: bool) -> bool:
    """Show a backslash and the mark behind it, which then has no other meaning."""
    return _keep(state, silent, _ESCAPE)


def address(state: StateInline, silent: bool) -> bool:
    """Show an address such as `https://example.org/_a_` as it is."""
    return _keep(state, silent, _ADDRESS)


class LiteralMarks:
    """Shows the marks of emoticons, names and paths as they are."""

    def __init__(self) -> None:
        self._text = ""
        # The end of the part that each character belongs to.
        self._ends: dict[int, int] = {}

    def __call__(self, state: StateInline, silent: bool) -> bool:
        if state.src is not self._text:
            self._text = state.src
            spans = literal_spans(state.src)
            self._ends = {pos: end for start, end in spans for pos in range(start, end)}
        end = min(self._ends.get(state.pos, 0), state.posMax)
        if end <= state.pos:
            return False
        if not silent:
            state.append_pending(state.src[state.pos : end])
        state.pos = end
        return True


def code(state: StateInline, silent: bool) -> bool:
    """Read code between backticks, and keep the spaces and line breaks in it."""
    start = state.pos
    if not backtick(state, silent):
        return False
    if not silent and state.tokens and not state.pending:
        token = state.tokens[-1]
        length = len(token.markup)
        token.content = state.src[start + length : state.pos - length]
    return True


def link_as_written(state: StateInline, silent: bool) -> bool:
    """Read a link, and show its label and its target with the brackets."""
    if state.src[state.pos] != "[":
        return False
    start, maximum = state.pos, state.posMax
    if not link(state, silent=True):
        return False
    end = state.pos
    if not silent:
        state.pos = start
        label_end = state.md.helpers.parseLinkLabel(state, start, True)
        state.push("label_open", "label", 1)
        state.append_pending("[")
        state.pos, state.posMax = start + 1, label_end
        state.linkLevel += 1
        state.md.inline.tokenize(state)
        state.linkLevel -= 1
        state.push("label_close", "label", -1)
        state.push("target_open", "target", 1)
        state.append_pending(state.src[label_end:end])
        state.push("target_close", "target", -1)
    state.pos, state.posMax = end, maximum
    return True


def image_as_written(state: StateInline, silent: bool) -> bool:
    """Show an image, which a terminal can't fetch, as it was written."""
    start = state.pos
    if not image(state, silent=True):
        return False
    if not silent:
        state.append_pending(state.src[start : state.pos])
    return True


def _keep(state: StateInline, silent: bool, pattern: re.Pattern[str]) -> bool:
    match = pattern.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.append_pending(match[0])
    state.pos = match.end()
    return True
