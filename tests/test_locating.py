"""Heads out of probabilities: place, size, side, and refusing what is none."""

from __future__ import annotations

import numpy as np
import pytest

from hipdesk.errors import Cancelled, ModelError
from hipdesk.grids import locator_grid_of
from hipdesk.locating import find_heads, locate
from hipdesk.records import Reason, Side
from tests.stacks import (
    FakeLocator,
    FakeSegmenter,
    ball,
    head_centre,
    patient_volume,
    places,
    reordered,
    stack_about,
    turned,
)

SHAPE = (25, 160, 230)
STACK = stack_about(turned(5, 3, -4), (5.0, 1.5, 1.5), SHAPE)
GRID = locator_grid_of(STACK, SHAPE)
WHERE = places(GRID.affine, GRID.shape)


def _answer(*claims: tuple[int, tuple[float, float, float], float]) -> np.ndarray:
    """Balls of probability 0.95 with a femur under each: (channel, centre, radius)."""
    probabilities = np.zeros((SHAPE[0], 3, 192, 192), np.float32)
    for channel, centre, radius in claims:
        outward = -1 if channel == 0 else 1
        probabilities[:, channel][ball(WHERE, np.asarray(centre), radius)] = 0.95
        below = np.add(centre, (outward * 30, 0, -30))
        probabilities[:, 2][ball(WHERE, below, 15)] = 0.95
    return probabilities


R, L = (-90.0, 3.0, 5.0), (88.0, -2.0, 1.0)


def test_two_balls_are_two_heads_in_place_and_size():
    right, left = find_heads(_answer((0, R, 24), (1, L, 26)), GRID.affine)
    assert right.found
    assert left.found
    assert (right.side, left.side) == (Side.RIGHT, Side.LEFT)
    assert right.centre_lps_mm == pytest.approx(R, abs=0.5)
    assert left.centre_lps_mm == pytest.approx(L, abs=0.5)
    assert right.radius_mm == pytest.approx(24, abs=0.7)
    assert left.radius_mm == pytest.approx(26, abs=0.7)
    assert right.confidence > 0.85


def test_an_island_far_away_does_not_move_the_centre():
    answer = _answer((0, R, 24), (1, L, 24))
    answer[:, 0][ball(WHERE, np.add(R, (10, 0, -90)), 10)] = 0.95
    right, _ = find_heads(answer, GRID.affine)
    assert right.centre_lps_mm == pytest.approx(R, abs=0.5)


def test_a_head_without_a_femur_is_none():
    answer = _answer((0, R, 24), (1, L, 24))
    answer[:, 2][WHERE[..., 0] < 0] = 0
    right, left = find_heads(answer, GRID.affine)
    assert not right.found
    assert right.reason is Reason.HEAD_NOT_FOUND
    assert right.centre_lps_mm is None
    assert left.found


@pytest.mark.parametrize("radius", [10.0, 42.0])
def test_what_is_no_heads_size_is_none(radius):
    right, _ = find_heads(_answer((0, R, radius)), GRID.affine)
    assert not right.found


def test_low_probability_is_no_head():
    right, left = find_heads(_answer((0, R, 24)) * np.float32(0.4), GRID.affine)
    assert not right.found
    assert not left.found


def test_one_head_claimed_twice_goes_to_the_surer_side():
    answer = _answer((0, R, 24), (1, (-84.0, 0.0, 5.0), 24))
    answer[:, 1] *= np.float32(0.8)
    answer[:, 2][ball(WHERE, np.add(R, (30, 0, -30)), 15)] = 0.95
    right, left = find_heads(answer, GRID.affine)
    assert right.found
    assert not left.found


def test_sides_that_contradict_the_geometry_are_not_both_kept():
    answer = _answer((0, L, 24), (1, R, 24))
    answer[:, 2] = 0.95
    right, left = find_heads(answer, GRID.affine)
    assert right.found + left.found == 1


def test_a_head_cut_by_the_last_slice_keeps_its_size():
    short = slice(0, 14)  # ends near the centres' plane
    right, _ = find_heads(_answer((0, R, 24), (1, L, 24))[short], GRID.affine)
    assert right.found
    assert right.radius_mm == pytest.approx(24, abs=1.5)


@pytest.mark.parametrize(
    "order", [(False, False, False), (True, True, False), (False, False, True)]
)
def test_located_sides_are_the_patients_whatever_the_pixel_order(order):
    affine, shape = reordered(STACK, SHAPE, *order)
    located = locate(patient_volume(affine, shape), FakeLocator())
    for head in located.heads:
        assert head.found
        assert np.linalg.norm(np.subtract(head.centre_lps_mm, head_centre(head.side))) < 8


def test_mirrored_patient_gives_mirrored_heads_exactly():
    class Lopsided(FakeLocator):
        """Surer of what lies high and left in the picture."""

        def paint(self, picture):
            slope = np.linspace(1.0, 0.9, picture.shape[1]) * np.linspace(1, 0.9, 192)[:, None]
            return (super().paint(picture) * slope).astype(np.float32)

    volume = patient_volume(STACK, SHAPE)
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    series = patient_volume(mirror @ STACK, SHAPE).series
    mirrored = type(volume)(series, volume.voxels, volume.pixel_sha256)
    right, left = locate(volume, Lopsided()).heads
    other_right, other_left = locate(mirrored, Lopsided()).heads
    for head, image in ((right, other_left), (left, other_right)):
        x, y, z = head.centre_lps_mm
        assert image.centre_lps_mm == (-x, y, z)
        assert (image.radius_mm, image.confidence) == (head.radius_mm, head.confidence)


def test_cancelling_stops_between_batches():
    network = FakeLocator()
    with pytest.raises(Cancelled):
        locate(patient_volume(STACK, SHAPE), network, cancelled=lambda: len(network.batches) >= 2)
    assert len(network.batches) == 2


def test_a_model_for_something_else_is_refused():
    with pytest.raises(ModelError):
        locate(patient_volume(STACK, SHAPE), FakeSegmenter())


def test_progress_grows_to_one():
    seen = []
    locate(patient_volume(STACK, SHAPE), FakeLocator(), lambda part, _: seen.append(part))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
