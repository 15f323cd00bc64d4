"""Rows of the library made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import numpy as np

from app.state import FoundStudy, LikenessOffer, PatientRow, SeriesRow, VisitRow
from hipdesk.ports import AnalysisEntry
from hipdesk.records import (
    Acquisition,
    Compute,
    Contrast,
    HipScore,
    Patient,
    Plane,
    Reason,
    Side,
    Visit,
    VisitHip,
)
from hipdesk.review import Verdict

RIGHT, LEFT = Side.RIGHT, Side.LEFT

LONG_NAME = (
    "Müller-Lüdenscheidt von und zu Hohenstein^Anna-Katharina Wilhelmine Elisabeth=欧阳^振华"
)


def patient(number: int = 1, name: str = "YAMADA^TAROU=山田^太郎") -> Patient:
    return Patient(f"HD-{number:05d}", "clinic", name, date(1980, 2, 3), "M")


def patient_rows(count: int) -> tuple[PatientRow, ...]:
    return tuple(
        PatientRow(f"p{at}", patient(at, f"FAMILY{at}^GIVEN"), 1 + at % 3, date(2026, 1, 1))
        for at in range(count)
    )


def hip(side: Side, u: float | None, n: int, reason: Reason | None = None) -> VisitHip:
    score = HipScore((), n, 3, reason, u, u, None, 1.0, 2.0, 48.0, 3.0)
    compute = Compute("auto", "cpu")
    return VisitHip(
        side, "a", "s", score, (), compute, Contrast.STIR, (4.4, 0.8, 0.8), Acquisition()
    )


def entry(verdicts: Mapping[Side, Verdict | None], signed: bool = False) -> AnalysisEntry:
    picture = np.full((48, 64), 90, np.uint8)
    created = datetime(2026, 5, 1, tzinfo=UTC)
    return AnalysisEntry(
        "a", created, "COR STIR", Contrast.STIR, 23, tuple(verdicts), verdicts, signed, picture
    )


def visit_row(
    uid: str = "v1",
    day: date | None = date(2026, 5, 1),
    hips: tuple[VisitHip, ...] = (),
    verdicts: Mapping[Side, Verdict | None] | None = None,
    signed: bool = False,
    on_screen: bool = False,
) -> VisitRow:
    analyses = (entry(verdicts, signed),) if verdicts is not None else ()
    return VisitRow(Visit(uid, day, hips), ("MR hip",), analyses, on_screen)


def series_row(
    uid: str,
    chosen: bool = False,
    usable: bool = False,
    forced: bool = False,
    description: str = "COR STIR",
) -> SeriesRow:
    return SeriesRow(
        uid,
        5,
        description,
        Plane.CORONAL,
        Contrast.STIR,
        23,
        (4.4, 0.78, 0.78),
        chosen,
        usable,
        forced,
        ("It is fluid-sensitive (STIR).",),
    )


def found_study(
    *rows: SeriesRow, skipped: Mapping[str, int] | None = None, who: Patient | None = None
) -> FoundStudy:
    reason = "It is the only usable series."
    return FoundStudy("STUDY", who, date(2026, 5, 1), rows, reason, skipped or {}, 0.8)


def offer() -> LikenessOffer:
    other = PatientRow("p2", patient(2, "Yamada^T"), 2, date(2025, 3, 2))
    return LikenessOffer("v1", "p1", patient(1), other)
