"""From visits and the reader's wishes to what the follow-up shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from app.controllers.follow_state import (
    Following,
    Manner,
    begun,
    centre_of,
    counted,
    counted_hip,
    default_pair,
    empty_panel,
    entry_of,
    kept_panel,
    link_of,
    misplaced,
    plane_sentences,
    renewed,
    side_sentences,
    with_lock,
    with_visit,
    with_window,
    worst_offset,
)
from app.controllers.windows import RelativeWindow
from app.state import Measure, OpenSeries, Panel
from hipdesk.ports import AnalysisEntry, VisitEntry
from hipdesk.records import Contrast, Origin, Side, Visit
from hipdesk.review import Review, ReviewKind, Revision
from tests.app.fakes import NOW, translate
from tests.app.review_fakes import before_analysis, opened

RIGHT, LEFT = Side.RIGHT, Side.LEFT
EARLIER, LATER = Panel.EARLIER, Panel.LATER


def entry(uid: str, day: date | None = date(2024, 1, 1), analyses: int = 1) -> VisitEntry:
    listed = tuple(
        AnalysisEntry(f"{uid}.{n}", NOW, "", Contrast.STIR, 9, (RIGHT,), {}, False, None)
        for n in range(analyses)
    )
    return VisitEntry(Visit(uid, day, ()), "patient", (), listed)


def following(*uids: str, at: str = "") -> Following:
    entries = tuple(entry(uid) for uid in uids)
    return begun("patient", at or uids[-1], entries, Manner())


def test_visits_without_images_are_not_paired() -> None:
    entries = (entry("a"), entry("b", analyses=0), entry("c"))
    assert default_pair(entries, "c") == {EARLIER: "a", LATER: "c"}
    assert default_pair(entries, "a") == {EARLIER: "a", LATER: "c"}
    assert default_pair(entries, "gone") == {EARLIER: "a", LATER: "c"}
    assert default_pair(entries[:2], "a") == {}


def test_the_pair_is_always_in_order() -> None:
    first = following("a", "b", "c", "d", at="c")
    assert first.chosen == {EARLIER: "b", LATER: "c"}
    assert with_visit(first, EARLIER, "d").chosen == {EARLIER: "c", LATER: "d"}
    assert with_visit(first, LATER, "a").chosen == {EARLIER: "a", LATER: "b"}
    assert with_visit(first, EARLIER, "c") is first
    assert with_visit(first, EARLIER, "gone") is first


def test_a_visit_that_went_begins_the_follow_up_anew() -> None:
    before = replace(following("a", "b", "c"), manner=Manner(Measure.BME_ML))
    kept = renewed(before, (entry("z"), *before.entries))
    assert kept.chosen == before.chosen
    moved = renewed(before, (entry("a"), entry("c")))
    assert moved.chosen == {EARLIER: "a", LATER: "c"}
    assert moved.manner.measure is Measure.BME_ML
    assert entry_of(moved.entries, "b") is None


def test_locking_takes_the_later_window_for_both() -> None:
    narrow, shifted = RelativeWindow(0.0, 0.5), RelativeWindow(0.2, 1.0)
    free = with_lock(following("a", "b"), False)
    both = with_window(with_window(free, EARLIER, narrow), LATER, shifted)
    assert both.windows == {EARLIER: narrow, LATER: shifted}
    assert with_lock(both, True).windows == {EARLIER: shifted, LATER: shifted}


def revised(kind: ReviewKind) -> OpenSeries:
    """The right hip was judged, then done again without its outlines."""
    series = opened().series()
    reviewed = series.reviewed
    assert reviewed is not None
    review = Review(RIGHT, 0, kind, "", NOW)
    revision = Revision(1, Origin.AI_EDITED, NOW, "", reviewed.analysis.hip(RIGHT))
    after = replace(reviewed, reviews=(review,), revisions=(revision,))
    return replace(series, stack=series.stack.with_hip(RIGHT, None), reviewed=after)


def carried_across(*reviews: Review) -> OpenSeries:
    """The right head was placed on the left hip."""
    series = opened().series()
    reviewed = series.reviewed
    assert reviewed is not None
    right, left = (reviewed.analysis.hip(side) for side in Side)
    head = replace(right.head, centre_lps_mm=left.head.centre_lps_mm, placed=True)
    revision = Revision(1, Origin.AI_EDITED, NOW, "", replace(right, head=head))
    return replace(series, reviewed=replace(reviewed, revisions=(revision,), reviews=reviews))


@pytest.mark.parametrize("rejected", [(), (Review(LEFT, 0, ReviewKind.REJECTED, "", NOW),)])
def test_a_hip_placed_on_the_other_one_is_not_compared(rejected: tuple[Review, ...]) -> None:
    pair = replace(following("a", "b"), side=RIGHT)
    read = {EARLIER: opened().series(), LATER: carried_across(*rejected)}
    assert side_sentences(pair, read, translate) == (
        (
            "2024-01-01: the right femoral head was placed on the left side of the body, so "
            "nothing is compared."
        ),
    )
    assert side_sentences(replace(pair, side=LEFT), read, translate) == ()
    assert side_sentences(pair, {EARLIER: read[EARLIER]}, translate) == ()


def test_a_wrong_head_that_does_not_count_bars_nothing() -> None:
    accepted = carried_across(Review(RIGHT, 0, ReviewKind.ACCEPTED, "", NOW))
    assert not misplaced(accepted, RIGHT)
    assert misplaced(carried_across(), RIGHT)
    assert not misplaced(before_analysis(accepted), RIGHT)


def test_what_counts_is_shown_not_what_is_newest() -> None:
    accepted = revised(ReviewKind.ACCEPTED)
    shown = counted(accepted)
    assert RIGHT in shown.stack.outlines
    assert RIGHT not in accepted.stack.outlines
    assert shown.stack.outlines[LEFT] is accepted.stack.outlines[LEFT]
    rejected = revised(ReviewKind.REJECTED)
    assert RIGHT not in counted(rejected).stack.outlines
    assert counted_hip(rejected, RIGHT) is None
    assert (centre_of(rejected, RIGHT), worst_offset(rejected, RIGHT)) == (None, None)


def test_nothing_is_redrawn_where_the_newest_counts() -> None:
    series = opened().series()
    assert counted(series) is series
    bare = before_analysis(series)
    assert counted(bare) is bare
    assert counted_hip(bare, RIGHT) is None


def test_the_link_spans_both_visits_at_the_smaller_step() -> None:
    series = opened().series()
    low, high = -5.0 * 4 - 2.0 - 2.5, 5.0 * 4 - 2.0 + 2.5  # 9 slices; the head lies 2 mm behind
    link = link_of({LATER: series}, RIGHT, 100.0)
    assert link is not None
    assert link.range_mm == pytest.approx((low, high), abs=0.6)
    assert link.offset_mm == link.range_mm[1]
    fine = series.stack.affine.copy()
    fine[:3, 0] *= 0.8
    thin = replace(series, stack=replace(series.stack, affine=fine))
    both = link_of({LATER: series, EARLIER: thin}, RIGHT, 0.0)
    assert both is not None
    assert both.step_mm == pytest.approx(4.0)
    assert both.range_mm[1] == pytest.approx(link.range_mm[1])
    assert link_of({}, RIGHT, 0.0) is None
    assert link_of({LATER: series}, RIGHT, None) is None


def test_tilted_slices_are_said() -> None:
    series = opened().series()
    angle = np.deg2rad(15)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    tilted = replace(series, stack=replace(series.stack, affine=turn @ series.stack.affine))
    (said,) = plane_sentences({EARLIER: series, LATER: tilted})
    assert "15 degrees" in said
    assert plane_sentences({EARLIER: series, LATER: series}) == ()
    assert plane_sentences({LATER: tilted}) == ()


def test_the_same_panel_stays_the_same_object() -> None:
    first = empty_panel(following("a", "b"), LATER, "why")
    again = empty_panel(following("a", "b"), LATER, "why")
    other = empty_panel(following("a", "b"), LATER, "else")
    assert first is not None
    assert kept_panel(first, again) is first
    assert kept_panel(first, other) is other
    assert kept_panel(first, None) is None
    assert kept_panel(None, first) is first
    assert empty_panel(replace(following("a", "b"), chosen={}), LATER, "why") is None
