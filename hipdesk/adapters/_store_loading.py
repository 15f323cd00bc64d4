"""An analysis read back with all that readers added, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_current import reviews_by_analysis, slices_by_hip
from hipdesk.adapters._store_database import by_id, grouped, one
from hipdesk.adapters._store_errors import READING
from hipdesk.adapters._store_reading import analysis_row
from hipdesk.errors import StoreError
from hipdesk.records import Contrast, HipResult, Origin, Series
from hipdesk.review import Reviewed, Revision

_Row = dict[str, Any]

_SAME_GRID_MM = 1e-3
"""Two readings of one header differ by rounding only."""


def load(connection: Connection, analysis_uid: str, series: Series) -> Reviewed:
    """An analysis with its revisions, reviews and impression.

    Parameters
    ----------
    series : as read from the library's copy; contrast and notices are those
        with which it was analysed

    Raises
    ------
    StoreError
        The library has no such analysis, ``series`` is not what was analysed,
        or masks are damaged.
    """
    row = analysis_row(connection, analysis_uid)
    key = int(row["id"])
    stored = by_id(connection, schema.series, row["series_id"])
    _check_series(connection, stored, series)
    warnings = grouped(connection, schema.warning, [key])[key]
    revisions = grouped(connection, schema.revision, [key])[key]
    hips = _hips(connection, (each["id"] for each in revisions))
    base = next(each["id"] for each in revisions if each["number"] == 0)
    analysis = codec.analysis(
        row,
        _as_analysed(series, stored, [each for each in warnings if each["scope"] == "series"]),
        hips[base],
        grouped(connection, schema.analysis_model, [key])[key],
        [each for each in warnings if each["scope"] == "analysis"],
    )
    return Reviewed(
        analysis=analysis,
        revisions=tuple(_revision(each, hips[each["id"]]) for each in revisions if each["number"]),
        reviews=reviews_by_analysis(connection, [key]).get(key, ()),
        impression=_impression(connection, key),
    )


def _check_series(connection: Connection, stored: _Row, series: Series) -> None:
    """Refuse a series on whose grid the stored masks do not lie."""
    instance = schema.instance.c
    wanted = connection.execute(
        select(instance.sop_instance_uid).where(
            (instance.series_id == stored["id"]) & instance.sop_instance_uid.is_not(None)
        )
    ).scalars()
    same = (
        series.uid == stored["uid"]
        and (series.rows, series.columns) == (stored["rows"], stored["columns"])
        and stored["slices"] in (None, len(series.slices))
        and {part.key.sop_instance_uid for part in series.slices} == set(wanted)
        and np.allclose(series.affine, stored["affine"], rtol=0.0, atol=_SAME_GRID_MM)
    )
    if not same:
        raise StoreError(
            f"{READING}: its copy of this series is not what was analysed; "
            "restore the library from a copy."
        )


def _as_analysed(series: Series, stored: _Row, warnings: Iterable[_Row]) -> Series:
    notices = tuple(codec.notice(warning) for warning in warnings)
    return replace(series, contrast=Contrast(stored["contrast"]), notices=notices)


def _hips(connection: Connection, revisions: Iterable[int]) -> dict[int, list[HipResult]]:
    """Hips by revision, in the order in which they were saved."""
    rows = grouped(connection, schema.hip_result, revisions)
    keys = [row["id"] for found in rows.values() for row in found]
    lesions = grouped(connection, schema.lesion_score, keys)
    slices = slices_by_hip(connection, keys)
    masks = grouped(connection, schema.mask, keys)
    return {
        revision: [
            codec.hip_result(row, lesions[row["id"]], slices[row["id"]], masks[row["id"]])
            for row in found
        ]
        for revision, found in rows.items()
    }


def _revision(row: _Row, hips: list[HipResult]) -> Revision:
    (hip,) = hips
    return Revision(
        number=row["number"],
        origin=Origin(row["origin"]),
        created_utc=row["created_utc"],
        reader=row["reader"] or "",
        hip=hip,
    )


def _impression(connection: Connection, analysis_id: int) -> str:
    table = schema.impression
    newest = select(table.c.words).where(table.c.analysis_id == analysis_id)
    found = one(connection, newest.order_by(table.c.id.desc()).limit(1))
    return "" if found is None else str(found["words"])
