"""Writing the journal of the brush, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_audit import BRUSHED, record
from hipdesk.adapters._store_errors import SAVING
from hipdesk.adapters._store_reading import analysis_row
from hipdesk.adapters._store_strokes import (
    acts_of,
    entries_of,
    entry_row,
    masks_at,
    same_masks,
    whole,
)
from hipdesk.errors import BugError, StoreError
from hipdesk.records import HipResult, Side
from hipdesk.review import BrushAct, BrushEntry, Stroke, open_entries, strokes_of
from hipdesk.strokes import drawn


def open_strokes(connection: Connection, analysis_uid: str, side: Side) -> tuple[BrushEntry, ...]:
    """Acts on one hip that are neither finished nor discarded, in their order."""
    analysis_id = int(analysis_row(connection, analysis_uid)["id"])
    return open_entries(entries_of(connection, analysis_id), side)


def journal(
    connection: Connection,
    analysis_id: int,
    side: Side,
    base: int,
    act: BrushAct,
    reader: str,
    stroke: Stroke | None = None,
    made: int | None = None,
) -> BrushEntry:
    """Append one act; what it may be done on has been checked."""
    before = acts_of(connection, analysis_id)
    number = 1 + max((entry.number for entry in before), default=0)
    entry = BrushEntry(number, side, base, act, reader, datetime.now(UTC), stroke, made)
    row = entry_row(entry) | {"analysis_id": analysis_id}
    record(connection, BRUSHED, {}, {schema.stroke: [row]})
    return entry


def check_act(act: BrushAct, stroke: Stroke | None) -> None:
    """Refuse what is no act of the brush.

    Raises
    ------
    BugError
        A stroke is missing, or there is one where there can be none, or the act is
        one that only a revision brings.
    """
    paints = act in (BrushAct.PAINTED, BrushAct.ERASED)
    if act is BrushAct.FINISHED or paints is (stroke is None):
        raise BugError("this is no act of the brush")
    if stroke is not None and stroke.erases is not (act is BrushAct.ERASED):
        raise BugError("a stroke that paints was journalled as one that erases, or the reverse")


def make_room(connection: Connection, analysis_id: int, side: Side, base: int, reader: str) -> None:
    """Before a revision that strokes did not make: refuse while any stands open.

    Raises
    ------
    StoreError
        Strokes on the hip are neither finished nor discarded.
    """
    refuse_open(connection, analysis_id, side)
    if open_entries(acts_of(connection, analysis_id), side):
        journal(connection, analysis_id, side, base, BrushAct.DISCARDED, reader)


def refuse_open(connection: Connection, analysis_id: int, side: Side) -> None:
    """Refuse where strokes stand open.

    Raises
    ------
    StoreError
        They do.
    """
    if open_entries(acts_of(connection, analysis_id), side) and whole(
        entries_of(connection, analysis_id), side
    ):
        raise StoreError(
            f"{SAVING}: brush strokes on the {side.word} hip are neither finished nor discarded; "
            "do that first."
        )


def check_finished(
    connection: Connection, analysis_id: int, hip: HipResult, base: int, last: int
) -> None:
    """Refuse a revision that is not what the open strokes make of what they are on.

    Raises
    ------
    StoreError
        The journal does not end with the act that the revision ends with.
    BugError
        Nothing is open, or other masks come of it.
    """
    entries = open_entries(entries_of(connection, analysis_id), hip.side)
    if not entries or entries[-1].number != last:
        raise StoreError(
            f"{SAVING}: the {hip.side.word} hip was painted on meanwhile; look at it again."
        )
    before = masks_at(connection, analysis_id, hip.side.value, base)
    strokes = _standing(entries)
    if before is None or hip.segmentation is None or not strokes:
        raise BugError("strokes were finished where there are none")
    if not same_masks(drawn(before, strokes), hip.segmentation):
        raise BugError("a revision is not what its strokes make of its base")


def _standing(entries: Sequence[BrushEntry]) -> tuple[Stroke, ...]:
    return strokes_of(entries).standing
