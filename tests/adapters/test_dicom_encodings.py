"""Whatever way pixels are written, they are the same pixels, or the file is refused by name."""

from __future__ import annotations

import zlib
from pathlib import Path

import gdcm
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
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

from hipdesk.adapters import _dicom_walk
from hipdesk.adapters._dicom_codestreams import OtherSizeError, stated_size
from hipdesk.adapters._dicom_headers import undecodable
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.errors import DamagedImage
from hipdesk.records import Series, Volume
from tests.dicom_factory import enhanced_copy, pattern, save, write_series

READER = DicomFolderReader()

UNCOMPRESSED = (
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
GDCM = {
    RLELossless: gdcm.TransferSyntax.RLELossless,
    JPEGLossless: gdcm.TransferSyntax.JPEGLosslessProcess14,
    JPEGLosslessSV1: gdcm.TransferSyntax.JPEGLosslessProcess14_1,
    JPEGLSLossless: gdcm.TransferSyntax.JPEGLSLossless,
    JPEGLSNearLossless: gdcm.TransferSyntax.JPEGLSNearLossless,
    JPEG2000Lossless: gdcm.TransferSyntax.JPEG2000Lossless,
    JPEG2000: gdcm.TransferSyntax.JPEG2000,
    JPEGBaseline8Bit: gdcm.TransferSyntax.JPEGBaselineProcess1,
    JPEGExtended12Bit: gdcm.TransferSyntax.JPEGExtendedProcess2_4,
}
LOSSLESS = (RLELossless, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless)


def only(folder: Path) -> Series:
    found = READER.scan(folder)
    assert len(found.series) == 1, found.skipped
    return found.series[0]


def read(folder: Path) -> Volume:
    return READER.read(only(folder))


def codes(series: Series) -> dict[str, float | None]:
    return {notice.code: notice.figure for notice in series.notices}


def recoded(source: Path, target: Path, syntax: UID) -> Path:
    """A copy in another transfer syntax, made by GDCM."""
    target.parent.mkdir(exist_ok=True)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(source))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(GDCM[syntax]))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(target))
    assert writer.Write()
    assert pydicom.dcmread(target, stop_before_pixels=True).file_meta.TransferSyntaxUID == syntax
    return target


def bits(allocated: int, stored: int, signed: bool):
    def edit(index, dataset):
        dataset.BitsAllocated, dataset.BitsStored = allocated, stored
        dataset.HighBit, dataset.PixelRepresentation = stored - 1, int(signed)
        values = full_range(stored, signed)[index]
        kind = f"{'>' if not dataset.is_little_endian else '<'}{'i' if signed else 'u'}"
        dataset.PixelData = values.astype(f"{kind}{allocated // 8}").tobytes()
        dataset["PixelData"].VR = "OB" if allocated == 8 else "OW"

    return edit


def full_range(stored: int, signed: bool) -> np.ndarray:
    """Three pictures of 16 x 20, from the lowest to the highest value of so many bits."""
    low = -(1 << (stored - 1)) if signed else 0
    high = low + (1 << stored) - 1
    return np.linspace(low, high, 3 * 16 * 20).round().astype(np.int64).reshape(3, 16, 20)


DEPTHS = [(8, 8, False), (16, 12, False), (16, 12, True), (16, 16, False), (16, 16, True)]


@pytest.mark.parametrize(("allocated", "stored", "signed"), DEPTHS)
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, *UNCOMPRESSED])
def test_every_depth_is_read_in_every_order_of_bytes(tmp_path, syntax, allocated, stored, signed):
    edit = bits(allocated, stored, signed)
    write_series(tmp_path, slices=3, rows=16, columns=20, syntax=syntax, each=edit)
    assert np.array_equal(read(tmp_path).voxels, full_range(stored, signed))


@pytest.mark.parametrize(("allocated", "stored", "signed"), DEPTHS)
@pytest.mark.parametrize("syntax", LOSSLESS)
def test_every_depth_is_read_in_every_lossless_compression(
    tmp_path, syntax, allocated, stored, signed
):
    edit = bits(allocated, stored, signed)
    for path in write_series(tmp_path / "plain", slices=3, rows=16, columns=20, each=edit):
        recoded(path, tmp_path / "packed" / path.name, syntax)
    assert np.array_equal(read(tmp_path / "packed").voxels, full_range(stored, signed))
    assert codes(only(tmp_path / "packed")) == {}


@pytest.mark.parametrize(
    ("syntax", "allocated", "stored", "error"),
    [(JPEGBaseline8Bit, 8, 8, 8), (JPEGExtended12Bit, 8, 8, 8),
     (JPEGLSNearLossless, 16, 12, 8), (JPEG2000, 16, 12, 64)],
)  # fmt: skip
def test_lossy_pictures_are_opened_and_told(tmp_path, syntax, allocated, stored, error):
    edit = bits(allocated, stored, False)
    for path in write_series(tmp_path / "plain", slices=3, rows=16, columns=20, each=edit):
        recoded(path, tmp_path / "packed" / path.name, syntax)
    difference = np.abs(read(tmp_path / "packed").voxels - full_range(stored, False))
    assert difference.max() <= error
    assert codes(only(tmp_path / "packed")) == {"lossy_compressed": 3}


def test_pictures_that_were_once_compressed_with_loss_are_told(tmp_path):
    def once(index, dataset):
        dataset.LossyImageCompression = "01" if index else "00"

    write_series(tmp_path, slices=3, each=once)
    assert codes(only(tmp_path)) == {"lossy_compressed": 2}


def test_a_syntax_that_allows_loss_is_believed_where_the_file_denies_it(tmp_path):
    for path in write_series(tmp_path / "plain", slices=2):
        recoded(path, tmp_path / "packed" / path.name, JPEG2000Lossless)
        dataset = pydicom.dcmread(tmp_path / "packed" / path.name)
        dataset.file_meta.TransferSyntaxUID = JPEG2000
        dataset.LossyImageCompression = "00"
        dataset.save_as(tmp_path / "packed" / path.name)
    assert codes(only(tmp_path / "packed")) == {}


def test_high_throughput_jpeg_2000_is_decoded(shared_data):
    """The only such file at hand is in colour, which no series is."""
    path = shared_data / "dicom_samples" / "pydicom-data" / "HTJ2KLossless_08_RGB.dcm"
    dataset = pydicom.dcmread(path)
    assert undecodable(dataset.file_meta.TransferSyntaxUID) == ""
    assert undecodable(HTJ2K) == ""
    stream = next(generate_frames(dataset.PixelData, number_of_frames=1))
    assert stated_size(stream) == (dataset.Rows, dataset.Columns)
    assert np.ptp(dataset.pixel_array) > 100
    assert "colour" in READER.scan(path).skipped[0].reason


@pytest.mark.parametrize(
    ("syntax", "words"),
    [
        ("1.2.840.10008.1.2.4.100", "as MPEG2 Main Profile / Main Level"),
        ("1.2.840.10008.1.2.4.52", "as JPEG Extended (Process 3 and 5)"),
        ("1.2.3.4", "in a way unknown to the standard"),
    ],
)
def test_what_cannot_be_decoded_is_named_counted_and_left_out(tmp_path, syntax, words):
    paths = write_series(tmp_path, slices=4)
    for path in paths[:2]:
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        dataset.PixelData = encapsulate([dataset.PixelData])
        dataset["PixelData"].VR = "OB"
        dataset.save_as(path, implicit_vr=False, little_endian=True)
    found = READER.scan(tmp_path)
    assert [len(series.slices) for series in found.series] == [2]
    assert [file.reason for file in found.skipped] == [
        f"Its pixels are stored {words}, which this program cannot read."
    ] * 2


def test_extended_jpeg_of_twelve_bits_is_named_and_left_out(tmp_path):
    (path,) = write_series(tmp_path, slices=1)
    recoded(path, path, JPEGExtended12Bit)
    (skipped,) = READER.scan(tmp_path).skipped
    assert skipped.reason == (
        "Its pixels are stored as JPEG Extended (Process 2 and 4) with 12 bits, "
        "which this program cannot read."
    )


# Claims of compressed and deflated files


def packed(folder: Path, syntax: UID) -> tuple[Path, pydicom.FileDataset, bytes]:
    (path,) = write_series(folder, slices=1, rows=16, columns=20)
    recoded(path, path, syntax)
    dataset = pydicom.dcmread(path)
    return path, dataset, next(generate_frames(dataset.PixelData, number_of_frames=1))


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_a_code_stream_states_its_size(tmp_path, syntax):
    _, _, stream = packed(tmp_path, syntax)
    assert stated_size(stream) == (16, 20)
    assert stated_size(stream[:8]) is None


def test_a_code_stream_in_its_boxes_states_its_size(tmp_path):
    _, _, stream = packed(tmp_path, JPEG2000Lossless)
    boxes = b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x14ftypjp2 \0\0\0\0jp2 " + b"\0\0\0\0jp2c"
    assert stated_size(boxes + stream) == (16, 20)
    assert stated_size(boxes) is None


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_a_code_stream_of_another_size_is_never_given_to_a_decoder(tmp_path, syntax):
    path, dataset, stream = packed(tmp_path, syntax)
    old = bytes((0, 16, 0, 20)) if syntax != JPEG2000Lossless else bytes((0, 0, 0, 20, 0, 0, 0, 16))
    at = stream.index(old)
    huge = b"\xff" * 4 if len(old) == 4 else b"\0\0\xff\xff" * 2
    dataset.PixelData = encapsulate([stream[:at] + huge + stream[at + len(old) :]])
    dataset.save_as(path)
    with pytest.raises(DamagedImage) as caught:
        read(tmp_path)
    assert isinstance(caught.value.__cause__, OtherSizeError)


def test_run_lengths_that_cannot_hold_the_picture_are_refused(tmp_path):
    path, dataset, _ = packed(tmp_path, RLELossless)
    dataset.Rows = dataset.Columns = 4000
    dataset.save_as(path)
    with pytest.raises(DamagedImage) as caught:
        read(tmp_path)
    assert isinstance(caught.value.__cause__, OtherSizeError)


def test_a_code_stream_of_countless_tiles_is_refused(tmp_path):
    _, _, stream = packed(tmp_path, JPEG2000Lossless)
    tiles = stream.index(bytes((0, 0, 0, 20, 0, 0, 0, 16)), 20)
    lying = bytearray(stream)
    lying[8:16] = b"\0\0\xff\xff" * 2
    lying[tiles : tiles + 8] = b"\0\0\0\1" * 2
    with pytest.raises(OtherSizeError):
        stated_size(bytes(lying))


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless, JPEGLSLossless])
@pytest.mark.parametrize("table", [False, True])
def test_frames_are_found_with_and_without_an_offset_table(tmp_path, syntax, table):
    streams = []
    for path in write_series(tmp_path / "plain", slices=3, rows=16, columns=20):
        recoded(path, tmp_path / "packed" / path.name, syntax)
        dataset = pydicom.dcmread(tmp_path / "packed" / path.name)
        streams.append(next(generate_frames(dataset.PixelData, number_of_frames=1)))
    dataset = enhanced_copy(sorted((tmp_path / "plain").iterdir()))
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(streams, fragments_per_frame=2, has_bot=table)
    (tmp_path / "one").mkdir()
    if syntax == RLELossless and not table:  # nothing marks where a frame ends
        dataset.PixelData = encapsulate(streams, has_bot=False)
    save(dataset, tmp_path / "one" / "file")
    assert np.array_equal(read(tmp_path / "one").voxels, pattern(3, 16, 20))


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless, JPEGLosslessSV1])
def test_pixels_that_nothing_but_the_end_of_the_file_ends_are_read(tmp_path, syntax):
    for path in write_series(tmp_path / "plain", slices=3, rows=16, columns=20):
        recoded(path, tmp_path / "packed" / path.name, syntax)
        packed = tmp_path / "packed" / path.name
        assert packed.read_bytes().endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")
        packed.write_bytes(packed.read_bytes()[:-8])
    assert np.array_equal(read(tmp_path / "packed").voxels, pattern(3, 16, 20))


def test_a_deflated_bomb_is_refused_before_it_goes_off(tmp_path, monkeypatch):
    (path,) = write_series(tmp_path, slices=1, syntax=DeflatedExplicitVRLittleEndian)
    content = path.read_bytes()
    meta = content.index(b"1.2.840.10008.1.2.1.99")
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    inside = zlib.decompress(content[deflated_start(content, meta) :], -zlib.MAX_WBITS)
    bomb = squeezer.compress(inside + bytes(3 << 20)) + squeezer.flush()
    path.write_bytes(content[: deflated_start(content, meta)] + bomb)
    monkeypatch.setattr(_dicom_walk, "MOST_INFLATED", 1 << 20)
    series = only(tmp_path)
    with pytest.raises(DamagedImage) as caught:
        READER.read(series)
    assert isinstance(caught.value.__cause__, _dicom_walk.InflatedTooFarError)


def deflated_start(content: bytes, meta: int) -> int:
    """Where the data set begins: after the group's stated length."""
    length = content.index(b"\x02\0\0\0UL\4\0") + 8
    return length + 4 + int.from_bytes(content[length : length + 4], "little")


def test_a_deflated_file_that_is_damaged_is_refused(tmp_path):
    (path,) = write_series(tmp_path, slices=1, syntax=DeflatedExplicitVRLittleEndian)
    content = path.read_bytes()
    path.write_bytes(content[:400] + b"\xff" * 40 + content[440:])
    assert "damaged" in READER.scan(tmp_path).skipped[0].reason
