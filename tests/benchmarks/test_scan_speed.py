"""Opening folders: time as a ratio to reading whole files in the same run, and memory."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader, user_index
from hipdesk.records import Series

FILES = 1000
MOST_HEADERS = 0.35
MOST_SECOND = 0.05
ROUNDS = 5

MANY_FILES = 5000
MOST_BYTES = 200e6

REAL_BYTES = 300_000
"""Size of one 384 x 384 image of 16 bits with its header."""

Work = Callable[[], object]


def fastest(*works: Work) -> list[float]:
    """Seconds of the fastest of some rounds of each, in turn, after one that warms the cache."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS + 1):
        for work, taken in zip(works, times, strict=True):
            began = time.perf_counter()
            work()
            taken.append(time.perf_counter() - began)
    return [min(taken[1:]) for taken in times]


def varied(content: bytes, uids: list[bytes], number: int) -> bytes:
    """A file with its UIDs changed, all else the same."""
    for uid in uids:
        content = content.replace(uid, uid[:-6] + f"{number % 10**6:06d}".encode())
    return content


def copies(source: Path, count: int) -> Iterator[tuple[str, bytes]]:
    """So many files of real series, each copy of a series with UIDs of its own."""
    series = {folder.name: sorted(folder.glob("*.dcm")) for folder in sorted(source.iterdir())}
    series = {name: paths for name, paths in series.items() if paths}
    made = 0
    for number in itertools.count(1):
        for name, paths in series.items():
            for place, path in enumerate(paths):
                if made == count:
                    return
                header = pydicom.dcmread(path, stop_before_pixels=True)
                shared = [header.StudyInstanceUID.encode(), header.SeriesInstanceUID.encode()]
                content = varied(path.read_bytes(), shared, number)
                own = [header.SOPInstanceUID.encode()]
                yield (
                    f"{name}-{number:03d}/{path.name}",
                    varied(content, own, 1000 * number + place),
                )
                made += 1


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """1,000 files of real size and content, as a disc might hold them."""
    root = tmp_path_factory.mktemp("scan")
    for name, content in copies(shared_data / "mr_coronal_t1", FILES):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    yield root
    shutil.rmtree(root)


@pytest.mark.bench
def test_headers_cost_a_third_of_whole_files_at_most(folder: Path) -> None:
    paths = sorted(folder.rglob("*.dcm"))
    reader = DicomFolderReader(user_index())
    reader.scan(folder)
    time.sleep(0.1)
    reader.scan(folder)
    whole, first, second, later = fastest(
        lambda: [pydicom.dcmread(path) for path in paths],
        lambda: DicomFolderReader().scan(folder),
        lambda: reader.scan(folder),
        lambda: DicomFolderReader(user_index()).scan(folder),
    )
    print(
        f"\n{len(paths)} files: dcmread {whole:.3f} s; scan {first:.3f} s, ratio "
        f"{first / whole:.3f}; second opening {second:.4f} s, ratio {second / whole:.4f}; "
        f"in a later run of the program {later:.4f} s, ratio {later / whole:.4f}"
    )
    assert len(paths) == FILES
    assert first <= MOST_HEADERS * whole
    assert second <= MOST_SECOND * whole
    assert later <= MOST_SECOND * whole


@pytest.mark.bench
def test_the_first_series_is_there_before_the_scan_ends(folder: Path) -> None:
    told: list[tuple[float, Series]] = []
    began = time.perf_counter()
    found = DicomFolderReader().scan(
        folder, found=lambda series: told.append((time.perf_counter() - began, series))
    )
    print(f"\nfirst series after {told[0][0]:.3f} s, scan {found.seconds:.3f} s")
    assert len(told) == len(found.series)
    assert told[0][0] < 0.5 * found.seconds


@pytest.mark.bench
def test_a_large_folder_needs_little_memory(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("large")
    for name, content in copies(shared_data / "mr_coronal_t1", MANY_FILES):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        header = content[: content.index(b"\xe0\x7f\x10\x00") + 12]
        path.write_bytes(header)
        os.truncate(path, REAL_BYTES)  # pixels are not looked at, so they need no room
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of this process alone is not known on this system")
    code = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from hipdesk.adapters.dicom_folder import DicomFolderReader\n"
        "def peak():\n"
        "    status = Path('/proc/self/status').read_text()\n"
        "    return 1024 * int(status.partition('VmHWM:')[2].split()[0])\n"
        "before = peak()\n"
        "found = DicomFolderReader().scan(Path(sys.argv[1]))\n"
        "slices = sum(len(series.slices) for series in found.series)\n"
        "print(json.dumps([before, peak(), slices, found.seconds]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, root], capture_output=True, text=True, check=True
    )
    before, peak, slices, seconds = json.loads(done.stdout)
    shutil.rmtree(root)
    print(
        f"\n{slices} files: peak {peak / 1e6:.0f} MB, of which {before / 1e6:.0f} MB before the "
        f"scan; {seconds:.2f} s"
    )
    assert slices == MANY_FILES
    assert peak < MOST_BYTES
