"""True outlines beside a model's, slice by slice, as JPEG files for readers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hipdesk.adapters.pictures import burn_in, jpeg, side_by_side, slice_marks
from hipdesk.errors import OutputError
from hipdesk.geometry import upright
from hipdesk.overlay import OUTLINED, hip_picture, window_of
from hipdesk.records import BoolArray, GridBox, Segmentation, SegmentClass, Side, Volume

HEIGHT_PX = 448
MARGIN_PX = 12
NOTE = "Research use only"

Masks = Mapping[SegmentClass, BoolArray]


def write_comparison(
    volume: Volume,
    side: Side,
    truth: Masks,
    found: Segmentation | None,
    folder: Path,
    number: str,
) -> list[Path]:
    """Write a picture of every slice on which either outline shows the head or a lesion.

    ``NUMBER_R_slice_012.jpg`` has the true outlines on the left and the model's
    on the right.

    Parameters
    ----------
    truth : masks on the whole native grid
    found : None where the model found no hip
    number : of the picture set, as the readers' form names it

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    box = _box(truth, volume.series.shape) if found is None else found.box
    true = Segmentation(side, box, {name: mask[box.index] for name, mask in truth.items()})
    drawn = Segmentation(side, box, {}) if found is None else found
    window, edges = window_of(volume), upright(volume.series.affine).edges
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for index in _shown(true, drawn):
            place = slice_marks(side, index + 1, len(volume.series.slices))
            pair = [
                burn_in(
                    hip_picture(volume, each, index, window, OUTLINED, HEIGHT_PX),
                    f"{place}  {word}",
                    edges,
                    NOTE,
                )
                for each, word in ((true, "truth"), (drawn, "prediction"))
            ]
            path = folder / f"{number}_{side.value}_slice_{index + 1:03d}.jpg"
            path.write_bytes(jpeg(side_by_side(*pair)))
            written.append(path)
    except OSError as error:
        raise OutputError(
            f"The pictures cannot be written to {folder}; check space and permission."
        ) from error
    return written


def _shown(true: Segmentation, drawn: Segmentation) -> list[int]:
    """Series indices of slices with a head or a lesion in either."""
    wanted = (SegmentClass.FEMORAL_HEAD, SegmentClass.BME, SegmentClass.EFFUSION_SYNOVITIS)
    there = np.zeros(true.box.shape[0], dtype=np.bool_)
    for each in (true, drawn):
        for name in wanted:
            if name in each.masks:
                there |= each.masks[name].any(axis=(1, 2))
    return [true.box.start[0] + int(index) for index in np.flatnonzero(there)]


def _box(truth: Masks, shape: tuple[int, int, int]) -> GridBox:
    """All slices, and the rows and columns of the true outlines with a margin."""
    flat = np.any([mask.any(axis=0) for mask in truth.values()], axis=0)
    spans = []
    for axis, count in ((1, shape[1]), (0, shape[2])):
        hits = np.flatnonzero(flat.any(axis=axis))
        first, last = (hits[0], hits[-1]) if hits.size else (0, count - 1)
        spans.append((max(0, int(first) - MARGIN_PX), min(count, int(last) + 1 + MARGIN_PX)))
    return GridBox((0, spans[0][0], spans[1][0]), (shape[0], spans[0][1], spans[1][1]))
