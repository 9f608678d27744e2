from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image
from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Offset

from helpers.answering_terminal import (
    ATTRIBUTES,
    KITTY,
    NAME,
    NEITHER,
    SILENT,
    SIXEL,
    AnsweringTerminal,
)
from helpers.screens import PICTURED, open_first_chat, until
from refsheet_tui.config import Config
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.graphics.kitty import KittyPicture
from refsheet_tui.tui.graphics.sixel import SixelPicture
from refsheet_tui.tui.graphics.terminal import (
    Drawing,
    best_drawing,
    drawing_for,
    drawing_from_answer,
)
from refsheet_tui.tui.widgets.portrait import Portrait

PLACEHOLDER = "\U0010eeee"
SENT = re.compile(rb"\x1b_Gf=100,i=(\d+)")
FORGOTTEN = re.compile(rb"\x1b_Ga=d,d=I,i=(\d+)")
DRAWN = b"\x1bP0;0;0q"
# What a terminal's answers would look like if they were taken for keys.
ANSWERS = (b"[?62", b"[?1;2c", b"kitty(", b"foot(")

OpenTerminal = Callable[..., AnsweringTerminal]


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[OpenTerminal]:
    terminals: list[AnsweringTerminal] = []

    def begin(answers: Mapping[bytes, bytes], settings: str = "", **more: object) -> object:
        terminals.append(AnsweringTerminal(answers, tmp_path, settings, **more))  # type: ignore[arg-type]
        return terminals[-1]

    yield begin  # type: ignore[misc]
    for terminal in terminals:
        terminal.close()


@pytest.fixture(autouse=True)
def colors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Textual use 256 colors, whatever terminal the tests run in."""
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "256")


def chat_in(terminal: AnsweringTerminal) -> int:
    """Open the chat with Ember, and return the number of bytes that were drawn before."""
    drawn = terminal.wait_for(b"Ember", b"Ready")
    terminal.type(b"\r")
    terminal.wait_for(b"Message Ember", after=drawn)
    return drawn


def pictures(wanted: str) -> str:
    return f"screens: {{pictures: {wanted}}}"


def test_a_terminal_is_taken_at_its_word() -> None:
    for answer, best in (
        (b"\x1bP>|kitty(0.28.0)\x1b\\\x1b[?62;c", "kitty"),
        (b"\x1bP>|ghostty 1.2.3\x1b\\\x1b[?62;22c", "kitty"),
        (b"\x1bP>|kitty(0.26.5)\x1b\\\x1b[?62;c", "blocks"),  # has pictures, but not by cells
        (b"\x1bP>|WezTerm 20240203\x1b\\\x1b[?65;4;6;18;22c", "sixel"),
        (b"\x1b[?62;4c", "sixel"),
        (b"\x1b[?64;14;42c", "blocks"),
        (b"\x1bP>|tmux 3.3a\x1b\\\x1b[?1;2c", "blocks"),
        (b"\x1bP>|kitty(9999999999999999999", "blocks"),
        (b"\x1b[?;;;c", "blocks"),
        (b"", "blocks"),
    ):
        assert drawing_from_answer(answer) == best, answer


def test_where_nothing_answers_nothing_is_asked() -> None:
    """Here, standard input is not a terminal, so nothing is asked."""
    assert best_drawing({"TERM": "xterm-kitty"}) == "blocks"


def test_the_setting_goes_before_what_the_terminal_says() -> None:
    ways: tuple[Drawing, ...] = ("kitty", "sixel", "blocks", "off")
    for best in ways[:3]:
        assert drawing_for("auto", best, {}) == best
        for wanted in ways:
            assert drawing_for(wanted, best, {}) == wanted


def test_a_browser_gets_blocks() -> None:
    browser = {"TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"}
    assert drawing_for("kitty", "blocks", browser) == "blocks"
    assert drawing_for("sixel", "blocks", browser) == "blocks"
    assert drawing_for("off", "blocks", browser) == "off"


def test_each_cell_of_a_kitty_picture_names_its_place() -> None:
    picture = KittyPicture.from_image(Image.new("RGB", (64, 64)), 40, 5, (10, 20))
    rows = picture.rows(Offset(3, 4), Style())
    assert (picture.columns, picture.lines) == (10, 5) == (len(rows[0]), len(rows))
    texts = [segment.text for row in rows for segment in row]
    assert len(set(texts)) == 50 and all(cell_len(text) == 1 for text in texts)
    assert all(text[0] == PLACEHOLDER and len(text) == 4 for text in texts)
    # The first two diacritics that kitty counts with.
    assert texts[0][1:3] == "\u0305\u0305" and texts[11][1:3] == "\u030d\u030d"


def test_every_kitty_picture_has_a_number_of_its_own() -> None:
    numbers = {KittyPicture(1, 1, b"").number for _ in range(1000)}
    assert len(numbers) == 1000
    # Numbers that one of 256 colors and a diacritic can encode.
    assert all(number & 0x00FFFF00 == 0 and number & 0xFF >= 16 for number in numbers)


def test_a_sixel_picture_stays_in_its_cells() -> None:
    for size in ((64, 64), (1, 500), (500, 1), (300, 200)):
        for cell in ((10, 20), (7, 15), (1, 1)):
            picture = SixelPicture.from_image(Image.new("RGB", size, "red"), 12, 7, cell)
            width, height = map(int, re.findall(r'"1;1;(\d+);(\d+)', picture.sixels)[0])
            assert width <= picture.columns * cell[0] and height % 6 == 0
            assert height <= max(6, picture.lines * cell[1])
            assert picture.columns <= 12 and picture.lines <= 7


@pytest.mark.parametrize("best", ["kitty", "sixel"])
async def test_behind_a_dialog_a_picture_is_blocks(best: Drawing) -> None:
    """A dialog tints everything behind it, and sixels would be drawn over it."""
    app = RefsheetApp(PICTURED, best_drawing=best)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        portrait = app.screen.query_one(Portrait)
        await until(pilot, lambda: shows_pixels(portrait))
        await pilot.press("f1")
        await until(pilot, lambda: not shows_pixels(portrait))
        assert portrait.is_drawn
        await pilot.press("escape")
        await until(pilot, lambda: shows_pixels(portrait))


async def test_sixels_wait_until_nothing_lies_over_them() -> None:
    app = RefsheetApp(PICTURED, best_drawing="sixel")
    async with app.run_test(size=(91, 24), notifications=True) as pilot:
        await open_first_chat(pilot, app)
        portrait = app.screen.query_one(Portrait)
        await until(pilot, lambda: shows_pixels(portrait))
        portrait.screen.query_one("#chat-side").styles.dock = "right"
        await pilot.pause()
        app.notify("\n".join("one line of many" for _ in range(9)))
        await until(pilot, lambda: not shows_pixels(portrait))
        app.clear_notifications()
        await until(pilot, lambda: shows_pixels(portrait))


async def test_what_scrolls_is_never_sixels() -> None:
    app = RefsheetApp(PICTURED, best_drawing="sixel")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(Portrait)))
        cards = list(app.screen.query(Portrait))
        await until(pilot, lambda: all(card.is_drawn for card in cards))
        assert not any(shows_pixels(card) for card in cards)


async def test_without_pictures_they_take_no_room() -> None:
    app = RefsheetApp(PICTURED)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        portrait = app.screen.query_one(Portrait)
        await until(pilot, lambda: portrait.is_drawn)
        name = app.screen.query_one(".card-name")
        below = name.region.y
        await app.change_settings({"screens.pictures": "off"})
        await until(pilot, lambda: name.region.y == below - 14)
        assert not portrait.is_drawn
        await app.change_settings({"screens.pictures": "blocks"})
        await until(pilot, lambda: portrait.is_drawn and name.region.y == below)


async def test_a_change_of_the_setting_counts_at_once() -> None:
    app = RefsheetApp(PICTURED, best_drawing="kitty")
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        portrait = app.screen.query_one(Portrait)
        await until(pilot, lambda: shows_pixels(portrait))
        await app.change_settings({"screens.pictures": "blocks"})
        await until(pilot, lambda: not shows_pixels(portrait))
        await app.change_settings({"screens.pictures": "sixel"})
        await until(pilot, lambda: shows_pixels(portrait))
        assert portrait.is_drawn


@pytest.mark.parametrize("best", ["kitty", "sixel"])
async def test_what_is_no_picture_is_not_drawn(best: Drawing, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\x1b[2Jnot a picture")
    app = RefsheetApp(PICTURED, best_drawing=best)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_first_chat(pilot, app)
        portrait = app.screen.query_one(Portrait)
        await until(pilot, lambda: portrait.is_drawn)
        portrait.path = broken
        await until(pilot, lambda: not portrait.is_drawn)
        assert not shows_pixels(portrait)


async def test_sixteen_colours_can_not_name_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "standard")
    app = RefsheetApp(Config(threads=1), best_drawing="kitty")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(Portrait)))
        card = app.screen.query(Portrait).first()
        await until(pilot, lambda: card.is_drawn)
        assert not shows_pixels(card)


def test_kitty_keeps_pictures_and_forgets_them_in_the_end(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(KITTY)
    terminal.wait_until(lambda: len(SENT.findall(terminal.output)) >= 6)
    chat_in(terminal)
    terminal.wait_until(lambda: len(SENT.findall(terminal.output)) > 6)
    seen = terminal.leave()
    numbers = SENT.findall(seen)
    assert len(set(numbers)) == len(numbers)
    assert set(FORGOTTEN.findall(seen)) == set(numbers)
    assert seen.rindex(b"\x1b_Ga=d") < seen.index(b"\x1b[?1049l")
    assert terminal.after == terminal.before
    assert not any(answer in seen for answer in ANSWERS)


def test_kitty_gets_pictures_again_after_a_pause(open_terminal: OpenTerminal) -> None:
    """Kitty deletes pictures together with the screen that they were on."""
    terminal = open_terminal(KITTY)
    terminal.wait_for(b"Ember", b"Ready")
    terminal.wait_until(lambda: PLACEHOLDER.encode() in terminal.output)
    terminal.process.send_signal(signal.SIGTSTP)
    paused = terminal.wait_for(b"\x1b[?1049l")
    terminal.process.send_signal(signal.SIGCONT)
    terminal.wait_until(lambda: SENT.search(terminal.output[paused:]) is not None)
    terminal.leave()


def test_sixels_are_drawn_beside_the_chat(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(SIXEL)
    drawn = chat_in(terminal)
    terminal.wait_until(lambda: DRAWN in terminal.output[drawn:])
    # Open and close a dialog.
    helped = len(terminal.output)
    terminal.type(b"\x1bOP")
    shown = terminal.wait_for(b"Esc to close", after=helped)
    terminal.type(b"\x1b")
    terminal.wait_until(lambda: DRAWN in terminal.output[shown:])
    # A larger window with a font twice as large.
    terminal.resize(130, 45, cell=(20, 40))
    terminal.wait_until(lambda: b'q"1;1;560;558' in terminal.output[shown:])
    seen = terminal.leave()
    assert DRAWN not in seen[:drawn] and b"\x1b_G" not in seen
    assert b'q"1;1;280;276' in seen[:shown]
    # The corner of the picture, from the upper left of the screen.
    assert {b"\x1b7\x1b[4;4H"} == set(re.findall(rb"\x1b7\x1b\[\d+;\d+H(?=\x1bP)", seen))
    assert not any(answer in seen for answer in ANSWERS)


@pytest.mark.parametrize("wanted", ["blocks", "off"])
def test_who_wants_no_pixels_gets_none(open_terminal: OpenTerminal, wanted: str) -> None:
    """With these settings, the terminal is not asked and gets no pixels."""
    terminal = open_terminal(KITTY | SIXEL, pictures(wanted))
    chat_in(terminal)
    seen = terminal.leave()
    assert b"\x1b_G" not in seen and DRAWN not in seen
    assert NAME not in seen and ATTRIBUTES not in seen


def test_who_wants_kitty_gets_it_unasked(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(NEITHER, pictures("kitty"))
    terminal.wait_until(lambda: SENT.search(terminal.output) is not None)
    assert NAME not in terminal.leave()


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "tmux-256color"},
        {"TMUX": "/tmp/tmux-1000/default,1,0"},
        {"TERM": "screen"},
        {"TERM": "linux"},
        {"TERM_PROGRAM": "Apple_Terminal"},
        {"NO_COLOR": "1"},
    ],
    ids=lambda environ: "=".join(*environ.items()),
)
def test_who_would_show_the_question_is_not_asked(
    open_terminal: OpenTerminal, environ: Mapping[str, str]
) -> None:
    terminal = open_terminal(KITTY, environ=environ)
    terminal.wait_for(b"Ember")
    seen = terminal.leave()
    assert NAME not in seen and ATTRIBUTES not in seen and b"\x1b_G" not in seen


def test_a_terminal_that_never_answers_gets_blocks(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(SILENT)
    terminal.wait_for(b"Ember")
    seen = terminal.leave()
    assert NAME in seen and b"\x1b_G" not in seen and DRAWN not in seen
    assert terminal.after == terminal.before


def test_what_is_typed_ahead_is_not_lost(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(KITTY, typed=b"n")
    terminal.wait_for("· New character".encode())
    assert NAME not in terminal.leave()


def shows_pixels(portrait: Portrait) -> bool:
    strips = portrait.render_lines(portrait.size.region)
    drawn = "".join(segment.text for strip in strips for segment in strip)
    return PLACEHOLDER in drawn or DRAWN.decode() in drawn
