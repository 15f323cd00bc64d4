"""``hipdesk timeline``: one patient's visits over time, per hip, and what may be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hipdesk.cli.library import Store, opened
from hipdesk.cli.terminal import Json, app, print_json, print_lines
from hipdesk.errors import StoreError
from hipdesk.records import Side

if TYPE_CHECKING:
    from hipdesk.adapters.store import SqlVisitStore
    from hipdesk.records import Visit
    from hipdesk.sdc import Estimates
    from hipdesk.timeline import Change, SideTrend, Timeline, TrendPoint, ValueChange

EVERYONE = 1_000_000
"""More patients than any library holds."""


@app.command()
def timeline(
    patient: Annotated[
        str, typer.Option("--patient", metavar="ID", help="PatientID, as in the images.")
    ],
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Compute changes across results that are not comparable too, and mark them.",
        ),
    ] = False,
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Show a patient's scores, volumes and clinical indices over time, and their changes.

    Changes are absolute, in percent and per year, on slices that show the same
    part of the hip. Across results that are not comparable none is computed
    unless --force, and then it is marked.
    """
    from hipdesk.clinical_trend import change_sentences
    from hipdesk.prosthesis import without_prosthetic_hips
    from hipdesk.report_trend import noise_sentences
    from hipdesk.sdc import estimates
    from hipdesk.timeline import build_timeline

    with opened(store, read_only=True) as library:
        uid = _patient(library, patient)
        history = library.clinical_history(uid)
        scored = [entry.visit for entry in library.entries(uid)]
        visits = without_prosthetic_hips(scored, history)
        noise = estimates(library.repeat_pairs())
    found = build_timeline(visits, force=force)
    said = (*noise_sentences(visits, noise), *change_sentences(history))
    if as_json:
        print_json(_document(found, said))
    else:
        print_lines([*_lines(found, visits, noise), *said])


def _patient(library: SqlVisitStore, identifier: str) -> str:
    """The only patient with this PatientID."""
    found = library.patients(identifier, limit=EVERYONE)
    same = [entry.uid for entry in found if entry.patient.patient_id == identifier]
    if len(same) == 1:
        return same[0]
    raise StoreError(
        "Several patients in the library have this ID; open the one you mean in the window."
        if same
        else "The patient library has no patient with this ID; check the ID."
    )


def _lines(found: Timeline, visits: Sequence[Visit], noise: Estimates) -> Iterator[str]:
    by_uid = {visit.uid: visit for visit in visits}
    for side in Side:
        trend = found.side(side)
        yield f"{side.word.capitalize()} hip"
        yield from (_point_line(point) for point in trend.points)
        if not trend.points:
            yield "  no result at a dated visit"
        for change in trend.changes:
            yield from _change_lines(trend, change, by_uid, noise)
    if found.undated:
        yield f"{len(found.undated)} visits are left out until they have a date."


def _point_line(point: TrendPoint) -> str:
    from hipdesk.wording import REASON_SENTENCES, number

    if point.reason is not None:
        return f"  {point.day}: no score, because {REASON_SENTENCES[point.reason]}."
    return (
        f"  {point.day}: U/n {number(point.u_intensity_mean, 3)}, "
        f"A/n {number(point.u_area_mean, 3)}, n {point.n_counted}, "
        f"BME {number(point.bme_ml, 1)} mL, effusion/synovitis {number(point.effusion_ml, 1)} mL"
    )


def _change_lines(
    trend: SideTrend, change: Change, by_uid: dict[str, Visit], noise: Estimates
) -> Iterator[str]:
    from hipdesk.report_trend import basis_sentence, noise_verdict, value_words

    days = "1 day" if change.days == 1 else f"{change.days} days"
    yield f"  {change.before.day} to {change.after.day}, {days}: {_verdict(change)}"
    yield from (f"    {difference.message}" for difference in change.differences)
    hip = by_uid[change.after.visit_uid].hip(trend.side)
    if change.intensity is None or change.area is None or hip is None:
        return
    yield f"    U/n {value_words(change.intensity)}"
    yield f"    A/n {value_words(change.area)}"
    yield f"    {basis_sentence(change)}"
    yield from (f"    {sentence}" for sentence in noise_verdict(change, hip, noise))


def _verdict(change: Change) -> str:
    from hipdesk.timeline import Comparability

    if change.forced:
        return "not comparable; the change is given because it was asked for"
    return {
        Comparability.COMPARABLE: "comparable",
        Comparability.WITH_CAUTION: "compare with caution",
        Comparability.NOT_COMPARABLE: "not comparable, so no change is given",
    }[change.comparability]


def _document(found: Timeline, said: Sequence[str]) -> dict[str, Any]:
    """``hipdesk.timeline/1``."""
    return {
        "schema": "hipdesk.timeline/1",
        "hips": [
            {
                "side": side.value,
                "points": [_point(point) for point in found.side(side).points],
                "changes": [_change(change) for change in found.side(side).changes],
            }
            for side in Side
        ],
        "undated": [each.visit_uid for each in found.undated],
        "sentences": list(said),
    }


def _point(point: TrendPoint) -> dict[str, Any]:
    return {
        "visit": point.visit_uid,
        "analysis": point.analysis_uid,
        "day": point.day.isoformat(),
        "n_counted": point.n_counted,
        "u_intensity": point.u_intensity,
        "u_intensity_mean": point.u_intensity_mean,
        "u_area": point.u_area,
        "u_area_mean": point.u_area_mean,
        "bme_ml": point.bme_ml,
        "effusion_ml": point.effusion_ml,
        "reason": None if point.reason is None else point.reason.value,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "from": change.before.day.isoformat(),
        "to": change.after.day.isoformat(),
        "days": change.days,
        "comparability": change.comparability.value,
        "differences": [
            {"code": each.code, "message": each.message, "verdict": each.verdict.value}
            for each in change.differences
        ],
        "forced": change.forced,
        "basis": change.basis.value,
        "n_matched": change.n_matched,
        "u_intensity_mean": _value(change.intensity),
        "u_area_mean": _value(change.area),
    }


def _value(moved: ValueChange | None) -> dict[str, Any] | None:
    if moved is None:
        return None
    return {
        "before": moved.before,
        "after": moved.after,
        "absolute": moved.absolute,
        "percent": moved.percent,
        "per_year": moved.per_year,
    }
