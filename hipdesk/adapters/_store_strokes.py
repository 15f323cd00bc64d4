"""The journal of the brush: its rows, and whether revisions are what their strokes make.

A row is one act on one hip: a stroke with its pixels (packed as masks are, with the
hash of what is packed), a stroke taken back or done again, and the end, by which all
were discarded or became a revision.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_database import KEYS, grouped, many
from hipdesk.errors import StoreError
from hipdesk.records import Segmentation, SegmentClass, Side, SliceKey
from hipdesk.review import BrushAct, BrushEntry, Stroke, Strokes, open_entries, strokes_of
from hipdesk.strokes import drawn

_Row = dict[str, Any]

_WITHOUT_PIXELS: Final = tuple(
    column for column in schema.stroke.columns if column.name not in ("packed", "packed_sha256")
)


def entry_row(entry: BrushEntry) -> _Row:
    """Columns of one act."""
    row = {
        "number": entry.number,
        "side": entry.side.value,
        "base": entry.base,
        "act": entry.act.value,
        "made": entry.made,
        "reader": entry.reader,
        "at_utc": entry.at_utc,
    }
    stroke = entry.stroke
    if stroke is None:
        return row
    packed = codec.encode_mask(stroke.bits)
    return row | {
        "name": stroke.name.value,
        "sop_instance_uid": stroke.key.sop_instance_uid,
        "frame_number": stroke.key.frame_number,
        "slice_index": stroke.index,
        "box": [*stroke.start, *stroke.stop],
        "packed": packed,
        "packed_sha256": hashlib.sha256(packed).hexdigest(),
    }


def entries_of(connection: Connection, analysis_id: int) -> tuple[BrushEntry, ...]:
    """The whole journal of an analysis, in order.

    Raises
    ------
    StoreError
        A stroke is damaged.
    """
    table = schema.stroke
    wanted = select(table).where(table.c.analysis_id == analysis_id).order_by(table.c.number)
    return tuple(map(_entry, many(connection, wanted)))


def acts_of(connection: Connection, analysis_id: int) -> tuple[BrushEntry, ...]:
    """The same without pixels: who did what, and what is open."""
    number = schema.stroke.c.number
    wanted = select(*_WITHOUT_PIXELS).where(schema.stroke.c.analysis_id == analysis_id)
    return tuple(_bare(row) for row in many(connection, wanted.order_by(number)))


def _bare(row: _Row) -> BrushEntry:
    return BrushEntry(
        number=row["number"],
        side=Side(row["side"]),
        base=row["base"],
        act=BrushAct(row["act"]),
        reader=row["reader"],
        at_utc=row["at_utc"],
        made=row["made"],
    )


def _entry(row: _Row) -> BrushEntry:
    entry, packed = _bare(row), row["packed"]
    if packed is None:
        return entry
    if hashlib.sha256(packed).hexdigest() != row["packed_sha256"]:
        raise StoreError(
            "A stored stroke in the patient library is damaged; restore the library from a copy."
        )
    top, left, bottom, right = row["box"]
    stroke = Stroke(
        name=SegmentClass(row["name"]),
        key=SliceKey(row["sop_instance_uid"], row["frame_number"]),
        index=row["slice_index"],
        start=(top, left),
        bits=codec.decode_mask(packed, (bottom - top, right - left)),
        erases=entry.act is BrushAct.ERASED,
    )
    return replace(entry, stroke=stroke)


def whole(entries: Iterable[BrushEntry], side: Side) -> tuple[Stroke, ...]:
    """Strokes on one hip that stand and are in no revision yet."""
    return strokes_of(open_entries(entries, side)).standing


def unfinished_hips(connection: Connection, analyses: Sequence[int]) -> dict[int, frozenset[Side]]:
    """Hips with strokes that stand and are in no revision, by analysis; those without are absent.

    Asks nothing where no analysis is named.
    """
    strokes: dict[tuple[int, Side], Strokes] = defaultdict(Strokes)
    for row in many(connection, _ACTS, keys=analyses) if analyses else ():
        key = row["analysis_id"], Side(row["side"])
        strokes[key] = strokes[key].after(BrushAct(row["act"]), _UNSEEN)
    found: dict[int, frozenset[Side]] = defaultdict(frozenset)
    for (analysis_id, side), left in strokes.items():
        if left.standing:
            found[analysis_id] |= {side}
    return found


_ACTS: Final = (
    select(schema.stroke.c.analysis_id, schema.stroke.c.side, schema.stroke.c.act)
    .where(schema.stroke.c.analysis_id.in_(KEYS))
    .order_by(schema.stroke.c.analysis_id, schema.stroke.c.number)
)

_UNSEEN: Final = Stroke(
    SegmentClass.BME, SliceKey("", None), 0, (0, 0), np.ones((1, 1), np.bool_), False
)
"""Stands for any stroke whose pixels do not matter."""


def unproven_revisions(connection: Connection) -> int:
    """Revisions whose masks are not what the strokes that made them make of their base."""
    table = schema.stroke
    finished = many(
        connection, select(table).where(table.c.act == BrushAct.FINISHED.value).order_by(table.c.id)
    )
    by_analysis: dict[int, list[_Row]] = defaultdict(list)
    for row in finished:
        by_analysis[row["analysis_id"]].append(row)
    return sum(_unproven(connection, *each) for each in by_analysis.items())


def _unproven(connection: Connection, analysis_id: int, finished: list[_Row]) -> int:
    journal = entries_of(connection, analysis_id)
    count = 0
    for row in finished:
        before = (entry for entry in journal if entry.number < row["number"])
        strokes = whole(before, Side(row["side"]))
        base = masks_at(connection, analysis_id, row["side"], row["base"])
        made = masks_at(connection, analysis_id, row["side"], row["made"])
        count += base is None or made is None or not same_masks(drawn(base, strokes), made)
    return count


def same_masks(first: Segmentation, second: Segmentation) -> bool:
    """Whether two hips' masks are the same pixels of the same classes."""
    if first.box != second.box or first.masks.keys() != second.masks.keys():
        return False
    return all(np.array_equal(mask, second.masks[name]) for name, mask in first.masks.items())


def masks_at(
    connection: Connection, analysis_id: int, side: str, number: int
) -> Segmentation | None:
    """Masks of one hip at one revision; None where it has none."""
    hip, revision = schema.hip_result.c, schema.revision.c
    found = many(
        connection,
        select(schema.hip_result)
        .join(schema.revision, hip.revision_id == revision.id)
        .where((revision.analysis_id == analysis_id) & (revision.number == number))
        .where(hip.side == side),
    )
    if not found or found[0]["box"] is None:
        return None
    (row,) = found
    return codec.segmentation(row, grouped(connection, schema.mask, [row["id"]])[row["id"]])
