"""The smallest detectable change by hand, and which pairs may speak for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipdesk.errors import BugError
from hipdesk.records import GridBox, Origin, Segmentation, SegmentClass, Side, VisitHip
from hipdesk.review import PairKind, RepeatPair, Take
from hipdesk.sdc import (
    MIN_PAIRS,
    NotEstablished,
    PairFault,
    Quantity,
    Scope,
    detectable_change,
    estimates,
    exceeds,
    fault_of,
    masks_sha256,
    scope_of,
)
from hipdesk.timeline import Basis
from tests.visit_hips import LOCATOR, MODEL, placed_hip, score_of, slice_score

SCOPE = Scope(
    PairKind.SCAN_RESCAN,
    "hipdesk.unet_score/1",
    frozenset({MODEL.sha256}),
    Quantity.U_INTENSITY_MEAN,
    None,
    Basis.MATCHED_SLICES,
)
BME = SegmentClass.BME


def hip_of(u: float, first_mm: float = -16.0, **changes: Any) -> VisitHip:
    """Nine slices with the same term."""
    return placed_hip(first_mm, [u] * 9, **changes)


def scans(number: int, one: VisitHip, other: VisitHip) -> RepeatPair:
    first = Take(one, f"pixels {number}", f"masks {number}")
    second = Take(other, f"pixels {number} again", f"masks {number} again")
    return RepeatPair(PairKind.SCAN_RESCAN, first, second)


def edits(number: int, one: float, other: float, **changes: Any) -> RepeatPair:
    drawn = {"origin": Origin.AI_EDITED, **changes}
    first = Take(hip_of(one, **drawn), f"pixels {number}", f"masks {number}")
    second = Take(hip_of(other, **drawn), f"pixels {number}", f"masks {number} again")
    return RepeatPair(PairKind.READER_REEDIT, first, second)


def rescans(differences: Sequence[float]) -> list[RepeatPair]:
    return [scans(i, hip_of(1.0), hip_of(1.0 + each)) for i, each in enumerate(differences)]


def test_by_hand() -> None:
    """+0.3 and -0.3 five times each: SD = 0.3 sqrt(10/9), SDC = 1.96 x 0.316228 = 0.619806."""
    found = detectable_change(SCOPE, [0.3, -0.3] * 5)
    assert found.bias == pytest.approx(0.0, abs=1e-15)
    assert found.sem == pytest.approx(0.2236068, abs=1e-7)
    assert found.value == pytest.approx(0.6198064, abs=1e-7)
    assert (found.n_pairs, found.reason) == (10, None)


def test_a_steady_shift_is_bias_and_not_noise() -> None:
    found = detectable_change(SCOPE, [0.5, -0.1] * 5)
    assert found.bias == pytest.approx(0.2)
    assert found.value == pytest.approx(0.6198064, abs=1e-7)


def test_nothing_is_established_below_ten_pairs() -> None:
    found = detectable_change(SCOPE, [0.3, -0.3, 0.1] * 3)
    assert (found.sem, found.value) == (None, None)
    assert (found.n_pairs, found.reason) == (9, NotEstablished.TOO_FEW_PAIRS)
    none = detectable_change(SCOPE, [])
    assert (none.n_pairs, none.bias, none.reason) == (0, None, NotEstablished.TOO_FEW_PAIRS)


def test_pairs_without_any_difference_establish_nothing() -> None:
    found = detectable_change(SCOPE, [0.0] * 12)
    assert (found.value, found.reason) == (None, NotEstablished.NO_VARIATION)
    assert exceeds(0.1, found) is None


QUIET, RESTLESS = [0.01, -0.01] * 5, [0.3, -0.3] * 5
LEVELS = [0.1] * 10 + [0.9] * 10


@pytest.mark.parametrize(
    ("level", "value"), [(0.0, 0.0206602), (0.1, 0.0206602), (0.5, 0.3202333), (0.9, 0.6198064)]
)
def test_noise_that_grows_with_the_figure_by_hand(level: float, value: float) -> None:
    """SDC 1.96 x 0.0105409 = 0.0206602 about 0.1, 0.6198064 about 0.9, half of both about 0.5.

    Of all twenty: 1.96 x sqrt((10 x 0.0001 + 10 x 0.09) / 19) = 0.4268170.
    """
    found = detectable_change(SCOPE, QUIET + RESTLESS, LEVELS)
    assert found.at(level) == pytest.approx(value, abs=1e-7)
    assert found.value == found.at(None) == pytest.approx(0.4268170, abs=1e-7)
    assert exceeds(value - 1e-4, found, level) is False
    assert exceeds(value + 1e-4, found, level) is True


@pytest.mark.parametrize(
    ("differences", "levels"),
    [
        (QUIET + [0.019, -0.019] * 5, LEVELS),
        (RESTLESS + QUIET, LEVELS),
        (QUIET[:9] + RESTLESS, LEVELS[1:]),
        ([0.0] * 10 + RESTLESS, LEVELS),
        (QUIET + RESTLESS, [0.5] * 20),
    ],
    ids=["hardly", "falling", "too_few", "no_noise_below", "one_level"],
)
def test_noise_is_one_where_pairs_do_not_show_it_grow(
    differences: list[float], levels: list[float]
) -> None:
    found = detectable_change(SCOPE, differences, levels)
    assert found.growing is None
    assert found.at(0.1) == found.at(2.0) == found.value


@given(order=st.permutations(range(20)))
def test_the_order_of_pairs_tells_nothing(order: list[int]) -> None:
    differences = QUIET + RESTLESS
    found = detectable_change(SCOPE, [differences[i] for i in order], [LEVELS[i] for i in order])
    assert found.at(0.5) == pytest.approx(0.3202333, abs=1e-7)


def test_levels_of_pairs_are_the_means_of_their_figures() -> None:
    """U/n 0.1 and 0.1 +- 0.01, and 0.9 and 0.9 +- 0.3, each five times."""
    quiet = [scans(i, hip_of(0.1), hip_of(0.1 + each)) for i, each in enumerate(QUIET)]
    restless = [scans(20 + i, hip_of(0.9), hip_of(0.9 + each)) for i, each in enumerate(RESTLESS)]
    for basis in Basis:
        found = estimates([*quiet, *restless]).of(replace(SCOPE, basis=basis))
        assert found.growing is not None
        assert found.growing.low == pytest.approx((0.1, 0.0105409), abs=1e-7)
        assert found.growing.high == pytest.approx((0.9, 0.3162278), abs=1e-7)


@pytest.mark.parametrize("difference", [math.nan, math.inf])
def test_differences_are_numbers(difference: float) -> None:
    with pytest.raises(BugError):
        detectable_change(SCOPE, [0.1] * 9 + [difference])


@pytest.mark.parametrize(
    ("change", "more"), [(0.6198, False), (0.62, True), (-0.62, True), (0.0, False), (None, None)]
)
def test_what_exceeds_it(change: float | None, more: bool | None) -> None:
    assert exceeds(change, detectable_change(SCOPE, [0.3, -0.3] * 5)) is more


def test_from_pairs_by_hand() -> None:
    """The same differences of U/n; those of A/n are half of them."""
    found = estimates(rescans([0.3, -0.3] * 5))
    assert found.rejected == {}
    assert found.of(SCOPE).value == pytest.approx(0.6198064, abs=1e-7)
    area = replace(SCOPE, quantity=Quantity.U_AREA_MEAN)
    assert found.of(area).value == pytest.approx(0.3099032, abs=1e-7)
    everywhere = replace(SCOPE, basis=Basis.UNMATCHED_SLICES)
    assert found.of(everywhere).value == pytest.approx(0.6198064, abs=1e-7)
    assert found.of(replace(everywhere, lesion=BME)).value == pytest.approx(0.4 * 0.6198064)


def test_lesions_on_matched_slices_by_hand() -> None:
    """Oedema of 10, then 16 or 4 of 100 px on each slice: +0.06 and -0.06 by turns."""
    pairs = []
    for number, pixels in enumerate([16, 4] * 5):
        slices = [replace(slice_score(i, 1.0), bme_px=pixels) for i in range(9)]
        pairs.append(scans(number, hip_of(1.0), hip_of(1.0, score=score_of(slices))))
    found = estimates(pairs).of(replace(SCOPE, quantity=Quantity.U_AREA_MEAN, lesion=BME))
    assert found.value == pytest.approx(0.2 * 0.6198064, abs=1e-7)


def test_lesions_by_intensity_on_matched_slices_by_hand() -> None:
    """Terms of oedema of 0.1, then 0.4 or -0.2 on each slice: +0.3 and -0.3 by turns."""

    def hip(term: float | None) -> VisitHip:
        slices = [replace(slice_score(i, 1.0), bme_u_intensity=term) for i in range(9)]
        return hip_of(1.0, score=score_of(slices))

    pairs = [scans(i, hip(0.1), hip(term)) for i, term in enumerate([0.4, -0.2] * 5)]
    found = estimates(pairs)
    assert found.of(replace(SCOPE, lesion=BME)).value == pytest.approx(0.6198064, abs=1e-7)
    fluid = found.of(replace(SCOPE, lesion=SegmentClass.EFFUSION_SYNOVITIS))
    assert (fluid.n_pairs, fluid.reason) == (0, NotEstablished.TOO_FEW_PAIRS)


def test_volumes_by_hand() -> None:
    """1 mL, then 1.3 or 0.7 mL of oedema."""
    hip = hip_of(1.0)
    pairs = [
        scans(i, hip, replace(hip, score=replace(hip.score, bme_ml=ml)))
        for i, ml in enumerate([1.3, 0.7] * 5)
    ]
    scope = scope_of(PairKind.SCAN_RESCAN, hip, Quantity.VOLUME_ML, BME)
    assert scope.basis is Basis.UNMATCHED_SLICES
    assert estimates(pairs).of(scope).value == pytest.approx(0.6198064, abs=1e-7)


def test_each_scope_has_its_own_pairs() -> None:
    """Nine rescans and one re-edit are not ten pairs, nor are those of two models."""
    pairs = [*rescans([0.3, -0.3, 0.1] * 3), edits(90, 1.0, 1.2)]
    other = (replace(MODEL, sha256="c" * 64), LOCATOR)
    pairs.append(scans(91, hip_of(1.0, models=other), hip_of(1.1, models=other)))
    found = estimates(pairs)
    assert found.of(SCOPE).n_pairs == 9
    assert found.of(replace(SCOPE, kind=PairKind.READER_REEDIT)).n_pairs == 1
    assert found.of(replace(SCOPE, models=frozenset({"c" * 64}))).n_pairs == 1
    assert found.of(replace(SCOPE, definition="another")).reason is NotEstablished.TOO_FEW_PAIRS
    assert {change.value for change in found.changes.values()} == {None}


def test_scope_of_a_result_leaves_the_locator_out() -> None:
    assert scope_of(PairKind.SCAN_RESCAN, hip_of(1.0), Quantity.U_INTENSITY_MEAN) == SCOPE


def test_unplaced_slices_give_no_figure_on_matched_ones() -> None:
    pairs = [
        scans(i, hip_of(1.0, offsets_mm=None), hip_of(1.0 + each))
        for i, each in enumerate([0.3, -0.3] * 5)
    ]
    found = estimates(pairs)
    assert {scope.basis for scope in found.changes} == {Basis.UNMATCHED_SLICES}


def test_identical_input_never_makes_a_pair() -> None:
    one = Take(hip_of(1.0), "pixels", "masks")
    for kind in PairKind:
        assert fault_of(RepeatPair(kind, one, one)) is PairFault.IDENTICAL_INPUT
    pairs = [RepeatPair(PairKind.SCAN_RESCAN, one, one)] * 20
    found = estimates(pairs)
    assert (dict(found.changes), found.rejected) == ({}, {PairFault.IDENTICAL_INPUT: 20})


FAULTY: dict[PairFault, RepeatPair] = {
    PairFault.SAME_SCAN: replace(edits(1, 1.0, 1.1), kind=PairKind.SCAN_RESCAN),
    PairFault.OTHER_SCAN: replace(
        scans(1, hip_of(1.0, origin=Origin.MANUAL), hip_of(1.0, origin=Origin.MANUAL)),
        kind=PairKind.READER_REEDIT,
    ),
    PairFault.NOT_EDITED: edits(1, 1.0, 1.1, origin=Origin.AI),
    PairFault.OTHER_ORIGIN: scans(1, hip_of(1.0), hip_of(1.0, origin=Origin.MANUAL)),
    PairFault.OTHER_SIDE: scans(1, hip_of(1.0), hip_of(1.0, side=Side.LEFT)),
    PairFault.NO_DEFINITION: scans(1, hip_of(1.0, definition=""), hip_of(1.0, definition="")),
    PairFault.NOT_SCORED: scans(1, hip_of(1.0), placed_hip(-6.0, [1.0] * 4)),
    PairFault.NOT_COMPARABLE: scans(1, hip_of(1.0), hip_of(1.0, definition="another")),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_pairs_that_say_nothing_on_noise(fault: PairFault) -> None:
    assert fault_of(FAULTY[fault]) is fault
    assert estimates([FAULTY[fault]]).rejected == {fault: 1}


def test_good_pairs_have_no_fault() -> None:
    assert fault_of(scans(1, hip_of(1.0), hip_of(1.1, first_mm=-14.0))) is None
    assert fault_of(edits(1, 1.0, 1.1)) is None


def test_the_same_two_scans_count_once() -> None:
    pair = scans(1, hip_of(1.0), hip_of(1.3))
    again = RepeatPair(pair.kind, pair.second, replace(pair.first, masks_sha256="edited"))
    found = estimates([pair, again])
    assert found.of(SCOPE).n_pairs == 1
    assert found.rejected == {PairFault.REPEATED: 1}
    left = scans(1, hip_of(1.0, side=Side.LEFT), hip_of(1.3, side=Side.LEFT))
    assert estimates([pair, left]).of(SCOPE).n_pairs == 2


def test_other_outlines_of_the_same_scan_count_each() -> None:
    pair = edits(1, 1.0, 1.1)
    third = replace(pair, second=replace(pair.second, masks_sha256="third"))
    scope = replace(SCOPE, kind=PairKind.READER_REEDIT)
    assert estimates([pair, third]).of(scope).n_pairs == 2


def outlined(box: GridBox, voxel: tuple[int, int, int], side: Side = Side.RIGHT) -> Segmentation:
    masks = {name: np.zeros(box.shape, dtype=np.bool_) for name in (BME, SegmentClass.FEMORAL_HEAD)}
    masks[BME][tuple(at - start for at, start in zip(voxel, box.start, strict=True))] = True
    return Segmentation(side, box, masks)


def test_hash_of_masks_is_of_their_voxels() -> None:
    small, large = GridBox((1, 2, 3), (4, 5, 6)), GridBox((0, 0, 0), (9, 9, 9))
    hashed = masks_sha256(outlined(small, (2, 3, 4)))
    assert masks_sha256(outlined(large, (2, 3, 4))) == hashed
    others = (
        outlined(small, (2, 3, 5)),
        outlined(small, (2, 3, 4), Side.LEFT),
        Segmentation(Side.RIGHT, small, {BME: outlined(small, (2, 3, 4)).masks[BME]}),
    )
    assert len({hashed, *map(masks_sha256, others)}) == 4


differences = st.lists(st.floats(-5, 5), min_size=MIN_PAIRS, max_size=30).filter(
    lambda found: max(found) - min(found) > 1e-3
)


@settings(max_examples=60, deadline=None)
@given(differences, st.floats(-3, 3), st.floats(0.1, 10), st.randoms(use_true_random=False))
def test_what_the_estimate_depends_on(
    found: list[float], shift: float, scale: float, random: Any
) -> None:
    value = detectable_change(SCOPE, found).value
    assert value is not None
    assert value > 0
    shuffled = random.sample(found, len(found))
    for same in (shuffled, [-each for each in found], [each + shift for each in found]):
        assert detectable_change(SCOPE, same).value == pytest.approx(value, rel=1e-6)
    scaled = detectable_change(SCOPE, [scale * each for each in found])
    assert scaled.value == pytest.approx(scale * value, rel=1e-6)
    assert scaled.sem == pytest.approx(scale * value / (1.96 * math.sqrt(2)), rel=1e-6)


def test_most_repeats_of_an_unchanged_hip_stay_below_it() -> None:
    """Of normal noise, 95 % of differences lie below 1.96 SD; here 176 to 199 of 200."""
    found = np.random.default_rng(7).normal(0.0, 0.2, 400).tolist()
    detectable = detectable_change(SCOPE, found[:200])
    quiet = sum(exceeds(each, detectable) is False for each in found[200:])
    assert 176 <= quiet <= 199
