"""Backups: whole or not at all, verified, made beside a writer; restoring loses nothing."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from hipdesk import cli
from hipdesk.adapters import _store_database as database
from hipdesk.adapters.backup import MANIFEST, back_up, read_backup, restore
from hipdesk.adapters.store import DATABASE, LIBRARY, SqlVisitStore
from hipdesk.errors import Cancelled, StoreError, StoreTooNew
from hipdesk.records import Side
from hipdesk.review import ReviewKind
from tests.adapters.library_tools import SENTENCE, act, add, kill_while_writing, tamper
from tests.adapters.small_disks import run_on_small_disk
from tests.analysis_factory import make_analysis

FIRST_VERSION = Path(__file__).with_name("library_0001.sql")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with two analyses, one of them judged, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    with SqlVisitStore.open(folder / "library") as store:
        analysis, _ = add(store, folder / "incoming", make_analysis())
        add(store, folder / "incoming", make_analysis())
        store.review(analysis.uid, [act(ReviewKind.ACCEPTED, Side.LEFT)])
    return folder / "library"


@pytest.fixture
def filled(template: Path, place: Path) -> Path:
    shutil.copytree(template, place)
    return place


@pytest.fixture
def file(filled: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    back_up(filled, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def content(place: Path) -> dict[str, bytes]:
    """Every image file of a library, and its tables as text."""
    files = {
        str(path.relative_to(place)): path.read_bytes()
        for path in sorted((place / LIBRARY).rglob("*.dcm"))
    }
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        return files | {"tables": "\n".join(connection.iterdump()).encode()}


def beside(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_a_backup_restores_everything(filled: Path, file: Path, tmp_path: Path) -> None:
    done = restore(file, tmp_path / "new" / "place")
    assert done.earlier is None
    assert (done.backup.images, done.backup.lacking, done.backup.problem) == (14, 0, "")
    assert content(tmp_path / "new" / "place") == content(filled)
    with SqlVisitStore.open(tmp_path / "new" / "place") as store:
        assert store.verify_audit() == 3
        assert store.verify_files() == 14
    assert beside(file) == ["backup.zip", "library of patients", "new"]


def test_a_backup_is_made_while_a_program_writes(
    filled: Path, tmp_path: Path, incoming: Path
) -> None:
    with SqlVisitStore.open(filled) as store:
        before, _ = add(store, incoming, make_analysis())
        back_up(filled, tmp_path / "backup.zip")
        add(store, incoming, make_analysis())
    restore(tmp_path / "backup.zip", tmp_path / "restored")
    with SqlVisitStore.open(tmp_path / "restored") as store:
        assert len(store.analyses()) == 3
        assert store.analyses()[-1] == before.uid
        assert (store.verify_audit(), store.verify_files()) == (4, 21)


def test_a_file_that_is_there_is_not_overwritten(filled: Path, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"exists already.*--force\.$"):
        back_up(filled, file)
    assert file.read_bytes() == before
    back_up(filled, file, force=True)
    assert read_backup(file).images == 14


def test_any_changed_byte_is_found(file: Path, tmp_path: Path) -> None:
    good, dice = file.read_bytes(), random.Random(3)
    with zipfile.ZipFile(file) as archive:
        data = [
            range(entry.header_offset + 100, entry.header_offset + 100 + entry.file_size // 2)
            for entry in archive.infolist()
        ]
    spots = [dice.choice(part) for part in data for _ in range(3)]
    spots += [dice.randrange(len(good) - 64, len(good)) for _ in range(10)]
    for spot in spots:
        file.write_bytes(good[:spot] + bytes([good[spot] ^ 0x55]) + good[spot + 1 :])
        with pytest.raises(StoreError, match=SENTENCE):
            restore(file, tmp_path / "restored")
        assert not (tmp_path / "restored").exists()
    assert beside(file) == ["backup.zip", "library of patients"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_backup_cut_off_is_refused(file: Path, tmp_path: Path, share: float) -> None:
    good = file.read_bytes()
    file.write_bytes(good[: int(len(good) * share)])
    with pytest.raises(StoreError, match=r"cut off or altered; use another backup\.$"):
        restore(file, tmp_path / "restored")


def rewritten(file: Path, change: dict[str, object], extra: str = "") -> None:
    """The same backup with another manifest, correctly hashed, and one more member."""
    with zipfile.ZipFile(file) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    document = json.loads(members[MANIFEST]) | change
    if extra:
        members[extra] = b"x"
        document["files"] += [
            {"name": extra, "sha256": hashlib.sha256(b"x").hexdigest(), "bytes": 1}
        ]
    members[MANIFEST] = json.dumps(document).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = hashlib.sha256(members[MANIFEST]).hexdigest().encode()


@pytest.mark.parametrize(
    "name", ["../outside.dcm", "/etc/x.dcm", "library/../../x.dcm", "library/ab/cd/x.exe"]
)
def test_names_that_lead_elsewhere_are_refused(file: Path, tmp_path: Path, name: str) -> None:
    rewritten(file, {}, name)
    with pytest.raises(StoreError, match=r"not a HipDesk backup"):
        restore(file, tmp_path / "restored")


def test_newer_backups_are_refused(file: Path, tmp_path: Path) -> None:
    rewritten(file, {"schema": "hipdesk.backup/2"})
    with pytest.raises(StoreError, match=r"a newer version of the program made this backup\.$"):
        restore(file, tmp_path / "restored")


def test_a_newer_schema_is_refused(
    filled: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(filled, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreTooNew, match=SENTENCE):
        back_up(filled, tmp_path / "newer.zip")
    monkeypatch.setattr(database, "NEWEST", "0001")
    monkeypatch.setattr(database, "_known_revisions", lambda: iter(["0001"]))
    with pytest.raises(StoreTooNew, match=SENTENCE):
        restore(file, tmp_path / "restored")
    assert not (tmp_path / "newer.zip").exists()
    assert not (tmp_path / "restored").exists()


def test_a_library_of_an_older_schema_is_backed_up_as_it_is(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    with closing(sqlite3.connect(first / DATABASE)) as connection:
        connection.executescript(FIRST_VERSION.read_text(encoding="utf-8"))
    made = back_up(first, tmp_path / "first.zip")
    assert (made.revision, made.images) == ("0001", 0)
    assert made.lacking > 0
    restore(tmp_path / "first.zip", tmp_path / "restored")
    assert content(tmp_path / "restored") == content(first)
    with SqlVisitStore.open(tmp_path / "restored") as store:
        assert store.verify_audit() == 3


def test_nothing_is_overwritten_without_force(filled: Path, file: Path, tmp_path: Path) -> None:
    before = content(filled)
    with pytest.raises(StoreError, match=r"already; name another folder, or pass --force"):
        restore(file, filled)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to.txt").write_text("dear")
    for force in (False, True):
        with pytest.raises(StoreError, match=r"holds something else"):
            restore(file, tmp_path / "letters", force=force)
    assert content(filled) == before


def test_force_moves_the_library_aside_and_deletes_nothing(
    filled: Path, file: Path, incoming: Path
) -> None:
    with SqlVisitStore.open(filled) as store:
        add(store, incoming, make_analysis())
    before = content(filled)
    done = restore(file, filled, force=True)
    assert done.earlier is not None
    assert content(done.earlier) == before
    with SqlVisitStore.open(filled) as store:
        assert len(store.analyses()) == 2


def test_a_library_in_use_is_not_replaced(filled: Path, file: Path) -> None:
    with SqlVisitStore.open(filled) as store:
        with pytest.raises(StoreError, match=r"Another program is already working"):
            restore(file, filled, force=True)
        assert store.verify_audit() == 3
    assert beside(file) == ["backup.zip", "library of patients"]


def test_a_fault_while_putting_in_place_brings_the_library_back(
    filled: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = content(filled), Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name.startswith("."):
            raise PermissionError(13, "denied", str(self))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(StoreError, match=SENTENCE):
        restore(file, filled, force=True)
    assert content(filled) == before
    assert beside(file) == ["backup.zip", "library of patients"]


def test_what_the_library_lacks_is_counted(filled: Path, tmp_path: Path) -> None:
    images = sorted((filled / LIBRARY).rglob("*.dcm"))
    images[0].unlink()
    images[1].write_bytes(b"damaged")
    made = back_up(filled, tmp_path / "backup.zip")
    assert (made.images, made.lacking) == (12, 2)
    assert read_backup(tmp_path / "backup.zip") == made


def test_a_record_that_was_tampered_with_stays_known(filled: Path, tmp_path: Path) -> None:
    tamper(filled, "DROP TRIGGER slice_score_no_update", "UPDATE slice_score SET head_px = 7")
    made = back_up(filled, tmp_path / "backup.zip")
    assert "changed outside the program" in made.problem
    assert restore(tmp_path / "backup.zip", tmp_path / "restored").backup == made


def test_a_damaged_database_gives_no_backup(filled: Path, tmp_path: Path) -> None:
    path = filled / DATABASE
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 12] = b"\xff" * (4096 * 9)
    path.write_bytes(data)
    with pytest.raises(StoreError, match=SENTENCE):
        back_up(filled, tmp_path / "backup.zip")
    assert not (tmp_path / "backup.zip").exists()


def test_stopping_leaves_nothing(filled: Path, file: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        back_up(filled, tmp_path / "second.zip", cancelled=lambda: True)
    with pytest.raises(Cancelled):
        restore(file, tmp_path / "restored", cancelled=lambda: True)
    assert beside(file) == ["backup.zip", "library of patients"]


PROGRAM = """
import sys
from pathlib import Path
from hipdesk.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    filled: Path, file: Path, tmp_path: Path
) -> None:
    disk, before = tmp_path / "disk", content(filled)
    disk.mkdir()
    for words in (
        ["backup", disk / "b.zip", "--store", filled],
        ["restore", file, "--store", disk / "place"],
    ):
        done = run_on_small_disk(PROGRAM, disk, words, kilobytes=100)
        assert done.returncode == 4
        assert "full" in done.stderr
        assert done.stderr.count("\n") == 1
    assert content(filled) == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of processes")
def test_a_disk_that_takes_no_large_files_is_named(filled: Path, tmp_path: Path) -> None:
    size = (filled / DATABASE).stat().st_size + 8192
    limit = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
    words = ["backup", str(tmp_path / "b.zip"), "--store", str(filled)]
    done = subprocess.run(
        [sys.executable, "-c", limit + PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "takes no file of this size" in done.stderr
    assert done.stderr.count("\n") == 1
    assert beside(tmp_path / "b.zip") == ["library of patients"]


def test_a_folder_that_may_not_be_written_to_is_one_sentence(filled: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = run_on_small_disk(PROGRAM, disk, ["backup", disk / "b.zip", "--store", filled])
    assert done.returncode == 4
    assert "may not be written to" in done.stderr
    assert done.stderr.count("\n") == 1


class TestCommands:
    def test_backup_and_restore(
        self, filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file, place = tmp_path / "b.zip", tmp_path / "restored"
        assert cli.main(["backup", str(file), "--store", str(filled)]) == 0
        assert "14 image files and the database, verified" in capsys.readouterr().out
        assert cli.main(["restore", str(file), "--check"]) == 0
        assert "is whole" in capsys.readouterr().out
        assert cli.main(["restore", str(file), "--store", str(place)]) == 0
        assert cli.main(["restore", str(file), "--store", str(place)]) == 4
        assert cli.main(["restore", str(file), "--store", str(place), "--force"]) == 0
        assert "that was there lies in" in capsys.readouterr().out
        assert cli.main(["audit", "verify", "--store", str(place)]) == 0
        assert "3 changes on record" in capsys.readouterr().out

    def test_the_programs_own_library_is_meant_without_a_name(
        self, filled: Path, user_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.copytree(filled, user_home / "hipdesk" / "patients")
        assert cli.main(["backup", str(tmp_path / "b.zip"), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["images"] == 14
        assert cli.main(["audit", "verify", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["entries"] == 3

    def test_tampering_is_one_sentence(
        self, filled: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tamper(filled, "DROP TRIGGER slice_score_no_update", "UPDATE slice_score SET head_px = 7")
        assert cli.main(["audit", "verify", "--store", str(filled)]) == 4
        said = capsys.readouterr().err
        assert "a stored result was changed outside the program" in said
        assert said.count("\n") == 1

    def test_a_server_is_backed_up_by_its_own_tools(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["backup", str(tmp_path / "b.zip"), "--store", "postgresql://host/name"]
        assert cli.main(words) == 4
        assert "the server's own tools" in capsys.readouterr().err


BACKS_UP = """
import sys
from pathlib import Path
from hipdesk.adapters.backup import back_up
place, out = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
number = 0
while True:
    back_up(place, out / f"{number}.zip")
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_killed_at_any_moment_no_half_backup_bears_a_name(filled: Path, tmp_path: Path) -> None:
    dice, before = random.Random(11), content(filled)
    for number in range(40):
        out = tmp_path / f"out{number}"
        out.mkdir()
        made = kill_while_writing(BACKS_UP, [filled, out], dice)
        named = {path.stem for path in out.glob("[0-9]*.zip")}
        assert set(made) <= named
        for path in out.glob("[0-9]*.zip"):
            assert read_backup(path).images == 14
        shutil.rmtree(out)
    assert content(filled) == before
    with SqlVisitStore.open(filled) as store:
        assert (store.verify_audit(), store.verify_files()) == (3, 14)
