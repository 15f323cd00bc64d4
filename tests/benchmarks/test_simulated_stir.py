"""Simulated hips beside intensities measured on real STIR (the table of docs/models.md)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from hipdesk.phantom.anatomy import label_map_names, load_label_map
from hipdesk.phantom.prepared import prepare
from hipdesk.phantom.samples import HIP_CLASSES, HipStack, hip_stack
from hipdesk.records import SegmentClass

HIPS = 40

# Ranges over ten real series, everything divided by the median of normal marrow.
MEASURED = {
    "normal marrow, standard deviation": (0.10, 0.24),
    "median of the picture": (0.71, 1.31),
    "90th percentile of the picture": (1.06, 2.33),
    "99th percentile of the picture": (2.1, 5.5),
    "99.9th percentile of the picture": (3.6, 10.0),
    "oedema, median": (1.12, 2.31),
    "oedema, 10th percentile": (0.66, 1.46),
    "oedema, 90th percentile": (0.9, 3.8),
}


def mask(stack: HipStack, name: SegmentClass) -> np.ndarray:
    return (stack.labels >> HIP_CLASSES.index(name)) & 1 > 0


def quantities(stack: HipStack) -> list[float]:
    """The rows of the table for one hip; NaN for oedema where there is none."""
    bone = mask(stack, SegmentClass.PROXIMAL_FEMUR) | mask(stack, SegmentClass.ACETABULUM)
    oedema = mask(stack, SegmentClass.BME)
    marrow = stack.signal[ndimage.binary_erosion(bone, np.ones((1, 5, 5))) & ~oedema]
    unit = float(np.median(marrow))
    picture = np.percentile(stack.signal, (50, 90, 99, 99.9))
    lesion = stack.signal[oedema] if oedema.sum() > 50 else np.array([np.nan])
    return [marrow.std() / unit, *(picture / unit), *(np.percentile(lesion, (50, 10, 90)) / unit)]


@pytest.mark.bench
def test_the_median_of_each_row_lies_inside_its_measured_range(shared_data) -> None:
    folder = shared_data / "anatomy"
    anatomies = [prepare(load_label_map(folder, name)) for name in label_map_names(folder)]
    stacks = (hip_stack(np.random.default_rng(1000 + seed), anatomies) for seed in range(HIPS))
    table = np.array([quantities(stack) for stack in stacks])
    low, middle, high = np.nanpercentile(table, (10, 50, 90), axis=0)
    for row, (name, (least, most)) in enumerate(MEASURED.items()):
        print(f"{name}: {low[row]:.2f} - {high[row]:.2f}, median {middle[row]:.2f}")
        assert least <= middle[row] <= most, name
