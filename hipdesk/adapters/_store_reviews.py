"""What readers add to an analysis, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from hipdesk.adapters import _store_brush as brush
from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_audit import IMPRESSION, REPORTED, REVIEWED, REVISED, record
from hipdesk.adapters._store_current import reviews_by_analysis
from hipdesk.adapters._store_database import insert, many
from hipdesk.adapters._store_digest import revision_digest
from hipdesk.adapters._store_errors import SAVING
from hipdesk.adapters._store_reading import analysis_row
from hipdesk.adapters._store_saving import save_hip
from hipdesk.errors import BugError, StoreError
from hipdesk.records import HipResult, Origin, Side
from hipdesk.review import (
    BrushAct,
    BrushEntry,
    Review,
    ReviewKind,
    Revision,
    Standing,
    Stroke,
    standing_of,
)


def revise(
    connection: Connection,
    analysis_uid: str,
    hip: HipResult,
    origin: Origin,
    reader: str,
    last_stroke: int | None = None,
) -> Revision:
    """Append a revision of one hip.

    Raises
    ------
    StoreError
        The hip is signed, or the library has no such analysis; or strokes of the
        brush are open that did not make it.
    """
    analysis_id, newest, base = _unsigned(connection, analysis_uid, hip.side)
    revision = Revision(1 + max(newest.values()), origin, datetime.now(UTC), reader, hip)
    if last_stroke is None:
        brush.make_room(connection, analysis_id, hip.side, base, reader)
    else:
        brush.check_finished(connection, analysis_id, hip, base, last_stroke)
        end = BrushAct.FINISHED
        brush.journal(connection, analysis_id, hip.side, base, end, reader, made=revision.number)
    key = _save(connection, analysis_id, revision)
    content = {
        "analysis": analysis_uid,
        "revision": revision.number,
        "revision_sha256": revision_digest(connection, key),
    }
    record(connection, REVISED, content)
    return revision


def journal_stroke(
    connection: Connection,
    analysis_uid: str,
    side: Side,
    base: int,
    act: BrushAct,
    stroke: Stroke | None,
    reader: str,
) -> BrushEntry:
    """Append an act with the brush on the newest revision of a hip.

    Raises
    ------
    StoreError
        The hip is signed or was changed meanwhile, or there is no such analysis.
    """
    brush.check_act(act, stroke)
    analysis_id, _, working = _unsigned(connection, analysis_uid, side)
    if base != working:
        raise _outdated(side)
    return brush.journal(connection, analysis_id, side, base, act, reader, stroke)


def _unsigned(
    connection: Connection, analysis_uid: str, side: Side
) -> tuple[int, dict[Side, int], int]:
    """An analysis' number, each hip's newest revision, and this hip's, unless it is signed."""
    analysis_id = int(analysis_row(connection, analysis_uid)["id"])
    newest = _newest(connection, analysis_id)
    working = _working(newest, side)
    reviews = reviews_by_analysis(connection, [analysis_id]).get(analysis_id, ())
    if standing_of(reviews, side, working).signed:
        raise _signed(side)
    return analysis_id, newest, working


def _save(connection: Connection, analysis_id: int, revision: Revision) -> int:
    row = {
        "analysis_id": analysis_id,
        "number": revision.number,
        "origin": revision.origin.value,
        "created_utc": revision.created_utc,
        "reader": revision.reader,
    }
    key = insert(connection, schema.revision, row)
    save_hip(connection, key, revision.hip)
    return key


def _newest(connection: Connection, analysis_id: int) -> dict[Side, int]:
    """Number of the newest revision of each hip of an analysis."""
    hip, revision = schema.hip_result.c, schema.revision.c
    found = many(
        connection,
        select(hip.side, revision.number)
        .join(schema.revision, hip.revision_id == revision.id)
        .where(revision.analysis_id == analysis_id)
        .order_by(revision.number),
    )
    return {Side(row["side"]): row["number"] for row in found}


def _working(newest: dict[Side, int], side: Side) -> int:
    if side not in newest:
        raise BugError("the analysis has no such hip")
    return newest[side]


def review(connection: Connection, analysis_uid: str, reviews: Sequence[Review]) -> None:
    """Append what a reader did.

    Raises
    ------
    StoreError
        Something of it may not be done now, or the library has no such analysis.
    """
    analysis_id = int(analysis_row(connection, analysis_uid)["id"])
    newest = _newest(connection, analysis_id)
    done = list(reviews_by_analysis(connection, [analysis_id]).get(analysis_id, ()))
    for each in reviews:
        if each.revision != _working(newest, each.side):
            raise _outdated(each.side)
        standing = standing_of(done, each.side, each.revision)
        if not standing.allows(each.kind):
            raise _refusal(standing, each)
        if each.kind is ReviewKind.SIGNED:
            brush.refuse_open(connection, analysis_id, each.side)
        done.append(each)
    if reviews:
        rows = [codec.review_row(each) | {"analysis_id": analysis_id} for each in reviews]
        record(connection, REVIEWED, {"analysis": analysis_uid}, {schema.review: rows})


def _refusal(standing: Standing, wanted: Review) -> StoreError:
    if standing.signed:
        return _signed(wanted.side)
    if wanted.kind is ReviewKind.WITHDRAWN:
        return StoreError(f"{SAVING}: no signature of the {wanted.side.word} hip stands.")
    return StoreError(
        f"{SAVING}: nobody has judged the {wanted.side.word} hip; accept or reject it first."
    )


def _signed(side: Side) -> StoreError:
    return StoreError(f"{SAVING}: the {side.word} hip is signed; withdraw its signature first.")


def _outdated(side: Side) -> StoreError:
    return StoreError(
        f"{SAVING}: the {side.word} hip was changed meanwhile; look at its newest outlines first."
    )


def write_impression(connection: Connection, analysis_uid: str, text: str, reader: str) -> None:
    """Append a reader's words for the report.

    Raises
    ------
    StoreError
        The library has no such analysis.
    """
    row = {"words": text, "reader": reader}
    _append(connection, IMPRESSION, analysis_uid, row)


def record_report(
    connection: Connection, analysis_uid: str, pdf_sha256: str, final: bool, reader: str
) -> None:
    """Append that a report was saved or printed.

    Raises
    ------
    StoreError
        The library has no such analysis.
    """
    row = {"pdf_sha256": pdf_sha256, "final": final, "reader": reader}
    _append(connection, REPORTED, analysis_uid, row)


_TABLES: Final = {IMPRESSION: schema.impression, REPORTED: schema.report}


def _append(connection: Connection, action: str, analysis_uid: str, row: dict[str, Any]) -> None:
    analysis_id = analysis_row(connection, analysis_uid)["id"]
    complete = {**row, "analysis_id": analysis_id, "at_utc": datetime.now(UTC)}
    record(connection, action, {"analysis": analysis_uid}, {_TABLES[action]: [complete]})
