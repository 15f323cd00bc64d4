"""Where a lesion ends: halfway from the signal around it to its own full signal.

A voxel that a lesion fills by half has half of its height, however bright the
lesion is. A network that judges each place by what lies about it does not know how
bright the full lesion of this scan is: it draws bright ones too large, where thick
slices catch a part of them, and dim ones too small (`docs/models.md` has figures).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import ndimage

from hipdesk.records import BoolArray, FloatArray

SURE: Final = 0.8
"""Probability of voxels that show the lesion's full signal."""

FULL_PERCENTILE: Final = 75.0
"""Of the signal of those: the brighter half of them is not cut by a border."""

AROUND: Final = 0.05
"""Probability below which a voxel two to three pixels away shows what lies around."""

FEW: Final = 10
"""Fewer voxels tell neither height."""

PLAIN: Final = 0.5
"""Lowest probability of a lesion whose height is not known."""

_IN_PLANE: Final = ndimage.generate_binary_structure(2, 2)[None]


def within_half_height(probability: FloatArray, signal: FloatArray, threshold: float) -> BoolArray:
    """Voxels of a lesion brighter than its surroundings, down to half its height.

    Parameters
    ----------
    probability : (slices, rows, columns), of the lesion
    signal : on the same grid, in any unit that is linear in the scanner's
    threshold : probability from which a voxel may belong to it
    """
    may, sure = probability > threshold, probability > SURE
    near = ndimage.binary_dilation(may, _IN_PLANE, iterations=1)
    around = ndimage.binary_dilation(near, _IN_PLANE, iterations=2) & ~near
    around &= probability < AROUND
    if min(np.count_nonzero(sure), np.count_nonzero(around)) >= FEW:
        full = float(np.percentile(signal[sure], FULL_PERCENTILE))
        outside = float(np.median(signal[around]))
        if full > outside:
            return np.asarray(may & (signal >= (full + outside) / 2))
    return np.asarray(probability > max(threshold, PLAIN))
