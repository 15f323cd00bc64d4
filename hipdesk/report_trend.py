"""A patient's visits as the report shows them: charts, and what must be read with them.

A line is never drawn between results that may not be compared. Whether a change
is more than noise is said only where the site's own pairs tell; better or worse,
never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from hipdesk.clinical_trend import (
    NAMES,
    NO_HISTORY,
    IndexLine,
    Plotted,
    TreatmentBar,
    change_sentences,
    index_lines,
    named_sentences,
    outside_sentences,
    recorded,
    treatment_bars,
)
from hipdesk.errors import BugError
from hipdesk.matching import placed
from hipdesk.ports import ClinicalHistory
from hipdesk.prosthesis import without_prosthetic_hips
from hipdesk.quality import SIDE_ORDER
from hipdesk.records import (
    Analysis,
    HipResult,
    HipScore,
    Reason,
    SegmentClass,
    Side,
    Visit,
    VisitHip,
)
from hipdesk.review import PairKind
from hipdesk.sdc import (
    MIN_PAIRS,
    NO_PAIRS,
    DetectableChange,
    Estimates,
    Quantity,
    exceeds,
    scope_of,
)
from hipdesk.sides import doubted_sides, misplaced_sides, side_evidence
from hipdesk.timeline import (
    Basis,
    Change,
    Comparability,
    SideTrend,
    Timeline,
    TrendPoint,
    ValueChange,
    build_timeline,
    moment_of,
)
from hipdesk.wording import (
    ORIGIN_WORDS,
    REASON_SENTENCES,
    capital,
    day_of,
    number,
    signed_number,
)

SDC_UNKNOWN: Final = (
    "Smallest detectable change: not established. Nothing is said here on whether a change "
    "exceeds measurement noise."
)

CHANGE_BASIS: Final = (
    "Plotted is U/n, the per-slice mean of the UNet-score, over all counted slices of each visit; "
    "changes are computed on the slices of both visits that show the same part of the hip."
)
"""Figures of a visit are its own; only a change needs matched slices."""

PAIR_WORDS: Final = MappingProxyType(
    {
        PairKind.SCAN_RESCAN: "patients scanned twice",
        PairKind.READER_REEDIT: "outlines edited twice",
    }
)
"""What a site repeated."""

ONE_VISIT: Final = "No trend: it needs at least two dated visits with a score, and there is one."
NO_SCORED_VISIT: Final = "No trend: no dated visit has a score."
OTHER_COUNTS: Final = (
    "In the library another result of this study counts; plotted here is this report's. Counting"
)
NO_DATE: Final = "This study has no usable date, so it is left out of the trend until it has one."


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """A visit on a chart; ``current`` marks this report's own study."""

    day: date = field(repr=False)
    value: float
    current: bool


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One quantity over time.

    Attributes
    ----------
    lesion : class whose palette and pattern it takes; None for the score
    joined : between neighbouring points, whether a line may join them
    """

    label: str
    lesion: SegmentClass | None
    points: tuple[ChartPoint, ...]
    joined: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Quantities of one hip over time, on one axis from zero."""

    title: str
    unit: str
    lines: tuple[ChartLine, ...]


@dataclass(frozen=True, slots=True)
class IndexChart:
    """A clinical index over time, on an axis from zero."""

    plotted: Plotted
    lines: tuple[IndexLine, ...]

    @property
    def title(self) -> str:
        """Its name, and its unit."""
        unit = f", {self.plotted.unit}" if self.plotted.unit else ""
        return NAMES[self.plotted] + unit


@dataclass(frozen=True, slots=True)
class Trend:
    """Scores and volumes over visits.

    Attributes
    ----------
    charts : by hip: score, then volumes; empty where there is nothing to join
    sentences : what must be read with them, or instead of them
    clinical : indices with at least one point
    bars : treatments, by their beginnings
    days : first and last that any chart reaches; None where there is no date
    clinical_sentences : last changes of the indices, and treatments outside those days
    """

    charts: tuple[tuple[Chart, Chart], ...]
    sentences: tuple[str, ...]
    clinical: tuple[IndexChart, ...] = ()
    bars: tuple[TreatmentBar, ...] = ()
    days: tuple[date, date] | None = field(default=None, repr=False)
    clinical_sentences: tuple[str, ...] = ()


def trend_of(
    analysis: Analysis,
    visits: Sequence[Visit],
    estimates: Estimates = NO_PAIRS,
    history: ClinicalHistory = NO_HISTORY,
) -> Trend:
    """What a report on an analysis says of its patient's visits.

    Parameters
    ----------
    visits : the patient's, in any order; the analysis is added as one where none is of
        its images, else that visit's hips are those of the report, and whatever counts
        in their place is told
    estimates : what the site's own pairs say of noise
    history : what is recorded beside images
    """
    return _with_record(_scores_of(analysis, visits, estimates, history), history)


def _with_record(trend: Trend, history: ClinicalHistory) -> Trend:
    """The trend with indices and treatments on the days of both."""
    clinical = tuple(IndexChart(each, index_lines(history, each)) for each in recorded(history))
    scores = (line for pair in trend.charts for chart in pair for line in chart.lines)
    points = [point.day for line in scores for point in line.points]
    points += [point.day for chart in clinical for line in chart.lines for point in line.points]
    bars = treatment_bars(history.treatments)
    if not points:
        return replace(trend, clinical_sentences=named_sentences(bars))
    days = (min(points), max(points))
    said = (*change_sentences(history), *outside_sentences(bars, days))
    within = tuple(bar for bar in bars if bar.within(*days))
    return replace(trend, clinical=clinical, bars=within, days=days, clinical_sentences=said)


def _scores_of(
    analysis: Analysis, visits: Sequence[Visit], estimates: Estimates, history: ClinicalHistory
) -> Trend:
    reported = [_as_reported(visit, analysis) for visit in visits]
    if not any(_shows(visit, analysis) for visit in visits):
        reported.append(_own_visit(analysis))
    every = without_prosthetic_hips(reported, history)
    timeline = build_timeline(every)
    drawn = [trend for trend in (timeline.right, timeline.left) if _scored(trend)]
    own = (NO_DATE,) if analysis.series.study.date is None else tuple(_rejected(analysis))
    own += _otherwise_counting(visits, analysis)
    if not any(trend.changes for trend in drawn):
        return Trend((), (ONE_VISIT if drawn else NO_SCORED_VISIT, *own, SDC_UNKNOWN))
    charts = tuple(_charts(trend, analysis.uid) for trend in drawn)
    said = (
        CHANGE_BASIS,
        *noise_sentences(every, estimates),
        *_changes(timeline, every, estimates),
        *_comparisons(timeline),
        *_gaps(timeline),
        *own,
    )
    return Trend(charts, said)


def noise_sentences(visits: Sequence[Visit], estimates: Estimates) -> tuple[str, ...]:
    """What a site knows of its noise, for the newest scored result of each hip.

    Parameters
    ----------
    visits : one patient's, in any order
    """
    newest = (newest_scored(visits, side) for side in Side)
    said = [
        detectable_sentence(found, hip.score.u_intensity_mean)
        for hip in newest
        if hip is not None
        for found in _detectable(hip, estimates)
    ]
    return tuple(dict.fromkeys(said)) or (SDC_UNKNOWN,)


def newest_scored(visits: Sequence[Visit], side: Side) -> VisitHip | None:
    """The last dated result of a hip that has a score."""
    dated = sorted((v for v in visits if v.day is not None), key=moment_of, reverse=True)
    hips = (visit.hip(side) for visit in dated)
    return next((hip for hip in hips if hip and hip.score.u_intensity is not None), None)


def _detectable(hip: VisitHip, estimates: Estimates) -> Iterator[DetectableChange]:
    """Of U/n on matched slices, for each kind of pair that the site has."""
    for kind in PairKind:
        found = estimates.of(scope_of(kind, hip, Quantity.U_INTENSITY_MEAN))
        if found.n_pairs:
            yield found


def detectable_sentence(found: DetectableChange, level: float | None = None) -> str:
    """The smallest detectable change of U/n, or how far the site is from knowing it.

    Parameters
    ----------
    level : U/n of the hip that it is said of
    """
    kind, pairs = PAIR_WORDS[found.scope.kind], found.n_pairs
    if found.value is None:
        return (
            f"Smallest detectable change of U/n, {kind}: not established; {pairs} of at least "
            f"{MIN_PAIRS} pairs that vary."
        )
    if found.growing is not None and level is not None:
        return (
            f"Smallest detectable change of U/n about {number(level, 3)}, {kind}: "
            f"{number(found.at(level), 3)}, from {pairs} pairs of this site; it grows with U/n."
        )
    return (
        f"Smallest detectable change of U/n, {kind}: {number(found.value, 3)}, from {pairs} pairs "
        "of this site."
    )


def noise_verdict(change: Change, hip: VisitHip, estimates: Estimates) -> tuple[str, ...]:
    """Whether a change of U/n exceeds noise, for each kind of pair that tells.

    Parameters
    ----------
    hip : the later of the two that were compared
    """
    said = []
    for kind in PairKind:
        found = estimates.of(scope_of(kind, hip, Quantity.U_INTENSITY_MEAN, basis=change.basis))
        level = None if change.intensity is None else change.intensity.mean
        beyond = exceeds(change.u_intensity_mean, found, level)
        if beyond is not None:
            said.append(_beyond(found, level) if beyond else _within(found, level))
    return tuple(said)


def _beyond(found: DetectableChange, level: float | None) -> str:
    return (
        f"The change of U/n exceeds the smallest detectable change of {number(found.at(level), 3)} "
        f"({PAIR_WORDS[found.scope.kind]}, {found.n_pairs} pairs)."
    )


def _within(found: DetectableChange, level: float | None) -> str:
    return (
        "The change of U/n does not exceed the smallest detectable change of "
        f"{number(found.at(level), 3)} ({PAIR_WORDS[found.scope.kind]}, {found.n_pairs} pairs)."
    )


def basis_sentence(change: Change) -> str:
    """Which slices a change was computed from."""
    if change.basis is Basis.UNMATCHED_SLICES or change.n_matched is None:
        return "The slices of the two visits are not matched by position."
    (earlier, later), (low, high) = change.n_matched, change.range_mm or (0.0, 0.0)
    return (
        f"Matched slices: {earlier} and {later}, from {signed_number(low, 0)} to "
        f"{signed_number(high, 0)} mm of the head centre."
    )


def _changes(timeline: Timeline, visits: Sequence[Visit], estimates: Estimates) -> Iterator[str]:
    """The last change of each hip, where it was computed."""
    by_uid = {visit.uid: visit for visit in visits}
    for trend in (timeline.right, timeline.left):
        for change in trend.changes[-1:]:
            hip = by_uid[change.after.visit_uid].hip(trend.side)
            if change.intensity is not None and hip is not None:
                head = f"{capital(trend.side.word)} hip, {_span(change)}"
                said = (basis_sentence(change), *noise_verdict(change, hip, estimates))
                yield f"{head}: U/n {value_words(change.intensity)}. {' '.join(said)}"


def value_words(moved: ValueChange) -> str:
    """A change with what it is of the earlier figure, and per year."""
    beside = []
    if moved.percent is not None:
        beside.append(f"{signed_number(moved.percent, 0)} %")
    if moved.per_year is not None:
        beside.append(f"{signed_number(moved.per_year, 3)} per year")
    absolute = signed_number(moved.absolute, 3)
    return f"{absolute} ({', '.join(beside)})" if beside else absolute


def _as_reported(visit: Visit, analysis: Analysis) -> Visit:
    """A visit whose hips are the report's: a draft may be ahead of, or beside, what counts."""
    if not _shows(visit, analysis):
        return visit
    own, settled = _own_visit(analysis), _own_visit(analysis, settled=True)
    hips: list[VisitHip] = []
    for side in Side:
        counting, reported = visit.hip(side), own.hip(side)
        if counting is not None and counting.analysis_uid == analysis.uid:
            reported = _with_doubt(settled.hip(side), counting.side_in_doubt)
        elif reported is None:
            reported = counting
        hips += [] if reported is None else [reported]
    return replace(visit, hips=tuple(hips))


def _shows(visit: Visit, analysis: Analysis) -> bool:
    """Whether a visit's results are of the images that the report is on."""
    return any(_of_its_images(hip, analysis) for hip in visit.hips)


def _of_its_images(hip: VisitHip, analysis: Analysis) -> bool:
    return hip.analysis_uid == analysis.uid or hip.series_uid == analysis.series.uid


def _otherwise_counting(visits: Sequence[Visit], analysis: Analysis) -> tuple[str, ...]:
    """What counts in the library in place of the report's own hips."""
    reported = {hip.side for hip in analysis.hips if hip.score is not None}
    counting = [
        f"{hip.side.word} hip U/n {number(hip.score.u_intensity_mean, 3)} "
        f"({'not known' if hip.origin is None else ORIGIN_WORDS[hip.origin]})"
        for visit in visits
        if _shows(visit, analysis)
        for hip in visit.hips
        if hip.side in reported and hip.analysis_uid != analysis.uid
    ]
    if not counting:
        return ()
    said = f"{OTHER_COUNTS}: {', '.join(counting)}."
    return (said,)


def _with_doubt(hip: VisitHip | None, doubt: bool) -> VisitHip | None:
    return hip if hip is None or not doubt else replace(hip, side_in_doubt=True)


def _own_visit(analysis: Analysis, *, settled: bool = False) -> Visit:
    """The analysis as a visit of its own, its slices placed.

    Parameters
    ----------
    settled : what the images say of the side was settled elsewhere
    """
    series, wrong = analysis.series, _misplaced(analysis)
    said = frozenset() if settled else doubted_sides(side_evidence(series), analysis.hips)
    hips = tuple(
        replace(_own_hip(analysis, hip, hip.score), side_in_doubt=hip.side in wrong | said)
        for hip in analysis.hips
        if hip.score is not None
    )
    return Visit(uid=analysis.uid, day=series.study.date, hips=hips)


def _misplaced(analysis: Analysis) -> frozenset[Side]:
    """Hips whose head a reader placed on the other side, as the notices or the places say."""
    ordered = all(notice.code != SIDE_ORDER for notice in analysis.notices)
    carried = (hip.side for hip in analysis.hips if hip.head.placed and not ordered)
    return misplaced_sides(side_evidence(analysis.series), analysis.hips) | frozenset(carried)


def _own_hip(analysis: Analysis, hip: HipResult, score: HipScore) -> VisitHip:
    series = analysis.series
    return placed(
        VisitHip(
            side=hip.side,
            analysis_uid=analysis.uid,
            series_uid=series.uid,
            score=score,
            models=analysis.models,
            compute=analysis.compute,
            contrast=series.contrast,
            spacing_mm=series.spacing_mm,
            acquisition=series.acquisition,
            definition=analysis.definition,
            origin=analysis.origin_of(hip.side),
        ),
        series.affine,
        hip.head,
    )


def _scored(trend: SideTrend) -> tuple[TrendPoint, ...]:
    return tuple(point for point in trend.points if point.scored)


def _charts(trend: SideTrend, current_uid: str) -> tuple[Chart, Chart]:
    """Score per slice, and volumes, of one hip."""
    joined = tuple(c.comparability is not Comparability.NOT_COMPARABLE for c in trend.changes)
    hip = f"{capital(trend.side.word)} hip"

    def line(
        label: str, lesion: SegmentClass | None, value: Callable[[TrendPoint], float | None]
    ) -> ChartLine:
        points = tuple(
            ChartPoint(point.day, figure, point.analysis_uid == current_uid)
            for point in _scored(trend)
            if (figure := value(point)) is not None
        )
        if len(points) != len(joined) + 1:
            raise BugError("a scored hip lacks a figure that belongs to its score")
        return ChartLine(label, lesion, points, joined)

    score = line("U/n", None, lambda p: p.u_intensity_mean)
    bme = line("BME", SegmentClass.BME, lambda p: p.bme_ml)
    fluid = line("effusion/synovitis", SegmentClass.EFFUSION_SYNOVITIS, lambda p: p.effusion_ml)
    return (
        Chart(f"{hip}: UNet-score per slice", "U/n", (score,)),
        Chart(f"{hip}: lesion volume", "mL", (bme, fluid)),
    )


def _comparisons(timeline: Timeline) -> tuple[str, ...]:
    """Where lines are broken and where they need caution, each said once."""
    said: dict[tuple[str, str], list[str]] = {}
    for trend in (timeline.right, timeline.left):
        for change in trend.changes:
            for difference in change.differences:
                broken = difference.verdict is Comparability.NOT_COMPARABLE
                kind = "Line broken" if broken else "Compare with caution"
                where = said.setdefault((kind, difference.message), [])
                where.append(_span(change))
    ordered = sorted(said.items(), key=lambda item: item[0][0] != "Line broken")
    return tuple(
        f"{kind}, {', '.join(dict.fromkeys(where))}: {message}"
        for (kind, message), where in ordered
    )


def _span(change: Change) -> str:
    return f"{day_of(change.before.day)} to {day_of(change.after.day)}"


def _gaps(timeline: Timeline) -> tuple[str, ...]:
    """Visits whose hip has no score, with the reason."""
    return tuple(
        _gap(point.day, trend.side, point.reason or Reason.HEAD_NOT_FOUND)
        for trend in (timeline.right, timeline.left)
        for point in trend.points
        if not point.scored
    )


def _rejected(analysis: Analysis) -> Iterator[str]:
    """Hips of the study itself without score because a reader rejected them."""
    for hip in analysis.hips:
        if hip.reason is Reason.REJECTED_BY_READER:
            yield _gap(analysis.series.study.date, hip.side, hip.reason)


def _gap(day: date | None, side: Side, reason: Reason) -> str:
    return f"{day_of(day)}, {side.word} hip: no score, because {REASON_SENTENCES[reason]}."
