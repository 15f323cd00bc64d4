"""At the open window: another series for good, one before the scan ends, names put right."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from PySide6.QtWidgets import QPushButton

from app.views.charset_menu import CharsetButton
from app.views.patient_header import PatientHeaderLine
from app.views.settings_dialog import SettingsDialog
from hipdesk.adapters import dicom_folder
from hipdesk.adapters.store import SqlVisitStore
from tests.adapters.test_report_pdf import pages_of
from tests.app.path import studies
from tests.app.path.window_driver import Driver

Start = Callable[..., Driver]

RIGHT = "\u738b\u5c0f\u4e1c"
LOOKING = "Looking for images"


@pytest.fixture
def garbled(visits: tuple[Path, ...], tmp_path: Path) -> Path:
    """A study whose Chinese name is stated as Western European."""
    name = "\u738b^\u5c0f\u4e1c".encode("gb18030").decode("latin-1")
    return studies.relabelled(
        visits[0], tmp_path / "garbled", SpecificCharacterSet="ISO_IR 100", PatientName=name
    )


def with_t2(study: Path, out: Path) -> Path:
    """A study with its STIR series once more, as a fat-suppressed T2 of the same scanner."""
    whole = studies.relabelled(study, out / "as it is", Manufacturer="ACME")
    more = studies.relabelled(
        study / "2",
        out / "t2",
        Manufacturer="ACME",
        StudyInstanceUID=pydicom.dcmread(next(whole.rglob("*.dcm"))).StudyInstanceUID,
        SeriesDescription="T2 FS coronal hips",
        ProtocolName="T2 FS coronal hips",
        ScanningSequence="SE",
        ScanOptions="FS",
        RepetitionTime=3800,
        EchoTime=70,
        InversionTime=None,
    )
    assert more.is_dir()
    return out


def header(desk: Driver) -> str:
    (line,) = desk.all(PatientHeaderLine)
    return line.accessibleName()


def analyse_this_one(desk: Driver, description: str) -> None:
    """Press the button of a series of the found folder."""
    (button,) = (
        each
        for each in desk.all(QPushButton)
        if each.accessibleName().startswith("Analyse") and description in each.accessibleName()
    )
    desk.press(button)


def test_a_name_is_put_right_in_window_library_and_report_and_stays_so(
    start: Start, garbled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, pdf = tmp_path / "library", tmp_path / "report.pdf"
    desk = start(library)
    desk.drop(garbled)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    assert RIGHT[1:] not in header(desk)

    desk.act("Choose...")
    assert desk.workspace == "Library"
    (menu,) = desk.all(CharsetButton)
    (entry,) = (each for each in menu.menu().actions() if "GB 18030" in each.text())
    assert RIGHT[1:] in entry.text()
    entry.trigger()
    desk.wait(lambda: desk.exam is not None and RIGHT[1:] in desk.exam.patient.name)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    assert RIGHT[1:] in header(desk)

    desk.go("Report")
    desk.wait(lambda: desk.has(QPushButton, "Save PDF..."))
    desk.wait_idle()
    monkeypatch.setattr(
        "app.views.report_view.QFileDialog.getSaveFileName", lambda *_: (str(pdf), "")
    )
    desk.click(QPushButton, "Save PDF...")
    desk.wait(pdf.exists)
    assert RIGHT[1:] in pages_of(pdf.read_bytes())[0]

    desk.go("Library")
    desk.wait(lambda: [RIGHT[1:] in row.patient.name for row in desk.patients.rows] == [True])
    assert desk.window.close()
    with SqlVisitStore.open(library) as store:
        assert len(store.analyses()) == 1, "nothing was analysed twice"
        assert store.verify_audit() > 1
    again = start(library, latest=True)
    again.wait(lambda: again.exam is not None)
    assert RIGHT[1:] in header(again)
    again.drop(garbled)
    again.wait_idle()
    assert RIGHT[1:] in header(again)


def test_another_series_is_chosen_once_and_for_the_next_visit(
    start: Start, visits: tuple[Path, ...], tmp_path: Path
) -> None:
    first, second = (with_t2(study, tmp_path / study.name) for study in visits)
    desk = start(tmp_path / "library")
    desk.drop(first)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    assert "STIR" in desk.series.volume.series.description

    desk.choose("Series of the opened folder", "File")
    analyse_this_one(desk, "T2 FS")
    desk.wait(lambda: desk.analysed and "T2 FS" in desk.series.volume.series.description)
    desk.wait_idle()
    assert any("next study of this scanner's protocol" in words for words in desk.messages)

    desk.drop(second)
    desk.wait(lambda: any(words.startswith("Chosen as on") for words in desk.messages))
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    assert "T2 FS" in desk.series.volume.series.description

    desk.window.open_settings()
    (page,) = desk.window.findChildren(SettingsDialog)
    desk.wait(lambda: _forget(page))
    (button,) = _forget(page)
    desk.press(button)
    desk.wait(lambda: not _forget(page))
    desk.wait_idle()
    page.close()
    assert desk.program.services.library.choices.all() == ()


def _forget(page: SettingsDialog) -> list[QPushButton]:
    return [
        each
        for each in page.findChildren(QPushButton)
        if each.isVisible() and each.text() == "Forget"
    ]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Files below ``slow`` take their time, the last one until this is set."""
    go, real, seen = threading.Event(), dicom_folder.look, []

    def look(file: Any, charset: bytes) -> Any:
        if "slow" in file.path.parts:
            seen.append(file.path)
            go.wait(60.0 if len(seen) == 40 else 0.05)
        return real(file, charset)

    monkeypatch.setattr(dicom_folder, "look", look)
    yield go
    go.set()


def test_a_series_is_read_and_analysed_before_the_scan_ends(
    start: Start, visits: tuple[Path, ...], tmp_path: Path, held: threading.Event
) -> None:
    study = tmp_path / "study"
    studies.relabelled(visits[0] / "2", study / "fast")
    for number in range(10):
        source = visits[0] / "3"
        studies.relabelled(source, study / "slow" / str(number))
    desk = start(tmp_path / "library")
    desk.drop(study)
    desk.wait(lambda: desk.says("Still looking for images"))
    analyse_this_one(desk, "STIR")
    desk.wait(lambda: desk.exam is not None)
    assert desk.runs(LOOKING)
    assert desk.workspace == "Review"
    desk.wait(lambda: desk.analysed)
    assert desk.runs(LOOKING)
    held.set()
    desk.wait_idle()
    assert desk.analysed
    assert "STIR" in desk.series.volume.series.description
    assert desk.workspace == "Review"
