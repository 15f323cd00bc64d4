"""Slice, window, masks and palette to one RGB picture; numpy in, numpy out.

The palette and line styles are those of the screen and of the report: Okabe
and Ito's colours, safe for colour-blind readers, and a line pattern per class,
so that a class is never told by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure

from hipdesk.geometry import Upright, upright
from hipdesk.intensity import BACKGROUND_FRACTION
from hipdesk.records import BoolArray, FloatArray, Segmentation, SegmentClass, Volume

RGB = NDArray[np.uint8]
"""Picture ``(rows, columns, 3)``."""

Window = tuple[float, float]
"""(centre, width) in the series' units."""

Scale = float | tuple[float, float]
"""Picture pixels per slice pixel, along both axes or along (rows, columns)."""


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How one class is outlined.

    Attributes
    ----------
    colour : red, green, blue, 0-255
    width_px : stroke width in picture pixels, whatever the zoom
    dash_px : (drawn, left out) along the outline in picture pixels; None is solid
    seam_px : a dark line below stands out so far on both sides; 0 for none
    """

    colour: tuple[int, int, int]
    width_px: float
    dash_px: tuple[float, float] | None = None
    seam_px: float = 0.0


LINE_STYLES: Final[Mapping[SegmentClass, LineStyle]] = MappingProxyType(
    {
        SegmentClass.ACETABULUM: LineStyle((0x99, 0x99, 0x99), 1.5, (2.0, 4.0)),
        SegmentClass.PROXIMAL_FEMUR: LineStyle((0x99, 0x99, 0x99), 1.5, (2.0, 4.0)),
        SegmentClass.FEMORAL_HEAD: LineStyle((0x00, 0x9E, 0x73), 1.0),
        SegmentClass.EFFUSION_SYNOVITIS: LineStyle(
            (0x56, 0xB4, 0xE9), 1.5, (6.0, 4.0), seam_px=1.0
        ),
        SegmentClass.BME: LineStyle((0xE6, 0x9F, 0x00), 1.5),
    }
)
"""Line style per class, in drawing order: lesions lie on top of bones.

Source: M. Okabe, K. Ito, Color Universal Design, 2008.
"""

SEAM_OPACITY: Final = 0.6
"""Opacity of the dark seam that keeps a lesion's line visible on bright fluid."""

FILL_OPACITY: Final = 0.3
"""Opacity of a filled mask, where filling is asked for."""

SMALLEST_SMOOTHED: Final = 9
TAUBIN_ROUNDS: Final = 4
TAUBIN_WEIGHTS: Final = (0.5, -0.53)
"""Shrinking and widening step of Taubin's smoothing; the pass band is about 0.1."""

WINDOW_PERCENTILES: Final = (1.0, 99.0)
WINDOW_SAMPLES: Final = 96
"""Pixels along a slice's shorter side that a window is measured from, at least."""


@dataclass(frozen=True, slots=True)
class Style:
    """What is drawn over the image.

    Attributes
    ----------
    outline : draw the classes' outlines
    fill : opacity of the masks' area, 0 for none
    line_scale : factor on widths and dashes, for pictures printed small
    """

    outline: bool = True
    fill: float = 0.0
    line_scale: float = 1.0


OUTLINED: Final = Style()
FILLED: Final = Style(fill=FILL_OPACITY)


def window_of(volume: Volume) -> Window:
    """The series' window: the file's, else 1st to 99th percentile of the body.

    Returns
    -------
    (centre, width) in the series' units, width positive
    """
    stated = volume.series.window
    if stated is not None and stated[1] > 0:
        return stated
    return body_window(volume.voxels)


def body_window(voxels: FloatArray) -> Window:
    """(centre, width) from the 1st to the 99th percentile of the body's signal.

    The body is what exceeds a tenth of the brightest tissue, as in
    `hipdesk.intensity.body_scale`, with what that encloses on each slice:
    suppressed marrow is as dark as air, and must not fall out of the window.
    Every few pixels are enough for a percentile.
    """
    stride = max(1, min(voxels.shape[1:]) // WINDOW_SAMPLES)
    sample = voxels[:, ::stride, ::stride]
    positive = sample[sample > 0]
    if positive.size == 0:
        return 0.5, 1.0
    bright = sample > BACKGROUND_FRACTION * float(np.percentile(positive, 99.5))
    body = np.stack([ndimage.binary_fill_holes(plane) for plane in bright])
    low, high = np.percentile(sample[body], WINDOW_PERCENTILES)
    return float(low + high) / 2, max(float(high - low), 1e-6)


def windowed(image: NDArray[np.floating], window: Window) -> NDArray[np.uint8]:
    """Grey levels of a slice.

    Source: DICOM PS3.3 C.11.2.1.3.2, function LINEAR_EXACT.
    """
    centre, width = window
    fraction = (np.asarray(image, dtype=np.float64) - centre) / width + 0.5
    return np.asarray(np.rint(np.clip(fraction, 0.0, 1.0) * 255.0), dtype=np.uint8)


def render(
    image: FloatArray,
    masks: Mapping[SegmentClass, BoolArray],
    window: Window,
    scale: Scale = 4,
    style: Style = OUTLINED,
) -> RGB:
    """One slice enlarged, with its masks drawn on it.

    Parameters
    ----------
    image : shape (rows, columns), in the series' units, as it is to be shown
    masks : class to bool array of the same shape; empty for the bare image
    window : (centre, width)
    scale : picture pixels per image pixel; not necessarily the same both ways,
        so that anisotropic pixels come out square

    Returns
    -------
    uint8 (rows * scale, columns * scale, 3); a pixel is widened about its
    centre, so the picture's edges are the outer edges of the slice's pixels
    """
    factors = _whole_pixels(image.shape, scale)
    grey = windowed(_enlarged(np.asarray(image, dtype=np.float64), factors), window)
    picture = np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    for name, line in LINE_STYLES.items():
        mask = masks.get(name)
        if mask is None or not mask.any():
            continue
        if style.fill > 0:
            inside = _enlarged(mask.astype(np.float64), factors) >= 0.5
            _blend(picture, inside * style.fill, line.colour)
        if style.outline:
            _outline(picture, mask, factors, line, style)
    return picture


def _outline(
    picture: RGB, mask: BoolArray, factors: tuple[float, float], line: LineStyle, style: Style
) -> None:
    """Draw a mask's outline in place, over a dark seam where the line has one."""
    shape = picture.shape[:2]
    if line.seam_px > 0:
        seam = replace(line, width_px=line.width_px + 2 * line.seam_px, dash_px=None)
        dark = SEAM_OPACITY * _stroke(mask, factors, shape, seam, style)
        _blend(picture, dark, (0, 0, 0))
    _blend(picture, _stroke(mask, factors, shape, line, style), line.colour)


def hip_picture(
    volume: Volume,
    segmentation: Segmentation,
    index: int,
    window: Window,
    style: Style | None = OUTLINED,
    height_px: int = 512,
) -> RGB:
    """One slice of one hip as it is shown: cut to the hip, upright, pixels square.

    Parameters
    ----------
    index : slice index in the series, inside the segmentation's box
    window : (centre, width), the same for all pictures of a series
    style : None for the bare image
    height_px : rows of the picture
    """
    up = upright(volume.series.affine)
    box = segmentation.box
    image = up.turn(volume.voxels[index][box.index[1:]])
    masks = {} if style is None else _masks_at(segmentation, index, up)
    row_mm, column_mm = up.spacing(volume.series.spacing_mm)
    zoom = height_px / image.shape[0]
    scale = (zoom, zoom * column_mm / row_mm)
    return render(image, masks, window, scale, style or OUTLINED)


def thumbnail(volume: Volume, height_px: int = 96) -> NDArray[np.uint8]:
    """A series' middle slice, small: upright, pixels square, windowed.

    Fine texture is averaged before pixels are left out, as in
    `hipdesk.grids.resample`.

    Parameters
    ----------
    height_px : rows of the picture

    Returns
    -------
    grey levels, (rows, columns), columns as the slice's proportions ask
    """
    up = upright(volume.series.affine)
    image = up.turn(volume.voxels[volume.voxels.shape[0] // 2])
    row_mm, column_mm = up.spacing(volume.series.spacing_mm)
    zoom = height_px / image.shape[0]
    factors = _whole_pixels(image.shape, (zoom, zoom * column_mm / row_mm))
    sigma = [0.5 * np.sqrt(max(factor**-2 - 1.0, 0.0)) for factor in factors]
    smooth = ndimage.gaussian_filter(image.astype(np.float64), sigma, mode="nearest")
    return windowed(_enlarged(smooth, factors), window_of(volume))


def _masks_at(segmentation: Segmentation, index: int, up: Upright) -> dict[SegmentClass, BoolArray]:
    """Every mask of one slice, upright."""
    inside = index - segmentation.box.start[0]
    return {name: up.turn(mask[inside]) for name, mask in segmentation.masks.items()}


def _whole_pixels(shape: tuple[int, ...], scale: Scale) -> tuple[float, float]:
    """Factors nearest to ``scale`` that give whole rows and columns."""
    rows, columns = scale if isinstance(scale, tuple) else (scale, scale)
    return (
        max(round(shape[0] * rows), 1) / shape[0],
        max(round(shape[1] * columns), 1) / shape[1],
    )


def outlines(mask: BoolArray) -> tuple[NDArray[np.float64], ...]:
    """Closed outlines of a mask, rounded at corners, between pixels in and out.

    Parameters
    ----------
    mask : shape (rows, columns)

    Returns
    -------
    arrays (points, 2) of fractional (row, column), pixel centres at integers,
    the first point repeated at the end

    Notes
    -----
    Marching squares at one half; staircases are smoothed without shrinking
    (G. Taubin, 1995), corners cut (G. Chaikin, 1974). No point moves by more
    than half a pixel; outlines of one or two pixels are only rounded.
    """
    padded = np.pad(mask, 1).astype(np.float64)
    found = measure.find_contours(padded, 0.5)  # type: ignore[no-untyped-call]
    return tuple(_rounded(_rounded(_smoothed(path))) - 1.0 for path in found)


def _smoothed(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """A closed path without its staircases, its size kept."""
    if len(path) <= SMALLEST_SMOOTHED:
        return path
    points = path[:-1]
    for _ in range(TAUBIN_ROUNDS):
        for weight in TAUBIN_WEIGHTS:
            neighbours = (np.roll(points, 1, axis=0) + np.roll(points, -1, axis=0)) / 2
            points = points + weight * (neighbours - points)
    points = path[:-1] + np.clip(points - path[:-1], -0.35, 0.35)
    return np.concatenate([points, points[:1]])


def _rounded(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """A closed path with its corners cut once."""
    before, after = path[:-1], path[1:]
    cut = np.empty((2 * len(before) + 1, 2))
    cut[0:-1:2] = 0.75 * before + 0.25 * after
    cut[1:-1:2] = 0.25 * before + 0.75 * after
    cut[-1] = cut[0]
    return cut


def _enlarged(image: NDArray[np.float64], factors: tuple[float, float]) -> NDArray[np.float64]:
    """Linear interpolation, pixels widened about their centres, edges repeated."""
    for axis, factor in enumerate(factors):
        count = image.shape[axis]
        wanted = round(count * factor)
        at = np.clip((np.arange(wanted) + 0.5) / factor - 0.5, 0, count - 1)
        before = np.minimum(at.astype(np.intp), max(count - 2, 0))
        share = np.expand_dims(at - before, 1 - axis)
        first = image.take(before, axis)
        image = first + share * (image.take(np.minimum(before + 1, count - 1), axis) - first)
    return image


def _blend(picture: RGB, opacity: NDArray[np.floating], colour: tuple[int, int, int]) -> None:
    """Lay a colour over a picture, in place."""
    touched = opacity > 0
    share = opacity[touched][:, np.newaxis]
    below = picture[touched].astype(np.float64)
    picture[touched] = np.rint(below + share * (np.asarray(colour) - below)).astype(np.uint8)


def _stroke(
    mask: BoolArray,
    factors: tuple[float, float],
    shape: tuple[int, ...],
    line: LineStyle,
    style: Style,
) -> NDArray[np.float64]:
    """Share of each picture pixel covered by a mask's outline, 0-1."""
    coverage = np.zeros(shape, dtype=np.float64)
    zoom = np.asarray(factors)
    for path in outlines(mask):
        ends = _steps((path + 0.5) * zoom - 0.5, line.dash_px, style.line_scale)
        _stamp(coverage, ends, line.width_px * style.line_scale / 2)
    return coverage


def _steps(
    path: NDArray[np.float64], dash_px: tuple[float, float] | None, line_scale: float
) -> NDArray[np.float64]:
    """A path in equal steps of at most one pixel, only those that are drawn.

    Returns ``(steps, 2 ends, 2)``.
    """
    lengths = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(lengths)))
    count = max(int(np.ceil(along[-1])), 1)
    at = np.linspace(0.0, along[-1], count + 1)
    points = np.stack([np.interp(at, along, path[:, axis]) for axis in (0, 1)], axis=1)
    steps = np.stack([points[:-1], points[1:]], axis=1)
    if dash_px is None:
        return steps
    drawn, period = dash_px[0] * line_scale, sum(dash_px) * line_scale
    middle = (at[:-1] + at[1:]) / 2
    return steps[np.mod(middle, period) < drawn]


def _stamp(coverage: NDArray[np.float64], steps: NDArray[np.float64], half_width: float) -> None:
    """Raise ``coverage`` to what round-ended strokes over short steps cover, in place."""
    if len(steps) == 0:
        return
    reach = int(np.ceil(half_width + 1.0))
    window = np.arange(-reach, reach + 1)
    centre = np.rint(steps.mean(axis=1)).astype(np.intp)
    rows = (centre[:, 0, None] + window)[:, :, None] + 0 * window
    columns = (centre[:, 1, None] + window)[:, None, :] + 0 * window[:, None]
    distance = _distance(np.stack([rows, columns], axis=-1), steps)
    covered = np.clip(half_width + 0.5 - distance, 0.0, 1.0)
    inside = (rows >= 0) & (rows < coverage.shape[0])
    inside &= (columns >= 0) & (columns < coverage.shape[1])
    np.maximum.at(coverage, (rows[inside], columns[inside]), covered[inside])


def _distance(points: NDArray[np.intp], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each step's points ``(steps, a, b, 2)`` to that step's segment."""
    start = steps[:, None, None, 0]
    span = steps[:, None, None, 1] - start
    length2 = np.maximum((span**2).sum(axis=-1), 1e-12)
    share = np.clip(((points - start) * span).sum(axis=-1) / length2, 0.0, 1.0)
    foot = start + share[..., np.newaxis] * span
    return np.asarray(np.hypot(*np.moveaxis(points - foot, -1, 0)))
