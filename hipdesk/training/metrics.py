"""Figures by which models are judged: masks, lesions, agreement of scores.

What a figure is where nothing is there to compare, everywhere in training:

- Dice and IoU are NaN where both masks are empty, 0 where one is.
- The Hausdorff distance is NaN where either mask is empty.
- Lesion-wise sensitivity is NaN without a true lesion, precision without a found one.
- Pixel accuracy is defined wherever there are pixels, and is 1 for two empty masks; it
  depends on how much background the field holds.

NaN is left out of means; every mean is told with the number it was taken over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from hipdesk.errors import BugError
from hipdesk.records import BoolArray, Spacing
from hipdesk.segmentation import CORNERS, FACES, LESION_MINIMUM_ML

LESION_OVERLAP: Final = 0.1
"""A component counts as met where this share of its own voxels lies in the other mask."""


def dice(found: BoolArray, truth: BoolArray) -> float:
    """Overlap ``2 |A and B| / (|A| + |B|)``; NaN where both are empty.

    Raises
    ------
    BugError
        The masks differ in shape.
    """
    _same_shape(found, truth)
    total = np.count_nonzero(found) + np.count_nonzero(truth)
    return float(2 * np.count_nonzero(found & truth) / total) if total else float("nan")


def iou(found: BoolArray, truth: BoolArray) -> float:
    """Intersection over union (Jaccard); NaN where both are empty."""
    _same_shape(found, truth)
    either = np.count_nonzero(found | truth)
    return float(np.count_nonzero(found & truth) / either) if either else float("nan")


def pixel_accuracy(found: BoolArray, truth: BoolArray) -> float:
    """Share of pixels on which two masks agree, background included."""
    _same_shape(found, truth)
    return float(np.count_nonzero(found == truth) / found.size) if found.size else float("nan")


def hausdorff_95(found: BoolArray, truth: BoolArray, spacing_mm: Spacing) -> float:
    """The larger of the two directed 95th percentile surface distances, in millimetres.

    Parameters
    ----------
    found, truth : (slices, rows, columns)
    spacing_mm : between (slices, rows, columns)

    Returns
    -------
    NaN where either mask is empty.

    Notes
    -----
    A surface voxel has a face neighbour outside the mask or lies at the array's
    edge. Distances run between voxel centres, as in MONAI's
    ``compute_hausdorff_distance(percentile=95)``.
    """
    _same_shape(found, truth)
    if not (found.any() and truth.any()):
        return float("nan")
    box = _around(found | truth)
    ours, theirs = _surface(found[box]), _surface(truth[box])
    there = ndimage.distance_transform_edt(~theirs, sampling=spacing_mm)[ours]
    back = ndimage.distance_transform_edt(~ours, sampling=spacing_mm)[theirs]
    return float(max(np.percentile(there, 95), np.percentile(back, 95)))


@dataclass(frozen=True, slots=True)
class LesionHits:
    """Lesions counted one by one; counts of several hips are added up.

    Attributes
    ----------
    true, hit : true lesions, and how many of them were found
    found, right : found lesions, and how many of them are true
    """

    true: int = 0
    hit: int = 0
    found: int = 0
    right: int = 0

    def __add__(self, other: LesionHits) -> LesionHits:
        return LesionHits(
            self.true + other.true,
            self.hit + other.hit,
            self.found + other.found,
            self.right + other.right,
        )

    @property
    def sensitivity(self) -> float:
        """Share of the true lesions that were found; NaN without any."""
        return self.hit / self.true if self.true else float("nan")

    @property
    def precision(self) -> float:
        """Share of the found lesions that are true; NaN without any."""
        return self.right / self.found if self.found else float("nan")


def lesion_hits(found: BoolArray, truth: BoolArray, voxel_ml: float) -> LesionHits:
    """Count lesions: pieces joined by faces, edges or corners, of at least 0.03 mL.

    A true lesion is found where at least a tenth of its voxels are in ``found``;
    a found lesion is right where at least a tenth of its voxels are in ``truth``.
    """
    _same_shape(found, truth)
    true, hit = _met(truth, found, voxel_ml)
    drawn, right = _met(found, truth, voxel_ml)
    return LesionHits(true, hit, drawn, right)


@dataclass(frozen=True, slots=True)
class MaskFigures:
    """One mask of one hip against the truth.

    Attributes
    ----------
    pixel_accuracy : over the hip's field
    hausdorff_mm : 95 %, see `hausdorff_95`
    """

    dice: float
    iou: float
    pixel_accuracy: float
    hausdorff_mm: float
    found_ml: float
    true_ml: float
    lesions: LesionHits


def compare(found: BoolArray, truth: BoolArray, spacing_mm: Spacing) -> MaskFigures:
    """Every figure of two masks (slices, rows, columns) on one grid."""
    voxel_ml = float(np.prod(spacing_mm)) / 1000
    return MaskFigures(
        dice(found, truth),
        iou(found, truth),
        pixel_accuracy(found, truth),
        hausdorff_95(found, truth, spacing_mm),
        np.count_nonzero(found) * voxel_ml,
        np.count_nonzero(truth) * voxel_ml,
        lesion_hits(found, truth, voxel_ml),
    )


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


def agreement_of_pairs(pairs: Iterable[tuple[float, float]]) -> Agreement:
    """`Agreement` of (found, true) pairs, those with a NaN left out; NaN below two pairs."""
    table = np.array([pair for pair in pairs if np.isfinite(pair).all()], dtype=np.float64)
    if len(table) < 2:
        nan = float("nan")
        return Agreement(len(table), nan, nan, (nan, nan))
    return agreement(table[:, 0], table[:, 1])


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


def _same_shape(found: BoolArray, truth: BoolArray) -> None:
    if found.shape != truth.shape:
        raise BugError("masks of different shapes were compared")


def _around(mask: BoolArray) -> tuple[slice, ...]:
    """Subscript of a mask's bounding box."""
    hits = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    return tuple(slice(int(hit[0]), int(hit[-1]) + 1) for hit in hits)


def _surface(mask: BoolArray) -> BoolArray:
    """Voxels of a mask with a face neighbour outside it."""
    return np.asarray(mask & ~ndimage.binary_erosion(mask, FACES))


def _met(mask: BoolArray, other: BoolArray, voxel_ml: float) -> tuple[int, int]:
    """Lesions of a mask, and how many of them the other mask meets."""
    labels, count = ndimage.label(mask, CORNERS)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    shared = np.bincount(labels[other], minlength=count + 1)[1:]
    # Volumes are products of rounded spacings: one exactly at the limit counts.
    lesions = sizes * voxel_ml >= LESION_MINIMUM_ML * (1 - 1e-9)
    met = lesions & (shared >= LESION_OVERLAP * sizes)
    return int(np.count_nonzero(lesions)), int(np.count_nonzero(met))
