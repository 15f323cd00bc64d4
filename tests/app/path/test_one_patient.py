"""Never two patients on screen at once; and one person under two numbers, if the reader says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPlainTextEdit, QPushButton

from app.state import Panel
from app.views.patient_header import PatientHeaderLine
from app.views.regroup_page import RegroupPage
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.store import SqlVisitStore
from tests.app.path import studies
from tests.app.path.window_driver import LEFT_BUTTON, Driver

WORDS = "Words about the first patient only."
FIRST, OTHER = "DEMO-0001", "DEMO-0002"

Start = Callable[..., Driver]


@pytest.fixture(scope="session")
def two_people(stored: Path, stranger: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with two visits of one patient and one of another; not to be opened."""
    place = studies.copied(stored, tmp_path_factory.mktemp("two") / "library")
    return studies.stored([stranger], place)


def header(desk: Driver) -> str:
    (line,) = desk.all(PatientHeaderLine)
    return line.accessibleName()


def everything_said(desk: Driver) -> str:
    """All words on screen, tips and names for screen readers among them."""
    words = list(desk.said)
    for widget in desk.all(QLabel):
        words += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
    return "\n".join(words)


def open_latest_of(desk: Driver, number: str) -> None:
    """Choose a patient by number and open the newest visit."""
    before = desk.exam
    desk.go("Library")
    desk.wait(lambda: desk.patients.rows)
    numbers = [row.patient.patient_id for row in desk.patients.rows]
    at = numbers.index(number)
    desk.choose_row(at)
    desk.wait(lambda: desk.says(number) and desk.open_buttons, timeout=8000)
    desk.wait_idle()
    desk.press(desk.open_buttons[0])
    desk.wait(lambda: desk.exam is not before)
    desk.wait_idle()


def test_another_patient_takes_the_whole_screen(
    start: Start, two_people: Path, tmp_path: Path
) -> None:
    library = studies.copied(two_people, tmp_path / "library")
    desk = start(library)
    desk.wait_idle()
    open_latest_of(desk, FIRST)
    first = desk.exam
    assert FIRST in header(desk)
    desk.go("Follow-up")
    desk.wait_idle()
    desk.go("Report")
    desk.wait(lambda: desk.says("Page 1 of "))
    desk.wait_idle()
    editor = desk.see(QPlainTextEdit, "Reader's impression")
    desk.type(editor, WORDS)
    assert desk.reviewed.impression == ""

    open_latest_of(desk, OTHER)
    second = desk.exam
    assert second.patient_uid != first.patient_uid
    for workspace in ("Review", "Follow-up", "Report"):
        desk.go(workspace)
        assert OTHER in header(desk)
        assert FIRST not in everything_said(desk)
        desk.wait_idle()
        assert FIRST not in everything_said(desk)
    _shows(desk, second)
    desk.go("Follow-up")
    assert desk.says("Only one visit so far")
    assert all(each.shown is None for each in desk.program.views.follow_up.panels.values())
    desk.go("Report")
    desk.wait(lambda: desk.says("Page 1 of "))
    assert desk.see(QPlainTextEdit, "Reader's impression").toPlainText() == ""
    desk.close()
    assert _impressions(library) == {FIRST: WORDS, OTHER: ""}


def _shows(desk: Driver, exam: object) -> None:
    """Slice and crops are pictures of this exam."""
    desk.go("Review")
    images = desk.series.stack.images
    review = desk.program.views.review
    for canvas in review.canvases:
        assert canvas.picture is not None, (canvas.accessibleName(), desk.said)
        assert canvas.picture.image.base is images.base or canvas.picture.image.base is images
    assert desk.exam is exam


def _impressions(library: Path) -> dict[str, str]:
    """The newest visit's impression by patient."""
    found = {}
    store = SqlVisitStore.open(library, read_only=True)
    try:
        for patient in store.patients():
            newest = store.entries(patient.uid)[-1].analyses[0]
            folder = store.series_folder(newest.uid)
            series = DicomFolderReader().scan(folder).series[0]
            found[patient.patient.patient_id] = store.load(newest.uid, series).impression
    finally:
        store.close()
    return found


def test_a_lookalike_is_joined_followed_and_given_back(
    start: Start, visits: tuple[Path, ...], lookalike: Path, tmp_path: Path
) -> None:
    library = studies.stored([visits[0], lookalike], tmp_path / "library")
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    apart = desk.exam.patient_uid
    desk.go("Follow-up")
    desk.wait_idle()
    assert desk.says("Only one visit so far")
    desk.go("Library")
    desk.wait(lambda: desk.has(QPushButton, "Same person"))
    desk.click(QPushButton, "Same person")
    desk.wait(lambda: desk.has(QPushButton, "Take back"))
    desk.wait_idle()
    assert desk.exam.patient_uid != apart

    desk.go("Follow-up")
    panels = desk.program.views.follow_up.panels
    desk.wait(lambda: all(each.shown and each.shown.picture for each in panels.values()))
    days = {panel: panels[panel].shown.day for panel in Panel}
    assert days[Panel.EARLIER] < days[Panel.LATER]
    assert desk.see(QComboBox, "Earlier visit").count() == 2

    desk.go("Library")
    desk.click(QPushButton, "Take back")
    desk.wait(lambda: desk.exam.patient_uid == apart)
    desk.wait_idle()
    assert desk.has(QPushButton, "Same person")
    desk.go("Follow-up")
    desk.wait_idle()
    assert desk.says("Only one visit so far")
    desk.close()


def test_two_people_are_joined_only_with_a_reason_and_parted_by_one_button(
    start: Start, two_people: Path, tmp_path: Path
) -> None:
    library = studies.copied(two_people, tmp_path / "library")
    desk = start(library)
    desk.wait(lambda: len(desk.patients.rows) == 2)
    numbers = {row.patient.patient_id: row for row in desk.patients.rows}
    entries = desk.patients.menu(numbers[OTHER].uid).actions()
    next(each for each in entries if each.text().startswith("Merge")).trigger()
    desk.wait(lambda: desk.all(RegroupPage))
    (page,) = desk.all(RegroupPage)
    desk.wait(lambda: page.list.rows)
    assert [row.uid for row in page.list.rows] == [numbers[FIRST].uid]
    first = page.list.visualRect(page.list.model().index(0, 0)).center()
    desk.bot.mouseClick(page.list.viewport(), LEFT_BUTTON, pos=first)
    desk.wait(lambda: desk.says("These are probably two people"))
    assert not page.deed.isEnabled()
    page.sure.click()
    desk.type(page.reason, "one phantom, labelled twice")
    page.keeps.click()
    desk.wait(page.deed.isEnabled)
    desk.press(page.deed)
    desk.wait(lambda: len(desk.patients.rows) == 1)
    assert desk.patients.rows[0].patient.patient_id == FIRST
    assert desk.patients.rows[0].visits == 3
    desk.wait(lambda: desk.says("Its images name"))
    desk.act("Undo")
    desk.wait(lambda: len(desk.patients.rows) == 2)
    assert {row.patient.patient_id: row.visits for row in desk.patients.rows} == {
        FIRST: numbers[FIRST].visits,
        OTHER: numbers[OTHER].visits,
    }
    desk.wait_idle()
    desk.close()
    with SqlVisitStore.open(library, read_only=True) as store:
        assert store.regroupings() == ()
        assert store.verify_audit() > 0
