"""Visits -> Timeline: each hip's scores over time, and what may be compared.

Scores grow with the number of counted slices, so a change is the change of the
per-slice mean U/n. The slices of the two visits are not matched in millimetres
here (`Basis.UNMATCHED_SLICES` travels with every change): a change is a
description, no test of anything. No smallest detectable change is published
for this score; until a site has measured its own, none is established and no
change may be called better, worse or stable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final

from hipdesk.errors import BugError
from hipdesk.manifest import Task
from hipdesk.records import HipScore, Reason, Side, Visit, VisitHip

SPACING_TOLERANCE: Final = 0.10
"""Slice distances further apart than this fraction are not compared."""

TIME_TOLERANCE: Final = 0.05
"""TE, TI or TR further apart than this fraction call for caution (our choice)."""

FIELD_TOLERANCE_T: Final = 0.1
"""Field strengths differ beyond this; 1.494 and 1.5 are the same kind of scanner."""

NO_USABLE_DATE: Final = "no_usable_date"
"""Why a visit is left out of every trend."""

SDC_NOT_ESTABLISHED: Final = "not_established"
"""The smallest detectable change of this site is unknown."""


class Comparability(StrEnum):
    """Whether two results of one hip may be set against each other."""

    COMPARABLE = "comparable"
    WITH_CAUTION = "with_caution"
    NOT_COMPARABLE = "not_comparable"


class Basis(StrEnum):
    """Which slices of the two visits a change was computed from."""

    UNMATCHED_SLICES = "unmatched_slices"


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which two results were not made alike.

    Attributes
    ----------
    code : stable identifier, e.g. ``model``
    message : one sentence for the reader
    verdict : what this difference alone allows
    """

    code: str
    message: str
    verdict: Comparability


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One hip at one dated visit.

    Attributes
    ----------
    u_intensity, u_area : sums over the counted slices; None with ``reason``
    u_intensity_mean, u_area_mean : per counted slice, U/n and A/n
    """

    visit_uid: str
    analysis_uid: str
    day: date
    side: Side
    n_counted: int
    u_intensity: float | None
    u_area: float | None
    u_intensity_mean: float | None
    u_area_mean: float | None
    bme_ml: float | None
    effusion_ml: float | None
    reason: Reason | None

    @property
    def scored(self) -> bool:
        """Whether the hip has a score at this visit."""
        return self.u_intensity is not None


@dataclass(frozen=True, slots=True)
class Change:
    """From one scored visit of a hip to the next.

    Attributes
    ----------
    days : from ``before`` to ``after``
    differences : everything unlike between the two, gravest first
    u_intensity_mean, u_area_mean : change of U/n and A/n, later minus earlier;
        None where not comparable
    """

    before: TrendPoint
    after: TrendPoint
    days: int
    comparability: Comparability
    differences: tuple[Difference, ...]
    u_intensity_mean: float | None
    u_area_mean: float | None
    basis: Basis = Basis.UNMATCHED_SLICES


@dataclass(frozen=True, slots=True)
class SideTrend:
    """One hip over time; points and changes oldest first.

    Changes join neighbouring *scored* points; a visit without a score keeps
    its point, with the reason, and is stepped over.
    """

    side: Side
    points: tuple[TrendPoint, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class UndatedVisit:
    """A visit left out of the trends until someone gives it a date."""

    visit_uid: str
    reason: str = NO_USABLE_DATE


@dataclass(frozen=True, slots=True)
class Timeline:
    """Both hips over time.

    Attributes
    ----------
    smallest_detectable_change : of U/n; None while not established
    smallest_detectable_change_reason : why it is None
    """

    right: SideTrend
    left: SideTrend
    undated: tuple[UndatedVisit, ...]
    smallest_detectable_change: float | None = None
    smallest_detectable_change_reason: str = SDC_NOT_ESTABLISHED

    def side(self, side: Side) -> SideTrend:
        """The trend of one side."""
        return self.right if side is Side.RIGHT else self.left


def build_timeline(visits: Sequence[Visit]) -> Timeline:
    """Order one patient's visits in time and say what may be compared.

    Parameters
    ----------
    visits : one patient's, in any order; those without a date are listed
        apart and enter no trend
    """
    dated = sorted((v for v in visits if v.day is not None), key=_by_day)
    return Timeline(
        right=_side_trend(dated, Side.RIGHT),
        left=_side_trend(dated, Side.LEFT),
        undated=tuple(UndatedVisit(v.uid) for v in visits if v.day is None),
    )


def compare(before: VisitHip, after: VisitHip) -> tuple[Comparability, tuple[Difference, ...]]:
    """What stands in the way of comparing two results of one hip.

    Different definition, model, kind of contrast or slice distance (beyond
    `SPACING_TOLERANCE`) rule it out; what else may move the signal or the
    masks calls for caution.
    """
    found = [d for check in _CHECKS if (d := check(before, after)) is not None]
    found.sort(key=lambda d: d.verdict is not Comparability.NOT_COMPARABLE)
    verdicts = {d.verdict for d in found}
    for verdict in (Comparability.NOT_COMPARABLE, Comparability.WITH_CAUTION):
        if verdict in verdicts:
            return verdict, tuple(found)
    return Comparability.COMPARABLE, ()


def _by_day(visit: Visit) -> tuple[date, str]:
    return _day(visit), visit.uid


def _day(visit: Visit) -> date:
    if visit.day is None:
        raise BugError("an undated visit reached a trend")
    return visit.day


def _side_trend(dated: Sequence[Visit], side: Side) -> SideTrend:
    hips = [(visit, hip) for visit in dated if (hip := visit.hip(side)) is not None]
    points = [(_point(visit, hip), hip) for visit, hip in hips]
    scored = [(point, hip) for point, hip in points if point.scored]
    return SideTrend(
        side=side,
        points=tuple(point for point, _ in points),
        changes=tuple(_change(*earlier, *later) for earlier, later in pairwise(scored)),
    )


def _point(visit: Visit, hip: VisitHip) -> TrendPoint:
    score: HipScore = hip.score
    return TrendPoint(
        visit_uid=visit.uid,
        analysis_uid=hip.analysis_uid,
        day=_day(visit),
        side=hip.side,
        n_counted=score.n_counted,
        u_intensity=score.u_intensity,
        u_area=score.u_area,
        u_intensity_mean=score.u_intensity_mean,
        u_area_mean=score.u_area_mean,
        bme_ml=score.bme_ml,
        effusion_ml=score.effusion_ml,
        reason=score.reason,
    )


def _change(
    before: TrendPoint, before_hip: VisitHip, after: TrendPoint, after_hip: VisitHip
) -> Change:
    verdict, differences = compare(before_hip, after_hip)
    allowed = verdict is not Comparability.NOT_COMPARABLE
    return Change(
        before=before,
        after=after,
        days=(after.day - before.day).days,
        comparability=verdict,
        differences=differences,
        u_intensity_mean=_minus(after.u_intensity_mean, before.u_intensity_mean, allowed),
        u_area_mean=_minus(after.u_area_mean, before.u_area_mean, allowed),
    )


def _minus(after: float | None, before: float | None, allowed: bool) -> float | None:
    if not allowed or after is None or before is None:
        return None
    return after - before


def _refuse(code: str, message: str) -> Difference:
    return Difference(code, message, Comparability.NOT_COMPARABLE)


def _caution(code: str, message: str) -> Difference:
    return Difference(code, message, Comparability.WITH_CAUTION)


def _definition(before: VisitHip, after: VisitHip) -> Difference | None:
    if not before.definition or not after.definition:
        return _caution("definition_unknown", "The score's definition was not recorded.")
    if before.definition == after.definition:
        return None
    return _refuse("definition", "The scores follow different definitions.")


def _models(before: VisitHip, after: VisitHip) -> Difference | None:
    if _hashes(before, locating=False) == _hashes(after, locating=False):
        return None
    return _refuse("model", "The masks come from different models.")


def _locator(before: VisitHip, after: VisitHip) -> Difference | None:
    if _hashes(before, locating=True) == _hashes(after, locating=True):
        return None
    return _caution("locator", "The heads were found by different models.")


def _hashes(hip: VisitHip, *, locating: bool) -> set[str]:
    """Hashes of the models that locate, or of those that draw masks."""
    return {m.sha256 for m in hip.models if (m.task == Task.LOCATE) is locating}


def _contrast(before: VisitHip, after: VisitHip) -> Difference | None:
    if before.contrast is after.contrast:
        return None
    kinds = f"{before.contrast.value} and {after.contrast.value}"
    return _refuse("contrast", f"The series have different kinds of contrast: {kinds}.")


def _slice_distance(before: VisitHip, after: VisitHip) -> Difference | None:
    earlier, later = before.spacing_mm[0], after.spacing_mm[0]
    if _close(earlier, later, SPACING_TOLERANCE):
        return None
    return _refuse(
        "slice_distance",
        f"The slices are {earlier:.1f} mm and {later:.1f} mm apart, more than 10 % different.",
    )


def _pixel_size(before: VisitHip, after: VisitHip) -> Difference | None:
    pairs = zip(before.spacing_mm[1:], after.spacing_mm[1:], strict=True)
    if all(_close(earlier, later, SPACING_TOLERANCE) for earlier, later in pairs):
        return None
    return _caution("pixel_size", "The pixel sizes differ by more than 10 %.")


def _scanner(before: VisitHip, after: VisitHip) -> Difference | None:
    earlier, later = (
        (hip.acquisition.manufacturer.casefold(), hip.acquisition.model.casefold())
        for hip in (before, after)
    )
    if earlier == later:
        return None
    return _caution("scanner", "The scanners differ.")


def _field_strength(before: VisitHip, after: VisitHip) -> Difference | None:
    earlier, later = (hip.acquisition.field_strength_t for hip in (before, after))
    if earlier is None and later is None:
        return None
    if earlier is None or later is None:
        return _caution("field_strength_unknown", "One visit does not state its field strength.")
    if abs(earlier - later) <= FIELD_TOLERANCE_T:
        return None
    return _caution("field_strength", f"The field strengths differ: {earlier:g} T, {later:g} T.")


def _timing(
    code: str, name: str, attribute: str
) -> Callable[[VisitHip, VisitHip], Difference | None]:
    def check(before: VisitHip, after: VisitHip) -> Difference | None:
        earlier, later = (getattr(hip.acquisition, attribute) for hip in (before, after))
        if earlier is None and later is None:
            return None
        if earlier is None or later is None:
            return _caution(f"{code}_unknown", f"One visit does not state its {name}.")
        if _close(earlier, later, TIME_TOLERANCE):
            return None
        return _caution(code, f"The {name} differs: {earlier:g} ms, {later:g} ms.")

    return check


def _provider(before: VisitHip, after: VisitHip) -> Difference | None:
    if before.compute.provider == after.compute.provider:
        return None
    return _caution("provider", "One result was computed on the CPU, the other on a GPU.")


def _origin(before: VisitHip, after: VisitHip) -> Difference | None:
    if before.origin is after.origin:
        return None
    return _caution("origin", "The masks of one visit were edited or drawn by a reader.")


def _slice_count(before: VisitHip, after: VisitHip) -> Difference | None:
    earlier, later = before.score.n_counted, after.score.n_counted
    if earlier == later:
        return None
    return _caution("slice_count", f"The numbers of counted slices differ: {earlier}, {later}.")


def _close(one: float, other: float, tolerance: float) -> bool:
    """Whether two positive figures agree within a fraction of the smaller."""
    return abs(one - other) <= tolerance * min(one, other) * (1 + 1e-9)


_CHECKS: Final = (
    _definition,
    _models,
    _locator,
    _contrast,
    _slice_distance,
    _pixel_size,
    _scanner,
    _field_strength,
    _timing("te", "echo time", "te_ms"),
    _timing("ti", "inversion time", "ti_ms"),
    _timing("tr", "repetition time", "tr_ms"),
    _provider,
    _origin,
    _slice_count,
)
