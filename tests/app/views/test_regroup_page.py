"""The pages for regrouping and for taking it back: what they show, what they allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.regroup_state import OF_ITS_OWN, AsideShown, Line, Person, RegroupShown, Wish
from app.state import PatientRow
from app.views.aside_page import AsidePage
from app.views.regroup_page import RegroupPage
from hipdesk.ports import AsideEntry, Regrouping, RegroupKind
from hipdesk.records import Contrast, Patient, Side
from tests.app.views.library_rows import LONG_NAME
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, staged, words_of

ONE = Patient("4711", "Clinic A", "Doe^Jane=朵^珍", date(1980, 5, 17), "F")
OTHER = Patient("99", "Clinic B", LONG_NAME, date(1980, 5, 17), "F")
BROTHER = replace(OTHER, sex="M", birth_date=date(1985, 1, 2))
VISITS = (
    Line("v1", date(2024, 3, 1), time(9, 15), "MR hip"),
    Line("v2", date(2024, 9, 1), None, "", stated=OTHER),
)
HERE = Person("p1", ONE, VISITS)
NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)


def merge(other: Patient | None = OTHER, **facts: object) -> RegroupShown:
    person = None if other is None else Person("p2", other, VISITS[:1])
    unlike = () if other is None else ONE.unlike(other)
    shown = RegroupShown(
        Wish.MERGE,
        HERE,
        other=person,
        found=(PatientRow("p2", OTHER, 1, date(2024, 3, 1)),),
        moved=2,
        unlike=unlike,
        ready=other is not None,
        reasoned=bool(unlike),
    )
    return replace(shown, **facts)  # type: ignore[arg-type]


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, told: Recorder) -> RegroupPage:
    dark()
    return staged(qtbot, RegroupPage(), told, (990, 620), lambda page: page.show_plan(merge()))


@pytest.fixture
def aside(qtbot: QtBot, qapp: QApplication, told: Recorder) -> AsidePage:
    dark()
    return staged(qtbot, AsidePage(), told, (830, 600))


def show(page: RegroupPage, shown: RegroupShown) -> None:
    """Let the page be laid out as well."""
    page.show_plan(shown)
    QApplication.processEvents()


def press(widget: QWidget, words: str) -> None:
    buttons = widget.findChildren(QPushButton)
    next(each for each in buttons if each.text() == words and each.isVisible()).click()


def test_both_identities_stand_in_full(page: RegroupPage) -> None:
    said = words_of(page)
    for words in ("Doe, Jane", "朵 珍", "欧阳 振华", "ID 4711, issued by Clinic A", "ID 99"):
        assert words in said, words
    assert said.count("\nborn 1980-05-17") == 2
    assert said.count("2024-03-01 09:15") == 2, "each with their visits"
    assert "2 visits will be listed and compared" in said
    assert "it can be undone at once" in said
    assert said.count("not the same") == 2, "the number, on both sides"


def test_cancel_is_what_enter_does(qtbot: QtBot, page: RegroupPage, told: Recorder) -> None:
    assert page.away.isDefault()
    assert page.away.hasFocus() or page.focusWidget() is page.away
    page.reason.setFocus()
    qtbot.keyClicks(page.reason, "new number")
    qtbot.keyClick(page.reason, Qt.Key.Key_Return)
    assert page.isVisible(), "typing is no answer"
    assert told.told == []
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()
    assert told.told == [("leave",)]


def test_a_merge_is_confirmed_with_its_reason(page: RegroupPage, told: Recorder) -> None:
    assert page.deed.isEnabled()
    page.reason.setText(" new number ")
    page.deed.click()
    assert told.told == [("confirm", "new number", False)]


def test_differing_identities_need_a_reason_and_a_second_look(
    page: RegroupPage, told: Recorder
) -> None:
    show(page, merge(BROTHER))
    assert "Birth date and sex differ. These are probably two people" in words_of(page)
    assert words_of(page).count("differs") == 4
    assert not page.deed.isEnabled()
    page.sure.click()
    assert not page.deed.isEnabled()
    page.reason.setText("typed wrongly")
    assert page.deed.isEnabled()
    page.deed.click()
    assert told.told == [("confirm", "typed wrongly", True)]
    show(page, merge(replace(BROTHER, birth_date=date(1999, 1, 1))))
    assert not page.deed.isEnabled(), "another person is looked at anew"


def test_the_other_patient_is_chosen_from_a_list(
    qtbot: QtBot, page: RegroupPage, told: Recorder
) -> None:
    two = tuple(PatientRow(uid, OTHER, 1, date(2024, 3, 1)) for uid in ("p2", "p3"))
    show(page, merge(None, found=two))
    assert not page.deed.isEnabled()
    assert "Choose the other patient" in words_of(page)
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert told.told == [], "arrows go on to the next one"
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    first = page.list.visualRect(page.list.model().index(0, 0)).center()
    qtbot.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=first)
    assert told.told == [("choose_other", "p3"), ("choose_other", "p2")]
    told.told.clear()
    qtbot.keyClicks(page._field, "ou")
    qtbot.waitUntil(lambda: len(told.told) > 0, timeout=2000)
    assert told.told == [("search", "ou")]
    show(page, merge())
    press(page, "Somebody else...")
    page.stays.click()
    assert told.told[1:] == [("choose_again",), ("turn", True)]


def test_visits_to_be_parted_are_marked(page: RegroupPage, told: Recorder) -> None:
    shown = RegroupShown(Wish.SPLIT, HERE, lines=VISITS)
    show(page, shown)
    assert "Mark visits on the left." in words_of(page)
    page.here.buttons["v2"].click()
    assert told.told == [("pick", "v2", True)]
    show(page, replace(shown, picked=frozenset({"v2"}), fresh=OTHER, moved=1, ready=True))
    assert page.here.buttons["v2"].isChecked()
    assert "1 visit will be a patient of their own" in words_of(page)
    assert "Its images name" in words_of(page)


def test_a_study_goes_to_a_visit_or_gets_its_own(page: RegroupPage, told: Recorder) -> None:
    studies = (Line("s1", date(2024, 3, 1), time(9), "MR right"), Line("s2", None))
    targets = (Line(OF_ITS_OWN, None), VISITS[1])
    show(page, RegroupShown(Wish.STUDY, HERE, lines=studies, targets=targets))
    page.studies.buttons["s1"].click()
    page.targets.buttons[OF_ITS_OWN].click()
    page.targets.buttons["v2"].click()
    assert told.told == [
        ("pick", "s1", True),
        ("choose_target", OF_ITS_OWN),
        ("choose_target", "v2"),
    ]
    assert page.targets.buttons[OF_ITS_OWN].text() == "A visit of its own"


def test_two_scans_are_paired_without_a_reason(page: RegroupPage, told: Recorder) -> None:
    lines = tuple(
        Line(uid, date(2024, 3, 1), time(9, at), "cor STIR", Contrast.STIR, 23, sides=tuple(Side))
        for at, uid in enumerate(("a1", "a2"))
    )
    both = frozenset({"a1", "a2"})
    shown = RegroupShown(Wish.REPEAT, HERE, lines=lines, picked=both, ready=True)
    show(page, shown)
    assert not page.reason.isVisible()
    assert page.deed.text() == "Name as repeats"
    show(page, replace(shown, named=True))
    assert page.deed.text() == "Not repeats after all"
    page.deed.click()
    assert told.told == [("confirm", "", False)]


def test_setters_tell_nobody_and_another_wish_begins_empty(
    page: RegroupPage, told: Recorder
) -> None:
    page.reason.setText("of before")
    show(page, RegroupShown(Wish.ASIDE, HERE, picked=frozenset({"v1"}), lines=VISITS))
    assert page.reason.text() == ""
    page.show_plan(None)
    assert not page.isVisible()
    assert told.told == []


def test_what_was_put_aside_and_regrouped_can_be_taken_back(
    aside: AsidePage, told: Recorder
) -> None:
    entries = tuple(
        AsideEntry(uid, "p1", ONE, day, "a phantom", "Dr A", NOON)
        for uid, day in (("v1", date(2024, 3, 1)), ("v2", None))
    )
    deeds = tuple(
        Regrouping(
            number,
            kind,
            ("v3",),
            "p1",
            "p2",
            ONE,
            OTHER,
            (date(2024, 4, 1),),
            "new number",
            "Dr B",
            NOON,
            standing,
        )
        for number, kind, standing in ((9, RegroupKind.MOVED, True), (7, RegroupKind.MERGED, False))
    )
    aside.show_aside(AsideShown(entries, deeds))
    QApplication.processEvents()
    said = words_of(aside)
    for words in ("a phantom", "Dr A on 2024-03-04", "No date", "Visit moved", "Merged: 1 visit"):
        assert words in said, words
    press(aside, "Bring all back")
    press(aside, "Bring back")
    press(aside, "Take back")
    assert told.told == [("bring_back", ("v1", "v2")), ("bring_back", ("v1",)), ("take_back", 9)]
    last = [each for each in aside.findChildren(QPushButton) if each.text() == "Take back"][-1]
    assert not last.isEnabled()
    assert "Regrouped again since" in last.toolTip()
    aside.show_aside(AsideShown())
    QApplication.processEvents()
    assert "Nothing is put aside." in words_of(aside)
    aside.close()
    assert told.told[3:] == [("leave",)]


def test_all_words_follow_the_language(
    qapp: QApplication, page: RegroupPage, aside: AsidePage, marking: QTranslator
) -> None:
    show(page, merge(BROTHER))
    aside.show_aside(AsideShown((AsideEntry("v1", "p1", ONE, None, "x", "A", NOON),)))
    qapp.installTranslator(marking)
    QApplication.processEvents()
    own = ("Doe, Jane", "朵 珍", "2024-", "Müller", "欧阳", "MR hip", "\N{EM DASH}")
    for widget in (page, aside):
        for each in widget.findChildren(QLabel):
            if each.isVisible() and each.text() and not each.text().startswith(own):
                assert "«" in each.text(), each.text()
