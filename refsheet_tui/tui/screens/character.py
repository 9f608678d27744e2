"""The form for a new or edited character."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Collapsible, Input, Label, Select, Static, TextArea

from refsheet_tui.characters import Profile, SavedCharacter, default_name, lorebook_from_card
from refsheet_tui.errors import ConfigError
from refsheet_tui.i18n import N_, _
from refsheet_tui.prompting import LANGUAGES, Language, language as language_of
from refsheet_tui.tui.clipboard import read_picture
from refsheet_tui.tui.dialogs.confirmation import ConfirmScreen
from refsheet_tui.tui.dialogs.show_errors import show_errors
from refsheet_tui.tui.messages import PrewarmSheet, ShowLorebook
from refsheet_tui.tui.translation.translated_screen import TranslatedScreen
from refsheet_tui.tui.widgets.footer import KeyLine
from refsheet_tui.tui.widgets.heading import DemoNotice, EngineLine, Heading, UnseenSheetNotice
from refsheet_tui.tui.widgets.picture_field import PathInput, PictureField
from refsheet_tui.tui.widgets.portrait import Portrait
from refsheet_tui.untrusted import clean_text, one_line

# Fields of a profile with several lines and with one. Their widgets have the same names.
_TEXT_FIELDS = ("description", "greeting", "persona", "note")
_LINE_FIELDS = ("name", "person")
# The entry of the language list that means the field next to it.
_OTHER_LANGUAGE = "other"


@dataclass(frozen=True)
class CharacterForm:
    """The filled-in form. The first of `pictures` is the reference sheet."""

    profile: Profile
    pictures: tuple[Path, ...]


SaveCharacter = Callable[[CharacterForm], Awaitable[SavedCharacter]]
"""Saves the character in the library. Raises `PictureError`, `StorageError`."""

_SAVE_AND_CHAT = N_("Save and chat")


class CharacterScreen(TranslatedScreen[SavedCharacter | None]):
    """A form whose result is the saved character, or None if the user goes back."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", N_("Back"), id="character.back"),
        Binding("ctrl+s", "begin", N_("Save"), id="character.begin"),
        Binding("alt+v", "paste_picture", N_("Paste picture"), id="character.picture"),
        Binding("alt+l", "lorebook", N_("Lorebook"), show=False, id="character.lorebook"),
    ]

    def __init__(
        self, profile: Profile, pictures: Sequence[str], save: SaveCharacter, *, is_new: bool = True
    ) -> None:
        """Show `profile` and `pictures`, the reference sheet first, as far as they are known.

        `save` saves the character.
        """
        super().__init__(classes="-form")
        self._profile = profile
        self._initial_pictures = list(pictures)
        self._save = save
        self._is_new = is_new
        self._saved_character: SavedCharacter | None = None
        self._language = _valid_language(profile.language)
        self._sheet: Path | None = None
        self._extras: list[Path] = []
        self._has_lorebook = bool(lorebook_from_card(profile.card).entries)

    def describe_key(self, binding: Binding) -> str:
        is_save = binding.action == "begin" and self._is_new
        return _SAVE_AND_CHAT if is_save else super().describe_key(binding)

    def compose(self) -> ComposeResult:
        profile = self._profile
        yield Heading(f"RefSheet · {_('New character') if self._is_new else profile.name}")
        yield DemoNotice()
        with Horizontal(id="new"):
            with VerticalScroll(id="new-form", can_focus=False):
                yield Label(_("Reference sheet"))
                yield PictureField(_("Enter a path, or drop a picture here"), id="sheet")
                yield EngineLine(activity_only=True, id="looking")
                yield UnseenSheetNotice()
                yield Label(_("Name (optional)"))
                yield Input(profile.name, id="name")
                yield Label(_("Description (optional)"))
                yield TextArea(profile.description, id="description", tab_behavior="focus")
                yield Label(_("Language"))
                yield Select(
                    [
                        *((each.native, each.code) for each in LANGUAGES),
                        (_("Other…"), _OTHER_LANGUAGE),
                    ],
                    value=self._initial_choice,
                    allow_blank=False,
                    id="language",
                )
                yield Input(
                    self._initial_other,
                    placeholder=_("e.g. Latin"),
                    id="other-language",
                )
                with Collapsible(title=_("More options"), collapsed=True, id="more"):
                    yield from self._compose_options()
                yield Label(_("More pictures (optional; press Enter to add each one)"))
                yield PictureField(_("Enter a path, or drop another picture here"), id="extra")
                yield Static(id="extras", markup=False)
                if self._has_lorebook:
                    yield Button(_("Lorebook…"), id="lorebook-button")
                with Horizontal(id="new-buttons"):
                    label = _(_SAVE_AND_CHAT) if self._is_new else _("Save")
                    yield Button(label, variant="primary", id="begin")
                    yield Button(_("Remove last picture"), id="remove")
            with Vertical(id="new-preview"):
                yield Portrait()
        yield KeyLine()

    def _compose_options(self) -> ComposeResult:
        """Yield the fields that most characters don't need."""
        profile = self._profile
        yield Label(_("Greeting (leave blank to generate one)"))
        yield TextArea(profile.greeting, id="greeting", tab_behavior="focus")
        yield Label(_("Your name"))
        yield Input(profile.person, id="person")
        yield Label(_("Your role / persona"))
        yield TextArea(profile.persona, id="persona", tab_behavior="focus")
        yield Label(_("Author's note (always in view)"))
        yield TextArea(profile.note, id="note", tab_behavior="focus")
        yield Label(_("Tags (comma-separated)"))
        yield Input(", ".join(profile.tags), id="tags")

    @property
    def _initial_choice(self) -> str:
        """The entry of the language list for the profile's language."""
        return self._language.code if self._language in LANGUAGES else _OTHER_LANGUAGE

    @property
    def _initial_other(self) -> str:
        """The profile's language, or empty if it is in the list."""
        return "" if self._language in LANGUAGES else self._language.code

    def on_mount(self) -> None:
        self._show_extras()
        self._show_other_language()
        sheet = self.query_one("#sheet PathInput", PathInput)
        sheet.focus()
        if self._initial_pictures:
            sheet.set_paths(self._initial_pictures)

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show_extras()
        self._show_other_language()

    def on_picture_field_opened(self, message: PictureField.Opened) -> None:
        if message.path is not None or message.field.id == "sheet":
            self.query_one(Portrait).path = message.path
        if message.field.id == "sheet":
            self._sheet = message.path
            self._prewarm_sheet()

    def on_select_changed(self) -> None:
        self._show_other_language()
        self._prewarm_sheet()

    def on_path_input_dropped(self, message: PathInput.Dropped) -> None:
        """Add further files that were dropped together with the reference sheet."""
        self.run_worker(self._add_extras([Path(path) for path in message.others]))

    async def on_input_submitted(self, message: Input.Submitted) -> None:
        if self.query_one("#extra", PictureField) in message.input.ancestors:
            await self._add_extra()
        else:
            self.focus_next()

    async def on_button_pressed(self, message: Button.Pressed) -> None:
        if message.button.id == "begin":
            await self.action_begin()
        elif message.button.id == "lorebook-button":
            self.action_lorebook()
        elif self._extras:
            self._extras.pop()
            self._show_extras()

    @show_errors
    async def action_paste_picture(self) -> None:
        """Use the picture on the clipboard as the reference sheet, or else as another picture."""
        path = await read_picture()
        if path is None:
            self.notify(_("No picture on the clipboard."), timeout=3)
        elif self._sheet is None:
            self.query_one("#sheet", PictureField).set_path(path)
        else:
            await self._add_extras([path])

    def action_lorebook(self) -> None:
        """Show the lorebook of the character's card."""
        if self._has_lorebook:
            self.post_message(ShowLorebook(self._profile))
        else:
            self.notify(_("This character has no lorebook."), timeout=3)

    def action_back(self) -> None:
        """Close the form. If anything was changed, ask before it is discarded."""
        if not self._is_changed():
            self.dismiss(None)
            return

        def close_if_confirmed(is_confirmed: bool | None) -> None:
            if is_confirmed:
                self.dismiss(None)

        question = ConfirmScreen(
            _("Discard changes?"),
            _("Your changes will be lost."),
            yes=_("Discard"),
            no=_("Keep editing"),
            is_risky=True,
        )
        self.app.push_screen(question, close_if_confirmed)

    def _is_changed(self) -> bool:
        """Return True if any field was changed."""
        profile = self._profile
        initial_texts = {name: self._profile_text(name) for name in _TEXT_FIELDS + _LINE_FIELDS}
        initial_texts |= {"tags": ", ".join(profile.tags), "other-language": self._initial_other}
        current_texts = {each.id: each.text for each in self.query(TextArea)}
        current_texts |= {each.id: each.value for each in self.query(Input)}
        languages = [each.value for each in self.query("#language").results(Select)]
        paths = [each.value for each in self.query(PathInput)]
        return (
            any(
                _split_lines(current_texts.get(name, text)) != _split_lines(text)
                for name, text in initial_texts.items()
            )
            or languages not in ([], [self._initial_choice])
            or paths not in ([], [self._initial_pictures[0] if self._initial_pictures else "", ""])
            or self._extras != [Path(path) for path in self._initial_pictures[1:]]
        )

    @show_errors
    async def action_begin(self) -> None:
        if not self.is_active or self._saved_character is not None:  # the key was pressed twice
            return
        sheet = await self.query_one("#sheet", PictureField).check_path()
        if sheet is None:
            self.query_one("#sheet PathInput").focus()
            return
        if self.query_one("#extra", PictureField).text and not await self._add_extra():
            return
        try:
            language = self._chosen_language()
        except ConfigError as error:
            self.notify(str(error), severity="error", markup=False)
            self.query_one("#other-language").focus()
            return
        profile = self._profile.model_copy(
            update={
                **{name: self._text_value(name) for name in _TEXT_FIELDS},
                **{name: self._line_value(name) for name in _LINE_FIELDS},
                "name": self._line_value("name") or default_name(sheet),
                "language": language.code,
                "tags": self._tags_value(),
            }
        )
        # Saved before the form closes, so that nothing is lost if saving fails.
        self._saved_character = await self._save(CharacterForm(profile, (sheet, *self._extras)))
        self._close_if_saved()

    def on_screen_resume(self) -> None:
        self._close_if_saved()

    def _close_if_saved(self) -> None:
        """Close the form after saving, but not while a dialog covers it.

        Otherwise the dialog would be closed instead.
        """
        if self._saved_character is not None and self.is_active:
            self.dismiss(self._saved_character)

    def _text_value(self, field: str) -> str:
        """Return the text of a field. One that the user left alone stays exactly as it is."""
        text, initial_text = self.query_one(f"#{field}", TextArea).text, self._profile_text(field)
        is_unchanged = _split_lines(text) == _split_lines(initial_text)
        return initial_text if is_unchanged else clean_text(text).strip()

    def _profile_text(self, field: str) -> str:
        return str(getattr(self._profile, field))

    def _line_value(self, field: str) -> str:
        return one_line(self.query_one(f"#{field}", Input).value).strip()

    def _tags_value(self) -> tuple[str, ...]:
        """Return the tags. If they were left alone, a comma in one of them doesn't split it."""
        text = self._line_value("tags")
        if text == ", ".join(self._profile.tags).strip():
            return self._profile.tags
        return tuple(filter(None, map(str.strip, text.split(","))))

    def _chosen_language(self) -> Language:
        """Return the chosen language. Raises `ConfigError` if its name is missing or invalid."""
        code = str(self.query_one("#language", Select).value)
        return language_of(self._line_value("other-language") if code == _OTHER_LANGUAGE else code)

    def _show_other_language(self) -> None:
        choice = self.query_one("#language", Select).value
        self.query_one("#other-language").display = choice == _OTHER_LANGUAGE

    def _prewarm_sheet(self) -> None:
        """Let the engine look at the sheet as soon as sheet and language are known."""
        if self._sheet is not None and self.query_one("#language", Select).value != _OTHER_LANGUAGE:
            self.post_message(PrewarmSheet(self._sheet, self._chosen_language()))

    async def _add_extra(self) -> bool:
        """Add the picture in the field to the list. Returns False if it is not a picture."""
        field = self.query_one("#extra", PictureField)
        path = await field.check_path()
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


def _split_lines(text: str) -> list[str]:
    """Return the lines of `text`, since fields change line endings."""
    return text.strip().splitlines()


def _valid_language(name: str) -> Language:
    """Return the language of a profile, or the first one if the profile has none that is valid."""
    try:
        return language_of(name)
    except ConfigError:
        return LANGUAGES[0]
