"""Sizes that compressed pictures state, compared before a decoder believes them.

A decoder makes room for whatever size its code stream claims; a damaged claim
costs gigabytes, and a picture of another size than the header's is no picture
of this series.

Sources: ITU-T T.81 B.2.2 (JPEG frame header; T.87 C.2.2 for JPEG-LS), T.800
A.5.1 (JPEG 2000 SIZ marker), DICOM PS3.5 G.5 (RLE header).
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import RLELossless

_FRAME_HEADERS: Final = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_JPEG_2000_START: Final = b"\xff\x4f\xff\x51"
_BOXES: Final = b"\0\0\0\x0cjP"
_MOST_BOX_BYTES: Final = 4096
_OFFSETS: Final = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")
_MOST_TILES: Final = 65535
_RLE_EXPANSION: Final = 64
"""Two bytes give 128 at most."""


class OtherSizeError(ValueError):
    """A compressed picture is not of the size that its header states."""


def single_frames(dataset: Dataset, indices: Collection[int]) -> Iterator[Dataset]:
    """Wanted frames of a compressed file, checked, each as the only frame of the data set.

    The file's fragments are gone through once, with an offset table or without.

    Parameters
    ----------
    dataset : the whole file; it is changed
    indices : 0-based numbers of the frames that are wanted

    Raises
    ------
    OtherSizeError
        A frame claims another size, or is too short to hold the picture.
    """
    frames = int(dataset.get("NumberOfFrames") or 1)
    streams = generate_frames(
        dataset.PixelData, number_of_frames=frames, extended_offsets=_extended_offsets(dataset)
    )
    dataset.NumberOfFrames = 1
    for keyword in _OFFSETS:
        dataset.pop(keyword, None)
    for index, stream in enumerate(islice(streams, max(indices) + 1)):
        if index in indices:
            _check(stream, dataset)
            dataset.PixelData = encapsulate([stream])
            yield dataset


def _extended_offsets(dataset: Dataset) -> tuple[bytes, bytes] | None:
    offsets, lengths = (dataset.get(keyword) for keyword in _OFFSETS)
    return (offsets, lengths) if offsets and lengths else None


def _check(stream: bytes, dataset: Dataset) -> None:
    if dataset.file_meta.TransferSyntaxUID == RLELossless:
        _check_expansion(stream, dataset)
    else:
        _check_size(stream, dataset)


def _check_expansion(stream: bytes, dataset: Dataset) -> None:
    size = int(dataset.Rows) * int(dataset.Columns) * int(dataset.BitsAllocated) // 8
    if len(stream) * _RLE_EXPANSION < size:
        raise OtherSizeError("too few bytes for the picture")


def _check_size(stream: bytes, dataset: Dataset) -> None:
    stated = stated_size(stream)
    if stated is not None and stated != (dataset.Rows, dataset.Columns):
        raise OtherSizeError("the picture is of another size")


def stated_size(stream: bytes) -> tuple[int, int] | None:
    """(rows, columns) that a JPEG, JPEG-LS or JPEG 2000 code stream claims; None if it does not.

    Raises
    ------
    OtherSizeError
        It claims more tiles than the standard allows.
    """
    try:
        if stream.startswith(_BOXES):
            at = stream.find(_JPEG_2000_START, 0, _MOST_BOX_BYTES)
            return _jpeg_2000_size(stream, at) if at >= 0 else None
        if stream.startswith(_JPEG_2000_START):
            return _jpeg_2000_size(stream, 0)
        return _jpeg_size(stream)
    except struct.error:
        return None


def _jpeg_2000_size(stream: bytes, at: int) -> tuple[int, int]:
    right, bottom, left, top, tile_width, tile_height = struct.unpack_from(">6L", stream, at + 8)
    tiles = _ceiling(right, tile_width) * _ceiling(bottom, tile_height)
    if tiles > _MOST_TILES:
        raise OtherSizeError("more tiles than the standard allows")
    return bottom - top, right - left


def _ceiling(length: int, part: int) -> int:
    return -(-length // part) if part else length


def _jpeg_size(stream: bytes) -> tuple[int, int] | None:
    """Size in the first frame header; segments before it are stepped over."""
    at = 2
    while at + 4 <= len(stream) and stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAME_HEADERS:
            rows, columns = struct.unpack_from(">HH", stream, at + 5)
            return (rows, columns) if rows else None  # 0: a later segment says
        else:
            at += 2 + max(2, struct.unpack_from(">H", stream, at + 2)[0])
    return None
