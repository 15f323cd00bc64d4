"""Stored values become measured values: scaled, with padding and negatives put right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from hipdesk.adapters import _dicom_pixels
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.safe_reader import SafeReader
from hipdesk.errors import DamagedImage
from hipdesk.records import Series, SliceKey, SliceSource
from tests.dicom_factory import enhanced_dataset, pattern, save, slice_positions, write_series

READER = DicomFolderReader()


def only(folder: Path) -> Series:
    found = READER.scan(folder)
    assert len(found.series) == 1, found.skipped
    return found.series[0]


def values(folder: Path) -> np.ndarray:
    return READER.read(only(folder)).voxels


# Scale


@pytest.mark.parametrize(
    ("slope", "intercept", "scale", "offset"),
    [(0.5, -10, 0.5, -10), (2, None, 2, 0), (None, 7, 1, 7), (None, None, 1, 0), ("", "", 1, 0)],
)
def test_stored_values_are_rescaled_as_stated(tmp_path, slope, intercept, scale, offset):
    def edit(index: int, dataset: Dataset) -> None:
        for keyword, value in (("RescaleSlope", slope), ("RescaleIntercept", intercept)):
            if value is not None:
                setattr(dataset, keyword, value)

    write_series(tmp_path, slices=2, rows=4, columns=5, each=edit)
    assert np.array_equal(values(tmp_path), pattern(2, 4, 5) * scale + offset)


def test_slices_scaled_apart_are_comparable(tmp_path):
    """Philips stores each slice over its whole range, and says by how much to multiply."""
    truth = pattern(4, 6, 6).astype(float)
    slopes = [0.25, 0.5, 1.0, 0.125]
    stored = np.stack([picture / slope for picture, slope in zip(truth, slopes, strict=True)])

    def edit(index: int, dataset: Dataset) -> None:
        dataset.Manufacturer = "Philips Medical Systems"
        dataset.RescaleSlope, dataset.RescaleIntercept = slopes[index], 0
        dataset.add_new(0x20050010, "LO", "Philips MR Imaging DD 001")
        dataset.add_new(0x2005100E, "FL", 0.01 * (index + 1))

    write_series(tmp_path, voxels=stored.astype(np.uint16), each=edit)
    assert np.array_equal(values(tmp_path), truth)


def test_real_world_values_are_left_alone(tmp_path):
    def edit(index: int, dataset: Dataset) -> None:
        mapping = Dataset()
        mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 1000.0, 5.0
        dataset.RealWorldValueMappingSequence = DicomSequence([mapping])

    write_series(tmp_path, slices=2, rows=4, columns=5, each=edit)
    assert np.array_equal(values(tmp_path), pattern(2, 4, 5))


def test_a_lookup_table_stands_for_scale(tmp_path):
    def edit(index: int, dataset: Dataset) -> None:
        table = Dataset()
        table.LUTDescriptor = [256, 0, 16]
        table.ModalityLUTType = "US"
        table.LUTData = [3 * entry for entry in range(256)]
        table["LUTData"].VR = "US"
        dataset.ModalityLUTSequence = DicomSequence([table])

    write_series(tmp_path, slices=2, rows=4, columns=5, each=edit)
    assert np.array_equal(values(tmp_path), 3 * pattern(2, 4, 5))


# Padding and negatives


def padded(value: int, limit: int | None = None, signed: bool = False):
    def edit(index: int, dataset: Dataset) -> None:
        dataset.BitsStored, dataset.HighBit = 16, 15
        dataset.PixelRepresentation = int(signed)
        vr = "SS" if value < 0 else "US"
        dataset.add_new("PixelPaddingValue", vr, value)
        if limit is not None:
            dataset.add_new("PixelPaddingRangeLimit", vr, limit)

    return edit


@pytest.mark.parametrize(
    ("value", "limit", "signed", "stored"),
    [(63536, None, False, 63536), (-2000, None, True, -2000), (63536, None, True, -2000),
     (-2000, None, False, 63536), (60000, 65535, False, 63536)],
)  # fmt: skip
def test_padding_is_as_dark_as_the_darkest_pixel(tmp_path, value, limit, signed, stored):
    voxels = pattern(2, 6, 6).astype(np.int64) + 50
    voxels[:, 0, :3] = stored
    write_series(tmp_path, voxels=voxels.astype(np.uint16), each=padded(value, limit, signed))
    expected = voxels.copy()
    darkest = np.array([np.delete(p.ravel(), [0, 1, 2]).min() for p in voxels])
    expected[:, 0, :3] = darkest[:, None]
    assert np.array_equal(values(tmp_path), expected)


def test_padding_of_zero_and_pictures_of_nothing_else(tmp_path):
    voxels = np.full((2, 4, 4), 7, np.uint16)
    voxels[0, 0, 0] = 0
    write_series(tmp_path / "zero", voxels=voxels, each=padded(0))
    assert np.array_equal(values(tmp_path / "zero"), voxels)
    write_series(tmp_path / "all", voxels=np.full((2, 4, 4), 7, np.uint16), each=padded(7))
    assert not values(tmp_path / "all").any()


@pytest.mark.parametrize("signed", [False, True])
def test_negatives_are_turned_back(tmp_path, signed):
    """The complement within the stored bits, with scale, is the picture it was made of."""
    truth = pattern(2, 6, 6).astype(np.int64)
    stored = (-1 if signed else 4095) - truth

    def edit(index: int, dataset: Dataset) -> None:
        dataset.PhotometricInterpretation = "MONOCHROME1"
        dataset.PixelRepresentation = int(signed)
        dataset.RescaleSlope, dataset.RescaleIntercept = 2, 1
        dataset.WindowCenter, dataset.WindowWidth = 300, 200

    write_series(tmp_path, voxels=stored.astype(np.uint16), each=edit)
    series = only(tmp_path)
    assert np.array_equal(values(tmp_path), 2 * truth + 1)
    assert series.window is None
    assert {notice.code: notice.figure for notice in series.notices} == {"inverted_picture": 2}


def test_values_in_unusual_bits_are_refused(tmp_path):
    """By the standard they are shifted; by most writers of such files they are not."""

    def edit(index: int, dataset: Dataset) -> None:
        dataset.HighBit = 15

    write_series(tmp_path, slices=2, each=edit)
    with pytest.raises(DamagedImage):
        READER.read(only(tmp_path))


# Claims


def claiming(slices: int, rows: int, columns: int, path: Path, base: Series) -> Series:
    """A record of many slices, all said to be in one file."""
    sources = tuple(
        SliceSource(SliceKey("1", index + 1), path, (0.0, 0.0, 0.0)) for index in range(slices)
    )
    return replace(base, slices=sources, rows=rows, columns=columns)


@pytest.mark.parametrize("shape", [(9000, 1000, 1000), (100, 1000, 1000)])
def test_claims_that_no_file_can_hold_are_refused_before_room_is_made(tmp_path, shape, monkeypatch):
    (path,) = write_series(tmp_path, slices=1)
    series = claiming(*shape, path, only(tmp_path))
    monkeypatch.setattr(_dicom_pixels.np, "empty", None)
    with pytest.raises(DamagedImage, match="claims more pixels"):
        READER.read(series)


def test_very_large_series_must_be_as_large_as_pictures_of_patients_are(tmp_path, monkeypatch):
    """Nothing but zeros, packed 64 to 1, would take gibibytes."""
    (path,) = write_series(tmp_path, slices=1)
    series = claiming(200, 1000, 1000, path, only(tmp_path))
    path.write_bytes(path.read_bytes() + bytes(6 << 20))
    monkeypatch.setattr(_dicom_pixels.np, "empty", None)
    with pytest.raises(DamagedImage, match="claims more pixels"):
        READER.read(series)


def test_a_picture_larger_than_any_is_refused_at_once(tmp_path):
    def edit(index: int, dataset: Dataset) -> None:
        dataset.Rows = dataset.Columns = 60_000

    write_series(tmp_path, slices=1, each=edit)
    assert "more pixels than any picture" in READER.scan(tmp_path).skipped[0].reason


def test_a_panic_of_a_decoder_is_a_damaged_image(tmp_path, monkeypatch):
    class Panic(BaseException):
        """As Rust's ``PanicException``, which is no Exception."""

    def panic(*_args: object, **_options: object) -> None:
        raise Panic

    write_series(tmp_path, slices=2)
    monkeypatch.setattr(_dicom_pixels, "pixel_array", panic)
    with pytest.raises(DamagedImage):
        READER.read(only(tmp_path))


def test_one_and_the_same_in_the_worker_process(tmp_path):
    """What is put right in one process is put right in the other."""
    voxels = pattern(3, 12, 16)
    voxels[:, 0, :3] = 4000
    dataset = enhanced_dataset(
        positions=slice_positions((1, 0, 0, 0, 0, -1), (3, 12, 16), (5, 5, 5), (0, 0, 0)),
        voxels=voxels, slopes=[1, 2, 3],
    )  # fmt: skip
    dataset.add_new("PixelPaddingValue", "US", 4000)
    dataset.PhotometricInterpretation = "MONOCHROME1"
    save(dataset, tmp_path / "plain")
    plain = READER.read(only(tmp_path))
    compressed = pydicom.dcmread(tmp_path / "plain")
    compressed.compress("1.2.840.10008.1.2.5", generate_instance_uid=False)
    save(compressed, tmp_path / "plain")
    reader = SafeReader()
    try:
        packed = reader.read(only(tmp_path))
    finally:
        reader.close()
    assert packed.pixel_sha256 == plain.pixel_sha256
    assert packed.voxels.max() < 3 * 4095
