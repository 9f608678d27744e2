"""A setting on the settings screen: its explanation, its field, and errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select, Static, Switch

from refsheet_tui.config import Setting, SettingValue
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import clean_text

# The choice that stands for null: the program decides.
_NULL = ""


class SettingSelect(Select[str]):
    """A list of choices. Up and Down move to other settings, as in every field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.step(-1)", show=False),
        Binding("down", "screen.step(1)", show=False),
    ]


class SettingRow(Vertical):
    """A setting with its field.

    A switch or a list reports a new value at once; a text field does on Enter or when the user
    leaves it. Invalid values are explained while the user types, and never reported.
    """

    class Chosen(Message):
        """The user has chosen a value."""

        def __init__(self, row: SettingRow, value: SettingValue) -> None:
            super().__init__()
            self.row = row
            self.value = value

    def __init__(
        self,
        setting: Setting,
        explanation: str,
        value: SettingValue,
        find_problem: Callable[[Setting, SettingValue], str],
        choices: Sequence[str] = (),
    ) -> None:
        """Show `setting` with its `value`.

        Args:
            setting: The setting.
            explanation: Its explanation.
            value: Its current value.
            find_problem: Returns why a value is invalid, or an empty string.
            choices: All possible values; empty for a text field.
        """
        super().__init__(classes="setting")
        self.setting = setting
        self._explanation = explanation
        self._value = value
        self._find_problem = find_problem
        self._choices = choices
        self._heading = Static(self._heading_text(), classes="setting-words")
        self._problem = Static(classes="field-problem", markup=False)
        self.field: Widget = self._build_field()

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self.field
        yield self._problem

    def matches(self, words: Sequence[str]) -> bool:
        """Return True if all words occur in the setting's label, name, explanation or value."""
        setting = self.setting
        labels = f"{_(setting.group_label)} {_(setting.label)} {setting.name}"
        text = f"{labels} {self._explanation} {self._format_value(self._value)}".casefold()
        return all(word in text for word in words)

    def show(self, value: SettingValue) -> None:
        """Show another value. If the value is the same, a text that is being typed stays."""
        if value != self._value:
            self._value = value
            self._set_field_value(value)
            self._heading.update(self._heading_text())

    def set_value(self, value: SettingValue) -> None:
        """Replace the text in the field with `value`, and choose it."""
        self._set_field_value(value)
        self._report_value()

    @property
    def field_value(self) -> SettingValue:
        """The value in the field."""
        field = self.field
        if isinstance(field, Switch):
            return field.value
        if isinstance(field, Select):
            return None if field.value == _NULL else str(field.value)
        assert isinstance(field, Input), "there are no other fields"
        if field.value == self.setting.format_value(self._value):
            return self._value
        return self.setting.parse_value(field.value)

    @property
    def is_unsaved(self) -> bool:
        """True if the field has another value that is valid."""
        return self.field_value != self._value and not self._find_problem(
            self.setting, self.field_value
        )

    def on_switch_changed(self) -> None:
        self._report_value()

    def on_select_changed(self) -> None:
        self._report_value()

    def on_input_changed(self) -> None:
        self._check()

    def on_input_submitted(self) -> None:
        self._report_value()

    def on_input_blurred(self) -> None:
        self._report_value()

    def on_click(self) -> None:
        self.field.focus()

    def _report_value(self) -> None:
        self._check()
        if self.is_unsaved:
            self.post_message(self.Chosen(self, self.field_value))

    def _check(self) -> None:
        problem = (
            self._find_problem(self.setting, self.field_value)
            if self.field_value != self._value
            else ""
        )
        self._problem.update(clean_text(problem))
        self.set_class(bool(problem), "-wrong")

    def _build_field(self) -> Widget:
        if isinstance(self._value, bool):
            return Switch(self._value, animate=False)
        if self._choices:
            options = [(each, each) for each in self._choices]
            if self.setting.can_be_null:
                options.insert(0, (_("Automatic"), _NULL))
            value = self.setting.format_value(self._value)
            return SettingSelect(options, value=value, allow_blank=False, compact=True)
        placeholder = _("Automatic") if self.setting.can_be_null else ""
        field = Input(self.setting.format_value(self._value), placeholder=placeholder, compact=True)
        field.set_class(self.setting.kind in {"whole", "number"}, "-number")
        return field

    def _set_field_value(self, value: SettingValue) -> None:
        field = self.field
        if isinstance(field, Switch):
            field.value = bool(value)
        elif isinstance(field, Select | Input):
            field.value = self.setting.format_value(value)

    def _heading_text(self) -> Content:
        default = self.setting.default
        is_changed = self._value != default
        default_text = _("Default: {value}").format(value=self._format_value(default))
        return Content.assemble(
            (_(self.setting.label), "bold $accent" if is_changed else "bold"),
            (f"  {default_text}" if is_changed else "  " + _("(default)"), "$text-muted"),
            "\n",
            (clean_text(self._explanation), "$text-muted"),
        )

    def _format_value(self, value: SettingValue) -> str:
        if isinstance(value, bool):
            return _("On") if value else _("Off")
        if isinstance(value, int):
            return f"{value:,}"
        return self.setting.format_value(value) or ("—" if value == {} else _("Automatic"))
