"""A training's log as a picture: the loss and each channel's held-out Dice over the steps."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM, LINE = 890, 340, 64, 230, 34, 44, 22
PAPER, INK, GRID = "#FFFFFF", "#202428", "#DDE1E5"
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000")
"""Okabe and Ito's palette, told apart by the colour-blind."""

TICKS: Final = 5


@dataclass(frozen=True, slots=True)
class _Panel:
    """Where the data of one diagram lie on the picture."""

    top: int
    across: tuple[float, float]
    upward: tuple[float, float]

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Pixel of a value."""
        width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        right = (x - self.across[0]) / (self.across[1] - self.across[0])
        up = (y - self.upward[0]) / (self.upward[1] - self.upward[0])
        return LEFT + right * width, self.top + TOP + (1 - up) * height


def draw_curves(log: Path, picture: Path) -> None:
    """Write the picture of a log beside it; PNG, put in place whole.

    Parameters
    ----------
    log : ``log.jsonl`` of a training
    """
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    losses = {"loss": [(line["step"], line["loss"]) for line in lines if line["loss"] is not None]}
    dices = {
        name: [(line["step"], line["dice"][name]) for line in lines] for name in lines[-1]["dice"]
    }
    image = Image.new("RGB", (WIDTH, 2 * HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    steps = (0.0, float(max(line["step"] for line in lines)) or 1.0)
    highest = max((loss for _, loss in losses["loss"]), default=1.0)
    _diagram(draw, _Panel(0, steps, (0.0, 1.05 * highest or 1.0)), "Training loss", losses)
    _diagram(draw, _Panel(HEIGHT, steps, (0.0, 1.0)), "Dice on held-out subjects", dices)
    aside = picture.with_name(f".{picture.name}.tmp")
    image.save(aside, "PNG")
    aside.replace(picture)


def _diagram(
    draw: ImageDraw.ImageDraw, panel: _Panel, title: str, series: Mapping[str, Points]
) -> None:
    """One diagram with axes, curves and their names."""
    draw.text((LEFT, panel.top + 8), title, INK, _font(15))
    _axes(draw, panel)
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [panel.place(x, y) for x, y in points if math.isfinite(y)]
        if len(places) > 1:
            draw.line(places, colour, 2, joint="curve")
        for x, y in places:
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), colour)
        height = panel.top + TOP + number * LINE
        left = WIDTH - RIGHT + 20
        draw.line((left, height + 9, left + 18, height + 9), colour, 3)
        last = f" {points[-1][1]:.3f}" if points else ""
        draw.text((left + 26, height), f"{name}{last}", INK, _font(13))


def _axes(draw: ImageDraw.ImageDraw, panel: _Panel) -> None:
    """Lines and numbers of both axes."""
    for tick in range(TICKS + 1):
        share = tick / TICKS
        x = panel.across[0] + share * (panel.across[1] - panel.across[0])
        y = panel.upward[0] + share * (panel.upward[1] - panel.upward[0])
        draw.line((panel.place(panel.across[0], y), panel.place(panel.across[1], y)), GRID)
        across, down = panel.place(x, panel.upward[0])
        draw.text((across, down + 8), f"{x:,.0f}", INK, _font(12), anchor="ma")
        _, height = panel.place(panel.across[0], y)
        draw.text((LEFT - 8, height), f"{y:.2f}", INK, _font(12), anchor="rm")
    below = panel.place(panel.across[1], panel.upward[0])
    draw.text((below[0], below[1] + 24), "steps", INK, _font(12), anchor="ra")


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Pillow's own type."""
    return ImageFont.load_default(size)
