"""What the command line says in words: series found, results, errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hipdesk.records import Analysis, HipResult, RankedSeries, Scan, Series, SeriesChoice
from hipdesk.report import RESEARCH_ONLY
from hipdesk.series_choice import selectors
from hipdesk.wording import CONTRAST_WORDS, REASON_SENTENCES, number, person_name


def scan_lines(scan: Scan, choice: SeriesChoice) -> Iterator[str]:
    """Series with their reasons under patient and study, the chosen marked; skipped files."""
    groups: dict[str, list[RankedSeries]] = {}
    names = selectors(scan.series)
    for ranked in choice.ranking:
        groups.setdefault(_whose(ranked.series), []).append(ranked)
    for heading, members in groups.items():
        yield heading
        for ranked in members:
            chosen = any(ranked.series is one for one in choice.chosen)
            yield from _series_lines(ranked, names[ranked.series], chosen)
    for skipped in scan.skipped:
        yield f"  skipped {skipped.path}: {skipped.reason}"
    mark = "Chosen (*)" if choice.chosen else "Nothing chosen"
    yield f"{mark}: {choice.reason}"
    more = (notice.message for notice in choice.notices if notice.message != choice.reason)
    yield from (f"Warning: {message}" for message in more)
    files = "1 file" if len(scan.skipped) == 1 else f"{len(scan.skipped)} files"
    yield f"{len(scan.series)} series, {files} skipped, {scan.seconds:.2f} s."


def _whose(series: Series) -> str:
    """The patient and the day of a series' study, as a heading."""
    patient, day = series.patient, series.study.date
    return (
        f"{person_name(patient.name) or 'Name not stated'} "
        f"(patient ID {patient.patient_id or 'not stated'}), "
        f"{'study date not stated' if day is None else f'study of {day.isoformat()}'}:"
    )


def _series_lines(ranked: RankedSeries, name: str, chosen: bool) -> Iterator[str]:
    """One series with its reasons, and by what name it is asked for."""
    series = ranked.series
    yield (
        f"{'*' if chosen else ' '} {series.description or 'no description'}: "
        f"{series.plane.value}, {CONTRAST_WORDS[series.contrast]}, {len(series.slices)} slices "
        f"of {series.rows} x {series.columns}"
    )
    yield f"    {name}"
    yield from (f"    {reason}" for reason in ranked.reasons)
    yield from (f"    {notice.message}" for notice in series.notices)


def analysis_lines(analysis: Analysis) -> Iterator[str]:
    """Scores, volumes and warnings of one analysis."""
    series = analysis.series
    yield (
        f"{series.description or 'Series'}: {CONTRAST_WORDS[series.contrast]}, "
        f"{len(series.slices)} slices; computed on {analysis.compute.provider.upper()}."
    )
    yield from (_hip_line(hip) for hip in analysis.hips)
    total = analysis.total
    if total.reason is None:
        yield (
            f"Both hips: UNet-score U {number(total.u_intensity, 2)} (intensity), "
            f"A {number(total.u_area, 2)} (area), {total.n_counted} slices."
        )
    else:
        yield f"Both hips: no total, since {REASON_SENTENCES[total.reason]}."
    yield from (f"Warning: {notice.message}" for notice in analysis.notices)


def info_lines(document: dict[str, Any]) -> Iterator[str]:
    """The document of ``hipdesk info`` as lines."""
    yield f"HipDesk {document['version']} on Python {document['python']}"
    for name, version in document["libraries"].items():
        yield f"  {name} {version}"
    yield "Models"
    for model in document["models"]:
        if model["error"]:
            yield f"  {model['name']}: {model['error']}"
            continue
        yield f"  {model['name']} {model['version']} ({model['task']}), SHA-256 {model['sha256']}"
        yield f"    trained on: {model['trained_on']}"
    if not document["models"]:
        yield "  none found"
    yield f"Providers: {', '.join(document['providers'])}"
    yield from (
        f"Self-test {test['provider']}: {'passed' if test['passed'] else 'failed'}"
        + (f" ({test['reason']})" if test["reason"] else "")
        for test in document["self_test"]
    )
    yield RESEARCH_ONLY


def files_line(folder: str, names: Sequence[str]) -> str:
    """Where results were written."""
    return f"Written to {folder}: {', '.join(names)}"


def _hip_line(hip: HipResult) -> str:
    side = hip.side.word.capitalize()
    if hip.reason is not None or hip.score is None:
        why = REASON_SENTENCES[hip.reason] if hip.reason else "it could not be outlined"
        return f"{side} hip: no score, since {why}."
    score = hip.score
    return (
        f"{side} hip: UNet-score U {number(score.u_intensity, 2)} (intensity), "
        f"A {number(score.u_area, 2)} (area), {score.n_counted} slices; "
        f"oedema {number(score.bme_ml, 1)} mL, "
        f"effusion/synovitis {number(score.effusion_ml, 1)} mL."
    )
