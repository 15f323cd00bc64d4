"""The chain of audit entries: who added what, each bound to all before it.

An entry's SHA-256 covers its number, time, action, content and the previous
entry's SHA-256; its content holds a digest of every stored value of the
analysis. So a changed, removed or inserted entry is found, and so is a result
changed behind the program's back. Entries hold random names, never a patient.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, func, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_codec import canonical
from hipdesk.adapters._store_database import many, one
from hipdesk.errors import StoreError

ADDED: Final = "analysis added"
_BEFORE_FIRST: Final = "0" * 64


def append_entry(connection: Connection, action: str, content: Mapping[str, Any]) -> None:
    """Add an entry to the end of the chain."""
    table = schema.audit
    last = one(connection, select(table).order_by(table.c.number.desc()).limit(1))
    entry = {
        "number": 1 if last is None else last["number"] + 1,
        "at_utc": datetime.now(UTC).isoformat(timespec="microseconds"),
        "action": action,
        "content": canonical(content),
        "previous_sha256": _BEFORE_FIRST if last is None else last["sha256"],
    }
    connection.execute(table.insert().values(**entry, sha256=_entry_sha256(entry)))


def _entry_sha256(entry: Mapping[str, Any]) -> str:
    signed = {name: value for name, value in entry.items() if name != "sha256"}
    return hashlib.sha256(canonical(signed).encode("ascii")).hexdigest()


def verify(connection: Connection) -> int:
    """Check the whole chain against itself and the results; the number of entries.

    Raises
    ------
    StoreError
        An entry or a stored result is not what was written.
    """
    entries = many(connection, select(schema.audit).order_by(schema.audit.c.number))
    _verify_chain(entries)
    digests = _recorded_digests(entries)
    stored = dict(connection.execute(select(schema.analysis.c.uid, schema.analysis.c.id)).all())
    if set(digests) != set(stored):
        raise _altered("an analysis was added or removed outside the program")
    for uid, digest in digests.items():
        if analysis_digest(connection, stored[uid]) != digest:
            raise _altered("a stored result was changed outside the program")
    return len(entries)


def _verify_chain(entries: list[dict[str, Any]]) -> None:
    previous = _BEFORE_FIRST
    for number, entry in enumerate(entries, 1):
        intact = entry["number"] == number and entry["previous_sha256"] == previous
        if not intact or entry["sha256"] != _entry_sha256(entry):
            raise _altered(f"entry {number} of its record of changes is not what was written")
        previous = entry["sha256"]


def _recorded_digests(entries: list[dict[str, Any]]) -> dict[str, str]:
    contents = [json.loads(entry["content"]) for entry in entries if entry["action"] == ADDED]
    return {content["analysis"]: content["analysis_sha256"] for content in contents}


def _altered(what: str) -> StoreError:
    return StoreError(f"The patient library cannot be trusted: {what}; restore it from a copy.")


def analysis_digest(connection: Connection, analysis_id: int) -> str:
    """Hash of all that is stored of one analysis, its series and files included.

    Row numbers and nulls stay out, so that a later schema may add columns.
    """
    analysis = one(connection, select(schema.analysis).where(schema.analysis.c.id == analysis_id))
    if analysis is None:
        raise _altered("an analysis is missing")
    series_id = analysis["series_id"]
    of_analysis = schema.revision.c.analysis_id == analysis_id
    revisions = select(schema.revision.c.id).where(of_analysis)
    hips = select(schema.hip_result.c.id).where(schema.hip_result.c.revision_id.in_(revisions))
    parts: list[tuple[Table, Column[Any], Any]] = [
        (schema.series, schema.series.c.id, [series_id]),
        (schema.instance, schema.instance.c.series_id, [series_id]),
        (schema.analysis, schema.analysis.c.id, [analysis_id]),
        (schema.analysis_model, schema.analysis_model.c.analysis_id, [analysis_id]),
        (schema.warning, schema.warning.c.analysis_id, [analysis_id]),
        (schema.revision, schema.revision.c.analysis_id, [analysis_id]),
        (schema.hip_result, schema.hip_result.c.revision_id, revisions),
        (schema.lesion_score, schema.lesion_score.c.hip_result_id, hips),
        (schema.slice_score, schema.slice_score.c.hip_result_id, hips),
        (schema.mask, schema.mask.c.hip_result_id, hips),
    ]
    content = {
        table.name: _content(connection, table, column.in_(keys)) for table, column, keys in parts
    }
    return hashlib.sha256(canonical(content).encode("ascii")).hexdigest()


def _content(connection: Connection, table: Table, condition: Any) -> list[dict[str, Any]]:
    keys = {column.name for column in table.columns if column.primary_key or column.foreign_keys}
    return [
        {name: value for name, value in row.items() if name not in keys and value is not None}
        for row in many(connection, select(table).where(condition).order_by(table.c.id))
    ]


def count_rows(connection: Connection, table: Table) -> int:
    """Rows of a table."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
