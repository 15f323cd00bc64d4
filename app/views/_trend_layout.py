"""Where the marks and lines of the trend chart lie, and what their tips say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF

from app.state import TrendLine, TrendMark, TrendShown
from app.views._trend_scale import Tick, day_range, day_ticks, value_ticks
from hipdesk.records import Side
from hipdesk.timeline import Comparability

DATE_PX: Final = 88.0
"""Room that a date on the axis wants."""

BESIDE_PX: Final = 15.0
"""A cross of the other hip stands so far beside that of the chosen hip."""


@dataclass(frozen=True, slots=True)
class Axes:
    """From dates and values to pixels.

    Attributes
    ----------
    plot : inside the axes
    """

    plot: QRectF
    span: tuple[float, float]
    values: tuple[Tick, ...]
    days: tuple[Tick, ...]

    @property
    def top(self) -> float:
        """Largest value on the axis; the least is zero."""
        return self.values[-1].at

    def x_of(self, ordinal: float) -> float:
        """Pixel of a date."""
        first, last = self.span
        return self.plot.left() + (ordinal - first) / (last - first) * self.plot.width()

    def y_of(self, value: float) -> float:
        """Pixel of a value."""
        return self.plot.bottom() - value / self.top * self.plot.height()


@dataclass(frozen=True, slots=True)
class Dot:
    """A mark on the chart."""

    side: Side
    mark: TrendMark
    at: QPointF

    @property
    def scored(self) -> bool:
        """Whether it has a value."""
        return self.mark.value is not None


@dataclass(frozen=True, slots=True)
class Join:
    """What is between two neighbouring marks with a value."""

    side: Side
    line: QLineF
    verdict: Comparability
    reasons: tuple[str, ...]
    days: tuple[date, date]

    def distance(self, at: QPointF) -> float:
        """From a pixel to the line, or to the gap's mark where there is no line."""
        if self.verdict is Comparability.NOT_COMPARABLE or self.line.length() == 0:
            return QLineF(at, self.line.center()).length()
        along = self.line.p2() - self.line.p1()
        way = at - self.line.p1()
        share = QPointF.dotProduct(way, along) / QPointF.dotProduct(along, along)
        foot = self.line.pointAt(min(max(share, 0.0), 1.0))
        return QLineF(at, foot).length()


def axes_of(trend: TrendShown, plot: QRectF) -> Axes:
    """Both hips on one scale, from zero."""
    marks = [mark for line in trend.lines for mark in line.marks]
    largest = max((mark.value for mark in marks if mark.value is not None), default=0.0)
    span = day_range([mark.day for mark in marks])
    days = day_ticks(span, int(plot.width() // DATE_PX)) if marks else ()
    return Axes(plot, span, value_ticks(largest), days)


def dots_of(trend: TrendShown, side: Side, axes: Axes) -> tuple[Dot, ...]:
    """Every mark, those of the chosen hip last: on top."""
    return tuple(
        Dot(line.side, mark, _place(mark, line.side is side, axes))
        for line in _chosen_last(trend, side)
        for mark in line.marks
    )


def joins_of(trend: TrendShown, side: Side, axes: Axes) -> tuple[Join, ...]:
    """Every line and gap, those of the chosen hip last."""
    return tuple(
        join for line in _chosen_last(trend, side) for join in _joins(line, line.side is side, axes)
    )


def _chosen_last(trend: TrendShown, side: Side) -> list[TrendLine]:
    return sorted(trend.lines, key=lambda line: line.side is side)


def _place(mark: TrendMark, chosen: bool, axes: Axes) -> QPointF:
    x = axes.x_of(mark.day.toordinal())
    if mark.value is not None:
        return QPointF(x, axes.y_of(mark.value))
    return QPointF(x if chosen else x + BESIDE_PX, axes.plot.bottom())


def _joins(line: TrendLine, chosen: bool, axes: Axes) -> Iterator[Join]:
    scored = [mark for mark in line.marks if mark.value is not None]
    for (before, after), (verdict, reasons) in zip(pairwise(scored), line.joined, strict=False):
        ends = QLineF(_place(before, chosen, axes), _place(after, chosen, axes))
        yield Join(line.side, ends, verdict, reasons, (before.day, after.day))
