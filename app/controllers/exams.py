"""Questions asked of an open exam: which series shows a hip, what counts, what is signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from app.state import Exam, OpenSeries
from hipdesk.amendment import effective
from hipdesk.display import DisplayStack, Outlines
from hipdesk.records import Analysis, HipResult, Side
from hipdesk.review import Review, Reviewed, Revision


def reviews_of(exam: Exam) -> Iterator[Reviewed]:
    """What readers have said of each analysed series."""
    return (each.reviewed for each in exam.series if each.reviewed is not None)


def series_of(exam: Exam | None, analysis_uid: str) -> OpenSeries | None:
    """The open series to which an analysis belongs."""
    for each in () if exam is None else exam.series:
        if each.reviewed is not None and each.reviewed.analysis.uid == analysis_uid:
            return each
    return None


def named(exam: Exam | None, key: str) -> OpenSeries | None:
    """The open series of this `OpenSeries.key`."""
    return next((each for each in (exam.series if exam else ()) if each.key == key), None)


def working_hip(series: OpenSeries | None, side: Side) -> HipResult | None:
    """One hip as its newest revision has it; None before the analysis."""
    if series is None or series.reviewed is None:
        return None
    reviewed = series.reviewed
    if not any(hip.side is side for hip in reviewed.analysis.hips):
        return None
    return reviewed.hip_at(side, reviewed.working(side))


def home_of(exam: Exam, shown: OpenSeries, side: Side) -> OpenSeries | None:
    """The series on which a hip was found, the shown one first."""
    others = (each for each in exam.series if each is not shown)
    found = (each for each in (shown, *others) if _found(each, side))
    return next(found, None)


def _found(series: OpenSeries, side: Side) -> bool:
    hip = working_hip(series, side)
    return hip is not None and hip.head.found


def other_analysis(exam: Exam, shown: OpenSeries) -> Analysis | None:
    """The other series of a separate right and left pair, as its readers left it."""
    others = (each.reviewed for each in exam.series if each.key != shown.key)
    return next((effective(each) for each in others if each is not None), None)


def signed(exam: Exam) -> bool:
    """Whether every hip with a result is signed, over all series."""
    standings = [each.standing(side) for each in reviews_of(exam) for side in each.sides]
    return bool(standings) and all(standing.signed for standing in standings)


def locked(series: OpenSeries | None) -> bool:
    """Whether a signature stands on any hip of a series."""
    return series is not None and series.reviewed is not None and bool(series.reviewed.signatures)


def with_reviews(series: OpenSeries, reviews: tuple[Review, ...]) -> OpenSeries:
    """The series after readers' acts that the library has kept."""
    reviewed = series.reviewed
    if reviewed is None:
        return series
    return replace(series, reviewed=replace(reviewed, reviews=(*reviewed.reviews, *reviews)))


def with_impression(series: OpenSeries, text: str) -> OpenSeries:
    """The series after the reader's words were kept."""
    if series.reviewed is None:
        return series
    return replace(series, reviewed=replace(series.reviewed, impression=text))


def with_revision(series: OpenSeries, revision: Revision, drawn: DisplayStack) -> OpenSeries:
    """The series after a hip was done again.

    Parameters
    ----------
    drawn : the same series with the outlines of the revised hip; those of the
        other hip may be older than the series'
    """
    reviewed, side = series.reviewed, revision.hip.side
    if reviewed is None or revision.number in reviewed.numbers(side):
        return series
    return replace(
        series,
        reviewed=replace(reviewed, revisions=(*reviewed.revisions, revision)),
        stack=replace(series.stack, outlines=_with_side(series.stack, drawn, side)),
    )


def _with_side(
    stack: DisplayStack, drawn: DisplayStack, side: Side
) -> Mapping[Side, tuple[Outlines, ...]]:
    """Outlines of a stack, those of one hip taken from another."""
    outlines = {each: lines for each, lines in stack.outlines.items() if each is not side}
    if side in drawn.outlines:
        outlines[side] = drawn.outlines[side]
    return MappingProxyType(outlines)
