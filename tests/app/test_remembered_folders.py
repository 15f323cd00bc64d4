"""What is kept of opened folders: an index that can be emptied and switched off, character sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap.keeper import FileKeeper
from app.bootstrap.opened_folders import IndexOfFolders
from app.messages import Messages
from hipdesk.adapters.dicom_folder import user_index
from hipdesk.adapters.safe_reader import SafeReader
from hipdesk.paths import user_data_dir
from tests.dicom_factory import write_series

LONG_AGO = 1_600_000_000


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIPDESK_DATA", str(tmp_path / "data"))


@pytest.fixture
def reader() -> Iterator[SafeReader]:
    made = SafeReader(index=user_index())
    yield made
    made.close()


def study(folder: Path) -> Path:
    for path in write_series(folder, slices=4, rows=16, columns=16):
        os.utime(path, (LONG_AGO, LONG_AGO))
    os.utime(folder, (LONG_AGO, LONG_AGO))
    return folder


def remembered() -> list[Path]:
    return sorted((user_data_dir() / "scan-index").glob("*.json"))


def test_what_is_remembered_is_emptied(tmp_path: Path, reader: SafeReader) -> None:
    folder = study(tmp_path / "study")
    reader.scan(folder)
    assert len(remembered()) == 1
    IndexOfFolders(reader).forget()
    assert remembered() == []
    reader.scan(folder)
    assert len(remembered()) == 1, "only what was there is forgotten"


def test_nothing_is_remembered_where_it_is_switched_off(tmp_path: Path, reader: SafeReader) -> None:
    folder, opened = study(tmp_path / "study"), IndexOfFolders(reader)
    reader.scan(folder)
    opened.remember(False)
    assert remembered() == []
    assert len(reader.scan(folder).series) == 1
    assert remembered() == []
    opened.remember(True)
    reader.scan(folder)
    assert len(remembered()) == 1


def test_a_character_set_is_kept_for_the_next_start_without_telling_of_what() -> None:
    folder = Path("/scans/Quillfeather")
    FileKeeper(Messages()).keep_charset([folder], "GB18030")
    again = FileKeeper(Messages())
    assert again.charset_of([folder]) == "GB18030"
    assert again.charset_of([Path("/scans/other")]) == ""
    kept = (user_data_dir() / "charsets.json").read_text("utf-8")
    assert "Quillfeather" not in kept
    again.keep_charset([folder], "")
    assert FileKeeper(Messages()).charset_of([folder]) == ""


def test_a_damaged_file_of_character_sets_stops_nothing() -> None:
    place = user_data_dir() / "charsets.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("{", "utf-8")
    assert FileKeeper(Messages()).charset_of([Path("/scans/a")]) == ""
