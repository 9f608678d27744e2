"""The screens show all of what the model, a card or the user wrote."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st
from rich.console import Console
from rich.style import Style
from textual.app import App, ComposeResult

from helpers.cost import assert_fast
from helpers.emoticons import EMOTICONS, NAMES
from helpers.markdown_texts import many_examples, markdown_texts, words_of
from refsheet_tui.tui.markdown.palette import make_palette
from refsheet_tui.tui.markdown.parser import make_parser
from refsheet_tui.tui.markdown.view import render_markdown
from refsheet_tui.tui.widgets.prose import Prose

_PALETTE = make_palette(lambda _: Style())
_WIDTH = 76


def drawn(text: str, width: int = _WIDTH) -> str:
    """Return what is drawn of `text`, without the spaces at the ends of lines."""
    console = Console(width=width, color_system=None, theme=_PALETTE.elements)
    lines = console.render_lines(render_markdown(text, width, _PALETTE.code))
    rows = ["".join(segment.text for segment in line) for line in lines]
    return "\n".join(row.rstrip() for row in rows)


def assert_whole(shown: str, text: str, width: int = _WIDTH) -> None:
    """Fail if a letter or digit of `text` isn't shown, or is shown in another place."""
    if any(token.type == "table_open" for token in make_parser(width).parse(text)):
        # The lines of a high cell stand beside those of the next cell.
        assert sorted(words_of(shown)) == sorted(words_of(text))
    else:
        assert words_of(shown) == words_of(text)


@many_examples()
@given(text=markdown_texts(), width=st.sampled_from((2, 15, 16, 17, 30, 40, 76, 200)))
def test_every_letter_is_shown(text: str, width: int) -> None:
    assert_whole(drawn(text, width), text, width)


@pytest.mark.parametrize(
    "text",
    [
        "A List<String>, <b>bold</b> and <!-- a comment -->",
        "<details>\n<summary>More</summary>\nhidden\n</details>",
        "&amp; &lt; &#65; &copy;",
        "42.",
        "#",
        "###",
        "-",
        "2*3*4 and 2**3**4, x_1_y",
        "SELECT *, a.* FROM b",
        "tests/* and src/*.py",
        "__init__ and __main__.py",
        "C:\\Users\\.config\\*.txt",
        "one\\\ntwo",
        "\\*not emphasized\\*",
        "[text](http://a.b/_c_?d=1&e=2 'title') ![alt](picture.png)",
        "[a]: http://a.b 'title'",
        "[^1]: A footnote",
        "<http://a.b> https://a.b/_c_/_d_ <me@a.b>",
        "[x](javascript:alert(1)) [f](file:///etc/passwd) [ü](http://ü.example/ä)",
        "| a | b |\n|---|---|\n| 1 | 2 | 3 |",
        "Title\n=====\n\nTitle\n-----x",
        ">:( and >text",
        "[bold]a[/bold] [/] [link=x]y[/link]",
    ],
)
def test_shown_as_written(text: str) -> None:
    assert drawn(text).strip() == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*She smiles.* **No!**", "She smiles. No!"),
        ("他*微笑*着说：**重点：**内容", "他微笑着说：重点：内容"),
        ("**단어**를", "단어를"),
        ("one\ntwo  \nthree", "one\ntwo\nthree"),
        ("A poem\n  with lines\n    of its own", "A poem\n  with lines\n    of its own"),
        ("3. a\n5. b\n5. c", " 3. a\n 5. b\n 5. c"),
        ("7) a\n8) b", " 7) a\n 8) b"),
        ("1984. It was cold.", " 1984. It was cold."),
        ("- a\n  - b", " - a\n    - b"),
        ("* a", " • a"),
        ("+ 3", " + 3"),
        ("> quoted", "▌ quoted"),
        (">", "▌"),
        ("```rust title=x\nfn a<T>() {}\n```", " rust title=x\n fn a<T>() {}\n"),
        ("`a  <b>\n&amp;`", "a  <b>\n&amp;"),
    ],
)
def test_marks_that_are_rendered(text: str, shown: str) -> None:
    assert drawn(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*sighs* _sighs_ **x** *a* and *b*", "sighs sighs x a and b"),
        ("*微笑*。**你好**，「*笑*」", "微笑。你好，「笑」"),
        (
            '*"Hi," she says.* "*No.*" (*smiles*) _...and then_',
            '"Hi," she says. "No." (smiles) ...and then',
        ),
        ("**_x_** and _**x**_ and ***x*** and *`x`*", "x and x and x and x"),
        (
            "**C++**, **C#**, **Q&A**, **$5**, **+5**, *<3*, **List<T>**",
            "C++, C#, Q&A, $5, +5, <3, List<T>",
        ),
        ("*a*/*b*, **yes**/**no**, *a*—*b*", "a/b, yes/no, a—b"),
        ("**Note :** oui. *giggles ^_^* *hugs* >_<", "Note : oui. giggles ^_^ hugs >_<"),
        ("__Bold words__ and __你好__, but __init__", "Bold words and 你好, but __init__"),
        ("**Ada:**Hello *winks.*Hi *winks*I'm **word**s", "Ada:Hello winks.Hi winksI'm words"),
        ("😊*smiles*😊 **🔥Go🔥**", "😊smiles😊 🔥Go🔥"),
        ("~~gone~~ ||**x**||", "gone ||x||"),
    ],
)
def test_emphasis_is_rendered(text: str, shown: str) -> None:
    assert drawn(text) == shown


@pytest.mark.parametrize("word", [*EMOTICONS, *NAMES])
def test_an_emoticon_is_shown_as_it_is(word: str) -> None:
    for text in (
        word,
        f"Oh {word} and {word}!",
        f"({word}), {word} {word}",
        f"你好 {word}，再见 {word}",
    ):
        assert drawn(text) == text


@many_examples(100)
@given(words=st.lists(st.sampled_from([*EMOTICONS, "hello", "*smiles*", "**No!**"])))
def test_emoticons_are_shown_beside_emphasis(words: list[str]) -> None:
    shown = drawn(f"Oh {' '.join(words)}".strip(), 10_000)
    plain = [{"*smiles*": "smiles", "**No!**": "No!"}.get(word, word) for word in words]
    assert shown == f"Oh {' '.join(plain)}".strip()


@pytest.mark.parametrize(
    "unit",
    [
        "*_",
        "- ",
        "*",
        "_",
        "~~",
        "*a ",
        "**a",
        "_a ",
        "__a",
        "(^",
        "(*^a",
        "*^",
        "^*",
        "¯a",
        "`_`",
        "-_- ",
        "(`^",
    ],
)
def test_many_marks_take_little_time(unit: str) -> None:
    assert_fast(lambda: make_parser(60).parse(unit * 20_000))


@pytest.mark.parametrize("mark", ["> ", "- ", "1. ", "123456789) "])
@pytest.mark.parametrize("width", [16, 40, 76])
def test_deep_nesting_is_shown(mark: str, width: int) -> None:
    text = mark * 150 + "the end"
    assert drawn(text, width).replace("\n", "").replace(" ", "").endswith("theend")


@pytest.mark.parametrize("width", [28, 34, 40, 52, 64, 76, 120])
@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("- one\n- two", ["- one", "- two"]),
        (
            "- one\n  - two\n    - three\n- four",
            ["- one", "- two", "- three", "- four"],
        ),
        ("1. a\n   - b\n   - c\n2. d", ["1. a", "- b", "- c", "2. d"]),
        ("10. a\n    1. b\n11. c", ["10. a", "1. b", "11. c"]),
        ("> - a\n>   - b\n> - c", ["▌ - a", "▌ - b", "▌ - c"]),
        ("- a\n  > b\n- c", ["- a", "▌ b", "- c"]),
    ],
)
def test_each_item_stands_in_its_list(text: str, rows: list[str], width: int) -> None:
    shown = [row for row in drawn(text, width).splitlines() if row.strip()]
    assert [" ".join(row.split()) for row in shown] == rows
    first, last = (row.index(row.split()[-1]) for row in (shown[0], shown[-1]))
    assert first == last, "both are items of one list"


@pytest.mark.parametrize("width", [16, 17, 19, 20, 22, 25, 28])
def test_an_item_ends_what_has_no_room_for_a_list(width: int) -> None:
    inner = "".join(f"{'  ' * depth}- {depth}\n" for depth in range(1, 9))
    last = drawn(f"- 0\n{inner}- end\n\n> quoted", width).splitlines()[-3:]
    if width < 19:  # nothing has room
        assert last[0] == "- end"
    else:
        assert last == [" - end", "", "▌ quoted"]


def test_a_list_ends_a_quote_that_has_no_room_for_it() -> None:
    assert drawn("> quoted\n- end", 20) == "▌ quoted\n\n - end"


def test_many_columns_are_shown() -> None:
    row = "|".join(f"cell{column}" for column in range(60))
    assert_whole(drawn(f"{row}\n{'|'.join(['-'] * 60)}\n{row}"), row * 2)


def test_wide_cells_are_shown() -> None:
    text = f"|a|b|\n|-|-|\n|{'word' * 60}|{'漢字' * 60}|"
    assert_whole(drawn(text), text)


def test_many_tables_that_do_not_fit_take_little_time() -> None:
    text = "|a|b|\n|-|-|\n|x|y|z|\n" * 1000
    assert_fast(lambda: make_parser(80).parse(text))


def test_a_lexer_that_reads_something_else_into_code_changes_nothing() -> None:
    assert drawn("```raw\nToken.Text\t'b'\n```").split() == ["raw", "Token.Text", "'b'"]


class ProseApp(App[None]):
    """An app that shows one text."""

    def compose(self) -> ComposeResult:
        yield Prose()


async def _shown_pieces(pieces: Sequence[str]) -> list[str]:
    """Return what the widget shows after each piece of a text, and at its end."""
    app, text, seen = ProseApp(), "", []
    async with app.run_test(size=(_WIDTH, 40)) as pilot:
        prose = app.query_one(Prose)
        for piece in pieces:
            text += piece
            prose.update(text)
            prose._draw_if_outdated()
            await pilot.pause()
            seen.append("\n".join(prose.render_line(y).text for y in range(prose.size.height)))
        prose.finish()
        await pilot.pause()
        seen.append("\n".join(prose.render_line(y).text for y in range(prose.size.height)))
    return seen


@many_examples(15)
@given(pieces=st.lists(markdown_texts().map(lambda text: text[:60]), min_size=1, max_size=4))
async def test_every_letter_is_shown_while_a_reply_grows(pieces: list[str]) -> None:
    seen = await _shown_pieces(pieces)
    texts = ["".join(pieces[: count + 1]) for count in range(len(pieces))]
    for shown, text in zip(seen, [*texts, texts[-1]], strict=True):
        assert_whole(shown, text)
