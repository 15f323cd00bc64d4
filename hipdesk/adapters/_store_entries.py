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
from hipdesk.ports import AnalysisEntry, VisitEntry
from hipdesk.records import Contrast, Side
from hipdesk.review import Review, standing_of

_Row = dict[str, Any]


def entries(connection: Connection, patient_uid: str) -> tuple[VisitEntry, ...]:
    """A patient's visits, oldest first, undated last; none for an unknown patient."""
    visits = stored_visits(connection, schema.patient.c.uid == patient_uid)
    uids = [each.visit.uid for each in visits]
    studies, analyses = _descriptions(connection, uids), _analyses(connection, uids)
    return tuple(
        VisitEntry(
            visit=each.visit,
            patient_uid=patient_uid,
            descriptions=tuple(studies[each.visit.uid]),
            analyses=tuple(analyses[each.visit.uid]),
        )
        for each in visits
    )


def _descriptions(connection: Connection, visits: Sequence[str]) -> dict[str, list[str]]:
    study, visit = schema.study, schema.visit
    found = many(
        connection,
        select(visit.c.uid, study.c.description)
        .join(study, study.c.visit_id == visit.c.id)
        .where(visit.c.uid.in_(visits))
        .order_by(study.c.id),
    )
    by_visit: dict[str, list[str]] = defaultdict(list)
    for row in found:
        by_visit[row["uid"]].append(row["description"])
    return by_visit


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
