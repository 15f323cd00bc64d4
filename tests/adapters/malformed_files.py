"""Files as a tester would damage them, one fault each; opened in a child process with limits.

``python -m tests.adapters.malformed_files FOLDER FIRST`` opens the cases named
in ``FOLDER/names``, from the FIRST on. It prints a line before each and one
after, as `tests.adapters.dicom_fuzzing` does, with the memory that each took.
"""

from __future__ import annotations

import resource
import signal
import struct
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from tests.adapters.dicom_fuzzing import LIMIT_S, opened
from tests.dicom_factory import enhanced_copy, save, write_series

Case = Callable[[], bytes]

UNDEFINED = b"\xff\xff\xff\xff"
ITEM = b"\xfe\xff\x00\xe0"
ITEM_END = b"\xfe\xff\x0d\xe0\0\0\0\0"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"
LONG_VRS = {b"OB", b"OW", b"OF", b"OD", b"SQ", b"UN", b"UT", b"UC", b"UR", b"OL", b"OV"}
PIXELS = 0x7FE00010


class Element(NamedTuple):
    """An element of an explicit little-endian file."""

    tag: int
    at: int
    vr: bytes
    start: int
    length: int


def elements(content: bytes) -> list[Element]:
    """Top-level elements, file meta information first."""
    found, at = [], 132
    while at + 8 <= len(content):
        group, number, vr, length = struct.unpack_from("<HH2sH", content, at)
        start = at + 8
        if vr in LONG_VRS:
            start, length = at + 12, struct.unpack_from("<L", content, at + 8)[0]
        found.append(Element(group << 16 | number, at, vr, start, length))
        at = start + length
    return found


def element(content: bytes, tag: int) -> Element:
    """One element."""
    return next(each for each in elements(content) if each.tag == tag)


def made(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """An explicit element, its length stated truly or not."""
    size = len(value) if length is None else length
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    if vr in LONG_VRS:
        return head + b"\0\0" + struct.pack("<L", size & 0xFFFFFFFF) + value
    return head + struct.pack("<H", size & 0xFFFF) + value


def replaced(content: bytes, tag: int, new: bytes) -> bytes:
    """The file with other bytes for an element; in its place, where there is none."""
    for each in elements(content):
        if each.tag == tag:
            return content[: each.at] + new + content[each.start + each.length :]
        if each.tag > tag:
            return content[: each.at] + new + content[each.at :]
    return content + new


def padded(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)


def nested(body: bytes, depth: int, ended: bool = True) -> bytes:
    """Sequences in sequences, of undefined length."""
    begin = b"\x08\0\x40\x11SQ\0\0" + UNDEFINED + ITEM + UNDEFINED
    return begin * depth + body + ((ITEM_END + SEQUENCE_END) * depth if ended else b"")


NAMES = {
    ImplicitVRLittleEndian: "implicit", ExplicitVRBigEndian: "big",
    DeflatedExplicitVRLittleEndian: "deflated", RLELossless: "rle", JPEG2000Lossless: "jpeg-2000",
    JPEGLSLossless: "jpeg-ls",
}  # fmt: skip


class Bases:
    """Sound files that are damaged here."""

    def __init__(self, folder: Path) -> None:
        small = write_series(folder / "classic", slices=4, rows=32, columns=40)
        self.classic = small[0].read_bytes()
        self.plain = {
            NAMES[syntax]: write_series(
                folder / "plain", slices=1, rows=8, columns=8, syntax=syntax, names=["one"]
            )[0].read_bytes()
            for syntax in (ImplicitVRLittleEndian, ExplicitVRBigEndian,
                           DeflatedExplicitVRLittleEndian)
        }  # fmt: skip
        self.enhanced = self._saved(folder, enhanced_copy(small))
        self.packed = {}
        self.frames = {}
        for syntax in (RLELossless, JPEG2000Lossless, JPEGLSLossless):
            dataset = enhanced_copy(small)
            dataset.compress(syntax, generate_instance_uid=False)
            self.packed[NAMES[syntax]] = self._saved(folder, dataset)
            self.frames[NAMES[syntax]] = list(
                generate_frames(dataset.PixelData, number_of_frames=len(small))
            )

    @staticmethod
    def _saved(folder: Path, dataset) -> bytes:
        save(dataset, folder / "dataset")
        return (folder / "dataset").read_bytes()


VALUES: dict[int, tuple[bytes, tuple[bytes, ...]]] = {
    0x00020010: (b"UI", (b"", b"1.2.3\0", b"hello\0", b"1.2.840.10008.1.2.4.100\0",
                         b"1.2.840.10008.1.2.2\0", b"1.2.840.10008.1.2\0", b"1" * 200)),
    0x00080005: (b"CS", (b"", b"ISO_IR 999", b"junk", b"\\\\\\", b"ISO 2022 IR 87\\x", b"\xff" * 40,
                         b"GB18030\\GBK", b"ISO_IR 100\\ISO_IR 101\\ISO_IR 102", b"utf8")),
    0x00080008: (b"CS", (b"", b"\\" * 300, b"\xff\xfe")),
    0x00080016: (b"UI", (b"", b"1.2.3\0", b"1.2.840.10008.1.3.10", b"x" * 300)),
    0x00080018: (b"UI", (b"", b"\0\0", b"not a uid", b"1." * 300)),
    0x00080020: (b"DA", (b"", b"20241332", b"2024.1.1", b"junk", b"99999999", b"\xb2\xb3\xb9" * 2)),
    0x00080030: (b"TM", (b"", b"256199", b"-1", b"junk", b"10:11:12.9999999")),
    0x00080060: (b"CS", (b"", b"XX", b"\0\0", b"SEG ", b"MR\\CT")),
    0x00100010: (b"PN", (b"", b"^" * 300, b"=" * 300, b"\x1b$B" * 50, b"\xff" * 64, b"\\" * 100)),
    0x00100030: (b"DA", (b"00000000", b"19000230", b"junk")),
    0x00180050: (b"DS", (b"", b"0 ", b"-4", b"nan ", b"inf ", b"1e308 ", b"text")),
    0x00180080: (b"DS", (b"-1", b"nan ", b"text", b"1e999 ")),
    0x00180081: (b"DS", (b"-1", b"nan ", b"text", b"\\")),
    0x00200032: (b"DS", (b"", b"1 ", b"1\\2 ", b"nan\\0\\0 ", b"inf\\0\\0 ", b"1e30\\0\\0",
                         b"a\\b\\c ", b"1\\2\\3\\4", b"1,5\\2\\3 ", b"\\\\")),
    0x00200037: (b"DS", (b"", b"1\\0\\0\\0\\1 ", b"2\\0\\0\\0\\2\\0 ", b"1\\0\\0\\1\\0\\0 ",
                         b"0\\0\\0\\0\\0\\0 ", b"nan\\0\\0\\0\\1\\0 ", b"1\\0\\0\\0\\1\\0\\0",
                         b"1e200\\0\\0\\0\\1e200\\0", b"a\\b\\c\\d\\e\\f ", b"1\\1\\1\\0\\0\\1 ")),
    0x00280002: (b"US", (b"\0\0", b"\2\0", b"\3\0", b"\xff\xff", b"", b"\1")),
    0x00280004: (b"CS", (b"", b"RGB ", b"MONOCHROME3 ", b"PALETTE COLOR ", b"YBR_FULL",
                         b"\xff\xff")),
    0x00280008: (b"IS", (b"", b"0 ", b"-1", b"2 ", b"4294967295", b"9" * 16, b"text", b"1.5 ",
                         b"nan ",                         b"1\\2 ", b"65535 ")),
    0x00280010: (b"US", (b"\0\0", b"\1\0", b"\7\0", b"\x09\0", b"\xff\xff", b"", b"\x08",
                         b"\x08\0\x09\0")),
    0x00280011: (b"US", (b"\0\0", b"\1\0", b"\7\0", b"\x09\0", b"\xff\xff", b"", b"\x08")),
    0x00280030: (b"DS", (b"", b"0\\0 ", b"-1\\-1 ", b"1 ", b"nan\\1 ", b"text", b"1e-30\\1e-30",
                         b"1e30\\1",                         b"1\\2\\3 ", b"1,0\\1,0 ", b"\\ ")),
    0x00280100: (b"US", tuple(struct.pack("<H", n) for n in (0, 1, 7, 8, 12, 24, 32, 64, 65535))),
    0x00280101: (b"US", tuple(struct.pack("<H", n) for n in (0, 1, 17, 64, 65535))),
    0x00280102: (b"US", tuple(struct.pack("<H", n) for n in (0, 15, 16, 65535))),
    0x00280103: (b"US", (b"\1\0", b"\2\0", b"\xff\xff", b"")),
    0x00280120: (b"US", (b"\0\0", b"\xff\xff", b"", b"\1", b"\1\0\2\0")),
    0x00281050: (b"DS", (b"nan ", b"text", b"1e308 ", b"\\" * 50)),
    0x00281051: (b"DS", (b"0 ", b"-5", b"nan ", b"text")),
    0x00281052: (b"DS", (b"nan ", b"inf ", b"1e308 ", b"text", b"1\\2 ")),
    0x00281053: (b"DS", (b"0 ", b"nan ", b"-1", b"1e308 ", b"1e-320", b"text")),
    0x00283000: (b"SQ", (b"", ITEM + UNDEFINED, ITEM + struct.pack("<L", 99), b"junk",
                         ITEM + b"\0\0\0\0")),
    0x7FE00001: (b"OV", (b"", b"\0" * 8, b"\xff" * 32)),
}  # fmt: skip
"""Values that a header may not hold."""


def values(bases: Bases) -> Iterator[tuple[str, Case]]:
    """Odd values, in a classic file and in an enhanced one."""
    for name, content in (("classic", bases.classic), ("enhanced", bases.enhanced)):
        for tag, (vr, each) in VALUES.items():
            for number, value in enumerate(each):
                new = made(tag, vr, value)
                yield f"value-{name}-{tag:08x}-{number}", partial(replaced, content, tag, new)
            yield f"value-{name}-{tag:08x}-none", partial(replaced, content, tag, b"")
        for tag in (PIXELS, 0x52009229, 0x52009230, 0x00020000):
            yield f"value-{name}-{tag:08x}-none", partial(replaced, content, tag, b"")


def cuts(bases: Bases) -> Iterator[tuple[str, Case]]:
    """Files that end too early."""
    for name, content in {"classic": bases.classic, **bases.plain, "enhanced": bases.enhanced,
                          **bases.packed}.items():  # fmt: skip
        step = 1 if name == "classic" else 17
        for at in range(0, min(len(content), 2048), step):
            yield f"cut-{name}-{at}", partial(content.__getitem__, slice(at))


def lengths(bases: Bases) -> Iterator[tuple[str, Case]]:
    """Every element of a classic and an enhanced file, lying about its length or kind."""
    for name, content in (("classic", bases.classic), ("enhanced", bases.enhanced)):
        for tag, _, vr, start, length in elements(content):
            value = content[start : start + length]
            for lie in (0, 1, length + 1, length - 1, length + 2, 0xFFFE, 0xFFFF, 0x7FFFFFFF,
                        0xFFFFFFFE, 0xFFFFFFFF):  # fmt: skip
                new = made(tag, vr, value, lie)
                yield f"length-{name}-{tag:08x}-{lie:x}", partial(replaced, content, tag, new)
            for other in (b"\0\0", b"ZZ", b"UN", b"SQ", b"OB", b"US", b"DS", b"\xff\xff", b"  "):
                new = made(tag, other, value)
                title = f"vr-{name}-{tag:08x}-{other.hex()}"
                yield title, partial(replaced, content, tag, new)


def encapsulated(content: bytes, value: bytes, length: int = 0xFFFFFFFF, ended: bool = True):
    """The file with other compressed pixels."""
    at = content.index(b"\xe0\x7f\x10\0OB")
    end = SEQUENCE_END if ended else b""
    return content[:at] + made(PIXELS, b"OB", value, length) + end


def fragment(value: bytes, length: int | None = None) -> bytes:
    return ITEM + struct.pack("<L", len(value) if length is None else length) + value


def offsets(*numbers: int) -> bytes:
    return fragment(struct.pack(f"<{len(numbers)}L", *numbers))


def fragments(bases: Bases) -> Iterator[tuple[str, Case]]:
    """Compressed pixels whose parts are missing, lie or overlap."""
    for name, content in bases.packed.items():
        frames = [frame + b"\0" * (len(frame) % 2) for frame in bases.frames[name]]
        whole = b"".join(map(fragment, frames))
        for title, value in {
            "empty": b"", "table-only": offsets(), "no-table": whole,
            "one": offsets() + fragment(frames[0]), "too-many": offsets() + whole * 3,
            "huge-offsets": offsets(0, 0xFFFFFFFF, 0xFFFFFFF0, 7) + whole,
            "same-offsets": offsets(0, 0, 0, 0) + whole,
            "falling-offsets": offsets(90, 60, 30, 0) + whole,
            "few-offsets": offsets(0) + whole, "many-offsets": offsets(*range(5000)) + whole,
            "odd-table": fragment(b"\0\0\0", 3) + whole,
            "long-table": fragment(b"", 0xFFFFFFF0) + whole,
            "undefined-table": fragment(b"", 0xFFFFFFFF) + whole,
            "zero-lengths": offsets() + fragment(b"") * 1000,
            "zero-lengths-mixed": offsets() + whole + fragment(b"") * 5000,
            "huge-fragment": offsets() + fragment(frames[0], 0x7FFFFFFF),
            "undefined-fragment": offsets() + fragment(frames[0], 0xFFFFFFFF),
            "beyond": offsets() + whole + fragment(b"", 1000),
            "joined": offsets() + fragment(b"".join(frames)),
            "halved": offsets() + b"".join(fragment(f[: len(f) // 2]) for f in frames),
            "single-bytes": offsets() + b"".join(fragment(bytes([b])) for b in frames[0]),
            "noise": offsets() + fragment(bytes(range(256)) * 4) * 4,
            "zeros": offsets() + fragment(bytes(600)) * 4,
            "ones": offsets() + fragment(b"\xff" * 600) * 4,
            "junk-tags": b"\x08\0\x08\0\x04\0\0\0junk" * 20,
        }.items():  # fmt: skip
            yield f"fragments-{name}-{title}", partial(encapsulated, content, value)
            yield (
                f"fragments-{name}-{title}-open",
                partial(encapsulated, content, value, 0xFFFFFFFF, False),
            )
            yield (
                f"fragments-{name}-{title}-sized",
                partial(encapsulated, content, value, len(value)),
            )
        for at in range(0, len(frames[0]), max(1, len(frames[0]) // 24)):
            for byte in (0, 0xFF):
                bent = [f[:at] + bytes([byte]) * 4 + f[at + 4 :] for f in frames]
                yield (
                    f"stream-{name}-{at}-{byte}",
                    partial(encapsulated, content, offsets() + b"".join(map(fragment, bent))),
                )
        for title, table in {
            "short": (b"\0" * 8, b"\0" * 8), "odd": (b"\0" * 13, b"\0" * 3),
            "huge": (b"\xff" * 32, b"\xff" * 32),
            "overlapping": (b"\0" * 32, struct.pack("<4Q", *[1 << 20] * 4)),
            "lengths-only": (b"", b"\1" * 32),
        }.items():  # fmt: skip
            yield f"extended-{name}-{title}", partial(extended, content, frames, table)


def extended(content: bytes, frames: list[bytes], table: tuple[bytes, bytes]) -> bytes:
    """Compressed pixels with an extended offset table that lies."""
    value, *_ = encapsulate_extended(frames)
    at = content.index(b"\xe0\x7f\x10\0OB")
    tables = made(0x7FE00001, b"OV", table[0]) + made(0x7FE00002, b"OV", table[1])
    return content[:at] + tables + made(PIXELS, b"OB", value, 0xFFFFFFFF) + SEQUENCE_END


def pixels(bases: Bases) -> Iterator[tuple[str, Case]]:
    """Pixels that are missing, twice there, elsewhere or of another kind."""
    content = bases.classic
    whole = element(content, PIXELS)
    body, value = content[: whole.at], content[whole.start :]
    for title, tail in {
        "twice": made(PIXELS, b"OW", value) * 2, "short": made(PIXELS, b"OW", value[:50]),
        "float": made(0x7FE00008, b"OF", value * 2), "double": made(0x7FE00009, b"OD", value * 4),
        "bytes": made(PIXELS, b"OB", value), "sequence": made(PIXELS, b"SQ", value),
        "encapsulated": made(PIXELS, b"OB", encapsulate([value]), 0xFFFFFFFF),
        "trailing": made(PIXELS, b"OW", value) + b"\xfc\xff\xfc\xffOB\0\0" + UNDEFINED,
        "junk-behind": made(PIXELS, b"OW", value) + bytes(range(256)) * 100,
        "items-behind": made(PIXELS, b"OW", value) + nested(b"", 400, False),
        "both": made(0x7FE00008, b"OF", value * 2) + made(PIXELS, b"OW", value),
    }.items():  # fmt: skip
        yield f"pixels-{title}", partial(bytes.__add__, body, tail)
    start = element(content, 0x00080005).at
    yield "pixels-first", lambda: content[:start] + content[whole.at :] + content[start : whole.at]
    group = content[start : whole.at]
    yield "pixels-inside", lambda: (
        content[:start] + made(0x00081140, b"SQ", ITEM + UNDEFINED + content[whole.at :]
        + ITEM_END) + group)  # fmt: skip


def beginnings(bases: Bases) -> Iterator[tuple[str, Case]]:
    """Files that begin oddly."""
    content = bases.classic
    body = content[element(content, 0x00080005).at :]
    meta = content[132 : len(content) - len(body)]
    for title, whole in {
        "nothing": b"", "preamble": bytes(128), "magic": bytes(128) + b"DICM",
        "magic-only": b"DICM", "meta-only": bytes(128) + b"DICM" + meta, "no-preamble": meta + body,
        "no-meta": bytes(128) + b"DICM" + body, "bare": body, "bare-cut": body[:300],
        "twice": content * 2, "meta-twice": bytes(128) + b"DICM" + meta + meta + body,
        "text": b"Dear colleague,\n" * 500, "text-magic": b"x" * 128 + b"DICM" + b"hello " * 900,
        "zeros": bytes(10_000), "ones": b"\xff" * 10_000, "odd-byte": b"\0" + content,
        "behind": content + content[:200], "dicm-junk": bytes(128) + b"DICM" + b"\xff" * 4000,
        "group-length-0": replaced(content, 0x00020000, made(0x00020000, b"UL", bytes(4))),
        "group-length-huge": replaced(content, 0x00020000, made(0x00020000, b"UL", b"\xff" * 4)),
        "group-length-short": replaced(content, 0x00020000, made(0x00020000, b"UL", b"\1\0\0\0")),
        "group-8-length": replaced(content, 0x00080000, made(0x00080000, b"UL", b"\xff" * 4)),
        "implicit-body": content[:132] + meta + bytes.fromhex("0800050002000000") + body,
    }.items():  # fmt: skip
        yield f"beginning-{title}", partial(bytes, whole)


def frame_groups(bases: Bases) -> Iterator[tuple[str, Case]]:
    """Functional groups that are missing, too few, too many, or hold nonsense."""
    content = bases.enhanced
    groups = element(content, 0x52009230)
    inner = content[groups.start : groups.start + groups.length]
    frame = inner[: 8 + struct.unpack_from("<L", inner, 4)[0]]
    shared = element(content, 0x52009229)
    orientation = made(0x00200037, b"DS", b"1\\0\\0\\0\\0\\-1 ")

    def with_frames(value: bytes, length: int | None = None) -> bytes:
        return replaced(content, 0x52009230, made(0x52009230, b"SQ", value, length))

    for title, value in {
        "none": b"", "one": frame, "three": frame * 3, "five": frame * 5, "thousands": frame * 3000,
        "same": frame * 4, "empty-items": fragment(b"") * 4, "junk": b"junk" * 20,
        "undefined-items": (ITEM + UNDEFINED + ITEM_END) * 4,
        "open-items": (ITEM + UNDEFINED) * 4, "long-items": fragment(frame, 1 << 30) * 4,
        "in-itself": fragment(made(0x52009230, b"SQ", fragment(frame))) * 4,
        "deep": fragment(nested(frame, 300)) * 4, "deep-open": fragment(nested(frame, 300, False)),
        "deep-known": fragment((b"\x18\0\x14\x91SQ\0\0" + UNDEFINED + ITEM + UNDEFINED) * 2000) * 4,
    }.items():  # fmt: skip
        yield f"frames-{title}", partial(with_frames, value)
        yield f"frames-{title}-open", partial(with_frames, value, 0xFFFFFFFF)
    yield (
        "frames-many-undefined",
        lambda: with_frames((ITEM + UNDEFINED + ITEM_END) * 60_000 + SEQUENCE_END, 0xFFFFFFFF),
    )
    for words in (b"nan\\0\\0 ", b"inf\\1\\1 ", b"text", b"", b"1\\2 ", b"1e30\\0\\0", b"\\\\"):
        bent = made(0x00200032, b"DS", padded(words))
        new = inner.replace(inner_position(frame), bent, 1) if inner_position(frame) else inner
        yield f"frames-position-{words.hex()}", partial(with_frames, new)
    yield "frames-shared-none", lambda: replaced(content, 0x52009229, b"")
    yield "frames-shared-empty", lambda: replaced(content, 0x52009229, made(0x52009229, b"SQ", b""))
    yield "frames-shared-two", lambda: replaced(
        content, 0x52009229,
        made(0x52009229, b"SQ", content[shared.start : shared.start + shared.length] * 2),
    )  # fmt: skip
    yield "frames-orientation-twice", lambda: replaced(content, 0x00200037, orientation * 2)


def inner_position(frame: bytes) -> bytes:
    """The position's element in a frame."""
    at = frame.index(b"\x20\0\x32\0DS")
    return frame[at : at + 8 + struct.unpack_from("<H", frame, at + 6)[0]]


def many_items(bases: Bases, count: int = 400_000) -> Iterator[tuple[str, Case]]:
    """Headers of very many items, elements or values."""
    flat = (ITEM + UNDEFINED + ITEM_END) * count
    sized = fragment(b"") * count
    private = b"\x09\0\x40\x10"

    def inserted(base: bytes, new: bytes, before: bytes = b"\x10\0\x10\0") -> bytes:
        at = base.index(before)
        return base[:at] + new + base[at:]

    explicit = private + b"SQ\0\0" + UNDEFINED
    for name, base, begin, end in (
        ("explicit", bases.classic, explicit, SEQUENCE_END),
        ("open", bases.classic, explicit, b""),
        ("unknown", bases.classic, private + b"UN\0\0" + UNDEFINED, SEQUENCE_END),
        ("implicit", bases.plain["implicit"], private + UNDEFINED, SEQUENCE_END),
        ("enhanced", bases.enhanced, explicit, SEQUENCE_END),
        ("disorder", bases.classic, b"\x08\0\x05\0CS\0\0" + explicit, SEQUENCE_END),
    ):
        yield f"items-flat-{name}", partial(inserted, base, begin + flat + end)
        yield f"items-sized-{name}", partial(inserted, base, begin + sized + end)
    big = private[1::-1] + private[:1:-1] + b"SQ\0\0" + UNDEFINED
    swapped = b"\xff\xfe\xe0\x00" + UNDEFINED + b"\xff\xfe\xe0\x0d\0\0\0\0"
    yield "items-flat-big", lambda: inserted(
        bases.plain["big"],
        big + swapped * count + b"\xff\xfe\xe0\xdd\0\0\0\0", b"\0\x10\0\x10",
    )  # fmt: skip
    yield (
        "items-behind",
        lambda: inserted(
            bases.classic, b"\x29" + explicit[1:] + flat + SEQUENCE_END, b"\xe0\x7f\x10\0"
        ),
    )
    yield (
        "items-behind-open",
        lambda: inserted(bases.classic, b"\x29" + explicit[1:] + flat, b"\xe0\x7f\x10\0"),
    )
    yield (
        "items-lying",
        lambda: inserted(
            bases.classic, explicit + fragment(b"", 0x7FFFFFF0) * count + SEQUENCE_END
        ),
    )
    for depth in (20, 200, 5000, count):
        for ended in (True, False):
            yield (
                f"items-nested-{depth}-{ended}",
                partial(inserted, bases.classic, nested(b"", depth, ended)),
            )
    yield (
        "items-in-groups",
        lambda: replaced(bases.enhanced, 0x52009230, made(0x52009230, b"SQ", flat)),
    )
    yield (
        "items-in-table",
        lambda: replaced(bases.classic, 0x00283000, made(0x00283000, b"SQ", flat)),
    )
    yield (
        "items-in-deflated",
        lambda: deflated(bases, inserted(inside(bases), explicit + flat + SEQUENCE_END)),
    )
    yield "elements", lambda: inserted(bases.classic, made(0x00091010, b"LO", b"") * count)
    yield (
        "fragments-countless",
        lambda: encapsulated(
            bases.packed["jpeg-2000"],
            offsets() + fragment(b"") * count,
        ),
    )
    wide = bases.plain["implicit"]
    for tag, value in WIDE:
        head = struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(value) * 4 * count)
        yield f"values-many-{tag:08x}", partial(widened, wide, head, value * 4 * count)


WIDE = (
    (0x00280030, b"1\\"), (0x00200037, b"0\\"), (0x00100010, b"^"), (0x00280010, b"\x08\0"),
    (0x00080008, b"A\\"), (0x00080005, b"\\"),
)  # fmt: skip


def widened(content: bytes, head: bytes, value: bytes) -> bytes:
    """An implicit file with a huge value for one of its elements."""
    at = content.index(head[:4], 132)
    length = struct.unpack_from("<L", content, at + 4)[0]
    return content[:at] + head + value + content[at + 8 + length :]


def inside(bases: Bases) -> bytes:
    """The data set of the deflated file."""
    content = bases.plain["deflated"]
    return zlib.decompress(content[after_meta(content) :], -zlib.MAX_WBITS)


def after_meta(content: bytes) -> int:
    """Where the data set begins: after the meta information's stated length."""
    at = content.index(b"\x02\0\0\0UL\4\0") + 8
    return at + 4 + int.from_bytes(content[at : at + 4], "little")


def deflated(bases: Bases, body: bytes) -> bytes:
    """A deflated file of a data set."""
    content = bases.plain["deflated"]
    squeezer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return content[: after_meta(content)] + squeezer.compress(body) + squeezer.flush()


def bombs(bases: Bases) -> Iterator[tuple[str, Case]]:
    """Small files that claim, or unpack to, very much."""
    body = inside(bases)
    tail = body.index(b"\xe0\x7f\x10\0")
    large = made(0x00091010, b"OB", bytes(1 << 29))
    name = body.index(b"\x10\0\x10\0")
    yield "bomb-behind", lambda: deflated(bases, body + bytes(1 << 30))
    yield "bomb-before", lambda: deflated(bases, body[:name] + large + body[name:])
    yield (
        "bomb-pixels",
        lambda: deflated(bases, body[:tail] + made(PIXELS, b"OW", bytes((1 << 28) - (1 << 20)))),
    )
    yield (
        "bomb-name",
        lambda: deflated(
            bases, body[:name] + made(0x00100010, b"UN", b"A" * (200 << 20)) + body[name:]
        ),
    )
    whole = bases.plain["deflated"]
    at = after_meta(whole)
    for title, stream in (("noise", b"\x07" * 500), ("empty", b""), ("cut", whole[at : at + 90])):
        yield f"bomb-{title}", partial(bytes.__add__, whole[:at], stream)
    for rows, columns in ((5790, 5790), (65535, 512), (65535, 65535), (1, 65535)):
        for syntax, content in {"classic": bases.classic, **bases.packed}.items():
            sized = replaced_sizes(content, rows, columns)
            yield f"bomb-{syntax}-{rows}x{columns}", partial(bytes, sized)
            if syntax == "jpeg-2000":
                yield (
                    f"bomb-stream-{rows}x{columns}",
                    partial(claiming_stream, bases, sized, syntax, rows, columns),
                )
    yield "bomb-echoes", partial(enhanced_of_many, bases, 4000)


def claiming_stream(bases: Bases, content: bytes, syntax: str, rows: int, columns: int) -> bytes:
    """JPEG 2000 code streams that claim a size as well."""
    streams = []
    for frame in bases.frames[syntax]:
        at = frame.index(b"\xff\x4f\xff\x51") + 8
        size = struct.pack(">2L", columns, rows)
        streams.append(frame[:at] + size + frame[at + 8 : at + 16] + size + frame[at + 24 :])
    return encapsulated(content, encapsulate(streams))


def replaced_sizes(content: bytes, rows: int, columns: int) -> bytes:
    """The file with another size in its header; nothing else is changed."""
    for tag, size in ((b"\x28\0\x10\0US\2\0", rows), (b"\x28\0\x11\0US\2\0", columns)):
        at = content.index(tag) + 8
        content = content[:at] + struct.pack("<H", size) + content[at + 2 :]
    return content


def enhanced_of_many(bases: Bases, count: int) -> bytes:
    """An enhanced file whose every frame has an echo time of its own."""
    content = bases.enhanced
    groups = element(content, 0x52009230)
    inner = content[groups.start : groups.start + groups.length]
    body = inner[8 : 8 + struct.unpack_from("<L", inner, 4)[0]]
    frames = b"".join(
        fragment(body + made(0x00189114, b"SQ", fragment(
            made(0x00189082, b"FD", struct.pack("<d", 1 + index)))))
        for index in range(count)
    )  # fmt: skip
    content = replaced(content, 0x52009230, made(0x52009230, b"SQ", frames))
    content = replaced(content, 0x00280008, made(0x00280008, b"IS", padded(str(count).encode())))
    return replaced(content, PIXELS, made(PIXELS, b"OW", bytes(2560 * count)))


SMALL = (values, cuts, lengths, fragments, pixels, beginnings, frame_groups)
LARGE = (many_items, bombs)


def cases(bases: Bases) -> dict[str, Case]:
    """Every case by its name."""
    return {name: case for make in (*SMALL, *LARGE) for name, case in make(bases)}


def names(bases: Bases, large: bool) -> list[str]:
    """Names of the cases that are small, or of those that are large."""
    return sorted({name for make in (LARGE if large else SMALL) for name, _ in make(bases)})


def peak() -> int:
    """Most bytes in use since `forget_peak`, on Linux."""
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def forget_peak() -> int:
    """Begin to measure anew; returns the bytes in use."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


STATUS = Path("/proc/self/status")


def main(folder: str, first: str) -> None:
    """Open the named cases, one after another."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    every = cases(Bases(Path(folder, "bases")))
    chosen = Path(folder, "names").read_text("utf-8").splitlines()[int(first) :]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path = Path(folder, "case")
    path.mkdir(exist_ok=True)
    for name in chosen:
        (path / "file").write_bytes(every[name]())
        print(f"begin {name}", flush=True)
        before = forget_peak()
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        outcome = opened(path)
        left = signal.setitimer(signal.ITIMER_PROF, 0)[0]
        print(f"end {outcome} {peak() - before} {LIMIT_S - left:.2f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
