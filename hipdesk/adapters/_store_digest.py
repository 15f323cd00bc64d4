"""Digests of what is stored, by which the record of changes vouches for it.

Row numbers and nulls stay out, so that a later schema may add columns; what a
row belongs to enters by its random name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_codec import canonical_sha256
from hipdesk.adapters._store_database import by_id, many

_Part = tuple[Table, Column[Any], Any]
"""A table, the column that chooses its rows, and the values wanted."""


def analysis_digest(connection: Connection, analysis_id: int) -> str:
    """Hash of all that is stored of one analysis as it was made, series and files included."""
    series_id = by_id(connection, schema.analysis, analysis_id)["series_id"]
    revision = schema.revision.c
    made = select(revision.id).where((revision.analysis_id == analysis_id) & (revision.number == 0))
    parts: list[_Part] = [
        (schema.series, schema.series.c.id, [series_id]),
        (schema.instance, schema.instance.c.series_id, [series_id]),
        (schema.analysis, schema.analysis.c.id, [analysis_id]),
        (schema.analysis_model, schema.analysis_model.c.analysis_id, [analysis_id]),
        (schema.warning, schema.warning.c.analysis_id, [analysis_id]),
    ]
    return _digest_of_parts(connection, parts + _revision_parts(made))


def revision_digest(connection: Connection, revision_id: int) -> str:
    """Hash of all that is stored of one reader's revision of a hip."""
    wanted = select(schema.revision.c.id).where(schema.revision.c.id == revision_id)
    return _digest_of_parts(connection, _revision_parts(wanted))


def row_digests(
    connection: Connection, table: Table, keys: Iterable[int] | None = None
) -> list[str]:
    """Hash of each row of a table in order: of all, or of those with these numbers."""
    rows = _named(table)
    if keys is not None:
        rows = rows.where(table.c.id.in_(list(keys)))
    return [
        canonical_sha256({name: value for name, value in row.items() if value is not None})
        for row in connection.execute(rows.order_by(table.c.id)).mappings()
    ]


def _revision_parts(revisions: Select[int]) -> list[_Part]:
    hips = select(schema.hip_result.c.id).where(schema.hip_result.c.revision_id.in_(revisions))
    return [
        (schema.revision, schema.revision.c.id, revisions),
        (schema.hip_result, schema.hip_result.c.revision_id, revisions),
        (schema.lesion_score, schema.lesion_score.c.hip_result_id, hips),
        (schema.slice_score, schema.slice_score.c.hip_result_id, hips),
        (schema.mask, schema.mask.c.hip_result_id, hips),
    ]


def _digest_of_parts(connection: Connection, parts: list[_Part]) -> str:
    return canonical_sha256(
        {table.name: _content(connection, table, column.in_(keys)) for table, column, keys in parts}
    )


def _content(connection: Connection, table: Table, condition: Any) -> list[dict[str, Any]]:
    keys = {column.name for column in table.columns if column.primary_key or column.foreign_keys}
    return [
        {name: value for name, value in row.items() if name not in keys and value is not None}
        for row in many(connection, select(table).where(condition).order_by(table.c.id))
    ]


def _named(table: Table) -> Select[Any]:
    """Rows of a table, what they belong to given by its uid."""
    plain = [column for column in table.columns if not column.primary_key]
    columns: list[Any] = [column for column in plain if not column.foreign_keys]
    source: Any = table
    for column in plain:
        for key in column.foreign_keys:
            owner = key.column.table.alias()
            source = source.join(owner, column == owner.c.id)
            columns.append(owner.c.uid.label(column.name))
    return select(*columns).select_from(source)
