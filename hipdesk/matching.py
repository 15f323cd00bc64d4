"""Slices of one hip at two visits that lie in the part of it which both show.

The score grows with the number of slices, and its mean depends on which part of
the hip they show; so two visits are compared on matched slices: the counted
slices of each visit inside the common millimetre range along the normal from
the head centre. Where slices fall is chance, and at the ends of the head, where it
is small, their terms are steep; so a mean is taken over what lies between the
outermost counted slices of both, the terms running straight from slice to slice.
Slices that lie alike at both visits count alike, as they do in U/n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from operator import mul
from typing import Final, cast

from hipdesk.errors import BugError
from hipdesk.geometry import angle_deg, normal_lps
from hipdesk.linking import Extent, offsets_along, range_of
from hipdesk.records import Affine, Head, HipScore, Point, SegmentClass, SliceScore, VisitHip

SPACING_TOLERANCE: Final = 0.10
"""Slice distances further apart than this fraction are not compared."""

MIN_MATCHED_SLICES: Final = 5
"""Fewer on either visit give no change, as fewer counted slices give no score."""

REACH_STEPS: Final = 0.5
"""A visit covers this part of a slice step beyond its outermost counted slices: the slab that
each slice stands for."""

ALIKE_STEPS: Final = 0.02
"""Slices nearer than this part of a step lie at the same place (our choice)."""

_EDGE_MM: Final = 1e-6
"""Keeps rounding errors from deciding whether a slice lies in the range."""


Weighted = tuple[tuple[SliceScore, float], ...]
"""Slices with their weights in a mean, which sum to 1."""


class Refusal(StrEnum):
    """Why the slices of two visits are not matched."""

    POSITIONS_UNKNOWN = "positions_unknown"
    SLICE_DISTANCE = "slice_distance"
    NO_COMMON_RANGE = "no_common_range"
    TOO_FEW_MATCHED_SLICES = "too_few_matched_slices"


@dataclass(frozen=True, slots=True)
class Matching:
    """The counted slices of two visits in their common range.

    Attributes
    ----------
    before, after : of each visit, in stack order; empty where none could be named
    range_mm : offsets that the counted slices of both visits cover, ends included
    refused : why nothing may be computed from them; None where it may
    before_terms, after_terms : counted slices of each visit with their weights in a mean;
        empty where refused
    """

    before: tuple[SliceScore, ...] = ()
    after: tuple[SliceScore, ...] = ()
    range_mm: Extent | None = None
    refused: Refusal | None = None
    before_terms: Weighted = ()
    after_terms: Weighted = ()


def offsets_of(affine: Affine, head: Head, score: HipScore) -> tuple[float, ...] | None:
    """Where the slices of a score lie: what `VisitHip.offsets_mm` holds.

    Parameters
    ----------
    affine : of the series that was scored
    head : of the same hip

    Returns
    -------
    millimetres, one for each of ``score.slices``; None without a head centre
    """
    centre = head.centre_lps_mm
    if centre is None:
        return None
    return offsets_along(affine, centre, (part.index for part in score.slices))


def normal_of(affine: Affine) -> Point:
    """Unit LPS direction in which offsets grow: what `VisitHip.normal_lps` holds."""
    return normal_lps(affine)


def placed(hip: VisitHip, affine: Affine, head: Head) -> VisitHip:
    """A result that says where its slices lie.

    Parameters
    ----------
    affine : of the series that was scored
    head : of the same hip
    """
    offsets = offsets_of(affine, head, hip.score)
    return replace(hip, offsets_mm=offsets, normal_lps=normal_of(affine))


def tilt_deg(before: VisitHip, after: VisitHip) -> float | None:
    """Angle between the slices of two visits, 0-90 degrees; None where either is not known."""
    if before.normal_lps is None or after.normal_lps is None:
        return None
    return angle_deg(before.normal_lps, after.normal_lps)


def close(one: float, other: float, tolerance: float) -> bool:
    """Whether two positive figures agree within a fraction of the smaller."""
    return abs(one - other) <= tolerance * min(one, other) * (1 + 1e-9)


def match_slices(before: VisitHip, after: VisitHip) -> Matching:
    """Match the slices of one hip at two visits.

    A visit covers the offsets from its first to its last counted slice and
    `REACH_STEPS` beyond both. A counted slice is matched where its centre lies
    in what both visits cover.

    Returns
    -------
    The matched slices; with `Matching.refused` where positions are not known,
    slice distances differ by more than `SPACING_TOLERANCE`, or fewer than
    `MIN_MATCHED_SLICES` of either visit are matched.
    """
    if before.offsets_mm is None or after.offsets_mm is None:
        return Matching(refused=Refusal.POSITIONS_UNKNOWN)
    if not close(before.spacing_mm[0], after.spacing_mm[0], SPACING_TOLERANCE):
        return Matching(refused=Refusal.SLICE_DISTANCE)
    earlier, later = _counted(before), _counted(after)
    common = _common(earlier, before.spacing_mm[0], later, after.spacing_mm[0])
    if common is None:
        return Matching(refused=Refusal.NO_COMMON_RANGE)
    first, second = _inside(earlier, common), _inside(later, common)
    if min(len(first), len(second)) < MIN_MATCHED_SLICES:
        return Matching(first, second, common, Refusal.TOO_FEW_MATCHED_SLICES)
    if _alike(earlier, later, before.spacing_mm[0]):
        return Matching(first, second, common, None, _evenly(first), _evenly(second))
    terms = (_weighted(each, _between(earlier, later)) for each in (earlier, later))
    return Matching(first, second, common, None, *terms)


def u_intensity_mean(terms: Weighted) -> float:
    """Mean intensity term of counted slices, U/n."""
    return _mean([part.u_intensity for part, _ in terms], terms)


def u_area_mean(terms: Weighted) -> float:
    """Mean area term of counted slices, A/n."""
    return _mean([part.u_area for part, _ in terms], terms)


def lesion_intensity_mean(terms: Weighted, lesion: SegmentClass) -> float | None:
    """Mean intensity term of one lesion over counted slices; None where it was not kept."""
    known = [_term(part, lesion) for part, _ in terms]
    return None if None in known else _mean(known, terms)


def lesion_area_mean(terms: Weighted, lesion: SegmentClass) -> float:
    """Mean area term of one lesion over counted slices: lesion pixels by head pixels."""
    pixels = ((_pixels(part, lesion), part.head_px) for part, _ in terms)
    return _mean([None if px is None else px / head_px for px, head_px in pixels], terms)


def _pixels(part: SliceScore, lesion: SegmentClass) -> int | None:
    match lesion:
        case SegmentClass.BME:
            return part.bme_px
        case SegmentClass.EFFUSION_SYNOVITIS:
            return part.effusion_px
        case _:
            raise BugError("only lesions have terms")


def _term(part: SliceScore, lesion: SegmentClass) -> float | None:
    match lesion:
        case SegmentClass.BME:
            return part.bme_u_intensity
        case SegmentClass.EFFUSION_SYNOVITIS:
            return part.effusion_u_intensity
        case _:
            raise BugError("only lesions have terms")


_Placed = tuple[tuple[float, SliceScore], ...]


def _counted(hip: VisitHip) -> _Placed:
    """Counted slices with their offsets."""
    offsets = hip.offsets_mm or ()
    if len(offsets) != len(hip.score.slices):
        raise BugError("the offsets of a visit do not belong to its slices")
    placed = zip(offsets, hip.score.slices, strict=True)
    return tuple([(offset, part) for offset, part in placed if part.counted])


def _common(earlier: _Placed, step: float, later: _Placed, other_step: float) -> Extent | None:
    if not earlier or not later:
        return None
    return range_of(_covered(earlier, step), _covered(later, other_step))


def _covered(placed: _Placed, step_mm: float) -> Extent:
    offsets = [offset for offset, _ in placed]
    reach_mm = REACH_STEPS * step_mm
    return min(offsets) - reach_mm, max(offsets) + reach_mm


def _inside(placed: _Placed, common: Extent) -> tuple[SliceScore, ...]:
    low, high = common[0] - _EDGE_MM, common[1] + _EDGE_MM
    return tuple([part for offset, part in placed if low <= offset <= high])


def _alike(earlier: _Placed, later: _Placed, step_mm: float) -> bool:
    """Whether the slices of both visits lie at the same places, so that chance moves no mean."""
    if len(earlier) != len(later):
        return False
    pairs = zip(earlier, later, strict=True)
    return max([abs(one - other) for (one, _), (other, _) in pairs]) <= ALIKE_STEPS * step_mm


def _evenly(slices: Sequence[SliceScore]) -> Weighted:
    weight = 1 / len(slices)
    return tuple([(part, weight) for part in slices])


def _between(earlier: _Placed, later: _Placed) -> Extent:
    """From the last of the first counted slices to the first of the last ones."""
    return max(each[0][0] for each in (earlier, later)), min(
        each[-1][0] for each in (earlier, later)
    )


def _weighted(placed: _Placed, extent: Extent) -> Weighted:
    """The slices on which the mean of a line through their terms rests, within an extent."""
    low, high = extent
    weights = [0.0] * len(placed)
    for at, ((left, _), (right, _)) in enumerate(pairwise(placed)):
        start, stop = max(left, low), min(right, high)
        if stop > start:
            share = (stop - start) / (high - low)
            to_right = share * ((start + stop) / 2 - left) / (right - left)
            weights[at] += share - to_right
            weights[at + 1] += to_right
    return tuple(
        (part, weight) for (_, part), weight in zip(placed, weights, strict=True) if weight > 0.0
    )


def _mean(values: Sequence[float | None], terms: Weighted) -> float:
    """Mean of a value of each counted slice, weighted."""
    if not terms or None in values:
        raise BugError("a mean needs counted slices, and each of them its term")
    known = cast("Sequence[float]", values)
    weights = [weight for _, weight in terms]
    return math.fsum(map(mul, known, weights)) / math.fsum(weights)
