"""Steps from element to element of a DICOM file, in bounded time and memory.

Ordinary little-endian files are walked here; pydicom reads whatever is unusual,
through a stream that ends its work when a file takes more steps than any image
has: an item of a sequence costs pydicom ten times what it costs this walk, and
a file of some megabytes can hold a million.

Source: DICOM PS3.5, chapter 7, and PS3.10, chapter 7.
"""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO
from typing import Any, BinaryIO, Final, cast

from pydicom import dcmread
from pydicom.charset import default_encoding
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import read_partial, read_sequence

from hipdesk.adapters._dicom_tags import WANTED, Tag

UNDEFINED: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
LENGTH: Final = struct.Struct("<L")

MOST_STEPS: Final = 1_500_000
"""Elements and items that the walk goes over, in a second; 5,000 frames have as many at most."""

MOST_FRAGMENTS: Final = 1 << 18
"""Of compressed pixels; one to four a frame are usual."""

MOST_READS: Final = 150_000
"""Pieces that pydicom may ask for: three to five for each element or item."""

MOST_INFLATED: Final = 1 << 28
"""A quarter of a gibibyte; a deflated file that grows larger is a bomb or damaged."""

_CHUNK: Final = 65536
_MOST_AHEAD: Final = 1 << 25
"""Header bytes that the walk keeps; pydicom skips larger values without reading them."""

_LONG_VRS: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_SHORT_VRS: Final = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT",
     b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)  # fmt: skip
_IMPLICIT_LITTLE: Final = b"1.2.840.10008.1.2"
_UNUSUAL_SYNTAXES: Final = frozenset({b"1.2.840.10008.1.2.2", b"1.2.840.113619.5.2"})
_DEFLATED_SYNTAXES: Final = frozenset({b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.4.95"})
_META_GROUP: Final = 2
_HEAD: Final = struct.Struct("<HH2sH")
_TAG: Final = struct.Struct("<HH")


class NotDicomError(Exception):
    """The file does not begin like DICOM."""


class InflatedTooFarError(Exception):
    """A deflated file holds more than any image has."""


class TooManyPartsError(Exception):
    """A file holds more elements or items than any image has."""


class UnusualError(Exception):
    """The walk does not apply; pydicom is to read the file."""


UNUSUAL: Final = (UnusualError, struct.error, UnicodeDecodeError, RecursionError)
"""What a walk raises where pydicom is to read the file."""


class Walk:
    """One pass over a little-endian file, reading no more than it must.

    Parameters
    ----------
    stream : at its beginning
    bare : it holds a data set in explicit VR without meta information
    """

    def __init__(self, stream: BinaryIO, bare: bool = False) -> None:
        self._file = stream
        self._stream: BinaryIO | _Inflating = stream
        self._data = stream.read(_CHUNK)
        self._most_ahead = _MOST_AHEAD
        self._steps = 0
        self.implicit = False
        if not bare:
            _check_beginning(self._data)

    def meta(self) -> tuple[dict[int, bytes], int]:
        """Wanted file meta information, and where the data set begins."""
        if self._data[128:132] != b"DICM":
            raise UnusualError
        found: dict[int, bytes] = {}
        at = 132
        while self.tag(at) >> 16 == _META_GROUP:
            tag, _, start, length = self.element(at)
            if length == UNDEFINED:
                raise UnusualError
            if tag in WANTED:
                found[tag] = self.bytes(start, length)
            at = start + length
        return found, at

    def begin(self) -> tuple[dict[int, bytes], int]:
        """File meta information; makes ready for the data set, and says where it begins."""
        meta, at = self.meta()
        syntax = syntax_of(meta)
        if not syntax or syntax in _UNUSUAL_SYNTAXES:
            raise UnusualError
        self.implicit = syntax == _IMPLICIT_LITTLE
        if syntax in _DEFLATED_SYNTAXES:
            self._stream, self._data, at = _Inflating(self._data[at:], self._file), b"", 0
        return meta, at

    def deflated(self) -> _Inflating | None:
        """The deflated data set; None where the file has another transfer syntax."""
        meta, at = self.meta()
        if syntax_of(meta) not in _DEFLATED_SYNTAXES:
            return None
        return _Inflating(self._data[at:], self._file)

    def element(self, at: int) -> tuple[int, bytes, int, int]:
        """Tag, VR, start of the value and its length; no VR where it is implicit."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooManyPartsError
        if at + 12 > len(self._data):
            self.have(at + 12)
        group, element, vr, length = _HEAD.unpack_from(self._data, at)
        if self.implicit and group > _META_GROUP:
            return group << 16 | element, b"", at + 8, LENGTH.unpack_from(self._data, at + 4)[0]
        if vr in _SHORT_VRS:
            return group << 16 | element, vr, at + 8, length
        if vr in _LONG_VRS:
            return group << 16 | element, vr, at + 12, LENGTH.unpack_from(self._data, at + 8)[0]
        raise UnusualError

    def item(self, at: int) -> tuple[int, int]:
        """Tag and length of an item or of what ends a sequence."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooManyPartsError
        if at + 8 > len(self._data):
            self.have(at + 8)
        group, element, length = _ITEM_HEAD.unpack_from(self._data, at)
        return group << 16 | element, length

    def after_items(self, at: int, vr: bytes = b"") -> int:
        """Skip a sequence of undefined length, whatever is nested in it.

        Parameters
        ----------
        vr : of the sequence; what is unknown (UN) holds implicit elements (PS3.5 6.2.2)
        """
        implicit = self.implicit
        self.implicit = implicit or vr == b"UN"
        try:
            return self._after_items(at)
        finally:
            self.implicit = implicit

    def _after_items(self, at: int) -> int:
        in_item = [False]
        """Whether each open level is an item or a sequence of undefined length."""
        while in_item:
            tag, length = self.item(at)
            if tag == (ITEM_END if in_item[-1] else SEQUENCE_END):
                in_item.pop()
                at += 8
            elif in_item[-1]:
                _, _, at, length = self.element(at)
                at = self._into(in_item, at, length)
            elif tag == ITEM:
                at = self._into(in_item, at + 8, length)
            else:
                raise UnusualError
        return at

    @staticmethod
    def _into(in_item: list[bool], start: int, length: int) -> int:
        """Where to go on: behind a value of known length, else inside it."""
        if length != UNDEFINED:
            return start + length
        in_item.append(not in_item[-1])
        return start

    def after_fragments(self, at: int) -> int:
        """Where compressed pixels end, by the lengths of their fragments; they are not read.

        Beyond the end of the file where it is cut short. The delimiter itself may be missing.

        Raises
        ------
        TooManyPartsError
            There are more fragments than any image has.
        """
        for _ in range(MOST_FRAGMENTS):
            self._file.seek(at)
            head = self._file.read(8)
            if not head:
                return at
            if len(head) < 8:
                return at + 8
            group, element, length = _ITEM_HEAD.unpack(head)
            tag = group << 16 | element
            if tag == SEQUENCE_END:
                return at
            if tag != ITEM:
                raise UnusualError
            at += 8 + length
        raise TooManyPartsError

    def tag(self, at: int) -> int:
        """The tag that stands somewhere."""
        if at + 8 > len(self._data):
            self.have(at + 8)
        group, element = _TAG.unpack_from(self._data, at)
        return int(group << 16 | element)

    def bytes(self, start: int, length: int) -> bytes:
        """A value; all of it must be there."""
        stop = start + length
        if stop > len(self._data) and not self.have(stop):
            raise UnusualError
        return self._data[start:stop]

    def have(self, size: int) -> bool:
        """Read on until ``size`` bytes are there or the file ends."""
        if size > self._most_ahead:
            raise UnusualError
        if size > len(self._data):  # by half again, or a large header is copied many times
            more = size - len(self._data) + max(_CHUNK, len(self._data) // 2)
            self._data += self._stream.read(more)
        return size <= len(self._data)


_ITEM_HEAD: Final = struct.Struct("<HHL")


def syntax_of(meta: dict[int, bytes]) -> bytes:
    """Transfer syntax that meta information states."""
    return meta.get(Tag.TRANSFER_SYNTAX, b"").rstrip(b"\0 ")


def _check_beginning(data: bytes) -> None:
    """Refuse what begins neither with a preamble nor with a low DICOM group."""
    if data[128:132] == b"DICM":
        return
    group = data[:2]
    if len(data) < 16 or group not in {b"\x02\0", b"\0\x02", b"\x08\0", b"\0\x08"}:
        raise NotDicomError


class _Inflating:
    """Reads a deflated stream, inflating no more than is asked for."""

    def __init__(self, begun: bytes, stream: BinaryIO) -> None:
        self._ahead = begun
        self._stream = stream
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; fewer at the end."""
        parts: list[bytes] = []
        while size > 0 and not self._inflater.eof:
            deflated = self._ahead or self._stream.read(_CHUNK)
            if not deflated:
                break
            parts.append(self._inflater.decompress(deflated, size))
            self._ahead = self._inflater.unconsumed_tail
            size -= len(parts[-1])
        return b"".join(parts)


def inflated(stream: BinaryIO) -> BytesIO | None:
    """The data set of a deflated file, without meta information; None for any other file.

    Raises
    ------
    InflatedTooFarError
        It is larger than `MOST_INFLATED`.
    zlib.error
        The deflated stream is damaged.
    """
    try:
        deflated = Walk(stream).deflated()
    except (NotDicomError, *UNUSUAL):
        deflated = None
    if deflated is None:
        stream.seek(0)
        return None
    content = BytesIO()
    while piece := deflated.read(1 << 22):
        if content.tell() + len(piece) > MOST_INFLATED:
            raise InflatedTooFarError
        content.write(piece)
    content.seek(0)
    return content


class Meter:
    """Counts what pydicom asks of one file, or of several.

    Parameters
    ----------
    most : pieces that it may ask for
    """

    def __init__(self, most: int = MOST_READS) -> None:
        self._left = most

    @property
    def spent(self) -> bool:
        """Whether the file was asked more often than any image needs."""
        return self._left < 0

    def count(self) -> None:
        """One more.

        Raises
        ------
        TooManyPartsError
            One too many.
        """
        self._left -= 1
        if self.spent:
            raise TooManyPartsError


class _Metered:
    """A stream that can be asked so many times, and gives no more than there is."""

    def __init__(self, stream: BinaryIO, meter: Meter) -> None:
        self._stream = stream
        self._meter = meter
        at = stream.tell()
        self._size = stream.seek(0, os.SEEK_END)
        stream.seek(at)
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; room is made for those alone that are there."""
        self._meter.count()
        left = max(self._size - self._stream.tell(), 0)
        return self._stream.read(left if size < 0 else min(size, left))


def read_metered(stream: BinaryIO, meter: Meter, **options: Any) -> FileDataset:
    """`pydicom.dcmread`, which stops where the meter is spent.

    Raises
    ------
    TooManyPartsError
        The file holds more elements and items than any image has.
    Exception
        Whatever pydicom raises on a damaged file.
    """
    try:
        return dcmread(cast(BinaryIO, _Metered(stream, meter)), force=True, **options)
    except Exception as error:  # pydicom hides ours in one of its own
        if meter.spent:
            raise TooManyPartsError from error
        raise


def read_description(stream: BinaryIO, meter: Meter) -> Dataset:
    """Everything that describes an image, as far as the groups of its single frames.

    What follows them is not looked at.

    Raises
    ------
    TooManyPartsError
        The meter is spent.
    InvalidDicomError
        The file is none, or without a preamble.
    Exception
        Whatever pydicom raises on a damaged file.
    """
    try:
        return read_partial(cast(BinaryIO, _Metered(stream, meter)), stop_when=_is_behind_frames)
    except Exception as error:
        if meter.spent:
            raise TooManyPartsError from error
        raise


def _is_behind_frames(tag: int, _vr: str | None, _length: int) -> bool:
    return tag > Tag.PER_FRAME_GROUPS


def metered_items(element: RawDataElement, meter: Meter) -> list[Dataset]:
    """Items of an element that pydicom has not looked into; none where it holds none.

    Raises
    ------
    TooManyPartsError
        The meter is spent.
    Exception
        Whatever pydicom raises on damaged items.
    """
    value, little = element.value or b"", element.is_little_endian
    if not value.startswith(_ITEM_STARTS[little]):
        return []
    stream = cast(BinaryIO, _Metered(BytesIO(value), meter))
    try:
        return list(
            read_sequence(stream, element.is_implicit_VR, little, len(value), default_encoding)
        )
    except Exception as error:
        if meter.spent:
            raise TooManyPartsError from error
        raise


_ITEM_STARTS: Final = {True: b"\xfe\xff\x00\xe0", False: b"\xff\xfe\xe0\x00"}
