"""Knees: bones that are no hips, and pictures of them without a head."""

from __future__ import annotations

import numpy as np
import pytest

from hipdesk.geometry import to_index
from hipdesk.phantom import samples
from hipdesk.phantom.anatomy import Anatomy, Structure
from hipdesk.phantom.knee import APART_MM, build_knees
from hipdesk.records import Side


@pytest.fixture(scope="module")
def knees() -> Anatomy:
    return build_knees(np.random.default_rng(1))


def label_at(knees: Anatomy, point: tuple[float, float, float]) -> int:
    return int(knees.labels[tuple(np.rint(to_index(knees.affine, point)).astype(int))])


def test_femur_above_tibia_below_on_both_sides(knees: Anatomy) -> None:
    for out, femur in ((-1, Structure.FEMUR_RIGHT), (1, Structure.FEMUR_LEFT)):
        assert label_at(knees, (out * APART_MM, 0.0, 100.0)) == femur
        assert label_at(knees, (out * (APART_MM + 23), 4.0, 22.0)) == femur
        assert label_at(knees, (out * APART_MM, 0.0, -40.0)) == Structure.VERTEBRA
    assert label_at(knees, (0.0, 0.0, 0.0)) == Structure.AIR


def test_the_heads_lie_far_outside(knees: Anatomy) -> None:
    top = (knees.labels.shape[1] - 1) / 2
    assert all(knees.hips[side].centre_lps_mm[2] > top + 200 for side in Side)


def test_a_stack_of_knees_shows_femurs_and_no_head() -> None:
    labels = samples._knee_stack(np.random.default_rng(4)).labels
    assert (labels & 4).any()
    assert not (labels & 3).any()
