"""Rows of one analysis added to the library, inside the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import put_aside
from hipdesk.adapters._store_audit import ADDED, record
from hipdesk.adapters._store_database import by_id, insert, insert_many, one
from hipdesk.adapters._store_digest import analysis_digest
from hipdesk.adapters._store_files import CopiedFile, random_name
from hipdesk.adapters._store_search import index_patient
from hipdesk.adapters._store_spelling import spell
from hipdesk.errors import StoreError
from hipdesk.records import Analysis, HipResult, Patient, Series, StudyInfo

Place = Callable[[str], None]
"""Moves the copied files into the study's folder, whose name it is given."""


def save_analysis(
    connection: Connection,
    analysis: Analysis,
    copied: Sequence[CopiedFile],
    series_folder: str,
    thumbnail: NDArray[np.uint8] | None,
    place: Place,
) -> str:
    """Add an analysis with all that belongs to it; the visit's uid.

    A visit that was put aside comes back: someone wants to see its images.

    Parameters
    ----------
    copied : the series' files, staged under ``series_folder``
    thumbnail : (rows, columns), where there is one
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
    visit = by_id(connection, schema.visit, study["visit_id"])
    owner = by_id(connection, schema.patient, visit["patient_id"])
    index_patient(connection, owner["id"])
    if series.charset:
        spell(connection, stored["id"], series, "")
    put_aside(connection, visit, False, "", "")
    pictures = [] if thumbnail is None else [codec.thumbnail_row(thumbnail)]
    record(
        connection,
        ADDED,
        {
            "analysis": analysis.uid,
            "analysis_sha256": analysis_digest(connection, analysis_id),
            "patient": owner["uid"],
            "series": stored["folder"],
            "visit": visit["uid"],
        },
        {schema.thumbnail: [picture | {"analysis_id": analysis_id} for picture in pictures]},
    )
    if stored["folder"] == series_folder:
        place(study["folder"])
    return str(visit["uid"])


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
    table, visit = schema.patient, schema.visit
    found = select(table).where(identity(patient)).order_by(table.c.id)
    if not patient.matchable:
        found = (
            found.join(visit, visit.c.stated_patient_id == table.c.id)
            .join(schema.study, schema.study.c.visit_id == visit.c.id)
            .where((schema.study.c.uid == study_uid) & (table.c.name == patient.name))
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
    return by_id(connection, schema.patient, insert(connection, schema.patient, row))


def _study(
    connection: Connection, patient: dict[str, Any], series: Series, now: datetime
) -> dict[str, Any]:
    """The stored study, wherever a reader moved it; else a new one."""
    table, info = schema.study, series.study
    same = (schema.visit.c.stated_patient_id == patient["id"]) & (table.c.uid == info.uid)
    stored = select(table).join(schema.visit, table.c.visit_id == schema.visit.c.id)
    known = one(connection, stored.where(same).order_by(table.c.id))
    if known is not None:
        return known
    visit = _visit(connection, patient["id"], info, now)
    row = {
        "patient_id": visit["patient_id"],
        "visit_id": visit["id"],
        "uid": info.uid,
        "folder": random_name(),
        "date": info.date,
        "time": info.time,
        "accession": info.accession,
        "description": info.description,
    }
    return by_id(connection, table, insert(connection, table, row))


def _visit(
    connection: Connection, patient_id: int, info: StudyInfo, now: datetime
) -> dict[str, Any]:
    """The visit of the study's date; an undated study has its own.

    It is the one of whom the files name, so that a study of another patient
    never travels with a visit that a reader moved.
    """
    table = schema.visit
    same = (table.c.stated_patient_id == patient_id) & (table.c.day == info.date)
    if info.date is not None:
        known = one(connection, select(table).where(same).order_by(table.c.id))
        if known is not None:
            return known
    row = {"uid": uuid.uuid4().hex, "day": info.date, "saved_utc": now}
    key = insert(connection, table, row, patient_id=patient_id, stated_patient_id=patient_id)
    return by_id(connection, table, key)


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
    key = insert(
        connection,
        table,
        codec.series_row(series),
        slices=len(series.slices),
        study_id=study_id,
        folder=folder,
        content_sha256=content,
    )
    insert_many(connection, schema.instance, _instances(series, copied), series_id=key)
    return by_id(connection, table, key)


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
    key = insert(
        connection,
        schema.analysis,
        codec.analysis_row(analysis),
        series_id=series_id,
        saved_utc=now,
    )
    models, notices = codec.model_rows(analysis.models), analysis.series.notices
    warnings = codec.warning_rows("analysis", analysis.notices)
    warnings += codec.warning_rows("series", notices)
    insert_many(connection, schema.analysis_model, models, analysis_id=key)
    insert_many(connection, schema.warning, warnings, analysis_id=key)
    base = {"number": 0, "origin": analysis.origin.value, "created_utc": analysis.created_utc}
    revision_id = insert(connection, schema.revision, base, analysis_id=key)
    for hip in analysis.hips:
        save_hip(connection, revision_id, hip)
    return key


def save_hip(connection: Connection, revision_id: int, hip: HipResult) -> None:
    """Add everything known of one hip to a revision."""
    key = insert(connection, schema.hip_result, codec.hip_row(hip), revision_id=revision_id)
    if hip.score is not None:
        lesions, slices = codec.lesion_rows(hip.score), codec.slice_rows(hip.score)
        insert_many(connection, schema.lesion_score, lesions, hip_result_id=key)
        insert_many(connection, schema.slice_score, slices, hip_result_id=key)
    if hip.segmentation is not None:
        masks = codec.mask_rows(hip.segmentation)
        insert_many(connection, schema.mask, masks, hip_result_id=key)
