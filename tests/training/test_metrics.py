"""Figures worked by hand, and MONAI's Hausdorff distance as a second opinion."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hipdesk.errors import BugError
from hipdesk.training.metrics import (
    LesionHits,
    Overlap,
    agreement,
    agreement_of_pairs,
    compare,
    dice,
    hausdorff_95,
    icc_2_1,
    iou,
    lesion_hits,
    pixel_accuracy,
)

# Six subjects, four judges: Shrout and Fleiss 1979, table 2; ICC(2,1) there is 0.29.
SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]
EMPTY = np.zeros((2, 3, 4), dtype=bool)


def row(*columns: int, length: int = 12) -> np.ndarray:
    """One slice of one row with these columns set."""
    mask = np.zeros((1, 1, length), dtype=bool)
    mask[0, 0, list(columns)] = True
    return mask


def test_overlap_of_half_overlapping_masks_by_hand() -> None:
    found, truth = row(0, 1, length=4), row(1, 2, 3, length=4)
    assert dice(found, truth) == pytest.approx(2 * 1 / (2 + 3))
    assert iou(found, truth) == pytest.approx(1 / 4)
    assert pixel_accuracy(found, truth) == pytest.approx(1 / 4)


def test_two_empty_masks_are_undefined_not_perfect() -> None:
    assert math.isnan(dice(EMPTY, EMPTY))
    assert math.isnan(iou(EMPTY, EMPTY))
    assert math.isnan(hausdorff_95(EMPTY, EMPTY, (1, 1, 1)))
    assert pixel_accuracy(EMPTY, EMPTY) == 1.0
    hits = lesion_hits(EMPTY, EMPTY, 1.0)
    assert math.isnan(hits.sensitivity)
    assert math.isnan(hits.precision)


def test_one_empty_mask_has_no_overlap_and_no_distance() -> None:
    full = ~EMPTY
    assert dice(EMPTY, full) == iou(full, EMPTY) == 0.0
    assert math.isnan(hausdorff_95(EMPTY, full, (1, 1, 1)))
    assert lesion_hits(EMPTY, full, 1.0) == LesionHits(true=1)
    assert lesion_hits(full, EMPTY, 1.0) == LesionHits(found=1)


@pytest.mark.parametrize("measure", [dice, iou, pixel_accuracy])
def test_masks_of_different_shapes_are_refused(measure) -> None:
    with pytest.raises(BugError):
        measure(np.ones((2, 2), dtype=bool), np.ones((2, 3), dtype=bool))


def test_hausdorff_is_in_millimetres_along_each_axis() -> None:
    for axis, spacing in enumerate((4.0, 0.5, 2.0)):
        found, truth = np.zeros((5, 5, 5), dtype=bool), np.zeros((5, 5, 5), dtype=bool)
        found[0, 0, 0] = True
        place = [0, 0, 0]
        place[axis] = 3
        truth[tuple(place)] = True
        assert hausdorff_95(found, truth, (4.0, 0.5, 2.0)) == pytest.approx(3 * spacing)


def test_hausdorff_leaves_out_the_farthest_twentieth() -> None:
    # 39 common voxels and one stray 60 mm away: of 40 surface distances only one is large,
    # and the 95th percentile of (0 x 39, 60) is interpolated between ranks 37 and 38: 0.
    truth = np.zeros((1, 1, 100), dtype=bool)
    truth[0, 0, :39] = True
    found = truth.copy()
    found[0, 0, 98] = True
    assert hausdorff_95(found, truth, (1, 1, 1)) == 0.0
    found[0, 0, 70:79] = True
    assert hausdorff_95(found, truth, (1, 1, 1)) > 30


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_hausdorff_is_that_of_monai() -> None:
    torch = pytest.importorskip("torch", reason="the second opinion needs torch")
    monai = pytest.importorskip("monai.metrics", reason="the second opinion needs MONAI")
    rng = np.random.default_rng(5)
    for _ in range(3):
        z, y, x = np.mgrid[:8, :20, :24]
        centre = rng.uniform(8, 12, 4)
        truth = np.hypot(np.hypot(y - centre[0], x - centre[1]), 2 * (z - 4)) < 6
        found = np.hypot(np.hypot(y - centre[2], x - centre[3]), 2 * (z - 3)) < 5
        theirs = monai.compute_hausdorff_distance(
            torch.from_numpy(found[None, None]),
            torch.from_numpy(truth[None, None]),
            percentile=95,
            spacing=[4.0, 0.8, 0.7],
        )
        ours = hausdorff_95(found, truth, (4.0, 0.8, 0.7))
        assert ours == pytest.approx(float(theirs), rel=0.02)


def test_lesions_are_counted_piece_by_piece() -> None:
    truth = row(0, 1, 4, 5, 8, 9)
    found = row(1, 4, 5, 11)
    # Lesions of 2, 2, 2 voxels; found pieces of 1, 2, 1. Two true ones are met, the last is not.
    hits = lesion_hits(found, truth, voxel_ml=0.03)
    assert hits == LesionHits(true=3, hit=2, found=3, right=2)
    assert hits.sensitivity == pytest.approx(2 / 3)
    assert hits.precision == pytest.approx(2 / 3)


def test_a_lesion_is_met_from_a_tenth_of_its_voxels_on() -> None:
    truth = row(*range(10), length=30)
    assert lesion_hits(row(0, length=30), truth, 1.0).hit == 1
    longer = row(*range(11), length=30)
    assert lesion_hits(row(0, length=30), longer, 1.0).hit == 0


def test_specks_are_no_lesions() -> None:
    # At 0.01 mL a voxel a lesion needs three.
    hits = lesion_hits(row(0, 1), row(0, 1, 2), voxel_ml=0.01)
    assert hits == LesionHits(true=1, hit=1, found=0, right=0)


def test_counts_of_hips_add_up() -> None:
    assert LesionHits(1, 1, 2, 1) + LesionHits(2, 0, 0, 0) == LesionHits(3, 1, 2, 1)


def test_every_figure_at_once() -> None:
    figures = compare(row(0, 1), row(1, 2), (4.0, 0.5, 0.5))
    assert figures.dice == 0.5
    assert figures.iou == pytest.approx(1 / 3)
    assert figures.pixel_accuracy == pytest.approx(10 / 12)
    assert figures.hausdorff_mm == pytest.approx(0.5 * 0.95, abs=1e-9)
    assert figures.found_ml == figures.true_ml == pytest.approx(0.002)
    assert figures.lesions == LesionHits()


def test_icc_repeats_the_published_example() -> None:
    assert icc_2_1(SHROUT_FLEISS) == pytest.approx(0.2898, abs=5e-5)


def test_icc_of_identical_raters_is_one_and_of_shifted_ones_less() -> None:
    scores = np.array([1.0, 2.0, 4.0, 7.0])
    assert icc_2_1(np.column_stack([scores, scores])) == pytest.approx(1.0)
    # Means 2, 3, 5, 8: BMS 14, JMS 8, EMS 0 -> 14 / (14 + 2 * 8 / 4) = 7/9.
    assert icc_2_1(np.column_stack([scores, scores + 2])) == pytest.approx(7 / 9)


def test_icc_needs_two_subjects() -> None:
    with pytest.raises(BugError):
        icc_2_1([[1.0, 2.0]])


def test_icc_without_any_difference_is_undefined() -> None:
    assert math.isnan(icc_2_1([[3.0, 3.0], [3.0, 3.0]]))


def test_limits_of_agreement_by_hand() -> None:
    found, truth = [2.0, 4.0, 6.0], [1.0, 4.0, 7.0]
    result = agreement(found, truth)
    assert result.n == 3
    assert result.bias == pytest.approx(0.0)
    assert result.limits == pytest.approx((-1.96, 1.96))  # SD of (1, 0, -1) is 1


def test_pairs_with_a_gap_are_left_out_and_one_pair_is_too_few() -> None:
    nan = float("nan")
    result = agreement_of_pairs([(2.0, 1.0), (nan, 3.0), (4.0, 4.0), (6.0, 7.0)])
    assert result == agreement([2.0, 4.0, 6.0], [1.0, 4.0, 7.0])
    alone = agreement_of_pairs([(2.0, 1.0), (nan, 3.0)])
    assert alone.n == 1
    assert math.isnan(alone.icc)


def test_overlap_pools_over_slices_and_skips_what_is_not_known() -> None:
    overlap = Overlap(2)
    truth = np.zeros((2, 2, 1, 4), dtype=bool)
    found = np.zeros_like(truth)
    truth[0, 0, 0, :2] = found[0, 0, 0, 1:3] = True
    truth[1, 0, 0, 0] = True
    found[:, 1] = True
    known = np.array([[True, False], [True, False]])
    overlap.add(found, truth, known)
    first, second = overlap.dice()
    assert first == pytest.approx(2 * 1 / (2 + 2 + 1))
    assert math.isnan(second)
