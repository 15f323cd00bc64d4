"""Images that were analysed before, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, true

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_aside import is_aside
from hipdesk.adapters._store_current import reviews_by_analysis
from hipdesk.adapters._store_database import grouped, many
from hipdesk.adapters._store_entries import newest_hips
from hipdesk.adapters._store_saving import identity
from hipdesk.records import Contrast, ModelRef, Series, Side
from hipdesk.review import Review, standing_of

_Row = dict[str, Any]


def analysed(
    connection: Connection,
    series: Series,
    pixel_sha256: str,
    models: Sequence[ModelRef],
    definition: str,
) -> tuple[str, str] | None:
    """Uids of the analysis of these images that readers did most on, and of its visit."""
    found = many(connection, _of_images(series, pixel_sha256, definition))
    keys = [row["id"] for row in found]
    refs = grouped(connection, schema.analysis_model, keys)
    wanted = sorted((model.name, model.sha256) for model in models)
    same = [row for row in found if _names(refs[row["id"]]) == wanted]
    hips, reviews = newest_hips(connection, keys), reviews_by_analysis(connection, keys)
    best = max(
        same,
        key=lambda row: _rank(row, hips[row["id"]], reviews.get(row["id"], ())),
        default=None,
    )
    return None if best is None else (best["uid"], best["visit_uid"])


def _names(rows: Iterable[_Row]) -> list[tuple[str, str]]:
    return sorted((row["name"], row["sha256"]) for row in rows)


def _rank(
    row: _Row, hips: Mapping[Side, _Row], reviews: Sequence[Review]
) -> tuple[bool, bool, bool, datetime, int]:
    """Larger is preferred."""
    stands = [standing_of(reviews, side, hip["revision"]) for side, hip in hips.items()]
    return (
        any(each.signed for each in stands),
        any(each.verdict is not None for each in stands),
        any(hip["revision"] > 0 for hip in hips.values()),
        row["created_utc"],
        row["id"],
    )


def _of_images(series: Series, pixel_sha256: str, definition: str) -> Any:
    """Analyses of the same images, weighted the same, of whom the files name the same patient."""
    analysis, stored, visit = schema.analysis, schema.series, schema.visit
    stated = schema.patient
    weighted = stored.c.contrast == series.contrast.value
    return (
        select(
            analysis.c.id, analysis.c.uid, analysis.c.created_utc, visit.c.uid.label("visit_uid")
        )
        .join(stored, analysis.c.series_id == stored.c.id)
        .join(schema.study, stored.c.study_id == schema.study.c.id)
        .join(visit, schema.study.c.visit_id == visit.c.id)
        .join(stated, visit.c.stated_patient_id == stated.c.id)
        .where(
            (stored.c.uid == series.uid)
            & (schema.study.c.uid == series.study.uid)
            & (analysis.c.pixel_sha256 == pixel_sha256)
            & (analysis.c.definition == definition)
            & identity(series.patient)
            & ~is_aside(visit.c.id)
            & (weighted if series.contrast is not Contrast.UNKNOWN else true())
        )
    )
