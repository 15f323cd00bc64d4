"""A patient's visits as chart and table: what may be said of a change, and what not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
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
from hipdesk.records import HipScore, Reason, SegmentClass, Side, Visit, VisitHip
from hipdesk.report_trend import (
    CHANGE_BASIS,
    basis_sentence,
    newest_scored,
    noise_sentences,
    noise_verdict,
)
from hipdesk.review import PairKind, RepeatPair, Verdict
from hipdesk.sdc import NO_PAIRS, DetectableChange, Estimates, Quantity, scope_of
from hipdesk.timeline import (
    Basis,
    Change,
    Comparability,
    Timeline,
    TrendPoint,
    ValueChange,
    build_timeline,
    change_between,
    compare,
    moment_of,
    value_change,
)
from hipdesk.wording import REASON_SENTENCES, day_of, number, signed_number

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


OTHER_MODEL: Final = "model"
"""Code of the difference that another analysis with the present models takes away."""

GAPS_SAID: Final = 8
"""So many hips without a score have a sentence each; more would push the table out of sight."""

VOLUME_FLOOR_ML: Final = 0.5
"""A smaller earlier volume has no percent change: five of the least figures shown (our choice)."""

_SCORES: Final[tuple[tuple[str, str, Callable[[HipScore], float | None]], ...]] = (
    ("U per slice, U/n", "U/n on matched slices", lambda score: score.u_intensity_mean),
    ("A per slice, A/n", "A/n on matched slices", lambda score: score.u_area_mean),
)
"""Words for all counted slices and for those that are matched."""

_VOLUMES: Final[tuple[tuple[str, Callable[[HipScore], float | None]], ...]] = (
    ("BME volume", lambda score: score.bme_ml),
    ("Effusion/synovitis volume", lambda score: score.effusion_ml),
    ("Femoral head volume", lambda score: score.head_ml),
)
"""Words and digits as in `hipdesk.report.findings`."""

SCORE_DIGITS: Final = 3
VOLUME_DIGITS: Final = 1


def trend_shown(
    entries: Sequence[VisitEntry],
    measure: Measure,
    translate: Translate,
    estimates: Estimates = NO_PAIRS,
) -> TrendShown:
    """Both hips over time.

    Parameters
    ----------
    entries : one patient's visits, in any order; of those without images nothing is told
    estimates : what the site's own pairs say of noise
    """
    scanned = [entry for entry in entries if entry.studies or entry.analyses]
    visits = [entry.visit for entry in scanned]
    timeline = build_timeline(visits)
    dated = sorted(
        (entry for entry in scanned if entry.visit.day is not None),
        key=lambda entry: moment_of(entry.visit),
    )
    lines = tuple(
        _with_noise(
            _line(timeline, dated, side, measure, translate),
            _noise(newest_scored(visits, side), measure, estimates),
        )
        for side in Side
    )
    said = (
        _basis(measure, translate),
        *noise_sentences(visits, estimates),
        *_band(lines, translate),
        *_gaps(lines, translate),
        *_undated(scanned, translate),
        *_entered(dated, translate),
    )
    return TrendShown(measure, lines, tuple(each for each in said if each), _mixed(timeline))


_PLOTTED: Final[Mapping[Measure, tuple[Quantity, SegmentClass | None]]] = MappingProxyType(
    {
        Measure.U_MEAN: (Quantity.U_INTENSITY_MEAN, None),
        Measure.A_MEAN: (Quantity.U_AREA_MEAN, None),
        Measure.BME_ML: (Quantity.VOLUME_ML, SegmentClass.BME),
        Measure.EFFUSION_ML: (Quantity.VOLUME_ML, SegmentClass.EFFUSION_SYNOVITIS),
    }
)


def _noise(hip: VisitHip | None, measure: Measure, estimates: Estimates) -> DetectableChange | None:
    """The smallest detectable change of what is plotted: of all counted slices, scanned twice."""
    if hip is None:
        return None
    basis = Basis.UNMATCHED_SLICES
    return estimates.of(scope_of(PairKind.SCAN_RESCAN, hip, *_PLOTTED[measure], basis))


def _with_noise(line: TrendLine, known: DetectableChange | None) -> TrendLine:
    """The line, each of its figures with the noise about it."""
    if known is None:
        return line
    marks = (
        mark if mark.value is None else replace(mark, noise=known.at(mark.value))
        for mark in line.marks
    )
    return replace(line, marks=tuple(marks))


def _band(lines: Sequence[TrendLine], translate: Translate) -> tuple[str, ...]:
    """What the band on the chart is, where there is one."""
    if all(mark.noise is None for line in lines for mark in line.marks):
        return ()
    return (
        translate(
            "FollowUp",
            "Band: the earlier visit's figure, more or less by the smallest detectable change of "
            "what is plotted.",
        ),
    )


def _mixed(timeline: Timeline) -> bool:
    """Whether results that should be neighbours come from different models."""
    changes = (change for side in Side for change in timeline.side(side).changes)
    return any(each.code == OTHER_MODEL for change in changes for each in change.differences)


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
            "Plotted is A/n, the per-slice mean of the area score, over all counted slices of "
            "each visit; changes are computed on the slices of both visits that show the same "
            "part of the hip.",
        )
    return ""


def _gaps(lines: Sequence[TrendLine], translate: Translate) -> tuple[str, ...]:
    """Why hips have no score: the newest visits each, older ones as a number."""
    gaps = [(line.side, mark) for line in lines for mark in line.marks if mark.value is None]
    newest = sorted(gaps, key=lambda gap: gap[1].day, reverse=True)[:GAPS_SAID]
    said = (
        f"{day_of(mark.day)}, {side.word} hip: no score, because {mark.reason}."
        for side, mark in gaps
        if (side, mark) in newest
    )
    sentence = translate(
        "FollowUp", "Older results without a score: {count}; their marks on the chart tell why."
    )
    rest = len(gaps) - len(newest)
    return (*said, *((sentence.format(count=rest),) if rest else ()))


def _undated(entries: Sequence[VisitEntry], translate: Translate) -> tuple[str, ...]:
    """Which visits are left out for want of a date."""
    unnamed = translate("FollowUp", "study without a description")
    sentence = translate("FollowUp", "Left out until it has a date: {study}.")
    return tuple(
        sentence.format(study=", ".join(filter(None, entry.descriptions)) or unnamed)
        for entry in entries
        if entry.visit.day is None
    )


def _entered(dated: Sequence[VisitEntry], translate: Translate) -> tuple[str, ...]:
    """Which days are a reader's, not the images'."""
    days = ", ".join(day_of(each.visit.day) for each in dated if each.dated_by is not None)
    sentence = translate("FollowUp", "Date given by a reader, not by the images: {days}.")
    return (sentence.format(days=days),) if days else ()


def comparison_of(
    earlier: Visit,
    later: Visit,
    side: Side,
    notices: Sequence[str],
    barred: Sequence[str] = (),
    *,
    estimates: Estimates = NO_PAIRS,
    pairs: Sequence[RepeatPair] = (),
    force: bool = False,
) -> Comparison:
    """One hip at two visits in numbers; no change where they may not be compared.

    Parameters
    ----------
    notices : what else must be known of the pair, as sentences
    barred : what forbids to compare them, as sentences; no asking helps
    estimates : what the site's own pairs say of noise
    pairs : those that readers named
    force : give the changes though the two are not comparable
    """
    before, after = earlier.hip(side), later.hip(side)
    change = change_between(earlier, later, side, force=force and not barred)
    verdict, differences = _verdict(before, after)
    given = None if barred or change is None or change.intensity is None else change
    refused = verdict is Comparability.NOT_COMPARABLE
    if barred and verdict is not None:
        verdict = Comparability.NOT_COMPARABLE
    return Comparison(
        rows=tuple(_rows(before, after, given)),
        verdict=verdict,
        differences=_once(
            *barred,
            *_unscored(earlier, later, side),
            *differences,
            *notices,
            *_undated_pair(change, verdict, barred),
            *(() if given is None or after is None else _computed(given, after, estimates)),
        ),
        days=None if earlier.day is None or later.day is None else (later.day - earlier.day).days,
        forced=given is not None and given.forced,
        askable=refused and not barred and given is None and not _in_doubt(before, after),
        repeat=_repeat(before, after, pairs) if given is not None and not refused else None,
    )


def _once(*said: str) -> tuple[str, ...]:
    """Each sentence where it was said first: pictures and figures may have the same to say."""
    return tuple(dict.fromkeys(said))


def _repeat(
    before: VisitHip | None, after: VisitHip | None, pairs: Sequence[RepeatPair]
) -> bool | None:
    """Whether the two are named as scans of an unchanged hip; None where they cannot be."""
    if before is None or after is None or before.series_uid == after.series_uid:
        return None
    wanted = {_result_of(before), _result_of(after)}
    return any(
        pair.kind is PairKind.SCAN_RESCAN
        and {_result_of(take.hip) for take in (pair.first, pair.second)} == wanted
        for pair in pairs
    )


def _result_of(hip: VisitHip) -> tuple[str, int, Side]:
    return hip.analysis_uid, hip.revision, hip.side


def _computed(change: Change, after: VisitHip, estimates: Estimates) -> tuple[str, ...]:
    """What a change was computed from, and whether it exceeds noise."""
    return basis_sentence(change), *noise_verdict(change, after, estimates)


def _undated_pair(
    change: Change | None, verdict: Comparability | None, barred: Sequence[str]
) -> tuple[str, ...]:
    missing = change is None and verdict is not None and not barred
    return ("A visit without a date gives no change; give it its date first.",) if missing else ()


def _in_doubt(*hips: VisitHip | None) -> bool:
    return any(hip is not None and hip.side_in_doubt for hip in hips)


def _unscored(earlier: Visit, later: Visit, side: Side) -> tuple[str, ...]:
    return tuple(
        f"{day_of(visit.day)}, {side.word} hip: no score, because {REASON_SENTENCES[reason]}."
        for visit in (earlier, later)
        if (hip := visit.hip(side)) is not None and (reason := hip.score.reason) is not None
    )


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


def _rows(
    before: VisitHip | None, after: VisitHip | None, change: Change | None
) -> Iterator[ComparisonRow]:
    """Scores, on matched slices too where there are such; slices; volumes."""
    changes = (None, None) if change is None else (change.intensity, change.area)
    matched = change is not None and change.basis is Basis.MATCHED_SLICES
    for (label, on_matched, value), moved in zip(_SCORES, changes, strict=True):
        own = _of(before, value), _of(after, value)
        apart = matched and moved is not None and not _same(own, moved)
        yield _row(label, "", SCORE_DIGITS, *own, None if apart else moved)
        if apart and moved is not None:
            yield _row(on_matched, "", SCORE_DIGITS, moved.before, moved.after, moved)
    yield from _slice_rows(before, after, change)
    for label, value in _VOLUMES:
        own = _of(before, value), _of(after, value)
        yield _row(label, "mL", VOLUME_DIGITS, *own, _volume_change(*own, change))


def _same(own: tuple[float | None, float | None], moved: ValueChange) -> bool:
    """Whether every counted slice is matched, so that a row of its own would say nothing."""
    pairs = zip(own, (moved.before, moved.after), strict=True)
    return all(one is not None and math.isclose(one, other) for one, other in pairs)


def _slice_rows(
    before: VisitHip | None, after: VisitHip | None, change: Change | None
) -> Iterator[ComparisonRow]:
    counted = _of(before, _counted), _of(after, _counted)
    yield _count_row("Slices counted, n", *counted, change)
    if change is not None and change.n_matched is not None:
        yield _count_row("Slices matched", *change.n_matched, change)


def _volume_change(
    before: float | None, after: float | None, change: Change | None
) -> ValueChange | None:
    if change is None or before is None or after is None:
        return None
    return value_change(before, after, change.days, VOLUME_FLOOR_ML)


def _count_row(
    label: str, before: float | None, after: float | None, change: Change | None
) -> ComparisonRow:
    """A number of slices, whose change has no percentage."""
    moved = None if change is None or before is None or after is None else after - before
    words = "" if moved is None else signed_number(moved, 0)
    return ComparisonRow(label, "", number(before, 0), number(after, 0), words)


def _row(
    label: str,
    unit: str,
    digits: int,
    before: float | None,
    after: float | None,
    moved: ValueChange | None,
) -> ComparisonRow:
    change = percent = per_year = ""
    if moved is not None:
        change = signed_number(moved.absolute, digits)
        percent = "" if moved.percent is None else f"{signed_number(moved.percent, 0)} %"
        per_year = "" if moved.per_year is None else signed_number(moved.per_year, digits)
    earlier, later = number(before, digits), number(after, digits)
    return ComparisonRow(label, unit, earlier, later, change, percent, per_year)
