"""Headings, quotes and code are legible in the light, the dark and the ANSI themes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import ColorType
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.color import Color

from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.themes import DARK, LIGHT
from refsheet_tui.tui.widgets.prose import Prose

_TEXT = """\
# A heading
Words, `code`, **bold**, [label](http://a.b)
> A quote

1. One

| a | b |
|---|---|
| 1 | 2 |

---

```python title
# comment
def fly(kite: str) -> int:
    return "wind" + 3
```
"""
_STYLES = [Path(inspect.getfile(RefsheetApp)).parent / str(path) for path in RefsheetApp.CSS_PATH]
# WCAG 2.2, success criterion 1.4.3, for text of usual size.
_LEAST_CONTRAST = 4.5


class ProseApp(App[None]):
    """An app that shows Markdown with the styles of the screens."""

    def compose(self) -> ComposeResult:
        yield Prose(_TEXT)


async def drawn_in(theme: str) -> list[Segment]:
    """Return what is drawn of the text in a theme."""
    app = ProseApp(css_path=[*_STYLES])
    app.register_theme(DARK)
    app.register_theme(LIGHT)
    async with app.run_test(size=(60, 40)) as pilot:
        app.theme = theme
        await pilot.pause()
        return list(_words(app.query_one(Prose)))


def _words(prose: Prose) -> Iterator[Segment]:
    for y in range(prose.size.height):
        yield from (each for each in prose.render_line(y) if each.text.strip())


@pytest.mark.parametrize("theme", [DARK.name, LIGHT.name])
async def test_all_of_it_is_legible(theme: str) -> None:
    segments = await drawn_in(theme)
    grounds = set()
    for segment in segments:
        assert segment.style is not None and segment.style.color and segment.style.bgcolor
        ground = Color.from_rich_color(segment.style.bgcolor)
        ink = Color.from_rich_color(segment.style.color)
        assert _contrast(ink, ground) >= _LEAST_CONTRAST, segment
        grounds.add(ground)
    assert len(grounds) == 2, "code stands on a ground of its own"


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_ansi_themes_use_the_terminal_s_own_colors(theme: str) -> None:
    types = {ColorType.DEFAULT, ColorType.STANDARD}
    for segment in await drawn_in(theme):
        style = segment.style
        assert style is not None and style.color and style.bgcolor
        assert style.color.type in types and style.bgcolor.type is ColorType.DEFAULT, segment
        # Blue is hardly legible on the black of many terminals.
        assert style.color.number != 4, segment


def _contrast(first: Color, second: Color) -> float:
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    channels = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in color.normalized
    )
    return sum(w * value for w, value in zip((0.2126, 0.7152, 0.0722), channels, strict=True))
