"""DICOM header values as raw bytes, read quickly.

A folder's scan needs some ninety values of each file. Ordinary little-endian
files are walked element by element, up to the last value wanted; pydicom reads
whatever is unusual (big-endian, odd or damaged). Both give the same raw bytes
by tag, converted only on demand, and both stop in time
(`hipdesk.adapters._dicom_walk`).

Source: DICOM PS3.5, chapter 7, and PS3.10, chapter 7.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.dataelem import DataElement, RawDataElement
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
from hipdesk.adapters._dicom_walk import (
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    UNUSUAL,
    Meter,
    TooManyPartsError,
    UnusualError,
    Walk,
    inflated,
    metered_items,
    read_metered,
)

_VALUES: Final = WANTED - {Tag.SHARED_GROUPS, Tag.PER_FRAME_GROUPS}
_PIXELS: Final = 0x7FE00010
_LAST_WANTED: Final = max(_VALUES)
UNCOMPRESSED: Final = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
_ENHANCED_CLASSES: Final = frozenset(
    {"1.2.840.10008.5.1.4.1.1.4.1", "1.2.840.10008.5.1.4.1.1.4.4",
     "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"}
)  # fmt: skip
_MOST_GROUP_BYTES: Final = 1 << 28
"""Of a file's functional groups; 4 to 10 kB a frame are usual."""

MOST_FRAMES: Final = 20_000
"""Of one file: 200 slices of 100 phases; they take three seconds to sort."""

_MOST_VALUE_BYTES: Final = 1 << 14
"""Of a wanted value; the longest are names, and lists of numbers that tell nothing."""

_MOST_PARTS: Final = 64
"""Of a value; a longer list is damaged, and would be gone through once for each frame."""

_ENTERED: Final = DESCENDED | CONVERTED | {PHILIPS_FRAME}

_LARGEST: Final = 1e12


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
        parts = raw.decode("latin-1").split("\\", _MOST_PARTS)
        return tuple(part.strip(" \0\r\n\t") for part in parts)

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
        count = min(len(raw) // struct.calcsize(code), _MOST_PARTS)
        order = "<" if self.little else ">"
        return tuple(float(value) for value in struct.unpack_from(f"{order}{count}{code}", raw))


@dataclass(frozen=True, slots=True)
class FileHeader:
    """A file's header: its own values, and those of each frame of an enhanced file.

    Attributes
    ----------
    least_bytes : that the file has; compressed pixels included, others not
    """

    elements: Elements
    frames: tuple[Mapping[int, bytes], ...] = ()
    least_bytes: int = 0


def read_header(path: Path) -> FileHeader:
    """Read the wanted header values of one file; pixels are not touched.

    Raises
    ------
    NotDicomError
        The file does not begin like DICOM.
    TooManyPartsError
        It holds more elements and items than any image has.
    Exception
        Whatever pydicom raises on a damaged file.
    """
    with path.open("rb") as stream:
        try:
            return _HeaderWalk(stream).header()
        except UNUSUAL:
            stream.seek(0)
            return _read_slowly(stream)


def _may_be_enhanced(elements: Elements) -> bool:
    """Whether values may lie in functional groups."""
    return (
        (elements.number(Tag.FRAMES) or 1) > 1
        or Tag.ORIENTATION not in elements
        or elements.string(Tag.SOP_CLASS) in _ENHANCED_CLASSES
    )


class _HeaderWalk(Walk):
    """A walk that takes up the wanted values."""

    def header(self) -> FileHeader:
        """Wanted values up to the last wanted tag, and of functional groups where there may be."""
        meta, at = self.begin()
        body, at = self._body(at)
        elements = Elements({**meta, **body})
        if not _may_be_enhanced(elements) or (elements.number(Tag.FRAMES) or 1) > MOST_FRAMES:
            return FileHeader(elements, (), self._least_bytes(at, elements))
        self._most_ahead = _MOST_GROUP_BYTES
        frames, at = self._frames(at)
        return FileHeader(elements, frames, self._least_bytes(at, elements))

    def _least_bytes(self, at: int, elements: Elements) -> int:
        """How long the file must be, uncompressed pixels apart; 0 where that is unknown."""
        if self._stream is not self._file:
            return 0
        if elements.string(Tag.TRANSFER_SYNTAX) in UNCOMPRESSED:
            return at + (8 if self.implicit else 12)
        try:
            return self._after_pixels(at)
        except UNUSUAL:
            return 0

    def _after_pixels(self, at: int) -> int:
        """Where compressed pixels end; pixels of known length lie in one piece."""
        while self.have(at + 12):
            tag, vr, start, length = self.element(at)
            if tag == _PIXELS:
                return self.after_fragments(start) if length == UNDEFINED else start + length
            at = self.after_items(start, vr) if length == UNDEFINED else start + length
        return at

    def _body(self, at: int) -> tuple[dict[int, bytes], int]:
        """Values up to the last wanted tag, and where the walk stopped."""
        found: dict[int, bytes] = {}
        previous = 0
        while self.have(at + 8):
            tag, vr, start, length = self.element(at)
            if tag <= previous:
                raise UnusualError
            if tag > _LAST_WANTED:
                break
            previous = tag
            if length == UNDEFINED:
                at = self.after_items(start, vr)
                continue
            if tag in WANTED and length <= _MOST_VALUE_BYTES:
                found[tag] = self.bytes(start, length)
            at = start + length
        return found, at

    def _frames(self, at: int) -> tuple[tuple[Mapping[int, bytes], ...], int]:
        """Values of each frame, from the groups at the end of the header, and where they end."""
        shared: list[dict[int, bytes]] = []
        per_frame: list[dict[int, bytes]] = []
        while self.have(at + 8) and (tag := self.tag(at)) <= Tag.PER_FRAME_GROUPS:
            _, vr, start, length = self.element(at)
            if tag == Tag.SHARED_GROUPS:
                shared, at = self._items(start, length)
            elif tag == Tag.PER_FRAME_GROUPS:
                per_frame, at = self._items(start, length)
            else:
                at = self.after_items(start, vr) if length == UNDEFINED else start + length
        return _combined(shared, per_frame), at

    def _items(self, at: int, length: int) -> tuple[list[dict[int, bytes]], int]:
        """Flattened items of a sequence of functional groups, and where it ends."""
        found: list[dict[int, bytes]] = []
        stop = None if length == UNDEFINED else at + length
        while at != stop:
            tag, size = self.item(at)
            if tag == SEQUENCE_END:
                break
            if tag != ITEM or (stop is not None and at > stop):
                raise UnusualError
            values, at = self._item(at + 8, size)
            found.append(values)
            if len(found) > MOST_FRAMES:
                raise TooManyPartsError
        return found, at if stop is not None else at + 8

    def _item(self, at: int, length: int) -> tuple[dict[int, bytes], int]:
        """Wanted values of an item, as `_flattened` takes them, and where it ends."""
        nested: dict[int, dict[int, bytes]] = {}
        own: dict[int, bytes] = {}
        stop = None if length == UNDEFINED else at + length
        while at != stop and (tag := self.tag(at)) != ITEM_END:
            if stop is not None and at > stop:
                raise UnusualError
            _, vr, start, size = self.element(at)
            if tag in _ENTERED:
                items, at = self._items(start, size)
                nested[tag] = items[0] if items else {}
            elif size == UNDEFINED:
                at = self.after_items(start, vr)
            else:
                if size and tag in _VALUES and size <= _MOST_VALUE_BYTES:
                    own[tag] = self.bytes(start, size)
                at = start + size
        return _by_precedence(own, nested), at if stop is not None else at + 8


def _read_slowly(stream: BinaryIO) -> FileHeader:
    """Let pydicom read what the quick walk does not cover."""
    plain, meter = inflated(stream), Meter()
    dataset = read_metered(
        plain or stream, meter, stop_before_pixels=True, specific_tags=sorted(WANTED)
    )
    little = dataset.original_encoding[1] is not False
    values = _collected([dataset.file_meta, dataset])
    if plain:
        values[Tag.TRANSFER_SYNTAX] = b"1.2.840.10008.1.2.1.99"
    shared, per_frame = (
        [_flattened(groups, meter) for groups in _groups(dataset, tag, meter)]
        for tag in (Tag.SHARED_GROUPS, Tag.PER_FRAME_GROUPS)
    )
    return FileHeader(Elements(values, little), _combined(shared, per_frame))


def _combined(
    shared: Sequence[Mapping[int, bytes]], per_frame: Sequence[Mapping[int, bytes]]
) -> tuple[Mapping[int, bytes], ...]:
    """Values of each frame; a lone frame may have shared ones only."""
    common = shared[0] if shared else {}
    if not per_frame:
        return (common,) if Tag.ORIENTATION in common else ()
    return tuple({**common, **values} for values in per_frame)


def _groups(dataset: Dataset, tag: int, meter: Meter) -> Sequence[Dataset]:
    """Items of a sequence; none where the element is absent or no sequence."""
    element: object = dataset.get_item(tag) if tag in dataset else None
    if isinstance(element, RawDataElement):
        return metered_items(element, meter)
    value = element.value if isinstance(element, DataElement) else None
    return list(value) if isinstance(value, DicomSequence) else []


def _collected(datasets: Sequence[Dataset]) -> dict[int, bytes]:
    """Raw bytes of the wanted values that lie at the top of the data sets."""
    found: dict[int, bytes] = {}
    for dataset in datasets:
        for tag in _VALUES & set(dataset.keys()):
            raw = _raw(dataset, tag)
            if raw and len(raw) <= _MOST_VALUE_BYTES:
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


def _flattened(groups: Dataset, meter: Meter) -> dict[int, bytes]:
    """Wanted values inside functional groups, whatever group they are in."""
    nested = {
        int(tag): _flattened(item, meter)
        for tag in _ENTERED & set(groups.keys())
        for item in _groups(groups, tag, meter)[:1]
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
