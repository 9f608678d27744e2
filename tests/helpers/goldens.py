"""The output of `scripts/make_goldens.py`, converted to the program's prompts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from refsheet_tui.pictures import PictureView, view
from refsheet_tui.prompting import Prompt, Turn, build_prompt

ROOT = Path(__file__).resolve().parents[2]
DEMO_PICTURE_SIZE = 224


def goldens(name: str) -> list[dict[str, Any]]:
    text = (ROOT / "tests" / "data" / "goldens" / name).read_text(encoding="utf-8")
    loaded: list[dict[str, Any]] = json.loads(text)
    return loaded


def prompt_of(messages: list[dict[str, Any]]) -> Prompt:
    """Convert a conversation in the reference's format to a prompt."""
    system = None
    if messages[0]["role"] == "system":
        system, messages = messages[0]["content"][0]["text"], messages[1:]
    turns = [
        Turn(
            "model" if message["role"] == "assistant" else "user",
            tuple(_content(item) for item in message["content"]),
        )
        for message in messages
    ]
    return build_prompt(turns, system)


def _content(item: dict[str, Any]) -> str | PictureView:
    if item["type"] == "image":
        return view(ROOT / item["path"], DEMO_PICTURE_SIZE, True)
    return str(item["text"])
