"""Reading headers, as a ratio to reading whole files, in one run."""

from __future__ import annotations

import time
from collections.abc import Callable

import pydicom
import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader

BOUND = 0.35
ROUNDS = 5


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some rounds, after one that warms the cache."""
    work()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


@pytest.mark.bench
def test_headers_cost_a_third_of_whole_files_at_most(shared_data) -> None:
    folder = shared_data / "mr_coronal_t1"
    paths = sorted(folder.rglob("*.dcm"))
    scan = fastest(lambda: DicomFolderReader().scan(folder))
    whole = fastest(lambda: [pydicom.dcmread(path) for path in paths])
    print(f"{len(paths)} files: scan {scan:.3f} s, dcmread {whole:.3f} s, ratio {scan / whole:.2f}")
    assert scan <= BOUND * whole
