"""Opens folders of images; whatever is not plain is decoded in the worker process.

Plain pixels are copied, by code that cannot crash. Compressed ones need native
decoders, which a damaged file can crash or keep busy for ever, so they are
decoded where that does no harm. The results are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset

from hipdesk.adapters._dicom_archives import remove_leftovers
from hipdesk.adapters._dicom_stored_pixels import StoredPixels, find_pixels
from hipdesk.adapters._scan_index import ScanIndex
from hipdesk.adapters._worker_main import Request
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.worker_process import (
    WorkerLostError,
    WorkerOutOfMemoryError,
    WorkerProcess,
    WorkerTooSlowError,
)
from hipdesk.errors import DamagedImage
from hipdesk.ports import (
    Cancelled,
    Found,
    Progress,
    never_cancelled,
    no_matter,
    no_progress,
)
from hipdesk.records import Scan, Series, Volume

PLAIN_SYNTAXES: Final = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})
"""Implicit and explicit VR little endian, uncompressed: DICOM PS3.5, annex A.1 and A.2."""

MOST_PLAIN_VOXELS: Final = 1 << 27
"""Half a gibibyte as float32; a larger claim is first tried where memory is limited."""

MOST_PLAIN_FILE_VOXELS: Final = 1 << 23
"""32 frames of 512 x 512: 0.2 to 0.5 s on two cores. The wish to stop is asked for between
files; in the worker process it need not wait for the end of a larger one."""

MOST_HEADER_BYTES: Final = 16 << 20
MOST_TRAILING_BYTES: Final = 1 << 20
"""What a plain file has beside its pixels, at most."""

BASE_LIMIT_S: Final = 30.0
LIMIT_S_PER_VOXEL: Final = 2e-6
LIMIT_S_PER_BYTE: Final = 1e-6
"""Time limit: ten times slower than the slowest decoder measured, on a slow disc drive."""

BASE_MEMORY_BYTES: Final = 512 << 20
MEMORY_BYTES_PER_VOXEL: Final = 32
"""Memory limit: eight float32 copies of the volume, and the decoders themselves."""

_PIXELS: Final = 0x7FE00010


class SafeReader:
    """A `hipdesk.ports.StudyReader` that survives its decoders.

    Parameters
    ----------
    worker : decodes; closed with this reader
    index : remembers what was found; in memory only where none is given
    """

    def __init__(self, worker: WorkerProcess | None = None, index: ScanIndex | None = None) -> None:
        self._plain = DicomFolderReader(index)
        self._worker = worker or WorkerProcess()
        remove_leftovers()

    def scan(
        self,
        root: Path | Sequence[Path],
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
        found: Found = no_matter,
        charset: str = "",
    ) -> Scan:
        """Find every series (`hipdesk.ports.StudyReader.scan`), as `DicomFolderReader` does."""
        return self._plain.scan(root, progress, cancelled, found, charset)

    def spellings(self, series: Series) -> Mapping[str, str]:
        """The patient's name as it reads in each character set, as `DicomFolderReader` does."""
        return self._plain.spellings(series)

    def remember_in(self, index: ScanIndex | None) -> None:
        """Remember from now on in another index; in memory only where none is given."""
        self._plain.remember_in(index)

    def forget(self) -> None:
        """Remove everything remembered of earlier scans."""
        self._plain.forget()

    def read(
        self,
        series: Series,
        progress: Progress = no_progress,
        cancelled: Cancelled = never_cancelled,
    ) -> Volume:
        """Decode one series' pixels, rescaled (`hipdesk.ports.StudyReader.read`).

        A decoder of the worker process is ended in the middle of its work when the
        user asks to stop.
        """
        if is_plain(series):
            return self._plain.read(series, progress, cancelled)
        try:
            answer = self._worker.ask(_request(series), series.shape, progress, cancelled)
        except WorkerLostError as error:
            raise DamagedImage(_sentence(error)) from error
        assert answer.array is not None
        answer.array.setflags(write=False)
        return Volume(series, answer.array, str(answer.facts["pixel_sha256"]))

    def close(self) -> None:
        """End the worker process, and remove what archives were unpacked to."""
        self._worker.close()
        self._plain.close()


def is_plain(series: Series) -> bool:
    """Whether every file of a series is uncompressed, just as large as it must be, and not big."""
    slices, rows, columns = series.shape
    if slices * rows * columns > MOST_PLAIN_VOXELS:
        return False
    held = Counter(source.path for source in series.slices)
    return max(held.values(), default=0) * rows * columns <= MOST_PLAIN_FILE_VOXELS and all(
        is_plain_file(path, rows, columns, frames) for path, frames in held.items()
    )


def is_plain_file(path: Path, rows: int, columns: int, frames: int) -> bool:
    """Whether a file's pixels are uncompressed and its sizes agree with one another.

    Parameters
    ----------
    rows, columns : as the scan found them
    frames : of this file that are wanted; it may hold more

    Returns
    -------
    False also where the file cannot be read as expected: the worker shall try.
    """
    try:
        with path.open("rb") as stream:
            stored = find_pixels(stream)
        return _agrees(stored, path.stat().st_size, (frames, rows, columns))
    except Exception:  # whatever pydicom raises on a damaged file
        return False


def _agrees(stored: StoredPixels, file_bytes: int, shape: tuple[int, int, int]) -> bool:
    """Whether header, pixel element and file size say the same.

    Parameters
    ----------
    shape : (frames wanted, rows, columns)
    """
    header = stored.description()
    if stored.syntax not in PLAIN_SYNTAXES or stored.tag != _PIXELS or not _usual_bits(header):
        return False
    stated = int(header.get("NumberOfFrames") or 1)
    if (header.Rows, header.Columns) != shape[1:] or not shape[0] <= stated:
        return False
    pixel_bytes = stated * shape[1] * shape[2] * int(header.BitsAllocated) // 8
    trailing = file_bytes - stored.start - stored.length
    return (
        stored.length == pixel_bytes + pixel_bytes % 2
        and stored.at <= MOST_HEADER_BYTES
        and 0 <= trailing <= MOST_TRAILING_BYTES
    )


def _usual_bits(header: Dataset) -> bool:
    """Whether a pixel is one number of 8 or 16 bits, its value in the lowest ones."""
    allocated, stored = int(header.BitsAllocated), int(header.BitsStored)
    return (
        allocated in (8, 16)
        and 0 < stored <= allocated
        and int(header.HighBit) == stored - 1
        and int(header.get("SamplesPerPixel") or 1) == 1
        and int(header.PixelRepresentation) in (0, 1)
    )


def _request(series: Series) -> Request:
    """Decoding with limits that fit the series' size."""
    slices, rows, columns = series.shape
    voxels = slices * rows * columns
    stored = sum(_bytes_of(path) for path in {source.path for source in series.slices})
    return Request(
        "decode",
        series,
        limit_s=BASE_LIMIT_S + LIMIT_S_PER_VOXEL * voxels + LIMIT_S_PER_BYTE * stored,
        memory_bytes=BASE_MEMORY_BYTES + MEMORY_BYTES_PER_VOXEL * voxels + 4 * stored,
    )


def _bytes_of(path: Path) -> int:
    """Size of a file; 0 where it is gone, which the worker will say."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


_SENTENCES: Final[Mapping[type[WorkerLostError], str]] = {
    WorkerTooSlowError: "takes far longer to decode than its size explains",
    WorkerOutOfMemoryError: "needs far more memory to decode than its size explains",
}


def _sentence(error: WorkerLostError) -> str:
    """What the end of the worker means to a doctor."""
    what = _SENTENCES.get(type(error), "holds an image that the decoder could not survive")
    return (
        f"The series {what}, so a file is probably damaged; "
        "send the series again from the scanner or archive."
    )
