"""Analysis -> ``result.json`` and ``scores.csv``, the files other programs read.

The document's layout is `SCHEMA`: fields are added within a version, never
renamed or removed. A value that does not exist is null and has its reason
beside it. Numbers are not rounded.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from hipdesk.records import (
    LESIONS,
    Analysis,
    HipResult,
    HipScore,
    ModelRef,
    Notice,
    Patient,
    PatientTotal,
    Point,
    SegmentClass,
    Series,
    Side,
    SliceScore,
    StudyInfo,
)
from hipdesk.report import RESEARCH_ONLY, ReportReview

SCHEMA: Final = "hipdesk.result/1"
"""Identifier of the document's layout."""

RESULT: Final = "result.json"
SCORES: Final = "scores.csv"
"""Names of the files."""

INTENDED_USE: Final = f"{RESEARCH_ONLY}."
"""Stands in every document."""

CSV_COLUMNS: Final = (
    "side",
    "index",
    "sop_instance_uid",
    "frame_number",
    "counted",
    "reason",
    "head_px",
    "bme_px",
    "effusion_px",
    "u_intensity",
    "u_area",
    "hip_reason",
    "hip_n_counted",
    "hip_u_intensity",
    "hip_u_area",
    "definition",
    "origin",
    "provider",
    "models",
    "program_version",
    "reader_note",
    "hip_verdict",
    "hip_signed_by",
    "hip_signed_utc",
)
"""Columns of ``scores.csv``.

``index`` is 0-based. The columns from ``head_px`` to ``u_area`` are the slice's
own; those starting with ``hip_`` repeat the hip's figures on each of its rows.
Empty means there is no value; ``reason`` or ``hip_reason`` says why. ``models``
is ``name version sha256`` of each model, separated by semicolons. ``reader_note``
says why a reader took the slice out. The columns from ``hip_verdict`` on are empty
where no reader has judged or signed the hip.
"""


def result_document(analysis: Analysis, review: ReportReview | None = None) -> dict[str, Any]:
    """The analysis as plain dicts, lists, strings and numbers, ready for JSON.

    Parameters
    ----------
    analysis : as its readers left it (`hipdesk.amendment.effective`)
    review : what readers have added, as the report has it; None where nobody was asked

    Returns
    -------
    A document of layout `SCHEMA`. ``hips`` holds an entry for a hip that was
    not found too, with ``found`` false and the reason. Only where they say
    something, ``head_placed`` is there, and true, on a hip whose head a reader
    placed, ``origin`` on a hip whose masks are not of the document's origin,
    ``reader_note`` on a slice that a reader took out, and ``review`` where there is one.
    """
    return {
        "schema": SCHEMA,
        "program_version": analysis.program_version,
        "intended_use": INTENDED_USE,
        "created_utc": _instant(analysis.created_utc),
        "analysis_uid": analysis.uid,
        "definition": analysis.definition,
        "origin": analysis.origin.value,
        "patient": _patient(analysis.series.patient),
        "study": _study(analysis.series.study),
        "models": [_model(model) for model in analysis.models],
        "provider": analysis.compute.provider,
        "compute": {
            "requested": analysis.compute.requested,
            "provider": analysis.compute.provider,
            "reason": analysis.compute.reason or None,
        },
        "series": _series(analysis.series, analysis.pixel_sha256),
        "hips": [_hip(hip) for hip in analysis.hips],
        "patient_total": _total(analysis.total),
        "warnings": [_notice(notice) for notice in analysis.notices],
        **({"review": _review(review)} if review is not None else {}),
    }


def result_json(analysis: Analysis, review: ReportReview | None = None) -> str:
    """`result_document` as JSON text, UTF-8 characters kept, never NaN."""
    document = result_document(analysis, review)
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)


def scores_csv(analysis: Analysis, review: ReportReview | None = None) -> str:
    """One row per hip and slice under a header of `CSV_COLUMNS`.

    A hip that was not found has one row, with ``hip_reason`` and no slice. What
    readers wrote for the report is not here: it belongs to no row.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    shared = _provenance_columns(analysis)
    for hip in analysis.hips:
        columns = shared | _hip_columns(hip) | _review_columns(hip.side, review)
        slices = hip.score.slices if hip.score is not None else ()
        for row in [_slice(entry) for entry in slices] or [{}]:
            writer.writerow({name: _cell(value) for name, value in (columns | row).items()})
    return text.getvalue()


def _instant(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second, with a Z."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _iso(value: date | time | None) -> str | None:
    return None if value is None else value.isoformat()


def _number(value: float | None) -> float | None:
    """A plain float; arrays' scalar types are not JSON."""
    return None if value is None else float(value)


def _point(point: Point | None) -> list[float] | None:
    return None if point is None else [float(value) for value in point]


def _patient(patient: Patient) -> dict[str, Any]:
    return {
        "id": patient.patient_id or None,
        "issuer": patient.issuer or None,
        "name": patient.name or None,
        "birth_date": _iso(patient.birth_date),
        "sex": patient.sex or None,
    }


def _study(study: StudyInfo) -> dict[str, Any]:
    return {
        "uid": study.uid,
        "date": _iso(study.date),
        "time": _iso(study.time),
        "accession": study.accession or None,
        "description": study.description or None,
    }


def _model(model: ModelRef) -> dict[str, Any]:
    return {
        "name": model.name,
        "version": model.version,
        "sha256": model.sha256,
        "task": model.task,
        "trained_on": model.trained_on,
    }


def _series(series: Series, pixel_sha256: str) -> dict[str, Any]:
    return {
        "uid": series.uid,
        "frame_of_reference_uid": series.frame_of_reference_uid or None,
        "description": series.description or None,
        "plane": series.plane.value,
        "contrast": series.contrast.value,
        "slices": len(series.slices),
        "spacing_mm": [float(value) for value in series.spacing_mm],
        "rows": series.rows,
        "columns": series.columns,
        "pixel_sha256": pixel_sha256,
    }


def _hip(hip: HipResult) -> dict[str, Any]:
    return {
        "side": hip.side.value,
        "found": hip.head.found,
        "reason": hip.reason.value if hip.reason else None,
        "head_centre_lps_mm": _point(hip.head.centre_lps_mm),
        "head_radius_mm": _number(hip.head.radius_mm),
        "confidence": _number(hip.head.confidence),
        **({"head_placed": True} if hip.head.placed else {}),
        **({"origin": hip.origin.value} if hip.origin else {}),
        **_score(hip.score, _confidence(hip)),
    }


def _confidence(hip: HipResult) -> dict[int, float]:
    """Confidence of the lesions by slice; empty where it was not asked for."""
    found = hip.segmentation
    if found is None or found.confidence is None:
        return {}
    return dict(enumerate(found.confidence, start=found.box.start[0]))


def _score(score: HipScore | None, confidence: Mapping[int, float]) -> dict[str, Any]:
    """A hip's figures; all null, no slices, where there is no score record."""
    if score is None:
        return {"slices": [], "n_counted": 0, "by_lesion": None} | dict.fromkeys(
            ("central_index", *_HIP_FIGURES)
        )
    return {
        "slices": [
            _slice(entry)
            | ({"confidence": confidence[entry.index]} if entry.index in confidence else {})
            for entry in score.slices
        ],
        "n_counted": score.n_counted,
        "by_lesion": _by_lesion(score),
        "central_index": score.central_index,
        **{name: _number(getattr(score, name)) for name in _HIP_FIGURES},
    }


_HIP_FIGURES: Final = (
    "u_intensity",
    "u_area",
    "u_intensity_mean",
    "u_area_mean",
    "bme_ml",
    "effusion_ml",
    "head_ml",
    "bme_head_percent",
)


def _by_lesion(score: HipScore) -> dict[str, Any] | None:
    if score.by_lesion is None:
        return None
    return {name.value: _lesion(score, name) for name in LESIONS}


def _lesion(score: HipScore, name: SegmentClass) -> dict[str, float]:
    lesion = (score.by_lesion or {})[name]
    return {"u_intensity": float(lesion.u_intensity), "u_area": float(lesion.u_area)}


def _slice(entry: SliceScore) -> dict[str, Any]:
    return {
        "index": entry.index,
        "sop_instance_uid": entry.key.sop_instance_uid,
        "frame_number": entry.key.frame_number,
        "counted": entry.counted,
        "reason": entry.reason.value if entry.reason else None,
        "head_px": entry.head_px,
        "bme_px": entry.bme_px,
        "effusion_px": entry.effusion_px,
        "u_intensity": _number(entry.u_intensity),
        "u_area": _number(entry.u_area),
        **({"reader_note": entry.note} if entry.note else {}),
    }


def _total(total: PatientTotal) -> dict[str, Any]:
    return {
        "u_intensity": _number(total.u_intensity),
        "u_area": _number(total.u_area),
        "n_counted": total.n_counted,
        "reason": total.reason.value if total.reason else None,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {"code": notice.code, "message": notice.message, "figure": _number(notice.figure)}


def _review(review: ReportReview) -> dict[str, Any]:
    """What readers have added: who signed which hip when, verdicts and their own words."""
    return {
        "final": review.final,
        "verdicts": {
            side.value: verdict.value if verdict else None
            for side, verdict in review.verdicts.items()
        },
        "signatures": [
            {
                "side": each.side.value,
                "revision": each.revision,
                "reader": each.reader or None,
                "signed_utc": _instant(each.at_utc),
            }
            for each in review.signatures
        ],
        "impression": review.impression or None,
    }


def _provenance_columns(analysis: Analysis) -> dict[str, Any]:
    return {
        "definition": analysis.definition,
        "origin": analysis.origin.value,
        "provider": analysis.compute.provider,
        "models": ";".join(f"{m.name} {m.version} {m.sha256}" for m in analysis.models),
        "program_version": analysis.program_version,
    }


def _hip_columns(hip: HipResult) -> dict[str, Any]:
    score = hip.score
    return {
        "side": hip.side.value,
        "hip_reason": hip.reason.value if hip.reason else None,
        "hip_n_counted": score.n_counted if score else None,
        "hip_u_intensity": _number(score.u_intensity) if score else None,
        "hip_u_area": _number(score.u_area) if score else None,
        **({"origin": hip.origin.value} if hip.origin else {}),
    }


def _review_columns(side: Side, review: ReportReview | None) -> dict[str, Any]:
    """How a hip's readers judged it, and whose signature on it stands."""
    if review is None:
        return {}
    verdict = review.verdicts.get(side)
    signed = next((each for each in review.signatures if each.side is side), None)
    return {
        "hip_verdict": verdict.value if verdict else None,
        "hip_signed_by": signed.reader if signed else None,
        "hip_signed_utc": _instant(signed.at_utc) if signed else None,
    }


def _cell(value: Any) -> str:
    """Text of one value: empty for None, ``true``/``false``, numbers unrounded."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
