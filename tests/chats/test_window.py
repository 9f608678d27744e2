"""Which turns stay when a chat has outgrown its context."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from refsheet_tui.chats.window import BEGINNING, Window


@dataclass(frozen=True)
class Chat:
    """Tokens of each turn, the last of them the person's."""

    window: Window
    counts: list[int]

    @property
    def oldest(self) -> int:
        return self.window.oldest(self.counts)

    @property
    def seen(self) -> int:
        """Tokens of the prompt."""
        return sum(self.counts[:BEGINNING]) + sum(self.counts[self.oldest :])

    def until(self, turns: int) -> Chat:
        return Chat(self.window, self.counts[:turns])


@st.composite
def chats(
    draw: st.DrawFn, share: float = 1.2, beginning: float = 0.6, turns_at_least: int = 0
) -> Chat:
    """`share` of the context is the largest turn, `beginning` the longest opening and greeting."""
    size = draw(st.integers(256, 131_072))
    replies = draw(st.integers(1, 2000))
    opening = st.integers(5, max(5, int(size * beginning / 2)))
    turns = draw(
        st.lists(st.integers(5, max(5, int(size * share))), min_size=turns_at_least, max_size=120)
    )
    last = draw(st.integers(5, max(5, int(size * share))))
    counts = [draw(opening), draw(opening), *turns[: len(turns) // 2 * 2], last]
    return Chat(Window.of(size, replies), counts)


def points(chat: Chat) -> range:
    """The numbers of turns at which the model has replied or will."""
    return range(BEGINNING + 1, len(chat.counts) + 1, 2)


@given(chats())
def test_roles_alternate_and_the_last_turn_stays(chat: Chat) -> None:
    assert chat.oldest % 2 == 0
    assert BEGINNING <= chat.oldest < len(chat.counts)


@given(chats())
def test_the_prompt_and_a_reply_fit_whenever_they_can(chat: Chat) -> None:
    least = sum(chat.counts[:BEGINNING]) + chat.counts[-1]
    room = chat.window.context_size - chat.window.reserve
    assert chat.seen <= max(room, least)


@given(chats())
def test_nothing_leaves_while_all_of_it_fits(chat: Chat) -> None:
    """Room for a reply and for the person's next words is taken, and no more."""
    size = chat.window.context_size
    whole = sum(chat.counts) + chat.window.reserve + size // 32
    if whole <= size:
        assert chat.oldest == BEGINNING


@given(chats(share=0.2, turns_at_least=10))
def test_held_live_or_opened_again_the_window_is_the_same(chat: Chat) -> None:
    """Nothing but what was said until then counts, and the window never goes back."""
    live = [chat.until(turns).oldest for turns in points(chat)]
    assert live == sorted(live)
    other = Chat(chat.window, [*chat.counts, 7, chat.window.context_size])
    assert [other.until(turns).oldest for turns in points(chat)] == live


@given(chats(share=0.2, turns_at_least=10), st.integers(0, 2000))
def test_the_next_window_is_known_before_the_words_are(chat: Chat, words: int) -> None:
    said = min(words, chat.window.context_size // 32)
    before = Chat(chat.window, [*chat.counts[:-1], 0])
    after = Chat(chat.window, [*chat.counts[:-1], said])
    assert after.oldest == before.oldest


@given(chats(share=0.05, beginning=0.25, turns_at_least=60))
def test_turns_leave_rarely(chat: Chat) -> None:
    windows = {turns: chat.until(turns).oldest for turns in points(chat)}
    moves = [turns for turns in windows if windows[turns] != windows.get(turns - 2, BEGINNING)]
    between = [later - earlier for earlier, later in pairwise(moves)]
    assert all(turns >= 5 for turns in between)


def test_a_long_turn_does_not_push_everything_out() -> None:
    """Beside 600 of 900 tokens, 150 stay for what was said before."""
    chat = Chat(Window(1000, 50), [25, 25, *[50] * 10, 600])
    assert len(chat.counts) - 1 - chat.oldest == 2


def test_a_turn_that_alone_is_too_long_stays_alone() -> None:
    chat = Chat(Window(1000, 50), [25, 25, *[50] * 10, 2000])
    assert chat.oldest == len(chat.counts) - 1


def test_room_for_a_reply_is_a_quarter_at_most() -> None:
    assert Window.of(8192, 1000).reserve == 1000
    assert Window.of(512, 1000).reserve == 128
