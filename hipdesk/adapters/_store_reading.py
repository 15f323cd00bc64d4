"""Questions to the library, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import is_aside
from hipdesk.adapters._store_current import KeptResults, current_hips, kept_results
from hipdesk.adapters._store_database import grouped, many, one
from hipdesk.errors import StoreError
from hipdesk.ports import StoredVisit
from hipdesk.records import Segmentation, Side, Visit, VisitHip

NO_ANALYSIS: Final = "The patient library has no such analysis."


def stored_visits(
    connection: Connection, wanted: Any, **parameters: Any
) -> tuple[StoredVisit, ...]:
    """Visits with the results that count.

    Parameters
    ----------
    wanted : what `visits_where` made, with values for its ``parameters``
    """
    found = many(connection, wanted, **parameters)
    return with_results(connection, found, kept_results(connection, [row["id"] for row in found]))


def with_results(
    connection: Connection, found: Sequence[Mapping[str, Any]], kept: KeptResults
) -> tuple[StoredVisit, ...]:
    """Visits out of their rows, with those of their results that count."""
    hips = current_hips(connection, kept)
    return tuple(StoredVisit(_visit(row, hips), row["saved_utc"]) for row in found)


def visits_where(condition: ColumnElement[bool]) -> Any:
    """Visits that meet a condition on patient and visit, oldest first, undated last.

    None that was put aside.
    """
    table, at = schema.visit, _first_time()
    days = (table.c.day.is_(None), table.c.day, at.is_(None), at)
    return (
        select(table, at.label("time"))
        .join(schema.patient, table.c.patient_id == schema.patient.c.id)
        .where(condition & ~is_aside(table.c.id))
        .order_by(*days, table.c.saved_utc, table.c.id)
    )


def _visit(row: Mapping[str, Any], hips: Mapping[int, tuple[VisitHip, ...]]) -> Visit:
    return Visit(row["uid"], row["day"], hips.get(row["id"], ()), row["time"])


def _first_time() -> ScalarSelect[time | None]:
    """The time of a visit's first study on its day, where stated."""
    study, visit = schema.study.c, schema.visit.c
    of_day = (study.date == visit.day) | study.date.is_(None)
    return (
        select(func.min(study.time))
        .where((study.visit_id == visit.id) & of_day)
        .correlate(schema.visit)
        .scalar_subquery()
    )


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
    masks = grouped(connection, schema.mask, [hip["id"]])
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
        raise StoreError(NO_ANALYSIS)
    return found["study"], found["series"]


def analysis_row(connection: Connection, analysis_uid: str) -> dict[str, Any]:
    """Row of an analysis.

    Raises
    ------
    StoreError
        The library has no such analysis.
    """
    table = schema.analysis
    found = one(connection, select(table).where(table.c.uid == analysis_uid))
    if found is None:
        raise StoreError(NO_ANALYSIS)
    return found


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
