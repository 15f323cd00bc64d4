"""Visits put aside and brought back, inside the caller's transaction; nothing is deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_audit import BROUGHT_BACK, PUT_ASIDE, record
from hipdesk.adapters._store_database import many, one
from hipdesk.ports import AsideEntry


def is_aside(visit_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Condition on the number of a visit: the last thing a reader did was to put it aside."""
    table = schema.visit_put_aside.alias()
    newest = select(func.max(table.c.id)).group_by(table.c.visit_id)
    said = schema.visit_put_aside.c
    return visit_id.in_(select(said.visit_id).where(said.aside & said.id.in_(newest)))


def put_aside(
    connection: Connection, visit: dict[str, Any], aside: bool, reason: str, reader: str
) -> bool:
    """Take a visit out of every list and trend, or bring it back; whether that changed anything.

    Parameters
    ----------
    visit : its row
    """
    table = schema.visit
    now = select(table.c.id).where((table.c.id == visit["id"]) & is_aside(table.c.id))
    if (one(connection, now) is not None) == aside:
        return False
    row = {
        "visit_id": visit["id"],
        "aside": aside,
        "reason": reason,
        "reader": reader,
        "at_utc": datetime.now(UTC),
    }
    action = PUT_ASIDE if aside else BROUGHT_BACK
    record(connection, action, {"visit": visit["uid"]}, {schema.visit_put_aside: [row]})
    return True


def visits_aside(connection: Connection) -> tuple[AsideEntry, ...]:
    """Visits that were put aside, the last one first."""
    said, visit, patient = schema.visit_put_aside, schema.visit, schema.patient
    newest = select(func.max(said.c.id)).group_by(said.c.visit_id)
    rows = many(
        connection,
        select(
            visit.c.uid,
            patient.c.uid.label("patient"),
            patient.c.identifier,
            patient.c.issuer,
            patient.c.name,
            patient.c.birth_date,
            patient.c.sex,
            visit.c.day,
            said.c.reason,
            said.c.reader,
            said.c.at_utc,
        )
        .join(visit, said.c.visit_id == visit.c.id)
        .join(patient, visit.c.patient_id == patient.c.id)
        .where(said.c.aside & said.c.id.in_(newest))
        .order_by(said.c.id.desc()),
    )
    return tuple(
        AsideEntry(
            visit_uid=row["uid"],
            patient_uid=row["patient"],
            patient=codec.patient(row),
            day=row["day"],
            reason=row["reason"],
            reader=row["reader"],
            at_utc=row["at_utc"],
        )
        for row in rows
    )
