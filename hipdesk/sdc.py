"""Repeated measurements of unchanged hips -> the smallest change that is not noise.

    SEM = SD(differences) / sqrt(2)        SDC = 1.96 * sqrt(2) * SEM

where the pairs show that the SD grows with the figure, the SD at that figure
(`hipdesk.noise_levels`).

Source: de Vet et al., J Clin Epidemiol 2006;59:1033. No figure is published for
the UNet-score, so a site measures its own, from pairs between which nothing can
have changed, separately for each `Scope`. Below `MIN_PAIRS` pairs none is
established. Identical input never makes a pair: the networks are deterministic,
so it would give zero.

The spread is taken about the mean difference, so a steady shift between first
and second (`DetectableChange.bias`) is not part of it and is told beside it.
The two hips of a patient, and three scans taken two by two, count as pairs of
their own though they are not independent.
"""

from __future__ import annotations

import hashlib
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from hipdesk.errors import BugError
from hipdesk.manifest import Task
from hipdesk.matching import (
    Matching,
    lesion_area_mean,
    lesion_intensity_mean,
    match_slices,
    u_area_mean,
    u_intensity_mean,
)
from hipdesk.noise_levels import GrowingSpread, growing_spread
from hipdesk.records import LESIONS, HipScore, Origin, Segmentation, SegmentClass, VisitHip
from hipdesk.review import PairKind, RepeatPair
from hipdesk.timeline import Basis, Comparability, compare

MIN_PAIRS: Final = 10
"""Fewer pairs establish nothing (our choice)."""

Z_95: Final = 1.96
"""Half-width of a 95 % interval in standard deviations."""

NO_SPREAD: Final = 1e-12
"""Differences that vary less than this show no noise, not its absence."""


class Quantity(StrEnum):
    """The figure that was repeated."""

    U_INTENSITY_MEAN = "u_intensity_mean"
    U_AREA_MEAN = "u_area_mean"
    VOLUME_ML = "volume_ml"


class PairFault(StrEnum):
    """Why two results say nothing on noise."""

    IDENTICAL_INPUT = "identical_input"
    SAME_SCAN = "same_scan"
    OTHER_SCAN = "other_scan"
    NOT_EDITED = "not_edited"
    OTHER_ORIGIN = "other_origin"
    OTHER_SIDE = "other_side"
    NO_DEFINITION = "no_definition"
    NOT_SCORED = "not_scored"
    NOT_COMPARABLE = "not_comparable"
    REPEATED = "repeated"


FAULT_SENTENCES: Final[Mapping[PairFault, str]] = MappingProxyType(
    {
        PairFault.IDENTICAL_INPUT: "the two are one and the same, so they tell nothing of noise.",
        PairFault.SAME_SCAN: "the two are of one scan; a repeat needs the hip scanned twice.",
        PairFault.OTHER_SCAN: "the two are of different scans; a re-edit needs one scan.",
        PairFault.NOT_EDITED: "a re-edit needs two outlines that a reader edited or drew.",
        PairFault.OTHER_ORIGIN: "one was edited by a reader and the other was not.",
        PairFault.OTHER_SIDE: "one is a right and the other a left hip.",
        PairFault.NO_DEFINITION: "the score's definition of one of them was not recorded.",
        PairFault.NOT_SCORED: "one of them has no score.",
        PairFault.NOT_COMPARABLE: "the two were not made alike, so they cannot be compared.",
        PairFault.REPEATED: "the two are named as repeats already.",
    }
)
"""Why two results say nothing on noise, as the end of a sentence."""


class NotEstablished(StrEnum):
    """Why there is no smallest detectable change."""

    TOO_FEW_PAIRS = "too_few_pairs"
    NO_VARIATION = "no_variation"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a smallest detectable change is of; it says nothing on anything else.

    Attributes
    ----------
    definition : of the score
    models : SHA-256 of those that drew the masks
    lesion : None for both together
    basis : slices that both figures of a pair were computed from
    """

    kind: PairKind
    definition: str
    models: frozenset[str]
    quantity: Quantity
    lesion: SegmentClass | None
    basis: Basis


@dataclass(frozen=True, slots=True)
class DetectableChange:
    """The smallest detectable change of one scope, or why there is none.

    Attributes
    ----------
    bias : mean of second minus first; None without pairs
    sem : standard error of measurement over all pairs, in the quantity's unit
    value : the smallest detectable change over all pairs, in the quantity's unit
    growing : how the spread grows with the quantity; None where it does not show to
    reason : why ``sem`` and ``value`` are None
    """

    scope: Scope
    n_pairs: int
    bias: float | None = None
    sem: float | None = None
    value: float | None = None
    growing: GrowingSpread | None = None
    reason: NotEstablished | None = None

    def at(self, level: float | None) -> float | None:
        """The smallest detectable change about a figure; over all pairs where none is given."""
        if self.value is None or self.growing is None or level is None:
            return self.value
        return Z_95 * self.growing.at(level)


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """What a site's pairs establish.

    Attributes
    ----------
    changes : by scope, of every scope with at least one pair
    rejected : how many of the pairs given say nothing, by fault
    """

    changes: Mapping[Scope, DetectableChange]
    rejected: Mapping[PairFault, int]

    def of(self, scope: Scope) -> DetectableChange:
        """The smallest detectable change of one scope, established or not."""
        none = DetectableChange(scope, 0, reason=NotEstablished.TOO_FEW_PAIRS)
        return self.changes.get(scope, none)


NO_PAIRS: Final = Estimates(MappingProxyType({}), MappingProxyType({}))
"""A site that has measured nothing yet."""


def masks_sha256(segmentation: Segmentation) -> str:
    """Hash of which voxels each mask of a hip holds, whatever block they are kept in."""
    found = hashlib.sha256(segmentation.side.value.encode())
    for name in sorted(segmentation.masks):
        voxels = np.argwhere(segmentation.masks[name]) + np.asarray(segmentation.box.start)
        found.update(f"{name.value} {len(voxels)} ".encode())
        found.update(voxels.astype("<i4").tobytes())
    return found.hexdigest()


def fault_of(pair: RepeatPair) -> PairFault | None:
    """Why a pair says nothing on noise, if it does not.

    A scan-rescan pair needs two scans measured alike, by masks of one origin; a
    reader's re-edit needs one scan with two outlines, both a reader's.
    """
    first, second = pair.first, pair.second
    same_scan = first.pixel_sha256 == second.pixel_sha256
    if same_scan and first.masks_sha256 == second.masks_sha256:
        return PairFault.IDENTICAL_INPUT
    return _fault_of_kind(pair, same_scan) or _fault_of_results(first.hip, second.hip)


def estimates(pairs: Iterable[RepeatPair]) -> Estimates:
    """The smallest detectable changes that a site's pairs establish.

    Of several pairs of the same two scans (or the same two outlines) in one
    scope, the first given counts.
    """
    found: dict[Scope, list[tuple[float, float]]] = {}
    rejected: Counter[PairFault] = Counter()
    seen: set[tuple[Scope, frozenset[str]]] = set()
    for pair in pairs:
        fault = fault_of(pair)
        fresh = [] if fault else [e for e in _differences(pair) if (e[0], _named(pair)) not in seen]
        if not fresh:
            rejected[fault or PairFault.REPEATED] += 1
        for scope, moved in fresh:
            seen.add((scope, _named(pair)))
            found.setdefault(scope, []).append(moved)
    changes = {scope: _of_moves(scope, moves) for scope, moves in found.items()}
    return Estimates(MappingProxyType(changes), MappingProxyType(dict(rejected)))


def _of_moves(scope: Scope, moves: Sequence[tuple[float, float]]) -> DetectableChange:
    """From the two figures of each pair."""
    differences = [second - first for first, second in moves]
    return detectable_change(scope, differences, [(one + other) / 2 for one, other in moves])


def detectable_change(
    scope: Scope, differences: Sequence[float], levels: Sequence[float] | None = None
) -> DetectableChange:
    """The smallest detectable change from differences, each second minus first.

    Parameters
    ----------
    levels : mean of each pair's two figures; None to take all pairs as one

    Raises
    ------
    BugError
        A difference is not a finite number.
    """
    if not all(math.isfinite(each) for each in differences):
        raise BugError("a difference of a pair is not a number")
    n_pairs = len(differences)
    bias = statistics.fmean(differences) if differences else None
    if n_pairs < MIN_PAIRS:
        return DetectableChange(scope, n_pairs, bias, reason=NotEstablished.TOO_FEW_PAIRS)
    spread = statistics.stdev(differences)
    if spread <= NO_SPREAD:
        return DetectableChange(scope, n_pairs, bias, reason=NotEstablished.NO_VARIATION)
    sem = spread / math.sqrt(2)
    growing = None if levels is None else growing_spread(differences, levels)
    return DetectableChange(scope, n_pairs, bias, sem, Z_95 * math.sqrt(2) * sem, growing)


def exceeds(
    change: float | None, detectable: DetectableChange, level: float | None = None
) -> bool | None:
    """Whether a change is more than noise; None where that is not known.

    It says nothing on whether the hip is better or worse.

    Parameters
    ----------
    change : of the scope's quantity, on the scope's basis
    level : mean of the earlier and the later figure
    """
    limit = detectable.at(level)
    return None if change is None or limit is None else abs(change) > limit


def scope_of(
    kind: PairKind,
    hip: VisitHip,
    quantity: Quantity,
    lesion: SegmentClass | None = None,
    basis: Basis = Basis.MATCHED_SLICES,
) -> Scope:
    """The scope that a result belongs to; volumes are of no chosen slices."""
    models = frozenset(model.sha256 for model in hip.models if model.task != Task.LOCATE)
    chosen = Basis.UNMATCHED_SLICES if quantity is Quantity.VOLUME_ML else basis
    return Scope(kind, hip.definition, models, quantity, lesion, chosen)


def _fault_of_kind(pair: RepeatPair, same_scan: bool) -> PairFault | None:
    origins = (pair.first.hip.origin, pair.second.hip.origin)
    match pair.kind:
        case PairKind.SCAN_RESCAN:
            if same_scan:
                return PairFault.SAME_SCAN
            return None if origins[0] is origins[1] else PairFault.OTHER_ORIGIN
        case PairKind.READER_REEDIT:
            if not same_scan:
                return PairFault.OTHER_SCAN
            drawn = set(origins) <= {Origin.AI_EDITED, Origin.MANUAL}
            return None if drawn else PairFault.NOT_EDITED


def _fault_of_results(first: VisitHip, second: VisitHip) -> PairFault | None:
    if first.side is not second.side:
        return PairFault.OTHER_SIDE
    if not first.definition or not second.definition:
        return PairFault.NO_DEFINITION
    if first.score.u_intensity is None or second.score.u_intensity is None:
        return PairFault.NOT_SCORED
    if compare(first, second)[0] is Comparability.NOT_COMPARABLE:
        return PairFault.NOT_COMPARABLE
    return None


def _named(pair: RepeatPair) -> frozenset[str]:
    """What makes a pair the same as another one of its scope, in either order."""
    takes, side = (pair.first, pair.second), pair.first.hip.side
    if pair.kind is PairKind.SCAN_RESCAN:
        return frozenset(f"{side} {take.pixel_sha256}" for take in takes)
    return frozenset(f"{side} {take.pixel_sha256} {take.masks_sha256}" for take in takes)


def _differences(pair: RepeatPair) -> Iterator[tuple[Scope, tuple[float, float]]]:
    """First and second figure of each scope that a pair speaks for."""
    first, second = pair.first.hip, pair.second.hip
    earlier, later = _on_all_slices(first.score), _on_all_slices(second.score)
    for (quantity, lesion), value in earlier.items():
        if (quantity, lesion) in later:
            scope = scope_of(pair.kind, first, quantity, lesion, Basis.UNMATCHED_SLICES)
            yield scope, (value, later[quantity, lesion])
    for (quantity, lesion), figures in _on_matched(match_slices(first, second)).items():
        scope = scope_of(pair.kind, first, quantity, lesion, Basis.MATCHED_SLICES)
        yield scope, figures


_Figure = tuple[Quantity, SegmentClass | None]


def _on_all_slices(score: HipScore) -> dict[_Figure, float]:
    """Every figure of a scored hip."""
    u, a, lesions = score.u_intensity_mean, score.u_area_mean, score.by_lesion
    volumes = {SegmentClass.BME: score.bme_ml, SegmentClass.EFFUSION_SYNOVITIS: score.effusion_ml}
    if u is None or a is None or lesions is None:
        raise BugError("a scored hip lacks a figure that belongs to its score")
    found: dict[_Figure, float] = {
        (Quantity.U_INTENSITY_MEAN, None): u,
        (Quantity.U_AREA_MEAN, None): a,
    }
    for lesion, part in lesions.items():
        found[Quantity.U_INTENSITY_MEAN, lesion] = part.u_intensity / score.n_counted
        found[Quantity.U_AREA_MEAN, lesion] = part.u_area / score.n_counted
    for lesion, volume in volumes.items():
        if volume is not None:
            found[Quantity.VOLUME_ML, lesion] = volume
    return found


def _on_matched(
    matching: Matching,
) -> dict[_Figure, tuple[float, float]]:
    """Figures on matched slices; of one lesion by intensity where its terms were kept."""
    if matching.refused is not None:
        return {}
    earlier, later = matching.before_terms, matching.after_terms
    found: dict[_Figure, tuple[float, float]] = {
        (Quantity.U_INTENSITY_MEAN, None): (u_intensity_mean(earlier), u_intensity_mean(later)),
        (Quantity.U_AREA_MEAN, None): (u_area_mean(earlier), u_area_mean(later)),
    }
    for lesion in LESIONS:
        found[Quantity.U_AREA_MEAN, lesion] = (
            lesion_area_mean(earlier, lesion),
            lesion_area_mean(later, lesion),
        )
        one, other = (lesion_intensity_mean(terms, lesion) for terms in (earlier, later))
        if one is not None and other is not None:
            found[Quantity.U_INTENSITY_MEAN, lesion] = (one, other)
    return found
