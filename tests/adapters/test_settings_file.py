from __future__ import annotations

import logging
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.adapters.settings_file import SettingsFile, UnfinishedFile, WindowFile
from hipdesk.errors import SettingsError
from hipdesk.paths import user_data_dir
from hipdesk.settings import Geometry, Settings, Theme, Unfinished, WindowState

SENTINEL = "Quillfeather"
SETTINGS = Settings(theme=Theme.DARK, reader_name="Dr. Müller 王", library="/data/hips")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def kept_aside(path: Path) -> list[Path]:
    return sorted(each for each in path.parent.iterdir() if each != path)


def test_the_first_start_has_defaults_and_no_problem(path: Path) -> None:
    assert SettingsFile(path).load() == (Settings(), None)
    assert not path.exists()


def test_what_is_saved_is_loaded(path: Path) -> None:
    SettingsFile(path).save(SETTINGS)
    assert SettingsFile(path).load() == (SETTINGS, None)
    SettingsFile(path).save(Settings())
    assert SettingsFile(path).load() == (Settings(), None)
    assert kept_aside(path) == []


def test_files_are_in_the_user_s_folder_by_default() -> None:
    folder = user_data_dir()
    assert not folder.exists()
    SettingsFile().save(SETTINGS)
    WindowFile().save(WindowState())
    UnfinishedFile().save(Unfinished())
    names = sorted(each.name for each in folder.iterdir())
    assert names == ["settings.json", "unfinished.json", "window.json"]


def test_window_and_unfinished_work_are_remembered(tmp_path: Path) -> None:
    window = WindowState(
        geometry=Geometry(x=-1920, y=40, width=1366, height=768),
        maximised=True,
        splitters={"review": (900, 440)},
        last_folder=tmp_path / "scans",
    )
    WindowFile(tmp_path / "window.json").save(window)
    assert WindowFile(tmp_path / "window.json").load() == (window, None)
    file = UnfinishedFile(tmp_path / "unfinished.json")
    work = Unfinished(paths=(tmp_path / "one", tmp_path / "two"))
    file.save(work)
    assert file.load() == (work, None)
    file.save(Unfinished())
    assert file.load()[0].paths == ()


@pytest.mark.skipif(sys.platform != "linux", reason="such names are Linux's")
def test_a_folder_whose_name_is_no_text_is_remembered(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(b"/scans/\xff\xfe"))
    file = UnfinishedFile(tmp_path / "unfinished.json")
    file.save(Unfinished(paths=(odd,)))
    assert file.load() == (Unfinished(paths=(odd,)), None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"null",
        b'{"theme": "dark"}',
        b'{"version": 1, "theme": "pink"}',
    ],
)
def test_a_damaged_file_is_kept_and_said(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    settings, problem = SettingsFile(path).load()
    assert settings == Settings()
    (kept,) = kept_aside(path)
    assert kept.read_bytes() == content
    assert kept.match("settings.damaged-*.json")
    assert not path.exists()
    assert problem == (
        "The settings were found damaged and start from the defaults; "
        f"the file was kept as {kept.name}."
    )
    # The next start knows nothing of it.
    assert SettingsFile(path).load() == (Settings(), None)


def test_settings_of_a_newer_program_are_kept_and_said(path: Path) -> None:
    path.write_text('{"version": 3, "theme": "dark"}')
    settings, problem = SettingsFile(path).load()
    assert settings == Settings()
    (kept,) = kept_aside(path)
    assert kept.match("settings.newer-*.json")
    assert problem is not None
    assert "newer version" in problem
    assert kept.name in problem


def test_two_damaged_files_are_both_kept(path: Path) -> None:
    for content in (b"one", b"two"):
        path.write_bytes(content)
        SettingsFile(path).load()
    assert [each.read_bytes() for each in kept_aside(path)] == [b"one", b"two"]


def test_a_damaged_file_that_cannot_be_moved_stops_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"{")
    monkeypatch.setattr(Path, "replace", refused)
    settings, problem = SettingsFile(path).load()
    assert settings == Settings()
    assert problem is not None
    assert "could not be kept aside" in problem


def refused(*args: object) -> None:
    raise PermissionError("no")


def test_a_file_that_cannot_be_read_stops_nothing(path: Path) -> None:
    path.mkdir()
    settings, problem = SettingsFile(path).load()
    assert settings == Settings()
    assert problem is not None
    assert "could not be read" in problem


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be saved"):
        SettingsFile(tmp_path / "file" / "settings.json").save(SETTINGS)


def test_a_save_that_fails_leaves_the_older_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SettingsFile(path).save(SETTINGS)
    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(SettingsError):
        SettingsFile(path).save(Settings())
    assert SettingsFile(path).load() == (SETTINGS, None)


def test_a_file_is_put_in_place_only_once_it_is_on_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        events.append("fsync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync")
        sync(descriptor)

    def replaced(self: Path, target: Path) -> Path:
        events.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    SettingsFile(path).save(SETTINGS)
    assert events[:2] == ["fsync", "replace"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_only_the_owner_may_read(path: Path) -> None:
    SettingsFile(path).save(SETTINGS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@given(content=st.binary() | st.text().map(lambda text: b'{"version": 1, ' + text.encode("utf-8")))
def test_any_content_gives_settings(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "settings.json"
    path.write_bytes(content)
    settings, problem = SettingsFile(path).load()
    assert settings == Settings()
    assert problem is not None


def test_no_value_is_logged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = path.parent / SENTINEL / "settings.json"
    SettingsFile(path).save(Settings(reader_name=SENTINEL, library=f"/x/{SENTINEL}"))
    SettingsFile(path).load()
    assert caplog.records == []
    path.write_text(f'{{"version": 1, "reader_name": ["{SENTINEL}"]}}')
    _, problem = SettingsFile(path).load()
    path.write_text(f'{{"version": 9, "reader_name": ["{SENTINEL}"]}}')
    SettingsFile(path).load()
    assert [record.code for record in caplog.records] == ["settings_error", "settings_too_new"]
    assert SENTINEL not in caplog.text
    assert problem is not None
    assert SENTINEL not in problem
