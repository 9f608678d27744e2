"""A pen for cartoons: filled outlines in local coordinates, drawn large and scaled down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageDraw

Point = tuple[float, float]
Color = tuple[int, int, int]

INK: Color = (38, 34, 46)


def points(text: str) -> list[Point]:
    """Return points that are written as in SVG: `x,y x,y …`."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


@dataclass(frozen=True)
class Pen:
    """A pen that draws in local units of `scale` pixels each.

    Attributes:
        draw: The picture to draw on.
        x: The origin in pixels.
        y: The origin in pixels.
        scale: The pixels of a local unit.
        lean: The rotation in radians.
        mirror: -1 to mirror left to right, else 1.
        line: The width of the outline in local units.
    """

    draw: ImageDraw.ImageDraw
    x: float
    y: float
    scale: float
    lean: float = 0.0
    mirror: int = 1
    line: float = 0.028

    def moved_to(self, dx: float, dy: float, scale: float = 1.0, lean: float = 0.0) -> Pen:
        """Return a pen whose origin is at a local point of this one."""
        x, y = self._pixel((dx, dy))
        return Pen(
            self.draw, x, y, self.scale * scale, self.lean + lean, self.mirror, self.line / scale
        )

    def shape(self, corners: Sequence[Point], fill: Color, ink: Color | None = INK) -> None:
        """Draw a closed polygon."""
        pixels = [self._pixel(point) for point in corners]
        self.draw.polygon(pixels, fill=fill)
        if ink is not None:
            self.draw.line([*pixels, pixels[0], pixels[1]], ink, self._width(), joint="curve")

    def smooth_shape(self, through: Sequence[Point], fill: Color, ink: Color | None = INK) -> None:
        """Draw a closed smooth curve through the points (Catmull-Rom)."""
        self.shape(_closed_curve(through), fill, ink)

    def ellipse(
        self,
        center: Point,
        rx: float,
        ry: float,
        fill: Color,
        ink: Color | None = INK,
        turn: float = 0.0,
    ) -> None:
        cos, sin = math.cos(turn), math.sin(turn)
        steps = [math.tau * step / 36 for step in range(36)]
        round_ = [(rx * math.cos(step), ry * math.sin(step)) for step in steps]
        self.shape(
            [(center[0] + x * cos - y * sin, center[1] + x * sin + y * cos) for x, y in round_],
            fill,
            ink,
        )

    def stroke(self, through: Sequence[Point], color: Color = INK, width: float = 1.0) -> None:
        """Draw an open smooth line. `width` is a multiple of the outline's."""
        pixels = [self._pixel(point) for point in _open_curve(through)]
        self.draw.line(pixels, color, self._width(width), joint="curve")

    def mirrored(self, side: Sequence[Point]) -> tuple[list[Point], list[Point]]:
        """Return the points, and the same points on the other side."""
        return list(side), [(-x, y) for x, y in side]

    def _pixel(self, point: Point) -> Point:
        x, y = point[0] * self.mirror, point[1]
        cos, sin = math.cos(self.lean), math.sin(self.lean)
        return (
            self.x + self.scale * (x * cos - y * sin),
            self.y + self.scale * (x * sin + y * cos),
        )

    def _width(self, times: float = 1.0) -> int:
        return max(1, round(self.line * self.scale * times))


def _curve_segment(a: Point, b: Point, c: Point, d: Point, steps: int = 8) -> list[Point]:
    curve = []
    for step in range(steps):
        t = step / steps
        weights = (
            (-t + 2 * t * t - t**3) / 2,
            (2 - 5 * t * t + 3 * t**3) / 2,
            (t + 4 * t * t - 3 * t**3) / 2,
            (-t * t + t**3) / 2,
        )
        near = (a, b, c, d)
        curve.append(
            (
                sum(w * p[0] for w, p in zip(weights, near, strict=True)),
                sum(w * p[1] for w, p in zip(weights, near, strict=True)),
            )
        )
    return curve


def _closed_curve(through: Sequence[Point]) -> list[Point]:
    count = len(through)
    return [
        point
        for i in range(count)
        for point in _curve_segment(
            through[i - 1], through[i], through[(i + 1) % count], through[(i + 2) % count]
        )
    ]


def _open_curve(through: Sequence[Point]) -> list[Point]:
    padded = [through[0], *through, through[-1]]
    curve = [
        point
        for i in range(len(through) - 1)
        for point in _curve_segment(padded[i], padded[i + 1], padded[i + 2], padded[i + 3])
    ]
    return [*curve, through[-1]]
