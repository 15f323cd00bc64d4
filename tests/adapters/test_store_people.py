"""Patients of the library: search, look-alikes, moved and dated visits."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.adapters._store_search import folded
from hipdesk.adapters.store import DATABASE, SqlVisitStore
from hipdesk.errors import BugError, StoreError
from hipdesk.records import Analysis, Patient, Series, Side
from hipdesk.review import ReviewKind
from tests.adapters.library_tools import act, add, assert_same, files_of
from tests.analysis_factory import make_analysis, make_patient, make_series, write_files

DOE = make_patient()
LI = Patient("L-17", "Clinic A", "Li^Xiaoming=李^小明", date(1990, 2, 3), "M")
MUELLER = Patient("M%_1", "Clinic A", "Müller-Strauß^Zoë", date(1970, 1, 1), "F")
ANONYMOUS = Patient("", "", "", None, "")
MARCH = date(2024, 3, 1)


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the disk nowhere (but in SQLite)."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def seen(
    store: SqlVisitStore,
    folder: Path,
    patient: Patient,
    day: date | None = MARCH,
    accession: str = "",
) -> tuple[Analysis, str]:
    """Add a visit of a patient; the analysis and the visit's uid."""
    series = make_series(day=day, slices=5)
    placed = write_files(series, folder / series.uid)
    study = replace(series.study, accession=accession)
    analysis = make_analysis(replace(placed, patient=patient, study=study))
    return analysis, store.add(analysis, files_of(analysis.series))


def again(store: SqlVisitStore, analysis: Analysis, series: Series, uid: str) -> str:
    """Add another analysis of the same files; the visit's uid."""
    return store.add(replace(analysis, uid=uid, series=series), files_of(series))


def names(store: SqlVisitStore, words: str = "") -> list[str]:
    return [entry.patient.name for entry in store.patients(words)]


def dump(place: Path, *tables: str) -> list[object]:
    """Everything in some tables."""
    with closing(sqlite3.connect(place / DATABASE)) as connection:
        return [
            row
            for table in tables
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")
        ]


class TestSearch:
    def test_last_visit_first_undated_last(self, store: SqlVisitStore, incoming: Path) -> None:
        seen(store, incoming, ANONYMOUS, None)
        seen(store, incoming, LI, date(2021, 1, 1))
        for year in (2020, 2023, 2022):
            seen(store, incoming, DOE, date(year, 1, 1))
        seen(store, incoming, MUELLER, None)
        seen(store, incoming, MUELLER, date(2022, 1, 1))
        entries = store.patients()
        assert [(entry.patient, entry.visits, entry.last_day) for entry in entries] == [
            (DOE, 3, date(2023, 1, 1)),
            (MUELLER, 2, date(2022, 1, 1)),
            (LI, 1, date(2021, 1, 1)),
            (ANONYMOUS, 1, None),
        ]
        assert store.patients(limit=2) == entries[:2]

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("doe", DOE),
            ("  JANE   doe ", DOE),
            ("Doe, Jane", DOE),
            ("Doe^Jane", DOE),
            ("4711", DOE),
            ("oe 71", DOE),
            ("acc-7", DOE),
            ("jane ACC-78", DOE),
            ("小", LI),
            ("李 小明", LI),
            ("李小明", LI),
            ("李小", LI),
            ("明李", None),
            ("ｌｉ　xiao", LI),  # full-width letters and space
            ("muller", MUELLER),
            ("MÜLLER", MUELLER),
            ("mu\u0308ller", MUELLER),
            ("strauss", MUELLER),
            ("STRAUẞ zoe", MUELLER),
            ("m%_1", MUELLER),
            ("%", MUELLER),
            ("_", MUELLER),
            ("doe xiaoming", None),
            ("jane 1980", None),
            ("' OR 1=1 --", None),
            ("janeacc", None),
            ("doejane", DOE),
            ("janedoe", None),
        ],
    )
    def test_every_word_is_found_somewhere(
        self, shelf: SqlVisitStore, words: str, found: Patient | None
    ) -> None:
        got = [entry.patient for entry in shelf.patients(words)]
        assert got == ([] if found is None else [found])

    @given(st.text(max_size=8))
    def test_any_words_may_be_asked(self, shelf: SqlVisitStore, words: str) -> None:
        assert len(shelf.patients(words)) <= 3

    @given(st.text(max_size=20))
    def test_folding_is_final(self, text: str) -> None:
        assert folded(folded(text)) == folded(text)

    @pytest.mark.parametrize("words", ["", "   ", "^", ", ="])
    def test_no_word_finds_everyone(self, shelf: SqlVisitStore, words: str) -> None:
        assert len(shelf.patients(words)) == 3

    def test_accession_follows_the_visit(self, store: SqlVisitStore, incoming: Path) -> None:
        _, visit = seen(store, incoming, DOE, accession="ACC-9")
        seen(store, incoming, DOE, date(2020, 1, 1))
        seen(store, incoming, LI)
        assert names(store, "acc-9") == [DOE.name]
        (target,) = store.patients("li")
        store.move_visit(visit, target.uid, "A", "seen")
        assert names(store, "acc-9") == [LI.name]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlVisitStore]:
    """Three patients, for reading."""
    folder = tmp_path_factory.mktemp("shelf")
    with SqlVisitStore.open(folder / "library") as store:
        for patient, accession in ((DOE, "ACC-78"), (LI, "B1"), (MUELLER, "")):
            seen(store, folder / "in", patient, accession=accession)
            seen(store, folder / "in", patient, date(2020, 1, 1))
    with SqlVisitStore.open(folder / "library", read_only=True) as store:
        yield store


class TestEntries:
    def test_visits_with_their_studies_and_analyses(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        made = [datetime(2024, 5, day, tzinfo=UTC) for day in (1, 2)]
        undated = add(store, incoming, make_analysis(make_series(day=None)))
        pair = [add(store, incoming, make_analysis(created=moment)) for moment in made]
        older = add(store, incoming, make_analysis(make_series(day=date(2020, 1, 1))))
        uid = store.patient_of(pair[0][1]).uid
        entries = store.entries(uid)
        assert [entry.visit.uid for entry in entries] == [older[1], pair[0][1], undated[1]]
        assert [entry.visit.day for entry in entries] == [date(2020, 1, 1), MARCH, None]
        assert {entry.patient_uid for entry in entries} == {uid}
        assert [entry.descriptions for entry in entries] == [("Hips",), ("Hips", "Hips"), ("Hips",)]
        assert [each.uid for each in entries[1].analyses] == [pair[1][0].uid, pair[0][0].uid]
        assert_same([each.visit for each in store.visits(DOE)], [each.visit for each in entries])

    def test_visits_of_one_day_come_in_the_order_of_acquisition(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        """Analysed in the evening first, then the morning's; the untimed one last."""
        visits = []
        for number, at in (("1", time(16, 5)), ("2", time(8, 30, 0, 500)), ("3", None)):
            series = make_series(make_patient(number))
            series = replace(series, study=replace(series.study, time=at))
            visits.append(add(store, incoming, make_analysis(series))[1])
        evening, morning, untimed = visits
        uid = store.patient_of(evening).uid
        for visit in (untimed, morning):
            store.move_visit(visit, uid, "A")
        entries = store.entries(uid)
        assert [each.visit.uid for each in entries] == [morning, evening, untimed]
        assert [each.visit.time for each in entries] == [time(8, 30, 0, 500), time(16, 5), None]

    def test_unknown_names(self, store: SqlVisitStore, incoming: Path) -> None:
        _, visit = seen(store, incoming, DOE)
        uid = store.patient_of(visit).uid
        assert store.entries("nowhere") == ()
        for call, what in (
            (lambda: store.patient_of("nowhere"), "visit"),
            (lambda: store.lookalikes("nowhere"), "patient"),
            (lambda: store.move_visit("nowhere", uid, "A"), "visit"),
            (lambda: store.move_visit(visit, "nowhere", "A"), "patient"),
            (lambda: store.keep_apart(uid, "nowhere", "A"), "patient"),
            (lambda: store.date_visit("nowhere", MARCH, "A"), "visit"),
        ):
            with pytest.raises(StoreError, match=f"^The patient library has no such {what}\\.$"):
                call()
        assert store.verify_audit() == 1


class TestLookalikes:
    @pytest.mark.parametrize(
        ("other", "alike"),
        [
            (replace(DOE, issuer=""), True),
            (replace(DOE, issuer="", name="DOE^JANE"), True),
            (replace(DOE, issuer="", name="Smith^Jane"), True),
            (replace(DOE, patient_id="", issuer=""), True),
            (replace(DOE, patient_id="", sex=""), True),
            (replace(DOE, issuer="", name=""), True),
            (replace(DOE, birth_date=None), True),
            (replace(DOE, birth_date=None, name="Smith^Jane"), False),
            (replace(DOE, issuer="Clinic B"), True),
            (replace(DOE, sex="M"), True),
            (replace(DOE, birth_date=date(1981, 1, 1)), True),
            (replace(DOE, patient_id="4712"), True),
            (replace(DOE, patient_id="4712", issuer="Clinic B"), True),
            (replace(DOE, patient_id="4712", name="Smith^Jane"), False),
            (replace(DOE, patient_id="", issuer="", birth_date=None), False),
            (replace(DOE, patient_id="", name="Smith^Jane"), False),
            (ANONYMOUS, False),
        ],
    )
    def test_who_is_alike(
        self, store: SqlVisitStore, incoming: Path, other: Patient, alike: bool
    ) -> None:
        first, second = (
            store.patient_of(seen(store, incoming, patient)[1]) for patient in (DOE, other)
        )
        assert store.lookalikes(first.uid) == ((second,) if alike else ())
        assert store.lookalikes(second.uid) == ((first,) if alike else ())

    def test_anonymous_patients_are_not_alike(self, store: SqlVisitStore, incoming: Path) -> None:
        _, visit = seen(store, incoming, ANONYMOUS)
        seen(store, incoming, ANONYMOUS)
        assert store.lookalikes(store.patient_of(visit).uid) == ()

    def test_kept_apart_either_way_and_once(self, store: SqlVisitStore, incoming: Path) -> None:
        first, second, third = (
            store.patient_of(seen(store, incoming, patient)[1]).uid
            for patient in (DOE, replace(DOE, issuer=""), replace(DOE, sex=""))
        )
        store.keep_apart(second, first, "A")
        store.keep_apart(first, second, "B")
        assert [entry.uid for entry in store.lookalikes(first)] == [third]
        assert [entry.uid for entry in store.lookalikes(second)] == [third]
        assert store.counts()["kept_apart"] == 1
        assert store.verify_audit() == 4

    def test_nobody_is_kept_apart_from_themselves(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        uid = store.patient_of(seen(store, incoming, DOE)[1]).uid
        with pytest.raises(BugError):
            store.keep_apart(uid, uid, "A")

    def test_patient_without_visits_is_not_offered(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        _, visit = seen(store, incoming, replace(DOE, issuer=""))
        target = store.patient_of(seen(store, incoming, DOE)[1]).uid
        store.move_visit(visit, target, "A", "seen")
        assert store.lookalikes(target) == ()


class TestMovedVisits:
    def test_moving_back_restores_exactly(
        self, store: SqlVisitStore, place: Path, incoming: Path
    ) -> None:
        analysis, visit = seen(store, incoming, replace(DOE, issuer=""), accession="ACC-5")
        seen(store, incoming, DOE)
        before = dump(place, "patient", "visit", "study", "series", "analysis")
        (target,) = (entry.uid for entry in store.patients() if entry.patient == DOE)
        owner = store.move_visit(visit, target, "A", "seen")
        assert before != dump(place, "patient", "visit", "study", "series", "analysis")
        assert store.patient_of(visit).uid == target
        assert [entry.patient for entry in store.patients()] == [DOE]
        assert store.patients()[0].visits == 2
        assert store.entries(owner) == ()
        days = [entry.visit.day for entry in store.entries(target)]
        assert days == [MARCH, MARCH]
        assert len(store.history(visit)) == 2
        assert_same(analysis.hips, store.load(analysis.uid, analysis.series).analysis.hips)
        assert store.move_visit(visit, owner, "A") == target
        assert before == dump(place, "patient", "visit", "study", "series", "analysis")
        assert store.verify_audit() == 4

    def test_moving_to_whom_it_belongs_changes_nothing(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        _, visit = seen(store, incoming, DOE)
        uid = store.patient_of(visit).uid
        assert store.move_visit(visit, uid, "A") == uid
        assert store.verify_audit() == 1

    @pytest.mark.parametrize("patient", [DOE, replace(DOE, issuer="")], ids=["known", "unknown"])
    def test_study_analysed_again_follows_its_visit(
        self, store: SqlVisitStore, incoming: Path, patient: Patient
    ) -> None:
        analysis, visit = seen(store, incoming, patient)
        target = store.patient_of(seen(store, incoming, LI)[1]).uid
        store.move_visit(visit, target, "A", "seen")
        assert again(store, analysis, analysis.series, "again") == visit
        assert store.patient_of(visit).uid == target
        assert len(store.patients()) == 1
        assert store.verify_audit() == 4

    def test_study_of_the_new_owner_does_not_join_a_moved_visit(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        _, visit = seen(store, incoming, DOE)
        target = store.patient_of(seen(store, incoming, LI, date(2020, 1, 1))[1]).uid
        owner = store.move_visit(visit, target, "A", "seen")
        _, own = seen(store, incoming, LI)
        assert own != visit
        assert len(store.entries(target)) == 3
        store.move_visit(visit, owner, "A")
        assert [len(store.entries(uid)) for uid in (owner, target)] == [1, 2]

    def test_reviews_go_with_it(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis, visit = seen(store, incoming, DOE)
        store.review(analysis.uid, [act(ReviewKind.REJECTED, Side.RIGHT)])
        target = store.patient_of(seen(store, incoming, LI)[1]).uid
        store.move_visit(visit, target, "A", "seen")
        (moved,) = (entry for entry in store.entries(target) if entry.visit.uid == visit)
        assert moved.visit.hip(Side.RIGHT) is None
        assert moved.patient_uid == target


class TestDatedVisits:
    def test_visit_is_dated_and_ordered(self, store: SqlVisitStore, incoming: Path) -> None:
        _, visit = seen(store, incoming, DOE, None)
        _, other = seen(store, incoming, DOE)
        store.date_visit(visit, date(2020, 5, 6), "A")
        stored = store.visits(DOE)
        assert [(each.visit.uid, each.visit.day) for each in stored] == [
            (visit, date(2020, 5, 6)),
            (other, MARCH),
        ]
        store.date_visit(visit, date(2025, 5, 6), "A")
        assert store.patient_of(visit).last_day == date(2025, 5, 6)
        assert store.counts()["dated"] == 2
        assert store.verify_audit() == 4

    def test_day_of_another_visit_does_not_merge_them(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        analysis, visit = seen(store, incoming, DOE, None)
        _, other = seen(store, incoming, DOE)
        store.date_visit(visit, MARCH, "A")
        assert {each.visit.uid for each in store.visits(DOE)} == {visit, other}
        assert again(store, analysis, analysis.series, "again") == visit

    def test_stated_date_stays(self, store: SqlVisitStore, incoming: Path) -> None:
        _, visit = seen(store, incoming, DOE)
        with pytest.raises(StoreError, match=r"^Nothing was saved .* state its date\.$"):
            store.date_visit(visit, date(2020, 5, 6), "A")
        assert store.visits(DOE)[0].visit.day == MARCH
        assert store.verify_audit() == 1
