"""Pixels of a series: decoded, rescaled, stacked.

"Rescaled stored values" are ``stored x slope + intercept`` with the Rescale
Slope and Intercept of the file, or of the frame's Pixel Value Transformation
(DICOM PS3.3 C.11.1.1.2, C.7.6.16.2.9), or the Modality LUT where there is one.
Philips writes a slope of its own into each slice there; undoing it makes the
slices of one series comparable. Its private scale (2005,100E), which would make
*series* comparable, and Real World Value Mappings are left alone: every
measure made here is relative to signal of the same series.

Two more things are put right, because they would be read as tissue: pixels that
the file calls padding (other than 0) take the smallest measured value of their
picture, and negatives (MONOCHROME1) are turned within the range of stored bits.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut
from pydicom.pixels.utils import pixel_array

from hipdesk.adapters._dicom_codestreams import single_frames
from hipdesk.adapters._dicom_elements import Elements, FileHeader, read_header
from hipdesk.adapters._dicom_headers import is_inverted, rescale_of
from hipdesk.adapters._dicom_stored_pixels import open_pixels
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.errors import DamagedImage
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.records import BoolArray, FloatArray, Series, SliceSource, Volume

MAX_VOXELS: Final = 1 << 29
"""2 GiB of float32; a larger claim is a damaged header."""

MOST_UNPROVEN_VOXELS: Final = 1 << 25
MOST_VOXELS_PER_BYTE: Final = 400
"""A series beyond the first may claim so many pixels for each byte of its files.

Lossless compression reaches about 3 on tissue, and 200 on air alone.
"""

LARGE_VOXELS: Final = 1 << 27
MOST_VOXELS_PER_BYTE_OF_LARGE: Final = 16
"""Half a gibibyte of float32 and more is believed of pictures alone, not of air."""


def read_volume(
    series: Series,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> Volume:
    """Decode one series, each file once; `hipdesk.records.Volume` says of what values.

    Raises
    ------
    DamagedImage
        A slice cannot be decoded, or is not of the size its header states.
    Cancelled
        The user asked to stop; asked between files.
    """
    files = _by_file(series)
    if _claims_too_much(series, list(files)):
        raise DamagedImage(
            "The series claims more pixels than this program reads; "
            "a header is damaged: send the series again from the scanner or archive."
        )
    voxels = np.empty(series.shape, dtype=np.float32)
    for done, (path, places) in enumerate(files.items()):
        if cancelled():
            raise CancelledByUser
        progress(done / len(files), "Reading images")
        _read_file(path, [series.slices[place] for place in places], voxels, places)
    voxels.setflags(write=False)
    return Volume(series, voxels, hashlib.sha256(voxels.data).hexdigest())


def _claims_too_much(series: Series, paths: list[Path]) -> bool:
    """Whether a series claims more pixels than can be, or than its files can hold."""
    voxels = int(np.prod(series.shape, dtype=np.int64))
    if voxels <= MOST_UNPROVEN_VOXELS:
        return False
    stored = sum(path.stat().st_size for path in paths if path.is_file())
    large = voxels > LARGE_VOXELS
    a_byte = MOST_VOXELS_PER_BYTE_OF_LARGE if large else MOST_VOXELS_PER_BYTE
    return voxels > min(MAX_VOXELS, a_byte * stored)


def _by_file(series: Series) -> dict[Path, list[int]]:
    """Slice indices held by each file, frames ascending."""
    files: dict[Path, list[int]] = defaultdict(list)
    for place, source in enumerate(series.slices):
        files[source.path].append(place)
    for places in files.values():
        places.sort(key=lambda place: series.slices[place].key.frame_number or 0)
    return files


def _read_file(
    path: Path, sources: list[SliceSource], voxels: FloatArray, places: list[int]
) -> None:
    """Put the rescaled slices of one file in their places."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for place, picture in zip(places, _pictures(path, sources), strict=True):
                if picture.shape != voxels.shape[1:] or not np.isfinite(picture).all():
                    raise DamagedImage(
                        f"The image {path.name} does not hold what its header states; "
                        "send the series again from the scanner or archive."
                    )
                voxels[place] = picture
    except (DamagedImage, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # decoders raise anything; a panic in Rust is no Exception
        raise DamagedImage(
            f"The image {path.name} is damaged and cannot be shown; "
            "send the series again from the scanner or archive."
        ) from error


def _pictures(path: Path, sources: list[SliceSource]) -> Iterator[FloatArray]:
    """Decoded and rescaled slices of one file, frames ascending."""
    header, dataset = read_header(path), open_pixels(path)
    indices = [(source.key.frame_number or 1) - 1 for source in sources]
    for source, stored in zip(sources, _stored(dataset, indices), strict=True):
        yield _measured(stored, dataset, _elements(header, source))


def _stored(dataset: Dataset, indices: list[int]) -> Iterator[NDArray[np.generic]]:
    """Stored values of some frames, ascending."""
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        for single in single_frames(dataset, frozenset(indices)):
            yield pixel_array(single, index=0, raw=True)
    else:
        _check_bits(dataset)
        for index in indices:
            yield pixel_array(dataset, index=index, raw=True)


def _check_bits(dataset: Dataset) -> None:
    """Refuse values that do not lie in the lowest bits, where other readers differ."""
    stored = dataset.get("BitsStored")
    if stored and stored < dataset.BitsAllocated and dataset.get("HighBit") != stored - 1:
        raise ValueError("values lie in unusual bits")


def _elements(header: FileHeader, source: SliceSource) -> Elements:
    """Header values of one slice."""
    number = source.key.frame_number
    if number is None:
        return header.elements
    return header.elements.overlaid(header.frames[number - 1])


def _measured(stored: NDArray[np.generic], dataset: Dataset, elements: Elements) -> FloatArray:
    """Rescaled values of one stored picture."""
    if dataset.get("ModalityLUTSequence"):
        values = np.asarray(apply_modality_lut(stored.copy(), dataset), dtype=np.float32)
    else:
        upright = _turned(stored, dataset) if is_inverted(elements) else stored
        slope, intercept = rescale_of(elements)
        values = np.asarray(upright.astype(np.float64) * slope + intercept, dtype=np.float32)
    padded = _padded(stored, dataset)
    if padded is not None and padded.any():
        values[padded] = values[~padded].min() if not padded.all() else 0.0
    return values


def _turned(stored: NDArray[np.generic], dataset: Dataset) -> NDArray[np.int64]:
    """A negative as a positive, within the range of stored bits."""
    highest = -1 if dataset.PixelRepresentation else (1 << int(dataset.BitsStored)) - 1
    return highest - stored.astype(np.int64)


def _padded(stored: NDArray[np.generic], dataset: Dataset) -> BoolArray | None:
    """Where a picture holds its Pixel Padding Value or range; None where 0 or nothing is stated.

    A value written with the wrong sign means the same bits.

    Source: DICOM PS3.3 C.7.5.1.1.2.
    """
    value, limit = (
        dataset.get(keyword) for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")
    )
    if not isinstance(value, int) or stored.dtype.kind not in "iu":
        return None
    if not isinstance(limit, int):
        return None if value == 0 else np.asarray(stored == _as_stored(value, stored.dtype))
    low, high = sorted(_as_stored(bound, stored.dtype) for bound in (value, limit))
    values = stored.astype(np.int64)
    return np.asarray((values >= low) & (values <= high))


def _as_stored(value: int, dtype: np.dtype[np.generic]) -> int:
    """A number whose bits are read with the sign of the stored values."""
    bits = 8 * dtype.itemsize
    wrapped = value % (1 << bits)
    return wrapped - (1 << bits) if dtype.kind == "i" and wrapped >> (bits - 1) else wrapped
