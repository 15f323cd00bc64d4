"""What the trend chart draws and where it lies on its axes: marks, and what is between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QPointF

from app.state import TrendLine, TrendMark, TrendShown
from hipdesk.records import Side
from hipdesk.timeline import Comparability

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Dot:
    """A mark; ``at`` in seconds and the measure's unit, or in pixels where the chart says so."""

    side: Side
    mark: TrendMark
    at: QPointF


@dataclass(frozen=True, slots=True)
class Join:
    """What is between two neighbouring marks with a value, which lie at ``ends``."""

    side: Side
    ends: tuple[QPointF, QPointF]
    verdict: Comparability
    reasons: tuple[str, ...]
    days: tuple[date, date]

    @property
    def middle(self) -> QPointF:
        """Where its sign stands."""
        return (self.ends[0] + self.ends[1]) / 2


def dots_of(trend: TrendShown, side: Side, beside: float = 0.0) -> tuple[Dot, ...]:
    """Every mark, those of the chosen hip last: on top.

    Parameters
    ----------
    beside : of a mark without a value from that of the chosen hip at the same visit, in seconds
    """
    lines = _chosen_last(trend, side)
    chosen = (mark for line in lines if line.side is side for mark in line.marks)
    taken = {mark.day for mark in chosen if mark.value is None}
    return tuple(
        Dot(line.side, mark, _place(mark, beside * (line.side is not side and mark.day in taken)))
        for line in lines
        for mark in line.marks
    )


def joins_of(trend: TrendShown, side: Side) -> tuple[Join, ...]:
    """Every line and gap, those of the chosen hip last."""
    return tuple(join for line in _chosen_last(trend, side) for join in _joins(line))


def _chosen_last(trend: TrendShown, side: Side) -> list[TrendLine]:
    return sorted(trend.lines, key=lambda line: line.side is side)


def _place(mark: TrendMark, beside: float = 0.0) -> QPointF:
    at = seconds_of(mark.day)
    return QPointF(at + beside, 0.0) if mark.value is None else QPointF(at, mark.value)


def _joins(line: TrendLine) -> Iterator[Join]:
    scored = [mark for mark in line.marks if mark.value is not None]
    for (before, after), (verdict, reasons) in zip(pairwise(scored), line.joined, strict=False):
        ends = (_place(before), _place(after))
        yield Join(line.side, ends, verdict, reasons, (before.day, after.day))


def seconds_of(day: date) -> float:
    """Where a day lies on an axis of dates that knows no zones."""
    return (datetime.combine(day, time(), UTC) - _EPOCH).total_seconds()


def next_months(seconds: float, months: int) -> float:
    """The next beginning of such a group of months, counted from a January."""
    now = _EPOCH + timedelta(seconds=seconds)
    count = ((now.year * 12 + now.month - 1) // months + 1) * months
    return seconds_of(date(count // 12, count % 12 + 1, 1))
