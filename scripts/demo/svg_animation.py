"""Join pictures of a terminal into one animated SVG."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SVG_CONTENT = re.compile(r"<svg[^>]*viewBox=\"([^\"]*)\"[^>]*>(.*)</svg>", re.DOTALL)
# The ids of a picture's parts, which must differ from those of the next picture.
_TERMINAL_ID = re.compile(r"terminal-\d+")


def animate_svgs(frames: Sequence[tuple[str, float]]) -> str:
    """Return an SVG that shows the frames one after the other, again and again.

    `frames` are SVGs of one size, each with the seconds that it is shown.
    """
    total = sum(seconds for _, seconds in frames)
    view, parts, rules, start = "", [], [], 0.0
    for number, (svg, seconds) in enumerate(frames):
        match = _SVG_CONTENT.search(svg)
        assert match is not None, "it is no SVG"
        view, inner = match.groups()
        first, last = 100 * start / total, 100 * (start + seconds) / total
        start += seconds
        rules.append(
            f"@keyframes frame{number} {{ 0%, {first:.3f}% {{ visibility: hidden }} "
            f"{first + 0.001:.3f}%, {last:.3f}% {{ visibility: visible }} "
            f"{min(100.0, last + 0.001):.3f}%, 100% {{ visibility: hidden }} }} "
            f".frame{number} {{ animation: frame{number} {total:.2f}s steps(1) infinite }}"
        )
        parts.append(f'<g class="frame{number}">{_TERMINAL_ID.sub(f"frame-{number}", inner)}</g>')
    style = "\n".join(rules)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}"><style>{style}</style>'
        f"{''.join(parts)}</svg>\n"
    )
