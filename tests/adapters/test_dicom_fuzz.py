"""Damaged files are opened or refused with our errors, in little time and memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pydicom.data import get_charset_files, get_testdata_file
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.safe_reader import SafeReader
from hipdesk.errors import DamagedImage
from tests.adapters.dicom_fuzzing import put
from tests.dicom_factory import enhanced_copy, save, write_series

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is limited and measured on Linux"
)

MOST_BYTES = 1 << 30
LARGEST_SOURCE = 300_000
BENCH_FILES = 20_000
TEST_FILES = 500
A_WAIT_S = 60
COPIES = 5
READER = DicomFolderReader()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose ``sources`` are to be damaged: every encoding, classic and enhanced."""
    root = tmp_path_factory.mktemp("fuzz")
    sources = root / "sources"
    sources.mkdir()
    small = write_series(root / "small", slices=3, rows=32, columns=40)
    for name, syntax in (
        ("explicit", ExplicitVRLittleEndian), ("implicit", ImplicitVRLittleEndian),
        ("big", ExplicitVRBigEndian), ("deflated", DeflatedExplicitVRLittleEndian),
    ):  # fmt: skip
        write_series(sources, slices=1, rows=12, columns=16, names=[name], syntax=syntax)
        save(enhanced_copy(small, syntax), sources / f"enhanced-{name}")
    for name, syntax in (
        ("rle", RLELossless), ("jpeg-2000", JPEG2000Lossless), ("jpeg-ls", JPEGLSLossless),
    ):  # fmt: skip
        dataset = enhanced_copy(small)
        dataset.compress(syntax, generate_instance_uid=False)
        save(dataset, sources / f"enhanced-{name}")
    for number, path in enumerate(small):
        path.rename(sources / f"slice-{number}")
    return root


def with_samples(folder: Path, samples: Path | None) -> None:
    """Put pydicom's own files and the samples among the sources, images more often than others."""
    roots = [Path(get_testdata_file("CT_small.dcm")).parent, Path(get_charset_files("*")[0]).parent]
    for number, root in enumerate([*roots, *([samples] if samples else [])]):
        for at, path in enumerate(sorted(root.rglob("*"))):
            if path.is_file() and path.stat().st_size < LARGEST_SOURCE:
                for copy in range(COPIES if READER.scan(path).series else 1):
                    name = f"{number}-{at:03d}-{copy}"
                    (folder / "sources" / name).write_bytes(path.read_bytes())


def run(folder: Path, first: int, count: int) -> Counter[str]:
    """Open damaged files in child processes; a decoder's crash must harm the worker alone."""
    outcomes: Counter[str] = Counter()
    end = first + count
    while first < end:
        lines, status = child(folder, first, end - first)
        for line in lines:
            if line.startswith("end "):
                _, outcome, peak = line.split()
                outcomes[outcome] += 1
                assert int(peak) < MOST_BYTES, f"memory after seed {first + outcomes.total()}"
        last = int(lines[-1].split()[1]) if lines and lines[-1].startswith("begin ") else None
        if status == 0:
            break
        assert last is not None, "the child did not begin"
        assert status in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGFPE), f"{status} at {last}"
        outcomes["crashed"] += 1
        assert_worker_is_harmed_alone(folder, last)
        first = last + 1
    return outcomes


def child(folder: Path, first: int, count: int) -> tuple[list[str], int]:
    """Lines that a child printed, and how it ended."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.adapters.dicom_fuzzing", folder, str(first), str(count)],
        capture_output=True, text=True, timeout=A_WAIT_S + count, check=False,
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    if done.returncode > 0:
        pytest.fail(f"after {done.stdout.splitlines()[-1:]}:\n{done.stderr[-2000:]}")
    return done.stdout.splitlines(), done.returncode


def assert_worker_is_harmed_alone(folder: Path, seed: int) -> None:
    """Where a native decoder crashed, the program's own reader refuses the series."""
    shutil.rmtree(folder / f"damaged-{seed}", ignore_errors=True)
    path = put(folder, sorted((folder / "sources").iterdir()), seed)
    reader = SafeReader()
    try:
        for series in reader.scan(path).series:
            with pytest.raises(DamagedImage):
                reader.read(series)
    finally:
        reader.close()


def test_damaged_files_are_opened_or_refused(folder):
    outcomes = run(folder, 0, TEST_FILES)
    assert outcomes.total() == TEST_FILES
    assert min(outcomes[name] for name in ("read", "refused", "skipped")) > TEST_FILES / 20


@pytest.mark.bench
def test_twenty_thousand_damaged_files_are_opened_or_refused(folder, shared_data):
    with_samples(folder, shared_data / "dicom_samples")
    outcomes = run(folder, 1_000_000, BENCH_FILES)
    print(dict(outcomes))
    assert outcomes.total() == BENCH_FILES
