"""A Markdown reader shows every word of an exported chat."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from helpers.cost import assert_fast
from helpers.emoticons import EMOTICONS, NAMES
from helpers.markdown_texts import many_examples, markdown_texts, words_of
from refsheet_tui.chats.files import PortableChat, to_markdown
from refsheet_tui.chats.files.readable_markdown import readable_line, readable_markdown
from refsheet_tui.chats.messages import PortableMessage

_NUMBERED = re.compile(r"<ol(?: start=\"(\d+)\")?>|</ol>|<ul>|</ul>|<li>")


def read(markdown: str) -> str:
    """Return the words that a page shows of Markdown, with the targets of its links."""
    reader = MarkdownIt("commonmark").enable(["strikethrough", "table"])
    reader.normalizeLink = lambda url: url  # type: ignore[method-assign]
    page = _numbered(reader.render(markdown))
    page = re.sub(r"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>", "", page, flags=re.DOTALL)
    page = re.sub(r'<pre><code class="language-(.*?)">', r"\1 ", page)
    page = re.sub(r'<a href="([^"]*)"(?: title="([^"]*)")?>(.*?)</a>', _link, page, flags=re.DOTALL)
    page = re.sub(r'<img src="([^"]*)" alt="([^"]*)"(?: title="([^"]*)")? />', r" \2 \1 \3 ", page)
    return unescape(re.sub(r"<[^>]*>", "", page))


def _link(match: re.Match[str]) -> str:
    target, title, label = match.groups(default="")
    return label if unescape(label) == unescape(target) else f"{label} {target} {title}"


def _numbered(page: str) -> str:
    numbers: list[int | None] = []

    def number(tag: re.Match[str]) -> str:
        if tag[0].startswith("<ol"):
            numbers.append(int(tag[1] or 1))
        elif tag[0] == "<ul>":
            numbers.append(None)
        elif tag[0].startswith("</"):
            numbers.pop()
        elif numbers[-1] is not None:
            numbers[-1] += 1
            return f"{numbers[-1] - 1} "
        return ""

    return _NUMBERED.sub(number, page)


@many_examples()
@given(text=markdown_texts())
def test_a_reader_shows_every_letter(text: str) -> None:
    assert words_of(read(readable_markdown(text))) == words_of(text)


@many_examples(100)
@given(title=markdown_texts(), name=markdown_texts(), text=markdown_texts(), reply=markdown_texts())
def test_a_reader_shows_every_message(title: str, name: str, text: str, reply: str) -> None:
    messages = (PortableMessage(None, "user", text), PortableMessage(0, "model", reply))
    chat = PortableChat(messages, 1, title, f"X{name}")
    shown = read(to_markdown(chat).decode())
    wanted = f"{title or f'X{name}'}You:{text}X{name}:{reply}"
    assert words_of(shown) == words_of(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "*She smiles.* **No!** `x < y`",
        "# Title\n\n- one\n- two\n\n1. a\n2. b",
        "> quoted\n\n```python\nprint(1 < 2)\n```",
        "[text](http://a.b)",
        "a < b, R&D",
        "|a|b|\n|-|-|\n|1|2|",
    ],
)
def test_what_loses_nothing_is_written_as_it_is(text: str) -> None:
    assert readable_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("A List<String> is *good*", "A List\\<String> is *good*"),
        ("`<b>` and <b>", "`<b>` and \\<b>"),
        ("&amp;", "\\&amp;"),
        ("2*3*4", "2\\*3\\*4"),
        ("one\ntwo", "one  \ntwo"),
        ("one\\\ntwo", "one\\\\  \ntwo"),
        ("3. a\n5. b", "3\\. a\\\n5\\. b"),
        ("[a]: b", "\\[a\\]\\: b"),
        ("```\nx", "```\nx\n```"),
        ("``` rust <a>\nx<y>\n```", "rust \\<a\\>\n\n```\nx<y>\n```"),
        ("<!-- hidden", "\\<!-- hidden"),
    ],
)
def test_what_a_reader_would_hide_is_escaped(text: str, markdown: str) -> None:
    assert readable_markdown(text) == markdown


@pytest.mark.parametrize("word", [*EMOTICONS, *NAMES])
def test_a_reader_shows_emoticons_as_they_are(word: str) -> None:
    for text in (word, f"Oh {word} and {word}!", f"({word}), {word} {word}"):
        assert read(readable_markdown(text)).strip() == text


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("*hugs* >_< and *_*", "*hugs* \\>\\_\\< and \\*\\_\\*"),
        ("*Sighs.* ^_^", "*Sighs.* ^_^"),
        ("- *a*\n- (*^_^*)", "- *a*\n- (\\*^\\_^\\*)"),
        ("`*_*` and *_*", "`*_*` and \\*\\_\\*"),
        ("__Bold words__ in __init__", "__Bold words__ in \\_\\_init\\_\\_"),
        ("*a*/*b*, **C++**, (*smiles*)", "*a*/*b*, **C++**, (*smiles*)"),
    ],
)
def test_emphasis_beside_emoticons_is_kept(text: str, markdown: str) -> None:
    assert readable_markdown(text) == markdown


@pytest.mark.parametrize("unit", ["*_", "*a* ", "*_* ", "- ", "(*^", "~~", "`_`", "-_- "])
def test_many_marks_take_little_time(unit: str) -> None:
    assert_fast(lambda: readable_markdown(unit * 5_000))


def test_a_name_between_marks() -> None:
    assert readable_line("Jane <3:", "**", "**") == "**Jane <3:**"
    assert readable_line("J*ne <b>:", "**", "**") == "**J\\*ne \\<b\\>\\:**"
