"""The report's controller against a fake view."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.controllers.report import PRINT_DPI, SCREEN_DPI, ReportController
from app.views.protocols import ReportView
from hipdesk.errors import OutputError, StoreError
from hipdesk.records import Contrast, Side
from hipdesk.report import DRAFT
from hipdesk.review import PairKind, RepeatPair, ReviewKind, Take
from tests.alignment_factory import make_alignment
from tests.app.fakes import FakeView, make_bench, make_patient, translate
from tests.app.review_fakes import (
    READER,
    Opened,
    analysed,
    at_desk,
    before_analysis,
    exam_of,
    opened,
    opened_pair,
)

RIGHT, LEFT = Side.RIGHT, Side.LEFT
TARGET = Path("out") / "report.pdf"


class Room:
    """The report of an exam, and a clock that only goes on when it is told to."""

    def __init__(self, exam: Opened, *, entered: bool = True) -> None:
        self.exam = exam
        self.bench = exam.bench
        self.view = FakeView(ReportView)
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.controller = ReportController(
            self.view,  # type: ignore[arg-type]
            exam.desk,
            exam.bench.services,
            translate,
            exam.signing,
            lambda seconds, call: self.later.append((seconds, call)),
        )
        if entered:
            self.controller.enter()
            self.run()

    def run(self) -> None:
        self.bench.jobs.run_all()

    def tick(self) -> None:
        waiting, self.later = self.later, []
        for _, call in waiting:
            call()

    @property
    def status(self) -> Any:
        return self.view.last("show_status")[0]

    @property
    def printed(self) -> Any:
        return self.bench.printed[-1]

    def jobs(self, what: str) -> int:
        return sum(job.what == what for job in self.bench.jobs.started)


@pytest.fixture(autouse=True)
def _small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are not looked at here, and large pictures take most of the time."""
    monkeypatch.setattr("hipdesk.report.KEY_IMAGE_HEIGHT_PX", 64)


NOTHING = "There is no analysis to write about yet."
UNSAVED = "This visit is not in the library; save it first."


@pytest.fixture
def room() -> Room:
    return Room(opened())


def test_an_empty_desk_shows_the_empty_state() -> None:
    room = Room(at_desk())
    assert room.view.last("show_pages") is None
    assert room.view.last("show_series") == ()
    assert room.view.last("show_impression") == ("", False, NOTHING)
    assert (room.status.final, room.status.line, room.status.stale) == (False, DRAFT, False)
    assert not room.view.every("suggest_name")
    room.controller.edit_impression("lost")
    room.controller.save_pdf(TARGET)
    room.controller.print_pages()
    room.controller.sign(READER)
    room.controller.withdraw("")
    room.controller.choose_series("1.2.3")
    room.controller.leave()
    assert not room.bench.jobs.started


def test_before_the_analysis_there_is_no_report() -> None:
    exam = opened()
    exam.desk.put(replace(exam.exam, series=(before_analysis(exam.series()),)))
    room = Room(exam)
    assert room.view.last("show_pages") is None
    assert room.view.last("show_impression") == ("", False, NOTHING)
    assert not room.bench.jobs.started


def test_pages_are_made_only_on_screen() -> None:
    room = Room(opened(), entered=False)
    assert not room.bench.jobs.started
    room.controller.enter()
    assert room.jobs("Making the report") == 1
    assert room.status.stale
    room.run()
    pages = room.view.last("show_pages")
    assert pages.dpi == SCREEN_DPI
    assert pages.pictures[0].shape == (SCREEN_DPI, SCREEN_DPI, 3)
    assert not room.status.stale
    assert room.status.line == room.printed.status == DRAFT
    room.controller.leave()
    room.exam.judge_all()
    assert room.jobs("Making the report") == 1
    assert room.status.stale
    room.controller.enter()
    assert room.jobs("Making the report") == 2


def test_entering_again_makes_nothing_anew(room: Room) -> None:
    room.controller.leave()
    room.view.forget()
    room.controller.enter()
    room.run()
    assert room.jobs("Making the report") == 1
    assert not room.view.calls


def test_the_clinic_of_the_settings_is_printed_at_the_head(room: Room) -> None:
    keeper = room.bench.services.keeper
    assert room.printed.clinic == ""
    keeper.keep(keeper.settings.model_copy(update={"institution": " Rheumatology, Ward 3 "}))
    room.controller.settings_changed()
    room.run()
    assert room.printed.clinic == "Rheumatology, Ward 3"
    assert not room.status.stale


def test_leaving_stops_the_making() -> None:
    room = Room(opened(), entered=False)
    room.controller.enter()
    room.controller.leave()
    room.run()
    assert room.view.last("show_pages") is None
    room.controller.enter()
    room.run()
    assert room.view.last("show_pages") is not None


def test_a_verdict_makes_the_pages_anew_and_the_newest_request_wins(room: Room) -> None:
    uid = room.exam.reviewed().analysis.uid
    room.exam.signing.judge(uid, RIGHT, ReviewKind.REJECTED)
    room.bench.jobs.run()
    assert room.status.stale
    number = room.bench.jobs.work()
    room.exam.signing.judge(uid, LEFT, ReviewKind.ACCEPTED)
    room.bench.jobs.run()
    old = room.view.last("show_pages")
    room.bench.jobs.deliver(number)
    assert room.view.last("show_pages") is old
    room.run()
    assert room.view.last("show_pages") is not old
    assert not room.status.stale
    assert any("reader rejected" in reason for reason in room.printed.reasons)


def test_the_report_shows_the_patients_other_visits() -> None:
    bench = make_bench()
    exams = [exam_of(bench, analysed(study=n, day=date(2023, n, 1))) for n in (1, 2)]
    room = Room(at_desk(bench, exams[1]))
    chart = room.printed.trend.charts[0][0]
    assert [point.day for point in chart.lines[0].points] == [date(2023, 1, 1), date(2023, 2, 1)]


def test_the_report_says_what_the_site_knows_of_noise() -> None:
    bench = make_bench()
    exams = [exam_of(bench, analysed(study=n, day=date(2023, n, 1))) for n in (1, 2)]
    visits = bench.store.entries(exams[0].patient_uid or "")
    one, other = (each.visit.hips[0] for each in visits)
    takes = Take(one, "1", "1"), Take(other, "2", "2")
    bench.store.pairs = [RepeatPair(PairKind.SCAN_RESCAN, *takes)]
    said = Room(at_desk(bench, exams[1])).printed.trend.sentences
    assert any("not established; 1 of at least 10 pairs" in each for each in said)


def test_lesions_since_an_earlier_visit_are_printed_once_they_are_known() -> None:
    bench = make_bench()
    exams = [exam_of(bench, analysed(study=n, day=date(2023, n, 1))) for n in (1, 2)]
    room = Room(at_desk(bench, exams[1]))
    assert room.printed.courses == ()
    first, second = (each.visit for each in bench.store.entries(exams[0].patient_uid or ""))
    earlier, later = first.hip(RIGHT), second.hip(RIGHT)
    assert earlier is not None
    assert later is not None
    bench.store.keep_alignment(make_alignment(first.uid, second.uid, earlier, later))
    room.controller.leave()
    room.controller.record_changed()
    made = len(bench.printed)
    room.run()
    assert len(bench.printed) == made
    room.controller.enter()
    room.run()
    (course,) = room.printed.courses
    assert course.title == "Right hip, since 2023-01-01"


def test_a_failure_shows_no_pages_and_says_why(room: Room) -> None:
    room.bench.store.failing["entries"] = StoreError("The library is damaged.")
    room.exam.signing.judge(room.exam.reviewed().analysis.uid, RIGHT, ReviewKind.ACCEPTED)
    room.run()
    assert room.view.last("show_pages") is None
    assert room.bench.said == ["The library is damaged."]
    del room.bench.store.failing["entries"]
    room.controller.enter()
    room.run()
    assert room.view.last("show_pages") is not None


def test_another_patients_pages_never_stay(room: Room) -> None:
    room.exam.signing.judge(room.exam.reviewed().analysis.uid, RIGHT, ReviewKind.ACCEPTED)
    room.bench.jobs.run()
    number = room.bench.jobs.work()
    stranger = exam_of(room.bench, analysed(study=2, patient=make_patient("9", "Roe^Max")))
    room.exam.desk.put(stranger)
    assert room.view.last("show_pages") is None
    room.bench.jobs.deliver(number)
    assert room.view.last("show_pages") is None
    room.run()
    assert room.view.last("show_pages") is not None
    assert "Roe" in room.printed.patient_name
    room.exam.desk.put(None)
    assert room.view.last("show_pages") is None


# The impression


def test_words_are_state_at_once_and_kept_before_long(room: Room) -> None:
    room.controller.edit_impression("A")
    room.controller.edit_impression("A b")
    assert room.view.last("show_impression") == ("A b", True, "")
    assert room.status.stale
    assert [seconds for seconds, _ in room.later] == [1.5]
    assert room.jobs("Keeping the impression") == 0
    room.tick()
    saving = room.bench.jobs.started[-2:]
    assert {job.what for job in saving} == {"Keeping the impression", "Making the report"}
    (keeping,) = (job for job in saving if job.what == "Keeping the impression")
    assert (keeping.keep, keeping.urgent) == (True, True)
    room.run()
    assert room.exam.kept().impression == room.exam.reviewed().impression == "A b"
    assert room.printed.impression == "A b"
    assert not room.status.stale
    assert room.jobs("Making the report") == 2


def test_words_typed_while_others_are_kept_are_not_lost(room: Room) -> None:
    room.controller.edit_impression("one")
    room.tick()
    number = room.bench.jobs.work()
    room.controller.edit_impression("one two")
    room.bench.jobs.deliver(number)
    assert room.view.last("show_impression") == ("one two", True, "")
    room.tick()
    room.run()
    assert room.exam.kept().impression == "one two"


@pytest.mark.parametrize("way", ["leave", "flush", "close", "other", "patient"])
def test_nothing_is_lost_whichever_way_it_ends(way: str) -> None:
    room = Room(opened_pair())
    uid = room.exam.reviewed().analysis.uid
    room.controller.edit_impression("kept")
    if way == "leave":
        room.controller.leave()
    elif way == "flush":
        room.controller.flush()
        room.bench.jobs.closing = True
    elif way == "close":
        room.exam.desk.put(None)
        room.bench.jobs.closing = True
    elif way == "other":
        room.controller.choose_series(room.exam.series(1).key)
    else:
        patient = make_patient("9", "Roe^Max")
        room.exam.desk.put(exam_of(room.bench, analysed(study=2, patient=patient)))
        assert room.view.last("show_impression") == ("", True, "")
    room.run()
    assert room.bench.store.reviewed(uid).impression == "kept"


def test_words_typed_and_taken_back_are_not_kept(room: Room) -> None:
    room.controller.edit_impression("x")
    room.controller.edit_impression("")
    room.tick()
    room.run()
    assert room.bench.store.calls["write_impression"] == 0
    assert not room.status.stale


def test_words_that_cannot_be_kept_stay_and_are_tried_again(room: Room) -> None:
    room.bench.store.failing["write_impression"] = StoreError("The disk is full.")
    room.controller.edit_impression("stay")
    room.tick()
    room.run()
    assert room.bench.said == ["The disk is full."]
    assert room.view.last("show_impression") == ("stay", True, "")
    del room.bench.store.failing["write_impression"]
    room.controller.leave()
    room.run()
    assert room.exam.kept().impression == "stay"


def test_without_a_library_words_stay_and_the_reason_is_said(room: Room) -> None:
    room.controller.edit_impression("stay")
    room.bench.library.problem = "The library is in use."
    room.tick()
    assert room.bench.said == ["The library is in use."]
    assert room.view.last("show_impression") == ("stay", True, "")
    room.bench.library.problem = None
    room.controller.flush()
    room.run()
    assert room.exam.kept().impression == "stay"


def test_what_is_not_in_the_library_cannot_be_written() -> None:
    exam = opened()
    exam.desk.put(replace(exam.exam, visit_uid=None))
    room = Room(exam)
    assert room.view.last("show_impression") == ("", False, UNSAVED)
    room.view.forget()
    room.controller.edit_impression("lost")
    assert room.view.last("show_impression") == ("", False, UNSAVED)


# Signing


def test_the_last_words_are_kept_before_they_are_signed(room: Room) -> None:
    room.exam.judge_all()
    room.controller.edit_impression("last words")
    room.controller.sign(READER)
    room.run()
    kept = room.exam.kept()
    assert kept.signed
    assert kept.impression == "last words"
    assert room.status.final
    assert room.status.line == room.printed.status
    assert room.status.line.startswith("Final - signed by Dr Reader")
    assert room.view.last("show_impression") == ("last words", False, "")
    signing = room.view.last("show_status")[1]
    assert (signing.possible, len(signing.signatures)) == (False, 2)
    room.view.forget()
    room.controller.edit_impression("later words")
    assert room.view.last("show_impression") == ("last words", False, "")
    room.tick()
    room.controller.leave()
    room.run()
    assert room.exam.kept().impression == "last words"


def test_nothing_is_signed_where_the_words_cannot_be_kept(room: Room) -> None:
    room.exam.judge_all()
    room.controller.edit_impression("last words")
    room.bench.store.failing["write_impression"] = StoreError("The disk is full.")
    room.controller.sign(READER)
    room.run()
    assert not room.exam.reviewed().signatures
    assert room.bench.said == ["The disk is full."]
    del room.bench.store.failing["write_impression"]
    room.controller.sign(READER)
    room.run()
    assert room.exam.kept().signed
    assert room.exam.kept().impression == "last words"


def test_signing_is_refused_as_in_the_review(room: Room) -> None:
    room.controller.sign(READER)
    room.run()
    assert room.bench.said == ["Accept or reject both hips first."]
    signing = room.view.last("show_status")[1]
    assert signing.obstacle == "Accept or reject both hips first."


def test_withdrawing_makes_it_a_draft_again(room: Room) -> None:
    room.exam.sign_all()
    assert room.status.final
    room.controller.withdraw("typing error")
    room.run()
    assert not room.status.final
    assert room.view.last("show_impression")[1]
    assert not room.status.line.startswith("Final")


# Giving out


def test_what_is_on_screen_is_saved_and_recorded(room: Room) -> None:
    room.controller.save_pdf(TARGET)
    room.run()
    assert len(room.bench.printed) == 1
    data = room.bench.written[TARGET]
    uid = room.exam.reviewed().analysis.uid
    assert room.bench.store.reports == [(uid, hashlib.sha256(data).hexdigest(), False, "")]
    assert room.bench.said == ["Saved as report.pdf."]


def test_a_signed_report_is_recorded_as_final(room: Room) -> None:
    room.exam.sign_all()
    room.controller.save_pdf(TARGET)
    room.run()
    ((_, _, final, reader),) = room.bench.store.reports
    assert (final, reader) == (True, READER)


def test_stale_pages_are_not_saved(room: Room) -> None:
    room.controller.edit_impression("new words")
    room.controller.save_pdf(TARGET)
    room.run()
    assert room.printed.impression == "new words"
    made = [report.impression for report in room.bench.printed]
    number = int(room.bench.written[TARGET].split()[-1])
    assert made[number - 1] == "new words"
    assert room.exam.kept().impression == "new words"


def test_saving_outlives_the_closing(room: Room) -> None:
    room.controller.save_pdf(TARGET)
    room.bench.jobs.closing = True
    room.run()
    assert TARGET in room.bench.written


def test_a_file_that_cannot_be_written_is_said_and_not_recorded() -> None:
    bench = make_bench()

    def refuse(_path: Path, _data: bytes) -> None:
        raise OutputError("The disk is full.")

    bench.services = replace(bench.services, write_file=refuse)
    room = Room(opened(bench))
    room.controller.save_pdf(TARGET)
    room.run()
    assert bench.said == ["The disk is full."]
    assert not bench.store.reports


def test_a_saved_file_that_cannot_be_recorded_is_still_saved(room: Room) -> None:
    room.bench.store.failing["record_report"] = StoreError("Not recorded.")
    room.controller.save_pdf(TARGET)
    room.run()
    assert TARGET in room.bench.written
    assert room.bench.said == ["Saved as report.pdf.", "Not recorded."]


def test_outside_the_library_it_is_saved_without_a_record() -> None:
    exam = opened()
    exam.desk.put(replace(exam.exam, visit_uid=None, patient_uid=None))
    room = Room(exam)
    room.controller.save_pdf(TARGET)
    room.run()
    assert TARGET in room.bench.written
    assert not room.bench.store.reports


def test_printing_hands_over_fine_pages_and_records_them(room: Room) -> None:
    room.controller.print_pages()
    room.run()
    pages = room.view.last("print_out")
    assert pages.dpi == PRINT_DPI
    assert pages.pictures[0].shape[0] == PRINT_DPI
    assert len(room.bench.store.reports) == 1
    assert len(room.bench.printed) == 1


def test_a_print_that_cannot_be_recorded_is_said(room: Room) -> None:
    room.bench.store.failing["record_report"] = StoreError("Not recorded.")
    room.controller.print_pages()
    room.run()
    assert room.view.every("print_out")
    assert room.bench.said == ["Not recorded."]


def test_pages_for_the_printer_of_a_closed_patient_are_dropped(room: Room) -> None:
    room.controller.print_pages()
    number = room.bench.jobs.work()
    room.exam.desk.put(None)
    room.bench.jobs.deliver(number)
    room.run()
    assert not room.view.every("print_out")


def test_the_file_name_tells_the_visit_and_whether_it_is_signed(room: Room) -> None:
    assert room.view.last("suggest_name") == "HipDesk report 4711 2024-03-01 draft.pdf"
    room.exam.judge_all()
    room.controller.sign(READER)
    room.run()
    assert room.view.last("suggest_name") == "HipDesk report 4711 2024-03-01 signed.pdf"


# A pair, one hip, no scores


@pytest.mark.parametrize("stacks", [False, True], ids=["series", "stacks"])
def test_a_pair_has_a_report_a_series(stacks: bool) -> None:
    room = Room(opened_pair(stacks=stacks))
    keys = [each.key for each in room.exam.exam.series]
    tabs = room.view.last("show_series")
    assert [(tab.sides, tab.shown) for tab in tabs] == [((RIGHT,), True), ((LEFT,), False)]
    assert room.view.last("suggest_name") == "HipDesk report 4711 2024-03-01 right draft.pdf"
    rows = {row.label: row for row in room.printed.findings}
    assert "—" not in (rows["U per slice, U/n"].right, rows["U per slice, U/n"].left)
    room.controller.choose_series(keys[1])
    assert room.view.last("show_pages") is None
    room.run()
    assert room.view.last("suggest_name") == "HipDesk report 4711 2024-03-01 left draft.pdf"
    assert room.view.last("show_pages") is not None
    assert [tab.shown for tab in room.view.last("show_series")] == [False, True]


def test_a_pairs_report_speaks_of_no_folder() -> None:
    report = Room(opened_pair()).printed
    (said,) = (words for words in report.notices if "other series" in words)
    assert said.startswith("The left hip was analysed from the other series")
    assert "folder" not in said
    assert "its figures are given above" in report.reasons[0]


def test_half_a_pair_signed_is_not_final() -> None:
    room = Room(opened_pair())
    room.exam.judge_all()
    room.exam.signing.sign(READER)
    room.bench.jobs.run()
    room.bench.store.failing["review"] = StoreError("The disk is full.")
    room.run()
    assert not room.status.final


@pytest.mark.parametrize("which", [{"sides": (LEFT,)}, {"contrast": Contrast.T1}])
def test_one_hip_or_no_score_still_makes_a_report(which: dict[str, Any]) -> None:
    room = Room(opened(**which))
    assert room.view.last("show_pages") is not None
    assert room.printed.reasons


def test_setters_are_called_with_differences_only(room: Room) -> None:
    room.view.forget()
    room.controller.choose_series(room.exam.series().key)
    room.exam.desk.change(replace(room.exam.series()))
    room.controller.enter()
    assert not room.view.calls
    room.controller.edit_impression("a")
    assert {name for name, _ in room.view.calls} == {"show_impression", "show_status"}
