"""Files damaged as a tester would damage them are opened or refused, in time and memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from hipdesk.adapters.safe_reader import SafeReader
from hipdesk.errors import DamagedImage
from tests.adapters.malformed_files import Bases, cases, names

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is limited and measured on Linux"
)

MOST_BYTES = 1 << 30
A_WAIT_S = 120
CRASHES = (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGFPE)

EVERY = 8
"""Of the small cases, this many-th is opened in the first tier."""

HEAVY = {
    "items-flat-explicit": "read",
    "items-flat-disorder": "skipped",
    "items-flat-big": "skipped",
    "items-behind": "read",
    "items-behind-open": "refused",
    "items-nested-200-True": "read",
    "items-nested-200-False": "skipped",
    "items-in-groups": "skipped",
    "items-in-table": "refused",
    "items-in-deflated": "read",
    "fragments-countless": "skipped",
    "values-many-00280030": "skipped",
    "bomb-echoes": "skipped",
    "bomb-stream-5790x5790": "refused",
}
"""Large cases that are opened in the first tier, and what comes of them."""


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return Bases(tmp_path_factory.mktemp("bases"))


def outcomes(folder: Path, bases: Bases, chosen: Sequence[str]) -> dict[str, str]:
    """What came of each case, every one in time and memory; no crash leaves the worker process."""
    found: dict[str, str] = {}
    (folder / "names").write_text("\n".join(chosen), "utf-8")
    while len(found) < len(chosen):
        lines, status = child(folder, len(found))
        begun = [line.removeprefix("begin ") for line in lines if line.startswith("begin ")]
        ended = [line.split()[1:] for line in lines if line.startswith("end ")]
        for name, (outcome, peak, _) in zip(begun, ended, strict=False):
            found[name] = outcome
            assert int(peak) < MOST_BYTES, name
        if len(ended) < len(begun):
            assert status in CRASHES, f"{status} at {begun[-1]}"
            found[begun[-1]] = "crashed"
            assert_worker_is_harmed_alone(folder, cases(bases)[begun[-1]]())
    return found


def child(folder: Path, first: int) -> tuple[list[str], int]:
    """Lines that a child printed, and how it ended."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.adapters.malformed_files", folder, str(first)],
        capture_output=True, text=True, timeout=A_WAIT_S + 600, check=False,
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    if done.returncode > 0:
        pytest.fail(f"after {done.stdout.splitlines()[-1:]}:\n{done.stderr[-2000:]}")
    return done.stdout.splitlines(), done.returncode


def assert_worker_is_harmed_alone(folder: Path, content: bytes) -> None:
    """Where a native decoder crashed, the program's own reader refuses the series."""
    path = folder / "crashing"
    path.mkdir(exist_ok=True)
    (path / "file").write_bytes(content)
    reader = SafeReader()
    try:
        for series in reader.scan(path).series:
            with pytest.raises(DamagedImage):
                reader.read(series)
    finally:
        reader.close()


def test_small_files_of_every_fault_are_opened_or_refused(bases, tmp_path):
    chosen = names(bases, large=False)[::EVERY]
    found = Counter(outcomes(tmp_path, bases, chosen).values())
    assert found.total() == len(chosen) > 600
    assert min(found[name] for name in ("read", "refused", "skipped")) > 30


def test_headers_of_very_many_parts_are_opened_or_refused(bases, tmp_path):
    assert outcomes(tmp_path, bases, list(HEAVY)) == HEAVY


@pytest.mark.bench
@pytest.mark.parametrize("large", [False, True])
def test_every_malformed_file_is_opened_or_refused(bases, tmp_path, large):
    chosen = names(bases, large)
    found = Counter(outcomes(tmp_path, bases, chosen).values())
    print(dict(found))
    assert found.total() == len(chosen)
