"""What is written on a picture: sides, slice, window, scale bar. Legible on any grey."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from app import theme

INK: Final = theme.DARK.colour("text")
"""Pictures lie on black in every theme, so their words are the dark theme's."""

HALO: Final = QColor(0, 0, 0, 0xD8)
HALO_PX: Final = 3.0
LETTER_PX: Final = theme.LARGE_PX
SIDES: Final = frozenset("RL")
"""The letters that must never be missed."""

BARS_MM: Final = ((50.0, "5 cm"), (10.0, "1 cm"), (1.0, "1 mm"))
BAR_SHARE: Final = 0.45
"""A scale bar takes at most this share of the width."""


class Corner(Enum):
    """Where a block of lines stands."""

    TOP_LEFT = (0, 0)
    TOP_RIGHT = (1, 0)
    BOTTOM_LEFT = (0, 1)
    BOTTOM_RIGHT = (1, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block."""

    text: str
    bold: bool = False
    ink: QColor | None = None


@lru_cache(maxsize=512)
def _lettering(text: str, px: int, bold: bool) -> QPainterPath:
    path = QPainterPath()
    path.addText(0.0, 0.0, theme.font(px, bold), text)
    return path


@lru_cache(maxsize=8)
def _metrics(px: int, bold: bool) -> QFontMetricsF:
    return QFontMetricsF(theme.font(px, bold))


@lru_cache(maxsize=512)
def _stamp(text: str, px: int, bold: bool, rgb: int, ratio: float) -> tuple[QImage, QPointF]:
    """A text with its halo as a picture, and where its origin lies in it.

    Stroking letters costs as much as stroking outlines; a stamp costs nothing.
    """
    path = _lettering(text, px, bold)
    box = path.boundingRect().adjusted(-HALO_PX, -HALO_PX, HALO_PX, HALO_PX).toAlignedRect()
    image = QImage(box.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(-box.topLeft())
    pen = QPen(HALO, HALO_PX)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)
    painter.fillPath(path, QColor.fromRgb(rgb))
    painter.end()
    return image, QPointF(box.topLeft())


def write(
    painter: QPainter, at: QPointF, text: str, px: int, bold: bool = False, ink: QColor = INK
) -> None:
    """Letters with a dark halo, their baseline beginning at a point."""
    if text:
        ratio = painter.device().devicePixelRatio()
        image, corner = _stamp(text, px, bold, ink.rgb(), ratio)
        painter.drawImage(QPointF(at.toPoint()) + corner, image)


def width_of(text: str, px: int, bold: bool = False) -> float:
    """How far a text reaches."""
    return _metrics(px, bold).horizontalAdvance(text)


def draw_block(
    painter: QPainter, area: QRectF, corner: Corner, lines: tuple[Line, ...], lift: float = 0.0
) -> None:
    """Lines in a corner of the canvas, ``lift`` pixels further inside."""
    right, bottom = corner.value
    metrics = _metrics(theme.SMALL_PX, True)
    step = metrics.height()
    top = area.top() + lift
    if bottom:
        top = area.bottom() - lift - step * len(lines)
    for number, line in enumerate(lines):
        width = width_of(line.text, theme.SMALL_PX, line.bold)
        x = area.right() - width if right else area.left()
        baseline = QPointF(x, top + step * number + metrics.ascent())
        write(painter, baseline, line.text, theme.SMALL_PX, line.bold, line.ink or INK)


def block_height(lines: int) -> float:
    """Room that so many lines take."""
    return lines * _metrics(theme.SMALL_PX, True).height()


def draw_edges(painter: QPainter, area: QRectF, edges: tuple[str, str, str, str]) -> None:
    """Patient directions at the (top, bottom, left, right) of the canvas."""
    middle = area.center()
    for letter, (x, y) in zip(
        edges,
        (
            (middle.x(), area.top()),
            (middle.x(), area.bottom()),
            (area.left(), middle.y()),
            (area.right(), middle.y()),
        ),
        strict=True,
    ):
        _draw_edge(painter, area, letter, QPointF(x, y))


def _draw_edge(painter: QPainter, area: QRectF, letter: str, at: QPointF) -> None:
    """One letter, kept inside the canvas."""
    px = LETTER_PX if letter in SIDES else theme.BODY_PX
    shape = _lettering(letter, px, True).boundingRect()
    left = min(max(at.x() - shape.width() / 2, area.left()), area.right() - shape.width())
    top = min(max(at.y() - shape.height() / 2, area.top()), area.bottom() - shape.height())
    write(painter, QPointF(left - shape.left(), top - shape.top()), letter, px, True)


def bar_for(px_per_mm: float, width: float) -> tuple[float, str]:
    """Length in canvas pixels and words of the scale bar: 5 cm where it fits."""
    for length_mm, words in BARS_MM:
        if length_mm * px_per_mm <= width * BAR_SHARE:
            return length_mm * px_per_mm, words
    return BARS_MM[-1][0] * px_per_mm, BARS_MM[-1][1]


def draw_bar(painter: QPainter, area: QRectF, bar: tuple[float, str], lift: float) -> None:
    """The scale bar at the bottom right, its words above it."""
    length, words = bar
    y = area.bottom() - lift - theme.HALF
    left, right = area.right() - length, area.right()
    lines = [QLineF(left, y, right, y)]
    lines += [QLineF(x, y - theme.HALF, x, y + theme.HALF) for x in (left, right)]
    for pen in (QPen(HALO, 4.0), QPen(INK, 1.5)):
        painter.setPen(pen)
        painter.drawLines(lines)
    width = width_of(words, theme.SMALL_PX)
    write(painter, QPointF((left + right - width) / 2, y - theme.SPACE), words, theme.SMALL_PX)


def draw_chip(painter: QPainter, area: QRectF, text: str) -> None:
    """A warning at the top right: dark letters on amber."""
    metrics = _metrics(theme.SMALL_PX, True)
    width = metrics.horizontalAdvance(text) + 2 * theme.SPACE
    rect = QRectF(area.right() - width, area.top(), width, metrics.height() + theme.HALF)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.DARK.colour("caution"))
    painter.drawRoundedRect(rect, 3.0, 3.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(theme.DARK.colour("image"))
    painter.setFont(theme.font(theme.SMALL_PX, bold=True))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def draw_sentence(painter: QPainter, area: QRectF, text: str) -> None:
    """A sentence in the middle of an empty canvas."""
    painter.setPen(theme.DARK.colour("muted"))
    painter.setFont(theme.font())
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(area, int(flags), text)


def draw_hint(painter: QPainter, area: QRectF, text: str) -> None:
    """A sentence in the middle of a picture, on a dark ground."""
    painter.setFont(theme.font())
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    inside = area.adjusted(*(2 * theme.SPACE * sign for sign in (1, 1, -1, -1)))
    taken = painter.boundingRect(inside, flags, text)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(HALO)
    margin = float(theme.SPACE)
    ground = taken.adjusted(-margin, -margin, margin, margin)
    painter.drawRoundedRect(ground, theme.HALF, theme.HALF)
    painter.setPen(INK)
    painter.drawText(inside, flags, text)
