"""The program as it runs: adapters, controllers and views, put together once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from app import language, theme
from app.bootstrap.keeper import FileKeeper
from app.bootstrap.library import LibraryDoor
from app.bootstrap.networks import LazyNetworks, shipped_models
from app.bootstrap.opened_folders import IndexOfFolders
from app.controllers.aside import AsideController
from app.controllers.blinded import BlindedController
from app.controllers.choices import Choices
from app.controllers.clinical import ClinicalController
from app.controllers.deeds import Deeds
from app.controllers.desk import Desk
from app.controllers.follow_up import FollowUpController
from app.controllers.importing import ImportController
from app.controllers.keeping import KeepingController
from app.controllers.library import LibraryController
from app.controllers.regrouping import RegroupController
from app.controllers.report import ReportController
from app.controllers.review import ReviewController
from app.controllers.shell import ShellController
from app.controllers.signing import SigningDesk
from app.controllers.study import StudyController
from app.controllers.unfinished import UnfinishedStrokes
from app.jobs import GuiThread, JobThread
from app.messages import Messages
from app.services import Services
from app.spoken import spoken
from app.state import Workspace
from app.views.about import ProgramFacts
from app.views.aside_page import AsidePage
from app.views.blinded_page import BlindedPage
from app.views.clinical_page import ClinicalPage
from app.views.file_choice import FileChoice
from app.views.follow_up_view import FollowUpView
from app.views.labels import translated
from app.views.library_view import LibraryView
from app.views.main_window import MainWindow
from app.views.regroup_page import RegroupPage
from app.views.report_view import ReportView
from app.views.review_view import ReviewView
from app.views.signing_bar import share_name
from hipdesk import __version__
from hipdesk.adapters.dicom_folder import user_index
from hipdesk.adapters.pdf_pages import page_pictures
from hipdesk.adapters.registration_apart import RegistrarApart
from hipdesk.adapters.report_pdf import to_pdf
from hipdesk.adapters.safe_reader import SafeReader
from hipdesk.adapters.table_file import read_table
from hipdesk.adapters.whole_file import write_file
from hipdesk.adapters.worker_process import WorkerProcess
from hipdesk.settings import Settings


def translate(context: str, text: str, /) -> str:
    """The words of the language in force."""
    return spoken(context, text, translated)


def now() -> datetime:
    """Local time with its zone."""
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """What must be closed when the program ends, in this order."""

    jobs: JobThread
    worker: WorkerProcess
    reader: SafeReader
    library: LibraryDoor

    def close(self) -> None:
        """End the worker thread and process, forget unpacked archives, let the library go.

        Where the thread does not end in time, the library is left to the end of
        the program: it must not be closed under somebody who works in it.
        """
        ended = self.jobs.close()
        self.reader.close()
        if ended:
            self.library.close()


@dataclass(frozen=True, slots=True, eq=False)
class Controllers:
    """Everyone who acts on gestures."""

    desk: Desk
    study: StudyController
    library: LibraryController
    review: ReviewController
    follow_up: FollowUpController
    report: ReportController
    shell: ShellController
    clinical: ClinicalController
    keeping: KeepingController


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """The four workspaces, before the frame is made around them."""

    library: LibraryView
    review: ReviewView
    follow_up: FollowUpView
    report: ReportView

    @property
    def by_workspace(self) -> dict[Workspace, LibraryView | ReviewView | FollowUpView | ReportView]:
        """The page of each workspace."""
        return {
            Workspace.LIBRARY: self.library,
            Workspace.REVIEW: self.review,
            Workspace.FOLLOW_UP: self.follow_up,
            Workspace.REPORT: self.report,
        }


class Program:
    """The window and all that stands behind it.

    Parameters
    ----------
    application : Qt's
    library : place of the patient library for this run; the settings' where empty
    messages, gui : where the exception hooks already send what they catch
    """

    def __init__(
        self,
        application: QApplication,
        library: str = "",
        messages: Messages | None = None,
        gui: GuiThread | None = None,
    ) -> None:
        pg.setConfigOptions(imageAxisOrder="row-major", antialias=True)
        self._gui = gui or GuiThread()
        self.messages = messages or Messages(self._gui.post, self._gui.later)
        self.keeper = FileKeeper(self.messages)
        # Before the first widget: the type of those that are older than it never reaches them.
        theme.apply(application, self.keeper.settings.theme, whole=False)
        language.apply(application, self.keeper.settings.language)
        self._outside = self._opened(library or self.keeper.settings.library)
        self.services = self._services()
        choice = FileChoice()
        self.views = Views(LibraryView(choice), ReviewView(), FollowUpView(), ReportView())
        share_name(self.views.review.signing, self.views.report.signing)
        self.window = MainWindow(
            self.views.by_workspace,
            ProgramFacts(__version__, shipped_models(), self._outside.library.place),
            choice,
            may_close=self.close,
        )
        self.window.offer_edits(*self.views.review.edit_groups)
        self.controllers = self._controllers()
        self._closed = False

    def begin(self, paths: Sequence[Path] = (), latest: bool = False) -> None:
        """Show the window, and open what was asked for.

        Parameters
        ----------
        paths : folders or files to be opened
        latest : show the newest visit of the library instead
        """
        self._outside.library.retry()
        self.window.restore(self.keeper.window)
        self.controllers.shell.begin()
        self.controllers.library.begin()
        self.controllers.keeping.begin()
        self.controllers.study.begin()
        self.controllers.shell.test_networks()
        self.window.show()
        if paths:
            self.controllers.study.open_paths(paths)
        elif latest:
            self.controllers.library.open_latest()

    def close(self) -> bool:
        """Save what is being written, stop the rest; False where the window must stay."""
        if self._closed:
            return True
        self.controllers.clinical.leave()
        self.controllers.report.flush()
        if not self.controllers.shell.close():
            return False
        self._closed = True
        self.keeper.keep_window(self.window.state())
        self._outside.close()
        self.messages.attach(None)
        return True

    def _opened(self, library: str) -> Outside:
        worker = WorkerProcess()
        kept = self.keeper.settings.keep_index
        reader = SafeReader(worker, index=user_index() if kept else None)
        return Outside(JobThread(self.messages), worker, reader, LibraryDoor(library))

    def _services(self) -> Services:
        outside = self._outside
        return Services(
            reader=outside.reader,
            opened=IndexOfFolders(outside.reader),
            library=outside.library,
            networks=LazyNetworks(lambda: self.keeper.settings.provider.value, outside.worker),
            jobs=outside.jobs,
            messages=self.messages,
            keeper=self.keeper,
            pdf=to_pdf,
            rasterise=page_pictures,
            write_file=write_file,
            read_table=read_table,
            now=now,
            register=RegistrarApart(outside.worker),
        )

    def _controllers(self) -> Controllers:
        services, views, desk = self.services, self.views, Desk()
        choices = Choices(services, translate)
        study = StudyController(services, desk, translate, choices)
        shell = ShellController(services, desk, study, self.window, translate, choices)
        clinical = ClinicalController(ClinicalPage(self.window), desk, services, translate)

        def regrouped(patient_uid: str | None) -> None:
            library.regrouped(patient_uid)
            aside.refresh()

        deeds = Deeds(services, desk, translate, study.close_patient, regrouped)
        regroup = RegroupController(RegroupPage(self.window), services, translate, deeds)
        aside = AsideController(AsidePage(self.window), services, translate, deeds)
        library = LibraryController(
            services, desk, study, views.library, translate, clinical.show, regroup, aside.show
        )
        signing = SigningDesk(desk, services, translate, study.save_again)

        def write_report() -> None:
            shell.choose_workspace(Workspace.REPORT)

        review = ReviewController(
            views.review,
            desk,
            services,
            translate,
            signing,
            write_report,
            partial(shell.choose_workspace, Workspace.REVIEW),
        )
        follow_up = FollowUpController(
            views.follow_up,
            desk,
            services,
            translate,
            shell.open_visit,
            partial(shell.open_visit, workspace=Workspace.REPORT),
            clinical.show,
            signing.named,
        )
        report = ReportController(views.report, desk, services, translate, signing, self._gui.later)
        keeping = KeepingController(self.window.keeping, services, translate, study, library)
        blinded = BlindedController(BlindedPage(self.window), services, translate)
        clinical.offer_blinded(blinded.begin)
        for watched in (clinical, blinded):
            watched.watch(follow_up.clinical_changed)
            watched.watch(report.record_changed)

        def imported() -> None:
            library.refresh()
            clinical.refresh()
            follow_up.clinical_changed()
            report.record_changed()

        tables = ImportController(
            views.library.tables,
            services,
            translate,
            partial(shell.choose_workspace, Workspace.LIBRARY),
            imported,
        )
        self.window.importing.listen(tables)
        shell.offer_tables(tables.try_out)
        follow_up.watch(report.record_changed)
        shell.attend(Workspace.FOLLOW_UP, follow_up)
        shell.attend(Workspace.REPORT, report)
        unfinished = UnfinishedStrokes(services, desk, translate, study.show_stored)
        signing.watch(library.refresh)
        signing.watch(unfinished.look_again)

        said = self.keeper.settings

        def say_anew(settings: Settings) -> None:
            nonlocal said
            before, said = said.model_copy(update={"theme": settings.theme}), settings
            if settings == before:
                return
            signing.settings_changed()
            review.retranslate()
            follow_up.retranslate()
            report.settings_changed()

        shell.follow_settings(say_anew)
        return Controllers(
            desk, study, library, review, follow_up, report, shell, clinical, keeping
        )
