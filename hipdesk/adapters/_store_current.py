"""Which result of a hip counts at a visit, over its analyses and their revisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from hipdesk.adapters import _store_codec as codec
from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_database import KEYS, grouped, many
from hipdesk.quality import SIDE_DISAGREES
from hipdesk.records import HipResult, Side, SliceScore, VisitHip
from hipdesk.review import Review, Standing, current_revision, standing_of
from hipdesk.sides import doubted_sides, side_doubts

_Hip = dict[str, Any]


def reviews_by_analysis(
    connection: Connection, analyses: Iterable[int]
) -> dict[int, tuple[Review, ...]]:
    """What readers did on each analysis, in their order; analyses without are absent."""
    rows = grouped(connection, schema.review, analyses)
    return {key: tuple(codec.review(row) for row in found) for key, found in rows.items()}


@dataclass(frozen=True, slots=True, eq=False)
class KeptResults:
    """Every result of some visits, whether it counts or not.

    Attributes
    ----------
    hips : rows of `revisions_of`
    reviews : by analysis
    """

    hips: Sequence[_Hip]
    reviews: Mapping[int, tuple[Review, ...]]


def kept_results(connection: Connection, visits: list[int]) -> KeptResults:
    """Every result of some visits."""
    hips = many(connection, _OF_VISITS, keys=visits)
    return KeptResults(hips, reviews_by_analysis(connection, {hip["analysis_id"] for hip in hips}))


def current_hips(connection: Connection, kept: KeptResults) -> dict[int, tuple[VisitHip, ...]]:
    """The current result of each hip by visit, right first.

    Signed before accepted before revised by a reader before newest; among
    equals one with a score first.
    A rejected result never counts.
    """
    chosen, doubted = _chosen(connection, kept)
    results = visit_hips(connection, list(chosen.values()))
    by_visit: dict[int, dict[Side, VisitHip]] = defaultdict(dict)
    for (visit, side), hip in chosen.items():
        result, doubt = results[hip["id"]], side in doubted[hip["analysis_id"]]
        by_visit[visit][side] = replace(result, side_in_doubt=True) if doubt else result
    return {
        visit: tuple(found[side] for side in Side if side in found)
        for visit, found in by_visit.items()
    }


def visit_hips(connection: Connection, hips: Sequence[_Hip]) -> dict[int, VisitHip]:
    """Results as a timeline needs them, by the number of the hip.

    Parameters
    ----------
    hips : rows of `revisions_of`
    """
    models = grouped(connection, schema.analysis_model, (hip["analysis_id"] for hip in hips))
    lesions = grouped(connection, schema.lesion_score, (hip["id"] for hip in hips))
    slices = slices_by_hip(connection, (hip["id"] for hip in hips))
    return {
        key: codec.visit_hip(hip, models[hip["analysis_id"]], lesions[key], slices[key])
        for hip in hips
        for key in (hip["id"],)
    }


def slices_by_hip(connection: Connection, hips: Iterable[int]) -> dict[int, list[SliceScore]]:
    """Scores of slices by the number of the hip, in order."""
    found: dict[int, list[SliceScore]] = defaultdict(list)
    for row in connection.execute(_SLICES, {"keys": list(hips)}).all():
        found[row[0]].append(codec.slice_score(row[1:]))
    return found


_SLICES: Final = (
    select(
        schema.slice_score.c.hip_result_id,
        *(schema.slice_score.c[name] for name in codec.SLICE_COLUMNS),
    )
    .where(schema.slice_score.c.hip_result_id.in_(KEYS))
    .order_by(schema.slice_score.c.hip_result_id, schema.slice_score.c.position)
)


def chosen_hips(connection: Connection, visits: list[int]) -> dict[tuple[int, Side], _Hip]:
    """The row of the result that counts, by visit and side; rejected ones never do."""
    return _chosen(connection, kept_results(connection, visits))[0]


def _chosen(
    connection: Connection, kept: KeptResults
) -> tuple[dict[tuple[int, Side], _Hip], dict[int, frozenset[Side]]]:
    """The hips that count, and those of each analysis that may be the other one."""
    hips, reviews = kept.hips, kept.reviews
    of_analysis: dict[tuple[int, Side], list[_Hip]] = defaultdict(list)
    for hip in hips:
        of_analysis[hip["analysis_id"], Side(hip["side"])].append(hip)
    ranked: dict[tuple[int, Side], list[tuple[_Rank, _Hip]]] = defaultdict(list)
    counted: dict[int, list[_Hip]] = defaultdict(list)
    for (analysis, side), revisions in of_analysis.items():
        events = reviews.get(analysis, ())
        counting = _counting(events, side, revisions)
        if counting is not None:
            counted[analysis].append(counting)
            rank = _rank(standing_of(events, side, counting["revision"]), counting)
            ranked[counting["visit_id"], side].append((rank, counting))
    best = {key: max(found, key=lambda each: each[0])[1] for key, found in ranked.items()}
    located = [hip for hip in hips if hip["revision"] == 0]
    return best, _doubted(connection, counted, located, reviews)


def _doubted(
    connection: Connection,
    counted: Mapping[int, list[_Hip]],
    located: Sequence[_Hip],
    reviews: Mapping[int, tuple[Review, ...]],
) -> dict[int, frozenset[Side]]:
    """Hips of each analysis that may be the other one, and nobody settled that."""
    heads = {hip["id"]: _head_alone(hip) for hip in located}
    bases: dict[int, list[HipResult]] = defaultdict(list)
    for hip in located:
        bases[hip["analysis_id"]].append(heads[hip["id"]])
    warned = _warned(connection, located)
    found = {}
    for analysis, hips in counted.items():
        events, base = reviews.get(analysis, ()), bases[analysis]
        counting = [(hip["revision"], heads.get(hip["id"]) or _head_alone(hip)) for hip in hips]
        evidence = codec.side_evidence(hips[0])
        doubts = side_doubts(evidence, counting, base, events)
        unknown = analysis in warned and not doubted_sides(evidence, base)
        sides = frozenset(hip.side for _, hip in counting) if unknown else frozenset()
        found[analysis] = doubts.open | (sides - doubts.settled)
    return found


def _head_alone(hip: _Hip) -> HipResult:
    return HipResult(Side(hip["side"]), codec.head_of(hip), None, None)


def _warned(connection: Connection, hips: Sequence[_Hip]) -> frozenset[int]:
    """Analyses of older versions that kept of a doubt about the sides only that there was one."""
    older = {hip["analysis_id"] for hip in hips if hip["stated_sides"] is None}
    if not older:
        return frozenset()
    warning = schema.warning.c
    said = select(warning.analysis_id).where(
        warning.analysis_id.in_(older) & (warning.code == SIDE_DISAGREES)
    )
    return frozenset(connection.execute(said).scalars())


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


def revisions_of(condition: ColumnElement[bool]) -> Any:
    """Every revision of every hip that meets a condition, oldest first.

    Parameters
    ----------
    condition : on hip, revision, analysis, series or study
    """
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
            analysis.c.stated_sides,
            analysis.c.pixel_sha256,
            schema.revision.c.number.label("revision"),
            schema.revision.c.origin,
            schema.revision.c.created_utc,
            series.c.uid.label("series_uid"),
            series.c.contrast,
            series.c.spacing_mm,
            series.c.acquisition,
            series.c.affine,
            series.c.description,
            series.c.rows,
            series.c.columns,
            series.c.slices,
            schema.study.c.description.label("study_description"),
            schema.study.c.visit_id,
        )
        .join(schema.revision, hip.c.revision_id == schema.revision.c.id)
        .join(analysis, schema.revision.c.analysis_id == analysis.c.id)
        .join(series, analysis.c.series_id == series.c.id)
        .join(schema.study, series.c.study_id == schema.study.c.id)
        .where(condition)
        .order_by(analysis.c.id, schema.revision.c.number)
    )


_OF_VISITS: Final = revisions_of(schema.study.c.visit_id.in_(KEYS))
