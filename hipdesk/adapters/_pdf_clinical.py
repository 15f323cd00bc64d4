"""Clinical indices over visits, and treatments as bars, on the axis of dates of the scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from hipdesk.adapters._pdf_charts import GAP, MARKER, Axes, Days, axes_of, draw_dates
from hipdesk.adapters._pdf_style import GREY, INK, RULE, SMALL, rule, text
from hipdesk.adapters._pdf_text import Canvas, fit, width
from hipdesk.clinical_trend import (
    BANDS,
    MEANING_WORDS,
    IndexLine,
    IndexPoint,
    Placed,
    TreatmentBar,
    axis_top,
    placed_bars,
)
from hipdesk.records import Side
from hipdesk.report_trend import IndexChart

LANE: Final = 15.0
"""Height of a treatment with its label."""

BAR: Final = 3.0
HIPS: Final = {Side.RIGHT: "right hip", Side.LEFT: "left hip"}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, from its lower left corner."""

    x: float
    y: float
    wide: float
    high: float

    def touches(self, other: Box) -> bool:
        """Whether any of it lies on the other."""
        apart = self.x + self.wide <= other.x or other.x + other.wide <= self.x
        return not (apart or self.y + self.high <= other.y or other.y + other.high <= self.y)


def draw_index(
    canvas: Canvas, x: float, y: float, wide: float, high: float, chart: IndexChart, days: Days
) -> None:
    """Draw an index with its lower left corner at ``(x, y)``."""
    axes = axes_of(x, y, wide, high, days, axis_top(chart.plotted, chart.lines))
    text(canvas, x, y + high - SMALL, chart.title, SMALL, bold=True)
    if chart.plotted.per_hip:
        _legend(canvas, x + wide, y + high - SMALL, chart.lines)
    _grid(canvas, axes, chart)
    draw_dates(canvas, axes, {point.day for line in chart.lines for point in line.points})
    for line in chart.lines:
        _line(canvas, axes, line)
    values, names = labels(axes, chart)
    for box, words in values:
        text(canvas, box.x, box.y + 1, words, SMALL)
    for box, words in names:
        text(canvas, box.x, box.y + 1, words, SMALL, colour=GREY)


def labels(
    axes: Axes, chart: IndexChart
) -> tuple[tuple[tuple[Box, str], ...], tuple[tuple[Box, str], ...]]:
    """Figures at the points, newest first, and names of bands; what would touch is left out."""
    taken = list(_covered(axes, chart.lines))
    values = []
    points = [point for line in chart.lines for point in line.points]
    for point in sorted(points, key=lambda each: each.day, reverse=True):
        words = ("<" if point.below else "") + f"{point.value:.{chart.plotted.digits}f}"
        box = _free(_around(axes, point, width(words, SMALL)), taken, axes)
        if box is not None:
            values.append((box, words))
            taken.append(Box(box.x - 1, box.y, box.wide + 2, box.high))
    names = []
    bands = BANDS.get(chart.plotted, ())
    for (low, meaning), high in zip(
        bands, (*(low for low, _ in bands[1:]), axes.top), strict=False
    ):
        words = MEANING_WORDS[meaning]
        wide, middle = width(words, SMALL), (axes.up(low) + axes.up(high) - SMALL) / 2
        if axes.up(high) - axes.up(low) < SMALL:
            continue
        ends = (axes.x + axes.wide - wide - 1, axes.x + 2)
        box = _free((Box(left, middle, wide, SMALL) for left in ends), taken, axes)
        if box is not None:
            names.append((box, words))
    return tuple(values), tuple(names)


def _covered(axes: Axes, lines: Iterable[IndexLine]) -> Iterator[Box]:
    """What points and lines cover."""
    for line in lines:
        for point in line.points:
            x, y = axes.across(point.day), axes.up(point.value)
            yield Box(x - MARKER - 1, y - MARKER - 1, 2 * MARKER + 2, 2 * MARKER + 2)
        for change in line.changes:
            ends = [(axes.across(p.day), axes.up(p.value)) for p in (change.before, change.after)]
            (x1, y1), (x2, y2) = ends
            for step in range(49 if change.joined else 0):
                share = step / 48
                yield Box(x1 + (x2 - x1) * share - 1, y1 + (y2 - y1) * share - 1, 2, 2)


def _around(axes: Axes, point: IndexPoint, wide: float) -> Iterator[Box]:
    """Places of a label at a point, the best first."""
    x, y = axes.across(point.day), axes.up(point.value)
    above, below = y + MARKER + 2, y - MARKER - 2 - SMALL
    for left, bottom in (
        (x - wide / 2, above),
        (x - wide / 2, below),
        (x + 2, above),
        (x - wide - 2, below),
        (x - wide - 2, above),
        (x + 2, below),
    ):
        yield Box(min(max(left, axes.x), axes.x + axes.wide - wide), bottom, wide, SMALL)


def _free(places: Iterable[Box], taken: Sequence[Box], axes: Axes) -> Box | None:
    """The first place in the plot that nothing covers."""
    for box in places:
        inside = axes.y <= box.y and box.y + box.high <= axes.y + axes.high + SMALL
        if inside and not any(box.touches(other) for other in taken):
            return box
    return None


def _grid(canvas: Canvas, axes: Axes, chart: IndexChart) -> None:
    """Zero, the top, and where bands begin, with their figures."""
    borders = [low for low, _ in BANDS.get(chart.plotted, ())[1:]]
    free = -1.0
    for value in sorted({0.0, *borders, *([] if borders else [axes.top / 2]), axes.top}):
        at = axes.up(value)
        rule(canvas, axes.x, at, axes.wide, GREY if value == 0 else RULE, 0.5)
        if at >= free:
            text(
                canvas, axes.x - 4, at - SMALL / 3, f"{value:.3g}", SMALL, anchor="end", colour=GREY
            )
            free = at + SMALL


def _line(canvas: Canvas, axes: Axes, line: IndexLine) -> None:
    """The right hip and what has no side whole and round, the left dashed and square."""
    left = line.side is Side.LEFT
    canvas.setStrokeColorRGB(*INK)
    canvas.setLineWidth(1.25)
    places = [(axes.across(point.day), axes.up(point.value)) for point in line.points]
    canvas.setDash([3, 2] if left else [])
    for (one, other), change in zip(pairwise(places), line.changes, strict=True):
        if change.joined:
            canvas.line(*one, *other)
    canvas.setDash()
    canvas.setLineWidth(1.0)
    for (x, y), point in zip(places, line.points, strict=True):
        _mark(canvas, x, y, left=left, filled=not point.below)


def _mark(canvas: Canvas, x: float, y: float, *, left: bool, filled: bool) -> None:
    canvas.setStrokeColorRGB(*INK)
    canvas.setFillColorRGB(*(INK if filled and not left else (1, 1, 1)))
    if left:
        canvas.rect(x - MARKER, y - MARKER, 2 * MARKER, 2 * MARKER, stroke=1, fill=1)
    else:
        canvas.circle(x, y, MARKER, stroke=1, fill=1)


def _legend(canvas: Canvas, right: float, y: float, lines: Sequence[IndexLine]) -> None:
    """Which mark is which hip, ending at ``right``."""
    x = right
    for line in reversed(lines):
        if line.side is not None:
            words = HIPS[line.side]
            x -= width(words, SMALL)
            text(canvas, x, y, words, SMALL)
            x -= 2 * MARKER + 2
            canvas.setLineWidth(1.0)
            _mark(canvas, x, y + SMALL / 3, left=line.side is Side.LEFT, filled=True)
            x -= MARKER + 2 * GAP


def bars_on(axes: Axes, bars: Sequence[TreatmentBar]) -> tuple[Placed, ...]:
    """Where treatments and their labels lie under a chart."""
    room = (axes.x, axes.x + axes.wide)
    spans = [
        (
            room[0] if bar.begin is None else axes.across(bar.begin),
            room[1] if bar.end is None else axes.across(bar.end),
            width(bar.label, SMALL),
        )
        for bar in bars
    ]
    return placed_bars(spans, room, 2 * GAP)


def bars_height(x: float, wide: float, days: Days, bars: Sequence[TreatmentBar]) -> float:
    """How much room they need."""
    lanes = [place.lane for place in bars_on(axes_of(x, 0, wide, 100, days, 1.0), bars)]
    return LANE * (1 + max(lanes)) if lanes else 0.0


def draw_bars(
    canvas: Canvas, x: float, top: float, wide: float, days: Days, bars: Sequence[TreatmentBar]
) -> None:
    """Draw treatments below ``top``: filled while surely given, hollow where that is open."""
    axes = axes_of(x, 0, wide, 100, days, 1.0)
    for bar, place in zip(bars, bars_on(axes, bars), strict=True):
        y = top - LANE * (place.lane + 1)
        words = fit(bar.label, SMALL, place.label_wide + 0.5)
        text(canvas, place.label_left, y + BAR + 4, words, SMALL)
        canvas.setStrokeColorRGB(*GREY)
        canvas.setFillColorRGB(*GREY)
        canvas.setLineWidth(0.5)
        canvas.setDash()
        if bar.event and bar.sure is not None:
            canvas.circle(place.left, y + BAR / 2 + 1, 2.0, stroke=0, fill=1)
            continue
        canvas.rect(place.left, y + 1, max(place.right - place.left, 1.0), BAR, stroke=1, fill=0)
        if bar.sure is not None:
            begun, ended = bar.sure
            left = max(axes.across(begun), axes.x)
            right = axes.x + axes.wide
            right = right if ended is None else min(axes.across(ended), right)
            if right > left:
                canvas.rect(left, y + 1, right - left, BAR, stroke=0, fill=1)
        _arrows(canvas, axes, bar, place, y + 1 + BAR / 2)


def _arrows(canvas: Canvas, axes: Axes, bar: TreatmentBar, place: Placed, y: float) -> None:
    """At an end that lies beyond the chart."""
    before = bar.begin is None or axes.across(bar.begin) < axes.x
    after = bar.end is None or axes.across(bar.end) > axes.x + axes.wide
    for open_end, at, way in ((before, place.left, -1), (after, place.right, 1)):
        if open_end:
            path = canvas.beginPath()
            path.moveTo(at, y)
            path.lineTo(at - 5 * way, y + 3.5)
            path.lineTo(at - 5 * way, y - 3.5)
            path.close()
            canvas.drawPath(path, stroke=0, fill=1)
