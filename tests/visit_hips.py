"""Results of a hip as a timeline needs them, their slices placed in millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hipdesk.records import (
    Acquisition,
    Compute,
    Contrast,
    HipScore,
    LesionScore,
    ModelRef,
    Origin,
    Reason,
    SegmentClass,
    Side,
    SliceKey,
    SliceScore,
    VisitHip,
)

MODEL = ModelRef("segment", "1", "a" * 64, "segment", "simulated")
LOCATOR = ModelRef("locate", "1", "b" * 64, "locate", "simulated")
POSTERIOR = (0.0, 1.0, 0.0)


def slice_score(
    index: int, u: float, counted: bool = True, reason: Reason | None = None
) -> SliceScore:
    """A head of 100 px with 10 px of oedema and 20 px of effusion; A is half of U."""
    return SliceScore(
        index=index,
        key=SliceKey(f"1.2.{index}"),
        counted=counted,
        reason=reason if counted else reason or Reason.SMALL_HEAD_AREA,
        head_px=100,
        bme_px=10,
        effusion_px=20,
        u_intensity=u,
        u_area=u / 2,
    )


def score_of(slices: Sequence[SliceScore]) -> HipScore:
    """The sums of some slices; nothing is said of fewer than five."""
    terms = [part.u_intensity or 0.0 for part in slices if part.counted]
    enough = len(terms) >= 5
    u = sum(terms) if enough else None
    lesions = {
        SegmentClass.BME: LesionScore(0.4 * sum(terms), 0.1 * len(terms)),
        SegmentClass.EFFUSION_SYNOVITIS: LesionScore(0.7 * sum(terms), 0.2 * len(terms)),
    }
    return HipScore(
        slices=tuple(slices),
        n_counted=len(terms),
        central_index=None,
        reason=None if enough else Reason.TOO_FEW_SLICES,
        u_intensity=u,
        u_area=None if u is None else u / 2,
        by_lesion=lesions if enough else None,
        bme_ml=1.0,
        effusion_ml=2.0,
        head_ml=50.0,
        bme_head_percent=2.0,
    )


def placed_hip(
    first_mm: float, terms: Sequence[float], step: float = 4.0, **changes: Any
) -> VisitHip:
    """A hip whose counted slices lie ``step`` mm apart from an offset on, with these terms."""
    slices = [slice_score(index, term) for index, term in enumerate(terms)]
    hip = VisitHip(
        side=Side.RIGHT,
        analysis_uid="analysis",
        series_uid="1.2.3",
        score=score_of(slices),
        models=(MODEL, LOCATOR),
        compute=Compute("auto", "cpu"),
        contrast=Contrast.STIR,
        spacing_mm=(step, 0.78, 0.78),
        acquisition=Acquisition(manufacturer="Maker", model="One", field_strength_t=1.5),
        definition="hipdesk.unet_score/1",
        origin=Origin.AI,
        offsets_mm=tuple(first_mm + step * index for index in range(len(terms))),
        normal_lps=POSTERIOR,
    )
    return replace(hip, **changes)
