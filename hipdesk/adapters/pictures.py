"""Overlay pictures as JPEG files, with side, slice and directions burned in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hipdesk.errors import BugError, OutputError
from hipdesk.geometry import upright
from hipdesk.overlay import OUTLINED, RGB, Window, hip_picture, window_of
from hipdesk.paths import resources_dir
from hipdesk.records import Analysis, BoolArray, HipResult, SegmentClass, Side, Volume

QUALITY: Final = 92
HEIGHT_PX: Final = 512
GAP_PX: Final = 8
"""Black strip between two pictures side by side."""

LABEL_SHARE: Final = 1 / 24
"""Height of burned-in letters as a share of the picture's."""

RESEARCH_ONLY: Final = "Research use only"


def write_overlays(analysis: Analysis, volume: Volume, folder: Path) -> list[Path]:
    """Write every slice of every hip that shows a head: overlaid, and as a pair.

    ``R_slice_012.jpg`` is the patient's right hip on slice 12 (counted from 1,
    as on screen) with its outlines; ``R_slice_012_pair.jpg`` shows the bare
    slice beside it. Pictures are upright: head up, patient's left on the right.

    Returns
    -------
    the files written, by side and slice

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    window = window_of(volume)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [path for hip in analysis.hips for path in _write_hip(hip, volume, window, folder)]
    except OSError as error:
        raise OutputError(
            f"The overlay pictures cannot be written to {folder}; check that the disk is not full "
            "and that you may write there."
        ) from error


def _write_hip(hip: HipResult, volume: Volume, window: Window, folder: Path) -> Iterator[Path]:
    """Write the pictures of one hip."""
    if hip.segmentation is None:
        return
    edges = upright(volume.series.affine).edges
    for index in slices_with_head(hip):
        marks = slice_marks(hip.side, index + 1, len(volume.series.slices))
        bare, drawn = (
            burn_in(
                hip_picture(volume, hip.segmentation, index, window, style, HEIGHT_PX),
                marks,
                edges,
                RESEARCH_ONLY,
            )
            for style in (None, OUTLINED)
        )
        name = f"{hip.side.value}_slice_{index + 1:03d}"
        yield _save(drawn, folder / f"{name}.jpg")
        yield _save(side_by_side(bare, drawn), folder / f"{name}_pair.jpg")


def slices_with_head(hip: HipResult) -> tuple[int, ...]:
    """Series indices of the slices on which a hip's head was outlined."""
    if hip.segmentation is None:
        return ()
    head: BoolArray = hip.segmentation.masks[SegmentClass.FEMORAL_HEAD]
    first = hip.segmentation.box.start[0]
    return tuple(first + int(i) for i in np.flatnonzero(head.any(axis=(1, 2))))


def slice_marks(side: Side, number: int, of: int) -> str:
    """What is burned into a picture of one hip, e.g. ``R hip  12/35``."""
    return f"{side.value} hip  {number}/{of}"


def burn_in(picture: RGB, marks: str, edges: tuple[str, str, str, str], note: str = "") -> RGB:
    """Write side, slice number and patient directions into a picture.

    Parameters
    ----------
    marks : written into the upper left corner
    edges : letters for the middle of the (top, bottom, left, right) edge
    note : written into the lower right corner
    """
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    wide, high = image.size
    size = max(round(high * LABEL_SHARE), 9)
    pad = size // 2
    top, bottom, left, right = edges
    labels = (
        ((pad, pad), marks, "lt", size),
        ((wide // 2, pad), top, "mt", size),
        ((wide // 2, high - pad), bottom, "mb", size),
        ((pad, high // 2), left, "lm", size),
        ((wide - pad, high // 2), right, "rm", size),
        ((wide - pad, high - pad), note, "rb", max(size * 2 // 3, 9)),
    )
    for place, text, anchor, points in labels:
        pen.text(
            place,
            text,
            fill="white",
            anchor=anchor,
            font=_font(points),
            stroke_width=max(points // 12, 1),
            stroke_fill="black",
        )
    return np.asarray(image, dtype=np.uint8)


def side_by_side(first: RGB, second: RGB) -> RGB:
    """Two pictures of one height with a black strip between them."""
    strip = np.zeros((first.shape[0], GAP_PX, 3), dtype=np.uint8)
    return np.concatenate([first, strip, second], axis=1)


def jpeg(picture: RGB) -> bytes:
    """A picture as a JPEG file's bytes, its colours not subsampled."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=QUALITY, subsampling=0)
    return stream.getvalue()


def _save(picture: RGB, path: Path) -> Path:
    path.write_bytes(jpeg(picture))
    return path


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(str(resources_dir() / "fonts" / "NotoSans-Bold.ttf"), size)
    except OSError as error:
        raise BugError("the font NotoSans-Bold did not come with the program") from error
