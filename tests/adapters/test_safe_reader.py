"""Reading that survives its decoders: the same pixels, and only our errors."""

from __future__ import annotations

import faulthandler
import multiprocessing
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from hipdesk.adapters import safe_reader
from hipdesk.adapters._worker_main import TASKS, Answer, Request
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.safe_reader import SafeReader, is_plain
from hipdesk.adapters.worker_process import (
    WorkerLostError,
    WorkerOutOfMemoryError,
    WorkerProcess,
    WorkerTooSlowError,
)
from hipdesk.errors import Cancelled, DamagedImage
from hipdesk.records import Series
from tests.adapters import worker_tasks
from tests.dicom_factory import enhanced_dataset, pattern, save, slice_positions, write_series

DIRECT = DicomFolderReader()


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    faulthandler.dump_traceback_later(90, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="module")
def reader() -> Iterator[SafeReader]:
    reader = SafeReader()
    yield reader
    reader.close()
    assert multiprocessing.active_children() == []


def only(folder: Path) -> Series:
    (series,) = DIRECT.scan(folder).series
    return series


def compressed(folder: Path, syntax: UID) -> None:
    """A series whose files are compressed without loss."""
    for path in write_series(folder, slices=4, rows=64, columns=48):
        dataset = dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(path)


class Refusing(WorkerProcess):
    """A worker that nobody may ask."""

    def ask(self, request: Request, *_: Any, **__: Any) -> Answer:
        raise AssertionError(f"asked to {request.task}")


class Failing(WorkerProcess):
    """A worker that ends as told."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def ask(self, *_: Any, **__: Any) -> Answer:
        raise self._error


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_plain_files_are_read_here(tmp_path: Path, syntax: UID) -> None:
    write_series(tmp_path, slices=4, syntax=syntax)
    series = only(tmp_path)
    volume = SafeReader(Refusing()).read(series)
    assert volume.pixel_sha256 == DIRECT.read(series).pixel_sha256


def test_a_plain_enhanced_file_is_read_here(tmp_path: Path) -> None:
    positions = slice_positions((1, 0, 0, 0, 0, -1), (5, 16, 16), (5, 5, 5), (0, 0, 0))
    save(enhanced_dataset(positions=positions, voxels=pattern(5, 16, 16)), tmp_path / "e.dcm")
    series = only(tmp_path)
    volume = SafeReader(Refusing()).read(series)
    assert volume.pixel_sha256 == DIRECT.read(series).pixel_sha256


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed_files_give_the_same_volume_from_the_worker(
    tmp_path: Path, reader: SafeReader, syntax: UID
) -> None:
    compressed(tmp_path, syntax)
    series, told = only(tmp_path), []
    assert not is_plain(series)
    found = reader.read(series, lambda *now: told.append(now))
    expected = DIRECT.read(series)
    np.testing.assert_array_equal(found.voxels, expected.voxels)
    assert found.pixel_sha256 == expected.pixel_sha256
    assert found.series is series
    assert found.voxels.dtype == np.float32
    assert not found.voxels.flags.writeable
    assert told[0] == (0.0, "Reading images")


def unusual_bits(_index: int, dataset: FileDataset) -> None:
    dataset.HighBit = 15


def shorter(_index: int, dataset: FileDataset) -> None:
    dataset.PixelData = dataset.PixelData[:-2]
    dataset.DataSetTrailingPadding = bytes(16)


def longer(_index: int, dataset: FileDataset) -> None:
    dataset.PixelData = dataset.PixelData + b"\0" * 64


def wide(_index: int, dataset: FileDataset) -> None:
    dataset.BitsAllocated = 32
    dataset.BitsStored = 12
    dataset.PixelData = dataset.PixelData * 2


def one_odd(index: int, dataset: FileDataset) -> None:
    if index == 3:
        shorter(index, dataset)


@pytest.mark.parametrize("edit", [unusual_bits, shorter, longer, wide, one_odd])
def test_what_does_not_fit_its_header_is_not_plain(
    tmp_path: Path, edit: Callable[[int, FileDataset], None]
) -> None:
    write_series(tmp_path, slices=4, each=edit)
    assert not is_plain(only(tmp_path))


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_ways_of_writing_are_not_plain(
    tmp_path: Path, reader: SafeReader, syntax: UID
) -> None:
    write_series(tmp_path, slices=4, syntax=syntax)
    series = only(tmp_path)
    assert not is_plain(series)
    assert reader.read(series).pixel_sha256 == DIRECT.read(series).pixel_sha256


def test_a_file_that_is_cut_short_is_not_plain(tmp_path: Path) -> None:
    paths = write_series(tmp_path, slices=4)
    series = only(tmp_path)
    assert is_plain(series)
    paths[1].write_bytes(paths[1].read_bytes()[:-100])
    assert not is_plain(series)
    paths[1].unlink()
    assert not is_plain(series)


def test_a_long_tail_is_not_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_reader, "MOST_TRAILING_BYTES", 100)
    paths = write_series(tmp_path, slices=4)
    tail = struct.pack("<HH2sHL", 0xFFFC, 0xFFFC, b"OB", 0, 88) + bytes(88)
    paths[0].write_bytes(paths[0].read_bytes() + tail)
    assert is_plain(only(tmp_path))
    paths[0].write_bytes(paths[0].read_bytes() + b"\0")
    assert not is_plain(only(tmp_path))


def test_a_big_series_goes_to_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path, slices=4, rows=16, columns=16)
    series = only(tmp_path)
    monkeypatch.setattr(safe_reader, "MOST_PLAIN_VOXELS", 4 * 16 * 16)
    assert is_plain(series)
    monkeypatch.setattr(safe_reader, "MOST_PLAIN_VOXELS", 4 * 16 * 16 - 1)
    assert not is_plain(series)


def test_a_big_file_goes_to_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path, slices=4, rows=16, columns=16)
    series = only(tmp_path)
    monkeypatch.setattr(safe_reader, "MOST_PLAIN_FILE_VOXELS", 16 * 16)
    assert is_plain(series)
    monkeypatch.setattr(safe_reader, "MOST_PLAIN_FILE_VOXELS", 16 * 16 - 1)
    assert not is_plain(series)


def test_a_damaged_stream_ends_as_it_does_without_a_worker(
    tmp_path: Path, reader: SafeReader
) -> None:
    compressed(tmp_path, JPEG2000Lossless)
    path = sorted(tmp_path.iterdir())[2]
    content = bytearray(path.read_bytes())
    content[-300:] = bytes(300)
    path.write_bytes(bytes(content))
    series = only(tmp_path)
    assert outcome(reader.read, series) == outcome(DIRECT.read, series)


def test_a_decoder_that_crashes_never_ends_the_program(tmp_path: Path) -> None:
    compressed(tmp_path, RLELossless)
    before = set(multiprocessing.active_children())
    worker = WorkerProcess({**TASKS, "decode": worker_tasks.abort})
    reader = SafeReader(worker)
    series = only(tmp_path)
    for _ in range(2):
        with pytest.raises(DamagedImage, match=r"could not survive.*send the series again.*\.$"):
            reader.read(series)
    reader.close()
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (WorkerTooSlowError("x"), "takes far longer"),
        (WorkerOutOfMemoryError("x"), "far more memory"),
        (WorkerLostError("x"), "could not survive"),
    ],
)
def test_each_end_of_the_worker_is_a_damaged_image(
    tmp_path: Path, error: Exception, words: str
) -> None:
    compressed(tmp_path, RLELossless)
    with pytest.raises(DamagedImage, match=words):
        SafeReader(Failing(error)).read(only(tmp_path))


def test_limits_grow_with_the_series(tmp_path: Path) -> None:
    asked: list[Request] = []

    class Noting(WorkerProcess):
        def ask(self, request: Request, *_: Any, **__: Any) -> Answer:
            asked.append(request)
            raise WorkerLostError("enough")

    for name, rows in (("small", 16), ("large", 160)):
        write_series(tmp_path / name, slices=4, rows=rows, each=unusual_bits)
        with pytest.raises(DamagedImage):
            SafeReader(Noting()).read(only(tmp_path / name))
    small, large = asked
    assert 30 < small.limit_s < large.limit_s < 60
    assert small.memory_bytes is not None
    assert large.memory_bytes is not None
    assert 512 << 20 < small.memory_bytes < large.memory_bytes


def test_the_wish_to_stop_is_obeyed_in_both_ways_of_reading(
    tmp_path: Path, reader: SafeReader
) -> None:
    write_series(tmp_path / "plain", slices=4)
    compressed(tmp_path / "packed", RLELossless)
    for name in ("plain", "packed"):
        with pytest.raises(Cancelled):
            reader.read(only(tmp_path / name), cancelled=lambda: True)
    assert reader.read(only(tmp_path / "packed")).voxels.shape == (4, 64, 48)


def test_scans_as_the_plain_reader_does(tmp_path: Path) -> None:
    write_series(tmp_path, slices=4)
    found, expected = SafeReader(Refusing()).scan(tmp_path), DIRECT.scan(tmp_path)
    assert [series.uid for series in found.series] == [series.uid for series in expected.series]


@pytest.mark.parametrize("sample", ["dcm_qa_frag", "dcm_qa_enh", "pydicom-data"])
def test_samples_give_what_direct_reading_gives(
    shared_data: Path, reader: SafeReader, sample: str
) -> None:
    scan = DIRECT.scan(shared_data / "dicom_samples" / sample)
    assert scan.series
    for series in scan.series:
        assert outcome(reader.read, series) == outcome(DIRECT.read, series)


def outcome(read: Callable[[Series], Any], series: Series) -> str:
    try:
        return str(read(series).pixel_sha256)
    except DamagedImage as error:
        return str(error)
