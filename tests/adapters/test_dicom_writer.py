"""Simulated series as files: valid, honest about being simulated, the same at every run."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pydicom
import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.dicom_writer import write_series, write_truth
from hipdesk.errors import OutputError
from hipdesk.phantom.uids import simulated_uid
from hipdesk.records import (
    Acquisition,
    Contrast,
    Patient,
    Plane,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    SliceSource,
    StudyInfo,
    Volume,
)
from tests.truth_files import read_truth

AFFINE = np.array([[0, 0, 0.9, -14.0], [4.8, -0.05, 0, -9.0], [0.3, -0.8, 0, 12.0], [0, 0, 0, 1.0]])


def make_volume(slices: int = 3, rows: int = 20, columns: int = 32) -> Volume:
    affine = AFFINE.copy()
    affine[:3, 1] = np.array([0, -0.06, -0.8]) / np.linalg.norm([0, -0.06, -0.8]) * 0.8
    affine[:3, 0] = np.array([0, 0.8, -0.06]) / np.linalg.norm([0, 0.8, -0.06]) * 4.8
    start = datetime(2024, 3, 4, 9, 30)
    series = Series(
        uid=simulated_uid("series"),
        patient=Patient("SIM-1", "HIPDESK-SIM", "Müller^Simulated 测试", date(1985, 5, 17), "F"),
        study=StudyInfo(simulated_uid("study"), date(2024, 3, 4), time(9, 30), "A1", "Hips"),
        acquisition=Acquisition(
            field_strength_t=1.5, tr_ms=3550.0, te_ms=51.0, ti_ms=145.0, slice_thickness_mm=4.0
        ),
        description="STIR cor (simulated)",
        number=2,
        frame_of_reference_uid=simulated_uid("frame"),
        plane=Plane.CORONAL,
        contrast=Contrast.STIR,
        slices=tuple(
            SliceSource(
                SliceKey(simulated_uid("slice", i)),
                Path(f"{i:03d}.dcm"),
                (0.0, 0.0, 0.0),
                start + timedelta(seconds=3 * i),
            )
            for i in range(slices)
        ),
        rows=rows,
        columns=columns,
        affine=affine,
        spacing_mm=(4.8, 0.8, 0.9),
    )
    voxels = np.random.default_rng(0).integers(0, 1800, series.shape).astype(np.float32)
    return Volume(series, voxels, "")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    volume = make_volume()
    paths = write_series(tmp_path / "s", volume)
    assert [path.name for path in paths] == ["000.dcm", "001.dcm", "002.dcm"]
    reader = DicomFolderReader()
    (series,) = reader.scan(tmp_path / "s").series
    again = reader.read(series)
    assert np.array_equal(again.voxels, volume.voxels)
    assert series.affine == pytest.approx(volume.series.affine, abs=1e-4)
    assert series.spacing_mm == pytest.approx((4.8, 0.8, 0.9), abs=1e-4)
    assert (series.plane, series.contrast) == (Plane.CORONAL, Contrast.STIR)
    assert series.patient == replace(volume.series.patient, name="Müller Simulated 测试")
    assert series.patient.matchable
    assert series.study == volume.series.study
    assert series.acquisition.ti_ms == 145.0


@pytest.mark.parametrize(
    ("contrast", "ti", "expected"),
    [(Contrast.STIR, 145.0, "SE\\IR"), (Contrast.T2_FS, None, "SE"), (Contrast.T1, None, "SE")],
)
def test_files_satisfy_the_standard(
    tmp_path: Path, contrast: Contrast, ti: float | None, expected: str
) -> None:
    check = shutil.which("dciodvfy", path=str(Path(sys.executable).parent)) or shutil.which(
        "dciodvfy"
    )
    if check is None:
        pytest.skip("dciodvfy is not installed")
    volume = make_volume()
    acquisition = replace(volume.series.acquisition, ti_ms=ti)
    series = replace(volume.series, contrast=contrast, acquisition=acquisition)
    (path, *_) = write_series(tmp_path, replace(volume, series=series))
    done = subprocess.run([check, str(path)], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert "MRImage" in said
    assert [line for line in said.splitlines() if line.startswith("Error")] == []
    assert "\\".join(np.atleast_1d(pydicom.dcmread(path).ScanningSequence)) == expected


def test_a_series_may_have_stacks_in_several_planes(tmp_path: Path) -> None:
    volume = make_volume()
    write_series(tmp_path, volume, first_instance=4)
    numbers = [pydicom.dcmread(path).InstanceNumber for path in sorted(tmp_path.iterdir())]
    assert numbers == [4, 5, 6]


def test_every_file_says_that_it_is_simulated(tmp_path: Path) -> None:
    for path in write_series(tmp_path, make_volume()):
        header = pydicom.dcmread(path)
        assert "simulated" in header.ManufacturerModelName
        assert header.PatientComments.startswith("HipDesk simulated MRI")
        assert "simulated" in header.SeriesDescription
        assert header.ImageType[:2] == ["ORIGINAL", "PRIMARY"]
        assert str(header.PatientName) == "Müller^Simulated 测试"
        assert header.PatientAge == "038Y"


def test_the_same_series_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = [
        [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        for paths in (write_series(tmp_path / name, make_volume()) for name in "ab")
    ]
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == 3


@pytest.mark.parametrize("value", [-1.0, 65_536.0, np.nan])
def test_values_that_do_not_fit_are_refused(tmp_path: Path, value: float) -> None:
    volume = make_volume()
    voxels = volume.voxels.copy()
    voxels[0, 0, 0] = value
    with pytest.raises(ValueError, match="16 bits"):
        write_series(tmp_path, replace(volume, voxels=voxels))


def test_large_values_use_all_bits(tmp_path: Path) -> None:
    volume = make_volume()
    (path, *_) = write_series(tmp_path, replace(volume, voxels=volume.voxels * 30))
    header = pydicom.dcmread(path)
    assert (header.BitsStored, header.HighBit) == (16, 15)
    assert np.array_equal(header.pixel_array, volume.voxels[0] * 30)


def test_a_folder_that_cannot_be_made_is_a_known_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputError, match="check space"):
        write_series(blocked / "s", make_volume())
    with pytest.raises(OutputError, match="check space"):
        write_truth(blocked / "t.npz", {})


def test_truth_comes_back(tmp_path: Path) -> None:
    mask = np.zeros((2, 3, 4), dtype=bool)
    mask[1, 2, 3] = True
    truth = {(Side.RIGHT, SegmentClass.BME): mask, (Side.LEFT, SegmentClass.FEMORAL_HEAD): ~mask}
    path = write_truth(tmp_path / "truth" / "stir.npz", truth)
    with np.load(path) as kept:
        assert set(kept.files) == {"R_bme", "L_femoral_head"}
    again = read_truth(path)
    assert set(again) == set(truth)
    assert all(np.array_equal(again[key], truth[key]) for key in truth)
