"""Folders of DICOM files, ordinary and odd, become series; series become pixels."""

from __future__ import annotations

import logging
import os
import random
import shutil
import threading
from contextlib import suppress
from dataclasses import fields
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_charset_files, get_testdata_file
from pydicom.pixels import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from hipdesk.adapters._dicom_elements import read_header
from hipdesk.adapters._dicom_headers import displayed_name, frames_of, parsed_date, parsed_time
from hipdesk.adapters._dicom_tags import Tag
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.errors import Cancelled, DamagedImage, UnreadableInput
from hipdesk.geometry import to_index, to_lps
from hipdesk.records import Contrast, Plane, Scan, Series, SliceKey
from hipdesk.series_choice import selectors
from tests.dicom_factory import (
    LOCALIZER,
    ORIENTATIONS,
    STIR,
    T1,
    enhanced_dataset,
    pattern,
    save,
    slice_positions,
    uid,
    write_series,
)

READER = DicomFolderReader()


def scan(folder: Path) -> Scan:
    return READER.scan(folder)


def only(folder: Path) -> Series:
    (series,) = scan(folder).series
    return series


def codes(series: Series) -> dict[str, float | None]:
    return {notice.code: notice.figure for notice in series.notices}


def facts(series: Series) -> dict[str, object]:
    """Everything a series says but where its files are."""
    values = {field.name: getattr(series, field.name) for field in fields(series)}
    values["affine"] = series.affine.tolist()
    values["slices"] = [(s.key, s.position_lps_mm, s.acquired) for s in series.slices]
    return values


# Ordinary series


def test_a_series_states_what_its_files_state(tmp_path):
    write_series(tmp_path, slices=6, rows=20, columns=30, spacing_mm=(4.4, 0.8, 0.7),
                 tags={**STIR, "WindowCenter": 300, "WindowWidth": 500, "Laterality": "R",
                       "BodyPartExamined": "HIP", "AcquisitionDate": "20240506",
                       "AcquisitionTime": "101500"})  # fmt: skip
    series = only(tmp_path)
    assert series.uid == uid("study", "series")
    assert series.study.uid == uid("study")
    assert (series.study.date, series.study.time) == (date(2024, 5, 6), time(10, 11, 12, 500000))
    assert series.patient.name == "Test Phantom"
    assert series.patient.birth_date == date(1990, 2, 3)
    assert series.patient.matchable
    assert (series.plane, series.contrast) == (Plane.CORONAL, Contrast.STIR)
    assert series.shape == (6, 20, 30)
    assert series.spacing_mm == pytest.approx((4.4, 0.8, 0.7))
    assert series.window == (300, 500)
    assert series.laterality == "R"
    assert series.body_part == "HIP"
    assert series.number == 3
    acquisition = series.acquisition
    assert (acquisition.tr_ms, acquisition.te_ms, acquisition.ti_ms) == (3550, 51, 145)
    assert acquisition.field_strength_t == 1.5
    assert series.slices[0].acquired == datetime(2024, 5, 6, 10, 15)
    assert series.slices[0].key == SliceKey(uid("study", "series", 0), None)
    assert series.notices == ()
    assert not series.affine.flags.writeable


@pytest.mark.parametrize(("orientation", "axis"), [("sagittal", 0), ("coronal", 1), ("axial", 2)])
@pytest.mark.parametrize("reverse", [False, True])
def test_stacks_run_right_to_left_front_to_back_and_feet_to_head(
    tmp_path, orientation, axis, reverse
):
    write_series(tmp_path, orientation=orientation, reverse=reverse, slices=5)
    series = only(tmp_path)
    assert series.plane == orientation
    along = [source.position_lps_mm[axis] for source in series.slices]
    assert along == sorted(along)
    assert series.affine[axis, 0] == pytest.approx(5.0)


def test_the_affine_takes_every_slice_to_its_position(tmp_path):
    tilted = (0.9848, 0.0, -0.1736, -0.0302, -0.9848, -0.1710)
    write_series(tmp_path, orientation=tilted, slices=7)
    series = only(tmp_path)
    corners = to_lps(series.affine, [(i, 0, 0) for i in range(7)])
    positions = [source.position_lps_mm for source in series.slices]
    assert corners == pytest.approx(np.array(positions), abs=1e-4)


def test_spacing_is_measured_not_read(tmp_path):
    write_series(tmp_path, spacing_mm=(5.2, 5, 5), tags={**STIR, "SpacingBetweenSlices": 99})
    assert only(tmp_path).spacing_mm[0] == pytest.approx(5.2)


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_file_names_and_instance_numbers_change_nothing(tmp_path_factory, seed):
    shuffle = random.Random(seed)
    plain, shuffled = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("shuffled")
    numbers = shuffle.sample(range(100), 6)
    names = [f"IM{number}" for number in shuffle.sample(range(100), 6)]
    write_series(plain, slices=6, rows=8, columns=8)

    def renumber(index, dataset):
        dataset.InstanceNumber = numbers[index]

    write_series(shuffled, slices=6, rows=8, columns=8, names=names, each=renumber)
    assert facts(only(plain)) == facts(only(shuffled))
    assert READER.read(only(plain)).pixel_sha256 == READER.read(only(shuffled)).pixel_sha256


@pytest.mark.parametrize("flip", [(False, True), (True, False), (True, True)])
def test_flipped_storage_shows_the_same_anatomy(tmp_path, flip):
    voxels = pattern(5, 12, 16)
    write_series(tmp_path / "plain", voxels=voxels)
    rows, columns = (-1 if f else 1 for f in flip)
    turned = np.repeat([columns, rows], 3) * np.array(ORIENTATIONS["coronal"])
    write_series(tmp_path / "flipped", voxels=voxels[:, ::rows, ::columns], orientation=turned)
    plain, flipped = (READER.read(only(tmp_path / name)) for name in ("plain", "flipped"))
    index = np.array([[2, 3, 4], [0, 11, 0], [4, 5, 15]])
    there = to_index(flipped.series.affine, to_lps(plain.series.affine, index)).round().astype(int)
    assert flipped.voxels[tuple(there.T)].tolist() == plain.voxels[tuple(index.T)].tolist()


def test_series_are_kept_apart_by_uid_and_study(tmp_path):
    write_series(tmp_path, series="a", slices=3)
    write_series(tmp_path, series="b", slices=4, tags=T1)
    write_series(tmp_path / "later", study="other study", series="a", slices=5)
    found = scan(tmp_path).series
    assert sorted(len(series.slices) for series in found) == [3, 4, 5]
    assert {series.contrast for series in found} == {Contrast.STIR, Contrast.T1}


# Uneven stacks


def moved(offsets):
    """Move slices along y by ``offsets[index]`` millimetres."""

    def edit(index, dataset):
        x, y, z = dataset.ImagePositionPatient
        dataset.ImagePositionPatient = [x, float(y) + offsets.get(index, 0.0), z]

    return edit


def test_a_missing_slice_is_told_and_leaves_the_others_in_place(tmp_path):
    paths = write_series(tmp_path, slices=11)
    paths[2].unlink()
    series = only(tmp_path)
    assert codes(series) == {"missing_slices": 1}
    assert series.spacing_mm[0] == pytest.approx(5.0)
    placed = to_lps(series.affine, [(i, 0, 0) for i in range(10)])[:, 1]
    exact = [source.position_lps_mm[1] for source in series.slices]
    assert placed[2:] == pytest.approx(exact[2:])


def test_uneven_spacing_is_told_with_its_figure(tmp_path):
    write_series(tmp_path, slices=7, each=moved({3: 1.0}))
    series = only(tmp_path)
    assert codes(series) == {"irregular_spacing": 20.0}
    assert series.spacing_mm[0] == pytest.approx(5.0)


def test_small_jitter_is_not_worth_telling(tmp_path):
    write_series(tmp_path, slices=7, each=moved({3: 0.1}))
    assert only(tmp_path).notices == ()


def test_a_name_that_its_values_contradict_is_told(tmp_path):
    times = {"RepetitionTime": 579, "EchoTime": 6.2, "ScanningSequence": "SE"}
    named = {"SeriesDescription": "COR STIR", "ProtocolName": "", **times}
    write_series(tmp_path, tags=named)
    series = only(tmp_path)
    assert series.contrast is Contrast.STIR
    assert codes(series) == {"contrast_contradicts": None}


def test_of_a_repeated_position_the_first_acquisition_stays(tmp_path):
    def timed(clock):
        def edit(index, dataset):
            dataset.AcquisitionDate, dataset.AcquisitionTime = "20240506", clock
            dataset.SOPInstanceUID = uid(clock, index)

        return edit

    write_series(tmp_path / "a", slices=5, each=timed("110000"))
    write_series(tmp_path / "b", slices=5, each=timed("100000"))
    found = scan(tmp_path)
    (series,) = found.series
    assert {source.acquired.hour for source in series.slices} == {10}
    assert codes(series) == {"repeated_positions": 5}
    assert {file.path.parent.name for file in found.skipped} == {"a"}


def test_one_slice_is_a_series_too(tmp_path):
    write_series(tmp_path, slices=1)
    assert only(tmp_path).spacing_mm == pytest.approx((4.0, 5.0, 5.0))


# Series that hold several stacks


def test_a_localizer_of_three_planes_is_three_series(tmp_path):
    for plane in ORIENTATIONS:

        def apart(index, dataset, plane=plane):
            dataset.SOPInstanceUID = uid(plane, index)

        write_series(tmp_path / plane, slices=3, orientation=plane, tags=LOCALIZER, each=apart)
    found = scan(tmp_path).series
    assert {series.plane for series in found} == {Plane.CORONAL, Plane.SAGITTAL, Plane.AXIAL}
    assert {series.description for series in found} == {
        f"localizer ({plane})" for plane in ORIENTATIONS
    }
    assert all(codes(series) == {"split_series": 3} for series in found)
    assert all(READER.read(series).voxels.shape == (3, 64, 64) for series in found)


def test_a_radial_series_is_one_mixed_series(tmp_path):
    for turn in range(9):
        angle = np.deg2rad(20 * turn)
        cosines = (np.cos(angle), np.sin(angle), 0, 0, 0, -1)

        def apart(index, dataset, turn=turn):
            dataset.SOPInstanceUID = uid(turn)

        write_series(tmp_path / str(turn), slices=1, orientation=cosines, each=apart)
    series = only(tmp_path)
    assert series.plane is Plane.MIXED
    assert codes(series) == {"mixed_planes": 9}
    assert READER.read(series).voxels.shape == (9, 64, 64)


def test_echoes_are_separate_series(tmp_path):
    def echo(index, dataset):
        dataset.EchoTime = (10, 90)[index % 2]
        dataset.ImagePositionPatient = [0, 5 * (index // 2), 0]

    write_series(tmp_path, slices=12, each=echo)
    found = scan(tmp_path).series
    assert [len(series.slices) for series in found] == [6, 6]
    assert {series.acquisition.te_ms for series in found} == {10, 90}
    assert all(codes(series) == {"split_series": 2} for series in found)


def test_a_stacks_number_does_not_depend_on_names_and_order_of_files(tmp_path):
    def echo(index, dataset):
        dataset.EchoTime = (51, 90)[index % 2]
        dataset.ImagePositionPatient = [0, 5 * (index // 2), 0]

    write_series(tmp_path / "a", slices=12, each=echo)
    files = sorted((tmp_path / "a").iterdir())
    (tmp_path / "b").mkdir()
    for number, file in enumerate(reversed(files)):
        shutil.copy(file, tmp_path / "b" / f"{number:03d}")
    found = [scan(tmp_path / folder) for folder in "ab"]
    echoes = [
        {name: one.acquisition.te_ms for one, name in selectors(each.series).items()}
        for each in found
    ]
    assert echoes[0] == echoes[1]
    assert [name.partition("#")[2] for name in echoes[0]] == ["1", "2"]


def test_right_and_left_stacks_of_one_series_are_separate(tmp_path):
    for side, x in (("right", -90), ("left", 90)):

        def apart(index, dataset, side=side):
            dataset.SOPInstanceUID = uid(side, index)

        write_series(tmp_path / side, slices=6, rows=32, columns=32, centre=(x, 0, 0), each=apart)
    found = scan(tmp_path).series
    assert [series.shape for series in found] == [(6, 32, 32)] * 2
    centres = sorted(to_lps(series.affine, (2.5, 15.5, 15.5))[0] for series in found)
    assert centres == pytest.approx([-90, 90])


def test_water_and_fat_images_are_separate_series(tmp_path):
    def dixon(index, dataset):
        dataset.ImageType = ["DERIVED", "PRIMARY", "DIXON", ("WATER", "FAT")[index % 2]]
        dataset.ImagePositionPatient = [0, 5 * (index // 2), 0]

    times = {"SeriesDescription": "t2 dixon", "RepetitionTime": 4000, "EchoTime": 70}
    write_series(tmp_path, slices=12, each=dixon, tags=times)
    found = scan(tmp_path).series
    assert {series.contrast for series in found} == {Contrast.DIXON_WATER, Contrast.OTHER}


# Enhanced files


def coronal_positions(count: int, y: float = 0.0) -> np.ndarray:
    return slice_positions(ORIENTATIONS["coronal"], (count, 12, 16), (5, 5, 5), (0, y, 0))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_an_enhanced_file_is_a_series(tmp_path, syntax):
    order = [3, 0, 4, 1, 2]
    voxels = pattern(5, 12, 16)
    dataset = enhanced_dataset(
        positions=coronal_positions(5)[order], voxels=voxels[order], slopes=[2.0, 1, 1, 1, 0.5],
        syntax=syntax,
    )  # fmt: skip
    save(dataset, tmp_path / "enhanced")
    series = only(tmp_path)
    assert (series.plane, series.contrast) == (Plane.CORONAL, Contrast.STIR)
    assert [source.key.frame_number for source in series.slices] == [2, 4, 5, 1, 3]
    assert series.spacing_mm == pytest.approx((5, 5, 5))
    assert (series.acquisition.te_ms, series.acquisition.ti_ms) == (51, 145)
    assert series.slices[0].acquired == datetime(2024, 5, 6, 10, 15, 0, 250000)
    factors = np.array([1, 1, 0.5, 2, 1])[:, None, None]
    assert np.array_equal(READER.read(series).voxels, voxels * factors)


def test_stacks_of_an_enhanced_file_are_separate(tmp_path):
    save(
        enhanced_dataset(
            positions=np.concatenate([coronal_positions(5, y) for y in (0, 60)]),
            voxels=pattern(10, 12, 16),
            stacks=["1"] * 5 + ["2"] * 5,
        ),
        tmp_path / "stacks",
    )
    found = scan(tmp_path).series
    assert [len(series.slices) for series in found] == [5, 5]
    assert all(series.spacing_mm[0] == pytest.approx(5) for series in found)


def test_frames_of_several_planes_are_separate(tmp_path):
    axial = slice_positions(ORIENTATIONS["axial"], (6, 12, 16), (5, 5, 5), (0, 0, 0))
    save(
        enhanced_dataset(
            positions=np.concatenate([coronal_positions(6), axial]),
            voxels=pattern(12, 12, 16),
            orientations=[ORIENTATIONS["coronal"]] * 6 + [ORIENTATIONS["axial"]] * 6,
        ),
        tmp_path / "planes",
    )
    assert [series.plane for series in scan(tmp_path).series] == ["coronal", "axial"]


# Pixels


def test_rescaling_is_applied_slice_by_slice(tmp_path):
    def scaled(index, dataset):
        dataset.RescaleSlope, dataset.RescaleIntercept = 0.5 * (index + 1), -10

    write_series(tmp_path, slices=3, rows=4, columns=5, each=scaled)
    volume = READER.read(only(tmp_path))
    expected = pattern(3, 4, 5) * np.array([0.5, 1, 1.5])[:, None, None] - 10
    assert np.array_equal(volume.voxels, expected)
    assert volume.voxels.dtype == np.float32
    assert not volume.voxels.flags.writeable


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_uncompressed_syntaxes_give_the_same_pixels(tmp_path, syntax):
    write_series(tmp_path / "plain", slices=3)
    write_series(tmp_path / "other", slices=3, syntax=syntax)
    plain, other = only(tmp_path / "plain"), only(tmp_path / "other")
    assert facts(plain) == facts(other)
    assert READER.read(plain).pixel_sha256 == READER.read(other).pixel_sha256


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed_syntaxes_give_the_same_pixels(tmp_path, syntax):
    write_series(tmp_path / "plain", slices=3)
    for path in write_series(tmp_path / "packed", slices=3):
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(path)
    plain, packed = (READER.read(only(tmp_path / name)) for name in ("plain", "packed"))
    assert plain.pixel_sha256 == packed.pixel_sha256


@pytest.mark.parametrize(
    "syntax",
    [
        JPEGBaseline8Bit,
        JPEGExtended12Bit,
        JPEGLossless,
        JPEGLosslessSV1,
        JPEGLSNearLossless,
        JPEG2000,
        HTJ2K,
        HTJ2KLossless,
    ],
)
def test_a_decoder_is_installed_for_syntaxes_that_cannot_be_written_here(syntax):
    assert get_decoder(syntax).is_available


def test_files_without_preamble_or_meta_information_are_read(tmp_path):
    for index, path in enumerate(write_series(tmp_path, slices=3, syntax=ImplicitVRLittleEndian)):
        dataset = pydicom.dcmread(path)
        path.unlink()
        dataset.preamble = None
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.save_as(tmp_path / f"IM{index}", implicit_vr=True, little_endian=True)
    assert np.array_equal(READER.read(only(tmp_path)).voxels, pattern(3, 64, 64))


@pytest.mark.parametrize("damage", ["cut", "gone", "other size", "garbled"])
def test_pixels_that_cannot_be_decoded_are_a_damaged_image(tmp_path, damage):
    paths = write_series(tmp_path, slices=3)
    series = only(tmp_path)
    if damage == "cut":
        paths[1].write_bytes(paths[1].read_bytes()[:-500])
    elif damage == "gone":
        paths[1].unlink()
    elif damage == "garbled":
        paths[1].write_bytes(b"\x08\0" + b"\x7f" * 5000)
    else:
        dataset = pydicom.dcmread(paths[1])
        dataset.Rows = 32
        dataset.save_as(paths[1])
    with pytest.raises(DamagedImage) as caught:
        READER.read(series)
    assert f"image {paths[1].name} " in str(caught.value)
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.__cause__ is not None or damage == "other size"


# Folders


def test_every_file_is_in_a_series_or_has_a_reason(tmp_path):
    paths = write_series(tmp_path / "deep" / "er", slices=3)
    (tmp_path / "notes.txt").write_text("report to follow\n" * 100)
    (tmp_path / "empty").touch()
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    shutil.copy(paths[0], tmp_path / "z-copy")
    (tmp_path / "cut").write_bytes(paths[0].read_bytes()[:300])
    colour = pydicom.dcmread(paths[0])
    colour.SamplesPerPixel, colour.SOPInstanceUID = 3, uid("colour")
    colour.save_as(tmp_path / "colour")
    lost = pydicom.dcmread(paths[0])
    del lost.ImagePositionPatient
    lost.save_as(tmp_path / "lost")
    found = scan(tmp_path)
    reasons = {file.path.name: file.reason for file in found.skipped}
    used = {source.path for series in found.series for source in series.slices}
    assert used == set(paths)
    assert reasons.keys() == {"notes.txt", "empty", "DICOMDIR", "z-copy", "cut", "colour", "lost"}
    assert "not a DICOM" in reasons["notes.txt"]
    assert "index" in reasons["DICOMDIR"]
    assert "copy" in reasons["z-copy"]
    assert "colour" in reasons["colour"]
    assert "where it lies" in reasons["lost"]
    assert all(reason.endswith(".") and "\n" not in reason for reason in reasons.values())


def test_one_file_can_be_scanned(tmp_path):
    paths = write_series(tmp_path, slices=3)
    assert only(paths[1]).slices[0].path == paths[1]


def test_an_empty_folder_holds_no_series(tmp_path):
    found = scan(tmp_path)
    assert (found.series, found.skipped) == ((), ())


def test_a_missing_folder_is_unreadable_input(tmp_path):
    with pytest.raises(UnreadableInput) as caught:
        scan(tmp_path / "nowhere")
    assert caught.value.exit_code == 4


def test_links_that_lead_back_are_harmless(tmp_path):
    write_series(tmp_path / "a", slices=3)
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    found = scan(tmp_path)
    assert len(found.series[0].slices) == 3
    assert [file.path.name for file in found.skipped] == ["broken"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_does_not_hold_up_the_scan(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = threading.Event()

    def work():
        assert "ordinary" in scan(tmp_path).skipped[0].reason
        done.set()

    threading.Thread(target=work, daemon=True).start()
    assert done.wait(10)


def test_a_scan_can_be_stopped_and_tells_its_progress(tmp_path):
    write_series(tmp_path, slices=3)
    told: list[float] = []
    READER.scan(tmp_path, lambda fraction, what: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0
    with pytest.raises(Cancelled):
        READER.scan(tmp_path, cancelled=lambda: True)


def test_other_modalities_are_listed(tmp_path):
    write_series(tmp_path, tags={"Modality": "CT", "SeriesDescription": "hip"}, orientation="axial")
    series = only(tmp_path)
    assert series.acquisition.modality == "CT"
    assert series.contrast is Contrast.OTHER


def test_no_identity_reaches_the_log(tmp_path, caplog):
    def named(index, dataset):
        dataset.PatientName = "Sentinel^Person"
        dataset.StudyDescription = "Sentinel"

    write_series(tmp_path / "Sentinel", slices=3, each=named)
    (tmp_path / "Sentinel" / "bad").write_bytes(b"\0" * 128 + b"DICM" + b"Sentinel" * 99)
    with caplog.at_level(logging.DEBUG):
        READER.read(only(tmp_path))
    assert "Sentinel" not in caplog.text


# Text


@pytest.mark.parametrize(
    ("charset", "name", "shown"),
    [
        ("ISO_IR 192", "王^小东", "王小东"),
        ("GB18030", "王^小东", "王小东"),
        ("GB18030", "Wang^XiaoDong=王^小东", "王小东 (Wang XiaoDong)"),
        ("ISO_IR 100", "Müller^Jörg^^Dr.", "Müller Jörg Dr."),
        ("ISO_IR 144", "Иванов^Иван", "Иванов Иван"),
        ("ISO_IR 192", "Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎 (Yamada Tarou)"),
        ("ISO_IR 192", "김^희중", "김희중"),
        ("", "", ""),
    ],
)
def test_names_of_all_scripts_are_shown(tmp_path, charset, name, shown):
    def edit(index, dataset):
        dataset.SpecificCharacterSet = charset
        dataset.PatientName = name

    write_series(tmp_path, slices=1, each=edit)
    assert only(tmp_path).patient.name == shown


def test_the_standard_s_own_examples_of_names_are_read():
    shown = {}
    for name in ("chrH31", "chrH32", "chrI2", "chrX1", "chrX2", "chrGreek", "chrArab"):
        (path,) = get_charset_files(f"{name}.dcm")
        elements = read_header(Path(path)).elements
        shown[name] = displayed_name(elements.person_name(Tag.PATIENT_NAME))
    assert shown["chrH31"] == "山田太郎 (Yamada Tarou)"
    assert shown["chrI2"] == "洪吉洞 (Hong Gildong)"
    assert shown["chrX1"] == "王小東 (Wang XiaoDong)"
    assert shown["chrX2"].endswith("Wang XiaoDong)") or "王" in shown["chrX2"]
    assert all(shown.values())


@pytest.mark.parametrize("charset", ["I\0O_IR 192", "NONSENSE", "\\ISO 2022 IR 999"])
def test_a_damaged_character_set_does_not_lose_the_file(tmp_path, charset):
    (path,) = write_series(tmp_path, slices=1)
    written = path.read_bytes()
    path.write_bytes(
        written.replace(b"CS\n\0ISO_IR 192", b"CS\n\0" + charset.encode()[:10].ljust(10))
    )
    assert only(tmp_path).patient.name == "Test Phantom"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20240229", date(2024, 2, 29)),
        ("2024.02.29", date(2024, 2, 29)),
        ("20230229", None),
        ("2024", None),
        ("", None),
    ],
)
def test_dates(text, expected):
    assert parsed_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("101112.5", time(10, 11, 12, 500000)),
        ("10:11:12", time(10, 11, 12)),
        ("1011", time(10, 11)),
        ("235960", time(23, 59, 59)),
        ("250000", None),
        ("noon", None),
    ],
)
def test_times(text, expected):
    assert parsed_time(text) == expected


# Damage


@pytest.fixture(scope="module")
def sound_files(tmp_path_factory) -> list[bytes]:
    """One file of each kind that the headers are read from."""
    folder = tmp_path_factory.mktemp("sound")
    (explicit,) = write_series(folder, slices=1, rows=8, columns=8, names=["explicit"])
    (implicit,) = write_series(
        folder, slices=1, rows=8, columns=8, names=["implicit"], syntax=ImplicitVRLittleEndian
    )
    save(enhanced_dataset(positions=coronal_positions(2), voxels=pattern(2, 12, 16)),
         folder / "enhanced")  # fmt: skip
    return [path.read_bytes() for path in (explicit, implicit, folder / "enhanced")]


@given(data=st.data())
def test_damaged_files_raise_only_our_errors(tmp_path_factory, sound_files, data):
    content = bytearray(data.draw(st.sampled_from(sound_files)))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "file").write_bytes(content[:cut] if data.draw(st.booleans()) else content)
    found = scan(folder)
    assert bool(found.series) != bool(found.skipped)
    for series in found.series:
        with suppress(DamagedImage):
            READER.read(series)


def opens_or_is_refused(folder: Path) -> int:
    """Open everything below a folder; returns how many series could be read."""
    opened = 0
    for series in scan(folder).series:
        try:
            volume = READER.read(series)
        except DamagedImage:
            continue
        assert volume.voxels.shape == series.shape
        opened += 1
    return opened


@pytest.mark.filterwarnings("default")
def test_every_sample_opens_or_is_refused(shared_data):
    assert opens_or_is_refused(shared_data / "dicom_samples") >= 14


def test_pydicom_s_own_files_open_or_are_refused():
    assert opens_or_is_refused(Path(get_testdata_file("CT_small.dcm")).parent) >= 10


# Real series


@pytest.mark.parametrize(
    ("name", "slices"), [("images_01", 47), ("images_10", 35), ("images_23", 35)]
)
def test_real_coronal_series(shared_data, name, slices):
    series = only(shared_data / "mr_coronal_t1" / name)
    assert (series.plane, series.contrast) == (Plane.CORONAL, Contrast.T1)
    assert series.shape == (slices, 384, 384)
    assert series.spacing_mm == pytest.approx((5.2, 0.911458, 0.911458), abs=1e-3)
    assert series.notices == ()
    volume = READER.read(series)
    middle = series.slices[slices // 2].path
    assert np.array_equal(volume.voxels[slices // 2], pydicom.dcmread(middle).pixel_array)


@pytest.mark.parametrize("name", ["5001_anat-T1w_acq-tfl", "6001_anat-T1w_acq-tfl"])
def test_compressed_copies_of_a_real_series_agree_with_another_decoder(shared_data, name):
    series = only(shared_data / "dicom_samples" / "dcm_qa_frag" / name)
    volume = READER.read(series)
    assert (series.plane, len(series.slices)) == (Plane.SAGITTAL, 24)
    for source, picture in zip(series.slices, volume.voxels, strict=True):
        image = SimpleITK.ReadImage(str(source.path), imageIO="GDCMImageIO")
        assert np.array_equal(picture, SimpleITK.GetArrayFromImage(image)[0])


def test_the_quick_header_walk_agrees_with_pydicom(shared_data):
    paths = sorted((shared_data / "mr_coronal_t1").rglob("*.dcm"))[::9]
    for path in paths:
        (frame,) = frames_of(path)
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        assert frame.position == pytest.approx(tuple(dataset.ImagePositionPatient))
        assert frame.orientation == pytest.approx(tuple(dataset.ImageOrientationPatient))
        assert frame.echo_ms == dataset.EchoTime
        assert frame.key.sop_instance_uid == dataset.SOPInstanceUID
        assert frame.image_type == tuple(dataset.ImageType)
