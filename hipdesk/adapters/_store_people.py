"""Patients and to whom visits belong, inside the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import is_aside, put_aside
from hipdesk.adapters._store_audit import DATED, KEPT_APART, MERGED, MOVED, SPLIT, record
from hipdesk.adapters._store_database import by_id, insert, many, one
from hipdesk.adapters._store_errors import SAVING
from hipdesk.adapters._store_search import holds_every, index_patient
from hipdesk.errors import BugError, StoreError
from hipdesk.ports import PatientEntry
from hipdesk.records import Patient

_Row = dict[str, Any]


def patients(connection: Connection, words: str, limit: int) -> tuple[PatientEntry, ...]:
    """Patients with a visit whom every word describes, last visit first."""
    return _entries(connection, holds_every(words), limit)


def patient_of(connection: Connection, visit_uid: str) -> PatientEntry:
    """The patient to whom a visit belongs.

    Raises
    ------
    StoreError
        The library has no such visit.
    """
    visit = visit_row(connection, visit_uid)
    whose = schema.patient.c.id == visit["patient_id"]
    return _entries(connection, whose, with_visits=False)[0]


def lookalikes(connection: Connection, patient_uid: str) -> tuple[PatientEntry, ...]:
    """Other patients with a visit who may be the same person."""
    row = patient_row(connection, patient_uid)
    one_self, table = _identity(row), schema.patient
    # Two of number, name and birth date are the same, so one of these is.
    alike = or_(table.c.identifier == row["identifier"], table.c.birth_date == row["birth_date"])
    others = alike & (table.c.id != row["id"]) & table.c.id.not_in(_kept_apart_from(row["id"]))
    return tuple(
        entry for entry in _entries(connection, others) if one_self.resembles(entry.patient)
    )


def _kept_apart_from(patient_id: int) -> Select[int]:
    pair = schema.kept_apart.c
    return (
        select(pair.second_id)
        .where(pair.first_id == patient_id)
        .union(select(pair.first_id).where(pair.second_id == patient_id))
        .subquery()
        .select()
    )


def _entries(
    connection: Connection,
    condition: ColumnElement[bool],
    limit: int | None = None,
    *,
    with_visits: bool = True,
) -> tuple[PatientEntry, ...]:
    """Patients who meet a condition, of visits those that were not put aside.

    Parameters
    ----------
    with_visits : only patients who have one
    """
    table = schema.patient
    # Grouped by itself, the index of visits answers without a look at any visit.
    seen = (
        select(
            schema.visit.c.patient_id,
            func.count().label("visits"),
            func.max(schema.visit.c.day).label("last_day"),
        )
        .where(~is_aside(schema.visit.c.id))
        .group_by(schema.visit.c.patient_id)
        .subquery()
    )
    statement = (
        select(table, seen.c.visits, seen.c.last_day)
        .join(seen, seen.c.patient_id == table.c.id, isouter=not with_visits)
        .where(condition)
        .order_by(seen.c.last_day.is_(None), seen.c.last_day.desc(), table.c.id)
        .limit(limit)
    )
    return tuple(
        PatientEntry(row["uid"], _identity(row), row["visits"] or 0, row["last_day"])
        for row in many(connection, statement)
    )


def _identity(row: _Row) -> Patient:
    return Patient(row["identifier"], row["issuer"], row["name"], row["birth_date"], row["sex"])


def patient_row(connection: Connection, uid: str) -> _Row:
    """The row of a patient.

    Raises
    ------
    StoreError
        The library has no such patient.
    """
    table = schema.patient
    found = one(connection, select(table).where(table.c.uid == uid))
    if found is None:
        raise StoreError("The patient library has no such patient.")
    return found


def visit_row(connection: Connection, uid: str) -> _Row:
    """Row of a visit.

    Raises
    ------
    StoreError
        The library has no such visit.
    """
    table = schema.visit
    found = one(connection, select(table).where(table.c.uid == uid))
    if found is None:
        raise StoreError("The patient library has no such visit.")
    return found


def move_visit(connection: Connection, visit_uid: str, patient_uid: str, reader: str) -> str:
    """Give a visit with its studies to another patient; uid of the one who had it.

    Raises
    ------
    StoreError
        The library has no such visit or patient.
    """
    visit, target = visit_row(connection, visit_uid), patient_row(connection, patient_uid)
    before = by_id(connection, schema.patient, visit["patient_id"])
    if before["id"] == target["id"]:
        return patient_uid
    for table, column in (
        (schema.visit, schema.visit.c.id),
        (schema.study, schema.study.c.visit_id),
    ):
        moved = table.update().where(column == visit["id"])
        connection.execute(moved.values(patient_id=target["id"]))
    for patient in (before, target):
        index_patient(connection, patient["id"])
    content = {
        "visit": visit_uid,
        "patient": patient_uid,
        "before": before["uid"],
        "reader": reader,
    }
    record(connection, MOVED, content)
    return str(before["uid"])


def merge_patients(
    connection: Connection, patient_uid: str, into_uid: str, reader: str
) -> tuple[str, ...]:
    """Give all visits of one patient to another, those put aside too; their uids.

    Raises
    ------
    StoreError
        The library has no such patient.
    """
    patient, into = patient_row(connection, patient_uid), patient_row(connection, into_uid)
    if patient["id"] == into["id"]:
        raise BugError("a patient cannot be merged with themselves")
    table = schema.visit
    owned = select(table.c.uid).where(table.c.patient_id == patient["id"]).order_by(table.c.id)
    visits = tuple(connection.execute(owned).scalars())
    for visit in visits:
        move_visit(connection, visit, into_uid, reader)
    content = {"patient": patient_uid, "into": into_uid, "visits": visits, "reader": reader}
    record(connection, MERGED, content)
    return visits


def split_visits(connection: Connection, visit_uids: Sequence[str], reader: str) -> str:
    """Part some visits of one patient from the others; uid of the patient who has them now.

    That is a new one, of the identity that their images state, kept apart from
    the one who had them.

    Raises
    ------
    StoreError
        The library has no such visit, or they are not of one patient.
    """
    visits = [visit_row(connection, uid) for uid in dict.fromkeys(visit_uids)]
    owners = {visit["patient_id"] for visit in visits}
    if len(owners) != 1:
        raise StoreError(f"{SAVING}: the visits to be parted are not of one patient.")
    stated = by_id(connection, schema.patient, _stated(visits[0]))
    fresh = {name: stated[name] for name in ("identifier", "issuer", "name", "birth_date", "sex")}
    own = {"uid": uuid.uuid4().hex, "saved_utc": datetime.now(UTC)}
    key = insert(connection, schema.patient, fresh | own)
    new, before = (by_id(connection, schema.patient, each)["uid"] for each in (key, *owners))
    for visit in visits:
        move_visit(connection, visit["uid"], new, reader)
    content = {"patient": before, "into": new, "reader": reader}
    record(connection, SPLIT, {**content, "visits": [visit["uid"] for visit in visits]})
    keep_apart(connection, before, new, reader)
    return str(new)


def _stated(visit: _Row) -> int:
    """Whom a visit's images name."""
    return int(visit["stated_patient_id"] or visit["patient_id"])


def put_visit_aside(
    connection: Connection, visit_uid: str, aside: bool, reason: str, reader: str
) -> bool:
    """Take a visit out of every list and trend, or bring it back; whether that changed anything.

    Raises
    ------
    StoreError
        The library has no such visit.
    """
    return put_aside(connection, visit_row(connection, visit_uid), aside, reason, reader)


def keep_apart(connection: Connection, first_uid: str, second_uid: str, reader: str) -> None:
    """Record that two patients are two people; once is enough.

    Raises
    ------
    StoreError
        The library has no such patient.
    """
    pair = sorted(patient_row(connection, uid)["id"] for uid in (first_uid, second_uid))
    if pair[0] == pair[1]:
        raise BugError("a patient cannot be kept apart from themselves")
    table = schema.kept_apart
    same = (table.c.first_id == pair[0]) & (table.c.second_id == pair[1])
    if one(connection, select(table).where(same)) is not None:
        return
    row = {
        "first_id": pair[0],
        "second_id": pair[1],
        "reader": reader,
        "at_utc": datetime.now(UTC),
    }
    record(connection, KEPT_APART, {}, {table: [row]})


def date_visit(connection: Connection, visit_uid: str, day: date, reader: str) -> None:
    """Give a visit its day; a day that a reader gave may be given anew.

    Raises
    ------
    StoreError
        The library has no such visit, or its files state its day.
    """
    visit = visit_row(connection, visit_uid)
    study = schema.study.c
    stated = select(study.id).where((study.visit_id == visit["id"]) & study.date.is_not(None))
    if one(connection, stated) is not None:
        raise StoreError(f"{SAVING}: the images of this visit state its date.")
    table = schema.visit
    connection.execute(table.update().where(table.c.id == visit["id"]).values(day=day))
    row = {"visit_id": visit["id"], "day": day, "reader": reader, "at_utc": datetime.now(UTC)}
    record(connection, DATED, {"visit": visit_uid}, {schema.dated: [row]})
