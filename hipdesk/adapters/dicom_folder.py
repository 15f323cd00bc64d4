"""A folder of DICOM files -> the series in it; a series -> its pixels.

The only door to pydicom for reading. Files are read once, headers only;
pixels are decoded when a series is opened.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hipdesk.adapters._dicom_archives import PrivateFolder, remove_leftovers
from hipdesk.adapters._dicom_pixels import read_volume
from hipdesk.adapters._dicom_sources import list_sources
from hipdesk.adapters._dicom_text import charset_value
from hipdesk.adapters._disc_index import is_disc_index
from hipdesk.adapters._header_pool import PATIENCE_S, HeaderPool, in_background
from hipdesk.adapters._scan_index import ScanIndex, Unit, fingerprint
from hipdesk.adapters._series_gathering import (
    INDEX,
    Gathering,
    Outcome,
    in_order,
    look,
    missing_from,
    now_ns,
    reading_order,
    spellings,
)
from hipdesk.adapters._source_listing import NO_ANSWER, Listing, SourceFolder
from hipdesk.errors import Cancelled as CancelledError
from hipdesk.errors import UnreadableInput
from hipdesk.ports import (
    Cancelled,
    Found,
    Progress,
    never_cancelled,
    no_matter,
    no_progress,
)
from hipdesk.records import Scan, Series, SkippedFile, Volume

_log = logging.getLogger(__name__)

# pydicom's own messages quote paths and element values, which must not be logged.
logging.getLogger("pydicom").propagate = False

_PROGRESS_INTERVAL_S: Final = 0.1
"""Progress is told at most this often; telling it for every file slows a scan."""

_LOOKING = "Looking for images"
_UNPACKING = "Unpacking"
_HEADERS = "Reading headers"
_UNPACKING_SHARE: Final = 0.7


class DicomFolderReader:
    """Opens folders of DICOM files; a `hipdesk.ports.StudyReader`.

    Parameters
    ----------
    index : remembers what was found; in memory only where none is given
    patience_s : time that one file, or the listing of one folder, has to answer
    """

    def __init__(self, index: ScanIndex | None = None, patience_s: float = PATIENCE_S) -> None:
        self._index = index or ScanIndex()
        self._patience_s = patience_s
        self._private = PrivateFolder()
        self._tidied = False

    def scan(
        self,
        root: Path | Sequence[Path],
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
        found: Found = no_matter,
        charset: str = "",
    ) -> Scan:
        """Find every series (`hipdesk.ports.StudyReader.scan`).

        ``found`` is told of a series when its folder has been read, or when many
        files of other series have followed it. Files of an archive can be read
        until `close`.
        """
        began, began_ns = time.perf_counter(), now_ns()
        roots = (root,) if isinstance(root, Path) else tuple(root)
        if not roots:
            raise UnreadableInput("Nothing was named to be opened; name a folder or file.")
        pool, told = self._pool(charset_value(charset)), _Told(progress)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom quotes values that must not be logged
            listing = self._listed(roots, told, cancelled)
            reading = _Reading(pool, listing, _telling(found, charset), told, cancelled)
            known = self._index.load(roots, charset)
            kept, new = reading.everything(known, began_ns)
        units = [*kept, *new]
        if new or len(kept) < len(known):
            lasting = [unit for unit in new if reading.gathering.may_last(unit, began_ns)]
            self._index.save(roots, charset, [*kept, *lasting])
        skipped = [*listing.skipped, *(file for unit in units for file in unit.skipped)]
        skipped += [SkippedFile(path, str(error)) for path, error in listing.refused]
        series = tuple(map(_reading_in(charset), in_order(units)))
        told.end()
        seconds = time.perf_counter() - began
        counts = reading.files, len(series), len(skipped)
        _log.info("scanned %d files: %d series, %d skipped", *counts)
        ordered = sorted(_explained(skipped, listing), key=lambda file: file.path)
        return Scan(roots[0], series, tuple(ordered), seconds)

    def read(
        self,
        series: Series,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Volume:
        """Decode one series' pixels, rescaled (`hipdesk.ports.StudyReader.read`)."""
        return read_volume(series, progress, cancelled)

    def spellings(self, series: Series) -> Mapping[str, str]:
        """The patient's name as it reads in each of `hipdesk.ports.CHARSETS`, and as stated.

        Empty where the first file cannot be read any more.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom quotes values that must not be logged
            return spellings(series.slices[0].path)

    def remember_in(self, index: ScanIndex | None) -> None:
        """Remember from now on in another index; in memory only where none is given."""
        self._index = index or ScanIndex()

    def forget(self) -> None:
        """Remove everything remembered of earlier scans."""
        self._index.clear()

    def close(self) -> None:
        """Remove what archives were unpacked to."""
        self._private.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _pool(self, charset: bytes) -> HeaderPool[Outcome]:
        return HeaderPool[Outcome](lambda file: look(file, charset), NO_ANSWER, self._patience_s)

    def _listed(self, roots: Sequence[Path], told: _Told, cancelled: Cancelled) -> Listing:
        """Every file below the roots; what falls silent is skipped."""
        if not self._tidied:
            self._tidied = True
            remove_leftovers()
        listing = Listing()

        def tick() -> None:
            if cancelled():
                listing.stopped = True
                raise CancelledError
            told(_UNPACKING_SHARE * listing.fraction,
                 _UNPACKING if listing.fraction else _LOOKING)  # fmt: skip

        if cancelled():
            raise CancelledError
        if not in_background(
            lambda: list_sources(roots, listing, self._private),
            lambda: listing.beat,
            self._patience_s,
            tick,
        ):
            listing = _silent(listing, roots)
        if listing.refused and not listing.folders and len(listing.refused) == len(roots):
            raise listing.refused[0][1]
        told.start = _UNPACKING_SHARE if listing.fraction else 0.0
        return listing


def user_index() -> ScanIndex:
    """The index of earlier scans in the user's own data folder."""
    return ScanIndex.of_user()


def is_charset(name: str) -> bool:
    """Whether `DicomFolderReader.scan` knows a character set by this name."""
    try:
        charset_value(name)
    except UnreadableInput:
        return False
    return True


def _reading_in(charset: str) -> Callable[[Series], Series]:
    """What notes on a series that a reader chose its character set."""
    return lambda series: replace(series, charset=charset) if charset else series


def _telling(found: Found, charset: str) -> Found:
    """The same listener, told of series with the character set they are read in."""
    noted = _reading_in(charset)
    return lambda series: found(noted(series))


def _silent(listing: Listing, roots: Sequence[Path]) -> Listing:
    """What was found before a folder fell silent; its thread may go on with the old record."""
    listing.stopped = True
    left = list(listing.waiting)
    known = Listing(list(listing.folders), list(listing.skipped), refused=list(listing.refused))
    asked = [*left, *(root for root in roots if root not in left and not _is_known(root, known))]
    for path in asked:
        if path in roots and not known.folders:
            sentence = f"{path} does not answer; check the disc or the network, and open it again."
            known.refused.append((path, UnreadableInput(sentence)))
        else:
            known.skip(path, NO_ANSWER)
    return known


def _is_known(root: Path, listing: Listing) -> bool:
    """Whether anything of a root was found or refused."""
    return any(path == root for path, _ in listing.refused) or any(
        root == folder.path or root in folder.path.parents for folder in listing.folders
    )


def _explained(skipped: Sequence[SkippedFile], listing: Listing) -> list[SkippedFile]:
    """The skipped files, with what is missing from a disc said of its index."""
    files = [file for folder in listing.folders for file in folder.files]
    counts = {disc: missing_from(disc, index, files) for disc, index in listing.discs}
    missing = {disc: count for disc, count in counts.items() if count}
    return [
        SkippedFile(
            file.path,
            f"It is the index of a disc; {missing[file.path.parent]} of the images it lists "
            "are missing.",
        )
        if file.reason == INDEX and file.path.parent in missing and is_disc_index(file.path)
        else file
        for file in skipped
    ]


class _Told:
    """Progress, at most ten times a second and never backwards."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._last = 0.0
        self._most = 0.0
        self.start = 0.0

    def __call__(self, fraction: float, what: str) -> None:
        """Tell the whole's progress, unless it was told just now."""
        if (now := time.monotonic()) - self._last >= _PROGRESS_INTERVAL_S:
            self._last = now
            self._most = max(self._most, fraction)
            self._progress(self._most, what)

    def headers(self, fraction: float) -> None:
        """Tell the progress of reading headers."""
        self(self.start + (1 - self.start) * fraction, _HEADERS)

    def end(self) -> None:
        """Tell that everything is done."""
        self._progress(1.0, _HEADERS)


class _Reading:
    """One scan's files, remembered or looked into."""

    def __init__(
        self,
        pool: HeaderPool[Outcome],
        listing: Listing,
        found: Found,
        told: _Told,
        cancelled: Cancelled,
    ) -> None:
        self._pool = pool
        self._listing = listing
        self._found = found
        self._told = told
        self._cancelled = cancelled
        self.gathering = Gathering(found)
        self.files = sum(len(folder.files) for folder in listing.folders)

    def everything(self, known: Sequence[Unit], began_ns: int) -> tuple[list[Unit], list[Unit]]:
        """The remembered units that still hold, and what is read now."""
        prints = {str(folder.path): fingerprint(folder) for folder in self._listing.folders}
        kept = [unit for unit in known if all(prints.get(at) == is_ for at, is_ in unit.folders)]
        for series in (series for unit in kept for series in unit.series):
            self._found(series)
        covered = {place for unit in kept for place, _ in unit.folders}
        fresh = [folder for folder in self._listing.folders if str(folder.path) not in covered]
        while fresh:
            self._read(fresh)
            touched = [self.gathering.touches(unit) for unit in kept]
            lost = [unit for unit, is_lost in zip(kept, touched, strict=True) if is_lost]
            kept = [unit for unit, is_lost in zip(kept, touched, strict=True) if not is_lost]
            again = {place for unit in lost for place, _ in unit.folders}
            fresh = [folder for folder in self._listing.folders if str(folder.path) in again]
        self.gathering.look_again(began_ns)
        self.gathering.tell_rest(self._cancelled)
        return kept, list(self.gathering.units(self._cancelled))

    def _read(self, folders: Sequence[SourceFolder]) -> None:
        """Look into every file of some folders."""
        batches = list(reading_order(folders, self._listing.discs))
        files = [file for batch in batches for _, file in batch]
        results = self._pool.results(files, self._cancelled)
        done = 0
        for batch in batches:
            for (folder, file), (_, outcome) in zip(batch, results, strict=False):
                self.gathering.add(folder, file, outcome)
                done += 1
                if done % 32 == 0:
                    self.gathering.settle(False, self._cancelled)
                self._told.headers(done / len(files))
            self.gathering.settle(True, self._cancelled)
