"""One patient's visits with their studies and analyses, inside the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_current import KeptResults, kept_results
from hipdesk.adapters._store_database import KEYS, many
from hipdesk.adapters._store_reading import visits_where, with_results
from hipdesk.adapters._store_strokes import unfinished_hips
from hipdesk.ports import AnalysisEntry, StudyEntry, VisitEntry
from hipdesk.records import Contrast, Patient, Side
from hipdesk.review import Review, standing_of

_Row = dict[str, Any]


def entries(connection: Connection, patient_uid: str) -> tuple[VisitEntry, ...]:
    """A patient's visits, oldest first, undated last; none for an unknown patient."""
    rows = many(connection, _OF_PATIENT, patient=patient_uid)
    kept = kept_results(connection, [row["id"] for row in rows])
    visits = with_results(connection, rows, kept)
    uids = [row["uid"] for row in rows]
    studies, analyses = _studies(connection, uids), _analyses(connection, uids, kept)
    named = dict(zip(uids, rows, strict=True))
    return tuple(
        VisitEntry(
            visit=each.visit,
            patient_uid=patient_uid,
            descriptions=tuple(study.description for study in studies[each.visit.uid]),
            analyses=tuple(analyses[each.visit.uid]),
            stated=_named(named[each.visit.uid]),
            studies=tuple(studies[each.visit.uid]),
            dated_by=named[each.visit.uid]["dated_by"],
        )
        for each in visits
    )


_NAMED: Final = schema.patient.alias()
"""Whom the images of a visit name."""

_OF_PATIENT: Final = (
    visits_where(schema.patient.c.uid == bindparam("patient"))
    .join(
        _NAMED,
        _NAMED.c.id == func.coalesce(schema.visit.c.stated_patient_id, schema.visit.c.patient_id),
    )
    .add_columns(
        *(column.label(f"named_{column.name}") for column in _NAMED.c),
        select(schema.dated.c.reader)
        .where(schema.dated.c.visit_id == schema.visit.c.id)
        .order_by(schema.dated.c.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("dated_by"),
    )
)
"""Visits, each with whom it names, and the reader who gave it its day last."""

_STUDIES: Final = (
    select(schema.study, schema.visit.c.uid.label("visit_uid"))
    .join(schema.visit, schema.study.c.visit_id == schema.visit.c.id)
    .where(schema.visit.c.uid.in_(KEYS))
    .order_by(schema.study.c.id)
)


def _named(row: _Row) -> Patient:
    return codec.patient({column.name: row[f"named_{column.name}"] for column in _NAMED.c})


def _studies(connection: Connection, visits: Sequence[str]) -> dict[str, list[StudyEntry]]:
    by_visit: dict[str, list[StudyEntry]] = defaultdict(list)
    for row in many(connection, _STUDIES, keys=visits):
        entry = StudyEntry(
            row["folder"], row["date"], row["time"], row["description"], row["accession"]
        )
        by_visit[row["visit_uid"]].append(entry)
    return by_visit


def _analyses(
    connection: Connection, visits: Sequence[str], kept: KeptResults
) -> dict[str, list[AnalysisEntry]]:
    """Analyses by visit, the newest first."""
    hips = _newest(kept.hips)
    by_visit: dict[str, list[AnalysisEntry]] = defaultdict(list)
    rows = many(connection, _LISTED, keys=visits)
    unfinished = unfinished_hips(connection, [row["id"] for row in rows if row["brushed"]])
    for row in rows:
        key = row["id"]
        entry = _entry(row, hips[key], kept.reviews.get(key, ()), unfinished.get(key, _NONE))
        by_visit[row["visit_uid"]].append(entry)
    return by_visit


_NONE: Final[frozenset[Side]] = frozenset()


def _entry(
    row: _Row, hips: dict[Side, _Row], reviews: Sequence[Review], unfinished: frozenset[Side]
) -> AnalysisEntry:
    shown = tuple(side for side in Side if side in hips and hips[side]["box"] is not None)
    standings = {side: standing_of(reviews, side, hips[side]["revision"]) for side in shown}
    return AnalysisEntry(
        uid=row["uid"],
        created_utc=row["created_utc"],
        description=row["description"],
        contrast=Contrast(row["contrast"]),
        slices=row["files"] if row["slices"] is None else row["slices"],
        hips=shown,
        verdicts={side: standing.verdict for side, standing in standings.items()},
        signed=bool(shown) and all(standing.signed for standing in standings.values()),
        thumbnail=None if row["packed"] is None else codec.thumbnail(row),
        revised=any(hips[side]["revision"] > 0 for side in shown),
        newest={side: hips[side]["revision"] for side in shown},
        unfinished=unfinished,
    )


_NEWEST: Final = (
    select(
        schema.revision.c.analysis_id,
        schema.revision.c.number.label("revision"),
        schema.hip_result.c.side,
        schema.hip_result.c.box,
    )
    .join(schema.revision, schema.hip_result.c.revision_id == schema.revision.c.id)
    .where(schema.revision.c.analysis_id.in_(KEYS))
    .order_by(schema.revision.c.number)
)


def newest_hips(connection: Connection, analyses: Iterable[int]) -> dict[int, dict[Side, _Row]]:
    """The newest revision of each hip by analysis."""
    return _newest(many(connection, _NEWEST, keys=list(analyses)))


def _newest(revisions: Iterable[_Row]) -> dict[int, dict[Side, _Row]]:
    """Of each hip of each analysis the last row."""
    newest: dict[int, dict[Side, _Row]] = defaultdict(dict)
    for row in revisions:
        newest[row["analysis_id"]][Side(row["side"])] = row
    return newest


def _listed() -> Any:
    """Analyses of some visits, the newest first."""
    analysis, series, study, visit = schema.analysis, schema.series, schema.study, schema.visit
    instance, picture = schema.instance.c, schema.thumbnail
    # Before the number of slices was kept, files were: the same unless several share one.
    files = (
        select(func.count())
        .where((instance.series_id == series.c.id) & instance.sop_instance_uid.is_not(None))
        .scalar_subquery()
    )
    brushed = select(schema.stroke.c.id).where(schema.stroke.c.analysis_id == analysis.c.id)
    return (
        select(
            analysis.c.id,
            analysis.c.uid,
            analysis.c.created_utc,
            series.c.description,
            series.c.contrast,
            series.c.slices,
            files.label("files"),
            picture.c.rows,
            picture.c.columns,
            picture.c.packed,
            visit.c.uid.label("visit_uid"),
            brushed.exists().label("brushed"),
        )
        .join(series, analysis.c.series_id == series.c.id)
        .join(study, series.c.study_id == study.c.id)
        .join(visit, study.c.visit_id == visit.c.id)
        .outerjoin(picture, picture.c.analysis_id == analysis.c.id)
        .where(visit.c.uid.in_(KEYS))
        .order_by(analysis.c.created_utc.desc(), analysis.c.id.desc())
    )


_LISTED: Final = _listed()
