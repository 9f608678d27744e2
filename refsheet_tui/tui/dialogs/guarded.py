"""What goes wrong in answer to a key is told in a dialog, and the screens live on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from textual.dom import DOMNode

from refsheet_tui.errors import RefsheetError
from refsheet_tui.tui.dialogs.error import ProblemScreen

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[None]])


def guarded(handler: Handler) -> Handler:
    """A handler of a widget's, a screen's or the app's."""

    @wraps(handler)
    async def handle(self: DOMNode, *arguments: Any) -> None:
        try:
            await handler(self, *arguments)
        except RefsheetError as error:
            self.app.push_screen(ProblemScreen(error))

    return handle  # type: ignore[return-value]
