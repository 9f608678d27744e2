"""Draw six species from the front: a head that also stands alone, and a body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo.pen import INK, Color, Pen, points

CREAM: Color = (247, 232, 196)
BEAK: Color = (246, 170, 52)
PINK: Color = (240, 140, 160)
STEEL: Color = (196, 204, 214)


@dataclass(frozen=True)
class CreatureStyle:
    """The colours of one creature, and its gaze, smile and arms."""

    coat: Color
    shade: Color
    belly: Color
    iris: Color
    trim: Color
    gaze: tuple[float, float]
    smile: float
    arms: float


def draw_eyes(pen: Pen, look: CreatureStyle, y: float, apart: float, size: float) -> None:
    for side in (-1, 1):
        x = side * apart
        gx, gy = look.gaze[0] * pen.mirror * size * 0.16, look.gaze[1] * size * 0.16
        pen.ellipse((x, y), size * 0.92, size * 1.1, (252, 252, 252))
        pen.ellipse((x + gx, y + gy), size * 0.70, size * 0.82, look.iris)
        pen.ellipse((x + gx, y + gy), size * 0.26, size * 0.34, (16, 14, 22), None)
        pen.ellipse((x + gx - size * 0.22, y + gy - size * 0.34), size * 0.18, size * 0.18,
                    (255, 255, 255), None)  # fmt: skip


def draw_mouth(pen: Pen, look: CreatureStyle, y: float, width: float = 0.13) -> None:
    dip = 0.03 + 0.06 * look.smile
    pen.stroke([(-width, y), (-width / 2, y + dip), (0, y), (width / 2, y + dip), (width, y)])


def draw_cheeks(pen: Pen, y: float) -> None:
    for side in (-1, 1):
        pen.ellipse((side * 0.40, y), 0.075, 0.045, PINK, None)


def draw_dragon_head(pen: Pen, look: CreatureStyle) -> None:
    for horn in pen.mirrored(points("0.2,-0.34 0.3,-0.62 0.46,-0.8 0.45,-0.52 0.38,-0.28")):
        pen.smooth_shape(horn, CREAM)
    for frill in pen.mirrored(
        points("0.42,-0.16 0.8,-0.3 0.68,-0.08 0.84,0.06 0.6,0.1 0.66,0.26 0.42,0.2")
    ):
        pen.shape(frill, look.trim)
    pen.smooth_shape(
        points("0,-0.48 0.42,-0.32 0.52,0.02 0.4,0.32 0,0.46 -0.4,0.32 -0.52,0.02 -0.42,-0.32"),
        look.coat,
    )
    for x, top in ((-0.12, -0.56), (0.0, -0.64), (0.12, -0.56)):
        pen.shape([(x - 0.08, -0.40), (x, top), (x + 0.08, -0.40)], look.trim)
    pen.ellipse((0, 0.27), 0.32, 0.19, look.belly)
    for side in (-1, 1):
        pen.ellipse((side * 0.11, 0.20), 0.03, 0.025, INK, None)
    draw_eyes(pen, look, -0.08, 0.24, 0.15)
    draw_mouth(pen, look, 0.31, 0.17)
    pen.shape(points("0.1,0.335 0.14,0.42 0.17,0.33"), (255, 255, 255))


def draw_cat_head(pen: Pen, look: CreatureStyle) -> None:
    for ear in pen.mirrored(points("0.12,-0.4 0.44,-0.78 0.54,-0.16")):
        pen.shape(ear, look.coat)
    for ear in pen.mirrored(points("0.23,-0.4 0.41,-0.62 0.46,-0.24")):
        pen.shape(ear, PINK, None)
    pen.ellipse((0, 0), 0.56, 0.46, look.coat)
    for x in (-0.13, 0, 0.13):
        pen.shape([(x - 0.035, -0.43), (x + 0.035, -0.43), (x * 0.9, -0.25)], look.shade, None)
    draw_eyes(pen, look, -0.03, 0.25, 0.15)
    pen.ellipse((0, 0.24), 0.21, 0.14, look.belly, None)
    pen.shape(points("-0.06,0.15 0.06,0.15 0,0.22"), PINK)
    draw_mouth(pen, look, 0.25)
    for side in (-1, 1):
        for tilt in (-0.06, 0.02, 0.10):
            pen.stroke([(side * 0.30, 0.19 + tilt / 2), (side * 0.72, 0.16 + tilt)], width=0.8)


def draw_rabbit_head(pen: Pen, look: CreatureStyle) -> None:
    for ear in pen.mirrored(points("0.06,-0.34 0.08,-0.74 0.2,-1 0.35,-0.9 0.36,-0.62 0.28,-0.3")):
        pen.smooth_shape(ear, look.coat)
    for ear in pen.mirrored(
        points("0.14,-0.4 0.16,-0.7 0.22,-0.88 0.28,-0.78 0.28,-0.56 0.23,-0.38")
    ):
        pen.smooth_shape(ear, PINK, None)
    pen.smooth_shape(
        points("0,-0.44 0.36,-0.32 0.5,0.06 0.4,0.32 0,0.42 -0.4,0.32 -0.5,0.06 -0.36,-0.32"),
        look.coat,
    )
    draw_cheeks(pen, 0.20)
    draw_eyes(pen, look, -0.05, 0.22, 0.15)
    for side in (-1, 1):
        pen.ellipse((side * 0.09, 0.24), 0.12, 0.09, look.belly, None)
    pen.shape(points("-0.06,0.3 0.06,0.3 0.06,0.4 -0.06,0.4"), (255, 255, 255))
    pen.ellipse((0, 0.17), 0.05, 0.035, PINK)
    draw_mouth(pen, look, 0.25, 0.10)


def draw_robot_head(pen: Pen, look: CreatureStyle) -> None:
    pen.stroke([(0, -0.36), (0, -0.66)], width=2.2)
    pen.ellipse((0, -0.70), 0.09, 0.09, look.trim)
    for ear in pen.mirrored(points("0.46,-0.14 0.64,-0.1 0.64,0.16 0.46,0.2")):
        pen.shape(ear, STEEL)
    pen.shape(
        points("-0.46,-0.42 0.46,-0.42 0.5,-0.36 0.5,0.34 0.44,0.4 -0.44,0.4 -0.5,0.34 -0.5,-0.36"),
        look.coat,
    )
    pen.shape(points("-0.42,-0.28 0.42,-0.28 0.42,0.12 -0.42,0.12"), look.belly)
    draw_eyes(pen, look, -0.08, 0.21, 0.15)
    pen.shape(points("-0.26,0.2 0.26,0.2 0.26,0.32 -0.26,0.32"), STEEL)
    for x in (-0.13, 0.0, 0.13):
        pen.stroke([(x, 0.20), (x, 0.32)])
    for x in (-0.42, 0.42):
        pen.ellipse((x, -0.35), 0.025, 0.025, STEEL)
        pen.ellipse((x, 0.33), 0.025, 0.025, STEEL)


def draw_bird_head(pen: Pen, look: CreatureStyle) -> None:
    for plume in (
        points("-0.06,-0.36 -0.26,-0.66 0.02,-0.46"),
        points("-0.04,-0.38 0,-0.78 0.08,-0.4"),
        points("0,-0.38 0.26,-0.64 0.12,-0.34"),
    ):
        pen.shape(plume, look.trim)
    pen.ellipse((0, 0), 0.47, 0.45, look.coat)
    pen.smooth_shape(
        points("0,-0.1 0.36,-0.06 0.34,0.3 0,0.42 -0.34,0.3 -0.36,-0.06"), look.belly, None
    )
    draw_eyes(pen, look, -0.08, 0.23, 0.15)
    pen.shape(points("-0.17,0.1 0,0.02 0.17,0.1 0,0.36"), BEAK)
    pen.stroke(points("-0.15,0.11 0,0.16 0.15,0.11"))
    draw_cheeks(pen, 0.20)


def draw_fish_head(pen: Pen, look: CreatureStyle) -> None:
    for fin in pen.mirrored(points("0.4,-0.06 0.86,-0.34 0.78,0.02 0.86,0.36 0.4,0.16")):
        pen.smooth_shape(fin, look.trim)
    pen.smooth_shape(points("-0.26,-0.38 -0.16,-0.66 0.04,-0.78 0.2,-0.6 0.26,-0.38"), look.trim)
    for x in (-0.08, 0.04, 0.14):
        pen.stroke([(x, -0.40), (x * 0.8, -0.64)])
    pen.ellipse((0, 0), 0.52, 0.44, look.coat)
    pen.ellipse((0, 0.26), 0.32, 0.15, look.belly, None)
    draw_eyes(pen, look, -0.06, 0.27, 0.15)
    pen.ellipse((0, 0.22), 0.13, 0.10, PINK)
    pen.ellipse((0, 0.22), 0.065, 0.05, (120, 40, 60), None)
    for side in (-1, 1):
        pen.stroke([(side * 0.42, 0.10), (side * 0.46, 0.02), (side * 0.43, -0.08)])


HEADS: dict[str, Callable[[Pen, CreatureStyle], None]] = {
    "dragon": draw_dragon_head,
    "cat": draw_cat_head,
    "rabbit": draw_rabbit_head,
    "robot": draw_robot_head,
    "bird": draw_bird_head,
    "fish": draw_fish_head,
}


def draw_body(pen: Pen, species: str, look: CreatureStyle) -> None:
    """Draw everything below the head, whose centre is 0.62 above the body's."""
    if species == "fish":
        _draw_fish_body(pen, look)
    elif species == "robot":
        _draw_robot_body(pen, look)
    elif species == "bird":
        _draw_bird_body(pen, look)
    else:
        _draw_soft_body(pen, species, look)


def _draw_soft_body(pen: Pen, species: str, look: CreatureStyle) -> None:
    if species == "dragon":
        pen.smooth_shape(
            points("0.2,0.3 0.62,0.44 0.86,0.18 0.96,0.24 0.8,0.62 0.3,0.6"), look.coat
        )
        pen.shape(points("0.8,0.24 0.86,-0.08 1.1,0.16 0.98,0.28"), look.trim)
    elif species == "cat":
        pen.smooth_shape(
            points("0.24,0.36 0.62,0.4 0.7,0.02 0.62,-0.24 0.76,-0.34 0.88,0.02 0.78,0.5 0.32,0.6"),
            look.coat,
        )
    else:
        pen.ellipse((0.42, 0.34), 0.17, 0.16, look.belly)
    for side in (-1, 1):
        pen.ellipse((side * 0.24, 0.58), 0.21, 0.14, look.coat)
    pen.smooth_shape(
        points("0,-0.34 0.28,-0.2 0.42,0.24 0.3,0.56 0,0.62 -0.3,0.56 -0.42,0.24 -0.28,-0.2"),
        look.coat,
    )
    pen.ellipse((0, 0.26), 0.25, 0.29, look.belly)
    if species == "dragon":
        for y in (0.10, 0.22, 0.34, 0.46):
            pen.stroke([(-0.19, y), (0, y + 0.04), (0.19, y)])
    _draw_arms(pen, look, 0.10)
    for side in (-1, 1):
        pen.ellipse((side * 0.26, 0.62), 0.17, 0.10, look.shade)


def _draw_arms(pen: Pen, look: CreatureStyle, thick: float) -> None:
    for side in (-1, 1):
        lift = look.arms if side < 0 else -0.2
        pen.ellipse((side * 0.42, 0.08 - 0.22 * max(lift, 0)), thick, 0.24, look.coat,
                    turn=side * (-0.55 - 1.3 * max(lift, 0)))  # fmt: skip


def _draw_robot_body(pen: Pen, look: CreatureStyle) -> None:
    for side in (-1, 1):
        pen.shape(
            [(side * 0.12, 0.40), (side * 0.30, 0.40), (side * 0.30, 0.62), (side * 0.12, 0.62)],
            STEEL,
        )
        pen.shape(
            [(side * 0.06, 0.58), (side * 0.40, 0.58), (side * 0.40, 0.72), (side * 0.06, 0.72)],
            look.shade,
        )
        lift = look.arms if side < 0 else 0.0
        pen.stroke(
            [
                (side * 0.38, -0.10),
                (side * 0.56, 0.06 - 0.2 * lift),
                (side * 0.62, 0.22 - 0.6 * lift),
            ],
            STEEL,
            4.5,
        )
        pen.ellipse((side * 0.62, 0.26 - 0.62 * lift), 0.11, 0.11, look.coat)
    pen.shape(points("-0.4,-0.24 0.4,-0.24 0.36,0.48 -0.36,0.48"), look.coat)
    pen.shape(points("-0.24,-0.06 0.24,-0.06 0.24,0.26 -0.24,0.26"), look.belly)
    pen.ellipse((-0.10, 0.10), 0.07, 0.07, look.trim)
    for y in (0.04, 0.16):
        pen.stroke([(0.05, y), (0.18, y)])


def _draw_bird_body(pen: Pen, look: CreatureStyle) -> None:
    for turn in (-0.12, 0.0, 0.12):
        pen.shape([(0.24, 0.36), (0.70, 0.50 + turn), (0.62, 0.62 + turn), (0.20, 0.54)], look.trim)
    for side in (-1, 1):
        pen.stroke([(side * 0.14, 0.50), (side * 0.14, 0.70)], BEAK, 2.4)
        for toe in (-0.10, 0.0, 0.10):
            pen.stroke([(side * 0.14, 0.68), (side * 0.14 + toe, 0.75)], BEAK, 2.2)
    pen.ellipse((0, 0.16), 0.44, 0.46, look.coat)
    pen.ellipse((0, 0.26), 0.28, 0.31, look.belly, None)
    for side in (-1, 1):
        lift = look.arms if side < 0 else 0.0
        pen.smooth_shape(
            [
                (side * 0.36, -0.12),
                (side * 0.60, 0.10 - 0.4 * lift),
                (side * 0.58, 0.36 - 0.7 * lift),
                (side * 0.36, 0.26),
            ],
            look.shade,
        )


def _draw_fish_body(pen: Pen, look: CreatureStyle) -> None:
    pen.smooth_shape(
        points("0,0.44 0.18,0.56 0.52,0.5 0.46,0.72 0,0.66 -0.46,0.72 -0.52,0.5 -0.18,0.56"),
        look.trim,
    )
    for x in (-0.3, -0.15, 0.15, 0.3):
        pen.stroke([(x * 0.5, 0.56), (x, 0.65)])
    for side in (-1, 1):
        lift = look.arms if side < 0 else 0.0
        pen.smooth_shape(
            [
                (side * 0.30, 0.0),
                (side * 0.66, -0.02 - 0.3 * lift),
                (side * 0.60, 0.26 - 0.3 * lift),
                (side * 0.32, 0.20),
            ],
            look.trim,
        )
    pen.smooth_shape(
        points("0,-0.34 0.34,-0.12 0.36,0.18 0.14,0.48 0,0.54 -0.14,0.48 -0.36,0.18 -0.34,-0.12"),
        look.coat,
    )
    pen.smooth_shape(points("0,-0.14 0.2,0 0.16,0.28 0,0.42 -0.16,0.28 -0.2,0"), look.belly, None)
    for y in (0.0, 0.14, 0.28):
        for x in (-0.09, 0.09):
            pen.stroke([(x - 0.06, y), (x, y + 0.05), (x + 0.06, y)], look.shade)
