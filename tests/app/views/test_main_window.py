"""The frame: names the patient, tells each gesture once, says what runs and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, Qt, QTranslator, QUrl
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import actions, theme
from app.actions import COMMANDS, Place
from app.background import JobStatus
from app.messages import Action, Message, Severity
from app.state import ComputeBadge, PatientHeader, Workspace
from app.views.about import KeyboardPage, ProgramFacts
from app.views.compute_badge import badge_words, tone_of
from app.views.drop_highlight import DropHighlight
from app.views.file_choice import FileChoice
from app.views.job_bar import JobBar, duration, time_left
from app.views.main_window import MainWindow
from app.views.message_bar import LINE_ROOM, MessageRow
from app.views.settings_dialog import SettingsDialog
from app.views.window_place import SMALLEST, clamped, first_place
from hipdesk.records import Compute, ModelRef, Patient
from hipdesk.report import RESEARCH_ONLY
from hipdesk.settings import Geometry, Settings, Theme, WindowState
from tests.app.views.library_rows import LONG_NAME, patient
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, staged
from tests.app.views.stage import spoken_of as words

FACTS = ProgramFacts("0.2.0", (ModelRef("segment", "0.1.0", "ab" * 32, "segment", "x"),), "/lib")


class FixedChoice(FileChoice):
    """Answers without a dialog."""

    def folder(self, parent: QWidget) -> tuple[Path, ...]:
        return (Path("study"),)

    def files(self, parent: QWidget) -> tuple[Path, ...]:
        return ()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, told: Recorder) -> Iterator[MainWindow]:
    dark()
    pages = {workspace: QWidget() for workspace in Workspace}
    yield staged(qtbot, MainWindow(pages, FACTS, FixedChoice()), told, (1366, 768))
    dark()


# The theme


def looks(qtbot: QtBot, window: MainWindow) -> QImage:
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show_patient(PatientHeader(patient(), date(2026, 5, 1)))
    window.show_messages((Message(1, Severity.WARNING, "Words", Action("Do", lambda: None)),))
    window.show()
    qtbot.waitExposed(window)
    window.setFocus()
    QApplication.processEvents()
    return window.grab().toImage()


def test_a_window_styled_in_parts_looks_like_one_styled_as_a_whole(
    qtbot: QtBot, qapp: QApplication
) -> None:
    def made() -> MainWindow:
        return MainWindow({each: QLabel(each.value) for each in Workspace}, FACTS, FixedChoice())

    theme.apply(qapp, Theme.LIGHT)
    whole = looks(qtbot, made())
    theme.apply(qapp, Theme.DARK, whole=False)
    window = made()
    dark = looks(qtbot, window)
    theme.choose(Theme.LIGHT)
    qtbot.waitUntil(window.updatesEnabled)
    light = looks(qtbot, window)
    theme.apply(qapp, Theme.DARK)
    assert light == whole
    assert dark != whole


def test_all_that_can_be_seen_is_in_a_part(window: MainWindow) -> None:
    parts = set(window._parts())
    bare = {window, window.centralWidget(), window._stack}

    def part_of(widget: QWidget | None) -> QWidget | None:
        while widget is not None and widget not in parts:
            widget = widget.parentWidget()
        return widget

    outside = {each for each in window.findChildren(QWidget) if part_of(each) is None} - bare
    assert {type(each) for each in outside} <= {DropHighlight}
    assert not any(part_of(part.parentWidget()) for part in parts)


def test_dialogs_of_the_window_are_dressed_whoever_makes_them(
    qtbot: QtBot, qapp: QApplication
) -> None:
    theme.apply(qapp, Theme.LIGHT, whole=False)
    window = MainWindow({each: QWidget() for each in Workspace}, FACTS, FixedChoice())
    qtbot.addWidget(window)
    box = QMessageBox(window)
    button = box.addButton(QMessageBox.StandardButton.Ok)
    box.open()
    assert button.height() == theme.ROW
    box.close()
    theme.apply(qapp, Theme.DARK)


# The patient


def test_the_header_names_patient_and_visit(window: MainWindow) -> None:
    assert "No patient open" in words(window)
    window.show_patient(PatientHeader(patient(), date(2026, 5, 1)))
    assert "YAMADA, TAROU / 山田 太郎" in words(window)
    assert "ID HD-00001\n · \nborn 1980-02-03 · male\n · visit 2026-05-01" in words(window)
    window.show_patient(None)
    assert "No patient open" in words(window)
    assert "YAMADA" not in words(window)


def test_the_systems_title_names_nobody(window: MainWindow) -> None:
    window.show_patient(PatientHeader(patient(), date(2026, 5, 1)))
    assert window.windowTitle() == "HipDesk"


def test_a_long_name_leaves_the_frame_as_it_is(window: MainWindow, qtbot: QtBot) -> None:
    window.show_patient(PatientHeader(patient(1, LONG_NAME), None))
    QApplication.processEvents()
    assert window.width() == 1366
    assert "visit without a date" in words(window)
    badge, name = window._badge, window._patient._name
    end = name.mapTo(window, QPoint(name.width(), 0)).x()
    assert end <= badge.mapTo(window, QPoint(0, 0)).x()
    assert name.text().endswith("振华")


def test_the_visits_date_is_in_sight_in_the_smallest_window(window: MainWindow) -> None:
    window.resize(SMALLEST)
    window.show_badge(ComputeBadge(Compute("cuda", "cpu"), 123.4, False))
    numbered = Patient("1234567890" * 6 + "1234", "", LONG_NAME, date(1980, 2, 3), "F")
    window.show_patient(PatientHeader(numbered, date(2026, 5, 1)))
    QApplication.processEvents()
    line = window._patient
    day, facts = line._day, line._facts
    assert day.text().endswith("visit 2026-05-01")
    assert day.width() >= day.sizeHint().width()
    assert line._number.text() != line._number.whole
    assert facts.toolTip() == facts.whole == "born 1980-02-03 · female"
    end = day.mapTo(window, QPoint(day.width(), 0)).x()
    assert end <= window._badge.mapTo(window, QPoint(0, 0)).x()


def test_a_long_number_gives_way_to_birth_date_and_sex(window: MainWindow) -> None:
    numbered = Patient("1234567890" * 6 + "1234", "", LONG_NAME, date(1980, 2, 3), "F")
    window.show_patient(PatientHeader(numbered, date(2026, 5, 1)))
    QApplication.processEvents()
    line = window._patient
    assert line._facts.text() == "born 1980-02-03 · female"
    assert line._number.text().startswith("ID 1")
    assert line._number.text() != line._number.whole
    window.show_patient(PatientHeader(patient(1), date(2026, 5, 1)))
    QApplication.processEvents()
    assert line._number.text() == line._number.whole == "ID HD-00001"


# Workspaces and commands


@pytest.mark.parametrize("workspace", list(Workspace))
def test_every_workspace_is_reached_by_tab_and_by_key(
    window: MainWindow, qtbot: QtBot, told: Recorder, workspace: Workspace
) -> None:
    at = list(Workspace).index(workspace)
    start = Workspace.REPORT if workspace is Workspace.LIBRARY else Workspace.LIBRARY
    window.show_workspace(start)
    middle = window._tabs.tabRect(at).center()
    qtbot.mouseClick(window._tabs, Qt.MouseButton.LeftButton, pos=middle)
    assert told.told == [("choose_workspace", workspace)]
    assert window.actions_table[workspace.value].shortcut() == QKeySequence(f"Ctrl+{at + 1}")
    window.actions_table[workspace.value].trigger()
    assert told.told[1:] == [("choose_workspace", workspace)]


def test_the_tab_stays_until_the_controller_moves_it(
    window: MainWindow, qtbot: QtBot, told: Recorder
) -> None:
    middle = window._tabs.tabRect(3).center()
    qtbot.mouseClick(window._tabs, Qt.MouseButton.LeftButton, pos=middle)
    assert window._tabs.currentIndex() == 0
    window.show_workspace(Workspace.REPORT)
    assert window._tabs.currentIndex() == 3
    assert window._stack.currentIndex() == 3
    assert len(told.told) == 1


def test_setters_tell_nobody(window: MainWindow, told: Recorder) -> None:
    for _ in range(2):
        window.show_workspace(Workspace.REVIEW)
        window.show_patient(PatientHeader(patient(), None))
        window.show_badge(ComputeBadge(Compute("auto", "cpu"), 1.0, True))
        window.show_jobs((job(1),))
        window.show_messages((Message(1, Severity.ERROR, "The disk is full."),))
        window.show_settings(Settings(theme=Theme.LIGHT, reader_name="Dr A"))
    assert told.told == []


def test_menus_hold_every_command_of_their_places(window: MainWindow) -> None:
    places = {Place.FILE, Place.VIEW, Place.HELP}
    wanted = {command.name for command in COMMANDS if command.place in places}
    assert window.actions_table.names == wanted
    in_menus = {
        action.objectName()
        for menu in window.findChildren(QMenu)
        for action in menu.actions()
        if action.objectName()
    }
    assert in_menus == wanted


def test_no_two_commands_of_a_place_share_a_key() -> None:
    everywhere = {Place.FILE, Place.VIEW, Place.HELP}
    for place in Place:
        seen = [
            key
            for command in COMMANDS
            if command.place is place or command.place in everywhere
            for key in command.keys
        ]
        assert len(seen) == len(set(seen)), place


def test_opening_is_told_unless_the_reader_thinks_better(
    window: MainWindow, told: Recorder
) -> None:
    window.actions_table["open_folder"].trigger()
    window.actions_table["open_file"].trigger()
    assert told.told == [("open_paths", (Path("study"),))]


def test_a_patient_can_be_closed_only_while_one_is_open(window: MainWindow, told: Recorder) -> None:
    close = window.actions_table["close_patient"]
    assert not close.isEnabled()
    window.show_patient(PatientHeader(patient(), None))
    close.trigger()
    assert told.told == [("close_patient",)]


def test_the_theme_menu_asks_and_follows(window: MainWindow, told: Recorder) -> None:
    window.show_settings(Settings(theme=Theme.DARK, reader_name="Dr A"))
    window._themes[Theme.LIGHT].trigger()
    assert told.told == [("change_settings", Settings(theme=Theme.LIGHT, reader_name="Dr A"))]
    assert window._themes[Theme.DARK].isChecked()
    window.show_settings(Settings(theme=Theme.LIGHT))
    assert window._themes[Theme.LIGHT].isChecked()
    assert theme.current() is theme.LIGHT


def test_the_keyboard_page_lists_every_key(window: MainWindow) -> None:
    window.actions_table["keyboard"].trigger()
    page = window.findChild(KeyboardPage)
    assert page.isVisible()
    assert not page.isModal()
    QApplication.processEvents()
    listed = {label.text() for label in page.findChildren(QLabel)}
    for command in COMMANDS:
        if command.keys:
            assert command.title in listed
            assert actions.keys_of(command) in listed


def test_about_shows_models_with_whole_hashes(window: MainWindow) -> None:
    window.actions_table["about"].trigger()
    QApplication.processEvents()
    names = [label.accessibleName() for label in window.findChildren(QLabel)]
    assert f"SHA-256 {'ab' * 32}" in names


def test_research_use_is_always_in_sight(window: MainWindow) -> None:
    for workspace in Workspace:
        window.show_workspace(workspace)
        assert RESEARCH_ONLY in window._banner.text()
        assert "simulated MRI" in window._banner.text()


# Dropping


def paths_data(*paths: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return data


def test_folders_dropped_anywhere_are_opened(window: MainWindow, told: Recorder) -> None:
    data = paths_data("/data/one", "/data/two")
    enter = QDragEnterEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert window._drop.isVisible()
    assert window._drop.size() == window._stack.size()
    drop = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, drop)
    assert not window._drop.isVisible()
    assert told.told == [("open_paths", (Path("/data/one"), Path("/data/two")))]


COPY, MOVE = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction
NO_KEYS, HELD = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


@pytest.mark.parametrize("keys", [NO_KEYS, Qt.KeyboardModifier.ShiftModifier])
def test_what_is_dropped_is_never_moved(
    window: MainWindow, told: Recorder, keys: Qt.KeyboardModifier
) -> None:
    """A source that hears of a move removes the files."""
    data, point = paths_data("/data/one"), QPoint(5, 5)
    for event in (
        QDragEnterEvent(point, COPY | MOVE, data, HELD, keys),
        QDragMoveEvent(point, COPY | MOVE, data, HELD, keys),
        QDropEvent(QPointF(point), COPY | MOVE, data, HELD, keys),
    ):
        event.setDropAction(MOVE)
        QApplication.sendEvent(window, event)
        assert event.isAccepted()
        assert event.dropAction() == COPY
    assert told.told == [("open_paths", (Path("/data/one"),))]


def test_what_can_only_be_moved_is_refused(window: MainWindow, told: Recorder) -> None:
    data, point = paths_data("/data/one"), QPoint(5, 5)
    enter = QDragEnterEvent(point, MOVE, data, HELD, NO_KEYS)
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()
    assert not window._drop.isVisible()
    drop = QDropEvent(QPointF(point), MOVE, data, HELD, NO_KEYS)
    window.dropEvent(drop)
    assert (drop.isAccepted(), drop.dropAction()) == (False, Qt.DropAction.IgnoreAction)
    assert told.told == []


def test_text_fields_leave_drops_to_the_window(qtbot: QtBot) -> None:
    pages: dict[Workspace, QWidget] = {workspace: QWidget() for workspace in Workspace}
    pages[Workspace.REPORT] = QPlainTextEdit()
    pages[Workspace.LIBRARY] = QLineEdit()
    made = MainWindow(pages, FACTS, FixedChoice())
    qtbot.addWidget(made)
    assert [each for each in made.findChildren(QWidget) if each.acceptDrops()] == []
    assert made.acceptDrops()


def test_what_is_no_file_is_not_taken(window: MainWindow, told: Recorder) -> None:
    data = QMimeData()
    data.setText("words")
    data.setUrls([QUrl("https://example.org/x")])
    enter = QDragEnterEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert not window._drop.isVisible()
    assert told.told == []


# Compute badge


@pytest.mark.parametrize(
    ("badge", "expected", "tone"),
    [
        (ComputeBadge(), "Nothing computed yet", ""),
        (ComputeBadge(Compute("auto", "cpu"), 3.21), "CPU, 3.2 s", ""),
        (ComputeBadge(Compute("cuda", "cuda"), 0.46, True), "GPU (CUDA), 0.5 s", ""),
        (ComputeBadge(Compute("cuda", "cpu", "No driver.")), "CPU instead of GPU", "caution"),
        (ComputeBadge(Compute("cuda", "cuda"), None, False), "GPU (CUDA), test failed", "danger"),
    ],
)
def test_the_badge_says_in_words_where_the_networks_ran(
    window: MainWindow, badge: ComputeBadge, expected: str, tone: str
) -> None:
    assert badge_words(badge) == expected
    assert tone_of(badge) == tone
    window.show_badge(badge)
    assert window._badge.text().strip() == expected
    if badge.compute is not None and badge.compute.reason:
        assert badge.compute.reason in window._badge.toolTip()


# Messages


def message(number: int, severity: Severity = Severity.INFO, **more: object) -> Message:
    return Message(number, severity, f"Sentence {number}.", **more)  # type: ignore[arg-type]


def test_the_gravest_three_are_shown_and_the_others_counted(
    window: MainWindow, qtbot: QtBot
) -> None:
    told = (*tuple(message(n) for n in range(1, 5)), message(5, Severity.ERROR))
    window.show_messages(told)
    shown = [row._text.text() for row in window._messages.rows]
    assert shown == ["Sentence 5.", "Sentence 1.", "Sentence 2."]
    more = window._messages._more
    assert more.text() == "and 2 more"
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert len(window._messages.rows) == 5
    window.show_messages(told[:1])
    assert len(window._messages.rows) == 1
    window.show_messages(())
    assert not window._messages.isVisible()


def test_a_message_says_how_grave_it_is_in_a_word(window: MainWindow) -> None:
    window.show_messages((message(1, Severity.WARNING, times=3),))
    text = words(window._messages)
    assert "Warning" in text
    assert "Sentence 1. (×3)" in text


def test_cross_and_button_are_told_once(window: MainWindow, qtbot: QtBot, told: Recorder) -> None:
    action = Action("Try again", lambda: None)
    window.show_messages((message(7, Severity.ERROR, action=action),))
    (row,) = window._messages.rows
    qtbot.mouseClick(row._act, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(row._close, Qt.MouseButton.LeftButton)
    assert told.told == [("act_on_message", 7), ("dismiss_message", 7)]


def test_messages_said_again_keep_their_row(window: MainWindow) -> None:
    window.show_messages((message(1), message(2)))
    before = window._messages.rows
    window.show_messages((message(1, times=2), message(2)))
    assert window._messages.rows == before
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(window.findChildren(MessageRow)) == 2


def test_a_long_sentence_is_shown_whole(window: MainWindow) -> None:
    long = Message(1, Severity.ERROR, "A sentence that goes on and on. " * 14)
    window.show_messages((long,))
    QApplication.processEvents()
    (row,) = window._messages.rows
    needed = row._text.heightForWidth(row._text.width())
    assert row._text.height() >= needed
    assert window._messages._scroll.viewport().height() >= row.height()


# Jobs


def job(
    number: int,
    began: float = 0.0,
    fraction: float = 0.0,
    waiting: bool = False,
    cancellable: bool = True,
    stopping: bool = False,
) -> JobStatus:
    return JobStatus(
        number, f"Job {number}", fraction, "Detail", waiting, cancellable, began, stopping
    )


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bar(qtbot: QtBot, clock: Clock) -> JobBar:
    made = JobBar(clock)
    qtbot.addWidget(made)
    made.resize(700, 40)
    return made


def test_what_ends_soon_is_not_announced(bar: JobBar, clock: Clock, qtbot: QtBot) -> None:
    bar.show_jobs((job(1, began=100.0),))
    assert not bar.isVisible()
    bar.show_jobs(())
    clock.now = 100.5
    qtbot.wait(250)
    assert not bar.isVisible()


def test_a_long_job_appears_with_its_time(bar: JobBar, clock: Clock, qtbot: QtBot) -> None:
    bar.show_jobs((job(1, began=100.0, fraction=0.25),))
    clock.now = 110.0
    qtbot.waitUntil(bar.isVisible, timeout=2000)
    assert bar._what.whole == "Job 1: Detail"
    assert bar._time.text() == "0:10, 0:30 left"
    assert bar._progress.value() == 250


def test_stop_is_told_once_and_answers_at_once(bar: JobBar, clock: Clock, qtbot: QtBot) -> None:
    clock.now = 110.0
    stopped: list[int] = []
    bar.stopped.connect(stopped.append)
    bar.show_jobs((job(4, began=100.0),))
    qtbot.mouseClick(bar._stop, Qt.MouseButton.LeftButton)
    assert stopped == [4]
    bar.show_jobs((job(4, began=100.0, cancellable=False, stopping=True),))
    assert bar._stop.text() == "Stopping..."
    assert not bar._stop.isEnabled()
    bar.show_jobs((job(4, began=100.0, cancellable=False),))
    assert not bar._stop.isVisible()


def test_waiting_jobs_are_counted_and_can_be_stopped(bar: JobBar, clock: Clock) -> None:
    clock.now = 110.0
    stopped: list[int] = []
    bar.stopped.connect(stopped.append)
    bar.show_jobs((job(1, 100.0), job(2, 100.0, waiting=True), job(3, 100.0, 0.0, True, False)))
    assert bar._queue.text() == "2 waiting"
    first, second = bar._menu.actions()
    first.trigger()
    assert stopped == [2]
    assert not second.isEnabled()


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0:00"), (67.0, "1:07"), (3723.0, "1:02:03")]
)
def test_durations_read_like_a_clock(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_time_left_is_told_only_when_it_is_known() -> None:
    assert time_left(0.01, 50.0) is None
    assert time_left(0.5, 1.0) is None
    assert time_left(0.8, 40.0) == pytest.approx(10.0)


# The window's place

LAPTOP, BESIDE = QRect(0, 0, 1366, 768), QRect(1366, 0, 2560, 1440)


@pytest.mark.parametrize(
    ("wanted", "screens", "expected"),
    [
        (QRect(50, 40, 1200, 700), [LAPTOP], QRect(50, 40, 1200, 700)),
        (QRect(2000, 100, 1400, 900), [LAPTOP, BESIDE], QRect(2000, 100, 1400, 900)),
        (QRect(2000, 100, 1400, 900), [LAPTOP], QRect(0, 0, 1366, 768)),
        (QRect(-5000, -5000, 1200, 700), [LAPTOP], QRect(0, 0, 1200, 700)),
        (QRect(300, 200, 1200, 700), [LAPTOP], QRect(166, 68, 1200, 700)),
        (QRect(0, 0, 10, 10), [LAPTOP], QRect(0, 0, SMALLEST.width(), SMALLEST.height())),
        (QRect(0, 0, 1200, 700), [QRect(0, 0, 1024, 600)], QRect(0, 0, 1024, 600)),
    ],
)
def test_a_window_comes_back_onto_a_screen_that_exists(
    wanted: QRect, screens: list[QRect], expected: QRect
) -> None:
    assert clamped(wanted, screens) == expected


def test_a_new_window_stands_in_the_middle_of_its_screen() -> None:
    place = first_place(BESIDE)
    assert BESIDE.contains(place)
    assert abs(place.center().x() - BESIDE.center().x()) <= 1
    assert LAPTOP.contains(first_place(LAPTOP))


def test_the_smallest_size_has_room_for_every_part(window: MainWindow) -> None:
    assert window.minimumSizeHint().width() <= SMALLEST.width()
    assert window.minimumSizeHint().height() <= SMALLEST.height()
    assert SMALLEST.width() <= 1366
    assert SMALLEST.height() <= 720


def test_place_and_splitters_are_remembered(window: MainWindow) -> None:
    window.restore(
        WindowState(geometry=Geometry(x=0, y=0, width=5000, height=5000), last_folder=Path("/a"))
    )
    screen = QApplication.primaryScreen().availableGeometry()
    assert window.minimumSize() == SMALLEST.boundedTo(screen.size())
    assert window.geometry().topLeft() == screen.topLeft()
    left = window.state()
    assert left.geometry is not None
    assert left.geometry.width == window.geometry().width()
    assert left.last_folder == Path("/a")


# Closing


@pytest.mark.parametrize("allowed", [True, False])
def test_closing_asks_first(qtbot: QtBot, qapp: QApplication, allowed: bool) -> None:
    asked: list[bool] = []

    def may_close() -> bool:
        asked.append(True)
        return allowed

    pages = {workspace: QWidget() for workspace in Workspace}
    made = MainWindow(pages, FACTS, FixedChoice(), may_close)
    qtbot.addWidget(made, before_close_func=lambda w: setattr(w, "_may_close", lambda: True))
    event = QCloseEvent()
    QApplication.sendEvent(made, event)
    assert event.isAccepted() is allowed
    assert asked == [True]


def test_what_is_typed_in_the_settings_is_kept_before_the_window_goes(
    window: MainWindow, told: Recorder
) -> None:
    window.show_settings(Settings())
    window.open_settings()
    window.findChild(SettingsDialog)._reader.setText("Dr A")
    asked: list[int] = []

    def may_close() -> bool:
        asked.append(len(told.told))
        return True

    window._may_close = may_close
    window.close()
    assert told.told == [("list_choices",), ("change_settings", Settings(reader_name="Dr A"))]
    assert asked == [2]


# Words


def test_a_new_language_writes_the_frame_anew(
    window: MainWindow, marking: QTranslator, qapp: QApplication
) -> None:
    window.show_patient(PatientHeader(patient(), date(2026, 5, 1)))
    window.show_messages((message(1, Severity.WARNING),))
    qapp.installTranslator(marking)
    QApplication.processEvents()
    unmarked = [text for text in words(window).splitlines() if text and "«" not in text]
    assert unmarked == ["HipDesk", "YAMADA, TAROU / 山田 太郎", " · "]
    assert all("«" in window._tabs.tabText(at) for at in range(4))
    texts = [
        action.text()
        for menu in window.findChildren(QMenu)
        for action in menu.actions()
        if not action.isSeparator() and action.text()
    ]
    assert [text for text in texts if "«" not in text] == []


def test_every_button_in_the_frame_has_words(window: MainWindow) -> None:
    window.show_messages((message(1),))
    for control in window.findChildren(QAbstractButton):
        if control.isVisible() and not control.objectName().startswith("qt_"):
            assert control.text() or control.accessibleName()


def test_messages_lie_over_the_page_and_move_nothing(window: MainWindow) -> None:
    assert not window._messages.isVisible()
    before = window._stack.geometry(), window._banner.geometry()
    window.show_messages(tuple(message(number, Severity.ERROR) for number in range(5)))
    QApplication.processEvents()
    assert (window._stack.geometry(), window._banner.geometry()) == before
    assert window._stack.geometry().contains(window._messages.geometry())
    assert window._messages.bell.isVisible()


@pytest.mark.parametrize("width", [1120, 1366, 2560])
def test_the_line_of_a_message_leaves_the_banner_whole(window: MainWindow, width: int) -> None:
    window.resize(width, 700)
    window.show_messages((message(1, Severity.ERROR),))
    QApplication.processEvents()
    bell, line = window._messages.bell.geometry(), window._messages.line
    window._messages.bell.click()
    QApplication.processEvents()
    right = line.mapTo(window, line.rect().topRight()).x()
    assert 0 <= window._messages.bell.mapTo(window, QPoint()).x() - right <= 16
    assert "\N{HORIZONTAL ELLIPSIS}" not in line.text()
    window._jobs._show(replace(job(1), detail="A step with many words " * 4), ())
    window._jobs.show()
    QApplication.processEvents()
    assert window._banner.text() == window._banner.whole
    window._jobs._show(job(1), (job(2), job(3)))
    QApplication.processEvents()
    assert line.width() >= LINE_ROOM
    assert window._jobs.width() >= window._jobs.minimumSizeHint().width()
    assert window._banner.text().startswith("Research use only")
    assert window._messages.bell.geometry() == bell
    assert window.width() == width
