"""Rigid registration of one hip between two visits; the only door to _itk().

Three steps. The bone's outlined surfaces are laid on each other, from the
located heads. From there, mutual information of the two series around the bone
is maximised, each series in turn as the fixed one, so that neither's slices are
favoured. Outlines and signal err independently: what is returned lies midway
between the two answers, or is the surfaces' alone where the signal disagrees
with it or cannot decide.

Mutual information: Mattes et al., IEEE Trans Med Imaging 2003;22:120-128.
Slices are thick, so pictures are smoothed within slices only, and signal is
linear between them.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from hipdesk.alignment import Alignment, AlignmentRequest, HipScan, Refusal, judged
from hipdesk.bone_surface import BoneSurface, fit_surfaces, halfway, inverse, moved, rigid
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.geometry import spacing_of
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.records import Affine, BoolArray, FloatArray, Point, SegmentClass

log = logging.getLogger(__name__)

AROUND_MM: Final = 9.0
"""Of the tissue around a bone that its signal is compared with; 5 mm turned more cases astray."""

SMOOTHING_MM: Final = (1.8, 0.9)
"""Sigma within slices at each level of resolution."""

STEPS_MM: Final = (1.0, 0.4)
"""First step of the search at each level."""

SMALLEST_STEP_MM: Final = 0.01
ROUNDS: Final = 60
SAMPLES: Final = 30_000
BINS: Final = 24

AGREE_MM: Final = 3.0
AGREE_DEG: Final = 8.0
"""Where signal and surfaces differ more, the signal has run away."""

FITTING_MM: Final = 0.5
PARTED_MM: Final = 0.07
"""Surfaces that fit this well, at the median, may be parted by so much by the signal.

Chosen on pairs outlined by the bundled models: beyond it the signal was mostly wrong
where the surfaces fitted; where they do not fit, either may be.
"""

_SEED: Final = 1
_RELAXATION: Final = 0.6
_LEVER_MM: Final = 40.0
"""Distance from the head at which a turn weighs as much as a shift in the search."""

_OTHER: Final = {
    SegmentClass.PROXIMAL_FEMUR: SegmentClass.ACETABULUM,
    SegmentClass.ACETABULUM: SegmentClass.PROXIMAL_FEMUR,
}


def register(
    request: AlignmentRequest,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> Alignment:
    """Lay a later visit's bone on the earlier one; a `hipdesk.alignment.Registrar`.

    The same request gives the same alignment on the same machine.

    Raises
    ------
    Cancelled
        The user asked to stop.
    """
    earlier, later = request.earlier, request.later
    progress(0.0, "Outlining the bone's surface")
    surfaces = earlier.surface(request.bone), later.surface(request.bone)
    _check(cancelled)
    outlined = judged(request, _by_heads(request), surfaces)
    if outlined.refused is Refusal.TOO_LITTLE_BONE:
        return outlined
    progress(0.15, "Laying the surfaces on each other")
    by_surface = _by_surface(request, surfaces)
    _check(cancelled)
    progress(0.3, "Comparing the signal around the bone")
    by_signal = _by_signal(request, by_surface, progress, cancelled)
    progress(1.0, "Aligned")
    alignment = _settled(request, surfaces, by_surface, by_signal)
    log.info("hip aligned", extra={"refused": alignment.refused, "refined": alignment.refined})
    return alignment


def _itk() -> Any:
    """SimpleITK, loaded when first needed; its stubs leave most functions untyped."""
    import SimpleITK

    itk: Any = SimpleITK
    # More threads add up the metric in any order, and the last digits differ from run to run.
    itk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    return itk


def _check(cancelled: Cancelled) -> None:
    if cancelled():
        raise CancelledByUser


def _by_heads(request: AlignmentRequest) -> Affine:
    """The shift between the head centres."""
    return rigid(np.eye(3), request.later.head_lps_mm, request.earlier.head_lps_mm)


def _by_surface(request: AlignmentRequest, surfaces: tuple[BoneSurface, BoneSurface]) -> Affine:
    return fit_surfaces(*surfaces, request.earlier.head_lps_mm, request.later.head_lps_mm)


def _settled(
    request: AlignmentRequest,
    surfaces: tuple[BoneSurface, BoneSurface],
    by_surface: Affine,
    by_signal: Affine | None,
) -> Alignment:
    """Midway between the two answers where they agree, else the surfaces'."""
    head = request.later.head_lps_mm
    outlined = judged(request, by_surface, surfaces)
    if by_signal is None or not _agree(by_surface, by_signal, head):
        return outlined
    both = judged(request, halfway(by_surface, by_signal, head), surfaces)
    return outlined if _parted(outlined, both) else replace(both, refined=True)


def _parted(outlined: Alignment, both: Alignment) -> bool:
    """Whether the signal pulls well-fitting surfaces apart."""
    if outlined.residual is None or both.residual is None:
        return True
    before, after = outlined.residual.median_mm, both.residual.median_mm
    return before <= FITTING_MM and after - before > PARTED_MM


def _agree(one: Affine, other: Affine, head: Point) -> bool:
    """Whether two answers are close at the head and in their turn."""
    apart = float(np.linalg.norm(moved(one, head) - moved(other, head)))
    turn = Rotation.from_matrix(one[:3, :3].T @ other[:3, :3]).magnitude()
    return apart <= AGREE_MM and math.degrees(turn) <= AGREE_DEG


def _by_signal(
    request: AlignmentRequest, start: Affine, progress: Progress, cancelled: Cancelled
) -> Affine | None:
    """Mutual information's answer, each visit fixed in turn; None where it cannot decide."""
    earlier, later, bone = request.earlier, request.later, request.bone
    forth = _matched(earlier, later, inverse(start), bone, cancelled)
    progress(0.65, "Comparing the signal the other way round")
    back = _matched(later, earlier, start, bone, cancelled)
    if forth is None or back is None:
        return None
    return halfway(inverse(forth), back, later.head_lps_mm)


def _matched(
    fixed: HipScan, moving: HipScan, start: Affine, bone: SegmentClass, cancelled: Cancelled
) -> Affine | None:
    """The motion from ``fixed`` to ``moving`` of greatest mutual information near a start."""
    block = fixed.voxels[fixed.segmentation.box.index]
    around = _surroundings(fixed, bone)
    motion = start
    for sigma_mm, step_mm in zip(SMOOTHING_MM, STEPS_MM, strict=True):
        pictures = (
            _image(_smooth(block, fixed.affine, sigma_mm), fixed.grid.affine),
            _image(_smooth(moving.voxels, moving.affine, sigma_mm), moving.affine),
        )
        method = _method(around, fixed.grid.affine, step_mm)
        transform = _transform(motion, fixed.head_lps_mm)
        method.SetInitialTransform(transform, inPlace=False)
        found = _executed(method, pictures, cancelled)
        if found is None:
            return None
        motion = _matrix(found)
    return motion


def _surroundings(scan: HipScan, bone: SegmentClass) -> BoolArray:
    """A bone and the tissue about it, without the bone that moves otherwise."""
    masks = scan.segmentation.masks
    away = ndimage.distance_transform_edt(~masks[bone], sampling=spacing_of(scan.affine))
    return np.asarray((away <= AROUND_MM) & ~masks[_OTHER[bone]])


def _smooth(stack: FloatArray, affine: Affine, sigma_mm: float) -> FloatArray:
    """Smoothed within slices."""
    _, row_mm, column_mm = spacing_of(affine)
    sigma = (0.0, sigma_mm / row_mm, sigma_mm / column_mm)
    return np.asarray(ndimage.gaussian_filter(stack.astype(np.float32), sigma), dtype=np.float32)


def _method(around: BoolArray, affine: Affine, step_mm: float) -> Any:
    """Mattes' mutual information and a descent in ever smaller steps, on one thread."""
    method = _itk().ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricFixedMask(_image(around.astype(np.uint8), affine))
    # A share of the block's points, of which the mask leaves its own share.
    method.SetMetricSamplingStrategy(method.REGULAR)
    share = min(1.0, SAMPLES / max(int(around.sum()), 1))
    method.SetMetricSamplingPercentage(share, _SEED)
    method.SetInterpolator(_itk().sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        step_mm, SMALLEST_STEP_MM, ROUNDS, relaxationFactor=_RELAXATION
    )
    method.SetOptimizerScales([_LEVER_MM**2] * 3 + [1.0] * 3)
    return method


def _executed(method: Any, pictures: tuple[Any, Any], cancelled: Cancelled) -> Any | None:
    """Run a registration, to be stopped at any step; None where ITK gives up."""

    def stop() -> None:
        if cancelled():
            method.StopRegistration()

    method.AddCommand(_itk().sitkIterationEvent, stop)
    try:
        found = method.Execute(*pictures)
    except RuntimeError:
        # The stacks do not overlap enough, or have no contrast: not an error of the program's.
        log.info("signal could not be compared")
        found = None
    _check(cancelled)
    return found


def _image(stack: NDArray[Any], affine: Affine) -> Any:
    """A stack as ITK has it: axes column, row, slice; LPS millimetres."""
    image = _itk().GetImageFromArray(np.ascontiguousarray(stack))
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    directions = (affine[:3, :3] / steps)[:, ::-1]
    image.SetSpacing(steps[::-1].tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection(directions.ravel().tolist())
    return image


def _transform(matrix: Affine, centre: Point) -> Any:
    """A rigid motion as ITK has it, turning about ``centre``."""
    transform = _itk().Euler3DTransform()
    transform.SetCenter(list(centre))
    transform.SetMatrix(matrix[:3, :3].ravel().tolist(), 1e-6)
    transform.SetTranslation((moved(matrix, centre) - np.asarray(centre)).tolist())
    return transform


def _matrix(transform: Any) -> Affine:
    """4 x 4 of a rigid motion, read from where it takes points."""
    origin = np.asarray(transform.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    for axis, unit in enumerate(np.eye(3).tolist()):
        matrix[:3, axis] = np.asarray(transform.TransformPoint(unit)) - origin
    return matrix
