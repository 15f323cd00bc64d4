"""DICOM header values as raw bytes, read quickly.

A folder's scan needs some sixty values of each file. Ordinary little-endian
files are walked here, element by element, up to the last value wanted; pydicom
reads whatever is unusual (deflated, big-endian, multi-frame, odd or damaged).
Both give the same raw bytes by tag, converted only on demand.

Source: DICOM PS3.5, chapter 7, and PS3.10, chapter 7.
"""

from __future__ import annotations

import codecs
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from pydicom import dcmread
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.valuerep import TEXT_VR_DELIMS, PersonName

from hipdesk.adapters._dicom_tags import (
    BINARY,
    CONVERTED,
    DESCENDED,
    PHILIPS_FRAME,
    PHILIPS_VALUES,
    WANTED,
    Tag,
)

_VALUES: Final = WANTED - {Tag.SHARED_GROUPS, Tag.PER_FRAME_GROUPS}
_LAST_WANTED: Final = max(_VALUES)
_UNDEFINED: Final = 0xFFFFFFFF
_ITEM: Final = 0xFFFEE000
_ITEM_END: Final = 0xFFFEE00D
_SEQUENCE_END: Final = 0xFFFEE0DD
_LONG_VRS: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_SHORT_VRS: Final = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT",
     b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)  # fmt: skip
_IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
_UNUSUAL_SYNTAXES: Final = frozenset({"1.2.840.10008.1.2.2", "1.2.840.113619.5.2"})
_DEFLATED_SYNTAXES: Final = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95"})
_ENHANCED_CLASSES: Final = frozenset(
    {"1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.4.4",
     "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"}
)  # fmt: skip
_CHUNK: Final = 65536
_MOST_AHEAD: Final = 1 << 25
"""Header bytes that the quick walk keeps; pydicom skips larger values without reading them."""

_MOST_GROUP_BYTES: Final = 1 << 28
"""Of a file's functional groups; 4 to 10 kB a frame are usual."""

_ENTERED: Final = DESCENDED | CONVERTED | {PHILIPS_FRAME}

MOST_INFLATED: Final = 1 << 29
"""Half a gibibyte; a deflated file that grows larger is a bomb or damaged."""

_LARGEST: Final = 1e12
_META_GROUP: Final = 2
_HEAD: Final = struct.Struct("<HH2sH")
_TAG: Final = struct.Struct("<HH")
_LENGTH: Final = struct.Struct("<L")


class NotDicomError(Exception):
    """The file does not begin like DICOM."""


class InflatedTooFarError(Exception):
    """A deflated file holds more than any image has."""


class _UnusualError(Exception):
    """The quick walk does not apply; pydicom is to read the file."""


@dataclass(frozen=True, slots=True)
class Elements:
    """Raw header values by tag.

    Attributes
    ----------
    values : bytes as stored, padding included
    little : byte order of binary values
    """

    values: Mapping[int, bytes]
    little: bool = True

    def __contains__(self, tag: int) -> bool:
        return bool(self.values.get(tag))

    def overlaid(self, values: Mapping[int, bytes]) -> Elements:
        """The same with some values replaced."""
        return replace(self, values={**self.values, **values})

    def strings(self, tag: int) -> tuple[str, ...]:
        """Values of a code, UID or number string; empty where absent."""
        raw = self.values.get(tag)
        if not raw:
            return ()
        return tuple(part.strip(" \0\r\n\t") for part in raw.decode("latin-1").split("\\"))

    def string(self, tag: int) -> str:
        """First value as text; empty where absent."""
        values = self.strings(tag)
        return values[0] if values else ""

    def numbers(self, tag: int) -> tuple[float, ...] | None:
        """All values as numbers; None where absent or any is not one, or absurdly large."""
        code = BINARY.get(tag)
        try:
            values = self._unpacked(tag, code) if code else self._parsed(tag)
        except (ValueError, struct.error):
            return None
        plausible = all(abs(value) < _LARGEST for value in values)
        return values if values and plausible else None

    def number(self, tag: int) -> float | None:
        """First value as a number; None where absent or not one."""
        values = self.numbers(tag)
        return values[0] if values else None

    def text(self, tag: int) -> str:
        """Human text, decoded with the file's character sets."""
        raw = self.values.get(tag, b"")
        return decode_bytes(raw, self._encodings(), TEXT_VR_DELIMS).strip(" \0\r\n")

    def person_name(self, tag: int) -> PersonName:
        """A name with its groups apart, decoded with the file's character sets."""
        return PersonName(self.values.get(tag, b"").strip(b" \0"), self._encodings())

    def _encodings(self) -> list[str]:
        """Python codecs of the file's character sets; the default where they are damaged."""
        try:
            encodings = convert_encodings(list(self.strings(Tag.CHARACTER_SET)) or [""])
            for encoding in encodings:
                codecs.lookup(encoding)
        except (LookupError, ValueError):
            return convert_encodings([""])
        return encodings

    def _parsed(self, tag: int) -> tuple[float, ...]:
        return tuple(float(part) for part in self.strings(tag))

    def _unpacked(self, tag: int, code: str) -> tuple[float, ...]:
        raw = self.values.get(tag, b"")
        count = len(raw) // struct.calcsize(code)
        order = "<" if self.little else ">"
        return tuple(float(value) for value in struct.unpack_from(f"{order}{count}{code}", raw))


@dataclass(frozen=True, slots=True)
class FileHeader:
    """A file's header: its own values, and those of each frame of an enhanced file."""

    elements: Elements
    frames: tuple[Mapping[int, bytes], ...] = ()


def read_header(path: Path) -> FileHeader:
    """Read the wanted header values of one file; pixels are not touched.

    Raises
    ------
    NotDicomError
        The file does not begin like DICOM.
    Exception
        Whatever pydicom raises on a damaged file.
    """
    with path.open("rb") as stream:
        try:
            return _Walk(stream).header()
        except (_UnusualError, struct.error, UnicodeDecodeError, RecursionError):
            stream.seek(0)
            return _read_slowly(stream)


def _may_be_enhanced(elements: Elements) -> bool:
    """Whether values may lie in functional groups."""
    return (
        (elements.number(Tag.FRAMES) or 1) > 1
        or Tag.ORIENTATION not in elements
        or elements.string(Tag.SOP_CLASS) in _ENHANCED_CLASSES
    )


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
        walk = _Walk(stream)
        deflated = walk.deflated()
    except (NotDicomError, _UnusualError, struct.error, UnicodeDecodeError):
        stream.seek(0)
        return None
    if deflated is None:
        stream.seek(0)
        return None
    content = deflated.read(MOST_INFLATED + 1)
    if len(content) > MOST_INFLATED:
        raise InflatedTooFarError
    return BytesIO(content)


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


class _Walk:
    """One pass over a little-endian file, reading no more than it must."""

    def __init__(self, stream: BinaryIO) -> None:
        self._file = stream
        self._stream: BinaryIO | _Inflating = stream
        self._data = stream.read(_CHUNK)
        self._implicit = False
        self._most_ahead = _MOST_AHEAD
        _check_beginning(self._data)

    def header(self) -> FileHeader:
        """Wanted values up to the last wanted tag, and of functional groups where there may be."""
        meta, at = self._meta()
        syntax = meta.strings(Tag.TRANSFER_SYNTAX)
        if not syntax or syntax[0] in _UNUSUAL_SYNTAXES:
            raise _UnusualError
        self._implicit = syntax[0] == _IMPLICIT_LITTLE
        if syntax[0] in _DEFLATED_SYNTAXES:
            self._stream, self._data, at = _Inflating(self._data[at:], self._file), b"", 0
        body, at = self._body(at)
        elements = Elements({**meta.values, **body})
        if not _may_be_enhanced(elements):
            return FileHeader(elements)
        self._most_ahead = _MOST_GROUP_BYTES
        return FileHeader(elements, self._frames(at))

    def deflated(self) -> _Inflating | None:
        """The deflated data set; None where the file has another transfer syntax."""
        meta, at = self._meta()
        if meta.string(Tag.TRANSFER_SYNTAX) not in _DEFLATED_SYNTAXES:
            return None
        return _Inflating(self._data[at:], self._file)

    def _meta(self) -> tuple[Elements, int]:
        """File meta information, and where the data set begins."""
        if self._data[128:132] != b"DICM":
            raise _UnusualError
        found: dict[int, bytes] = {}
        at = 132
        while self._tag(at) >> 16 == _META_GROUP:
            tag, start, length = self._element(at)
            if length == _UNDEFINED:
                raise _UnusualError
            if tag in WANTED:
                found[tag] = self._bytes(start, length)
            at = start + length
        return Elements(found), at

    def _body(self, at: int) -> tuple[dict[int, bytes], int]:
        """Values up to the last wanted tag, and where the walk stopped."""
        found: dict[int, bytes] = {}
        previous = 0
        while self._have(at + 8):
            tag, start, length = self._element(at)
            if tag <= previous:
                raise _UnusualError
            if tag > _LAST_WANTED:
                break
            previous = tag
            if length == _UNDEFINED:
                at = self._after_items(start)
                continue
            if tag in WANTED:
                found[tag] = self._bytes(start, length)
            at = start + length
        return found, at

    def _frames(self, at: int) -> tuple[Mapping[int, bytes], ...]:
        """Values of each frame, from the functional groups at the end of the header."""
        shared: list[dict[int, bytes]] = []
        per_frame: list[dict[int, bytes]] = []
        while self._have(at + 8) and (tag := self._tag(at)) <= Tag.PER_FRAME_GROUPS:
            _, start, length = self._element(at)
            if tag == Tag.SHARED_GROUPS:
                shared, at = self._items(start, length)
            elif tag == Tag.PER_FRAME_GROUPS:
                per_frame, at = self._items(start, length)
            else:
                at = self._after_items(start) if length == _UNDEFINED else start + length
        return _combined(shared, per_frame)

    def _items(self, at: int, length: int) -> tuple[list[dict[int, bytes]], int]:
        """Flattened items of a sequence of functional groups, and where it ends."""
        found: list[dict[int, bytes]] = []
        stop = None if length == _UNDEFINED else at + length
        while at != stop and (tag := self._tag(at)) != _SEQUENCE_END:
            if tag != _ITEM or (stop is not None and at > stop):
                raise _UnusualError
            values, at = self._item(at + 8, _LENGTH.unpack_from(self._data, at + 4)[0])
            found.append(values)
        return found, at if stop is not None else at + 8

    def _item(self, at: int, length: int) -> tuple[dict[int, bytes], int]:
        """Wanted values of an item, as `_flattened` takes them, and where it ends."""
        nested: dict[int, dict[int, bytes]] = {}
        own: dict[int, bytes] = {}
        stop = None if length == _UNDEFINED else at + length
        while at != stop and (tag := self._tag(at)) != _ITEM_END:
            if stop is not None and at > stop:
                raise _UnusualError
            _, start, size = self._element(at)
            if tag in _ENTERED:
                items, at = self._items(start, size)
                nested[tag] = items[0] if items else {}
            elif size == _UNDEFINED:
                at = self._after_items(start)
            else:
                if size and tag in _VALUES:
                    own[tag] = self._bytes(start, size)
                at = start + size
        return _by_precedence(own, nested), at if stop is not None else at + 8

    def _element(self, at: int) -> tuple[int, int, int]:
        """Tag, start of the value and its length."""
        if at + 12 > len(self._data):
            self._have(at + 12)
        group, element, vr, length = _HEAD.unpack_from(self._data, at)
        if self._implicit and group > _META_GROUP:
            return group << 16 | element, at + 8, _LENGTH.unpack_from(self._data, at + 4)[0]
        if vr in _SHORT_VRS:
            return group << 16 | element, at + 8, length
        if vr in _LONG_VRS:
            return group << 16 | element, at + 12, _LENGTH.unpack_from(self._data, at + 8)[0]
        raise _UnusualError

    def _after_items(self, at: int) -> int:
        """Skip a sequence of undefined length."""
        while (tag := self._tag(at)) != _SEQUENCE_END:
            if tag != _ITEM:
                raise _UnusualError
            length = _LENGTH.unpack_from(self._data, at + 4)[0]
            at = self._after_item(at + 8) if length == _UNDEFINED else at + 8 + length
        return at + 8

    def _after_item(self, at: int) -> int:
        """Skip the elements of an item of undefined length."""
        while self._tag(at) != _ITEM_END:
            _, start, length = self._element(at)
            at = self._after_items(start) if length == _UNDEFINED else start + length
        return at + 8

    def _tag(self, at: int) -> int:
        if at + 8 > len(self._data):
            self._have(at + 8)
        group, element = _TAG.unpack_from(self._data, at)
        return int(group << 16 | element)

    def _bytes(self, start: int, length: int) -> bytes:
        stop = start + length
        if stop > len(self._data) and not self._have(stop):
            raise _UnusualError
        return self._data[start:stop]

    def _have(self, size: int) -> bool:
        """Read on until ``size`` bytes are there or the file ends."""
        if size > self._most_ahead:
            raise _UnusualError
        if size > len(self._data):  # by half again, or a large header is copied many times
            more = size - len(self._data) + max(_CHUNK, len(self._data) // 2)
            self._data += self._stream.read(more)
        return size <= len(self._data)


def _check_beginning(data: bytes) -> None:
    """Refuse what begins neither with a preamble nor with a low DICOM group."""
    if data[128:132] == b"DICM":
        return
    group = data[:2]
    if len(data) < 16 or group not in {b"\x02\0", b"\0\x02", b"\x08\0", b"\0\x08"}:
        raise NotDicomError


def _read_slowly(stream: BinaryIO) -> FileHeader:
    """Let pydicom read what the quick walk does not cover."""
    plain = inflated(stream)
    dataset = dcmread(
        plain or stream, stop_before_pixels=True, force=True, specific_tags=sorted(WANTED)
    )
    little = dataset.original_encoding[1] is not False
    values = _collected([dataset.file_meta, dataset])
    if plain:
        values[Tag.TRANSFER_SYNTAX] = b"1.2.840.10008.1.2.1.99"
    return FileHeader(Elements(values, little), _frames(dataset))


def _frames(dataset: Dataset) -> tuple[Mapping[int, bytes], ...]:
    """Values of each frame, from its own functional groups and the shared ones."""
    shared, per_frame = (
        [_flattened(groups) for groups in _groups(dataset, tag)]
        for tag in (Tag.SHARED_GROUPS, Tag.PER_FRAME_GROUPS)
    )
    return _combined(shared, per_frame)


def _combined(
    shared: Sequence[Mapping[int, bytes]], per_frame: Sequence[Mapping[int, bytes]]
) -> tuple[Mapping[int, bytes], ...]:
    """Values of each frame; a lone frame may have shared ones only."""
    common = shared[0] if shared else {}
    if not per_frame:
        return (common,) if Tag.ORIENTATION in common else ()
    return tuple({**common, **values} for values in per_frame)


def _groups(dataset: Dataset, tag: int) -> Sequence[Dataset]:
    """Items of a sequence; none where the element is absent or no sequence."""
    value = dataset[tag].value if tag in dataset else None
    return list(value) if isinstance(value, DicomSequence) else []


def _collected(datasets: Sequence[Dataset]) -> dict[int, bytes]:
    """Raw bytes of the wanted values that lie at the top of the data sets."""
    found: dict[int, bytes] = {}
    for dataset in datasets:
        for tag in _VALUES & set(dataset.keys()):
            raw = _raw(dataset, tag)
            if raw:
                found[int(tag)] = raw
    return found


def _raw(dataset: Dataset, tag: int) -> bytes | None:
    """An element's stored bytes; text that pydicom has already converted is encoded back."""
    value = dataset.get_item(tag).value
    if isinstance(value, bytes) or value is None:
        return value
    parts = [value] if isinstance(value, str) else value
    try:
        return "\\".join(str(part) for part in parts).encode("latin-1")
    except (TypeError, UnicodeEncodeError):
        return None


def _flattened(groups: Dataset) -> dict[int, bytes]:
    """Wanted values inside functional groups, whatever group they are in."""
    nested = {
        int(tag): _flattened(item)
        for tag in _ENTERED & set(groups.keys())
        for item in _groups(groups, tag)[:1]
    }
    return _by_precedence(_collected([groups]), nested)


def _by_precedence(
    own: Mapping[int, bytes], nested: Mapping[int, Mapping[int, bytes]]
) -> dict[int, bytes]:
    """Values of an item and of the sequences in it.

    What a standard group says outranks what was taken over from a classic file
    or stands in a private copy of one.
    """
    found = {t: raw for t, raw in nested.get(PHILIPS_FRAME, {}).items() if t in PHILIPS_VALUES}
    for tag in sorted(CONVERTED & nested.keys()):
        found.update(nested[tag])
    found.update(own)
    for tag in sorted(DESCENDED & nested.keys()):
        found.update(nested[tag])
    return found
