"""The library's folder of copied series, and the lock that one writer holds.

``library/<study>/<series>/000001.dcm``: study and series are random, so that
nothing of a patient is in a name. Files are first copied into
``library/.incoming/<series>/``; that entry stays until the database has the
series, so that a copy left by a crash is recognised and removed later.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Final

from hipdesk.adapters.whole_file import sync_folder
from hipdesk.errors import StoreError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_CHUNK: Final = 1 << 20
_INCOMING: Final = ".incoming"
_NAME_BYTES: Final = 8
_TAKEN: Final = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What flock (first) and Windows' locking say where another program has the lock."""


def random_name() -> str:
    """A folder name that says nothing."""
    return secrets.token_hex(_NAME_BYTES)


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A file of the library and where it came from."""

    source: Path = field(repr=False)
    name: str
    sha256: str
    size: int


class WriterLock:
    """Held by the one program that may write to a library.

    The operating system releases it when the program ends, however it ends.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            if error.errno not in _TAKEN:
                raise
            raise StoreError(
                "Another program is already working in this patient library; "
                "close it there and try again."
            ) from error

    def release(self) -> None:
        """Let another program write."""
        self._file.close()


def _lock(file: BinaryIO) -> None:
    """Take an exclusive lock at once or raise `OSError`."""
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class SeriesLibrary:
    """Copies of the analysed series; raises `OSError` only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / _INCOMING

    def create(self) -> None:
        """Make the folders where they are missing."""
        self._incoming.mkdir(parents=True, exist_ok=True)

    def folder(self, study: str, series: str) -> Path:
        """Where a series' files lie."""
        return self.root / study / series

    def stage(self, series: str, sources: Sequence[Path]) -> tuple[CopiedFile, ...]:
        """Copy files aside, safely on the disk, with their hashes."""
        folder = self._incoming / series / "files"
        folder.mkdir(parents=True)
        copied = tuple(
            _copy(source, folder / f"{number:06d}.dcm") for number, source in enumerate(sources, 1)
        )
        sync_folder(folder)
        sync_folder(self._incoming / series)
        sync_folder(self._incoming)
        return copied

    def settle(self, study: str, series: str) -> None:
        """Move a staged series to its place."""
        target = self.folder(study, series)
        target.parent.mkdir(exist_ok=True)
        (self._incoming / series / "files").replace(target)
        sync_folder(target.parent)
        sync_folder(self.root)

    def sweep(self, known: Callable[[str], bool]) -> int:
        """Remove what interrupted additions left behind; their number is returned.

        Parameters
        ----------
        known : whether the database has the series of this folder name
        """
        entries = sorted(self._incoming.iterdir()) if self._incoming.is_dir() else []
        return sum(self.forget(entry.name, known(entry.name)) for entry in entries)

    def forget(self, series: str, keep: bool) -> bool:
        """Close an addition; its files go too unless ``keep``. Whether any went."""
        placed = () if keep else self.root.glob(f"*/{series}")
        for folder in [path for path in placed if path.parent != self._incoming]:
            shutil.rmtree(folder)
            _remove_if_empty(folder.parent)
        # Last: until then, the entry is what tells a left-over from a saved series.
        shutil.rmtree(self._incoming / series, ignore_errors=True)
        return not keep


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def _copy(source: Path, target: Path) -> CopiedFile:
    with source.open("rb") as reader, target.open("xb") as writer:
        sha256, size = copy_hashed(reader, writer)
        writer.flush()
        os.fsync(writer.fileno())
    return CopiedFile(source, target.name, sha256, size)


def copy_hashed(reader: IO[bytes], writer: IO[bytes]) -> tuple[str, int]:
    """Copy bytes to their end; their hash, and how many there were."""
    digest, size = hashlib.sha256(), 0
    while chunk := reader.read(_CHUNK):
        writer.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
