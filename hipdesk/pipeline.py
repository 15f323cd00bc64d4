"""Runs the arrows: a series with its pixels becomes an Analysis.

One call is one background job: a frozen request in, an immutable result out,
progress told and cancellation asked between steps.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from hipdesk import __version__
from hipdesk.crop import crop_hip
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import HeadNotFound, NoScorableHip
from hipdesk.intensity import femur_median
from hipdesk.locating import Located, locate
from hipdesk.ports import Cancelled, Network, Progress, never_cancelled, no_progress
from hipdesk.quality import notices
from hipdesk.records import Analysis, Compute, Head, HipResult, Origin, Reason, Volume
from hipdesk.scoring import DEFINITION, patient_total, score_hip
from hipdesk.segmentation import segment_hip

log = logging.getLogger(__name__)

LOCATING_SHARE: Final = 0.4
"""Part of the whole time that finding the heads takes, about."""


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
    located = locate(volume, locator, _part(progress, 0.0, LOCATING_SHARE), cancelled)
    hips = _hips(volume, located, segmenter, _part(progress, LOCATING_SHARE, 1.0), cancelled)
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
        notices=notices(volume.series, hips, models, compute),
    )


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
    medians = [
        femur_median(located.image, located.femur, located.grid.affine, head)
        for head in located.heads
    ]
    if not any(medians):
        raise NoScorableHip(
            "The femoral heads give no signal on this series; choose another series."
        )
    results = []
    for index, (head, median) in enumerate(zip(located.heads, medians, strict=True)):
        part = _part(progress, index / 2, (index + 1) / 2)
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
    if median is None:
        reason = Reason.NO_HEAD_SIGNAL if head.found else head.reason
        lost = replace(head, found=False, reason=reason, centre_lps_mm=None, radius_mm=None)
        return HipResult(head.side, lost, None, None)
    crop = crop_hip(volume, head, median)
    what = f"Outlining the {head.side.word} hip"
    segmentation = segment_hip(
        crop, segmenter, volume.series, lambda done, _: progress(done, what), cancelled
    )
    return HipResult(head.side, head, segmentation, score_hip(volume, segmentation))


def _part(progress: Progress, start: float, stop: float) -> Progress:
    """Progress of one part of a longer job."""
    return lambda done, what: progress(start + done * (stop - start), what)
