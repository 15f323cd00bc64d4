"""Enhanced, converted, compressed and classic copies of one series are the same series."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)
from scipy import ndimage

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.records import Contrast, Plane, Scan, Series, Volume
from tests.adapters.jpeg_lossless import decoded
from tests.dicom_factory import (
    ORIENTATIONS,
    STIR,
    enhanced_copy,
    enhanced_dataset,
    pattern,
    save,
    slice_positions,
    uid,
    write_series,
)

READER = DicomFolderReader()
OTHERWISE = {"uid", "slices", "affine", "notices", "number"}
"""What differs between copies, and what `same` compares by itself."""


def scan(folder: Path) -> Scan:
    return READER.scan(folder)


def only(folder: Path) -> Series:
    found = scan(folder)
    assert len(found.series) == 1, found.skipped
    return found.series[0]


def codes(series: Series) -> dict[str, float | None]:
    return {notice.code: notice.figure for notice in series.notices}


def facts(series: Series) -> dict[str, object]:
    """What a series says, but for its identity and where its pixels are."""
    values = {f.name: getattr(series, f.name) for f in fields(series) if f.name not in OTHERWISE}
    values["acquired"] = [source.acquired for source in series.slices]
    return values


def assert_same(one: Volume, other: Volume, reworded: bool = False) -> None:
    """``reworded``: a converter has put other words for the kind of image and the region."""
    words = {"image_type", "description", "body_part"} if reworded else set()
    stated = ({k: v for k, v in facts(v.series).items() if k not in words} for v in (one, other))
    assert next(stated) == next(stated)
    assert one.series.affine == pytest.approx(other.series.affine, abs=1e-9)
    positions = ([s.position_lps_mm for s in volume.series.slices] for volume in (one, other))
    assert np.array_equal(*positions)
    assert one.pixel_sha256 == other.pixel_sha256


def told(index: int, dataset: Dataset) -> None:
    dataset.AcquisitionDate, dataset.AcquisitionTime = "20240506", f"1015{10 + index}.250000"
    dataset.RescaleSlope, dataset.RescaleIntercept = 0.5 * (index + 1), 3


TAGS = {
    **STIR, "SequenceName": "*tir2d1_11", "WindowCenter": 300, "WindowWidth": 500,
    "Laterality": "L", "BodyPartExamined": "HIP", "ProtocolName": "hips", "PatientPosition": "HFS",
    "FlipAngle": 150, "MRAcquisitionType": "2D", "EchoTrainLength": 11, "SeriesTime": "101000",
}  # fmt: skip
TILTED = (0.9848077, 0.0, -0.1736482, -0.0301537, -0.9848077, -0.1710101)


@pytest.fixture(scope="module")
def classic(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Paths of a classic series, tilted, each slice with its own scale and time."""
    folder = tmp_path_factory.mktemp("classic")
    return write_series(
        folder, slices=7, rows=32, columns=40, spacing_mm=(4.4, 0.8, 0.7), orientation=TILTED,
        tags=TAGS, each=told,
    )  # fmt: skip


@pytest.fixture(scope="module")
def as_classic(classic: list[Path]) -> Volume:
    return READER.read(only(classic[0].parent))


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_an_enhanced_copy_is_the_same_series(classic, as_classic, tmp_path, syntax):
    shuffled = [classic[i] for i in (3, 0, 6, 1, 5, 2, 4)]
    save(enhanced_copy(shuffled, syntax), tmp_path / "enhanced")
    assert_same(READER.read(only(tmp_path)), as_classic)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_a_compressed_enhanced_copy_is_the_same_series(classic, as_classic, tmp_path, syntax):
    dataset = enhanced_copy(classic)
    dataset.compress(syntax, generate_instance_uid=False)
    save(dataset, tmp_path / "compressed")
    assert_same(READER.read(only(tmp_path)), as_classic)


def converted(paths: list[Path], syntax: str | None, table: bool = False) -> pydicom.FileDataset:
    return highdicom.legacy.LegacyConvertedEnhancedMRImage(
        [pydicom.dcmread(path) for path in paths],
        series_instance_uid=uid("converted"),
        series_number=3,
        sop_instance_uid=uid("converted", 1),
        instance_number=1,
        transfer_syntax_uid=syntax,
        use_extended_offset_table=table,
    )


@pytest.mark.parametrize(
    ("syntax", "table"),
    [(None, False), (JPEG2000Lossless, False), (JPEGLSLossless, False), (JPEGLSLossless, True)],
)
def test_a_converted_copy_is_the_same_series(classic, as_classic, tmp_path, syntax, table):
    converted(classic, syntax, table).save_as(tmp_path / "converted")
    volume = READER.read(only(tmp_path))
    assert_same(volume, as_classic, reworded=True)
    assert volume.series.description == "COR STIR (enhanced conversion)"
    assert volume.series.body_part == "Hip joint"


@pytest.mark.filterwarnings("ignore:The string:UserWarning")
def test_a_converted_copy_of_a_real_series_is_the_same_series(shared_data, tmp_path):
    paths = sorted((shared_data / "mr_coronal_t1" / "images_23").glob("*.dcm"))
    converted(paths, None).save_as(tmp_path / "converted")
    real = READER.read(only(paths[0].parent))
    assert_same(READER.read(only(tmp_path)), real, reworded=True)
    assert real.series.contrast is Contrast.T1


def test_two_compressed_copies_of_a_real_series_agree(shared_data, tmp_path):
    """The two were reconstructed apart, so each is compared with itself, uncompressed."""
    folder = shared_data / "dicom_samples" / "dcm_qa_frag"
    volumes = []
    for name in ("5001_anat-T1w_acq-tfl", "6001_anat-T1w_acq-tfl"):
        for path in sorted((folder / name).glob("*.dcm")):
            dataset = pydicom.dcmread(path)
            dataset.decompress(generate_instance_uid=False)
            (tmp_path / name).mkdir(exist_ok=True)
            dataset.save_as(tmp_path / name / path.name)
        volumes.append(READER.read(only(folder / name)))
        assert_same(volumes[-1], READER.read(only(tmp_path / name)))
    one, other = (volume.series for volume in volumes)
    assert {k for k, v in facts(one).items() if v != facts(other)[k]} == {"image_type", "window"}
    assert np.array_equal(one.affine, other.affine)
    assert [s.position_lps_mm for s in one.slices] == [s.position_lps_mm for s in other.slices]
    assert np.corrcoef(*(volume.voxels.ravel() for volume in volumes))[0, 1] > 0.9


def test_the_two_compressed_copies_are_two_reconstructions_whoever_decodes(shared_data):
    """One was evened out by a measurement of the coils, as its header says."""
    folder = shared_data / "dicom_samples" / "dcm_qa_frag"
    plain, evened = (
        [pydicom.dcmread(path) for path in sorted((folder / name).glob("*.dcm"))]
        for name in ("5001_anat-T1w_acq-tfl", "6001_anat-T1w_acq-tfl")
    )
    assert not any("NORM" in dataset.ImageType for dataset in plain)
    assert all("NORM" in dataset.ImageType for dataset in evened)
    assert len({each.SeriesInstanceUID for each in (*plain, *evened)}) == 2
    assert len({each.pixel_array.tobytes() for each in (*plain, *evened)}) == 48
    assert (plain[0].LargestImagePixelValue, evened[0].LargestImagePixelValue) == (2712, 678)
    one = [decoded(get_frame(each.PixelData, 0, number_of_frames=1)) for each in plain]
    other = [pixels_by(each, "pylibjpeg") for each in evened]
    assert np.array_equal(one, [pixels_by(each, "gdcm") for each in plain])
    assert np.array_equal(other, [pixels_by(each, "gdcm") for each in evened])
    assert np.array_equal(other, [pixels_by(each, "pillow") for each in evened])
    smooth = ndimage.gaussian_filter([each.pixel_array * 1.0 for each in plain], (1, 4, 4))
    gain = ndimage.gaussian_filter(np.array(other) * 1.0, (1, 4, 4)) / np.maximum(smooth, 1)
    bright = np.array(one) > 40
    assert np.ptp(np.percentile(gain[bright], (5, 95))) > 0.1
    left = (gain * one - other)[bright]
    assert np.sqrt(np.mean(left**2)) < 0.1 * np.mean(np.array(other)[bright])


def pixels_by(dataset: Dataset, decoder: str) -> np.ndarray:
    """Stored values as one library decodes them."""
    syntax = dataset.file_meta.TransferSyntaxUID
    return get_decoder(syntax).as_array(dataset, decoding_plugin=decoder)[0]


# Several stacks, echoes and phases in one file


def coronal_positions(count: int, y: float = 0.0, step: float = 5.0) -> np.ndarray:
    return slice_positions(ORIENTATIONS["coronal"], (count, 12, 16), (step, 5, 5), (0, y, 0))


def enhanced(tmp_path: Path, positions: np.ndarray, **settings: object) -> pydicom.FileDataset:
    return enhanced_dataset(positions=positions, voxels=pattern(len(positions), 12, 16), **settings)


def described(folder: Path) -> dict[str, int]:
    """Slices by description."""
    return {series.description: len(series.slices) for series in scan(folder).series}


def test_small_stacks_of_three_planes_in_one_file_are_separate(tmp_path):
    planes = ("coronal", "sagittal", "axial")
    positions = np.concatenate(
        [slice_positions(ORIENTATIONS[p], (3, 12, 16), (5, 5, 5), (0, 0, 0)) for p in planes]
    )
    orientations = [ORIENTATIONS[p] for p in planes for _ in range(3)]
    save(enhanced(tmp_path, positions, orientations=orientations,
                  stacks=[str(1 + i // 3) for i in range(9)]), tmp_path / "scout")  # fmt: skip
    assert described(tmp_path) == {f"COR STIR ({plane})": 3 for plane in planes}


def test_two_angled_stacks_of_one_file_are_separate(tmp_path):
    right, left = ((np.cos(a), np.sin(a), 0, 0, 0, -1) for a in np.deg2rad((15, -15)))
    positions = np.concatenate(
        [
            slice_positions(cosines, (6, 12, 16), (4, 5, 5), (x, 0, 0))
            for cosines, x in ((right, -80), (left, 80))
        ]
    )
    save(enhanced(tmp_path, positions, orientations=[right] * 6 + [left] * 6,
                  stacks=["1"] * 6 + ["2"] * 6), tmp_path / "angled")  # fmt: skip
    found = scan(tmp_path).series
    assert [series.shape[0] for series in found] == [6, 6]
    assert all(series.plane is Plane.CORONAL for series in found)
    assert all(series.spacing_mm[0] == pytest.approx(4) for series in found)


def test_two_slabs_of_few_slices_are_told_apart_by_their_names(tmp_path):
    positions = np.concatenate([coronal_positions(3, -40), coronal_positions(3, 40)])
    save(enhanced(tmp_path, positions, stacks=["1"] * 3 + ["2"] * 3), tmp_path / "slabs")
    assert described(tmp_path) == {"COR STIR (stack 1)": 3, "COR STIR (stack 2)": 3}


@pytest.mark.parametrize("stacks", [[str(i) for i in range(8)], ["1", "2"] * 4])
def test_stack_names_that_count_slices_or_packages_split_nothing(tmp_path, stacks):
    save(enhanced(tmp_path, coronal_positions(8), stacks=stacks), tmp_path / "counted")
    assert described(tmp_path) == {"COR STIR": 8}


def test_echoes_of_one_file_are_separate_and_named(tmp_path):
    positions = np.repeat(coronal_positions(5), 2, axis=0)
    save(enhanced(tmp_path, positions, echo_ms=[11.0, 95.0] * 5), tmp_path / "echoes")
    assert described(tmp_path) == {"COR STIR (TE 11 ms)": 5, "COR STIR (TE 95 ms)": 5}
    for series in scan(tmp_path).series:
        frames = [source.key.frame_number for source in series.slices]
        first = 1 if "11" in series.description else 2
        assert frames == list(range(first, 11, 2))
        voxels = READER.read(series).voxels
        assert np.array_equal(voxels, pattern(10, 12, 16)[[n - 1 for n in frames]])


def content(dataset: Dataset, index: int) -> Dataset:
    return dataset.PerFrameFunctionalGroupsSequence[index].FrameContentSequence[0]


def test_dynamic_phases_of_one_file_are_separate_and_named(tmp_path):
    dataset = enhanced(tmp_path, np.tile(coronal_positions(5), (3, 1)))
    for index in range(15):
        content(dataset, index).TemporalPositionIndex = index // 5 + 1
    save(dataset, tmp_path / "dynamic")
    assert described(tmp_path) == {f"COR STIR (phase {k})": 5 for k in (1, 2, 3)}
    assert all(codes(series) == {"split_series": 3} for series in scan(tmp_path).series)


def test_a_dynamic_series_broken_off_keeps_its_last_phase_apart(tmp_path):
    positions = np.tile(coronal_positions(5), (3, 1))[:13]
    dataset = enhanced(tmp_path, positions)
    for index in range(13):
        content(dataset, index).TemporalPositionIndex = index // 5 + 1
    save(dataset, tmp_path / "dynamic")
    assert described(tmp_path) == {"COR STIR (phase 1)": 5, "COR STIR (phase 2)": 5,
                                   "COR STIR (phase 3)": 3}  # fmt: skip


def test_passes_that_only_the_dimension_indices_tell_apart_are_separate(tmp_path):
    dataset = enhanced(tmp_path, np.repeat(coronal_positions(5), 2, axis=0))
    for index in range(10):
        content(dataset, index).DimensionIndexValues = [1, index // 2 + 1, index % 2 + 1]
    save(dataset, tmp_path / "dimensions")
    assert described(tmp_path) == {"COR STIR (stack 1)": 5, "COR STIR (stack 2)": 5}


def test_inversion_times_of_one_file_are_separate_and_named(tmp_path):
    dataset = enhanced(tmp_path, np.repeat(coronal_positions(5), 2, axis=0))
    for index, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        modifier = Dataset()
        modifier.InversionTimes = [(150.0, 700.0)[index % 2]]
        frame.MRModifierSequence = DicomSequence([modifier])
    save(dataset, tmp_path / "times")
    found = {series.description: series for series in scan(tmp_path).series}
    assert found.keys() == {"COR STIR (TI 150 ms)", "COR STIR (TI 700 ms)"}
    assert found["COR STIR (TI 700 ms)"].acquisition.ti_ms == 700


def test_a_real_series_of_four_phases_is_four_series(shared_data):
    found = scan(shared_data / "dicom_samples" / "dcm_qa_enh" / "In" / "Siemens" / "XA10").series
    assert [series.shape for series in found] == [(6, 64, 64)] * 4
    assert {series.description for series in found} == {
        f"REST1 w SMS PF7-8 (phase {k})" for k in (1, 2, 3, 4)
    }
    for series in found:
        assert len({source.path for source in series.slices}) == 1


def test_magnitude_and_field_map_of_a_real_file_are_separate(shared_data):
    found = scan(shared_data / "dicom_samples" / "dcm_qa_enh" / "In" / "Philips").series
    assert {series.description for series in found} == {
        "B0 NS (TE 1.52 ms, magnitude)", "B0 NS (field map)"
    }  # fmt: skip
    assert [series.shape for series in found] == [(32, 64, 64)] * 2


def test_very_many_passes_keep_the_first(tmp_path):
    dataset = enhanced(tmp_path, np.tile(coronal_positions(2), (70, 1)))
    for index in range(140):
        content(dataset, index).TemporalPositionIndex = index // 2 + 1
    save(dataset, tmp_path / "functional")
    series = only(tmp_path)
    assert [source.key.frame_number for source in series.slices] == [1, 2]
    assert codes(series) == {"repeated_positions": 138}


# Where values lie


def test_a_single_enhanced_frame_is_placed(tmp_path):
    save(enhanced(tmp_path, coronal_positions(1)), tmp_path / "one")
    series = only(tmp_path)
    assert series.shape == (1, 12, 16)
    assert series.slices[0].key.frame_number == 1


def test_groups_outrank_what_stands_beside_them(tmp_path):
    dataset = enhanced(tmp_path, coronal_positions(4))
    dataset.ImageOrientationPatient = list(ORIENTATIONS["axial"])
    dataset.EchoTime = 999
    save(dataset, tmp_path / "both")
    series = only(tmp_path)
    assert series.plane is Plane.CORONAL
    assert series.acquisition.te_ms == 51


@pytest.mark.parametrize("frames", [3, 9])
def test_frames_that_are_not_described_one_by_one_are_refused(tmp_path, frames):
    dataset = enhanced(tmp_path, coronal_positions(4))
    dataset.NumberOfFrames = frames
    save(dataset, tmp_path / "file")
    (skipped,) = scan(tmp_path).skipped
    assert skipped.reason == f"It states {frames} frames but describes 4; it is damaged."


def test_a_private_value_in_place_of_a_group_loses_nothing(tmp_path):
    dataset = enhanced(tmp_path, coronal_positions(3))
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        frame.add_new(0x00209170, "OB", b"no sequence")
        frame.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        frame.add_new(0x2005140F, "OB", b"no sequence")
    save(dataset, tmp_path / "odd")
    assert only(tmp_path).shape == (3, 12, 16)


def test_inversion_that_only_the_private_copy_states_is_found(tmp_path):
    dataset = enhanced(tmp_path, coronal_positions(3))
    del dataset.SharedFunctionalGroupsSequence[0].MRModifierSequence
    dataset.InversionRecovery = ""
    dataset.SeriesDescription = "coronal"
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        classic = Dataset()
        classic.ScanningSequence = ["SE", "IR"]
        classic.InversionTime = 160
        classic.ImagePositionPatient = [9, 9, 9]
        frame.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        frame.add_new(0x2005140F, "SQ", [classic])
    save(dataset, tmp_path / "private")
    series = only(tmp_path)
    assert series.contrast is Contrast.STIR
    assert series.acquisition.ti_ms == 160
    assert series.slices[0].position_lps_mm == pytest.approx(tuple(coronal_positions(3)[0]))


# Habits of makers


def per_frame(dataset: Dataset) -> DicomSequence:
    return dataset.PerFrameFunctionalGroupsSequence


def group(keyword: str, frame: Dataset, **values: object) -> None:
    """Give a frame a functional group."""
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    setattr(frame, keyword, DicomSequence([item]))


def moved(dataset: Dataset, keyword: str | None = None) -> None:
    """Put shared groups into each frame: one of them, or all."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    for element in [shared[keyword]] if keyword else list(shared):
        for frame in per_frame(dataset):
            frame[element.tag] = element
        del shared[element.tag]


def without_content(dataset: Dataset) -> None:
    for frame in per_frame(dataset):
        del frame.FrameContentSequence


def one_direction(dataset: Dataset) -> None:
    """State the orientation once."""
    for frame in per_frame(dataset):
        del frame.PlaneOrientationSequence
    group("PlaneOrientationSequence", dataset.SharedFunctionalGroupsSequence[0],
          ImageOrientationPatient=list(ORIENTATIONS["coronal"]))  # fmt: skip


def without_shared(dataset: Dataset) -> None:
    moved(dataset)
    del dataset.SharedFunctionalGroupsSequence


def counted(dataset: Dataset) -> None:
    """Count frames as time points, which they are not."""
    for number, frame in enumerate(per_frame(dataset), start=1):
        frame.FrameContentSequence[0].TemporalPositionIndex = number


def misleading(dataset: Dataset) -> None:
    """Place frames elsewhere in private sequences, as Siemens and Philips do."""
    for frame in per_frame(dataset):
        private = Dataset()
        private.ImagePositionPatient = [99, 99, 99]
        private.PixelSpacing = [9, 9]
        frame.add_new(0x00210010, "LO", "SIEMENS MR SDI 02")
        frame.add_new(0x002110FE, "SQ", [private])
        frame.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        frame.add_new(0x2005140F, "SQ", [private])


@pytest.mark.parametrize(
    "habit",
    [without_content, one_direction, moved, without_shared, counted, misleading,
     lambda dataset: moved(dataset, "PixelMeasuresSequence")],
)  # fmt: skip
def test_one_stack_is_one_series_whatever_the_makers_habit(tmp_path, habit):
    order = [5, 0, 3, 6, 1, 4, 2]
    dataset = enhanced(tmp_path, coronal_positions(7)[order], slopes=[1, 2, 3, 4, 5, 6, 7])
    habit(dataset)
    save(dataset, tmp_path / "file")
    series = only(tmp_path)
    frames = [source.key.frame_number for source in series.slices]
    assert frames == [order.index(place) + 1 for place in range(7)]
    assert (series.plane, series.contrast) == (Plane.CORONAL, Contrast.STIR)
    assert series.spacing_mm == pytest.approx((5, 5, 5))
    assert (series.acquisition.te_ms, series.acquisition.ti_ms) == (51, 145)
    assert codes(series) == {}
    stored = pattern(7, 12, 16)
    wanted = np.stack([stored[number - 1] * float(number) for number in frames])
    assert np.array_equal(READER.read(series).voxels, wanted)


def passes(tmp_path: Path, count: int, **settings: object) -> pydicom.FileDataset:
    """A file that holds each of four positions so many times, one after another."""
    return enhanced(tmp_path, np.repeat(coronal_positions(4), count, axis=0), **settings)


def frames_of_each(folder: Path) -> dict[str, list[int | None]]:
    """Frame numbers of each series by its description."""
    return {
        series.description: [source.key.frame_number for source in series.slices]
        for series in scan(folder).series
    }


def test_kinds_of_picture_that_only_the_frame_type_tells_are_separate(tmp_path):
    dataset = passes(tmp_path, 4)
    kinds = ("WATER", "FAT", "IN_PHASE", "OPP_PHASE")
    for index, frame in enumerate(per_frame(dataset)):
        group("MRImageFrameTypeSequence", frame,
              FrameType=["ORIGINAL", "PRIMARY", "DIXON", kinds[index % 4]])  # fmt: skip
    save(dataset, tmp_path / "file")
    assert frames_of_each(tmp_path) == {
        f"COR STIR ({words})": list(range(first, 17, 4))
        for first, words in enumerate(("water", "fat", "in phase", "opp phase"), start=1)
    }


def test_phase_pictures_that_only_the_component_tells_are_separate(tmp_path):
    dataset = passes(tmp_path, 2)
    for index, frame in enumerate(per_frame(dataset)):
        group("MRImageFrameTypeSequence", frame, FrameType=["ORIGINAL", "PRIMARY", "M", "NONE"],
              ComplexImageComponent=("MAGNITUDE", "PHASE")[index % 2])  # fmt: skip
    save(dataset, tmp_path / "file")
    assert frames_of_each(tmp_path) == {
        "COR STIR (magnitude)": [1, 3, 5, 7], "COR STIR (phase image)": [2, 4, 6, 8]
    }  # fmt: skip
    assert [s.contrast for s in scan(tmp_path).series] == [Contrast.STIR, Contrast.OTHER]


def test_echoes_measured_again_and_again_are_told_apart_by_both(tmp_path):
    dataset = passes(tmp_path, 4, echo_ms=[11.0, 95.0] * 8)
    for index, frame in enumerate(per_frame(dataset)):
        frame.FrameContentSequence[0].TemporalPositionIndex = (index // 2) % 2 + 1
    save(dataset, tmp_path / "file")
    assert frames_of_each(tmp_path) == {
        f"COR STIR (TE {echo} ms, phase {phase})": list(range(first, 17, 4))
        for first, (echo, phase) in enumerate(((11, 1), (95, 1), (11, 2), (95, 2)), start=1)
    }


def test_directions_of_one_weighting_are_told_apart_by_their_index(tmp_path):
    dataset = passes(tmp_path, 3)
    for index, frame in enumerate(per_frame(dataset)):
        group("MRDiffusionSequence", frame, DiffusionBValue=800.0 * (index % 3 > 0))
        frame.FrameContentSequence[0].DimensionIndexValues = [1, index // 3 + 1, index % 3 + 1]
    save(dataset, tmp_path / "file")
    assert frames_of_each(tmp_path) == {
        "COR STIR (b 0)": [1, 4, 7, 10], "COR STIR (b 800, stack 2)": [2, 5, 8, 11],
        "COR STIR (b 800, stack 3)": [3, 6, 9, 12],
    }  # fmt: skip


def test_phases_that_only_their_time_tells_apart_are_separate(tmp_path):
    dataset = passes(tmp_path, 3)
    for index, frame in enumerate(per_frame(dataset)):
        group("TemporalPositionSequence", frame, TemporalPositionTimeOffset=7.5 * (index % 3))
    save(dataset, tmp_path / "file")
    assert frames_of_each(tmp_path) == {
        f"COR STIR (at {7.5 * k:g} s)": list(range(k + 1, 13, 3)) for k in range(3)
    }


def test_phases_of_a_heart_beat_and_acquisitions_are_separate(tmp_path):
    for name, word in (("beat", "trigger {} ms"), ("repeat", "acquisition {}")):
        dataset = passes(tmp_path, 2)
        for index, frame in enumerate(per_frame(dataset)):
            if name == "beat":
                group("CardiacSynchronizationSequence", frame,
                      NominalCardiacTriggerDelayTime=100.0 * (index % 2 + 1))  # fmt: skip
            else:
                frame.FrameContentSequence[0].FrameAcquisitionNumber = 100 * (index % 2 + 1)
        (tmp_path / name).mkdir()
        save(dataset, tmp_path / name / "file")
        assert frames_of_each(tmp_path / name) == {
            f"COR STIR ({word.format(100 * k)})": list(range(k, 9, 2)) for k in (1, 2)
        }


def several_files(folder: Path, datasets: list[pydicom.FileDataset]) -> None:
    for number, dataset in enumerate(datasets):
        dataset.SOPInstanceUID = uid("several", number)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        save(dataset, folder / f"file-{number}")


def test_a_file_for_each_slice_is_one_series(tmp_path):
    """As Canon and United Imaging write enhanced images."""
    positions = coronal_positions(6)
    several_files(tmp_path, [enhanced(tmp_path, positions[i : i + 1]) for i in (3, 0, 5, 1, 2, 4)])
    series = only(tmp_path)
    assert series.shape == (6, 12, 16)
    assert [s.position_lps_mm[1] for s in series.slices] == pytest.approx(list(positions[:, 1]))
    assert codes(series) == {}


def test_three_planes_in_any_order_are_three_series(tmp_path):
    planes = ("coronal", "sagittal", "axial")
    positions = np.concatenate(
        [slice_positions(ORIENTATIONS[p], (8, 12, 16), (5, 5, 5), (0, 0, 0)) for p in planes]
    )
    order = np.random.default_rng(1).permutation(24)
    dataset = enhanced(
        tmp_path, positions[order], orientations=[ORIENTATIONS[planes[i // 8]] for i in order],
        stacks=[str(i // 8 + 1) for i in order],
    )  # fmt: skip
    save(dataset, tmp_path / "file")
    for series in scan(tmp_path).series:
        plane = planes.index(series.plane.value)
        frames = [(source.key.frame_number or 0) - 1 for source in series.slices]
        assert sorted(order[frames]) == list(range(8 * plane, 8 * plane + 8))
        assert series.spacing_mm == pytest.approx((5, 5, 5))
