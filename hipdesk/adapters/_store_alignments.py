"""Alignments of a hip between two visits, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import is_aside
from hipdesk.adapters._store_audit import ALIGNED, record
from hipdesk.adapters._store_database import many, one
from hipdesk.adapters._store_errors import READING, damaged
from hipdesk.adapters._store_pairs import NO_RESULT
from hipdesk.errors import StoreError
from hipdesk.geometry import as_point
from hipdesk.hip_alignment import (
    BoneAlignment,
    ByHand,
    FollowedLesion,
    HipAlignment,
    Key,
    LesionCourse,
)
from hipdesk.records import SegmentClass, Side

_Row = dict[str, Any]


def keep_alignment(connection: Connection, alignment: HipAlignment) -> None:
    """Append an alignment; those that are there stay.

    Raises
    ------
    StoreError
        There is no such result of this hip.
    """
    results = [
        _analysis_id(connection, key, alignment.side)
        for key in (alignment.earlier, alignment.later)
    ]
    row = {
        "earlier_analysis_id": results[0],
        "later_analysis_id": results[1],
        "side": alignment.side.value,
        "earlier_revision": alignment.earlier[1],
        "later_revision": alignment.later[1],
        "engine": alignment.engine,
        "program_version": alignment.program_version,
        "fluid_sensitive": alignment.fluid_sensitive,
        "not_comparable": alignment.not_comparable,
        "bones": [_written(bone) for bone in alignment.bones],
        "reader": alignment.reader,
        "at_utc": alignment.made_utc.astimezone(UTC),
    }
    record(connection, ALIGNED, {}, {schema.registration: [row]})


def _analysis_id(connection: Connection, key: Key, side: Side) -> int:
    """Number of an analysis that has this result of a hip."""
    analysis, revision, hip = schema.analysis, schema.revision, schema.hip_result
    wanted = (
        select(analysis.c.id)
        .join(revision, revision.c.analysis_id == analysis.c.id)
        .join(hip, hip.c.revision_id == revision.c.id)
        .where(
            (analysis.c.uid == key[0]) & (revision.c.number == key[1]) & (hip.c.side == side.value)
        )
    )
    found = one(connection, wanted)
    if found is None:
        raise StoreError(NO_RESULT)
    return int(found["id"])


def alignments(
    connection: Connection, patient: ColumnElement[bool], *, with_aside: bool = False
) -> tuple[HipAlignment, ...]:
    """Alignments between a patient's visits, in the order in which they were made.

    Parameters
    ----------
    patient : condition on the table of patients
    with_aside : those of visits that were put aside too

    Raises
    ------
    StoreError
        They are damaged.
    """
    table = schema.registration
    statement = select(table)
    for end in ("earlier", "later"):
        analysis, series, study, visit = (
            each.alias(f"{end}_{each.name}")
            for each in (schema.analysis, schema.series, schema.study, schema.visit)
        )
        statement = (
            statement.add_columns(
                analysis.c.uid.label(f"{end}_analysis"), visit.c.uid.label(f"{end}_visit")
            )
            .join(analysis, table.c[f"{end}_analysis_id"] == analysis.c.id)
            .join(series, analysis.c.series_id == series.c.id)
            .join(study, series.c.study_id == study.c.id)
            .join(visit, study.c.visit_id == visit.c.id)
            .where(visit.c.patient_id.in_(select(schema.patient.c.id).where(patient)))
        )
        if not with_aside:
            statement = statement.where(~is_aside(visit.c.id))
    return tuple(map(_alignment, many(connection, statement.order_by(table.c.id))))


def _alignment(row: _Row) -> HipAlignment:
    try:
        return HipAlignment(
            side=Side(row["side"]),
            earlier_visit=row["earlier_visit"],
            later_visit=row["later_visit"],
            earlier=(row["earlier_analysis"], row["earlier_revision"]),
            later=(row["later_analysis"], row["later_revision"]),
            engine=row["engine"],
            program_version=row["program_version"],
            made_utc=row["at_utc"],
            reader=row["reader"],
            bones=tuple(_bone(each) for each in row["bones"]),
            fluid_sensitive=row["fluid_sensitive"],
            not_comparable=row["not_comparable"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(READING) from error


def _written(bone: BoneAlignment) -> Mapping[str, Any]:
    return {
        "bone": bone.bone.value,
        "later_to_earlier": bone.later_to_earlier.tolist(),
        "shift_mm": list(bone.shift_mm),
        "turn_deg": list(bone.turn_deg),
        "median_mm": bone.median_mm,
        "p95_mm": bone.p95_mm,
        "refined": bone.refined,
        "refused": bone.refused,
        "reason": bone.reason,
        "courses": {lesion.value: asdict(each) for lesion, each in bone.courses.items()},
        "by_hand": None if bone.by_hand is None else asdict(bone.by_hand),
    }


def _bone(written: Mapping[str, Any]) -> BoneAlignment:
    return BoneAlignment(
        bone=SegmentClass(written["bone"]),
        later_to_earlier=np.array(written["later_to_earlier"], dtype=np.float64).reshape(4, 4),
        shift_mm=as_point(written["shift_mm"]),
        turn_deg=as_point(written["turn_deg"]),
        median_mm=written["median_mm"],
        p95_mm=written["p95_mm"],
        refined=written["refined"],
        refused=written["refused"],
        reason=written["reason"],
        courses=MappingProxyType(
            {
                FollowedLesion(name): LesionCourse(**each)
                for name, each in written["courses"].items()
            }
        ),
        by_hand=_by_hand(written.get("by_hand")),
    )


def _by_hand(written: Mapping[str, Any] | None) -> ByHand | None:
    """A reader's part of the motion; alignments of older programs have none."""
    if written is None:
        return None
    shift, turn = as_point(written["shift_mm"]), as_point(written["turn_deg"])
    return ByHand(shift, turn, str(written["reader"]))
