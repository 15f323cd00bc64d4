"""Whether a series shows fat bright or dark, measured on its pixels.

The femoral head is mostly fatty marrow; the tissue around the hip is mostly
muscle. A small logistic classifier weighs two ratios: the head against muscle,
and how much of the body is nearly as bright as its brightest part, which is
fat where fat is bright and a little fluid where it is suppressed. It settles
the contrast of series whose headers say nothing of it, and tells where headers
and pixels contradict each other. Its weights were learned from simulated
series of eight contrasts; docs/validation.md has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.image_quality import AROUND_MM, voxels_near
from hipdesk.intensity import HEAD_CORE
from hipdesk.records import Affine, Contrast, FloatArray, Head, Notice, Series, Volume
from hipdesk.series_choice import CONTRAST_BY_READER

WEIGHTS: Final = (4.97, 1.96)
OFFSET: Final = 0.63
"""Of the natural logarithms that `features` gives; their sum is the log odds of bright fat."""

SURE: Final = 1.1
"""Log odds from which a verdict is given: three to one."""

VERY_SURE: Final = 3.0
"""Log odds from which headers are contradicted: twenty to one."""

MUSCLE_PERCENTILE: Final = 30.0
LEAST_TISSUE: Final = 0.03
"""Of the brightest signal; what is darker is air or compact bone."""

BODY: Final = 0.1
BRIGHT_SHARE: Final = 0.5
LEAST_PIXELS: Final = 50
STEP: Final = 2
"""Every second row and column is enough for the body's brightness."""


class Fat(StrEnum):
    """How fat looks beside muscle."""

    BRIGHT = "bright"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class PixelVerdict:
    """What the pixels say of fat.

    Attributes
    ----------
    fat : None where they do not decide
    log_odds : that fat is bright; None where no head was found
    """

    fat: Fat | None = None
    log_odds: float | None = None

    @property
    def certain(self) -> bool:
        """Whether it may contradict what the headers say."""
        return self.log_odds is not None and abs(self.log_odds) >= VERY_SURE


def judge_fat(volume: Volume, heads: Sequence[Head]) -> PixelVerdict:
    """Say from the pixels of a series whether fat is bright or dark.

    Parameters
    ----------
    heads : found or not; of two the darker one counts, as oedema only brightens
    """
    measured = features(volume.voxels, volume.series.affine, heads)
    if measured is None:
        return PixelVerdict()
    odds = round(float(np.dot(WEIGHTS, np.log(measured)) + OFFSET), 2)
    if abs(odds) < SURE:
        return PixelVerdict(None, odds)
    return PixelVerdict(Fat.BRIGHT if odds > 0 else Fat.DARK, odds)


def settle_contrast(series: Series, verdict: PixelVerdict) -> Series:
    """The series with what its pixels say of its contrast.

    Where the headers do not say one, dark fat is taken for a fat-suppressed
    T2-weighted series and bright fat for one that shows no oedema. Where they
    do, they are believed, and a clear contradiction is said.
    """
    if verdict.fat is None or verdict.log_odds is None:
        return series
    if series.contrast is Contrast.UNKNOWN:
        dark = verdict.fat is Fat.DARK
        shown = "suppressed" if dark else "not suppressed"
        said = Notice(
            "contrast_from_pixels",
            f"The files do not say how the series is weighted; by its pixels fat is {shown}. "
            "Check its contrast before using the result.",
            verdict.log_odds,
        )
        contrast = Contrast.T2_FS if dark else Contrast.OTHER
        return replace(series, contrast=contrast, notices=(*series.notices, said))
    words = _contradiction(series, verdict)
    if not words:
        return series
    said = Notice(
        "contrast_disagrees",
        f"{words}; check its contrast before using the result.",
        verdict.log_odds,
    )
    return replace(series, notices=(*series.notices, said))


_FAT_BRIGHT: Final = frozenset({Contrast.T1, Contrast.T2, Contrast.PD})


def _contradiction(series: Series, verdict: PixelVerdict) -> str:
    """Where headers or reader and pixels clearly differ, in words."""
    if not verdict.certain:
        return ""
    contrast = series.contrast
    if contrast.fluid_sensitive and verdict.fat is Fat.BRIGHT:
        if any(notice.code == CONTRAST_BY_READER for notice in series.notices):
            return "A reader calls the series fluid-sensitive, but fat is bright on it"
        return "The headers call the series fat-suppressed, but fat is bright on it"
    if contrast in _FAT_BRIGHT and verdict.fat is Fat.DARK:
        return "The headers do not call the series fat-suppressed, but fat is dark on it"
    return ""


def features(
    voxels: FloatArray, affine: Affine, heads: Sequence[Head]
) -> NDArray[np.float64] | None:
    """What the classifier sees: head over muscle, and the share of the body that is bright.

    Parameters
    ----------
    voxels : (slices, rows, columns)
    affine : of the series
    heads : right and left, found or not

    Returns
    -------
    Two positive numbers, or None where no head has signal.
    """
    thin = voxels[:, ::STEP, ::STEP]
    positive = thin[thin > 0]
    if positive.size < LEAST_PIXELS:
        return None
    bright = float(np.percentile(positive, 99.5))
    body = thin[thin > BODY * bright]
    share = float(np.mean(body > BRIGHT_SHARE * np.percentile(body, 99)))
    ratios = [_over_muscle(voxels, affine, head, LEAST_TISSUE * bright) for head in heads]
    known = [ratio for ratio in ratios if ratio]
    return np.array([min(known), max(share, 0.02)]) if known else None


def _over_muscle(voxels: FloatArray, affine: Affine, head: Head, least: float) -> float | None:
    """Median of a head's core over the muscle around it."""
    if head.centre_lps_mm is None or head.radius_mm is None:
        return None
    near, apart = voxels_near(voxels, affine, head.centre_lps_mm)
    core = near[apart < HEAD_CORE * head.radius_mm]
    around = near[(apart > AROUND_MM[0]) & (apart < AROUND_MM[1]) & (near > least)]
    if core.size < LEAST_PIXELS or around.size < LEAST_PIXELS:
        return None
    muscle = float(np.percentile(around, MUSCLE_PERCENTILE))
    return max(float(np.median(core)) / muscle, 0.02)
