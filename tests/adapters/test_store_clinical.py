"""Clinical facts and treatments in the library: exact, appended, audited, imported whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk import cli
from hipdesk.adapters._store_clinical import facts_document, facts_of, treatment_of
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.clinical import (
    ClinicalFacts,
    Crp,
    CrpUnit,
    Harris,
    HipFacts,
    PartialDate,
    Treatment,
    TreatmentKind,
)
from hipdesk.clinical_entries import VisitEntry
from hipdesk.clinical_import import plan_readings, plan_treatments, plan_visits
from hipdesk.errors import Cancelled, StoreError
from hipdesk.himriss import Reading, drawn
from hipdesk.ports import ClinicalHistory
from hipdesk.records import Side
from tests.adapters.library_tools import SENTENCE, add, tamper
from tests.analysis_factory import make_analysis, make_patient, make_series

TODAY = date(2024, 6, 1)
READ_AT = datetime(2024, 3, 2, tzinfo=UTC)
FACTS = ClinicalFacts(
    basdai=(4.5, None, 3.0, 2.0, 1.0, 0.0),
    patient_global=5.0,
    esr_mm_h=22.0,
    crp=Crp(None, CrpUnit.MG_PER_DL, 0.3),
    hla_b27=True,
    symptom_onset=PartialDate(2015, 7),
    right=HipFacts(3.0, False, Harris(pain=40, limp=8)),
    left=HipFacts(prosthesis=True),
)
DRUG = Treatment(TreatmentKind.BDMARD, "Adalimumab", PartialDate(2023, 5), dose="40 mg")


@pytest.fixture
def visit(store: SqlVisitStore, incoming: Path) -> str:
    """A visit with images on 1 March 2024."""
    return add(store, incoming, make_analysis(make_series()))[1]


@pytest.fixture
def patient(store: SqlVisitStore, visit: str) -> str:
    return store.patient_of(visit).uid


def plan(store: SqlVisitStore, text: str):  # type: ignore[no-untyped-def]
    return plan_visits(text.encode(), store.known_patients(), TODAY)


class TestFacts:
    def test_they_return_exactly(self, store: SqlVisitStore, visit: str) -> None:
        assert store.facts(visit) is None
        store.keep_facts(visit, FACTS, "Dr. A")
        assert store.facts(visit) == FACTS
        assert store.verify_audit() == 2

    def test_the_newest_count_and_the_older_stay(self, store: SqlVisitStore, visit: str) -> None:
        store.keep_facts(visit, FACTS, "Dr. A")
        store.keep_facts(visit, ClinicalFacts(esr_mm_h=3.0), "Dr. B")
        assert store.facts(visit) == ClinicalFacts(esr_mm_h=3.0)
        assert store.counts()["clinical"] == 2

    def test_unknown_visit(self, store: SqlVisitStore) -> None:
        with pytest.raises(StoreError, match=SENTENCE):
            store.keep_facts("nowhere", FACTS, "Dr. A")
        with pytest.raises(StoreError, match=SENTENCE):
            store.facts("nowhere")

    def test_tampering_is_found(self, store: SqlVisitStore, visit: str, place: Path) -> None:
        store.keep_facts(visit, FACTS, "Dr. A")
        tamper(place, "DROP TRIGGER clinical_no_update", "UPDATE clinical SET reader = 'Dr. X'")
        with pytest.raises(StoreError, match="changed outside the program"):
            store.verify_audit()

    @given(
        st.tuples(*[st.none() | st.floats(0, 10) for _ in range(6)]),
        st.none() | st.booleans(),
        st.none() | st.floats(0, 10),
    )
    def test_any_facts_survive_json(
        self, basdai: tuple[float | None, ...], hla: bool | None, vas: float | None
    ) -> None:
        facts = ClinicalFacts(basdai=basdai, hla_b27=hla, left=HipFacts(pain_vas=vas))
        assert facts_of(json.loads(json.dumps(facts_document(facts)))) == facts

    def test_damaged_ones_are_told(self) -> None:
        for document in ({}, {**facts_document(FACTS), "esr_mm_h": -5.0}):
            with pytest.raises(StoreError, match=SENTENCE):
                facts_of(document)
        with pytest.raises(StoreError, match=SENTENCE):
            treatment_of({"kind": "tea"})


class TestTreatments:
    def test_states_of_a_treatment(self, store: SqlVisitStore, patient: str) -> None:
        name = store.keep_treatment(patient, DRUG, "Dr. A")
        operation = Treatment(TreatmentKind.SURGERY, "Hip", PartialDate(2020), side=Side.LEFT)
        store.keep_treatment(patient, operation, "Dr. A")
        ended = Treatment(DRUG.kind, DRUG.name, DRUG.started, PartialDate(2024, 1), DRUG.dose)
        store.keep_treatment(patient, ended, "Dr. A", uid=name)
        assert {each for _, each in store.treatments(patient)} == {ended, operation}
        store.keep_treatment(patient, ended, "Dr. A", uid=name, withdrawn=True)
        assert [each for _, each in store.treatments(patient)] == [operation]
        assert store.verify_audit() == 5

    def test_they_follow_a_merged_patient_and_go_back(
        self, store: SqlVisitStore, patient: str, incoming: Path
    ) -> None:
        other = add(store, incoming, make_analysis(make_series(make_patient("4712"))))[1]
        before = store.patient_of(other).uid
        name = store.keep_treatment(before, DRUG, "Dr. A")
        store.merge_patients(before, patient, "Dr. A")
        assert store.treatments(patient) == ((name, DRUG),)
        (known,) = store.known_patients()
        assert known.treatments == (DRUG,)
        ended = Treatment(DRUG.kind, DRUG.name, DRUG.started, PartialDate(2024, 1), DRUG.dose)
        store.keep_treatment(patient, ended, "Dr. A", uid=name)
        assert store.treatments(patient) == ((name, ended),)
        store.move_visit(other, before, "Dr. A")
        assert store.treatments(before) == ((name, DRUG),)
        store.verify_audit()

    def test_of_nobody_and_nothing(self, store: SqlVisitStore, patient: str) -> None:
        with pytest.raises(StoreError, match=SENTENCE):
            store.keep_treatment("nobody", DRUG, "Dr. A")
        with pytest.raises(StoreError, match=SENTENCE):
            store.treatments("nobody")
        with pytest.raises(StoreError, match="no such treatment"):
            store.keep_treatment(patient, DRUG, "Dr. A", uid="nothing")


VISITS = (
    "patient_id,visit_date,esr_mm_h,crp,crp_unit\n"
    "4711,2024-03-01,12,<3,mg/L\n"
    "4711,2023-03-01,15,4.5,mg/L\n"
)


class TestImport:
    def test_lines_complete_visits_and_begin_new_ones(
        self, store: SqlVisitStore, visit: str, patient: str
    ) -> None:
        tried = plan(store, VISITS)
        assert tried.problems == ()
        assert store.import_visits(tried.to_import(), "Dr. A") == 1
        facts = store.facts(visit)
        assert facts is not None
        assert (facts.esr_mm_h, facts.crp) == (12.0, Crp(None, CrpUnit.MG_PER_L, 3.0))
        entries = store.entries(patient)
        assert [each.visit.day for each in entries] == [date(2023, 3, 1), date(2024, 3, 1)]
        assert entries[0].analyses == ()
        assert store.verify_audit() == 4
        again = plan(store, VISITS)
        assert (again.entries, again.unchanged) == ((), (2, 3))

    def test_images_that_come_later_join_the_visit(
        self, store: SqlVisitStore, patient: str, incoming: Path
    ) -> None:
        store.import_visits(plan(store, VISITS).to_import(), "Dr. A")
        (begun, _) = store.entries(patient)
        later = make_analysis(make_series(day=date(2023, 3, 1)))
        assert add(store, incoming, later)[1] == begun.visit.uid
        assert store.verify_audit() == 5

    def test_all_or_nothing(self, store: SqlVisitStore, visit: str) -> None:
        tried = plan(store, VISITS)
        before = store.counts()
        store.keep_facts(visit, FACTS, "Dr. B")
        with pytest.raises(StoreError, match=r"has changed since .* import the table again"):
            store.import_visits(tried.to_import()[::-1], "Dr. A")
        assert store.counts() == before | {"clinical": 1, "audit": before["audit"] + 1}

    def test_a_visit_that_appears_meanwhile(
        self, store: SqlVisitStore, visit: str, incoming: Path
    ) -> None:
        tried = plan(store, VISITS)
        add(store, incoming, make_analysis(make_series(day=date(2023, 3, 1))))
        with pytest.raises(StoreError, match="has changed since"):
            store.import_visits(tried.to_import(), "Dr. A")

    def test_treatments(self, store: SqlVisitStore, patient: str) -> None:
        text = "patient_id,class,name,start,stop\n4711,bDMARD,Adalimumab,2023-05,{}\n"
        for stop, states in (("", 1), ("2024-01", 2), ("2024-01", 2)):
            tried = plan_treatments(text.format(stop).encode(), store.known_patients(), TODAY)
            assert tried.problems == ()
            store.import_treatments(tried.to_import(), "Dr. A")
            assert store.counts()["treatment"] == states
        ((_, kept),) = store.treatments(patient)
        assert kept.stopped == PartialDate(2024, 1)


class TestCommand:
    @pytest.fixture
    def closed(self, store: SqlVisitStore, visit: str, place: Path) -> list[str]:
        """Words that name the library, now closed."""
        store.close()
        return ["--store", str(place)]

    def run(self, tmp_path: Path, text: str, *words: str) -> int:
        (tmp_path / "table.csv").write_text(text, "utf-8")
        return cli.main(["clinical", "import", str(tmp_path / "table.csv"), *words])

    def test_dry_run_keeps_nothing_and_names_every_problem(
        self, closed: list[str], tmp_path: Path, place: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wrong = VISITS + "4799,2024-03-01,500,x,mg/L\n"
        assert self.run(tmp_path, VISITS, "--dry-run", *closed) == 0
        assert "2 lines can be" in capsys.readouterr().out
        assert self.run(tmp_path, wrong, "--dry-run", *closed) == 4
        said = capsys.readouterr().out
        assert "Line 4, patient_id: no patient has this ID ('4799')" in said
        assert "Line 4, esr_mm_h" in said
        assert "Line 4, crp" in said
        with SqlVisitStore.open(place) as store:
            assert store.counts()["clinical"] == 0

    def test_import_and_again(
        self, closed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.run(tmp_path, VISITS, "--reader", "Dr. A", *closed) == 0
        assert "2 lines were kept; 1 visits" in capsys.readouterr().out
        assert self.run(tmp_path, VISITS, *closed) == 0
        assert "2 lines say what the library holds already" in capsys.readouterr().out

    def test_problems_stop_it_unless_skipped(
        self, closed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wrong = VISITS + "4799,2024-03-01,5,,\n"
        assert self.run(tmp_path, wrong, "--json", *closed) == 4
        document = json.loads(capsys.readouterr().out)
        assert (document["kept"], len(document["problems"])) == (0, 1)
        assert self.run(tmp_path, wrong, "--skip-problems", "--json", *closed) == 0
        assert json.loads(capsys.readouterr().out)["kept"] == 2

    def test_himriss(
        self, closed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        head = "patient_id,visit_date,side,reader,femoral_bml,acetabular_bml,effusion_synovitis\n"
        good, wrong = "4711,2024-03-01,R,Dr. B,12,4,9\n", "4711,2024-03-01,L,Dr. B,66,4,31\n"
        assert self.run(tmp_path, head + good + wrong, "--himriss", "--dry-run", *closed) == 4
        said = capsys.readouterr().out
        assert "Line 3, femoral_bml: this is outside the range ('66')" in said
        assert "Line 3, effusion_synovitis" in said
        assert self.run(tmp_path, head + good, "--himriss", *closed) == 0
        assert "1 lines were kept" in capsys.readouterr().out
        assert cli.main(["clinical", "template", "--himriss"]) == 0
        assert "femoral_bml" in capsys.readouterr().out
        assert cli.main(["clinical", "template", "--himriss", "--treatments"]) == 2

    def test_template_and_absent_table(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["clinical", "template"]) == 0
        assert capsys.readouterr().out.startswith("patient_id,")
        assert cli.main(["clinical", "import", str(tmp_path / "absent.csv")]) == 4


def test_the_record_over_the_whole_time(store: SqlVisitStore, visit: str, patient: str) -> None:
    assert store.clinical_history(patient) == ClinicalHistory()
    store.keep_facts(visit, FACTS, "Dr. A")
    store.keep_treatment(patient, DRUG, "Dr. A")
    store.keep_reading(Reading(visit, Side.LEFT, "Dr. A", 1, READ_AT, False, 3, 2, 1))
    store.keep_reading(
        Reading(visit, Side.LEFT, "Dr. A", 1, READ_AT, False, 4, 2, 1), correcting=True
    )
    later = "patient_id,visit_date,esr_mm_h\n4711,2024-04-01,12\n"
    store.import_visits(plan(store, later).to_import(), "Dr. A")
    history = store.clinical_history(patient)
    assert [each.day for each in history.visits] == [date(2024, 3, 1), date(2024, 4, 1)]
    assert [each.facts.esr_mm_h for each in history.visits] == [22.0, 12.0]
    assert [each.femoral for each in history.visits[0].readings] == [4]
    assert history.treatments == (DRUG,)
    with pytest.raises(StoreError, match=SENTENCE):
        store.clinical_history("nobody")


def test_a_blinded_reading_is_audited_with_its_lot(store: SqlVisitStore, visit: str) -> None:
    order = drawn([visit, "another"], 42)
    store.keep_reading(Reading(visit, Side.LEFT, "Dr. A", 1, READ_AT, True, 3, 2, 1), order=order)
    with store._reading() as connection:
        rows = connection.exec_driver_sql("SELECT content FROM audit ORDER BY number").fetchall()
    said = json.loads(rows[-1][0])
    assert said["blinded_order"] == {"seed": 42, "visits": sorted([visit, "another"])}
    assert store.verify_audit() == 2


def test_readings_are_imported_whole_and_known_the_next_time(
    store: SqlVisitStore, visit: str
) -> None:
    table = (
        b"patient_id,visit_date,side,reader,number,femoral_bml,acetabular_bml,effusion_synovitis\n"
        b"4711,2024-03-01,R,Dr. B,2,11,4,9\n"
        b"4711,2024-03-01,R,Dr. B,1,12,4,9\n"
    )
    tried = plan_readings(table, store.known_patients(), TODAY)
    store.import_readings(tried.to_import())
    found = store.clinical_record(visit).readings
    assert [(each.number, each.total) for each in found] == [(1, 25), (2, 24)]
    again = plan_readings(table, store.known_patients(), TODAY)
    assert (again.problems, again.to_import(), again.unchanged) == ((), (), (2, 3))
    with pytest.raises(StoreError, match=SENTENCE):
        store.import_readings(tried.to_import())
    assert len(store.clinical_record(visit).readings) == 2
    assert store.verify_audit() == 3


def test_lines_that_stop_in_the_middle_leave_nothing(store: SqlVisitStore, visit: str) -> None:
    text = "patient_id,visit_date,esr_mm_h\n" + "".join(
        f"4711,2024-02-{day:02d},5\n" for day in range(1, 11)
    )
    entries = plan(store, text).to_import()
    before, patients = store.counts(), store.known_patients()

    class Stopped(tuple[VisitEntry, ...]):
        def __iter__(self) -> Iterator[VisitEntry]:
            yield from tuple(super().__iter__())[:5]
            raise Cancelled

    with pytest.raises(Cancelled):
        store.import_visits(Stopped(entries), "Dr. A")
    assert (store.counts(), store.known_patients()) == (before, patients)
    assert store.import_visits(entries, "Dr. A") == 10
    store.verify_audit()
