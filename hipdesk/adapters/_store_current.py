"""Which result of a hip counts at a visit, over its analyses and their revisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_database import grouped, many
from hipdesk.records import Side, VisitHip
from hipdesk.review import Review, Standing, current_revision, standing_of

_Hip = dict[str, Any]


def reviews_by_analysis(
    connection: Connection, analyses: Iterable[int]
) -> dict[int, tuple[Review, ...]]:
    """What readers did on each analysis, in their order; analyses without are absent."""
    rows = grouped(connection, schema.review, analyses)
    return {key: tuple(codec.review(row) for row in found) for key, found in rows.items()}


def current_hips(connection: Connection, visits: list[int]) -> dict[int, tuple[VisitHip, ...]]:
    """The current result of each hip by visit, right first.

    Signed before accepted before revised by a reader before newest; among
    equals one with a score first.
    A rejected result never counts.
    """
    chosen = _chosen(connection, visits)
    hips = list(chosen.values())
    models = grouped(connection, schema.analysis_model, (hip["analysis_id"] for hip in hips))
    lesions = grouped(connection, schema.lesion_score, (hip["id"] for hip in hips))
    slices = grouped(connection, schema.slice_score, (hip["id"] for hip in hips))
    by_visit: dict[int, dict[Side, VisitHip]] = defaultdict(dict)
    for (visit, side), hip in chosen.items():
        key = hip["id"]
        by_visit[visit][side] = codec.visit_hip(
            hip, models[hip["analysis_id"]], lesions[key], slices[key]
        )
    return {
        visit: tuple(found[side] for side in Side if side in found)
        for visit, found in by_visit.items()
    }


def _chosen(connection: Connection, visits: list[int]) -> dict[tuple[int, Side], _Hip]:
    hips = many(connection, _revisions(visits))
    reviews = reviews_by_analysis(connection, {hip["analysis_id"] for hip in hips})
    of_analysis: dict[tuple[int, Side], list[_Hip]] = defaultdict(list)
    for hip in hips:
        of_analysis[hip["analysis_id"], Side(hip["side"])].append(hip)
    ranked: dict[tuple[int, Side], list[tuple[_Rank, _Hip]]] = defaultdict(list)
    for (analysis, side), revisions in of_analysis.items():
        events = reviews.get(analysis, ())
        counting = _counting(events, side, revisions)
        if counting is not None:
            rank = _rank(standing_of(events, side, counting["revision"]), counting)
            ranked[counting["visit_id"], side].append((rank, counting))
    return {key: max(found, key=lambda each: each[0])[1] for key, found in ranked.items()}


def _counting(events: Sequence[Review], side: Side, revisions: list[_Hip]) -> _Hip | None:
    """The revision of one analysis that counts, unless it has no result."""
    number = current_revision(events, side, (hip["revision"] for hip in revisions))
    hip = next((hip for hip in revisions if hip["revision"] == number), None)
    return None if hip is None or hip["n_counted"] is None else hip


_Rank = tuple[bool, bool, bool, bool, datetime, int]


def _rank(standing: Standing, hip: _Hip) -> _Rank:
    """Larger counts more; a result that counts and is judged was accepted."""
    return (
        standing.signed,
        standing.verdict is not None,
        hip["revision"] > 0,
        hip["u_intensity"] is not None,
        hip["created_utc"],
        hip["analysis_id"],
    )


def _revisions(visits: list[int]) -> Any:
    """Every revision of every hip of some visits, oldest first."""
    hip, analysis, series = schema.hip_result, schema.analysis, schema.series
    return (
        select(
            hip,
            analysis.c.id.label("analysis_id"),
            analysis.c.uid.label("analysis_uid"),
            analysis.c.compute_requested,
            analysis.c.compute_provider,
            analysis.c.compute_reason,
            analysis.c.definition,
            schema.revision.c.number.label("revision"),
            schema.revision.c.origin,
            schema.revision.c.created_utc,
            series.c.uid.label("series_uid"),
            series.c.contrast,
            series.c.spacing_mm,
            series.c.acquisition,
            schema.study.c.visit_id,
        )
        .join(schema.revision, hip.c.revision_id == schema.revision.c.id)
        .join(analysis, schema.revision.c.analysis_id == analysis.c.id)
        .join(series, analysis.c.series_id == series.c.id)
        .join(schema.study, series.c.study_id == schema.study.c.id)
        .where(schema.study.c.visit_id.in_(visits))
        .order_by(analysis.c.id, schema.revision.c.number)
    )
