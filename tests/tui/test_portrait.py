from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from PIL import Image
from rich.color import Color

from helpers.screens import PICTURED, until, wait_until_ready
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.background import in_thread
from refsheet_tui.tui.graphics.blocks import blocks, fit
from refsheet_tui.tui.widgets.portrait import Portrait

ROOT = Path(__file__).resolve().parents[2]
RED, BLUE = (255, 0, 0), (0, 0, 255)


def two_by_two(pixels: list[tuple[int, int, int]]) -> Image.Image:
    """Return a picture of two by two pixels."""
    image = Image.new("RGB", (2, 2))
    image.putdata(pixels)
    return image


def test_a_square_picture_is_twice_as_many_cells_wide_as_high() -> None:
    assert fit((896, 896), 40, 10) == (20, 10)
    assert fit((896, 896), 10, 40) == (10, 5)


def test_a_line_keeps_at_least_one_cell() -> None:
    assert fit((1, 5000), 40, 10) == (1, 10)
    assert fit((5000, 1), 40, 10) == (40, 1)


def test_each_quarter_of_a_cell_is_a_pixel() -> None:
    for pixels, character in (
        ([RED, BLUE, RED, BLUE], "▌"),
        ([RED, RED, BLUE, BLUE], "▀"),
        ([RED, BLUE, BLUE, BLUE], "▘"),
        ([RED, BLUE, BLUE, RED], "▞"),
    ):
        [[cell]] = blocks(two_by_two(pixels), 1, 1)
        assert cell.text == character
        assert cell.style is not None
        assert {cell.style.color, cell.style.bgcolor} == {
            Color.from_rgb(*RED),
            Color.from_rgb(*BLUE),
        }


def test_one_colour_is_a_blank() -> None:
    [[cell]] = blocks(two_by_two([RED] * 4), 1, 1)
    assert cell.text == " "
    assert cell.style is not None and cell.style.bgcolor == Color.from_rgb(*RED)


async def test_around_a_picture_is_the_ground_of_the_theme() -> None:
    app = RefsheetApp(PICTURED)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_until_ready(pilot, app)
        portrait = app.screen.query(Portrait)[1]
        await until(pilot, lambda: portrait.is_drawn)
        await pilot.press("f2")
        await pilot.pause()
        edge = next(iter(portrait.render_line(portrait.size.height // 2)))
        assert edge.style == portrait.rich_style


async def test_slow_work_does_not_hold_up_the_end() -> None:
    goes_on = threading.Event()
    before = set(threading.enumerate())
    work = asyncio.ensure_future(in_thread(goes_on.wait))
    await asyncio.sleep(0)
    started = set(threading.enumerate()) - before
    work.cancel()
    # Python waits for all other threads when the program ends.
    assert started and all(thread.daemon for thread in started)
    goes_on.set()


async def test_work_in_a_thread_returns_or_raises() -> None:
    assert await in_thread(lambda: 7) == 7
    try:
        await in_thread(lambda: 1 // 0)
    except ZeroDivisionError:
        return
    raise AssertionError("the error was lost")
