"""Draw what a creature wears, in this order: behind it, at the neck, on nose and head."""

from __future__ import annotations

from demo.pen import INK, Color, Pen, points

GOLD: Color = (250, 200, 60)


def draw_wings(pen: Pen, accessory: str, color: Color) -> None:
    """Draw feathered wings."""
    if accessory != "wings":
        return
    wing = points(
        "0.14,0.06 0.4,-0.4 0.78,-0.66 1.06,-0.62 1,-0.36 1.02,-0.12 0.84,0.02 0.72,0.18 0.46,0.2"
    )
    for side in pen.mirrored(wing):
        pen.smooth_shape(side, (255, 250, 238))
    for feather in (
        points("0.44,-0.24 0.76,-0.4 0.98,-0.4"),
        points("0.42,-0.08 0.74,-0.16 0.96,-0.14"),
        points("0.4,0.06 0.6,0.06 0.74,0.08"),
    ):
        for side in pen.mirrored(feather):
            pen.stroke(side, GOLD, 1.4)


def draw_scarf(pen: Pen, accessory: str, color: Color) -> None:
    """Draw a striped scarf with one loose end."""
    if accessory != "scarf":
        return
    stripe = (255, 255, 255)
    pen.shape(points("0.1,0.06 0.34,0.04 0.4,0.5 0.18,0.54"), color)
    pen.shape(points("0.145,0.26 0.365,0.24 0.38,0.34 0.16,0.37"), stripe, None)
    pen.smooth_shape(points("-0.46,-0.1 0,0.02 0.46,-0.1 0.48,0.08 0,0.22 -0.48,0.08"), color)
    for x in (-0.28, 0.0, 0.28):
        pen.shape(
            [(x - 0.05, -0.03), (x + 0.05, -0.03), (x + 0.04, 0.17), (x - 0.06, 0.17)], stripe, None
        )


def draw_glasses(pen: Pen, accessory: str, color: Color) -> None:
    """Draw big round glasses with rims only, so that the eyes still show."""
    if accessory != "glasses":
        return
    for side in (-1, 1):
        rim = Pen(pen.draw, *pen._pixel((side * 0.245, -0.06)), pen.scale, pen.lean, pen.mirror)
        ring = _circle_points(0.215)
        rim.stroke(ring, INK, 3.4)
        rim.stroke(ring, GOLD, 1.7)
        pen.stroke([(side * 0.45, -0.08), (side * 0.58, -0.14)], INK, 2.2)
    pen.stroke(points("-0.05,-0.07 0,-0.1 0.05,-0.07"), INK, 2.2)


def draw_hat(pen: Pen, accessory: str, color: Color) -> None:
    """Draw a tall hat with a band."""
    if accessory != "hat":
        return
    pen.shape(points("-0.26,-0.38 -0.3,-0.86 0.3,-0.86 0.26,-0.38"), (70, 52, 60))
    pen.shape(points("-0.265,-0.5 -0.25,-0.38 0.25,-0.38 0.265,-0.5"), color)
    pen.ellipse((0, -0.36), 0.48, 0.075, (70, 52, 60))


def _circle_points(radius: float) -> list[tuple[float, float]]:
    from math import cos, sin, tau

    return [(radius * cos(tau * i / 16), radius * sin(tau * i / 16)) for i in range(17)]
