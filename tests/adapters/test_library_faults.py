"""Real faults of disks and programs: one sentence each, nothing damaged, nothing lost."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from hipdesk.adapters import _store_database as database
from hipdesk.adapters.integrity import check
from hipdesk.adapters.store import BACKUPS, DATABASE, SqlVisitStore
from hipdesk.errors import StoreDamaged, StoreError, StoreTooNew
from tests.adapters.library_tools import SENTENCE, add, kill_while_writing, tamper
from tests.adapters.small_disks import run_on_small_disk
from tests.adapters.test_migrations import VERSIONS, written_by
from tests.analysis_factory import make_analysis


@pytest.fixture
def filled(store: SqlVisitStore, place: Path, incoming: Path) -> Path:
    """A closed library with one analysis."""
    add(store, incoming, make_analysis())
    store.close()
    return place


FILLS_THE_DISK = """
import shutil, sys
from dataclasses import replace
from pathlib import Path
from hipdesk.adapters.integrity import check
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import StoreError
from hipdesk.records import Origin, Side
from tests.analysis_factory import make_analysis, make_hip, make_series, write_files

disk, folder = Path(sys.argv[1]), Path(sys.argv[2])
base = write_files(make_series(), folder)
files = [source.path for source in base.slices]
added = edited = 0
with SqlVisitStore.open(disk / "library") as store:
    first = make_analysis(base)
    store.add(first, files)
    for kind in ("add", "revise"):
        try:
            while True:
                if kind == "add":
                    again = make_analysis(replace(base, uid=f"{base.uid}.{added}"))
                    store.add(again, files)
                    added += 1
                else:
                    store.revise(first.uid, make_hip(base, Side.LEFT), Origin.MANUAL, "A")
                    edited += 1
        except StoreError as error:
            print(error)
found = check(disk / "library")
print(found.sound, found.audit_entries - added - edited, len(found.unknown), added)
"""


def test_a_disk_that_runs_full_costs_nothing_that_was_saved(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = run_on_small_disk(FILLS_THE_DISK, disk, [disk, tmp_path / "in"], kilobytes=1500)
    assert done.returncode == 0, done.stderr
    *sentences, figures = done.stdout.splitlines()
    sound, rest, unknown, added = figures.split()
    assert len(sentences) == 2
    assert all("Nothing was saved" in each and "disk is full" in each for each in sentences)
    assert (sound, rest, unknown) == ("True", "1", "0")
    assert int(added) > 0


OPENS = """
import sys
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import StoreError
try:
    with SqlVisitStore.open(sys.argv[1], read_only=len(sys.argv) > 2) as store:
        print(len(store.analyses()), store.verify_audit())
except StoreError as error:
    print(error)
"""


def test_a_new_library_does_not_fit(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = run_on_small_disk(OPENS, disk, [disk / "library"], kilobytes=64)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert "full" in done.stdout


def test_a_disk_that_is_full_already_is_named(filled: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    program = FILLED_TO_THE_BRIM + OPENS
    size = (filled / DATABASE).stat().st_size // 1024 + 200
    for words in ([disk / "library", filled], [disk / "library", filled, "only to look"]):
        done = run_on_small_disk(program, disk, words, kilobytes=size)
        assert done.returncode == 0, done.stderr
        assert "the disk is full" in done.stdout
        assert done.stdout.count("\n") == 1


FILLED_TO_THE_BRIM = """
import shutil, sys
from pathlib import Path
shutil.copytree(sys.argv[1 + 1], sys.argv[1])
del sys.argv[2]
try:
    with (Path(sys.argv[1]).parent / "else").open("wb", buffering=0) as other:
        while True:
            other.write(bytes(512))
except OSError:
    pass
"""


def test_a_read_only_folder(filled: Path) -> None:
    for words in ([filled], [filled, "only to look"]):
        done = run_on_small_disk(OPENS, filled, words)
        assert "may not be written to" in done.stdout
        assert done.stdout.count("\n") == 1
    assert check(filled).sound


def test_a_migration_for_which_there_is_no_room(tmp_path: Path) -> None:
    disk, older = tmp_path / "disk", written_by("0001", tmp_path / "first")
    disk.mkdir()
    program = (
        "import shutil, sys\nshutil.copytree(sys.argv[2], sys.argv[1])\nsys.argv.pop()\n" + OPENS
    )
    size = (older / DATABASE).stat().st_size // 1024
    done = run_on_small_disk(program, disk, [disk / "library", older], kilobytes=size + 40)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert "full" in done.stdout


def test_a_database_that_another_program_holds(
    filled: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_WAIT_S", 0.1)
    with (
        SqlVisitStore.open(filled) as store,
        closing(sqlite3.connect(filled / DATABASE, isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match=r"another program is using it; close that program"):
            add(store, incoming / "more", make_analysis())
        other.execute("ROLLBACK")
        assert store.verify_audit() == 1
        add(store, incoming / "more", make_analysis())
        assert (store.verify_audit(), store.verify_files()) == (2, 14)


class TestLargeDatabase:
    """Looked through at the start unless it lies as a program left it, a few days ago at most."""

    @pytest.fixture
    def looked(self, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
        """Whether each opening looked through the pages."""
        real, told = database.check_sqlite, list[bool]()

        def check_sqlite(path: Path, *, pages: bool = True) -> None:
            told.append(pages)
            real(path, pages=pages)

        monkeypatch.setattr(database, "check_sqlite", check_sqlite)
        monkeypatch.setattr(database, "LARGE_BYTES", 0)
        return told

    def opened(self, place: Path) -> None:
        SqlVisitStore.open(place).close()

    def test_as_it_was_left_it_opens_at_once(self, filled: Path, looked: list[bool]) -> None:
        for _ in range(3):
            self.opened(filled)
        SqlVisitStore.open(filled, read_only=True).close()
        assert looked == [True, False, False, False]

    def test_a_small_one_is_looked_through_each_time(
        self, filled: Path, looked: list[bool], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(database, "LARGE_BYTES", 1 << 40)
        self.opened(filled)
        self.opened(filled)
        assert looked == [True, True]

    def test_after_a_week_it_is_looked_through(
        self, filled: Path, looked: list[bool], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.opened(filled)
        monkeypatch.setattr(database, "CHECK_EVERY", timedelta())
        self.opened(filled)
        assert looked == [True, True]

    def test_whatever_changed_it_meanwhile_it_is_looked_through(
        self, filled: Path, looked: list[bool]
    ) -> None:
        self.opened(filled)
        tamper(filled, "CREATE TABLE room (id INTEGER)")
        self.opened(filled)
        with sqlite3.connect(filled / DATABASE) as other:  # a log that nobody put away
            other.execute("PRAGMA wal_autocheckpoint = 0")
            other.execute("CREATE TABLE hall (id INTEGER)")
            other.commit()
            SqlVisitStore.open(filled, read_only=True).close()
        other.close()
        assert looked == [True, True, True]

    def test_damage_is_found_and_told_as_such(self, filled: Path, looked: list[bool]) -> None:
        self.opened(filled)
        path = filled / DATABASE
        data = bytearray(path.read_bytes())
        data[4096 * 3 : 4096 * 12] = b"\xff" * (4096 * 9)
        path.write_bytes(data)
        with pytest.raises(StoreDamaged, match=SENTENCE):
            self.opened(filled)

    def test_a_note_that_cannot_be_read_says_nothing(
        self, filled: Path, looked: list[bool]
    ) -> None:
        self.opened(filled)
        for text in ("", "[]", "{}", '{"checked_utc": 1, "file": 2}'):
            (filled / DATABASE).with_suffix(".checked").write_text(text)
            self.opened(filled)
        assert looked == [True] * 5


def test_two_programs_at_once(filled: Path) -> None:
    with SqlVisitStore.open(filled):
        done = subprocess.run(
            [sys.executable, "-m", "hipdesk", "check", "--repair", "--store", str(filled)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 4
    assert done.stderr == (
        "Another program is already working in this patient library; "
        "close it there and try again.\n"
    )
    assert check(filled).sound


def test_a_library_of_a_newer_program(filled: Path) -> None:
    tamper(filled, "UPDATE alembic_version SET version_num = '9999'")
    before = (filled / DATABASE).read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreTooNew, match=SENTENCE):
            SqlVisitStore.open(filled, read_only=read_only)
    assert (filled / DATABASE).read_bytes() == before
    assert not (filled / BACKUPS).exists()


MIGRATES = """
import shutil, sys
from pathlib import Path
from hipdesk.adapters.store import SqlVisitStore

older, out = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
number = 0
while True:
    place = out / str(number)
    shutil.copytree(older, out / f"copy{number}")
    (out / f"copy{number}").rename(place)
    SqlVisitStore.open(place).close()
    print(number, flush=True)
    number += 1
"""


def older_library(folder: Path, version: str) -> Path:
    """A library that this version wrote, made once."""
    place = folder / version
    return place if place.exists() else written_by(version, place)


def audit_entries(place: Path) -> int:
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        return int(connection.execute("SELECT count(*) FROM audit").fetchone()[0])


def campaign(tmp_path: Path, kills: int, seed: int) -> int:
    """Kill programs that migrate libraries of each version in turn; how many were half-way."""
    dice, interrupted = random.Random(seed), 0
    for number in range(kills):
        older = older_library(tmp_path, VERSIONS[number % len(VERSIONS)])
        entries = audit_entries(older)
        out = tmp_path / f"out{number}"
        out.mkdir()
        done = kill_while_writing(MIGRATES, [older, out], dice)
        for place in out.glob("[0-9]*"):
            with closing(sqlite3.connect(place / DATABASE)) as connection:
                found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            interrupted += found != [(database.NEWEST,)]
            assert place.name not in done or found == [(database.NEWEST,)]
            with SqlVisitStore.open(place) as store:
                assert store.verify_audit() == entries > 0
            assert check(place).database_sound
        shutil.rmtree(out)
    return interrupted


def test_killed_while_migrating(tmp_path: Path) -> None:
    campaign(tmp_path, kills=1, seed=31)


@pytest.mark.slow
def test_killed_while_migrating_sixty_times(tmp_path: Path) -> None:
    assert campaign(tmp_path, kills=60, seed=32) > 0
