"""Axes of the trend chart: round figures and round dates. Pure, no Qt."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

INTERVALS: Final = 4
"""Of the value axis, about."""

ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
EDGE: Final = 0.05
"""Of the time between first and last visit, left free at both ends."""

SHORTEST_DAYS: Final = 14.0
"""Time that the axis spans at least."""

MONTH_STEPS: Final = (1, 2, 3, 6)
YEAR_STEPS: Final = (1, 2, 5, 10, 20, 50)
DAY_STEPS: Final = (1, 2, 7, 14)


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    words: str


def value_ticks(largest: float) -> tuple[Tick, ...]:
    """Round figures from zero to at least the largest value; the last is the axis' end."""
    wanted = largest if largest > 0 else 1.0
    rough = wanted / INTERVALS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in ROUND if each * power >= rough * (1 - 1e-9))
    count = math.ceil(wanted / step - 1e-9)
    digits = _digits(step)
    return tuple(Tick(n * step, f"{n * step:.{digits}f}") for n in range(count + 1))


def _digits(step: float) -> int:
    """Decimals that tell neighbouring ticks apart and none too many."""
    return next(n for n in range(12) if abs(round(step, n) - step) < step * 1e-6)


def day_range(days: Sequence[date]) -> tuple[float, float]:
    """Ordinals between which the visits are drawn, with a little room beside them."""
    if not days:
        return 0.0, SHORTEST_DAYS
    first, last = min(days).toordinal(), max(days).toordinal()
    room = max((last - first) * EDGE, (SHORTEST_DAYS - (last - first)) / 2)
    return first - room, last + room


def day_ticks(span: tuple[float, float], most: int) -> tuple[Tick, ...]:
    """Round dates within a span of ordinals, at most so many; ISO 8601, as short as can be."""
    first, last = (date.fromordinal(max(round(each), 1)) for each in span)
    for ticks in _candidates(first, last, max(most, 1)):
        if len(ticks) <= max(most, 1):
            return ticks
    return ()


def _candidates(first: date, last: date, most: int) -> Iterator[tuple[Tick, ...]]:
    """Ever fewer ticks; single days only where they are few."""
    for step in DAY_STEPS:
        if (last - first).days < most * step:
            yield _every_days(first, last, step)
    for step in MONTH_STEPS:
        yield _every_months(first, last, step)
    for step in YEAR_STEPS:
        yield _every_months(first, last, 12 * step)


def _every_days(first: date, last: date, step: int) -> tuple[Tick, ...]:
    count = (last - first).days // step
    days = (first + timedelta(days=step * n) for n in range(count + 1))
    return tuple(Tick(day.toordinal(), day.isoformat()) for day in days)


def _every_months(first: date, last: date, step: int) -> tuple[Tick, ...]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    days = (date(month // 12, month % 12 + 1, 1) for month in months if month % step == 0)
    words = "%Y" if step % 12 == 0 else "%Y-%m"
    return tuple(Tick(day.toordinal(), day.strftime(words)) for day in days if first <= day <= last)
