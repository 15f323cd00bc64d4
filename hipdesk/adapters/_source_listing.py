"""Files and folders that a scan is to look into, and those it leaves out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hipdesk.adapters._disc_index import DiscIndex
from hipdesk.errors import Cancelled, UnreadableInput
from hipdesk.records import SkippedFile

NOT_REGULAR: Final = "It is not an ordinary file."
NO_ACCESS: Final = "It cannot be opened; check the permissions."
NO_ANSWER: Final = "It does not answer; check the disc or the network, and open it again."


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
