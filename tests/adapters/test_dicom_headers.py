"""Headers are read whatever stands in them, within bounds, or refused in one sentence."""

from __future__ import annotations

import struct
import time
import tracemalloc
import zlib
from collections.abc import Mapping
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from hipdesk.adapters import _dicom_elements
from hipdesk.adapters._dicom_elements import Elements, read_header
from hipdesk.adapters._dicom_headers import frames_of, is_lossy, region_of
from hipdesk.adapters._dicom_tags import Tag
from hipdesk.adapters._dicom_walk import inflated
from hipdesk.adapters.dicom_folder import DicomFolderReader
from tests.dicom_factory import STIR, enhanced_copy, save, write_series

READER = DicomFolderReader()
NAME = b"\x10\0\x10\0"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (path,) = write_series(tmp_path, slices=1, rows=8, columns=8)
    return path


def reason(path: Path) -> str:
    (skipped,) = READER.scan(path).skipped
    return skipped.reason


def inserted(path: Path, element: bytes) -> Path:
    """Put bytes before the patient's name."""
    content = path.read_bytes()
    at = content.index(NAME)
    path.write_bytes(content[:at] + element + content[at:])
    return path


@pytest.mark.parametrize("depth", [20, 400, 20_000])
@pytest.mark.parametrize("ended", [False, True])
def test_sequences_in_sequences_are_stepped_over_or_refused(path, depth, ended):
    nested = b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * depth
    end = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" * depth
    inserted(path, nested + (end if ended else b""))
    began = time.process_time()
    found = READER.scan(path)
    assert time.process_time() - began < 5
    if ended and depth == 20:
        assert len(found.series) == 1
    assert bool(found.series) != bool(found.skipped)


@pytest.mark.parametrize("length", [0xFFFFFFFE, 0x7FFFFFFF, 100_000_000])
def test_a_length_beyond_the_file_costs_no_memory(path, length):
    inserted(path, b"\x09\0\x10\x10OB\0\0" + struct.pack("<L", length))
    tracemalloc.start()
    try:
        assert "damaged" in reason(path) or "no image" in reason(path)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()


def test_a_large_private_value_hides_nothing_behind_it(path):
    size = 40 << 20
    head = b"\x09\0\x10\0LO\x04\0TEST" + b"\x09\0\x10\x10OB\0\0" + struct.pack("<L", size)
    inserted(path, head + bytes(size))
    (frame,) = frames_of(path)
    assert (frame.rows, frame.columns) == (8, 8)
    assert frame.elements.text(Tag.PATIENT_ID) == "T-1"


def test_deflated_headers_are_read_without_inflating_the_pixels(tmp_path):
    (path,) = write_series(tmp_path, slices=1, syntax=DeflatedExplicitVRLittleEndian)
    with path.open("rb") as stream:
        content = inflated(stream)
    assert content is not None
    body = content.getvalue()
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = squeezer.compress(body + bytes(64 << 20)) + squeezer.flush()
    packed = path.read_bytes()
    path.write_bytes(packed[: _body_at(packed)] + bomb)
    tracemalloc.start()
    try:
        header = read_header(path)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert header.elements.string(Tag.PATIENT_ID) == "T-1"


def _body_at(content: bytes) -> int:
    """Where the data set begins: after the meta information's stated length."""
    at = content.index(b"\x02\0\0\0UL\4\0") + 8
    return at + 4 + int.from_bytes(content[at : at + 4], "little")


def test_files_that_are_not_deflated_are_not_inflated(path):
    with path.open("rb") as stream:
        assert inflated(stream) is None
        assert stream.tell() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Rows": 0}, "no image"),
        ({"SamplesPerPixel": 3}, "colour"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour"),
        ({"SeriesInstanceUID": ""}, "which series"),
        ({"SOPInstanceUID": ""}, "which series"),
        ({"PixelSpacing": [0, 1]}, "size of its pixels"),
        ({"PixelSpacing": [1]}, "size of its pixels"),
        ({"ImageOrientationPatient": None}, "where it lies"),
        ({"NumberOfFrames": 4}, "where each lies"),
        ({"Modality": "SEG"}, "segmentation"),
        ({"Modality": "SR"}, "report"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4.2"}, "spectra"),
    ],
)
def test_what_is_no_slice_says_why(path, changes, words):
    dataset = pydicom.dcmread(path)
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    assert words in reason(path)
    assert reason(path).endswith(".")


@pytest.mark.parametrize("word", [b"nan", b"inf", b"1e13", b"---"])
def test_numbers_that_are_none_are_refused(path, word):
    content = path.read_bytes()
    at = content.index(b"\x20\0\x32\0DS") + 8
    path.write_bytes(content[:at] + word.ljust(4) + content[at + 4 :])
    assert "where it lies" in reason(path)


def test_of_endless_lists_no_more_is_gone_through_than_any_value_has():
    elements = Elements(
        {Tag.PIXEL_SPACING: b"5\\" * 8000, Tag.DIMENSIONS: b"\1\0\0\0" * 4000,
         Tag.IMAGE_TYPE: b"A\\" * 8000}
    )  # fmt: skip
    assert elements.numbers(Tag.PIXEL_SPACING) is None
    assert len(elements.numbers(Tag.DIMENSIONS) or ()) < 100
    assert len(elements.strings(Tag.IMAGE_TYPE)) < 100


@pytest.mark.parametrize(
    ("syntax", "stated", "lossy"),
    [
        (ExplicitVRLittleEndian, None, False),
        (ExplicitVRLittleEndian, "00", False),
        (ExplicitVRLittleEndian, "01", True),
        ("1.2.840.10008.1.2.4.50", "00", True),
        ("1.2.840.10008.1.2.4.90", None, False),
        ("1.2.840.10008.1.2.4.91", None, True),
        ("1.2.840.10008.1.2.4.91", "00", False),
        ("1.2.840.10008.1.2.4.81", "01", True),
        ("1.2.840.10008.1.2.4.203", None, True),
    ],
)
def test_loss_is_told_by_flag_and_transfer_syntax(path, syntax, stated, lossy):
    elements = read_header(path).elements.overlaid(
        {Tag.TRANSFER_SYNTAX: syntax.encode(), Tag.LOSSY: (stated or "").encode()}
    )
    assert is_lossy(elements) is lossy


def test_the_region_of_an_enhanced_file_is_named_by_its_code(tmp_path):
    paths = write_series(tmp_path / "classic", slices=3, tags={"BodyPartExamined": "PELVIS"}
                         | {"RepetitionTime": 1, "EchoTime": 1})  # fmt: skip
    save(enhanced_copy(paths), tmp_path / "enhanced")
    frame, *_ = frames_of(tmp_path / "enhanced")
    assert region_of(frame.elements) == "PELVIS"
    assert not frame.elements.text(Tag.BODY_PART)


def stripped(values: Mapping[int, bytes]) -> dict[int, bytes]:
    """Without the padding that pydicom takes off text it has converted."""
    return {int(tag): raw.rstrip(b" \0") for tag, raw in values.items()}


def undefined(dataset: Dataset) -> None:
    """Let every sequence and item end with a delimiter."""
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                undefined(item)


@pytest.mark.parametrize("delimited", [False, True])
@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
def test_the_quick_walk_finds_what_pydicom_finds(tmp_path, syntax, delimited):
    paths = write_series(tmp_path / "classic", slices=3, tags={**STIR, "BodyPartExamined": "HIP"})
    dataset = enhanced_copy(paths, syntax)
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        frame.MREchoSequence = DicomSequence()
        classic = Dataset()
        classic.EchoTime, classic.ScanOptions = 88, "FS"
        frame.UnassignedPerFrameConvertedAttributesSequence = DicomSequence([classic])
        frame.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
        private = Dataset()
        private.SequenceVariant, private.Rows = "SK", 9
        frame.add_new(0x2005140F, "SQ", DicomSequence([private]))
    if delimited:
        undefined(dataset)
    save(dataset, tmp_path / "enhanced")
    with (tmp_path / "enhanced").open("rb") as stream:
        quick = _dicom_elements._HeaderWalk(stream).header()
        stream.seek(0)
        slow = _dicom_elements._read_slowly(stream)
    for one, other in zip(quick.frames, slow.frames, strict=True):
        assert stripped(one) == stripped(other)
    assert len(quick.frames) == 3
    assert quick.frames[0][Tag.SEQUENCE_VARIANT] == b"SK"
    assert quick.frames[0][Tag.SCAN_OPTIONS] == b"FS"
    assert Tag.ROWS not in quick.frames[0]
    one, other = (stripped(header.elements.values) for header in (quick, slow))
    differing = {
        Tag(tag) for tag in one.keys() | other.keys() if one.get(tag, b"") != other.get(tag, b"")
    }
    assert differing <= {Tag.STORAGE_CLASS}


def test_more_frames_than_any_examination_has_are_refused(tmp_path):
    paths = write_series(tmp_path / "classic", slices=2)
    dataset = enhanced_copy(paths)
    dataset.NumberOfFrames = 1 << 20
    save(dataset, tmp_path / "enhanced")
    assert "more frames than any examination of a hip" in reason(tmp_path / "enhanced")


def test_a_thousand_frames_are_read_in_little_time(tmp_path):
    paths = write_series(tmp_path / "classic", slices=4, rows=2, columns=2)
    dataset = enhanced_copy(paths)
    frames = list(dataset.PerFrameFunctionalGroupsSequence) * 250
    dataset.PerFrameFunctionalGroupsSequence = DicomSequence(Dataset(frame) for frame in frames)
    dataset.NumberOfFrames = 1000
    dataset.PixelData = bytes(8 * 1000)
    save(dataset, tmp_path / "enhanced")
    began = time.process_time()
    assert len(frames_of(tmp_path / "enhanced")) == 1000
    assert time.process_time() - began < 5
