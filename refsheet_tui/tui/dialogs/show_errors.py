"""Showing errors of handlers in a dialog, so that the screens survive them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from textual.dom import DOMNode

from refsheet_tui.errors import RefsheetError
from refsheet_tui.tui.dialogs.error import ErrorScreen

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[None]])


def show_errors(handler: Handler) -> Handler:
    """Decorate a handler of a widget, a screen or the app, so that a dialog shows its errors."""

    @wraps(handler)
    async def handle(self: DOMNode, *arguments: Any) -> None:
        try:
            await handler(self, *arguments)
        except RefsheetError as error:
            self.app.push_screen(ErrorScreen(error))

    return handle  # type: ignore[return-value]
