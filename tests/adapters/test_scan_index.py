"""An unchanged folder opens from memory, a changed one from its files."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from hipdesk.adapters import _scan_index, _series_gathering
from hipdesk.adapters._scan_index import ScanIndex
from hipdesk.adapters.dicom_folder import DicomFolderReader, user_index
from hipdesk.paths import user_data_dir
from hipdesk.records import Patient, Scan, Series
from tests.adapters.test_dicom_folder import facts
from tests.dicom_factory import T1, enhanced_dataset, pattern, save, slice_positions, write_series

CORONAL = (1, 0, 0, 0, 0, -1)


class Looks:
    """Counts the files that are looked into."""

    def __init__(self) -> None:
        self.paths: list[Path] = []
        self._frames_of = _series_gathering.frames_of

    def __call__(self, path: Path):
        self.paths.append(path)
        return self._frames_of(path)

    def taken(self) -> set[str]:
        """Names of the files since the last time."""
        names = {path.name for path in self.paths}
        self.paths.clear()
        return names


@pytest.fixture
def looks(monkeypatch) -> Looks:
    made = Looks()
    monkeypatch.setattr(_series_gathering, "frames_of", made)
    return made


def aged(folder: Path) -> None:
    """Let the files have lain there for a while."""
    then = time.time() - 1000
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


@pytest.fixture
def study(tmp_path) -> Path:
    """Two series in folders of their own, a single enhanced file, and something else."""
    folder = tmp_path / "study"
    write_series(folder / "a", slices=4)
    write_series(folder / "b", series="b", slices=3, tags=T1)
    (folder / "c").mkdir()
    positions = slice_positions(CORONAL, (5, 12, 16), (5, 5, 5), (0, 0, 0))
    save(
        enhanced_dataset(positions=positions, voxels=pattern(5, 12, 16)), folder / "c" / "enhanced"
    )
    (folder / "b" / "notes.txt").write_text("notes " * 100)
    aged(folder)
    return folder


def everything(scan: Scan) -> object:
    """All that a scan says, its files included."""
    return (
        [
            (facts(s), [source.path for source in s.slices], s.patient.name_groups)
            for s in scan.series
        ],
        scan.skipped,
        scan.root,
    )


def on_disc() -> list[Path]:
    folder = user_data_dir() / "scan-index"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_an_unchanged_folder_is_not_read_again(study, looks):
    reader = DicomFolderReader()
    first = reader.scan(study)
    assert len(looks.taken()) == 9
    told: list[Series] = []
    second = reader.scan(study, found=told.append)
    assert looks.taken() == set()
    assert everything(first) == everything(second)
    assert len(told) == len(second.series)
    assert not second.series[0].affine.flags.writeable
    for one, other in zip(first.series, second.series, strict=True):
        assert reader.read(one).pixel_sha256 == reader.read(other).pixel_sha256


def test_what_is_remembered_outlives_the_program(study, looks):
    first = DicomFolderReader(user_index()).scan(study)
    looks.taken()
    assert everything(DicomFolderReader(user_index()).scan(study)) == everything(first)
    assert looks.taken() == set()


def test_only_a_changed_folder_is_read_again(study, looks):
    reader = DicomFolderReader()
    reader.scan(study)
    looks.taken()
    write_series(study / "d", series="d", slices=2, tags=T1)
    write_series(study / "b", series="b", slices=1, tags=T1, rows=32, columns=32)
    found = reader.scan(study)
    assert looks.taken() == {"b-000.dcm", "b-001.dcm", "b-002.dcm", "notes.txt",
                             "d-000.dcm", "d-001.dcm"}  # fmt: skip
    assert everything(found) == everything(DicomFolderReader().scan(study))


@pytest.mark.parametrize("change", ["content", "touched", "gone", "renamed"])
def test_every_change_of_a_file_is_seen(study, change):
    reader = DicomFolderReader()
    reader.scan(study)
    path = study / "a" / "series-001.dcm"
    if change == "content":
        path.write_bytes(b"no image any more " * 50)
    elif change == "touched":
        path.write_bytes(path.read_bytes().replace(b"COR STIR", b"COR PDFS"))
    elif change == "gone":
        path.unlink()
    else:
        path.rename(path.with_name("other.dcm"))
    assert everything(reader.scan(study)) == everything(DicomFolderReader().scan(study))


def test_new_slices_of_a_known_series_bring_the_known_ones_back(study, looks):
    reader = DicomFolderReader()
    paths = write_series(study / "e", series="e", slices=6)
    (study / "f").mkdir()
    aged(study)
    for path in paths[4:]:
        path.rename(study.parent / path.name)
    assert sorted(len(s.slices) for s in reader.scan(study).series) == [3, 4, 4, 5]
    looks.taken()
    for path in paths[4:]:
        (study.parent / path.name).rename(study / "f" / path.name)
    found = reader.scan(study)
    assert sorted(len(s.slices) for s in found.series) == [3, 4, 5, 6]
    assert looks.taken() == {path.name for path in paths}
    reader.scan(study)
    assert looks.taken() == set()


def test_a_copy_in_a_new_folder_is_recognised(study, looks):
    reader = DicomFolderReader()
    reader.scan(study)
    (study / "copy").mkdir()
    copy = study / "copy" / "x"
    copy.write_bytes((study / "a" / "series-000.dcm").read_bytes())
    aged(study / "copy")
    assert everything(reader.scan(study)) == everything(DicomFolderReader().scan(study))
    assert "copy" in next(f.reason for f in reader.scan(study).skipped if f.path == copy)


def test_what_has_just_been_written_is_not_remembered(tmp_path, looks):
    write_series(tmp_path / "a", slices=2)
    write_series(tmp_path / "b", series="b", slices=2)
    aged(tmp_path / "a")
    later = time.time() + 100
    os.utime(tmp_path / "b" / "b-000.dcm", (later, later))
    reader = DicomFolderReader()
    reader.scan(tmp_path)
    looks.taken()
    reader.scan(tmp_path)
    assert looks.taken() == {"b-000.dcm", "b-001.dcm"}


def test_another_character_set_is_another_scan(study):
    reader = DicomFolderReader()
    reader.scan(study, charset="GB18030")
    plain = reader.scan(study)
    assert everything(plain) == everything(DicomFolderReader().scan(study))


def test_archives_are_not_remembered(study, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "s.zip", "w") as out:
        out.write(study / "a" / "series-000.dcm", "x")
    index = user_index()
    with DicomFolderReader(index) as reader:
        reader.scan(tmp_path / "s.zip")
    with DicomFolderReader(index) as reader:
        (series,) = reader.scan(tmp_path / "s.zip").series
        assert reader.read(series).voxels.shape == (1, 64, 64)


def test_a_path_named_from_elsewhere_is_another_scan(study, monkeypatch):
    index = ScanIndex()
    monkeypatch.chdir(study.parent)
    DicomFolderReader(index).scan(Path("study"))
    monkeypatch.chdir("/")
    found = DicomFolderReader(index).scan(study)
    assert all(source.path.is_file() for series in found.series for source in series.slices)


# What lies on the disc


def test_nothing_is_kept_on_the_disc_unless_asked_for(study):
    DicomFolderReader().scan(study)
    assert on_disc() == []


@pytest.mark.skipif(os.name != "posix", reason="modes of files mean nothing here")
def test_only_the_user_can_read_it(study):
    DicomFolderReader(user_index()).scan(study)
    (path,) = on_disc()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_its_name_says_nothing(study):
    named = study.rename(study.parent / "Sentinel Person")
    DicomFolderReader(user_index()).scan(named)
    (path,) = on_disc()
    assert set(path.stem) <= set("0123456789abcdef")
    assert b"Sentinel Person" in path.read_bytes()


def test_it_can_be_forgotten(study, looks):
    reader = DicomFolderReader(user_index())
    reader.scan(study)
    looks.taken()
    reader.forget()
    assert on_disc() == []
    reader.scan(study)
    assert len(looks.taken()) == 9


def test_it_stays_small(study, monkeypatch):
    monkeypatch.setattr(_scan_index, "MOST_FILES", 2)
    index = user_index()
    names = []
    for number, name in enumerate("abc"):
        DicomFolderReader(index).scan(study / name)
        (new,) = set(on_disc()) - set(names)
        os.utime(new, (number, number))
        names.append(new)
    assert on_disc() == sorted(names[1:])
    monkeypatch.setattr(_scan_index, "MOST_BYTES", 10)
    DicomFolderReader(index).scan(study)
    assert on_disc() == []
    monkeypatch.setattr(_scan_index, "MOST_ENTRY_BYTES", 10)
    DicomFolderReader(user_index()).scan(study)
    assert on_disc() == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"schema":1}', b"\xff\xfe", b'{"schema": "", "units": [[1]]}'],
)
def test_a_damaged_entry_is_no_entry(study, looks, content):
    first = DicomFolderReader(user_index()).scan(study)
    (path,) = on_disc()
    path.write_bytes(content)
    looks.taken()
    assert everything(DicomFolderReader(user_index()).scan(study)) == everything(first)
    assert len(looks.taken()) == 9


def test_every_single_damaged_byte_is_survived(study):
    DicomFolderReader(user_index()).scan(study / "a")
    (path,) = on_disc()
    sound = path.read_bytes()
    for at in range(0, len(sound), 97):
        path.write_bytes(sound[:at] + b"#" + sound[at + 1 :])
        assert isinstance(user_index().load([study / "a"], ""), tuple)


def test_an_entry_of_another_version_is_no_entry(study, looks, monkeypatch):
    DicomFolderReader(user_index()).scan(study)
    monkeypatch.setattr(_scan_index, "__version__", "0.0.0")
    _scan_index._version.cache_clear()
    looks.taken()
    DicomFolderReader(user_index()).scan(study)
    assert len(looks.taken()) == 9
    _scan_index._version.cache_clear()


def test_a_full_disc_is_no_reason_to_fail(study, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ScanIndex, "_write", full)
    assert len(DicomFolderReader(user_index()).scan(study).series) == 3


def test_the_same_person_without_name_groups_is_the_same():
    assert Patient("1", name_groups=("A^B",)) == Patient("1")
