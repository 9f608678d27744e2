"""Draw reference sheets with known answers: a whole figure, a close-up, and the palette."""

from __future__ import annotations

import colorsys
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

from demo.accessories import draw_glasses, draw_hat, draw_scarf, draw_wings
from demo.creatures import HEADS, CreatureStyle, draw_body
from demo.pen import INK, Color, Pen

SPECIES = ("dragon", "cat", "rabbit", "robot", "bird", "fish")
COLORS: dict[str, Color] = {
    "red": (214, 48, 49),
    "blue": (44, 98, 214),
    "green": (52, 160, 72),
    "yellow": (246, 210, 48),
    "purple": (138, 66, 184),
    "orange": (242, 128, 30),
    "black": (52, 50, 58),
    "white": (244, 244, 246),
}
ACCESSORIES = ("hat", "scarf", "wings", "glasses", "nothing")

_PAPER_COLORS: tuple[Color, ...] = (
    (250, 246, 236),
    (238, 244, 250),
    (244, 240, 250),
    (240, 248, 240),
    (250, 240, 240),
    (236, 236, 234),
)


@dataclass(frozen=True)
class SheetSpec:
    """The content of a sheet. Every value is one of the names above."""

    species: str
    color: str
    eyes: str
    accessory: str

    @staticmethod
    def random(rng: random.Random) -> SheetSpec:
        return SheetSpec(
            rng.choice(SPECIES),
            rng.choice(tuple(COLORS)),
            rng.choice(tuple(COLORS)),
            rng.choice(ACCESSORIES),
        )


def draw_sheet(spec: SheetSpec, seed: int, size: int = 896, oversample: int = 2) -> Image.Image:
    """Draw a `size` x `size` RGB sheet. The same arguments always give the same pixels."""
    rng = random.Random(f"{spec}/{seed}")
    side = size * oversample
    image = Image.new("RGB", (side, side), _jitter(rng, rng.choice(_PAPER_COLORS), 0.01))
    draw = ImageDraw.Draw(image)
    look, extra = _random_style(spec, rng)
    mirror = rng.choice((-1, 1))
    left, right = (0.36, 0.795) if mirror == 1 else (0.64, 0.205)
    _draw_backdrop(draw, rng, side, look, left)
    figure = Pen(
        draw,
        side * (left + rng.uniform(-0.02, 0.02)),
        side * (0.615 + rng.uniform(-0.02, 0.02)),
        side * rng.uniform(0.335, 0.365),
        rng.uniform(-0.05, 0.05),
        rng.choice((-1, 1)),
    )
    _draw_figure(figure, spec, look, extra)
    close_up = Pen(
        draw,
        side * (right + rng.uniform(-0.01, 0.01)),
        side * (0.33 + rng.uniform(-0.015, 0.015)),
        side * rng.uniform(0.225, 0.245),
        rng.uniform(-0.08, 0.08),
        rng.choice((-1, 1)),
    )
    _draw_frame(draw, side, right, look)
    _draw_head(close_up, spec, look, extra)
    _draw_palette(draw, side, right, [look.coat, look.iris, look.trim, look.belly])
    return image.resize((size, size), Image.Resampling.BOX) if oversample > 1 else image


def _draw_backdrop(
    draw: ImageDraw.ImageDraw, rng: random.Random, side: int, look: CreatureStyle, left: float
) -> None:
    tint = _mix(look.trim, (255, 255, 255), 0.80)
    ground = Pen(draw, side * left, side * 0.885, side * 0.3)
    ground.ellipse((0, 0), 0.95, 0.16, _mix(tint, (120, 120, 130), 0.25), None)
    for _ in range(rng.randrange(3, 7)):
        dot = Pen(draw, rng.uniform(0.03, 0.97) * side, rng.uniform(0.03, 0.97) * side, side * 0.02)
        dot.ellipse((0, 0), rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.7), tint, None)


def _draw_frame(draw: ImageDraw.ImageDraw, side: int, right: float, look: CreatureStyle) -> None:
    disc = Pen(draw, side * right, side * 0.33, side * 0.19, line=0.03)
    disc.ellipse((0, 0), 1, 1, _mix(look.trim, (255, 255, 255), 0.88), _mix(look.trim, INK, 0.2))


def _draw_figure(pen: Pen, spec: SheetSpec, look: CreatureStyle, extra: Color) -> None:
    draw_wings(pen, spec.accessory, extra)
    draw_body(pen, spec.species, look)
    draw_scarf(pen.moved_to(0, -0.22), spec.accessory, extra)
    _draw_head(pen.moved_to(0, -0.60), spec, look, extra, alone=False)


def _draw_head(
    pen: Pen, spec: SheetSpec, look: CreatureStyle, extra: Color, *, alone: bool = True
) -> None:
    if alone:
        draw_wings(pen.moved_to(0, 0.36, 0.72), spec.accessory, extra)
        draw_scarf(pen.moved_to(0, 0.46, 0.9), spec.accessory, extra)
    HEADS[spec.species](pen, look)
    draw_glasses(pen, spec.accessory, extra)
    draw_hat(pen, spec.accessory, extra)


def _draw_palette(draw: ImageDraw.ImageDraw, side: int, right: float, colors: list[Color]) -> None:
    for number, color in enumerate(colors):
        radius = 0.055 if number == 0 else 0.042
        x = right + (number % 2 - 0.5) * 0.15
        y = 0.70 + (number // 2) * 0.13
        Pen(draw, side * x, side * y, side, line=0.006).ellipse((0, 0), radius, radius, color)


def _random_style(spec: SheetSpec, rng: random.Random) -> tuple[CreatureStyle, Color]:
    coat = _jitter(rng, COLORS[spec.color], 0.012)
    pale = spec.color in ("white", "yellow")
    trims = [COLORS[name] for name in COLORS if name not in (spec.color, "black", "white")]
    trim = _mix(rng.choice(trims), coat, rng.uniform(0.1, 0.35))
    return CreatureStyle(
        coat=coat,
        shade=_mix(coat, (0, 0, 0) if spec.color != "black" else (255, 255, 255), 0.22),
        belly=_mix(coat, (255, 250, 240), rng.uniform(0.55, 0.75) if not pale else 0.8),
        iris=_jitter(rng, COLORS[spec.eyes], 0.012),
        trim=trim,
        gaze=(rng.uniform(-1, 1), rng.uniform(-0.6, 0.8)),
        smile=rng.random(),
        arms=rng.choice((0.0, 0.0, 0.6, 1.0)),
    ), _jitter(rng, rng.choice(trims), 0.03)


def _mix(a: Color, b: Color, share: float) -> Color:
    """Return `a` mixed with the share `share` of `b`."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def _jitter(rng: random.Random, color: Color, amount: float) -> Color:
    """Return a similar colour.

    The hue is moved by up to `amount`, saturation and value by up to three times as much.
    """
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in color))
    hue = (hue + rng.uniform(-amount, amount)) % 1
    saturation = min(1.0, max(0.0, saturation + rng.uniform(-3, 3) * amount))
    value = min(1.0, max(0.0, value + rng.uniform(-3, 3) * amount))
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)
