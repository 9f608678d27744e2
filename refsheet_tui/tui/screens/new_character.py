"""A new character: a picture, and what the picture doesn't say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, Label, Select, Static, TextArea

from refsheet_tui.characters import Character
from refsheet_tui.characters.profile import named_after
from refsheet_tui.prompting import LANGUAGES, Language
from refsheet_tui.prompting import language as language_of
from refsheet_tui.text import clean, one_line
from refsheet_tui.tui.messages import SheetChosen
from refsheet_tui.tui.widgets.heading import DemoNotice, Heading
from refsheet_tui.tui.widgets.picture_field import PathInput, PictureField
from refsheet_tui.tui.widgets.portrait import Portrait


class NewCharacterScreen(Screen[Character | None]):
    """Ends with the character, or None when the person goes back."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("ctrl+s", "begin", "Begin the chat"),
    ]

    def __init__(self, language: Language, pictures: Sequence[str] = ()) -> None:
        """`pictures` were dropped already: the sheet, and others of the character."""
        super().__init__()
        self._dropped = pictures
        self._language = language
        self._sheet: Path | None = None
        self._extras: list[Path] = []

    def compose(self) -> ComposeResult:
        yield Heading("RefSheet · new character")
        yield DemoNotice()
        with Horizontal(id="new"):
            with VerticalScroll(id="new-form", can_focus=False):
                yield Label("Reference sheet")
                yield PictureField("path of a picture, or drop the file here", id="sheet")
                yield Label("Name (optional)")
                yield Input(id="name")
                yield Label("Description (optional)")
                yield TextArea(id="description", tab_behavior="focus")
                yield Label("Language")
                yield Select(
                    [(each.native, each.code) for each in self._languages()],
                    value=self._language.code,
                    allow_blank=False,
                    id="language",
                )
                yield Label("More pictures (optional; enter adds one)")
                yield PictureField("path of another picture", id="extra")
                yield Static(id="extras", markup=False)
                with Horizontal(id="new-buttons"):
                    yield Button("Begin the chat", variant="primary", id="begin")
                    yield Button("Remove the last extra picture", id="remove")
            with Vertical(id="new-preview"):
                yield Portrait()
        yield Footer()

    def _languages(self) -> tuple[Language, ...]:
        return LANGUAGES if self._language in LANGUAGES else (*LANGUAGES, self._language)

    def on_mount(self) -> None:
        self._show_extras()
        sheet = self.query_one("#sheet PathInput", PathInput)
        sheet.focus()
        if self._dropped:
            sheet.take(list(self._dropped))

    def on_picture_field_opened(self, message: PictureField.Opened) -> None:
        if message.path is not None or message.field.id == "sheet":
            self.query_one(Portrait).path = message.path
        if message.field.id == "sheet":
            self._sheet = message.path
            self._look_ahead()

    def on_select_changed(self) -> None:
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

    def action_back(self) -> None:
        self.dismiss(None)

    async def action_begin(self) -> None:
        sheet = await self.query_one("#sheet", PictureField).opened()
        if sheet is None:
            self.query_one("#sheet PathInput").focus()
            return
        if self.query_one("#extra", PictureField).text and not await self._add_extra():
            return
        code = str(self.query_one("#language", Select).value)
        self.dismiss(
            Character(
                sheet=sheet,
                language=language_of(code),
                name=one_line(self.query_one("#name", Input).value).strip() or named_after(sheet),
                description=clean(self.query_one("#description", TextArea).text).strip(),
                extras=tuple(self._extras),
            )
        )

    def _look_ahead(self) -> None:
        code = self.query_one("#language", Select).value
        if self._sheet is not None:
            self.post_message(SheetChosen(self._sheet, language_of(str(code))))

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
