"""Parts of the interface that work without a screen."""

from __future__ import annotations

from datetime import datetime

import pytest

from refsheet_tui.tui.relative_time import relative_time
from refsheet_tui.tui.widgets.code_blocks import code_blocks


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("2026-05-10 12:00:00", "just now"),
        ("2026-05-10 11:59:00", "1 minute ago"),
        ("2026-05-10 11:01:00", "59 minutes ago"),
        ("2026-05-10 11:00:00", "1 hour ago"),
        ("2026-05-10 00:30:00", "11 hours ago"),
        ("2026-05-09 11:00:00", "yesterday"),
        ("2026-05-08 23:00:00", "2 days ago"),
        ("2026-05-01 12:00:00", "2026-05-01"),
        ("2026-05-10 13:00:00", "just now"),  # a clock that was set back
    ],
)
def test_how_long_ago(then: str, words: str) -> None:
    now = datetime.fromisoformat("2026-05-10 12:00:00").timestamp()
    assert relative_time(datetime.fromisoformat(then).timestamp(), now) == words


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no code", []),
        ("`inline`", []),
        ("```\na\n```", ["a"]),
        ("x\n```python\na\n\nb\n```\ny\n~~~\nc\n~~~", ["a\n\nb", "c"]),
        ("````\n```\na\n```\n````", ["```\na\n```"]),
        ("```\ncut off", ["cut off"]),
        ("```\n```", [""]),
        ("  ```\n  a\n  ```", ["  a"]),
    ],
)
def test_code_in_what_was_said(text: str, blocks: list[str]) -> None:
    assert code_blocks(text) == blocks
