"""HIMRISS readings and the whole clinical record of a visit, inside the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import is_aside
from hipdesk.adapters._store_audit import READ, record
from hipdesk.adapters._store_clinical import facts_by_visit, facts_of, treatments
from hipdesk.adapters._store_clinical import known_patients as known_without_readings
from hipdesk.adapters._store_database import by_id, many
from hipdesk.adapters._store_errors import READING, SAVING, damaged
from hipdesk.adapters._store_people import patient_row, visit_row
from hipdesk.clinical import ClinicalFacts
from hipdesk.clinical_entries import KnownPatient, ReadingEntry
from hipdesk.errors import RefusedValue, StoreError
from hipdesk.himriss import BlindedOrder, Reading, standing, with_reading
from hipdesk.ports import ClinicalHistory, ClinicalRecord, ClinicalVisit, DatedFacts
from hipdesk.records import Side

_Row = dict[str, Any]


def keep_reading(
    connection: Connection,
    reading: Reading,
    *,
    correcting: bool,
    order: BlindedOrder | None = None,
) -> None:
    """Append a reading, or a new state of one.

    Parameters
    ----------
    order : of the sitting in which it was read without dates; its seed and its
        visits, from which the order follows, stand in the audit entry

    Raises
    ------
    StoreError
        There is no such visit; its number is taken, or leaves a gap; or nothing is
        there to be corrected.
    """
    visit = visit_row(connection, reading.visit_uid)
    known = readings(connection, schema.reading.c.visit_id == visit["id"])
    if correcting:
        if len(standing((*known, reading))) > len(known):
            raise StoreError(f"{SAVING}: there is no such HIMRISS reading to correct.")
    else:
        try:
            with_reading(known, reading)
        except RefusedValue as error:
            raise StoreError(str(error)) from error
    content: _Row = {"visit": visit["uid"]}
    if order is not None:
        content["blinded_order"] = {"seed": order.seed, "visits": list(order.visit_uids)}
    record(connection, READ, content, {schema.reading: [_row(visit, reading)]})


def _row(visit: _Row, reading: Reading) -> _Row:
    return {
        "visit_id": visit["id"],
        "side": reading.side.value,
        "reader": reading.reader,
        "number": reading.number,
        "blinded_to_order": reading.blinded_to_order,
        "femoral": reading.femoral,
        "acetabular": reading.acetabular,
        "effusion": reading.effusion,
        "at_utc": reading.read_utc.astimezone(UTC),
    }


def readings(connection: Connection, condition: ColumnElement[bool]) -> tuple[Reading, ...]:
    """Readings as they stand, in the order in which they were entered.

    Parameters
    ----------
    condition : on the tables of readings and of visits

    Raises
    ------
    StoreError
        They are damaged.
    """
    table, visit = schema.reading, schema.visit
    wanted = select(table, visit.c.uid.label("visit_uid")).join(visit).where(condition)
    return standing(map(_reading, many(connection, wanted.order_by(table.c.id))))


def _reading(row: _Row) -> Reading:
    try:
        return Reading(
            visit_uid=row["visit_uid"],
            side=Side(row["side"]),
            reader=row["reader"],
            number=row["number"],
            read_utc=row["at_utc"],
            blinded_to_order=row["blinded_to_order"],
            femoral=row["femoral"],
            acetabular=row["acetabular"],
            effusion=row["effusion"],
        )
    except (ValueError, RefusedValue) as error:
        raise damaged(READING) from error


def clinical_record(connection: Connection, visit_uid: str) -> ClinicalRecord:
    """What is known of a patient at a visit, and the facts before it.

    Raises
    ------
    StoreError
        The library has no such visit, or is damaged.
    """
    visit = visit_row(connection, visit_uid)
    patient = by_id(connection, schema.patient, visit["patient_id"])
    others = many(
        connection,
        select(schema.visit)
        .where((schema.visit.c.patient_id == patient["id"]) & ~is_aside(schema.visit.c.id))
        .order_by(schema.visit.c.day, schema.visit.c.id),
    )
    keys = [visit["id"], *(each["id"] for each in others)]
    rows = facts_by_visit(connection, schema.clinical.c.visit_id.in_(keys))
    held = rows.get(visit["id"])
    before = [each for each in others if _precedes(each, visit) and each["id"] in rows]
    return ClinicalRecord(
        visit_uid=visit["uid"],
        patient_uid=patient["uid"],
        day=visit["day"],
        held=None if held is None else _dated(visit, held),
        before=_dated(before[-1], rows[before[-1]["id"]]) if before else None,
        treatments=tuple(treatments(connection, patient["id"])),
        readings=readings(connection, schema.reading.c.visit_id == visit["id"]),
    )


def known_patients(connection: Connection) -> tuple[KnownPatient, ...]:
    """Every patient as an import needs to know them, with the readings of each visit.

    Raises
    ------
    StoreError
        The library is damaged.
    """
    read: dict[str, list[Reading]] = defaultdict(list)
    for each in readings(connection, schema.reading.c.id > 0):
        read[each.visit_uid].append(each)
    return tuple(
        replace(
            patient,
            visits=tuple(
                replace(visit, readings=tuple(read.get(visit.uid, ()))) for visit in patient.visits
            ),
        )
        for patient in known_without_readings(connection)
    )


def import_readings(connection: Connection, entries: Sequence[ReadingEntry]) -> None:
    """Keep the readings of a table's lines, re-reads after what they repeat.

    Raises
    ------
    StoreError
        The library has changed since the table was tried out.
    """
    for entry in sorted(entries, key=lambda each: each.reading.number):
        keep_reading(connection, entry.reading, correcting=False)


def clinical_history(connection: Connection, patient_uid: str) -> ClinicalHistory:
    """A patient's clinical record over the whole time.

    Raises
    ------
    StoreError
        The library has no such patient, or is damaged.
    """
    patient, visit = patient_row(connection, patient_uid), schema.visit
    own = (visit.c.patient_id == patient["id"]) & visit.c.day.is_not(None) & ~is_aside(visit.c.id)
    visits = many(connection, select(visit).where(own).order_by(visit.c.day, visit.c.id))
    keys = [each["id"] for each in visits]
    rows = facts_by_visit(connection, schema.clinical.c.visit_id.in_(keys))
    read: dict[str, list[Reading]] = defaultdict(list)
    for each in readings(connection, schema.reading.c.visit_id.in_(keys)):
        read[each.visit_uid].append(each)
    return ClinicalHistory(
        visits=tuple(
            ClinicalVisit(
                each["uid"],
                each["day"],
                facts_of(rows[each["id"]]["facts"]) if each["id"] in rows else ClinicalFacts(),
                tuple(read[each["uid"]]),
            )
            for each in visits
            if each["id"] in rows or each["uid"] in read
        ),
        treatments=tuple(known for _, known in treatments(connection, patient["id"])),
    )


def _precedes(other: _Row, visit: _Row) -> bool:
    return None not in (other["day"], visit["day"]) and other["day"] < visit["day"]


def _dated(visit: _Row, row: _Row) -> DatedFacts:
    return DatedFacts(
        visit["uid"], visit["day"], facts_of(row["facts"]), row["reader"], row["at_utc"]
    )
