"""Visits and studies given to others, why, by whom, and all of it taken back."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest

from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import StoreError
from hipdesk.ports import Regrouping, RegroupKind, VisitEntry
from hipdesk.records import Patient, Side
from tests.adapters.library_tools import add, assert_same, files_of, tamper
from tests.analysis_factory import make_analysis, make_patient, make_series

JANE = make_patient("1")
AGAIN = make_patient("2", issuer="Clinic B")
BROTHER = replace(make_patient("3"), name="Doe^John", sex="M")
YOUNGER = replace(make_patient("4"), birth_date=date(1985, 5, 17))
DAY = date(2024, 3, 1)


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the disk nowhere (but in SQLite)."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def seen(
    store: SqlVisitStore,
    folder: Path,
    patient: Patient,
    day: date | None = DAY,
    at: time | None = time(9, 15),
) -> str:
    """Add a study of a patient; the visit's uid."""
    series = make_series(patient, day=day, slices=5)
    timed = replace(series, study=replace(series.study, time=at))
    return add(store, folder, make_analysis(timed))[1]


def told(store: SqlVisitStore) -> list[tuple[RegroupKind, bool, str]]:
    return [(each.kind, each.standing, each.reason) for each in store.regroupings()]


def of(store: SqlVisitStore, visit: str) -> VisitEntry:
    """A visit as listed under its patient."""
    owner = store.patient_of(visit).uid
    return next(each for each in store.entries(owner) if each.visit.uid == visit)


def everything(store: SqlVisitStore, *patients: str) -> list[object]:
    return [store.entries(uid) for uid in patients] + [store.patients()]


# Whom a visit may go to


@pytest.mark.parametrize(
    ("other", "fields"),
    [
        (AGAIN, ()),
        (replace(JANE, name="Smith^Jane", patient_id="9"), ()),
        (replace(JANE, birth_date=None, sex=""), ()),
        (BROTHER, ("sex",)),
        (YOUNGER, ("birth_date",)),
        (replace(YOUNGER, sex="M"), ("birth_date", "sex")),
    ],
)
def test_birth_date_and_sex_tell_people_apart(other: Patient, fields: tuple[str, ...]) -> None:
    assert JANE.unlike(other) == fields == other.unlike(JANE)


@pytest.mark.parametrize("other", [BROTHER, YOUNGER], ids=["sex", "birth date"])
def test_nobody_of_another_birth_date_or_sex_gets_a_visit_without_a_reason(
    store: SqlVisitStore, incoming: Path, other: Patient
) -> None:
    visit = seen(store, incoming, JANE)
    owner = store.patient_of(visit).uid
    target = store.patient_of(seen(store, incoming, other)).uid
    for reason in ("", "  "):
        with pytest.raises(StoreError, match="birth date or sex of the two differ"):
            store.move_visit(visit, target, "A", reason)
        with pytest.raises(StoreError, match="birth date or sex of the two differ"):
            store.merge_patients(owner, target, "A", reason)
    assert store.patient_of(visit).uid == owner
    store.move_visit(visit, target, "A", " typed wrongly at the scanner ")
    assert told(store) == [(RegroupKind.MOVED, True, "typed wrongly at the scanner")]
    assert store.move_visit(visit, owner, "A") == target, "its images name this one"


def test_what_the_images_state_counts_not_who_has_the_visit(
    store: SqlVisitStore, incoming: Path
) -> None:
    """A brother's visit that Jane was given does not go on to her other number unasked."""
    stray = seen(store, incoming, BROTHER)
    jane = store.patient_of(seen(store, incoming, JANE)).uid
    store.move_visit(stray, jane, "A", "mistaken")
    target = store.patient_of(seen(store, incoming, AGAIN)).uid
    with pytest.raises(StoreError, match="birth date or sex"):
        store.merge_patients(jane, target, "A")
    assert of(store, stray).stated == BROTHER
    assert store.patient_of(stray).patient == JANE


# Taking back


def test_a_merge_is_taken_back_at_once(store: SqlVisitStore, incoming: Path) -> None:
    visits = [seen(store, incoming, AGAIN, date(2024, 1, day)) for day in (1, 2, 3)]
    keep, other = (
        store.patient_of(visit).uid for visit in (seen(store, incoming, JANE), visits[0])
    )
    before = everything(store, keep, other)
    assert store.merge_patients(other, keep, "Dr A", "new number") == tuple(visits)
    (deed,) = store.regroupings()
    assert deed == Regrouping(
        number=deed.number,
        kind=RegroupKind.MERGED,
        things=tuple(visits),
        before_uid=other,
        into_uid=keep,
        before=AGAIN,
        into=JANE,
        days=tuple(date(2024, 1, day) for day in (1, 2, 3)),
        reason="new number",
        reader="Dr A",
        at_utc=deed.at_utc,
        standing=True,
    )
    store.take_back(deed.number, "Dr B")
    assert_same(everything(store, keep, other), before)
    assert store.regroupings() == ()
    with pytest.raises(StoreError, match="no such change"):
        store.take_back(deed.number, "Dr B")
    assert store.verify_audit() == 4 + 4 + 4


def test_parting_is_taken_back(store: SqlVisitStore, incoming: Path) -> None:
    visits = [seen(store, incoming, JANE, date(2024, 1, day)) for day in (1, 2)]
    owner = store.patient_of(visits[0]).uid
    before = everything(store, owner)
    new = store.split_visits([visits[1]], "A", "two people of one number")
    assert told(store) == [(RegroupKind.SPLIT, True, "two people of one number")]
    store.take_back(store.regroupings()[0].number, "A")
    assert_same(everything(store, owner), before)
    assert store.entries(new) == ()
    assert store.verify_audit() == 7


def test_only_what_was_done_last_to_a_visit_is_taken_back(
    store: SqlVisitStore, incoming: Path
) -> None:
    visit = seen(store, incoming, JANE)
    first, second, third = (
        store.patient_of(seen(store, incoming, make_patient(number))).uid for number in "567"
    )
    owner = store.patient_of(visit).uid
    store.merge_patients(owner, first, "A")
    store.move_visit(visit, second, "A")
    moved, merged = store.regroupings()
    assert [moved.standing, merged.standing] == [True, False]
    with pytest.raises(StoreError, match="regrouped again since"):
        store.take_back(merged.number, "A")
    store.take_back(moved.number, "A")
    assert store.patient_of(visit).uid == first
    assert told(store) == [(RegroupKind.MERGED, True, "")]
    store.move_visit(visit, third, "A")
    assert [each.standing for each in store.regroupings()] == [True, False]
    assert store.verify_audit() == 4 + 2 + 1 + 2 + 1


# Several visits aside


def test_a_patient_put_aside_comes_back_whole(store: SqlVisitStore, incoming: Path) -> None:
    visits = [seen(store, incoming, JANE, date(2024, 1, day)) for day in (1, 2)]
    uid = store.patient_of(visits[0]).uid
    before = everything(store, uid)
    with pytest.raises(StoreError, match="no such visit"):
        store.put_aside([*visits, "nowhere"], "a phantom", "A")
    assert len(store.entries(uid)) == 2, "all or nothing"
    store.put_aside(visits, "a phantom", "A")
    assert store.patients() == ()
    assert {(each.visit_uid, each.patient, each.reason) for each in store.visits_aside()} == {
        (visit, JANE, "a phantom") for visit in visits
    }
    store.bring_back(visits, "A")
    assert_same(everything(store, uid), before)


# Studies and visits


def test_studies_of_two_days_make_one_visit_right_and_left(
    store: SqlVisitStore, incoming: Path
) -> None:
    """R of one series, L of another, taken on two days."""
    visits = []
    for day, side in ((DAY, Side.RIGHT), (date(2024, 3, 2), Side.LEFT)):
        analysis = make_analysis(make_series(day=day, slices=5))
        absent = next(hip for hip in analysis.hips if hip.side is not side)
        head = replace(absent.head, found=False, centre_lps_mm=None, radius_mm=None)
        gone = replace(absent, head=head, segmentation=None, score=None)
        hips = tuple(gone if hip is absent else hip for hip in analysis.hips)
        visits.append(add(store, incoming, replace(analysis, hips=hips))[1])
    first, second = visits
    uid = store.patient_of(first).uid
    before = everything(store, uid)
    (study,) = of(store, second).studies
    assert (study.day, study.time, study.description) == (date(2024, 3, 2), time(9, 15), "Hips")
    assert store.move_study(study.uid, first, "A", "one examination") == first
    (entry,) = store.entries(uid)
    assert [hip.side for hip in entry.visit.hips] == [Side.RIGHT, Side.LEFT]
    assert len({hip.series_uid for hip in entry.visit.hips}) == 2
    assert [each.day for each in entry.studies] == [DAY, date(2024, 3, 2)]
    assert (entry.visit.day, entry.visit.time) == (DAY, time(9, 15))
    assert [each.visit_uid for each in store.visits_aside()] == [second], "nothing is left in it"
    (deed,) = store.regroupings()
    assert (deed.kind, deed.things, deed.days) == (
        RegroupKind.STUDY_MOVED,
        (study.uid,),
        (date(2024, 3, 2), DAY),
    )
    store.take_back(deed.number, "A")
    assert_same(everything(store, uid), before)
    assert store.visits_aside() == ()
    assert store.verify_audit() == 2 + 2 + 3


def test_a_study_gets_a_visit_of_its_own_and_analysed_again_stays_there(
    store: SqlVisitStore, incoming: Path
) -> None:
    """Two scans on one day, morning and afternoon, which were put into one visit."""
    visit = seen(store, incoming, JANE)
    series = make_series(JANE, day=DAY, slices=5)
    later = replace(series, study=replace(series.study, time=time(15)))
    analysis, same = add(store, incoming, make_analysis(later))
    assert same == visit
    study = next(each for each in of(store, visit).studies if each.time == time(15))
    new = store.move_study(study.uid, None, "A")
    assert new != visit
    entries = store.entries(store.patient_of(visit).uid)
    assert [each.visit.uid for each in entries] == [visit, new]
    assert [each.visit.time for each in entries] == [time(9, 15), time(15)]
    assert store.add(replace(analysis, uid="again"), files_of(analysis.series)) == new
    assert store.verify_audit() == 2 + 2 + 1
    store.take_back(store.regroupings()[0].number, "A")
    assert len(store.entries(store.patient_of(visit).uid)) == 1
    assert store.verify_audit() == 8


def test_a_study_stays_where_it_must(store: SqlVisitStore, incoming: Path) -> None:
    visit, undated = seen(store, incoming, JANE), seen(store, incoming, JANE, None)
    stranger, other = seen(store, incoming, AGAIN), seen(store, incoming, BROTHER)
    (study,) = of(store, visit).studies
    (dateless,) = of(store, undated).studies
    before = store.verify_audit()
    assert store.move_study(study.uid, visit, "A") == visit
    with pytest.raises(StoreError, match="belong to different patients"):
        store.move_study(study.uid, other, "A")
    with pytest.raises(StoreError, match="give the other visit its date first"):
        store.move_study(study.uid, undated, "A")
    with pytest.raises(StoreError, match="no such study"):
        store.move_study("nowhere", visit, "A")
    assert store.verify_audit() == before
    store.move_visit(stranger, store.patient_of(visit).uid, "A")
    with pytest.raises(StoreError, match="images of the two visits name different patients"):
        store.move_study(study.uid, stranger, "A")
    assert store.move_study(dateless.uid, visit, "A") == visit


def test_a_study_moved_behind_the_programs_back_is_found(
    store: SqlVisitStore, place: Path, incoming: Path
) -> None:
    for day in (1, 2):
        seen(store, incoming, JANE, date(2024, 1, day))
    assert store.verify_audit() == 2
    tamper(place, "UPDATE study SET visit_id = 1")
    with pytest.raises(StoreError, match="images were moved to another visit outside"):
        store.verify_audit()


def test_a_day_that_a_reader_gave_says_who(store: SqlVisitStore, incoming: Path) -> None:
    visit, stated = seen(store, incoming, JANE, None), seen(store, incoming, JANE)
    store.date_visit(visit, date(2020, 1, 1), "Dr A")
    store.date_visit(visit, date(2020, 1, 2), "Dr B")
    assert (of(store, visit).visit.day, of(store, visit).dated_by) == (date(2020, 1, 2), "Dr B")
    assert of(store, stated).dated_by is None
