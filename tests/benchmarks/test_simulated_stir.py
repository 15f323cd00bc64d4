"""Simulated hips beside intensities measured on real STIR (the table of docs/models.md)."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import ndimage

from hipdesk.phantom.anatomy import label_map_names, load_label_map
from hipdesk.phantom.prepared import prepare
from hipdesk.phantom.samples import HIP_CLASSES, HipStack, hip_stack
from hipdesk.records import SegmentClass

HIPS = 200

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
    "oedema, mL where there is any": (0.5, 138.0),
}
TYPICAL_ML = 4.0


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
    volume = oedema.sum() * np.prod(stack.spacing_mm) / 1000 if oedema.any() else np.nan
    brightness = np.percentile(lesion, (50, 10, 90)) / unit
    return [marrow.std() / unit, *(picture / unit), *brightness, float(volume)]


@pytest.fixture(scope="module")
def table(shared_data) -> np.ndarray:
    folder = shared_data / "anatomy"
    anatomies = [prepare(load_label_map(folder, name)) for name in label_map_names(folder)]
    begun, slices, rows = time.process_time(), 0, []
    for seed in range(HIPS):
        stack = hip_stack(np.random.default_rng([1000, seed]), anatomies)
        slices += len(stack.signal)
        if not stack.replaced:
            rows.append(quantities(stack))
    spent = time.process_time() - begun
    print(f"{slices / spent:.0f} crops a second, {spent / HIPS:.2f} s a stack, on one core")
    return np.array(rows)


@pytest.mark.bench
def test_the_median_of_each_row_lies_inside_its_measured_range(table: np.ndarray) -> None:
    low, middle, high = np.nanpercentile(table, (10, 50, 90), axis=0)
    for row, (name, (least, most)) in enumerate(MEASURED.items()):
        print(f"{name}: {low[row]:.2f} - {high[row]:.2f}, median {middle[row]:.2f}")
        assert least <= middle[row] <= most, name
    assert 0.5 * TYPICAL_ML <= middle[-1] <= 2 * TYPICAL_ML


@pytest.mark.bench
def test_lesions_overlap_healthy_marrow_in_brightness(table: np.ndarray) -> None:
    """The darkest tenth of most lesions is as bright as the brightest of normal marrow."""
    spread, tenth = table[:, 0], table[:, 6]
    there = np.isfinite(tenth)
    overlapping = np.mean(tenth[there] < 1 + 2 * spread[there])
    faint = np.mean(table[there, 5] < 1.5)
    print(f"overlapping {overlapping:.2f}, median below 1.5 times marrow {faint:.2f}")
    assert overlapping > 0.5
    assert 0.15 < faint < 0.6
