"""From records and the reader's wishes to what the review shows."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.controllers.exams import with_revision
from app.controllers.review_state import (
    Place,
    Reading,
    crop_frames,
    crop_view,
    first_slice,
    followed,
    linked_index,
    moved_centre,
    scores_of,
    series_tabs,
    worst_slice,
)
from app.controllers.showing import KEPT_PICTURES, Memo, PictureBook, Shown
from app.controllers.windows import LEAST_WIDTH, between, relative, tissue_levels
from app.state import Exam, OpenSeries, Overlay, Tool
from hipdesk.linking import offset_of
from hipdesk.records import HipScore, Origin, Side, SliceKey, SliceScore
from hipdesk.review import Revision
from tests.app.fakes import NOW, translate
from tests.app.review_fakes import before_analysis, opened, opened_pair

RIGHT, LEFT = Side.RIGHT, Side.LEFT


def score(central: int | None, lesions: dict[int, tuple[int | None, int | None]]) -> HipScore:
    slices = tuple(
        SliceScore(index, SliceKey(f"1.{index}"), True, None, 100, bme, fluid, 0.1, 0.1)
        for index, (bme, fluid) in lesions.items()
    )
    return HipScore(slices, len(slices), central, None, 1.0, 1.0, None, 1.0, 1.0, 40.0, 1.0)


def reading(exam: Exam, index: int = 4, tool: Tool = Tool.WINDOW) -> Reading:
    places = {each.key: Place(index, each.stack.window) for each in exam.series}
    return Reading(exam.series[0].key, MappingProxyType(places), Overlay(), tool)


def test_the_worst_slice_adds_up_both_lesions_of_both_hips() -> None:
    right = score(3, {2: (5, 0), 3: (4, 4)})
    left = score(5, {2: (0, 4), 5: (8, None)})
    assert worst_slice([right, left]) == 2
    assert worst_slice([right]) == 3
    assert worst_slice([left]) == 5


def test_doubts_about_the_side_stand_apart_from_other_notices() -> None:
    series = opened().series()
    reviewed = series.reviewed
    assert reviewed is not None
    right, left = (reviewed.analysis.hip(side) for side in Side)
    head = replace(right.head, centre_lps_mm=left.head.centre_lps_mm, placed=True)
    revision = Revision(1, Origin.AI_EDITED, NOW, "", replace(right, head=head))
    exam = opened().exam
    said = []
    for revisions in ((), (revision,)):
        shown = replace(series, reviewed=replace(reviewed, revisions=revisions))
        scores = scores_of(exam, shown)
        assert scores is not None
        assert not set(scores.alarms) & set(scores.notices)
        said.append(scores)
    assert said[0].alarms == ()
    assert said[1].alarms == (
        (
            "The right femoral head was placed on the left side of the body; check the sides "
            "before using them."
        ),
    )
    assert "The right femoral head was placed by a reader." in said[1].notices


def test_of_equally_bad_slices_the_first_is_taken() -> None:
    assert worst_slice([score(3, {6: (1, 1), 4: (2, 0)})]) == 4


def test_without_lesion_a_central_slice_is_taken() -> None:
    assert worst_slice([score(None, {2: (0, 0)}), score(5, {5: (None, None)})]) == 5
    assert worst_slice([score(None, {})]) is None
    assert worst_slice([]) is None


def test_without_an_analysis_the_middle_slice_is_taken() -> None:
    series = before_analysis(opened().series())
    assert first_slice(series) == 4


def test_a_storing_keeps_the_place() -> None:
    exam = opened().exam
    unsaved = replace(exam, visit_uid=None, patient_uid=None)
    before = reading(unsaved, 1, Tool.MOVE_CROP)
    assert followed(before, unsaved, exam) == before


def test_a_new_analysis_of_the_same_images_begins_anew() -> None:
    exam = opened().exam
    reviewed = exam.series[0].reviewed
    assert reviewed is not None
    again = replace(reviewed, analysis=replace(reviewed.analysis, uid="2.25.99"))
    after = exam.with_series(replace(exam.series[0], reviewed=again))
    before = reading(exam, 0).at(Place(0, (1.0, 2.0)))
    now = followed(replace(before, overlay=Overlay(shown=False)), exam, after)
    assert now.place == Place(first_slice(exam.series[0]), exam.series[0].stack.window)
    assert now.overlay.shown


def test_frames_lie_on_the_slices_that_the_crop_holds() -> None:
    series = opened().series()
    reviewed = series.reviewed
    assert reviewed is not None
    for index in range(series.stack.slices):
        for side in Side:
            centre = reviewed.analysis.hip(side).head.centre_lps_mm
            assert centre is not None
            near = abs(offset_of(series.stack.affine, centre, index)) <= 45.0
            frames = crop_frames(series, index, Tool.WINDOW, frozenset())
            assert any(frame.side is side for frame in frames) is near
    assert crop_frames(before_analysis(series), 4, Tool.MOVE_CROP, frozenset()) == ()


def test_a_hip_that_is_busy_does_not_move() -> None:
    series = opened().series()
    assert series.reviewed is not None
    busy = frozenset({(series.reviewed.analysis.uid, RIGHT)})
    frames = crop_frames(series, 4, Tool.MOVE_CROP, busy)
    assert [(frame.side, frame.movable) for frame in frames] == [(RIGHT, False), (LEFT, True)]


def shifted(series: OpenSeries, slices: int) -> OpenSeries:
    """A stack that begins so many slices further on."""
    affine = series.stack.affine.copy()
    affine[:3, 3] += slices * affine[:3, 0]
    return replace(series, stack=replace(series.stack, affine=affine))


def test_the_other_series_is_linked_in_millimetres() -> None:
    exam = opened_pair()
    first, second = exam.exam.series
    assert linked_index(first, second, 5) == 4  # the left head lies 5 mm, a slice, to the front
    assert linked_index(first, shifted(second, 2), 5) == 2
    assert linked_index(first, shifted(second, 30), 5) is None


def test_a_slice_that_the_other_series_lacks_is_said() -> None:
    exam = opened_pair().exam
    far = replace(exam, series=(exam.series[0], shifted(exam.series[1], 30)))
    crop = crop_view(far, reading(far), LEFT, PictureBook().picture, translate)
    assert (crop.picture, crop.elsewhere) == (None, True)
    assert crop.reason == "no slice of the other series lies here"


def test_a_series_without_a_head_shows_the_same_slice_of_the_other() -> None:
    exam = opened_pair().exam
    bare = before_analysis(exam.series[0])
    assert linked_index(bare, exam.series[1], 3) == 3
    assert linked_index(exam.series[0], before_analysis(exam.series[1]), 3) is None


def test_tabs_before_the_analysis_follow_the_label() -> None:
    series = before_analysis(opened().series())
    labelled = replace(
        series, volume=replace(series.volume, series=replace(series.volume.series, laterality=LEFT))
    )
    exam = opened().exam
    (tab,) = series_tabs(replace(exam, series=(labelled,)), labelled.key)
    assert tab.sides == (LEFT,)
    (tab,) = series_tabs(replace(exam, series=(series,)), "")
    assert (tab.sides, tab.shown) == ((RIGHT, LEFT), False)


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_a_crop_moves_in_the_plane_of_its_head(dx: float, dy: float) -> None:
    series = opened().series()
    assert series.reviewed is not None
    hip = series.reviewed.analysis.hip(RIGHT)
    moved = moved_centre(series, hip, dx, dy)
    assert moved is not None
    assert hip.head.centre_lps_mm is not None
    before = series.stack.to_picture(hip.head.centre_lps_mm)
    assert series.stack.to_picture(moved) == pytest.approx(
        (before[0], before[1] + dx, before[2] + dy)
    )


def test_a_revision_changes_one_hip_and_is_added_once() -> None:
    series = opened().series()
    reviewed = series.reviewed
    assert reviewed is not None
    revision = Revision(1, Origin.AI_EDITED, NOW, "", reviewed.analysis.hip(RIGHT))
    drawn = series.stack.with_hip(RIGHT, None)
    after = with_revision(series, revision, drawn)
    assert RIGHT not in after.stack.outlines
    assert after.stack.outlines[LEFT] is series.stack.outlines[LEFT]
    assert with_revision(after, revision, series.stack) is after
    bare = before_analysis(series)
    assert with_revision(bare, revision, drawn) is bare


# Windows


@given(st.floats(-500, 500), st.floats(1, 500), st.floats(-500, 500), st.floats(1, 500))
def test_a_relative_window_returns(centre: float, width: float, own: float, of: float) -> None:
    assert relative((centre, width), (own, of)).of((own, of)) == pytest.approx(
        (centre, width), abs=1e-6
    )


def test_windows_have_a_width() -> None:
    assert between(3.0, 3.0) == (3.0, LEAST_WIDTH)
    assert relative((0.0, 0.0), (0.0, 1.0)).width > 0


def test_tissue_is_what_exceeds_the_background() -> None:
    voxels = np.zeros((1, 10, 10), np.float32)
    voxels[0, :5] = 5.0
    voxels[0, 5:] = np.linspace(100, 149, 50).reshape(5, 10)
    middle, bright = tissue_levels(voxels)
    assert middle == pytest.approx(124.5)
    assert 148.5 < bright <= 149.0
    assert tissue_levels(np.zeros((1, 4, 4), np.float32)) == (0.0, 1.0)


# What controllers share


def test_a_setter_is_called_once_for_the_same_values() -> None:
    calls: list[object] = []
    shown = Shown()
    for value in (1, 1, 2, 1):
        shown.tell("value", calls.append, value)
    assert calls == [1, 2, 1]
    shown.again("value")
    shown.tell("value", calls.append, 1)
    shown.forget()
    shown.tell("value", calls.append, 1)
    assert calls == [1, 2, 1, 1, 1]


def test_an_answer_is_kept_for_the_same_objects() -> None:
    memo: Memo[int] = Memo()
    answers = iter(range(10))
    first, alike = [1], [1]
    assert [memo.of((asked,), lambda: next(answers)) for asked in (first, first, alike)] == [
        0,
        0,
        1,
    ]
    memo.clear()
    assert memo.of((alike,), lambda: next(answers)) == 2


def test_pictures_lately_shown_are_the_same_objects() -> None:
    stack = opened().series().stack
    book = PictureBook()
    first = book.picture(stack, 0)
    assert book.picture(stack, 0) is first
    for index in range(1, KEPT_PICTURES + 1):
        book.picture(stack, index)
    assert book.picture(stack, 0) is not first
    book.clear()
    assert book.picture(stack, 0) is not first
