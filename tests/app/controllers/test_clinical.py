"""The clinical record's page: checked as it is typed, kept whole, of one patient only."""

from __future__ import annotations

from datetime import date

import pytest

from app.clinical_state import ClinicalShown, Figure, ReadingDraft, TreatmentDraft
from app.controllers.clinical import ClinicalController
from app.controllers.desk import Desk
from app.state import Exam
from app.views.protocols import ClinicalView
from hipdesk.clinical import AsdasState, ClinicalFacts, Crp, CrpUnit, IndexName, TreatmentKind
from hipdesk.errors import StoreError
from hipdesk.records import Side
from hipdesk.settings import Settings
from tests.app.fakes import FakeView, make_patient, make_volume, translate
from tests.app.window_factory import Window, make_window

JOHN = make_patient("0815", "Roe^John")
TYPED = {
    "basdai_q2": "5",
    "basdai_q3": "2",
    "basdai_q6": "4",
    "patient_global": "5",
    "crp": "10",
    "crp_unit": "mg/L",
    "esr_mm_h": "20",
}


class Room:
    """Two visits of Jane and one of John in the library; nobody on screen."""

    def __init__(self) -> None:
        self.window: Window = make_window(
            {
                "one": [make_volume(study=1, day=date(2023, 1, 1))],
                "two": [make_volume(study=2, day=date(2024, 1, 1))],
                "john": [make_volume(JOHN, study=3, day=date(2024, 2, 2))],
            }
        )
        self.exams: list[Exam] = [self.window.analyse(each) for each in ("one", "two", "john")]
        self.desk: Desk = self.window.desk
        self.desk.put(None)
        self.bench = self.window.bench
        self.bench.services.keeper.keep(Settings(reader_name="Dr. A"))
        self.view = FakeView(ClinicalView)
        self.page = ClinicalController(
            self.view,  # type: ignore[arg-type]
            self.desk,
            self.bench.services,
            translate,
        )

    @property
    def store(self):  # type: ignore[no-untyped-def]
        return self.bench.store

    def uid(self, number: int) -> str:
        uid = self.exams[number].visit_uid
        assert uid is not None
        return uid

    def show(self, number: int = 1) -> Room:
        self.page.show(self.uid(number))
        self.run()
        return self

    def run(self) -> None:
        self.bench.jobs.run_all()

    @property
    def shown(self) -> ClinicalShown | None:
        return self.view.last("show_record")

    @property
    def checked(self) -> tuple[tuple[str, ...], tuple[Figure, ...], bool]:
        return self.view.last("show_checked")

    def kept(self, number: int = 1) -> ClinicalFacts | None:
        held = self.store.clinical_record(self.uid(number)).held
        return None if held is None else held.facts


@pytest.fixture
def room() -> Room:
    return Room()


def test_an_empty_record(room: Room) -> None:
    shown = room.show().shown
    assert shown is not None
    assert (shown.patient, shown.day, shown.cells) == (make_patient(), date(2024, 1, 1), {})
    problems, figures, changed = room.checked
    assert (problems, changed) == ((), False)
    assert [each.value for each in figures] == [None] * 6


def test_indices_follow_what_is_typed_and_nothing_is_kept_meanwhile(room: Room) -> None:
    room.show().page.edit(TYPED)
    _, figures, changed = room.checked
    found = {each.name: each for each in figures}
    assert changed
    assert found[IndexName.ASDAS_CRP].value == pytest.approx(2.921, abs=5e-4)
    assert found[IndexName.ASDAS_ESR].value == pytest.approx(2.718, abs=5e-4)
    assert found[IndexName.ASDAS_CRP].meaning is AsdasState.HIGH
    assert room.kept() is None


def test_keeping(room: Room) -> None:
    room.show().page.edit(TYPED)
    room.page.keep()
    room.run()
    kept = room.kept()
    assert kept is not None
    assert (kept.esr_mm_h, kept.crp) == (20.0, Crp(10.0, CrpUnit.MG_PER_L))
    assert room.shown is not None
    assert room.shown.kept_by == "Dr. A"
    assert room.checked[2] is False


def test_what_came_from_elsewhere_is_shown_and_what_is_typed_stays(room: Room) -> None:
    room.store.keep_facts(room.uid(1), ClinicalFacts(esr_mm_h=7, patient_global=2), "Dr. A")
    room.show().page.edit({"esr_mm_h": "8", "patient_global": "2", "crp": ""})
    crp = Crp(10.0, CrpUnit.MG_PER_L)
    imported = ClinicalFacts(esr_mm_h=9, patient_global=3, crp=crp)
    room.store.keep_facts(room.uid(1), imported, "Dr. B")
    room.page.refresh()
    room.run()
    assert room.shown is not None
    assert room.shown.cells == {
        "esr_mm_h": "8",
        "patient_global": "3",
        "crp": "10",
        "crp_unit": "mg/L",
    }
    assert room.checked[2] is True
    room.page.keep()
    room.run()
    assert room.kept() == ClinicalFacts(esr_mm_h=8, patient_global=3, crp=crp)


def test_nothing_is_read_anew_for_a_page_that_is_away(room: Room) -> None:
    room.page.refresh()
    assert room.bench.jobs.waiting == ()


def test_the_visit_before_stands_beside(room: Room) -> None:
    room.store.keep_facts(room.uid(0), ClinicalFacts(basdai=(6.0,) * 6), "Dr. A")
    room.show().page.edit({f"basdai_q{n}": "3" for n in range(1, 7)})
    assert room.shown is not None
    assert room.shown.before == date(2023, 1, 1)
    (basdai, *_) = room.checked[1]
    assert (basdai.value, basdai.change, basdai.turn) == (3.0, -3.0, True)


def test_a_field_that_cannot_be_read_stops_keeping(room: Room) -> None:
    wrong = {**TYPED, "esr_mm_h": "many", "symptom_onset": "2099", "hip_pain_vas_left": "11"}
    room.show().page.edit(wrong)
    assert room.checked[0] == ("esr_mm_h", "hip_pain_vas_left", "symptom_onset")
    room.page.keep()
    room.run()
    assert room.kept() is None


def test_leaving_keeps_what_can_be_read_and_what_was_held(room: Room) -> None:
    room.store.keep_facts(room.uid(1), ClinicalFacts(esr_mm_h=7.0), "Dr. A")
    room.show().page.edit({**TYPED, "esr_mm_h": "many"})
    room.page.leave()
    room.run()
    kept = room.kept()
    assert kept is not None
    assert (kept.esr_mm_h, kept.patient_global) == (7.0, 5.0)
    assert room.shown is None
    assert any("could not be read" in each for each in room.window.said)


def test_leaving_unchanged_writes_nothing(room: Room) -> None:
    room.show().page.leave()
    room.run()
    assert room.store.calls["keep_facts"] == 0


def test_never_beside_another_patient(room: Room) -> None:
    room.desk.put(room.exams[2])
    room.show()
    assert room.view.every("show_record") == []
    assert any("Another patient is on screen" in each for each in room.window.said)
    room.desk.put(room.exams[0])
    room.show().page.edit(TYPED)
    assert room.shown is not None
    room.desk.put(room.exams[2])
    room.run()
    assert room.shown is None
    assert room.kept() is not None


def test_a_library_that_fails_is_told_and_what_is_typed_stays(room: Room) -> None:
    room.show().page.edit(TYPED)
    room.store.failing["keep_facts"] = StoreError("The disk is full.")
    room.page.keep()
    room.run()
    assert "The disk is full." in room.window.said
    assert room.checked[2] is True


# Treatments


def test_treatments_are_added_changed_and_removed(room: Room) -> None:
    room.show().page.keep_treatment(
        TreatmentDraft(TreatmentKind.BDMARD, " Adalimumab ", "40 mg", "2023-05")
    )
    room.run()
    assert room.shown is not None
    ((uid, drug),) = room.shown.treatments
    assert (drug.name, drug.started and drug.started.iso, drug.stopped) == (
        "Adalimumab",
        "2023-05",
        None,
    )
    room.page.keep_treatment(
        TreatmentDraft(TreatmentKind.BDMARD, "Adalimumab", "", "2023-05", "2024", uid=uid)
    )
    room.run()
    assert [each.stopped and each.stopped.iso for _, each in room.shown.treatments] == ["2024"]
    room.page.withdraw_treatment(uid)
    room.run()
    assert room.shown.treatments == ()


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (TreatmentDraft(TreatmentKind.NSAID, "  "), "Enter the name"),
        (TreatmentDraft(TreatmentKind.NSAID, "A", started="5/3"), "Dates are written"),
        (TreatmentDraft(TreatmentKind.NSAID, "A", "", "2024", "2023"), "must not end before"),
        (TreatmentDraft(TreatmentKind.SURGERY, "A", "", "2099"), "in the future"),
    ],
)
def test_a_treatment_that_does_not_fit(room: Room, draft: TreatmentDraft, words: str) -> None:
    room.show().page.keep_treatment(draft)
    assert words in room.view.last("show_refusal")
    assert room.store.calls["keep_treatment"] == 0


def test_a_side_and_an_end_only_where_they_belong(room: Room) -> None:
    kinds = (TreatmentKind.SURGERY, TreatmentKind.NSAID)
    for kind in kinds:
        room.show().page.keep_treatment(
            TreatmentDraft(kind, "A", "", "2020", "2021", side=Side.LEFT)
        )
        room.run()
    assert room.shown is not None
    surgery, drug = (each for _, each in room.shown.treatments)
    assert (surgery.side, surgery.stopped) == (Side.LEFT, None)
    assert (drug.side, drug.stopped and drug.stopped.iso) == (None, "2021")


# HIMRISS


def test_readings_are_numbered_by_reader_and_hip(room: Room) -> None:
    for draft in (
        ReadingDraft(Side.RIGHT, 20, 5, 6),
        ReadingDraft(Side.RIGHT, 22, 5, 6, blinded_to_order=True),
        ReadingDraft(Side.LEFT, 0, None, None),
        ReadingDraft(Side.RIGHT, 2, 5, 6, number=1),
    ):
        room.show().page.keep_reading(draft)
        room.run()
    assert room.shown is not None
    found = [
        (each.side, each.number, each.total, each.blinded_to_order) for each in room.shown.readings
    ]
    assert found == [
        (Side.RIGHT, 1, 13, False),
        (Side.RIGHT, 2, 33, True),
        (Side.LEFT, 1, None, False),
    ]


def test_a_reading_needs_a_name_and_a_total(room: Room) -> None:
    room.show().page.keep_reading(ReadingDraft(Side.LEFT))
    assert "at least one total" in room.view.last("show_refusal")
    room.bench.services.keeper.keep(Settings())
    room.page.keep_reading(ReadingDraft(Side.LEFT, 3))
    assert "Enter your name" in room.view.last("show_refusal")
    assert room.store.calls["keep_reading"] == 0


def test_an_addition_leaves_what_is_typed(room: Room) -> None:
    room.show().page.edit(TYPED)
    room.page.keep_reading(ReadingDraft(Side.LEFT, 3))
    room.run()
    assert room.shown is not None
    assert room.shown.cells == TYPED
    assert room.checked[2] is True
