"""Series with known hips in them, and networks that read them: for tests without models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from hipdesk.crop import HEAD_COLUMN, HEAD_ROW, HIP_COLUMNS, HIP_ROWS, HIP_SPACING_MM
from hipdesk.geometry import to_lps
from hipdesk.grids import LOCATOR_COLUMNS, LOCATOR_ROWS, LOCATOR_SPACING_MM
from hipdesk.manifest import InputSpec, Manifest, Normalisation, OutputChannel, Task
from hipdesk.ports import Cancelled, never_cancelled
from hipdesk.records import (
    Compute,
    Contrast,
    ModelRef,
    Plane,
    Series,
    Side,
    Volume,
)
from tests.record_builders import build_series

MARROW, PELVIS, OEDEMA, FLUID, BODY = 100.0, 60.0, 200.0, 300.0, 20.0
HEAD_MM = 24.0
HALF_DISTANCE_MM = 90.0


def turned(tilt_deg: float, turn_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """Columns: LPS directions of slice, row and column of a tilted coronal stack."""
    upright = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    a, b, c = np.deg2rad((tilt_deg, turn_deg, roll_deg))
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    about_y = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return about_x @ about_z @ about_y @ upright


def stack_about(
    axes: NDArray[np.float64],
    spacing_mm: tuple[float, float, float],
    shape: tuple[int, int, int],
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> NDArray[np.float64]:
    affine = np.eye(4)
    affine[:3, :3] = axes * np.asarray(spacing_mm)
    affine[:3, 3] = np.asarray(centre) - affine[:3, :3] @ ((np.asarray(shape) - 1) / 2)
    return affine


def reordered(
    affine: NDArray[np.float64],
    shape: tuple[int, int, int],
    transpose: bool,
    flip_rows: bool,
    flip_columns: bool,
) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
    """The same pixels' places with rows and columns stored in another order."""
    affine = affine.copy()
    for axis, flip in ((1, flip_rows), (2, flip_columns)):
        if flip:
            affine[:3, 3] += affine[:3, axis] * (shape[axis] - 1)
            affine[:3, axis] *= -1
    if transpose:
        affine = affine[:, [0, 2, 1, 3]]
        shape = shape[0], shape[2], shape[1]
    return affine, shape


@st.composite
def coronal_stacks(draw: st.DrawFn) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
    """Tilted coronal stacks of any pixel order."""
    angle = st.floats(-18, 18)
    axes = turned(draw(angle), draw(angle), draw(angle))
    in_plane = draw(st.floats(0.5, 1.3))
    spacing = (draw(st.floats(3.0, 6.0)), in_plane, in_plane)
    shape = (draw(st.integers(3, 7)), round(180 / in_plane), round(200 / in_plane))
    centre = tuple(draw(st.floats(-40, 40)) for _ in range(3))
    affine = stack_about(axes, spacing, shape, centre)
    return reordered(affine, shape, *(draw(st.booleans()) for _ in range(3)))


def series_of(
    affine: NDArray[np.float64],
    shape: tuple[int, int, int],
    contrast: Contrast = Contrast.STIR,
    plane: Plane | None = None,
) -> Series:
    changes = {} if plane is None else {"plane": plane}
    return build_series(affine, shape, contrast=contrast, **changes)


def places(affine: NDArray[np.float64], shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """LPS millimetres of every pixel, (slices, rows, columns, 3)."""
    return to_lps(affine, np.moveaxis(np.indices(shape), 0, -1))


def ball(points: NDArray[np.float64], centre: NDArray[np.float64], mm: float) -> NDArray[np.bool_]:
    return np.linalg.norm(points - centre, axis=-1) <= mm


def head_centre(side: Side) -> NDArray[np.float64]:
    """Where `patient` has its heads: not symmetric."""
    return np.array([-HALF_DISTANCE_MM, 2.0, 4.0] if side is Side.RIGHT else [88.0, -3.0, -2.0])


def patient(
    points: NDArray[np.float64], sides: tuple[Side, ...] = tuple(Side)
) -> NDArray[np.float32]:
    """A pelvis of balls and rods: oedema in the right head, fluid at both joints."""
    body = (np.abs(points) < (150, 60, 90)).all(axis=-1)
    signal = np.where(body, BODY, 0.0)
    for side in sides:
        outward = -1.0 if side is Side.RIGHT else 1.0
        centre = head_centre(side)
        d = points - centre
        socket = ball(points, np.add(centre, (-outward * 22, 0, 24)), 18)
        signal[socket] = PELVIS
        axis = np.array([outward, 0.0, -1.2]) / np.hypot(1, 1.2)
        along = d @ axis
        across = np.linalg.norm(d - along[..., None] * axis, axis=-1)
        signal[(along > 0) & (along < 75) & (across < 11)] = MARROW
        signal[ball(points, centre, HEAD_MM)] = MARROW
        signal[ball(points, np.add(centre, (outward * 26, 0, 14)), 6.5)] = FLUID
    if Side.RIGHT in sides:
        signal[ball(points, np.add(head_centre(Side.RIGHT), (4, 0, 8)), 7)] = OEDEMA
    return signal.astype(np.float32)


def patient_volume(
    affine: NDArray[np.float64],
    shape: tuple[int, int, int],
    contrast: Contrast = Contrast.STIR,
    sides: tuple[Side, ...] = tuple(Side),
) -> Volume:
    voxels = patient(places(affine, shape), sides)
    return Volume(series_of(affine, shape, contrast), voxels, "0" * 64)


def manifest_of(
    task: Task, channels: Mapping[str, float], size: tuple[int, int, float], k: int = 1
) -> Manifest:
    locate = task is Task.LOCATE
    return Manifest(
        schema="hipdesk.model/1",
        name=f"fake-{task}",
        version="1",
        task=task,
        inputs=(
            InputSpec(
                role="image" if locate else "marrow_relative",
                name="x",
                context_slices=k,
                rows=size[0],
                columns=size[1],
                spacing_mm=size[2],
                normalisation=Normalisation.BODY_PERCENTILE if locate else Normalisation.MARROW,
            ),
        ),
        output="y",
        channels=tuple(OutputChannel(name=name, threshold=t) for name, t in channels.items()),
        opset=17,
        sha256="0" * 64,
        trained_on="nothing",
        training_data=(),
        metrics=(),
        licence="none",
        intended_use="tests",
    )


@dataclass
class FakeNetwork:
    manifest: Manifest
    batches: list[int] = field(default_factory=list)
    compute: Compute = field(default_factory=lambda: Compute("auto", "cpu"))
    answers: bool | None = True

    @property
    def reference(self) -> ModelRef:
        m = self.manifest
        return ModelRef(m.name, m.version, m.sha256, m.task.value, m.trained_on)

    def run(
        self, inputs: Mapping[str, NDArray[np.float32]], cancelled: Cancelled = never_cancelled
    ) -> NDArray[np.float32]:
        (stack,) = inputs.values()
        self.batches.append(stack.shape[0])
        middle = stack[:, stack.shape[1] // 2]
        return np.stack([self.paint(picture) for picture in middle]).astype(np.float32)

    def self_test(self) -> bool | None:
        return self.answers

    def paint(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        raise NotImplementedError


class FakeLocator(FakeNetwork):
    """Calls round marrow, the 99th percentile, a head; its picture half is the side."""

    def __init__(self) -> None:
        channels = {"head_right": 0.5, "head_left": 0.5, "femur": 0.5}
        size = (LOCATOR_ROWS, LOCATOR_COLUMNS, LOCATOR_SPACING_MM)
        super().__init__(manifest_of(Task.LOCATE, channels, size))

    def paint(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        marrow = picture > 0.8
        inner = ndimage.minimum_filter(marrow.view(np.uint8), 13)
        heads = ndimage.maximum_filter(inner, 13).astype(bool)
        columns = np.arange(picture.shape[1])
        left_half = columns < (picture.shape[1] - 1) / 2
        return np.stack([heads & left_half, heads & ~left_half, marrow]) * 0.95


class FakeSegmenter(FakeNetwork):
    """Reads the classes from signal relative to marrow."""

    def __init__(self) -> None:
        names = ("femoral_head", "proximal_femur", "acetabulum", "bme", "effusion_synovitis")
        size = (HIP_ROWS, HIP_COLUMNS, HIP_SPACING_MM)
        super().__init__(manifest_of(Task.SEGMENT, dict.fromkeys(names, 0.5), size, k=3))

    def paint(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        relative = np.exp2(picture) - 1.0
        femur = (relative > 0.8) & (relative < 2.5)
        rows, columns = np.indices(picture.shape)
        near = np.hypot(rows - HEAD_ROW, columns - HEAD_COLUMN) * HIP_SPACING_MM <= HEAD_MM
        pelvis = (relative > 0.4) & (relative <= 0.8)
        oedema = (relative > 1.5) & (relative < 2.5)
        return np.stack([femur & near, femur, pelvis, oedema, relative >= 2.5]) * 0.9
