"""Letting go of what was closed, which Textual and Python would keep for a long time."""

from __future__ import annotations

import gc
from typing import Any
from weakref import WeakSet

from textual.app import App

# Seconds. A collection stops everything for 0.1 s.
_INTERVAL_S = 5.0

_with_garbage: WeakSet[App[Any]] = WeakSet()


def free_memory_regularly(app: App[Any]) -> None:
    """Free the memory of what was closed from now on. To be called once, when the app starts.

    With the thresholds of `raise_gc_thresholds`, Python collects what refers to itself hardly ever.
    """

    def free_if_needed() -> None:
        if app in _with_garbage:
            free_memory(app)

    app.set_interval(_INTERVAL_S, free_if_needed)


def let_go(app: App[Any]) -> None:
    """Free memory soon, because a screen was closed or a reply has ended."""
    _with_garbage.add(app)


def free_memory(app: App[Any]) -> None:
    """Free the memory of closed screens now."""
    _with_garbage.discard(app)
    for node in (app, *app._registry):
        # Textual removes the watchers of closed widgets when the attribute that they watch changes,
        # which may be never.
        for watchers in getattr(node, "__watchers", {}).values():
            watchers[:] = [each for each in watchers if not each[0]._closing]
    gc.collect()
