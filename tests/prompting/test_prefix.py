"""The prefix that is read ahead is the beginning of the later prompt, token for token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import given, settings, strategies as st

from refsheet_tui.engine import LoadSettings
from refsheet_tui.engine.native.loaded_model import LoadedModel
from refsheet_tui.paths import demo_mmproj, demo_model
from refsheet_tui.pictures import PictureView, PreparedPicture
from refsheet_tui.prompting import (
    Prompt,
    Turn,
    build_prefix,
    build_prompt,
    build_turn,
    language,
    opening_prefix,
    opening_turn,
)


def view(*names: str) -> PictureView:
    whole, *crops = (PreparedPicture(1, b"\0\0\0", name) for name in names)
    return PictureView(whole, tuple(crops))


SHEET = view("sheet")
EXTRA = view("extra", "crop")

texts = st.text(st.sampled_from("\n\n\n  \t aéblo.龙🐉？。<>") | st.characters(codec="utf-8"))
contents = st.lists(texts | st.sampled_from([SHEET, EXTRA]), max_size=3).map(tuple)
systems = st.none() | texts


@st.composite
def chats(draw: st.DrawFn) -> list[Turn]:
    """Draw turns that alternate, beginning with the user's and ending with that of either side."""
    said = draw(st.lists(contents, min_size=1, max_size=5))
    return [Turn("model" if number % 2 else "user", each) for number, each in enumerate(said)]


@pytest.fixture(scope="module")
def session() -> Iterator[LoadedModel]:
    loaded = LoadedModel()
    loaded.load(LoadSettings(demo_model(), demo_mmproj(), context_size=512), lambda _: True)
    yield loaded
    loaded.close()


def units(session: LoadedModel, prompt: Prompt) -> list[int | str]:
    """Return the tokens of a prompt by their ids, and the pictures by their hashes."""
    found: list[int | str] = []
    for part in session.tokenize(prompt):
        found += [part.sha256] if part.sha256 else part.tokens
    return found


def positions(session: LoadedModel, prompt: Prompt) -> int:
    return sum(part.positions for part in session.tokenize(prompt))


def is_begun_with(session: LoadedModel, prompt: Prompt, prefix: Prompt) -> bool:
    known = units(session, prefix)
    return units(session, prompt)[: len(known)] == known


@settings(deadline=None)
@given(chats(), contents, systems)
def test_what_is_said_next_follows_the_prefix(
    session: LoadedModel, chat: list[Turn], more: tuple[str | PictureView, ...], system: str | None
) -> None:
    prefix = build_prefix(chat, system)
    said = chat
    if chat[-1].role == "model":
        said = [*chat, Turn("user", more)]
    assert is_begun_with(session, build_prompt(said, system), prefix)


@settings(deadline=None)
@given(chats().filter(lambda chat: chat[-1].role == "user"), texts, systems)
def test_an_open_turn_goes_on_with_a_line_or_a_picture(
    session: LoadedModel, chat: list[Turn], more: str, system: str | None
) -> None:
    prefix = build_prefix(chat, system)
    *before, last = chat
    with_picture = [*before, Turn("user", (*last.content, EXTRA, more))]
    assert is_begun_with(session, build_prompt(with_picture, system), prefix)
    if last.content and isinstance(last.content[-1], str):
        line = f"{last.content[-1]}\n{more}"
        with_line = [*before, Turn("user", (*last.content[:-1], line))]
        assert is_begun_with(session, build_prompt(with_line, system), prefix)


def test_only_the_header_is_known_of_a_turn_to_come(session: LoadedModel) -> None:
    chat = [Turn("user", ("Hi",)), Turn("model", ("Hello",))]
    whole = units(session, build_prompt([*chat, Turn("user", ("And you?",))]))
    prefix = units(session, build_prefix(chat))
    closed = sum(positions(session, build_turn(turn)) for turn in chat)
    # After <bos> and the turns come <start_of_turn> and the role.
    assert prefix == whole[: 1 + closed + 2]


@settings(deadline=None)
@given(texts.filter(str.strip), st.booleans())
def test_a_sheet_is_read_before_anything_else_is_known(
    session: LoadedModel, description: str, has_extras: bool
) -> None:
    extras = [EXTRA] if has_extras else []
    for code, sheet in product(("fr", "zh"), (SHEET, None)):
        prefix = opening_prefix(language(code), sheet)
        opening = opening_turn(language(code), sheet, description, extras)
        plain = opening_turn(language(code), sheet, "", extras)
        assert is_begun_with(session, build_prompt([opening]), prefix)
        assert is_begun_with(session, build_prompt([plain]), prefix)


@pytest.mark.parametrize("sheet", [SHEET, None])
def test_all_of_the_persona_is_read_before_the_description(
    session: LoadedModel, sheet: PictureView | None
) -> None:
    prefix = opening_prefix(language("en"), sheet)
    opening = build_prompt([opening_turn(language("en"), sheet)])
    # The rest is <end_of_turn>, a line break, <start_of_turn>, the role and a line break.
    assert units(session, prefix) == units(session, opening)[:-5]


@settings(deadline=None)
@given(chats().filter(lambda chat: chat[-1].role == "user"), systems)
def test_the_tokens_of_turns_add_up(
    session: LoadedModel, chat: list[Turn], system: str | None
) -> None:
    whole = positions(session, build_prompt(chat, system))
    first = positions(session, build_prompt(chat[:1], system))
    assert whole == first + sum(positions(session, build_turn(turn)) for turn in chat[1:])


@pytest.mark.parametrize("roles", [[], ["model"], ["user", "user"], ["user", "model", "model"]])
def test_a_prefix_alternates_too(roles: Sequence[str]) -> None:
    turns = [Turn("user" if role == "user" else "model", ("a",)) for role in roles]
    with pytest.raises(ValueError, match="alternate"):
        build_prefix(turns)
