"""The follow-up's controller against a fake view."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.controllers import follow_up
from app.controllers.follow_up import KEPT_SERIES, FollowUpController
from app.controllers.windows import relative
from app.state import Exam, FollowUpGap, Measure, Overlay, Panel
from app.views.protocols import FollowUpView
from hipdesk.clinical import (
    ClinicalFacts,
    Crp,
    CrpUnit,
    HipFacts,
    Treatment,
    TreatmentKind,
    exactly,
)
from hipdesk.clinical_trend import Plotted
from hipdesk.errors import DamagedImage, ModelError, StoreError
from hipdesk.linking import offset_of
from hipdesk.ports import VisitEntry
from hipdesk.records import Contrast, Side
from hipdesk.review import PairKind, RepeatPair, ReviewKind, Take
from hipdesk.timeline import Comparability
from tests.app.fakes import Bench, FakeView, make_bench, make_patient, translate
from tests.app.review_fakes import Opened, analysed, at_desk, exam_of, keep

RIGHT, LEFT = Side.RIGHT, Side.LEFT
EARLIER, LATER = Panel.EARLIER, Panel.LATER
DAYS = (date(2023, 3, 1), date(2023, 9, 1), date(2024, 3, 1), date(2024, 9, 1))


class Room:
    """The follow-up of a patient with some visits, the exam of one of them open."""

    def __init__(self, visits: int = 3, at: int = -1, **which: Any) -> None:
        self.bench = make_bench()
        self.exams = [
            exam_of(self.bench, analysed(study=n + 1, day=DAYS[n], **which)) for n in range(visits)
        ]
        self.opened = at_desk(self.bench, self.exams[at] if visits else None)
        self.view = FakeView(FollowUpView)
        self.asked: list[str] = []
        self.reported: list[str] = []
        self.clinical: list[str] = []
        self.controller = FollowUpController(
            self.view,  # type: ignore[arg-type]
            self.opened.desk,
            self.bench.services,
            translate,
            self.asked.append,
            self.reported.append,
            self.clinical.append,
            self.opened.signing.named,
        )

    def entered(self) -> Room:
        self.controller.enter()
        self.run()
        return self

    def run(self) -> None:
        self.bench.jobs.run_all()

    def uid(self, number: int) -> str:
        uid = self.exams[number].visit_uid
        assert uid is not None
        return uid

    def panel(self, panel: Panel) -> Any:
        given = [args[1] for args in self.view.every("show_panel") if args[0] is panel]
        return given[-1]

    @property
    def pair(self) -> tuple[str | None, str | None]:
        _, earlier, later = self.view.last("show_visits")
        return earlier, later

    @property
    def link(self) -> Any:
        return self.view.last("show_link")[0]


def centre(exam: Exam, side: Side = RIGHT) -> Any:
    reviewed = exam.series[0].reviewed
    assert reviewed is not None
    return reviewed.analysis.hip(side).head.centre_lps_mm


# What there is to follow


def test_nothing_is_read_before_the_workspace_is_entered() -> None:
    room = Room()
    assert not room.bench.jobs.started
    room.controller.enter()
    assert [job.what for job in room.bench.jobs.started] == ["Reading the patient's visits"]


def test_gaps() -> None:
    empty = Room(0)
    empty.controller.enter()
    assert empty.view.last("show_gap") is FollowUpGap.NO_PATIENT
    assert not empty.bench.jobs.started
    assert Room(1).entered().view.last("show_gap") is FollowUpGap.ONE_VISIT
    assert Room(2).entered().view.last("show_gap") is None


def test_an_exam_outside_the_library_has_no_follow_up() -> None:
    room = Room(2)
    room.opened.desk.put(replace(room.opened.exam, visit_uid=None, patient_uid=None))
    room.entered()
    assert room.view.last("show_gap") is FollowUpGap.NO_PATIENT


def test_undated_visits_only_cannot_be_followed() -> None:
    bench = make_bench()
    person = make_patient(issuer="C")
    exams = [exam_of(bench, analysed(study=n, day=None, patient=person)) for n in (1, 2)]
    room = Room(0)
    room.bench = bench
    view = FakeView(FollowUpView)
    opened = at_desk(bench, exams[1])
    controller = FollowUpController(
        view,  # type: ignore[arg-type]
        opened.desk,
        bench.services,
        translate,
        print,
        print,
        print,
        opened.signing.named,
    )
    controller.enter()
    bench.jobs.run_all()
    assert view.last("show_gap") is FollowUpGap.NOTHING_DATED


@pytest.mark.parametrize(("at", "pair"), [(2, (1, 2)), (1, (0, 1)), (0, (0, 1))])
def test_the_open_visit_is_shown_against_the_one_before(at: int, pair: tuple[int, int]) -> None:
    room = Room(3, at).entered()
    assert room.pair == (room.uid(pair[0]), room.uid(pair[1]))
    choices, _, _ = room.view.last("show_visits")
    assert [choice.day for choice in choices] == list(DAYS[:3])
    assert {choice.sides for choice in choices} == {(RIGHT, LEFT)}
    assert {choice.contrast for choice in choices} == {Contrast.STIR}


def test_both_panels_begin_at_the_worst_slice_of_the_later_visit() -> None:
    room = Room(2).entered()
    later, earlier = room.panel(LATER), room.panel(EARLIER)
    series = room.exams[1].series[0]
    hip = series.reviewed.analysis.hip(RIGHT) if series.reviewed else None
    assert hip is not None
    assert hip.score is not None
    loads = {s.index: (s.bme_px or 0) + (s.effusion_px or 0) for s in hip.score.slices}
    assert loads[later.picture.index] == max(loads.values())
    assert later.offset_mm == pytest.approx(
        offset_of(series.stack.affine, centre(room.exams[1]), later.picture.index)
    )
    assert abs(earlier.offset_mm - later.offset_mm) <= 2.5
    assert (earlier.height_mm, later.height_mm) == (125.0, 125.0)
    _, x, y = series.stack.to_picture(centre(room.exams[1]))
    assert later.centre == pytest.approx((x, y))
    assert room.view.last("show_side") is RIGHT


def test_the_open_series_is_not_read_again() -> None:
    room = Room(2).entered()
    assert [job.what for job in room.bench.jobs.started[1:]] == ["Reading a visit's images"]
    assert room.bench.store.calls["load"] == 1


def test_no_panel_before_it_is_read() -> None:
    room = Room(2)
    room.controller.enter()
    room.bench.jobs.run()
    assert room.panel(EARLIER) is None
    assert room.panel(LATER) is not None
    room.run()
    assert room.panel(EARLIER) is not None


# Sliding


def test_sliding_moves_both_by_millimetres() -> None:
    room = Room(2).entered()
    low, high = room.link.range_mm
    assert room.link.step_mm == pytest.approx(5.0)
    assert high - low >= 9 * 5.0 - 1e-6
    room.controller.slide(10.0)
    for panel, exam in ((EARLIER, room.exams[0]), (LATER, room.exams[1])):
        shown = room.panel(panel)
        affine = exam.series[0].stack.affine
        assert abs(shown.offset_mm - 10.0) <= 2.5 + 1e-6
        assert shown.offset_mm == pytest.approx(
            offset_of(affine, centre(exam), shown.picture.index)
        )
    before = room.panel(LATER).picture.index
    room.controller.step(-1)
    assert room.link.offset_mm == pytest.approx(5.0)
    assert room.panel(LATER).picture.index == before - 1


def test_sliding_stops_at_the_last_slice_of_either() -> None:
    room = Room(2).entered()
    room.controller.slide(1e6)
    assert room.link.offset_mm == room.link.range_mm[1]
    room.view.forget()
    room.controller.step(1)
    assert not room.view.calls


def test_a_visit_without_a_slice_there_says_so() -> None:
    room = Room(2)
    series = room.exams[0].series[0]
    shifted = series.volume.series.affine.copy()
    shifted[:3, 3] += 25.0 * shifted[:3, 0] / 5.0
    kept = room.bench.store.kept[series.reviewed.analysis.uid]  # type: ignore[union-attr]
    of = replace(kept.reviewed.analysis.series, affine=shifted)
    kept.reviewed = replace(kept.reviewed, analysis=replace(kept.reviewed.analysis, series=of))
    room.bench.store.load = (  # type: ignore[method-assign]
        lambda uid, _series: room.bench.store.kept[uid].reviewed
    )
    room.entered()
    room.controller.slide(room.link.range_mm[0])
    assert room.panel(EARLIER).picture is None
    assert room.panel(EARLIER).reason == "this visit has no slice here"
    assert room.panel(LATER).picture is not None


def test_setters_are_called_with_differences_only() -> None:
    room = Room(2).entered()
    room.view.forget()
    room.controller.slide(room.link.offset_mm if room.view.calls else 0.0)
    room.view.forget()
    room.controller.slide(0.0)
    room.controller.choose_side(RIGHT)
    room.controller.choose_measure(Measure.U_MEAN)
    room.controller.lock_windows(True)
    room.controller.set_overlay(Overlay())
    assert not room.view.calls
    room.controller.choose_measure(Measure.BME_ML)
    assert {name for name, _ in room.view.calls} == {"show_trend"}


# Windows, zoom, overlay


def test_locked_windows_change_by_the_same_factors_of_their_own() -> None:
    room = Room(2).entered()
    own = room.panel(LATER).window
    stack = room.exams[1].series[0].stack
    assert own == stack.window
    room.controller.set_window(LATER, (own[0] + own[1] / 4, own[1] / 2))
    assert room.panel(LATER).window == pytest.approx((own[0] + own[1] / 4, own[1] / 2))
    prior = room.exams[0].series[0].stack.window
    assert room.panel(EARLIER).window == pytest.approx((prior[0] + prior[1] / 4, prior[1] / 2))
    room.controller.lock_windows(False)
    room.controller.set_window(EARLIER, (7.0, 3.0))
    assert room.panel(EARLIER).window == pytest.approx((7.0, 3.0))
    assert room.panel(LATER).window == pytest.approx((own[0] + own[1] / 4, own[1] / 2))
    room.controller.lock_windows(True)
    assert room.panel(EARLIER).window == pytest.approx((prior[0] + prior[1] / 4, prior[1] / 2))
    assert room.view.last("show_link")[1] is True


def test_a_relative_window_fits_another_gain() -> None:
    asked = relative((150.0, 100.0), (100.0, 200.0))
    assert asked.of((1000.0, 2000.0)) == (1500.0, 1000.0)
    assert asked.of((100.0, 200.0)) == (150.0, 100.0)


def test_zoom_is_the_same_in_millimetres() -> None:
    room = Room(2).entered()
    before = room.panel(LATER).centre
    room.controller.zoom(60.0, (4.0, -6.0))
    for panel in Panel:
        assert room.panel(panel).height_mm == 60.0
    assert room.panel(LATER).centre == pytest.approx((before[0] + 2.0, before[1] - 3.0))
    assert room.panel(LATER).shift_mm == (4.0, -6.0)
    assert room.panel(LATER).limits == room.exams[1].series[0].stack.limits
    room.controller.zoom(0.0, (0.0, 0.0))
    assert room.panel(LATER).height_mm == 20.0


def test_overlay() -> None:
    room = Room(2).entered()
    room.controller.set_overlay(Overlay(opacity=0.0))
    assert room.view.last("show_overlay") == Overlay(opacity=0.1)


# Choosing


def test_another_side_begins_at_its_own_worst_slice() -> None:
    room = Room(2).entered()
    room.controller.choose_side(LEFT)
    assert room.view.last("show_side") is LEFT
    assert room.panel(LATER).side is LEFT
    _, x, y = room.exams[1].series[0].stack.to_picture(centre(room.exams[1], LEFT))
    assert room.panel(LATER).centre == pytest.approx((x, y))


def test_choosing_keeps_the_earlier_visit_on_the_left() -> None:
    room = Room(3, 1).entered()
    room.controller.choose_visit(EARLIER, room.uid(2))
    assert room.pair == (room.uid(1), room.uid(2))
    room.run()
    room.view.forget()
    room.controller.choose_visit(EARLIER, room.uid(2))
    room.controller.choose_visit(LATER, "visit-99")
    assert not room.view.calls


def test_choosing_keeps_the_place() -> None:
    room = Room(3).entered()
    room.controller.slide(-5.0)
    room.controller.choose_visit(EARLIER, room.uid(0))
    room.run()
    assert room.pair == (room.uid(0), room.uid(2))
    assert room.link.offset_mm == pytest.approx(-5.0)


def test_the_last_few_series_are_kept() -> None:
    room = Room(4).entered()
    for number in (0, 1, 2, 0, 1, 2):
        room.controller.choose_visit(EARLIER, room.uid(number))
        room.run()
    assert room.bench.store.calls["load"] == KEPT_SERIES - 1


def test_a_late_answer_is_dropped() -> None:
    room = Room(3)
    room.controller.enter()
    room.bench.jobs.run()
    number = room.bench.jobs.work()
    room.controller.choose_visit(EARLIER, room.uid(0))
    room.bench.jobs.deliver(number)
    assert room.panel(EARLIER) is None
    room.run()
    assert room.panel(EARLIER).visit_uid == room.uid(0)


def test_images_that_cannot_be_read_say_so_and_are_tried_again() -> None:
    room = Room(2)
    uid = room.exams[0].series[0].volume.series.uid
    room.bench.reader.damaged[uid] = DamagedImage("A slice is damaged.")
    room.entered()
    assert room.panel(EARLIER).picture is None
    assert room.panel(EARLIER).reason == "its images cannot be read"
    assert room.bench.said == ["A slice is damaged."]
    assert room.panel(LATER).picture is not None
    del room.bench.reader.damaged[uid]
    room.controller.leave()
    room.entered()
    assert room.panel(EARLIER).picture is not None


def test_the_later_visit_unreadable_leaves_the_earlier_one() -> None:
    room = Room(3, 0)
    room.entered()
    uid = room.exams[1].series[0].volume.series.uid
    assert room.panel(LATER).visit_uid == room.uid(1)
    room.bench.reader.damaged[room.exams[2].series[0].volume.series.uid] = DamagedImage(
        "A slice is damaged."
    )
    room.controller.choose_visit(LATER, room.uid(2))
    room.run()
    assert room.panel(LATER).picture is None
    assert room.panel(EARLIER).picture is not None
    assert uid


def test_stopping_the_reading_says_so() -> None:
    room = Room(2)
    room.controller.enter()
    room.bench.jobs.run()
    room.bench.jobs.cancel(2)
    assert room.panel(EARLIER).reason == "reading was stopped"


def test_visits_that_cannot_be_listed_are_said() -> None:
    room = Room(2)
    room.bench.store.failing["entries"] = StoreError("The library is damaged.")
    room.entered()
    assert room.bench.said == ["The library is damaged."]


def test_leaving_stops_reading_and_entering_goes_on() -> None:
    room = Room(2)
    room.controller.enter()
    room.bench.jobs.run()
    room.controller.leave()
    room.run()
    assert room.panel(EARLIER) is None
    room.entered()
    assert room.panel(EARLIER).picture is not None


def test_opening_a_visit() -> None:
    room = Room(2).entered()
    room.controller.open_visit(room.uid(0))
    room.controller.open_visit("visit-of-somebody-else")
    assert room.asked == [room.uid(0)]


def test_the_way_to_a_visits_report() -> None:
    room = Room(2).entered()
    room.controller.write_report(room.uid(1))
    room.controller.write_report("visit-of-somebody-else")
    assert (room.reported, room.asked) == ([room.uid(1)], [])


# Patients


def test_another_patient_is_never_mixed_in() -> None:
    room = Room(2).entered()
    patient = make_patient("9", "Roe^Max")
    strangers = [
        exam_of(room.bench, analysed(study=n, day=DAYS[n - 5], patient=patient)) for n in (5, 6)
    ]
    room.controller.step(1)
    room.controller.choose_visit(EARLIER, room.uid(0))
    room.view.forget()
    room.opened.desk.put(strangers[1])
    assert room.panel(EARLIER) is None
    assert room.panel(LATER) is None
    assert room.view.last("show_visits") == ((), None, None)
    room.run()
    own = {exam.visit_uid for exam in strangers}
    assert set(room.pair) == own
    assert {
        mark.visit_uid for line in room.view.last("show_trend").lines for mark in line.marks
    } == own


def test_visits_of_an_earlier_patient_arriving_late_are_dropped() -> None:
    room = Room(2)
    room.controller.enter()
    number = room.bench.jobs.work()
    stranger = exam_of(room.bench, analysed(study=5, patient=make_patient("9", "Roe^Max")))
    room.opened.desk.put(stranger)
    room.bench.jobs.deliver(number)
    assert room.view.last("show_visits") == ((), None, None)
    room.run()
    assert room.view.last("show_gap") is FollowUpGap.ONE_VISIT


def test_an_entry_of_somebody_else_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(2)
    original = room.bench.store.entries

    def mixed(uid: str) -> tuple[VisitEntry, ...]:
        first, second = original(uid)
        return replace(first, patient_uid="somebody else"), second

    monkeypatch.setattr(room.bench.store, "entries", mixed)
    room.entered()
    assert room.view.last("show_gap") is FollowUpGap.ONE_VISIT


def test_closing_the_patient_empties_the_room() -> None:
    room = Room(2).entered()
    room.opened.desk.put(None)
    assert room.view.last("show_gap") is FollowUpGap.NO_PATIENT
    assert room.panel(LATER) is None
    assert room.view.last("show_comparison") is None


# What readers change meanwhile


def test_a_verdict_is_seen_without_choosing_anew() -> None:
    room = Room(3).entered()
    room.controller.choose_visit(EARLIER, room.uid(0))
    room.controller.choose_measure(Measure.A_MEAN)
    room.run()
    reviewed = room.opened.reviewed()
    room.opened.signing.judge(reviewed.analysis.uid, RIGHT, ReviewKind.ACCEPTED)
    room.run()
    marks = room.view.last("show_trend").lines[0].marks
    assert [mark.accepted for mark in marks] == [False, False, True]
    assert room.pair == (room.uid(0), room.uid(2))
    assert room.view.last("show_trend").measure is Measure.A_MEAN


def test_a_rejected_hip_has_no_picture_and_no_change() -> None:
    room = Room(2)
    uid = room.opened.reviewed().analysis.uid
    room.opened.signing.judge(uid, RIGHT, ReviewKind.REJECTED)
    room.run()
    room.entered()
    assert room.view.last("show_side") is LEFT
    room.controller.choose_side(RIGHT)
    assert room.panel(LATER).picture is None
    assert room.panel(LATER).reason == "this visit has no result of this hip"
    comparison = room.view.last("show_comparison")
    assert comparison.verdict is None
    assert {row.change for row in comparison.rows} == {""}
    mark = room.view.last("show_trend").lines[0].marks[-1]
    assert (mark.value, mark.reason) == (None, "a reader rejected the outlines")


def test_one_hip_missing_at_one_visit() -> None:
    bench: Bench = make_bench()
    exams = [
        exam_of(bench, analysed(study=1, day=DAYS[0], sides=(LEFT,))),
        exam_of(bench, analysed(study=2, day=DAYS[1])),
    ]
    opened: Opened = at_desk(bench, exams[1])
    view = FakeView(FollowUpView)
    controller = FollowUpController(
        view,  # type: ignore[arg-type]
        opened.desk,
        bench.services,
        translate,
        print,
        print,
        print,
        opened.signing.named,
    )
    controller.enter()
    bench.jobs.run_all()
    assert view.last("show_side") is LEFT
    controller.choose_side(RIGHT)
    shown = dict(view.every("show_panel"))
    assert shown[EARLIER].reason == "this visit has no result of this hip"
    assert shown[LATER].picture is not None
    assert view.last("show_comparison").verdict is None


def test_not_fluid_sensitive_visits_have_pictures_and_no_scores() -> None:
    room = Room(2, contrast=Contrast.T1).entered()
    assert room.panel(LATER).picture is not None
    comparison = room.view.last("show_comparison")
    assert comparison.verdict is None
    assert any("not fluid-sensitive" in said for said in comparison.differences)
    assert any("not fluid-sensitive" in said for said in room.view.last("show_trend").sentences)


def test_nothing_is_compared_before_the_heads_of_both_visits_are_known() -> None:
    room = Room(2)
    room.controller.enter()
    room.bench.jobs.run()
    assert room.view.last("show_comparison") is None
    room.bench.jobs.run_all()
    assert room.view.last("show_comparison").verdict is Comparability.COMPARABLE


def test_the_pair_in_numbers() -> None:
    room = Room(2).entered()
    comparison = room.view.last("show_comparison")
    assert comparison.verdict is Comparability.COMPARABLE
    assert comparison.days == (DAYS[1] - DAYS[0]).days
    rows = {row.label: row for row in comparison.rows}
    same = rows["U per slice, U/n"]
    assert same.earlier == same.later
    assert same.change == "0.000"
    assert "U/n on matched slices" not in rows
    assert rows["BME volume"].unit == "mL"


def test_what_was_edited_elsewhere_is_read_from_the_library() -> None:
    """The copy read before a visit was opened is not shown after it was closed."""
    room = Room(2).entered()
    assert room.bench.store.calls["load"] == 1
    room.opened.desk.put(room.exams[0])
    room.run()
    room.opened.desk.put(room.exams[1])
    room.run()
    assert room.panel(EARLIER).picture is not None
    assert room.bench.store.calls["load"] == 3


def test_keep_puts_a_copy_into_the_library() -> None:
    bench = make_bench()
    series, _ = keep(bench, *analysed())
    assert series.reviewed is not None
    folder = bench.store.series_folder(series.reviewed.analysis.uid)
    assert folder == Path("library") / series.reviewed.analysis.uid


def test_going_back_to_what_is_at_hand_stops_the_reading() -> None:
    room = Room(3).entered()
    room.controller.choose_visit(EARLIER, room.uid(0))
    room.controller.choose_visit(EARLIER, room.uid(1))
    assert not room.bench.jobs.waiting
    assert room.panel(EARLIER).visit_uid == room.uid(1)
    assert room.panel(EARLIER).picture is not None


def test_no_more_series_are_kept_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.controllers.follow_up.KEPT_SERIES", 2)
    room = Room(3).entered()
    for number in (0, 1):
        room.controller.choose_visit(EARLIER, room.uid(number))
        room.run()
    assert room.bench.store.calls["load"] == 3
    assert room.panel(EARLIER).picture is not None


def test_words_are_said_anew_in_another_language() -> None:
    room = Room(2).entered()
    trend = room.view.last("show_trend")
    room.view.forget()
    room.controller.translate = lambda _context, text: f"<{text}>"
    room.controller.retranslate()
    room.controller.choose_measure(Measure.A_MEAN)
    shown = room.view.last("show_trend")
    assert shown != trend
    assert shown.sentences[0].startswith("<Plotted is A/n")


def test_changes_that_are_not_given_can_be_asked_for_this_pair_and_hip_alone() -> None:
    room = Room(3).entered()
    entries = room.bench.store.entries(room.exams[0].patient_uid or "")
    other = [
        replace(
            each,
            visit=replace(
                each.visit, hips=tuple(replace(h, definition=str(n)) for h in each.visit.hips)
            ),
        )
        for n, each in enumerate(entries)
    ]
    room.bench.store.entries = lambda _uid: tuple(other)  # type: ignore[method-assign]
    room.entered()
    assert room.view.last("show_comparison").askable
    room.controller.ask_change()
    asked = room.view.last("show_comparison")
    assert (asked.forced, asked.askable) == (True, False)
    assert asked.rows[0].change or asked.rows[1].change
    room.controller.choose_side(LEFT)
    assert room.view.last("show_comparison").askable
    room.controller.ask_change()
    room.controller.choose_visit(EARLIER, room.uid(0))
    room.run()
    assert room.view.last("show_comparison").askable


def test_the_noise_of_the_site_comes_with_the_visits() -> None:
    room = Room(2)
    entries = room.bench.store.entries(room.exams[0].patient_uid or "")
    one, other = (each.visit.hip(RIGHT) for each in entries)
    assert one is not None
    assert other is not None
    takes = Take(one, "1", "1"), Take(other, "2", "2")
    room.bench.store.pairs = [RepeatPair(PairKind.SCAN_RESCAN, *takes)]
    room.entered()
    said = room.view.last("show_trend").sentences
    assert any("patients scanned twice: not established; 1 of at least 10" in s for s in said)


def test_two_visits_are_named_as_scans_of_an_unchanged_hip_and_are_not_after_all() -> None:
    room = Room(2).entered()
    assert room.view.last("show_comparison").repeat is False
    room.controller.name_repeat(True)
    room.run()
    assert room.view.last("show_comparison").repeat is True
    (pair,) = room.bench.store.pairs
    assert (pair.kind, pair.first.hip.side) == (PairKind.SCAN_RESCAN, RIGHT)
    said = room.view.last("show_trend").sentences
    assert any("1 of at least 10 pairs" in each for each in said)
    room.controller.choose_side(LEFT)
    assert room.view.last("show_comparison").repeat is False
    room.controller.choose_side(RIGHT)
    room.controller.name_repeat(False)
    room.run()
    assert (room.view.last("show_comparison").repeat, room.bench.store.pairs) == (False, [])


def test_a_repeat_that_cannot_be_kept_is_shown_as_it_was_with_the_reason() -> None:
    room = Room(2).entered()
    room.bench.store.failing["name_repeat"] = StoreError("The two are one and the same.")
    shown = len(room.view.every("show_comparison"))
    room.controller.name_repeat(True)
    room.run()
    assert len(room.view.every("show_comparison")) == shown + 1
    assert room.view.last("show_comparison").repeat is False
    assert room.bench.said == ["The two are one and the same."]


def with_other_models(room: Room) -> None:
    """Let the first visit's result come from an older model."""
    uid, kept = next(iter(room.bench.store.kept.items()))
    of = kept.reviewed
    older = tuple(replace(model, sha256="9" * 64) for model in of.analysis.models)
    room.bench.store.kept[uid].reviewed = replace(of, analysis=replace(of.analysis, models=older))


def test_visits_of_different_models_are_analysed_again_when_asked() -> None:
    room = Room(2)
    with_other_models(room)
    room.entered()
    assert room.view.last("show_trend").mixed
    room.controller.reanalyse()
    room.run()
    assert not room.view.last("show_trend").mixed
    assert len(room.bench.store.kept) == 3
    assert room.view.last("show_comparison").verdict is Comparability.COMPARABLE
    assert room.bench.said[-1].startswith("Series analysed again: 1; failed: 0.")


def test_visits_that_cannot_be_analysed_again_are_told() -> None:
    room = Room(2)
    with_other_models(room)
    room.entered()
    room.bench.store.failing["load"] = StoreError("The copy is damaged.")
    room.controller.reanalyse()
    room.run()
    assert room.bench.said[-1].startswith("Series analysed again: 0; failed: 2.")
    assert room.bench.said[-1].endswith("The copy is damaged.")
    del room.bench.store.failing["load"]
    room.bench.networks.error = ModelError("The model is not installed.")
    room.controller.reanalyse()
    room.run()
    assert room.bench.said[-1] == "The model is not installed."
    assert room.view.last("show_trend").mixed


def test_the_clinical_record_of_a_visit_is_asked_for() -> None:
    room = Room().entered()
    room.view.gestures.show_clinical(room.uid(1))
    assert room.clinical == [room.uid(1)]


def test_the_clinical_record_stands_beside_the_scores() -> None:
    room = Room()
    for n, crp in enumerate((20.0, 5.0)):
        room.bench.store.keep_facts(
            room.uid(n), ClinicalFacts(crp=Crp(crp, CrpUnit.MG_PER_L), esr_mm_h=9.0), "A"
        )
    room.entered()
    shown = room.view.last("show_clinical_trend")
    assert (shown.choices, shown.plotted) == ((Plotted.CRP, Plotted.ESR), Plotted.CRP)
    assert [point.value for point in shown.lines[0].points] == [20.0, 5.0]
    room.controller.choose_index(Plotted.ESR)
    shown = room.view.last("show_clinical_trend")
    assert shown.plotted is Plotted.ESR
    assert shown.days == DAYS[:2]


def test_the_clinical_record_is_worked_out_where_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room()
    room.bench.store.keep_facts(room.uid(0), ClinicalFacts(esr_mm_h=9.0), "A")
    room.controller.enter()
    number = room.bench.jobs.work()

    def late(*_given: object) -> None:
        raise AssertionError("the window's thread works it out")

    monkeypatch.setattr(follow_up, "clinical_trend_of", late)
    room.bench.jobs.deliver(number)
    assert room.view.last("show_clinical_trend").plotted is Plotted.ESR


def test_a_hip_that_is_artificial_by_the_record_is_left_out_at_once() -> None:
    room = Room().entered()
    (right, left) = room.view.last("show_trend").lines
    assert None not in {mark.value for mark in (*right.marks, *left.marks)}
    facts = ClinicalFacts(right=HipFacts(prosthesis=True))
    room.bench.store.keep_facts(right.marks[0].visit_uid, facts, "A")
    room.controller.clinical_changed()
    room.run()
    shown = room.view.last("show_trend")
    assert {mark.value for mark in shown.lines[0].marks} == {None}
    assert shown.lines[1] == left
    assert any("by the clinical record this hip is a prosthesis" in s for s in shown.sentences)


def test_what_is_recorded_meanwhile_is_shown_at_once() -> None:
    room = Room().entered()
    assert room.view.last("show_clinical_trend").bars == ()
    drug = Treatment(TreatmentKind.BDMARD, "Adalimumab", exactly(DAYS[0]))
    patient = room.exams[-1].patient_uid
    assert patient is not None
    room.bench.store.keep_treatment(patient, drug, "A")
    room.controller.clinical_changed()
    room.run()
    assert [bar.words for bar in room.view.last("show_clinical_trend").bars] == ["Adalimumab"]
    room.controller.leave()
    before = room.bench.store.calls["clinical_history"]
    room.controller.clinical_changed()
    room.run()
    assert room.bench.store.calls["clinical_history"] == before
