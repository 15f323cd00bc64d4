"""Results named as repeats of an unchanged hip, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import is_aside
from hipdesk.adapters._store_audit import PAIRED, UNPAIRED, record
from hipdesk.adapters._store_current import revisions_of, visit_hips
from hipdesk.adapters._store_database import grouped, many
from hipdesk.adapters._store_errors import SAVING
from hipdesk.errors import StoreError
from hipdesk.ports import RevisionKey
from hipdesk.records import Side
from hipdesk.review import PairKind, RepeatPair, Take
from hipdesk.sdc import FAULT_SENTENCES, fault_of, masks_sha256

_Row = dict[str, Any]

NO_RESULT = "The patient library has no such result of this hip."
NOT_NAMED = f"{SAVING}: these two are not named as repeats."


def name_repeat(
    connection: Connection,
    kind: PairKind,
    first: RevisionKey,
    second: RevisionKey,
    side: Side,
    reader: str,
) -> None:
    """Name two results of a hip as repeats between which nothing can have changed.

    Raises
    ------
    StoreError
        There is no such result, or the two say nothing on noise.
    """
    one, other = (_row_of(connection, result, side) for result in (first, second))
    pair = _pair(connection, kind, one, other)
    fault = fault_of(pair)
    if fault is not None:
        raise StoreError(f"{SAVING}: {FAULT_SENTENCES[fault]}")
    if _key(_written(kind, one, other)) in _named(connection):
        return
    _record(connection, PAIRED, _written(kind, one, other, pair), reader, withdrawn=False)


def withdraw_repeat(
    connection: Connection,
    kind: PairKind,
    first: RevisionKey,
    second: RevisionKey,
    side: Side,
    reader: str,
) -> None:
    """Take back that two results are repeats, in either order.

    Raises
    ------
    StoreError
        They are not named as such.
    """
    one, other = (_row_of(connection, result, side) for result in (first, second))
    named = _named(connection).get(_key(_written(kind, one, other)))
    if named is None:
        raise StoreError(NOT_NAMED)
    kept = {name: named[name] for name in named if name not in ("id", "reader", "at_utc")}
    _record(connection, UNPAIRED, kept, reader, withdrawn=True)


def repeat_pairs(connection: Connection) -> tuple[RepeatPair, ...]:
    """What stands, oldest naming first; none of a visit that was put aside."""
    named = list(_named(connection).values())
    analyses = {row[f"{which}_analysis_id"] for row in named for which in ("first", "second")}
    listed = schema.analysis.c.id.in_(analyses) & ~is_aside(schema.study.c.visit_id)
    rows = many(connection, revisions_of(listed))
    hips = visit_hips(connection, rows)
    takes = {
        (row["analysis_id"], row["revision"], row["side"]): (hips[row["id"]], row["pixel_sha256"])
        for row in rows
        if row["n_counted"] is not None
    }
    found = []
    for row in named:
        ends = [takes.get(_place(row, which)) for which in ("first", "second")]
        hashes = row["first_masks_sha256"], row["second_masks_sha256"]
        made = [Take(*end, mask) for end, mask in zip(ends, hashes, strict=True) if end]
        if len(made) == len(ends):
            found.append(RepeatPair(PairKind(row["purpose"]), *made))
    return tuple(found)


def _place(row: _Row, which: str) -> tuple[int, int, str]:
    return row[f"{which}_analysis_id"], row[f"{which}_revision"], row["side"]


def _key(row: _Row) -> tuple[str, frozenset[tuple[int, int, str]]]:
    """The same whichever of the two came first."""
    return row["purpose"], frozenset(_place(row, which) for which in ("first", "second"))


def _named(connection: Connection) -> dict[Any, _Row]:
    """Pairs that stand, by what makes them the same."""
    table = schema.visit_pair
    standing: dict[Any, _Row] = {}
    for row in many(connection, select(table).order_by(table.c.id)):
        standing.pop(_key(row), None)
        if not row["withdrawn"]:
            standing[_key(row)] = row
    return standing


def _row_of(connection: Connection, result: RevisionKey, side: Side) -> _Row:
    uid, revision = result
    wanted = (
        (schema.analysis.c.uid == uid)
        & (schema.revision.c.number == revision)
        & (schema.hip_result.c.side == side.value)
    )
    for row in many(connection, revisions_of(wanted)):
        if row["n_counted"] is not None and row["box"] is not None:
            return row
    raise StoreError(NO_RESULT)


def _pair(connection: Connection, kind: PairKind, *rows: _Row) -> RepeatPair:
    hips = visit_hips(connection, rows)
    masks = grouped(connection, schema.mask, (row["id"] for row in rows))
    first, second = (
        Take(hips[row["id"]], row["pixel_sha256"], _masks_sha256(row, masks[row["id"]]))
        for row in rows
    )
    return RepeatPair(kind, first, second)


def _masks_sha256(row: _Row, masks: Iterable[_Row]) -> str:
    return masks_sha256(codec.segmentation(row, masks))


def _written(kind: PairKind, one: _Row, other: _Row, pair: RepeatPair | None = None) -> _Row:
    """Columns of a pair; the hashes only where the pair is given."""
    hashes = (
        {}
        if pair is None
        else {
            "first_masks_sha256": pair.first.masks_sha256,
            "second_masks_sha256": pair.second.masks_sha256,
        }
    )
    return {
        "purpose": kind.value,
        "side": one["side"],
        "first_analysis_id": one["analysis_id"],
        "second_analysis_id": other["analysis_id"],
        "first_revision": one["revision"],
        "second_revision": other["revision"],
        **hashes,
    }


def _record(
    connection: Connection, action: str, row: _Row, reader: str, *, withdrawn: bool
) -> None:
    complete = {**row, "withdrawn": withdrawn, "reader": reader, "at_utc": datetime.now(UTC)}
    record(connection, action, {}, {schema.visit_pair: [complete]})
