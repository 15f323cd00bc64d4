"""One patient's visits with their studies and analyses, inside the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_current import reviews_by_analysis
from hipdesk.adapters._store_database import grouped, many
from hipdesk.adapters._store_reading import stored_visits
from hipdesk.ports import AnalysisEntry, StudyEntry, VisitEntry
from hipdesk.records import Contrast, Patient, Side
from hipdesk.review import Review, standing_of

_Row = dict[str, Any]


def entries(connection: Connection, patient_uid: str) -> tuple[VisitEntry, ...]:
    """A patient's visits, oldest first, undated last; none for an unknown patient."""
    visits = stored_visits(connection, schema.patient.c.uid == patient_uid)
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


def _studies(connection: Connection, visits: Sequence[str]) -> dict[str, list[StudyEntry]]:
    study, visit = schema.study, schema.visit
    found = many(
        connection,
        select(study, visit.c.uid.label("visit_uid"))
        .join(visit, study.c.visit_id == visit.c.id)
        .where(visit.c.uid.in_(visits))
        .order_by(study.c.id),
    )
    by_visit: dict[str, list[StudyEntry]] = defaultdict(list)
    for row in found:
        entry = StudyEntry(
            row["folder"], row["date"], row["time"], row["description"], row["accession"]
        )
        by_visit[row["visit_uid"]].append(entry)
    return by_visit


def _stated(connection: Connection, visits: Sequence[str]) -> dict[str, Patient]:
    """Whom the images of each visit name."""
    patient, visit = schema.patient, schema.visit
    named = func.coalesce(visit.c.stated_patient_id, visit.c.patient_id)
    rows = many(
        connection,
        select(patient, visit.c.uid.label("visit_uid"))
        .join(visit, patient.c.id == named)
        .where(visit.c.uid.in_(visits)),
    )
    return {row["visit_uid"]: codec.patient(row) for row in rows}


def _dated_by(connection: Connection, visits: Sequence[str]) -> dict[str, str]:
    """The reader who gave each visit its day last, where one did."""
    dated, visit = schema.dated, schema.visit
    rows = many(
        connection,
        select(visit.c.uid, dated.c.reader)
        .join(visit, dated.c.visit_id == visit.c.id)
        .where(visit.c.uid.in_(visits))
        .order_by(dated.c.id),
    )
    return {row["uid"]: row["reader"] for row in rows}


def _analyses(connection: Connection, visits: Sequence[str]) -> dict[str, list[AnalysisEntry]]:
    """Analyses by visit, the newest first."""
    rows = many(connection, _listed(visits))
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


def newest_hips(connection: Connection, analyses: Iterable[int]) -> dict[int, dict[Side, _Row]]:
    """The newest revision of each hip by analysis."""
    hip, revision = schema.hip_result.c, schema.revision.c
    found = many(
        connection,
        select(revision.analysis_id, revision.number, hip.side, hip.box)
        .join(schema.revision, hip.revision_id == revision.id)
        .where(revision.analysis_id.in_(list(analyses)))
        .order_by(revision.number),
    )
    newest: dict[int, dict[Side, _Row]] = defaultdict(dict)
    for row in found:
        newest[row["analysis_id"]][Side(row["side"])] = row
    return newest


def _listed(visits: Sequence[str]) -> Any:
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
        .where(visit.c.uid.in_(visits))
        .order_by(analysis.c.created_utc.desc(), analysis.c.id.desc())
    )
