"""Visits -> Timeline: each hip's scores over time, and what may be compared.

Scores grow with the number of counted slices, so a change is the change of the
per-slice mean U/n, on slices matched in millimetres where both visits say where
theirs lie (`hipdesk.matching`), else on all counted slices; the `Basis` travels
with every change. A change is a description, no test of anything. No smallest
detectable change is published for this score; until a site has measured its own
(`hipdesk.sdc`), none is established and no change may be called better, worse
or stable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from itertools import pairwise
from typing import Final

from hipdesk.errors import BugError
from hipdesk.linking import PLANE_LIMIT_DEG, Extent
from hipdesk.manifest import Task
from hipdesk.matching import (
    MIN_MATCHED_SLICES,
    SPACING_TOLERANCE,
    Matching,
    Refusal,
    close,
    match_slices,
    tilt_deg,
    u_area_mean,
    u_intensity_mean,
)
from hipdesk.records import HipScore, Reason, Side, Visit, VisitHip

TIME_TOLERANCE: Final = 0.05
"""TE, TI or TR further apart than this fraction call for caution (our choice)."""

FIELD_TOLERANCE_T: Final = 0.1
"""Field strengths differ beyond this; 1.494 and 1.5 are the same kind of scanner."""

OTHER_PLANE_DEG: Final = 45.0
"""Slices tilted more than this are nearer to another plane and not compared (our choice)."""

COVERED_SHARE: Final = 0.75
"""Less than this share of a visit's counted slices matched calls for caution (our choice)."""

PERCENT_FLOOR: Final = 0.01
"""An earlier U/n or A/n below this has no percent change: lesions of 1 % of the head, about a
fifth of what the fluid of a healthy joint gives (our choice)."""

MIN_DAYS_FOR_RATE: Final = 28
"""Shorter intervals give no change per year, for it would multiply noise (our choice)."""

DAYS_PER_YEAR: Final = 365.25

NO_USABLE_DATE: Final = "no_usable_date"
"""Why a visit is left out of every trend."""


class Comparability(StrEnum):
    """Whether two results of one hip may be set against each other."""

    COMPARABLE = "comparable"
    WITH_CAUTION = "with_caution"
    NOT_COMPARABLE = "not_comparable"


class Basis(StrEnum):
    """Which slices of the two visits a change was computed from."""

    UNMATCHED_SLICES = "unmatched_slices"
    MATCHED_SLICES = "matched_slices"


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
class ValueChange:
    """How one figure moved.

    Attributes
    ----------
    absolute : later minus earlier
    percent : of the earlier; None where that is zero or below the stated floor
    per_year : None over less than `MIN_DAYS_FOR_RATE` days
    """

    before: float
    after: float
    absolute: float
    percent: float | None
    per_year: float | None

    @property
    def mean(self) -> float:
        """Halfway between the two, where noise that grows with the figure is read off."""
        return (self.before + self.after) / 2


@dataclass(frozen=True, slots=True)
class Change:
    """From one scored visit of a hip to the next.

    Attributes
    ----------
    days : from ``before`` to ``after``
    differences : everything unlike between the two, gravest first
    u_intensity_mean, u_area_mean : change of U/n and A/n, later minus earlier;
        None where not comparable, unless ``forced``, and wherever one of the two
        may be the other hip
    basis : slices that both figures were computed from
    intensity, area : the same changes with what they were computed from, which on
        matched slices is not the U/n and A/n of the points
    n_matched : how many slices of each visit, where they are matched
    range_mm : offsets from the head centre that the matched slices share
    forced : computed because it was asked for, though not comparable
    """

    before: TrendPoint
    after: TrendPoint
    days: int
    comparability: Comparability
    differences: tuple[Difference, ...]
    u_intensity_mean: float | None
    u_area_mean: float | None
    basis: Basis = Basis.UNMATCHED_SLICES
    intensity: ValueChange | None = None
    area: ValueChange | None = None
    n_matched: tuple[int, int] | None = None
    range_mm: Extent | None = None
    forced: bool = False


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
    """Both hips over time; whether a change exceeds the noise is `hipdesk.sdc`'s to say."""

    right: SideTrend
    left: SideTrend
    undated: tuple[UndatedVisit, ...]

    def side(self, side: Side) -> SideTrend:
        """The trend of one side."""
        return self.right if side is Side.RIGHT else self.left


def build_timeline(visits: Sequence[Visit], *, force: bool = False) -> Timeline:
    """Order one patient's visits in time and say what may be compared.

    Parameters
    ----------
    visits : one patient's, in any order; those without a date are listed
        apart and enter no trend
    force : compute, and mark, changes between results that are not comparable too,
        but never with a hip that may be the other one
    """
    dated = sorted((v for v in visits if v.day is not None), key=moment_of)
    return Timeline(
        right=_side_trend(dated, Side.RIGHT, force=force),
        left=_side_trend(dated, Side.LEFT, force=force),
        undated=tuple(UndatedVisit(v.uid) for v in visits if v.day is None),
    )


def change_between(one: Visit, other: Visit, side: Side, *, force: bool = False) -> Change | None:
    """The change of one hip between any two visits, from the earlier to the later.

    Parameters
    ----------
    one, other : in any order; as given where they are of one day without stated times
    force : compute, and mark, the change even where they are not comparable, but
        never with a hip that may be the other one

    Returns
    -------
    None where either visit has no date or no score of this hip
    """
    if one.day is None or other.day is None:
        return None
    timed = one.time is not None and other.time is not None and one.time != other.time
    pair = sorted((one, other), key=moment_of if timed else _day)
    changes = _side_trend(pair, side, force=force).changes
    return changes[0] if changes else None


def value_change(
    before: float, after: float, days: int, floor: float = PERCENT_FLOOR
) -> ValueChange:
    """How a figure that is never negative moved.

    Parameters
    ----------
    days : from ``before`` to ``after``
    floor : of the earlier figure, below which a percentage says nothing

    Raises
    ------
    BugError
        The later figure is given first.
    """
    if days < 0:
        raise BugError("a change runs backwards in time")
    moved = after - before
    return ValueChange(
        before=before,
        after=after,
        absolute=moved,
        percent=100.0 * moved / before if before > 0 and before >= floor else None,
        per_year=moved * DAYS_PER_YEAR / days if days >= MIN_DAYS_FOR_RATE else None,
    )


def compare(before: VisitHip, after: VisitHip) -> tuple[Comparability, tuple[Difference, ...]]:
    """What stands in the way of comparing two results of one hip.

    A hip that may be the other one, different definition, model, kind of contrast,
    plane or slice distance (beyond `SPACING_TOLERANCE`), and slices that show
    different parts of the hip rule it out; what else may move the signal or the
    masks calls for caution.
    """
    return _compared(before, after, match_slices(before, after))


def _compared(
    before: VisitHip, after: VisitHip, matching: Matching
) -> tuple[Comparability, tuple[Difference, ...]]:
    checked = [check(before, after) for check in _CHECKS]
    checked += _coverage(before, after, matching), _exclusions(before, after)
    found = [each for each in checked if each is not None]
    found.sort(key=lambda d: d.verdict is not Comparability.NOT_COMPARABLE)
    verdicts = {d.verdict for d in found}
    for verdict in (Comparability.NOT_COMPARABLE, Comparability.WITH_CAUTION):
        if verdict in verdicts:
            return verdict, tuple(found)
    return Comparability.COMPARABLE, ()


def moment_of(visit: Visit) -> tuple[date, bool, time, str]:
    """Key by which dated visits are ordered: day, time of acquisition, uid.

    Of one day, those whose time is not stated come last.
    """
    return _day(visit), visit.time is None, visit.time or time.min, visit.uid


def _day(visit: Visit) -> date:
    if visit.day is None:
        raise BugError("an undated visit reached a trend")
    return visit.day


def _side_trend(dated: Sequence[Visit], side: Side, *, force: bool) -> SideTrend:
    hips = [(visit, hip) for visit in dated if (hip := visit.hip(side)) is not None]
    points = [(_point(visit, hip), hip) for visit, hip in hips]
    scored = [(point, hip) for point, hip in points if point.scored]
    return SideTrend(
        side=side,
        points=tuple(point for point, _ in points),
        changes=tuple(
            _change(*earlier, *later, force=force) for earlier, later in pairwise(scored)
        ),
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
    before: TrendPoint,
    before_hip: VisitHip,
    after: TrendPoint,
    after_hip: VisitHip,
    *,
    force: bool,
) -> Change:
    matching = match_slices(before_hip, after_hip)
    verdict, differences = _compared(before_hip, after_hip, matching)
    allowed = verdict is not Comparability.NOT_COMPARABLE
    forced = force and not allowed and not (before_hip.side_in_doubt or after_hip.side_in_doubt)
    matched = matching.refused is None
    days = (after.day - before.day).days
    intensity = area = None
    if allowed or forced:
        intensity, area = (_moved(*pair, days) for pair in _means(before, after, matching))
    return Change(
        before=before,
        after=after,
        days=days,
        comparability=verdict,
        differences=differences,
        u_intensity_mean=None if intensity is None else intensity.absolute,
        u_area_mean=None if area is None else area.absolute,
        basis=Basis.MATCHED_SLICES if matched else Basis.UNMATCHED_SLICES,
        intensity=intensity,
        area=area,
        n_matched=(len(matching.before), len(matching.after)) if matched else None,
        range_mm=matching.range_mm if matched else None,
        forced=forced,
    )


_Pair = tuple[float | None, float | None]


def _means(before: TrendPoint, after: TrendPoint, matching: Matching) -> tuple[_Pair, _Pair]:
    """U/n and A/n of the earlier and the later visit: on matched slices, else on all counted."""
    if matching.refused is not None:
        return (
            (before.u_intensity_mean, after.u_intensity_mean),
            (before.u_area_mean, after.u_area_mean),
        )
    earlier, later = matching.before_terms, matching.after_terms
    return (
        (u_intensity_mean(earlier), u_intensity_mean(later)),
        (u_area_mean(earlier), u_area_mean(later)),
    )


def _moved(before: float | None, after: float | None, days: int) -> ValueChange | None:
    return None if before is None or after is None else value_change(before, after, days)


def _refuse(code: str, message: str) -> Difference:
    return Difference(code, message, Comparability.NOT_COMPARABLE)


def _caution(code: str, message: str) -> Difference:
    return Difference(code, message, Comparability.WITH_CAUTION)


def _sides(before: VisitHip, after: VisitHip) -> Difference | None:
    if not before.side_in_doubt and not after.side_in_doubt:
        return None
    return _refuse("side_in_doubt", "At one visit or both, this may be the other hip.")


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
    if close(earlier, later, SPACING_TOLERANCE):
        return None
    return _refuse(
        "slice_distance",
        f"The slices are {earlier:.1f} mm and {later:.1f} mm apart, more than 10 % different.",
    )


def _pixel_size(before: VisitHip, after: VisitHip) -> Difference | None:
    pairs = zip(before.spacing_mm[1:], after.spacing_mm[1:], strict=True)
    if all(close(earlier, later, SPACING_TOLERANCE) for earlier, later in pairs):
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
        if close(earlier, later, TIME_TOLERANCE):
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


def _sequence(before: VisitHip, after: VisitHip) -> Difference | None:
    earlier, later = (hip.acquisition.sequence.strip().casefold() for hip in (before, after))
    if earlier == later:
        return None
    if not earlier or not later:
        name = "pulse sequence"
        return _caution("sequence_unknown", f"One visit does not state its {name}.")
    return _caution("sequence", "The pulse sequences differ.")


def _planes(before: VisitHip, after: VisitHip) -> Difference | None:
    angle = tilt_deg(before, after)
    if angle is None or angle <= PLANE_LIMIT_DEG:
        return None
    message = (
        f"The slices of the two visits are tilted by {angle:.0f} degrees against each other; away "
        "from the head centre, slices side by side do not show the same place."
    )
    return _refuse("planes", message) if angle > OTHER_PLANE_DEG else _caution("planes", message)


def _coverage(before: VisitHip, after: VisitHip, matching: Matching) -> Difference | None:
    """What the counted slices of both show; their numbers, where positions are not known."""
    if matching.refused is Refusal.POSITIONS_UNKNOWN:
        return _slice_count(before, after)
    if matching.refused is Refusal.SLICE_DISTANCE:
        return None
    earlier, later = len(matching.before), len(matching.after)
    if matching.refused is not None:
        least = MIN_MATCHED_SLICES
        return _refuse(
            "matched_slices",
            f"Of the slices that count, only {earlier} and {later} show the same part of the hip; "
            f"{least} at each visit are needed.",
        )
    counted, others = before.score.n_counted, after.score.n_counted
    if earlier >= COVERED_SHARE * counted and later >= COVERED_SHARE * others:
        return None
    return _caution(
        "coverage",
        f"The visits show different parts of the hip: {earlier} of {counted} and {later} of "
        f"{others} counted slices lie in the part that both show.",
    )


def _slice_count(before: VisitHip, after: VisitHip) -> Difference | None:
    earlier, later = before.score.n_counted, after.score.n_counted
    if earlier == later:
        return None
    return _caution("slice_count", f"The numbers of counted slices differ: {earlier}, {later}.")


def _exclusions(before: VisitHip, after: VisitHip) -> Difference | None:
    slices = (*before.score.slices, *after.score.slices)
    if Reason.EXCLUDED_BY_READER not in [part.reason for part in slices]:
        return None
    return _caution("exclusions", "A reader excluded slices of one visit or both.")


_CHECKS: Final = (
    _sides,
    _definition,
    _models,
    _locator,
    _contrast,
    _planes,
    _slice_distance,
    _pixel_size,
    _scanner,
    _field_strength,
    _sequence,
    _timing("te", "echo time", "te_ms"),
    _timing("ti", "inversion time", "ti_ms"),
    _timing("tr", "repetition time", "tr_ms"),
    _provider,
    _origin,
)
