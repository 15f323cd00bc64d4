"""Clinical facts and treatments, inside the caller's transaction.

Both are appended: the newest facts of a visit count, and the newest state of a
treatment unless it was withdrawn. Older ones stay in the record.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_audit import CLINICAL, TREATED, VISIT_BEGUN, record
from hipdesk.adapters._store_database import by_id, insert, many
from hipdesk.adapters._store_errors import READING, SAVING, damaged
from hipdesk.adapters._store_people import patient_row
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
from hipdesk.clinical_entries import KnownPatient, KnownVisit, TreatmentEntry, VisitEntry
from hipdesk.errors import RefusedValue, StoreError
from hipdesk.records import Side

_Row = dict[str, Any]
_Document = Mapping[str, Any]


def facts_document(facts: ClinicalFacts) -> dict[str, Any]:
    """Facts as JSON has them."""
    return dataclasses.asdict(facts)


def facts_of(document: _Document) -> ClinicalFacts:
    """Facts out of `facts_document`.

    Raises
    ------
    StoreError
        They are damaged.
    """
    try:
        return ClinicalFacts(
            **{
                **document,
                "basdai": tuple(document["basdai"]),
                "basfi": tuple(document["basfi"]),
                "crp": _crp(document["crp"]),
                "symptom_onset": _partial(document["symptom_onset"]),
                "right": _hip(document["right"]),
                "left": _hip(document["left"]),
            }
        )
    except (KeyError, TypeError, ValueError, RefusedValue) as error:
        raise damaged(READING) from error


def _crp(document: _Document | None) -> Crp | None:
    return None if document is None else Crp(**{**document, "unit": CrpUnit(document["unit"])})


def _partial(document: _Document | None) -> PartialDate | None:
    return None if document is None else PartialDate(**document)


def _hip(document: _Document) -> HipFacts:
    return HipFacts(**{**document, "harris": Harris(**document["harris"])})


def treatment_of(document: _Document) -> Treatment:
    """A treatment as it was kept.

    Raises
    ------
    StoreError
        It is damaged.
    """
    try:
        return Treatment(
            **{
                **document,
                "kind": TreatmentKind(document["kind"]),
                "started": _partial(document["started"]),
                "stopped": _partial(document["stopped"]),
                "side": None if document["side"] is None else Side(document["side"]),
            }
        )
    except (KeyError, TypeError, ValueError, RefusedValue) as error:
        raise damaged(READING) from error


def keep_facts(connection: Connection, visit: _Row, facts: ClinicalFacts, reader: str) -> None:
    """Append the facts of a visit; they replace nothing in the record."""
    row = {
        "visit_id": visit["id"],
        "facts": facts_document(facts),
        "reader": reader,
        "at_utc": datetime.now(UTC),
    }
    record(connection, CLINICAL, {"visit": visit["uid"]}, {schema.clinical: [row]})


def keep_treatment(
    connection: Connection,
    patient: _Row,
    treatment: Treatment,
    reader: str,
    *,
    uid: str | None = None,
    withdrawn: bool = False,
) -> str:
    """Append a treatment, or a new state of one; its uid.

    Parameters
    ----------
    uid : of the treatment whose new state this is; None for a new one
    withdrawn : it was recorded by mistake

    Raises
    ------
    StoreError
        The patient has no treatment of this uid.
    """
    if uid is not None and uid not in dict(treatments(connection, patient["id"])):
        raise StoreError(f"{SAVING}: the patient has no such treatment.")
    name = uid or uuid.uuid4().hex
    row = {
        "patient_id": patient["id"],
        "uid": name,
        "treatment": dataclasses.asdict(treatment),
        "withdrawn": withdrawn,
        "reader": reader,
        "at_utc": datetime.now(UTC),
    }
    content = {"patient": patient["uid"], "treatment": name}
    record(connection, TREATED, content, {schema.treatment: [row]})
    return name


def facts_by_visit(connection: Connection, condition: ColumnElement[bool]) -> dict[int, _Row]:
    """The newest row of facts by visit.

    Parameters
    ----------
    condition : on the table of facts
    """
    table = schema.clinical
    newest = select(func.max(table.c.id)).where(condition).group_by(table.c.visit_id)
    found = many(connection, select(table).where(table.c.id.in_(newest)))
    return {row["visit_id"]: row for row in found}


def treatment_rows(connection: Connection, condition: ColumnElement[bool]) -> list[_Row]:
    """Rows of the newest state of each treatment that was not withdrawn, in their order.

    Parameters
    ----------
    condition : on the table of treatments
    """
    table = schema.treatment
    newest = select(func.max(table.c.id)).where(condition).group_by(table.c.uid)
    standing = table.c.id.in_(newest) & ~table.c.withdrawn
    return many(connection, select(table).where(standing).order_by(table.c.id))


def treatments(connection: Connection, patient_id: int) -> list[tuple[str, Treatment]]:
    """Name and newest state of each treatment of a patient that was not withdrawn."""
    persons = [patient_id, *_absorbed(connection).get(patient_id, ())]
    rows = treatment_rows(connection, schema.treatment.c.patient_id.in_(persons))
    return [(row["uid"], treatment_of(row["treatment"])) for row in rows]


def _absorbed(connection: Connection) -> dict[int, list[int]]:
    """By patient, others all of whose visits were given to this one.

    What is known of them follows, and goes back with the visits.
    """
    visit = schema.visit.c
    owners = select(visit.patient_id)
    given = (
        select(visit.stated_patient_id, func.min(visit.patient_id), func.max(visit.patient_id))
        .where(visit.stated_patient_id.not_in(owners))
        .group_by(visit.stated_patient_id)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for patient, first, last in connection.execute(given):
        if first == last:
            found[first].append(patient)
    return found


def known_patients(connection: Connection) -> tuple[KnownPatient, ...]:
    """Every patient as an import needs to know them."""
    facts = facts_by_visit(connection, schema.clinical.c.id > 0)
    absorbed = _absorbed(connection)
    own: dict[int, list[Treatment]] = defaultdict(list)
    for row in treatment_rows(connection, schema.treatment.c.id > 0):
        own[row["patient_id"]].append(treatment_of(row["treatment"]))
    visits: dict[int, list[KnownVisit]] = defaultdict(list)
    for row in many(connection, select(schema.visit).order_by(schema.visit.c.id)):
        held = facts.get(row["id"])
        known = None if held is None else facts_of(held["facts"])
        visits[row["patient_id"]].append(KnownVisit(row["uid"], row["day"], known))
    return tuple(
        KnownPatient(
            uid=row["uid"],
            patient_id=row["identifier"],
            issuer=row["issuer"],
            birth_date=row["birth_date"],
            visits=tuple(visits[row["id"]]),
            treatments=tuple(
                each
                for person in (row["id"], *absorbed.get(row["id"], ()))
                for each in own.get(person, ())
            ),
        )
        for row in many(connection, select(schema.patient).order_by(schema.patient.c.id))
        if row["id"] in visits
    )


def import_visits(connection: Connection, entries: Sequence[VisitEntry], reader: str) -> int:
    """Keep the facts of a table's lines; how many visits were begun for them.

    Raises
    ------
    StoreError
        The library has changed since the table was tried out.
    """
    begun = 0
    for entry in entries:
        visit = _visit(connection, entry)
        if visit is None:
            visit = _begin_visit(connection, entry.patient_uid, entry.day)
            begun += 1
        held = facts_by_visit(connection, schema.clinical.c.visit_id == visit["id"])
        now = None if not held else facts_of(held[visit["id"]]["facts"])
        if now != entry.held:
            raise _changed()
        keep_facts(connection, visit, entry.facts, reader)
    return begun


def _visit(connection: Connection, entry: VisitEntry) -> _Row | None:
    """The visit that a line means; None where it needs a new one."""
    patient, visit = patient_row(connection, entry.patient_uid), schema.visit
    on_day = (visit.c.patient_id == patient["id"]) & (visit.c.day == entry.day)
    found = many(connection, select(visit).where(on_day))
    if [row["uid"] for row in found] != ([] if entry.visit_uid is None else [entry.visit_uid]):
        raise _changed()
    return found[0] if found else None


def _changed() -> StoreError:
    return StoreError(
        f"{SAVING}: it has changed since the table was tried out; import the table again."
    )


def _begin_visit(connection: Connection, patient_uid: str, day: date) -> _Row:
    """A visit without images."""
    patient = patient_row(connection, patient_uid)
    row = {
        "uid": uuid.uuid4().hex,
        "day": day,
        "saved_utc": datetime.now(UTC),
        "patient_id": patient["id"],
        "stated_patient_id": patient["id"],
    }
    visit = by_id(connection, schema.visit, insert(connection, schema.visit, row))
    record(connection, VISIT_BEGUN, {"visit": visit["uid"], "patient": patient["uid"]})
    return visit


def import_treatments(
    connection: Connection, entries: Sequence[TreatmentEntry], reader: str
) -> None:
    """Keep the treatments of a table's lines.

    Raises
    ------
    StoreError
        The library has changed since the table was tried out.
    """
    for entry in entries:
        patient = patient_row(connection, entry.patient_uid)
        uid = None
        if entry.held is not None:
            known = treatments(connection, patient["id"])
            same = [name for name, held in known if held == entry.held]
            if not same:
                raise _changed()
            uid = same[0]
        keep_treatment(connection, patient, entry.treatment, reader, uid=uid)
