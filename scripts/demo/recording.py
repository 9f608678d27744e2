"""Pictures of a terminal, one after the other, in one SVG that moves by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

_OUTER = re.compile(r"<svg[^>]*viewBox=\"([^\"]*)\"[^>]*>(.*)</svg>", re.DOTALL)
# What a picture calls its parts, which must not meet those of the next one.
_NAME = re.compile(r"terminal-\d+")


def animated(frames: Sequence[tuple[str, float]]) -> str:
    """`frames` are SVGs of one size, each with the seconds that it is seen; it begins again at the
    end."""
    total = sum(seconds for _, seconds in frames)
    view, parts, rules, begin = "", [], [], 0.0
    for number, (svg, seconds) in enumerate(frames):
        found = _OUTER.search(svg)
        assert found is not None, "it is no SVG"
        view, inner = found.groups()
        first, last = 100 * begin / total, 100 * (begin + seconds) / total
        begin += seconds
        rules.append(
            f"@keyframes frame{number} {{ 0%, {first:.3f}% {{ visibility: hidden }} "
            f"{first + 0.001:.3f}%, {last:.3f}% {{ visibility: visible }} "
            f"{min(100.0, last + 0.001):.3f}%, 100% {{ visibility: hidden }} }} "
            f".frame{number} {{ animation: frame{number} {total:.2f}s steps(1) infinite }}"
        )
        parts.append(f'<g class="frame{number}">{_NAME.sub(f"frame-{number}", inner)}</g>')
    style = "\n".join(rules)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}"><style>{style}</style>'
        f"{''.join(parts)}</svg>\n"
    )
