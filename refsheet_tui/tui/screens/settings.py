"""The settings screen: all settings of `config.yaml`, with explanations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from refsheet_tui.config import Config, Setting, SettingValue, all_settings, setting_explanations
from refsheet_tui.errors import ConfigError, SettingError
from refsheet_tui.i18n import N_, _
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.preferences import Preferences
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.heading import Heading
from refsheet_tui.tui.widgets.scroll_area import ScrollArea
from refsheet_tui.tui.widgets.setting import SettingRow
from refsheet_tui.untrusted import one_line

ApplyChanges = Callable[[Mapping[str, SettingValue]], Awaitable[bool]]


class SettingsScreen(TranslatedScreen[None]):
    """A screen whose changes are saved and applied at once."""

    AUTO_FOCUS = "#settings-filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", N_("Back"), id="settings.back"),
        # The fields use these keys, too.
        Binding("ctrl+d", "default", N_("Reset"), priority=True, id="settings.default"),
        Binding("alt+z", "undo", N_("Undo"), id="settings.undo"),
        Binding("slash", "filter", N_("Search"), key_display="/", id="settings.find"),
        Binding("up", "step(-1)", N_("Up"), show=False, id="settings.up"),
        Binding("down", "step(1)", N_("Down"), show=False, id="settings.down"),
    ]

    def __init__(self, preferences: Preferences, apply_changes: ApplyChanges) -> None:
        """Show `preferences`.

        `apply_changes` applies settings, and returns True if the model is loaded again. It raises
        `ConfigError`, `StorageError`.
        """
        super().__init__(classes="-form")
        self._preferences = preferences
        self._apply_changes = apply_changes
        self._undo_steps: list[dict[str, SettingValue]] = []

    def compose(self) -> ComposeResult:
        yield Heading(f"RefSheet · {_('Settings')}")
        yield Static(one_line(str(self._preferences.file)), id="settings-file", markup=False)
        yield Input(placeholder=_("Search settings"), compact=True, id="settings-filter")
        with ScrollArea(id="settings"):
            for group, members in groupby(all_settings(), lambda each: each.group):
                settings = list(members)
                with Vertical(classes="settings-group"):
                    if group:
                        yield self._group_title(group, settings[0].group_label)
                    for setting in settings:
                        yield self._build_row(setting)
        yield Static(id="settings-said", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.watch(self.app, "config", self._show_config, init=False)

    async def retranslate(self) -> None:
        """Translate the screen, and restore the search and the focus."""
        search = self.query_one("#settings-filter", Input).value
        focused_row = self._focused_row()
        await super().retranslate()
        self.query_one("#settings-filter", Input).value = search
        for row in self.query(SettingRow):
            if focused_row is not None and row.setting == focused_row.setting:
                row.field.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Show only settings that match all words of the search."""
        if message.input.id != "settings-filter":
            return
        words = message.value.casefold().split()
        for group in self.query(".settings-group"):
            rows = group.query(SettingRow)
            for row in rows:
                row.display = row.matches(words)
            group.display = any(row.display for row in rows)
        has_match = any(row.display for row in self.query(SettingRow))
        self._show_status("" if has_match else _("No matching settings."))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        if message.input.id == "settings-filter":
            self.action_step(1)

    def action_filter(self) -> None:
        self.query_one("#settings-filter").focus()

    def action_step(self, step: int) -> None:
        """Move to the previous or next setting. The search field is before the first one."""
        fields = [row.field for row in self.query(SettingRow) if row.display]
        focused_row = self._focused_row()
        index = (
            fields.index(focused_row.field)
            if focused_row is not None and focused_row.display
            else -1
        )
        if index + step < 0:
            self.action_filter()
        elif index + step < len(fields):
            fields[index + step].focus()

    def action_default(self) -> None:
        """Reset the focused setting to its default."""
        focused_row = self._focused_row()
        if focused_row is None:
            self._show_status(_("Select a setting first."))
        else:
            focused_row.set_value(focused_row.setting.default)

    @show_errors
    async def action_undo(self) -> None:
        """Undo the last change."""
        if not self._undo_steps:
            self._show_status(_("Nothing to undo."))
            return
        undo_changes = self._undo_steps[-1]
        await self._apply_changes(undo_changes)
        self._undo_steps.pop()
        labels = [_(each.label) for each in all_settings() if each.name in undo_changes]
        self._show_status(_("{setting}: change undone.").format(setting=", ".join(labels)))

    @show_errors
    async def action_back(self) -> None:
        """Save valid values that are still in their fields, and close the screen."""
        try:
            for row in self.query(SettingRow):
                if row.is_unsaved:
                    await self._save(row.setting, row.field_value)
        finally:
            self.dismiss()

    def _focused_row(self) -> SettingRow | None:
        """Return the row of the focused setting."""
        ancestors = self.focused.ancestors if self.focused is not None else []
        return next((each for each in ancestors if isinstance(each, SettingRow)), None)

    @staticmethod
    def _group_title(group: str, label: str) -> Static:
        explanation = _(setting_explanations()[group])
        title = Content.assemble((_(label), "bold $primary"), "\n", (explanation, "$text-muted"))
        return Static(title, classes="settings-title")

    def _build_row(self, setting: Setting) -> SettingRow:
        value = setting.value_in(self._preferences.config)
        choices = setting.choices
        if setting.name == "screens.theme":
            choices = tuple(sorted({*self.app.available_themes, str(value)}))
        explanation = _(setting_explanations()[setting.name])
        return SettingRow(setting, explanation, value, self._find_problem, choices)

    def _show_config(self, config: Config) -> None:
        for row in self.query(SettingRow):
            row.show(row.setting.value_in(config))

    def _find_problem(self, setting: Setting, value: SettingValue) -> str:
        try:
            self._preferences.preview({setting.name: value})
        except SettingError as error:
            return f"{_(setting.label)} {error.mistake}"
        except ConfigError as error:
            return str(error)
        return ""

    @show_errors
    async def on_setting_row_chosen(self, message: SettingRow.Chosen) -> None:
        await self._save(message.row.setting, message.value)

    async def _save(self, setting: Setting, value: SettingValue) -> None:
        old_value = setting.value_in(self._preferences.config)
        if value == old_value:  # chosen twice
            return
        self._show_status(_("Not saved."))
        changes: dict[str, SettingValue] = {setting.name: value}
        undo_changes: dict[str, SettingValue] = {setting.name: old_value}
        projector = self._preferences.config.mmproj
        if (
            setting.name == "model" and projector is not None
        ):  # the projector belongs to the previous model
            changes["mmproj"], undo_changes["mmproj"] = None, str(projector)
        reloads = await self._apply_changes(changes)
        self._undo_steps.append(undo_changes)
        self._show_status(_("Saved. Reloading the model.") if reloads else _("Saved."))

    def _show_status(self, text: str) -> None:
        self.query_one("#settings-said", Static).update(text)
