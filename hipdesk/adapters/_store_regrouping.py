"""Visits given to other patients, studies to other visits, and all of it taken back again.

Inside the caller's transaction. What was done, why and by whom is told from the
record of changes, and so is the way back: nothing of it is kept anywhere else.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import put_aside
from hipdesk.adapters._store_audit import (
    MERGED,
    MOVED,
    SPLIT,
    STUDY_MOVED,
    TAKEN_BACK,
    VISIT_BEGUN,
    record,
)
from hipdesk.adapters._store_database import by_id, insert, many, one
from hipdesk.adapters._store_errors import SAVING
from hipdesk.adapters._store_people import keep_apart, patient_row, visit_row
from hipdesk.adapters._store_search import index_patient
from hipdesk.errors import BugError, StoreError
from hipdesk.ports import Regrouping, RegroupKind

_Row = dict[str, Any]

UNLIKE: Final = (
    f"{SAVING}: birth date or sex of the two differ; give the reason why they are one person."
)
NOT_STANDING: Final = (
    f"{SAVING}: what was regrouped here was regrouped again since; take that back first."
)
NOT_OF_ONE: Final = f"{SAVING}: the visits to be parted are not of one patient."
OTHER_PATIENT: Final = f"{SAVING}: the two visits belong to different patients."
OTHER_IMAGES: Final = f"{SAVING}: the images of the two visits name different patients."
UNDATED: Final = f"{SAVING}: give the other visit its date first."
EMPTIED: Final = "Its images were moved to another visit."
"""Why a visit without images or facts is put aside by itself."""

_KINDS: Final = {
    MOVED: RegroupKind.MOVED,
    MERGED: RegroupKind.MERGED,
    SPLIT: RegroupKind.SPLIT,
    STUDY_MOVED: RegroupKind.STUDY_MOVED,
}


# Visits to other patients


def move_visit(
    connection: Connection, visit_uid: str, patient_uid: str, reader: str, reason: str = ""
) -> str:
    """Give a visit with its studies to another patient; uid of the one who had it.

    Raises
    ------
    StoreError
        The library has no such visit or patient, or birth date or sex differ from
        what its images state and no reason is given.
    """
    visit, target = visit_row(connection, visit_uid), patient_row(connection, patient_uid)
    _refuse_unlike(connection, [visit], target, reason)
    return _give(connection, visit, target, reader, reason)


def merge_patients(
    connection: Connection, patient_uid: str, into_uid: str, reader: str, reason: str = ""
) -> tuple[str, ...]:
    """Give all visits of one patient to another, those put aside too; their uids.

    Raises
    ------
    StoreError
        The library has no such patient, or birth date or sex differ and no reason is given.
    """
    patient, into = patient_row(connection, patient_uid), patient_row(connection, into_uid)
    if patient["id"] == into["id"]:
        raise BugError("a patient cannot be merged with themselves")
    visits = _visits_of(connection, patient["id"])
    _refuse_unlike(connection, visits, into, reason)
    for visit in visits:
        _give(connection, visit, into, reader)
    uids = tuple(visit["uid"] for visit in visits)
    content = {"patient": patient_uid, "into": into_uid, "visits": uids, "reader": reader}
    record(connection, MERGED, content | _why(reason))
    return uids


def split_visits(
    connection: Connection, visit_uids: Sequence[str], reader: str, reason: str = ""
) -> str:
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
        raise StoreError(NOT_OF_ONE)
    stated = by_id(connection, schema.patient, stated_id(visits[0]))
    fresh = {name: stated[name] for name in ("identifier", "issuer", "name", "birth_date", "sex")}
    own = {"uid": uuid.uuid4().hex, "saved_utc": datetime.now(UTC)}
    key = insert(connection, schema.patient, fresh | own)
    new, before = (by_id(connection, schema.patient, each) for each in (key, *owners))
    for visit in visits:
        _give(connection, visit, new, reader)
    content = {"patient": before["uid"], "into": new["uid"], "reader": reader}
    uids = [visit["uid"] for visit in visits]
    record(connection, SPLIT, {**content, "visits": uids} | _why(reason))
    keep_apart(connection, before["uid"], new["uid"], reader)
    return str(new["uid"])


def stated_id(visit: _Row) -> int:
    """Number of the patient whom a visit's images name."""
    return int(visit["stated_patient_id"] or visit["patient_id"])


def _visits_of(connection: Connection, patient_id: int) -> list[_Row]:
    table = schema.visit
    return many(
        connection, select(table).where(table.c.patient_id == patient_id).order_by(table.c.id)
    )


def _refuse_unlike(connection: Connection, visits: Iterable[_Row], into: _Row, reason: str) -> None:
    """Keep two people's results apart unless a reader says why they are one."""
    stated = {stated_id(visit) for visit in visits}
    people = (codec.patient(by_id(connection, schema.patient, key)) for key in stated)
    if not reason.strip() and any(each.unlike(codec.patient(into)) for each in people):
        raise StoreError(UNLIKE)


def _give(connection: Connection, visit: _Row, target: _Row, reader: str, reason: str = "") -> str:
    """Have a visit belong to a patient; uid of the one who had it."""
    before = by_id(connection, schema.patient, visit["patient_id"])
    if before["id"] == target["id"]:
        return str(before["uid"])
    for table, column in (
        (schema.visit, schema.visit.c.id),
        (schema.study, schema.study.c.visit_id),
    ):
        moved = table.update().where(column == visit["id"])
        connection.execute(moved.values(patient_id=target["id"]))
    for patient in (before, target):
        index_patient(connection, patient["id"])
    content = {
        "visit": visit["uid"],
        "patient": target["uid"],
        "before": before["uid"],
        "reader": reader,
    }
    record(connection, MOVED, content | _why(reason))
    return str(before["uid"])


def _why(reason: str) -> dict[str, str]:
    """A reason as an entry holds it; nothing for none."""
    return {"reason": reason.strip()} if reason.strip() else {}


# Studies to other visits


def move_study(
    connection: Connection, study_uid: str, visit_uid: str | None, reader: str, reason: str = ""
) -> str:
    """Have a study belong to another visit of its patient; uid of that visit.

    A visit that is left with neither images nor clinical record is put aside.

    Parameters
    ----------
    study_uid : the library's own name of it, as in `hipdesk.ports.StudyEntry`
    visit_uid : None for a visit of its own

    Raises
    ------
    StoreError
        The library has no such study or visit, they are of different patients, or
        the visit has no date and the study has one.
    """
    study = _study_row(connection, study_uid)
    source = by_id(connection, schema.visit, study["visit_id"])
    if visit_uid == source["uid"]:
        return str(visit_uid)
    target = (
        _begin_visit(connection, source, study["date"])
        if visit_uid is None
        else visit_row(connection, visit_uid)
    )
    _refuse_foreign(source, target, study)
    _place(connection, study, source, target, reader, reason)
    return str(target["uid"])


def _study_row(connection: Connection, uid: str) -> _Row:
    table = schema.study
    found = one(connection, select(table).where(table.c.folder == uid))
    if found is None:
        raise StoreError("The patient library has no such study.")
    return found


def _begin_visit(connection: Connection, beside: _Row, day: date | None) -> _Row:
    """A visit of the same patient, for a study of its own."""
    row = {"uid": uuid.uuid4().hex, "day": day, "saved_utc": datetime.now(UTC)}
    whose = {"patient_id": beside["patient_id"], "stated_patient_id": stated_id(beside)}
    visit = by_id(connection, schema.visit, insert(connection, schema.visit, row | whose))
    owner = by_id(connection, schema.patient, beside["patient_id"])
    record(connection, VISIT_BEGUN, {"visit": visit["uid"], "patient": owner["uid"]})
    return visit


def _refuse_foreign(source: _Row, target: _Row, study: _Row) -> None:
    if source["patient_id"] != target["patient_id"]:
        raise StoreError(OTHER_PATIENT)
    # The study would else not be known again when its images are analysed once more.
    if stated_id(source) != stated_id(target):
        raise StoreError(OTHER_IMAGES)
    if target["day"] is None and study["date"] is not None:
        raise StoreError(UNDATED)


def _place(
    connection: Connection, study: _Row, source: _Row, target: _Row, reader: str, reason: str
) -> None:
    """Have a study belong to a visit; visits without anything go, and those with images come."""
    table, series = schema.study, schema.series.c
    connection.execute(
        table.update().where(table.c.id == study["id"]).values(visit_id=target["id"])
    )
    held = select(series.folder).where(series.study_id == study["id"]).order_by(series.id)
    content = {
        "study": study["folder"],
        "series": list(connection.execute(held).scalars()),
        "visit": target["uid"],
        "before": source["uid"],
        "reader": reader,
    }
    record(connection, STUDY_MOVED, content | _why(reason))
    put_aside(connection, target, False, "", reader)
    if _is_bare(connection, source["id"]):
        put_aside(connection, source, True, EMPTIED, reader)


def _is_bare(connection: Connection, visit_id: int) -> bool:
    """Whether a visit has neither images nor anything that readers entered."""
    tables = (schema.study, schema.clinical, schema.reading)
    rows = (select(table.c.id).where(table.c.visit_id == visit_id) for table in tables)
    return all(one(connection, row.limit(1)) is None for row in rows)


# What was regrouped, and the way back


@dataclass(slots=True)
class _Deed:
    """A regrouping as the record of changes tells it.

    Attributes
    ----------
    things : visits or study that it moved
    before, into : uids of patients, or of visits for a study
    """

    number: int
    kind: RegroupKind
    things: tuple[str, ...]
    before: str
    into: str
    reader: str
    reason: str
    at_utc: datetime
    standing: bool = False
    parts: list[int] = field(default_factory=list)


def regroupings(connection: Connection) -> tuple[Regrouping, ...]:
    """Everything that readers regrouped and did not take back, newest first."""
    return tuple(_told(connection, deed) for deed in reversed(_deeds(connection)))


def take_back(connection: Connection, number: int, reader: str) -> None:
    """Undo a regrouping.

    Parameters
    ----------
    number : as in `hipdesk.ports.Regrouping`

    Raises
    ------
    StoreError
        There is no such regrouping, or what it moved was moved again since.
    """
    deed = next((each for each in _deeds(connection) if each.number == number), None)
    if deed is None:
        raise StoreError("The patient library has no such change to be taken back.")
    if not deed.standing:
        raise StoreError(NOT_STANDING)
    if deed.kind is RegroupKind.STUDY_MOVED:
        study = _study_row(connection, deed.things[0])
        source, target = (visit_row(connection, uid) for uid in (deed.into, deed.before))
        if source["patient_id"] != target["patient_id"]:
            raise StoreError(NOT_STANDING)
        _place(connection, study, source, target, reader, "")
    else:
        owner = patient_row(connection, deed.before)
        for uid in deed.things:
            _give(connection, visit_row(connection, uid), owner, reader)
    content = {"entry": number, "things": deed.things, "reader": reader}
    record(connection, TAKEN_BACK, content)


def _deeds(connection: Connection) -> list[_Deed]:
    """Regroupings that were not taken back, oldest first; the last of each thing stands."""
    deeds: list[_Deed] = []
    for entry in many(connection, _entries()):
        content = json.loads(entry["content"])
        if entry["action"] in (MERGED, SPLIT, TAKEN_BACK):
            _drop_steps(deeds, content.get("visits", content.get("things", ())))
        if entry["action"] == TAKEN_BACK:
            deeds[:] = [deed for deed in deeds if deed.number != content["entry"]]
        else:
            deeds.append(_deed(entry, content))
    last: dict[str, int] = {}
    for deed in deeds:
        last.update(dict.fromkeys(deed.things, deed.number))
    for deed in deeds:
        deed.standing = all(last[thing] == deed.number for thing in deed.things)
    return [deed for deed in deeds if deed.things]


def _entries() -> Any:
    table = schema.audit
    wanted: ColumnElement[bool] = table.c.action.in_([*_KINDS, TAKEN_BACK])
    return select(table).where(wanted).order_by(table.c.number)


def _drop_steps(deeds: list[_Deed], things: Sequence[str]) -> None:
    """Forget the single moves of which a merge, a split or a way back consists."""
    for thing in reversed(things):
        if deeds and deeds[-1].things == (thing,):
            deeds.pop()


def _deed(entry: _Row, content: dict[str, Any]) -> _Deed:
    kind = _KINDS[entry["action"]]
    match kind:
        case RegroupKind.MERGED | RegroupKind.SPLIT:
            things = tuple(content["visits"])
            before, into = content["patient"], content["into"]
        case RegroupKind.MOVED:
            things, before, into = (content["visit"],), content["before"], content["patient"]
        case RegroupKind.STUDY_MOVED:
            things, before, into = (content["study"],), content["before"], content["visit"]
    return _Deed(
        number=entry["number"],
        kind=kind,
        things=things,
        before=before,
        into=into,
        reader=content["reader"],
        reason=content.get("reason", ""),
        at_utc=datetime.fromisoformat(entry["at_utc"]),
    )


def _told(connection: Connection, deed: _Deed) -> Regrouping:
    """A regrouping with the people and days that a reader knows it by."""
    visits: Sequence[str] = deed.things
    if deed.kind is RegroupKind.STUDY_MOVED:
        visits = (deed.before, deed.into)
        owner = by_id(connection, schema.patient, visit_row(connection, deed.into)["patient_id"])
        before = into = owner
    else:
        before, into = (patient_row(connection, uid) for uid in (deed.before, deed.into))
    return Regrouping(
        number=deed.number,
        kind=deed.kind,
        things=deed.things,
        before_uid=before["uid"],
        into_uid=into["uid"],
        before=codec.patient(before),
        into=codec.patient(into),
        days=tuple(visit_row(connection, uid)["day"] for uid in visits),
        reason=deed.reason,
        reader=deed.reader,
        at_utc=deed.at_utc,
        standing=deed.standing,
    )
