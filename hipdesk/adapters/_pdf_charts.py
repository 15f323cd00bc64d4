"""Scores and volumes over visits as vector charts on an axis of real dates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from hipdesk.adapters._pdf_style import (
    GREY,
    INK,
    RULE,
    SMALL,
    UNIT,
    Colour,
    class_colour,
    class_sample,
    class_stroke,
    rule,
    text,
)
from hipdesk.adapters._pdf_text import Canvas, width
from hipdesk.report_trend import Chart, ChartLine, ChartPoint

HEAD: Final = 2 * UNIT
"""Height of a chart's title and legend."""

FOOT: Final = 14.0
"""Height of its dates."""

GUTTER: Final = 28.0
"""Width of its axis labels."""

RIGHT_GUTTER: Final = 24.0
"""Room for the last figures; a hip's charts keep their dates below one another."""

MARKER: Final = 2.2
INTERVALS: Final = 4
Days = tuple[date, date]

GAP: Final = 4.0
"""Points between neighbouring labels, at least."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The plotting area, in points, and what it spans."""

    x: float
    y: float
    wide: float
    high: float
    first: date
    days: int
    top: float

    def across(self, day: date) -> float:
        """Horizontal place of a date."""
        share = (day - self.first) / timedelta(days=self.days)
        return self.x + self.wide * share

    def up(self, value: float) -> float:
        """Vertical place of a value."""
        return self.y + self.high * value / self.top


def draw_chart(
    canvas: Canvas, x: float, y: float, wide: float, high: float, chart: Chart, days: Days
) -> None:
    """Draw a chart with its lower left corner at ``(x, y)``.

    Parameters
    ----------
    days : first and last on its axis
    """
    largest = max(point.value for line in chart.lines for point in line.points)
    axes = axes_of(x, y, wide, high, days, nice_top(largest))
    text(canvas, x, y + high - SMALL, chart.title, SMALL, bold=True)
    _legend(canvas, x + wide, y + high - SMALL, chart)
    _grid(canvas, x, axes, chart.unit)
    draw_dates(canvas, axes, {point.day for line in chart.lines for point in line.points})
    for line in chart.lines:
        _line(canvas, axes, line)
    if len(chart.lines) == 1:
        _values(canvas, axes, chart.lines[0])
    else:
        _last_values(canvas, axes, chart.lines)


def axes_of(x: float, y: float, wide: float, high: float, days: Days, top: float) -> Axes:
    """The plotting area of a chart with its lower left corner at ``(x, y)``."""
    first, last = days
    margin = max((last - first).days // 12, 1)
    return Axes(
        x=x + GUTTER,
        y=y + FOOT,
        wide=wide - GUTTER - RIGHT_GUTTER,
        high=high - HEAD - FOOT - UNIT,
        first=first - timedelta(days=margin),
        days=(last - first).days + 2 * margin,
        top=top,
    )


def nice_top(largest: float) -> float:
    """Smallest 1, 1.2, 1.6, 2, 3, 4, 6 or 8 times a power of ten with room over ``largest``."""
    if largest <= 0:
        return 1.0
    wanted = largest * 1.2
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(
        s * power for s in (1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0) if s * power >= wanted
    )


def _grid(canvas: Canvas, x: float, axes: Axes, unit: str) -> None:
    """Horizontal lines from zero with their values."""
    step = axes.top / INTERVALS
    digits = max(0, 1 - math.floor(math.log10(step))) if step < 10 else 0
    for i in range(INTERVALS + 1):
        at = axes.up(i * step)
        rule(canvas, axes.x, at, axes.wide, GREY if i == 0 else RULE, 0.5)
        label = f"{i * step:.{min(digits, 3)}f}"
        text(canvas, axes.x - 4, at - SMALL / 3, label, SMALL, anchor="end", colour=GREY)
    text(canvas, x, axes.up(axes.top) + 5, unit, SMALL, colour=GREY)


def draw_dates(canvas: Canvas, axes: Axes, visits: Iterable[date]) -> None:
    """A tick for each visit; labels that would touch are left out, the last is kept."""
    days = sorted(visits)
    for day in days:
        canvas.setStrokeColorRGB(*GREY)
        canvas.setLineWidth(0.5)
        canvas.setDash()
        canvas.line(axes.across(day), axes.y, axes.across(day), axes.y - 3)
    for day, at in _spread(days, axes):
        text(canvas, at, axes.y - 11, day.isoformat(), SMALL, anchor="middle", colour=GREY)


def _spread(days: list[date], axes: Axes) -> list[tuple[date, float]]:
    """Dates that can be labelled without touching, newest first, with their places."""
    half = width("2000-00-00", SMALL) / 2
    right = axes.x + axes.wide - half
    kept: list[tuple[date, float]] = []
    for day in reversed(days):
        at = min(max(axes.across(day), axes.x + half), right)
        if not kept or at + half + GAP <= kept[-1][1] - half:
            kept.append((day, at))
    return kept


def _stroke_of(canvas: Canvas, line: ChartLine) -> Colour:
    """Set a line's colour and pattern; its colour."""
    if line.lesion is not None:
        class_stroke(canvas, line.lesion)
        return class_colour(line.lesion)
    canvas.setStrokeColorRGB(*INK)
    canvas.setLineWidth(1.25)
    canvas.setDash()
    return INK


def _line(canvas: Canvas, axes: Axes, line: ChartLine) -> None:
    """Segments where a line may join its points, a dotted upright where not, and markers."""
    for (before, after), joined in zip(pairwise(line.points), line.joined, strict=True):
        if joined:
            _stroke_of(canvas, line)
            canvas.line(*_at(axes, before), *_at(axes, after))
        else:
            _break(canvas, axes, (axes.across(before.day) + axes.across(after.day)) / 2)
    for point in line.points:
        colour = _stroke_of(canvas, line)
        canvas.setDash()
        canvas.setLineWidth(1.0)
        canvas.setFillColorRGB(*(colour if point.current else (1, 1, 1)))
        canvas.circle(*_at(axes, point), MARKER, stroke=1, fill=1)


def _at(axes: Axes, point: ChartPoint) -> tuple[float, float]:
    return axes.across(point.day), axes.up(point.value)


def _break(canvas: Canvas, axes: Axes, at: float) -> None:
    """Mark a place that no line may cross."""
    canvas.setStrokeColorRGB(*GREY)
    canvas.setLineWidth(0.5)
    canvas.setDash([1, 2])
    canvas.line(at, axes.y, at, axes.y + axes.high)
    canvas.setDash()


def _values(canvas: Canvas, axes: Axes, line: ChartLine) -> None:
    """Figures over a line's points, on white, those that would touch left out."""
    free = math.inf
    for point in reversed(line.points):
        label = f"{point.value:.3f}"
        half = width(label, SMALL) / 2
        x, y = _at(axes, point)
        x, y = min(x, axes.x + axes.wide - half), y + MARKER + 3
        if x + half + GAP > free:
            continue
        canvas.setFillColorRGB(1, 1, 1)
        canvas.rect(x - half - 1, y - 1, 2 * half + 2, SMALL, stroke=0, fill=1)
        text(canvas, x, y, label, SMALL, anchor="middle")
        free = x - half


def _last_values(canvas: Canvas, axes: Axes, lines: Sequence[ChartLine]) -> None:
    """Each line's last figure at the right of the plot, never one on another."""
    free = -math.inf
    for line in sorted(lines, key=lambda line: line.points[-1].value):
        y = max(_at(axes, line.points[-1])[1] - SMALL / 3, free)
        label = f"{line.points[-1].value:.1f}"
        text(canvas, axes.x + axes.wide + 4, y, label, SMALL)
        free = y + SMALL + 1


def _legend(canvas: Canvas, right: float, y: float, chart: Chart) -> None:
    """Samples of the lines, ending at ``right``; nothing for a lone line."""
    if len(chart.lines) < 2:
        return
    named = [(line.lesion, line.label) for line in chart.lines if line.lesion is not None]
    x = right - sum(18 + 4 + width(label, SMALL) for _, label in named) - UNIT * (len(named) - 1)
    for lesion, label in named:
        x = class_sample(canvas, x, y, lesion, label) + UNIT
