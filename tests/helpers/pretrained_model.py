"""The demo as it would be if nobody had tuned it to answer."""

from __future__ import annotations

from pathlib import Path

from refsheet_tui.paths import demo_model

_KEY = b"tokenizer.chat_template"


def pretrained_model(path: Path) -> Path:
    """Write a model that loads, has no chat template, and is called nothing that says more."""
    data = demo_model().read_bytes()
    assert data.count(_KEY) == 1
    path.write_bytes(data.replace(_KEY, _KEY[:-1] + b"_"))
    return path
