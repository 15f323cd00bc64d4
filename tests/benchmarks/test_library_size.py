"""A library of 10,000 patients with 50,000 visits: search, timeline and opening.

Processor time of the own thread, so that other processes count little. The bounds of a
search and of a timeline are ratios to plain `sqlite3` that fetches the same rows by the same
indexes in the same run.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters.store import DATABASE, SqlVisitStore
from hipdesk.timeline import build_timeline
from tests.adapters.library_tools import add
from tests.analysis_factory import make_analysis, make_series

pytestmark = pytest.mark.bench

PATIENTS, VISITS, SLICES = 10_000, 5, 24
MOST = 5.0
MOST_MS = 50.0
OPENED_MS = 300.0
ROUNDS = 15
MULTIPLIED = (
    *("patient", "visit", "study", "series", "analysis", "analysis_model", "revision"),
    *("hip_result", "lesion_score", "slice_score", "mask"),
)
TOLD_APART = {"uid", "folder", "identifier", "content_sha256"}
"""Columns in which a copy must differ from what it was copied from."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One patient whom the program stored, and copies of all their rows; images are shared."""
    folder = tmp_path_factory.mktemp("many")
    with SqlVisitStore.open(folder / "library") as store:
        for year in range(2020, 2020 + VISITS):
            series = make_series(day=date(year, 3, 1), slices=SLICES)
            add(store, folder / "in", make_analysis(series))
    with closing(sqlite3.connect(folder / "library" / DATABASE)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("CREATE TEMP TABLE copy (n INTEGER PRIMARY KEY)")
        numbers = ((number,) for number in range(1, PATIENTS))
        connection.executemany("INSERT INTO copy VALUES (?)", numbers)
        last = {
            name: connection.execute(f"SELECT max(id) FROM {name}").fetchone()[0]
            for name in MULTIPLIED
        }
        for name in MULTIPLIED:
            multiply(connection, name, last)
        connection.execute(
            "UPDATE patient SET name = 'Doe' || id || '^Jane', search = 'doe' || id || '^jane"
            "\ndoe' || id || 'jane\n' || identifier"
        )
        connection.execute("ANALYZE")
        connection.commit()
    return folder / "library"


def multiply(connection: sqlite3.Connection, name: str, last: dict[str, int]) -> None:
    """Add a copy of every row for each further patient, pointing to that patient's other rows."""
    values = []
    for column in schema.metadata.tables[name].columns:
        (key,) = column.foreign_keys or (None,)
        if column.name == "id":
            values.append(f"id + copy.n * {last[name]}")
        elif key is not None:
            values.append(f"{column.name} + copy.n * {last[key.column.table.name]}")
        elif column.name in TOLD_APART and not (name == "study" and column.name == "uid"):
            values.append(f"{column.name} || '.' || copy.n")
        else:
            values.append(f'{name}."{column.name}"')
    connection.execute(
        f"INSERT INTO {name} SELECT {', '.join(values)} FROM {name}, copy ORDER BY 1"
    )


def measured(*works: Callable[[], object]) -> list[float]:
    """Median milliseconds of the thread in some rounds of each, in turn, the cache warm."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS + 1):
        for work, taken in zip(works, times, strict=True):
            began = time.thread_time()
            work()
            taken.append(1000 * (time.thread_time() - began))
    return [statistics.median(taken[1:]) for taken in times]


def tell(what: str, ours: float, bare: float) -> None:
    print(f"{what}: {ours:.1f} ms, {ours / bare:.1f} x bare SQLite ({bare:.2f} ms)")


SEARCH = """
SELECT patient.*, seen.visits, seen.last_day FROM patient JOIN (
    SELECT patient_id, count(*) AS visits, max(day) AS last_day FROM visit GROUP BY patient_id
) AS seen ON seen.patient_id = patient.id
WHERE search LIKE ? ORDER BY last_day DESC LIMIT 200
"""


def test_search(place: Path) -> None:
    with (
        SqlVisitStore.open(place, read_only=True) as store,
        closing(sqlite3.connect(place / DATABASE)) as bare,
    ):
        for words, found in (("doe4711 jane", 1), ("4711.77", 111), ("", 200)):
            assert len(store.patients(words)) == found
            pattern = f"%{words.replace(' ', '^')}%"
            ours, plain = measured(
                lambda words=words: store.patients(words),
                lambda pattern=pattern: bare.execute(SEARCH, (pattern,)).fetchall(),
            )
            tell(f"search '{words}', {found} found", ours, plain)
            assert ours <= MOST * plain


# All that one patient's timeline and list of visits rest on, documents included.
TIMELINE = (
    "SELECT visit.* FROM visit JOIN patient ON patient_id = patient.id WHERE patient.uid = ?",
    "SELECT study.* FROM study JOIN patient ON patient_id = patient.id WHERE patient.uid = ?",
    "SELECT analysis.*, series.* FROM {joined} WHERE patient.uid = ?",
    (
        "SELECT visit.uid, patient.* FROM patient JOIN visit ON stated_patient_id = patient.id "
        "WHERE visit.patient_id = (SELECT id FROM patient WHERE uid = ?)"
    ),
    (
        "SELECT dated.* FROM patient JOIN visit ON visit.patient_id = patient.id "
        "JOIN dated ON visit_id = visit.id WHERE patient.uid = ?"
    ),
    (
        "SELECT visit_put_aside.* FROM patient JOIN visit ON visit.patient_id = patient.id "
        "JOIN visit_put_aside ON visit_id = visit.id WHERE patient.uid = ?"
    ),
    (
        "SELECT review.* FROM {joined} JOIN review ON review.analysis_id = analysis.id "
        "WHERE patient.uid = ?"
    ),
    (
        "SELECT thumbnail.* FROM {joined} JOIN thumbnail ON thumbnail.analysis_id = analysis.id "
        "WHERE patient.uid = ?"
    ),
    (
        "SELECT analysis_model.* FROM {joined} "
        "JOIN analysis_model ON analysis_model.analysis_id = analysis.id WHERE patient.uid = ?"
    ),
    "SELECT revision.*, hip_result.* FROM {joined} {hips} WHERE patient.uid = ?",
    (
        "SELECT lesion_score.* FROM {joined} {hips} "
        "JOIN lesion_score ON hip_result_id = hip_result.id WHERE patient.uid = ?"
    ),
    (
        "SELECT slice_score.* FROM {joined} {hips} "
        "JOIN slice_score ON hip_result_id = hip_result.id WHERE patient.uid = ?"
    ),
)
JOINED = (
    "patient JOIN study ON study.patient_id = patient.id "
    "JOIN series ON study_id = study.id JOIN analysis ON series_id = series.id"
)
HIPS = (
    "JOIN revision ON revision.analysis_id = analysis.id JOIN hip_result ON revision_id = "
    "revision.id"
)


def test_timeline_of_one_patient(place: Path) -> None:
    with (
        SqlVisitStore.open(place, read_only=True) as store,
        closing(sqlite3.connect(place / DATABASE)) as bare,
    ):
        (patient,) = store.patients("doe4711")
        statements = [each.format(joined=JOINED, hips=HIPS) for each in TIMELINE]

        def timeline() -> object:
            return build_timeline([each.visit for each in store.entries(patient.uid)])

        def rows() -> list[list[object]]:
            return [bare.execute(each, (patient.uid,)).fetchall() for each in statements]

        found = rows()
        assert [len(each) for each in found[-3:]] == [2 * VISITS, 4 * VISITS, 2 * VISITS * SLICES]
        assert [len(each) for each in found[:4]] == [VISITS] * 4
        assert len(store.entries(patient.uid)) == VISITS
        ours, plain = measured(timeline, rows)
        tell("timeline of one patient", ours, plain)
        assert ours <= min(MOST * plain, MOST_MS)


def test_opening(place: Path) -> None:
    """Looked through, as after a fault and once a week, and as it was left."""
    size = (place / DATABASE).stat().st_size / 1e6

    def opened() -> None:
        SqlVisitStore.open(place).close()

    def looked_through() -> None:
        (place / DATABASE).with_suffix(".checked").unlink(missing_ok=True)
        opened()

    looked_through()
    known, unknown = measured(opened, looked_through)
    print(f"opening the library ({size:.0f} MB): {known:.0f} ms, looked through {unknown:.0f} ms")
    assert known <= OPENED_MS
