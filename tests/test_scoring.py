"""The UNet-score against sums done on paper, and the rules that choose slices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hipdesk.errors import BugError
from hipdesk.records import (
    Acquisition,
    Contrast,
    GridBox,
    Head,
    HipResult,
    HipScore,
    Patient,
    Plane,
    Reason,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    SliceSource,
    StudyInfo,
    Volume,
)
from hipdesk.scoring import (
    CENTRAL_REACH,
    OUTER_SLICES,
    central_slice,
    patient_total,
    rescored,
    score_hip,
    slice_term,
)

HEAD, BME, FLUID = (
    SegmentClass.FEMORAL_HEAD,
    SegmentClass.BME,
    SegmentClass.EFFUSION_SYNOVITIS,
)

# Slice A, on paper. Head: the eight pixels of columns 0-1, summing to
# 10+30+20+20+16+16+8+8 = 128. BME: 30 and 20 (both in the head). Effusion: the
# same 20 and, outside the head, 25 and 5. Union 30+20+25+5 = 80.
#   u_intensity = 80/128 = 0.625, u_area = 4/8 = 0.5
#   BME alone 50/128 = 0.390625, 2/8 = 0.25; effusion alone 50/128, 3/8 = 0.375
A_SIGNAL = [[10, 30, 0, 7], [20, 20, 25, 7], [16, 16, 5, 7], [8, 8, 7, 7]]
A_HEAD = [[1, 1, 0, 0]] * 4
A_BME = [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
A_FLUID = [[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]

# Slice B, on paper. Head: the four pixels of row 1, summing to 4+20+20+20 = 64.
# BME: one 20 in the head. Effusion: 26+25+25 = 76 above it. Union 96, 4 pixels.
#   u_intensity = 96/64 = 1.5 (a term may exceed 1), u_area = 4/4 = 1
#   BME alone 20/64 = 0.3125, 1/4; effusion alone 76/64 = 1.1875, 3/4
B_SIGNAL = [[26, 25, 25, 1], [4, 20, 20, 20], [1, 1, 1, 1], [1, 1, 1, 1]]
B_HEAD = [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
B_BME = [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
B_FLUID = [[1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


def make_volume(signal: np.ndarray, contrast: Contrast = Contrast.STIR) -> Volume:
    """A coronal stack 5 mm apart of 2 x 1 mm pixels: 0.01 mL a voxel."""
    slices, rows, columns = signal.shape
    affine = np.array([[0, 0, 1.0, 0], [5.0, 0, 0, 0], [0, -2.0, 0, 0], [0, 0, 0, 1]])
    sources = tuple(
        SliceSource(SliceKey(f"1.2.{i}"), Path(f"{i}.dcm"), (0.0, 5.0 * i, 0.0))
        for i in range(slices)
    )
    series = Series(
        uid="1.2",
        patient=Patient(),
        study=StudyInfo(uid="1"),
        acquisition=Acquisition(),
        description="",
        number=1,
        frame_of_reference_uid="1.3",
        plane=Plane.CORONAL,
        contrast=contrast,
        slices=sources,
        rows=rows,
        columns=columns,
        affine=affine,
        spacing_mm=(5.0, 2.0, 1.0),
    )
    return Volume(series=series, voxels=signal.astype(np.float32), pixel_sha256="")


def make_hip(masks: dict[SegmentClass, np.ndarray], first_slice: int = 0) -> Segmentation:
    shape = next(iter(masks.values())).shape
    box = GridBox((first_slice, 0, 0), (first_slice + shape[0], shape[1], shape[2]))
    return Segmentation(Side.RIGHT, box, {k: v.astype(np.bool_) for k, v in masks.items()})


def stack(order: str) -> tuple[Volume, Segmentation]:
    """Slices A and B of the paper example in the given order."""
    parts = {
        "A": (A_SIGNAL, A_HEAD, A_BME, A_FLUID),
        "B": (B_SIGNAL, B_HEAD, B_BME, B_FLUID),
    }
    signal, head, bme, fluid = (
        np.array([parts[letter][part] for letter in order]) for part in range(4)
    )
    return make_volume(signal), make_hip({HEAD: head, BME: bme, FLUID: fluid})


def discs(areas: list[int], contrast: Contrast = Contrast.STIR) -> tuple[Volume, Segmentation]:
    """Slices with the given head areas in pixels and two lesion pixels each."""
    head = np.zeros((len(areas), 10, 12), dtype=bool)
    lesion = np.zeros_like(head)
    lesion[:, 9, :2] = True
    for position, area in enumerate(areas):
        head[position].ravel()[:area] = True
    masks = {HEAD: head, BME: lesion, FLUID: np.zeros_like(head)}
    return make_volume(np.full(head.shape, 3.0), contrast), make_hip(masks)


def test_two_slices_by_hand() -> None:
    """U = 0.625 + 1.5 = 2.125 and A = 0.5 + 1 = 1.5, exactly."""
    terms = [
        slice_term(
            np.array(signal, dtype=np.float32),
            np.array(head, dtype=bool),
            np.array(bme, dtype=bool) | np.array(fluid, dtype=bool),
        )
        for signal, head, bme, fluid in (
            (A_SIGNAL, A_HEAD, A_BME, A_FLUID),
            (B_SIGNAL, B_HEAD, B_BME, B_FLUID),
        )
    ]
    assert terms == [(0.625, 0.5), (1.5, 1.0)]
    assert sum(u for u, _ in terms if u is not None) == 2.125
    assert sum(a for _, a in terms if a is not None) == 1.5


def test_two_slices_inside_a_hip_give_the_same_terms_but_no_score() -> None:
    score = score_hip(*stack("AB"))
    assert [(s.u_intensity, s.u_area) for s in score.slices] == [(0.625, 0.5), (1.5, 1.0)]
    assert [(s.head_px, s.bme_px, s.effusion_px) for s in score.slices] == [(8, 2, 3), (4, 1, 3)]
    assert (score.n_counted, score.reason) == (2, Reason.TOO_FEW_SLICES)
    assert (score.u_intensity, score.u_area, score.by_lesion) == (None, None, None)


def test_five_slices_by_hand() -> None:
    """A B A B A: U = 3 x 0.625 + 2 x 1.5 = 4.875, A = 3 x 0.5 + 2 x 1 = 3.5."""
    score = score_hip(*stack("ABABA"))
    assert (score.u_intensity, score.u_area, score.n_counted) == (4.875, 3.5, 5)
    assert (score.u_intensity_mean, score.u_area_mean) == (0.975, 0.7)
    assert score.reason is None
    assert score.central_index == 2
    assert score.by_lesion is not None
    assert score.by_lesion[BME].u_intensity == 3 * 0.390625 + 2 * 0.3125
    assert score.by_lesion[BME].u_area == 3 * 0.25 + 2 * 0.25
    assert score.by_lesion[FLUID].u_intensity == 3 * 0.390625 + 2 * 1.1875
    assert score.by_lesion[FLUID].u_area == 3 * 0.375 + 2 * 0.75


def test_lesions_have_their_own_terms_on_every_slice() -> None:
    """A: 50/128 each; B: 20/64 and 76/64. The counted ones add up to the hip's."""
    score = score_hip(*stack("ABABA"))
    terms = [(part.bme_u_intensity, part.effusion_u_intensity) for part in score.slices]
    assert terms[:2] == [(0.390625, 0.390625), (0.3125, 1.1875)]
    assert score.by_lesion is not None
    assert sum(bme or 0 for bme, _ in terms) == score.by_lesion[BME].u_intensity
    assert sum(fluid or 0 for _, fluid in terms) == score.by_lesion[FLUID].u_intensity


def test_volumes_by_hand() -> None:
    """A B A B A: head 32 px, BME 8 px (all in the head), effusion 15 px, 0.01 mL each."""
    score = score_hip(*stack("ABABA"))
    assert score.head_ml == pytest.approx(0.32)
    assert score.bme_ml == pytest.approx(0.08)
    assert score.effusion_ml == pytest.approx(0.15)
    assert score.bme_head_percent == 100 * 8 / 32


def test_volumes_include_slices_that_do_not_count() -> None:
    volume, hip = discs([100] * 5 + [1])
    score = score_hip(volume, hip)
    assert score.n_counted == 5
    assert score.bme_ml == pytest.approx(6 * 2 * 0.01)
    assert score.head_ml == pytest.approx(501 * 0.01)


def test_quarter_of_the_largest_head_area_counts_and_less_does_not() -> None:
    score = score_hip(*discs([24, 25, 50, 80, 100, 80, 26, 0]))
    assert [s.counted for s in score.slices] == [False, *[True] * 6, False]
    assert score.slices[0].reason is Reason.SMALL_HEAD_AREA
    assert score.slices[7].reason is Reason.NO_HEAD_ON_SLICE
    assert all(s.reason is None for s in score.slices if s.counted)


def test_fifteen_slices_around_the_centre_at_most() -> None:
    areas = [60] * 10 + [100] + [60] * 10
    score = score_hip(*discs(areas))
    reach = CENTRAL_REACH + OUTER_SLICES
    assert score.n_counted == 15
    assert [s.index for s in score.slices if s.counted] == list(range(10 - reach, 11 + reach))
    assert {s.reason for s in score.slices if not s.counted} == {Reason.OUTSIDE_CHOSEN_SLICES}


def test_reader_moves_the_central_slice() -> None:
    volume, hip = discs([60] * 10 + [100] + [60] * 10)
    score = score_hip(volume, hip, central_index=4)
    assert score.central_index == 4
    assert [s.index for s in score.slices if s.counted] == list(range(12))


@pytest.mark.parametrize("index", [-1, 21])
def test_central_slice_outside_the_hip_is_a_bug(index: int) -> None:
    volume, hip = discs([60] * 21)
    with pytest.raises(BugError):
        score_hip(volume, hip, central_index=index)


@pytest.mark.parametrize(
    ("areas", "central"),
    [
        ([0, 3, 9, 4], 2),
        ([5, 5, 5, 5, 5], 2),
        ([0, 7, 1, 1, 7, 1], 4),
        ([7, 1, 1, 7], 0),
        ([0, 0], None),
        ([], None),
    ],
)
def test_central_slice_and_its_ties(areas: list[int], central: int | None) -> None:
    assert central_slice(areas) == central


def test_indices_are_the_series_even_when_the_box_starts_later() -> None:
    areas = [20, 50, 100, 50, 30]
    _, small = discs(areas)
    volume, _ = discs([0] * 12)
    hip = make_hip(dict(small.masks), first_slice=4)
    score = score_hip(volume, hip)
    assert [s.index for s in score.slices] == [4, 5, 6, 7, 8]
    assert [s.key for s in score.slices] == [volume.series.slices[i].key for i in range(4, 9)]
    assert score.central_index == 6


def test_four_slices_give_no_score_but_keep_volumes() -> None:
    score = score_hip(*discs([50] * 4))
    assert score.reason is Reason.TOO_FEW_SLICES
    assert score.u_intensity is None
    assert score.u_intensity_mean is None
    assert score.u_area is None
    assert score.by_lesion is None
    assert score.bme_ml == pytest.approx(8 * 0.01)


def test_head_without_signal_does_not_divide() -> None:
    volume, hip = discs([50] * 6)
    dark = volume.voxels.copy()
    dark[1] = 0.0
    score = score_hip(replace(volume, voxels=dark), hip)
    assert score.slices[1].reason is Reason.NO_HEAD_SIGNAL
    assert score.slices[1].u_intensity is None
    assert score.n_counted == 5
    assert score.u_area == pytest.approx(5 * 2 / 50)


def assert_lesions_null(score: HipScore) -> None:
    assert score.reason is Reason.NOT_FLUID_SENSITIVE
    nulls = (score.u_intensity, score.u_area, score.by_lesion, score.bme_ml, score.effusion_ml)
    assert nulls == (None,) * 5
    assert score.bme_head_percent is None
    for s in score.slices:
        assert (s.bme_px, s.effusion_px, s.u_intensity, s.u_area) == (None,) * 4
        assert (s.bme_u_intensity, s.effusion_u_intensity) == (None, None)
        assert (s.counted, s.reason) == (False, Reason.NOT_FLUID_SENSITIVE)


@pytest.mark.parametrize("slices", [3, 8])
def test_without_lesion_masks_only_the_head_is_measured(slices: int) -> None:
    volume, hip = discs([50] * slices, Contrast.T1)
    score = score_hip(volume, make_hip({HEAD: hip.masks[HEAD]}))
    assert_lesions_null(score)
    assert [s.head_px for s in score.slices] == [50] * slices
    assert score.head_ml == pytest.approx(slices * 50 * 0.01)


@pytest.mark.parametrize("contrast", [c for c in Contrast if not c.fluid_sensitive])
def test_lesion_masks_on_another_contrast_mean_nothing(contrast: Contrast) -> None:
    assert_lesions_null(score_hip(*discs([50] * 8, contrast)))


def test_hip_without_any_head_pixel() -> None:
    score = score_hip(*discs([0] * 6))
    assert score.reason is Reason.TOO_FEW_SLICES
    assert score.central_index is None
    assert score.bme_head_percent is None
    assert {s.reason for s in score.slices} == {Reason.NO_HEAD_ON_SLICE}


def test_a_hip_needs_a_head_mask() -> None:
    volume, hip = discs([50] * 6)
    with pytest.raises(BugError):
        score_hip(volume, make_hip({BME: hip.masks[BME]}))


def make_result(side: Side, score: HipScore | None) -> HipResult:
    return HipResult(side, Head(side, score is not None, 1.0), None, score)


def test_patient_total_adds_both_hips() -> None:
    right, left = score_hip(*stack("ABABA")), score_hip(*stack("BBABBA"))
    total = patient_total([make_result(Side.RIGHT, right), make_result(Side.LEFT, left)])
    assert total.u_intensity == 4.875 + 4 * 1.5 + 2 * 0.625
    assert total.u_area == 3.5 + 4 * 1.0 + 2 * 0.5
    assert (total.n_counted, total.reason) == (11, None)


def test_patient_total_is_null_unless_both_hips_are_scored() -> None:
    good, short = score_hip(*stack("ABABA")), score_hip(*stack("AB"))
    for hips in (
        [make_result(Side.RIGHT, good)],
        [make_result(Side.RIGHT, good), make_result(Side.LEFT, None)],
        [make_result(Side.RIGHT, short), make_result(Side.LEFT, good)],
        [],
    ):
        total = patient_total(hips)
        assert (total.u_intensity, total.u_area, total.n_counted) == (None, None, None)
        assert total.reason is Reason.OTHER_HIP_NOT_SCORED


def test_patient_total_names_the_contrast_where_that_is_why() -> None:
    t1 = score_hip(*discs([50] * 8, Contrast.T1))
    total = patient_total([make_result(Side.RIGHT, t1), make_result(Side.LEFT, t1)])
    assert total.reason is Reason.NOT_FLUID_SENSITIVE


SHAPE = (6, 5, 5)
_masks = hnp.arrays(np.bool_, SHAPE)
_signals = hnp.arrays(np.float32, SHAPE, elements=st.floats(1, 4000, width=32))


def _score(signal: np.ndarray, bme: np.ndarray, fluid: np.ndarray) -> HipScore:
    head = np.zeros(SHAPE, dtype=bool)
    head[:, 1:4, 1:4] = True
    return score_hip(make_volume(signal), make_hip({HEAD: head, BME: bme, FLUID: fluid}))


@settings(max_examples=30, deadline=None)
@given(_signals, _masks, _masks, st.floats(0.01, 100))
def test_scanner_gain_changes_nothing(
    signal: np.ndarray, bme: np.ndarray, fluid: np.ndarray, gain: float
) -> None:
    before, after = _score(signal, bme, fluid), _score(signal * np.float32(gain), bme, fluid)
    assert after.u_intensity == pytest.approx(before.u_intensity, rel=1e-5)
    assert after.u_area == before.u_area


@settings(max_examples=30, deadline=None)
@given(_masks, _masks, st.floats(1, 4000, width=32))
def test_on_a_constant_image_both_definitions_agree(
    bme: np.ndarray, fluid: np.ndarray, level: float
) -> None:
    score = _score(np.full(SHAPE, level), bme, fluid)
    assert score.u_intensity == pytest.approx(score.u_area)


@settings(max_examples=30, deadline=None)
@given(_signals, _masks, _masks)
def test_swapping_the_lesion_classes_keeps_the_sum(
    signal: np.ndarray, bme: np.ndarray, fluid: np.ndarray
) -> None:
    one, other = _score(signal, bme, fluid), _score(signal, fluid, bme)
    assert (one.u_intensity, one.u_area) == (other.u_intensity, other.u_area)
    assert one.by_lesion is not None
    assert other.by_lesion is not None
    assert one.by_lesion[BME] == other.by_lesion[FLUID]


@settings(max_examples=30, deadline=None)
@given(_signals, _masks, _masks)
def test_more_lesion_never_scores_less(
    signal: np.ndarray, bme: np.ndarray, more: np.ndarray
) -> None:
    none = np.zeros(SHAPE, dtype=bool)
    small, large = _score(signal, bme, none), _score(signal, bme | more, none)
    assert small.u_intensity is not None
    assert large.u_intensity is not None
    assert small.u_area is not None
    assert large.u_area is not None
    assert large.u_intensity >= small.u_intensity * (1 - 1e-12)
    assert large.u_area >= small.u_area


@settings(max_examples=10, deadline=None)
@given(_signals)
def test_no_lesion_scores_zero(signal: np.ndarray) -> None:
    none = np.zeros(SHAPE, dtype=bool)
    score = _score(signal, none, none)
    assert (score.u_intensity, score.u_area, score.bme_ml) == (0.0, 0.0, 0.0)
    assert score.n_counted == 6


ARTEFACT = "metal artefact"


def keys_of(volume: Volume, *indices: int) -> dict[SliceKey, str]:
    return {volume.series.slices[index].key: ARTEFACT for index in indices}


def test_a_reader_excludes_a_slice_by_hand() -> None:
    """A B A B A B without the last A: U = 2 x 0.625 + 3 x 1.5 = 5.75, A = 2 x 0.5 + 3 = 4."""
    volume, hip = stack("ABABAB")
    score = score_hip(volume, hip, excluded=keys_of(volume, 4))
    assert (score.u_intensity, score.u_area, score.n_counted) == (5.75, 4.0, 5)
    assert score.by_lesion is not None
    assert score.by_lesion[BME].u_area == 5 * 0.25
    left_out = score.slices[4]
    assert (left_out.counted, left_out.reason) == (False, Reason.EXCLUDED_BY_READER)
    assert (left_out.u_intensity, left_out.note) == (0.625, ARTEFACT)
    assert score.excluded == keys_of(volume, 4)


def test_exclusions_may_leave_too_few_slices() -> None:
    volume, hip = stack("ABABA")
    score = score_hip(volume, hip, excluded=keys_of(volume, 0))
    assert (score.u_intensity, score.n_counted) == (None, 4)
    assert score.reason is Reason.TOO_FEW_SLICES


def test_a_slice_that_does_not_count_anyway_keeps_its_own_reason_and_the_readers_words() -> None:
    volume, hip = discs([100] * 5 + [1])
    score = score_hip(volume, hip, excluded=keys_of(volume, 5))
    assert score.slices[5].reason is Reason.SMALL_HEAD_AREA
    assert score.slices[5].note == ARTEFACT
    assert score.n_counted == 5


def test_words_on_a_slice_are_kept_without_lesions() -> None:
    volume, hip = discs([60] * 6, Contrast.T1)
    score = score_hip(volume, hip, excluded=keys_of(volume, 2))
    assert score.slices[2].reason is Reason.NOT_FLUID_SENSITIVE
    assert score.excluded == keys_of(volume, 2)


def test_that_a_reader_chose_the_central_slice_is_recorded() -> None:
    volume, hip = discs([60] * 10 + [100] + [60] * 10)
    assert not score_hip(volume, hip).central_moved
    assert score_hip(volume, hip, central_index=4).central_moved


@pytest.mark.parametrize(
    "excluded",
    [{SliceKey("9.9"): ARTEFACT}, {SliceKey("1.2.0"): "  "}],
    ids=["foreign", "wordless"],
)
def test_exclusions_must_name_a_slice_and_a_reason(excluded: dict[SliceKey, str]) -> None:
    with pytest.raises(BugError):
        score_hip(*discs([60] * 6), excluded=excluded)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=20),
    st.sets(st.integers(0, 19), max_size=20),
)
def test_exclusions_only_take_away(areas: list[int], indices: set[int]) -> None:
    volume, hip = discs(areas)
    chosen = {index for index in indices if index < len(areas)}
    whole = score_hip(volume, hip)
    part = score_hip(volume, hip, excluded=keys_of(volume, *chosen))
    assert part.central_index == whole.central_index
    assert [s.counted for s in part.slices] == [
        s.counted and s.index not in chosen for s in whole.slices
    ]
    assert {s.index for s in part.slices if s.note} == chosen
    if part.u_area is not None and whole.u_area is not None:
        assert part.u_area <= whole.u_area + 1e-12


def test_the_same_outlines_scored_on_other_slices() -> None:
    """A B A B A B: without the fifth, U = 2 x 0.625 + 3 x 1.5; a moved centre is recorded."""
    volume, segmentation = stack("ABABAB")
    head = Head(Side.RIGHT, True, 1.0, (0.0, 0.0, 0.0), 20.0)
    hip = HipResult(Side.RIGHT, head, segmentation, score_hip(volume, segmentation))
    key = volume.series.slices[4].key
    other = rescored(volume, hip, 3, {key: "motion"})
    assert other.score is not None
    assert (other.score.central_index, other.score.central_moved) == (3, True)
    assert dict(other.score.excluded) == {key: "motion"}
    assert (other.score.n_counted, other.score.u_intensity) == (5, 2 * 0.625 + 3 * 1.5)
    assert other.segmentation is hip.segmentation
    assert rescored(volume, other).score == hip.score
    with pytest.raises(BugError):
        rescored(volume, replace(hip, segmentation=None, score=None))
