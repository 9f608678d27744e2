"""Text in a Markdown file, such that a Markdown reader shows all of it.

Readers hide tags, comments, entities, backslashes and definitions, and count numbered lists
themselves. A block that loses nothing is written as it is; in all others, what would be hidden is
escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from refsheet_tui.untrusted import literal_spans, one_line

_CODE_SPAN = re.compile(r"(?<!`)(?P<marks>`+)(?!`).+?(?<!`)(?P=marks)(?!`)", re.DOTALL)
_HIDDEN = re.compile(r"[\\<&]|(?<=[^\W_])\*+(?=[^\W_])")
_MARK = re.compile(r"[*_~`\\<>&]")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
# A product such as 2*3*4, whose stars Markdown takes for emphasis.
_INNER_STAR = re.compile(r"(?<=[A-Za-z0-9])\*+(?=[A-Za-z0-9])")


def readable_markdown(text: str) -> str:
    """Return Markdown of which a reader shows all letters and digits of `text`, and its lines.

    The reader also shows the marks of emoticons, names and paths.
    """
    result = "\n\n".join(_blocks(text))
    return result if _shows(result, text) else _escape_all(text)


def readable_line(text: str, before: str = "", after: str = "") -> str:
    """Return one line with `text` between the marks `before` and `after`."""
    text = one_line(text).strip()
    line = f"{before}{text}{after}"
    return (
        line if _visible(_parser().parse(line)) == text else f"{before}{_escape_all(text)}{after}"
    )


def _blocks(text: str) -> Iterator[str]:
    """Yield the top-level blocks of a text, each in the first form that is shown whole."""
    lines = text.split("\n")
    end = 0
    for token in _parser().parse(text):
        if token.level == 0 and token.map is not None:
            start, block_end = token.map
            yield from _definitions(lines[end:start])
            yield _block(token, "\n".join(lines[start:block_end]).rstrip())
            end = block_end
    yield from _definitions(lines[end:])


def _definitions(lines: list[str]) -> Iterator[str]:
    """Yield the lines between two blocks, which are empty or define targets of links."""
    text = "\n".join(lines).strip()
    if text:
        yield _escape_all(text)


def _block(token: Token, source: str) -> str:
    if token.type == "fence":
        forms = [source, _words_above(token, source)]
    else:
        forms = [source, _escape_hidden(source)]
    for form in forms:
        if _shows(form, source):
            if token.type == "fence":
                return _closed(token.markup, form)
            return form.replace("\n", "  \n") if token.type == "paragraph_open" else form
    return _escape_all(source)


def _words_above(fence: Token, source: str) -> str:
    """Return a block of code below the words behind its fence, of which readers keep only one."""
    _, _, code = source.partition("\n")
    return f"{_escape_all(fence.info.strip())}\n\n{fence.markup}\n{code}"


def _closed(fence: str, source: str) -> str:
    """Return a block of code with the fence that ends it."""
    _, has_lines, last_line = source.rpartition("\n")
    closing = last_line.strip()
    is_closed = has_lines and set(closing) == {fence[0]} and len(closing) >= len(fence)
    return source if is_closed else f"{source}\n{fence}"


def _escape_hidden(text: str) -> str:
    """Escape what a reader would hide, outside of code spans."""
    parts, end = [], 0
    for span in _CODE_SPAN.finditer(text):
        parts += [_escape_hidden_words(text[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*parts, _escape_hidden_words(text[end:])])


def _escape_hidden_words(text: str) -> str:
    parts, end = [], 0
    for start, literal_end in literal_spans(text):
        literal = text[start:literal_end]
        parts += [_escape(_HIDDEN, text[end:start]), _escape(_MARK, literal)]
        end = literal_end
    return "".join([*parts, _escape(_HIDDEN, text[end:])])


def _escape_all(text: str) -> str:
    """Escape all punctuation, and break lines where they are broken."""
    lines = [_escape(_PUNCTUATION, line.strip(" \t")) for line in text.split("\n")]
    escaped = "\n".join(lines)
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "\\\\\n", escaped)


def _escape(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "".join(f"\\{char}" for char in match[0]), text)


def _shows(markdown: str, text: str) -> bool:
    """Return whether a reader of `markdown` sees all of `text`."""
    tokens = _parser().parse(markdown)
    is_same = _signature(_visible(tokens)) == _signature(text)
    return is_same and not any(_hides_wordless_marks(token.children or ()) for token in tokens)


def _signature(text: str) -> tuple[str, int, list[str]]:
    """Return what has to be the same in a text and in what a reader shows of it."""
    kept = "".join(char for char in text if char.isalnum() or char in "\\<&")
    literals = [text[start:end] for start, end in literal_spans(text)]
    return kept, len(_INNER_STAR.findall(text)), literals


def _hides_wordless_marks(tokens: Iterable[Token]) -> bool:
    """Return whether marks enclose no letter or digit, such as `*...*`, which are no emphasis."""
    counts: list[int] = []
    words = 0
    for token in tokens:
        words += any(map(str.isalnum, token.content))
        if token.type in ("em_open", "strong_open", "s_open"):
            counts.append(words)
        elif token.type in ("em_close", "strong_close", "s_close") and counts.pop() == words:
            return True
    return False


def _visible(tokens: list[Token]) -> str:
    """Return what a Markdown reader shows of a text, or keeps as a link's target."""
    return "".join(_visible_parts(tokens)).strip()


def _visible_parts(tokens: list[Token]) -> Iterator[str]:
    numbers: list[int] = []
    targets: list[str] = []
    for token in tokens:
        if token.type == "ordered_list_open":
            numbers.append(int(token.attrs.get("start", 1)))
        elif token.type == "bullet_list_open":
            numbers.append(-1)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            numbers.pop()
        elif token.type == "list_item_open" and numbers[-1] >= 0:
            yield f"{numbers[-1]} "
            numbers[-1] += 1
        elif token.type == "link_open":
            is_address = token.info == "auto"
            targets.append("" if is_address else _target(token, "href"))
        elif token.type == "link_close":
            yield targets.pop()
        elif token.type == "image":
            yield from _visible_parts(token.children or [])
            yield _target(token, "src")
        elif token.type in ("fence", "code_block", "code_inline", "text"):
            language = (
                unescapeAll(token.info).split(maxsplit=1)[:1] if token.type == "fence" else []
            )
            yield " ".join([*language, token.content])
        elif token.type == "inline":
            yield from _visible_parts(token.children or [])
        if token.type in ("softbreak", "hardbreak") or token.block:
            yield "\n"


def _target(token: Token, attribute: str) -> str:
    return f" {token.attrs.get(attribute, '')} {token.attrs.get('title', '')} "


def _as_written(target: str) -> str:
    return target


@cache
def _parser() -> MarkdownIt:
    """Return a parser of what Markdown readers agree on."""
    parser = MarkdownIt("commonmark").enable(["strikethrough", "table"])
    parser.normalizeLink = _as_written  # type: ignore[method-assign, assignment]
    return parser
