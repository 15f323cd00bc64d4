"""The library on a database server, where several workstations write at once.

What one program asks of a library is tested on a server by each module's own tests,
through the fixture ``store``; here is what only a server has.
"""

from __future__ import annotations

import itertools
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, create_engine
from sqlalchemy.exc import DBAPIError

from hipdesk import cli
from hipdesk.adapters import _store_database as database
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters.store import DATABASE, SqlVisitStore
from hipdesk.clinical import ClinicalFacts
from hipdesk.errors import StoreError, StoreTooNew
from hipdesk.records import Side
from hipdesk.review import ReviewKind
from tests.adapters.database_server import DatabaseServer
from tests.adapters.library_tools import SENTENCE, act, add, kill_while_writing
from tests.adapters.test_migrations import VERSIONS, written_by
from tests.adapters.test_store import add_beside
from tests.analysis_factory import make_analysis, make_patient

pytestmark = pytest.mark.slow


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """Folder of the series that all workstations share."""
    return tmp_path / "shared"


@contextmanager
def connected(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def program(text: str, *arguments: object) -> subprocess.Popen[str]:
    """Python code that runs on its own, as another workstation does."""
    return subprocess.Popen(
        [sys.executable, "-c", text, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


class TestSeveralWorkstations:
    def test_each_sees_what_the_other_saved_and_threads_add_beside_each_other(
        self, server_url: str, copies: Path, incoming: Path
    ) -> None:
        with (
            SqlVisitStore.open(server_url, library=copies) as store,
            SqlVisitStore.open(server_url, library=copies) as other,
        ):
            analysis, uid = add(store, incoming, make_analysis(level=1.0 / 3.0))
            (stored,) = other.visits(make_patient())
            assert stored.visit.uid == uid
            assert [hip.score for hip in stored.visit.hips] == [hip.score for hip in analysis.hips]
            got, want = other.load_segmentation(analysis.uid, Side.LEFT), analysis.hip(Side.LEFT)
            assert want.segmentation is not None
            for name, mask in want.segmentation.masks.items():
                assert np.array_equal(got.masks[name], mask)
            with ThreadPoolExecutor(2) as pool:
                jobs = [
                    pool.submit(add_beside, writer, incoming / f"w{part}", 2, 3)
                    for part, writer in enumerate((store, other))
                ]
            assert [job.result() for job in jobs] == [None, None]
            assert (other.verify_audit(), other.verify_files()) == (13, 91)
            assert other.counts()["patient"] == 1

    def test_programs_that_write_at_once_make_one_chain(
        self, server_url: str, copies: Path, incoming: Path
    ) -> None:
        """It does not fork, and is whole for whoever reads it meanwhile."""
        with SqlVisitStore.open(server_url, library=copies) as store:
            add(store, incoming, make_analysis())
            writers = [program(WRITES, server_url, copies, name, 30) for name in "ABC"]
            verified = 0
            while any(writer.poll() is None for writer in writers):
                assert store.verify_audit() >= 1
                verified += 1
            ends = [(writer.communicate(), writer.returncode) for writer in writers]
            assert [code for _, code in ends] == [0, 0, 0], ends
            assert store.verify_audit() == 1 + 3 * 30 * 2
            assert store.counts()["clinical"] == store.counts()["impression"] == 3 * 30
            with store._open_engine().connect() as connection:
                readers = connection.exec_driver_sql(
                    "SELECT reader FROM impression ORDER BY id"
                ).scalars()
                turns = [*readers]
        assert verified > 0
        assert sum(one != other for one, other in itertools.pairwise(turns)) > 2

    def test_an_empty_database_is_begun_once(
        self, database_server: DatabaseServer, copies: Path
    ) -> None:
        with database_server.database() as url:
            beginners = [program(OPENS, url, copies) for _ in range(3)]
            ends = [(beginner.communicate(), beginner.returncode) for beginner in beginners]
            assert [code for _, code in ends] == [0, 0, 0], ends
            with SqlVisitStore.open(url, library=copies) as store:
                assert store.verify_audit() == 0


WRITES = """
import sys
from pathlib import Path
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.clinical import ClinicalFacts

url, copies, name, times = sys.argv[1:]
with SqlVisitStore.open(url, library=Path(copies)) as store:
    (uid,) = store.analyses()
    (patient,) = store.patients()
    (entry,) = store.entries(patient.uid)
    for number in range(int(times)):
        store.write_impression(uid, f"{name}{number}", name)
        store.keep_facts(entry.visit.uid, ClinicalFacts(esr_mm_h=float(number)), name)
"""

OPENS = """
import sys
from pathlib import Path
from hipdesk.adapters.store import SqlVisitStore
SqlVisitStore.open(sys.argv[1], library=Path(sys.argv[2])).close()
"""


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.records import Origin, Side
from tests.analysis_factory import make_analysis, make_hip, make_series, write_files

url, copies, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
base = write_files(make_series(slices=6), folder)
files = [source.path for source in base.slices]
with SqlVisitStore.open(url, library=copies) as store:
    print("ready", flush=True)
    while True:
        analysis = make_analysis(replace(base, uid=base.uid + "." + str(len(store.analyses()))))
        store.add(analysis, files)
        print(analysis.uid, flush=True)
        store.revise(analysis.uid, make_hip(base, Side.LEFT), Origin.AI_EDITED, "A")
        print("revised", flush=True)
"""


def test_killed_while_writing(server_url: str, copies: Path, tmp_path: Path) -> None:
    """Twenty times: what was acknowledged is there, nothing is half there."""
    dice, acknowledged = random.Random(41), list[str]()
    for number in range(20):
        acknowledged += kill_while_writing(
            KILLED, [server_url, copies, tmp_path / f"in{number}"], dice
        )
        with SqlVisitStore.open(server_url, library=copies) as store:
            stored = store.analyses()
            assert set(acknowledged) - {"revised"} <= set(stored)
            revisions = store.counts()["revision"] - len(stored)
            assert acknowledged.count("revised") <= revisions <= len(stored)
            assert store.verify_audit() == len(stored) + revisions
            assert store.verify_files() == 6 * len(stored)
    assert len(acknowledged) >= 20


class TestSchema:
    def test_steps_lead_to_what_the_program_uses(self, server_url: str) -> None:
        with connected(server_url) as engine, engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, schema.metadata) == []

    def test_results_can_be_neither_changed_nor_removed(
        self, server_url: str, copies: Path, incoming: Path
    ) -> None:
        with SqlVisitStore.open(server_url, library=copies) as store:
            add(store, incoming, make_analysis())
            found = store.counts()
        with connected(server_url) as engine:
            with engine.connect() as connection:
                triggers = connection.exec_driver_sql("SELECT tgname FROM pg_trigger").scalars()
                assert {f"{table}_append_only" for table in schema.APPEND_ONLY} <= {*triggers}
            filled = [table for table in schema.APPEND_ONLY if found[table]]
            assert {"audit", "mask", "slice_score", "hip_result"} <= {*filled}
            for table in filled:
                key = "number" if table == "audit" else "id"
                for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {key} = {key} + 9"):
                    with (
                        engine.begin() as connection,
                        pytest.raises(DBAPIError, match="append only"),
                    ):
                        connection.exec_driver_sql(statement)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_library_of_an_older_version_goes_on(
        self, database_server: DatabaseServer, version: str, tmp_path: Path, copies: Path
    ) -> None:
        """It says the same as the same library in a folder, and takes new entries."""
        folder = written_by(version, tmp_path / "old")
        with database_server.database() as url:
            filled_from(folder / DATABASE, url, version)
            with pytest.raises(StoreError, match="an older version wrote it"):
                SqlVisitStore.open(url, library=copies, read_only=True)
            with (
                SqlVisitStore.open(folder) as want,
                SqlVisitStore.open(url, library=copies) as got,
            ):
                assert got.counts() == want.counts()
                assert got.verify_audit() == want.verify_audit() > 0
                assert got.patients() == want.patients()
                for patient in want.patients():
                    visits = got.entries(patient.uid)
                    assert repr(visits) == repr(want.entries(patient.uid))
                    assert got.treatments(patient.uid) == want.treatments(patient.uid)
                for uid in want.analyses():
                    assert got.series_folder(uid).parts[-2:] == want.series_folder(uid).parts[-2:]
                before = got.verify_audit()
                visit = visits[0].visit.uid
                got.keep_facts(visit, ClinicalFacts(esr_mm_h=9.0), "A")
                assert got.facts(visit) == ClinicalFacts(esr_mm_h=9.0)
                assert got.verify_audit() == before + 1

    def test_a_newer_one_is_refused(self, server_url: str, copies: Path) -> None:
        with connected(server_url) as engine, engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        for read_only in (False, True):
            with pytest.raises(StoreTooNew, match=SENTENCE):
                SqlVisitStore.open(server_url, library=copies, read_only=read_only)

    def test_somebody_elses_is_refused(self, database_server: DatabaseServer, copies: Path) -> None:
        with database_server.database() as url:
            with connected(url) as engine, engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE invoice (id INTEGER)")
            with pytest.raises(StoreError, match="belongs to another program"):
                SqlVisitStore.open(url, library=copies)


def filled_from(path: Path, url: str, version: str) -> None:
    """Make a server's database what that version would have made of a library in a folder."""
    with connected(url) as engine:
        config = database._config()
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, version)
        tables = MetaData()
        tables.reflect(engine)
        with engine.begin() as connection, closing(sqlite3.connect(path)) as source:
            connection.exec_driver_sql("SET TIME ZONE 'UTC'")
            for table in tables.sorted_tables:
                if table.name != "alembic_version":
                    copy_rows(source, connection, table)


def copy_rows(source: sqlite3.Connection, connection: Connection, table: Any) -> None:
    names = [column.name for column in table.columns]
    quoted = ", ".join(f'"{name}"' for name in names)
    rows = source.execute(f"SELECT {quoted} FROM {table.name}").fetchall()
    logical = {column.name for column in table.columns if column.type.python_type is bool}
    marks = ", ".join(f"%s{'::int::bool' if name in logical else ''}" for name in names)
    if rows:
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({quoted}) VALUES ({marks})", rows)
    if "id" in names:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
            f"coalesce(max(id), 1), max(id) IS NOT NULL) FROM {table.name}"
        )


class TestFaults:
    def test_a_server_that_does_not_answer(self, tmp_path: Path, copies: Path) -> None:
        for url in (f"postgresql:///hipdesk?host={tmp_path}", "postgres://127.0.0.1:1/hipdesk"):
            with pytest.raises(StoreError, match=r"server does not answer, or refuses; .*\.$"):
                SqlVisitStore.open(url, library=copies)

    def test_a_connection_that_was_cut_is_made_anew(
        self, server_url: str, database_server: DatabaseServer, copies: Path, incoming: Path
    ) -> None:
        with SqlVisitStore.open(server_url, library=copies) as store:
            analysis, _ = add(store, incoming, make_analysis())
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            database_server.administer(cut + "WHERE datname LIKE 'hipdesk_test_%%'")
            store.review(analysis.uid, [act(ReviewKind.ACCEPTED, Side.LEFT)])
            assert store.verify_audit() == 2

    def test_reading_only_changes_nothing(self, server_url: str, copies: Path) -> None:
        with SqlVisitStore.open(server_url, library=copies, read_only=True) as store:
            assert store.patients() == ()
            with pytest.raises(StoreError, match="opened for reading only"):
                store.date_visit("any", date(2024, 1, 1), "A")
            with (
                store._reading() as connection,
                pytest.raises(DBAPIError, match="read-only transaction"),
            ):
                connection.exec_driver_sql("CREATE TABLE room (id INTEGER)")
        assert not copies.exists()


class TestAddress:
    def test_it_may_name_the_folder_of_series(
        self, server_url: str, copies: Path, incoming: Path
    ) -> None:
        named = f"{server_url}&series={copies}"
        with SqlVisitStore.open(named) as store:
            add(store, incoming, make_analysis())
        with SqlVisitStore.open(named, library=incoming / "elsewhere", read_only=True) as store:
            assert store.verify_files() == 7
        assert len([*copies.rglob("*.dcm")]) == 7


class TestCommands:
    def test_they_take_an_address(
        self,
        server_url: str,
        copies: Path,
        incoming: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        with SqlVisitStore.open(server_url, library=copies) as store:
            add(store, incoming, make_analysis())
        at = ["--store", f"{server_url}&series={copies}"]
        assert cli.main(["audit", "verify", *at]) == 0
        assert "1 change on record" in capsys.readouterr().out
        assert cli.main(["export", "--out", str(tmp_path / "tables"), *at]) == 0
        assert "hips: 2 rows" in capsys.readouterr().out
        assert cli.main(["check", *at]) == 0
        assert "Image files: 7, all as they were stored" in capsys.readouterr().out
        shutil.rmtree(copies)
        assert cli.main(["check", *at]) == 4
        assert "7 of 7 image files" in capsys.readouterr().err

    def test_what_a_server_does_itself_is_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        at = ["--store", "postgresql://host/name"]
        for words in (["backup", "b.zip"], ["restore", "b.zip"], ["check", "--repair"]):
            assert cli.main([*words, *at]) == 4
            said = capsys.readouterr().err
            assert "the server's own tools" in said
            assert said.count("\n") == 1
