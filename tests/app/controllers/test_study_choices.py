"""Choosing in the window: remembered for the protocol, early, and in another character set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.controllers import opening
from app.state import Workspace
from hipdesk.errors import StoreError, UnreadableInput
from hipdesk.records import Acquisition, Contrast, Notice, Plane, Side, Volume
from hipdesk.scanner_protocol import protocol_of
from tests.app.fakes import NOW, make_patient, make_volume
from tests.app.window_factory import Window, make_window

LOOKING, READING = "Looking for images", "Reading the images"
MADE = Acquisition(manufacturer="SIEMENS", model="Aera")
JANE, JOHN = make_patient(), make_patient("0815", "Roe^John")
GARBLED, RIGHT = "\u00cd\u00f5", "\u738b\u5c0f\u4e1c"


def scanned(study: int = 1, number: int = 1, **facts: object) -> Volume:
    """A series of a scanner that says who it is."""
    volume = make_volume(JANE, study=study, number=number, **facts)
    return replace(volume, series=replace(volume.series, acquisition=MADE))


def both(study: int = 1) -> list[Volume]:
    """STIR, which the program chooses, and fat-suppressed T2."""
    t2 = scanned(study, 2, contrast=Contrast.T2_FS, description="cor T2 FS")
    return [scanned(study), t2]


def two_visits() -> Window:
    return make_window({"first": both(1), "second": both(2)})


def choose(window: Window, folder: str, uid: str) -> None:
    """Choose a series after the program chose another one."""
    window.open(folder)
    window.run_until(READING)
    window.library_view.gestures.analyse_series(uid)
    window.bench.jobs.run_all()


def chosen(window: Window) -> list[str]:
    return [each.volume.series.uid for each in window.exam.series]


# Remembered


def test_another_series_is_remembered_aloud_and_chosen_at_the_next_visit():
    window = two_visits()
    choose(window, "first", "1.2.1.2")
    assert "At the next study of this scanner's protocol" in window.said[0]

    window.open("second")
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.2.2"]
    said = f"Chosen as on {NOW.date().isoformat()} for this protocol"
    assert window.said[-1].startswith(said)
    notices = window.exam.series[0].reviewed.analysis.notices
    assert notices[0].code == "chosen_as_before"


def test_what_is_remembered_can_be_taken_back_at_once():
    window = two_visits()
    choose(window, "first", "1.2.1.2")
    window.act("Do not remember")
    window.bench.jobs.run_all()
    assert window.bench.library.kept_choices.all() == ()
    window.open("second")
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.2.1"]


def test_change_brings_the_series_back_and_the_programs_own_choice_forgets():
    window = two_visits()
    choose(window, "first", "1.2.1.2")
    window.open("second")
    window.bench.jobs.run_all()
    assert window.found is None

    window.act("Change...")
    assert window.workspace is Workspace.LIBRARY
    assert [row.chosen for row in window.found.rows] == [False, True]
    window.library_view.gestures.analyse_series("1.2.2.1")
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.2.1"]
    assert window.bench.library.kept_choices.all() == ()
    assert "is forgotten" in window.said[-1]

    window.act("Remember again")
    window.bench.jobs.run_all()
    assert len(window.bench.library.kept_choices.all()) == 1


def test_the_programs_own_choice_is_not_remembered():
    window = two_visits()
    choose(window, "first", "1.2.1.1")
    assert window.bench.library.kept_choices.all() == ()
    assert window.said == []


def test_without_a_library_nothing_is_remembered_and_nothing_promised():
    window = make_window({"first": both()}, problem="The library is shut.")
    choose(window, "first", "1.2.1.2")
    assert chosen(window) == ["1.2.1.2"]
    assert not any("next study" in words for words in window.said)


def test_a_library_that_cannot_be_read_keeps_nobody_from_opening():
    window = two_visits()
    window.bench.library.kept_choices.error = StoreError("The library is shut.")
    window.open("first")
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.1.1"]


def test_a_series_of_one_of_several_patients_is_not_remembered():
    other = make_volume(JOHN, study=2)
    window = make_window({"mixed": [*both(), other]})
    window.open("mixed")
    window.bench.jobs.run_all()
    window.library_view.gestures.analyse_series("1.2.1.2")
    window.bench.jobs.run_all()
    assert window.bench.library.kept_choices.all() == ()


# What a series is weighted for


def t1_only() -> Window:
    t1 = scanned(contrast=Contrast.T1, description="cor T1")
    later = scanned(2, contrast=Contrast.T1, description="cor T1")
    window = make_window({"first": [t1], "second": [later]})
    window.open("first")
    window.bench.jobs.run_all()
    return window


def test_a_series_said_to_be_fluid_sensitive_can_be_scored_and_so_is_the_next():
    window = t1_only()
    assert not window.found.rows[0].chosen
    window.library_view.gestures.state_contrast("1.2.1.1", Contrast.PD_FS)
    row = window.found.rows[0]
    assert (row.contrast, row.chosen, row.usable, row.said) == (Contrast.PD_FS, True, True, True)
    assert any("by its files it is T1-weighted" in reason for reason in row.reasons)
    window.bench.jobs.run_all()
    assert window.exam is None, "the reader has not asked for an analysis"

    window.library_view.gestures.analyse_series("1.2.1.1")
    window.bench.jobs.run_all()
    analysis = window.exam.series[0].reviewed.analysis
    assert analysis.series.contrast is Contrast.PD_FS
    assert "contrast_by_reader" in [each.code for each in analysis.series.notices]
    assert analysis.hip(Side.RIGHT).score.u_intensity is not None

    window.open("second")
    window.bench.jobs.run_all()
    assert window.exam.series[0].reviewed.analysis.series.contrast is Contrast.PD_FS


def test_what_was_said_of_a_series_is_taken_back():
    window = t1_only()
    window.library_view.gestures.state_contrast("1.2.1.1", Contrast.STIR)
    window.bench.jobs.run_all()
    assert window.said[-1] == "From now on, this holds for every series of this scanner's protocol."
    window.act("Do not remember")
    window.bench.jobs.run_all()
    assert window.found.rows[0].contrast is Contrast.T1
    assert not window.found.rows[0].said
    assert window.bench.library.kept_choices.all() == ()


def test_taking_back_brings_back_what_was_said_before():
    window = t1_only()
    for contrast in (Contrast.STIR, Contrast.PD_FS):
        window.library_view.gestures.state_contrast("1.2.1.1", contrast)
        window.bench.jobs.run_all()
    newest = max(message.number for message in window.bench.messages.present)
    window.shell_view.gestures.act_on_message(newest)
    window.bench.jobs.run_all()
    (choice,) = window.bench.library.kept_choices.all()
    assert choice.contrast is Contrast.STIR
    assert window.found.rows[0].contrast is Contrast.STIR


def test_a_series_that_names_no_scanner_is_weighted_for_this_time_only():
    window = make_window({"t1": [make_volume(JANE, contrast=Contrast.T1)]})
    window.open("t1")
    window.bench.jobs.run_all()
    window.library_view.gestures.state_contrast("1.2.1.1", Contrast.STIR)
    window.bench.jobs.run_all()
    assert window.found.rows[0].chosen
    assert window.bench.library.kept_choices.all() == ()
    assert window.said == []


def test_a_series_chosen_for_its_heads_is_taken_at_the_next_visit_without_asking():
    window = t1_only()
    window.library_view.gestures.analyse_series("1.2.1.1")
    window.bench.jobs.run_all()
    promise = "analysed for the heads without asking, unless another one shows lesions."
    assert [words for words in window.said if words.endswith(promise)] == window.said[:1]

    window.open("second")
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.2.1"]
    assert window.said[-1].startswith(f"Chosen as on {NOW.date().isoformat()} for this protocol")
    window.act("Change...")
    window.library_view.gestures.analyse_series("1.2.2.1")
    window.bench.jobs.run_all()
    assert len(window.bench.library.kept_choices.all()) == 1
    assert sum(words.endswith(promise) for words in window.said) == 1


def test_a_series_that_shows_lesions_goes_before_one_chosen_for_its_heads():
    window = t1_only()
    window.library_view.gestures.analyse_series("1.2.1.1")
    window.bench.jobs.run_all()
    t1 = scanned(2, contrast=Contrast.T1, description="cor T1")
    window.bench.reader.put("both", t1, scanned(2, 2))
    window.open("both")
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.2.2"]


# The settings' page


def test_the_settings_list_and_forget():
    window = two_visits()
    choose(window, "first", "1.2.1.2")
    (choice,) = window.shell_view.last("show_choices")
    assert choice.protocol == protocol_of(both()[1].series)
    window.shell_view.gestures.forget_choice(choice.uid)
    window.bench.jobs.run_all()
    assert window.shell_view.last("show_choices") == ()
    window.shell_view.gestures.list_choices()
    window.bench.jobs.run_all()
    assert window.shell_view.last("show_choices") == ()


def test_opened_folders_are_forgotten_and_not_remembered_where_that_is_switched_off():
    window = two_visits()
    gestures, settings = window.shell_view.gestures, window.bench.keeper.settings
    gestures.forget_folders()
    window.bench.jobs.run_all()
    assert window.bench.opened.forgotten == 1
    assert window.said == ["Nothing is remembered of opened folders any more."]
    for on in (False, True):
        gestures.change_settings(settings.model_copy(update={"keep_index": on}))
        window.bench.jobs.run_all()
        assert window.bench.opened.kept is on


# Before the scan ends


def halfway(window: Window, folder: str, seconds: float = 1.0) -> int:
    """Look through a folder without hearing of the end; the job's number."""
    window.bench.jobs.on_progress = lambda *_: window.bench.clock.advance(seconds)
    window.open(folder)
    number = window.bench.jobs.work()
    window.bench.jobs.on_progress = None
    return number


def test_series_are_shown_before_the_scan_ends_in_the_order_of_finding():
    window = make_window({"slow": both()[::-1]})
    number = halfway(window, "slow")
    assert window.found.searching
    assert [row.uid for row in window.found.rows] == ["1.2.1.2", "1.2.1.1"]
    assert window.found.patient == JANE
    assert window.workspace is Workspace.LIBRARY
    window.bench.jobs.deliver(number)
    assert not window.found.searching
    assert [row.uid for row in window.found.rows] == ["1.2.1.1", "1.2.1.2"]
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.1.1"]


def test_only_a_few_that_can_be_analysed_are_listed_early():
    axial = scanned(number=200)
    axial = replace(axial, series=replace(axial.series, plane=Plane.AXIAL))
    many = [scanned(number=number) for number in range(1, 2 * opening.MOST_EARLY)]
    window = make_window({"many": [axial, *many], "axial": [axial]})
    number = halfway(window, "many")
    listed = [row.uid for row in window.found.rows]
    assert listed == [each.series.uid for each in many][: opening.MOST_EARLY]
    window.bench.jobs.deliver(number)
    assert len(window.found.rows) == len(many) + 1
    window.shell.close_patient()
    halfway(window, "axial")
    assert window.found is None, "nothing can be chosen yet"


def test_what_is_found_at_once_is_shown_whole():
    window = make_window({"quick": both()})
    halfway(window, "quick", seconds=0.01)
    assert window.library_view.last("show_found") is None


def test_progress_is_shown_ten_times_a_second_at_most():
    many = [scanned(number=number) for number in range(1, 101)]
    window = make_window({"many": many})
    halfway(window, "many", seconds=0.02)
    shown = [found for found in window.library_view.every("show_found") if found]
    assert 10 <= len(shown) <= 16, "100 series in 2 s, of which the first 0.5 s are not shown"


def test_a_series_taken_early_is_analysed_before_the_scan_ends():
    window = make_window({"slow": both()[::-1]})
    number = halfway(window, "slow")
    window.library_view.gestures.analyse_series("1.2.1.2")
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.1.2"]
    assert window.exam.analysed
    assert window.workspace is Workspace.REVIEW

    window.bench.jobs.deliver(number)
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.1.2"], "the end of the scan takes nothing away"
    assert [row.chosen for row in window.found.rows] == [False, True]
    assert window.workspace is Workspace.REVIEW
    assert window.bench.store.calls["add"] == 1
    assert "At the next study" in window.said[0], "now it is known what the program would choose"


def test_more_of_a_series_that_was_taken_early_is_analysed_as_a_whole():
    whole = both()[1]
    window = make_window({"slow": [whole]})
    reader = window.bench.reader
    scan = reader.folders[Path("slow")]
    part = replace(scan.series[0], slices=scan.series[0].slices[:-2])
    reader.folders[Path("slow")] = replace(scan, series=(part,))
    number = halfway(window, "slow")
    window.library_view.gestures.analyse_series("1.2.1.2")
    window.bench.jobs.run_all()

    held = window.bench.jobs._held[number]
    held.result = opening.judged(held.result.source, scan, held.result.said)
    window.bench.jobs.deliver(number)
    assert any("More images of the series turned up" in words for words in window.said)
    assert READING in window.bench.jobs.waiting


def test_a_scan_that_is_stopped_leaves_nothing_half():
    window = make_window({"slow": both()})
    number = halfway(window, "slow")
    window.cancel(LOOKING)
    window.bench.jobs.deliver(number)
    assert window.found is None


def test_a_scan_that_fails_leaves_nothing_half():
    window = make_window({"slow": both()})
    number = halfway(window, "slow")
    held = window.bench.jobs._held[number]
    held.result, held.error = None, UnreadableInput("The disc was taken out.")
    window.bench.jobs.deliver(number)
    assert window.found is None
    assert window.said == ["The disc was taken out."]


def test_who_reads_another_patient_is_not_disturbed_before_the_scan_ends():
    window = make_window({"john": [make_volume(JOHN, study=3)], "slow": both()})
    window.analyse("john")
    halfway(window, "slow")
    assert window.found is None
    assert window.exam.patient == JOHN


def test_opening_another_folder_forgets_what_was_found_so_far():
    window = make_window({"slow": both(), "john": [make_volume(JOHN, study=3)]})
    number = halfway(window, "slow")
    window.open("john")
    window.bench.jobs.deliver(number)
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.3.1"]


# Character sets


def garbled() -> Window:
    doubt = Notice("text_doubtful", "Names look garbled.")
    volume = make_volume(replace(JANE, name=GARBLED))
    volume = replace(volume, series=replace(volume.series, notices=(doubt,)))
    window = make_window({"cd": [volume]})
    window.bench.reader.names = {"": GARBLED, "GB18030": RIGHT}
    return window


def test_garbled_names_are_told_with_the_way_to_the_menu():
    window = garbled()
    window.analyse("cd")
    assert window.said == ["Names in these images look garbled: choose their character set."]
    window.act("Choose...")
    assert window.workspace is Workspace.LIBRARY
    assert window.found.doubtful
    assert window.found.spelt == {"": GARBLED, "GB18030": RIGHT}


def test_a_chosen_character_set_mends_page_exam_and_library_and_is_used_again():
    window = garbled()
    first = window.analyse("cd")
    window.act("Choose...")
    window.library_view.gestures.choose_charset("GB18030")
    window.bench.jobs.run_all()
    exam = window.exam
    assert exam.patient.name == RIGHT
    assert exam.series[0].key == first.series[0].key
    assert exam.visit_uid == first.visit_uid
    assert window.bench.store.people[exam.patient_uid].name == RIGHT
    (rows, *_) = window.library_view.last("show_patients")
    assert [row.patient.name for row in rows] == [RIGHT]
    assert window.bench.store.charsets == {first.series[0].reviewed.analysis.uid: "GB18030"}, (
        "nothing is analysed twice"
    )

    window.shell.close_patient()
    window.open("cd")
    window.run_until(READING)
    assert window.found.charset == "GB18030"
    assert window.found.patient.name == RIGHT
    assert not window.found.doubtful


def test_of_several_folders_the_garbled_one_is_spelt_and_no_other():
    window = garbled()
    reader = window.bench.reader
    for number in (2, 3, 4):
        reader.put(f"cd{number}", make_volume(replace(JOHN, patient_id=str(number)), study=number))
    asked, spell = [], reader.spellings
    reader.spellings = lambda series: asked.append(series.uid) or spell(series)
    folders = [Path(f"cd{number}") for number in (2, 3)] + [Path("cd"), Path("cd4")]
    window.study.open_paths(folders)
    window.bench.jobs.run_all()
    assert window.found.doubtful
    assert asked == ["1.2.1.1"], "the name to be chosen by is the garbled one"
    assert "1.2.1.1" in {row.uid for row in window.found.rows}
    assert window.found.spelt == {"": GARBLED, "GB18030": RIGHT}
    assert window.found.reason.startswith("Images of 4 patients were found; choose the series")

    window.library_view.gestures.choose_charset("GB18030")
    window.bench.jobs.run_all()
    assert window.found.charset == "GB18030"
    assert not window.found.doubtful
    kept = [window.bench.keeper.charset_of((folder,)) for folder in folders]
    assert kept == ["", "", "GB18030", ""]
    window.library_view.gestures.choose_charset("")
    window.bench.jobs.run_all()
    assert not any(window.bench.keeper.charset_of((folder,)) for folder in folders)


def test_what_the_files_state_can_be_chosen_again():
    window = garbled()
    window.analyse("cd")
    for charset, name in (("GB18030", RIGHT), ("", GARBLED)):
        window.shell_view.gestures.show_found()
        window.library_view.gestures.choose_charset(charset)
        window.bench.jobs.run_all()
        assert window.exam.patient.name == name
        assert set(window.bench.store.charsets.values()) == {charset}


def test_a_copy_of_the_images_does_not_garble_the_library_again():
    window = garbled()
    window.bench.keeper.keep_charset([Path("cd")], "GB18030")
    window.analyse("cd")
    volume = window.bench.reader.volumes["1.2.1.1", Path("cd")]
    window.bench.reader.put("copy", volume)
    window.analyse("copy")
    assert window.exam.patient.name == RIGHT
    assert set(window.bench.store.charsets.values()) == {"GB18030"}


def test_a_stored_visit_is_opened_in_the_set_in_which_it_was_analysed():
    window = garbled()
    window.bench.keeper.keep_charset([Path("cd")], "GB18030")
    visit = window.analyse("cd").visit_uid
    window.shell.close_patient()
    window.study.open_visit(visit)
    window.bench.jobs.run_all()
    assert window.exam.patient.name == RIGHT


# The folder that was opened last


def test_the_series_of_the_opened_folder_come_back_to_choose_another():
    window = two_visits()
    window.analyse("first")
    assert window.found is None
    window.shell_view.gestures.show_found()
    assert window.workspace is Workspace.LIBRARY
    window.library_view.gestures.analyse_series("1.2.1.2")
    window.bench.jobs.run_all()
    assert chosen(window) == ["1.2.1.2"]


@pytest.mark.parametrize("before", ["nothing", "closed", "stored"])
def test_no_folder_comes_back_beside_nobody_or_somebody_else(before: str):
    window = make_window({"first": both(), "john": [make_volume(JOHN, study=3)]})
    if before != "nothing":
        visit = window.analyse("first").visit_uid
        window.analyse("john")
        if before == "closed":
            window.shell.close_patient()
        else:
            window.study.open_visit(visit)
            window.bench.jobs.run_all()
    window.shell_view.gestures.show_found()
    assert window.found is None
    assert window.said[-1] == "No folder is open."


# Stacks under one UID


def two_echoes() -> Window:
    volumes = []
    for te in (51.0, 90.0):
        volume = scanned(1, 1, description=f"cor STIR (TE {te:.0f} ms)")
        made = replace(volume.series.acquisition, te_ms=te)
        slices = tuple(
            replace(each, key=each.key._replace(sop_instance_uid=f"1.2.{te:.0f}.{at}"))
            for at, each in enumerate(volume.series.slices)
        )
        series = replace(volume.series, acquisition=made, slices=slices)
        volumes.append(replace(volume, series=series))
    return make_window({"jane": volumes})


def test_each_of_several_stacks_under_one_uid_can_be_chosen():
    window = two_echoes()
    window.open("jane")
    window.run_until(READING)
    assert [(row.uid, row.chosen) for row in window.found.rows] == [
        ("1.2.1.1#1", True),
        ("1.2.1.1#2", False),
    ]
    window.library_view.gestures.analyse_series("1.2.1.1#2")
    window.bench.jobs.run_all()
    (shown,) = window.exam.series
    assert shown.volume.series.uid == "1.2.1.1", "results refer to the series that the scanner made"
    assert shown.volume.series.acquisition.te_ms == 90
    assert [row.chosen for row in window.found.rows] == [False, True]


def test_a_contrast_is_stated_of_one_stack_only():
    window = two_echoes()
    window.open("jane")
    window.run_until(READING)
    window.study.state_contrast("1.2.1.1#2", Contrast.T2_FS)
    contrasts = {row.uid: row.contrast for row in window.found.rows}
    assert contrasts == {"1.2.1.1#1": Contrast.STIR, "1.2.1.1#2": Contrast.T2_FS}
