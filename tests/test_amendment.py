"""An analysis as its readers left it: hips, totals, notices and origin follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hipdesk.amendment import effective, unsettled
from hipdesk.pair import as_pair
from hipdesk.quality import notices
from hipdesk.records import Analysis, HipResult, Notice, Origin, Reason, Side
from hipdesk.review import Review, Reviewed, ReviewKind, Revision
from hipdesk.scoring import score_hip
from tests.report_factory import make_analysis, make_segmentation

AT = datetime(2026, 3, 5, 14, 2, tzinfo=UTC)
R, L = Side.RIGHT, Side.LEFT
CHOICE = Notice("several_series", "Two series suit; the larger was taken.")


def quality_notices(analysis: Analysis, hips: tuple[HipResult, ...]) -> tuple[Notice, ...]:
    return notices(analysis.series, hips, analysis.models, analysis.compute)


def with_notices(analysis: Analysis, *more: Notice) -> Analysis:
    """As the pipeline and the choice of series leave it."""
    return replace(analysis, notices=(*more, *quality_notices(analysis, analysis.hips)))


def verdicts(kind: ReviewKind, *sides: Side, revision: int = 0) -> tuple[Review, ...]:
    return tuple(Review(side, revision, kind, "A. Reader", AT) for side in sides)


def revision(number: int, hip: HipResult, origin: Origin = Origin.AI_EDITED) -> Revision:
    return Revision(number, origin, AT, "A. Reader", hip)


def redrawn(side: Side, size: float = 1.5, **head: object) -> HipResult:
    """A hip with larger lesions, its head placed by a reader."""
    analysis, volume = make_analysis({R: size, L: size})
    segmentation = make_segmentation(side, size)
    own = replace(analysis.hip(side).head, placed=True, **head)
    return HipResult(side, own, segmentation, score_hip(volume, segmentation))


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return with_notices(make_analysis()[0], CHOICE)


def test_without_readers_it_is_the_analysis_itself(analysis: Analysis) -> None:
    assert effective(Reviewed(analysis)) is analysis
    accepted = Reviewed(analysis, reviews=verdicts(ReviewKind.ACCEPTED, R, L))
    assert effective(accepted) is analysis


def test_a_rejected_hip_has_no_figures_and_says_why(analysis: Analysis) -> None:
    rejected = effective(Reviewed(analysis, reviews=verdicts(ReviewKind.REJECTED, R)))
    right, left = rejected.hips
    assert right.reason is Reason.REJECTED_BY_READER
    assert (right.segmentation, right.score) == (None, None)
    assert right.head.found
    assert right.head.centre_lps_mm == analysis.hips[0].head.centre_lps_mm
    assert left is analysis.hips[1]
    assert rejected.total.u_intensity is None
    assert rejected.total.u_area is None
    assert rejected.total.reason is Reason.OTHER_HIP_NOT_SCORED
    assert rejected.origin is Origin.AI
    codes = [notice.code for notice in rejected.notices]
    assert codes.count("hip_rejected") == 1
    assert codes[0] == CHOICE.code
    assert (rejected.uid, rejected.created_utc) == (analysis.uid, analysis.created_utc)


def test_taking_a_verdict_back_brings_the_figures_back(analysis: Analysis) -> None:
    events = (*verdicts(ReviewKind.REJECTED, R), *verdicts(ReviewKind.REOPENED, R))
    assert effective(Reviewed(analysis, reviews=events)) is analysis


def test_a_revision_replaces_its_hip_and_the_total_follows(analysis: Analysis) -> None:
    new = redrawn(L)
    edited = effective(Reviewed(analysis, (revision(1, new),)))
    assert edited.hip(L) is new
    assert edited.hip(R).segmentation is analysis.hip(R).segmentation
    assert edited.origin is Origin.AI_EDITED
    assert [edited.origin_of(side) for side in Side] == [Origin.AI, Origin.AI_EDITED]
    right, left = edited.hip(R).score, new.score
    assert right is not None
    assert left is not None
    assert right.u_area is not None
    assert left.u_area is not None
    assert edited.total.u_area == pytest.approx(right.u_area + left.u_area)
    assert edited.total.u_area != analysis.total.u_area
    messages = [notice.message for notice in edited.notices]
    assert "The left femoral head was placed by a reader." in messages
    assert messages == list(dict.fromkeys(messages))


def test_the_newest_revision_is_the_one_reported(analysis: Analysis) -> None:
    first, second = redrawn(R), redrawn(R, 0.8)
    reviewed = Reviewed(
        analysis,
        (revision(1, first), revision(2, second)),
        verdicts(ReviewKind.REJECTED, R, revision=1),
    )
    assert effective(reviewed).hip(R) is second


def test_a_rejected_revision_leaves_no_older_figures(analysis: Analysis) -> None:
    reviewed = Reviewed(
        analysis, (revision(1, redrawn(R)),), verdicts(ReviewKind.REJECTED, R, revision=1)
    )
    rejected = effective(reviewed)
    assert rejected.hip(R).reason is Reason.REJECTED_BY_READER
    assert reviewed.current(R) is None
    # What is left was drawn by the program alone.
    assert rejected.origin is Origin.AI
    assert "head_placed" not in {notice.code for notice in rejected.notices}


@pytest.mark.parametrize(
    ("right", "left", "origin"),
    [
        (Origin.AI_EDITED, None, Origin.AI_EDITED),
        (Origin.MANUAL, None, Origin.AI_EDITED),
        (Origin.MANUAL, Origin.AI_EDITED, Origin.AI_EDITED),
        (Origin.MANUAL, Origin.MANUAL, Origin.MANUAL),
        (Origin.AI, None, Origin.AI),
    ],
)
def test_origin_says_who_drew_what_is_left(
    analysis: Analysis, right: Origin, left: Origin | None, origin: Origin
) -> None:
    revisions = [revision(1, redrawn(R), right)]
    if left is not None:
        revisions.append(revision(2, redrawn(L), left))
    assert effective(Reviewed(analysis, tuple(revisions))).origin is origin


def test_both_rejected_leaves_nothing(analysis: Analysis) -> None:
    nothing = effective(Reviewed(analysis, reviews=verdicts(ReviewKind.REJECTED, R, L)))
    assert {hip.reason for hip in nothing.hips} == {Reason.REJECTED_BY_READER}
    assert nothing.total.n_counted is None


def test_a_head_placed_where_none_was_found_gets_a_total() -> None:
    alone = with_notices(make_analysis(missing=(L,))[0])
    assert "hip_missing" in {notice.code for notice in alone.notices}
    placed = effective(Reviewed(alone, (revision(1, redrawn(L, 0.5)),)))
    codes = {notice.code for notice in placed.notices}
    assert "head_placed" in codes
    assert "hip_missing" not in codes
    assert placed.total.u_intensity is not None


def test_a_verdict_on_a_hip_without_result_changes_nothing() -> None:
    alone = with_notices(make_analysis(missing=(L,))[0])
    assert effective(Reviewed(alone, reviews=verdicts(ReviewKind.REJECTED, L))) is alone


def test_one_of_two_series_keeps_pointing_at_the_other() -> None:
    right = with_notices(make_analysis(missing=(L,))[0])
    left = with_notices(make_analysis(missing=(R,), uid="2.25.2")[0])
    first, _ = as_pair(right, left)
    edited = effective(Reviewed(first, (revision(1, redrawn(R)),)))
    assert edited.hip(L).reason is Reason.SEPARATE_SERIES
    assert edited.total.reason is Reason.SEPARATE_SERIES
    codes = [notice.code for notice in edited.notices]
    assert "hip_missing" not in codes
    assert codes.count("other_hip_in_other_series") == 1


def test_a_notice_kept_in_older_words_is_not_said_twice(analysis: Analysis) -> None:
    reworded = tuple(replace(notice, message="Other words.") for notice in analysis.notices)
    edited = effective(Reviewed(replace(analysis, notices=reworded), (revision(1, redrawn(L)),)))
    codes = [notice.code for notice in edited.notices]
    assert sorted(codes) == sorted(set(codes))


@pytest.fixture(scope="module")
def labelled_left() -> Analysis:
    """Both hips were found on images that are labelled left."""
    made = make_analysis()[0]
    return replace(made, series=replace(made.series, laterality=L))


def noted(kind: ReviewKind, note: str) -> Reviewed:
    made = make_analysis()[0]
    labelled = replace(made, series=replace(made.series, laterality=L))
    return Reviewed(labelled, reviews=(Review(R, 0, kind, "A. Reader", AT, note),))


def test_a_label_leaves_the_other_hip_in_doubt(analysis: Analysis, labelled_left: Analysis) -> None:
    assert unsettled(Reviewed(analysis)) == frozenset()
    assert unsettled(Reviewed(labelled_left)) == {R}


@pytest.mark.parametrize(
    ("kind", "note", "doubted"),
    [
        (ReviewKind.ACCEPTED, "", {R}),
        (ReviewKind.ACCEPTED, "  ", {R}),
        (ReviewKind.ACCEPTED, "The label is wrong", set()),
        (ReviewKind.REJECTED, "", set()),
    ],
)
def test_a_reader_settles_it(kind: ReviewKind, note: str, doubted: set[Side]) -> None:
    assert unsettled(noted(kind, note)) == doubted


def test_a_head_placed_by_a_reader_settles_the_label(labelled_left: Analysis) -> None:
    placed = Reviewed(labelled_left, revisions=(revision(1, redrawn(R)),))
    assert unsettled(placed) == frozenset()


def test_a_head_placed_on_the_other_side_is_in_doubt_whatever_is_noted(
    analysis: Analysis,
) -> None:
    left = analysis.hip(L).head.centre_lps_mm
    wrong = Reviewed(analysis, revisions=(revision(1, redrawn(R, centre_lps_mm=left)),))
    accepted = Review(R, 1, ReviewKind.ACCEPTED, "A. Reader", AT, "I am sure")
    assert unsettled(wrong) == {R}
    assert unsettled(replace(wrong, reviews=(accepted,))) == {R}


def test_slices_that_a_reader_chose_are_said(analysis: Analysis) -> None:
    hip = analysis.hip(R)
    assert hip.score is not None
    first, *rest = hip.score.slices
    out = replace(first, counted=False, reason=Reason.EXCLUDED_BY_READER, note="motion")
    score = replace(hip.score, slices=(out, *rest), central_index=7, central_moved=True)
    said = effective(Reviewed(analysis, (revision(1, replace(hip, score=score), Origin.AI),)))
    told = {each.code: (each.message, each.figure) for each in said.notices}
    assert told["central_moved"] == (
        "A reader made slice 8 the central one of the right hip.",
        8.0,
    )
    assert told["slices_excluded"] == (
        "A reader left one slice of the right hip out of the score.",
        1.0,
    )
    assert "central_moved" not in {each.code for each in effective(Reviewed(analysis)).notices}
