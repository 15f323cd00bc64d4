"""Cases with ball-shaped heads whose lesions are bright, and a network that knows the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.dicom_output import write_segmentation
from hipdesk.adapters.dicom_writer import write_series
from hipdesk.adapters.segmentation_file import read_outlines
from hipdesk.crop import HIP_COLUMNS, HIP_ROWS, HIP_SPACING_MM, crop_hip
from hipdesk.geometry import to_lps
from hipdesk.grids import Grid, distance_mm, resample_points
from hipdesk.manifest import InputSpec, Manifest, Normalisation, OutputChannel, Task
from hipdesk.phantom.samples import SimulatedSeries
from hipdesk.phantom.signal import PAPER_STIR
from hipdesk.phantom.volumes import as_volume
from hipdesk.records import (
    Compute,
    Contrast,
    GridBox,
    Head,
    HipResult,
    ModelRef,
    Origin,
    Segmentation,
    SegmentClass,
    Side,
    Volume,
)
from hipdesk.training.cases import Case, Doors
from tests.analysis_factory import make_analysis

SHAPE = (14, 64, 120)
SPACING = (5.0, 2.0, 2.0)
RADIUS = 22.0
CENTRES = {Side.RIGHT: (-60.0, 1.0, 0.0), Side.LEFT: (60.0, 1.0, 0.0)}


def affine_of() -> np.ndarray:
    """Coronal, front to back, head to feet, right to left; the middle at 0."""
    affine = np.zeros((4, 4))
    affine[1, 0], affine[2, 1], affine[0, 2], affine[3, 3] = SPACING[0], -SPACING[1], SPACING[2], 1
    affine[:3, 3] = -(affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2))
    return affine


def make_truth(grid: Grid, side: Side, oedema: bool) -> dict[SegmentClass, np.ndarray]:
    """A ball with a neck, a shell of socket, oedema in the ball, a film of fluid."""
    distance = distance_mm(grid, CENTRES[side])
    points = to_lps(grid.affine, np.moveaxis(np.indices(grid.shape), 0, -1))
    offset = points - CENTRES[side]
    out = -1.0 if side is Side.RIGHT else 1.0
    below = offset @ np.array([out * 0.7, 0.0, -0.7])
    head = distance <= RADIUS
    neck = (np.abs(offset[..., 1]) < 12) & (below > 0) & (below < 34) & (distance < 34)
    femur = head | neck
    socket = (distance > RADIUS + 5) & (distance < RADIUS + 14) & (below < 0)
    fluid = (distance > RADIUS) & (distance < RADIUS + 5) & ~femur & (below < 8)
    spot = head & (offset[..., 2] > 4) & oedema
    return {
        SegmentClass.FEMORAL_HEAD: head,
        SegmentClass.PROXIMAL_FEMUR: femur,
        SegmentClass.ACETABULUM: socket,
        SegmentClass.BME: spot,
        SegmentClass.EFFUSION_SYNOVITIS: fluid,
    }


def make_case(seed: int = 0, name: str = "", oedema: bool = True) -> Case:
    """A case of its own for every seed."""
    rng = np.random.default_rng(seed)
    name = name or f"toy {seed}"
    grid = Grid(affine_of(), SHAPE)
    truth = {side: make_truth(grid, side, oedema) for side in Side}
    voxels = np.full(SHAPE, 80.0)
    for own in truth.values():
        voxels[own[SegmentClass.PROXIMAL_FEMUR] | own[SegmentClass.ACETABULUM]] = 100.0
        voxels[own[SegmentClass.BME]] = 220.0
        voxels[own[SegmentClass.EFFUSION_SYNOVITIS]] = 400.0
    voxels = np.rint(voxels + rng.normal(0, 4, SHAPE)).clip(0).astype(np.float32)
    simulated = SimulatedSeries(voxels, affine_of(), 4.0, PAPER_STIR, {}, {})
    return Case(name, name, as_volume(simulated, name), truth)


def in_contrast(case: Case, contrast: Contrast) -> Volume:
    """The case's volume as if it had been measured otherwise."""
    return replace(case.volume, series=replace(case.volume.series, contrast=contrast))


def segment_manifest() -> Manifest:
    """What a segmenter of five classes says of itself."""
    spec = InputSpec(
        role="marrow_relative",
        name="marrow_relative",
        context_slices=1,
        rows=HIP_ROWS,
        columns=HIP_COLUMNS,
        spacing_mm=HIP_SPACING_MM,
        normalisation=Normalisation.MARROW,
    )
    return Manifest(
        schema="hipdesk.model/1",
        name="fixed",
        version="1",
        task=Task.SEGMENT,
        inputs=(spec,),
        output="probability",
        channels=tuple(OutputChannel(name=name.value, threshold=0.5) for name in SegmentClass),
        opset=18,
        sha256="0" * 64,
        trained_on="nothing",
        training_data=(),
        metrics=(),
        licence="Apache-2.0",
        intended_use="tests",
    )


class FixedNetwork:
    """Answers with the truth of a case whose hips come right first, slice by slice."""

    def __init__(self, case: Case) -> None:
        self.manifest = segment_manifest()
        self._answers = np.concatenate([self._hip(case, side) for side in case.truth])
        self._given = 0

    @property
    def reference(self) -> ModelRef:
        return ModelRef("fixed", "1", "0" * 64, "segment", "nothing")

    @property
    def compute(self) -> Compute:
        return Compute("cpu", "cpu")

    def run(self, inputs: Mapping[str, np.ndarray], cancelled: object = None) -> np.ndarray:
        count = len(inputs["marrow_relative"])
        self._given += count
        return self._answers[self._given - count : self._given]

    @staticmethod
    def _hip(case: Case, side: Side) -> np.ndarray:
        crop = crop_hip(case.volume, case.head(side), 100.0)
        grid = Grid(crop.affine, crop.image.shape)
        maps = [
            resample_points(mask.astype(np.float32), case.volume.series.affine, grid)
            for mask in case.truth[side].values()
        ]
        return np.stack(maps, axis=1)


def doors() -> Doors:
    """The adapters the command line gives."""
    return Doors(DicomFolderReader(), read_outlines)


def write_images(case: Case, folder: Path) -> Volume:
    """The case's series as DICOM files, read back."""
    write_series(folder / "series", case.volume)
    (series,) = DicomFolderReader().scan(folder / "series").series
    return DicomFolderReader().read(series)


def write_case(
    case: Case,
    folder: Path,
    origin: Origin = Origin.AI_EDITED,
    truth: Mapping[Side, Mapping[SegmentClass, np.ndarray]] | None = None,
) -> None:
    """Series and Segmentation as the program exports them."""
    volume = write_images(case, folder)
    box = GridBox((0, 0, 0), volume.series.shape)
    hips = []
    for side in Side:
        masks = (case.truth if truth is None else truth).get(side)
        found = None if masks is None else Segmentation(side, box, masks)
        head = Head(side, masks is not None, 1.0, CENTRES[side], RADIUS)
        hips.append(HipResult(side, head, found, None))
    analysis = replace(make_analysis(volume.series), hips=tuple(hips), origin=origin)
    write_segmentation(analysis, folder / "segmentation.dcm")


def write_nifti(mask: np.ndarray, affine: np.ndarray, path: Path) -> None:
    """A mask whose indices (k, j, i) an affine maps to LPS mm."""
    sitk = pytest.importorskip("SimpleITK", reason="NIfTI needs SimpleITK")
    steps = affine[:3, 2::-1]
    spacing = np.linalg.norm(steps, axis=0)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing.tolist())
    image.SetDirection((steps / spacing).ravel().tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    sitk.WriteImage(image, str(path))
