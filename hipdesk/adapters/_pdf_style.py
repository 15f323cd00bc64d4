"""Sizes, colours and small marks shared by the report's pages."""

from __future__ import annotations

from typing import Final

from hipdesk.adapters._pdf_text import Canvas, draw
from hipdesk.overlay import LINE_STYLES
from hipdesk.records import SegmentClass

PAGE_WIDTH: Final = 595.28
PAGE_HEIGHT: Final = 841.89
MARGIN: Final = 40.0
WIDTH: Final = PAGE_WIDTH - 2 * MARGIN

SMALL: Final = 7.5
BODY: Final = 9.0
LARGE: Final = 15.0
LEADING: Final = {SMALL: 10.0, BODY: 12.0, LARGE: 20.0}
UNIT: Final = 8.0
"""The grid that gaps are multiples of."""

INK: Final = (0.10, 0.11, 0.13)
GREY: Final = (0.36, 0.38, 0.42)
RULE: Final = (0.80, 0.82, 0.84)
PANEL: Final = (0.957, 0.961, 0.965)

Colour = tuple[float, float, float]


def text(
    canvas: Canvas,
    x: float,
    y: float,
    words: str,
    size: float = BODY,
    bold: bool = False,
    anchor: str = "",
    colour: Colour = INK,
) -> float:
    """Draw a string in a colour; the x where it ends."""
    canvas.setFillColorRGB(*colour)
    return draw(canvas, x, y, words, size, bold, anchor)


def rule(
    canvas: Canvas, x: float, y: float, length: float, colour: Colour = RULE, weight: float = 0.5
) -> None:
    """Draw a horizontal line."""
    canvas.setStrokeColorRGB(*colour)
    canvas.setLineWidth(weight)
    canvas.setDash()
    canvas.line(x, y, x + length, y)


def class_colour(lesion: SegmentClass) -> Colour:
    """A class' palette colour, as ReportLab takes it."""
    red, green, blue = LINE_STYLES[lesion].colour
    return red / 255, green / 255, blue / 255


def class_stroke(canvas: Canvas, lesion: SegmentClass, weight: float = 1.25) -> None:
    """Set a class' colour and line pattern for what is drawn next."""
    line = LINE_STYLES[lesion]
    canvas.setStrokeColorRGB(*class_colour(lesion))
    canvas.setLineWidth(weight * line.width_px / 1.5)
    if line.dash_px is None:
        canvas.setDash()
    else:
        canvas.setDash([part * 0.6 for part in line.dash_px])


def class_sample(
    canvas: Canvas, x: float, y: float, lesion: SegmentClass, words: str, length: float = 18.0
) -> float:
    """A short line in a class' style with its name; the x where it ends."""
    class_stroke(canvas, lesion)
    canvas.line(x, y + SMALL / 3, x + length, y + SMALL / 3)
    canvas.setDash()
    return text(canvas, x + length + 4, y, words, SMALL, colour=GREY)
