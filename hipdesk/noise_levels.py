"""Differences of unchanged pairs -> a spread that grows with the figure, where it does.

A hip with much oedema differs from scan to scan many times as much as a quiet
one. One spread for both is too narrow for the first and too wide for the second,
as Bland and Altman show (Stat Methods Med Res 1999;8:135, section 3). Here the
pairs are halved by the mean of their two figures; where the upper half spreads at
least `UNLIKE` times as much as the lower, the spread runs straight through both
(our choice). It is never below that of the lower half.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

MIN_HALF: Final = 10
"""Fewer pairs in a half say nothing on it (our choice, as for all pairs together)."""

UNLIKE: Final = 2.0
"""Spreads less unlike than this may be chance: of two halves of 15 pairs each that
are alike, one in a hundred is."""


@dataclass(frozen=True, slots=True)
class GrowingSpread:
    """Standard deviation of differences by the mean of the two figures.

    Attributes
    ----------
    low, high : mean figure and standard deviation of each half of the pairs
    """

    low: tuple[float, float]
    high: tuple[float, float]

    def at(self, level: float) -> float:
        """The standard deviation of differences between two figures of this mean."""
        (low, quiet), (high, restless) = self.low, self.high
        return quiet + (restless - quiet) * max(0.0, (level - low) / (high - low))


def growing_spread(differences: Sequence[float], levels: Sequence[float]) -> GrowingSpread | None:
    """How the spread grows with the figure; None where the pairs do not show that it does.

    Parameters
    ----------
    differences : of each pair, second minus first
    levels : mean of each pair's two figures
    """
    if len(differences) < 2 * MIN_HALF:
        return None
    order = np.lexsort((differences, levels))
    half = len(order) // 2
    low, high = (
        _summary(differences, levels, part)
        for part in (order[:half].tolist(), order[half:].tolist())
    )
    if low[0] == high[0] or low[1] == 0 or high[1] < UNLIKE * low[1]:
        return None
    return GrowingSpread(low, high)


def _summary(
    differences: Sequence[float], levels: Sequence[float], part: Sequence[int]
) -> tuple[float, float]:
    level = statistics.fmean(levels[i] for i in part)
    return level, statistics.stdev(differences[i] for i in part)
