"""Backup, check, repair and restoring from the window: what is said, what is closed, what stops."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.controllers.keeping import KeepingController
from app.messages import Severity
from app.views.protocols import KeepingView
from hipdesk.errors import Cancelled, StoreError
from tests.app.fakes import FakeView, make_patient, make_volume, translate
from tests.app.window_factory import Window, make_window

JANE = make_patient()
FILE = Path("backup.zip")


@dataclass(frozen=True)
class Made:
    created_utc: datetime = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
    images: int = 14
    lacking: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Found:
    database_sound: bool = True
    audit_entries: int | None = 3
    audit_problem: str = ""
    images: int = 14
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        return self.database_sound and not (self.audit_problem or self.missing or self.damaged)


@dataclass(frozen=True)
class Repair:
    after: Found
    quarantine: Path | None = None


@dataclass
class FakeKeeping:
    """An `app.services.Keeping` that says what it is told to; an error is raised."""

    window: Window
    answer: Any = None
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def _answered(self, what: str, cancelled: Any) -> Any:
        """Whether the library was out of reach meanwhile is noted."""
        self.asked.append((what, self.window.bench.library.store is None))
        if cancelled():
            raise Cancelled
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def back_up(self, target: Path, progress: Any, cancelled: Any) -> Any:
        progress(0.5, "Copying images")
        return self._answered(f"back up {target}", cancelled)

    def check(self, progress: Any, cancelled: Any) -> Any:
        return self._answered("check", cancelled)

    def repair(self, progress: Any, cancelled: Any) -> Any:
        return self._answered("repair", cancelled)

    def look_through(self, backup: Path, cancelled: Any) -> Any:
        return self._answered(f"look through {backup}", cancelled)

    def restore(self, backup: Path, progress: Any, cancelled: Any) -> Any:
        return self._answered(f"restore {backup}", cancelled)


@dataclass
class Desk:
    window: Window
    keeping: FakeKeeping
    controller: KeepingController

    def does(self, gesture: str, answer: Any, *words: Any) -> tuple[Severity, str]:
        """Have it done; the last thing said."""
        self.keeping.answer = answer
        getattr(self.controller, gesture)(*words)
        self.window.bench.jobs.run_all()
        last = self.window.bench.messages.present[-1]
        return last.severity, str(last.text)

    @property
    def buttons(self) -> list[str]:
        present = self.window.bench.messages.present
        return [each.action.title for each in present if each.action is not None]


@pytest.fixture
def desk() -> Desk:
    window = make_window({"jane": [make_volume(JANE)]})
    keeping = window.bench.library.keeping = FakeKeeping(window)
    view = FakeView(KeepingView)
    controller = KeepingController(
        view, window.bench.services, translate, window.study, window.library
    )
    assert view.gestures is controller
    return Desk(window, keeping, controller)


def test_a_backup_is_made_beside_the_work(desk: Desk) -> None:
    desk.window.analyse("jane")
    said = desk.does("back_up", Made(), FILE)
    assert said == (
        Severity.INFO,
        "The library was backed up into one file and verified: 14 images.",
    )
    assert desk.keeping.asked == [("back up backup.zip", False)]
    assert desk.window.exam is not None


def test_what_a_backup_lacks_is_said(desk: Desk) -> None:
    severity, words = desk.does("back_up", Made(lacking=2, problem="It was altered."), FILE)
    assert severity is Severity.WARNING
    assert words.endswith("library itself: 2 images. It was altered.")


def test_a_fault_is_one_sentence(desk: Desk) -> None:
    fault = StoreError("The backup was not made: the disk is full; free some space and try again.")
    assert desk.does("back_up", fault, FILE) == (Severity.ERROR, str(fault))


def test_a_job_that_is_stopped_says_nothing_more(desk: Desk) -> None:
    desk.keeping.answer = Made()
    before = desk.window.said
    desk.controller.back_up(FILE)
    desk.window.bench.jobs.on_progress = lambda number, *_: desk.window.bench.jobs.cancel(number)
    desk.window.bench.jobs.run_all()
    assert desk.keeping.asked == [("back up backup.zip", False)]
    assert desk.window.said == before


def test_a_sound_library_is_told(desk: Desk) -> None:
    assert desk.does("check", Found()) == (
        Severity.INFO,
        "The library is sound: 3 changes on record, 14 images, everything as it was stored.",
    )


@pytest.mark.parametrize(
    ("found", "words", "may_help"),
    [
        (Found(database_sound=False), "The library's database is damaged.", True),
        (Found(damaged=("a",)), "Of 14 images 0 are missing and 1 damaged.", True),
        (Found(missing=("a", "b")), "Of 14 images 2 are missing and 0 damaged.", False),
        (Found(audit_problem="It was altered."), "It was altered.", False),
    ],
)
def test_faults_are_told_and_a_repair_offered_where_it_may_help(
    desk: Desk, found: Found, words: str, may_help: bool
) -> None:
    assert desk.does("check", found) == (Severity.ERROR, words)
    assert desk.buttons == (["Repair"] if may_help else [])


def test_a_repair_has_the_library_for_itself_and_gives_it_back(desk: Desk) -> None:
    desk.window.analyse("jane")
    desk.does("check", Found(damaged=("a",)))
    desk.keeping.answer = Repair(Found(), Path("quarantine"))
    desk.window.act("Repair")
    assert desk.window.exam is None
    desk.window.bench.jobs.run_all()
    assert desk.keeping.asked[-1] == ("repair", True)
    assert desk.window.said[-1] == (
        "The library is sound again. What was damaged lies in quarantine."
    )
    assert desk.window.bench.library.store is not None
    assert desk.window.library_view.last("show_problem") is None


def test_what_a_repair_could_not_mend_is_told(desk: Desk) -> None:
    severity, words = desk.does("repair", Repair(Found(missing=("a",)), Path("quarantine")))
    assert severity is Severity.ERROR
    assert "Of 14 images 1 are missing" in words
    assert "A backup may have it" in words


@pytest.mark.parametrize("gesture", [("repair",), ("restore", FILE)])
def test_the_library_comes_back_after_a_fault_and_after_a_stop(
    desk: Desk, gesture: tuple[Any, ...]
) -> None:
    fault = StoreError("The patient library could not be repaired: it is in use.")
    assert desk.does(gesture[0], fault, *gesture[1:]) == (Severity.ERROR, str(fault))
    assert desk.window.bench.library.store is not None
    getattr(desk.controller, gesture[0])(*gesture[1:])
    (running,) = desk.window.bench.jobs.running
    desk.window.bench.jobs.cancel(running.number)
    desk.window.bench.jobs.run_all()
    assert desk.window.bench.library.store is not None
    assert len(desk.keeping.asked) == 1


def test_at_the_start_a_damaged_library_is_told_with_what_helps(desk: Desk) -> None:
    desk.controller.begin()
    assert desk.buttons == []
    library = desk.window.bench.library
    library.problem, library.damaged = "It is damaged.", True
    desk.controller.begin()
    assert desk.buttons == ["Repair"]
    desk.keeping.answer, library.mended = Repair(Found()), True
    desk.window.act("Repair")
    desk.window.bench.jobs.run_all()
    assert desk.window.said[-1] == "The library is sound again."
    assert library.store is not None


def test_a_backup_is_read_through_before_it_may_be_restored(desk: Desk) -> None:
    desk.window.analyse("jane")
    severity, words = desk.does("look_through", Made(), FILE)
    assert severity is Severity.WARNING
    assert "is whole and holds 14 images" in words
    assert desk.window.exam is not None
    desk.keeping.answer = Path("library-before")
    desk.window.act("Restore")
    desk.window.bench.jobs.run_all()
    assert desk.keeping.asked == [
        ("look through backup.zip", False),
        ("restore backup.zip", True),
    ]
    assert desk.window.said[-1].endswith("The library of before lies in library-before.")
    assert desk.window.exam is None


def test_nothing_is_taken_away_while_a_result_is_unsaved(desk: Desk) -> None:
    desk.window.bench.library.problem = "It is in use."
    desk.window.analyse("jane")
    assert desk.window.study.unsaved
    assert desk.does("restore", None, FILE) == (
        Severity.WARNING,
        "A result is not in the patient library yet; save it first.",
    )
    assert desk.keeping.asked == []
