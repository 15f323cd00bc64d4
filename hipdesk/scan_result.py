"""``hipdesk.scan/1``: a scan and the choice made in it, for ``scan --json``."""

from __future__ import annotations

from typing import Any, Final

from hipdesk.records import RankedSeries, Scan, Series, SeriesChoice
from hipdesk.series_choice import numbered, rank, selectors

SCHEMA: Final = "hipdesk.scan/1"


def scan_document(scan: Scan, choice_or_reason: SeriesChoice | str) -> dict[str, Any]:
    """The document of a scan, ready for JSON.

    Parameters
    ----------
    choice_or_reason : what was chosen, or the sentence why nothing was

    Returns
    -------
    ``series`` most suitable first, ``skipped`` files with reasons, ``reason``
    of the choice, ``seconds``. Of a series, ``part`` is its number among those with its
    ``uid``, and ``selector`` what names it to ``--series``.
    """
    if isinstance(choice_or_reason, str):
        choice = SeriesChoice(rank(scan), (), choice_or_reason)
    else:
        choice = choice_or_reason
    numbers, names = numbered(scan.series), selectors(scan.series)
    return {
        "schema": SCHEMA,
        "reason": choice.reason,
        "series": [
            _series(ranked, choice, numbers[ranked.series], names[ranked.series])
            for ranked in choice.ranking
        ],
        "skipped": [{"path": str(file.path), "reason": file.reason} for file in scan.skipped],
        "seconds": round(scan.seconds, 3),
    }


def _series(ranked: RankedSeries, choice: SeriesChoice, part: int, name: str) -> dict[str, Any]:
    series = ranked.series
    return {
        "uid": series.uid,
        "part": part,
        "selector": name,
        "patient": {
            "id": series.patient.patient_id or None,
            "name": series.patient.name or None,
            "name_groups": _name_groups(series),
        },
        "study_date": series.study.date.isoformat() if series.study.date else None,
        "description": series.description,
        "plane": series.plane.value,
        "contrast": series.contrast.value,
        "slices": len(series.slices),
        "rows": series.rows,
        "columns": series.columns,
        "spacing_mm": [round(value, 4) for value in series.spacing_mm],
        "chosen": any(series is chosen for chosen in choice.chosen),
        "reasons": [*ranked.reasons, *(notice.message for notice in series.notices)],
    }


def _name_groups(series: Series) -> dict[str, str | None]:
    """Every representation of the patient's name, ``^`` between components."""
    groups = (*series.patient.name_groups, "", "", "")
    kinds = ("alphabetic", "ideographic", "phonetic")
    return {kind: group or None for kind, group in zip(kinds, groups, strict=False)}
