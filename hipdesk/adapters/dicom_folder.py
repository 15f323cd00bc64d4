"""A folder of DICOM files -> the series in it; a series -> its pixels.

The only door to pydicom for reading. Files are read once, headers only;
pixels are decoded when a series is opened.
"""

from __future__ import annotations

import logging
import os
import stat
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hipdesk.adapters._dicom_elements import NotDicomError
from hipdesk.adapters._dicom_headers import Frame, UnusableError, frames_of
from hipdesk.adapters._dicom_pixels import read_volume
from hipdesk.adapters._dicom_stacks import sort_into_series
from hipdesk.errors import Cancelled as CancelledError
from hipdesk.errors import UnreadableInput
from hipdesk.ports import Cancelled, Progress, never_cancelled, no_progress
from hipdesk.records import Scan, Series, SkippedFile, Volume
from hipdesk.series_choice import NOT_DICOM

_log = logging.getLogger(__name__)

# pydicom's own messages quote paths and element values, which must not be logged.
logging.getLogger("pydicom").propagate = False

_PROGRESS_INTERVAL_S: Final = 0.1
"""Progress is told at most this often; telling it for every file slows a scan."""

_DAMAGED = "It is damaged and cannot be read."
_NOT_REGULAR = "It is not an ordinary file."
_NO_ACCESS = "It cannot be opened; check the permissions."
_DUPLICATE = "It is a copy of another file of the same series."
_INDEX = "It is the index of a disc; the images it lists are read directly."


class DicomFolderReader:
    """Opens folders of DICOM files; a `hipdesk.ports.StudyReader`."""

    def scan(
        self,
        root: Path,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Scan:
        """Find every series in a folder and below, or in one file; headers only.

        Every file is either part of a series or listed with the reason why
        not; a damaged one never loses the rest. A folder without images gives
        a scan without series.

        Raises
        ------
        UnreadableInput
            There is no such folder, or it cannot be opened.
        Cancelled
            The user asked to stop.
        """
        began = time.perf_counter()
        paths, skipped = _files(root)
        frames = _Frames()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom quotes values that must not be logged
            for path in _told(paths, progress, cancelled):
                frames.read(path)
            series, repeated = sort_into_series(frames.found)
        skipped += [*frames.skipped, *repeated]
        seconds = time.perf_counter() - began
        _log.info("scanned %d files: %d series, %d skipped", len(paths), len(series), len(skipped))
        return Scan(root, series, tuple(sorted(skipped, key=lambda file: file.path)), seconds)

    def read(
        self,
        series: Series,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Volume:
        """Decode one series' pixels, rescaled.

        Raises
        ------
        DamagedImage
            A slice cannot be decoded.
        Cancelled
            The user asked to stop.
        """
        return read_volume(series, progress, cancelled)


def _told(paths: list[Path], progress: Progress, cancelled: Cancelled) -> Iterator[Path]:
    """The paths, with progress told now and then and the wish to stop obeyed."""
    told = 0.0
    for done, path in enumerate(paths):
        if cancelled():
            raise CancelledError
        if time.monotonic() - told > _PROGRESS_INTERVAL_S:
            told = time.monotonic()
            progress(done / len(paths), "Reading headers")
        yield path
    progress(1.0, "Reading headers")


class _Frames:
    """Frames gathered file by file, and the files that gave none."""

    def __init__(self) -> None:
        self.found: list[Frame] = []
        self.skipped: list[SkippedFile] = []
        self._instances: set[str] = set()

    def read(self, path: Path) -> None:
        """Add one file's frames, or the reason why it has none."""
        try:
            frames = () if path.name.upper() == "DICOMDIR" else frames_of(path)
        except NotDicomError:
            self._skip(path, NOT_DICOM)
        except UnusableError as reason:
            self._skip(path, str(reason))
        except OSError:
            self._skip(path, _NO_ACCESS)
        except Exception:  # pydicom raises anything on damaged files
            self._skip(path, _DAMAGED)
        else:
            self._add(path, frames)

    def _add(self, path: Path, frames: tuple[Frame, ...]) -> None:
        if not frames:
            self._skip(path, _INDEX)
        elif frames[0].key.sop_instance_uid in self._instances:
            self._skip(path, _DUPLICATE)
        else:
            self._instances.add(frames[0].key.sop_instance_uid)
            self.found += frames

    def _skip(self, path: Path, reason: str) -> None:
        self.skipped.append(SkippedFile(path, reason))


def _files(root: Path) -> tuple[list[Path], list[SkippedFile]]:
    """Every ordinary file below ``root`` in a fixed order, and what is not one."""
    try:
        mode = root.stat().st_mode
        candidates = sorted(_walk(root)) if stat.S_ISDIR(mode) else [root]
    except (OSError, ValueError) as error:
        raise UnreadableInput(
            f"{root} cannot be opened; check that the folder exists and may be read."
        ) from error
    files: list[Path] = []
    skipped: list[SkippedFile] = []
    for path in candidates:
        reason = _refusal(path)
        if reason:
            skipped.append(SkippedFile(path, reason))
        else:
            files.append(path)
    return files, skipped


def _refusal(path: Path) -> str:
    """Why a path is not to be opened at all; a pipe would never end."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return _NO_ACCESS
    if stat.S_ISDIR(mode):  # met again here only when it could not be listed
        return _NO_ACCESS
    return "" if stat.S_ISREG(mode) else _NOT_REGULAR


def _walk(root: Path) -> Iterator[Path]:
    """Paths of all files below a folder; links are followed, each folder entered once."""
    entered: set[tuple[int, int]] = set()

    def fail(error: OSError) -> None:
        if error.filename == str(root):
            raise error
        unreadable.append(Path(str(error.filename)))

    unreadable: list[Path] = []
    for folder, below, names in os.walk(root, followlinks=True, onerror=fail):
        try:
            facts = Path(folder).stat()
        except OSError:
            below.clear()
            unreadable.append(Path(folder))
            continue
        place = (facts.st_dev, facts.st_ino)
        if place in entered:
            below.clear()
            continue
        entered.add(place)
        below.sort()
        yield from (Path(folder, name) for name in names)
    yield from unreadable
