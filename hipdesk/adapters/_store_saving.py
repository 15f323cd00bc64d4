"""Rows of one analysis added to the library, inside the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_audit import ADDED, analysis_digest, append_entry
from hipdesk.adapters._store_database import one
from hipdesk.adapters._store_files import CopiedFile, random_name
from hipdesk.errors import StoreError
from hipdesk.records import Analysis, HipResult, Patient, Series, StudyInfo

Place = Callable[[str], None]
"""Moves the copied files into the study's folder, whose name it is given."""


def save_analysis(
    connection: Connection,
    analysis: Analysis,
    copied: Sequence[CopiedFile],
    series_folder: str,
    place: Place,
) -> str:
    """Add an analysis with all that belongs to it; the visit's uid.

    Parameters
    ----------
    copied : the series' files, staged under ``series_folder``
    place : called once, last, where this series is not in the library yet

    Raises
    ------
    StoreError
        The analysis is in the library already.
    """
    if one(connection, select(schema.analysis.c.id).where(schema.analysis.c.uid == analysis.uid)):
        raise StoreError("Nothing was saved: this analysis is in the patient library already.")
    now = datetime.now(UTC)
    series = analysis.series
    patient = _patient(connection, series.patient, series.study.uid, now)
    study = _study(connection, patient, series, now)
    stored = _series(connection, study["id"], series, copied, series_folder)
    analysis_id = _analysis(connection, stored["id"], analysis, now)
    visit = _by_id(connection, schema.visit, study["visit_id"])
    append_entry(
        connection,
        ADDED,
        {
            "analysis": analysis.uid,
            "analysis_sha256": analysis_digest(connection, analysis_id),
            "patient": patient["uid"],
            "series": stored["folder"],
            "visit": visit["uid"],
        },
    )
    if stored["folder"] == series_folder:
        place(study["folder"])
    return str(visit["uid"])


def _insert(connection: Connection, table: Table, row: dict[str, Any], **more: Any) -> int:
    key = connection.execute(table.insert().values(**row, **more)).inserted_primary_key
    return int(key[0]) if key else 0


def _insert_many(
    connection: Connection, table: Table, rows: list[dict[str, Any]], **more: Any
) -> None:
    if rows:
        connection.execute(table.insert(), [row | more for row in rows])


def _by_id(connection: Connection, table: Table, key: int) -> dict[str, Any]:
    return dict(connection.execute(select(table).where(table.c.id == key)).mappings().one())


def identity(patient: Patient) -> ColumnElement[bool]:
    """The matching rule: issuer + PatientID + birth date + sex."""
    stored = schema.patient.c
    return (
        (stored.issuer == patient.issuer)
        & (stored.identifier == patient.patient_id)
        & stored.birth_date.is_not_distinct_from(patient.birth_date)
        & (stored.sex == patient.sex)
    )


def _patient(
    connection: Connection, patient: Patient, study_uid: str, now: datetime
) -> dict[str, Any]:
    """The stored patient that this one is; a new one unless the rule holds.

    A patient with an empty field in the rule is known again only by a study
    that is stored for the very same statements of identity.
    """
    found = select(schema.patient).where(identity(patient)).order_by(schema.patient.c.id)
    if not patient.matchable:
        found = found.join(schema.study).where(
            (schema.study.c.uid == study_uid) & (schema.patient.c.name == patient.name)
        )
    known = one(connection, found)
    return known if known is not None else _new_patient(connection, patient, now)


def _new_patient(connection: Connection, patient: Patient, now: datetime) -> dict[str, Any]:
    row = {
        "uid": uuid.uuid4().hex,
        "identifier": patient.patient_id,
        "issuer": patient.issuer,
        "name": patient.name,
        "birth_date": patient.birth_date,
        "sex": patient.sex,
        "saved_utc": now,
    }
    return _by_id(connection, schema.patient, _insert(connection, schema.patient, row))


def _study(
    connection: Connection, patient: dict[str, Any], series: Series, now: datetime
) -> dict[str, Any]:
    table, info = schema.study, series.study
    same = (table.c.patient_id == patient["id"]) & (table.c.uid == info.uid)
    known = one(connection, select(table).where(same).order_by(table.c.id))
    if known is not None:
        return known
    row = {
        "patient_id": patient["id"],
        "visit_id": _visit(connection, patient["id"], info, now),
        "uid": info.uid,
        "folder": random_name(),
        "date": info.date,
        "time": info.time,
        "accession": info.accession,
        "description": info.description,
    }
    return _by_id(connection, table, _insert(connection, table, row))


def _visit(connection: Connection, patient_id: int, info: StudyInfo, now: datetime) -> int:
    """The patient's visit of the study's date; an undated study has its own."""
    table = schema.visit
    same = (table.c.patient_id == patient_id) & (table.c.day == info.date)
    if info.date is not None:
        known = one(connection, select(table).where(same).order_by(table.c.id))
        if known is not None:
            return int(known["id"])
    row = {"uid": uuid.uuid4().hex, "day": info.date, "saved_utc": now}
    return _insert(connection, table, row, patient_id=patient_id)


def _series(
    connection: Connection,
    study_id: int,
    series: Series,
    copied: Sequence[CopiedFile],
    folder: str,
) -> dict[str, Any]:
    """The stored series with the same files, understood the same; else a new one."""
    table = schema.series
    content = codec.content_sha256(series, (file.sha256 for file in copied))
    same = (table.c.study_id == study_id) & (table.c.content_sha256 == content)
    known = one(connection, select(table).where(same & (table.c.uid == series.uid)))
    if known is not None:
        return known
    key = _insert(
        connection,
        table,
        codec.series_row(series),
        study_id=study_id,
        folder=folder,
        content_sha256=content,
    )
    _insert_many(connection, schema.instance, _instances(series, copied), series_id=key)
    return _by_id(connection, table, key)


def _instances(series: Series, copied: Sequence[CopiedFile]) -> list[dict[str, Any]]:
    uids = {_absolute(part.path): part.key.sop_instance_uid for part in series.slices}
    return [
        {
            "sop_instance_uid": uids.get(_absolute(file.source)),
            "file": file.name,
            "sha256": file.sha256,
            "bytes": file.size,
        }
        for file in copied
    ]


def _absolute(path: Path) -> Path:
    return path.absolute()


def _analysis(connection: Connection, series_id: int, analysis: Analysis, now: datetime) -> int:
    key = _insert(
        connection,
        schema.analysis,
        codec.analysis_row(analysis),
        series_id=series_id,
        saved_utc=now,
    )
    models, notices = codec.model_rows(analysis.models), analysis.series.notices
    warnings = codec.warning_rows("analysis", analysis.notices)
    warnings += codec.warning_rows("series", notices)
    _insert_many(connection, schema.analysis_model, models, analysis_id=key)
    _insert_many(connection, schema.warning, warnings, analysis_id=key)
    base = {"number": 0, "origin": analysis.origin.value, "created_utc": analysis.created_utc}
    revision_id = _insert(connection, schema.revision, base, analysis_id=key)
    for hip in analysis.hips:
        _hip(connection, revision_id, hip)
    return key


def _hip(connection: Connection, revision_id: int, hip: HipResult) -> None:
    key = _insert(connection, schema.hip_result, codec.hip_row(hip), revision_id=revision_id)
    if hip.score is not None:
        lesions, slices = codec.lesion_rows(hip.score), codec.slice_rows(hip.score)
        _insert_many(connection, schema.lesion_score, lesions, hip_result_id=key)
        _insert_many(connection, schema.slice_score, slices, hip_result_id=key)
    if hip.segmentation is not None:
        masks = codec.mask_rows(hip.segmentation)
        _insert_many(connection, schema.mask, masks, hip_result_id=key)
