"""From a folder or a stored visit to the desk, whatever happens on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from app.controllers import opening
from app.state import Workspace
from hipdesk.errors import BugError, DamagedImage, ModelError, StoreError, UnreadableInput
from hipdesk.records import (
    Contrast,
    Notice,
    Origin,
    Patient,
    Plane,
    Reason,
    SegmentClass,
    Side,
    SkippedFile,
)
from hipdesk.review import Review, ReviewKind
from tests.app.fakes import NOW, make_patient, make_volume
from tests.app.window_factory import Window, make_window

LOOKING, READING = "Looking for images", "Reading the images"
ANALYSING, SAVING = "Analysing the hips", "Saving the result"
OPENING = "Opening the visit"

JANE = make_patient()
JOHN = make_patient("0815", "Roe^John")


def one_study() -> Window:
    return make_window({"jane": [make_volume(JANE)]})


def two_studies() -> Window:
    return make_window(
        {"jane": [make_volume(JANE)], "john": [make_volume(JOHN, study=2, day=date(2024, 4, 2))]}
    )


def pair(patient: Patient = JANE) -> list:
    """A right and a left series of one study, each with one hip and a narrow field of view."""
    volumes = []
    for number, side in enumerate(Side, start=1):
        volume = make_volume(patient, number=number, sides=(side,), description=f"cor {side}")
        half = slice(0, 80) if side is Side.RIGHT else slice(80, 160)
        affine = volume.series.affine.copy()
        affine[:3, 3] += affine[:3, 2] * half.start
        series = replace(volume.series, affine=affine, columns=80)
        volumes.append(replace(volume, series=series, voxels=volume.voxels[:, :, half].copy()))
    return volumes


# The way


def test_a_folder_becomes_images_then_a_result_then_a_visit():
    window = one_study()
    window.open("jane")
    window.run_until(READING)
    assert window.found.rows[0].chosen
    assert window.found.patient == JANE
    assert window.exam is None

    window.bench.jobs.run()
    exam = window.exam
    assert exam.patient == JANE
    assert exam.day == date(2024, 3, 1)
    assert [each.reviewed for each in exam.series] == [None]
    assert exam.series[0].stack.slices == 9
    assert window.workspace is Workspace.REVIEW

    window.run_until(SAVING)
    assert not window.exam.analysed, "nothing is judged before it is in the library"
    window.bench.jobs.run()
    exam = window.exam
    assert exam.analysed
    assert (exam.visit_uid, exam.patient_uid) == ("visit-1", "patient-1")
    analysis = exam.series[0].reviewed.analysis
    assert analysis.hip(Side.RIGHT).score.bme_ml > 0.5
    outlines = exam.series[0].stack.picture(4).outlines
    assert SegmentClass.BME in outlines[Side.RIGHT]
    assert window.bench.store.kept[analysis.uid].thumbnail.shape == (96, 154)
    assert window.found is None
    assert window.said == []


def test_results_say_where_they_come_from_and_what_keeps_them_apart():
    window = make_window({"nobody": [make_volume(make_patient(issuer=""))]})
    notices = window.analyse("nobody").series[0].reviewed.analysis.notices
    assert notices[0].code == "not_joined"
    assert "issuer" in notices[0].message


def test_what_is_analysed_is_remembered_until_it_is_saved():
    window = one_study()
    keeper = window.bench.keeper
    window.open("jane")
    window.run_until(ANALYSING)
    assert keeper.interrupted() == (Path("jane"),)
    window.run_until(SAVING)
    assert keeper.interrupted() == (Path("jane"),)
    window.bench.jobs.run()
    assert keeper.interrupted() == ()


def test_an_interrupted_analysis_is_offered_once():
    window = make_window({"jane": [make_volume(JANE)]}, interrupted=(Path("jane"),))
    assert window.said == ["The program ended before an analysis was finished."]
    assert window.bench.keeper.interrupted() == ()
    window.act("Analyse again")
    window.bench.jobs.run_all()
    assert window.exam.analysed
    assert window.said == []


def test_several_folders_are_one_study():
    stir, t1 = make_volume(JANE), make_volume(JANE, number=2, contrast=Contrast.T1)
    window = make_window({"a": [stir], "b": [t1]})
    window.open("a", "b", "gone")
    window.bench.reader.folders[Path("gone")] = UnreadableInput("It cannot be opened.")
    window.run_until(READING)
    assert window.found.name == "a, b, gone"
    assert {row.contrast for row in window.found.rows} == {Contrast.STIR, Contrast.T1}
    assert window.found.skipped == {"It cannot be opened.": 1}
    assert window.found.seconds == 1.0


def test_a_right_and_a_left_series_are_one_exam():
    window = make_window({"pair": pair()})
    exam = window.analyse("pair")
    right, left = exam.series
    assert right.reviewed.sides == (Side.RIGHT,)
    assert left.reviewed.sides == (Side.LEFT,)
    assert right.reviewed.analysis.hip(Side.LEFT).reason is Reason.SEPARATE_SERIES
    assert window.bench.store.calls["add"] == 2
    visit = window.bench.store.entries(exam.patient_uid)[0]
    assert len(visit.analyses) == 2

    window.shell.close_patient()
    window.study.open_visit(exam.visit_uid)
    window.bench.jobs.run_all()
    assert [each.key for each in window.exam.series] == [each.key for each in exam.series]
    assert window.exam.analysed


def test_a_right_and_a_left_stack_under_one_uid_are_one_exam():
    right, left = pair()
    left = replace(left, series=replace(left.series, uid=right.series.uid))
    window = make_window({"right": [right], "left": [left]})
    exam = window.analyse("right", "left")
    assert [each.volume.pixel_sha256 for each in exam.series] == [
        right.pixel_sha256,
        left.pixel_sha256,
    ]
    assert [each.reviewed.sides for each in exam.series] == [(Side.RIGHT,), (Side.LEFT,)]
    visit = window.bench.store.entries(exam.patient_uid)[0]
    assert len(visit.analyses) == 2

    window.shell.close_patient()
    window.study.open_visit(exam.visit_uid)
    window.bench.jobs.run_all()
    assert [each.key for each in window.exam.series] == [each.key for each in exam.series]


def test_the_series_of_a_pair_without_a_hip_leaves_the_exam():
    right, left = pair()
    empty = replace(left, voxels=np.zeros_like(left.voxels))
    window = make_window({"pair": [right, empty]})
    exam = window.analyse("pair")
    assert [each.volume.series.uid for each in exam.series] == [right.series.uid]


# Nothing, or too much


def test_where_nothing_suits_the_page_says_why_of_each_series():
    t1 = make_volume(JANE, contrast=Contrast.T1)
    axial = make_volume(JANE, number=2)
    axial = replace(axial, series=replace(axial.series, plane=Plane.AXIAL))
    window = make_window({"t1": [t1, axial]})
    window.shell.choose_workspace(Workspace.REVIEW)
    window.open("t1")
    window.bench.jobs.run_all()
    assert window.exam is None
    assert window.workspace is Workspace.LIBRARY
    assert "analyse it for heads and bones" in window.found.reason
    first, second = window.found.rows
    assert (first.uid, first.forced, first.usable, first.chosen) == ("1.2.1.1", True, False, False)
    assert (second.uid, second.forced) == ("1.2.1.2", False)
    assert "Its plane is axial, not coronal." in second.reasons

    window.library_view.gestures.analyse_series("1.2.1.1")
    window.bench.jobs.run_all()
    analysis = window.exam.series[0].reviewed.analysis
    assert analysis.hip(Side.RIGHT).reason is Reason.NOT_FLUID_SENSITIVE
    assert analysis.hip(Side.RIGHT).score.head_ml > 20
    assert window.found is not None, "the reader may want another series"
    assert [row.chosen for row in window.found.rows] == [True, False]
    assert window.workspace is Workspace.REVIEW


def test_a_series_that_cannot_be_analysed_is_refused_in_a_sentence():
    axial = make_volume(JANE)
    axial = replace(axial, series=replace(axial.series, plane=Plane.AXIAL))
    window = make_window({"axial": [axial]})
    window.open("axial")
    window.bench.jobs.run_all()
    window.library_view.gestures.analyse_series("1.2.1.1")
    window.bench.jobs.run_all()
    assert window.exam is None
    assert "cannot be analysed" in window.said[0]


def test_of_several_patients_the_reader_chooses_a_series():
    window = make_window({"cd": [make_volume(JANE), make_volume(JOHN, study=2)]})
    window.open("cd")
    window.bench.jobs.run_all()
    assert window.exam is None
    assert window.found.patient is None
    assert "2 patients were found; choose the series" in window.found.reason
    assert window.found.several == ""
    window.library_view.gestures.analyse_series("1.2.2.1")
    window.bench.jobs.run_all()
    assert window.exam.patient == JOHN
    codes = [notice.code for notice in window.exam.series[0].reviewed.analysis.notices]
    assert codes[0] == "several_patients"


def test_several_patients_are_told_where_nothing_can_be_chosen():
    t1 = [make_volume(who, study=at, contrast=Contrast.T1) for at, who in ((1, JANE), (2, JOHN))]
    window = make_window({"cd": t1})
    window.open("cd")
    window.bench.jobs.run_all()
    found = window.found
    assert found.people == 2
    assert "not fluid-sensitive" in found.reason
    assert found.several.startswith("Images of 2 patients were found; choose the series")
    assert {(row.patient, row.day) for row in found.rows} == {
        (each.series.patient, each.series.study.date) for each in t1
    }


def test_an_empty_folder_says_what_was_left_out():
    window = make_window()
    skipped = [SkippedFile(Path("a.txt"), "It is not a DICOM file.")] * 2
    window.bench.reader.put("zip", skipped=skipped)
    window.open("zip")
    window.bench.jobs.run_all()
    assert window.found.rows == ()
    assert window.found.patient is None
    assert window.found.skipped == {"It is not a DICOM file.": 2}
    assert window.found.reason.startswith("No usable image was found (2 of 2 files")


def test_gestures_without_an_object_do_nothing():
    window = one_study()
    window.study.open_paths([])
    window.study.analyse_series("1.2.1.1")
    assert window.bench.jobs.started[-1].what != LOOKING
    window.open("jane")
    window.run_until(READING)
    window.study.analyse_series("unknown")
    assert window.bench.jobs.waiting == (READING,)


# What goes wrong


def test_a_folder_that_cannot_be_opened_leaves_everything_as_it_was():
    window = one_study()
    window.bench.reader.folders[Path("gone")] = UnreadableInput("It cannot be opened.")
    exam = window.analyse("jane")
    window.open("gone")
    window.bench.jobs.run_all()
    assert window.said == ["It cannot be opened."]
    assert window.exam is exam
    assert window.found is None


def test_damaged_images_leave_the_found_page():
    window = one_study()
    window.bench.reader.damaged["1.2.1.1"] = DamagedImage("A slice cannot be decoded.")
    window.open("jane")
    window.bench.jobs.run_all()
    assert window.said == ["A slice cannot be decoded."]
    assert window.exam is None
    assert window.found is not None
    assert window.bench.keeper.interrupted() == ()


def no_hips(window: Window) -> None:
    volume = make_volume(JANE, sides=())
    window.bench.reader.put("jane", volume)


def no_models(window: Window) -> None:
    window.bench.networks.error = ModelError("The model is missing.")


@pytest.mark.parametrize(
    ("spoil", "words"), [(no_hips, "No femoral head"), (no_models, "The model is missing.")]
)
def test_a_failed_analysis_leaves_images_that_can_be_scrolled(
    spoil: Callable[[Window], None], words: str
):
    window = one_study()
    spoil(window)
    window.open("jane")
    window.bench.jobs.run_all()
    (said,) = window.said
    assert said.startswith(words)
    assert not window.exam.analysed
    assert window.exam.visit_uid is None
    assert window.bench.keeper.interrupted() == ()
    assert window.found is not None, "another series can be chosen"


def test_a_failed_analysis_of_another_study_says_which():
    window = two_studies()
    no_hips(window)
    window.open("jane")
    window.run_until(ANALYSING)
    window.open("john")
    window.bench.jobs.run_all()
    (said,) = window.said
    assert said.startswith("The analysis of the study opened at 14:30 failed: No femoral head")
    assert window.exam.patient == JOHN


def test_our_own_fault_is_told_once():
    window = one_study()
    window.bench.networks.error = BugError("shape (1, 2)")
    window.bench.jobs.forgiving = True
    window.open("jane")
    window.bench.jobs.run_all()
    (said,) = window.said
    assert said.startswith("Something went wrong inside HipDesk")
    assert not window.exam.analysed
    assert window.bench.keeper.interrupted() == ()


# The library fails


def test_a_result_that_cannot_be_saved_is_shown_and_can_be_saved_again():
    window = one_study()
    window.bench.store.failing["add"] = StoreError("The disk is full.")
    exam = window.analyse("jane")
    assert exam.visit_uid is None
    assert window.said == ["The disk is full."]
    assert window.study.unsaved == 1
    assert window.bench.keeper.interrupted() == (Path("jane"),)

    window.act("Save again")
    window.bench.jobs.run_all()
    assert window.said == ["The disk is full."], "and once more"

    window.bench.store.failing.clear()
    window.act("Save again")
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"
    assert window.exam.series == exam.series
    assert window.study.unsaved == 0
    assert window.bench.keeper.interrupted() == ()
    assert window.said == []


def test_half_a_pair_is_not_saved_twice():
    window = make_window({"pair": pair()})
    store = window.bench.store
    window.open("pair")
    window.run_until(SAVING)
    window.bench.jobs.run()
    store.failing["add"] = StoreError("The disk is full.")
    window.bench.jobs.run_all()
    assert window.exam.analysed
    assert window.exam.visit_uid is None
    store.failing.clear()
    window.act("Save again")
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"
    assert len(store.kept) == 2


def test_without_a_library_the_result_is_shown_and_saved_once_it_opens():
    window = make_window({"jane": [make_volume(JANE)]}, problem="The library is in use.")
    exam = window.analyse("jane")
    assert exam.visit_uid is None
    assert window.said == ["The library is in use."]
    window.act("Save again")
    window.bench.jobs.run_all()
    assert window.said == ["The library is in use."]
    window.bench.library.mended = True
    window.act("Save again")
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"
    codes = [notice.code for notice in exam.series[0].reviewed.analysis.notices]
    assert "not_joined" not in codes


def test_a_result_saved_later_does_not_come_back_to_the_screen():
    window = two_studies()
    window.bench.store.failing["add"] = StoreError("The disk is full.")
    window.analyse("jane")
    window.bench.store.failing.clear()
    window.analyse("john")
    window.act("Save again")
    window.bench.jobs.run_all()
    assert window.exam.patient == JOHN
    assert window.said == ["The study opened at 14:30 is analysed."]


# Stop


@pytest.mark.parametrize("stage", [LOOKING, READING])
def test_stopped_before_the_images_nothing_has_happened(stage: str):
    window = one_study()
    window.open("jane")
    window.run_until(stage)
    window.cancel(stage)
    window.bench.jobs.run_all()
    assert window.exam is None
    assert window.bench.keeper.interrupted() == ()
    assert window.said == []
    assert window.analyse("jane").visit_uid == "visit-1"


@pytest.mark.parametrize("stage", [LOOKING, READING])
def test_stopped_half_way_nothing_has_happened(stage: str):
    window = one_study()
    window.open("jane")
    window.run_until(stage)
    window.bench.jobs.on_progress = lambda number, _f, _w: window.bench.jobs.cancel(number)
    window.bench.jobs.run_all()
    assert window.exam is None
    assert (window.found is None) is (stage == LOOKING)
    assert window.bench.jobs.running == ()
    assert window.said == []


def test_a_visit_that_is_not_to_be_opened_after_all_leaves_the_other_one():
    window = two_studies()
    first = window.analyse("jane")
    second = window.analyse("john")
    window.study.open_visit(first.visit_uid)
    window.bench.jobs.on_progress = lambda number, _f, _w: window.bench.jobs.cancel(number)
    window.bench.jobs.run_all()
    assert window.exam is second
    assert window.bench.jobs.running == ()


def test_a_stopped_analysis_leaves_the_images_and_can_be_done_again():
    window = one_study()
    window.open("jane")
    window.run_until(ANALYSING)
    window.bench.jobs.on_progress = lambda number, _f, _w: window.bench.jobs.cancel(number)
    window.bench.jobs.run()
    window.bench.jobs.on_progress = None
    assert not window.exam.analysed
    assert window.exam.given_up
    assert window.bench.keeper.interrupted() == ()
    assert window.bench.jobs.running == ()
    assert window.said == ["The analysis was stopped; nothing of it was kept."]
    window.act("Analyse again")
    assert not window.exam.given_up
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"


def test_an_analysis_stopped_while_it_waits_never_begins():
    window = two_studies()
    window.open("jane")
    window.run_until(ANALYSING)
    window.cancel(ANALYSING)
    assert window.bench.networks.loaded == 0
    assert window.bench.jobs.running == ()


def test_a_save_cannot_be_stopped():
    window = one_study()
    window.open("jane")
    window.run_until(SAVING)
    window.cancel(SAVING)
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"


def test_closing_cuts_the_analysis_short_and_remembers_it():
    window = one_study()
    window.open("jane")
    window.run_until(ANALYSING)
    window.study.close()
    assert window.bench.jobs.running == ()
    assert window.bench.keeper.interrupted() == (Path("jane"),)
    assert window.said == []


def test_closing_waits_for_a_save():
    window = one_study()
    window.open("jane")
    window.run_until(SAVING)
    window.study.close()
    window.bench.jobs.closing = True
    window.bench.jobs.run_all()
    assert len(window.bench.store.kept) == 1
    assert window.bench.keeper.interrupted() == ()


# Two at once


def test_the_newer_folder_has_the_screen_while_the_older_is_looked_through():
    window = two_studies()
    window.open("jane")
    late = window.bench.jobs.work()
    window.open("john")
    window.bench.jobs.deliver(late)
    assert window.found is None, "a stale answer"
    window.bench.jobs.run_all()
    assert window.exam.patient == JOHN
    assert len(window.bench.store.people) == 1


def test_images_that_were_read_too_late_are_dropped():
    window = two_studies()
    window.open("jane")
    window.run_until(READING)
    late = window.bench.jobs.work()
    window.open("john")
    window.bench.jobs.deliver(late)
    assert window.exam is None
    window.bench.jobs.run_all()
    assert window.exam.patient == JOHN


def test_an_older_analysis_goes_on_and_is_announced_not_shown():
    window = two_studies()
    seen = []
    window.desk.watch(lambda exam: seen.append(exam.patient) if exam else None)
    window.open("jane")
    window.run_until(ANALYSING)
    late = window.bench.jobs.work()
    window.open("john")
    window.run_until(ANALYSING)
    assert window.exam.patient == JOHN
    window.bench.jobs.deliver(late)
    assert set(window.bench.keeper.interrupted()) == {Path("jane"), Path("john")}
    window.run_until(ANALYSING)
    assert window.said == ["The study opened at 14:30 is analysed."]
    assert window.exam.patient == JOHN
    assert window.bench.keeper.interrupted() == (Path("john"),)
    window.bench.jobs.run_all()
    assert seen == [JANE, *[JOHN] * (len(seen) - 1)], "never back to the first"

    window.act("Show")
    window.bench.jobs.run_all()
    assert window.exam.patient == JANE
    assert window.exam.analysed
    assert window.workspace is Workspace.REVIEW


def test_the_same_images_are_not_analysed_twice_at_once():
    window = one_study()
    window.open("jane")
    window.run_until(ANALYSING)
    window.open("jane")
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"
    assert len(window.bench.store.kept) == 1


ALREADY = "These images are in the library already; what was kept of them is shown."


def corrected(window: Window) -> str:
    """Analyse a study and do a hip again; the analysis' uid."""
    analysis = window.analyse("jane").series[0].reviewed.analysis
    store = window.bench.store
    store.revise(analysis.uid, analysis.hip(Side.LEFT), Origin.AI_EDITED, "Dr A")
    return analysis.uid


def test_the_same_folder_again_shows_what_readers_made_of_it():
    window = one_study()
    uid = corrected(window)
    exam = window.analyse("jane")
    (series,) = exam.series
    assert series.reviewed.analysis.uid == uid
    assert series.reviewed.working(Side.LEFT) == 1
    assert (exam.visit_uid, exam.patient_uid) == ("visit-1", "patient-1")
    assert window.bench.store.calls["add"] == 1
    assert window.said == [ALREADY]
    assert window.found is None
    assert window.bench.keeper.interrupted() == ()


def test_analysed_again_on_request_the_corrected_one_stays_in_reach():
    window = one_study()
    uid = corrected(window)
    window.analyse("jane")
    window.act("Analyse again")
    window.bench.jobs.run_all()
    newer = window.exam.series[0].reviewed.analysis.uid
    assert newer != uid
    assert window.bench.store.calls["add"] == 2
    window.shell.close_patient()
    window.study.open_visit("visit-1")
    window.bench.jobs.run_all()
    assert window.exam.series[0].reviewed.analysis.uid == uid
    entry = window.bench.store.entries("patient-1")[0]
    assert opening.to_open(entry) == (uid,)


def test_a_pair_of_which_one_is_not_known_is_analysed():
    window = make_window({"pair": pair()})
    store = window.bench.store
    window.analyse("pair")
    window.analyse("pair")
    assert window.said == [ALREADY]
    assert [each.reviewed.sides for each in window.exam.series] == [(Side.RIGHT,), (Side.LEFT,)]
    left = store.kept[window.exam.series[1].reviewed.analysis.uid]
    other = replace(left.reviewed.analysis, pixel_sha256="0" * 64)
    left.reviewed = replace(left.reviewed, analysis=other)
    window.analyse("pair")
    assert store.calls["add"] == 4


@pytest.mark.parametrize("method", ["analysed", "load"])
def test_a_library_that_cannot_say_what_it_has_keeps_nobody_from_analysing(method: str):
    window = one_study()
    uid = corrected(window)
    window.bench.store.failing[method] = StoreError("The library cannot be read.")
    assert window.analyse("jane").series[0].reviewed.analysis.uid != uid
    assert window.said == []


def test_images_known_already_are_announced_where_another_study_is_on_screen():
    window = two_studies()
    uid = corrected(window)
    window.open("jane")
    window.run_until(ANALYSING)
    late = window.bench.jobs.work()
    window.analyse("john")
    window.bench.jobs.deliver(late)
    assert window.exam.patient == JOHN
    assert window.said == ["The images opened at 14:30 are in the library already."]
    window.act("Show")
    window.bench.jobs.run_all()
    assert window.exam.series[0].reviewed.analysis.uid == uid


def test_a_result_does_not_push_away_a_stored_visit_of_the_same_images():
    window = one_study()
    first = window.analyse("jane")
    window.analyse("jane")
    window.act("Analyse again")
    window.run_until(ANALYSING)
    late = window.bench.jobs.work()
    window.study.open_visit(first.visit_uid)
    window.bench.jobs.run(window.bench.jobs.running[-1].number)
    shown = window.exam
    assert shown.analysed
    window.bench.jobs.deliver(late)
    window.bench.jobs.run_all()
    uid = first.series[0].reviewed.analysis.uid
    assert window.exam.series[0].reviewed.analysis.uid == uid
    assert window.said == ["The study opened at 14:30 is analysed."]


def test_after_the_patient_was_closed_a_result_is_announced():
    window = one_study()
    window.open("jane")
    window.run_until(ANALYSING)
    window.shell_view.gestures.close_patient()
    window.bench.jobs.run_all()
    assert window.exam is None
    assert window.said == ["The study opened at 14:30 is analysed."]


def test_closing_the_patient_stops_what_would_open_another():
    window = one_study()
    window.open("jane")
    window.run_until(READING)
    window.shell_view.gestures.close_patient()
    window.bench.jobs.run_all()
    assert window.exam is None
    assert window.found is None
    assert window.workspace is Workspace.LIBRARY


def test_the_page_of_another_patients_folder_shows_nobody_else():
    window = make_window(
        {
            "jane": [make_volume(JANE)],
            "more": [make_volume(JANE, number=2, contrast=Contrast.T1)],
            "both": [make_volume(JANE), make_volume(JOHN, study=2)],
        }
    )
    exam = window.analyse("jane")
    window.open("more")
    window.bench.jobs.run_all()
    assert window.found is not None
    assert window.exam is exam, "the same patient's"
    window.open("both")
    window.bench.jobs.run_all()
    assert not any(row.chosen for row in window.found.rows)
    assert window.exam is None
    assert window.shell_view.last("show_patient") is None


def test_what_is_analysed_again_leaves_the_page_of_another_folder():
    window = two_studies()
    window.analyse("jane")
    window.analyse("jane")
    window.bench.reader.put("both", make_volume(JANE), make_volume(JOHN, study=2))
    window.open("both")
    window.bench.jobs.run_all()
    assert window.found is not None
    window.act("Analyse again")
    assert window.found is None
    assert window.exam.patient == JANE


def test_once_saved_nothing_says_that_it_was_not():
    window = one_study()
    window.bench.store.failing["add"] = StoreError("The disk is full.")
    window.analyse("jane")
    window.bench.store.failing.clear()
    window.study.save_again()
    window.bench.jobs.run_all()
    assert window.exam.visit_uid == "visit-1"
    assert window.said == []


# Stored visits


def test_a_stored_visit_opens_as_its_readers_left_it():
    window = two_studies()
    first = window.analyse("jane")
    analysis = first.series[0].reviewed.analysis
    store = window.bench.store
    hip = replace(analysis.hip(Side.RIGHT), segmentation=None, score=None)
    left = analysis.hip(Side.LEFT)
    store.revise(analysis.uid, left, analysis.origin, "Dr A")
    store.review(analysis.uid, [Review(Side.RIGHT, 0, ReviewKind.ACCEPTED, "Dr A", NOW)])
    assert hip.side is Side.RIGHT
    window.analyse("john")
    window.library_view.gestures.open_visit("visit-1")
    assert window.bench.jobs.started[-1].urgent
    window.bench.jobs.run_all()
    exam = window.exam
    assert exam.patient == JANE
    assert exam.day == date(2024, 3, 1)
    assert (exam.visit_uid, exam.patient_uid) == ("visit-1", "patient-1")
    reviewed = exam.series[0].reviewed
    assert reviewed.working(Side.LEFT) == 1
    assert reviewed.standing(Side.RIGHT).verdict is not None
    assert exam.series[0].stack.picture(4).outlines[Side.RIGHT]
    assert exam.series[0].volume.series is reviewed.analysis.series
    assert window.bench.store.calls["add"] == 2, "nothing is analysed or saved again"


def test_the_visit_on_screen_is_not_read_again():
    window = one_study()
    exam = window.analyse("jane")
    window.shell.choose_workspace(Workspace.LIBRARY)
    jobs = len(window.bench.jobs.started)
    window.study.open_visit(exam.visit_uid)
    assert len(window.bench.jobs.started) == jobs
    assert window.workspace is Workspace.REVIEW
    assert window.exam is exam


def test_images_that_are_not_those_analysed_are_not_shown():
    window = two_studies()
    first = window.analyse("jane")
    window.analyse("john")
    folder = window.bench.store.series_folder(first.series[0].reviewed.analysis.uid)
    volume = window.bench.reader.volumes["1.2.1.1", folder]
    window.bench.reader.volumes["1.2.1.1", folder] = replace(volume, pixel_sha256="0" * 64)
    window.study.open_visit(first.visit_uid)
    window.bench.jobs.run_all()
    (said,) = window.said
    assert said.startswith("The images in the patient library are not those that were analysed")
    assert window.exam.patient == JOHN


@pytest.mark.parametrize("method", ["patient_of", "entries", "series_folder", "load"])
def test_a_library_that_fails_says_so_and_changes_nothing(method: str):
    window = two_studies()
    first = window.analyse("jane")
    second = window.analyse("john")
    window.bench.store.failing[method] = StoreError("The library cannot be read.")
    window.study.open_visit(first.visit_uid)
    window.bench.jobs.run_all()
    assert window.said == ["The library cannot be read."]
    assert window.exam is second


def test_without_a_library_no_visit_opens():
    window = make_window(problem="The library is in use.")
    window.study.open_visit("visit-1")
    assert window.said == ["The library is in use."]


def test_a_visit_asked_for_last_wins():
    window = two_studies()
    first, second = window.analyse("jane"), window.analyse("john")
    window.shell.close_patient()
    window.study.open_visit(first.visit_uid)
    late = window.bench.jobs.work()
    window.study.open_visit(second.visit_uid)
    window.bench.jobs.deliver(late)
    assert window.exam is None
    window.bench.jobs.run_all()
    assert window.exam.patient == JOHN


def test_of_several_analyses_the_newest_that_counts_is_shown():
    stir, t1 = make_volume(JANE), make_volume(JANE, number=2, contrast=Contrast.T1)
    window = make_window({"jane": [stir, t1]})
    window.analyse("jane")
    window.analyse("jane")
    window.act("Analyse again")
    window.bench.jobs.run_all()
    again = window.exam
    window.open("jane")
    window.run_until(READING)
    window.study.analyse_series("1.2.1.2")
    window.bench.jobs.run_all()
    assert window.exam.series[0].volume.series.uid == "1.2.1.2"
    entry = window.bench.store.entries("patient-1")[0]
    assert len(entry.analyses) == 4 - 1
    newest = again.series[0].reviewed.analysis.uid
    assert opening.to_open(entry)[0] in {newest, entry.analyses[0].uid}


def analysed_twice():
    """The entry of a visit with two analyses, the newer one first."""
    window = one_study()
    window.analyse("jane")
    window.analyse("jane")
    window.act("Analyse again")
    window.bench.jobs.run_all()
    (entry,) = window.bench.store.entries("patient-1")
    assert len(entry.analyses) == 2
    return entry


def test_what_counts_is_shown_whatever_is_painted_on_another_analysis():
    entry = analysed_twice()
    newer, older = entry.analyses
    painted = replace(older, unfinished=frozenset(Side))
    assert opening.to_open(replace(entry, analyses=(newer, painted))) == (newer.uid,)


@pytest.mark.parametrize(
    ("done", "first"), [({}, "older"), ({"revised": True}, "newer"), ({"signed": True}, "newer")]
)
def test_among_equals_the_one_with_unfinished_strokes_is_shown(done, first):
    entry = analysed_twice()
    newer, older = entry.analyses
    painted = replace(older, unfinished=frozenset({Side.LEFT}))
    none_counts = replace(entry.visit, hips=())
    found = replace(entry, visit=none_counts, analyses=(replace(newer, **done), painted))
    assert opening.to_open(found) == ({"older": older, "newer": newer}[first].uid,)


def test_a_visit_without_analyses_says_what_to_do():
    window = one_study()
    window.analyse("jane")
    entry = window.bench.store.entries("patient-1")[0]
    with pytest.raises(StoreError, match="open the folder"):
        opening.to_open(replace(entry, analyses=()))


# Paths


def test_several_files_of_a_folder_stand_for_the_folder(tmp_path: Path):
    one, two = tmp_path / "1.dcm", tmp_path / "2.dcm"
    lone = tmp_path / "other" / "3.dcm"
    lone.parent.mkdir()
    for file in (one, two, lone):
        file.touch()
    assert opening.roots_of([one, two]) == (tmp_path,)
    assert opening.roots_of([one]) == (one,)
    assert opening.roots_of([lone, one]) == (lone, one)
    assert opening.roots_of([tmp_path, lone.parent, tmp_path]) == (tmp_path,)


# Silence


SENTINEL = "Zorro^Sentinel"


def test_nothing_of_a_patient_is_logged_said_or_represented(caplog: pytest.LogCaptureFixture):
    patient = Patient("ID-Sentinel", "Sentinel Clinic", SENTINEL, date(1971, 1, 1), "M")
    volume = make_volume(patient, description="cor Sentinel")
    window = make_window({"folder Sentinel": [volume]})
    caplog.set_level(logging.DEBUG)
    window.open("folder Sentinel")
    window.bench.jobs.run_all()
    shown = [repr(args) for view in (window.library_view, window.shell_view) for args in view.calls]
    told = [
        *shown,
        *(repr(job) for job in window.bench.jobs.started),
        *(repr(message) for message in window.bench.messages.present),
        *(record.getMessage() + repr(record.__dict__) for record in caplog.records),
        repr(window.exam),
    ]
    assert caplog.records
    assert not [text[:200] for text in told if "Sentinel" in text or "date(1971" in text]


def test_notices_of_the_choice_stand_first():
    window = make_window({"cd": [make_volume(JANE), make_volume(JOHN, study=2)]})
    window.open("cd")
    window.bench.jobs.run_all()
    window.study.analyse_series("1.2.1.1")
    window.bench.jobs.run_all()
    first = window.exam.series[0].reviewed.analysis.notices[0]
    assert isinstance(first, Notice)
    assert first.figure == 2.0


TOLD_OF_NUMBER = "is of a new patient whose patient ID another patient in the library has, too"


@pytest.mark.parametrize(
    ("issuer", "name", "born", "told"),
    [
        ("C", "Roe^Ann", date(1971, 2, 3), True),
        ("", "Roe^Ann", date(1971, 2, 3), True),
        ("D", "Roe^Ann", date(1971, 2, 3), False),  # another hospital's number
        ("C", "Doe^Jane", date(1971, 2, 3), False),  # the library asks
    ],
)
def test_another_patient_of_the_same_number_is_told_of(
    issuer: str, name: str, born: date, told: bool
):
    second = replace(JANE, issuer=issuer, name=name, birth_date=born)
    window = make_window({"jane": [make_volume(JANE)], "ann": [make_volume(second, study=2)]})
    window.analyse("jane")
    assert not any(TOLD_OF_NUMBER in said for said in window.said)
    window.analyse("ann")
    assert len(window.bench.store.people) == 2
    assert sum(TOLD_OF_NUMBER in said for said in window.said) == told
