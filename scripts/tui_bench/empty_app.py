"""The smallest Textual app, to compare with: `python -m tui_bench.empty_app`."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static

HELLO = "Hello"


class EmptyApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Static(HELLO)


if __name__ == "__main__":
    EmptyApp().run()
