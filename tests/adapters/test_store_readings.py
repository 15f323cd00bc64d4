"""HIMRISS readings and the clinical record of a visit: exact, appended, audited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hipdesk.adapters.store import SqlVisitStore
from hipdesk.clinical import ClinicalFacts
from hipdesk.errors import StoreError
from hipdesk.himriss import Reading
from hipdesk.records import Side
from tests.adapters.library_tools import MORNING, SENTENCE, add, tamper
from tests.adapters.test_store_clinical import DRUG, FACTS
from tests.analysis_factory import make_analysis, make_series


@pytest.fixture
def visits(store: SqlVisitStore, incoming: Path) -> list[str]:
    """Visits of one patient in three years."""
    years = (date(year, 3, 1) for year in (2022, 2023, 2024))
    return [add(store, incoming, make_analysis(make_series(day=day)))[1] for day in years]


def reading(visit: str, reader: str = "Dr. A", number: int = 1, femoral: int = 20) -> Reading:
    return Reading(visit, Side.RIGHT, reader, number, MORNING, True, femoral, 5, None)


class TestReadings:
    def test_they_return_exactly(self, store: SqlVisitStore, visits: list[str]) -> None:
        kept = [reading(visits[0]), reading(visits[0], "Dr. B"), reading(visits[0], number=2)]
        for each in kept:
            store.keep_reading(each)
        assert store.clinical_record(visits[0]).readings == tuple(kept)
        assert store.clinical_record(visits[1]).readings == ()
        assert store.verify_audit() == 6

    def test_a_number_is_taken_once_and_leaves_no_gap(
        self, store: SqlVisitStore, visits: list[str]
    ) -> None:
        store.keep_reading(reading(visits[0]))
        for number in (1, 3):
            with pytest.raises(StoreError, match=SENTENCE):
                store.keep_reading(reading(visits[0], " dr.  a", number))
        with pytest.raises(StoreError, match="no such visit"):
            store.keep_reading(reading("nowhere"))
        assert store.counts()["reading"] == 1

    def test_a_slip_is_corrected_and_stays_in_the_record(
        self, store: SqlVisitStore, visits: list[str]
    ) -> None:
        first = reading(visits[0])
        right = replace(first, femoral=2)
        store.keep_reading(first)
        store.keep_reading(right, correcting=True)
        assert store.clinical_record(visits[0]).readings == (right,)
        assert store.counts()["reading"] == 2
        with pytest.raises(StoreError, match="no such HIMRISS reading"):
            store.keep_reading(reading(visits[1]), correcting=True)

    def test_tampering_is_found(self, store: SqlVisitStore, visits: list[str], place: Path) -> None:
        store.keep_reading(reading(visits[0]))
        tamper(place, "DROP TRIGGER reading_no_update", "UPDATE reading SET femoral = 1")
        with pytest.raises(StoreError, match="changed outside the program"):
            store.verify_audit()

    def test_damaged_ones_are_told(
        self, store: SqlVisitStore, visits: list[str], place: Path
    ) -> None:
        store.keep_reading(reading(visits[0]))
        tamper(place, "DROP TRIGGER reading_no_update", "UPDATE reading SET femoral = 66")
        with pytest.raises(StoreError, match=SENTENCE):
            store.clinical_record(visits[0])


class TestRecord:
    def test_of_a_visit_without_anything(self, store: SqlVisitStore, visits: list[str]) -> None:
        record = store.clinical_record(visits[1])
        assert (record.visit_uid, record.day) == (visits[1], date(2023, 3, 1))
        assert (record.held, record.before, record.treatments) == (None, None, ())
        with pytest.raises(StoreError, match="no such visit"):
            store.clinical_record("nowhere")

    def test_the_last_earlier_facts_stand_beside(
        self, store: SqlVisitStore, visits: list[str]
    ) -> None:
        store.keep_facts(visits[0], ClinicalFacts(esr_mm_h=9.0), "Dr. A")
        store.keep_facts(visits[0], ClinicalFacts(esr_mm_h=8.0), "Dr. B")
        store.keep_facts(visits[2], FACTS, "Dr. A")
        patient = store.patient_of(visits[0]).uid
        name = store.keep_treatment(patient, DRUG, "Dr. A")
        record = store.clinical_record(visits[2])
        assert record.patient_uid == patient
        assert record.treatments == ((name, DRUG),)
        assert record.held is not None
        assert (record.held.facts, record.held.reader) == (FACTS, "Dr. A")
        assert record.before is not None
        assert (record.before.day, record.before.facts) == (
            date(2022, 3, 1),
            ClinicalFacts(esr_mm_h=8.0),
        )
        assert store.clinical_record(visits[0]).before is None

    def test_a_visit_put_aside_is_not_the_one_before(
        self, store: SqlVisitStore, visits: list[str]
    ) -> None:
        store.keep_facts(visits[0], ClinicalFacts(esr_mm_h=8.0), "Dr. A")
        store.put_aside([visits[0]], "", "Dr. A")
        assert store.clinical_record(visits[1]).before is None
