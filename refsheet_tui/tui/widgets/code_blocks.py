"""Finding the code blocks of a Markdown text."""

from __future__ import annotations

import re

# A fence of three or more, closed by one at least as long, or by the end of a reply that was cut
# off: CommonMark 0.31, section 4.5.
_FENCED = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<code>.*?)(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)


def code_blocks(text: str) -> list[str]:
    """Return the contents of the code blocks in `text`, in order."""
    return [match["code"].removesuffix("\n") for match in _FENCED.finditer(text)]
