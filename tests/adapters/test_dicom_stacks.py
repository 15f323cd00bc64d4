"""Where slices lie is where they are shown, whatever order, position or storage they came in."""

from __future__ import annotations

import random
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.geometry import image_orientation_of, to_index, to_lps
from hipdesk.records import Plane, Scan, Series
from tests.dicom_factory import ORIENTATIONS, STIR, pattern, uid, write_series

READER = DicomFolderReader()
SIDES = {"R": -60.0, "L": 60.0}


def scan(folder: Path) -> Scan:
    return READER.scan(folder)


def only(folder: Path) -> Series:
    found = scan(folder)
    assert len(found.series) == 1, found.skipped
    return found.series[0]


def codes(series: Series) -> dict[str, float | None]:
    return {notice.code: notice.figure for notice in series.notices}


def facts(series: Series) -> dict[str, object]:
    """Everything a series says but where its files are."""
    values = {field.name: getattr(series, field.name) for field in fields(series)}
    values["affine"] = series.affine.tolist()
    values["slices"] = [(s.key, s.position_lps_mm) for s in series.slices]
    return values


def cosines_of(*angles_deg: float) -> tuple[float, ...]:
    """Coronal cosines turned about x, y and z."""
    turn = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(angles_deg)):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        one = np.eye(3)
        one[first, first] = one[second, second] = np.cos(angle)
        one[second, first], one[first, second] = np.sin(angle), -np.sin(angle)
        turn = one @ turn
    rows, columns = turn @ ORIENTATIONS["coronal"][:3], turn @ ORIENTATIONS["coronal"][3:]
    return (*rows, *columns)


# Order


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), tilt=st.floats(-25, 25), gap=st.booleans())
def test_names_numbers_and_times_of_files_change_nothing(tmp_path_factory, seed, tilt, gap):
    """Times differ between slices, so only what follows from them may differ."""
    dice = random.Random(seed)
    plain, shuffled = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("shuffled")
    count, missing = 7, {3} if gap else set()
    names = [f"{name:x}" for name in dice.sample(range(10**6), count)]
    numbers, clocks = dice.sample(range(1000), count), dice.sample(range(60), count)

    def other(index: int, dataset: Dataset) -> None:
        dataset.InstanceNumber = numbers[index]
        dataset.AcquisitionNumber = index % 2 + 1
        dataset.AcquisitionDate, dataset.AcquisitionTime = "20240506", f"1015{clocks[index]:02d}"

    for folder, options in ((plain, {}), (shuffled, {"names": names, "each": other})):
        paths = write_series(
            folder, slices=count, rows=6, columns=8, orientation=cosines_of(tilt, 0, tilt / 2),
            **options,
        )  # fmt: skip
        for index in missing:
            paths[index].unlink()
    assert facts(only(plain)) == facts(only(shuffled))
    volumes = [READER.read(only(folder)) for folder in (plain, shuffled)]
    assert volumes[0].pixel_sha256 == volumes[1].pixel_sha256


@settings(max_examples=20)
@given(
    angles=st.tuples(*[st.floats(-30, 30)] * 3),
    rows=st.booleans(), columns=st.booleans(), exchanged=st.booleans(), reverse=st.booleans(),
)  # fmt: skip
def test_turned_storage_shows_the_same_anatomy_on_the_same_side(
    tmp_path_factory, angles, rows, columns, exchanged, reverse
):
    """Pixels flipped or exchanged together with their cosines and origin."""
    folder = tmp_path_factory.mktemp("turned")
    voxels = pattern(5, 6, 8)
    cosines = np.array(cosines_of(*angles))
    write_series(folder / "plain", voxels=voxels, orientation=cosines)
    turned = cosines * np.repeat([-1 if columns else 1, -1 if rows else 1], 3)
    stored = voxels[:, :: -1 if rows else 1, :: -1 if columns else 1]
    if exchanged:
        turned, stored = np.roll(turned, 3), stored.transpose(0, 2, 1)
    write_series(folder / "turned", voxels=stored[::-1] if reverse else stored,
                 orientation=turned, reverse=reverse)  # fmt: skip
    plain, other = (READER.read(only(folder / name)) for name in ("plain", "turned"))
    index = np.indices(voxels.shape).reshape(3, -1).T
    there = to_index(other.series.affine, to_lps(plain.series.affine, index))
    assert np.abs(there - there.round()).max() < 1e-3
    found = other.voxels[tuple(there.round().astype(int).T)]
    assert np.array_equal(found, plain.voxels[tuple(index.T)])
    assert other.series.plane is plain.series.plane


@pytest.mark.parametrize(
    "position", ["HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL", "LFP", "", "NONSENSE"]
)
def test_how_the_patient_lies_moves_nothing(tmp_path, position):
    tags = {**STIR, "PatientPosition": position}
    write_series(tmp_path / "told", slices=4, centre=(60, 0, 0), tags=tags)
    write_series(tmp_path / "plain", slices=4, centre=(60, 0, 0))
    told, plain = only(tmp_path / "told"), only(tmp_path / "plain")
    assert np.array_equal(told.affine, plain.affine)
    assert told.notices == ()


@pytest.mark.parametrize("side", ["R", "L"])
@pytest.mark.parametrize("plane", ["coronal", "axial", "sagittal"])
@pytest.mark.parametrize("mirror", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_a_bright_hip_stays_on_its_side_however_it_is_stored(tmp_path, side, plane, mirror):
    bright = np.array((SIDES[side], 5.0, -10.0))
    columns, rows = np.array(ORIENTATIONS[plane], float).reshape(2, 3) * np.array(mirror)[:, None]
    shape = (31, 31, 31)
    write_series(tmp_path, voxels=np.zeros(shape, np.uint16), orientation=(*columns, *rows),
                 spacing_mm=(6, 6, 6))  # fmt: skip
    series = only(tmp_path)
    index = np.round(to_index(series.affine, bright)).astype(int)
    found = to_lps(series.affine, index)
    assert np.abs(found - bright).max() <= 3.01
    assert (found[0] > 0) == (side == "L")


# Uneven stacks


@given(data=st.data())
@settings(max_examples=15)
def test_every_slice_that_is_missing_is_counted(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("missing")
    gone = data.draw(st.sets(st.integers(1, 18), min_size=1, max_size=4))
    paths = write_series(folder, slices=20, rows=4, columns=4)
    for index in gone:
        paths[index].unlink()
    series = only(folder)
    assert codes(series) == {"missing_slices": len(gone)}
    assert series.spacing_mm[0] == pytest.approx(5.0)


def test_a_missing_slice_at_an_end_is_unknown(tmp_path):
    paths = write_series(tmp_path, slices=8, rows=4, columns=4)
    paths[0].unlink()
    paths[-1].unlink()
    assert codes(only(tmp_path)) == {}


def test_duplicates_are_left_out_and_counted(tmp_path):
    paths = write_series(tmp_path, slices=6, rows=4, columns=4)
    for index in (1, 4):
        (tmp_path / f"again-{index}").write_bytes(paths[index].read_bytes())
    found = scan(tmp_path)
    assert len(found.series[0].slices) == 6
    assert [file.reason for file in found.skipped] == [
        "It is a copy of another file of the same series."
    ] * 2


# Several stacks


def part(tag: str, **values: object):
    """Edit a file's tags; UIDs apart by ``tag``."""

    def edit(index: int, dataset: Dataset) -> None:
        dataset.SOPInstanceUID = uid(tag, index)
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return edit


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rows": 32}, {"64 x 64", "32 x 64"}),
        ({"spacing_mm": (5, 2.5, 2.5)}, {"stack 1", "stack 2"}),
        ({"orientation": "axial"}, {"coronal", "axial"}),
        ({"orientation": cosines_of(0, 0, 12)}, {"stack 1", "stack 2"}),
        ({"centre": (200, 0, 0)}, {"stack 1", "stack 2"}),
        ({"each": part("b", EchoTime=90)}, {"TE 51 ms", "TE 90 ms"}),
        (
            {"each": part("b", ImageType=["ORIGINAL", "PRIMARY", "P"])},
            {"magnitude", "phase image"},
        ),
        ({"each": part("b", TemporalPositionIdentifier=2)}, {"phase 1", "phase 2"}),
        ({"each": part("b", AcquisitionNumber=5)}, {"acquisition 1", "acquisition 5"}),
        ({"each": part("b", TriggerTime=350)}, {"trigger 10 ms", "trigger 350 ms"}),
        ({"each": part("b", InversionTime=700)}, {"TI 145 ms", "TI 700 ms"}),
        ({"each": part("b", FlipAngle=90)}, {"flip angle 15", "flip angle 90"}),
    ],
)
def test_stacks_that_differ_are_separate_and_say_how(tmp_path, options, words):
    tags = {**STIR, "TemporalPositionIdentifier": 1, "AcquisitionNumber": 1, "TriggerTime": 10,
            "FlipAngle": 15}  # fmt: skip
    write_series(tmp_path / "a", slices=6, tags=tags, each=part("a"))
    write_series(tmp_path / "b", slices=6, tags=tags, **{"each": part("b"), **options})
    found = scan(tmp_path)
    assert {series.description for series in found.series} == {f"COR STIR ({w})" for w in words}
    assert [len(series.slices) for series in found.series] == [6, 6]
    assert found.skipped == ()
    for series in found.series:
        assert codes(series)["split_series"] == 2
        assert len({source.path.parent for source in series.slices}) == 1


def test_interleaved_acquisitions_are_one_stack(tmp_path):
    def interleaved(index: int, dataset: Dataset) -> None:
        dataset.AcquisitionNumber = index % 2 + 1

    write_series(tmp_path, slices=10, each=interleaved)
    series = only(tmp_path)
    assert series.description == "COR STIR"
    assert series.notices == ()


def test_one_slice_measured_again_does_not_split_a_stack(tmp_path):
    paths = write_series(tmp_path / "a", slices=10, each=part("a", AcquisitionNumber=1))
    again = write_series(tmp_path / "b", slices=10, each=part("b", AcquisitionNumber=2))
    for path in again[1:]:
        path.unlink()
    found = scan(tmp_path)
    (series,) = found.series
    assert [source.path for source in series.slices] == paths
    assert codes(series) == {"repeated_positions": 1}
    assert [file.path for file in found.skipped] == again[:1]


# Words on the patient that contradict the geometry


@pytest.mark.parametrize(
    ("letters", "contradicts"),
    [
        (["L", "F"], False), (["LP", "FA"], False), (["R", "F"], True), (["L", "H"], True),
        (["A", "F"], True), (["", ""], False), (["X", "Y"], False), (["L"], False),
    ],
)  # fmt: skip
def test_letters_that_contradict_the_cosines_are_told(tmp_path, letters, contradicts):
    write_series(tmp_path, slices=3, tags={**STIR, "PatientOrientation": letters})
    told = {"orientation_contradicts": 3.0} if contradicts else {}
    assert codes(only(tmp_path)) == told


def test_slices_that_disagree_on_how_the_patient_lay_are_told(tmp_path):
    def turned(index: int, dataset: Dataset) -> None:
        dataset.PatientPosition = "FFS" if index == 2 else "HFS"

    write_series(tmp_path, slices=4, each=turned)
    assert codes(only(tmp_path)) == {"orientation_contradicts": None}


# Cosines


def with_cosines(cosines: object):
    def edit(index: int, dataset: Dataset) -> None:
        dataset.ImageOrientationPatient = [f"{value:.6f}" for value in cosines]

    return edit


@pytest.mark.parametrize(
    "cosines", [(1, 0, 0, 0, 0, -1.02), (0.97, 0, 0, 0, 0, -1), (1, 0, 0.02, 0.02, 0, -1),
                (1, 0, 0, 0.03, 0, -0.9995)],
)  # fmt: skip
def test_cosines_that_are_slightly_wrong_are_put_right(tmp_path, cosines):
    write_series(tmp_path, slices=4, each=with_cosines(cosines))
    series = only(tmp_path)
    rows, columns = np.array(image_orientation_of(series.affine)).reshape(2, 3)
    assert np.linalg.norm(rows) == pytest.approx(1)
    assert np.dot(rows, columns) == pytest.approx(0, abs=1e-4)
    assert series.spacing_mm[1:] == pytest.approx((5, 5))
    assert series.plane is Plane.CORONAL


@pytest.mark.parametrize(
    "cosines",
    [(1, 0, 0, 1, 0, 0), (1, 0, 0, 0.2, 0, -0.98), (0, 0, 0, 0, 0, -1), (2, 0, 0, 0, 0, -2),
     (0.5, 0, 0, 0, 0, -0.5)],
)  # fmt: skip
def test_cosines_that_are_impossible_are_refused(tmp_path, cosines):
    write_series(tmp_path, slices=2, each=with_cosines(cosines))
    found = scan(tmp_path)
    assert found.series == ()
    assert {file.reason for file in found.skipped} == {"Its stated orientation is not possible."}


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("ImagePositionPatient", [1e6, 0, 0]), ("PixelSpacing", [5000, 1])],
)
def test_places_where_no_patient_lies_are_refused(tmp_path, keyword, value):
    write_series(tmp_path, slices=1, tags={**STIR, keyword: value})
    assert "is not possible" in scan(tmp_path).skipped[0].reason
