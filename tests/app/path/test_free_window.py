"""Nothing blocks: the window's thread is never away for long, whatever is done."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.bootstrap.running import settle
from app.state import Panel, Workspace
from app.views.slice_canvas import SliceCanvas
from hipdesk.settings import Language, Theme
from tests.app.path import studies
from tests.app.path.window_driver import CTRL, Driver, Watch, share

LONGEST_S = 0.1
ATTEMPTS = 3
"""A busy machine may hold a thread back; three times in a row it does not."""

PACE_S = 0.02
TURNS = 20
PEOPLE = 1000
PAINTED = 60
PAINTING_S = 0.06
"""Painting all of the window takes 20 ms where nothing else runs."""

Start = Callable[..., Driver]
Record = Callable[[str, object], None]


@pytest.fixture
def record(record_property: Record) -> Record:
    def record(what: str, value: object) -> None:
        record_property(what, value)
        print(f"{what}: {value}")

    return record


@pytest.fixture(autouse=True, scope="module")
def settled() -> Iterator[None]:
    """As the program begins; Python's collector would look through all of pytest's objects, too."""
    settle()
    yield
    gc.unfreeze()


def busy_elsewhere(desk: Driver) -> bool:
    """Whether other programs alone hold the window back: it only paints, and nothing else runs."""
    with Watch() as watch:
        for _ in range(PAINTED):
            desk.window.repaint()
            desk.spin(PACE_S)
    print(watch.told("painting the window, nothing else"))
    return watch.longest > PAINTING_S


def best(
    record: Record, desk: Driver, what: str, attempt: Callable[[], Watch], alone: bool = False
) -> None:
    """Hold the best of some attempts to the bound, and tell the figures.

    Parameters
    ----------
    alone : the program does nothing else, so waiting for a processor is not its own doing
    """

    def gap(watch: Watch) -> float:
        return watch.longest_own if alone else watch.longest

    watches: list[Watch] = []
    while len(watches) < ATTEMPTS and not any(gap(each) < LONGEST_S for each in watches):
        watches.append(attempt())
        print(watches[-1].told(what))
    longest = min(gap(each) for each in watches)
    record(f"{what}, longest gap in ms", round(1000 * longest))
    if longest >= LONGEST_S and busy_elsewhere(desk):
        pytest.skip(f"other programs keep this machine too busy; {what} took {longest:.2f} s")
    assert longest < LONGEST_S


def open_visit(desk: Driver, at: int = 0) -> None:
    """Choose the first patient of the list and open one of their visits, newest first."""
    desk.go("Library")
    desk.choose_row(0)
    desk.wait(lambda: len(desk.open_buttons) >= 2)
    desk.press(desk.open_buttons[at])


def step(desk: Driver, canvas: SliceCanvas, by: int) -> float:
    """Seconds from a turn of the wheel to the painted pictures."""
    began = time.perf_counter()
    desk.wheel(canvas, by)
    QApplication.processEvents()
    return time.perf_counter() - began


def test_scrolling_goes_on_while_another_study_is_analysed(
    start: Start, library: Path, stranger: Path, record: Record
) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    stored = desk.exam
    desk.go_to(0)
    alone = [step(desk, desk.canvas, by) for by in [1] * TURNS + [-1] * TURNS]
    record("p95 of a slice step alone, ms", round(1000 * share(alone, 0.95), 1))
    steps: list[float] = []

    def scroll() -> Watch:
        desk.drop(stranger)
        desk.wait(lambda: desk.runs("Analysing the hips"))
        desk.program.controllers.study.open_visit(stored.visit_uid)
        desk.wait(lambda: desk.exam.visit_uid == stored.visit_uid and desk.analysed)
        steps.clear()
        canvas, there_and_back = desk.canvas, cycle([1] * TURNS + [-1] * TURNS)
        desk.go_to(0)
        with Watch() as watch:
            while desk.runs("Analysing the hips"):
                steps.append(step(desk, canvas, next(there_and_back)))
                desk.spin(PACE_S)
        desk.wait_idle()
        return watch

    best(record, desk, "scrolling while a study is analysed", scroll)
    assert desk.exam.visit_uid == stored.visit_uid
    assert len(steps) > 20
    record("p95 of a slice step meanwhile, ms", round(1000 * share(steps, 0.95), 1))
    record("slowest slice step meanwhile, ms", round(1000 * max(steps), 1))
    desk.close()


def test_opening_and_switching_leave_the_window_free(
    start: Start, library: Path, record: Record
) -> None:
    desk = start(library)
    desk.wait_idle()
    places = iter([0, 1, 0])

    def opening() -> Watch:
        with Watch() as watch:
            before = desk.exam
            open_visit(desk, next(places))
            desk.wait(lambda: desk.exam is not before)
            desk.wait_idle()
        return watch

    best(record, desk, "opening a stored visit", opening)

    def switching() -> Watch:
        with Watch() as watch:
            for name in ("Follow-up", "Review", "Library", "Report", "Review", "Follow-up"):
                desk.go(name)
                desk.spin(0.2)
                desk.wait_idle()
        panels = desk.program.views.follow_up.panels
        assert all(panels[panel].shown is not None for panel in Panel)
        return watch

    best(record, desk, "switching workspaces", switching)
    desk.close()


def test_another_theme_and_language_leave_the_window_free(
    start: Start, library: Path, record: Record
) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    shell, keeper = desk.program.controllers.shell, desk.program.keeper
    desk.program.controllers.shell.choose_workspace(Workspace.FOLLOW_UP)
    desk.wait_idle()

    def changing(**choices: tuple[object, object]) -> Watch:
        with Watch() as watch:
            for values in zip(*choices.values(), strict=True):
                wanted = dict(zip(choices, values, strict=True))
                shell.change_settings(keeper.settings.model_copy(update=wanted))
                desk.spin(0.3)
                desk.wait_idle()
        return watch

    themes, languages = (Theme.LIGHT, Theme.DARK), (Language.CHINESE, Language.ENGLISH)
    best(record, desk, "changing the theme", lambda: changing(theme=themes), alone=True)
    best(record, desk, "changing the language", lambda: changing(language=languages), alone=True)
    desk.close()


def test_the_report_is_made_beside_the_window(start: Start, library: Path, record: Record) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()

    def report() -> Watch:
        desk.go("Review")
        desk.wait_idle()
        with Watch() as watch:
            desk.go("Report")
            desk.wait(lambda: desk.says("Page 1 of "))
            desk.wait_idle()
            desk.spin(0.2)
        return watch

    best(record, desk, "showing the report", report)
    desk.close()


def test_a_thousand_patients_are_searched_as_one_types(
    start: Start, library: Path, record: Record
) -> None:
    studies.crowd(library, PEOPLE)
    desk = start(library)
    desk.wait_idle()
    field = desk.see(QLineEdit, "Search patients")
    words = ["number 77", "crowd-000"]

    def search() -> Watch:
        with Watch() as watch:
            field.clear()
            desk.type(field, words[0])
            desk.spin(0.3)
            desk.wait_idle()
            desk.bot.keyClick(field, "a", CTRL)
            desk.bot.keyClicks(field, words[1])
            desk.spin(0.3)
            desk.wait_idle()
        return watch

    best(record, desk, "searching among 1,000 patients", search)
    assert len(desk.patients.rows) == 100
    desk.close()


def test_pages_beside_the_workspaces_open_at_once(
    start: Start, library: Path, record: Record
) -> None:
    desk = start(library, latest=True)
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()

    def pages() -> Watch:
        with Watch() as watch:
            for title, menu in (
                ("Settings", "File"),
                ("Keyboard and mouse", "Help"),
                ("About HipDesk", "Help"),
            ):
                desk.choose(title, menu)
                desk.spin(0.3)
                QApplication.activeWindow().close()
                desk.spin(0.1)
        return watch

    best(record, desk, "opening settings, keyboard and about", pages)
    desk.close()
