"""The frame's controllers on fakes: what a window is without its widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.controllers.choices import Choices
from app.controllers.desk import Desk
from app.controllers.library import LibraryController
from app.controllers.shell import ShellController
from app.controllers.study import StudyController
from app.state import Exam, FoundStudy, Workspace
from app.views.protocols import LibraryView, ShellView
from hipdesk.records import Volume
from tests.app.fakes import Bench, FakeView, make_bench, translate


@dataclass
class Window:
    """Controllers of the frame, and the fakes around them."""

    bench: Bench
    desk: Desk
    study: StudyController
    library: LibraryController
    shell: ShellController
    library_view: FakeView
    shell_view: FakeView
    clinical: list[str]

    @property
    def exam(self) -> Exam | None:
        return self.desk.exam

    @property
    def found(self) -> FoundStudy | None:
        return self.library_view.last("show_found")

    @property
    def workspace(self) -> Workspace:
        return self.shell_view.last("show_workspace")

    @property
    def said(self) -> list[str]:
        return self.bench.said

    def open(self, *folders: str) -> None:
        """Drop folders on the window."""
        self.shell_view.gestures.open_paths([Path(folder) for folder in folders])

    def analyse(self, *folders: str) -> Exam:
        """Open folders and let everything happen."""
        self.open(*folders)
        self.bench.jobs.run_all()
        assert self.exam is not None
        assert self.exam.analysed
        return self.exam

    def act(self, title: str) -> None:
        """Press the button of the message that has this one."""
        (number,) = (
            message.number
            for message in self.bench.messages.present
            if message.action is not None and message.action.title == title
        )
        self.shell_view.gestures.act_on_message(number)

    def cancel(self, what: str) -> None:
        """Press the stop button of a job."""
        (number,) = (each.number for each in self.bench.jobs.running if each.what == what)
        self.shell_view.gestures.cancel_job(number)

    def run_until(self, what: str) -> None:
        """Do what waits until this job is next."""
        while self.bench.jobs.waiting[0] != what:
            self.bench.jobs.run()


def make_window(
    folders: dict[str, Sequence[Volume]] | None = None, *, begin: bool = True, **options: Any
) -> Window:
    """A window that has begun, with nothing waiting."""
    bench = make_bench(folders=folders, **options)
    desk = Desk()
    shell_view, library_view = FakeView(ShellView), FakeView(LibraryView)
    choices = Choices(bench.services, translate)
    study = StudyController(bench.services, desk, translate, choices)
    clinical: list[str] = []
    library = LibraryController(
        bench.services, desk, study, library_view, translate, clinical.append
    )
    shell = ShellController(bench.services, desk, study, shell_view, translate, choices)
    if begin:
        shell.begin()
        library.begin()
        study.begin()
        bench.jobs.run_all()
    return Window(bench, desk, study, library, shell, library_view, shell_view, clinical)
