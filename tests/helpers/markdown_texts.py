"""Random texts for tests: Markdown, HTML, markup and characters of many scripts."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings, strategies as st

from helpers.machine_settings import EXAMPLES
from refsheet_tui.untrusted import clean_text

_DEFAULT_EXAMPLES = 300

_FRAGMENTS = (
    *"\n\n\n  \t*_`~#>-+=|\\!()[]<>&:;.,\"'/^$%@{}0123456789abcXYZ",
    *(
        "\n\n",
        "**",
        "__",
        "***",
        "~~",
        "```",
        "~~~~",
        "```python\n",
        "\n```\n",
        "---",
        "===",
        "\\\n",
    ),
    *(
        "1. ",
        "42. ",
        "7) ",
        "- ",
        "+ ",
        "* ",
        "> ",
        ">",
        ">> ",
        "# ",
        "### ",
        "    ",
        "\n\t",
        "\n  ",
    ),
    *(
        "<b>",
        "</b>",
        "<!-- ",
        " -->",
        "<div>\n",
        "<details>",
        "<?php",
        "<![CDATA[",
        "<kbd>",
        "<a b='c'>",
    ),
    *("&amp;", "&lt;", "&#65;", "&nbsp;", "\\*", "\\[", "\\\\", "<http://a.b>", "https://a.b/_c_"),
    *("[a]", "[a]: b\n", "[^1]: n\n", "[a](b)", '![a](b "c")', "](", "[a][b]", "\n[x]: <y> 'z'\n"),
    *("\n|a|b|\n|-|-|\n", "|1|2|3|\n", "| --- | :-: |\n", "a | b\n", "\n:-:|-\n", "[/b]", "[bold]"),
    *(
        "List<String>",
        "2*3*4",
        "snake_case",
        "word ",
        "long" * 30,
        "漢字",
        "です",
        "Привет",
        "مرحبا",
    ),
    *(
        "한국어",
        "ไทย",
        "हिन्दी",
        "👩‍👩‍👧",
        "é",
        "①",
        "²",
        "\u3000",
        "\u200b",
        "\u2028",
        "\x85",
        "\xa0",
        "\ufeff",
    ),
)


def markdown_texts() -> st.SearchStrategy[str]:
    """Return texts as the screens get them: without control characters."""
    pieces = st.sampled_from(_FRAGMENTS) | st.text(max_size=4)
    return st.lists(pieces, max_size=40).map(lambda parts: clean_text("".join(parts)))


def many_examples(default: int = _DEFAULT_EXAMPLES) -> settings:
    """Return settings for `default` fixed examples, or for `REFSHEET_TEST_EXAMPLES` random ones."""
    return settings(
        max_examples=int(os.environ.get(EXAMPLES, str(default))),
        deadline=None,
        derandomize=EXAMPLES not in os.environ,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def words_of(text: str) -> str:
    """Return the letters and digits of a text, in order."""
    return "".join(filter(str.isalnum, text))
