"""Merging, parting, moving, putting aside: what is shown, what forbids it, what undoes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.regroup_state import OF_ITS_OWN, AsideShown, RegroupShown, Wish
from hipdesk.errors import StoreError
from hipdesk.ports import RegroupKind
from hipdesk.records import Side
from hipdesk.review import PairKind
from hipdesk.settings import Settings
from tests.app.fakes import make_patient, make_volume
from tests.app.window_factory import Window, make_window

JANE = make_patient()
AGAIN = make_patient("99", issuer="")
BROTHER = replace(make_patient("0815", "Doe^John"), sex="M")
READER = Settings(reader_name="Dr A")


def filled(*people: tuple[str, object, int]) -> Window:
    """Visits of some patients: folder, patient, day of January 2024."""
    folders = {
        name: [make_volume(who, study=at + 1, day=date(2024, 1, day))]  # type: ignore[arg-type]
        for at, (name, who, day) in enumerate(people)
    }
    window = make_window(folders, settings=READER)
    for name in folders:
        window.analyse(name)
    return window


def three() -> Window:
    """Jane twice, then once under another number, who is on screen."""
    return filled(("jane 1", JANE, 1), ("jane 2", JANE, 2), ("again", AGAIN, 3))


def plan(window: Window) -> RegroupShown:
    shown = window.regroup_view.last("show_plan")
    assert isinstance(shown, RegroupShown)
    return shown


def wish(window: Window, kind: Wish, uid: str) -> RegroupShown:
    gestures = window.library_view.gestures
    of_visit = uid.startswith("visit")
    (gestures.regroup_visit if of_visit else gestures.regroup_patient)(kind, uid)
    window.bench.jobs.run_all()
    return plan(window)


def choose(window: Window, uid: str) -> RegroupShown:
    window.regroup_view.gestures.choose_other(uid)
    window.bench.jobs.run_all()
    return plan(window)


def confirm(window: Window, reason: str = "", sure: bool = False) -> None:
    window.regroup_view.gestures.confirm(reason, sure)
    window.bench.jobs.run_all()


def owners(window: Window) -> dict[str, list[str]]:
    store = window.bench.store
    return {
        entry.uid: [each.visit.uid for each in store.entries(entry.uid)]
        for entry in store.patients()
    }


TWO = {"patient-1": ["visit-1", "visit-2"], "patient-2": ["visit-3"]}


# Merging


def test_merging_shows_both_and_says_who_keeps_the_name():
    window = three()
    shown = wish(window, Wish.MERGE, "patient-1")
    assert (shown.here.patient, [each.uid for each in shown.here.visits]) == (
        JANE,
        ["visit-1", "visit-2"],
    )
    assert [row.uid for row in shown.found] == ["patient-2"], "nobody is merged with themselves"
    assert not shown.ready
    shown = choose(window, "patient-2")
    assert shown.other is not None
    assert shown.other.patient == AGAIN
    assert shown.turned, "the one whom later studies can match keeps the name"
    assert (shown.moved, shown.unlike, shown.reasoned, shown.ready) == (1, (), False, True)
    window.regroup_view.gestures.turn(False)
    assert plan(window).moved == 2


def test_a_merge_is_done_told_and_undone():
    window = three()
    wish(window, Wish.MERGE, "patient-1")
    choose(window, "patient-2")
    confirm(window)
    assert window.regroup_view.last("show_plan") is None
    assert owners(window) == {"patient-1": ["visit-1", "visit-2", "visit-3"]}
    assert window.exam.patient_uid == "patient-1", "what is on screen follows"
    assert window.library_view.last("show_patients")[1] == "patient-1"
    assert len(window.library_view.last("show_visits")) == 3
    assert window.said == ["The two patients are one in the library now."]
    (deed,) = window.bench.store.regroupings()
    assert (deed.kind, deed.reader) == (RegroupKind.MERGED, "Dr A")
    window.act("Undo")
    window.bench.jobs.run_all()
    assert owners(window) == TWO
    assert window.exam.patient_uid == "patient-2"
    assert window.said == ["It was undone."]


def test_a_search_finds_whom_the_likenesses_do_not_name():
    window = filled(("jane", JANE, 1), ("john", make_patient("1", "Roe^John"), 2))
    wish(window, Wish.MERGE, "patient-1")
    window.regroup_view.gestures.search("nobody")
    window.bench.jobs.run_all()
    assert (plan(window).found, plan(window).words) == ((), "nobody")
    window.regroup_view.gestures.search("roe")
    window.bench.jobs.run_all()
    assert [row.uid for row in plan(window).found] == ["patient-2"]
    choose(window, "patient-2")
    window.regroup_view.gestures.choose_again()
    assert plan(window).other is None


@pytest.mark.parametrize(("reason", "sure"), [("", True), ("  ", True), ("typed wrongly", False)])
def test_differing_identities_are_not_joined_unsure_or_without_a_reason(reason: str, sure: bool):
    window = filled(("jane", JANE, 1), ("john", BROTHER, 2))
    wish(window, Wish.MERGE, "patient-1")
    shown = choose(window, "patient-2")
    assert (shown.unlike, shown.reasoned) == (("sex",), True)
    confirm(window, reason, sure)
    assert plan(window) is shown, "the page stays"
    assert window.bench.store.calls["merge_patients"] == 0
    confirm(window, "typed wrongly", True)
    assert window.bench.store.regroupings()[0].reason == "typed wrongly"


def test_what_cannot_be_done_is_told():
    window = three()
    wish(window, Wish.MERGE, "patient-1")
    choose(window, "patient-2")
    window.bench.store.failing["merge_patients"] = StoreError("The disk is full.")
    confirm(window)
    assert window.said == ["The disk is full."]
    assert owners(window) == TWO


def test_leaving_changes_nothing_and_drops_late_answers():
    window = three()
    window.library_view.gestures.regroup_patient(Wish.MERGE, "patient-1")
    late = window.bench.jobs.work()
    window.regroup_view.gestures.leave()
    window.bench.jobs.deliver(late)
    window.bench.jobs.run_all()
    assert window.regroup_view.every("show_plan") == []
    confirm(window, "why", True)
    assert owners(window) == TWO


# Moving and parting


def test_a_visit_is_given_to_another_patient():
    window = three()
    shown = wish(window, Wish.MOVE, "visit-2")
    assert shown.picked == {"visit-2"}
    choose(window, "patient-2")
    confirm(window)
    assert owners(window) == {"patient-1": ["visit-1"], "patient-2": ["visit-2", "visit-3"]}
    assert window.exam.visit_uid == "visit-3"


def test_a_likeness_of_another_sex_is_looked_at_first():
    """Same number and name: offered; the bar alone does not join them."""
    window = filled(("jane", JANE, 1), ("wrong", replace(JANE, issuer="", sex="M"), 2))
    window.library_view.gestures.join_offered()
    window.bench.jobs.run_all()
    shown = plan(window)
    assert (shown.wish, shown.picked, shown.unlike) == (Wish.MOVE, {"visit-2"}, ("sex",))
    assert shown.other is not None
    assert window.bench.store.calls["move_visit"] == 0
    confirm(window, "the scanner's typing error", True)
    assert owners(window) == {"patient-1": ["visit-1", "visit-2"]}
    assert window.exam.patient_uid == "patient-1"


def test_visits_are_parted_but_never_all():
    window = three()
    shown = wish(window, Wish.SPLIT, "visit-1")
    assert (shown.picked, shown.ready, shown.fresh) == ({"visit-1"}, True, JANE)
    window.regroup_view.gestures.pick("visit-2", True)
    assert not plan(window).ready
    window.regroup_view.gestures.pick("visit-1", False)
    assert plan(window).picked == {"visit-2"}
    confirm(window)
    assert owners(window)["patient-3"] == ["visit-2"]
    window.act("Undo")
    window.bench.jobs.run_all()
    assert owners(window) == TWO


def test_a_study_is_moved_to_another_visit_and_back():
    window = three()
    window.library_view.gestures.open_visit("visit-2")
    window.bench.jobs.run_all()
    shown = wish(window, Wish.STUDY, "visit-2")
    assert [each.uid for each in shown.lines] == ["study of visit-2"]
    assert shown.picked == {"study of visit-2"}
    assert [each.uid for each in shown.targets] == ["visit-1"], "alone it needs no own visit"
    assert OF_ITS_OWN not in {each.uid for each in shown.targets}
    window.regroup_view.gestures.choose_target("visit-1")
    assert plan(window).ready
    confirm(window)
    assert owners(window)["patient-1"] == ["visit-1"]
    assert (window.exam.visit_uid, window.exam.day) == ("visit-1", date(2024, 1, 1))
    window.act("Undo")
    window.bench.jobs.run_all()
    assert owners(window) == TWO
    assert window.exam.visit_uid == "visit-2"


# Aside


def test_nothing_is_put_aside_without_a_reason():
    window = three()
    shown = wish(window, Wish.ASIDE, "visit-3")
    assert (shown.picked, shown.reasoned) == ({"visit-3"}, True)
    confirm(window)
    assert owners(window) == TWO
    confirm(window, "another person's images")
    assert owners(window) == {"patient-1": ["visit-1", "visit-2"]}
    assert window.exam is None, "it is in no list any more"
    assert window.library_view.last("show_aside_count") == 1
    window.act("Undo")
    window.bench.jobs.run_all()
    assert owners(window) == TWO


def test_a_whole_patient_is_put_aside_and_brought_back_from_the_page():
    window = three()
    wish(window, Wish.ASIDE, "patient-1")
    confirm(window, "a phantom")
    assert owners(window) == {"patient-2": ["visit-3"]}
    window.library_view.gestures.show_aside()
    window.bench.jobs.run_all()
    shown = window.aside_view.last("show_aside")
    assert isinstance(shown, AsideShown)
    assert {(each.visit_uid, each.reason) for each in shown.aside} == {
        ("visit-1", "a phantom"),
        ("visit-2", "a phantom"),
    }
    window.aside_view.gestures.bring_back([each.visit_uid for each in shown.aside])
    window.bench.jobs.run_all()
    assert owners(window) == TWO
    assert window.aside_view.last("show_aside") == AsideShown(), "the page follows"


def test_a_merge_is_taken_back_from_the_page_later():
    window = three()
    wish(window, Wish.MERGE, "patient-1")
    choose(window, "patient-2")
    confirm(window)
    window.library_view.gestures.show_aside()
    window.bench.jobs.run_all()
    (deed,) = window.aside_view.last("show_aside").regrouped
    window.aside_view.gestures.take_back(deed.number)
    window.bench.jobs.run_all()
    assert owners(window) == TWO
    window.aside_view.gestures.leave()
    assert window.aside_view.last("show_aside") is None


# Two scans of one visit


def test_two_scans_of_one_visit_are_named_as_repeats_and_not_any_more():
    window = filled(("first", JANE, 1))
    volume = replace(make_volume(JANE, study=1, number=2, day=date(2024, 1, 1)))
    window.bench.reader.put("second", volume)
    window.analyse("second")
    shown = wish(window, Wish.REPEAT, "visit-1")
    assert len(shown.lines) == 2
    assert (len(shown.picked), shown.ready, shown.named) == (2, True, False)
    confirm(window)
    pairs = window.bench.store.repeat_pairs()
    assert [(each.kind, each.first.hip.side) for each in pairs] == [
        (PairKind.SCAN_RESCAN, Side.RIGHT),
        (PairKind.SCAN_RESCAN, Side.LEFT),
    ]
    assert pairs[0].first.hip.series_uid == "1.2.1.1", "the earlier one first"
    assert wish(window, Wish.REPEAT, "visit-1").named
    confirm(window)
    assert window.bench.store.repeat_pairs() == ()
