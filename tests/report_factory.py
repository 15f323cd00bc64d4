"""Hand-made analyses with plausible pictures, for tests of overlays and reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np
from scipy import ndimage

from hipdesk.geometry import to_index
from hipdesk.matching import placed
from hipdesk.records import (
    Acquisition,
    Analysis,
    Compute,
    Contrast,
    GridBox,
    Head,
    HipResult,
    ModelRef,
    Notice,
    Patient,
    Reason,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    StudyInfo,
    Visit,
    VisitHip,
    Volume,
    read_only,
)
from hipdesk.scoring import score_hip
from tests.record_builders import build_analysis, build_series

NOW = datetime(2024, 5, 6, 14, 30, tzinfo=UTC)
STEP_MM = 4.4
PIXEL_MM = 2.0
SHAPE = (18, 100, 180)
MODELS = (
    ModelRef("locate", "1.0.0", "a1b2c3d4e5f6" + "0" * 52, "locate", "simulated MRI only"),
    ModelRef("segment", "1.0.0", "0f1e2d3c4b5a" + "1" * 52, "segment", "simulated MRI only"),
)


def native_affine() -> np.ndarray:
    """Coronal: slices to posterior, rows to the feet, columns to the patient's left."""
    affine = np.eye(4)
    affine[:3, 0] = (0, STEP_MM, 0)
    affine[:3, 1] = (0, 0, -PIXEL_MM)
    affine[:3, 2] = (PIXEL_MM, 0, 0)
    affine[:3, 3] = (-SHAPE[2] * PIXEL_MM / 2, -SHAPE[0] * STEP_MM / 2, SHAPE[1] * PIXEL_MM / 2)
    return affine


def make_series(
    affine: np.ndarray | None = None,
    shape: tuple[int, int, int] = SHAPE,
    contrast: Contrast = Contrast.STIR,
    name: str = "DOE^JANE",
    patient_id: str = "DEMO-0001",
    day: date | None = date(2024, 5, 6),
    **acquisition: object,
) -> Series:
    affine = native_affine() if affine is None else affine
    measured = Acquisition(
        manufacturer="SIEMENS",
        model="Avanto_fit",
        field_strength_t=1.5,
        sequence="tir2d1",
        tr_ms=3550.0,
        te_ms=51.0,
        ti_ms=145.0,
        slice_thickness_mm=4.0,
        institution="Demo Clinic",
    )
    return build_series(
        affine,
        shape,
        patient=Patient(patient_id, "DEMO", name, date(1988, 2, 29), "F"),
        study=StudyInfo("1.2", day, None, "ACC-77", "MRI of both hips"),
        acquisition=replace(measured, **acquisition),
        description="t2_tirm_cor",
        number=3,
        contrast=contrast,
    )


@lru_cache(maxsize=1)
def _grid() -> np.ndarray:
    affine = native_affine()
    index = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def centre_of(side: Side) -> np.ndarray:
    return np.array([-90.0 if side is Side.RIGHT else 90.0, 0.0, 5.0])


@lru_cache(maxsize=16)
def make_masks(side: Side, lesion: float = 1.0) -> dict[SegmentClass, np.ndarray]:
    """Masks of one hip on the whole native grid."""
    points = _grid()
    outward = -1.0 if side is Side.RIGHT else 1.0
    local = (points - centre_of(side)) * (outward, 1.0, 1.0)
    x, y, z = np.moveaxis(local, -1, 0)
    radius = np.sqrt((local**2).sum(axis=-1))
    head = radius < 23.0
    along = x * 0.75 - z * 0.66
    across = np.sqrt(np.maximum(radius**2 - along**2, 0))
    neck = (along > 0) & (along < 52) & (across < 15)
    shaft = (np.hypot(x - 44, y) < 15) & (z < -20)
    cup = (radius > 27) & (radius < 46) & (x < 14) & (z > -14)
    ilium = (np.hypot(x + 2, y) < 15) & (z > 30)
    bme = np.sqrt((x - 4) ** 2 + (y / 1.4) ** 2 + (z - 9) ** 2) < 12.0 * lesion
    gap = (radius >= 23.0) & (radius < 23.0 + 5.0 * lesion) & (x > -4) & (np.abs(z) < 20)
    return {
        SegmentClass.FEMORAL_HEAD: head,
        SegmentClass.PROXIMAL_FEMUR: head | neck | shaft,
        SegmentClass.ACETABULUM: cup | ilium,
        SegmentClass.BME: bme & head,
        SegmentClass.EFFUSION_SYNOVITIS: gap & ~neck,
    }


@lru_cache(maxsize=8)
def make_voxels(lesions: tuple[tuple[Side, float], ...], seed: int = 1) -> np.ndarray:
    """A picture that reads as a coronal STIR of both hips at first glance."""
    rng = np.random.default_rng(seed)
    x, y, z = np.moveaxis(_grid(), -1, 0)
    trunk = (x / 172) ** 2 + ((z - 20) / 190) ** 2
    voxels = np.where(trunk < 1, 22.0, 2.0)
    voxels[trunk < 0.86] = 58.0
    voxels += ndimage.gaussian_filter(rng.normal(0, 40, SHAPE), (0, 1.5, 0.6)) * (trunk < 1)
    voxels[(x / 34) ** 2 + ((z - 30) / 26) ** 2 + (y / 30) ** 2 < 1] = 260.0
    for side, lesion in lesions:
        masks = make_masks(side, lesion)
        bones = masks[SegmentClass.PROXIMAL_FEMUR] | masks[SegmentClass.ACETABULUM]
        rim = bones & ~ndimage.binary_erosion(bones, np.ones((1, 3, 3)))
        voxels[bones] = 34.0
        voxels[rim] = 8.0
        voxels[masks[SegmentClass.BME]] = 130.0
        voxels[masks[SegmentClass.EFFUSION_SYNOVITIS]] = 240.0
    voxels = ndimage.gaussian_filter(voxels, (0, 0.4, 0.4)) + rng.normal(0, 4, SHAPE)
    return np.abs(voxels).astype(np.float32)


def make_segmentation(side: Side, lesion: float = 1.0, lesions: bool = True) -> Segmentation:
    """The masks within a box of 100 x 124 mm about the head."""
    centre = np.rint(to_index(native_affine(), centre_of(side))).astype(int)
    start = (0, max(centre[1] - 23, 0), max(centre[2] - 31, 0))
    box = GridBox(start, (SHAPE[0], start[1] + 50, min(start[2] + 62, SHAPE[2])))
    masks = {
        name: mask[box.index]
        for name, mask in make_masks(side, lesion).items()
        if lesions or name not in (SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS)
    }
    return Segmentation(side, box, masks)


def make_volume(series: Series, lesions: dict[Side, float]) -> Volume:
    return Volume(series, read_only(make_voxels(tuple(lesions.items()))), "5" * 64)


def make_analysis(
    lesions: dict[Side, float] | None = None,
    missing: tuple[Side, ...] = (),
    uid: str = "2.25.1",
    compute: Compute | None = None,
    notices: tuple[Notice, ...] = (),
    models: tuple[ModelRef, ...] = MODELS,
    **series_options: object,
) -> tuple[Analysis, Volume]:
    """An analysis of both hips and its volume; ``missing`` heads are not found."""
    lesions = {Side.RIGHT: 1.0, Side.LEFT: 0.5} if lesions is None else lesions
    series = make_series(**series_options)
    volume = make_volume(series, lesions)
    hips = []
    for side in Side:
        if side in missing:
            head = Head(side, False, 0.02, reason=Reason.HEAD_NOT_FOUND)
            hips.append(HipResult(side, head, None, None))
            continue
        segmentation = make_segmentation(
            side, lesions[side], lesions=series.contrast.fluid_sensitive
        )
        centre = tuple(float(v) for v in centre_of(side))
        head = Head(side, True, 0.98, centre, 23.0)
        hips.append(HipResult(side, head, segmentation, score_hip(volume, segmentation)))
    analysis = build_analysis(
        series,
        hips,
        uid=uid,
        created_utc=NOW,
        pixel_sha256=volume.pixel_sha256,
        models=models,
        compute=compute or Compute("auto", "cpu", "no CUDA device was found"),
        notices=notices,
    )
    return analysis, volume


def as_visit(analysis: Analysis) -> Visit:
    """The visit a store would make of an analysis."""
    hips = tuple(
        placed(
            VisitHip(
                side=hip.side,
                analysis_uid=analysis.uid,
                series_uid=analysis.series.uid,
                score=hip.score,
                models=analysis.models,
                compute=analysis.compute,
                contrast=analysis.series.contrast,
                spacing_mm=analysis.series.spacing_mm,
                acquisition=analysis.series.acquisition,
                definition=analysis.definition,
                origin=analysis.origin,
            ),
            analysis.series.affine,
            hip.head,
        )
        for hip in analysis.hips
        if hip.score is not None
    )
    return Visit("visit-" + analysis.uid, analysis.series.study.date, hips)


@lru_cache(maxsize=1)
def make_history() -> tuple[Visit, ...]:
    """Three earlier visits; the first was read by another segmenter."""
    older = (MODELS[0], replace(MODELS[1], version="0.9.0", sha256="9" * 64))
    plan = (
        (date(2023, 5, 8), {Side.RIGHT: 1.25, Side.LEFT: 0.8}, older),
        (date(2023, 8, 14), {Side.RIGHT: 1.2, Side.LEFT: 0.7}, MODELS),
        (date(2023, 11, 6), {Side.RIGHT: 1.05, Side.LEFT: 0.6}, MODELS),
    )
    visits = (
        as_visit(make_analysis(lesions, uid=f"2.25.{90 + i}", day=day, models=models)[0])
        for i, (day, lesions, models) in enumerate(plan)
    )
    return tuple(_of_other_images(visit) for visit in visits)


def _of_other_images(visit: Visit) -> Visit:
    """The visit with a series of its own."""
    hips = (replace(hip, series_uid=f"{hip.series_uid}.{visit.uid[-2:]}") for hip in visit.hips)
    return replace(visit, hips=tuple(hips))
