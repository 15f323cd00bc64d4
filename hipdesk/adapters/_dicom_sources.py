"""Where DICOM files come from: folders, discs, single files, zip archives.

Everything here only names files; nothing is read as DICOM. Archives are
unpacked into a private folder that is emptied when its reader is closed and,
after a crash, at the next start. Names inside an archive or a disc's index are
never used as paths.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Final

from hipdesk.adapters._store_files import WriterLock, random_name
from hipdesk.errors import Cancelled, StoreError, UnreadableInput
from hipdesk.paths import user_data_dir
from hipdesk.records import SkippedFile
from hipdesk.series_choice import NOT_DICOM

NOT_REGULAR: Final = "It is not an ordinary file."
NO_ACCESS: Final = "It cannot be opened; check the permissions."
NO_ANSWER: Final = "It does not answer; check the disc or the network, and open it again."
INNER_ARCHIVE: Final = "It is a zip archive inside what was opened; open it by itself."
_LOCKED: Final = "It is protected by a password; unpack it first."
_BROKEN: Final = "It is damaged inside the archive."

MOST_BYTES: Final = 16 << 30
"""What an archive may hold, unpacked: some ten large studies."""

MOST_RATIO: Final = 100
"""Unpacked to packed size; MR images reach about 5, empty ones inside a study hardly 50."""

FREE_BYTES: Final = 64 << 20
"""So much may be unpacked whatever the ratio: a folder of test pictures is no bomb."""

MOST_DIRECTORY_BYTES: Final = 32 << 20
"""Size of an archive's list of contents; some 300,000 files."""

_ROOM_LEFT: Final = 512 << 20
_CHUNK: Final = 1 << 20
_PACKED: Final = b"PK\x03\x04"
_EMPTY_ARCHIVE: Final = b"PK\x05\x06"
_BEGINNING: Final = 132
_LOW_GROUPS: Final = frozenset({b"\x02\0", b"\0\x02", b"\x08\0", b"\0\x08"})
_OPENED: Final = "opened"
_MOST_INDEX_BYTES: Final = 64 << 20
_INDEX_ENTRY: Final = re.compile(rb"\x04\x00(?:\x00\x15|\x30\x14)CS(..)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to be looked into.

    Attributes
    ----------
    path : where it is read
    shown : what it is called to the user; inside an archive another than ``path``
    size, mtime_ns : as first seen
    """

    path: Path = field(repr=False)
    shown: Path = field(repr=False)
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class SourceFolder:
    """Files that lie beside each other, in a fixed order.

    Attributes
    ----------
    lasting : whether the same path will mean the same files after this program ends
    """

    path: Path = field(repr=False)
    files: tuple[SourceFile, ...]
    lasting: bool = True


@dataclass(slots=True)
class Listing:
    """What has been found so far; filled by one thread, looked at by another.

    Attributes
    ----------
    waiting : folders not listed yet, the one being listed included
    refused : roots that cannot be opened at all
    discs : what indexes of discs list, and the folder each is for
    fraction : of the unpacking, done
    beat : time of the last sign of life
    stopped : nobody wants the rest
    """

    folders: list[SourceFolder] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    waiting: list[Path] = field(default_factory=list)
    refused: list[tuple[Path, UnreadableInput]] = field(default_factory=list)
    discs: list[tuple[Path, DiscIndex]] = field(default_factory=list)
    fraction: float = 0.0
    beat: float = field(default_factory=time.monotonic)
    stopped: bool = False

    def alive(self) -> None:
        """Give a sign of life, or stop where nobody waits any more."""
        self.beat = time.monotonic()
        if self.stopped:
            raise Cancelled

    def skip(self, path: Path, reason: str) -> None:
        """Leave a file out, with the reason."""
        self.skipped.append(SkippedFile(path, reason))


def list_sources(roots: Sequence[Path], into: Listing, private: PrivateFolder) -> None:
    """Find every file below the roots, each folder entered once; archives are unpacked.

    A root that cannot be opened goes to ``into.refused``.

    Raises
    ------
    Cancelled
        ``into.stopped`` was set.
    """
    walk = _Walk(into)
    for root in roots:
        into.waiting = [root]
        try:
            _list_root(root, into, walk, private)
        except UnreadableInput as error:
            into.refused.append((root, error))
        except (OSError, ValueError) as error:
            into.refused.append((root, _unopened(root, error)))
    _read_indexes(into)
    into.waiting = []


def _unopened(root: Path, error: Exception) -> UnreadableInput:
    sentence = f"{root} cannot be opened; check that the folder exists and may be read."
    refusal = UnreadableInput(sentence)
    refusal.__cause__ = error
    return refusal


def _list_root(root: Path, into: Listing, walk: _Walk, private: PrivateFolder) -> None:
    facts = root.stat()
    into.alive()
    if stat.S_ISDIR(facts.st_mode):
        walk.below(root)
    elif not stat.S_ISREG(facts.st_mode):
        into.skip(root, NOT_REGULAR)
    elif is_archive(root):
        into.folders += private.unpacked(root, into)
    else:
        walk.single(root, facts)


class _Walk:
    """A walk through folders; links are followed, each folder and file met once."""

    def __init__(self, into: Listing) -> None:
        self._into = into
        self._entered: set[tuple[int, int]] = set()
        self._single: set[Path] = set()

    def single(self, path: Path, facts: os.stat_result) -> None:
        """A file given by itself."""
        if path not in self._single:
            self._single.add(path)
            entry = SourceFile(path, path, facts.st_size, facts.st_mtime_ns)
            self._into.folders.append(SourceFolder(path, (entry,)))

    def below(self, root: Path) -> None:
        """Every folder from ``root`` down; only the root itself may raise `OSError`."""
        waiting = self._into.waiting = [root]
        while waiting:
            folder = waiting[-1]
            try:
                below = self._enter(folder)
            except OSError:
                if folder == root:
                    raise
                self._into.skip(folder, NO_ACCESS)
                below = []
            waiting.pop()
            waiting += sorted(below, reverse=True)

    def _enter(self, folder: Path) -> list[Path]:
        """List one folder; the folders in it."""
        facts = folder.stat()
        place = (facts.st_dev, facts.st_ino)
        if place in self._entered:
            return []
        self._entered.add(place)
        below: list[Path] = []
        files: list[SourceFile] = []
        with os.scandir(folder) as entries:
            for entry in entries:
                self._into.alive()
                self._sort_out(entry, below, files)
        if files:
            files.sort(key=lambda file: file.path)
            self._into.folders.append(SourceFolder(folder, tuple(files)))
        return below

    def _sort_out(
        self, entry: os.DirEntry[str], below: list[Path], files: list[SourceFile]
    ) -> None:
        """One name of a folder: a folder, an ordinary file, or neither."""
        path = Path(entry.path)
        try:
            facts = path.stat() if entry.is_symlink() else entry.stat()
        except OSError:
            self._into.skip(path, NO_ACCESS)
            return
        if stat.S_ISDIR(facts.st_mode):
            below.append(path)
        elif stat.S_ISREG(facts.st_mode):
            files.append(SourceFile(path, path, facts.st_size, facts.st_mtime_ns))
        else:  # a pipe would never end
            self._into.skip(path, NOT_REGULAR)


def is_archive(path: Path) -> bool:
    """Whether a file begins like a zip archive and is not DICOM."""
    with path.open("rb") as stream:
        beginning = stream.read(_BEGINNING)
    return beginning[:4] in (_PACKED, _EMPTY_ARCHIVE) and beginning[128:] != b"DICM"


def begins_like_dicom(beginning: bytes) -> bool:
    """Whether a file may be DICOM, by its first 132 bytes; some have no preamble."""
    return beginning[128:132] == b"DICM" or beginning[:2] in _LOW_GROUPS


# Archives


class PrivateFolder:
    """A folder of this program alone, for what archives hold.

    Made when first needed, below the user's data folder, readable by its owner
    only. The operating system holds its lock as long as the program lives, so
    that a later start knows what a crash has left.
    """

    def __init__(self) -> None:
        self._lock: WriterLock | None = None
        self._folder: Path | None = None
        self._known: dict[tuple[Path, int, int], tuple[SourceFolder, ...]] = {}
        self._said: dict[tuple[Path, int, int], tuple[SkippedFile, ...]] = {}

    def unpacked(self, archive: Path, listing: Listing) -> tuple[SourceFolder, ...]:
        """The folders of an archive, unpacked; the same archive only once.

        Raises
        ------
        UnreadableInput
            It is damaged, protected, unreasonably large, or there is no room.
        Cancelled
            ``listing.stopped`` was set; nothing of this archive remains.
        """
        facts = archive.stat()
        key = (archive.absolute(), facts.st_size, facts.st_mtime_ns)
        if key not in self._known:
            before = len(listing.skipped)
            folder = self._place() / random_name()
            folder.mkdir(mode=0o700)
            try:
                self._known[key] = _unpack(archive, folder, listing)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._said[key] = tuple(listing.skipped[before:])
        else:
            listing.skipped += self._said[key]
        return self._known[key]

    def _place(self) -> Path:
        """The folder, made and locked."""
        if self._folder is None:
            home = user_data_dir() / _OPENED
            home.mkdir(parents=True, exist_ok=True)
            name = random_name()
            self._lock = WriterLock(home / f"{name}.lock")
            self._folder = home / name
            self._folder.mkdir(mode=0o700)
        return self._folder

    def close(self) -> None:
        """Remove everything unpacked."""
        self._known.clear()
        self._said.clear()
        if self._folder is not None and self._lock is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._lock.release()
            with suppress(OSError):
                self._folder.with_suffix(".lock").unlink()
        self._folder = self._lock = None


def remove_leftovers() -> None:
    """Remove what programs that ended without closing have left unpacked."""
    home = user_data_dir() / _OPENED
    with suppress(OSError):
        for name in {path.stem for path in home.iterdir()}:
            _remove_unless_held(home / name)


def _remove_unless_held(folder: Path) -> None:
    lock_file = folder.with_suffix(".lock")
    try:
        lock = WriterLock(lock_file)
    except (StoreError, OSError):  # its program is alive
        return
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
    with suppress(OSError):
        lock_file.unlink()


def _unpack(archive: Path, into: Path, listing: Listing) -> tuple[SourceFolder, ...]:
    """Unpack what may be DICOM under names of our own."""
    try:
        with archive.open("rb") as stream:
            _check_directory(archive, stream)
            with zipfile.ZipFile(stream) as opened:
                members = [info for info in opened.infolist() if not info.is_dir()]
                _check_members(archive, members, into)
                return _Unpacking(archive, opened, into, listing).all(members)
    except (zipfile.BadZipFile, struct.error, EOFError, ValueError, NotImplementedError) as error:
        raise UnreadableInput(
            f"The archive {archive} is damaged or not complete; copy it again."
        ) from error
    except OSError as error:
        raise UnreadableInput(
            f"The archive {archive} could not be unpacked; check that the disc with the "
            "program's own data has room and can be written."
        ) from error


def _check_directory(archive: Path, stream: BinaryIO) -> None:
    """Refuse a list of contents that would not fit the memory; `zipfile` reads it whole."""
    size = archive.stat().st_size
    stream.seek(max(0, size - (1 << 16) - 22))
    tail = stream.read()
    at = tail.rfind(_EMPTY_ARCHIVE)
    if at < 0:
        raise zipfile.BadZipFile
    stated = int(struct.unpack_from("<L", tail, at + 12)[0])
    wide = tail.rfind(b"PK\x06\x06", 0, at)
    if stated == 0xFFFFFFFF and wide >= 0:
        stated = int(struct.unpack_from("<Q", tail, wide + 40)[0])
    stream.seek(0)
    if stated > MOST_DIRECTORY_BYTES:
        raise _too_large(archive)


def _too_large(archive: Path) -> UnreadableInput:
    return UnreadableInput(
        f"The archive {archive} would unpack to far more than images do, so it was not opened; "
        "unpack it yourself if you trust it, and open the folder."
    )


def _check_members(archive: Path, members: Sequence[zipfile.ZipInfo], into: Path) -> None:
    """Refuse an archive for what it states of itself."""
    if members and all(info.flag_bits & 1 for info in members):
        raise UnreadableInput(
            f"The archive {archive} is protected by a password; unpack it and open the folder."
        )
    stated = sum(info.file_size for info in members)
    if stated > most_unpacked(archive.stat().st_size):
        raise _too_large(archive)
    if stated > shutil.disk_usage(into).free - _ROOM_LEFT:
        raise UnreadableInput(
            f"There is too little room on the disc to open the archive {archive}; "
            "make room and open it again."
        )


def most_unpacked(archive_bytes: int) -> int:
    """What an archive of this size may hold at most, bytes."""
    return min(MOST_BYTES, FREE_BYTES + MOST_RATIO * archive_bytes)


class _Unpacking:
    """One archive being unpacked, counting what really comes out of it."""

    def __init__(
        self, archive: Path, opened: zipfile.ZipFile, into: Path, listing: Listing
    ) -> None:
        self._archive = archive
        self._opened = opened
        self._into = into
        self._listing = listing
        self._room = most_unpacked(archive.stat().st_size)

    def all(self, members: Sequence[zipfile.ZipInfo]) -> tuple[SourceFolder, ...]:
        """Unpack every member, sorted by name; one folder for each of the archive's."""
        folders: dict[str, tuple[Path, list[SourceFile]]] = {}
        ordered = sorted(members, key=lambda info: info.filename)
        whole = sum(info.compress_size for info in ordered) or 1
        done = 0
        for info in ordered:
            name = "/".join(re.split(r"[\\/]", info.filename)[:-1])
            new = (self._into / f"{len(folders):06d}", list[SourceFile]())
            place, files = folders.setdefault(name, new)
            file = self._member(info, place / f"{len(files):06d}")
            files += [] if file is None else [file]
            done += info.compress_size
            self._listing.fraction = done / whole
        return tuple(
            SourceFolder(place, tuple(files), lasting=False)
            for place, files in folders.values()
            if files
        )

    def _member(self, info: zipfile.ZipInfo, target: Path) -> SourceFile | None:
        """Unpack one member, unless there is a reason against it."""
        shown = _shown(self._archive, info.filename)
        if info.flag_bits & 1:
            self._listing.skip(shown, _LOCKED)
            return None
        try:
            with self._opened.open(info) as stream:
                reason = self._copied(stream, target)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            reason = _BROKEN
        except NotImplementedError as error:
            raise UnreadableInput(
                f"The archive {self._archive} is packed in a way that this program does not know; "
                "unpack it and open the folder."
            ) from error
        if reason:
            self._listing.skip(shown, reason)
            target.unlink(missing_ok=True)
            return None
        facts = target.stat()
        return SourceFile(target, shown, facts.st_size, facts.st_mtime_ns)

    def _copied(self, stream: IO[bytes], target: Path) -> str:
        """Copy a member to a file of its own; the reason where it is not worth it."""
        self._listing.alive()
        chunk = stream.read(_CHUNK)
        if chunk[:4] == _PACKED and not begins_like_dicom(chunk[:_BEGINNING]):
            return INNER_ARCHIVE
        if not begins_like_dicom(chunk[:_BEGINNING]):
            return NOT_DICOM
        target.parent.mkdir(mode=0o700, exist_ok=True)
        opener = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(opener, "wb") as copy:
            while chunk:
                self._listing.alive()
                self._room -= len(chunk)
                if self._room < 0:
                    raise _too_large(self._archive)
                copy.write(chunk)
                chunk = stream.read(_CHUNK)
        return ""


_BINARY: Final[int] = getattr(os, "O_BINARY", 0)


def _shown(archive: Path, name: str) -> Path:
    """What a member is called to the user: always below the archive, one line."""
    parts = [part for part in re.split(r"[\\/]", name) if part not in ("", ".", "..")]
    return Path(archive, *("".join(c if c.isprintable() else "?" for c in p) for p in parts))


# The index of a disc


@dataclass(frozen=True, slots=True)
class DiscIndex:
    """What a DICOMDIR lists; a hint for the order of reading and nothing else.

    Attributes
    ----------
    groups : for each series the names of its files, lower-case, ``/`` between the parts
    """

    groups: tuple[tuple[str, ...], ...] = field(repr=False)


def below(folder: Path, shown: Path) -> str:
    """Name of a file as the index of a disc in ``folder`` would have it, without its ending.

    Empty where the file is not on that disc.
    """
    try:
        parts = shown.relative_to(folder).parts
    except ValueError:
        return ""
    return "/".join(parts).lower().partition(";")[0].partition(".")[0]


def _read_indexes(listing: Listing) -> None:
    """Read the index of each disc among what was found."""
    for file in (file for folder in listing.folders for file in folder.files):
        if is_disc_index(file.shown) and file.size <= _MOST_INDEX_BYTES:
            listing.alive()
            with suppress(OSError):
                listing.discs.append((file.shown.parent, disc_index(file.path.read_bytes())))


def is_disc_index(path: Path) -> bool:
    """Whether a file is named as a disc's index must be (DICOM PS3.10, 8.6)."""
    return path.name.upper() == "DICOMDIR"


def disc_index(content: bytes) -> DiscIndex:
    """Files by series, in the order in which a DICOMDIR names them.

    The records are not followed, only their types (0004,1430) and file names
    (0004,1500) picked out, which takes a thousandth of a real reading: the
    answer only decides which files are looked into first.
    """
    groups: list[list[str]] = [[]]
    for match in _INDEX_ENTRY.finditer(content):
        length = int.from_bytes(match[1], "little")
        value = content[match.end() : match.end() + length].decode("latin-1").strip(" \0")
        if match[0][2:4] == b"\x00\x15":
            name = "/".join(part.strip() for part in value.split("\\")).lower()
            groups[-1].append(name.partition(";")[0].partition(".")[0])
        elif value == "SERIES":
            groups.append([])
    return DiscIndex(tuple(tuple(group) for group in groups if group))
