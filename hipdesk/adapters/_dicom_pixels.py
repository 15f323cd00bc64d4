"""Pixels of a series: decoded, rescaled, stacked."""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from hipdesk.adapters._dicom_elements import read_header
from hipdesk.adapters._dicom_headers import rescale_of
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import DamagedImage
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.records import FloatArray, Series, SliceSource, Volume

MAX_VOXELS: Final = 1 << 29
"""2 GiB of float32; a larger claim is a damaged header."""


def read_volume(
    series: Series,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> Volume:
    """Decode one series, each file once.

    Stored values are taken through the Modality LUT or the frame's pixel
    value transformation (DICOM PS3.3 C.11.1, C.7.6.16.2.9) and nothing else;
    private scales are left alone.

    Raises
    ------
    DamagedImage
        A slice cannot be decoded, or is not of the size its header states.
    Cancelled
        The user asked to stop; asked between files.
    """
    if int(np.prod(series.shape, dtype=np.int64)) > MAX_VOXELS:
        raise DamagedImage(
            "The series claims more pixels than this program reads; "
            "a header is damaged: send the series again from the scanner or archive."
        )
    voxels = np.empty(series.shape, dtype=np.float32)
    files = _by_file(series)
    for done, (path, places) in enumerate(files.items()):
        if cancelled():
            raise CancelledByUser
        progress(done / len(files), "Reading images")
        sources = [series.slices[place] for place in places]
        voxels[places] = _read_file(path, sources, (series.rows, series.columns))
    voxels.setflags(write=False)
    return Volume(series, voxels, hashlib.sha256(voxels.tobytes()).hexdigest())


def _by_file(series: Series) -> dict[Path, list[int]]:
    """Slice indices held by each file, frames ascending."""
    files: dict[Path, list[int]] = defaultdict(list)
    for place, source in enumerate(series.slices):
        files[source.path].append(place)
    for places in files.values():
        places.sort(key=lambda place: series.slices[place].key.frame_number or 0)
    return files


def _read_file(path: Path, sources: list[SliceSource], shape: tuple[int, int]) -> FloatArray:
    """Rescaled slices of one file, float32 (slices, rows, columns)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            slices = _decode(path, sources)
    except Exception as error:  # decoders raise anything on damaged data
        raise DamagedImage(
            f"The image {path.name} is damaged and cannot be shown; "
            "send the series again from the scanner or archive."
        ) from error
    if slices.shape[1:] != shape or not np.isfinite(slices).all():
        raise DamagedImage(
            f"The image {path.name} does not hold what its header states; "
            "send the series again from the scanner or archive."
        )
    return slices


def _decode(path: Path, sources: list[SliceSource]) -> FloatArray:
    dataset = _opened(path)
    numbers = [source.key.frame_number for source in sources]
    if numbers == [None]:
        stored = next(iter_pixels(dataset, raw=True)).copy()  # the rescaling writes into it
        return np.asarray(apply_modality_lut(stored, dataset)[None], dtype=np.float32)
    wanted = [number - 1 for number in numbers if number is not None]
    header = read_header(path)
    pictures = zip(wanted, iter_pixels(dataset, raw=True, indices=wanted), strict=True)
    return np.stack(
        [
            _scaled(picture, *rescale_of(header.elements.overlaid(header.frames[i])))
            for i, picture in pictures
        ]
    )


def _opened(path: Path) -> Dataset:
    """The whole file; one without meta information is given the syntax it was read in."""
    dataset = dcmread(path, force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit = dataset.original_encoding[0]
        dataset.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        )
    return dataset


def _scaled(stored: NDArray[np.generic], slope: float, intercept: float) -> FloatArray:
    return np.asarray(stored.astype(np.float64) * slope + intercept, dtype=np.float32)
