from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hipdesk.adapters.whole_file import OWNER_ONLY, output_file, replacing, write_file
from hipdesk.errors import OutputError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"older")
    return path


def test_a_file_is_made_and_replaced_with_nothing_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    for content in (b"first", b"", b"second \x00\xff"):
        write_file(path, content)
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """A disk on which no file can grow beyond so many bytes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_keeps_the_older_file_and_no_half_one(older: Path) -> None:
    sentence = r"report\.pdf cannot be written; .*disk is not full"
    with pytest.raises(OutputError, match=sentence), disk_of(1000):
        write_file(older, bytes(5000))
    assert older.read_bytes() == b"older"
    assert list(older.parent.iterdir()) == [older]


def test_a_fault_found_only_when_the_disk_is_asked_keeps_the_older_file(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError):
        write_file(older, b"newer")
    assert older.read_bytes() == b"older"
    assert list(older.parent.iterdir()) == [older]


@POSIX
def test_a_folder_that_may_only_be_read_is_told(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:  # the superuser may write anywhere

        def read_only(name: str, flags: int, mode: int = 0) -> int:
            raise OSError(errno.EROFS, "Read-only file system", name)

        monkeypatch.setattr(os, "open", read_only)
    older.parent.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="you may write there"):
            write_file(older, b"newer")
    finally:
        older.parent.chmod(0o700)
    assert older.read_bytes() == b"older"


def test_a_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_file(tmp_path / "gone" / "report.pdf", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_that_name_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_file(tmp_path / "report.pdf", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]


def test_a_fault_of_the_writer_itself_passes_and_keeps_the_older_file(older: Path) -> None:
    with pytest.raises(ZeroDivisionError), output_file(older) as file:
        file.write(bytes([1 // (len(older.name) - 10)]))
    assert older.read_bytes() == b"older"
    assert list(older.parent.iterdir()) == [older]


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("r" * 251 + ".pdf")
    write_file(path, b"content")
    assert path.read_bytes() == b"content"


def test_a_folder_whose_entries_cannot_be_synced_is_no_fault(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def of_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)
    write_file(older, b"newer")
    assert older.read_bytes() == b"newer"


@POSIX
def test_permissions_are_the_user_s_own_or_as_asked(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "usual", b"")
        with replacing(tmp_path / "private", OWNER_ONLY) as file:
            file.write(b"")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "private")]
    assert modes == [0o640, 0o600]
