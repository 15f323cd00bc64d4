"""Schema steps: complete, reversible on failure, after a backup, keeping every result."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from hipdesk.adapters import _store_database as database
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_search import search_text
from hipdesk.adapters.store import BACKUPS, DATABASE, SqlVisitStore
from hipdesk.clinical import Crp, CrpUnit
from hipdesk.errors import StoreError
from hipdesk.himriss import Reading
from hipdesk.records import (
    Analysis,
    Contrast,
    Origin,
    Reason,
    SegmentClass,
    Series,
    Side,
    SliceKey,
)
from hipdesk.review import BrushAct, ReviewKind, Stroke
from tests.adapters.library_tools import act, assert_same
from tests.alignment_factory import make_alignment
from tests.analysis_factory import make_analysis, make_patient, make_series, write_files

NEWEST = database.NEWEST
ADDS_A_COLUMN = """
import sqlalchemy as sa
from alembic import op

revision = "test2"
down_revision = {head!r}


def upgrade() -> None:
    op.create_table("room", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("analysis", sa.Column("room", sa.Text))
    {then}
"""


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the program one step newer than it is; the folder of its steps."""
    folder = tmp_path / "later 100% steps"
    shutil.copytree(database.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "later.py").write_text(
        ADDS_A_COLUMN.format(head=NEWEST, then=""), encoding="utf-8"
    )
    monkeypatch.setattr(database, "MIGRATIONS", folder)
    monkeypatch.setattr(database, "NEWEST", "test2")
    return folder


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Path, list[Analysis]]:
    """A library that this version wrote, and what is in it."""
    place, analyses = tmp_path / "place", []
    with SqlVisitStore.open(place) as store:
        for year in (2022, 2023):
            series = make_series(day=date(year, 1, 1))
            series = write_files(series, tmp_path / series.uid)
            analyses.append(make_analysis(series, level=float(year)))
            store.add(analyses[-1], [source.path for source in series.slices])
    return place, analyses


def holds(store: SqlVisitStore, analyses: list[Analysis]) -> bool:
    """Whether the library's current results are exactly these."""
    stored = store.visits(make_patient())
    return [[hip.score for hip in visit.visit.hips] for visit in stored] == [
        [hip.score for hip in analysis.hips] for analysis in analyses
    ]


def test_steps_lead_to_the_schema_that_the_program_uses(tmp_path: Path) -> None:
    SqlVisitStore.open(tmp_path).close()
    engine = database.sqlite_engine(tmp_path / DATABASE, read_only=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_newest_step_is_the_one_the_program_expects() -> None:
    script = ScriptDirectory.from_config(database._config())
    assert script.get_heads() == [NEWEST]


def test_up_to_date_library_opens_without_alembic(filled: tuple[Path, list[Analysis]]) -> None:
    program = (
        "import sys\n"
        "from hipdesk.adapters.store import SqlVisitStore\n"
        "SqlVisitStore.open(sys.argv[1]).close()\n"
        "print('alembic' in sys.modules)\n"
    )
    command = [sys.executable, "-c", program, str(filled[0])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_triggers_guard_every_table_of_results(tmp_path: Path) -> None:
    SqlVisitStore.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        names = {name for (name,) in found}
    events = ("update", "delete")
    assert names == {f"{table}_no_{event}" for table in schema.APPEND_ONLY for event in events}
    regrouped = {"patient", "visit", "study"}
    assert set(schema.metadata.tables) == set(schema.APPEND_ONLY) | regrouped


def test_settings_that_make_a_saved_result_safe(tmp_path: Path) -> None:
    with SqlVisitStore.open(tmp_path) as store, store._open_engine().connect() as connection:
        read = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    full = 2
    assert read == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "recursive_triggers": 1,
    }


def test_nothing_is_backed_up_without_need(filled: tuple[Path, list[Analysis]]) -> None:
    place, _ = filled
    SqlVisitStore.open(place).close()
    assert not (place / BACKUPS).exists()


def test_older_library_is_backed_up_and_keeps_every_result(
    filled: tuple[Path, list[Analysis]], later: Path
) -> None:
    place, analyses = filled
    with SqlVisitStore.open(place) as store:
        assert holds(store, analyses)
        assert store.verify_audit() == 2
        for hip in analyses[0].hips:
            assert hip.segmentation is not None
            got = store.load_segmentation(analyses[0].uid, hip.side)
            assert all((got.masks[name] == mask).all() for name, mask in got.masks.items())
    (backup,) = (place / BACKUPS).iterdir()
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (NEWEST,)
        assert connection.execute("SELECT count(*) FROM analysis").fetchone() == (2,)
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        assert connection.execute("SELECT room FROM analysis").fetchall() == [(None,), (None,)]


@pytest.mark.usefixtures("later")
def test_new_library_runs_every_step(tmp_path: Path) -> None:
    SqlVisitStore.open(tmp_path / "new").close()
    with closing(sqlite3.connect(tmp_path / "new" / DATABASE)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [("test2",)]
    assert not (tmp_path / "new" / BACKUPS).exists()


def test_older_library_is_not_opened_for_reading_only(
    filled: tuple[Path, list[Analysis]], later: Path
) -> None:
    place, _ = filled
    with pytest.raises(StoreError, match="an older version wrote it"):
        SqlVisitStore.open(place, read_only=True)


def test_failed_step_leaves_the_library_as_it_was(
    filled: tuple[Path, list[Analysis]], later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, analyses = filled
    text = ADDS_A_COLUMN.format(head=NEWEST, then='op.execute("INSERT INTO nowhere VALUES (1)")')
    (later / "versions" / "later.py").write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match="could not be opened"):
        SqlVisitStore.open(place)
    monkeypatch.undo()
    with SqlVisitStore.open(place) as store:
        assert holds(store, analyses)
        assert store.load_segmentation(analyses[1].uid, Side.LEFT).has_lesions
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE name = 'room'").fetchall()
    assert found == []


FIRST_VERSION = Path(__file__).with_name("library_0001.sql")
"""A library that the first version wrote: two visits of one patient, an undated one of another."""


@pytest.fixture
def first(tmp_path: Path) -> Path:
    place = tmp_path / "first"
    place.mkdir()
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        connection.executescript(FIRST_VERSION.read_text(encoding="utf-8"))
    return place


def rows(path: Path, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall()


def series_of(place: Path, analysis: str) -> Series:
    """The series that an analysis of the first version is of."""
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        series, uid = connection.execute(
            "SELECT series.id, series.uid FROM series "
            "JOIN analysis ON series_id = series.id WHERE analysis.uid = ?",
            (analysis,),
        ).fetchone()
        found = connection.execute(
            "SELECT sop_instance_uid FROM instance WHERE series_id = ? ORDER BY file", (series,)
        ).fetchall()
    made = make_series(slices=len(found))
    slices = tuple(
        replace(source, key=SliceKey(sop))
        for source, (sop,) in zip(made.slices, found, strict=True)
    )
    return replace(made, uid=uid, slices=slices)


def test_library_of_the_first_version_keeps_every_value(first: Path) -> None:
    SqlVisitStore.open(first).close()
    (backup,) = (first / BACKUPS).iterdir()
    assert backup.name.startswith("hipdesk-0001-")
    assert rows(backup, "alembic_version") == [("0001",)]
    with closing(sqlite3.connect(backup)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {name for (name,) in found} - {"alembic_version"}
        columns = {
            table: ", ".join(
                f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({table})")
            )
            for table in tables
        }
    assert len(tables) == 14
    for table in tables:
        before = rows(backup, table, columns[table])
        assert before
        assert rows(first / DATABASE, table, columns[table]) == before


def test_library_of_the_first_version_is_whole(first: Path) -> None:
    with SqlVisitStore.open(first) as store:
        assert store.verify_audit() == 3
        listed = store.patients()
        assert [(each.patient.name, each.visits) for each in listed] == [
            ("Müller^Jane", 2),
            ("", 1),
        ]
        assert listed == (*store.patients("MULLER 4711"), *store.patients()[1:])
        entries = store.entries(listed[0].uid)
        (analysis,) = entries[1].analyses
        assert (analysis.hips, analysis.slices, analysis.thumbnail) == ((Side.LEFT,), 6, None)
        loaded = store.load(analysis.uid, series_of(first, analysis.uid))
        assert loaded.analysis.hips[0].head.reason is Reason.HEAD_NOT_FOUND
        current = entries[1].visit.hip(Side.LEFT)
        assert current is not None
        assert current.score == loaded.analysis.hips[1].score
        assert_same(
            store.load_segmentation(analysis.uid, Side.LEFT), loaded.analysis.hips[1].segmentation
        )
        (undated,) = store.entries(listed[1].uid)
        plain = store.load(undated.analyses[0].uid, series_of(first, undated.analyses[0].uid))
        assert plain.analysis.series.contrast is Contrast.T1
        assert (loaded.revisions, loaded.reviews, loaded.impression) == ((), (), "")


def test_library_of_the_first_version_takes_reviews(first: Path) -> None:
    with SqlVisitStore.open(first) as store:
        uid = store.analyses()[0]
        base = store.load(uid, series_of(first, uid)).analysis
        store.revise(uid, base.hip(Side.LEFT), Origin.AI_EDITED, "Reader")
        store.review(uid, [act(ReviewKind.ACCEPTED, Side.LEFT, 1)])
        (known, unknown) = store.patients()
        (undated,) = store.entries(unknown.uid)
        store.move_visit(undated.visit.uid, known.uid, "Reader")
        store.date_visit(undated.visit.uid, date(2024, 1, 1), "Reader")
        assert [len(each.visit.hips) for each in store.entries(known.uid)] == [2, 1, 2]
        assert store.verify_audit() == 7


def test_search_text_of_the_step_is_that_of_the_program(first: Path) -> None:
    SqlVisitStore.open(first).close()
    people = rows(first / DATABASE, "patient", "id, name, identifier, search")
    accessions = rows(first / DATABASE, "study", "id, patient_id, accession")
    for key, name, identifier, search in people:
        numbers = (str(number) for _, owner, number in accessions if owner == key)
        assert search == search_text(str(name), (str(identifier), *numbers))


def test_library_of_the_first_version_is_not_opened_for_reading_only(first: Path) -> None:
    with pytest.raises(StoreError, match="an older version wrote it"):
        SqlVisitStore.open(first, read_only=True)
    assert rows(first / DATABASE, "alembic_version") == [("0001",)]


# Every version that wrote libraries

VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
READ_BY_ALL = (
    *("patient", "visit", "study", "series", "instance", "analysis", "analysis_model", "warning"),
    *("revision", "hip_result", "lesion_score", "slice_score", "mask", "audit"),
)


def written_by(version: str, folder: Path) -> Path:
    """A library as that version left it."""
    folder.mkdir()
    text = FIRST_VERSION.with_name(f"library_{version}.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.executescript(text)
    return folder


def test_there_is_a_library_of_every_older_version() -> None:
    steps = ScriptDirectory.from_config(database._config()).walk_revisions()
    assert {step.revision for step in steps} == {*VERSIONS, NEWEST}


@pytest.mark.parametrize("version", VERSIONS)
def test_library_of_an_older_version_keeps_every_value(version: str, tmp_path: Path) -> None:
    place = written_by(version, tmp_path / "old")
    tables: dict[str, str] = {}
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in found:
            names = connection.execute(f"PRAGMA table_info({table})").fetchall()
            tables[table] = ", ".join(f'"{name[1]}"' for name in names)
    assert set(READ_BY_ALL) < set(tables)
    before = {name: rows(place / DATABASE, name, columns) for name, columns in tables.items()}
    assert before.pop("alembic_version") == [(version,)]
    with SqlVisitStore.open(place) as store:
        assert store.verify_audit() == len(before["audit"])
    after = {name: rows(place / DATABASE, name, tables[name]) for name in before}
    assert after == before
    assert rows(place / DATABASE, "alembic_version") == [(NEWEST,)]
    (backup,) = (place / BACKUPS).iterdir()
    assert backup.name.startswith(f"hipdesk-{version}-")


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_library_with_reviews_is_read_and_goes_on(version: str, tmp_path: Path) -> None:
    with SqlVisitStore.open(written_by(version, tmp_path / "old")) as store:
        (one,) = store.patients()
        entries = store.entries(one.uid)
        days = [date(2022, 1, 1), date(2023, 5, 6), date(2024, 5, 6)]
        assert [each.visit.day for each in entries] == days
        _, doubted, reviewed = (each.visit for each in entries)
        assert doubted.hip(Side.RIGHT) is not None
        assert [hip.side_in_doubt for hip in doubted.hips] == [True, False]
        assert reviewed.hip(Side.RIGHT) is None
        left = reviewed.hip(Side.LEFT)
        assert left is not None
        assert (left.origin, left.score.central_moved) == (Origin.AI_EDITED, False)
        assert left.offsets_mm is not None
        assert len(left.offsets_mm) == len(left.score.slices) == 5
        assert {part.bme_u_intensity for part in left.score.slices} == {None}
        assert len(store.choices.all()) == (0 if version == "0002" else 1)
        store.put_aside([reviewed.uid], "", "Reader")
        assert [each.visit.day for each in store.entries(one.uid)] == days[:2]
        entries_now = {"0002": 11, "0003": 14, "0004": 23, "0005": 26, "0006": 28, "0007": 29}
        assert store.verify_audit() == entries_now[version]


def test_clinical_facts_of_an_older_version_count(tmp_path: Path) -> None:
    with SqlVisitStore.open(written_by("0005", tmp_path / "old")) as store:
        (one,) = store.patients()
        first, second, _ = store.entries(one.uid)
        record = store.clinical_record(second.visit.uid)
        assert record.held is None
        assert record.before is not None
        assert record.before.visit_uid == first.visit.uid
        assert record.before.facts.crp == Crp(None, CrpUnit.MG_PER_DL, 0.3)
        assert [each.name for _, each in record.treatments] == ["Adalimumab"]
        reading = Reading(second.visit.uid, Side.LEFT, "R", 1, record.before.at_utc, False, 65)
        store.keep_reading(reading)
        assert store.clinical_record(second.visit.uid).readings == (reading,)


def test_readings_and_alignments_of_an_older_version_count(tmp_path: Path) -> None:
    with SqlVisitStore.open(written_by("0006", tmp_path / "old")) as store:
        (one,) = store.patients()
        _, doubted, reviewed = (each.visit for each in store.entries(one.uid))
        (reading,) = store.clinical_record(reviewed.uid).readings
        assert (reading.reader, reading.femoral, reading.total) == ("R", 12, 25)
        assert store.alignments(one.uid) == ()
        earlier, later = doubted.hip(Side.LEFT), reviewed.hip(Side.LEFT)
        assert earlier is not None
        assert later is not None
        alignment = make_alignment(doubted.uid, reviewed.uid, earlier, later)
        store.keep_alignment(alignment)
        assert_same(store.alignments(one.uid), (alignment,))
        assert store.verify_audit() == 28


def test_alignments_of_an_older_version_count_and_strokes_are_taken(tmp_path: Path) -> None:
    with SqlVisitStore.open(written_by("0007", tmp_path / "old")) as store:
        (one,) = store.patients()
        (alignment,) = store.alignments(one.uid)
        uid, newest = alignment.earlier
        assert alignment.side is Side.LEFT
        assert store.open_strokes(uid, Side.LEFT) == ()
        key, bits = SliceKey("1.2.3"), np.ones((2, 3), dtype=np.bool_)
        stroke = Stroke(SegmentClass.BME, key, 0, (4, 5), bits)
        made = store.journal_stroke(uid, Side.LEFT, newest, BrushAct.PAINTED, stroke, "Reader")
        assert_same(store.open_strokes(uid, Side.LEFT), (made,))
        assert store.verify_audit() == 29
