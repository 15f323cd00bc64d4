"""Analysis and visits -> Report: every word, number and picture on the pages.

What a value is called, how it is rounded, why it is missing and what may be
said about it is decided here; an adapter only sets it in type. No severity
word, colour or claim that a change is real comes from a score: no cut-off and
no smallest detectable change are published for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from itertools import groupby
from types import MappingProxyType
from typing import Final

from hipdesk.clinical_trend import NO_HISTORY
from hipdesk.geometry import upright
from hipdesk.hip_alignment import HipAlignment
from hipdesk.overlay import RGB, Style, hip_picture, window_of
from hipdesk.pair import hips_of_both
from hipdesk.ports import ClinicalHistory
from hipdesk.quality import ALARMS
from hipdesk.records import (
    Acquisition,
    Analysis,
    HipResult,
    HipScore,
    LesionScore,
    Reason,
    Segmentation,
    SegmentClass,
    Series,
    Side,
    SliceScore,
    Spacing,
    Visit,
    Volume,
)
from hipdesk.report_course import HipCourse, courses_of
from hipdesk.report_trend import Trend, trend_of
from hipdesk.review import Review, Reviewed, Verdict
from hipdesk.sdc import NO_PAIRS, Estimates
from hipdesk.wording import (
    CONTRAST_WORDS,
    NO_VALUE,
    ORIGIN_WORDS,
    REASON_SENTENCES,
    REASON_WORDS,
    VERDICT_WORDS,
    capital,
    day_of,
    number,
    person_name,
)

RESEARCH_ONLY: Final = "Research use only - not for diagnostic or treatment decisions"
DRAFT: Final = "Draft - not reviewed"
PARTLY_REVIEWED: Final = "Draft - reviewed in part"
REVIEWED: Final = "Draft - reviewed, not signed"
PARTLY_SIGNED: Final = "Draft - reviewed, signed in part"

SIMULATED_ONLY: Final = "Trained on simulated MRI only; accuracy on patients is not known."

LIMITS: Final = (
    "Open growth plates are bright on STIR. The source study's patients were 18 to 65 years old.",
    (
        "Cannot tell bone marrow oedema of spondyloarthritis from that of avascular necrosis, "
        "fracture, infection or transient osteoporosis."
    ),
    (
        "Unenhanced STIR does not tell synovitis from fluid, and a healthy joint holds some "
        "fluid: this class is called effusion/synovitis and is not zero in health."
    ),
    (
        "The score has no validated cut-off. It ignores the scanner's gain, but not failed fat "
        "suppression, coil shading or another TE or TI."
    ),
)

HAN_BANDS: Final = ((15.0, "1 (below 15 %)"), (30.0, "2 (15 to below 30 %)"))
HAN_LAST_BAND: Final = "3 (30 % or more)"
"""Bands of BME as % of the femoral head. Source: Han 2021, doi 10.1093/mr/roab073."""

MOST_SLICE_ROWS: Final = 30
"""Longer slice tables list only the slices that count for either hip."""

NO_IMPRESSION: Final = "None was written."
"""Stands for the reader's words where a signed report has none."""

VERDICT_LABEL: Final = "Reader's verdict"
"""The only line of the findings that is not the program's."""

KEY_IMAGES_PER_HIP: Final = 2
KEY_IMAGE_HEIGHT_PX: Final = 640
PRINTED: Final = Style(line_scale=2.0)
"""Lines for a picture of `KEY_IMAGE_HEIGHT_PX` rows printed some 55 mm high."""


@dataclass(frozen=True, slots=True)
class ReportReview:
    """What readers have added, as a report needs it.

    Attributes
    ----------
    final : every hip with a result is signed
    signatures : those that stand, right first
    verdicts : of every hip with a result; None while nobody has judged it
    impression : the reader's own words
    """

    final: bool
    signatures: tuple[Review, ...] = field(repr=False)
    verdicts: Mapping[Side, Verdict | None]
    impression: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed which hips and when, as printed."""

    reader: str = field(repr=False)
    when: str
    hips: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, both as printed."""

    label: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One line of the findings.

    Attributes
    ----------
    right, left, both : as printed; `NO_VALUE` for null, empty where the line
        has no such value
    main : the line is a headline figure
    """

    label: str
    unit: str
    right: str
    left: str
    both: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class KeyImage:
    """One slice of one hip, without and with overlay, not yet labelled.

    Attributes
    ----------
    number, of : 1-based slice number and the series' slices
    lines : what the slice shows, in numbers
    edges : patient directions at (top, bottom, left, right)
    """

    side: Side
    number: int
    of: int
    lines: tuple[str, ...]
    edges: tuple[str, str, str, str]
    bare: RGB
    overlaid: RGB


@dataclass(frozen=True, slots=True)
class SliceCell:
    """One hip on one slice, as printed; empty strings where the hip is absent."""

    status: str = ""
    counted: bool = False
    head_mm2: str = ""
    bme_mm2: str = ""
    effusion_mm2: str = ""
    u: str = ""
    a: str = ""


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One slice of the series; ``number`` is 1-based."""

    number: int
    right: SliceCell
    left: SliceCell


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """Everything on the pages of one report.

    Attributes
    ----------
    status : draft until readers have signed every hip
    final : it is signed; nothing else is
    impression : the reader's own words, line breaks kept; empty where there are none
    signatures : that stand, one for each reader and time
    no_masks : what stands in the place of pictures and slices where there are none
    patient_name, patient_id, study_day : as printed on every page
    reasons : one sentence for every score that is missing
    slice_notes : what the slice table leaves out, and its definitions
    made_by_ai : ``AI``, ``AI + edited`` or ``manual``, hip by hip where they differ
    courses : of lesions since an earlier visit, of each hip where that is known
    """

    title: str
    status: str = field(repr=False)
    patient_name: str = field(repr=False)
    patient_id: str = field(repr=False)
    study_day: str = field(repr=False)
    identity: tuple[Fact, ...]
    acquisition: tuple[Fact, ...]
    findings: tuple[FindingRow, ...]
    reasons: tuple[str, ...]
    notices: tuple[str, ...]
    key_images: tuple[KeyImage, ...]
    trend: Trend
    slices: tuple[SliceRow, ...]
    slice_notes: tuple[str, ...]
    disclosure: tuple[Fact, ...]
    limits: tuple[str, ...]
    made_by_ai: str
    footer: str
    final: bool = False
    impression: str = field(default="", repr=False)
    signatures: tuple[Signature, ...] = ()
    no_masks: str = ""
    clinic: str = ""
    courses: tuple[HipCourse, ...] = ()


def report_review(reviewed: Reviewed | Sequence[Reviewed]) -> ReportReview:
    """What readers have said of one analysis, or of a right and left pair, for its report.

    A pair is final only when both are signed; its impressions follow each
    other, one that both hold is given once.

    Parameters
    ----------
    reviewed : the reported analysis first, then the other hip's
    """
    every = (reviewed,) if isinstance(reviewed, Reviewed) else tuple(reviewed)
    signatures = [signature for each in every for signature in each.signatures]
    verdicts: dict[Side, Verdict | None] = {}
    for each in every:
        for side in each.sides:
            verdicts.setdefault(side, each.standing(side).verdict)
    said = dict.fromkeys(words for each in every if (words := each.impression.strip()))
    return ReportReview(
        final=bool(every) and all(each.signed for each in every),
        signatures=tuple(sorted(signatures, key=lambda review: list(Side).index(review.side))),
        verdicts=MappingProxyType({side: verdicts[side] for side in Side if side in verdicts}),
        impression="\n\n".join(said),
    )


def build_report(
    analysis: Analysis,
    volume: Volume,
    visits: Sequence[Visit] = (),
    *,
    now: datetime,
    other: Analysis | None = None,
    review: ReportReview | None = None,
    clinic: str = "",
    estimates: Estimates = NO_PAIRS,
    history: ClinicalHistory = NO_HISTORY,
    alignments: Sequence[HipAlignment] = (),
) -> Report:
    """Everything a report on one analysis says and shows.

    Parameters
    ----------
    analysis : as its readers left it (`hipdesk.amendment.effective`)
    volume : the analysed series with its pixels, for the key images
    visits : the patient's visits; the analysis is added as one where it is
        not among them
    now : when the report is made, with its time zone
    other : the analysis of the other hip's series, where the two were measured
        apart (`hipdesk.pair`)
    review : what readers have added; None where nobody was asked
    clinic : who gives the report out; printed at its head
    estimates : what the site's own pairs say of noise
    history : what is recorded of the patient beside images
    alignments : between the patient's visits, in the order in which they were made
    """
    series = analysis.series
    signatures = _signatures(review, now.tzinfo)
    slices, slice_notes = _slice_table(analysis)
    return Report(
        title="Hip MRI - UNet-score",
        status=_status(review, signatures),
        patient_name=person_name(series.patient.name) or "Name not stated",
        patient_id=series.patient.patient_id or "not stated",
        study_day=_study_day(series.study.date),
        identity=_identity(series, now),
        acquisition=_acquisition(series),
        findings=(*findings(analysis, other), *_verdicts(review)),
        reasons=reason_sentences(analysis, other),
        notices=notice_sentences(analysis),
        key_images=_key_images(analysis, volume),
        trend=trend_of(analysis, visits, estimates, history),
        slices=slices,
        slice_notes=slice_notes,
        disclosure=_disclosure(analysis, other, review),
        limits=_limits(analysis),
        made_by_ai=_made_by(analysis, other),
        footer=f"HipDesk {analysis.program_version}, analysis {analysis.uid}",
        final=review is not None and review.final,
        impression="" if review is None else review.impression,
        signatures=signatures,
        no_masks=_no_masks(analysis),
        clinic=clinic.strip(),
        courses=courses_of([each for each in (analysis, other) if each], visits, alignments),
    )


def _status(review: ReportReview | None, signatures: Sequence[Signature]) -> str:
    """What every page says of the report: a draft until every hip is signed."""
    if review is None or not any(review.verdicts.values()):
        return DRAFT
    if review.final:
        names = _listed(list(dict.fromkeys(signature.reader for signature in signatures)))
        return f"Final - signed by {names}, {signatures[-1].when}"
    if not all(review.verdicts.values()):
        return PARTLY_REVIEWED
    return PARTLY_SIGNED if signatures else REVIEWED


def _signatures(review: ReportReview | None, zone: tzinfo | None) -> tuple[Signature, ...]:
    """Signatures as printed, the latest last; one act on both hips is one signature.

    Parameters
    ----------
    zone : of the clock that the report goes by
    """
    if review is None:
        return ()
    acts: dict[tuple[datetime, str], list[Side]] = {}
    for each in sorted(review.signatures, key=lambda signature: signature.at_utc):
        acts.setdefault((each.at_utc, each.reader), []).append(each.side)
    return tuple(
        Signature(
            reader or "a reader without a name",
            at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z").strip(),
            "both hips" if len(sides) > 1 else f"{sides[0].word} hip",
        )
        for (at, reader), sides in acts.items()
    )


def _listed(words: Sequence[str]) -> str:
    """``A``, ``A and B`` or ``A, B and C``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _verdicts(review: ReportReview | None) -> tuple[FindingRow, ...]:
    """What the reader made of each hip, as the last line of the findings."""
    if review is None:
        return ()
    right, left = (
        VERDICT_WORDS[review.verdicts[side]] if side in review.verdicts else NO_VALUE
        for side in Side
    )
    return (FindingRow(VERDICT_LABEL, "", right, left),)


def _no_masks(analysis: Analysis) -> str:
    """What stands in the place of pictures and slices where there are none."""
    reasons = dict.fromkeys(hip.reason for hip in analysis.hips)
    if Reason.REJECTED_BY_READER not in reasons:
        return "None: no femoral head was found."
    return f"None: {_listed([REASON_SENTENCES[reason] for reason in reasons if reason])}."


def _stated(value: float | None, unit: str) -> str:
    """A header's figure with its unit; the file may be silent."""
    return NO_VALUE if value is None else f"{value:g} {unit}"


def _sentence(text: str) -> str:
    """A notice as one sentence with its full stop."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _study_day(day: date | None) -> str:
    return "Study date not stated" if day is None else f"Study of {day.isoformat()}"


def _identity(series: Series, now: datetime) -> tuple[Fact, ...]:
    patient, study = series.patient, series.study
    sex = {"M": "male", "F": "female", "O": "other"}.get(patient.sex, patient.sex)
    return (
        Fact("Patient ID", patient.patient_id or NO_VALUE),
        Fact("Birth date", day_of(patient.birth_date)),
        Fact("Sex", sex or NO_VALUE),
        Fact("Study date", day_of(study.date)),
        Fact("Accession", study.accession or NO_VALUE),
        Fact("Institution", series.acquisition.institution or NO_VALUE),
        Fact("Study", study.description or NO_VALUE),
        Fact("Report made", now.strftime("%Y-%m-%d %H:%M %Z").strip()),
    )


def _acquisition(series: Series) -> tuple[Fact, ...]:
    acquisition = series.acquisition
    return (
        Fact("Scanner", _scanner(acquisition)),
        Fact("Field strength", _stated(acquisition.field_strength_t, "T")),
        Fact("Series", series.description or NO_VALUE),
        Fact("Sequence", acquisition.sequence or NO_VALUE),
        Fact("Contrast, plane", f"{CONTRAST_WORDS[series.contrast]}, {series.plane.value}"),
        Fact("TR / TE / TI", _timing(acquisition)),
        Fact("Slices", _slices(series)),
        Fact("Pixel size", _pixels(series)),
    )


def _scanner(acquisition: Acquisition) -> str:
    maker, model = acquisition.manufacturer, acquisition.model
    repeated = model.casefold().split()[: len(maker.split())] == maker.casefold().split()
    parts = (model,) if repeated else (maker, model)
    return " ".join(part for part in parts if part) or NO_VALUE


def _timing(acquisition: Acquisition) -> str:
    times = (acquisition.tr_ms, acquisition.te_ms, acquisition.ti_ms)
    return " / ".join(NO_VALUE if t is None else f"{t:g}" for t in times) + " ms"


def _slices(series: Series) -> str:
    thickness = series.acquisition.slice_thickness_mm
    thick = "" if thickness is None else f"{round(thickness, 2):g} mm, "
    return f"{len(series.slices)}, {thick}every {series.spacing_mm[0]:.2f} mm"


def _pixels(series: Series) -> str:
    _, rows, columns = series.spacing_mm
    return f"{rows:.3f} \N{MULTIPLICATION SIGN} {columns:.3f} mm"


def _both(analysis: Analysis, other: Analysis | None) -> Analysis:
    """An analysis with each hip's result from the series that shows it."""
    return replace(analysis, hips=hips_of_both(analysis, other))


def _score(analysis: Analysis, side: Side) -> HipScore | None:
    """The score of one side, where that hip was looked for and found."""
    return next((hip.score for hip in analysis.hips if hip.side is side), None)


def findings(analysis: Analysis, other: Analysis | None = None) -> tuple[FindingRow, ...]:
    """The table of findings, on paper and on screen.

    Parameters
    ----------
    other : the analysis of the other hip's series, where the two were measured apart
    """
    both = _both(analysis, other)
    scores = (_score(both, Side.RIGHT), _score(both, Side.LEFT))

    def row(
        label: str,
        unit: str,
        digits: int,
        value: Callable[[HipScore], float | None],
        both: str = "",
        main: bool = False,
    ) -> FindingRow:
        right, left = (number(None if s is None else value(s), digits) for s in scores)
        return FindingRow(label, unit, right, left, both, main)

    total = analysis.total
    return (
        row("UNet-score U, intensity", "", 2, _u, number(total.u_intensity, 2), main=True),
        row("U per slice, U/n", "", 3, lambda s: s.u_intensity_mean),
        *(row(f"of U: {name}", "", 2, _part(key, "u")) for key, name in _LESION_ROWS),
        row("UNet-score A, area", "", 2, _a, number(total.u_area, 2), main=True),
        row("A per slice, A/n", "", 3, lambda s: s.u_area_mean),
        *(row(f"of A: {name}", "", 2, _part(key, "a")) for key, name in _LESION_ROWS),
        row("Slices counted, n", "", 0, _n_counted, number(total.n_counted, 0)),
        row("BME volume", "mL", 1, lambda s: s.bme_ml),
        row("Effusion/synovitis volume", "mL", 1, lambda s: s.effusion_ml),
        row("Femoral head volume", "mL", 1, lambda s: s.head_ml),
        row("BME within the head, of head volume", "%", 1, lambda s: s.bme_head_percent),
        FindingRow("Band after Han 2021, exploratory", "", _band(scores[0]), _band(scores[1])),
    )


_LESION_ROWS: Final = (
    (SegmentClass.BME, "BME"),
    (SegmentClass.EFFUSION_SYNOVITIS, "effusion/synovitis"),
)


def _u(score: HipScore) -> float | None:
    return score.u_intensity


def _a(score: HipScore) -> float | None:
    return score.u_area


def _n_counted(score: HipScore) -> int | None:
    """Counted slices; where lesions are undefined there was nothing to count."""
    return None if score.reason is Reason.NOT_FLUID_SENSITIVE else score.n_counted


def _part(lesion: SegmentClass, which: str) -> Callable[[HipScore], float | None]:
    """One lesion class' own score, by intensity (``u``) or area (``a``)."""

    def value(score: HipScore) -> float | None:
        found: LesionScore | None = (score.by_lesion or {}).get(lesion)
        if found is None:
            return None
        return found.u_intensity if which == "u" else found.u_area

    return value


def _band(score: HipScore | None) -> str:
    """Han's band of the BME share of the head, where the hip is scored."""
    if score is None or score.reason is not None or score.bme_head_percent is None:
        return NO_VALUE
    share = score.bme_head_percent
    return next((name for limit, name in HAN_BANDS if share < limit), HAN_LAST_BAND)


GIVEN_ABOVE: Final = "given above"
"""Where a report has the figures of both hips, seen from the reasons of missing ones."""


def reason_sentences(
    analysis: Analysis, other: Analysis | None = None, figures: str = GIVEN_ABOVE
) -> tuple[str, ...]:
    """A sentence for every score that is missing or another series' one.

    Parameters
    ----------
    other : the analysis of the other hip's series, where the two were measured apart
    figures : where the reader finds its figures
    """
    return (*_borrowed(analysis, other, figures), *_reasons(_both(analysis, other)))


def _reasons(analysis: Analysis) -> tuple[str, ...]:
    """A sentence for every hip without a score, and for a missing total."""
    sides = {hip.side for hip in analysis.hips}
    found = [
        f"{capital(hip.side.word)} hip: no score, because {_why(hip)}."
        for hip in analysis.hips
        if hip.score is None or hip.score.u_intensity is None
    ]
    found += [
        f"{capital(side.word)} hip: not part of this series." for side in Side if side not in sides
    ]
    if analysis.total.u_intensity is None:
        reason = analysis.total.reason or Reason.OTHER_HIP_NOT_SCORED
        found.append(f"Both hips: no total, because {REASON_SENTENCES[reason]}.")
    return tuple(found)


def _borrowed(analysis: Analysis, other: Analysis | None, figures: str) -> tuple[str, ...]:
    """A sentence for every hip whose figures are the other series' ones."""
    if other is None:
        return ()
    named = f", {other.series.description}" if other.series.description else ""
    return tuple(
        f"{capital(hip.side.word)} hip: see the other series{named}"
        f"{_given(other, hip.side, figures)}."
        for hip in analysis.hips
        if hip.reason is Reason.SEPARATE_SERIES
    )


def _given(other: Analysis, side: Side, figures: str) -> str:
    """Where the other series' figures of a hip are, if it has any, and what a reader did to it."""
    if _score(other, side) is None:
        return ""
    placed = "; its femoral head was placed by a reader" if other.hip(side).head.placed else ""
    return f"; its figures are {figures}{placed}"


def _why(hip: HipResult) -> str:
    """Why a hip has no score, with the figure behind it."""
    reason = hip.reason or Reason.HEAD_NOT_FOUND
    sentence = REASON_SENTENCES[reason]
    if reason is Reason.TOO_FEW_SLICES and hip.score is not None:
        return f"{sentence} (here {hip.score.n_counted})"
    return sentence


def notice_sentences(analysis: Analysis) -> tuple[str, ...]:
    """Every warning once, the fallback to the CPU among them."""
    said = [_sentence(notice.message) for notice in (*analysis.notices, *analysis.series.notices)]
    codes = {notice.code for notice in analysis.notices}
    if analysis.compute.fell_back and "provider_fallback" not in codes:
        said.append(_fallback(analysis))
    return tuple(dict.fromkeys(said))


def alarm_sentences(analysis: Analysis) -> tuple[str, ...]:
    """Those of the warnings that come before any figure (`hipdesk.quality.ALARMS`), once each."""
    said = (*analysis.notices, *analysis.series.notices)
    return tuple(dict.fromkeys(_sentence(each.message) for each in said if each.code in ALARMS))


def _fallback(analysis: Analysis) -> str:
    compute = analysis.compute
    why = f": {compute.reason}" if compute.reason else ""
    return _sentence(f"CUDA was requested; the {_provider(compute.provider)} computed this{why}")


def _provider(name: str) -> str:
    return name.upper() if name in ("cpu", "cuda") else name


def _key_images(analysis: Analysis, volume: Volume) -> tuple[KeyImage, ...]:
    window = window_of(volume)
    return tuple(
        _key_image(volume, hip.segmentation, hip.score, index, window)
        for hip in analysis.hips
        if hip.segmentation is not None and hip.score is not None
        for index in key_slices(hip.score)
    )


def key_slices(score: HipScore) -> tuple[int, ...]:
    """Series indices of the slices with most lesion, at most two, in stack order.

    Counted slices come before others; the central slice stands in where there
    is no lesion at all.
    """
    loaded = [s for s in score.slices if _lesion_px(s) > 0 and s.head_px > 0]
    loaded.sort(key=lambda s: (not s.counted, -_lesion_px(s), s.index))
    best = loaded[:KEY_IMAGES_PER_HIP]
    if best:
        return tuple(sorted(s.index for s in best))
    return () if score.central_index is None else (score.central_index,)


def _lesion_px(entry: SliceScore) -> int:
    return (entry.bme_px or 0) + (entry.effusion_px or 0)


def _key_image(
    volume: Volume,
    segmentation: Segmentation,
    score: HipScore,
    index: int,
    window: tuple[float, float],
) -> KeyImage:
    def picture(style: Style | None) -> RGB:
        return hip_picture(volume, segmentation, index, window, style, KEY_IMAGE_HEIGHT_PX)

    series = volume.series
    entry = next((s for s in score.slices if s.index == index), None)
    return KeyImage(
        side=segmentation.side,
        number=index + 1,
        of=len(series.slices),
        lines=() if entry is None else _image_lines(entry, series.spacing_mm),
        edges=upright(series.affine).edges,
        bare=picture(None),
        overlaid=picture(PRINTED),
    )


def _image_lines(entry: SliceScore, spacing_mm: Spacing) -> tuple[str, ...]:
    """What a key image's slice measures; lines without a value are left out."""
    cell = _cell(entry, spacing_mm)
    figures = (
        ("Head", cell.head_mm2, " mm²"),
        ("BME", cell.bme_mm2, " mm²"),
        ("Effusion/synovitis", cell.effusion_mm2, " mm²"),
        ("U", cell.u, ""),
        ("A", cell.a, ""),
    )
    status = "Counted" if entry.counted else f"Not counted: {cell.status}"
    return (status, *(f"{name} {v}{unit}" for name, v, unit in figures if v != NO_VALUE))


def _slice_table(analysis: Analysis) -> tuple[tuple[SliceRow, ...], tuple[str, ...]]:
    """Rows for the slices that show a head, and what is said about the rest."""
    spacing = analysis.series.spacing_mm
    by_side = {side: _by_index(_score(analysis, side)) for side in Side}
    absent = {side: SliceCell(status=_absence(analysis, side)) for side in Side}
    every = sorted(set().union(*by_side.values()))
    listed = [i for i in every if any(_has_head(entries.get(i)) for entries in by_side.values())]
    notes = []
    if len(listed) > MOST_SLICE_ROWS:
        counted = [i for i in listed if any(_counts(e.get(i)) for e in by_side.values())]
        notes.append(_ranges("Not counted for either hip", set(listed) - set(counted)))
        listed = counted
    without = set(range(len(analysis.series.slices))) - {
        i for i in every if any(_has_head(entries.get(i)) for entries in by_side.values())
    }
    if without:
        rejected = any(hip.reason is Reason.REJECTED_BY_READER for hip in analysis.hips)
        notes.append(_ranges(f"No femoral head{' outlined' if rejected else ''}", without))
    rows = []
    for i in listed:
        right, left = (
            _cell(entry, spacing) if (entry := by_side[side].get(i)) else absent[side]
            for side in Side
        )
        rows.append(SliceRow(i + 1, right, left))
    return tuple(rows), (*notes, _legend(by_side.values()))


def _absence(analysis: Analysis, side: Side) -> str:
    """Why a hip has no entry for a slice."""
    reasons = [hip.reason for hip in analysis.hips if hip.side is side and hip.score is None]
    return REASON_WORDS[reasons[0] or Reason.HEAD_NOT_FOUND] if reasons else NO_VALUE


def _by_index(score: HipScore | None) -> dict[int, SliceScore]:
    return {} if score is None else {entry.index: entry for entry in score.slices}


def _has_head(entry: SliceScore | None) -> bool:
    return entry is not None and entry.head_px > 0


def _counts(entry: SliceScore | None) -> bool:
    return entry is not None and entry.counted


def _ranges(what: str, indices: Iterable[int]) -> str:
    """``what: slices 1-4, 9.`` with 1-based numbers."""
    numbered = enumerate(sorted(indices))
    runs = [[index + 1 for _, index in run] for _, run in groupby(numbered, lambda p: p[1] - p[0])]
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    return f"{what}: slices {', '.join(parts)}."


def _legend(tables: Iterable[Mapping[int, SliceScore]]) -> str:
    """What the short reasons in the table mean, those that occur."""
    entries = [entry for table in tables for entry in table.values() if entry.head_px > 0]
    used = {entry.reason for entry in entries if entry.reason is not None}
    said = [f"{REASON_WORDS[r]}: {REASON_SENTENCES[r]}." for r in Reason if r in used]
    return " ".join(capital(part) for part in said)


def _cell(entry: SliceScore, spacing_mm: Spacing) -> SliceCell:
    _, rows, columns = spacing_mm

    def area(pixels: int | None) -> str:
        return NO_VALUE if pixels is None else f"{pixels * rows * columns:.0f}"

    reason = REASON_WORDS[entry.reason] if entry.reason is not None else NO_VALUE
    if entry.reason is Reason.EXCLUDED_BY_READER:
        reason = f"{reason}: {entry.note}"
    return SliceCell(
        status="counted" if entry.counted else reason,
        counted=entry.counted,
        head_mm2=area(entry.head_px),
        bme_mm2=area(entry.bme_px),
        effusion_mm2=area(entry.effusion_px),
        u=number(entry.u_intensity, 3),
        a=number(entry.u_area, 3),
    )


def _made_by(analysis: Analysis, other: Analysis | None) -> str:
    """Who drew the masks whose figures are given: one word, or one for each hip."""
    drawn: dict[Side, str] = {}
    for each in filter(None, (analysis, other)):
        for hip in each.hips:
            if hip.segmentation is not None:
                drawn.setdefault(hip.side, ORIGIN_WORDS[each.origin_of(hip.side)])
    if len(set(drawn.values())) < 2:
        return next(iter(drawn.values()), ORIGIN_WORDS[analysis.origin])
    return ", ".join(f"{side.word} hip {drawn[side]}" for side in Side)


def _disclosure(
    analysis: Analysis, other: Analysis | None, review: ReportReview | None
) -> tuple[Fact, ...]:
    compute = analysis.compute
    requested = f"requested {_provider(compute.requested)}, used {_provider(compute.provider)}"
    reason = f" ({compute.reason.rstrip('.')})" if compute.reason else ""
    models = tuple(
        Fact(
            f"Model, {model.task}",
            f"{model.name} {model.version}, SHA-256 {model.sha256[:12]}; "
            f"trained on {_trained_on(model.trained_on)}",
        )
        for model in analysis.models
    )
    return (
        Fact("Origin of the masks", f"{_made_by(analysis, other)}; {_judged_by(review)}"),
        *models,
        Fact("Computed", f"{requested}{reason}, {analysis.created_utc:%Y-%m-%d %H:%M} UTC"),
        Fact("Score definition", f"{analysis.definition}: {_DEFINITION}"),
        Fact("Program", f"HipDesk {analysis.program_version}"),
        Fact("Input pixels", f"SHA-256 {analysis.pixel_sha256[:12]}"),
    )


def _judged_by(review: ReportReview | None) -> str:
    """What the reader made of the masks, hip by hip."""
    if review is None or not any(review.verdicts.values()):
        return "not reviewed by a reader"
    said = (f"{side.word} hip {VERDICT_WORDS[given]}" for side, given in review.verdicts.items())
    return f"by a reader: {', '.join(said)}"


def _limits(analysis: Analysis) -> tuple[str, ...]:
    """What the program cannot tell; first, that its models have seen no patient."""
    simulated = any("simulat" in model.trained_on.casefold() for model in analysis.models)
    return (SIMULATED_ONLY, *LIMITS) if simulated else LIMITS


_DEFINITION: Final = (
    "U adds up, over the counted slices, the lesions' summed signal divided by the head's; "
    "A does so with areas. A pixel in both lesion classes counts once in U and A, and in each "
    "class' own share, so the shares may add up to more."
)


def _trained_on(text: str) -> str:
    return text.rstrip(".") or "data not stated"
