"""The demo as a model that is not instruction-tuned."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.paths import demo_model

_KEY = b"tokenizer.chat_template"


def pretrained_model(path: Path) -> Path:
    """Write a model that loads but has no chat template, and whose name says nothing either."""
    data = demo_model().read_bytes()
    assert data.count(_KEY) == 1
    path.write_bytes(data.replace(_KEY, _KEY[:-1] + b"_"))
    return path
