"""Where a file holds its pixels, and the few elements that say how.

All else is stepped over, so that what a header holds besides costs little
whatever it is.

Source: DICOM PS3.5, chapter 7 and annex A.4; PS3.3, C.7.6.3.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from hipdesk.adapters._dicom_walk import (
    MOST_FRAGMENTS,
    UNDEFINED,
    UNUSUAL,
    Meter,
    UnusualError,
    Walk,
    inflated,
    read_metered,
    syntax_of,
)

_PIXEL_KEYWORDS: Final = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_KEYWORDS: Final = (
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PlanarConfiguration",
    "PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "PixelPaddingValue", "PixelPaddingRangeLimit", "ModalityLUTSequence",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
)  # fmt: skip


def _tags(keywords: tuple[str, ...]) -> frozenset[int]:
    return frozenset(tag for each in keywords if (tag := tag_for_keyword(each)) is not None)


_PIXELS: Final = _tags(_PIXEL_KEYWORDS)
_MATTERING: Final = _tags(_KEYWORDS)
_OFFSETS: Final = _tags(("ExtendedOffsetTable", "ExtendedOffsetTableLengths"))

_MOST_TABLE_BYTES: Final = 8 * MOST_FRAGMENTS
_MOST_VALUE_BYTES: Final = 1 << 18
"""Of an element that says how pixels are stored; a look-up table takes half of it."""


class UnreasonableError(ValueError):
    """An element that says how pixels are stored is larger than any can be."""


@dataclass(frozen=True, slots=True)
class StoredPixels:
    """A file's pixel element, not read.

    Attributes
    ----------
    syntax : transfer syntax of the file; of a deflated one, once inflated
    described : the elements that say how pixels are stored, as they stand
    at : where the element begins
    start, length : of its value; the length may be `UNDEFINED`
    end : of its value; beyond that of a file that is cut short
    """

    syntax: str
    described: bytes = field(repr=False)
    tag: int
    vr: str
    at: int
    start: int
    length: int
    end: int

    def description(self) -> Dataset:
        """What says how the pixels are stored."""
        implicit = self.syntax == ImplicitVRLittleEndian
        dataset = read_dataset(BytesIO(self.described), implicit, True)
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = UID(self.syntax)
        dataset.set_original_encoding(implicit, True)
        return dataset


def find_pixels(stream: BinaryIO, bare: bool = False) -> StoredPixels:
    """Find the pixel element of a little-endian file.

    Parameters
    ----------
    stream : at its beginning
    bare : it holds a data set in explicit VR without meta information

    Raises
    ------
    UnusualError, struct.error
        pydicom is to read the file.
    TooManyPartsError
        The file holds more elements and items than any image has.
    UnreasonableError
        A value is larger than any can be.
    """
    return _PixelWalk(stream, bare).stored()


class _PixelWalk(Walk):
    """A walk to the pixel element."""

    def __init__(self, stream: BinaryIO, bare: bool) -> None:
        super().__init__(stream, bare)
        self._bare = bare

    def stored(self) -> StoredPixels:
        """The pixel element, and what stands before it that matters."""
        meta, at = ({}, 0) if self._bare else self.begin()
        syntax = syntax_of(meta).decode("ascii") if meta else ExplicitVRLittleEndian
        described: list[bytes] = []
        previous = 0
        while True:
            tag, vr, start, length = self.element(at)
            if tag <= previous:
                raise UnusualError
            if tag in _PIXELS:
                end = start + length
                if length == UNDEFINED:
                    end = self.after_fragments(start)
                head = b"".join(described)
                return StoredPixels(syntax, head, tag, vr.decode(), at, start, length, end)
            previous = tag
            end = self.after_items(start, vr) if length == UNDEFINED else start + length
            if tag in _MATTERING:
                _check_size(tag, end - start)
                described.append(self.bytes(at, end - at))
            at = end


def _check_size(tag: int, size: int) -> None:
    if size > (_MOST_TABLE_BYTES if tag in _OFFSETS else _MOST_VALUE_BYTES):
        raise UnreasonableError


def open_pixels(path: Path) -> Dataset:
    """What matters for pixels, and their stored bytes.

    A deflated file is inflated within bounds, and then as if it never had been.
    Without meta information it is of the syntax that it was read in.

    Raises
    ------
    TooManyPartsError, UnreasonableError, InflatedTooFarError
        No image is like that.
    Exception
        Whatever pydicom raises on a damaged file.
    """
    with path.open("rb") as stream:
        plain = inflated(stream)
        try:
            return _quickly(plain or stream, bare=plain is not None)
        except UNUSUAL:
            (plain or stream).seek(0)
            return _slowly(plain or stream)


def _quickly(stream: BinaryIO, bare: bool) -> Dataset:
    stored, size = find_pixels(stream, bare), _size(stream)
    if stored.end > size and stored.length == UNDEFINED:
        raise UnusualError
    stream.seek(stored.start)
    value = stream.read(min(stored.end, size) - stored.start)
    dataset = stored.description()
    dataset[stored.tag] = RawDataElement(
        BaseTag(stored.tag), stored.vr or None, stored.length, value, stored.start,
        not stored.vr, True,
    )  # fmt: skip
    return dataset


def _size(stream: BinaryIO) -> int:
    at = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(at)
    return size


def _slowly(stream: BinaryIO) -> Dataset:
    """Let pydicom read what the walk does not cover."""
    dataset = read_metered(stream, Meter(), specific_tags=[*_KEYWORDS, *_PIXEL_KEYWORDS])
    described: list[object] = [dataset.get_item(tag) for tag in _MATTERING & set(dataset.keys())]
    for element in described:
        if isinstance(element, RawDataElement):
            _check_size(element.tag, len(element.value or b""))
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit = dataset.original_encoding[0]
        dataset.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        )
    return dataset
