"""Drives the whole program by what a reader can see and touch.

Widgets are found by the words that a reader or a screen reader has for them, and
only among those that can be seen; gestures are the events of mouse, wheel, keys
and drops. What was kept is looked up behind the window, never changed there.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QMenu,
    QPushButton,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.exceptions import TimeoutError
from pytestqt.qtbot import QtBot

import hipdesk
from app.bootstrap.program import Program
from app.messages import Severity
from app.state import Exam, OpenSeries
from app.views.labels import ElidedLabel
from app.views.message_bar import MessageRow
from app.views.patient_list import PatientList
from app.views.slice_canvas import SliceCanvas
from app.views.strip_chart import StripChart
from hipdesk.records import HipResult, Side
from hipdesk.review import Reviewed

W = TypeVar("W", bound=QWidget)

SIZE = (1366, 768)
NOTCH = 120
PROGRAM = Path(hipdesk.__file__).parent.parent.as_posix()
LONG_MS = 30_000
NO_KEYS = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
MOVE = "Move a hip's crop by its frame (M)"
LEFT_BUTTON = Qt.MouseButton.LeftButton


class Driver:
    """A reader at the open window."""

    def __init__(self, program: Program, bot: QtBot) -> None:
        self.program = program
        self.bot = bot
        self.window = program.window

    # Waiting

    def wait(self, until: Callable[[], object], timeout: int = LONG_MS) -> None:
        """Let the program work until something is so."""
        try:
            self.bot.waitUntil(lambda: bool(until()), timeout=timeout)
        except TimeoutError:
            jobs = [job.what for job in self.program.services.jobs.running]
            raise AssertionError(f"{self.said} {self.messages} {jobs}") from None

    def wait_idle(self) -> None:
        """Let everything in the background end."""
        self.wait(lambda: not self.program.services.jobs.running)

    def spin(self, seconds: float) -> None:
        """Let the program work for some time."""
        self.bot.wait(round(1000 * seconds))

    # Seeing

    def all(self, kind: type[W]) -> list[W]:
        """Every widget of a kind that can be seen."""
        return [each for each in self.window.findChildren(kind) if each.isVisible()]

    def has(self, kind: type[W], words: str) -> bool:
        """Whether exactly one widget with these words can be seen."""
        return len(self._named(kind, words)) == 1

    def see(self, kind: type[W], words: str) -> W:
        """The one widget with these words that can be seen."""
        found = self._named(kind, words)
        assert len(found) == 1, f"{len(found)} of {words!r} among {self._names(kind)}"
        return found[0]

    def _named(self, kind: type[W], words: str) -> list[W]:
        return [each for each in self.all(kind) if words in _words_of(each)]

    def _names(self, kind: type[W]) -> list[tuple[str, ...]]:
        return [_words_of(each) for each in self.all(kind)]

    @property
    def said(self) -> tuple[str, ...]:
        """Everything that labels say."""
        return tuple(_shown(each) for each in self.all(QLabel) if _shown(each))

    def says(self, words: str) -> bool:
        """Whether any label holds these words."""
        return any(words in each for each in self.said)

    @property
    def messages(self) -> tuple[str, ...]:
        """What the message bar says."""
        return tuple(message.text for message in self.program.messages.present)

    # Behind the window

    @property
    def exam(self) -> Exam | None:
        return self.program.controllers.desk.exam

    @property
    def series(self) -> OpenSeries:
        exam = self.exam
        assert exam is not None
        return exam.series[0]

    @property
    def reviewed(self) -> Reviewed:
        reviewed = self.series.reviewed
        assert reviewed is not None
        return reviewed

    def hip(self, side: Side) -> HipResult:
        """One hip as its newest revision has it."""
        return self.reviewed.hip_at(side, self.reviewed.working(side))

    @property
    def analysed(self) -> bool:
        """Whether what is open is analysed and in the library."""
        exam = self.exam
        return exam is not None and exam.analysed and exam.visit_uid is not None

    # Hands

    def click(self, kind: type[QAbstractButton], words: str) -> None:
        """Press a button."""
        self.press(self.see(kind, words))

    def press(self, button: QAbstractButton) -> None:
        """Press this button."""
        assert button.isEnabled(), _words_of(button)
        self.bot.mouseClick(button, LEFT_BUTTON)

    def act(self, words: str) -> None:
        """Press the button of the message that has these words, once it can be seen."""

        def found() -> list[QPushButton]:
            buttons = [
                each for row in self.all(MessageRow) for each in row.findChildren(QPushButton)
            ]
            return [each for each in buttons if each.isVisible() and each.text() == words]

        self.wait(lambda: bool(found()))
        (button,) = found()
        self.press(button)

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NO_KEYS) -> None:
        """Press a key wherever the focus is."""
        self.bot.keyClick(QApplication.focusWidget() or self.window, key, held)

    def type(self, field: QWidget, words: str) -> None:
        """Click into a field and type."""
        self.bot.mouseClick(getattr(field, "viewport", lambda: field)(), LEFT_BUTTON)
        assert field.hasFocus()
        self.bot.keyClicks(field, words)

    def drag(self, widget: QWidget, start: QPointF, way: QPointF) -> None:
        """Drag with the left button."""
        at, by = start.toPoint(), way.toPoint()
        self.bot.mousePress(widget, LEFT_BUTTON, pos=at)
        for part in (0.25, 0.5, 0.75, 1.0):
            self.bot.mouseMove(widget, at + by * part)
        self.bot.mouseRelease(widget, LEFT_BUTTON, pos=at + by)

    def wheel(self, widget: QWidget, notches: int, held: Qt.KeyboardModifier = NO_KEYS) -> None:
        """Turn the wheel over the middle of a widget; downwards is positive."""
        where = QPointF(widget.rect().center())
        event = QWheelEvent(
            where,
            widget.mapToGlobal(where),
            QPoint(0, 0),
            QPoint(0, -NOTCH * notches),
            Qt.MouseButton.NoButton,
            held,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def _tabs(self) -> QTabBar:
        """The workspaces' tabs, whatever the language."""
        return next(each for each in self.all(QTabBar) if "Workspaces" in each.accessibleName())

    def go(self, workspace: str) -> None:
        """Click a workspace's tab."""
        tabs = self._tabs()
        titles = [tabs.tabText(at) for at in range(tabs.count())]
        where = tabs.tabRect(titles.index(workspace)).center()
        self.bot.mouseClick(tabs, LEFT_BUTTON, pos=where)

    @property
    def workspace(self) -> str:
        """Title of the tab in front."""
        tabs = self._tabs()
        return tabs.tabText(tabs.currentIndex())

    def drop(self, *paths: Path) -> None:
        """Drag folders over the window and let them go."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        where, copy = self.window.rect().center(), Qt.DropAction.CopyAction
        enter = QDragEnterEvent(where, copy, data, LEFT_BUTTON, NO_KEYS)
        QApplication.sendEvent(self.window, enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(where), copy, data, LEFT_BUTTON, NO_KEYS)
        QApplication.sendEvent(self.window, drop)
        assert drop.isAccepted()

    def choose(self, title: str, menu: str) -> None:
        """Choose from the menu bar."""
        self._action(menu, title).trigger()

    def _action(self, menu: str, title: str) -> QAction:
        (found,) = (
            action
            for each in self.window.menuBar().actions()
            if each.text().replace("&", "") == menu
            for action in self._menu(each).actions()
            if action.text() == title
        )
        assert found.isEnabled()
        return found

    def _menu(self, action: QAction) -> QMenu:
        menu = action.menu()
        assert isinstance(menu, QMenu)
        return menu

    def stop(self, what: str) -> float:
        """Press a running job's stop button once it can be seen; seconds until the job has ended.

        Parameters
        ----------
        what : the job's words
        """
        self.wait(lambda: self.has(QPushButton, f"Stop: {what}"))
        asked = time.perf_counter()
        self.click(QPushButton, f"Stop: {what}")
        self.wait(lambda: not self.runs(what))
        return time.perf_counter() - asked

    def runs(self, what: str) -> bool:
        """Whether a job runs or waits."""
        return any(job.what == what for job in self.program.services.jobs.running)

    # The library

    @property
    def patients(self) -> PatientList:
        (patients,) = self.all(PatientList)
        return patients

    def choose_row(self, at: int) -> None:
        """Click a patient."""
        where = self.patients.visualRect(self.patients.model().index(at, 0)).center()
        self.bot.mouseClick(self.patients.viewport(), LEFT_BUTTON, pos=where)

    @property
    def open_buttons(self) -> list[QPushButton]:
        """Those of the chosen patient's visits, the newest first."""
        found = [each for each in self.all(QPushButton) if each.text() == "Open"]
        return sorted(found, key=lambda each: each.mapToGlobal(each.rect().center()).y())

    # The review

    @property
    def canvas(self) -> SliceCanvas:
        """The large picture."""
        return self.see(SliceCanvas, "Slice")

    @property
    def strip(self) -> StripChart:
        (chart,) = self.all(StripChart)
        return chart

    @property
    def index(self) -> int:
        """The slice on screen."""
        picture = self.canvas.picture
        assert picture is not None
        return picture.index

    def go_to(self, index: int) -> None:
        """Click a slice of the strip chart."""
        where = self.strip.column(index).center().toPoint()
        self.bot.mouseClick(self.strip, LEFT_BUTTON, pos=where)
        assert self.index == index

    def move_crop(self, side: Side, by_mm: float) -> tuple[float, ...]:
        """Drag a hip's frame across and wait for the hip; the centre that was asked for."""
        centre, canvas, stack = self.hip(side).head.centre_lps_mm, self.canvas, self.series.stack
        number = self.reviewed.working(side)
        index, x, y = stack.to_picture(centre)
        self.go_to(round(index))
        self.click(QToolButton, MOVE)
        start = canvas.to_canvas(x, y)
        dx = by_mm / canvas.picture.pixel_mm[1]
        self.drag(canvas, start, canvas.to_canvas(x + dx, y) - start)
        self.wait(lambda: self.says("Being done again…"), timeout=2000)
        self.wait(lambda: self.reviewed.working(side) == number + 1)
        self.wait_idle()
        self.click(QToolButton, MOVE)
        return stack.to_lps(index, x + dx, y)

    # The end

    def close(self) -> None:
        """Close the window as its cross does."""
        assert self.window.close()
        assert not self.window.isVisible()
        errors = [m.text for m in self.program.messages.present if m.severity is Severity.ERROR]
        assert not errors


def _shown(each: QLabel) -> str:
    return each.whole if isinstance(each, ElidedLabel) else each.text()


def _words_of(widget: QWidget) -> tuple[str, ...]:
    """What a widget is called."""
    text = getattr(widget, "text", None)
    said = text() if callable(text) else getattr(widget, "text", "")
    return tuple(words for words in (widget.accessibleName(), str(said)) if words)


@dataclass
class Watch:
    """How long the window's thread was away, and what it did meanwhile.

    Attributes
    ----------
    notice_s : longer gaps are told
    queued : seconds, at each tick, that this thread has waited for a processor so far
    causes : by the beginning of a gap, where the window's thread was seen meanwhile
    """

    notice_s: float = 0.05
    ticks: list[float] = field(default_factory=list)
    queued: list[float] = field(default_factory=list)
    causes: dict[float, Counter[str]] = field(default_factory=dict)

    def __enter__(self) -> Watch:
        self._home = threading.get_ident()
        self._statistics = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._ended = threading.Event()
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=5)
        self._timer.timeout.connect(self._tick)
        self._tick()
        self._timer.start()
        self._guard = threading.Thread(target=self._look, daemon=True)
        self._guard.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._tick()
        self._timer.stop()
        self._ended.set()
        self._guard.join()

    def _tick(self) -> None:
        self.ticks.append(time.perf_counter())
        self.queued.append(self._queued_s())

    def _queued_s(self) -> float:
        """Field 2 of Linux' scheduler statistics; 0 elsewhere."""
        if not self._statistics.is_file():
            return 0.0
        return int(self._statistics.read_text("ascii").split()[1]) / 1e9

    def _look(self) -> None:
        while not self._ended.wait(0.005):
            last = self.ticks[-1]
            if time.perf_counter() - last > 0.015:
                frame = sys._current_frames().get(self._home)
                self.causes.setdefault(last, Counter())[_innermost(frame)] += 1

    @property
    def longest(self) -> float:
        """Seconds between two turns of the event loop."""
        return max((after - before for before, after in pairwise(self.ticks)), default=0.0)

    @property
    def longest_own(self) -> float:
        """The same without waiting for a processor, as Linux counts it; elsewhere the same."""
        wall, queued = pairwise(self.ticks), pairwise(self.queued)
        gaps = (b - a - (d - c) for (a, b), (c, d) in zip(wall, queued, strict=True))
        return max(gaps, default=0.0)

    def told(self, what: str) -> str:
        """The longest gap in one line, and below it what was seen in every long one."""
        lines = [f"{what}: longest gap {1000 * self.longest:.0f} ms"]
        for before, after in pairwise(self.ticks):
            if after - before > self.notice_s:
                seen = self.causes.get(before, Counter()).most_common(3)
                causes = "; ".join(f"{count} x {cause}" for cause, count in seen)
                lines.append(f"  {1000 * (after - before):.0f} ms: {causes}")
        return "\n".join(lines)


def _innermost(frame: FrameType | None) -> str:
    """Where a thread is: file, line and function of the innermost frames of this program."""
    stack = [] if frame is None else traceback.extract_stack(frame)
    own = [each for each in stack if f"{PROGRAM}/app/" in each.filename]
    chosen: Sequence[traceback.FrameSummary] = (own or stack)[-3:]
    return " < ".join(
        f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in reversed(chosen)
    )


def share(values: Sequence[float], part: float) -> float:
    """The value below which a part of all lies."""
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]
