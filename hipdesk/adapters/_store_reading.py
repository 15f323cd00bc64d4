"""Questions to the library, inside the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_database import many, one
from hipdesk.errors import StoreError
from hipdesk.ports import StoredVisit
from hipdesk.records import Segmentation, Side, Visit, VisitHip

_Hip = dict[str, Any]


def stored_visits(
    connection: Connection, condition: ColumnElement[bool]
) -> tuple[StoredVisit, ...]:
    """Visits that meet a condition on patient and visit, oldest first, undated last."""
    table = schema.visit
    found = many(
        connection,
        select(table)
        .join(schema.patient)
        .where(condition)
        .order_by(table.c.day.is_(None), table.c.day, table.c.saved_utc, table.c.id),
    )
    hips = _current_hips(connection, [row["id"] for row in found])
    return tuple(
        StoredVisit(Visit(row["uid"], row["day"], hips.get(row["id"], ())), row["saved_utc"])
        for row in found
    )


def _current_hips(connection: Connection, visits: list[int]) -> dict[int, tuple[VisitHip, ...]]:
    """The current result of each hip by visit, right first."""
    chosen: dict[tuple[int, Side], _Hip] = {}
    for hip in many(connection, _candidates(visits)):
        chosen.setdefault((hip["visit_id"], Side(hip["side"])), hip)
    hips = list(chosen.values())
    models = _children(connection, schema.analysis_model, (hip["analysis_id"] for hip in hips))
    lesions = _children(connection, schema.lesion_score, (hip["id"] for hip in hips))
    slices = _children(connection, schema.slice_score, (hip["id"] for hip in hips))
    by_visit: dict[int, dict[Side, VisitHip]] = defaultdict(dict)
    for (visit, side), hip in chosen.items():
        key = hip["id"]
        by_visit[visit][side] = codec.visit_hip(
            hip, models[hip["analysis_id"]], lesions[key], slices[key]
        )
    return {
        visit: tuple(found[side] for side in Side if side in found)
        for visit, found in by_visit.items()
    }


def _candidates(visits: list[int]) -> Any:
    """Hips with a found head: those with a score first, then the newest."""
    hip, analysis, series = schema.hip_result, schema.analysis, schema.series
    return (
        select(
            hip,
            analysis.c.id.label("analysis_id"),
            analysis.c.uid.label("analysis_uid"),
            analysis.c.compute_requested,
            analysis.c.compute_provider,
            analysis.c.compute_reason,
            analysis.c.definition,
            schema.revision.c.origin,
            series.c.uid.label("series_uid"),
            series.c.contrast,
            series.c.spacing_mm,
            series.c.acquisition,
            schema.study.c.visit_id,
        )
        .join(schema.revision, hip.c.revision_id == schema.revision.c.id)
        .join(analysis, schema.revision.c.analysis_id == analysis.c.id)
        .join(series, analysis.c.series_id == series.c.id)
        .join(schema.study, series.c.study_id == schema.study.c.id)
        .where(schema.study.c.visit_id.in_(visits) & hip.c.n_counted.is_not(None))
        .order_by(
            hip.c.u_intensity.is_(None),
            analysis.c.created_utc.desc(),
            analysis.c.id.desc(),
            schema.revision.c.number.desc(),
        )
    )


def _children(connection: Connection, table: Table, keys: Iterable[int]) -> dict[int, list[_Hip]]:
    """Rows of a table by the row they belong to, in order."""
    owner = next(column for column in table.columns if column.foreign_keys)
    grouped: dict[int, list[_Hip]] = defaultdict(list)
    for row in many(connection, select(table).where(owner.in_(list(keys))).order_by(table.c.id)):
        grouped[row[owner.name]].append(row)
    return grouped


def segmentation(connection: Connection, analysis_uid: str, side: Side) -> Segmentation:
    """Newest masks of one hip of an analysis.

    Raises
    ------
    StoreError
        The library has no such masks.
    """
    hip = one(
        connection,
        select(schema.hip_result)
        .join(schema.revision, schema.hip_result.c.revision_id == schema.revision.c.id)
        .join(schema.analysis, schema.revision.c.analysis_id == schema.analysis.c.id)
        .where((schema.analysis.c.uid == analysis_uid) & (schema.hip_result.c.side == side.value))
        .order_by(schema.revision.c.number.desc()),
    )
    if hip is None or hip["box"] is None:
        raise StoreError(f"The patient library has no outlines of this {side.word} hip.")
    masks = _children(connection, schema.mask, [hip["id"]])
    return codec.segmentation(hip, masks[hip["id"]])


def series_place(connection: Connection, analysis_uid: str) -> tuple[str, str]:
    """Folder names of the study and the series of an analysis.

    Raises
    ------
    StoreError
        The library has no such analysis.
    """
    found = one(
        connection,
        select(schema.study.c.folder.label("study"), schema.series.c.folder.label("series"))
        .join(schema.series, schema.series.c.study_id == schema.study.c.id)
        .join(schema.analysis, schema.analysis.c.series_id == schema.series.c.id)
        .where(schema.analysis.c.uid == analysis_uid),
    )
    if found is None:
        raise StoreError("The patient library has no such analysis.")
    return found["study"], found["series"]


def analysis_uids(connection: Connection) -> tuple[str, ...]:
    """Every analysis, in the order of saving."""
    table = schema.analysis
    return tuple(connection.execute(select(table.c.uid).order_by(table.c.id)).scalars())


def has_series(connection: Connection, folder: str) -> bool:
    """Whether a series lies in the folder of this name."""
    table = schema.series
    return one(connection, select(table.c.id).where(table.c.folder == folder)) is not None


def stored_files(connection: Connection) -> list[dict[str, Any]]:
    """Study folder, series folder, name and hash of every copied file."""
    return many(
        connection,
        select(
            schema.study.c.folder.label("study"),
            schema.series.c.folder.label("series"),
            schema.instance.c.file,
            schema.instance.c.sha256,
        )
        .join(schema.series, schema.instance.c.series_id == schema.series.c.id)
        .join(schema.study, schema.series.c.study_id == schema.study.c.id),
    )
