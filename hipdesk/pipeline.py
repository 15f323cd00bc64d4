"""Runs the arrows: a series with its pixels becomes an Analysis.

One call is one background job: a frozen request in, an immutable result out,
progress told and cancellation asked between steps.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from hipdesk import __version__
from hipdesk.crop import crop_hip
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import HeadNotFound, KnownError, NoScorableHip
from hipdesk.geometry import as_point, to_index
from hipdesk.image_quality import image_notices, refused_for_metal
from hipdesk.intensity import marrow_medians
from hipdesk.locating import CENTRE_DECIMALS, Located, locate
from hipdesk.pair import as_pair
from hipdesk.pixel_contrast import judge_fat, settle_contrast
from hipdesk.ports import (
    Cancelled,
    Network,
    Progress,
    never_cancelled,
    no_progress,
    one_of,
    share_of,
)
from hipdesk.quality import notices
from hipdesk.records import (
    Analysis,
    Compute,
    Head,
    HipResult,
    Notice,
    Origin,
    Point,
    Reason,
    Series,
    Side,
    Volume,
)
from hipdesk.scoring import DEFINITION, patient_total, score_hip
from hipdesk.segmentation import segment_hip

log = logging.getLogger(__name__)

LOCATING_SHARE: Final = 0.4
"""Part of the whole time that finding the heads takes, about."""

PLACED_LOCATING_SHARE: Final = 0.6
"""The same where only one hip is done."""

MEASURING: Final = "Measuring the marrow signal"
"""What the locator is run for where a reader has placed the head."""

ADULT_RADIUS_MM: Final = 24.5
"""Radius of a head placed where neither was found: midway between women's 23 and men's
26 mm. Sources: `hipdesk.phantom.procedural`."""


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisRequest:
    """What one analysis needs beside its models.

    Attributes
    ----------
    volume : the series with its pixels
    uid : unique identifier of the analysis to be
    created_utc : its time
    """

    volume: Volume
    uid: str
    created_utc: datetime


def request_analysis(volume: Volume) -> AnalysisRequest:
    """A request with a new identifier (DICOM PS3.5 B.2) and the present time."""
    return AnalysisRequest(volume, f"2.25.{uuid.uuid4().int}", datetime.now(UTC))


def analyze(
    request: AnalysisRequest,
    locator: Network,
    segmenter: Network,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> Analysis:
    """Find the heads, outline and score both hips of one series.

    Each hip that was found is scored or says why not; a hip that was not found
    is listed with its reason.

    Parameters
    ----------
    locator, segmenter : models of task ``locate`` and ``segment``

    Raises
    ------
    HeadNotFound
        Neither femoral head is on the series.
    NoScorableHip
        Heads were found but give no signal at all.
    ModelError
        A model is not of this program's form, or failed.
    Cancelled
        The user asked to stop.
    """
    volume = request.volume
    located = locate(volume, locator, share_of(progress, 0.0, LOCATING_SHARE), cancelled)
    verdict = judge_fat(volume, located.heads)
    volume = replace(volume, series=settle_contrast(volume.series, verdict))
    hips = _hips(volume, located, segmenter, share_of(progress, LOCATING_SHARE, 1.0), cancelled)
    models = (locator.reference, segmenter.reference)
    compute = joint_compute(locator.compute, segmenter.compute)
    log.info("series analysed", extra={"hips": sum(hip.head.found for hip in hips)})
    return Analysis(
        uid=request.uid,
        program_version=__version__,
        created_utc=request.created_utc,
        definition=DEFINITION,
        origin=Origin.AI,
        series=volume.series,
        pixel_sha256=volume.pixel_sha256,
        models=models,
        compute=compute,
        hips=hips,
        total=patient_total(hips),
        notices=(
            *notices(volume.series, hips, models, compute),
            *image_notices(volume, hips),
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PlacedHead:
    """A femoral head where a reader puts it: moved, or where none was found.

    Attributes
    ----------
    volume : the series with its pixels
    centre_lps_mm : centre of the head
    radius_mm : None to take the located one of that side, else of the other
        side, else `ADULT_RADIUS_MM`
    """

    volume: Volume
    side: Side
    centre_lps_mm: Point
    radius_mm: float | None = None


def analyze_placed(
    request: PlacedHead,
    locator: Network,
    segmenter: Network,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> HipResult:
    """Outline and score one hip about a head that a reader placed.

    A head placed exactly where it was found gives exactly the masks and score
    of `analyze`. Its confidence stays the locator's own for that side.

    Parameters
    ----------
    locator, segmenter : models of task ``locate`` and ``segment``

    Raises
    ------
    NoScorableHip
        The place is outside the series, or there is no signal about it.
    ModelError
        A model is not of this program's form, or failed.
    Cancelled
        The user asked to stop.
    """
    volume, side = request.volume, request.side
    # As located centres are, so that the same place gives the same crop.
    centre = as_point(np.round(request.centre_lps_mm, CENTRE_DECIMALS))
    if not _inside(volume.series, centre):
        raise NoScorableHip(
            f"The {side.word} femoral head was placed outside the series; place it on the images."
        )
    share = PLACED_LOCATING_SHARE
    measured = share_of(progress, 0.0, share)
    located = locate(volume, locator, lambda done, _: measured(done, MEASURING), cancelled)
    head = _placed(located, request, centre)
    heads = [head, *(other for other in located.heads if other.side is not side)]
    median, *_ = marrow_medians(located.image, located.femur, located.grid.affine, heads)
    if median is None:
        raise NoScorableHip(
            f"There is no signal where the {side.word} femoral head was placed; place it on the "
            "femoral head."
        )
    log.info("hip placed by a reader")
    return _hip(volume, head, median, segmenter, share_of(progress, share, 1.0), cancelled)


def analyze_together(
    volumes: Sequence[Volume],
    locator: Network,
    segmenter: Network,
    told: Sequence[Notice] = (),
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> tuple[tuple[Analysis, Volume], ...]:
    """Analyse what was chosen of a study: one series, or a separate right and left pair.

    A series of a pair that shows no hip that can be scored is left out; where
    both are analysed, each names the other.

    Parameters
    ----------
    volumes : one, or the right and the left one in this order
    told : what the choice has to say; stands first in every result

    Returns
    -------
    analyses with their volumes, in the order given; a volume's series has the
    contrast that its pixels settled

    Raises
    ------
    HeadNotFound, NoScorableHip
        No series shows a hip; of the first one.
    ModelError, Cancelled
        As `analyze`.
    """
    done: list[tuple[Analysis, Volume]] = []
    missing: list[KnownError] = []
    for index, volume in enumerate(volumes):
        part = one_of(progress, index, len(volumes))
        try:
            analysis = analyze(request_analysis(volume), locator, segmenter, part, cancelled)
        except (HeadNotFound, NoScorableHip) as error:
            missing.append(error)
        else:
            said = replace(analysis, notices=(*told, *analysis.notices))
            done.append((said, replace(volume, series=analysis.series)))
    if not done:
        raise missing[0]
    analyses = [analysis for analysis, _ in done]
    joined = as_pair(*analyses) if len(analyses) > 1 else analyses
    return tuple(zip(joined, (volume for _, volume in done), strict=True))


def unscored(analysis: Analysis) -> bool:
    """Whether a series that shows lesions gave no score of any hip."""
    scored = any(hip.score is not None and hip.reason is None for hip in analysis.hips)
    return analysis.series.contrast.fluid_sensitive and not scored


def joint_compute(first: Compute, second: Compute) -> Compute:
    """Where two networks ran, as one answer: on the GPU only if both did."""
    if first.provider == second.provider:
        return first if first.reason else second
    return first if first.provider == "cpu" else second


def _hips(
    volume: Volume,
    located: Located,
    segmenter: Network,
    progress: Progress,
    cancelled: Cancelled,
) -> tuple[HipResult, ...]:
    """Right, then left result."""
    if not any(head.found for head in located.heads):
        raise HeadNotFound(
            "No femoral head was found on this series; choose a coronal series that shows the "
            "hips, or check the folder."
        )
    medians = marrow_medians(located.image, located.femur, located.grid.affine, located.heads)
    if not any(medians):
        raise NoScorableHip(
            "The femoral heads give no signal on this series; choose another series."
        )
    heads = refused_for_metal(volume, located.heads)
    if not any(head.found for head in heads):
        raise NoScorableHip(
            "Metal or a prosthesis hides the femoral heads on this series, so no hip can be scored."
        )
    results = []
    for index, (head, median) in enumerate(zip(heads, medians, strict=True)):
        part = one_of(progress, index, 2)
        results.append(_hip(volume, head, median, segmenter, part, cancelled))
    return tuple(results)


def _hip(
    volume: Volume,
    head: Head,
    median: float | None,
    segmenter: Network,
    progress: Progress,
    cancelled: Cancelled,
) -> HipResult:
    """One hip, outlined and scored where that is possible."""
    if cancelled():
        raise CancelledByUser
    if median is None or not head.found:
        reason = Reason.NO_HEAD_SIGNAL if head.found else head.reason
        lost = replace(head, found=False, reason=reason, centre_lps_mm=None, radius_mm=None)
        return HipResult(head.side, lost, None, None)
    crop = crop_hip(volume, head, median)
    what = f"Outlining the {head.side.word} hip"
    segmentation = segment_hip(
        crop, segmenter, volume.series, lambda done, _: progress(done, what), cancelled
    )
    return HipResult(head.side, head, segmentation, score_hip(volume, segmentation))


def _inside(series: Series, point: Point) -> bool:
    """Whether a point lies within the outer edges of a series' pixels and slices."""
    index = to_index(series.affine, point)
    return bool(np.all((index >= -0.5) & (index <= np.asarray(series.shape) - 0.5)))


def _placed(located: Located, request: PlacedHead, centre: Point) -> Head:
    """The head as the reader placed it, with what the locator says of it."""
    own, other = sorted(located.heads, key=lambda head: head.side is not request.side)
    known = (request.radius_mm, own.radius_mm, other.radius_mm)
    radius = next((radius for radius in known if radius is not None), ADULT_RADIUS_MM)
    return Head(
        request.side,
        found=True,
        confidence=own.confidence,
        centre_lps_mm=centre,
        radius_mm=round(float(radius), CENTRE_DECIMALS),
        placed=True,
    )
