from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from helpers.cost import assert_fast
from refsheet_tui.chats.impersonation import ImpersonationFilter, SpokeForUser
from refsheet_tui.engine import ReplyFinished, TextDelta, Timings

FINISHED = ReplyFinished("cancelled", 0, 0, 0, Timings())


def filtered_text(
    user_name: str | None, *pieces: str, character_name: str = "", continued_text: str = ""
) -> str:
    impersonation_filter = ImpersonationFilter(
        user_name, character_name, continued_text=continued_text
    )
    text = "".join(map(impersonation_filter.filter_text, pieces))
    return text if impersonation_filter.has_matched else text + impersonation_filter.flush()


@pytest.mark.parametrize(
    ("user_name", "reply", "left"),
    [
        ("Jane", "Hi!\nJane: Hello!", "Hi!"),
        ("Jane", "Hi!\n\n**Jane:** Hello!", "Hi!"),
        ("小明", "你好。\n小明：我很好。", "你好。"),
        ("Jane", "Hi, Jane: listen.", "Hi, Jane: listen."),
        ("Jane", "Hi\nJanet: who?", "Hi\nJanet: who?"),
        ("Jane", "Jane: I begin so", ""),
        ("Jane", "\n\n**Jane:** I begin so", ""),
        ("Jane", "One\nTwo\nThree\nJane:", "One\nTwo\nThree"),
        ("Jane", "Ends with\n", "Ends with\n"),
        ("Jane", "Ends with\nJan", "Ends with\nJan"),
        ("Jane", "Ends with\r\nJane: x", "Ends with"),
        ("", "Hi\n: what", "Hi\n: what"),
        ("", "Hi\nYou: Hi", "Hi"),
        ("", "Hi\nJane: Hi", "Hi\nJane: Hi"),
        ("Jane", "Hi\nYou: Hi", "Hi\nYou: Hi"),
        ("***", "Hi\n***: Hi", "Hi\n***: Hi"),
        (None, "Hi\nYou: Hi\nUser: ho\n{{user}}: ha", "Hi\nYou: Hi\nUser: ho\n{{user}}: ha"),
    ],
)
def test_a_reply_ends_where_the_user_would_speak(
    user_name: str | None, reply: str, left: str
) -> None:
    assert filtered_text(user_name, reply) == left
    assert filtered_text(user_name, *reply) == left


@pytest.mark.parametrize(
    "label",
    [
        *("Jane:", "JANE:", "jane:", "Jane Doe:", "jane  doe:", "Jane\u200b:", "Ｊａｎｅ："),
        *("Jane :", "Jane\u00a0:", "Jane\u202f:", "Jane：", "  Jane:", "\tJane:"),
        *("**Jane**:", "**Jane:**", "*Jane:*", "*Jane*:", "__Jane__:", "***Jane***:"),
        *("[Jane]:", "[Jane:", "**[Jane]:**", "(Jane):", "> Jane:", "> **Jane:**", "### Jane:"),
        *("- Jane:", "* Jane:", "- **Jane**:", "— Jane :", "`Jane`:"),
        *('"Jane":', "“Jane”:", "'Jane':", "«Jane» :", "«\u00a0Jane\u00a0»\u00a0:", "「Jane」："),
        *("Jane (smiling):", "Jane [softly]:", "Jane *smiles*:", "**Jane** *(smiling)*:"),
        *("**Jane (smiling):**", "Jane（笑顔で）：", "Jane 😊:", "👩 **Jane**:", "【Jane】："),
        *("{{user}}:", "<USER>:", "User:", "Human:", "### Human:", "**User**:"),
        *("<Jane>:", "{Jane}:", "<b>Jane</b>:", "<b>Jane:</b>", "`Jane:`", '"Jane:"', "“Jane:”"),
        *('<span style="color: red">Jane</span>:', "[10:32] Jane:", "(2024-04-05 3:14 pm) Jane:"),
        *("@Jane:", "→ Jane:", "▶ Jane:", "== Jane ==:", "Jane, smiling:", "Jane, smiling softly:"),
        *("Jane, softly smiling:", "*Jane smiles*:", "_Jane smiles at him_ :", "Jane {smiling}:"),
        *("### Jane\n", "## **Jane Doe**\n\n", "**Jane**\n", "**Jane**\r\n", "__Jane__ \n"),
        *("### User\n", "### Human\n", "<|im_start|>user\n", "<|user|>", "<|im_start|>user"),
    ],
)
def test_every_spelling_of_a_label_ends_the_reply(label: str) -> None:
    assert filtered_text("Jane Doe", f"Hi!\n{label} Hello!") == "Hi!"
    assert filtered_text("Jane Doe", *f"Hi!\n{label} Hello!") == "Hi!"
    assert filtered_text("Jane Doe", f"{label} Hello!") == ""


@pytest.mark.parametrize(
    "label",
    [
        *("User:", "You:", "Human:", "{{user}}:", "{{User}} :", "<user>:", "USER:", "**You:**"),
        *(
            "**User**:",
            "> Human:",
            "[User]:",
            "You (nervous):",
            "用户：",
            "あなた：",
            "Toi :",
            "Du:",
        ),
        *("您：", "妳:", "Вы:", "Vous :", "Sie:", "Usted:", "{User}:", "<you>:", "[10:32] You:"),
        *("<|im_start|>user", "### User\n"),
    ],
)
def test_a_user_without_a_name_has_the_labels_of_chat_formats(label: str) -> None:
    assert filtered_text("", f"Hi!\n{label} Hello!") == "Hi!"
    assert filtered_text("", f"{label} Hello!") == ""


@pytest.mark.parametrize(
    ("user_name", "label"),
    [
        ("Dr. Jane Doe", "Jane:"),
        ("Zoe\u0308 Ek", "Zoë:"),
        ("Zoë", "ZOE\u0308:"),
        ("Straße", "STRASSE:"),
        ("*Jane*", "Jane:"),
        ("🦊 Fox", "🦊 Fox:"),
        ("Fox 🦊", "Fox:"),
        ("약한 사용자", "약한:"),
        ("约翰·史密斯", "约翰："),
        ("约翰·史密斯", "约翰・史密斯："),
        ("O'Brien", "O’Brien:"),
        ("O’Brien", "O'Brien:"),
        ("D`Artagnan", "D`Artagnan:"),
        ('Jane "JD" Doe', "Jane “JD” Doe:"),
        ("Jane «JD» Doe", 'Jane "JD" Doe:'),
        ("田中 太郎", "田中太郎："),
        ("Mr. Smith", "Mr Smith:"),
        ("Dr. Jane Doe", "Jane Doe:"),
        ("@jane", "Jane:"),
        ("{Jane}", "{Jane}:"),
    ],
)
def test_names_are_compared_as_readers_do(user_name: str, label: str) -> None:
    assert filtered_text(user_name, *f"Hi!\n{label} Hello!") == "Hi!"


@pytest.mark.parametrize(
    ("user_name", "character_name", "line"),
    [
        ("Jane", "Jane", "Jane: It's me."),
        ("Jane Doe", "Jane Smith", "Jane: It's me."),
        ("The Doctor", "Vesper", "The: definite article"),
        ("", "User", "User: It's me."),
        ("A", "B", "B: go right"),
    ],
)
def test_the_characters_own_lines_stay(user_name: str, character_name: str, line: str) -> None:
    assert filtered_text(user_name, f"Hi!\n{line}", character_name=character_name) == f"Hi!\n{line}"


# Passages of every kind in which a line begins with a name or a word that might be a label.
ORDINARY_PROSE = """\
Jane, the name rang in her ears: three years, and still.
Jane's answer: a shrug. Jane said: "Fine."
Jane — of all people — was late. Jane smiled (a rare thing): it suited her.
"Jane: come here!" he called. 'Jane: no.'
(Jane: the one from the harbor.)
Jane and Tom: a love story
Janet: "Who asked you?"
Dear Jane: I write to you from the sea.
* Jane Austen: Emma
1. Jane: two apples
12:30 Jane: dentist
| Jane: | 3 |
Mira: Have you seen Jane?
OLD MAN: Jane? You mean the girl: gone, long gone.
"You: always you," she sighed.
- You: 20 HP, poisoned
- You: take the sword
* User: read, write
• Human: +2 wisdom
You, there: stop! You see: it works. You know what they say: never.
You are the one: I knew it.
You'll need: rope, oil, a lantern
Your turn: choose.
Users: 40. Username: vesper. Human beings: fragile things.
Humans: always in a hurry. Human nature: a riddle.
Note: you: the reader. For you: this flower. To the user: press Enter.
Thank you: really. You two: come here. You (and only you) know.
User-friendly: yes. Userland: no.
Younger sister: Ada. Youth: wasted on the young.
*You wait, and then: nothing.*
**You must choose: left or right.**
> You reap what you sow: so they say.
***
---
* * *
```
Jane: 3
You: 4
User: root
```
Ingredients: one egg, you: stir.
Toi et moi : une histoire. Du weißt: es ist spät. 你知道：她走了。
Vous savez : il est parti. Вы знаете: она ушла. Sie wissen: es ist spät. 您知道：她走了。
{ Jane: 3 }
{ user: 1 }
<Jane: an unknown tag>
`Jane: 3` is written there.
Jane, darling: come here. Jane, nothing: not a word.
**Jane** is here: look!
**Jane's house**: a cottage.
**Jane Austen**
*Jane Eyre*: a novel
*Jane smiles.*
# Jane and Tom
→ You: take the sword
[10:32] the bell rings: noon.
[10:32] Tom: Jane is late.
<b>Tom</b>: Jane?
3 < 4: true
@Tom: Jane is here.
### Humans
**You**
### You
"""


@pytest.mark.parametrize("user_name", ["", "Jane", "Jane Doe"])
def test_ordinary_prose_raises_no_false_alarm(user_name: str) -> None:
    assert filtered_text(user_name, ORDINARY_PROSE) == ORDINARY_PROSE
    for line in ORDINARY_PROSE.splitlines():
        if not line.startswith(("Jane: 3", "You: 4", "User: root")):  # these are code
            assert filtered_text(user_name, *line) == line


@pytest.mark.parametrize(
    ("user_name", "line"),
    [("Jane", "Jane: the name rang in his ears."), ("", "You: that was all she wrote.")],
)
def test_a_line_with_the_very_form_of_a_label_is_taken_for_one(user_name: str, line: str) -> None:
    # No reader can tell this from a line of the user's before its end.
    assert filtered_text(user_name, f"He read it.\n{line}") == "He read it."


@pytest.mark.parametrize(
    ("piece", "shown"),
    [
        ("Hello", "Hello"),
        ("Hi\nJan", "Hi"),
        ("Hi\nJane and", "Hi\nJane and"),
        ("Hi\n**", "Hi"),
        ("Hi\n**M", "Hi\n**M"),
        ("Hi\n" + "-" * 20, "Hi\n" + "-" * 20),
        ("Jane (" + "so " * 30, "Jane (" + ("so " * 30).rstrip()),
    ],
)
def test_text_is_held_back_only_while_it_may_be_a_label(piece: str, shown: str) -> None:
    assert ImpersonationFilter("Jane").filter_text(piece) == shown


@pytest.mark.parametrize("piece", [" ", "\u200b", "  *"])
def test_a_line_without_an_end_takes_little_time(piece: str) -> None:
    pieces = [piece] * 20_000
    assert_fast(lambda: filtered_text("Jane", *pieces, "the end"))
    assert filtered_text("Jane", *pieces, "the end").endswith("the end")


def test_a_continued_reply_begins_in_the_middle_of_a_line() -> None:
    assert filtered_text("Jane", " Jane: yes", continued_text="He said to") == " Jane: yes"
    assert filtered_text("Jane", "\nJane: yes", continued_text="He said.") == ""
    assert filtered_text("Jane", "\nJane: yes", continued_text="Hi\nJane: Hello") == ""
    code = filtered_text("Jane", "\nJane: 3\n```\nJane: yes", continued_text="```\nTom: 4")
    assert code == "\nJane: 3\n```"


def test_a_reply_that_is_only_the_users_says_so() -> None:
    impersonation_filter = ImpersonationFilter("Jane")
    pieces = (TextDelta("\n"), TextDelta("Jane:"), TextDelta(" Hello"), FINISHED)
    events = [event for each in pieces for event in impersonation_filter.filter_event(each)]
    assert [type(event) for event in events] == [SpokeForUser, ReplyFinished]
    assert "speak for you" in str(events[0])
    impersonation_filter = ImpersonationFilter("Jane")
    pieces = (TextDelta("Hi!\n"), TextDelta("Jane:"), TextDelta(" Hello"), FINISHED)
    events = [event for each in pieces for event in impersonation_filter.filter_event(each)]
    assert [type(event) for event in events] == [TextDelta, ReplyFinished]


WORDS = st.lists(
    st.sampled_from(
        [
            *("Jane", "Jan", "Doe", "You", "U", "ser", "{{", "user}}", "e\u0301", "```", "é", "-"),
            *(":", "：", "\n", "\r", " ", "\u00a0", "*", '"', "(", ")", "[", "]", "Hi", "e", ">"),
        ]
    ),
    max_size=24,
)


@given(WORDS, st.sampled_from(("Jane Doe", "Jané", "")), st.data())
def test_pieces_make_no_difference(words: list[str], user_name: str, data: st.DataObject) -> None:
    text = "".join(words)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole = filtered_text(user_name, text)
    assert filtered_text(user_name, *pieces) == whole == filtered_text(user_name, *text)
    assert text.startswith(whole)
    assert whole == text or text[len(whole) :].strip()


@given(st.text(), st.data())
def test_no_text_without_a_colon_is_lost(text: str, data: st.DataObject) -> None:
    text = "".join(each for each in text if ":" not in unicodedata.normalize("NFKD", each))
    cut = data.draw(st.integers(0, len(text)))
    assert filtered_text("Jane", text[:cut], text[cut:]) == text
