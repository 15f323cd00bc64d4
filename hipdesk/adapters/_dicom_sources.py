"""Where DICOM files come from: folders, discs, single files, zip archives.

Everything here only names files; nothing is read as DICOM.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hipdesk.adapters._dicom_archives import PrivateFolder, is_archive
from hipdesk.adapters._disc_index import MOST_INDEX_BYTES, disc_index, is_disc_index
from hipdesk.adapters._source_listing import (
    NO_ACCESS,
    NOT_REGULAR,
    Listing,
    SourceFile,
    SourceFolder,
)
from hipdesk.errors import UnreadableInput


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


def _read_indexes(listing: Listing) -> None:
    """Read the index of each disc among what was found."""
    for file in (file for folder in listing.folders for file in folder.files):
        if is_disc_index(file.shown) and file.size <= MOST_INDEX_BYTES:
            listing.alive()
            with suppress(OSError):
                listing.discs.append((file.shown.parent, disc_index(file.path.read_bytes())))
