"""The chain of audit entries: who did what, each bound to all before it.

An entry's SHA-256 covers its number, time, action, content and the previous
entry's SHA-256; its content holds a digest of every value that was stored
with it. So a changed, removed or inserted entry is found, and so is a result
or a review changed behind the program's back. Entries hold random names, readers
and readers' reasons, never a patient's identity.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_codec import canonical, canonical_sha256
from hipdesk.adapters._store_database import insert, many, one
from hipdesk.adapters._store_digest import analysis_digest, revision_digest, row_digests
from hipdesk.adapters._store_strokes import unproven_revisions
from hipdesk.errors import StoreError

ADDED: Final = "analysis added"
REVISED: Final = "hip revised"
REVIEWED: Final = "hips reviewed"
IMPRESSION: Final = "impression written"
REPORTED: Final = "report recorded"
MOVED: Final = "visit moved"
KEPT_APART: Final = "patients kept apart"
DATED: Final = "visit dated"
PROTOCOL_CHOSEN: Final = "choice for a protocol remembered"
PROTOCOL_FORGOTTEN: Final = "choice for a protocol withdrawn"
SPELT: Final = "names read in another character set"
PAIRED: Final = "repeat named"
UNPAIRED: Final = "repeat withdrawn"
MERGED: Final = "patients merged"
SPLIT: Final = "visits parted"
STUDY_MOVED: Final = "study moved"
TAKEN_BACK: Final = "regrouping taken back"
PUT_ASIDE: Final = "visit put aside"
BROUGHT_BACK: Final = "visit brought back"
CLINICAL: Final = "clinical facts kept"
TREATED: Final = "treatment kept"
READ: Final = "HIMRISS read"
ALIGNED: Final = "hip aligned"
BRUSHED: Final = "brush used"
VISIT_BEGUN: Final = "visit without images begun"

_ROWS: Final = (
    schema.thumbnail,
    schema.review,
    schema.impression,
    schema.report,
    schema.kept_apart,
    schema.dated,
    schema.protocol_override,
    schema.override_withdrawn,
    schema.spelling,
    schema.visit_pair,
    schema.visit_put_aside,
    schema.clinical,
    schema.treatment,
    schema.reading,
    schema.registration,
    schema.stroke,
)
"""Tables of which the entries hold a digest for each row, in the order of adding."""

_ROW_DIGESTS: Final = "rows_sha256"
_BEFORE_FIRST: Final = "0" * 64

_Said = list[tuple[str, dict[str, Any]]]
"""Action and content of each entry."""


def record(
    connection: Connection,
    action: str,
    content: Mapping[str, Any],
    rows: Mapping[Table, Sequence[Mapping[str, Any]]] | None = None,
) -> None:
    """Add rows and the entry that vouches for them to the end of the chain."""
    digests = {
        table.name: row_digests(connection, table, [insert(connection, table, row) for row in new])
        for table, new in (rows or {}).items()
    }
    _append(connection, action, {**content, **({_ROW_DIGESTS: digests} if digests else {})})


def _append(connection: Connection, action: str, content: Mapping[str, Any]) -> None:
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
    return canonical_sha256(signed)


def verify(connection: Connection) -> int:
    """Check the whole chain against itself and what is stored; the number of entries.

    Raises
    ------
    StoreError
        An entry, a stored result, a review, or the place of a visit or study is not
        what was written; or a revision is not what its strokes make of its base.
    """
    entries = many(connection, select(schema.audit).order_by(schema.audit.c.number))
    _verify_chain(entries)
    said = [(entry["action"], json.loads(entry["content"])) for entry in entries]
    _verify_analyses(connection, said)
    _verify_revisions(connection, said)
    _verify_rows(connection, said)
    _verify_owners(connection, said)
    _verify_places(connection, said)
    if unproven_revisions(connection):
        raise _altered("a corrected outline is not what its brush strokes make")
    return len(entries)


def _verify_chain(entries: list[dict[str, Any]]) -> None:
    previous = _BEFORE_FIRST
    for number, entry in enumerate(entries, 1):
        intact = entry["number"] == number and entry["previous_sha256"] == previous
        if not intact or entry["sha256"] != _entry_sha256(entry):
            raise _altered(f"entry {number} of its record of changes is not what was written")
        previous = entry["sha256"]


def _of(said: _Said, wanted: str) -> Iterable[dict[str, Any]]:
    return (content for action, content in said if action == wanted)


def _verify_analyses(connection: Connection, said: _Said) -> None:
    digests = {content["analysis"]: content["analysis_sha256"] for content in _of(said, ADDED)}
    stored = dict(connection.execute(select(schema.analysis.c.uid, schema.analysis.c.id)).all())
    if set(digests) != set(stored):
        raise _altered("an analysis was added or removed outside the program")
    for uid, digest in digests.items():
        if analysis_digest(connection, stored[uid]) != digest:
            raise _altered("a stored result was changed outside the program")


def _verify_revisions(connection: Connection, said: _Said) -> None:
    digests = {
        (content["analysis"], content["revision"]): content["revision_sha256"]
        for content in _of(said, REVISED)
    }
    revision = schema.revision.c
    found = connection.execute(
        select(schema.analysis.c.uid, revision.number, revision.id)
        .join(schema.analysis, revision.analysis_id == schema.analysis.c.id)
        .where(revision.number > 0)
    )
    stored = {(uid, number): revision_digest(connection, key) for uid, number, key in found.all()}
    if stored != digests:
        raise _altered("a reader's correction was changed outside the program")


def _verify_rows(connection: Connection, said: _Said) -> None:
    for table in _ROWS:
        recorded = [
            digest
            for _, content in said
            for digest in content.get(_ROW_DIGESTS, {}).get(table.name, ())
        ]
        if recorded != row_digests(connection, table):
            raise _altered("what a reader did was changed outside the program")


def _verify_owners(connection: Connection, said: _Said) -> None:
    """Every visit is with the patient to whom the entries say it was given last."""
    owners: dict[str, str] = {}
    for action, content in said:
        if action in (ADDED, MOVED, VISIT_BEGUN):
            owners[content["visit"]] = content["patient"]
    found = connection.execute(
        select(schema.visit.c.uid, schema.patient.c.uid.label("patient")).join(
            schema.patient, schema.visit.c.patient_id == schema.patient.c.id
        )
    )
    if owners != dict(found.all()):
        raise _altered("a visit was moved outside the program")


def _verify_places(connection: Connection, said: _Said) -> None:
    """Every series is at the visit to which the entries say it was added or moved last."""
    places: dict[str, str] = {}
    for action, content in said:
        if action == ADDED:
            places[content["series"]] = content["visit"]
        elif action == STUDY_MOVED:
            places.update(dict.fromkeys(content["series"], content["visit"]))
    found = connection.execute(
        select(schema.series.c.folder, schema.visit.c.uid)
        .join(schema.study, schema.series.c.study_id == schema.study.c.id)
        .join(schema.visit, schema.study.c.visit_id == schema.visit.c.id)
    )
    if places != dict(found.all()):
        raise _altered("images were moved to another visit outside the program")


def _altered(what: str) -> StoreError:
    return StoreError(f"The patient library cannot be trusted: {what}; restore it from a copy.")


def count_rows(connection: Connection, table: Table) -> int:
    """Rows of a table."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
