"""The frame: what is in front, who is named, what runs, what is said, the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.messages import Action, Severity
from app.state import ComputeBadge, PatientHeader, Workspace
from hipdesk.errors import SettingsError, StoreError
from hipdesk.records import Compute, Contrast
from hipdesk.settings import Settings, Theme
from tests.app.fakes import make_patient, make_volume
from tests.app.window_factory import Window, make_window

JANE = make_patient()
ANALYSING = "Analysing the hips"


def one_study() -> Window:
    return make_window({"jane": [make_volume(JANE)]})


def test_the_frame_begins_empty_in_the_library():
    view = make_window().shell_view
    assert view.every("show_workspace") == [Workspace.LIBRARY]
    assert view.every("show_patient") == [None]
    assert view.every("show_badge") == [ComputeBadge()]
    assert view.every("show_settings") == [Settings()]
    assert view.last("show_jobs") == ()
    assert view.last("show_messages") == ()


@pytest.mark.parametrize("workspace", Workspace)
def test_every_workspace_can_be_reached_with_nothing_in_it(workspace: Workspace):
    window = make_window()
    window.shell_view.gestures.choose_workspace(workspace)
    assert window.workspace is workspace
    assert window.shell.workspace is workspace
    assert window.exam is None


def test_choosing_the_workspace_in_front_shows_nothing_anew():
    window = make_window()
    window.shell.choose_workspace(Workspace.LIBRARY)
    assert window.shell_view.every("show_workspace") == [Workspace.LIBRARY]


class Attendant:
    def __init__(self) -> None:
        self.told: list[str] = []

    def enter(self) -> None:
        self.told.append("enter")

    def leave(self) -> None:
        self.told.append("leave")


def test_a_workspace_is_told_when_it_comes_and_goes():
    window = make_window()
    follow_up, library = Attendant(), Attendant()
    window.shell.attend(Workspace.FOLLOW_UP, follow_up)
    window.shell.attend(Workspace.LIBRARY, library)
    assert (follow_up.told, library.told) == ([], ["enter"])
    window.shell.choose_workspace(Workspace.FOLLOW_UP)
    window.shell.choose_workspace(Workspace.FOLLOW_UP)
    assert (follow_up.told, library.told) == (["enter"], ["enter", "leave"])
    window.shell.choose_workspace(Workspace.REPORT)
    assert follow_up.told == ["enter", "leave"]


def test_the_header_names_who_is_on_screen():
    window = one_study()
    exam = window.analyse("jane")
    header = PatientHeader(JANE, exam.day)
    assert window.shell_view.every("show_patient") == [None, header]
    window.shell_view.gestures.close_patient()
    assert window.shell_view.last("show_patient") is None
    assert window.workspace is Workspace.LIBRARY
    assert window.exam is None


def test_the_badge_tells_of_the_last_analysis():
    window = one_study()
    window.analyse("jane")
    badge = window.shell_view.last("show_badge")
    assert badge.compute == Compute("auto", "cpu")
    assert badge.seconds > 0
    assert badge.tested is None
    window.shell.test_networks()
    window.bench.jobs.run_all()
    assert window.shell_view.last("show_badge").tested is True
    assert window.shell_view.last("show_badge").compute == badge.compute


def test_the_badge_tells_of_the_analysis_on_screen_only():
    window = make_window(
        {"jane": [make_volume(JANE)], "john": [make_volume(make_patient("4712", "Roe^John"))]}
    )
    first = window.analyse("jane")
    seconds = window.shell_view.last("show_badge").seconds
    window.open("john")
    window.run_until("Analysing the hips")
    assert window.shell_view.last("show_badge").seconds is None
    assert first.visit_uid is not None
    window.study.open_visit(first.visit_uid)
    window.bench.jobs.run_all()  # the other one ends meanwhile, off the screen
    assert window.exam is not None
    assert window.exam.visit_uid == first.visit_uid
    assert window.shell_view.last("show_badge").seconds == seconds
    window.shell_view.gestures.close_patient()
    assert window.shell_view.last("show_badge").seconds is None


def test_of_a_result_from_an_earlier_run_no_time_is_told():
    window = one_study()
    exam = window.analyse("jane")
    window.shell._seconds.clear()
    window.shell_view.gestures.close_patient()
    window.study.open_visit(exam.visit_uid)
    window.bench.jobs.run_all()
    badge = window.shell_view.last("show_badge")
    assert (badge.compute, badge.seconds) == (Compute("auto", "cpu"), None)


def test_before_an_analysis_the_badge_tells_where_the_networks_will_run():
    window = one_study()
    window.shell.test_networks()
    window.bench.jobs.run_all()
    badge = window.shell_view.last("show_badge")
    assert (badge.compute, badge.tested, badge.seconds) == (Compute("auto", "cpu"), True, None)


def test_networks_that_answer_otherwise_are_not_to_be_used(monkeypatch):
    window = one_study()
    monkeypatch.setattr("tests.stacks.FakeNetwork.self_test", lambda self: False)
    window.shell.test_networks()
    window.bench.jobs.run_all()
    assert window.shell_view.last("show_badge").tested is False
    assert "do not use" in window.bench.said[-1]


def test_the_library_comes_to_the_front_only_where_the_reader_must_choose():
    window = make_window(
        {"stir": [make_volume(JANE)], "t1": [make_volume(JANE, contrast=Contrast.T1, study=2)]}
    )
    window.shell.choose_workspace(Workspace.FOLLOW_UP)
    window.open("stir")
    window.run_until("Reading the images")
    assert window.workspace is Workspace.FOLLOW_UP
    window.bench.jobs.run_all()
    assert window.workspace is Workspace.REVIEW
    window.open("t1")
    window.bench.jobs.run_all()
    assert window.workspace is Workspace.LIBRARY


def test_an_analysis_that_ends_does_not_turn_the_page():
    window = one_study()
    window.open("jane")
    window.run_until(ANALYSING)
    window.shell.choose_workspace(Workspace.FOLLOW_UP)
    window.bench.jobs.run_all()
    assert window.exam.analysed
    assert window.workspace is Workspace.FOLLOW_UP


def test_a_visit_is_opened_where_it_was_asked_for():
    window = one_study()
    uid = window.analyse("jane").visit_uid
    window.shell.open_visit(uid, Workspace.REPORT)
    assert window.workspace is Workspace.REPORT  # it is on screen already
    window.shell.close_patient()
    window.shell.open_visit(uid, Workspace.REPORT)
    window.bench.jobs.run_all()
    assert window.workspace is Workspace.REPORT
    window.shell.close_patient()
    window.shell.open_visit(uid)
    window.bench.jobs.run_all()
    assert window.workspace is Workspace.REVIEW


def test_a_report_that_could_not_be_opened_does_not_come_later():
    window = one_study()
    uid = window.analyse("jane").visit_uid
    window.shell.close_patient()
    window.bench.store.failing["load"] = StoreError("It cannot be read.")
    window.shell.open_visit(uid, Workspace.REPORT)
    window.bench.jobs.run_all()
    assert window.exam is None
    window.bench.store.failing.clear()
    window.shell.choose_workspace(Workspace.LIBRARY)
    window.study.open_visit(uid)
    window.bench.jobs.run_all()
    assert window.workspace is Workspace.REVIEW


def test_a_study_without_a_date_asks_for_one():
    window = make_window({"undated": [make_volume(JANE, day=None)]})
    window.analyse("undated")
    (said,) = window.said
    assert said.startswith("This study states no date")
    window.act("Give a date")
    assert window.workspace is Workspace.LIBRARY
    assert window.said == []


def test_a_study_without_a_date_that_is_not_on_screen_asks_nothing():
    window = make_window({"undated": [make_volume(JANE, day=None)]})
    window.open("undated")
    window.run_until(ANALYSING)
    window.shell.close_patient()
    window.bench.jobs.run_all()
    assert window.said == ["The study opened at 14:30 is analysed."]


def test_jobs_are_shown_and_can_be_stopped():
    window = one_study()
    window.open("jane")
    (job,) = window.shell_view.last("show_jobs")
    assert (job.what, job.waiting, job.cancellable) == ("Looking for images", True, True)
    window.shell_view.gestures.cancel_job(job.number)
    assert window.shell_view.last("show_jobs") == ()
    assert window.exam is None


def test_messages_are_shown_done_and_dismissed():
    window = make_window()
    done: list[str] = []
    messages = window.bench.messages
    first = messages.say(Severity.ERROR, "One.")
    second = messages.say(Severity.WARNING, "Two.", Action("Do", lambda: done.append("two")))
    assert [each.text for each in window.shell_view.last("show_messages")] == ["One.", "Two."]
    window.shell_view.gestures.dismiss_message(first)
    window.shell_view.gestures.act_on_message(second)
    assert done == ["two"]
    assert window.shell_view.last("show_messages") == ()


def test_what_was_said_before_the_window_is_shown_in_it():
    window = make_window(begin=False)
    window.bench.messages.say(Severity.ERROR, "Early.")
    window.shell.begin()
    assert [each.text for each in window.shell_view.last("show_messages")] == ["Early."]


# Settings


def test_changed_settings_are_kept_and_take_effect():
    window = make_window()
    changed = Settings(theme=Theme.LIGHT, reader_name="Dr A")
    window.shell_view.gestures.change_settings(changed)
    assert window.bench.keeper.settings == changed
    assert window.shell_view.last("show_settings") == changed
    assert window.said == []


def test_another_library_is_for_the_next_start():
    window = make_window()
    window.shell.change_settings(Settings(library="elsewhere"))
    assert window.said == ["The other library is opened at the next start."]


def test_settings_that_cannot_be_kept_fall_back(monkeypatch: pytest.MonkeyPatch):
    window = make_window()

    def fail(_settings: Settings) -> None:
        raise SettingsError("The settings cannot be written.")

    monkeypatch.setattr(window.bench.keeper, "keep", fail)
    window.shell.change_settings(Settings(theme=Theme.DARK))
    assert window.said == ["The settings cannot be written."]
    assert window.shell_view.every("show_settings") == [Settings(), Settings()]


# The way out


def test_an_idle_program_closes():
    window = one_study()
    assert window.shell.close() is True


def test_closing_stops_work_and_remembers_it():
    window = one_study()
    window.open("jane")
    window.run_until(ANALYSING)
    assert window.shell.close() is True
    assert window.bench.jobs.running == ()
    assert window.bench.keeper.interrupted() == (Path("jane"),)


def unsaved() -> Window:
    window = one_study()
    window.bench.store.failing["add"] = StoreError("The disk is full.")
    window.analyse("jane")
    return window


def test_an_unsaved_result_holds_the_door_once():
    window = unsaved()
    assert window.shell.close() is False
    assert window.said[-1].startswith("A result is not in the patient library yet")
    assert window.exam.analysed, "nothing was stopped or cleared"
    assert window.shell.close() is True
    assert window.bench.keeper.interrupted() == (Path("jane"),), "offered at the next start"


def test_the_warning_is_the_newest_of_the_gravest_every_time():
    window = unsaved()
    for error in ("Another error.", "And another."):
        window.shell._warned_of = 0
        window.bench.messages.say(Severity.ERROR, error)
        assert window.shell.close() is False
        newest = max(window.bench.messages.present, key=lambda each: each.number)
        assert newest.text.startswith("A result is not in the patient library yet")
        assert newest.severity is Severity.ERROR
    window.bench.store.failing.clear()
    window.study.save_again()
    window.bench.jobs.run_all()
    assert window.said == ["Another error.", "And another."]


def test_saved_on_the_way_out_the_door_is_open():
    window = unsaved()
    window.bench.messages.dismiss(window.bench.messages.present[0].number)
    assert window.shell.close() is False
    window.bench.store.failing.clear()
    window.act("Save again")
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"
    assert window.shell.close() is True


def test_who_stays_is_warned_again():
    window = unsaved()
    window.shell.close()
    window.bench.messages.dismiss(window.bench.messages.present[0].number)
    window.act("Save again")
    window.bench.jobs.run_all()
    assert window.shell.close() is False


def test_messages_are_of_the_patient_who_was_on_screen():
    john = make_patient("B-2", "Roe^John")
    window = make_window({"jane": [make_volume(JANE)], "john": [make_volume(john)]})
    window.analyse("jane")
    window.bench.messages.say(Severity.ERROR, "Nothing was saved.")
    window.analyse("john")
    (message,) = (each for each in window.bench.messages.present if "Nothing" in each.text)
    assert message.elsewhere


def test_a_lone_table_is_tried_out_and_all_else_opened_as_images():
    window = one_study()
    tried: list[Path] = []
    window.shell.offer_tables(tried.append)
    for paths in (["Facts.CSV"], ["a.tsv"], ["jane"], ["a.csv", "b.csv"], ["notes.txt"]):
        window.shell_view.gestures.open_paths([Path(path) for path in paths])
    assert tried == [Path("Facts.CSV"), Path("a.tsv")]


def test_without_anyone_for_tables_they_are_opened_as_files():
    window = one_study()
    window.shell_view.gestures.open_paths([Path("jane.csv")])
    assert window.exam is None
