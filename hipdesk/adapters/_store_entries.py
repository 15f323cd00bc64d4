"""One patient's visits with their studies and analyses, inside the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_current import reviews_by_analysis
from hipdesk.adapters._store_database import KEYS, grouped, many
from hipdesk.adapters._store_reading import stored_visits, visits_where
from hipdesk.ports import AnalysisEntry, StudyEntry, VisitEntry
from hipdesk.records import Contrast, Patient, Side
from hipdesk.review import Review, standing_of

_Row = dict[str, Any]


def entries(connection: Connection, patient_uid: str) -> tuple[VisitEntry, ...]:
    """A patient's visits, oldest first, undated last; none for an unknown patient."""
    visits = stored_visits(connection, _OF_PATIENT, patient=patient_uid)
    uids = [each.visit.uid for each in visits]
    studies, analyses = _studies(connection, uids), _analyses(connection, uids)
    stated, dated = _stated(connection, uids), _dated_by(connection, uids)
    return tuple(
        VisitEntry(
            visit=each.visit,
            patient_uid=patient_uid,
            descriptions=tuple(study.description for study in studies[each.visit.uid]),
            analyses=tuple(analyses[each.visit.uid]),
            stated=stated[each.visit.uid],
            studies=tuple(studies[each.visit.uid]),
            dated_by=dated.get(each.visit.uid),
        )
        for each in visits
    )


_OF_PATIENT: Final = visits_where(schema.patient.c.uid == bindparam("patient"))

_STUDIES: Final = (
    select(schema.study, schema.visit.c.uid.label("visit_uid"))
    .join(schema.visit, schema.study.c.visit_id == schema.visit.c.id)
    .where(schema.visit.c.uid.in_(KEYS))
    .order_by(schema.study.c.id)
)

_STATED: Final = (
    select(schema.patient, schema.visit.c.uid.label("visit_uid"))
    .join(
        schema.visit,
        schema.patient.c.id
        == func.coalesce(schema.visit.c.stated_patient_id, schema.visit.c.patient_id),
    )
    .where(schema.visit.c.uid.in_(KEYS))
)

_DATED: Final = (
    select(schema.visit.c.uid, schema.dated.c.reader)
    .join(schema.visit, schema.dated.c.visit_id == schema.visit.c.id)
    .where(schema.visit.c.uid.in_(KEYS))
    .order_by(schema.dated.c.id)
)


def _studies(connection: Connection, visits: Sequence[str]) -> dict[str, list[StudyEntry]]:
    by_visit: dict[str, list[StudyEntry]] = defaultdict(list)
    for row in many(connection, _STUDIES, keys=visits):
        entry = StudyEntry(
            row["folder"], row["date"], row["time"], row["description"], row["accession"]
        )
        by_visit[row["visit_uid"]].append(entry)
    return by_visit


def _stated(connection: Connection, visits: Sequence[str]) -> dict[str, Patient]:
    """Whom the images of each visit name."""
    rows = many(connection, _STATED, keys=visits)
    return {row["visit_uid"]: codec.patient(row) for row in rows}


def _dated_by(connection: Connection, visits: Sequence[str]) -> dict[str, str]:
    """The reader who gave each visit its day last, where one did."""
    rows = many(connection, _DATED, keys=visits)
    return {row["uid"]: row["reader"] for row in rows}


def _analyses(connection: Connection, visits: Sequence[str]) -> dict[str, list[AnalysisEntry]]:
    """Analyses by visit, the newest first."""
    rows = many(connection, _LISTED, keys=visits)
    keys = [row["id"] for row in rows]
    hips, reviews = newest_hips(connection, keys), reviews_by_analysis(connection, keys)
    pictures = grouped(connection, schema.thumbnail, keys)
    by_visit: dict[str, list[AnalysisEntry]] = defaultdict(list)
    for row in rows:
        key = row["id"]
        entry = _entry(row, hips[key], reviews.get(key, ()), pictures[key])
        by_visit[row["visit_uid"]].append(entry)
    return by_visit


def _entry(
    row: _Row, hips: dict[Side, _Row], reviews: Sequence[Review], pictures: Sequence[_Row]
) -> AnalysisEntry:
    shown = tuple(side for side in Side if side in hips and hips[side]["box"] is not None)
    standings = {side: standing_of(reviews, side, hips[side]["number"]) for side in shown}
    return AnalysisEntry(
        uid=row["uid"],
        created_utc=row["created_utc"],
        description=row["description"],
        contrast=Contrast(row["contrast"]),
        slices=row["files"] if row["slices"] is None else row["slices"],
        hips=shown,
        verdicts={side: standing.verdict for side, standing in standings.items()},
        signed=bool(shown) and all(standing.signed for standing in standings.values()),
        thumbnail=codec.thumbnail(pictures[0]) if pictures else None,
        revised=any(hips[side]["number"] > 0 for side in shown),
        newest={side: hips[side]["number"] for side in shown},
    )


_NEWEST: Final = (
    select(
        schema.revision.c.analysis_id,
        schema.revision.c.number,
        schema.hip_result.c.side,
        schema.hip_result.c.box,
    )
    .join(schema.revision, schema.hip_result.c.revision_id == schema.revision.c.id)
    .where(schema.revision.c.analysis_id.in_(KEYS))
    .order_by(schema.revision.c.number)
)


def newest_hips(connection: Connection, analyses: Iterable[int]) -> dict[int, dict[Side, _Row]]:
    """The newest revision of each hip by analysis."""
    newest: dict[int, dict[Side, _Row]] = defaultdict(dict)
    for row in many(connection, _NEWEST, keys=list(analyses)):
        newest[row["analysis_id"]][Side(row["side"])] = row
    return newest


def _listed() -> Any:
    """Analyses of some visits, the newest first."""
    analysis, series, study, visit = schema.analysis, schema.series, schema.study, schema.visit
    instance = schema.instance.c
    # Before the number of slices was kept, files were: the same unless several share one.
    files = (
        select(func.count())
        .where((instance.series_id == series.c.id) & instance.sop_instance_uid.is_not(None))
        .scalar_subquery()
    )
    return (
        select(
            analysis.c.id,
            analysis.c.uid,
            analysis.c.created_utc,
            series.c.description,
            series.c.contrast,
            series.c.slices,
            files.label("files"),
            visit.c.uid.label("visit_uid"),
        )
        .join(series, analysis.c.series_id == series.c.id)
        .join(study, series.c.study_id == study.c.id)
        .join(visit, study.c.visit_id == visit.c.id)
        .where(visit.c.uid.in_(KEYS))
        .order_by(analysis.c.created_utc.desc(), analysis.c.id.desc())
    )


_LISTED: Final = _listed()
