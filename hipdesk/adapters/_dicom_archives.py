"""Zip archives, unpacked where only this program's user looks, for as long as it runs.

Members get names of our own, so that theirs lead nowhere, and what comes out
is counted against the archive's size. The folder is emptied when its reader is
closed and, after a crash, at the next start.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, Final

from hipdesk.adapters._source_listing import Listing, SourceFile, SourceFolder
from hipdesk.adapters._store_files import WriterLock, random_name
from hipdesk.errors import StoreError, UnreadableInput
from hipdesk.paths import user_data_dir
from hipdesk.records import SkippedFile
from hipdesk.series_choice import NOT_DICOM

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
_BINARY: Final[int] = getattr(os, "O_BINARY", 0)


def is_archive(path: Path) -> bool:
    """Whether a file begins like a zip archive and is not DICOM."""
    with path.open("rb") as stream:
        beginning = stream.read(_BEGINNING)
    return beginning[:4] in (_PACKED, _EMPTY_ARCHIVE) and beginning[128:] != b"DICM"


def begins_like_dicom(beginning: bytes) -> bool:
    """Whether a file may be DICOM, by its first 132 bytes; some have no preamble."""
    return beginning[128:132] == b"DICM" or beginning[:2] in _LOW_GROUPS


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
                if not members:
                    raise UnreadableInput(
                        f"The archive {archive} holds no file; copy it again or choose another."
                    )
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
    if wide >= 0:
        stated = max(stated, int(struct.unpack_from("<Q", tail, wide + 40)[0]))
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


def _shown(archive: Path, name: str) -> Path:
    """What a member is called to the user: always below the archive, one line."""
    parts = [part for part in re.split(r"[\\/]", name) if part not in ("", ".", "..")]
    return Path(archive, *("".join(c if c.isprintable() else "?" for c in p) for p in parts))
