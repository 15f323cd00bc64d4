"""A patient's visits as the report shows them: charts, and what must be read with them.

A line is never drawn between results that may not be compared, and nothing is
said on whether a change is more than noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from hipdesk.errors import BugError
from hipdesk.records import Analysis, Reason, SegmentClass, Side, Visit, VisitHip
from hipdesk.timeline import Change, Comparability, SideTrend, Timeline, TrendPoint, build_timeline
from hipdesk.wording import REASON_SENTENCES, capital, day_of

SDC_UNKNOWN: Final = (
    "Smallest detectable change: not established. Nothing is said here on whether a change "
    "exceeds measurement noise."
)

CHANGE_BASIS: Final = (
    "Plotted is U/n, the per-slice mean of the UNet-score; the slices of different visits are "
    "not matched by position."
)

ONE_VISIT: Final = "No trend: it needs at least two dated visits with a score, and there is one."
NO_SCORED_VISIT: Final = "No trend: no dated visit has a score."
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
class Trend:
    """Scores and volumes over visits.

    Attributes
    ----------
    charts : by hip: score, then volumes; empty where there is nothing to join
    sentences : what must be read with them, or instead of them
    """

    charts: tuple[tuple[Chart, Chart], ...]
    sentences: tuple[str, ...]


def trend_of(analysis: Analysis, visits: Sequence[Visit]) -> Trend:
    """What a report on an analysis says of its patient's visits.

    Parameters
    ----------
    visits : the patient's, in any order; the analysis is added as one where it
        is not among them, and its own hips are those of the report
    """
    known = {hip.analysis_uid for visit in visits for hip in visit.hips}
    every = [_as_reported(visit, analysis) for visit in visits]
    if analysis.uid not in known:
        every.append(_own_visit(analysis))
    timeline = build_timeline(every)
    drawn = [trend for trend in (timeline.right, timeline.left) if _scored(trend)]
    own = (NO_DATE,) if analysis.series.study.date is None else tuple(_rejected(analysis))
    if not any(trend.changes for trend in drawn):
        return Trend((), (ONE_VISIT if drawn else NO_SCORED_VISIT, *own, SDC_UNKNOWN))
    charts = tuple(_charts(trend, analysis.uid) for trend in drawn)
    said = (CHANGE_BASIS, SDC_UNKNOWN, *_comparisons(timeline), *_gaps(timeline), *own)
    return Trend(charts, said)


def _as_reported(visit: Visit, analysis: Analysis) -> Visit:
    """A visit whose hips of this analysis are the report's: a draft may be ahead of what counts."""
    if not any(hip.analysis_uid == analysis.uid for hip in visit.hips):
        return visit
    own = _own_visit(analysis)
    hips = (own.hip(hip.side) if hip.analysis_uid == analysis.uid else hip for hip in visit.hips)
    return replace(visit, hips=tuple(hip for hip in hips if hip is not None))


def _own_visit(analysis: Analysis) -> Visit:
    """The analysis as a visit of its own."""
    series = analysis.series
    hips = tuple(
        VisitHip(
            side=hip.side,
            analysis_uid=analysis.uid,
            series_uid=series.uid,
            score=hip.score,
            models=analysis.models,
            compute=analysis.compute,
            contrast=series.contrast,
            spacing_mm=series.spacing_mm,
            acquisition=series.acquisition,
            definition=analysis.definition,
            origin=analysis.origin_of(hip.side),
        )
        for hip in analysis.hips
        if hip.score is not None
    )
    return Visit(uid=analysis.uid, day=series.study.date, hips=hips)


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
