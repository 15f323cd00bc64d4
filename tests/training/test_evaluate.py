from __future__ import annotations

import math

import numpy as np
import pytest

from hipdesk.errors import BugError
from hipdesk.training.evaluate import Overlap, agreement, dice, icc_2_1, spearman

# Six subjects, four judges: Shrout and Fleiss 1979, table 2; ICC(2,1) there is 0.29.
SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]


def test_dice_of_half_overlapping_masks() -> None:
    found = np.array([[True, True, False, False]])
    truth = np.array([[False, True, True, True]])
    assert dice(found, truth) == pytest.approx(2 * 1 / (2 + 3))


def test_dice_of_two_empty_masks_is_undefined_not_perfect() -> None:
    empty = np.zeros((2, 2), dtype=bool)
    assert math.isnan(dice(empty, empty))


def test_dice_refuses_masks_of_different_shapes() -> None:
    with pytest.raises(BugError):
        dice(np.ones((2, 2), dtype=bool), np.ones((2, 3), dtype=bool))


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


def test_spearman_looks_at_ranks_only() -> None:
    assert spearman([1, 2, 3, 4], [1, 10, 100, 1000]) == pytest.approx(1.0)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1.0)


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
