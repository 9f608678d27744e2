"""Screens that can change their language while they are open."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from textual.binding import ActiveBinding, Binding
from textual.screen import Screen

from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.garbage import let_go

Result = TypeVar("Result")

# Texts that Textual itself puts into the footer of every screen.
TEXTUAL_TEXTS = (N_("Open the command palette"),)
_TEXTUAL_LABELS = {"palette": N_("Palette")}


class TranslatedScreen(Screen[Result]):
    """A screen in the user's language, including the descriptions of its keys."""

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        return {
            key: active._replace(
                binding=replace(
                    active.binding,
                    description=_(self.describe_key(active.binding)),
                    tooltip=_(active.binding.tooltip),
                ),
                tooltip=_(active.tooltip),
            )
            for key, active in super().active_bindings.items()
        }

    def on_unmount(self) -> None:
        let_go(self.app)

    def describe_key(self, binding: Binding) -> str:
        """Return what a key does at present, in English.

        A screen with keys whose meaning changes overrides this.
        """
        return _TEXTUAL_LABELS.get(binding.description, binding.description)

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
