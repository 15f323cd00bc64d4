"""What comes of pydicom's own files and of the samples, recorded in ``dicom_outcomes.json``.

``HIPDESK_RECORD=1`` writes the table anew; look at what has changed.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from pydicom.data import get_charset_files, get_testdata_file

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.errors import KnownError

READER = DicomFolderReader()
MOST_S = 5.0
GOLDEN = Path(__file__).with_name("dicom_outcomes.json")


def outcome(path: Path) -> dict[str, object]:
    """What comes of one file alone, in words that can be kept."""
    found = READER.scan(path)
    if not found.series:
        return {"refused": found.skipped[0].reason}
    try:
        shapes = [READER.read(series).voxels.shape for series in found.series]
    except KnownError as error:
        return {"refused": type(error).__name__}
    return {
        "opened": [
            {
                "plane": series.plane.value,
                "contrast": series.contrast.value,
                "shape": list(shape),
                "notices": [notice.code for notice in series.notices],
            }
            for series, shape in zip(found.series, shapes, strict=True)
        ]
    }


def outcomes(name: str, root: Path) -> dict[str, dict[str, object]]:
    """Outcome of every file below a folder, by its path."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {f"{name}/{path.relative_to(root).as_posix()}": in_time(path) for path in files}


def in_time(path: Path) -> dict[str, object]:
    """The outcome of a file that must come within `MOST_S` of work."""
    begun = time.process_time()
    found = outcome(path)
    assert time.process_time() - begun < MOST_S, path.name
    return found


def test_every_file_of_pydicom_comes_out_as_recorded():
    assert_as_recorded("pydicom", Path(get_testdata_file("CT_small.dcm")).parent)
    assert_as_recorded("charset", Path(get_charset_files("*")[0]).parent)


def test_every_sample_comes_out_as_recorded(shared_data):
    assert_as_recorded("samples", shared_data / "dicom_samples")


def assert_as_recorded(name: str, root: Path) -> None:
    """Compare with the table; files that are not here are named, not passed over."""
    table = json.loads(GOLDEN.read_text("utf-8")) if GOLDEN.is_file() else {}
    others = {path: value for path, value in table.items() if path.split("/")[0] != name}
    recorded = {path: value for path, value in table.items() if path not in others}
    found = outcomes(name, root)
    if os.environ.get("HIPDESK_RECORD"):
        write({**others, **found})
        return
    here = found.keys() & recorded.keys()
    assert {path: found[path] for path in here} == {path: recorded[path] for path in here}
    if others := sorted(found.keys() ^ recorded.keys()):
        pytest.skip(f"{len(others)} files are new or not here, {others[0]} the first")


def write(table: dict[str, dict[str, object]]) -> None:
    """One line a file, in order."""
    lines = [f"{json.dumps(path)}: {json.dumps(table[path])}" for path in sorted(table)]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
