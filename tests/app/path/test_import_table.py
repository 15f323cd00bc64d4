"""A table of clinical facts, from the File menu to the patient's record, in the real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QWidget

from app.views.clinical_page import ClinicalPage
from app.views.problem_table import ProblemTable
from app.views.visit_card import VisitCard
from hipdesk.clinical_import import plan_visits
from hipdesk.phantom.demo import PATIENT
from tests.app.path.studies import DAYS
from tests.app.path.window_driver import Driver, Watch

Start = Callable[..., Driver]
COMMAND = "Import clinical table (CSV)..."


def choose(desk: Driver, monkeypatch: pytest.MonkeyPatch, table: Path) -> None:
    """The menu's command, and the system's dialog answered."""

    def answered(_parent: QWidget, _title: str, _start: str, kinds: str) -> tuple[str, str]:
        return str(table), kinds

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answered)
    desk.choose(COMMAND, "File")


def clinical_button(desk: Driver) -> QPushButton:
    """On the card of the newest visit."""
    card = desk.all(VisitCard)[0]
    (found,) = (
        each for each in card.findChildren(QPushButton) if each.text().startswith("Clinical")
    )
    return found


def facts(desk: Driver) -> dict[str, float | None]:
    """The ESR of each visit, as the library holds it."""
    store = desk.program.services.library.store
    assert store is not None
    (person,) = store.patients("")
    history = store.clinical_history(person.uid)
    return {each.day.isoformat(): each.facts.esr_mm_h for each in history.visits}


def test_a_table_is_tried_mended_and_imported(
    start: Start, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, day = tmp_path / "临床.csv", DAYS[1].isoformat()
    wrong = f"patient_id;visit_date;esr_mm_h\n{PATIENT.patient_id};{day};viel\n"
    table.write_bytes(wrong.encode("gb18030"))
    desk = start(library)
    desk.wait_idle()
    desk.choose_row(0)
    desk.wait(lambda: desk.all(VisitCard))
    desk.press(clinical_button(desk))
    desk.wait(lambda: desk.all(ClinicalPage))
    choose(desk, monkeypatch, table)
    desk.wait(lambda: desk.all(ProblemTable))
    assert desk.says("Line 2, column esr_mm_h: this is not a number (“viel”)")
    assert not desk.see(QPushButton, "Import").isEnabled()
    table.write_text(wrong.replace("viel", "12,5"), encoding="utf-8")
    desk.click(QPushButton, "Read the file again")
    desk.wait(lambda: desk.has(QPushButton, "Import 1 line"))
    table.unlink()
    assert not facts(desk)
    desk.click(QPushButton, "Import 1 line")
    desk.wait(lambda: any("1 line of 临床.csv was imported." in each for each in desk.messages))
    desk.wait_idle()
    assert facts(desk)[day] == 12.5
    (page,) = desk.all(ClinicalPage)
    assert "12.5" in {field.text() for field in page.findChildren(QLineEdit)}
    assert not desk.has(QPushButton, "Read the file again")


def test_a_library_that_changed_meanwhile_is_named_and_the_page_stays(
    start: Start, library: Path, tmp_path: Path
) -> None:
    head = "patient_id,visit_date,esr_mm_h\n"
    table = tmp_path / "t.csv"
    table.write_text(f"{head}{PATIENT.patient_id},2024-01-02,5\n")
    desk = start(library)
    desk.wait_idle()
    desk.drop(table)
    desk.wait(lambda: desk.has(QPushButton, "Import 1 line"))
    tables = desk.program.services.library.tables
    assert tables is not None
    other = f"{head}{PATIENT.patient_id},2024-01-02,7\n".encode()
    tables.import_visits(plan_visits(other, tables.known_patients(), DAYS[1]).to_import(), "Dr. B")
    desk.click(QPushButton, "Import 1 line")
    desk.wait(lambda: desk.says("it has changed since the table was tried out"))
    assert desk.has(QPushButton, "Read the file again")
    assert facts(desk)["2024-01-02"] == 7


def test_a_long_table_holds_nothing_up_and_can_be_stopped(
    start: Start, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "t.csv"
    line = "NOBODY,2024-01-02,x,3,mg/L\n"
    table.write_text("patient_id,visit_date,esr_mm_h,crp,crp_unit\n" + 50_000 * line)
    desk = start(library)
    desk.wait_idle()
    choose(desk, monkeypatch, table)
    desk.wait(lambda: desk.runs("Trying out a table"))
    with Watch() as watch:
        desk.spin(2.0)
    assert desk.runs("Trying out a table")
    assert watch.longest < 0.5
    desk.click(QPushButton, "Cancel")
    desk.wait(lambda: not desk.runs("Trying out a table"), timeout=5000)
    assert not desk.says("The table is being tried out")
