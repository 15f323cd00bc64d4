"""Folders, archives, discs and shares, whole, silent or malicious, give series or reasons."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import struct
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from hipdesk import cli
from hipdesk.adapters import _dicom_archives as archives
from hipdesk.adapters import _dicom_sources as sources
from hipdesk.adapters import _header_pool, _series_gathering
from hipdesk.adapters._dicom_archives import PrivateFolder, remove_leftovers
from hipdesk.adapters._disc_index import disc_index
from hipdesk.adapters._source_listing import Listing, SourceFile
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.safe_reader import SafeReader
from hipdesk.errors import Cancelled, UnreadableInput
from hipdesk.paths import user_data_dir
from hipdesk.records import Scan, Series
from tests.adapters.test_dicom_folder import facts
from tests.dicom_factory import T1, uid, write_series

POSIX = os.name == "posix"


@pytest.fixture
def reader() -> Iterator[DicomFolderReader]:
    with DicomFolderReader() as made:
        yield made


def reasons(scan: Scan) -> dict[str, str]:
    return {file.path.name: file.reason for file in scan.skipped}


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.rglob("*")):
            out.write(path, path.relative_to(folder))
    return archive


def opened_folders() -> list[Path]:
    home = user_data_dir() / "opened"
    return sorted(home.iterdir()) if home.is_dir() else []


# Archives


def test_an_archive_is_what_its_folder_is(tmp_path, reader):
    write_series(tmp_path / "in" / "a", slices=4)
    write_series(tmp_path / "in" / "b", series="b", slices=3, tags=T1)
    (tmp_path / "in" / "a" / "read.me").write_text("a viewer")
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    plain, packed = reader.scan(tmp_path / "in"), reader.scan(archive)
    assert [facts(series) for series in packed.series] == [facts(series) for series in plain.series]
    assert [file.path for file in packed.skipped] == [archive / "a" / "read.me"]
    assert "not a DICOM" in packed.skipped[0].reason
    for one, other in zip(plain.series, packed.series, strict=True):
        assert reader.read(one).pixel_sha256 == reader.read(other).pixel_sha256


def test_what_was_unpacked_is_private_and_goes_with_the_reader(tmp_path):
    write_series(tmp_path / "in", slices=2)
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    with DicomFolderReader() as reader:
        (series,) = reader.scan(archive).series
        path = series.slices[0].path
        assert path.is_file()
        assert user_data_dir() in path.parents
        if POSIX:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parents[2].stat().st_mode) == 0o700
    assert opened_folders() == []


def test_an_archive_opened_again_is_not_unpacked_again(tmp_path, reader):
    write_series(tmp_path / "in", slices=2)
    (tmp_path / "in" / "x.txt").write_text("x" * 500)
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    first, second = reader.scan(archive), reader.scan(archive)
    assert first.series[0].slices == second.series[0].slices
    assert first.skipped == second.skipped != ()


def test_the_desktop_s_reader_opens_archives_and_tidies_up(tmp_path):
    write_series(tmp_path / "in", slices=2)
    reader = SafeReader()
    (series,) = reader.scan(zipped(tmp_path / "in", tmp_path / "study.zip")).series
    assert reader.read(series).voxels.shape == (2, 64, 64)
    reader.close()
    assert opened_folders() == []


def test_leftovers_of_a_crash_are_removed_and_nobody_else_s(tmp_path):
    write_series(tmp_path / "in", slices=2)
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    crashed, alive = PrivateFolder(), PrivateFolder()
    (left,), (kept,) = crashed.unpacked(archive, Listing()), alive.unpacked(archive, Listing())
    crashed._lock.release()  # as the operating system does for a program that has died
    remove_leftovers()
    assert not left.files[0].path.exists()
    assert kept.files[0].path.exists()
    alive.close()
    assert opened_folders() == []


def test_a_start_removes_leftovers(tmp_path):
    left = user_data_dir() / "opened" / "0123456789abcdef"
    (left / "a").mkdir(parents=True)
    (left / "a" / "000000").write_bytes(b"x")
    SafeReader().close()
    assert opened_folders() == []


def archive_of(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return path


def test_names_inside_an_archive_lead_nowhere(tmp_path, reader):
    (path,) = write_series(tmp_path / "in", slices=1)
    image = path.read_bytes()
    names = ["../../out.dcm", "/etc/out.dcm", "C:\\out.dcm", "a/../../b/out.dcm", "new\nline/out"]
    contents = {name: image.replace(uid("study", "series", 0).encode(), _other(i))
                for i, name in enumerate(names)}  # fmt: skip
    archive = archive_of(tmp_path / "tricks.zip", contents | {"../skip.txt": b"x" * 200})
    before = sorted(tmp_path.rglob("*"))
    found = reader.scan(archive)
    used = [source.path for series in found.series for source in series.slices]
    assert len(used) + len(found.skipped) == len(names) + 1
    assert all(user_data_dir() in path.resolve().parents for path in used)
    assert all(archive in file.path.parents for file in found.skipped)
    assert not any("\n" in str(file.path) for file in found.skipped)
    assert sorted(tmp_path.rglob("*")) == before
    assert archive / "skip.txt" in {file.path for file in found.skipped}


def _other(number: int) -> bytes:
    """An instance UID of the same length as the factory's."""
    text = uid("study", "series", 0)
    return (text[:-3] + f"{number + 111:03d}").encode()


def test_archives_in_archives_and_folders_are_left_alone(tmp_path, reader):
    write_series(tmp_path / "in", slices=2)
    inner = zipped(tmp_path / "in", tmp_path / "inner.zip")
    shutil.copy(inner, tmp_path / "in" / "inner.zip")
    outer = zipped(tmp_path / "in", tmp_path / "outer.zip")
    for root in (outer, tmp_path / "in"):
        found = reader.scan(root)
        assert [len(series.slices) for series in found.series] == [2]
        assert "zip archive inside" in reasons(found)["inner.zip"]


def protected(archive: Path, names: set[str]) -> Path:
    """The archive with members marked as encrypted, in their own and the central record."""
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as opened:
        for info in opened.infolist():
            if info.filename in names:
                content[info.header_offset + 6] |= 1
                at = content.rindex(info.filename.encode()) - 46
                content[at + 8] |= 1
    archive.write_bytes(content)
    return archive


def test_protected_archives_are_explained(tmp_path, reader):
    write_series(tmp_path / "in", slices=3, names=["a", "b", "c"])
    some = protected(zipped(tmp_path / "in", tmp_path / "some.zip"), {"b"})
    found = reader.scan(some)
    assert len(found.series[0].slices) == 2
    assert "password" in reasons(found)["b"]
    whole = protected(zipped(tmp_path / "in", tmp_path / "all.zip"), {"a", "b", "c"})
    with pytest.raises(UnreadableInput, match="password"):
        reader.scan(whole)


def test_a_bomb_is_refused_by_what_it_states(tmp_path, reader):
    bomb = archive_of(tmp_path / "bomb.zip", {"image": b"\0" * 128 + b"DICM" + b"\0" * (80 << 20)})
    assert bomb.stat().st_size < 200_000
    with pytest.raises(UnreadableInput, match="far more than images do"):
        reader.scan(bomb)
    assert len(opened_folders()) <= 2


def test_a_bomb_is_refused_by_its_total_size(tmp_path, reader, monkeypatch):
    monkeypatch.setattr(archives, "MOST_BYTES", 20_000)
    write_series(tmp_path / "in", slices=6)
    with pytest.raises(UnreadableInput, match="far more than images do"):
        reader.scan(zipped(tmp_path / "in", tmp_path / "study.zip"))


def test_a_bomb_is_refused_by_what_comes_out_of_it(tmp_path, monkeypatch, reader):
    monkeypatch.setattr(archives, "MOST_BYTES", 20_000)
    monkeypatch.setattr(archives, "_check_members", lambda *_: None)
    write_series(tmp_path / "in", slices=6)
    with pytest.raises(UnreadableInput, match="far more than images do"):
        reader.scan(zipped(tmp_path / "in", tmp_path / "study.zip"))
    held = [path for path in (user_data_dir() / "opened").rglob("*") if path.is_file()]
    assert [path.suffix for path in held] == [".lock"]


def test_a_list_of_contents_too_long_for_the_memory_is_refused(tmp_path, reader, monkeypatch):
    monkeypatch.setattr(archives, "MOST_DIRECTORY_BYTES", 2_000)
    many = archive_of(tmp_path / "many.zip", {f"{i:030d}": b"" for i in range(50)})
    with pytest.raises(UnreadableInput, match="far more than images do"):
        reader.scan(many)


def test_an_archive_needs_room(tmp_path, reader, monkeypatch):
    write_series(tmp_path / "in", slices=2)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(UnreadableInput, match="too little room"):
        reader.scan(zipped(tmp_path / "in", tmp_path / "study.zip"))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_an_archive_that_is_not_complete_is_explained(tmp_path, reader, share):
    write_series(tmp_path / "in", slices=3)
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    content = archive.read_bytes()
    archive.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UnreadableInput, match="damaged or not complete"):
        reader.scan(archive)


def test_a_damaged_member_does_not_lose_the_rest(tmp_path, reader):
    write_series(tmp_path / "in", slices=3, names=["a", "b", "c"])
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    with zipfile.ZipFile(archive) as opened:
        start = opened.getinfo("b").header_offset
        middle = start + opened.getinfo("b").compress_size // 2
    content = bytearray(archive.read_bytes())
    content[middle : middle + 200] = b"\xff" * 200
    archive.write_bytes(content)
    found = reader.scan(archive)
    assert len(found.series[0].slices) == 2
    assert "damaged" in reasons(found)["b"]


def test_a_packing_that_nobody_knows_is_explained(tmp_path, reader):
    (path,) = write_series(tmp_path / "in", slices=1, names=["a"])
    archive = archive_of(tmp_path / "odd.zip", {"a": path.read_bytes()})
    content = bytearray(archive.read_bytes())
    content[8:10] = struct.pack("<H", 9)  # Deflate64, as Windows packs large files
    at = content.rindex(b"PK\x01\x02")
    content[at + 10 : at + 12] = struct.pack("<H", 9)
    archive.write_bytes(content)
    with pytest.raises(UnreadableInput, match="packed in a way"):
        reader.scan(archive)


def test_an_empty_archive_is_refused(tmp_path, reader):
    with pytest.raises(UnreadableInput, match="holds no file"):
        reader.scan(archive_of(tmp_path / "empty.zip", {}))


def test_a_stopped_unpacking_leaves_nothing(tmp_path, reader):
    write_series(tmp_path / "in", slices=40)
    archive = zipped(tmp_path / "in", tmp_path / "study.zip")
    listing = Listing()
    listing.stopped = True
    with pytest.raises(Cancelled):
        reader._private.unpacked(archive, listing)
    assert not [path for path in (user_data_dir() / "opened").rglob("*")
                if path.is_file() and path.suffix != ".lock"]  # fmt: skip


def test_a_dicom_file_that_is_an_archive_too_is_dicom(tmp_path, reader):
    (path,) = write_series(tmp_path, slices=1)
    content = path.read_bytes()
    tail = io.BytesIO()
    with zipfile.ZipFile(tail, "w") as out:
        out.writestr("x", b"x")
    path.write_bytes(b"PK\x03\x04" + content[4:] + tail.getvalue())
    assert len(reader.scan(path).series) == 1


# Several sources


def test_several_folders_are_one_scan(tmp_path, reader):
    write_series(tmp_path / "a", slices=3)
    write_series(tmp_path / "b", series="b", slices=4, tags=T1)
    write_series(tmp_path / "c", series="c", slices=5, tags=T1)
    found = reader.scan([tmp_path / "a", zipped(tmp_path / "b", tmp_path / "b.zip")])
    assert sorted(len(series.slices) for series in found.series) == [3, 4]
    assert found.root == tmp_path / "a"


def test_a_series_spread_over_folders_is_whole(tmp_path, reader):
    paths = write_series(tmp_path / "a", slices=6)
    (tmp_path / "b").mkdir()
    for path in paths[3:]:
        path.rename(tmp_path / "b" / path.name)
    found = reader.scan([tmp_path / "b", tmp_path / "a"])
    assert [len(series.slices) for series in found.series] == [6]


def test_a_folder_given_twice_or_inside_another_is_read_once(tmp_path, reader):
    paths = write_series(tmp_path / "a" / "b", slices=3)
    found = reader.scan([tmp_path / "a", tmp_path / "a" / "b", paths[0], paths[0]])
    assert [len(series.slices) for series in found.series] == [3]
    assert all("copy" in file.reason for file in found.skipped)


def test_a_root_that_cannot_be_opened_does_not_lose_the_others(tmp_path, reader):
    write_series(tmp_path / "a", slices=3)
    found = reader.scan([tmp_path / "nowhere", tmp_path / "a"])
    assert len(found.series) == 1
    assert "cannot be opened" in reasons(found)["nowhere"]
    with pytest.raises(UnreadableInput):
        reader.scan([tmp_path / "nowhere", tmp_path / "neither"])


# Folders as they come


def test_nothing_is_written_where_images_are_read(tmp_path, reader):
    write_series(tmp_path / "disc", slices=3)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    reader.read(reader.scan(tmp_path / "disc").series[0])
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert set(before) == set(tmp_path.rglob("*"))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices on this system")
def test_devices_are_not_read(tmp_path, reader):
    write_series(tmp_path, slices=2)
    (tmp_path / "endless").symlink_to("/dev/zero")
    found = reader.scan(tmp_path)
    assert "ordinary" in reasons(found)["endless"]
    assert len(found.series) == 1


@pytest.mark.parametrize("missing", [6000, 300, 1])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_file_that_is_cut_short_is_named_and_the_rest_opens(tmp_path, reader, missing, syntax):
    paths = write_series(tmp_path, slices=5, syntax=syntax)
    paths[2].write_bytes(paths[2].read_bytes()[:-missing])
    found = reader.scan(tmp_path)
    assert len(found.series[0].slices) == 4
    assert "still being copied?" in reasons(found)[paths[2].name]
    assert reader.read(found.series[0]).voxels.shape == (4, 64, 64)


@pytest.mark.parametrize("missing", [1, 9, 200])
@pytest.mark.parametrize("syntax", [JPEG2000Lossless, RLELossless])
def test_a_compressed_file_that_is_cut_short_is_named_too(tmp_path, reader, missing, syntax):
    paths = write_series(tmp_path, slices=5)
    for path in paths:
        dataset = dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(path)
    assert len(reader.scan(tmp_path).series[0].slices) == 5
    paths[2].write_bytes(paths[2].read_bytes()[:-missing])
    found = reader.scan(tmp_path)
    assert "still being copied?" in reasons(found)[paths[2].name]
    assert reader.read(found.series[0]).voxels.shape == (4, 64, 64)


def test_a_file_that_grows_while_the_folder_is_read_is_named(tmp_path, reader):
    paths = write_series(tmp_path, slices=5)

    def copy_on(_series: Series) -> None:
        with paths[3].open("ab") as stream:
            stream.write(b"\0" * 100)

    found = reader.scan(tmp_path, found=copy_on)
    assert len(found.series[0].slices) == 4
    assert reasons(found) == {paths[3].name: "It is not complete; is it still being copied?"}
    assert len(reader.scan(tmp_path).series[0].slices) == 5


def test_of_two_copies_the_first_path_is_used_and_the_others_are_counted(tmp_path, reader):
    paths = write_series(tmp_path / "z", slices=3)
    shutil.copytree(tmp_path / "z", tmp_path / "a")
    (series,) = reader.scan(tmp_path).series
    assert {source.path.parent.name for source in series.slices} == {"a"}
    assert [n.figure for n in series.notices if n.code == "copies_left_out"] == [len(paths)]


# Sources that do not answer


class Gate:
    """Files that do not answer until the test has ended."""

    def __init__(self, silent: Callable[[Path], bool]) -> None:
        self.silent = silent
        self.asked = 0
        self.open = threading.Event()
        self._frames_of = _series_gathering.frames_of

    def __call__(self, path: Path):
        if self.silent(path):
            self.asked += 1
            self.open.wait(20)
        return self._frames_of(path)


@pytest.fixture
def gate(monkeypatch) -> Iterator[Callable[[Callable[[Path], bool]], Gate]]:
    made: list[Gate] = []

    def make(silent: Callable[[Path], bool]) -> Gate:
        made.append(Gate(silent))
        monkeypatch.setattr(_series_gathering, "frames_of", made[-1])
        return made[-1]

    yield make
    for each in made:
        each.open.set()


def test_a_file_that_does_not_answer_is_skipped(tmp_path, gate):
    paths = write_series(tmp_path, slices=8)
    gate(lambda path: path in (paths[1], paths[5]))
    began = time.monotonic()
    found = DicomFolderReader(patience_s=0.5).scan(tmp_path)
    assert time.monotonic() - began < 5
    assert len(found.series[0].slices) == 6
    assert all("does not answer" in reason for reason in reasons(found).values())
    assert reasons(found).keys() == {paths[1].name, paths[5].name}


def test_a_share_that_does_not_answer_is_given_up(tmp_path, gate):
    write_series(tmp_path, slices=60)
    silent = gate(lambda path: True)
    began = time.monotonic()
    found = DicomFolderReader(patience_s=0.2).scan(tmp_path)
    assert time.monotonic() - began < 5
    assert len(found.skipped) == 60
    assert silent.asked <= _header_pool.MOST_GIVEN_UP + _header_pool.MOST_THREADS


def test_a_file_that_did_not_answer_is_asked_again_next_time(tmp_path, gate):
    paths = write_series(tmp_path, slices=3)
    silent = gate(lambda path: path == paths[1])
    reader = DicomFolderReader(patience_s=0.2)
    assert len(reader.scan(tmp_path).series[0].slices) == 2
    silent.silent = lambda path: False
    assert len(reader.scan(tmp_path).series[0].slices) == 3


@pytest.mark.parametrize("silent", ["b", ""])
def test_a_folder_that_cannot_be_listed_is_given_up(tmp_path, monkeypatch, silent):
    write_series(tmp_path / "a", slices=3)
    write_series(tmp_path / "b", series="b", slices=3)
    write_series(tmp_path / "c", series="c", slices=3)
    held, scandir = threading.Event(), os.scandir

    def slow(folder):
        if Path(folder) == (tmp_path / silent if silent else tmp_path):
            held.wait(20)
        return scandir(folder)

    monkeypatch.setattr(sources.os, "scandir", slow)
    reader = DicomFolderReader(patience_s=0.4)
    try:
        if silent:
            found = reader.scan(tmp_path)
            assert len(found.series) == 1
            assert reasons(found).keys() == {"b", "c"}
            assert all("does not answer" in reason for reason in reasons(found).values())
        else:
            with pytest.raises(UnreadableInput, match="does not answer"):
                reader.scan(tmp_path)
    finally:
        held.set()


def test_slow_files_are_read_several_at_a_time(tmp_path, monkeypatch):
    write_series(tmp_path, slices=24)
    frames_of = _series_gathering.frames_of

    def slow(path):
        time.sleep(0.1)
        return frames_of(path)

    monkeypatch.setattr(_series_gathering, "frames_of", slow)
    began = time.monotonic()
    assert len(DicomFolderReader().scan(tmp_path).series[0].slices) == 24
    assert time.monotonic() - began < 1.6


@pytest.mark.parametrize("where", ["header", "list"])
def test_the_wish_to_stop_is_obeyed_within_100_ms(tmp_path, gate, monkeypatch, where):
    write_series(tmp_path, slices=10)
    if where == "header":
        gate(lambda path: True)
    else:
        held, scandir = threading.Event(), os.scandir
        monkeypatch.setattr(sources.os, "scandir", lambda at: (held.wait(3), scandir(at))[1])
    waits = []
    for _ in range(3):
        wanted = time.monotonic() + 0.25
        with pytest.raises(Cancelled):
            DicomFolderReader().scan(tmp_path, cancelled=lambda: time.monotonic() > wanted)  # noqa: B023
        waits.append(time.monotonic() - wanted)
    if where == "list":
        held.set()
    assert min(waits) < 0.1


# What is told on the way


def test_progress_is_told_at_most_ten_times_a_second(tmp_path, monkeypatch):
    write_series(tmp_path, slices=60)
    frames_of = _series_gathering.frames_of
    monkeypatch.setattr(
        _series_gathering, "frames_of", lambda path: (time.sleep(0.03), frames_of(path))[1]
    )
    told: list[float] = []
    began = time.monotonic()
    DicomFolderReader().scan(tmp_path, lambda fraction, what: told.append(fraction))
    assert 2 <= len(told) <= 10 * (time.monotonic() - began) + 2
    assert told == sorted(told)


HELD_S = 5.0


class Order:
    """What was told when: series found, and how far the scan was.

    Reading waits before file number ``held_at`` until a series has been told, for
    a while, so that a fast disc cannot run ahead of the telling.
    """

    def __init__(self) -> None:
        self.read = 0
        self.held_at = 0
        self.told: list[tuple[str, int, int]] = []
        self._some_told = threading.Event()
        self._frames_of = _series_gathering.frames_of

    def frames_of(self, path):
        if self.held_at and self.read >= self.held_at:
            self._some_told.wait(HELD_S)
            self._some_told.set()
        self.read += 1
        return self._frames_of(path)

    def found(self, series: Series) -> None:
        self.told.append((series.uid, len(series.slices), self.read))
        self._some_told.set()


@pytest.fixture
def order(monkeypatch) -> Order:
    made = Order()
    monkeypatch.setattr(_series_gathering, "frames_of", made.frames_of)
    return made


def test_the_first_series_is_told_before_the_scan_ends(tmp_path, order):
    for number in range(12):
        write_series(tmp_path / f"{number:02d}", series=f"s{number}", slices=40, rows=8, columns=8)
    order.held_at = 2 * 40
    found = DicomFolderReader().scan(tmp_path, found=order.found)
    assert {name for name, _, _ in order.told} == {series.uid for series in found.series}
    assert len(order.told) == 12
    first, slices, read = order.told[0]
    assert (first, slices) == (uid("study", "s0"), 40)
    assert read < 12 * 40


def test_in_one_flat_folder_a_series_is_told_once_others_have_followed(tmp_path, order):
    for number in range(5):
        write_series(tmp_path, series=f"s{number}", slices=100, rows=8, columns=8)
    order.held_at = 300
    DicomFolderReader().scan(tmp_path, found=order.found)
    assert [slices for _, slices, _ in order.told] == [100] * 5
    assert order.told[0][0] == uid("study", "s0")
    assert order.told[0][2] < 500


def test_a_series_of_which_more_turns_up_is_told_again(tmp_path, order):
    paths = write_series(tmp_path / "a", slices=6)
    (tmp_path / "b").mkdir()
    for path in paths[4:]:
        path.rename(tmp_path / "b" / path.name)
    found = DicomFolderReader().scan(tmp_path, found=order.found)
    assert [slices for _, slices, _ in order.told] == [4, 6]
    assert len(found.series[0].slices) == 6


# The index of a disc


def entry(group: int, element: int, value: str) -> bytes:
    content = value.encode() + b" " * (len(value) % 2)
    return struct.pack("<HH2sH", group, element, b"CS", len(content)) + content


def disc(*series: list[str]) -> bytes:
    """As much of a DICOMDIR as is looked at."""
    content = b"\0" * 128 + b"DICM"
    for names in series:
        content += entry(4, 0x1430, "SERIES")
        for name in names:
            content += entry(4, 0x1430, "IMAGE") + entry(4, 0x1500, name.replace("/", "\\"))
    return content


def test_the_index_of_a_disc_is_read_by_series():
    index = disc_index(disc(["A/IM1", "A/IM2 "], [], ["B/IM1;1"]))
    assert index.groups == (("a/im1", "a/im2"), ("b/im1",))
    assert disc_index(b"\xff" * 1000 + b"\x04\x00\x00\x15CS").groups == ()


def test_the_index_of_a_disc_says_what_to_read_first(tmp_path, order):
    names = {n: [f"IM{n}{i:03d}" for i in range(5)] for n in (1, 2)}
    for number, own in names.items():
        write_series(tmp_path / "DICOM", series=f"s{number}", slices=5, names=own)
    write_series(tmp_path / "DICOM", series="s3", slices=5, names=[f"A{i}" for i in range(5)])
    listed = [[f"DICOM/{name}" for name in names[n]] for n in (2, 1)]
    (tmp_path / "DICOMDIR").write_bytes(disc(*listed))
    found = DicomFolderReader().scan(tmp_path, found=order.found)
    assert [name for name, _, _ in order.told] == [uid("study", f"s{n}") for n in (2, 1, 3)]
    assert reasons(found) == {
        "DICOMDIR": "It is the index of a disc; the images it lists are read directly."
    }


def test_the_index_of_a_disc_is_not_trusted(tmp_path, reader):
    secret = tmp_path / "outside"
    write_series(secret, series="secret", slices=2, names=["IM1", "IM2"])
    write_series(tmp_path / "disc", slices=3, names=["IM1", "IM2", "IM3"])
    listed = ["../outside/IM1", "IM1", "IM1", "GONE", "/etc/passwd", ""]
    (tmp_path / "disc" / "DICOMDIR").write_bytes(disc(listed))
    found = reader.scan(tmp_path / "disc")
    assert [len(series.slices) for series in found.series] == [3]
    assert "4 of the images it lists are missing" in reasons(found)["DICOMDIR"]


def test_a_real_index_of_a_disc_agrees_with_its_files(reader):
    from pydicom.data import get_testdata_file

    path = Path(get_testdata_file("DICOMDIR"))
    groups = disc_index(path.read_bytes()).groups
    names = [name for group in groups for name in group]
    assert len(names) == 31
    assert len(set(names)) == 31
    listed = {str(p.relative_to(path.parent)).lower() for p in path.parent.rglob("*")}
    assert set(names) <= listed


# Damaged archives, and the command line


@pytest.fixture(scope="module")
def sound_archive(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("sound")
    write_series(folder / "in", slices=2, rows=8, columns=8)
    return zipped(folder / "in", folder / "study.zip").read_bytes()


@given(data=st.data())
def test_damaged_archives_raise_only_our_errors(tmp_path_factory, sound_archive, data):
    content = bytearray(sound_archive)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(30, len(content)))
    path = tmp_path_factory.mktemp("damaged") / "study.zip"
    path.write_bytes(content[:cut] if data.draw(st.booleans()) else content)
    with DicomFolderReader() as reader:
        try:
            found = reader.scan(path)
        except UnreadableInput:
            return
    assert all(path in file.path.parents for file in found.skipped)


def test_a_wide_list_of_contents_is_counted_as_well(tmp_path, reader, monkeypatch):
    monkeypatch.setattr(archives, "MOST_DIRECTORY_BYTES", 10_000)
    archive = archive_of(tmp_path / "wide.zip", {"a": b"x"})
    content = archive.read_bytes()
    end = content.rindex(b"PK\x05\x06")
    wide = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, end, 1)
    archive.write_bytes(content[:end] + wide + locator + content[end:])
    with pytest.raises(UnreadableInput, match="far more than images do"):
        reader.scan(archive)


def test_nothing_named_is_nothing_to_open(reader):
    with pytest.raises(UnreadableInput):
        reader.scan([])


def test_the_command_line_opens_archives_and_several_folders(tmp_path, capsys):
    write_series(tmp_path / "a", slices=6)
    write_series(tmp_path / "b", series="b", slices=4, tags=T1)
    archive = zipped(tmp_path / "a", tmp_path / "a.zip")
    assert cli.main(["scan", str(archive), "--also", str(tmp_path / "b"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert sorted(series["slices"] for series in document["series"]) == [4, 6]
    assert opened_folders() == []


def test_the_command_line_remembers_unless_told_not_to(tmp_path, capsys):
    write_series(tmp_path / "a", slices=2)
    kept = user_data_dir() / "scan-index"
    assert cli.main(["scan", str(tmp_path / "a"), "--no-index"]) == 0
    assert not kept.exists()
    assert cli.main(["scan", str(tmp_path / "a")]) == 0
    assert len(list(kept.iterdir())) == 1
    capsys.readouterr()


def test_a_file_a_folder_is_not_sorted_anew_for_every_file(tmp_path, monkeypatch):
    for number, path in enumerate(write_series(tmp_path, slices=64, rows=8, columns=8)):
        (tmp_path / f"{number:02d}").mkdir()
        path.rename(tmp_path / f"{number:02d}" / "x")
    sorted_frames: list[int] = []
    sort = _series_gathering.sort_into_series
    monkeypatch.setattr(
        _series_gathering,
        "sort_into_series",
        lambda frames: (sorted_frames.append(1), sort(frames))[1],
    )
    told: list[int] = []
    found = DicomFolderReader().scan(tmp_path, found=lambda series: told.append(len(series.slices)))
    assert [len(series.slices) for series in found.series] == [64]
    assert told[0] == 1
    assert told[-1] == 64
    assert len(sorted_frames) <= 8


def test_the_sorting_of_very_many_frames_can_be_stopped(tmp_path, reader, monkeypatch):
    sorting = threading.Event()

    def slow(_frames: object) -> None:
        sorting.set()
        time.sleep(2)

    write_series(tmp_path, slices=3)
    monkeypatch.setattr(_series_gathering, "sort_into_series", slow)
    monkeypatch.setattr(_series_gathering, "MANY_FRAMES", 2)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        reader.scan(tmp_path, cancelled=sorting.is_set)
    assert time.monotonic() - began < 1.5


def test_no_help_is_brought_where_every_file_has_been_begun(tmp_path, monkeypatch):
    (path,) = write_series(tmp_path, slices=1)
    begun: list[object] = []
    start = _header_pool._Thread.start

    def counted(thread: _header_pool._Thread) -> None:
        begun.append(thread)
        start(thread)

    def slow(_file: SourceFile) -> str:
        time.sleep(0.5)
        return "read"

    monkeypatch.setattr(_header_pool._Thread, "start", counted)
    pool = _header_pool.HeaderPool[str](slow, "silent")
    file = SourceFile(path, path, 1, 1)
    assert [found for _, found in pool.results([file], lambda: False)] == ["read"]
    assert len(begun) <= 2
