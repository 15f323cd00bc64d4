"""Segmentation -> HipScore: the UNet-score, volumes, and which slices count.

Source of the score: "summing up the gray value proportion of the segmented
lesion regions relative to the whole femoral head for each slice" (the paper's
words; see docs). Everything is measured on the series' native grid in rescaled
stored values, never windowed, filtered or normalised for a network.

For one hip with counted slices S, lesion L (oedema or effusion/synovitis, a
pixel in both counted once), head H and signal I::

    u_intensity = sum over s in S of  sum_{p in L_s} I(p) / sum_{p in H_s} I(p)
    u_area      = sum over s in S of  |L_s| / |H_s|

L is not clipped to H, so one term can exceed 1 (our reading of the source).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.errors import BugError
from hipdesk.geometry import voxel_volume_ml
from hipdesk.records import (
    LESIONS,
    BoolArray,
    HipResult,
    HipScore,
    LesionScore,
    PatientTotal,
    Reason,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    SliceScore,
    Volume,
)

DEFINITION: Final = "hipdesk.unet_score/1"
"""Identifier of the formulas and slice rules in this module; changes with them."""

MIN_COUNTED_SLICES: Final = 5
"""Fewer counted slices give no score (the paper excluded such hips)."""

CENTRAL_REACH: Final = 2
"""The central block is the central slice and this many each way (HIMRISS' five)."""

OUTER_SLICES: Final = 5
"""Slices taken anterior and posterior of the central block (HIMRISS' five and five)."""

SMALL_HEAD_DIVISOR: Final = 4
"""A slice counts if its head area is at least 1/4 of the hip's largest (our rule)."""

NOTHING_EXCLUDED: Final[Mapping[SliceKey, str]] = MappingProxyType({})
"""No slice was taken out by a reader."""


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """Masks of one hip beside the signal of the same block of the native grid."""

    first_index: int
    signal: NDArray[np.floating]
    head: BoolArray
    lesions: dict[SegmentClass, BoolArray]

    @property
    def head_px(self) -> list[int]:
        """Head area of every slice in pixels."""
        return [int(count) for count in np.count_nonzero(self.head, axis=(1, 2))]

    @property
    def union(self) -> BoolArray:
        """Either lesion."""
        bme, fluid = (self.lesions[name] for name in LESIONS)
        return np.logical_or(bme, fluid)


def slice_term(
    intensity: NDArray[np.floating], head: BoolArray, lesion: BoolArray
) -> tuple[float | None, float | None]:
    """One slice's share of the UNet-score, by intensity and by area.

    Parameters
    ----------
    intensity : (rows, columns), rescaled stored values
    head : (rows, columns), the complete femoral head, its oedema included
    lesion : (rows, columns), need not lie inside the head

    Returns
    -------
    (u_intensity, u_area); both None without a head, the first None where the
    head's summed signal is not positive.
    """
    head_px = int(np.count_nonzero(head))
    if head_px == 0:
        return None, None
    u_area = int(np.count_nonzero(lesion)) / head_px
    head_signal = _signal_sum(intensity, head)
    if head_signal <= 0.0:
        return None, u_area
    return _signal_sum(intensity, lesion) / head_signal, u_area


def central_slice(head_px: Sequence[int]) -> int | None:
    """Position of the slice with the largest head area; None without a head.

    Ties go to the slice nearest the middle of the head's extent, then to the
    lower position.
    """
    with_head = [position for position, area in enumerate(head_px) if area > 0]
    if not with_head:
        return None
    middle = (with_head[0] + with_head[-1]) / 2
    return min(with_head, key=lambda s: (-head_px[s], abs(s - middle), s))


def lesions_defined(series: Series, segmentation: Segmentation) -> bool:
    """Whether lesions mean anything here: masks exist on a fluid-sensitive series."""
    return segmentation.has_lesions and series.contrast.fluid_sensitive


def score_hip(
    volume: Volume,
    segmentation: Segmentation,
    central_index: int | None = None,
    excluded: Mapping[SliceKey, str] = NOTHING_EXCLUDED,
) -> HipScore:
    """Score one hip.

    Parameters
    ----------
    volume : the series' rescaled stored values on its native grid
    segmentation : the hip's masks on the same grid
    central_index : series index of the central slice where a reader moved it;
        otherwise the slice with the largest head area
    excluded : slices of the series that a reader took out, with the reader's
        words; they leave the sums only, so the central slice, the largest head
        area and the standing of every other slice stay as they are

    Returns
    -------
    A score listing every slice of ``segmentation.box``, each excluded one with
    its reason. Fewer than `MIN_COUNTED_SLICES` counted slices give null sums.

    Raises
    ------
    BugError
        ``central_index`` lies outside the segmentation, the head is missing, or
        an excluded slice is not of the series or comes without words.
    """
    _check_excluded(volume.series, excluded)
    score = _score(volume, segmentation, central_index, excluded)
    return replace(score, central_moved=central_index is not None)


def rescored(
    volume: Volume,
    hip: HipResult,
    central_index: int | None = None,
    excluded: Mapping[SliceKey, str] = NOTHING_EXCLUDED,
) -> HipResult:
    """The same outlines scored on other slices.

    Parameters
    ----------
    central_index, excluded : as `score_hip` takes them

    Raises
    ------
    BugError
        The hip has no outlines, or as `score_hip`.
    """
    if hip.segmentation is None:
        raise BugError("a hip without outlines cannot be scored on other slices")
    return replace(hip, score=score_hip(volume, hip.segmentation, central_index, excluded))


def _score(
    volume: Volume,
    segmentation: Segmentation,
    central_index: int | None,
    excluded: Mapping[SliceKey, str],
) -> HipScore:
    measured = _measure(volume, segmentation)
    central = _central_index(measured, central_index)
    if not lesions_defined(volume.series, segmentation):
        return _unscored_contrast(volume.series, measured, central, excluded)
    slices = _score_slices(volume.series, measured, central, excluded)
    counted = [s.index - measured.first_index for s in slices if s.counted]
    enough = len(counted) >= MIN_COUNTED_SLICES
    voxel_ml = voxel_volume_ml(volume.series.affine)
    total = _sum_terms(measured, measured.union, counted) if enough else None
    return HipScore(
        slices=slices,
        n_counted=len(counted),
        central_index=central,
        reason=None if enough else Reason.TOO_FEW_SLICES,
        u_intensity=total.u_intensity if total else None,
        u_area=total.u_area if total else None,
        by_lesion=_by_lesion(measured, counted) if enough else None,
        bme_ml=_count(measured.lesions[SegmentClass.BME]) * voxel_ml,
        effusion_ml=_count(measured.lesions[SegmentClass.EFFUSION_SYNOVITIS]) * voxel_ml,
        head_ml=_count(measured.head) * voxel_ml,
        bme_head_percent=_bme_head_percent(measured),
    )


def patient_total(hips: Sequence[HipResult]) -> PatientTotal:
    """Sum over both hips; null with a reason unless both are scored."""
    scores = {hip.side: hip.score for hip in hips}
    right, left = scores.get(Side.RIGHT), scores.get(Side.LEFT)
    if right and left and right.reason is None and left.reason is None:
        return PatientTotal(
            u_intensity=_both(right.u_intensity, left.u_intensity),
            u_area=_both(right.u_area, left.u_area),
            n_counted=right.n_counted + left.n_counted,
            reason=None,
        )
    unsuited = any(hip.reason is Reason.NOT_FLUID_SENSITIVE for hip in hips)
    reason = Reason.NOT_FLUID_SENSITIVE if unsuited else Reason.OTHER_HIP_NOT_SCORED
    return PatientTotal(u_intensity=None, u_area=None, n_counted=None, reason=reason)


def _both(right: float | None, left: float | None) -> float:
    if right is None or left is None:
        raise BugError("a hip without a reason has no score")
    return right + left


def _signal_sum(intensity: NDArray[np.floating], mask: BoolArray) -> float:
    return float(np.sum(intensity[mask], dtype=np.float64))


def _count(mask: BoolArray) -> int:
    return int(np.count_nonzero(mask))


def _measure(volume: Volume, segmentation: Segmentation) -> _Measured:
    if SegmentClass.FEMORAL_HEAD not in segmentation.masks:
        raise BugError("a segmentation without a femoral head cannot be scored")
    return _Measured(
        first_index=segmentation.box.start[0],
        signal=volume.voxels[segmentation.box.index],
        head=segmentation.masks[SegmentClass.FEMORAL_HEAD],
        lesions={name: segmentation.masks[name] for name in LESIONS if segmentation.has_lesions},
    )


def _central_index(measured: _Measured, chosen: int | None) -> int | None:
    if chosen is None:
        position = central_slice(measured.head_px)
        return None if position is None else measured.first_index + position
    if not 0 <= chosen - measured.first_index < len(measured.head):
        raise BugError("the central slice lies outside the segmentation")
    return chosen


def _check_excluded(series: Series, excluded: Mapping[SliceKey, str]) -> None:
    if not excluded.keys() <= {source.key for source in series.slices}:
        raise BugError("an excluded slice is not of the series")
    if not all(note.strip() for note in excluded.values()):
        raise BugError("a slice was excluded without a reason")


def _unscored_contrast(
    series: Series, measured: _Measured, central: int | None, excluded: Mapping[SliceKey, str]
) -> HipScore:
    """Head size only: lesions are undefined, and every null says so."""
    slices = tuple(
        SliceScore(
            index=index,
            key=series.slices[index].key,
            counted=False,
            reason=Reason.NOT_FLUID_SENSITIVE,
            head_px=area,
            bme_px=None,
            effusion_px=None,
            u_intensity=None,
            u_area=None,
            note=excluded.get(series.slices[index].key, ""),
        )
        for index, area in enumerate(measured.head_px, start=measured.first_index)
    )
    return HipScore(
        slices=slices,
        n_counted=0,
        central_index=central,
        reason=Reason.NOT_FLUID_SENSITIVE,
        u_intensity=None,
        u_area=None,
        by_lesion=None,
        bme_ml=None,
        effusion_ml=None,
        head_ml=_count(measured.head) * voxel_volume_ml(series.affine),
        bme_head_percent=None,
    )


def _score_slices(
    series: Series, measured: _Measured, central: int | None, excluded: Mapping[SliceKey, str]
) -> tuple[SliceScore, ...]:
    areas = measured.head_px
    union = measured.union
    largest = max(areas, default=0)
    scored = []
    for position, area in enumerate(areas):
        index = measured.first_index + position
        u_intensity, u_area = slice_term(
            measured.signal[position], measured.head[position], union[position]
        )
        key = series.slices[index].key
        note = excluded.get(key, "")
        reason = _exclusion(index, area, largest, central, has_signal=u_intensity is not None)
        if reason is None and note:
            reason = Reason.EXCLUDED_BY_READER
        scored.append(
            SliceScore(
                index=index,
                key=key,
                counted=reason is None,
                reason=reason,
                head_px=area,
                bme_px=_count(measured.lesions[SegmentClass.BME][position]),
                effusion_px=_count(measured.lesions[SegmentClass.EFFUSION_SYNOVITIS][position]),
                u_intensity=u_intensity,
                u_area=u_area,
                note=note,
                bme_u_intensity=_lesion_term(measured, SegmentClass.BME, position),
                effusion_u_intensity=_lesion_term(
                    measured, SegmentClass.EFFUSION_SYNOVITIS, position
                ),
            )
        )
    return tuple(scored)


def _lesion_term(measured: _Measured, lesion: SegmentClass, position: int) -> float | None:
    """One lesion's share by intensity on one slice."""
    mask = measured.lesions[lesion][position]
    return slice_term(measured.signal[position], measured.head[position], mask)[0]


def _exclusion(
    index: int, area: int, largest: int, central: int | None, *, has_signal: bool
) -> Reason | None:
    """Why a slice does not count, or None where it does."""
    if area == 0 or central is None:
        return Reason.NO_HEAD_ON_SLICE
    if abs(index - central) > CENTRAL_REACH + OUTER_SLICES:
        return Reason.OUTSIDE_CHOSEN_SLICES
    if area * SMALL_HEAD_DIVISOR < largest:
        return Reason.SMALL_HEAD_AREA
    return None if has_signal else Reason.NO_HEAD_SIGNAL


def _sum_terms(measured: _Measured, lesion: BoolArray, counted: Sequence[int]) -> LesionScore:
    terms = [slice_term(measured.signal[s], measured.head[s], lesion[s]) for s in counted]
    return LesionScore(
        u_intensity=math.fsum(term[0] for term in terms if term[0] is not None),
        u_area=math.fsum(term[1] for term in terms if term[1] is not None),
    )


def _by_lesion(
    measured: _Measured, counted: Sequence[int]
) -> MappingProxyType[SegmentClass, LesionScore]:
    return MappingProxyType(
        {name: _sum_terms(measured, mask, counted) for name, mask in measured.lesions.items()}
    )


def _bme_head_percent(measured: _Measured) -> float | None:
    head = _count(measured.head)
    if head == 0:
        return None
    return 100.0 * _count(measured.lesions[SegmentClass.BME] & measured.head) / head
