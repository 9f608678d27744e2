"""Screens that can change their language while they are open."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from textual.binding import ActiveBinding
from textual.screen import Screen

from refsheet_tui.i18n import N_, _

Result = TypeVar("Result")

# Texts that Textual itself puts into the footer of every screen.
TEXTUAL_TEXTS = (N_("palette"), N_("Open the command palette"))


class TranslatedScreen(Screen[Result]):
    """A screen in the user's language, including the descriptions of its keys."""

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
        """Build the screen again in another language, and restore its fields.

        A screen with other state that would be lost overrides this.
        """
        from refsheet_tui.tui.translation.field_values import (
            FieldValues,  # imported here because it imports every kind of field
        )

        fields = FieldValues(self)
        await self.recompose()
        fields.restore(self)
        self.refresh_bindings()
