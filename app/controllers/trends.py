"""A patient's visits as chart and table: what may be said of a change, and what not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from app.controllers.showing import Translate
from app.state import (
    Comparison,
    ComparisonRow,
    Measure,
    TrendLine,
    TrendMark,
    TrendShown,
)
from hipdesk.errors import BugError
from hipdesk.ports import VisitEntry
from hipdesk.records import HipScore, Reason, Side, Visit, VisitHip
from hipdesk.report_trend import CHANGE_BASIS, SDC_UNKNOWN
from hipdesk.review import Verdict
from hipdesk.timeline import Comparability, Timeline, TrendPoint, build_timeline, compare
from hipdesk.wording import REASON_SENTENCES, day_of, number

MINUS: Final = "\N{MINUS SIGN}"

_VALUES: Final[Mapping[Measure, Callable[[TrendPoint], float | None]]] = MappingProxyType(
    {
        Measure.U_MEAN: lambda point: point.u_intensity_mean,
        Measure.A_MEAN: lambda point: point.u_area_mean,
        Measure.BME_ML: lambda point: point.bme_ml,
        Measure.EFFUSION_ML: lambda point: point.effusion_ml,
    }
)


def _counted(score: HipScore) -> int | None:
    """Counted slices; where lesions are undefined there was nothing to count."""
    return None if score.reason is Reason.NOT_FLUID_SENSITIVE else score.n_counted


_ROWS: Final[tuple[tuple[str, str, int, Callable[[HipScore], float | None]], ...]] = (
    ("U per slice, U/n", "", 3, lambda score: score.u_intensity_mean),
    ("A per slice, A/n", "", 3, lambda score: score.u_area_mean),
    ("Slices counted, n", "", 0, _counted),
    ("BME volume", "mL", 1, lambda score: score.bme_ml),
    ("Effusion/synovitis volume", "mL", 1, lambda score: score.effusion_ml),
    ("Femoral head volume", "mL", 1, lambda score: score.head_ml),
)
"""Words, unit and digits as in `hipdesk.report.findings`."""


def trend_shown(
    entries: Sequence[VisitEntry], measure: Measure, translate: Translate
) -> TrendShown:
    """Both hips over time.

    Parameters
    ----------
    entries : one patient's visits, in any order
    """
    timeline = build_timeline([entry.visit for entry in entries])
    dated = sorted(
        (entry for entry in entries if entry.visit.day is not None),
        key=lambda entry: (str(entry.visit.day), entry.visit.uid),
    )
    lines = tuple(_line(timeline, dated, side, measure, translate) for side in Side)
    said = (_basis(measure, translate), SDC_UNKNOWN, *_gaps(lines), *_undated(entries, translate))
    return TrendShown(measure, lines, tuple(each for each in said if each))


def _line(
    timeline: Timeline,
    dated: Sequence[VisitEntry],
    side: Side,
    measure: Measure,
    translate: Translate,
) -> TrendLine:
    trend = timeline.side(side)
    points = {point.visit_uid: point for point in trend.points}
    marks = tuple(
        _mark(entry, points.get(entry.visit.uid), side, measure, translate) for entry in dated
    )
    joined = tuple(
        (change.comparability, tuple(each.message for each in change.differences))
        for change in trend.changes
    )
    return TrendLine(side, marks, joined)


def _mark(
    entry: VisitEntry,
    point: TrendPoint | None,
    side: Side,
    measure: Measure,
    translate: Translate,
) -> TrendMark:
    """One visit of one hip; a value only where the hip is scored."""
    uid, day = entry.visit.uid, entry.visit.day
    if day is None:
        raise BugError("an undated visit reached a trend")
    if point is None or not point.scored:
        return TrendMark(uid, day, None, _missing(entry, point, side, translate))
    accepted = any(
        each.uid == point.analysis_uid and each.verdicts.get(side) is Verdict.ACCEPTED
        for each in entry.analyses
    )
    return TrendMark(uid, day, _VALUES[measure](point), accepted=accepted)


def _missing(entry: VisitEntry, point: TrendPoint | None, side: Side, translate: Translate) -> str:
    """Why a hip has no score at a visit, as the end of a sentence."""
    if point is not None:
        return REASON_SENTENCES[point.reason or Reason.HEAD_NOT_FOUND]
    if any(each.verdicts.get(side) is Verdict.REJECTED for each in entry.analyses):
        return REASON_SENTENCES[Reason.REJECTED_BY_READER]
    return translate("FollowUp", "this visit has no result of this hip")


def _basis(measure: Measure, translate: Translate) -> str:
    """What must be known of the figures that are plotted."""
    if measure is Measure.U_MEAN:
        return CHANGE_BASIS
    if measure is Measure.A_MEAN:
        return translate(
            "FollowUp",
            "Plotted is A/n, the per-slice mean of the area score; the slices of different visits "
            "are not matched by position.",
        )
    return ""


def _gaps(lines: Sequence[TrendLine]) -> tuple[str, ...]:
    return tuple(
        f"{day_of(mark.day)}, {line.side.word} hip: no score, because {mark.reason}."
        for line in lines
        for mark in line.marks
        if mark.value is None
    )


def _undated(entries: Sequence[VisitEntry], translate: Translate) -> tuple[str, ...]:
    """Which visits are left out for want of a date."""
    unnamed = translate("FollowUp", "study without a description")
    sentence = translate("FollowUp", "Left out until it has a date: {study}.")
    return tuple(
        sentence.format(study=", ".join(filter(None, entry.descriptions)) or unnamed)
        for entry in entries
        if entry.visit.day is None
    )


def comparison_of(
    earlier: Visit, later: Visit, side: Side, notices: Sequence[str], barred: Sequence[str] = ()
) -> Comparison:
    """One hip at two visits in numbers; no change where they may not be compared.

    Parameters
    ----------
    notices : what else must be known of the pair, as sentences
    barred : what forbids to compare them, as sentences
    """
    before, after = earlier.hip(side), later.hip(side)
    verdict, differences = _verdict(before, after)
    if barred and verdict is not None:
        verdict = Comparability.NOT_COMPARABLE
    allowed = verdict in (Comparability.COMPARABLE, Comparability.WITH_CAUTION)
    rows = tuple(
        _row(label, unit, digits, _of(before, value), _of(after, value), allowed)
        for label, unit, digits, value in _ROWS
    )
    unscored = tuple(
        f"{day_of(visit.day)}, {side.word} hip: no score, because {REASON_SENTENCES[reason]}."
        for visit, hip in ((earlier, before), (later, after))
        if hip is not None and (reason := hip.score.reason) is not None
    )
    days = None if earlier.day is None or later.day is None else (later.day - earlier.day).days
    return Comparison(rows, verdict, (*barred, *unscored, *differences, *notices), days)


def _verdict(
    before: VisitHip | None, after: VisitHip | None
) -> tuple[Comparability | None, tuple[str, ...]]:
    if before is None or after is None:
        return None, ()
    if before.score.u_intensity is None or after.score.u_intensity is None:
        return None, ()
    verdict, differences = compare(before, after)
    return verdict, tuple(each.message for each in differences)


def _of(hip: VisitHip | None, value: Callable[[HipScore], float | None]) -> float | None:
    return None if hip is None else value(hip.score)


def _row(
    label: str,
    unit: str,
    digits: int,
    before: float | None,
    after: float | None,
    allowed: bool,
) -> ComparisonRow:
    change = ""
    if allowed and before is not None and after is not None:
        change = signed_number(after - before, digits)
    return ComparisonRow(label, unit, number(before, digits), number(after, digits), change)


def signed_number(value: float, digits: int) -> str:
    """A change with its sign; none where it rounds to zero."""
    text = number(abs(value), digits)
    if float(text) == 0:
        return text
    return ("+" if value > 0 else MINUS) + text
