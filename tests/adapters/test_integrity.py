"""Reading a library through, and repairing it by quarantine: nothing is lost, nothing invented."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hipdesk import cli
from hipdesk.adapters import integrity
from hipdesk.adapters.backup import back_up
from hipdesk.adapters.integrity import QUARANTINE, check, repair
from hipdesk.adapters.store import DATABASE, LIBRARY, SqlVisitStore
from hipdesk.errors import StoreError
from tests.adapters.library_tools import SENTENCE, add, tamper
from tests.analysis_factory import make_analysis


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with two analyses of seven files each, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    with SqlVisitStore.open(folder / "library") as store:
        for _ in range(2):
            add(store, folder / "incoming", make_analysis())
    return folder / "library"


@pytest.fixture
def filled(template: Path, place: Path) -> Path:
    shutil.copytree(template, place)
    return place


def images(place: Path) -> list[Path]:
    return sorted((place / LIBRARY).rglob("*.dcm"))


def everything(place: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.suffix in {".dcm", ".sqlite3", ".part"} and QUARANTINE not in path.parts
    }


def rows(place: Path) -> list[str]:
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        return sorted(connection.iterdump())


def damage_index(place: Path) -> None:
    """Overwrite the pages of an index; what its table holds stays."""
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_patient_identifier_issuer'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray((place / DATABASE).read_bytes())
    data[(page - 1) * size + 8 : page * size] = b"\x5a" * (size - 8)
    (place / DATABASE).write_bytes(data)


def damage_table(place: Path) -> None:
    """Overwrite a page of results."""
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'slice_score'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray((place / DATABASE).read_bytes())
    data[(page - 1) * size : page * size] = b"\x5a" * size
    (place / DATABASE).write_bytes(data)


def test_a_sound_library_is_found_so_and_not_changed(filled: Path) -> None:
    before = everything(filled)
    found = check(filled)
    assert found.sound
    assert (found.audit_entries, found.images, found.unknown) == (2, 14, ())
    assert everything(filled) == before
    done = repair(filled)
    assert (done.before, done.after, done.quarantine) == (found, found, None)
    assert everything(filled) == before


def test_a_library_in_use_can_be_checked_but_not_repaired(filled: Path) -> None:
    with SqlVisitStore.open(filled) as store:
        assert check(filled).sound
        with pytest.raises(StoreError, match=r"Another program is already working"):
            repair(filled)
        assert store.verify_audit() == 2


def test_damaged_images_go_into_quarantine(filled: Path) -> None:
    lost, hurt = images(filled)[0], images(filled)[1]
    lost.unlink()
    hurt.write_bytes(b"not what was copied")
    stray = filled / LIBRARY / "notes" / "mine.txt"
    stray.parent.mkdir()
    stray.write_bytes(b"mine")
    found = check(filled)
    assert not found.sound
    assert found.missing == (lost.relative_to(filled).as_posix(),)
    assert found.damaged == (hurt.relative_to(filled).as_posix(),)
    assert found.unknown == ("library/notes/mine.txt",)
    done = repair(filled)
    assert done.quarantine is not None
    assert done.before == found
    assert len(done.after.missing) == 2
    assert (done.after.damaged, done.after.unknown) == ((), ())
    kept = done.quarantine
    assert (kept / hurt.relative_to(filled)).read_bytes() == b"not what was copied"
    assert (kept / stray.relative_to(filled)).read_bytes() == b"mine"


def test_images_come_back_from_a_backup(filled: Path, tmp_path: Path) -> None:
    before = everything(filled)
    back_up(filled, tmp_path / "b.zip")
    images(filled)[0].unlink()
    images(filled)[3].write_bytes(b"hurt")
    done = repair(filled, tmp_path / "b.zip")
    assert not done.before.sound
    assert done.after.sound
    assert everything(filled) == before


def test_a_backup_of_another_library_brings_nothing(
    filled: Path, tmp_path: Path, incoming: Path
) -> None:
    with SqlVisitStore.open(tmp_path / "other") as store:
        add(store, incoming, make_analysis())
    back_up(tmp_path / "other", tmp_path / "b.zip")
    images(filled)[0].unlink()
    assert len(repair(filled, tmp_path / "b.zip").after.missing) == 1


def test_a_damaged_index_is_made_anew(filled: Path) -> None:
    before = rows(filled)
    damage_index(filled)
    hurt = (filled / DATABASE).read_bytes()
    assert not check(filled).database_sound
    done = repair(filled)
    assert not done.before.database_sound
    assert done.after.sound
    assert rows(filled) == before
    assert done.quarantine is not None
    assert (done.quarantine / DATABASE).read_bytes() == hurt
    with SqlVisitStore.open(filled) as store:
        assert store.verify_audit() == 2


def test_lost_results_are_not_papered_over(filled: Path) -> None:
    damage_table(filled)
    before = everything(filled)
    assert not check(filled).sound
    with pytest.raises(StoreError, match=r"has lost something; restore a backup"):
        repair(filled)
    assert everything(filled) == before
    assert not (filled / QUARANTINE).exists()


def test_a_fault_in_the_middle_leaves_the_damaged_database(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage_index(filled)
    hurt = (filled / DATABASE).read_bytes()

    def full(self: object, name: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(integrity._Quarantine, "copy", full)
    with pytest.raises(StoreError, match=r"the disk is full"):
        repair(filled)
    assert (filled / DATABASE).read_bytes() == hurt
    assert not list(filled.glob(".hipdesk-*"))


def test_tampering_is_told_and_not_repaired(filled: Path) -> None:
    tamper(filled, "DROP TRIGGER slice_score_no_update", "UPDATE slice_score SET head_px = 7")
    found = check(filled)
    assert found.database_sound
    assert "changed outside the program" in found.audit_problem
    assert repair(filled).after == found


@pytest.mark.parametrize("kind", ["nothing", "another program's"])
def test_what_is_no_library_is_refused(tmp_path: Path, kind: str) -> None:
    if kind != "nothing":
        with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
            connection.execute("CREATE TABLE songs (id INTEGER)")
    with pytest.raises(StoreError, match=SENTENCE):
        check(tmp_path)


class TestCommand:
    def test_words_and_exit_codes(self, filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", "--store", str(filled)]) == 0
        assert "Record of changes: 2 entries, intact" in capsys.readouterr().out
        images(filled)[0].write_bytes(b"hurt")
        assert cli.main(["check", "--store", str(filled)]) == 4
        assert "0 missing and 1 damaged" in capsys.readouterr().out
        assert cli.main(["check", "--repair", "--store", str(filled)]) == 4
        assert QUARANTINE in capsys.readouterr().out

    def test_json(self, filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", "--json", "--store", str(filled)]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["sound"] is True
        assert document["found"]["images"] == 14

    def test_from_needs_repair(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["check", "--from", "b.zip"]) == 2
