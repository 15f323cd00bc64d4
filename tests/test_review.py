"""What the events of readers add up to: by hand, and for every order of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.errors import BugError
from hipdesk.records import Analysis, HipResult, Origin, Side
from hipdesk.review import (
    Review,
    Reviewed,
    ReviewKind,
    Revision,
    Standing,
    Verdict,
    current_revision,
    standing_of,
)
from tests.analysis_factory import make_analysis, make_hip

START = datetime(2026, 3, 5, 14, 2, tzinfo=UTC)
ACCEPT, REJECT, REOPEN, SIGN, WITHDRAW = ReviewKind
R, L = Side.RIGHT, Side.LEFT


def event(kind: ReviewKind, side: Side = R, revision: int = 0, minute: int = 0) -> Review:
    return Review(side, revision, kind, "A. Reader", START + timedelta(minutes=minute))


def after(*kinds: ReviewKind) -> Standing:
    events = [event(kind, minute=i) for i, kind in enumerate(kinds)]
    return standing_of(events, R, 0)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return make_analysis()


def revision(number: int, hip: HipResult, origin: Origin = Origin.AI_EDITED) -> Revision:
    return Revision(number, origin, START, "A. Reader", hip)


@pytest.mark.parametrize(
    ("kinds", "verdict", "signed"),
    [
        ((), None, False),
        ((ACCEPT,), Verdict.ACCEPTED, False),
        ((REJECT,), Verdict.REJECTED, False),
        ((ACCEPT, REJECT), Verdict.REJECTED, False),
        ((REJECT, ACCEPT), Verdict.ACCEPTED, False),
        ((ACCEPT, REOPEN), None, False),
        ((ACCEPT, SIGN), Verdict.ACCEPTED, True),
        ((REJECT, SIGN), Verdict.REJECTED, True),
        ((ACCEPT, SIGN, WITHDRAW), Verdict.ACCEPTED, False),
        ((ACCEPT, SIGN, WITHDRAW, REJECT, SIGN), Verdict.REJECTED, True),
        ((ACCEPT, SIGN, WITHDRAW, REOPEN), None, False),
    ],
)
def test_what_events_add_up_to(
    kinds: tuple[ReviewKind, ...], verdict: Verdict | None, signed: bool
) -> None:
    standing = after(*kinds)
    assert (standing.verdict, standing.signed) == (verdict, signed)


@pytest.mark.parametrize(
    ("before", "refused"),
    [
        ((), SIGN),
        ((), WITHDRAW),
        ((), REOPEN),
        ((ACCEPT,), WITHDRAW),
        ((ACCEPT, REOPEN), SIGN),
        ((ACCEPT, SIGN), ACCEPT),
        ((ACCEPT, SIGN), REJECT),
        ((ACCEPT, SIGN), REOPEN),
        ((ACCEPT, SIGN), SIGN),
        ((ACCEPT, SIGN, WITHDRAW), WITHDRAW),
    ],
)
def test_what_is_not_allowed_changes_nothing(
    before: tuple[ReviewKind, ...], refused: ReviewKind
) -> None:
    standing = after(*before)
    assert not standing.allows(refused)
    assert after(*before, refused) == standing


def test_the_first_of_two_signatures_stands() -> None:
    signature = after(ACCEPT, SIGN, SIGN).signature
    assert signature is not None
    assert signature.at_utc == START + timedelta(minutes=1)


def test_a_signature_after_a_withdrawal_is_the_new_one() -> None:
    signature = after(ACCEPT, SIGN, WITHDRAW, SIGN).signature
    assert signature is not None
    assert signature.at_utc == START + timedelta(minutes=3)


def test_events_on_other_hips_and_revisions_are_not_this_ones() -> None:
    events = (event(ACCEPT), event(REJECT, side=L), event(REJECT, revision=1))
    assert standing_of(events, R, 0).verdict is Verdict.ACCEPTED
    assert standing_of(events, L, 0).verdict is Verdict.REJECTED
    assert standing_of(events, R, 1).verdict is Verdict.REJECTED
    assert standing_of(events, L, 1) == Standing()


@pytest.mark.parametrize(
    ("events", "numbers", "current"),
    [
        ((), (0,), 0),
        ((), (0, 1, 2), 2),
        (((ACCEPT, 0),), (0, 1), 0),
        (((ACCEPT, 0), (ACCEPT, 1)), (0, 1), 1),
        (((ACCEPT, 0), (SIGN, 0)), (0,), 0),
        (((ACCEPT, 0), (SIGN, 0)), (0, 1), 0),
        (((ACCEPT, 0), (SIGN, 0), (ACCEPT, 1)), (0, 1), 0),
        (((ACCEPT, 0), (SIGN, 0), (REJECT, 1)), (0, 1), 0),
        (((ACCEPT, 0), (SIGN, 0), (WITHDRAW, 0), (ACCEPT, 1)), (0, 1), 1),
        (((REJECT, 0),), (0,), None),
        (((REJECT, 0), (SIGN, 0)), (0,), None),
        (((REJECT, 0), (SIGN, 0), (ACCEPT, 1)), (0, 1), None),
        # A rejected hip has no result until a newer one is accepted.
        (((REJECT, 0),), (0, 1), None),
        (((REJECT, 0), (ACCEPT, 1)), (0, 1), 1),
        (((REJECT, 0), (REOPEN, 0)), (0, 1), 1),
        # The last word counts: nobody goes back to an older revision in silence.
        (((ACCEPT, 0), (REJECT, 1)), (0, 1), None),
        (((ACCEPT, 0), (REJECT, 1)), (0, 1, 2), None),
        (((REJECT, 1),), (0, 1), None),
        (((ACCEPT, 2),), (0, 2, 5), 2),
    ],
)
def test_which_result_counts(
    events: tuple[tuple[ReviewKind, int], ...], numbers: tuple[int, ...], current: int | None
) -> None:
    reviews = [event(kind, revision=number) for kind, number in events]
    assert current_revision(reviews, R, numbers) == current
    assert current_revision(reviews, L, numbers) == numbers[-1]


kinds = st.sampled_from(ReviewKind)
histories = st.lists(st.tuples(kinds, st.integers(0, 3), st.sampled_from(Side)), max_size=12)


def reviews_of(history: list[tuple[ReviewKind, int, Side]]) -> list[Review]:
    return [event(kind, side, number, i) for i, (kind, number, side) in enumerate(history)]


@given(histories, st.integers(1, 4))
def test_a_signed_revision_is_judged_and_is_the_one_that_counts(
    history: list[tuple[ReviewKind, int, Side]], count: int
) -> None:
    reviews = reviews_of(history)
    for side in Side:
        stands = {number: standing_of(reviews, side, number) for number in range(count)}
        signed = [number for number, standing in stands.items() if standing.signed]
        assert all(stands[number].verdict for number in signed)
        current = current_revision(reviews, side, range(count))
        if signed:
            accepted = stands[signed[-1]].verdict is Verdict.ACCEPTED
            assert current == (signed[-1] if accepted else None)
        elif current is not None and stands[current].verdict is None:
            assert current == count - 1
            assert not any(standing.verdict for standing in stands.values())


@given(histories, st.integers(1, 4))
def test_a_new_revision_that_nobody_judged_changes_no_judged_result(
    history: list[tuple[ReviewKind, int, Side]], count: int
) -> None:
    reviews = [review for review in reviews_of(history) if review.revision < count]
    for side in Side:
        stands = [standing_of(reviews, side, number) for number in range(count)]
        current = current_revision(reviews, side, range(count))
        revised = current_revision(reviews, side, range(count + 1))
        judged = any(standing.verdict for standing in stands)
        assert revised == (current if judged else count)


@given(histories)
def test_events_of_one_hip_leave_the_other_alone(
    history: list[tuple[ReviewKind, int, Side]],
) -> None:
    reviews = reviews_of(history)
    own = [review for review in reviews if review.side is R]
    for number in range(4):
        assert standing_of(reviews, R, number) == standing_of(own, R, number)
    assert current_revision(reviews, R, range(4)) == current_revision(own, R, range(4))


@given(st.lists(kinds, max_size=10), kinds)
def test_withdrawing_undoes_a_signature_and_nothing_else(
    before: list[ReviewKind], kind: ReviewKind
) -> None:
    standing = after(*before)
    if standing.allows(SIGN):
        assert after(*before, SIGN, WITHDRAW) == standing
    assert after(*before, SIGN, WITHDRAW, kind).signed is (
        kind is SIGN and standing.verdict is not None
    )


def test_every_short_history_allows_exactly_one_way_out_of_a_signature() -> None:
    for history in product(ReviewKind, repeat=3):
        standing = after(*history)
        allowed = {kind for kind in ReviewKind if standing.allows(kind)}
        if standing.signed:
            assert allowed == {WITHDRAW}
        elif standing.verdict is None:
            assert allowed == {ACCEPT, REJECT}
        else:
            assert allowed == {ACCEPT, REJECT, REOPEN, SIGN}


def test_numbers_run_over_both_hips(analysis: Analysis) -> None:
    right, left = analysis.hips
    reviewed = Reviewed(analysis, (revision(1, right), revision(2, left), revision(3, right)))
    assert reviewed.numbers(R) == (0, 1, 3)
    assert reviewed.numbers(L) == (0, 2)
    assert (reviewed.working(R), reviewed.working(L)) == (3, 2)
    assert reviewed.hip_at(R, 0) is analysis.hips[0]
    with pytest.raises(BugError):
        reviewed.hip_at(R, 2)


def test_the_newest_revision_is_what_stands(analysis: Analysis) -> None:
    new = replace(analysis.hips[0])
    events = (event(ACCEPT), event(ACCEPT, side=L))
    reviewed = Reviewed(analysis, reviews=events)
    assert reviewed.judged
    revised = replace(reviewed, revisions=(revision(1, new),))
    assert revised.hip_at(R, revised.working(R)) is new
    assert revised.standing(R) == Standing()
    assert not revised.judged
    assert revised.current(R) == 0
    accepted = replace(revised, reviews=(*events, event(ACCEPT, revision=1)))
    assert accepted.judged
    assert accepted.current(R) == 1
    assert accepted.current(L) == 0


def test_signed_means_every_hip_that_has_a_result(analysis: Analysis) -> None:
    both = [event(kind, side, minute=i) for i, side in enumerate(Side) for kind in (ACCEPT, SIGN)]
    assert Reviewed(analysis, reviews=tuple(both)).signed
    right_only = Reviewed(analysis, reviews=tuple(both[:2]))
    assert not right_only.signed
    assert not right_only.judged
    assert [signature.side for signature in right_only.signatures] == [R]
    alone = make_analysis(found=(R,))
    assert Reviewed(alone, reviews=tuple(both[:2])).signed
    assert Reviewed(alone).sides == (R,)


def test_without_any_result_nothing_is_judged_or_signed() -> None:
    nothing = Reviewed(make_analysis(found=()))
    assert nothing.sides == ()
    assert not nothing.judged
    assert not nothing.signed


def test_a_head_placed_where_none_was_found_is_there_to_be_judged() -> None:
    alone = make_analysis(found=(R,))
    placed = make_hip(alone.series, L)
    reviewed = Reviewed(alone, (revision(1, placed),), (event(ACCEPT),))
    assert reviewed.sides == (R, L)
    assert not reviewed.judged
    assert replace(reviewed, reviews=(event(ACCEPT), event(REJECT, L, 1))).judged


def test_origin_is_the_newest_revision_s(analysis: Analysis) -> None:
    right = analysis.hips[0]
    reviewed = Reviewed(analysis, (revision(1, right), revision(2, right, Origin.MANUAL)))
    assert reviewed.origin(R) is Origin.MANUAL
    assert reviewed.origin(L) is Origin.AI


def test_readers_and_their_words_stay_out_of_repr(analysis: Analysis) -> None:
    review = replace(event(ACCEPT), reader="SENTINEL", note="SENTINEL")
    assert "SENTINEL" not in repr(review)
    assert "SENTINEL" not in repr(Standing(Verdict.ACCEPTED, review))
    reviewed = Reviewed(analysis, reviews=(review,), impression="SENTINEL")
    assert "SENTINEL" not in repr(reviewed)
    assert "SENTINEL" not in repr(replace(revision(1, analysis.hips[0]), reader="SENTINEL"))
