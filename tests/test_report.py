from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pytest

from hipdesk.amendment import effective
from hipdesk.clinical import (
    ClinicalFacts,
    Crp,
    CrpUnit,
    PartialDate,
    Treatment,
    TreatmentKind,
)
from hipdesk.pair import as_pair
from hipdesk.ports import ClinicalHistory, ClinicalVisit
from hipdesk.records import (
    Analysis,
    Compute,
    Contrast,
    HipResult,
    HipScore,
    Notice,
    Origin,
    Reason,
    SegmentClass,
    Side,
    SliceKey,
    SliceScore,
)
from hipdesk.report import (
    DRAFT,
    PARTLY_REVIEWED,
    PARTLY_SIGNED,
    REVIEWED,
    SIMULATED_ONLY,
    VERDICT_LABEL,
    FindingRow,
    Report,
    ReportReview,
    build_report,
    findings,
    key_slices,
    notice_sentences,
    reason_sentences,
    report_review,
)
from hipdesk.report_trend import NO_DATE, NO_SCORED_VISIT, ONE_VISIT, SDC_UNKNOWN
from hipdesk.review import PairKind, Review, Reviewed, ReviewKind, Revision
from hipdesk.scoring import score_hip
from hipdesk.sdc import Estimates, Quantity, detectable_change, scope_of
from hipdesk.wording import NO_VALUE, REASON_SENTENCES, REASON_WORDS, number, person_name
from tests.report_factory import (
    MODELS,
    NOW,
    as_visit,
    make_analysis,
    make_history,
    make_segmentation,
)


@pytest.fixture(scope="module")
def stir() -> Report:
    analysis, volume = make_analysis()
    return build_report(analysis, volume, make_history(), now=NOW)


@pytest.fixture(scope="module")
def t1() -> Report:
    analysis, volume = make_analysis(contrast=Contrast.T1)
    return build_report(analysis, volume, now=NOW)


@pytest.fixture(scope="module")
def one_hip() -> Report:
    analysis, volume = make_analysis(missing=(Side.LEFT,))
    return build_report(analysis, volume, now=NOW)


def finding(report: Report, label: str) -> FindingRow:
    return next(row for row in report.findings if row.label == label)


def words(value: object) -> Iterator[str]:
    """Every string anywhere in a record."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for entry in fields(value):
            yield from words(getattr(value, entry.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from words(part)


def test_numbers_are_the_analysis_own(stir: Report) -> None:
    analysis, _ = make_analysis()
    right, left = (analysis.hip(side).score for side in Side)
    assert right is not None
    assert left is not None
    assert analysis.total.u_intensity is not None
    row = finding(stir, "UNet-score U, intensity")
    assert row.right == f"{right.u_intensity:.2f}"
    assert row.left == f"{left.u_intensity:.2f}"
    assert row.both == f"{analysis.total.u_intensity:.2f}"
    assert finding(stir, "U per slice, U/n").right == f"{right.u_intensity_mean:.3f}"
    assert finding(stir, "BME volume").left == f"{left.bme_ml:.1f}"
    assert finding(stir, "Slices counted, n").right == str(right.n_counted)
    assert finding(stir, "Slices counted, n").both == str(right.n_counted + left.n_counted)
    assert right.by_lesion is not None
    part = right.by_lesion[SegmentClass.EFFUSION_SYNOVITIS]
    assert finding(stir, "of U: effusion/synovitis").right == f"{part.u_intensity:.2f}"
    assert finding(stir, "of A: effusion/synovitis").right == f"{part.u_area:.2f}"
    assert not stir.reasons


def test_bands_are_marked_exploratory(stir: Report) -> None:
    row = finding(stir, "Band after Han 2021, exploratory")
    assert (row.right, row.left) == ("2 (15 to below 30 %)", "1 (below 15 %)")


def test_a_hip_without_a_score_has_no_band() -> None:
    analysis, volume = make_analysis()
    score = analysis.hip(Side.LEFT).score
    assert score is not None
    unscored = replace(score, reason=Reason.TOO_FEW_SLICES, u_intensity=None, u_area=None)
    hips = tuple(
        replace(hip, score=unscored) if hip.side is Side.LEFT else hip for hip in analysis.hips
    )
    report = build_report(replace(analysis, hips=hips), volume, now=NOW)
    band = finding(report, "Band after Han 2021, exploratory")
    assert (band.right, band.left) == ("2 (15 to below 30 %)", NO_VALUE)
    assert finding(report, "BME within the head, of head volume").left != NO_VALUE


def test_nothing_is_scored_on_t1_and_every_null_has_its_reason(t1: Report) -> None:
    nulls = [row for row in t1.findings if row.label != "Femoral head volume"]
    assert {row.right for row in nulls} == {row.left for row in nulls} == {NO_VALUE}
    assert finding(t1, "Femoral head volume").right not in (NO_VALUE, "0.0")
    assert {row.both for row in t1.findings} == {"", NO_VALUE}
    assert [reason.split(":")[0] for reason in t1.reasons] == ["Right hip", "Left hip", "Both hips"]
    assert all(REASON_SENTENCES[Reason.NOT_FLUID_SENSITIVE] in text for text in t1.reasons)
    cells = [cell for row in t1.slices for cell in (row.right, row.left)]
    assert {cell.status for cell in cells} == {"not fluid-sensitive"}
    assert {cell.bme_mm2 for cell in cells} == {cell.u for cell in cells} == {NO_VALUE}
    assert NO_SCORED_VISIT in t1.trend.sentences
    # The central slice of each hip stands in where there is no lesion.
    assert [(image.side, image.number) for image in t1.key_images] == [
        (Side.RIGHT, 10),
        (Side.LEFT, 10),
    ]


def test_a_missing_hip_leaves_dashes_and_reasons(one_hip: Report) -> None:
    assert {row.left for row in one_hip.findings} == {NO_VALUE}
    assert finding(one_hip, "UNet-score U, intensity").right != NO_VALUE
    assert finding(one_hip, "UNet-score U, intensity").both == NO_VALUE
    assert one_hip.reasons == (
        "Left hip: no score, because the femoral head was not found on this series.",
        "Both hips: no total, because not both hips are scored.",
    )
    assert {row.left.status for row in one_hip.slices} == {"head not found"}
    assert {image.side for image in one_hip.key_images} == {Side.RIGHT}


def test_a_hip_that_was_not_looked_for_is_said_to_be_absent() -> None:
    analysis, volume = make_analysis(missing=(Side.LEFT,))
    alone = replace(analysis, hips=analysis.hips[:1])
    assert "Left hip: not part of this series." in build_report(alone, volume, now=NOW).reasons


def test_a_pair_of_series_shows_both_hips_and_names_the_other_series() -> None:
    right, volume = make_analysis(missing=(Side.LEFT,))
    left, _ = make_analysis(missing=(Side.RIGHT,))
    left = replace(left, series=replace(left.series, description="STIR left hip"))
    right, left = as_pair(right, left)
    report = build_report(right, volume, now=NOW, other=left)
    score = left.hips[1].score
    assert score is not None
    row = finding(report, "UNet-score U, intensity")
    assert (row.left, row.both) == (f"{score.u_intensity:.2f}", NO_VALUE)
    assert row.right != NO_VALUE
    assert report.reasons == (
        "Left hip: see the other series, STIR left hip; its figures are given above.",
        "Both hips: no total, because the hips were measured in separate series.",
    )
    assert {row.left.status for row in report.slices} == {"other series"}
    assert {image.side for image in report.key_images} == {Side.RIGHT}
    alone = build_report(right, volume, now=NOW)
    assert finding(alone, "UNet-score U, intensity").left == NO_VALUE
    assert not any("not found" in words for words in (*report.reasons, *alone.reasons))


def test_too_few_slices_states_how_many() -> None:
    analysis, volume = make_analysis()
    hip = analysis.hips[0]
    assert hip.score is not None
    short = replace(
        hip.score,
        n_counted=4,
        reason=Reason.TOO_FEW_SLICES,
        u_intensity=None,
        u_area=None,
        by_lesion=None,
    )
    total = replace(
        analysis.total,
        u_intensity=None,
        u_area=None,
        n_counted=None,
        reason=Reason.OTHER_HIP_NOT_SCORED,
    )
    hips = (replace(hip, score=short), analysis.hips[1])
    report = build_report(replace(analysis, hips=hips, total=total), volume, now=NOW)
    assert "Right hip: no score, because fewer than 5 slices count (here 4)." in report.reasons
    assert finding(report, "Slices counted, n").right == "4"
    assert finding(report, "UNet-score U, intensity").right == NO_VALUE
    assert finding(report, "BME volume").right != NO_VALUE


def test_every_reason_has_words() -> None:
    assert set(REASON_SENTENCES) == set(REASON_WORDS) == set(Reason)


def test_key_images_are_the_most_loaded_counted_slices() -> None:
    def entry(index: int, counted: bool, bme: int | None, fluid: int | None) -> SliceScore:
        key = SliceKey(str(index))
        return SliceScore(index, key, counted, None, 50, bme, fluid, None, None)

    def score(*slices: SliceScore) -> HipScore:
        return HipScore(slices, 0, 3, None, None, None, None, None, None, 1.0, None)

    loads = (
        entry(1, True, 5, 0),
        entry(2, False, 90, 9),
        entry(4, True, 3, 9),
        entry(5, True, 0, 6),
    )
    assert key_slices(score(*loads)) == (4, 5)
    assert key_slices(score(*loads[:2])) == (1, 2)
    assert key_slices(score(entry(1, True, 0, 0), entry(3, True, 0, 0))) == (3,)
    assert key_slices(score(entry(1, True, None, None))) == (3,)


def test_key_images_show_the_slice_without_and_with_outlines(stir: Report) -> None:
    assert [image.side for image in stir.key_images] == [Side.RIGHT] * 2 + [Side.LEFT] * 2
    for image in stir.key_images:
        assert image.bare.shape == image.overlaid.shape
        assert (image.bare[:, :, 0] == image.bare[:, :, 2]).all()
        assert np.any(image.overlaid != image.bare)
        assert image.edges == ("H", "F", "R", "L")
        assert image.of == 18


def test_fallback_is_said_in_warnings_and_disclosure() -> None:
    compute = Compute("cuda", "cpu", "no CUDA device was found")
    analysis, volume = make_analysis(compute=compute)
    report = build_report(analysis, volume, now=NOW)
    said = "CUDA was requested; the CPU computed this: no CUDA device was found."
    assert report.notices == (said,)
    computed = next(fact.value for fact in report.disclosure if fact.label == "Computed")
    assert computed.startswith("requested CUDA, used CPU (no CUDA device was found)")
    told = replace(analysis, notices=(Notice("provider_fallback", "The CPU was used"),))
    assert build_report(told, volume, now=NOW).notices == ("The CPU was used.",)


def test_disclosure_names_models_hashes_and_limits(stir: Report) -> None:
    values = " ".join(fact.value for fact in stir.disclosure)
    for model in MODELS:
        assert f"{model.name} {model.version}, SHA-256 {model.sha256[:12]}" in values
    assert "trained on simulated MRI only" in values
    assert stir.limits[0] == SIMULATED_ONLY
    assert stir.made_by_ai == "AI"
    assert stir.status == DRAFT


def test_a_site_s_own_model_is_not_called_simulated() -> None:
    models = tuple(replace(model, trained_on="120 corrected cases") for model in MODELS)
    analysis, volume = make_analysis(models=models)
    assert SIMULATED_ONLY not in build_report(analysis, volume, now=NOW).limits


def test_trend_breaks_its_line_where_the_model_changed(stir: Report) -> None:
    (score, volumes), _ = stir.trend.charts
    (line,) = score.lines
    assert line.joined == (False, True, True)
    assert [point.day for point in line.points] == [
        date(2023, 5, 8),
        date(2023, 8, 14),
        date(2023, 11, 6),
        date(2024, 5, 6),
    ]
    assert [point.current for point in line.points] == [False, False, False, True]
    assert [part.lesion for part in volumes.lines] == [
        SegmentClass.BME,
        SegmentClass.EFFUSION_SYNOVITIS,
    ]
    assert volumes.lines[0].joined == line.joined
    broken = "Line broken, 2023-05-08 to 2023-08-14: The masks come from different models."
    assert broken in stir.trend.sentences
    assert SDC_UNKNOWN in stir.trend.sentences


def test_the_trend_says_how_the_score_moved_and_on_what(stir: Report) -> None:
    """U/n of the last two visits as they stand on the chart, on the same nine slices."""
    points = stir.trend.charts[0][0].lines[0].points
    moved = points[-1].value - points[-2].value
    days = (points[-1].day - points[-2].day).days
    said = next(s for s in stir.trend.sentences if s.startswith("Right hip, 2023-11-06 to 2024"))
    assert (
        f"U/n \N{MINUS SIGN}{-moved:.3f} (\N{MINUS SIGN}{-100 * moved / points[-2].value:.0f} %, "
        f"\N{MINUS SIGN}{-moved * 365.25 / days:.3f} per year)."
    ) in said
    assert "Matched slices: 9 and 9, from \N{MINUS SIGN}20 to +20 mm of the head centre." in said
    assert not any("2023-05-08 to 2023-08-14: U/n" in s for s in stir.trend.sentences)


def test_the_trend_knows_the_noise_that_the_site_has_measured() -> None:
    """SD of +-0.003: SEM 0.0022361, smallest detectable change 0.0062."""
    analysis, volume = make_analysis()
    last, own = make_history()[-1].hip(Side.RIGHT), as_visit(analysis).hip(Side.RIGHT)
    assert last is not None
    assert own is not None
    scope = scope_of(PairKind.SCAN_RESCAN, own, Quantity.U_INTENSITY_MEAN)
    known = detectable_change(scope, [0.003, -0.003] * 5)
    trend = build_report(
        analysis,
        volume,
        make_history(),
        now=NOW,
        estimates=Estimates({scope: known}, {}),
    ).trend
    assert SDC_UNKNOWN not in trend.sentences
    assert (
        "Smallest detectable change of U/n, patients scanned twice: 0.006, from 10 pairs of this "
        "site."
    ) in trend.sentences
    said = next(s for s in trend.sentences if s.startswith("Right hip, 2023-11-06 to 2024"))
    assert "The change of U/n exceeds the smallest detectable change of 0.006" in said
    few = Estimates({scope: detectable_change(scope, [0.1, 0.2, 0.3])}, {})
    told = build_report(analysis, volume, make_history(), now=NOW, estimates=few).trend
    assert (
        "Smallest detectable change of U/n, patients scanned twice: not established; 3 of at least "
        "10 pairs that vary."
    ) in told.sentences
    assert not any("exceed" in s for s in told.sentences)


def test_a_hip_whose_side_is_in_doubt_is_joined_to_nothing() -> None:
    analysis, volume = make_analysis()
    labelled = replace(analysis, series=replace(analysis.series, laterality=Side.LEFT))
    doubted = build_report(labelled, volume, make_history(), now=NOW).trend
    (right, _), (left, _) = doubted.charts
    assert right.lines[0].joined == (False, True, False)
    assert left.lines[0].joined == (False, True, True)
    stored = replace(labelled, uid="2.25.1")
    settled = build_report(stored, volume, (*make_history(), as_visit(stored)), now=NOW).trend
    assert settled.charts[0][0].lines[0].joined == (False, True, True)


def test_the_analysis_enters_its_trend_once() -> None:
    analysis, volume = make_analysis()
    visits = (*make_history(), as_visit(analysis))
    with_it = build_report(analysis, volume, visits, now=NOW)
    without_it = build_report(analysis, volume, visits[:-1], now=NOW)
    assert with_it.trend == without_it.trend


def test_one_visit_gives_a_sentence_and_no_chart(one_hip: Report) -> None:
    assert one_hip.trend.charts == ()
    assert one_hip.trend.sentences[0] == ONE_VISIT


def test_a_study_of_which_another_result_counts_enters_once_and_that_is_told() -> None:
    analysis, volume = make_analysis()
    signed = replace(as_visit(analysis), uid="kept")
    edited = [
        replace(
            hip,
            analysis_uid="2.25.77",
            origin=Origin.AI_EDITED,
            score=replace(hip.score, u_intensity=2.0 * hip.score.n_counted),
        )
        for hip in signed.hips
    ]
    kept = replace(signed, hips=(edited[0], *signed.hips[1:]))
    report = build_report(analysis, volume, (*make_history(), kept), now=NOW)
    plain = build_report(analysis, volume, (*make_history(), signed), now=NOW)
    assert report.trend.charts == plain.trend.charts
    (told,) = set(report.trend.sentences) - set(plain.trend.sentences)
    side = edited[0].side.word
    assert told == (
        "In the library another result of this study counts; plotted here is this report's. "
        f"Counting: {side} hip U/n 2.000 (AI + edited)."
    )
    day = analysis.series.study.date
    assert not any(f"{day} to {day}" in each for each in report.trend.sentences)


def test_an_undated_study_stays_out_of_the_trend() -> None:
    analysis, volume = make_analysis(day=None)
    report = build_report(analysis, volume, make_history(), now=NOW)
    assert NO_DATE in report.trend.sentences
    assert not any(point.current for point in report.trend.charts[0][0].lines[0].points)
    assert report.study_day == "Study date not stated"


def test_slices_without_a_head_are_named_not_listed(stir: Report) -> None:
    assert [row.number for row in stir.slices] == list(range(5, 16))
    assert stir.slice_notes[0] == "No femoral head: slices 1-4, 16-18."
    assert stir.slices[0].right.status == "small head area"
    assert stir.slices[1].right.status == "counted"
    assert stir.slices[1].right.counted


def test_no_severity_and_no_verdict_on_change(stir: Report, t1: Report, one_hip: Report) -> None:
    text = " ".join(part for report in (stir, t1, one_hip) for part in words(report)).casefold()
    for word in (
        "mild",
        "moderate",
        "severe",
        "improve",
        "worse",
        "stable",
        "significant",
        "progress",
        "normal",
        "dice",
    ):
        assert word not in text


def test_missing_header_fields_are_dashes() -> None:
    analysis, volume = make_analysis(name="", patient_id="", te_ms=None, field_strength_t=None)
    report = build_report(analysis, volume, now=NOW)
    facts = {fact.label: fact.value for fact in (*report.identity, *report.acquisition)}
    assert report.patient_name == "Name not stated"
    assert facts["Patient ID"] == facts["Field strength"] == NO_VALUE
    assert facts["TR / TE / TI"] == f"3550 / {NO_VALUE} / 145 ms"
    assert facts["Slices"] == "18, 4 mm, every 4.40 mm"


@pytest.mark.parametrize(
    ("maker", "model", "told"),
    [
        ("HipDesk", "HipDesk phantom", "HipDesk phantom"),
        ("SIEMENS", "Siemens Skyra", "Siemens Skyra"),
        ("Philips", "Ingenia", "Philips Ingenia"),
        ("Philips", "", "Philips"),
        ("", "Ingenia", "Ingenia"),
        ("GE", "Genesis", "GE Genesis"),
        ("", "", NO_VALUE),
    ],
)
def test_a_scanner_is_named_once(maker: str, model: str, told: str) -> None:
    analysis, volume = make_analysis(manufacturer=maker, model=model)
    report = build_report(analysis, volume, now=NOW)
    assert {fact.label: fact.value for fact in report.acquisition}["Scanner"] == told


def test_a_thickness_has_two_decimals_at_most() -> None:
    analysis, volume = make_analysis(slice_thickness_mm=3.29602)
    report = build_report(analysis, volume, now=NOW)
    facts = {fact.label: fact.value for fact in report.acquisition}
    assert facts["Slices"] == "18, 3.3 mm, every 4.40 mm"


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("DOE^JANE", "DOE, JANE"),
        ("DOE^JANE^ANN^DR^", "DOE, JANE ANN DR"),
        ("YAMADA^TAROU=山田^太郎=やまだ^たろう", "YAMADA, TAROU / 山田 太郎 / やまだ たろう"),
        ("=王^小明", "王 小明"),
        ("محمد^علي", "محمد علي"),
        ("ИВАНОВ^ИВАН", "ИВАНОВ, ИВАН"),
        ("^JANE", "JANE"),
        ("", ""),
        ("^^", ""),
    ],
)
def test_person_names(stored: str, read: str) -> None:
    assert person_name(stored) == read


def test_null_is_never_zero() -> None:
    assert number(None, 2) == NO_VALUE
    assert number(0.0, 2) == "0.00"


def test_records_keep_patients_out_of_their_repr() -> None:
    analysis, volume = make_analysis(name="SENTINEL^NAME", patient_id="SENTINEL-7")
    report = build_report(replace(analysis, hips=()), volume, now=NOW)
    assert "SENTINEL" not in repr(report)


R, L = Side.RIGHT, Side.LEFT
ACCEPT, REJECT, SIGN = ReviewKind.ACCEPTED, ReviewKind.REJECTED, ReviewKind.SIGNED
SIGNED_AT = NOW.replace(hour=15, minute=2)


def acts(
    *events: tuple[ReviewKind, Side], reader: str = "Dr. A", at: datetime = SIGNED_AT
) -> tuple[Review, ...]:
    return tuple(Review(side, 0, kind, reader, at) for kind, side in events)


def reviewed_report(reviewed: Reviewed, now: datetime = NOW) -> Report:
    _, volume = make_analysis()
    return build_report(
        effective(reviewed), volume, make_history(), now=now, review=report_review(reviewed)
    )


def status_after(*events: tuple[ReviewKind, Side]) -> str:
    return reviewed_report(Reviewed(make_analysis()[0], reviews=acts(*events))).status


def test_a_report_is_a_draft_until_every_hip_is_signed() -> None:
    assert status_after() == DRAFT
    assert status_after((ACCEPT, R)) == PARTLY_REVIEWED
    assert status_after((ACCEPT, R), (SIGN, R)) == PARTLY_REVIEWED
    assert status_after((ACCEPT, R), (REJECT, L)) == REVIEWED
    assert status_after((ACCEPT, R), (REJECT, L), (SIGN, R)) == PARTLY_SIGNED
    final = status_after((ACCEPT, R), (REJECT, L), (SIGN, R), (SIGN, L))
    assert final == "Final - signed by Dr. A, 2024-05-06 15:02 UTC"
    withdrawn = ((ACCEPT, R), (ACCEPT, L), (SIGN, R), (SIGN, L), (ReviewKind.WITHDRAWN, L))
    assert status_after(*withdrawn) == PARTLY_SIGNED


def test_unasked_readers_leave_the_report_as_it_was() -> None:
    analysis, volume = make_analysis()
    report = build_report(analysis, volume, now=NOW)
    assert (report.status, report.final, report.impression) == (DRAFT, False, "")
    assert report.signatures == ()
    assert VERDICT_LABEL not in {row.label for row in report.findings}


def test_a_new_revision_makes_a_signed_report_a_draft_again() -> None:
    analysis, _ = make_analysis()
    signed = acts((ACCEPT, R), (ACCEPT, L), (SIGN, R), (SIGN, L))
    newer = Revision(1, Origin.AI_EDITED, NOW, "Dr. A", replace(analysis.hips[1]))
    report = reviewed_report(Reviewed(analysis, (newer,), signed))
    assert not report.final
    assert report.status == PARTLY_REVIEWED
    assert finding(report, VERDICT_LABEL).left == "not reviewed"


def test_signatures_name_reader_hips_and_local_time() -> None:
    analysis, _ = make_analysis()
    early = acts((ACCEPT, R), (ACCEPT, L), (SIGN, L), reader="Dr. A")
    late = acts((SIGN, R), reader="", at=SIGNED_AT + timedelta(days=1))
    local = NOW.astimezone(timezone(timedelta(hours=8), "CST"))
    report = reviewed_report(Reviewed(analysis, reviews=(*early, *late)), now=local)
    assert [(each.reader, each.when, each.hips) for each in report.signatures] == [
        ("Dr. A", "2024-05-06 23:02 CST", "left hip"),
        ("a reader without a name", "2024-05-07 23:02 CST", "right hip"),
    ]
    assert report.final
    assert report.status == (
        "Final - signed by Dr. A and a reader without a name, 2024-05-07 23:02 CST"
    )
    both = acts((ACCEPT, R), (ACCEPT, L), (SIGN, R), (SIGN, L))
    (one,) = reviewed_report(Reviewed(analysis, reviews=both)).signatures
    assert one.hips == "both hips"


def test_verdicts_are_told_hip_by_hip() -> None:
    analysis, _ = make_analysis()
    report = reviewed_report(Reviewed(analysis, reviews=acts((ACCEPT, R))))
    row = report.findings[-1]
    assert (row.label, row.right, row.left, row.both) == (
        VERDICT_LABEL,
        "accepted",
        "not reviewed",
        "",
    )
    origin = next(fact.value for fact in report.disclosure if fact.label == "Origin of the masks")
    assert origin == "AI; by a reader: right hip accepted, left hip not reviewed"
    nobody = reviewed_report(Reviewed(analysis))
    assert "AI; not reviewed by a reader" in {fact.value for fact in nobody.disclosure}
    assert finding(nobody, VERDICT_LABEL).right == "not reviewed"


def test_a_hip_without_result_has_no_verdict_and_does_not_hold_up_the_signing() -> None:
    alone, volume = make_analysis(missing=(L,))
    reviewed = Reviewed(alone, reviews=acts((ACCEPT, R), (SIGN, R)))
    report = build_report(alone, volume, now=NOW, review=report_review(reviewed))
    assert finding(report, VERDICT_LABEL).left == NO_VALUE
    assert report.final


def test_a_rejected_hip_has_no_figures_pictures_or_point_in_the_trend() -> None:
    analysis, _ = make_analysis()
    report = reviewed_report(Reviewed(analysis, reviews=acts((REJECT, R), (ACCEPT, L))))
    rows = [row for row in report.findings if row.label != VERDICT_LABEL]
    assert {row.right for row in rows} == {NO_VALUE}
    assert NO_VALUE not in {row.left for row in rows}
    assert finding(report, "UNet-score U, intensity").both == NO_VALUE
    assert report.reasons == (
        "Right hip: no score, because a reader rejected the outlines.",
        "Both hips: no total, because not both hips are scored.",
    )
    assert {image.side for image in report.key_images} == {L}
    assert {row.right.status for row in report.slices} == {"rejected"}
    assert report.slice_notes[0] == "No femoral head outlined: slices 1-4, 16-18."
    (right, _), (left, _) = report.trend.charts
    assert not any(point.current for point in right.lines[0].points)
    assert left.lines[0].points[-1].current
    assert (
        "2024-05-06, right hip: no score, because a reader rejected the outlines."
        in report.trend.sentences
    )


def test_without_any_accepted_outline_the_pages_say_why() -> None:
    analysis, _ = make_analysis()
    report = reviewed_report(Reviewed(analysis, reviews=acts((REJECT, R), (REJECT, L))))
    assert report.key_images == ()
    assert report.slices == ()
    assert report.no_masks == "None: a reader rejected the outlines."
    alone, volume = make_analysis(missing=(L,))
    gone = effective(Reviewed(alone, reviews=acts((REJECT, R))))
    assert build_report(gone, volume, now=NOW).no_masks == (
        "None: a reader rejected the outlines and the femoral head was not found on this series."
    )


def test_the_trend_shows_this_study_as_the_report_does() -> None:
    analysis, volume = make_analysis()
    larger = make_segmentation(L, 1.2)
    hip = HipResult(L, analysis.hips[1].head, larger, score_hip(volume, larger))
    draft = Reviewed(
        analysis,
        (Revision(1, Origin.AI_EDITED, NOW, "Dr. A", hip),),
        acts((ACCEPT, R), (ACCEPT, L)),
    )
    # The library still counts the accepted one.
    visits = (*make_history(), as_visit(analysis))
    report = build_report(effective(draft), volume, visits, now=NOW, review=report_review(draft))
    shown = report.trend.charts[1][0].lines[0].points[-1]
    assert shown.current
    assert f"{shown.value:.3f}" == finding(report, "U per slice, U/n").left
    rejected = effective(Reviewed(analysis, reviews=acts((REJECT, R))))
    gone = build_report(rejected, volume, visits, now=NOW).trend.charts[0][0].lines[0].points
    assert not any(point.current for point in gone)


def pair() -> tuple[Analysis, Analysis]:
    right, _ = make_analysis(missing=(L,))
    left, _ = make_analysis(missing=(R,), uid="2.25.2")
    return as_pair(right, left)


def test_a_pair_is_final_only_when_both_are_signed() -> None:
    right, left = pair()
    done_right = Reviewed(right, reviews=acts((ACCEPT, R), (SIGN, R)), impression="Right words.")
    open_left = Reviewed(left)
    one = report_review((done_right, open_left))
    assert not one.final
    assert dict(one.verdicts) == {R: done_right.standing(R).verdict, L: None}
    done_left = Reviewed(
        left, reviews=acts((REJECT, L), (SIGN, L), reader="Dr. B"), impression="Left words.\n"
    )
    both = report_review((done_left, done_right))
    assert both.final
    assert [review.reader for review in both.signatures] == ["Dr. A", "Dr. B"]
    assert both.impression == "Left words.\n\nRight words."
    _, volume = make_analysis()
    shown = build_report(right, volume, now=NOW, other=effective(done_left), review=both)
    row = finding(shown, VERDICT_LABEL)
    assert (row.right, row.left) == ("accepted", "rejected")
    assert finding(shown, "UNet-score U, intensity").left == NO_VALUE
    assert shown.reasons[:2] == (
        "Left hip: see the other series, t2_tirm_cor.",
        "Left hip: no score, because a reader rejected the outlines.",
    )
    same = replace(done_left, impression="Right words.")
    assert report_review((done_right, same)).impression == "Right words."


def test_origin_is_told_hip_by_hip_where_it_differs() -> None:
    analysis, _ = make_analysis()
    hip = replace(analysis.hips[1])
    edited = Revision(1, Origin.AI_EDITED, NOW, "Dr. A", hip)
    report = reviewed_report(Reviewed(analysis, (edited,)))
    assert report.made_by_ai == "right hip AI, left hip AI + edited"
    both = (edited, Revision(2, Origin.AI_EDITED, NOW, "Dr. A", replace(analysis.hips[0])))
    assert reviewed_report(Reviewed(analysis, both)).made_by_ai == "AI + edited"


@pytest.mark.parametrize(("kept", "said"), [(L, True), (R, False)])
def test_only_the_edited_hip_is_compared_with_caution(kept: Side, said: bool) -> None:
    analysis, volume = make_analysis()
    edited = Revision(1, Origin.AI_EDITED, NOW, "Dr. A", replace(analysis.hips[1]))
    history = [
        replace(visit, hips=tuple(hip for hip in visit.hips if hip.side is kept))
        for visit in make_history()
    ]
    left_edited = effective(Reviewed(analysis, (edited,)))
    trend = build_report(left_edited, volume, history, now=NOW).trend
    assert any("edited or drawn by a reader" in words for words in trend.sentences) is said


def test_a_pair_tells_of_a_head_placed_in_the_other_series() -> None:
    right, left = pair()
    hip = left.hips[1]
    placed = replace(hip, head=replace(hip.head, placed=True))
    edited = effective(Reviewed(left, (Revision(1, Origin.AI_EDITED, NOW, "Dr. A", placed),)))
    _, volume = make_analysis()
    report = build_report(right, volume, now=NOW, other=edited)
    assert report.reasons[0].endswith(
        "its figures are given above; its femoral head was placed by a reader."
    )
    assert report.made_by_ai == "right hip AI, left hip AI + edited"


def test_nothing_reviewed_is_never_final() -> None:
    assert not report_review(()).final
    nothing = report_review(Reviewed(make_analysis(missing=tuple(Side))[0]))
    assert nothing == ReportReview(False, (), nothing.verdicts, "")
    assert dict(nothing.verdicts) == {}


def test_the_screen_gets_the_words_of_the_paper() -> None:
    right, left = pair()
    _, volume = make_analysis()
    report = build_report(right, volume, now=NOW, other=left)
    assert findings(right, left) == report.findings
    assert reason_sentences(right, left) == report.reasons
    assert notice_sentences(right) == report.notices
    whole, _ = make_analysis()
    assert findings(whole)[0].both == f"{whole.total.u_intensity:.2f}"
    assert reason_sentences(whole) == ()


def test_readers_stay_out_of_the_repr_of_a_report() -> None:
    analysis, volume = make_analysis()
    reviews = acts((ACCEPT, R), (ACCEPT, L), (SIGN, R), (SIGN, L), reader="SENTINEL")
    review = report_review(Reviewed(analysis, reviews=reviews, impression="SENTINEL"))
    assert "SENTINEL" not in repr(review)
    report = build_report(replace(analysis, hips=()), volume, now=NOW, review=review)
    assert "SENTINEL" in report.status
    assert "SENTINEL" not in repr(report)


def test_clinical_indices_and_treatments_stand_beside_the_scores() -> None:
    analysis, volume = make_analysis()
    asked = ClinicalFacts(basdai=(4.0,) * 6, crp=Crp(10.0, CrpUnit.MG_PER_L))
    better = ClinicalFacts(basdai=(1.0,) * 6, crp=Crp(None, CrpUnit.MG_PER_L, 3.0))
    history = ClinicalHistory(
        (
            ClinicalVisit("a", date(2023, 1, 2), asked),
            ClinicalVisit("b", date(2024, 5, 6), better),
        ),
        (
            Treatment(TreatmentKind.BDMARD, "Adalimumab", PartialDate(2023, 6)),
            Treatment(TreatmentKind.NSAID, "Naproxen", PartialDate(2019), PartialDate(2020)),
        ),
    )
    trend = build_report(analysis, volume, make_history(), now=NOW, history=history).trend
    assert [chart.title for chart in trend.clinical] == ["BASDAI", "CRP, mg/L"]
    assert trend.days == (date(2023, 1, 2), date(2024, 5, 6))
    assert [bar.label for bar in trend.bars] == ["Adalimumab, 2023-06 \N{EN DASH}"]
    span, fall = "2023-01-02 to 2024-05-06", "\N{MINUS SIGN}3.00"
    assert trend.clinical_sentences == (
        f"BASDAI, {span}: 4.00 (active, 4 or more) to 1.00 (below 4); {fall}, BASDAI 50 reached.",
        "CRP, 2023-01-02 to 2024-05-06: 10.0 mg/L to <3.0 mg/L.",
        "Treatments outside the time shown: Naproxen, 2019 \N{EN DASH} 2020.",
    )


def test_treatments_without_any_date_to_draw_are_named() -> None:
    analysis, volume = make_analysis()
    drug = Treatment(TreatmentKind.BDMARD, "Adalimumab", PartialDate(2023, 6))
    history = ClinicalHistory(treatments=(drug,))
    trend = build_report(analysis, volume, now=NOW, history=history).trend
    assert (trend.days, trend.bars) == (None, ())
    assert trend.clinical_sentences == ("Treatments: Adalimumab, 2023-06 \N{EN DASH}.",)
