from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from refsheet_tui.chats.impersonation import ImpersonationFilter


def filtered_text(user_name: str, *pieces: str) -> str:
    impersonation_filter = ImpersonationFilter(user_name)
    text = "".join(map(impersonation_filter.filter_text, pieces))
    return text if impersonation_filter.has_matched else text + impersonation_filter.flush()


@pytest.mark.parametrize(
    ("user_name", "reply", "left"),
    [
        ("Jane", "Hi!\nJane: Hello!", "Hi!"),
        ("Jane", "Hi!\n\n**Jane:** Hello!", "Hi!"),
        ("Jane", "Hi!\njane : no colon right behind", "Hi!\njane : no colon right behind"),
        ("小明", "你好。\n小明：我很好。", "你好。"),
        ("Jane", "Hi, Jane: listen.", "Hi, Jane: listen."),
        ("Jane", "Hi\nJanet: who?", "Hi\nJanet: who?"),
        ("Jane", "Jane: I begin so", "Jane: I begin so"),
        ("Jane", "One\nTwo\nThree\nJane:", "One\nTwo\nThree"),
        ("Jane", "Ends with\n", "Ends with\n"),
        ("Jane", "Ends with\nJan", "Ends with\nJan"),
        ("", "Hi\n: what", "Hi\n: what"),
        ("", "You: Hi\nYou: Hi", "You: Hi\nYou: Hi"),
    ],
)
def test_a_reply_ends_where_the_person_would_speak(user_name: str, reply: str, left: str) -> None:
    assert filtered_text(user_name, reply) == left
    assert filtered_text(user_name, *reply) == left


WORDS = st.lists(
    st.sampled_from(("Jane", "Jan", ":", "：", "\n", " ", "*", "Hi", "e")), max_size=20
)


@given(WORDS, st.data())
def test_pieces_make_no_difference(words: list[str], data: st.DataObject) -> None:
    text = "".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert filtered_text("Jane", *pieces) == filtered_text("Jane", text)
    assert text.startswith(filtered_text("Jane", text))
