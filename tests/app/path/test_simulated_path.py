"""The whole path of a reader on a simulated patient, by hand, in the real window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QToolButton,
)

from app.state import Drawing, Panel
from app.views.patient_header import PatientHeaderLine
from app.views.report_pages import ReportPages
from app.views.slice_canvas import SliceCanvas
from app.views.verdict_bar import VerdictBar
from app.views.window_place import clamped
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.ports import AnalysisEntry
from hipdesk.records import HipScore, SegmentClass, Side
from hipdesk.review import Verdict
from tests.app.path.window_driver import CTRL, Driver

READER = "Dr. R. Reader"
WORDS = "Oedema of the right femoral head, less than at the last visit."
FINAL = f"Final - signed by {READER}"
MOVE_MM = 6.0

Start = Callable[..., Driver]


def test_images_given_as_argument_are_scrolled_while_they_are_analysed(
    start: Start, visits: tuple[Path, ...], tmp_path: Path
) -> None:
    desk = start(tmp_path / "library", [visits[0]])
    desk.wait(lambda: desk.exam is not None)
    assert desk.workspace == "Review"
    assert not desk.exam.analysed
    before = desk.index
    desk.wheel(desk.canvas, 2)
    assert desk.index == before + 2
    assert not any(desk.canvas.picture.outlines.values())
    assert not desk.exam.analysed
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    assert all(hip.score.u_intensity > 0 for hip in desk.reviewed.analysis.hips)
    assert all(desk.canvas.picture.outlines[side] for side in Side)
    desk.close()


def test_the_whole_path(
    start: Start, visits: tuple[Path, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, pdf = tmp_path / "library", tmp_path / "report.pdf"
    desk = start(library)
    assert desk.says("Drop a folder with hip MRI here")
    _drop_the_first_visit(desk, visits[0])
    _open_the_second_by_menu(desk, visits[1], monkeypatch)
    _scroll(desk)
    _set_windows(desk)
    _change_masks(desk)
    moved = _move_a_crop(desk)
    _judge(desk)
    _follow(desk)
    _write_and_sign(desk)
    _locked(desk)
    _give_out(desk, pdf, monkeypatch)
    desk.window.resize(1280, 720)
    visit_uid, geometry = desk.exam.visit_uid, desk.window.geometry()
    score, splitters = desk.hip(Side.LEFT).score, desk.window.state().splitters
    desk.close()
    _stored(library, score)

    again = start(library, resize=False)
    again.wait_idle()
    kept = again.program.keeper.window
    assert (kept.geometry.width, kept.geometry.height) == (1280, 720)
    room = again.window.screen().geometry()
    assert again.window.size() == clamped(geometry, [room]).size()
    assert kept.splitters == splitters
    assert again.exam is None
    assert again.says("1 patient")
    _open_the_newest(again)
    assert again.exam.visit_uid == visit_uid
    assert again.program.keeper.settings.reader_name == READER
    assert again.hip(Side.LEFT).head.centre_lps_mm == pytest.approx(moved)
    assert again.hip(Side.LEFT).head.placed
    assert again.reviewed.working(Side.LEFT) == 1
    assert again.reviewed.standing(Side.RIGHT).verdict is Verdict.REJECTED
    assert again.reviewed.standing(Side.LEFT).verdict is Verdict.ACCEPTED
    _locked(again)
    again.go("Report")
    again.wait(lambda: again.says(FINAL))
    editor = again.see(QPlainTextEdit, "Reader's impression")
    assert editor.toPlainText() == WORDS
    assert editor.isReadOnly()
    again.close()


# Opening


def _drop_the_first_visit(desk: Driver, folder: Path) -> None:
    desk.drop(folder)
    desk.wait(lambda: desk.exam is not None)
    assert desk.workspace == "Review"
    assert "Simulated Patient" in desk.see(PatientHeaderLine, _header(desk)).accessibleName()
    assert desk.says("No result yet")
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    assert not desk.says("No result yet")


def _header(desk: Driver) -> str:
    (line,) = desk.all(PatientHeaderLine)
    return line.accessibleName()


def _open_the_second_by_menu(desk: Driver, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = desk.exam
    monkeypatch.setattr(
        "app.views.file_choice.QFileDialog.getExistingDirectory", lambda *_: str(folder)
    )
    desk.choose("Open folder...", "File")
    desk.wait(lambda: desk.exam is not first and desk.analysed)
    desk.wait_idle()
    assert desk.exam.patient_uid == first.patient_uid
    assert desk.exam.visit_uid != first.visit_uid
    assert desk.exam.day.isoformat() in _header(desk)


def _open_the_newest(desk: Driver) -> None:
    desk.choose_row(0)
    desk.wait(lambda: len(desk.open_buttons) == 2)
    desk.press(desk.open_buttons[0])
    desk.wait(lambda: desk.exam is not None)
    assert desk.workspace == "Review"


# Reading


def _scroll(desk: Driver) -> None:
    desk.key(Qt.Key.Key_Home)
    assert desk.index == 0
    desk.wheel(desk.canvas, 3)
    assert desk.index == 3
    desk.key(Qt.Key.Key_Down)
    desk.key(Qt.Key.Key_PageDown)
    assert desk.index == 14
    desk.key(Qt.Key.Key_End)
    assert desk.index == desk.series.stack.slices - 1
    strip = desk.strip
    desk.bot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.column(6).center().toPoint())
    assert desk.index == 6
    start = strip.column(6).center()
    desk.drag(strip, start, strip.column(9).center() - start)
    assert desk.index == 9
    crops = [desk.see(SliceCanvas, name) for name in ("Right hip", "Left hip")]
    assert {crop.picture.index for crop in crops} == {9}


def _set_windows(desk: Driver) -> None:
    canvas = desk.canvas
    before = canvas.window_levels
    desk.drag(canvas, QPointF(200, 200), QPointF(40, 20))
    after = canvas.window_levels
    assert after[0] > before[0]
    assert after[1] > before[1]
    assert desk.see(SliceCanvas, "Left hip").window_levels == after
    desk.key(Qt.Key.Key_2)
    second = canvas.window_levels
    assert second != after
    desk.key(Qt.Key.Key_1)
    assert canvas.window_levels not in (second, after)


def _change_masks(desk: Driver) -> None:
    overlay = lambda: desk.program.views.review._overlay  # noqa: E731
    desk.key(Qt.Key.Key_End)
    desk.key(Qt.Key.Key_Home)
    desk.bot.mouseClick(
        desk.strip, Qt.MouseButton.LeftButton, pos=desk.strip.column(10).center().toPoint()
    )
    drawn = _pixels(desk.canvas)
    desk.click(QToolButton, "Bone marrow oedema (BME)")
    assert overlay().hidden == {SegmentClass.BME}
    desk.click(QToolButton, "Bone marrow oedema (BME)")
    assert np.array_equal(_pixels(desk.canvas), drawn)
    desk.click(QToolButton, "Fill masks")
    assert overlay().drawing is Drawing.FILL
    filled = _pixels(desk.canvas)
    assert not np.array_equal(filled, drawn)
    desk.see(QSlider, "Opacity of the masks").setFocus()
    desk.key(Qt.Key.Key_Left)
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_BracketLeft)
    assert overlay().opacity < 0.95
    desk.key(Qt.Key.Key_BracketRight)
    desk.key(Qt.Key.Key_BracketRight)
    assert overlay().opacity == 1.0
    desk.key(Qt.Key.Key_O)
    bare = _while_space_is_held(desk)
    assert not np.array_equal(bare, drawn)
    assert np.array_equal(_pixels(desk.canvas), drawn)
    desk.key(Qt.Key.Key_S)
    assert np.array_equal(_pixels(desk.canvas), bare)
    desk.key(Qt.Key.Key_S)
    assert np.array_equal(_pixels(desk.canvas), drawn)


def _while_space_is_held(desk: Driver) -> np.ndarray:
    focus = QApplication.focusWidget()
    desk.bot.keyPress(focus, Qt.Key.Key_Space)
    bare = _pixels(desk.canvas)
    desk.bot.keyRelease(focus, Qt.Key.Key_Space)
    return bare


def _pixels(canvas: SliceCanvas) -> np.ndarray:
    image = canvas.grab().toImage().convertToFormat(canvas.grab().toImage().Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1).copy()


# Correcting and judging


def _move_a_crop(desk: Driver) -> tuple[float, ...]:
    """Drag the left hip's frame; the head centre that was asked for."""
    right, left = desk.hip(Side.RIGHT), desk.hip(Side.LEFT)
    wanted = desk.move_crop(Side.LEFT, MOVE_MM)
    redone = desk.hip(Side.LEFT)
    assert redone.head.centre_lps_mm == pytest.approx(wanted, abs=1.5)
    assert redone.head.placed
    assert redone.head.centre_lps_mm != left.head.centre_lps_mm
    assert redone.score != left.score
    assert desk.hip(Side.RIGHT) == right
    return redone.head.centre_lps_mm


def _judge(desk: Driver) -> None:
    desk.click(QPushButton, "Accept the right hip")
    desk.wait_idle()
    assert desk.reviewed.standing(Side.RIGHT).verdict is Verdict.ACCEPTED
    desk.click(QPushButton, "Reopen the right hip")
    desk.wait_idle()
    assert desk.reviewed.standing(Side.RIGHT).verdict is None
    desk.click(QPushButton, "Reject the right hip")
    (bar,) = (each for each in desk.all(VerdictBar) if each.accessibleName() == "Right hip")
    desk.bot.keyClicks(bar.note.field, "artefact")
    desk.key(Qt.Key.Key_Return)
    desk.wait_idle()
    assert desk.reviewed.standing(Side.RIGHT).verdict is Verdict.REJECTED
    desk.click(QPushButton, "Accept the left hip")
    desk.wait_idle()
    assert desk.reviewed.standing(Side.LEFT).verdict is Verdict.ACCEPTED


# Following


def _follow(desk: Driver) -> None:
    desk.go("Follow-up")
    both = (Panel.EARLIER, Panel.LATER)
    shown = lambda panel: desk.program.views.follow_up.panels[panel].shown  # noqa: E731
    desk.wait(lambda: all(shown(p) is not None and shown(p).picture for p in both))
    desk.wait_idle()
    assert shown(Panel.EARLIER).day < shown(Panel.LATER).day == desk.exam.day
    assert desk.see(QComboBox, "Earlier visit").currentText().startswith("2024-03-04")
    desk.click(QPushButton, "Hip: Left hip")
    desk.wait(lambda: shown(Panel.LATER).side is Side.LEFT)
    slider = desk.see(QSlider, "Slice, millimetres from the head centre")
    slider.setFocus()
    for _ in range(3):
        desk.key(Qt.Key.Key_Right)
    before = {panel: shown(panel).picture.index for panel in both}
    at = shown(Panel.LATER).offset_mm
    desk.wheel(desk.see(SliceCanvas, "Later visit"), 2)
    assert abs(shown(Panel.LATER).offset_mm - at) > 4
    assert {panel: shown(panel).picture.index for panel in both} != before
    spacing = desk.series.volume.series.spacing_mm[0]
    assert abs(shown(Panel.EARLIER).offset_mm - shown(Panel.LATER).offset_mm) <= spacing


# Reporting


def _write_and_sign(desk: Driver) -> None:
    desk.go("Report")
    desk.wait(lambda: desk.says("Page 1 of "))
    assert desk.says("Draft")
    editor = desk.see(QPlainTextEdit, "Reader's impression")
    desk.type(editor, WORDS)
    desk.wait(lambda: desk.reviewed.impression == WORDS)
    desk.go("Review")
    name = desk.see(QLineEdit, "Name to sign with")
    assert not desk.see(QPushButton, "Sign").isEnabled()
    desk.type(name, READER)
    desk.click(QPushButton, "Sign")
    desk.wait_idle()
    assert desk.says(f"Signed by {READER}")


def _locked(desk: Driver) -> None:
    assert not desk.see(QPushButton, "Reopen the right hip").isEnabled()
    revision = desk.reviewed.working(Side.LEFT)
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_M)
    assert any("signed" in each for each in desk.messages)
    _, x, y = desk.series.stack.to_picture(desk.hip(Side.LEFT).head.centre_lps_mm)
    desk.drag(desk.canvas, desk.canvas.to_canvas(x, y), QPointF(30, 0))
    desk.wait_idle()
    assert desk.reviewed.working(Side.LEFT) == revision


def _give_out(desk: Driver, pdf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.go("Report")
    desk.wait(lambda: desk.says(FINAL))
    desk.wait_idle()
    (pages,) = desk.all(ReportPages)
    assert pages.page == 0
    monkeypatch.setattr(
        "app.views.report_view.QFileDialog.getSaveFileName", lambda *_: (str(pdf), "")
    )
    desk.click(QPushButton, "Save PDF...")
    desk.wait(pdf.exists)
    desk.wait_idle()
    assert pdf.read_bytes().startswith(b"%PDF")
    assert any("report.pdf" in each for each in desk.messages)
    desk.key(Qt.Key.Key_1, CTRL)
    assert desk.workspace == "Library"
    assert desk.says("On screen")


def _stored(library: Path, score: HipScore) -> None:
    """What the library holds once the window is closed."""
    store = SqlVisitStore.open(library, read_only=True)
    try:
        (patient,) = store.patients()
        entries = store.entries(patient.uid)
        assert len(entries) == 2
        newest = entries[-1]
        (analysis,) = newest.analyses
        assert _verdicts(analysis) == {Side.RIGHT: Verdict.REJECTED, Side.LEFT: Verdict.ACCEPTED}
        assert analysis.signed
        (counting,) = newest.visit.hips
        assert counting.side is Side.LEFT
        assert counting.score == score
    finally:
        store.close()


def _verdicts(analysis: AnalysisEntry) -> dict[Side, Verdict | None]:
    return dict(analysis.verdicts)
