"""Where the clinical strip's points, figures and bars lie: laid out once, then only drawn.

Labels that would touch anything are left out. Of more points than figures fit
beside each other, the ends and the greatest changes have theirs first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, QSizeF
from PySide6.QtGui import QFontMetricsF

from app import theme
from app.clinical_state import ClinicalTrendShown
from app.theme import HALF, SMALL_PX, SPACE
from app.views.clinical_words import band_name, bar_words
from hipdesk.clinical_trend import (
    BANDS,
    IndexLine,
    IndexPoint,
    Placed,
    Plotted,
    TreatmentBar,
    axis_top,
    placed_bars,
)
from hipdesk.records import Side
from hipdesk.wording import number

PLOT: Final = 16 * SPACE
"""Height of the plot of an index."""

BESIDE: Final = 12.0
"""Between labels in a lane, at least."""

TRIED: Final = 8
"""Of many points, so many times as many as figures fit are tried for a free place."""

LEAST: Final = 1.5
GREATEST: Final = 4.0
"""Half of a point's width, between these."""

DOT_REACH: Final = 5.0
LINE_REACH: Final = 3.0
STEPS: Final = 32
"""What is kept free about a point; about a line, at so many steps from point to point."""

Across = Callable[[date], float]
Boxes = NDArray[np.float64]
Words = tuple[tuple[QRectF, str], ...]


@dataclass(frozen=True, slots=True)
class StripAxis:
    """The chart's axis of dates, in the strip's pixels.

    Attributes
    ----------
    across : horizontal place of a day; all days are equally wide
    """

    left: float
    right: float
    first: date
    last: date
    across: Across

    @property
    def pace(self) -> float:
        """Width of a day."""
        days = (self.last - self.first).days
        return (self.across(self.last) - self.across(self.first)) / days if days else 0.0


@dataclass(frozen=True, slots=True)
class StripDot:
    """A point of an index, in the strip's pixels."""

    line: IndexLine
    point: IndexPoint
    at: QPointF


@dataclass(frozen=True, slots=True)
class StripRun:
    """One line as it is drawn: points that share a column of pixels are thinned out.

    Attributes
    ----------
    dots : of each column the first, the last, the lowest and the highest
    joints : between neighbours that a line joins
    reach : half of a point's width; less where many stand on the axis
    """

    line: IndexLine
    dots: tuple[StripDot, ...]
    joints: tuple[QLineF, ...]
    reach: float


@dataclass(frozen=True, slots=True)
class StripLayout:
    """All that is drawn, and where.

    Attributes
    ----------
    top : value at the upper end of the plot
    dots : every point, those of the chosen hip last: on top
    runs : what is drawn of them, in that order
    value_labels : figures over points
    band_labels : names of bands at either end of the plot
    bars : treatments of the time shown
    """

    top: float = 1.0
    dots: tuple[StripDot, ...] = ()
    runs: tuple[StripRun, ...] = ()
    value_labels: Words = ()
    band_labels: Words = ()
    bars: tuple[tuple[TreatmentBar, Placed], ...] = ()


def up(value: float, top: float) -> float:
    """Where a value lies from above."""
    return SPACE + (PLOT - SPACE) * (1.0 - value / top)


def laid_out(shown: ClinicalTrendShown, side: Side, axis: StripAxis) -> StripLayout:
    """Everything in its place.

    Parameters
    ----------
    side : the chosen hip
    """
    bars = _bars(shown.bars, axis)
    plotted = shown.plotted
    if plotted is None:
        return StripLayout(bars=bars)
    top = axis_top(plotted, shown.lines)
    lines = sorted(shown.lines, key=lambda line: line.side in (None, side))
    dotted = [_dots(line, axis, top) for line in lines]
    wide = axis.right - axis.left
    runs = tuple(_run(line, dots, wide) for line, dots in zip(lines, dotted, strict=True))
    taken = _taken(runs)
    values = tuple(_value_labels(runs, axis, plotted, taken))
    bands = tuple(_band_labels(plotted, top, axis, _with(taken, (box for box, _ in values))))
    return StripLayout(
        top, tuple(dot for dots in dotted for dot in dots), runs, values, bands, bars
    )


def _bars(bars: Sequence[TreatmentBar], axis: StripAxis) -> tuple[tuple[TreatmentBar, Placed], ...]:
    metrics = QFontMetricsF(theme.font(SMALL_PX))
    shown = [bar for bar in bars if bar.within(axis.first, axis.last)]
    spans = [
        (
            axis.left if bar.begin is None else axis.across(bar.begin),
            axis.right if bar.end is None else axis.across(bar.end),
            metrics.horizontalAdvance(bar_words(bar)) + 1,
        )
        for bar in shown
    ]
    places = placed_bars(spans, (axis.left, axis.right), BESIDE)
    return tuple(zip(shown, places, strict=True))


# Points and lines


def _dots(line: IndexLine, axis: StripAxis, top: float) -> list[StripDot]:
    begin, pace = axis.across(axis.first), axis.pace
    first = axis.first.toordinal()
    return [
        StripDot(
            line,
            point,
            QPointF(begin + pace * (point.day.toordinal() - first), up(point.value, top)),
        )
        for point in line.points
    ]


def _run(line: IndexLine, dots: Sequence[StripDot], wide: float) -> StripRun:
    kept = _told_apart(dots)
    joints = (
        QLineF(dots[one].at, dots[other].at)
        for one, other in pairwise(kept)
        if all(change.joined for change in line.changes[one:other])
    )
    reach = min(max(wide / (2 * max(len(kept), 1)), LEAST), GREATEST)
    return StripRun(line, tuple(dots[at] for at in kept), tuple(joints), reach)


def _told_apart(dots: Sequence[StripDot]) -> list[int]:
    """Of the points in a column of pixels the first, the last, the lowest and the highest."""

    def height(at: int) -> float:
        return dots[at].at.y()

    kept: list[int] = []
    for _, column in groupby(range(len(dots)), key=lambda at: round(dots[at].at.x())):
        inside = list(column)
        ends = {inside[0], inside[-1], min(inside, key=height), max(inside, key=height)}
        kept += sorted(ends)
    return kept


# What is in the way of words


def _taken(runs: Iterable[StripRun]) -> Boxes:
    """What lines and points cover: left, top, right, bottom; from left to right."""
    runs = tuple(runs)
    dots = np.array([dot.at.toTuple() for run in runs for dot in run.dots]).reshape(-1, 2)
    ends = np.array(
        [(*joint.p1().toTuple(), *joint.p2().toTuple()) for run in runs for joint in run.joints]
    ).reshape(-1, 4)
    along = np.linspace(0.0, 1.0, STEPS + 1)[None, :, None]
    begun, ended = ends[:, None, :2], ends[:, None, 2:]
    steps = (begun + (ended - begun) * along).reshape(-1, 2)
    return _ordered(_about(dots, DOT_REACH), _about(steps, LINE_REACH))


def _about(middles: Boxes, reach: float) -> Boxes:
    return np.hstack([middles - reach, middles + reach])


def _with(taken: Boxes, boxes: Iterable[QRectF]) -> Boxes:
    more = [(box.left(), box.top(), box.right(), box.bottom()) for box in boxes]
    return _ordered(taken, np.array(more).reshape(-1, 4))


def _ordered(*boxes: Boxes) -> Boxes:
    found = np.vstack(boxes)
    return found[np.argsort(found[:, 0], kind="stable")]


class _Obstacles:
    """What covers the plot; of it, only neighbours are looked at."""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes
        self._widest = float((boxes[:, 2] - boxes[:, 0]).max(initial=0.0))

    def cover(self, box: QRectF) -> bool:
        """Whether any of them is in a box's place."""
        lefts: Any = self._boxes[:, 0]
        begin, end = np.searchsorted(lefts, (box.left() - self._widest, box.right()))
        near = self._boxes[begin:end]
        above = (near[:, 1] < box.bottom()) & (near[:, 3] > box.top())
        return bool((above & (near[:, 2] > box.left())).any())


# Words


def _value_labels(
    runs: Sequence[StripRun], axis: StripAxis, plotted: Plotted, taken: Boxes
) -> Iterator[tuple[QRectF, str]]:
    """As many figures as fit beside each other, at most."""
    dots = [dot for run in runs for dot in run.dots]
    if not dots:
        return
    metrics, obstacles = QFontMetricsF(theme.font(SMALL_PX)), _Obstacles(taken)
    highest = _figure(plotted, max((dot.point for dot in dots), key=lambda point: point.value))
    room = int((axis.right - axis.left) // (metrics.horizontalAdvance(highest) + HALF))
    own: list[QRectF] = []
    for dot in _newest_first(dots) if len(dots) <= room else _weightiest(runs)[: TRIED * room]:
        words = _figure(plotted, dot.point)
        size = QSizeF(metrics.horizontalAdvance(words) + HALF, metrics.ascent())
        box = _free(_around(dot.at, size, axis), obstacles, own)
        if box is not None:
            yield box, words
            own.append(box.adjusted(-2, -1, 2, 1))
        if len(own) >= room:
            return


def _figure(plotted: Plotted, point: IndexPoint) -> str:
    return ("<" if point.below else "") + number(point.value, plotted.digits)


def _newest_first(dots: Iterable[StripDot]) -> list[StripDot]:
    return sorted(dots, key=lambda dot: dot.point.day, reverse=True)


def _weightiest(runs: Iterable[StripRun]) -> list[StripDot]:
    """The newest and the first point of each line, then those after the greatest changes."""
    ends = [run.dots[at] for at in (-1, 0) for run in runs]
    changed = sorted(
        (pair for run in runs for pair in pairwise(run.dots[:-1])),
        key=lambda pair: abs(pair[1].point.value - pair[0].point.value),
        reverse=True,
    )
    return [*ends, *(after for _, after in changed)]


def _band_labels(
    plotted: Plotted, top: float, axis: StripAxis, taken: Boxes
) -> Iterator[tuple[QRectF, str]]:
    """Where nothing is in their way."""
    metrics, obstacles = QFontMetricsF(theme.font(SMALL_PX)), _Obstacles(taken)
    bands = BANDS.get(plotted, ())
    ends = (*(low for low, _ in bands[1:]), top)
    for (low, meaning), high in zip(bands, ends, strict=False):
        words = band_name(meaning)
        size = QSize(round(metrics.horizontalAdvance(words)) + HALF, round(metrics.ascent()))
        middle = (up(low, top) + up(high, top)) / 2
        if up(low, top) - up(high, top) < size.height():
            continue
        above = middle - size.height() / 2
        ends_of_plot = (axis.right - size.width(), axis.left + HALF)
        places = (QRectF(left, above, size.width(), size.height()) for left in ends_of_plot)
        box = _free(places, obstacles)
        if box is not None:
            yield box, words


def _free(
    places: Iterable[QRectF], obstacles: _Obstacles, others: Sequence[QRectF] = ()
) -> QRectF | None:
    """The first place inside the plot that nothing covers."""
    for box in places:
        inside = box.top() >= 0 and box.bottom() <= PLOT
        if inside and not any(box.intersects(each) for each in others) and not obstacles.cover(box):
            return box
    return None


def _around(at: QPointF, size: QSizeF, axis: StripAxis) -> Iterator[QRectF]:
    """Places of a label at a point, the best first; none leaves the plot sideways."""
    wide, high = size.width(), size.height()
    for left, top in (
        (at.x() - wide / 2, at.y() - high - 7),
        (at.x() - wide / 2, at.y() + 7),
        (at.x() + 3, at.y() - high - 7),
        (at.x() - wide - 3, at.y() + 7),
        (at.x() - wide - 3, at.y() - high - 7),
        (at.x() + 3, at.y() + 7),
    ):
        yield QRectF(min(max(left, axis.left), axis.right - wide), top, wide, high)
