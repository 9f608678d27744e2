"""A dialog with the entries of a character's lorebook: what triggers each, and why it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from refsheet_tui.characters import (
    EntryExplanation,
    Profile,
    RenderedProfile,
    ScanContext,
    count_estimate,
    explain_lorebook,
    import_notice,
)
from refsheet_tui.i18n import N_, _, join_sentences, ngettext
from refsheet_tui.prompting import language
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.untrusted import clean_text, one_line

_MAX_PREVIEW = 200  # characters of an entry's text


class LorebookScreen(TranslatedScreen[None], ModalScreen[None]):
    """Shows every entry, and what a message that the user tries would trigger.

    Until the model has counted the tokens, they are estimates.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", N_("Close")),
        Binding("up", "scroll_entries(-1)", show=False),
        Binding("down", "scroll_entries(1)", show=False),
        Binding("pageup", "scroll_entries(-10)", show=False),
        Binding("pagedown", "scroll_entries(10)", show=False),
    ]

    def __init__(self, profile: Profile, session: Session) -> None:
        """Show the lorebook of `profile`; the model of `session` counts its tokens."""
        super().__init__()
        self._profile_name = profile.name
        self._session = session
        self._lorebook = RenderedProfile(profile, language(profile.language)).lorebook()
        self._texts = tuple(entry.content for entry in self._lorebook.entries)
        self._counts = {text: count_estimate(text) for text in self._texts}
        self._are_exact = False

    def compose(self) -> ComposeResult:
        with Vertical(id="lorebook") as box:
            box.border_title = Text(
                _("Lorebook of {name}").format(name=one_line(self._profile_name))
            )
            yield Input(placeholder=_("Type a message to see what it triggers"), id="lorebook-try")
            with VerticalScroll(id="lorebook-entries", can_focus=False):
                yield Static(id="lorebook-list", markup=False)
            yield Static(id="lorebook-summary", markup=False)
            yield Button(_("Close"), variant="primary")

    def on_mount(self) -> None:
        self._show_entries()
        self.query_one(Input).focus()
        self.run_worker(self._count(), exclusive=True)

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show_entries()

    def on_input_changed(self) -> None:
        self._show_entries()

    def on_button_pressed(self) -> None:
        self.dismiss()

    def action_scroll_entries(self, lines: int) -> None:
        self.query_one("#lorebook-entries").scroll_relative(y=lines, animate=False)

    async def _count(self) -> None:
        counts = await self._session.count_texts(self._texts)
        if counts is not None:
            self._counts, self._are_exact = counts, True
            self._show_entries()

    def _show_entries(self) -> None:
        tried_text = clean_text(self.query_one(Input).value).strip()
        context = ScanContext([tried_text] if tried_text else [])
        size = self._session.context_size
        entries = explain_lorebook(self._lorebook, context, self._counts, size)
        is_tried = bool(tried_text)
        lines = Text()
        for entry in entries:
            self._append_entry(lines, entry, is_reason_shown=is_tried or entry.is_notable)
        lines.rstrip()
        self.query_one("#lorebook-list", Static).update(lines)
        self.query_one("#lorebook-summary", Static).update(self._summary(entries))

    def _append_entry(
        self, lines: Text, explanation: EntryExplanation, *, is_reason_shown: bool
    ) -> None:
        entry = explanation.entry
        lines.append(one_line(entry.label), "bold")
        lines.append(f" · {self._format_tokens(explanation.tokens)}\n", "dim")
        text = one_line(entry.content)
        preview = text if len(text) <= _MAX_PREVIEW else f"{text[:_MAX_PREVIEW].rstrip()}…"
        lines.append(f"  {preview}\n")
        lines.append(f"  {_('Trigger: {trigger}').format(trigger=explanation.trigger)}\n", "dim")
        if is_reason_shown:
            style = "green" if explanation.is_told else "yellow"
            lines.append(f"  {explanation.reason}\n", style)
        lines.append("\n")

    def _format_tokens(self, tokens: int) -> str:
        text = ngettext("{count} token", "{count} tokens", tokens).format(count=f"{tokens:,}")
        return text if self._are_exact else f"~{text}"

    def _summary(self, entries: Sequence[EntryExplanation]) -> str:
        told = [each for each in entries if each.is_told]
        summary = _("Told: {count} of {total} entries, {used} of {budget} tokens.").format(
            count=len(told),
            total=len(self._lorebook.entries),
            used=f"{'' if self._are_exact else '~'}{sum(each.tokens for each in told):,}",
            budget=f"{self._lorebook.budget_in(self._session.context_size):,}",
        )
        return join_sentences(summary, import_notice(self._lorebook))
