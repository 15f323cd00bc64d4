"""The whole way from pixels to an Analysis, with networks that read known signals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hipdesk.errors import Cancelled, HeadNotFound, NoScorableHip
from hipdesk.pipeline import (
    ADULT_RADIUS_MM,
    PlacedHead,
    analyze,
    analyze_placed,
    analyze_together,
    joint_compute,
    request_analysis,
    unscored,
)
from hipdesk.records import (
    Compute,
    Contrast,
    Notice,
    Plane,
    Reason,
    SegmentClass,
    Side,
    Volume,
)
from tests.stacks import (
    FakeLocator,
    FakeSegmenter,
    head_centre,
    patient_volume,
    reordered,
    series_of,
    stack_about,
    turned,
)

SHAPE = (21, 160, 240)
STACK = stack_about(turned(5, -3, 2), (4.0, 1.25, 1.25), SHAPE)


def _analyze(volume, locator=None, **more):
    request = request_analysis(volume)
    return analyze(request, locator or FakeLocator(), FakeSegmenter(), **more)


@pytest.fixture(scope="module")
def volume():
    return patient_volume(STACK, SHAPE)


@pytest.fixture(scope="module")
def analysis(volume):
    return _analyze(volume)


def test_both_hips_are_found_scored_and_summed(analysis):
    assert [hip.side for hip in analysis.hips] == [Side.RIGHT, Side.LEFT]
    for hip in analysis.hips:
        assert hip.reason is None
        assert hip.score.n_counted >= 5
        offset = np.subtract(hip.head.centre_lps_mm, head_centre(hip.side))
        assert np.linalg.norm(offset) < 8
    right, left = (hip.score for hip in analysis.hips)
    # A ball of 7 mm radius is 1.44 mL; only the right hip has one.
    assert right.bme_ml == pytest.approx(1.44, abs=0.4)
    assert left.bme_ml == 0
    assert analysis.total.u_area == pytest.approx(right.u_area + left.u_area)
    assert not unscored(analysis)


def test_the_result_names_what_made_it(analysis, volume):
    assert [model.task for model in analysis.models] == ["locate", "segment"]
    assert analysis.pixel_sha256 == volume.pixel_sha256
    assert analysis.compute == Compute("auto", "cpu")
    assert analysis.uid.startswith("2.25.")
    assert (datetime.now(UTC) - analysis.created_utc).total_seconds() < 60


def _figures(hip):
    """Everything of a hip but its side and place."""
    return (
        hip.head.radius_mm,
        hip.head.confidence,
        hip.score,
        {name.value: mask.tobytes() for name, mask in hip.segmentation.masks.items()},
        hip.segmentation.box,
    )


def test_mirroring_the_geometry_swaps_the_hips_and_nothing_else(volume, analysis):
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    series = series_of(mirror @ STACK, SHAPE)
    mirrored = _analyze(Volume(series, volume.voxels, volume.pixel_sha256))
    for hip in analysis.hips:
        other = mirrored.hip(hip.side.other)
        assert _figures(other) == _figures(hip)
        x, y, z = hip.head.centre_lps_mm
        assert other.head.centre_lps_mm == (-x, y, z)
    assert mirrored.total == analysis.total


def test_stored_pixel_order_changes_nothing(analysis):
    affine, shape = reordered(STACK, SHAPE, True, True, True)
    again = _analyze(patient_volume(affine, shape))
    for hip, other in zip(analysis.hips, again.hips, strict=True):
        assert other.head == hip.head
        assert other.score.u_area == pytest.approx(hip.score.u_area, rel=1e-6)
        assert other.score.u_intensity == pytest.approx(hip.score.u_intensity, rel=1e-6)


@pytest.mark.parametrize("side", Side)
def test_one_hip_on_the_series(side):
    one = _analyze(patient_volume(STACK, SHAPE, sides=(side,)))
    assert one.hip(side).reason is None
    missing = one.hip(side.other)
    assert not missing.head.found
    assert missing.reason is Reason.HEAD_NOT_FOUND
    assert missing.segmentation is None
    assert one.total.u_intensity is None
    assert one.total.reason is Reason.OTHER_HIP_NOT_SCORED
    assert "hip_missing" in {notice.code for notice in one.notices}


def test_four_slices_give_no_score_and_say_why():
    shape = (4, *SHAPE[1:])
    short = _analyze(patient_volume(stack_about(turned(0, 0, 0), (4.0, 1.25, 1.25), shape), shape))
    for hip in short.hips:
        assert hip.head.found
        assert hip.score.u_intensity is None
        assert hip.reason is Reason.TOO_FEW_SLICES
    assert short.total.u_intensity is None
    assert unscored(short)


def test_a_series_that_shows_no_fluid_has_bones_and_no_lesions():
    t1 = _analyze(patient_volume(STACK, SHAPE, Contrast.T1))
    for hip in t1.hips:
        assert hip.reason is Reason.NOT_FLUID_SENSITIVE
        assert hip.score.bme_ml is None
        assert hip.score.head_ml > 20
        assert SegmentClass.BME not in hip.segmentation.masks
    assert t1.total.reason is Reason.NOT_FLUID_SENSITIVE
    assert not unscored(t1)


def test_nothing_is_invented_where_there_is_no_head():
    with pytest.raises(HeadNotFound, match="No femoral head"):
        _analyze(patient_volume(STACK, SHAPE, sides=()))


def test_heads_without_signal_are_not_scored(volume):
    class Sees(FakeLocator):
        """Finds the heads of another series."""

        def __init__(self):
            super().__init__()
            answers = []
            real = FakeLocator()
            real.run = lambda inputs, cancelled: (
                answers.append(  # type: ignore[method-assign]
                    FakeLocator.run(real, inputs, cancelled)
                )
                or answers[-1]
            )
            _analyze(volume, real)
            self.answers = iter(answers)

        def run(self, inputs, cancelled=None):
            return next(self.answers)

    dark = Volume(volume.series, np.zeros(SHAPE, np.float32), "0" * 64)
    with pytest.raises(NoScorableHip):
        _analyze(dark, Sees())


def test_cancelled_at_any_step_gives_no_result(volume):
    locator, segmenter = FakeLocator(), FakeSegmenter()
    with pytest.raises(Cancelled):
        analyze(
            request_analysis(volume),
            locator,
            segmenter,
            cancelled=lambda: len(segmenter.batches) >= 1,
        )
    assert len(segmenter.batches) == 1


def test_progress_grows_to_one(volume):
    seen = []
    _analyze(volume, progress=lambda part, what: seen.append((part, what)))
    parts = [part for part, _ in seen]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert {what for _, what in seen} == {
        "Finding the femoral heads",
        "Outlining the right hip",
        "Outlining the left hip",
    }


def test_a_placed_head_is_not_said_to_be_found(volume):
    head = _analyze(volume).hips[0].head
    seen = []
    _place(volume, head.side, head.centre_lps_mm, progress=lambda part, what: seen.append(what))
    assert set(seen) == {"Measuring the marrow signal", f"Outlining the {head.side.word} hip"}


def test_joint_compute_is_the_weaker_of_two():
    gpu, cpu = Compute("cuda", "cuda"), Compute("cuda", "cpu", "no CUDA device")
    assert joint_compute(gpu, cpu) is cpu
    assert joint_compute(cpu, gpu) is cpu
    assert joint_compute(gpu, gpu) == gpu


def test_a_tilted_thick_series_is_warned_of(volume):
    locator = FakeLocator()
    locator.compute = Compute("cuda", "cpu", "no CUDA device")
    notices = {notice.code: notice for notice in _analyze(volume, locator).notices}
    assert "coarse_pixels" in notices
    assert notices["coarse_pixels"].figure == pytest.approx(1.25)
    assert notices["provider_fallback"].message.endswith("no CUDA device.")


def test_series_notices_reach_the_result(volume):
    from hipdesk.records import Notice

    note = Notice("uneven_slices", "Slices are unevenly spaced.", 1.5)
    series = replace(volume.series, notices=(note,), plane=Plane.CORONAL)
    again = _analyze(Volume(series, volume.voxels, volume.pixel_sha256))
    assert note in again.notices


def _place(volume, side, centre, radius=None, locator=None, **more):
    request = PlacedHead(volume, side, tuple(centre), radius)
    return analyze_placed(request, locator or FakeLocator(), FakeSegmenter(), **more)


@pytest.mark.parametrize("side", Side)
def test_a_head_placed_where_it_was_found_gives_the_same_result(volume, analysis, side):
    found = analysis.hip(side)
    again = _place(volume, side, found.head.centre_lps_mm)
    assert again.head == replace(found.head, placed=True)
    assert again.side is side
    assert _figures(again) == _figures(found)


def test_a_place_is_kept_to_a_hundredth_of_a_millimetre(volume, analysis):
    found = analysis.hip(Side.RIGHT)
    near = np.add(found.head.centre_lps_mm, 0.004)
    assert _figures(_place(volume, Side.RIGHT, near)) == _figures(found)


def test_a_head_put_where_none_was_found_is_scored(volume):
    class Blind(FakeLocator):
        """Sees femurs, but no head."""

        def run(self, inputs, cancelled=None):
            answer = FakeLocator.run(self, inputs)
            answer[:, :2] *= 0.5
            return answer

    placed = _place(volume, Side.LEFT, head_centre(Side.LEFT), locator=Blind())
    assert placed.head.found
    assert placed.head.placed
    assert placed.head.confidence < 0.6
    assert placed.head.radius_mm == ADULT_RADIUS_MM
    assert placed.reason is None
    assert placed.score.head_ml > 40


def test_the_radius_is_the_reader_s_else_a_located_one(analysis):
    one = patient_volume(STACK, SHAPE, sides=(Side.RIGHT,))
    right = analysis.hip(Side.RIGHT).head
    asked = _place(one, Side.RIGHT, right.centre_lps_mm, radius=21.456)
    assert asked.head.radius_mm == 21.46
    own = _place(one, Side.RIGHT, right.centre_lps_mm)
    other = _place(one, Side.LEFT, np.add(right.centre_lps_mm, (8.0, 0.0, 0.0)))
    assert own.head.radius_mm == other.head.radius_mm == right.radius_mm


def test_moving_a_head_moves_its_crop_and_masks(volume, analysis):
    found = analysis.hip(Side.RIGHT)
    moved = _place(volume, Side.RIGHT, np.add(found.head.centre_lps_mm, (12.0, 0.0, 0.0)))
    assert moved.head.centre_lps_mm[0] == pytest.approx(found.head.centre_lps_mm[0] + 12.0)
    assert moved.segmentation.box.start != found.segmentation.box.start
    assert moved.score != found.score


@pytest.mark.parametrize(
    "centre", [(-400.0, 0.0, 0.0), (-90.0, 70.0, 0.0), (-90.0, 0.0, 300.0), (np.nan, 0.0, 0.0)]
)
def test_a_place_outside_the_series_is_refused_before_any_work(volume, centre):
    locator = FakeLocator()
    with pytest.raises(NoScorableHip, match="right femoral head was placed outside the series"):
        _place(volume, Side.RIGHT, centre, locator=locator)
    assert not locator.batches


def test_the_outermost_pixels_are_inside(volume):
    corner = (STACK @ (0, 0, 0, 1))[:3]
    with pytest.raises(NoScorableHip, match="no signal where the left"):
        _place(Volume(volume.series, volume.voxels * 0, "0" * 64), Side.LEFT, corner)


def test_a_place_without_signal_is_refused(volume):
    dark = Volume(volume.series, np.zeros(SHAPE, np.float32), "0" * 64)
    with pytest.raises(NoScorableHip, match="There is no signal where the left femoral head"):
        _place(dark, Side.LEFT, head_centre(Side.LEFT))


def test_a_place_where_no_head_is_outlined_has_no_score_and_says_why(volume):
    class SeesNothing(FakeSegmenter):
        def paint(self, picture):
            return super().paint(picture) * 0.1

    request = PlacedHead(volume, Side.LEFT, (0.0, 0.0, 0.0))
    away = analyze_placed(request, FakeLocator(), SeesNothing())
    assert away.score.u_intensity is None
    assert away.reason is Reason.TOO_FEW_SLICES
    assert away.score.n_counted == 0


def test_placing_a_head_on_a_series_without_fluid_gives_bones():
    t1 = patient_volume(STACK, SHAPE, Contrast.T1)
    placed = _place(t1, Side.LEFT, head_centre(Side.LEFT))
    assert placed.reason is Reason.NOT_FLUID_SENSITIVE
    assert SegmentClass.BME not in placed.segmentation.masks


def test_placing_tells_its_progress_and_can_be_cancelled(volume, analysis):
    centre = analysis.hip(Side.LEFT).head.centre_lps_mm
    seen = []
    _place(volume, Side.LEFT, centre, progress=lambda part, what: seen.append((part, what)))
    parts = [part for part, _ in seen]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert seen[-1][1] == "Outlining the left hip"
    locator = FakeLocator()
    with pytest.raises(Cancelled):
        _place(
            volume,
            Side.LEFT,
            centre,
            locator=locator,
            cancelled=lambda: len(locator.batches) >= 6,
        )


def _pair():
    return [patient_volume(STACK, SHAPE, sides=(side,)) for side in Side]


def test_a_pair_is_analysed_together_and_each_names_the_other():
    told = Notice("chosen", "It was chosen.")
    steps = []
    results = analyze_together(
        _pair(), FakeLocator(), FakeSegmenter(), (told,), lambda done, _: steps.append(done)
    )
    assert [volume.series for _, volume in results] == [one.series for one, _ in results]
    for side, (one, _) in zip(Side, results, strict=True):
        assert one.hip(side).reason is None
        assert one.hip(side.other).reason is Reason.SEPARATE_SERIES
        assert told in one.notices
    assert steps == sorted(steps)
    assert 0.5 < steps[-1] <= 1


def test_of_a_pair_the_series_without_a_hip_is_left_out():
    right, nothing = _pair()[0], patient_volume(STACK, SHAPE, sides=())
    ((only, _),) = analyze_together([nothing, right], FakeLocator(), FakeSegmenter())
    assert only.hip(Side.LEFT).reason is Reason.HEAD_NOT_FOUND
    with pytest.raises(HeadNotFound):
        analyze_together([nothing, nothing], FakeLocator(), FakeSegmenter())
