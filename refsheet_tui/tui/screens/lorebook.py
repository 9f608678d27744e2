"""A dialog with the entries of a character's lorebook: what triggers each, and why it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from refsheet_tui.characters import (
    EntryExplanation,
    Lorebook,
    Profile,
    RenderedProfile,
    ScanContext,
    count_estimate,
    explain_lorebook,
    import_notice,
)
from refsheet_tui.i18n import N_, _, join_sentences, ngettext
from refsheet_tui.prompting import language
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.session import Session
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.paged_list import PagedList
from refsheet_tui.untrusted import clean_text, one_line

# In characters of an entry's text: how many are shown, and how many are looked at for it.
_MAX_PREVIEW, _MAX_READ = 200, 2000


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
        self._profile = profile
        self._session = session
        self._lorebook = Lorebook()
        self._counts: Mapping[str, int] = {}
        self._are_exact = False
        self._searched_text: str | None = None  # what the entries on the screen are explained for
        self._searching = asyncio.Lock()

    def compose(self) -> ComposeResult:
        with Vertical(id="lorebook") as box:
            box.border_title = Text(
                _("Lorebook of {name}").format(name=one_line(self._profile.name))
            )
            yield Input(placeholder=_("Type a message to see what it triggers"), id="lorebook-try")
            yield PagedList(self._draw_entry, id="lorebook-entries")
            yield Static(id="lorebook-summary", markup=False)
            yield Button(_("Close"), variant="primary")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.run_worker(self._load())

    async def retranslate(self) -> None:
        await super().retranslate()
        await self._search_again()

    def on_input_changed(self) -> None:
        # A worker, because a search of many entries must not keep the next letter waiting.
        self.run_worker(self._search_typed())

    def on_button_pressed(self) -> None:
        self.dismiss()

    def action_scroll_entries(self, lines: int) -> None:
        self.query_one("#lorebook-entries").scroll_relative(y=lines, animate=False)

    @show_errors
    async def _load(self) -> None:
        """Read the lorebook, show it, and count its tokens. Raises `ConfigError`."""
        self._lorebook = await in_thread(partial(_read_lorebook, self._profile))
        texts = tuple(entry.content for entry in self._lorebook.entries)
        self._counts = {text: count_estimate(text) for text in texts}
        await self._search_again()
        counts = await self._session.count_texts(texts)
        if counts is not None:
            self._counts, self._are_exact = counts, True
            await self._search_again()

    async def _search_typed(self) -> None:
        """Search for the text in the input field, unless another search already has."""
        async with self._searching:
            if self._typed_text() != self._searched_text:
                await self._show_entries(from_top=True)

    async def _search_again(self) -> None:
        async with self._searching:
            await self._show_entries(from_top=False)

    async def _show_entries(self, *, from_top: bool) -> None:
        """Explain the entries for the text in the input field, and show them."""
        text = self._typed_text()
        explain = partial(
            explain_lorebook,
            self._lorebook,
            ScanContext([text] if text else []),
            self._counts,
            self._session.context_size,
        )
        entries = await in_thread(explain)
        self._searched_text = text
        self.query_one(PagedList).show_items(entries, from_top=from_top)
        self.query_one("#lorebook-summary", Static).update(self._summary(entries))

    def _typed_text(self) -> str:
        return clean_text(self.query_one(Input).value).strip()

    def _draw_entry(self, explanation: EntryExplanation) -> Text:
        entry, lines = explanation.entry, Text()
        lines.append(one_line(entry.label), "bold")
        lines.append(f" · {self._format_tokens(explanation.tokens)}\n", "dim")
        text = one_line(entry.content[:_MAX_READ])
        preview = text if len(text) <= _MAX_PREVIEW else f"{text[:_MAX_PREVIEW].rstrip()}…"
        lines.append(f"  {preview}\n")
        lines.append(f"  {_('Trigger: {trigger}').format(trigger=explanation.trigger)}\n", "dim")
        if self._searched_text or explanation.is_notable:
            style = "green" if explanation.is_told else "yellow"
            lines.append(f"  {explanation.reason}\n", style)
        return lines

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


def _read_lorebook(profile: Profile) -> Lorebook:
    return RenderedProfile(profile, language(profile.language)).lorebook()
