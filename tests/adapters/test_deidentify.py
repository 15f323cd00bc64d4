"""De-identified images: nothing of the patient stays, everything of the measurement does."""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR, keyword_dict
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless

from hipdesk.adapters.deidentify import (
    _DATES,
    _KEPT,
    _MOMENTS,
    _SEQUENCES,
    _UIDS,
    CONTRAST_NAMES,
    Disguise,
    Pseudonyms,
    _shifted,
    deidentify_file,
    has_still_marks,
    refusal,
)
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.contrast import SequenceCues, weighting
from hipdesk.errors import OutputError
from hipdesk.records import Volume
from tests.dicom_factory import STIR, T1, write_series

PSEUDONYMS = Pseudonyms(b"k" * 32)
DISGUISE = Disguise.of(PSEUDONYMS, "patient")
SENTINEL = "Zzyzx"
NUMBERS = "4711666"


def read(folder: Path) -> Volume:
    reader = DicomFolderReader()
    (series,) = reader.scan(folder).series
    return reader.read(series)


def clean(source: Path, target: Path, **more: date) -> Volume:
    """The same series de-identified."""
    volume = read(source)
    target.mkdir()
    paths = dict.fromkeys(each.path for each in volume.series.slices)
    for number, path in enumerate(paths):
        deidentify_file(path, target / f"{number}.dcm", DISGUISE, volume.series, **more)
    return read(target)


def noisy(shape: tuple[int, int, int] = (6, 40, 50)) -> np.ndarray:
    return np.random.default_rng(7).integers(10, 900, shape).astype(np.uint16)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_series(tmp_path / "source", voxels=noisy(), tags=STIR)
    return tmp_path / "source"


def marked(vr: str) -> object:
    """A value of a kind that would give the patient away; None for kinds that cannot."""
    texts = {"LO", "SH", "LT", "ST", "UT", "PN", "UC", "AE"}
    if vr in texts:
        return SENTINEL
    return {
        "CS": SENTINEL.upper(),
        "UI": f"1.2.{NUMBERS}.1",
        "DA": "19470116",
        "DT": "19470116120000",
        "IS": NUMBERS,
        "DS": NUMBERS,
        "UR": f"https://{SENTINEL}",
        "OB": SENTINEL.encode() + b"0",
        "UN": SENTINEL.encode() + b"0",
    }.get(vr)


def dirty(path: Path) -> None:
    """Fill every attribute of the standard that does not stay, and private and nested ones."""
    file = pydicom.dcmread(path)
    stays = _KEPT | _SEQUENCES | {"PixelData", "PixelAspectRatio", "SpecificCharacterSet"}
    nested = Dataset()
    for word in keyword_dict:
        if word in stays or keyword_dict[word] >> 16 in (0x0000, 0x0002):
            continue
        vr = dictionary_VR(word)
        if word not in _UIDS and (value := marked(vr)) is not None:
            setattr(nested, word, value)
            setattr(file, word, value)
    for word in _UIDS - {"SOPInstanceUID"}:
        setattr(file, word, f"1.2.{NUMBERS}.2")
    nested.SOPInstanceUID = f"1.2.{NUMBERS}.3"
    file.RequestAttributesSequence = [nested]
    file.AnatomicRegionSequence = [nested]
    block = file.private_block(0x0011, SENTINEL, create=True)
    block.add_new(1, "LO", SENTINEL)
    file.preamble = SENTINEL.encode().ljust(128, b"\0")
    file.file_meta.SourceApplicationEntityTitle = SENTINEL
    file.file_meta.PrivateInformationCreatorUID = f"1.2.{NUMBERS}"
    file.file_meta.PrivateInformation = SENTINEL.encode() + b"0"
    file.save_as(path)


def test_nothing_of_the_patient_stays(source: Path, tmp_path: Path) -> None:
    path, series = next(source.iterdir()), read(source).series
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dirty(path)
    assert path.read_bytes().count(SENTINEL.encode()) > 1000
    deidentify_file(path, tmp_path / "clean.dcm", DISGUISE, series)
    after = (tmp_path / "clean.dcm").read_bytes()
    for trace in (SENTINEL, SENTINEL.upper(), NUMBERS, "19470116"):
        assert trace.encode() not in after


@pytest.mark.parametrize("tags", [STIR, T1])
def test_the_measurement_stays(tmp_path: Path, tags: dict[str, object]) -> None:
    write_series(tmp_path / "source", voxels=noisy(), tags=tags)
    before = read(tmp_path / "source")
    after = clean(tmp_path / "source", tmp_path / "clean")
    assert after.pixel_sha256 == before.pixel_sha256
    assert np.array_equal(after.series.affine, before.series.affine)
    assert after.series.contrast is before.series.contrast
    assert after.series.plane is before.series.plane
    old, new = before.series.acquisition, after.series.acquisition
    for name in ("tr_ms", "te_ms", "ti_ms", "field_strength_t", "slice_thickness_mm", "sequence"):
        assert getattr(new, name) == getattr(old, name)
    assert (new.institution, new.protocol) == ("", "")


def test_identity_is_replaced_and_said_so(source: Path, tmp_path: Path) -> None:
    before, after = read(source).series, clean(source, tmp_path / "clean").series
    assert after.patient.matchable
    assert after.patient.patient_id == after.patient.name == DISGUISE.patient
    assert before.study.date is not None
    assert after.study.date == before.study.date + DISGUISE.shift
    assert (after.study.accession, after.description) == ("", "coronal STIR")
    assert after.uid == PSEUDONYMS.uid(before.uid)
    assert after.frame_of_reference_uid == PSEUDONYMS.uid(before.frame_of_reference_uid)
    file = pydicom.dcmread(tmp_path / "clean" / "0.dcm")
    assert file.PatientIdentityRemoved == "YES"
    assert file.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = [item.CodeValue for item in file.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113105", "113107"]


def test_a_day_that_a_reader_gave_is_written_moved(source: Path, tmp_path: Path) -> None:
    for path in source.iterdir():
        file = pydicom.dcmread(path)
        file.StudyDate = ""
        file.save_as(path)
    after = clean(source, tmp_path / "clean", day=date(2024, 5, 6))
    assert after.series.study.date == date(2024, 5, 6) + DISGUISE.shift


def test_compressed_pixels_come_out_the_same(source: Path, tmp_path: Path) -> None:
    before = read(source)
    for path in source.iterdir():
        file = pydicom.dcmread(path)
        file.compress(JPEG2000Lossless, generate_instance_uid=False)
        file.save_as(path)
    after = clean(source, tmp_path / "clean")
    assert after.pixel_sha256 == before.pixel_sha256
    assert not pydicom.dcmread(
        tmp_path / "clean" / "0.dcm"
    ).file_meta.TransferSyntaxUID.is_compressed


def test_bits_above_those_stored_are_emptied(source: Path, tmp_path: Path) -> None:
    volume = read(source)
    path = volume.series.slices[0].path
    file = pydicom.dcmread(path)
    assert file.BitsStored < 16
    hidden = np.frombuffer(file.PixelData, "<u2") | 0x8000
    file.PixelData = hidden.tobytes()
    file.save_as(path)
    deidentify_file(path, tmp_path / "clean.dcm", DISGUISE, volume.series)
    kept = np.frombuffer(pydicom.dcmread(tmp_path / "clean.dcm").PixelData, "<u2")
    assert np.array_equal(kept, hidden & ((1 << int(file.BitsStored)) - 1))


def test_a_damaged_image_is_refused(source: Path, tmp_path: Path) -> None:
    volume = read(source)
    path = volume.series.slices[0].path
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(OutputError, match=r"check the library first\.$"):
        deidentify_file(path, tmp_path / "clean.dcm", DISGUISE, volume.series)
    assert not (tmp_path / "clean.dcm").exists()


class TestPseudonyms:
    def test_they_depend_on_the_key_and_nothing_else(self) -> None:
        other = Pseudonyms(b"o" * 32)
        assert PSEUDONYMS.patient("a") == Pseudonyms(b"k" * 32).patient("a")
        assert len({PSEUDONYMS.patient("a"), PSEUDONYMS.patient("b"), other.patient("a")}) == 3
        assert PSEUDONYMS.uid("1.2") != other.uid("1.2")
        assert len({Pseudonyms.new_key() for _ in range(3)}) == 3

    @given(st.text(max_size=64))
    def test_uids_are_valid_and_shifts_go_back_whole_days(self, text: str) -> None:
        assert PSEUDONYMS.uid(text).is_valid
        assert timedelta(days=365) <= -PSEUDONYMS.shift(text) <= timedelta(days=3650)

    @given(st.dates(date(1930, 1, 1), date(2100, 1, 1)), st.integers(0, 4000))
    def test_intervals_stay(self, day: date, days: int) -> None:
        later = day + timedelta(days=days)
        moved = [DISGUISE.day(each) for each in (day, later)]
        assert moved[0] is not None
        assert moved[1] is not None
        assert moved[1] - moved[0] == timedelta(days=days)
        assert DISGUISE.day(None) is None

    @pytest.mark.parametrize(
        ("text", "want"),
        [
            ("20240301", "20230302"),
            ("2024.03.01", "20230302"),
            ("20240301120000.5+0100", "20230302120000.5+0100"),
            ("", ""),
            ("2024", ""),
            ("20241399", ""),
            ("00010101", ""),
            ("Zzyzx", ""),
        ],
    )
    def test_dates_as_they_stand_in_files(self, text: str, want: str) -> None:
        assert _shifted(text, timedelta(days=-365)) == want


class TestBurnedIn:
    @pytest.mark.parametrize(
        ("keyword", "value"), [("BurnedInAnnotation", "YES"), ("RecognizableVisualFeatures", "YES")]
    )
    def test_files_that_say_so_are_refused(self, source: Path, keyword: str, value: str) -> None:
        path = sorted(source.iterdir())[3]
        file = pydicom.dcmread(path)
        setattr(file, keyword, value)
        file.save_as(path)
        volume = read(source)
        assert "files say" in refusal(volume.series, volume)

    def test_letters_that_stand_still_are_found(self, tmp_path: Path) -> None:
        voxels = noisy()
        voxels[:, 3:12, 4:7] = 880
        write_series(tmp_path / "source", voxels=voxels, tags=STIR)
        volume = read(tmp_path / "source")
        assert refusal(volume.series, volume) == "marks are burned into the images"

    def test_plain_images_pass(self, source: Path) -> None:
        volume = read(source)
        assert refusal(volume.series, volume) == ""

    def test_a_dark_border_and_single_slices_are_no_letters(self) -> None:
        voxels = noisy().astype(np.float32)
        voxels[:, :8] = 0.0
        assert not has_still_marks(voxels)
        assert not has_still_marks(voxels[:1])
        assert not has_still_marks(np.zeros((5, 30, 30), np.float32))

    def test_real_images_pass(self, shared_data: Path) -> None:
        folders = sorted((shared_data / "mr_coronal_t1").glob("images_*"))
        assert folders
        for folder in folders[:3]:
            for series in DicomFolderReader().scan(folder).series:
                volume = DicomFolderReader().read(series)
                assert refusal(series, volume) == ""


def test_every_contrast_with_a_name_is_read_again() -> None:
    for contrast, name in CONTRAST_NAMES.items():
        got = weighting(SequenceCues(description=f"coronal {name}"))
        assert got is contrast, name


def test_no_attribute_is_in_two_lists() -> None:
    lists = (_KEPT, _SEQUENCES, _UIDS, _DATES, _MOMENTS)
    assert sum(len(each) for each in lists) == len(frozenset().union(*lists))
    assert [word for each in lists for word in each if word not in keyword_dict] == []
