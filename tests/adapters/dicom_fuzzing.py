"""Damages files in every way at hand and opens them; run as a child process with limits.

``python -m tests.adapters.dicom_fuzzing FOLDER SEED COUNT`` opens COUNT damaged
copies of the files in FOLDER. It prints a line before each and one after, so
that whoever waits knows which file ended the process. SIGPROF ends it after
`LIMIT_S` seconds of work on one file.
"""

from __future__ import annotations

import random
import re
import resource
import shutil
import signal
import struct
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.errors import KnownError

LIMIT_S = 5.0
ADDRESS_SPACE = 4 << 30
"""Beyond what the process has; the memory in use is measured, this keeps the machine alive."""

_ELEMENT = re.compile(
    rb"(?s)..[\x00-\x7f]\x00(?:AE|AS|CS|DA|DS|FD|IS|LO|OB|OW|PN|SH|SQ|UI|UL|UN|US)"
)
_NUMBERS = re.compile(
    rb"(?s)\x28\x00(?:\x02|\x10|\x11|\x00\x01|\x01\x01|\x02\x01|\x03\x01)\x00US\x02\x00"
)
_DECIMALS = re.compile(
    rb"(?s)(?:\x20\x00\x32\x00|\x20\x00\x37\x00|\x28\x00\x30\x00|\x28\x00[\x52\x53]\x10)DS(..)"
)
_FRAMES = re.compile(rb"(?s)\x28\x00\x08\x00IS(..)")
_SYNTAX = re.compile(rb"1\.2\.840\.10008\.1\.2[0-9.]*")
_WORDS = (b"nan", b"inf", b"1e308", b"-1e-308", b"0", b"", b"1_0", b"9" * 16, b"\\", b"\xff\xfe")
_EXTREMES = (0, 1, 2, 3, 7, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)


def _flip(content: bytearray, dice: random.Random) -> None:
    span = dice.choice((300, 2000, len(content)))
    for _ in range(dice.randint(1, 12)):
        content[dice.randrange(min(span, len(content)))] ^= 1 << dice.randrange(8)


def _overwrite(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(content))
    content[at : at + dice.randint(1, 64)] = dice.randbytes(dice.randint(1, 64))


def _cut(content: bytearray, dice: random.Random) -> None:
    del content[dice.randrange(len(content)) :]


def _drop(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(content))
    del content[at : at + dice.choice((1, 2, 8, 100, 3000))]


def _insert(content: bytearray, dice: random.Random) -> None:
    at = dice.randrange(len(content))
    size = dice.choice((1, 2, 8, 100, 3000))
    content[at:at] = dice.randbytes(size) if dice.random() < 0.5 else content[at - size : at]


def _lie_about_length(content: bytearray, dice: random.Random) -> None:
    found = list(_ELEMENT.finditer(content))
    if not found:
        return _flip(content, dice)
    at = dice.choice(found).end()
    lie = dice.choice((0, 1, 7, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, dice.getrandbits(32)))
    if dice.random() < 0.5:
        content[at : at + 2] = struct.pack("<H", lie & 0xFFFF)
    else:
        content[at : at + 6] = b"\0\0" + struct.pack("<L", lie)
    return None


def _absurd_size(content: bytearray, dice: random.Random) -> None:
    for match in _NUMBERS.finditer(bytes(content)):
        if dice.random() < 0.4:
            value = dice.choice((*_EXTREMES, dice.getrandbits(16)))
            content[match.end() : match.end() + 2] = struct.pack("<H", value)


def _absurd_number(content: bytearray, dice: random.Random) -> None:
    for match in (*_DECIMALS.finditer(bytes(content)), *_FRAMES.finditer(bytes(content))):
        size = int.from_bytes(match[1], "little")
        if dice.random() < 0.5 and match.end() + size <= len(content):
            word = dice.choice((*_WORDS, *(content[match.end() :][:size].split(b"\\")[:1])))
            content[match.end() : match.end() + size] = word[:size].ljust(size)


def _other_syntax(content: bytearray, dice: random.Random) -> None:
    if found := _SYNTAX.search(content):
        other = dice.choice(
            (b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.5")
        )
        size = found.end() - found.start()
        content[found.start() : found.end()] = other.ljust(size, b"\0")[:size]


def _nest(content: bytearray, dice: random.Random) -> None:
    """Sequences in sequences, before the patient's name."""
    at = content.find(b"\x10\0\x10\0")
    if at > 0:
        depth = dice.choice((50, 400, 5000))
        nested = (
            b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
        ) * depth
        content[at:at] = nested


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _flip, _overwrite, _cut, _drop, _insert, _lie_about_length, _lie_about_length,
    _absurd_size, _absurd_number, _other_syntax, _nest,
)  # fmt: skip


def damaged(sources: list[Path], seed: int) -> bytes:
    """A damaged copy of one of the files, always the same for a seed."""
    dice = random.Random(seed)
    content = bytearray(dice.choice(sources).read_bytes())
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        if content:
            dice.choice(WAYS)(content, dice)
    return bytes(content)


def put(folder: Path, sources: list[Path], seed: int) -> Path:
    """A new folder with a damaged copy; every fourth among sound slices of its series."""
    path = folder / f"damaged-{seed}"
    path.mkdir()
    slices = [source for source in sources if source.name.startswith("slice")]
    if seed % 4 == 0 and slices:
        for source in slices[1:]:
            shutil.copy(source, path)
        sources = slices[:1]
    (path / "damaged").write_bytes(damaged(sources, seed))
    return path


def opened(path: Path) -> str:
    """What came of a file: ``read``, or why not. Anything but our own errors passes through."""
    reader = DicomFolderReader()
    found = reader.scan(path)
    assert bool(found.series) or bool(found.skipped)
    outcome = "skipped"
    for series in found.series:
        try:
            volume = reader.read(series)
        except KnownError:
            outcome = "refused"
        else:
            assert volume.voxels.shape == series.shape
            outcome = "read"
    return outcome


def peak_bytes() -> int:
    """Most memory that this process has had in use."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(folder: str, first: str, count: str) -> None:
    """Open damaged files, one after another."""
    warnings.simplefilter("ignore")
    sources = sorted(path for path in Path(folder, "sources").iterdir())
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ADDRESS_SPACE,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    before = peak_bytes()
    for seed in range(int(first), int(first) + int(count)):
        path = put(Path(folder), sources, seed)
        print(f"begin {seed}", flush=True)
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        outcome = opened(path)
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(f"end {outcome} {peak_bytes() - before}", flush=True)
        shutil.rmtree(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
