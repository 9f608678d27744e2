"""Screens that say everything in the language of the moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from textual.binding import ActiveBinding
from textual.screen import Screen

from refsheet_tui.i18n import _

Result = TypeVar("Result")


class Translated(Screen[Result]):
    """What its keys do is told in the person's language, in the footer and wherever else they are
    listed."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        return {
            key: active._replace(
                binding=replace(active.binding, description=_(active.binding.description)),
                tooltip=_(active.tooltip),
            )
            for key, active in super().active_bindings.items()
        }

    async def retranslate(self) -> None:
        """The language has changed. A screen that holds what is nowhere else does it by itself."""
        await self.recompose()
        self.refresh_bindings()
