"""The library's page: what it lists, whose answer counts, who may be one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.state import Likeness
from hipdesk.errors import StoreError
from hipdesk.records import Side
from hipdesk.review import Review, ReviewKind
from hipdesk.settings import Settings
from tests.app.fakes import NOW, FakeView, make_patient, make_volume
from tests.app.window_factory import Window, make_window

JANE = make_patient()
JOHN = make_patient("0815", "Roe^John")
SEARCHING = "Searching the library"
LIKENESS = "Looking for the same person"


def filled(**options: object) -> Window:
    """Two visits of Jane and one of John, who is on screen."""
    window = make_window(
        {
            "jane 1": [make_volume(JANE, study=1, day=date(2023, 1, 1))],
            "jane 2": [make_volume(JANE, study=2, day=date(2024, 1, 1))],
            "john": [make_volume(JOHN, study=3, day=date(2024, 2, 2))],
        },
        **options,
    )
    for folder in ("jane 1", "jane 2", "john"):
        window.analyse(folder)
    return window


def listed(window: Window) -> list[str]:
    rows, _chosen, _words = window.library_view.last("show_patients")
    return [row.patient.name for row in rows]


def days(window: Window) -> list[date | None]:
    return [row.visit.day for row in window.library_view.last("show_visits")]


def on_screen(window: Window) -> list[bool]:
    return [row.on_screen for row in window.library_view.last("show_visits")]


# Lists


def test_an_empty_library_is_shown_empty():
    view = make_window().library_view
    assert view.every("show_patients") == [((), None, "")]
    assert view.every("show_visits") == [()]
    assert view.every("show_found") == [None]
    assert view.every("show_likeness") == [Likeness()]
    assert view.every("show_problem") == [None]


def test_patients_come_last_visit_first_and_visits_newest_first():
    window = filled()
    assert listed(window) == ["Roe^John", "Doe^Jane"]
    rows, _, _ = window.library_view.last("show_patients")
    assert [(row.visits, row.last_day) for row in rows] == [
        (1, date(2024, 2, 2)),
        (2, date(2024, 1, 1)),
    ]
    window.library_view.gestures.choose_patient("patient-1")
    assert window.library_view.last("show_visits") == (), "nobody else's meanwhile"
    window.bench.jobs.run_all()
    assert days(window) == [date(2024, 1, 1), date(2023, 1, 1)]
    assert on_screen(window) == [False, False]
    row = window.library_view.last("show_visits")[0]
    assert row.visit.hip(Side.RIGHT).score.u_intensity > 0
    assert row.analyses[0].thumbnail.ndim == 2
    assert window.library_view.last("show_patients")[1] == "patient-1"


def test_the_patient_on_screen_is_the_chosen_one():
    window = filled()
    assert window.library_view.last("show_patients")[1] == "patient-2"
    assert on_screen(window) == [True]


def test_a_change_of_the_exam_does_not_take_the_reader_back_to_its_patient():
    window = filled()
    window.library.choose_patient("patient-1")
    window.bench.jobs.run_all()
    series = window.exam.series[0]
    window.desk.change(replace(series, reviewed=replace(series.reviewed, impression="x")))
    window.bench.jobs.run_all()
    assert window.library_view.last("show_patients")[1] == "patient-1"
    assert len(days(window)) == 2


def test_a_search_lists_whom_its_words_describe():
    window = filled()
    window.library_view.gestures.search("jane")
    assert window.library_view.last("show_patients")[2] == "", "words belong to their rows"
    window.bench.jobs.run_all()
    assert listed(window) == ["Doe^Jane"]
    assert window.library_view.last("show_patients")[2] == "jane"


def test_an_overtaken_answer_is_dropped():
    window = filled()
    window.library.search("jane")
    late = window.bench.jobs.work()
    window.library.search("john")
    window.bench.jobs.deliver(late)
    assert listed(window) == ["Roe^John", "Doe^Jane"]
    window.bench.jobs.run_all()
    assert listed(window) == ["Roe^John"]


def test_visits_of_a_patient_who_is_not_chosen_any_more_are_dropped():
    window = filled()
    window.library.choose_patient("patient-1")
    late = window.bench.jobs.work()
    window.library.choose_patient("patient-2")
    window.bench.jobs.deliver(late)
    assert days(window) == []
    window.bench.jobs.run_all()
    assert days(window) == [date(2024, 2, 2)]


def test_reading_visits_that_fails_says_so():
    window = filled()
    window.bench.store.failing["entries"] = StoreError("The library cannot be read.")
    window.library.choose_patient("patient-1")
    window.bench.jobs.run_all()
    assert window.said == ["The library cannot be read."]
    assert days(window) == []


def test_refreshing_shows_what_a_reader_did():
    window = filled()
    uid = window.exam.series[0].reviewed.analysis.uid
    event = Review(Side.RIGHT, 0, ReviewKind.ACCEPTED, "Dr A", NOW)
    window.bench.store.review(uid, [event])
    window.library.refresh()
    window.bench.jobs.run_all()
    (row,) = window.library_view.last("show_visits")
    assert row.analyses[0].verdicts[Side.RIGHT] == "accepted"


def test_a_new_result_joins_the_lists():
    window = filled()
    window.bench.reader.put("john 2", make_volume(JOHN, study=4, day=date(2024, 5, 5)))
    window.analyse("john 2")
    assert days(window) == [date(2024, 5, 5), date(2024, 2, 2)]
    assert on_screen(window) == [True, False]
    assert window.library_view.last("show_patients")[0][0].visits == 2


def test_nothing_is_shown_twice():
    window = filled()
    before = len(window.library_view.calls)
    window.desk.change(replace(window.exam.series[0]))
    window.library.close_found()
    assert len(window.library_view.calls) == before


def test_closing_the_patient_clears_the_visits_but_not_the_list():
    window = filled()
    window.shell.close_patient()
    window.bench.jobs.run_all()
    assert window.library_view.last("show_visits") == ()
    assert window.library_view.last("show_patients")[1] is None
    assert len(listed(window)) == 2


# Opening


def test_the_page_opens_visits_and_folders():
    window = filled()
    window.library_view.gestures.open_visit("visit-1")
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"
    assert on_screen(window) == [False, True]
    window.library_view.gestures.open_paths([Path("john")])
    window.bench.jobs.run_all()
    assert window.exam.patient == JOHN


def test_the_latest_visit_can_be_opened():
    window = filled()
    window.bench.reader.put("undated", make_volume(JOHN, study=4, day=None))
    window.analyse("undated")
    window.shell.close_patient()
    window.library.open_latest()
    window.bench.jobs.run_all()
    assert window.exam.day == date(2024, 2, 2)
    assert window.exam.patient == JOHN


def test_of_an_empty_library_nothing_opens():
    window = make_window()
    window.library.open_latest()
    window.bench.jobs.run_all()
    assert window.exam is None
    assert window.said == []


def test_the_found_page_can_be_left():
    window = make_window({"two": [make_volume(JANE), make_volume(JOHN, study=2)]})
    window.open("two")
    window.bench.jobs.run_all()
    assert window.found is not None
    window.library_view.gestures.close_found()
    assert window.found is None
    window.library_view.gestures.analyse_series("1.2.1.1")
    assert window.bench.jobs.running == ()


# Dates


def undated() -> Window:
    window = make_window({"undated": [make_volume(JANE, day=None)]})
    window.analyse("undated")
    window.act("Give a date")
    return window


def test_an_undated_visit_gets_its_date_everywhere():
    window = undated()
    assert days(window) == [None]
    window.library_view.gestures.date_visit("visit-1", date(2024, 2, 29))
    window.bench.jobs.run_all()
    assert days(window) == [date(2024, 2, 29)]
    assert window.exam.day == date(2024, 2, 29)
    assert window.shell_view.last("show_patient").day == date(2024, 2, 29)


def test_a_stored_visit_without_a_date_asks_for_it_again():
    window = undated()
    window.shell.close_patient()
    assert window.said == []
    window.library_view.gestures.open_visit("visit-1")
    window.bench.jobs.run_all()
    assert window.said == ["This study states no date; without one it stays out of every trend."]
    window.act("Give a date")
    assert window.workspace == "library"
    window.library_view.gestures.date_visit("visit-1", date(2024, 2, 29))
    window.bench.jobs.run_all()
    (row,) = window.library_view.last("show_visits")
    assert row.dated_by == window.bench.keeper.settings.reader_name


def test_right_and_left_of_two_studies_of_a_visit_open_together():
    day = date(2024, 1, 1)
    left = make_volume(JANE, study=2, number=2, day=day, sides=(Side.LEFT,))
    right = make_volume(JANE, study=1, day=day, sides=(Side.RIGHT,))
    window = make_window({"left": [left], "right": [right]})
    window.analyse("left")
    window.analyse("right")
    window.shell.close_patient()
    window.library_view.gestures.open_visit("visit-1")
    window.bench.jobs.run_all()
    assert [each.reviewed.sides for each in window.exam.series] == [(Side.RIGHT,), (Side.LEFT,)]
    assert len({each.volume.series.study.uid for each in window.exam.series}) == 2


def test_a_visit_that_was_put_aside_meanwhile_is_not_opened():
    window = filled()
    window.bench.store.put_aside(["visit-1"], "a phantom", "A")
    window.library_view.gestures.open_visit("visit-1")
    window.bench.jobs.run_all()
    assert window.said == ["This visit was put aside; bring it back in the library to open it."]
    assert window.exam.visit_uid == "visit-3"


def test_a_visit_says_whom_its_images_name_if_that_is_somebody_else():
    window = filled()
    window.bench.store.move_visit("visit-1", "patient-2", "A", "seen")
    window.library.choose_patient("patient-2")
    window.library.refresh()
    window.bench.jobs.run_all()
    rows = window.library_view.last("show_visits")
    assert [(row.visit.uid, row.stated) for row in rows] == [("visit-3", None), ("visit-1", JANE)]


def test_a_date_of_another_visit_leaves_the_exam_alone():
    window = undated()
    window.bench.reader.put("john", make_volume(JOHN, study=2))
    exam = window.analyse("john")
    window.library.date_visit("visit-1", date(2024, 2, 29))
    window.bench.jobs.run_all()
    assert window.exam is exam


def test_no_visit_lies_in_the_future():
    window = undated()
    window.library.date_visit("visit-1", date(2024, 5, 7))
    window.bench.jobs.run_all()
    assert window.said == ["A visit cannot lie in the future."]
    assert days(window) == [None]
    window.library.date_visit("visit-1", NOW.date())
    window.bench.jobs.run_all()
    assert days(window) == [NOW.date()]


def test_a_date_that_cannot_be_kept_is_not_shown():
    window = undated()
    window.bench.store.failing["date_visit"] = StoreError("The disk is full.")
    window.library.date_visit("visit-1", date(2024, 2, 29))
    window.bench.jobs.run_all()
    assert window.said == ["The disk is full."]
    assert window.exam.day is None


# One person or two


def alike() -> Window:
    """Jane was here before; now come images that state no issuer."""
    window = make_window(
        {
            "before": [make_volume(JANE, day=date(2023, 1, 1))],
            "now": [make_volume(make_patient(issuer=""), study=2)],
        },
        settings=Settings(reader_name="Dr A"),
    )
    window.analyse("before")
    window.analyse("now")
    return window


def test_a_likeness_is_offered_never_merged():
    window = alike()
    likeness = window.library_view.last("show_likeness")
    assert likeness.joined is None
    offer = likeness.offer
    assert (offer.visit_uid, offer.here_uid, offer.other.uid) == (
        "visit-2",
        "patient-2",
        "patient-1",
    )
    assert offer.here.issuer == ""
    assert len(days(window)) == 1


def test_joining_moves_the_visit_and_can_be_taken_back():
    window = alike()
    window.library_view.gestures.join_offered()
    window.bench.jobs.run_all()
    likeness = window.library_view.last("show_likeness")
    assert likeness.offer is None
    assert likeness.joined.other.uid == "patient-1"
    assert window.exam.patient_uid == "patient-1"
    assert len(days(window)) == 2
    assert listed(window) == ["Doe^Jane"]

    window.library_view.gestures.take_back_joining()
    window.bench.jobs.run_all()
    assert window.exam.patient_uid == "patient-2"
    assert len(days(window)) == 1
    assert len(listed(window)) == 2
    assert window.library_view.last("show_likeness").offer == likeness.joined


def test_two_people_are_not_offered_again():
    window = alike()
    window.library_view.gestures.keep_apart()
    window.bench.jobs.run_all()
    assert window.library_view.last("show_likeness") == Likeness()
    window.library.open_visit("visit-1")
    window.bench.jobs.run_all()
    assert window.library_view.last("show_likeness") == Likeness()


def test_an_undecided_likeness_is_offered_when_the_visit_opens_again():
    window = alike()
    window.shell.close_patient()
    assert window.library_view.last("show_likeness") == Likeness()
    window.library.open_visit("visit-2")
    window.bench.jobs.run_all()
    assert window.library_view.last("show_likeness").offer.visit_uid == "visit-2"


def test_an_offer_that_comes_after_its_patient_was_closed_is_dropped():
    window = alike()
    window.shell.close_patient()
    window.library.open_visit("visit-2")
    window.run_until(LIKENESS)
    late = window.bench.jobs.work()
    window.shell.close_patient()
    window.bench.jobs.deliver(late)
    window.bench.jobs.run_all()
    assert window.library_view.last("show_likeness") == Likeness()


def test_a_joining_that_fails_changes_nothing():
    window = alike()
    before = window.library_view.last("show_likeness")
    window.bench.store.failing["move_visit"] = StoreError("The disk is full.")
    window.library.join_offered()
    window.bench.jobs.run_all()
    assert window.said == ["The disk is full."]
    assert window.library_view.last("show_likeness") is before
    assert window.exam.patient_uid == "patient-2"


def test_a_joining_told_after_another_patient_was_opened_is_silent():
    window = alike()
    window.bench.reader.put("john", make_volume(JOHN, study=3))
    window.library.join_offered()
    (joining,) = [each.number for each in window.bench.jobs.running]
    window.bench.jobs.work(joining)
    exam = window.analyse("john")
    window.bench.jobs.deliver(joining)
    window.bench.jobs.run_all()
    assert window.exam is exam
    assert window.library_view.last("show_likeness") == Likeness()


@pytest.mark.parametrize("gesture", ["join_offered", "keep_apart", "take_back_joining"])
def test_without_an_offer_there_is_nothing_to_decide(gesture: str):
    window = filled()
    before = len(window.bench.jobs.started)
    getattr(window.library, gesture)()
    assert len(window.bench.jobs.started) == before


def test_the_reader_of_the_settings_is_recorded(monkeypatch: pytest.MonkeyPatch):
    window = alike()
    readers = []
    store = window.bench.store
    moved = store.move_visit

    def move(visit: str, patient: str, reader: str, reason: str = "") -> str:
        readers.append(reader)
        return moved(visit, patient, reader, reason)

    monkeypatch.setattr(store, "move_visit", move)
    window.library.join_offered()
    window.bench.jobs.run_all()
    assert readers == ["Dr A"]


# The door


def test_a_library_out_of_reach_says_why_until_it_opens():
    window = make_window(problem="The library is in use.")
    view: FakeView = window.library_view
    assert view.last("show_problem") == "The library is in use."
    window.library.search("jane")
    assert window.bench.jobs.running == ()
    view.gestures.retry_library()
    window.bench.jobs.run_all()
    assert window.bench.library.retried == 2
    assert view.every("show_problem") == [None, "The library is in use."]
    window.bench.library.mended = True
    view.gestures.retry_library()
    window.bench.jobs.run_all()
    assert view.last("show_problem") is None
    assert window.bench.store.calls["patients"] == 1


def test_a_library_lost_meanwhile_is_told_at_the_next_question():
    window = filled()
    window.bench.library.problem = "The server does not answer."
    window.library.choose_patient("patient-1")
    assert window.library_view.last("show_problem") == "The server does not answer."


def test_the_clinical_record_of_a_visit_is_asked_for():
    window = filled()
    window.library_view.gestures.show_clinical("visit-1")
    assert window.clinical == ["visit-1"]
