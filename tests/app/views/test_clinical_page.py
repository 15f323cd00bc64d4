"""The page of the clinical record: fields, marks, indices, gestures, languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.clinical_state import (
    ClinicalShown,
    Figure,
    ReadingDraft,
    TreatmentDraft,
    cells_of,
    figures_of,
)
from app.views.clinical_page import ClinicalPage
from app.views.clinical_words import meaning_words
from hipdesk.clinical import HARRIS_CHOICES, IndexName, PartialDate, Treatment, TreatmentKind
from hipdesk.clinical_columns import VISIT_COLUMNS
from hipdesk.himriss import HIGHEST, Compartment, Reading
from hipdesk.records import Side
from tests.app.fakes import make_patient
from tests.app.test_clinical_state import AFTER, BEFORE
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, staged, words_of

DRUG = Treatment(TreatmentKind.BDMARD, "Adalimumab", PartialDate(2023, 5), dose="40 mg")
READING = Reading("v", Side.RIGHT, "Dr. A", 1, datetime(2024, 3, 4, 12, tzinfo=UTC), True, 20, 5, 6)
SHOWN = ClinicalShown(
    make_patient(),
    date(2024, 1, 1),
    cells_of(AFTER),
    date(2023, 1, 1),
    (("t1", DRUG),),
    (READING, replace(READING, reader="Dr. B", femoral=None)),
    "Dr. A",
    "Dr. B",
    datetime(2024, 3, 4, 12, tzinfo=UTC),
)


@pytest.fixture
def page(qtbot: QtBot, told: Recorder) -> ClinicalPage:
    dark()

    def fill(view: ClinicalPage) -> None:
        view.show_record(SHOWN)
        view.show_checked((), figures_of(AFTER, BEFORE), False)

    return staged(qtbot, ClinicalPage(), told, (1040, 672), fill)


def field(page: ClinicalPage, name: str) -> QLineEdit:
    found = next(form.fields[name] for form in page.forms if name in form.fields)
    assert isinstance(found, QLineEdit)
    return found


def press(page: ClinicalPage, words: str) -> None:
    buttons = page.findChildren(QPushButton)
    next(each for each in buttons if each.text() == words and each.isVisible()).click()


def test_every_fact_has_a_field(page: ClinicalPage) -> None:
    names = {name for form in page.forms for name in form.fields}
    assert names == {column.name for column in VISIT_COLUMNS if not column.required} - {"issuer"}


def test_who_and_what(page: ClinicalPage) -> None:
    said = words_of(page)
    for words in ("Jane", "4711", "2024-01-01", "2.921", "2.718", "3.30", "high activity"):
        assert words in said
    assert "\N{MINUS SIGN}1.295 since 2023-01-01" in said
    assert "clinically important improvement" in said
    assert "lacks BASFI 1, 2, 3" in said
    assert "Saved by Dr. B on 2024-03-04." in said
    assert not page.keep.isEnabled()


def test_setters_tell_nothing(page: ClinicalPage, told: Recorder) -> None:
    page.show_record(replace(SHOWN, cells={"esr_mm_h": "5"}))
    assert field(page, "esr_mm_h").text() == "5"
    assert field(page, "crp").text() == ""
    assert told.told == []


def test_typing_tells_every_field(page: ClinicalPage, told: Recorder, qtbot: QtBot) -> None:
    qtbot.keyClicks(field(page, "hip_pain_vas_left"), "3")
    (name, cells) = told.told[-1]
    assert (name, cells["hip_pain_vas_left"]) == ("edit", "3")
    assert {key: cells[key] for key in cells_of(AFTER)} == cells_of(AFTER)


def test_a_unit_without_a_crp_is_nothing(page: ClinicalPage, told: Recorder, qtbot: QtBot) -> None:
    field(page, "crp").selectAll()
    qtbot.keyClick(field(page, "crp"), Qt.Key.Key_Delete)
    (_, cells) = told.told[-1]
    assert not {"crp", "crp_unit"} & set(cells)


def test_a_field_that_cannot_be_read_is_marked_and_explained(page: ClinicalPage) -> None:
    page.show_checked(("hip_pain_vas_left", "basdai_q2"), (), True)
    assert field(page, "hip_pain_vas_left").styleSheet()
    assert field(page, "basdai_q2").accessibleDescription() == "a number from 0 to 10"
    assert "(Left): a number from 0 to 10; BASDAI 2: a number" in words_of(page)
    assert not page.keep.isEnabled()
    page.show_checked((), (), True)
    assert not field(page, "basdai_q2").styleSheet()
    assert page.keep.isEnabled()
    assert "Not saved yet." in words_of(page)


def test_saving_and_closing(page: ClinicalPage, told: Recorder) -> None:
    page.show_checked((), (), True)
    page.keep.click()
    page.close()
    assert told.told == [("keep",), ("leave",)]


def test_put_away_by_the_controller_tells_nothing(page: ClinicalPage, told: Recorder) -> None:
    page.show_record(None)
    assert not page.isVisible()
    assert told.told == []


def test_harris_answers_are_offered_by_points(page: ClinicalPage) -> None:
    for name, answers in HARRIS_CHOICES.items():
        for side in Side:
            box = page.forms[1].fields[f"harris_{name}_{side.word}"]
            offered = [box.itemData(at) for at in range(box.count())]  # type: ignore[union-attr]
            assert offered == ["", *(str(each.points) for each in answers)]


def test_treatments(page: ClinicalPage, told: Recorder) -> None:
    press(page, "Treatments")
    assert "bDMARD · Adalimumab · 40 mg · from 2023-05" in words_of(page)
    press(page, "Change")
    page.treatments.stopped.setText("2024")
    press(page, "Save change")
    press(page, "Remove")
    wanted = TreatmentDraft(
        TreatmentKind.BDMARD, "Adalimumab", "40 mg", "2023-05", "2024", uid="t1"
    )
    assert told.told == [("keep_treatment", wanted), ("withdraw_treatment", "t1")]
    page.show_refusal("Dates are written so.")
    assert "Dates are written so." in words_of(page)


def test_an_operation_has_a_side_and_no_end(page: ClinicalPage) -> None:
    tab = page.treatments
    for kind, single in ((TreatmentKind.SURGERY, True), (TreatmentKind.NSAID, False)):
        at = tab.kinds.findData(kind.value)
        tab.kinds.setCurrentIndex(at)
        tab.kinds.activated.emit(at)
        assert (tab.sides.isEnabled(), tab.stopped.isEnabled()) == (single, not single)


def test_readings(page: ClinicalPage, told: Recorder) -> None:
    press(page, "HIMRISS")
    assert "Right · Dr. A · reading 1 · 20 + 5 + 6 = 31" in words_of(page)
    assert "– + 5 + 6 = –" in words_of(page)
    tab = page.readings
    assert not tab.keep[Side.LEFT].isEnabled()
    for name, most in HIGHEST.items():
        tab.totals[Side.LEFT, name].setValue(most + 1)
        assert tab.totals[Side.LEFT, name].value() == most
    assert tab.sums[Side.LEFT].text() == "130"
    tab.keep[Side.LEFT].click()
    assert told.told == [("keep_reading", ReadingDraft(Side.LEFT, 65, 35, 30))]


def test_only_ones_own_reading_is_corrected(page: ClinicalPage, told: Recorder) -> None:
    press(page, "HIMRISS")
    buttons = [each for each in page.findChildren(QPushButton) if each.text() == "Correct"]
    assert len(buttons) == 1
    buttons[0].click()
    page.readings.totals[Side.RIGHT, Compartment.FEMORAL].setValue(2)
    press(page, "Save correction")
    wanted = ReadingDraft(Side.RIGHT, 2, 5, 6, blinded_to_order=True, number=1)
    assert told.told == [("keep_reading", wanted)]


def test_indices_stand_only_beside_what_they_come_from(page: ClinicalPage) -> None:
    press(page, "HIMRISS")
    assert "2.921" not in words_of(page)
    press(page, "Hips")
    assert "2.921" in words_of(page)


def test_all_words_follow_the_language(
    page: ClinicalPage, qapp: QApplication, marking: QTranslator
) -> None:
    qapp.installTranslator(marking)
    qapp.processEvents()
    for words in ("Patient", "Hips", "Treatments", "HIMRISS"):
        press(page, words if words == "HIMRISS" else f"«{words}»")
        plain = [
            each
            for each in words_of(page).splitlines()
            if "«" not in each and any(letter.isalpha() for letter in each)
        ]
        allowed = ("Doe", "Jane", "ASDAS-", "BASDAI", "BASFI", "CRP", "HLA-B27", "HIMRISS")
        assert [each for each in plain if not each.startswith(allowed)] == []


def test_blinded_reading_is_asked_for_one_patient_or_all(
    page: ClinicalPage, told: Recorder
) -> None:
    page.readings.read_blinded.click()
    page.readings.read_all.click()
    assert told.told[-2:] == [("read_blinded", False), ("read_blinded", True)]


def test_no_change_has_no_sign(qapp: QApplication) -> None:
    figure = Figure(IndexName.HARRIS, Side.RIGHT, 77.0, change=0.0)
    assert meaning_words(figure, "2024-01-01") == "0 since 2024-01-01"
