"""Stopping answers at once, and closing the window in the middle of anything loses nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QToolButton

from hipdesk.adapters import _dicom_pixels
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.records import Side
from tests.app.path.window_driver import MOVE, Driver

ANSWER_S = 0.5
ATTEMPTS = 3
"""A busy machine may hold a thread back; three times in a row it does not."""

ANALYSING = "Analysing the hips"
INTERRUPTED = "The program ended before an analysis was finished."

Start = Callable[..., Driver]


def quickest(what: str, stop: Callable[[], float]) -> None:
    """Hold the best of some attempts to the bound."""
    answers: list[float] = []
    while len(answers) < ATTEMPTS and not any(each < ANSWER_S for each in answers):
        answers.append(stop())
    print(f"{what} stops {1000 * min(answers):.0f} ms after it was asked to")
    assert min(answers) < ANSWER_S


def analyses_in(library: Path) -> int:
    store = SqlVisitStore.open(library, read_only=True)
    try:
        return len(store.analyses())
    finally:
        store.close()


@contextmanager
def slower(owner: object, name: str, seconds: float) -> Iterator[None]:
    """Have something take longer, as on a slow disc."""
    real = getattr(owner, name)

    def slow(*values: object, **named: object) -> object:
        time.sleep(seconds)
        return real(*values, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, slow)
        yield


# Stopping


def test_looking_for_images_stops_at_once(
    start: Start, visits: tuple[Path, ...], tmp_path: Path
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number, source in enumerate(sorted(visits[0].rglob("*.dcm"))):
        for copy in range(200):
            os.link(source, many / f"{number}-{copy}.dcm")
    desk = start(tmp_path / "library")

    def stop() -> float:
        desk.drop(many)
        return desk.stop("Looking for images")

    quickest("looking for images", stop)
    desk.wait_idle()
    assert desk.exam is None
    desk.close()


def test_reading_images_stops_at_once(
    start: Start, visits: tuple[Path, ...], tmp_path: Path
) -> None:
    desk = start(tmp_path / "library")

    def stop() -> float:
        desk.drop(visits[0])
        return desk.stop("Reading the images")

    with slower(_dicom_pixels, "_read_file", 0.1):
        quickest("reading images", stop)
        desk.wait_idle()
    assert desk.exam is None
    desk.close()


def test_an_analysis_stops_at_once_and_can_be_begun_again(
    start: Start, visits: tuple[Path, ...], tmp_path: Path
) -> None:
    library = tmp_path / "library"
    desk = start(library, [visits[0]])

    def stop() -> float:
        answer = desk.stop(ANALYSING)
        desk.wait_idle()
        assert not desk.exam.analysed
        assert "The analysis was stopped; nothing of it was kept." in desk.messages
        desk.act("Analyse again")
        return answer

    quickest("an analysis", stop)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    desk.close()
    assert analyses_in(library) == 1


def test_outlining_a_hip_again_stops_at_once_and_leaves_it_as_it_was(
    start: Start, library: Path
) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    before = desk.hip(Side.RIGHT)
    index, x, y = desk.series.stack.to_picture(before.head.centre_lps_mm)
    desk.go_to(round(index))
    desk.click(QToolButton, MOVE)

    def stop() -> float:
        begin = desk.canvas.to_canvas(x, y)
        desk.drag(desk.canvas, begin, desk.canvas.to_canvas(x + 4, y) - begin)
        return desk.stop("Outlining the right hip")

    quickest("outlining a hip", stop)
    desk.wait_idle()
    assert desk.hip(Side.RIGHT) == before
    assert not desk.says("Being done again…")
    assert desk.see(QPushButton, "Accept the right hip").isEnabled()
    desk.close()


# Closing


def test_an_analysis_cut_short_by_closing_is_offered_again(
    start: Start, library: Path, stranger: Path
) -> None:
    before = analyses_in(library)
    desk = start(library, [stranger])
    desk.wait(lambda: desk.runs(ANALYSING))
    desk.wait(lambda: desk.has(QPushButton, f"Stop: {ANALYSING}"))
    asked = time.perf_counter()
    desk.close()
    print(f"closing during an analysis took {1000 * (time.perf_counter() - asked):.0f} ms")
    assert analyses_in(library) == before

    again = start(library)
    again.wait(lambda: INTERRUPTED in again.messages)
    again.act("Analyse again")
    again.wait(lambda: again.analysed)
    again.wait_idle()
    again.close()
    assert analyses_in(library) == before + 1

    last = start(library)
    last.wait_idle()
    assert last.messages == ()
    last.close()


def test_closing_waits_for_a_result_that_is_being_saved(
    start: Start, visits: tuple[Path, ...], tmp_path: Path
) -> None:
    library = tmp_path / "library"
    with slower(SqlVisitStore, "add", 1.0):
        desk = start(library, [visits[0]])
        desk.wait(lambda: desk.runs("Saving the result"))
        asked = time.perf_counter()
        desk.close()
        assert time.perf_counter() - asked > 0.3
    assert analyses_in(library) == 1
    again = start(library)
    again.wait_idle()
    assert again.messages == ()
    again.close()


def test_closing_between_the_networks_and_the_save_saves(
    start: Start, visits: tuple[Path, ...], tmp_path: Path
) -> None:
    """The window is closed by the very turn of the event loop that hands the results over."""
    library = tmp_path / "library"
    desk = start(library, [visits[0]])

    class Closer:
        def analysis_done(self, *_: object) -> None:
            QTimer.singleShot(0, desk.window.close)

        def __getattr__(self, _name: str) -> Callable[..., None]:
            return lambda *_: None

    desk.program.controllers.study.watch(Closer())
    desk.wait(lambda: not desk.window.isVisible())
    assert analyses_in(library) == 1


def test_closing_while_an_impression_is_typed_keeps_it(start: Start, library: Path) -> None:
    words = "Half a sen"
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.go("Report")
    desk.wait(lambda: desk.says("Page 1 of "))
    desk.type(desk.see(QPlainTextEdit, "Reader's impression"), words)
    desk.close()
    again = start(library, latest=True)
    again.wait(lambda: again.analysed)
    again.go("Report")
    again.wait(lambda: again.says("Page 1 of "))
    assert again.see(QPlainTextEdit, "Reader's impression").toPlainText() == words
    again.close()


def test_closing_while_a_verdict_is_kept_keeps_it(start: Start, library: Path) -> None:
    with slower(SqlVisitStore, "review", 0.5):
        desk = start(library, latest=True)
        desk.wait(lambda: desk.analysed)
        desk.click(QPushButton, "Accept the right hip")
        desk.close()
    again = start(library, latest=True)
    again.wait(lambda: again.analysed)
    assert again.reviewed.standing(Side.RIGHT).verdict is not None
    again.close()


def test_closing_while_a_hip_is_outlined_again_waits_for_the_correction(
    start: Start, library: Path
) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    before = desk.hip(Side.LEFT)
    index, x, y = desk.series.stack.to_picture(before.head.centre_lps_mm)
    desk.go_to(round(index))
    desk.click(QToolButton, MOVE)
    begin = desk.canvas.to_canvas(x, y)
    desk.drag(desk.canvas, begin, desk.canvas.to_canvas(x + 4, y) - begin)
    desk.wait(lambda: desk.runs("Outlining the left hip"))
    desk.close()
    again = start(library, latest=True)
    again.wait(lambda: again.analysed)
    assert again.reviewed.working(Side.LEFT) == 1
    assert again.hip(Side.LEFT).head.placed
    assert again.hip(Side.LEFT).head != before.head
    again.close()
