"""A character, new or changed: a picture, and what the picture doesn't say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Collapsible, Input, Label, Select, Static, TextArea

from refsheet_tui.characters.library import KeptCharacter
from refsheet_tui.characters.profile import Profile, named_after
from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import LANGUAGES, Language
from refsheet_tui.prompting import language as language_of
from refsheet_tui.tui.clipboard import pasted_picture
from refsheet_tui.tui.dialogs.confirm import QuestionScreen
from refsheet_tui.tui.dialogs.guarded import guarded
from refsheet_tui.tui.messages import SheetChosen
from refsheet_tui.tui.translation.translated_screen import Translated
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.heading import DemoNotice, EngineLine, Heading, UnseenSheetNotice
from refsheet_tui.tui.widgets.picture_field import PathInput, PictureField
from refsheet_tui.tui.widgets.portrait import Portrait
from refsheet_tui.untrusted import clean, one_line

# Fields of a profile, of several lines and of one, by the names of what they are typed into.
_TEXTS = ("description", "greeting", "persona")
_LINES = ("name", "person", "note")
# In the list of languages: the one that stands in the field beside it.
_OTHER = "other"


@dataclass(frozen=True)
class Made:
    """What the person made of a character; the sheet is the first of `pictures`."""

    profile: Profile
    pictures: tuple[Path, ...]


Keep = Callable[[Made], Awaitable[KeptCharacter]]
"""Puts it into the library. Raises `PictureError`, `StorageError`."""


class CharacterScreen(Translated[KeptCharacter | None]):
    """Ends with the character, which is kept then, or None when the person goes back."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", N_("Back"), id="character.back"),
        Binding("ctrl+s", "begin", N_("Done"), id="character.begin"),
        Binding("alt+v", "paste_picture", N_("Paste a picture"), id="character.picture"),
    ]

    def __init__(
        self, profile: Profile, pictures: Sequence[str], keep: Keep, *, is_new: bool = True
    ) -> None:
        """`pictures`: the sheet, and others of the character, as far as they are known."""
        super().__init__(classes="-form")
        self._profile = profile
        self._given = list(pictures)
        self._keep = keep
        self._is_new = is_new
        self._kept: KeptCharacter | None = None
        self._language = language_of(profile.language)
        self._sheet: Path | None = None
        self._extras: list[Path] = []

    def compose(self) -> ComposeResult:
        profile = self._profile
        yield Heading(f"RefSheet · {_('new character') if self._is_new else profile.name}")
        yield DemoNotice()
        with Horizontal(id="new"):
            with VerticalScroll(id="new-form", can_focus=False):
                yield Label(_("Reference sheet"))
                yield PictureField(_("path of a picture, or drop the file here"), id="sheet")
                yield EngineLine(only_work=True, id="looking")
                yield UnseenSheetNotice()
                yield Label(_("Name (optional)"))
                yield Input(profile.name, id="name")
                yield Label(_("Description (optional)"))
                yield TextArea(profile.description, id="description", tab_behavior="focus")
                yield Label(_("Language"))
                yield Select(
                    [*((each.native, each.code) for each in LANGUAGES), (_("another"), _OTHER)],
                    value=self._code,
                    allow_blank=False,
                    id="language",
                )
                yield Input(
                    self._other,
                    placeholder=_("which, such as Latin"),
                    id="other-language",
                )
                with Collapsible(title=_("More"), collapsed=True, id="more"):
                    yield from self._more()
                yield Label(_("More pictures (optional; enter adds one)"))
                yield PictureField(_("path of another picture"), id="extra")
                yield Static(id="extras", markup=False)
                with Horizontal(id="new-buttons"):
                    words = _("Begin the chat") if self._is_new else _("Keep it like this")
                    yield Button(words, variant="primary", id="begin")
                    yield Button(_("Remove the last extra picture"), id="remove")
            with Vertical(id="new-preview"):
                yield Portrait()
        yield KeyLine()

    def _more(self) -> ComposeResult:
        """What most characters do without."""
        profile = self._profile
        yield Label(_("Greeting, instead of one it makes up"))
        yield TextArea(profile.greeting, id="greeting", tab_behavior="focus")
        yield Label(_("What it calls you"))
        yield Input(profile.person, id="person")
        yield Label(_("Who you are to it"))
        yield TextArea(profile.persona, id="persona", tab_behavior="focus")
        yield Label(_("Note: what it is reminded of all the time"))
        yield Input(profile.note, id="note")
        yield Label(_("Tags, with commas between them"))
        yield Input(", ".join(profile.tags), id="tags")

    @property
    def _code(self) -> str:
        """Of the language that it speaks until now, in the list."""
        return self._language.code if self._language in LANGUAGES else _OTHER

    @property
    def _other(self) -> str:
        """The one that it speaks until now, if that is none of the list."""
        return "" if self._language in LANGUAGES else self._language.code

    def on_mount(self) -> None:
        self._show_extras()
        self._show_other()
        sheet = self.query_one("#sheet PathInput", PathInput)
        sheet.focus()
        if self._given:
            sheet.take(self._given)

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show_extras()
        self._show_other()

    def on_picture_field_opened(self, message: PictureField.Opened) -> None:
        if message.path is not None or message.field.id == "sheet":
            self.query_one(Portrait).path = message.path
        if message.field.id == "sheet":
            self._sheet = message.path
            self._look_ahead()

    def on_select_changed(self) -> None:
        self._show_other()
        self._look_ahead()

    def on_path_input_dropped(self, message: PathInput.Dropped) -> None:
        """Several files dropped at once: the first is the sheet, the others are extras."""
        self.run_worker(self._add_extras([Path(path) for path in message.others]))

    async def on_input_submitted(self, message: Input.Submitted) -> None:
        if self.query_one("#extra", PictureField) in message.input.ancestors:
            await self._add_extra()
        else:
            self.focus_next()

    async def on_button_pressed(self, message: Button.Pressed) -> None:
        if message.button.id == "begin":
            await self.action_begin()
        elif self._extras:
            self._extras.pop()
            self._show_extras()

    @guarded
    async def action_paste_picture(self) -> None:
        """From the system's clipboard: the sheet, and once that is there another picture."""
        path = await pasted_picture()
        if path is None:
            self.notify(_("There is no picture on the clipboard."), timeout=3)
        elif self._sheet is None:
            self.query_one("#sheet", PictureField).take(path)
        else:
            await self._add_extras([path])

    def action_back(self) -> None:
        """What was filled in is thrown away only when the person says so."""
        if not self._is_changed():
            self.dismiss(None)
            return

        def answered(leave: bool | None) -> None:
            if leave:
                self.dismiss(None)

        question = QuestionScreen(
            _("Go back without keeping this?"),
            _("What you have filled in would be lost."),
            yes=_("Throw it away"),
            no=_("Stay here"),
            is_risky=True,
        )
        self.app.push_screen(question, answered)

    def _is_changed(self) -> bool:
        """Whether anything was filled in, or is not what it was."""
        profile = self._profile
        before = {name: str(getattr(profile, name)) for name in _TEXTS + _LINES}
        before |= {"tags": ", ".join(profile.tags), "other-language": self._other}
        typed = {each.id: each.text for each in self.query(TextArea)}
        typed |= {each.id: each.value for each in self.query(Input)}
        languages = [each.value for each in self.query("#language").results(Select)]
        paths = [each.value for each in self.query(PathInput)]
        return (
            any(_lines(typed.get(name, text)) != _lines(text) for name, text in before.items())
            or languages not in ([], [self._code])
            or paths not in ([], [self._given[0] if self._given else "", ""])
            or self._extras != [Path(path) for path in self._given[1:]]
        )

    @guarded
    async def action_begin(self) -> None:
        if not self.is_active or self._kept is not None:  # the key was pressed twice
            return
        sheet = await self.query_one("#sheet", PictureField).opened()
        if sheet is None:
            self.query_one("#sheet PathInput").focus()
            return
        if self.query_one("#extra", PictureField).text and not await self._add_extra():
            return
        try:
            spoken = self._chosen()
        except ConfigError as error:
            self.notify(str(error), severity="error", markup=False)
            self.query_one("#other-language").focus()
            return
        profile = self._profile.model_copy(
            update={
                **{name: self._text(name) for name in _TEXTS},
                **{name: self._line(name) for name in _LINES},
                "name": self._line("name") or named_after(sheet),
                "language": spoken.code,
                "tags": tuple(filter(None, map(str.strip, self._line("tags").split(",")))),
            }
        )
        # Before the form closes: where that fails, everything still stands in it.
        self._kept = await self._keep(Made(profile, (sheet, *self._extras)))
        self._end()

    def on_screen_resume(self) -> None:
        self._end()

    def _end(self) -> None:
        """Not as long as something lies over it, which would be gone in its place."""
        if self._kept is not None and self.is_active:
            self.dismiss(self._kept)

    def _text(self, field: str) -> str:
        return clean(self.query_one(f"#{field}", TextArea).text).strip()

    def _line(self, field: str) -> str:
        return one_line(self.query_one(f"#{field}", Input).value).strip()

    def _chosen(self) -> Language:
        """Raises `ConfigError` for another language that is not named."""
        code = str(self.query_one("#language", Select).value)
        return language_of(self._line("other-language") if code == _OTHER else code)

    def _show_other(self) -> None:
        chosen = self.query_one("#language", Select).value
        self.query_one("#other-language").display = chosen == _OTHER

    def _look_ahead(self) -> None:
        """What a sheet and a language are is enough to begin to look."""
        if self._sheet is not None and self.query_one("#language", Select).value != _OTHER:
            self.post_message(SheetChosen(self._sheet, self._chosen()))

    async def _add_extra(self) -> bool:
        """Whether what stands in the field is a picture, which is then in the list."""
        field = self.query_one("#extra", PictureField)
        path = await field.opened()
        if path is not None:
            self._extras.append(path)
            field.clear()
            self._show_extras()
        return path is not None

    async def _add_extras(self, paths: list[Path]) -> None:
        for path in paths:
            self.query_one("#extra PathInput", PathInput).value = str(path)
            if not await self._add_extra():
                return

    def _show_extras(self) -> None:
        names = "\n".join(f"+ {one_line(path.name)}" for path in self._extras)
        self.query_one("#extras", Static).update(names)
        self.query_one("#remove", Button).display = bool(self._extras)


def _lines(text: str) -> list[str]:
    """However they end: a field has an end of its own for all of them."""
    return text.strip().splitlines()
