"""A lesion ends where half of a voxel is filled, however bright it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.half_height import within_half_height
from hipdesk.records import BoolArray, FloatArray

SHAPE = (3, 24, 24)


def filled(share_of_rim: float) -> FloatArray:
    """How much of each voxel a lesion of 8 x 8 fills; its rim in part, what is around not."""
    share = np.zeros(SHAPE, dtype=np.float32)
    share[:, 7:17, 7:17] = share_of_rim
    share[:, 8:16, 8:16] = 1.0
    return share


def probability_of(share: FloatArray) -> FloatArray:
    """A network sure of the lesion, and undecided about its rim."""
    return np.where(share == 1, 0.95, np.where(share > 0, 0.6, 0.01)).astype(np.float32)


def outlined(share: FloatArray, height: float, around: float, threshold: float = 0.3) -> BoolArray:
    signal = (around + share * (height - around)).astype(np.float32)
    return within_half_height(probability_of(share), signal, threshold)


@pytest.mark.parametrize(("share", "width"), [(0.4, 8), (0.6, 10)])
@pytest.mark.parametrize(("height", "around"), [(2.5, 1.0), (9.0, 1.0), (400.0, 90.0)])
def test_half_of_the_height_decides_however_bright_the_lesion(
    share: float, width: int, height: float, around: float
) -> None:
    mask = outlined(filled(share), height, around)
    assert np.count_nonzero(mask) == 3 * width * width


def test_what_the_network_sees_nothing_of_never_belongs() -> None:
    share = filled(0.6)
    signal = 1 + 8 * share
    signal[:, 0:4] = 9
    mask = within_half_height(probability_of(share), signal, 0.3)
    assert not mask[:, 0:4].any()
    assert np.count_nonzero(mask) == 3 * 100
    undecided_out = within_half_height(probability_of(share), signal, 0.7)
    assert np.count_nonzero(undecided_out) == 3 * 64


def test_where_the_height_is_not_known_the_network_alone_decides_from_one_half() -> None:
    probability = np.full(SHAPE, 0.01, dtype=np.float32)
    probability[1, 4:7, 4:7] = 0.9
    probability[1, 4:7, 7] = 0.4
    signal = np.ones(SHAPE, dtype=np.float32)
    assert np.count_nonzero(within_half_height(probability, signal, 0.3)) == 9
    assert np.count_nonzero(within_half_height(probability, signal, 0.95)) == 0
    everywhere = np.full(SHAPE, 0.9, dtype=np.float32)
    assert within_half_height(everywhere, signal, 0.3).all()
    nothing = np.zeros(SHAPE, dtype=np.float32)
    assert not within_half_height(nothing, signal, 0.3).any()


def test_a_lesion_darker_than_what_lies_around_is_left_to_the_network() -> None:
    share = filled(0.6)
    mask = outlined(share, height=0.5, around=1.0)
    assert np.array_equal(mask, probability_of(share) > 0.5)


@given(st.floats(0.1, 1000), st.floats(0, 50), st.floats(0.05, 0.45))
def test_unit_and_offset_of_the_signal_do_not_matter(
    gain: float, offset: float, rim: float
) -> None:
    share = filled(rim)
    once = outlined(share, 6.0, 1.0)
    again = outlined(share, 6.0 * gain + offset, 1.0 * gain + offset)
    assert np.array_equal(once, again)
