"""The turns that stay when a chat has outgrown the context."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, strategies as st

from refsheet_tui.chats.context_window import PINNED_TURNS, ContextWindow


@dataclass(frozen=True)
class Chat:
    """A chat as the number of tokens of each turn. The last turn is the user's."""

    window: ContextWindow
    counts: list[int]

    @property
    def oldest(self) -> int:
        return self.window.oldest_visible_turn(self.counts)

    @property
    def seen(self) -> int:
        """The number of tokens of the prompt."""
        return sum(self.counts[:PINNED_TURNS]) + sum(self.counts[self.oldest :])

    def until(self, turns: int) -> Chat:
        return Chat(self.window, self.counts[:turns])


@st.composite
def chats(
    draw: st.DrawFn, share: float = 1.2, beginning: float = 0.6, turns_at_least: int = 0
) -> Chat:
    """Draw a chat.

    `share` is the largest share of the context that a turn takes, and `beginning` that of the
    opening and the greeting together.
    """
    size = draw(st.integers(256, 131_072))
    replies = draw(st.integers(1, 2000))
    opening = st.integers(5, max(5, int(size * beginning / 2)))
    turns = draw(
        st.lists(st.integers(5, max(5, int(size * share))), min_size=turns_at_least, max_size=120)
    )
    last = draw(st.integers(5, max(5, int(size * share))))
    counts = [draw(opening), draw(opening), *turns[: len(turns) // 2 * 2], last]
    return Chat(ContextWindow.for_reply_length(size, replies), counts)


def points(chat: Chat) -> range:
    """Return the numbers of turns after which the model replies."""
    return range(PINNED_TURNS + 1, len(chat.counts) + 1, 2)


@given(chats())
def test_roles_alternate_and_the_last_turn_stays(chat: Chat) -> None:
    assert chat.oldest % 2 == 0
    assert PINNED_TURNS <= chat.oldest < len(chat.counts)


@given(chats())
def test_the_prompt_and_a_reply_fit_whenever_they_can(chat: Chat) -> None:
    least = sum(chat.counts[:PINNED_TURNS]) + chat.counts[-1]
    room = chat.window.context_size - chat.window.reply_reserve
    assert chat.seen <= max(room, least)


@given(chats())
def test_nothing_leaves_while_all_of_it_fits(chat: Chat) -> None:
    """Only the room for a reply and for the user's next message is reserved."""
    size = chat.window.context_size
    whole = sum(chat.counts) + chat.window.reply_reserve + size // 32
    if whole <= size:
        assert chat.oldest == PINNED_TURNS


@given(chats(share=0.2, turns_at_least=10))
def test_held_live_or_opened_again_the_window_is_the_same(chat: Chat) -> None:
    """The window depends only on the turns so far, and never moves back."""
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
    moves = [turns for turns in windows if windows[turns] != windows.get(turns - 2, PINNED_TURNS)]
    between = [later - earlier for earlier, later in pairwise(moves)]
    assert all(turns >= 5 for turns in between)


def test_a_long_turn_does_not_push_everything_out() -> None:
    """A turn of 600 tokens in a room of 900 leaves 150 tokens for earlier turns."""
    chat = Chat(ContextWindow(1000, 50), [25, 25, *[50] * 10, 600])
    assert len(chat.counts) - 1 - chat.oldest == 2


def test_a_turn_that_alone_is_too_long_stays_alone() -> None:
    chat = Chat(ContextWindow(1000, 50), [25, 25, *[50] * 10, 2000])
    assert chat.oldest == len(chat.counts) - 1


def test_room_for_a_reply_is_a_quarter_at_most() -> None:
    assert ContextWindow.for_reply_length(8192, 1000).reply_reserve == 1000
    assert ContextWindow.for_reply_length(512, 1000).reply_reserve == 128
