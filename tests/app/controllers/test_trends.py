"""Charts and tables over visits, with figures known by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.controllers.trends import comparison_of, trend_shown
from app.state import Measure
from hipdesk.ports import AnalysisEntry, StudyEntry, VisitEntry
from hipdesk.records import Contrast, Reason, SegmentClass, Side, Visit
from hipdesk.report_trend import CHANGE_BASIS, SDC_UNKNOWN, noise_sentences
from hipdesk.review import PairKind, Verdict
from hipdesk.sdc import Estimates, Quantity, detectable_change, scope_of
from hipdesk.timeline import Basis, Comparability
from hipdesk.wording import signed_number
from tests.app.fakes import translate
from tests.report_factory import NOW, as_visit, make_analysis, make_history
from tests.visit_hips import MODEL, placed_hip

RIGHT, LEFT = Side.RIGHT, Side.LEFT


def test_a_day_that_a_reader_gave_is_in_the_trend_and_said():
    given = replace(entry(visit("b", date(2024, 2, 1), 0.2, 0.2)), dated_by="Dr A")
    stated = entry(visit("a", date(2024, 1, 1), 0.1, 0.1))
    shown = trend_shown([stated, given], Measure.U_MEAN, translate)
    assert [mark.day for mark in shown.lines[0].marks] == [date(2024, 1, 1), date(2024, 2, 1)]
    assert "Date given by a reader, not by the images: 2024-02-01." in shown.sentences
    untouched = trend_shown([replace(given, dated_by=None)], Measure.U_MEAN, translate)
    assert not any("given by a reader" in each for each in untouched.sentences)


def entry(
    visit: Visit, verdict: Verdict | None = None, descriptions: tuple[str, ...] = ("Hips",)
) -> VisitEntry:
    listed = tuple(
        AnalysisEntry(
            uid,
            NOW,
            "t2_tirm_cor",
            Contrast.STIR,
            18,
            tuple(Side),
            dict.fromkeys(Side, verdict),
            False,
            None,
        )
        for uid in dict.fromkeys(hip.analysis_uid for hip in visit.hips) or ["2.25.0"]
    )
    return VisitEntry(visit, "patient", descriptions, listed)


def visit(uid: str, day: date | None, right: float, left: float) -> Visit:
    """A visit whose U/n, A/n and volumes follow from one figure a hip."""
    made = replace(as_visit(make_analysis(uid=uid)[0]), uid=f"visit-{uid}", day=day)

    def scored(hip, figure: float):  # type: ignore[no-untyped-def]
        score = replace(
            hip.score,
            n_counted=10,
            u_intensity=10 * figure,
            u_area=5 * figure,
            bme_ml=100 * figure,
            effusion_ml=50 * figure,
            head_ml=48.0,
        )
        return replace(hip, score=score)

    hips = zip(made.hips, (right, left), strict=True)
    unplaced = {"offsets_mm": None, "normal_lps": None}
    return replace(made, hips=tuple(replace(scored(h, each), **unplaced) for h, each in hips))


UNMATCHED = "The slices of the two visits are not matched by position."


FIRST = visit("1", date(2023, 1, 10), 0.2, 0.1)
SECOND = visit("2", date(2023, 7, 10), 0.1504, 0.1)


def test_every_measure_of_both_hips() -> None:
    entries = [entry(SECOND), entry(FIRST)]
    expected = {
        Measure.U_MEAN: [0.2, 0.1504],
        Measure.A_MEAN: [0.1, 0.0752],
        Measure.BME_ML: [20.0, 15.04],
        Measure.EFFUSION_ML: [10.0, 7.52],
    }
    for measure, figures in expected.items():
        shown = trend_shown(entries, measure, translate)
        right, left = shown.lines
        assert (right.side, left.side) == (RIGHT, LEFT)
        assert [mark.value for mark in right.marks] == pytest.approx(figures)
        assert [mark.day for mark in right.marks] == [FIRST.day, SECOND.day]
        assert right.joined == ((Comparability.COMPARABLE, ()),)


def test_nothing_is_said_of_noise_and_every_chart_says_so() -> None:
    for measure in Measure:
        assert SDC_UNKNOWN in trend_shown([entry(FIRST)], measure, translate).sentences
    assert CHANGE_BASIS in trend_shown([entry(FIRST)], Measure.U_MEAN, translate).sentences
    area = trend_shown([entry(FIRST)], Measure.A_MEAN, translate).sentences
    assert CHANGE_BASIS not in area
    assert any("A/n" in said for said in area)
    assert trend_shown([], Measure.BME_ML, translate).sentences == (SDC_UNKNOWN,)


def test_lines_are_broken_where_visits_may_not_be_compared() -> None:
    shown = trend_shown([entry(each) for each in make_history()], Measure.U_MEAN, translate)
    (broken, why), (joined, _) = shown.lines[0].joined
    assert broken is Comparability.NOT_COMPARABLE
    assert why == ("The masks come from different models.",)
    assert joined is not Comparability.NOT_COMPARABLE


def test_a_visit_without_a_score_keeps_its_mark_and_reason() -> None:
    hip = FIRST.hips[0]
    score = replace(hip.score, u_intensity=None, u_area=None, reason=Reason.TOO_FEW_SLICES)
    unscored = replace(FIRST, hips=(replace(hip, score=score), FIRST.hips[1]))
    shown = trend_shown([entry(unscored), entry(SECOND)], Measure.BME_ML, translate)
    first, second = shown.lines[0].marks
    assert (first.value, first.reason) == (None, "fewer than 5 slices count")
    assert second.value == pytest.approx(15.04)
    assert shown.lines[0].joined == ()
    assert "2023-01-10, right hip: no score, because fewer than 5 slices count." in shown.sentences


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (Verdict.REJECTED, "a reader rejected the outlines"),
        (None, "this visit has no result of this hip"),
    ],
)
def test_a_visit_without_the_hip_says_why(verdict: Verdict | None, reason: str) -> None:
    alone = replace(SECOND, hips=(SECOND.hips[0],))
    left = trend_shown([entry(FIRST), entry(alone, verdict)], Measure.U_MEAN, translate).lines[1]
    assert left.marks[1].reason == reason


def test_a_day_with_nothing_but_clinical_facts_is_no_visit_of_the_chart() -> None:
    facts = Visit(uid="facts", day=date(2023, 3, 1), hips=())
    clinical = replace(entry(facts), analyses=())
    shown = trend_shown([entry(FIRST), clinical, entry(SECOND)], Measure.U_MEAN, translate)
    assert shown == trend_shown([entry(FIRST), entry(SECOND)], Measure.U_MEAN, translate)
    study = StudyEntry("study", date(2023, 3, 1), None, "Hips", "")
    unread = trend_shown([replace(clinical, studies=(study,))], Measure.U_MEAN, translate)
    assert [mark.day for mark in unread.lines[0].marks] == [date(2023, 3, 1)]
    assert any("2023-03-01, left hip: no score" in each for each in unread.sentences)


def test_of_many_visits_without_a_score_the_newest_are_told_and_the_rest_counted() -> None:
    days = [date(2000 + n, 1, 1) for n in range(10)]
    empty = [entry(Visit(uid=f"v{n}", day=day, hips=())) for n, day in enumerate(days)]
    told = trend_shown(empty, Measure.U_MEAN, translate).sentences
    because = "no score, because this visit has no result of this hip."
    assert [each for each in told if "no score, because" in each] == [
        *(f"{year}-01-01, right hip: {because}" for year in range(2006, 2010)),
        *(f"{year}-01-01, left hip: {because}" for year in range(2006, 2010)),
    ]
    assert told[-1] == ("Older results without a score: 12; their marks on the chart tell why.")
    few = trend_shown(empty[:4], Measure.U_MEAN, translate).sentences
    assert len([each for each in few if "no score, because" in each]) == 8
    assert not any(each.startswith("Older results") for each in few)


def test_accepted_results_are_marked() -> None:
    shown = trend_shown([entry(FIRST, Verdict.ACCEPTED), entry(SECOND)], Measure.U_MEAN, translate)
    assert [mark.accepted for mark in shown.lines[0].marks] == [True, False]


def test_undated_visits_are_named_and_left_out() -> None:
    undated = replace(SECOND, day=None)
    entries = [entry(FIRST), entry(undated, descriptions=("MRI hips", "Pelvis"))]
    shown = trend_shown(entries, Measure.U_MEAN, translate)
    assert len(shown.lines[0].marks) == 1
    assert "Left out until it has a date: MRI hips, Pelvis." in shown.sentences
    nameless = trend_shown([entry(undated, descriptions=("",))], Measure.U_MEAN, translate)
    assert "Left out until it has a date: study without a description." in nameless.sentences


# The pair


def rows(earlier: Visit, later: Visit) -> dict[str, tuple[str, str, str]]:
    comparison = comparison_of(earlier, later, RIGHT, ())
    return {row.label: (row.earlier, row.later, row.change) for row in comparison.rows}


def test_the_pair_in_figures() -> None:
    comparison = comparison_of(FIRST, SECOND, RIGHT, ("Planes differ.",))
    assert (comparison.verdict, comparison.days) == (Comparability.COMPARABLE, 181)
    assert comparison.differences == ("Planes differ.", UNMATCHED)
    shown = rows(FIRST, SECOND)
    assert shown["U per slice, U/n"] == ("0.200", "0.150", "−0.050")
    assert shown["A per slice, A/n"] == ("0.100", "0.075", "−0.025")
    assert shown["Slices counted, n"] == ("10", "10", "0")
    assert shown["BME volume"] == ("20.0", "15.0", "−5.0")
    assert shown["Effusion/synovitis volume"] == ("10.0", "7.5", "−2.5")
    assert shown["Femoral head volume"] == ("48.0", "48.0", "0.0")
    assert rows(SECOND, FIRST)["BME volume"][2] == "+5.0"


def test_what_may_not_be_compared_has_no_change() -> None:
    first, second, _ = make_history()
    comparison = comparison_of(first, second, RIGHT, ())
    assert comparison.verdict is Comparability.NOT_COMPARABLE
    assert {row.change for row in comparison.rows} == {""}
    assert comparison.differences[0] == "The masks come from different models."
    assert (comparison.askable, comparison.forced) == (True, False)


def test_a_hip_that_may_be_the_other_one_has_no_change_even_if_asked() -> None:
    doubted = replace(SECOND, hips=tuple(replace(h, side_in_doubt=True) for h in SECOND.hips))
    for force in (False, True):
        shown = comparison_of(FIRST, doubted, RIGHT, (), force=force)
        assert (shown.verdict, shown.askable) == (Comparability.NOT_COMPARABLE, False)
        assert {row.change for row in shown.rows} == {""}
        assert shown.differences[0] == "At one visit or both, this may be the other hip."
    line = trend_shown([entry(FIRST), entry(doubted)], Measure.U_MEAN, translate).lines[0]
    assert line.joined[0][0] is Comparability.NOT_COMPARABLE


MATCHED = [
    Visit("a", date(2023, 1, 10), (placed_hip(-16, [0.5] + 8 * [0.25]),)),
    Visit("b", date(2024, 1, 10), (placed_hip(-8, 9 * [0.2]),)),
]
"""Slices from -16 to 16 and from -8 to 24 mm: seven of each show the same part."""


def test_matched_slices_in_figures() -> None:
    """0.25 to 0.2 on the seven: -0.05, a fifth, over 365 days."""
    comparison = comparison_of(*MATCHED, RIGHT, ())
    shown = {row.label: row for row in comparison.rows}
    own, matched = shown["U per slice, U/n"], shown["U/n on matched slices"]
    assert (own.earlier, own.later, own.change) == ("0.278", "0.200", "")
    assert (matched.earlier, matched.later, matched.change) == ("0.250", "0.200", "−0.050")
    assert (matched.percent, matched.per_year) == ("−20 %", "−0.050")
    area = shown["A/n on matched slices"]
    assert (area.earlier, area.later, area.change, area.percent) == (
        "0.125",
        "0.100",
        "−0.025",
        "−20 %",
    )
    slices = shown["Slices matched"]
    assert (slices.earlier, slices.later, slices.change) == ("7", "7", "0")
    assert comparison.differences[-1] == (
        "Matched slices: 7 and 7, from −10 to +18 mm of the head centre."
    )


def test_it_has_one_when_asked_and_is_marked() -> None:
    other = (replace(MODEL, sha256="9" * 64),)
    hips = tuple(replace(hip, models=other) for hip in MATCHED[1].hips)
    asked = comparison_of(MATCHED[0], replace(MATCHED[1], hips=hips), RIGHT, (), force=True)
    assert asked.verdict is Comparability.NOT_COMPARABLE
    assert (asked.askable, asked.forced) == (False, True)
    shown = {row.label: row.change for row in asked.rows}
    assert (shown["U/n on matched slices"], shown["BME volume"]) == ("−0.050", "0.0")


def test_where_every_slice_is_matched_one_row_says_it() -> None:
    shown = {row.label: row for row in comparison_of(MATCHED[0], MATCHED[0], RIGHT, ()).rows}
    assert "U/n on matched slices" not in shown
    assert shown["U per slice, U/n"].change == "0.000"
    assert shown["Slices matched"].earlier == "9"


def test_noise_is_told_where_the_site_knows_it() -> None:
    """SD of +-0.3: 0.620 is the smallest detectable change, and 0.05 does not exceed it."""
    scope = scope_of(PairKind.SCAN_RESCAN, MATCHED[1].hips[0], Quantity.U_INTENSITY_MEAN)
    known = Estimates({scope: detectable_change(scope, [0.3, -0.3] * 5)}, {})
    said = comparison_of(*MATCHED, RIGHT, (), estimates=known).differences[-1]
    assert said == (
        "The change of U/n does not exceed the smallest detectable change of 0.620 "
        "(patients scanned twice, 10 pairs)."
    )
    entries = [entry(visit) for visit in MATCHED]
    told = trend_shown(entries, Measure.U_MEAN, translate, known).sentences
    assert SDC_UNKNOWN not in told
    assert any("0.620, from 10 pairs" in each for each in told)


def test_noise_that_grows_is_that_of_the_hips_own_figure() -> None:
    """0.021 up to 0.1, 0.620 about 0.9 and straight between."""
    level = MATCHED[1].hips[0].score.u_intensity_mean
    scope = scope_of(PairKind.SCAN_RESCAN, MATCHED[1].hips[0], Quantity.U_INTENSITY_MEAN)
    moves, levels = [0.01, -0.01] * 5 + [0.3, -0.3] * 5, [0.1] * 10 + [0.9] * 10
    known = Estimates({scope: detectable_change(scope, moves, levels)}, {})
    (said,) = noise_sentences(MATCHED, known)
    assert level == pytest.approx(0.2)
    assert said == (
        "Smallest detectable change of U/n about 0.200, patients scanned twice: 0.096, from 20 "
        "pairs of this site; it grows with U/n."
    )
    verdict = comparison_of(*MATCHED, RIGHT, (), estimates=known).differences[-1]
    assert verdict.startswith("The change of U/n does not exceed the smallest detectable change of")
    assert "0.620" not in verdict


def test_a_small_volume_has_no_percentage() -> None:
    """2 to 1 mL of effusion is -50 %; 0.4 mL of oedema is too little to say."""
    first, second = (
        replace(each, hips=(replace(h, score=replace(h.score, bme_ml=bme, effusion_ml=fluid)),))
        for each, h, bme, fluid in zip(
            MATCHED, (v.hips[0] for v in MATCHED), (0.4, 1.4), (2.0, 1.0), strict=True
        )
    )
    shown = {row.label: row for row in comparison_of(first, second, RIGHT, ()).rows}
    bme, fluid = shown["BME volume"], shown["Effusion/synovitis volume"]
    assert (bme.change, bme.percent, bme.per_year) == ("+1.0", "", "+1.0")
    assert (fluid.change, fluid.percent, fluid.per_year) == ("−1.0", "−50 %", "−1.0")


def test_a_visit_without_a_date_gives_no_change_and_says_so() -> None:
    shown = comparison_of(FIRST, replace(SECOND, day=None), RIGHT, ())
    assert (shown.verdict, shown.rows[0].change) == (Comparability.COMPARABLE, "")
    assert shown.differences == ("A visit without a date gives no change; give it its date first.",)


def test_what_bars_a_pair_takes_its_change_and_is_said_first() -> None:
    comparison = comparison_of(FIRST, SECOND, RIGHT, ("Planes differ.",), ("Wrong side.",))
    assert comparison.verdict is Comparability.NOT_COMPARABLE
    assert {row.change for row in comparison.rows} == {""}
    assert comparison.differences == ("Wrong side.", "Planes differ.")
    asked = comparison_of(FIRST, SECOND, RIGHT, (), ("Wrong side.",), force=True)
    assert (asked.askable, asked.forced, asked.rows[0].change) == (False, False, "")


def test_caution_keeps_the_change() -> None:
    hips = tuple(replace(hip, compute=replace(hip.compute, provider="cuda")) for hip in SECOND.hips)
    comparison = comparison_of(FIRST, replace(SECOND, hips=hips), RIGHT, ())
    assert comparison.verdict is Comparability.WITH_CAUTION
    assert comparison.rows[0].change == "−0.050"


def test_a_missing_hip_or_date_has_no_verdict_or_days() -> None:
    alone = replace(SECOND, hips=(SECOND.hips[1],), day=None)
    comparison = comparison_of(FIRST, alone, RIGHT, ())
    assert (comparison.verdict, comparison.days) == (None, None)
    assert {(row.later, row.change) for row in comparison.rows} == {("—", "")}


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.0004, 3, "0.000"), (-0.0004, 3, "0.000"), (0.0006, 3, "+0.001"), (-2, 0, "−2")],
)
def test_signs(value: float, digits: int, text: str) -> None:
    assert signed_number(value, digits) == text


def test_a_sentence_of_figures_and_pictures_is_said_once() -> None:
    tilted = replace(MATCHED[1].hips[0], normal_lps=(0.0, 0.9659258, 0.2588190))
    later = replace(MATCHED[1], hips=(tilted,))
    said = (
        "The slices of the two visits are tilted by 15 degrees against each other; away from the "
        "head centre, slices side by side do not show the same place."
    )
    differences = comparison_of(MATCHED[0], later, RIGHT, (said,)).differences
    assert differences.count(said) == 1


@pytest.mark.parametrize(
    ("measure", "quantity", "lesion"),
    [
        (Measure.U_MEAN, Quantity.U_INTENSITY_MEAN, None),
        (Measure.BME_ML, Quantity.VOLUME_ML, SegmentClass.BME),
    ],
)
def test_the_chart_knows_the_noise_of_what_it_plots(
    measure: Measure, quantity: Quantity, lesion: SegmentClass | None
) -> None:
    """Of all counted slices, as plotted; not of matched ones, and of no other figure."""
    entries = [entry(visit) for visit in MATCHED]
    hip, basis = MATCHED[1].hips[0], Basis.UNMATCHED_SLICES
    scope = scope_of(PairKind.SCAN_RESCAN, hip, quantity, lesion, basis)
    known = Estimates({scope: detectable_change(scope, [0.3, -0.3] * 5)}, {})
    shown = trend_shown(entries, measure, translate, known)
    right, left = ([mark.noise for mark in line.marks] for line in shown.lines)
    assert right == [pytest.approx(0.6198064, abs=1e-7)] * 2
    assert set(left) <= {None}
    assert any(said.startswith("Band: ") for said in shown.sentences)
    other = trend_shown(entries, Measure.A_MEAN, translate, known)
    assert {mark.noise for line in other.lines for mark in line.marks} == {None}
    assert not any(said.startswith("Band: ") for said in other.sentences)
