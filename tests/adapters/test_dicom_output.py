"""SEG and SR: valid by ``dciodvfy``, and read back mask for mask and number for number."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, BinaryIO

import highdicom as hd
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from hipdesk.adapters._output_sources import read_headers
from hipdesk.adapters.dicom_output import write_measurements, write_segmentation
from hipdesk.amendment import effective
from hipdesk.errors import OutputError
from hipdesk.geometry import as_point, slice_normal, stack_affine, stack_direction
from hipdesk.records import (
    BONES,
    LESIONS,
    Acquisition,
    Analysis,
    Contrast,
    GridBox,
    Head,
    HipResult,
    Origin,
    Patient,
    Reason,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    SliceKey,
    SliceSource,
    StudyInfo,
    Volume,
)
from hipdesk.report import ReportReview, report_review
from hipdesk.review import Review, Reviewed, ReviewKind, Revision
from hipdesk.scoring import score_hip
from tests.record_builders import build_analysis, build_series

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
ROWS, COLUMNS, SLICES = 24, 40, 7
# A tilted coronal stack; rows run downwards, columns to the patient's left.
TURN, TILT = np.deg2rad(2.0), np.deg2rad(12.0)
ALONG_COLUMNS = (float(np.cos(TURN)), float(np.sin(TURN)), 0.0)
ALONG_ROWS = (
    -float(np.sin(TURN) * np.sin(TILT)),
    float(np.cos(TURN) * np.sin(TILT)),
    -float(np.cos(TILT)),
)
SPACING = (1.25, 1.5)
STEP_MM = 4.4
NAME = "Sentinel^Never Logged"


def position(index: int) -> list[float]:
    normal = np.cross(ALONG_COLUMNS, ALONG_ROWS)
    normal = normal / np.linalg.norm(normal)
    normal = normal if normal[1] > 0 else -normal
    return [round(float(v), 6) for v in np.array([-60.0, 20.0, 30.0]) + index * STEP_MM * normal]


def identity(dataset: Dataset) -> None:
    dataset.PatientName = NAME
    dataset.PatientID = "PID-7"
    dataset.PatientBirthDate = "19850203"
    dataset.PatientSex = "F"
    dataset.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    dataset.StudyDate, dataset.StudyTime = "20240506", "070809"
    dataset.AccessionNumber, dataset.StudyID = "ACC1", "1"
    dataset.ReferringPhysicianName = ""
    dataset.Modality = "MR"
    dataset.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.2"
    dataset.SeriesNumber = 4
    dataset.FrameOfReferenceUID = "1.2.826.0.1.3680043.8.498.3"
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer, dataset.BodyPartExamined = "Maker", "PELVIS"
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0


def classic_slice(index: int) -> Dataset:
    dataset = Dataset()
    identity(dataset)
    dataset.SOPClassUID = MR_IMAGE
    dataset.SOPInstanceUID = f"1.2.826.0.1.3680043.8.498.4.{index + 1}"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    dataset.ScanningSequence, dataset.SequenceVariant = "IR", "SK"
    dataset.ScanOptions, dataset.MRAcquisitionType = "", "2D"
    dataset.EchoTime, dataset.RepetitionTime, dataset.InversionTime = "51", "3550", "145"
    dataset.EchoTrainLength = "9"
    dataset.SliceThickness = "4"
    dataset.PatientPosition = "HFS"
    # Backwards on purpose: order must come from positions.
    dataset.InstanceNumber = SLICES - index
    dataset.ImagePositionPatient = position(index)
    dataset.ImageOrientationPatient = [round(v, 9) for v in (*ALONG_COLUMNS, *ALONG_ROWS)]
    dataset.PixelSpacing = list(SPACING)
    dataset.PixelData = np.full((ROWS, COLUMNS), 100 + index, dtype=np.uint16).tobytes()
    return dataset


def enhanced_file(frames: list[int]) -> Dataset:
    """An enhanced file whose frame k + 1 shows slice ``frames[k]``."""
    dataset = Dataset()
    identity(dataset)
    dataset.SOPClassUID = ENHANCED_MR
    dataset.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.5"
    dataset.NumberOfFrames = len(frames)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "OTHER", "NONE"]
    shared = Dataset()
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = list(SPACING), "4"
    orientation.ImageOrientationPatient = [round(v, 9) for v in (*ALONG_COLUMNS, *ALONG_ROWS)]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = [Dataset() for _ in frames]
    for item, index in zip(dataset.PerFrameFunctionalGroupsSequence, frames, strict=True):
        plane = Dataset()
        plane.ImagePositionPatient = position(index)
        item.PlanePositionSequence = [plane]
    dataset.PixelData = bytes(2 * ROWS * COLUMNS * len(frames))
    return dataset


def save(dataset: Dataset, path: Path) -> Path:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return path


def make_series(
    sources: list[SliceSource], first: Dataset, contrast: Contrast, **geometry: Any
) -> Series:
    affine = stack_affine(
        geometry.get("orientation", [*ALONG_COLUMNS, *ALONG_ROWS]),
        geometry.get("spacing", SPACING),
        sources[0].position_lps_mm,
        sources[-1].position_lps_mm,
        len(sources),
    )
    return build_series(
        affine,
        (len(sources), first.Rows, first.Columns),
        uid=first.SeriesInstanceUID,
        patient=Patient(),
        study=StudyInfo(first.StudyInstanceUID),
        acquisition=Acquisition(slice_thickness_mm=4.0),
        description="",
        number=4,
        frame_of_reference_uid=first.get("FrameOfReferenceUID", ""),
        contrast=contrast,
        slices=tuple(sources),
    )


def classic_series(folder: Path, contrast: Contrast = Contrast.STIR) -> Series:
    sources = []
    for index in range(SLICES):
        dataset = classic_slice(index)
        path = save(dataset, folder / f"{SLICES - index}.dcm")
        x, y, z = position(index)
        sources.append(SliceSource(SliceKey(dataset.SOPInstanceUID), path, (x, y, z)))
    return make_series(sources, dataset, contrast)


def enhanced_series(folder: Path, frames: list[int], used: list[int]) -> Series:
    """Frames ``used`` (slice numbers) of an enhanced file, in stack order."""
    dataset = enhanced_file(frames)
    path = save(dataset, folder / "enhanced.dcm")
    sources = []
    for index in used:
        x, y, z = position(index)
        key = SliceKey(dataset.SOPInstanceUID, frames.index(index) + 1)
        sources.append(SliceSource(key, path, (x, y, z)))
    return make_series(sources, dataset, Contrast.STIR)


def make_masks(
    series: Series, side: Side, empty: bool
) -> tuple[GridBox, dict[SegmentClass, np.ndarray]]:
    """Unsymmetric random masks in a box that is not the whole grid."""
    slices, rows, columns = series.shape
    half = columns // 2
    start = (0, 2, 1 if side is Side.RIGHT else half)
    stop = (slices, rows - 3, half if side is Side.RIGHT else columns - 2)
    box = GridBox(start, stop)
    rng = np.random.default_rng(5 if side is Side.RIGHT else 6)
    names = (*BONES, *LESIONS) if series.contrast.fluid_sensitive else BONES
    masks = {name: rng.random(box.shape) < (0.0 if empty else 0.3) for name in names}
    return box, masks


def make_hip(series: Series, side: Side, empty: bool = False) -> HipResult:
    box, masks = make_masks(series, side, empty)
    hip = Segmentation(side, box, masks)
    voxels = np.full(series.shape, 50.0, dtype=np.float32)
    score = score_hip(Volume(series, voxels, ""), hip)
    return HipResult(side, Head(side, True, 0.9, (0.0, 0.0, 0.0), 24.0), hip, score)


def absent(side: Side) -> HipResult:
    return HipResult(side, Head(side, False, 0.1, reason=Reason.HEAD_NOT_FOUND), None, None)


def make_analysis(series: Series, *hips: HipResult, origin: Origin = Origin.AI) -> Analysis:
    hips = hips or tuple(make_hip(series, side) for side in Side)
    return build_analysis(series, hips, uid=str(generate_uid()), origin=origin)


def write_both(analysis: Analysis, folder: Path) -> tuple[Path, Path]:
    seg, sr = folder / "segmentation.dcm", folder / "measurements.dcm"
    write_segmentation(analysis, seg)
    write_measurements(analysis, sr, seg)
    return seg, sr


def assert_valid(*paths: Path) -> None:
    """No line of ``dciodvfy`` speaks of an error."""
    beside = Path(sys.executable).parent / "dciodvfy"
    program = str(beside) if beside.exists() else shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    for path in paths:
        done = subprocess.run([program, str(path)], capture_output=True, check=False, timeout=60)
        lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
        assert lines, "dciodvfy said nothing"
        assert [line for line in lines if line.startswith(("Error", "Abort"))] == []


def segment_mask(seg: hd.seg.Segmentation, number: int) -> np.ndarray:
    """Frames of one segment in dimension order, (slices, rows, columns)."""
    found = []
    for index, item in enumerate(seg.PerFrameFunctionalGroupsSequence):
        if item.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number:
            found.append((tuple(item.PlanePositionSequence[0].ImagePositionPatient), index))
    pixels = seg.pixel_array
    by_y = sorted(found, key=lambda pair: pair[0][1])
    return np.stack([pixels[index] for _, index in by_y]).astype(bool)


def assert_masks_kept(path: Path, analysis: Analysis) -> None:
    """Every mask comes back exactly, on the slice whose position it was drawn on."""
    seg = hd.seg.segread(path)
    series = analysis.series
    expected = [
        (hip.side, name, hip.segmentation.full(name, series.shape))
        for hip in analysis.hips
        if hip.segmentation is not None
        for name in SegmentClass
        if name in hip.segmentation.masks
    ]
    assert len(seg.SegmentSequence) == len(expected)
    assert seg.NumberOfFrames == len(expected) * len(series.slices)
    for number, (side, name, mask) in enumerate(expected, start=1):
        item = seg.SegmentSequence[number - 1]
        assert item.SegmentLabel == name.value
        modifier = item.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0]
        assert modifier.CodeMeaning == side.word.capitalize()
        assert item.TrackingID == f"{side.word} hip {name.value}"
        marrow = [c.CodeMeaning for c in item.get("PrimaryAnatomicStructureSequence", [])]
        assert marrow == (["Bone marrow"] if name is SegmentClass.BME else [])
        np.testing.assert_array_equal(segment_mask(seg, number), mask)


def assert_frames_refer_to_their_slices(path: Path, series: Series) -> None:
    seg = dcmread(path)
    keys = {source.position_lps_mm: source.key for source in series.slices}
    for item in seg.PerFrameFunctionalGroupsSequence:
        where = tuple(float(v) for v in item.PlanePositionSequence[0].ImagePositionPatient)
        near = min(keys, key=lambda p: float(np.linalg.norm(np.subtract(p, where))))
        assert np.allclose(near, where, atol=1e-5)
        source = item.DerivationImageSequence[0].SourceImageSequence[0]
        assert source.ReferencedSOPInstanceUID == keys[near].sop_instance_uid
        assert source.get("ReferencedFrameNumber") == keys[near].frame_number


Groups = dict[str, Dataset]


def measurement_groups(path: Path) -> Groups:
    """Tracking identifier to measurement group."""
    report = dcmread(path)
    container = next(
        item
        for item in report.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Imaging Measurements"
    )
    return {texts(group)["Tracking Identifier"]: group for group in container.ContentSequence}


def texts(group: Dataset) -> dict[str, str]:
    return {
        item.ConceptNameCodeSequence[0].CodeMeaning: item.TextValue
        for item in group.ContentSequence
        if item.ValueType == "TEXT"
    }


def numbers(group: Dataset) -> dict[str, tuple[float, str]]:
    return {
        item.ConceptNameCodeSequence[0].CodeValue: (
            float(item.MeasuredValueSequence[0].NumericValue),
            item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue,
        )
        for item in group.ContentSequence
        if item.ValueType == "NUM"
    }


def coded(group: Dataset) -> dict[str, str]:
    return {
        item.ConceptNameCodeSequence[0].CodeMeaning: item.ConceptCodeSequence[0].CodeMeaning
        for item in group.ContentSequence
        if item.ValueType == "CODE"
    }


def all_elements(dataset: Dataset) -> Iterator[Any]:
    for element in dataset:
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from all_elements(item)


def test_classic_series_gives_valid_objects_with_the_same_masks(tmp_path: Path) -> None:
    analysis = make_analysis(classic_series(tmp_path))
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(*(source.path for source in analysis.series.slices[:1]), seg, sr)
    assert_masks_kept(seg, analysis)
    assert_frames_refer_to_their_slices(seg, analysis.series)


def test_identity_and_labels_of_both_objects(tmp_path: Path) -> None:
    for path in write_both(make_analysis(classic_series(tmp_path)), tmp_path):
        dataset = dcmread(path)
        assert dataset.PatientName == NAME
        assert (dataset.PatientID, dataset.AccessionNumber) == ("PID-7", "ACC1")
        assert dataset.StudyInstanceUID == "1.2.826.0.1.3680043.8.498.1"
        assert dataset.SeriesInstanceUID != "1.2.826.0.1.3680043.8.498.2"
        assert dataset.ContentQualification == "RESEARCH"
        assert not [e for e in all_elements(dataset) if e.tag.is_private]


def test_segmentation_names_the_model_and_how_it_was_used(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    for origin, kind in (
        (Origin.AI, "AUTOMATIC"),
        (Origin.AI_EDITED, "SEMIAUTOMATIC"),
        (Origin.MANUAL, "MANUAL"),
    ):
        seg, sr = write_both(make_analysis(series, origin=origin), tmp_path)
        assert_valid(seg, sr)
        for item in dcmread(seg).SegmentSequence:
            assert item.SegmentAlgorithmType == kind
            if origin is not Origin.MANUAL:
                algorithm = item.SegmentationAlgorithmIdentificationSequence[0]
                assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("segment", "2")
                assert "a" * 64 in algorithm.AlgorithmParameters


def test_distance_between_slices_is_the_measured_one(tmp_path: Path) -> None:
    seg, _ = write_both(make_analysis(classic_series(tmp_path)), tmp_path)
    shared = dcmread(seg).SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert float(shared.SpacingBetweenSlices) == pytest.approx(STEP_MM, abs=1e-4)
    assert float(shared.SliceThickness) == 4.0


def test_report_holds_the_scores(tmp_path: Path) -> None:
    analysis = make_analysis(classic_series(tmp_path))
    _, sr = write_both(analysis, tmp_path)
    groups = measurement_groups(sr)
    for hip in analysis.hips:
        score = hip.score
        assert score is not None
        assert score.by_lesion is not None
        whole = numbers(groups[f"{hip.side.word} hip UNet-score"])
        assert whole["UNET-INT"][0] == pytest.approx(score.u_intensity)
        assert whole["UNET-AREA"][0] == pytest.approx(score.u_area)
        assert (whole["UNET-INT"][1], whole["UNET-AREA"][1]) == ("1", "1")
        assert whole["UNET-INT-MEAN"][0] == pytest.approx(score.u_intensity_mean)
        assert whole["UNET-SLICES"] == (float(score.n_counted), "{slices}")
        for name, millilitres in (
            (SegmentClass.BME, score.bme_ml),
            (SegmentClass.EFFUSION_SYNOVITIS, score.effusion_ml),
        ):
            group = groups[f"{hip.side.word} hip {name.value}"]
            found = numbers(group)
            assert found["118565006"][0] == pytest.approx(millilitres)
            assert found["118565006"][1] == "ml"
            assert found["UNET-INT"][0] == pytest.approx(score.by_lesion[name].u_intensity)
            assert found["UNET-AREA"][0] == pytest.approx(score.by_lesion[name].u_area)
            assert "Reason for absent values" not in coded(group)
        head = numbers(groups[f"{hip.side.word} hip femoral_head"])
        assert head["118565006"][0] == pytest.approx(score.head_ml)
        assert hip.segmentation is not None
        pixels = hip.segmentation.masks[SegmentClass.FEMORAL_HEAD].sum(axis=(1, 2)).max()
        assert head["42798000"][0] == pytest.approx(pixels * SPACING[0] * SPACING[1])
        assert head["42798000"][1] == "mm2"
    both = numbers(groups["both hips UNet-score"])
    assert both["UNET-INT"][0] == pytest.approx(analysis.total.u_intensity)


def test_volumes_of_cut_bones_say_that_they_are_of_the_analysed_field(tmp_path: Path) -> None:
    _, sr = write_both(make_analysis(classic_series(tmp_path)), tmp_path)
    groups = measurement_groups(sr)
    cut = {
        name
        for name, group in groups.items()
        for item in group.ContentSequence
        if item.ValueType == "CODE" and item.ConceptNameCodeSequence[0].CodeValue == "MASK-EXTENT"
        and "analysed field" in item.ConceptCodeSequence[0].CodeMeaning
    }  # fmt: skip
    bones = (SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM)
    assert cut == {f"{side.word} hip {name.value}" for side in Side for name in bones}


def test_report_refers_to_the_segments_of_its_segmentation(tmp_path: Path) -> None:
    seg_path, sr = write_both(make_analysis(classic_series(tmp_path)), tmp_path)
    seg = dcmread(seg_path)
    tracked = {item.TrackingID: item for item in seg.SegmentSequence}
    groups = measurement_groups(sr)
    assert set(tracked) < set(groups)
    for name, segment in tracked.items():
        reference = next(
            item.ReferencedSOPSequence[0]
            for item in groups[name].ContentSequence
            if item.ConceptNameCodeSequence[0].CodeMeaning == "Referenced Segment"
        )
        assert reference.ReferencedSOPInstanceUID == seg.SOPInstanceUID
        assert reference.ReferencedSegmentNumber == segment.SegmentNumber
        assert next(
            item.UID for item in groups[name].ContentSequence if item.ValueType == "UIDREF"
        ) == (segment.TrackingUID)


def test_other_contrasts_have_no_lesions_and_say_why(tmp_path: Path) -> None:
    analysis = make_analysis(classic_series(tmp_path, Contrast.T1))
    seg_path, sr = write_both(analysis, tmp_path)
    assert_valid(seg_path, sr)
    assert_masks_kept(seg_path, analysis)
    seg = dcmread(seg_path)
    labels = {item.SegmentLabel for item in seg.SegmentSequence}
    assert labels == {name.value for name in BONES}
    for text in (seg.SeriesDescription, seg.ContentDescription, dcmread(sr).SeriesDescription):
        assert "not_fluid_sensitive" in text
    groups = measurement_groups(sr)
    for side in Side:
        for what in ("UNet-score", "bme", "effusion_synovitis"):
            group = groups[f"{side.word} hip {what}"]
            assert coded(group)["Reason for absent values"] == "not_fluid_sensitive"
            assert numbers(group) == {}
        assert numbers(groups[f"{side.word} hip femoral_head"])["118565006"][0] > 0
    assert coded(groups["both hips UNet-score"])["Reason for absent values"] == (
        "not_fluid_sensitive"
    )


def test_one_hip_and_empty_masks(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    analysis = make_analysis(series, make_hip(series, Side.RIGHT, empty=True), absent(Side.LEFT))
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    groups = measurement_groups(sr)
    assert numbers(groups["right hip bme"])["118565006"] == (0.0, "ml")
    assert coded(groups["right hip UNet-score"])["Reason for absent values"] == "too_few_slices"
    assert coded(groups["left hip UNet-score"])["Reason for absent values"] == "head_not_found"
    assert coded(groups["both hips UNet-score"])["Reason for absent values"] == (
        "other_hip_not_scored"
    )


@pytest.mark.parametrize(
    ("frames", "used"),
    [
        ([0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6]),
        ([6, 5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5, 6]),
        ([3, 0, 1, 2, 6, 5, 4], [1, 2, 3, 4, 5]),
    ],
)
def test_frames_of_an_enhanced_file(tmp_path: Path, frames: list[int], used: list[int]) -> None:
    analysis = make_analysis(enhanced_series(tmp_path, frames, used))
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    assert_frames_refer_to_their_slices(seg, analysis.series)


def test_enhanced_file_whose_frames_state_their_own_geometry(tmp_path: Path) -> None:
    series = enhanced_series(tmp_path, list(range(SLICES)), list(range(SLICES)))
    dataset = dcmread(series.slices[0].path)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    del dataset.SharedFunctionalGroupsSequence
    for item in dataset.PerFrameFunctionalGroupsSequence:
        item.PlaneOrientationSequence = shared.PlaneOrientationSequence
        item.PixelMeasuresSequence = shared.PixelMeasuresSequence
    dataset.save_as(series.slices[0].path)
    analysis = make_analysis(series)
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    assert_frames_refer_to_their_slices(seg, series)


def test_enhanced_files_of_one_frame_each(tmp_path: Path) -> None:
    sources = []
    for index in range(SLICES):
        dataset = enhanced_file([index])
        dataset.SOPInstanceUID += f".{index + 1}"
        path = save(dataset, tmp_path / f"{index}.dcm")
        x, y, z = position(index)
        sources.append(SliceSource(SliceKey(dataset.SOPInstanceUID, 1), path, (x, y, z)))
    analysis = make_analysis(make_series(sources, dataset, Contrast.STIR))
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    named = {
        item.ReferencedSOPInstanceUID
        for item in dcmread(seg).ReferencedSeriesSequence[0].ReferencedInstanceSequence
    }
    assert named == {source.key.sop_instance_uid for source in sources}


def test_orientation_that_scanners_round_differently_on_each_slice(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    for index, source in enumerate(series.slices):
        dataset = dcmread(source.path)
        jittered = np.array(dataset.ImageOrientationPatient, dtype=float) + 1e-6 * index
        dataset.ImageOrientationPatient = [round(float(v), 9) for v in jittered]
        dataset.save_as(source.path)
    analysis = make_analysis(series)
    seg, _ = write_both(analysis, tmp_path)
    assert_valid(seg)
    assert_masks_kept(seg, analysis)


def test_real_series(shared_data: Path, tmp_path: Path) -> None:
    paths = sorted((shared_data / "mr_coronal_t1" / "images_01").glob("*.dcm"))
    headers = [(path, dcmread(path, stop_before_pixels=True)) for path in paths]
    headers.sort(key=lambda pair: pair[1].ImagePositionPatient[1])
    sources = []
    for path, header in headers:
        x, y, z = (float(v) for v in header.ImagePositionPatient)
        sources.append(SliceSource(SliceKey(header.SOPInstanceUID), path, (x, y, z)))
    first = headers[0][1]
    geometry = {"orientation": first.ImageOrientationPatient, "spacing": first.PixelSpacing}
    analysis = make_analysis(make_series(sources, first, Contrast.STIR, **geometry))
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    assert_frames_refer_to_their_slices(seg, analysis.series)


def series_of_enhanced_file(path: Path) -> Series:
    """The first frame at each position of a vendor's enhanced file, in stack order."""
    header = dcmread(path, stop_before_pixels=True)
    frames = list(header.PerFrameFunctionalGroupsSequence)
    orientation = frames[0].PlaneOrientationSequence[0].ImageOrientationPatient
    spacing = frames[0].PixelMeasuresSequence[0].PixelSpacing
    numbers: dict[tuple[float, ...], int] = {}
    for number, frame in enumerate(frames, start=1):
        where = frame.PlanePositionSequence[0].ImagePositionPatient
        numbers.setdefault(tuple(float(v) for v in where), number)
    along = stack_direction(slice_normal(orientation))
    sources = [
        SliceSource(SliceKey(header.SOPInstanceUID, numbers[where]), path, as_point(where))
        for where in sorted(numbers, key=lambda where: float(np.dot(where, along)))
    ]
    return make_series(sources, header, Contrast.STIR, orientation=orientation, spacing=spacing)


@pytest.mark.parametrize("name", ["IM_0027_fMAP.dcm", "6_1.dcm"])
def test_enhanced_files_of_two_vendors(shared_data: Path, tmp_path: Path, name: str) -> None:
    path = next((shared_data / "dicom_samples" / "dcm_qa_enh").rglob(name))
    series = series_of_enhanced_file(path)
    seg, sr = write_both(make_analysis(series), tmp_path)
    assert_valid(seg, sr)
    assert_frames_refer_to_their_slices(seg, series)


def spoil(series: Series, **values: Any) -> None:
    """Give every file of a series the values; None removes the attribute."""
    for source in series.slices:
        dataset = dcmread(source.path)
        for keyword, value in values.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)
        dataset.save_as(source.path)


def test_files_that_lack_identity_still_give_objects(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    lost = (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "StudyID",
        "StudyDate",
        "StudyTime",
        "AccessionNumber",
        "ReferringPhysicianName",
        "FrameOfReferenceUID",
    )
    spoil(series, **dict.fromkeys(lost))
    analysis = make_analysis(series)
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    assert dcmread(sr).PatientID == ""


def restated(element: str | None) -> Callable[[Dataset], None]:
    """Lets a dataset state its thickness so, and no distance between slices."""

    def change(item: Dataset) -> None:
        for keyword in ("SliceThickness", "SpacingBetweenSlices"):
            if keyword in item:
                del item[keyword]
            if element is not None:
                value = element.encode("ascii")
                tag = Tag(keyword)
                item[tag] = RawDataElement(tag, "DS", len(value), value, 0, False, True)

    return change


UNSTATED = pytest.mark.parametrize("element", [None, "", "0", "four"])


@pytest.mark.filterwarnings("ignore:Invalid value")
@UNSTATED
def test_slices_that_state_no_thickness_still_give_objects(
    tmp_path: Path, element: str | None
) -> None:
    series = unstated(classic_series(tmp_path))
    for path in {source.path for source in series.slices}:
        dataset = dcmread(path)
        restated(element)(dataset)
        dataset.save_as(path)
    analysis = make_analysis(series)
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    assert float(measures_of(seg).SliceThickness) == pytest.approx(series.spacing_mm[0], abs=1e-6)


@pytest.mark.filterwarnings("ignore:Invalid value")
@UNSTATED
def test_frames_that_state_no_thickness_still_give_objects(
    tmp_path: Path, element: str | None
) -> None:
    order = list(range(SLICES))
    series = unstated(enhanced_series(tmp_path, order, order))
    path = series.slices[0].path
    dataset = dcmread(path)
    restated(element)(dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0])
    dataset.save_as(path)
    analysis = make_analysis(series)
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    assert float(measures_of(seg).SliceThickness) == pytest.approx(series.spacing_mm[0], abs=1e-6)


def unstated(series: Series) -> Series:
    """The series as read from files that state no thickness."""
    return replace(series, acquisition=replace(series.acquisition, slice_thickness_mm=None))


def measures_of(seg: Path) -> Dataset:
    groups = dcmread(seg).SharedFunctionalGroupsSequence[0]
    measures: Dataset = groups.PixelMeasuresSequence[0]
    return measures


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_values_that_no_object_may_hold_are_left_empty(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    spoil(series, PatientSex="W", PatientBirthDate="about 1970", StudyTime="noon")
    seg, sr = write_both(make_analysis(series), tmp_path)
    for path in (seg, sr):
        dataset = dcmread(path)
        assert (dataset.PatientSex, dataset.PatientBirthDate) == ("", "")
    assert_valid(seg, sr)


def test_names_in_other_scripts_survive(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    for source in series.slices:
        dataset = dcmread(source.path)
        dataset.SpecificCharacterSet = "GB18030"
        dataset.PatientName = "Wang^XiaoDong=王^小东"
        dataset.StudyDescription = "髋关节"
        dataset.save_as(source.path)
    for path in write_both(make_analysis(series), tmp_path):
        dataset = dcmread(path)
        assert dataset.PatientName.ideographic == "王^小东"
        assert dataset.StudyDescription == "髋关节"
        assert_valid(path)


def test_nothing_of_the_patient_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    series = classic_series(tmp_path)
    # highdicom finds names without a caret worth a warning that quotes them.
    spoil(series, PatientName="SENTINEL", PatientID="SENTINEL")
    recwarn.clear()
    with caplog.at_level(logging.DEBUG):
        write_both(make_analysis(series), tmp_path)
    assert "SENTINEL" not in caplog.text
    assert not [w for w in recwarn if "SENTINEL" in str(w.message)]


def test_without_any_head_there_is_no_segmentation(tmp_path: Path) -> None:
    analysis = make_analysis(classic_series(tmp_path), absent(Side.RIGHT), absent(Side.LEFT))
    with pytest.raises(OutputError, match="No femoral head"):
        write_segmentation(analysis, tmp_path / "out.dcm")


EDITED = replace(Head(Side.RIGHT, True, 0.2, (0.0, 0.0, 0.0), 24.0), placed=True)
REASON_NAME, POSITION_NAME = "Reason for absent values", "Origin of the femoral head's position"


def reviewed_analysis(
    series: Series, revised: HipResult | None = None, rejected: tuple[Side, ...] = ()
) -> Analysis:
    """What is left of an analysis after readers revised one hip and rejected others."""
    analysis = make_analysis(series)
    moment = datetime(2024, 5, 8, tzinfo=UTC)
    number = 0 if revised is None else 1
    revisions = () if revised is None else (Revision(1, Origin.AI_EDITED, moment, "R", revised),)
    reviews = tuple(
        Review(side, number if revised and revised.side is side else 0, kind, "R", moment)
        for side in rejected
        for kind in (ReviewKind.REJECTED, ReviewKind.SIGNED)
    )
    return effective(Reviewed(analysis, revisions, reviews))


def test_a_head_placed_by_a_reader_makes_an_edited_result(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    analysis = reviewed_analysis(series, replace(make_hip(series, Side.RIGHT), head=EDITED))
    assert analysis.origin is Origin.AI_EDITED
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    kinds = {
        (item.TrackingID.split()[0], item.SegmentAlgorithmType)
        for item in dcmread(seg).SegmentSequence
    }
    assert kinds == {("right", "SEMIAUTOMATIC"), ("left", "AUTOMATIC")}
    groups = measurement_groups(sr)
    assert coded(groups["right hip UNet-score"])[POSITION_NAME] == "Placed by a reader"
    assert POSITION_NAME not in coded(groups["left hip UNet-score"])
    assert numbers(groups["right hip UNet-score"])["UNET-INT"][0] > 0
    content = sr.read_bytes()
    assert content.count(b"origin=ai_edited") == content.count(b"origin=ai ") == 5


def test_a_rejected_hip_has_no_masks_and_its_reason(tmp_path: Path) -> None:
    analysis = reviewed_analysis(classic_series(tmp_path), rejected=(Side.LEFT,))
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    assert_masks_kept(seg, analysis)
    segments = dcmread(seg).SegmentSequence
    assert {item.TrackingID.split()[0] for item in segments} == {"right"}
    # What is left is the program's own work.
    assert {item.SegmentAlgorithmType for item in segments} == {"AUTOMATIC"}
    groups = measurement_groups(sr)
    for what in ("UNet-score", "bme", "effusion_synovitis"):
        group = groups[f"left hip {what}"]
        assert coded(group)[REASON_NAME] == "rejected_by_reader"
        assert numbers(group) == {}
    assert "left hip femoral_head" not in groups
    assert coded(groups["both hips UNet-score"])[REASON_NAME] == "other_hip_not_scored"
    assert numbers(groups["right hip UNet-score"])["UNET-INT"][0] > 0


def test_a_placed_head_that_was_rejected_says_both(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    placed = replace(make_hip(series, Side.RIGHT), head=EDITED)
    analysis = reviewed_analysis(series, placed, rejected=(Side.RIGHT,))
    seg, sr = write_both(analysis, tmp_path)
    assert_valid(seg, sr)
    said = coded(measurement_groups(sr)["right hip UNet-score"])
    assert said[REASON_NAME] == "rejected_by_reader"
    assert said[POSITION_NAME] == "Placed by a reader"


def test_without_any_hip_that_a_reader_kept_there_is_no_segmentation(tmp_path: Path) -> None:
    nothing = reviewed_analysis(classic_series(tmp_path), rejected=tuple(Side))
    with pytest.raises(OutputError, match="A reader rejected the outlines of every hip"):
        write_segmentation(nothing, tmp_path / "out.dcm")


SIGNED_AT = datetime(2024, 5, 8, 16, 30, tzinfo=timezone(timedelta(hours=2)))
WORDS = "右髋：水肿。\nLeft: none."


def judged(analysis: Analysis, *acts: tuple[Side, str, str]) -> tuple[Analysis, ReportReview]:
    """An analysis after its readers' acts (side, kind, reader), and what they say of it."""
    reviews = tuple(
        Review(side, 0, ReviewKind(kind), reader, SIGNED_AT) for side, kind, reader in acts
    )
    reviewed = Reviewed(analysis, reviews=reviews, impression=WORDS)
    return effective(reviewed), report_review(reviewed)


def said_by_readers(report: Dataset) -> list[tuple[str, str]]:
    """Concept and text of everything below "Qualitative Evaluations"."""
    return [
        (item.ConceptNameCodeSequence[0].CodeMeaning, item.TextValue)
        for container in report.ContentSequence
        if container.ConceptNameCodeSequence[0].CodeMeaning == "Qualitative Evaluations"
        for item in container.ContentSequence
    ]


def test_a_report_signed_throughout_is_final_and_verified_by_its_readers(tmp_path: Path) -> None:
    analysis, review = judged(
        make_analysis(classic_series(tmp_path)),
        (Side.RIGHT, "accepted", "Dr A"),
        (Side.RIGHT, "signed", "Dr A"),
        (Side.LEFT, "rejected", "李医生"),
        (Side.LEFT, "signed", "李医生"),
    )
    seg, sr = tmp_path / "seg.dcm", tmp_path / "sr.dcm"
    write_segmentation(analysis, seg, review)
    write_measurements(analysis, sr, seg, review, "Clinic ^ One")
    assert_valid(seg, sr)
    assert dcmread(seg).ContentDescription == "HipDesk masks, signed (research use only)"
    assert_masks_kept(seg, analysis)
    report = dcmread(sr)
    assert (report.PreliminaryFlag, report.VerificationFlag) == ("FINAL", "VERIFIED")
    assert [
        (str(each.VerifyingObserverName), each.VerifyingOrganization, each.VerificationDateTime)
        for each in report.VerifyingObserverSequence
    ] == [(name, "Clinic One", "20240508143000+0000") for name in ("Dr A", "李医生")]
    assert said_by_readers(report) == [
        ("Reader's signature", "right hip, Dr A, 2024-05-08 14:30:00 UTC"),
        ("Reader's signature", "left hip, 李医生, 2024-05-08 14:30:00 UTC"),
        ("Impression", WORDS),
    ]
    groups = measurement_groups(sr)
    verdicts = [coded(groups[f"{side.word} hip UNet-score"])["Reader's verdict"] for side in Side]
    assert verdicts == ["Accepted", "Rejected"]


def test_a_report_signed_in_part_is_a_draft_that_nobody_verified(tmp_path: Path) -> None:
    analysis, review = judged(
        make_analysis(classic_series(tmp_path)),
        (Side.RIGHT, "accepted", ""),
        (Side.RIGHT, "signed", ""),
    )
    seg, sr = tmp_path / "seg.dcm", tmp_path / "sr.dcm"
    write_segmentation(analysis, seg, review)
    write_measurements(analysis, sr, seg, review)
    assert_valid(seg, sr)
    assert dcmread(seg).SeriesDescription == "HipDesk masks, draft (research use only)"
    report = dcmread(sr)
    assert (report.PreliminaryFlag, report.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert "VerifyingObserverSequence" not in report
    assert said_by_readers(report)[0][1].startswith("right hip, a reader without a name, 2024-")
    left = measurement_groups(sr)["left hip UNet-score"]
    assert coded(left)["Reader's verdict"] == "Not judged"


def test_measurements_of_hips_that_were_all_rejected_say_so_without_masks(tmp_path: Path) -> None:
    acts = [(side, kind, "Dr A") for side in Side for kind in ("rejected", "signed")]
    analysis, review = judged(make_analysis(classic_series(tmp_path)), *acts)
    write_measurements(analysis, tmp_path / "sr.dcm", None, review)
    assert_valid(tmp_path / "sr.dcm")
    for side in Side:
        said = coded(measurement_groups(tmp_path / "sr.dcm")[f"{side.word} hip UNet-score"])
        assert (said[REASON_NAME], said["Reader's verdict"]) == ("rejected_by_reader", "Rejected")
    report = dcmread(tmp_path / "sr.dcm")
    assert report.VerificationFlag == "VERIFIED"
    assert report.VerifyingObserverSequence[0].VerifyingOrganization == "not stated"


def test_measurements_without_a_review_say_nothing_of_readers(tmp_path: Path) -> None:
    _, sr = write_both(make_analysis(classic_series(tmp_path)), tmp_path)
    report = dcmread(sr)
    assert said_by_readers(report) == []
    assert (report.PreliminaryFlag, report.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert "Reader's verdict" not in coded(measurement_groups(sr)["right hip UNet-score"])


def test_every_reason_of_a_hip_has_a_code(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    lost = absent(Side.LEFT)
    dark = replace(lost, head=replace(lost.head, reason=Reason.NO_HEAD_SIGNAL))
    _, sr = write_both(make_analysis(series, make_hip(series, Side.RIGHT), dark), tmp_path)
    for what in ("UNet-score", "bme"):
        assert coded(measurement_groups(sr)[f"left hip {what}"])[REASON_NAME] == "no_head_signal"


def items(tag: bytes, count: int) -> bytes:
    """A sequence of many empty items."""
    every = b"\xfe\xff\x00\xe0\0\0\0\0" * count
    return tag + b"SQ\0\0\xff\xff\xff\xff" + every + b"\xfe\xff\xdd\xe0\0\0\0\0"


def put_before(path: Path, tag: bytes, inserted: bytes) -> None:
    content = path.read_bytes()
    at = content.rindex(tag)
    path.write_bytes(content[:at] + inserted + content[at:])


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_what_lies_behind_the_description_of_an_image_is_not_read(
    tmp_path: Path, kind: str
) -> None:
    (tmp_path / "in").mkdir()
    frames = [*range(SLICES)]
    series = (
        classic_series(tmp_path / "in")
        if kind == "classic"
        else enhanced_series(tmp_path / "in", frames, frames)
    )
    before = read_headers(series)
    unread = items(b"\xd1\x7f\x10\x10", 300_000)
    put_before(series.slices[0].path, b"\xe0\x7f\x10\0", unread)
    assert read_headers(series) == before


def test_images_of_more_elements_than_any_image_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hipdesk.adapters._output_sources.MOST_READS", 1000)
    series = classic_series(tmp_path)
    write_segmentation(make_analysis(series), tmp_path / "seg.dcm")
    put_before(series.slices[0].path, b"\x10\0\x10\0PN", items(b"\x09\0\x40\x10", 20_000))
    with pytest.raises(OutputError, match="more elements than any image needs"):
        write_segmentation(make_analysis(series), tmp_path / "seg.dcm")


def test_images_that_are_gone(tmp_path: Path) -> None:
    analysis = make_analysis(classic_series(tmp_path))
    analysis.series.slices[3].path.unlink()
    with pytest.raises(OutputError, match="cannot be read again"):
        write_segmentation(analysis, tmp_path / "out.dcm")


def test_images_that_lack_what_is_needed(tmp_path: Path) -> None:
    series = classic_series(tmp_path)
    spoil(series, ImageOrientationPatient=None)
    with pytest.raises(OutputError, match="lack something"):
        write_segmentation(make_analysis(series), tmp_path / "out.dcm")


def test_folder_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    analysis = make_analysis(classic_series(tmp_path))
    with pytest.raises(OutputError, match="cannot be written"):
        write_segmentation(analysis, tmp_path / "missing" / "out.dcm")
    assert not (tmp_path / "missing").exists()


def test_failure_half_way_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = make_analysis(classic_series(tmp_path))
    out = tmp_path / "out" / "segmentation.dcm"
    out.parent.mkdir()
    write_segmentation(analysis, out)
    before = out.read_bytes()

    def full_disk(self: Dataset, target: BinaryIO, **_: Any) -> None:
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Dataset, "save_as", full_disk)
    with pytest.raises(OutputError, match="disk is not full"):
        write_segmentation(analysis, out)
    assert out.read_bytes() == before
    assert list(out.parent.iterdir()) == [out]


def test_segmentation_of_another_analysis_is_refused(tmp_path: Path) -> None:
    analysis = make_analysis(classic_series(tmp_path))
    seg, sr = write_both(analysis, tmp_path)
    with pytest.raises(OutputError, match="another analysis"):
        write_measurements(replace(analysis, uid="other"), sr, seg)
    with pytest.raises(OutputError, match="cannot be read"):
        write_measurements(analysis, sr, tmp_path / "none.dcm")
