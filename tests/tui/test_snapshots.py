"""Snapshots of every screen, in both languages, dark and light, small and large.

After an intended change: `pytest tests/tui/test_snapshots.py --snapshot-update`, and look at
the pictures in `__snapshots__`.
"""

from __future__ import annotations

import re

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex
from textual.pilot import Pilot

from helpers.frozen_screens import noon
from helpers.scenes import SCENES
from helpers.screens import screen_text, until
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.themes import DARK, LIGHT

__all__ = ["noon"]

SIZES = {"small": (80, 24), "large": (120, 40)}
# Fonts from other sites, and names that change with every picture.
_FONTS = re.compile(r"@font-face \{.*?\}", re.DOTALL)
_NAMES = re.compile(r"terminal-\d+")
_BLANK_ENDS = re.compile(r"[ \t]+$", re.MULTILINE)


class Svg(SingleFileSnapshotExtension):
    file_extension = "svg"
    _write_mode = WriteMode.TEXT

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        return str(index)


# For every screen, each pair of sizes, languages and themes occurs.
SHOTS = {
    "en": (("large", DARK), ("small", LIGHT)),
    "zh-Hans": (("large", LIGHT), ("small", DARK)),
}


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("language", list(SHOTS))
@pytest.mark.parametrize("name", list(SCENES))
async def test_it_looks_as_it_did(name: str, language: str, snapshot: SnapshotAssertion) -> None:
    scene = SCENES[name]
    app = scene.app(language)
    async with app.run_test(size=SIZES["large"]) as pilot:
        await scene.play(pilot, app)
        for size, theme in SHOTS[language]:
            app.theme = theme.name
            await pilot.resize_terminal(*SIZES[size])
            await wait_until_settled(pilot, app)
            shade = theme.name.removeprefix("refsheet-")
            key = f"{name}-{language}-{size}-{shade}"
            assert svg(app) == snapshot(name=key, extension_class=Svg)


async def wait_until_settled(pilot: Pilot[int], app: RefsheetApp) -> None:
    """Wait until the screen is laid out, including the footer, and stays as it is."""
    await pilot.pause()
    await until(pilot, lambda: bool(app.screen.query("FooterKey")) or app.screen.is_modal)
    text = ""
    while text != (text := screen_text(app)):
        await pilot.pause()


def svg(app: RefsheetApp) -> str:
    drawn = _BLANK_ENDS.sub("", _FONTS.sub("", app.export_screenshot()))
    return _NAMES.sub("terminal", drawn)
