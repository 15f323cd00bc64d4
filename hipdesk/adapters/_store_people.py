"""Patients and to whom visits belong, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import is_aside, put_aside
from hipdesk.adapters._store_audit import DATED, KEPT_APART, record
from hipdesk.adapters._store_database import many, one
from hipdesk.adapters._store_errors import SAVING
from hipdesk.adapters._store_search import holds_every
from hipdesk.errors import BugError, StoreError
from hipdesk.ports import PatientEntry

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
    one_self, table = codec.patient(row), schema.patient
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
        PatientEntry(row["uid"], codec.patient(row), row["visits"] or 0, row["last_day"])
        for row in many(connection, statement)
    )


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


def put_visits_aside(
    connection: Connection, visit_uids: Sequence[str], aside: bool, reason: str, reader: str
) -> None:
    """Take visits out of every list and trend, or bring them back.

    Raises
    ------
    StoreError
        The library has no such visit.
    """
    for uid in dict.fromkeys(visit_uids):
        put_aside(connection, visit_row(connection, uid), aside, reason, reader)


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
