"""Screens that say everything in the language of the moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from textual.binding import ActiveBinding
from textual.screen import Screen

from refsheet_tui.i18n import N_, _

Result = TypeVar("Result")

# What Textual says by itself at the foot of every screen.
TEXTUALS = (N_("palette"), N_("Open the command palette"))


class Translated(Screen[Result]):
    """What its keys do is told in the person's language, in the footer and wherever else they are
    listed."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        return {
            key: active._replace(
                binding=replace(
                    active.binding,
                    description=_(active.binding.description),
                    tooltip=_(active.binding.tooltip),
                ),
                tooltip=_(active.tooltip),
            )
            for key, active in super().active_bindings.items()
        }

    async def retranslate(self) -> None:
        """The language has changed. What stands in fields stays; a screen that shows more which is
        nowhere else brings that back by itself."""
        from refsheet_tui.tui.translation.field_values import (
            Fields,  # with it come fields of every kind
        )

        fields = Fields(self)
        await self.recompose()
        fields.put_back(self)
        self.refresh_bindings()
