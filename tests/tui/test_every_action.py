"""Every action works by its keys, by a click in the footer, and from the command palette.

What the actions do is tested elsewhere.
"""

from __future__ import annotations

import pytest
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.pilot import Pilot
from textual.widgets import Input, TextArea
from textual.widgets._footer import FooterKey

from helpers.frozen_screens import noon
from helpers.scenes import SCENES
from helpers.screens import until
from refsheet_tui.tui.actions import actions_on
from refsheet_tui.tui.app import RefsheetApp
from refsheet_tui.tui.keys import KEY_IDS

__all__ = ["noon"]

# One of each screen, and of other places with keys, with the groups of actions that belong to it.
PLACES = {
    "gallery": {"app", "home"},
    "form": {"character"},
    "browse": {"browse"},
    "chat-answered": {"chat", "composer"},
    "chat-focused": {"message"},
    "chats": {"chats"},
    "help": {"help"},
    "problem": {"problem"},
    "path-asked": {"ask"},
    "models": {"models"},
    "models-terms": {"question"},
    "models-file": {"model-file"},
    "settings": {"settings"},
    "welcome": {"welcome"},
}
# Tested with their screens: pausing needs a download, and the search fields use the same keys for
# scrolling, which they leave to the list while the text fits.
ELSEWHERE = {"models.pause", "chats.up", "chats.down", "settings.up", "settings.down"}
pytestmark = pytest.mark.usefixtures("noon")


class Recorder:
    """Records actions instead of running them."""

    def __init__(self, app: RefsheetApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[tuple[DOMNode, str]] = []

        async def dispatch(namespace: DOMNode, name: str, _: object) -> bool:
            self.done.append((namespace, name))
            return True

        monkeypatch.setattr(app, "_dispatch_action", dispatch)

    async def expect(self, pilot: Pilot[int], node: DOMNode, action: str, how: str) -> None:
        """Wait for an action, and check that it is `action` of `node`."""
        name = action.partition("(")[0].rpartition(".")[2]
        await until(pilot, lambda: bool(self.done))
        assert [done for _, done in self.done] == [name], how
        self.done.clear()


@pytest.mark.parametrize("place", list(PLACES))
async def test_by_key_by_mouse_and_by_palette(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = SCENES[place].app("en")
    async with app.run_test(size=(220, 50)) as pilot:
        await SCENES[place].play(pilot, app)
        await pilot.pause()
        recorder = Recorder(app, monkeypatch)
        screen, focused = app.screen, app.focused
        active = [
            (key, binding.node, binding.binding)
            for key, binding in screen.active_bindings.items()
            if binding.binding.id in KEY_IDS and not _is_typed(key, focused)
        ]
        ids = {each.binding.id for each in screen.active_bindings.values()}
        assert {
            each for each in KEY_IDS - ELSEWHERE if each.partition(".")[0] in PLACES[place]
        } <= ids
        for key, node, binding in active:
            await pilot.press(key)
            await recorder.expect(pilot, node, binding.action, f"{key} on {place}")
            assert app.screen is screen and app.focused is focused
        for footer_key in screen.query(FooterKey):
            if footer_key.region.width and footer_key.action != "app.command_palette":
                await pilot.click(footer_key)
                await recorder.expect(pilot, screen, footer_key.action, f"a click on {place}")
        in_palette = {command.title for command in app.get_system_commands(screen)}
        assert {action.description for action in actions_on(screen)} <= in_palette
        for action in actions_on(screen):
            await app.run_action(action.name, action.node)
            await recorder.expect(pilot, action.node, action.name, f"the palette on {place}")


def _is_typed(key: str, focused: object) -> bool:
    """Return True if the key is a letter that goes into the focused field."""
    letter = {"slash": "/"}.get(key) or key_to_character(key) or ""
    return isinstance(focused, Input | TextArea) and letter.isprintable() and len(letter) == 1


def test_no_action_is_forgotten() -> None:
    """Every group of actions belongs to one of these places."""
    assert {each.partition(".")[0] for each in KEY_IDS} == set().union(*PLACES.values())
