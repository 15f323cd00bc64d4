"""The frame's controllers on fakes: what a window is without its widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.controllers.aside import AsideController
from app.controllers.choices import Choices
from app.controllers.deeds import Deeds
from app.controllers.desk import Desk
from app.controllers.library import LibraryController
from app.controllers.regrouping import RegroupController
from app.controllers.shell import ShellController
from app.controllers.study import StudyController
from app.state import Exam, FoundStudy, Workspace
from app.views.protocols import AsideView, LibraryView, RegroupView, ShellView
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
    regroup_view: FakeView
    aside_view: FakeView

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
    regroup_view, aside_view = FakeView(RegroupView), FakeView(AsideView)
    services = bench.services

    def changed(patient_uid: str | None) -> None:
        library.regrouped(patient_uid)
        aside.refresh()

    deeds = Deeds(services, desk, translate, study.close_patient, changed)
    regroup = RegroupController(regroup_view, services, translate, deeds)
    aside = AsideController(aside_view, services, translate, deeds)
    library = LibraryController(
        services, desk, study, library_view, translate, clinical.append, regroup, aside.show
    )
    shell = ShellController(bench.services, desk, study, shell_view, translate, choices)
    if begin:
        shell.begin()
        library.begin()
        study.begin()
        bench.jobs.run_all()
    return Window(
        bench,
        desk,
        study,
        library,
        shell,
        library_view,
        shell_view,
        clinical,
        regroup_view,
        aside_view,
    )
