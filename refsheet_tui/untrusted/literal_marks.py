"""Marks of Markdown that are parts of a text: in emoticons, names and paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What the eyes and cheeks of a face are made of (with accents above), and its mouth.
_EYES = r"\^>=;´｀¨￣¯°゜ﾟ・･˘˙ˊˋ¬◕•⌒▽▿≧≦ᵔᵕ⊙≖ಠಥノﾉ"
_EYE, _LAST_EYE = rf"[{_EYES}][\u0300-\u036f]*", rf"[<{_EYES}][\u0300-\u036f]*"
_MOUTH = "ωдДヮロ益皿艸∀∇▽"
# The rest of a face: up to three letters between other characters.
_OTHER = r"(?:[^\w\s()（）\[\]`]|_)"
_FACE = rf"{_OTHER}{{0,5}}(?:\w{_OTHER}{{0,5}}){{0,3}}?"
# What stands before and after a word.
_BEGIN, _END = r"(?<![^\s(（\[「『“\"'])", r"(?![^\s)）\]」』”\"'.,;:!?~…。，！？])"

_LITERAL = re.compile(
    "|".join(
        [
            # (*^_^*) (*´ω`*) (*'ω'*), with one grave accent at most: two of them enclose code
            rf"[(（]\**(?:`{_FACE}{_EYE}|{_EYE}{_FACE}(?:`|{_EYE}))\**;?[)）]",
            rf"[(（]{_OTHER}{{0,5}}[{_MOUTH}]{_OTHER}{{0,5}}`?\**[)）]",
            # ¯\_(ツ)_/¯
            r"[¯￣][^\s¯￣]{1,10}[¯￣]",
            # *_* *.* *o* *^o^*
            rf"{_BEGIN}\*(?:[oO0]|\*{{0,2}}(?:_|[^\w\s*`]){{1,8}}\*{{0,2}})\*{_END}",
            rf"(?<![A-Za-z0-9*])\*{_EYE}{_FACE}{_LAST_EYE}\*(?![A-Za-z0-9*])",
            r"\*_+\*|\(_+\)",
            # -_- ._. '_' '*' and >_< ^_- @_@ and ^*^ >*<
            r"([^\w\s*`])_+\1",
            r"(?<![^\s(\[])([\"'])\*+\2(?!\w)",
            r"[-^<>=@$#%+~|&°¬•◕´｀￣]_+[-^<>=@$#%+~|&°¬•◕´｀￣]",
            rf"{_LAST_EYE}\*+{_LAST_EYE}",
            # :-*) ":*" *:･ﾟ✧ .｡.:*
            r"(?<!\w)[:;=]['’]?-?\*(?=[\"”’(),.;!?])",
            r"\*:(?:[･｡ﾟ✧]|\.[･｡])|[･｡ﾟ✧]\.?:\*",
            # __init__
            r"(?<!\w)__[A-Za-z0-9_]+__(?!\w)",
            # tests/* **/a /*comment*/ C:\*.txt int=*p *.py, but **this**/**that** is emphasis
            r"(?<![*_][/\\])(?<=[/\\])[*_]+",
            r"(?<![*_][=&+])(?<=[=&+])[*_]+(?=\w)",
            r"(?<!\S)[*_]+(?=[/\\=&])",
            rf"{_BEGIN}\*\.(?=\w)",
            # SELECT *, (a, *)
            r"(?<!\S)\*+(?=[,;:)\]}])",
        ]
    )
)


def literal_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each part of `text` in which `*`, `_` or `` ` `` is no markup.

    Such parts are emoticons (`*_*`, `-_-`, `(*^_^*)`), names such as `__init__`, and paths and
    patterns (`tests/*`, `*.py`). They don't overlap.
    """
    return (match.span() for match in _LITERAL.finditer(text))
