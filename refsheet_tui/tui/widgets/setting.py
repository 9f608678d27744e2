"""One setting: what it is about, a field for it, and why what stands there can't be."""

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

from refsheet_tui.config import Setting, Value
from refsheet_tui.i18n import _
from refsheet_tui.untrusted import clean

# The choice that leaves it to the program.
_NULL = ""


class Choice(Select[str]):
    """Up and down go to other settings, as they do in every field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.step(-1)", show=False),
        Binding("down", "screen.step(1)", show=False),
    ]


class SettingRow(Vertical):
    """Tells when another value is chosen: by a switch or a list at once, in a text by enter or when
    the person leaves it. What can't be is told while they type, and never chosen."""

    class Chosen(Message):
        """The person wants this value."""

        def __init__(self, row: SettingRow, value: Value) -> None:
            super().__init__()
            self.row = row
            self.value = value

    def __init__(
        self,
        setting: Setting,
        about: str,
        value: Value,
        problem_of: Callable[[Setting, Value], str],
        choices: Sequence[str] = (),
    ) -> None:
        """`problem_of` says why a value can't be, or nothing; `choices` are all there is."""
        super().__init__(classes="setting")
        self.setting = setting
        self._about = about
        self._value = value
        self._problem_of = problem_of
        self._choices = choices
        self._words = Static(self._titled(), classes="setting-words")
        self._problem = Static(classes="field-problem", markup=False)
        self.field: Widget = self._made()

    def compose(self) -> ComposeResult:
        yield self._words
        yield self.field
        yield self._problem

    def matches(self, words: Sequence[str]) -> bool:
        """Whether all of them are about this setting."""
        told = f"{self.setting.name} {self._about} {self._shown(self._value)}".casefold()
        return all(word in told for word in words)

    def show(self, value: Value) -> None:
        """It is this now. What is typed for what has not changed stays."""
        if value != self._value:
            self._value = value
            self._put(value)
            self._words.update(self._titled())

    def put_back(self, value: Value) -> None:
        """Whatever is typed there, it shall be this."""
        self._put(value)
        self._choose()

    @property
    def typed(self) -> Value:
        """What stands in the field."""
        field = self.field
        if isinstance(field, Switch):
            return field.value
        if isinstance(field, Select):
            return None if field.value == _NULL else str(field.value)
        assert isinstance(field, Input), "there are no other fields"
        if field.value == self.setting.text(self._value):
            return self._value
        return self.setting.typed(field.value)

    @property
    def unsaved(self) -> bool:
        """Whether something else stands there that can be."""
        return self.typed != self._value and not self._problem_of(self.setting, self.typed)

    def on_switch_changed(self) -> None:
        self._choose()

    def on_select_changed(self) -> None:
        self._choose()

    def on_input_changed(self) -> None:
        self._check()

    def on_input_submitted(self) -> None:
        self._choose()

    def on_input_blurred(self) -> None:
        self._choose()

    def on_click(self) -> None:
        self.field.focus()

    def _choose(self) -> None:
        self._check()
        if self.unsaved:
            self.post_message(self.Chosen(self, self.typed))

    def _check(self) -> None:
        problem = self._problem_of(self.setting, self.typed) if self.typed != self._value else ""
        self._problem.update(clean(problem))
        self.set_class(bool(problem), "-wrong")

    def _made(self) -> Widget:
        if isinstance(self._value, bool):
            return Switch(self._value, animate=False)
        if self._choices:
            options = [(each, each) for each in self._choices]
            if self.setting.can_be_null:
                options.insert(0, (_("let the program choose"), _NULL))
            value = self.setting.text(self._value)
            return Choice(options, value=value, allow_blank=False, compact=True)
        placeholder = _("let the program choose") if self.setting.can_be_null else ""
        field = Input(self.setting.text(self._value), placeholder=placeholder, compact=True)
        field.set_class(self.setting.kind in {"whole", "number"}, "-number")
        return field

    def _put(self, value: Value) -> None:
        field = self.field
        if isinstance(field, Switch):
            field.value = bool(value)
        elif isinstance(field, Select | Input):
            field.value = self.setting.text(value)

    def _titled(self) -> Content:
        default = self.setting.default
        changed = self._value != default
        said = _("default: {value}").format(value=self._shown(default))
        return Content.assemble(
            (self.setting.name.rpartition(".")[2], "bold $accent" if changed else "bold"),
            (f"  {said}" if changed else "  " + _("default"), "$text-muted"),
            "\n",
            (clean(self._about), "$text-muted"),
        )

    def _shown(self, value: Value) -> str:
        if isinstance(value, bool):
            return _("on") if value else _("off")
        return self.setting.text(value) or ("—" if value == {} else _("let the program choose"))
