"""Figures by which models are judged: overlap of masks, agreement of scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from hipdesk.errors import BugError
from hipdesk.records import BoolArray


def dice(found: BoolArray, truth: BoolArray) -> float:
    """Overlap ``2 |A and B| / (|A| + |B|)``; NaN where both are empty.

    Raises
    ------
    BugError
        The masks differ in shape.
    """
    if found.shape != truth.shape:
        raise BugError("masks of different shapes were compared")
    total = np.count_nonzero(found) + np.count_nonzero(truth)
    return 2 * np.count_nonzero(found & truth) / total if total else float("nan")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well one set of numbers repeats another.

    Attributes
    ----------
    icc : ICC(2,1)
    bias : mean of found - truth
    limits : 95 % limits of agreement, bias -+ 1.96 SD (Bland and Altman 1986)
    """

    n: int
    icc: float
    bias: float
    limits: tuple[float, float]


def icc_2_1(ratings: ArrayLike) -> float:
    """Two-way random effects, absolute agreement, single rater.

    Parameters
    ----------
    ratings : (subjects, raters), at least two of each, no missing value

    Returns
    -------
    NaN where no rating differs from any other.

    Notes
    -----
    Shrout and Fleiss 1979, doi 10.1037/0033-2909.86.2.420, ICC(2,1) =
    (BMS - EMS) / (BMS + (k - 1) EMS + k (JMS - EMS) / n).
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2:
        raise BugError("ICC needs at least two subjects and two raters")
    n, k = table.shape
    mean = table.mean()
    between = k * np.sum((table.mean(axis=1) - mean) ** 2) / (n - 1)
    raters = n * np.sum((table.mean(axis=0) - mean) ** 2) / (k - 1)
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0, keepdims=True) + mean
    error = np.sum(rest**2) / ((n - 1) * (k - 1))
    bottom = between + (k - 1) * error + k * (raters - error) / n
    return float((between - error) / bottom) if bottom > 0 else float("nan")


def agreement(found: ArrayLike, truth: ArrayLike) -> Agreement:
    """`Agreement` of two equally long lists of numbers."""
    pair = np.column_stack([np.asarray(found, float), np.asarray(truth, float)])
    difference = pair[:, 0] - pair[:, 1]
    bias, spread = float(difference.mean()), 1.96 * float(difference.std(ddof=1))
    return Agreement(len(pair), icc_2_1(pair), bias, (bias - spread, bias + spread))


def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """Rank correlation."""
    return float(stats.spearmanr(a, b).statistic)


class Overlap:
    """Pooled Dice of each channel, gathered over many slices.

    Parameters
    ----------
    channels : how many channels the masks have
    """

    def __init__(self, channels: int) -> None:
        self._both = np.zeros(channels, dtype=np.int64)
        self._sum = np.zeros(channels, dtype=np.int64)

    def add(self, found: BoolArray, truth: BoolArray, known: BoolArray) -> None:
        """Count masks (n, channels, rows, columns) where ``known`` (n, channels)."""
        valid = known[:, :, None, None]
        self._both += np.count_nonzero(found & truth & valid, axis=(0, 2, 3))
        self._sum += np.count_nonzero(found & valid, axis=(0, 2, 3))
        self._sum += np.count_nonzero(truth & valid, axis=(0, 2, 3))

    def dice(self) -> NDArray[np.float64]:
        """Dice of each channel over everything counted; NaN where nothing was."""
        with np.errstate(invalid="ignore"):
            return np.asarray(2 * self._both / self._sum, dtype=np.float64)
