"""Writing, signing and giving out the report. No Qt.

Pages are made only while the workspace is on screen. The reader's words are
kept every second or so, and whenever they could be lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from app.background import Job
from app.controllers.desk import Desk
from app.controllers.exams import locked, named
from app.controllers.file_names import report_name
from app.controllers.impressions import Impressions
from app.controllers.report_pages import (
    Made,
    ReportRequest,
    make,
    pages_of,
    preview,
    request_of,
)
from app.controllers.review_state import same_images, series_tabs
from app.controllers.showing import Shown, Translate, tell_known
from app.controllers.signing import SigningDesk
from app.messages import Later, Severity
from app.services import Services
from app.state import Exam, OpenSeries, Pages, ReportStatus
from app.views.protocols import ReportView
from hipdesk.errors import KnownError
from hipdesk.ports import Cancelled, Progress, VisitStore, never_cancelled
from hipdesk.report import DRAFT

SCREEN_DPI: Final = 200.0
"""A page of A4 is then 1654 pixels wide: crisp where the screen shows it enlarged."""

PRINT_DPI: Final = 300.0

TOPIC: Final = "report"
PRINT_TOPIC: Final = "report to be printed"


class ReportController:
    """Listens to the report's view.

    Parameters
    ----------
    signing : shared with the review
    later : has something done on the GUI thread after some seconds
    dpi : resolution of the pages on screen
    """

    def __init__(
        self,
        view: ReportView,
        desk: Desk,
        services: Services,
        translate: Translate,
        signing: SigningDesk,
        later: Later,
        dpi: float = SCREEN_DPI,
    ) -> None:
        self._view = view
        self._services = services
        self.translate = translate
        self._signing = signing
        self._dpi = dpi
        self._exam: Exam | None = None
        self._key = ""
        self._active = False
        self._wanted: ReportRequest | None = None
        self._made: tuple[Made, Pages] | None = None
        self._shown = Shown()
        self._impressions = Impressions(desk, services, translate, signing, later, self._ask)
        view.listen(self)
        desk.watch(self._exam_changed)
        signing.watch(self._refresh)
        self._exam_changed(desk.exam)

    # On and off the screen

    def enter(self) -> None:
        """The workspace comes to the front: the pages are made."""
        self._active = True
        self._ask()

    def leave(self) -> None:
        """It goes: the reader's words are kept, no more pages are made."""
        self._active = False
        self.flush()
        self._wanted = None
        self._services.jobs.cancel_topic(TOPIC)

    def settings_changed(self) -> None:
        """Print another clinic at the head, where the settings name one."""
        self._ask()

    def record_changed(self) -> None:
        """The library knows more than the pages tell: they are made anew."""
        self._drop_pages()
        self._ask()

    def flush(self) -> None:
        """Keep the reader's words now; to be called before the program ends."""
        self._impressions.flush()

    # Gestures

    def choose_series(self, key: str) -> None:
        """Report on the other series of a pair."""
        if named(self._exam, key) is not None and key != self._key:
            self.flush()
            self._key = key
            self._drop_pages()
            self._ask()

    def edit_impression(self, text: str) -> None:
        """Take the reader's words; they are kept by themselves."""
        series = self._series
        if series is not None and series.reviewed is not None and self._editable:
            self._impressions.edit(series.reviewed.analysis.uid, text)
        else:
            self._shown.again("impression")
        self._refresh()

    def sign(self, reader: str) -> None:
        """Sign, as in the review."""
        self._signing.sign(reader)

    def withdraw(self, note: str) -> None:
        """Withdraw the signatures."""
        self._signing.withdraw(note)

    def save_pdf(self, path: Path) -> None:
        """Write the PDF, and record that it was given out."""
        request = self._request()
        if request is None:
            return
        self.flush()
        made, store = self._made_of(request), self._recording_store()
        services, reader = self._services, self._signing.reader
        visits = services.library.store

        def work(progress: Progress, _cancelled: Cancelled) -> KnownError | None:
            done = made or make(request, services, visits, progress, never_cancelled)
            services.write_file(path, done.pdf)
            return _recorded(store, done, reader)

        services.jobs.start(
            Job(
                what=self.translate("Report", "Saving the report"),
                work=work,
                done=lambda problem: self._saved(path, problem),
                keep=True,
            )
        )

    def print_pages(self) -> None:
        """Make the pages fit for a printer and hand them over."""
        request = self._request()
        if request is None:
            return
        self.flush()
        made, services = self._made_of(request), self._services
        visits = services.library.store

        def work(progress: Progress, cancelled: Cancelled) -> tuple[Made, Pages]:
            done = made or make(request, services, visits, progress, cancelled)
            return done, pages_of(done, services, PRINT_DPI)

        services.jobs.start(
            Job(
                what=self.translate("Report", "Preparing to print"),
                work=work,
                done=lambda given: self._print(*given),
                topic=PRINT_TOPIC,
            )
        )

    # Giving out

    def _recording_store(self) -> VisitStore | None:
        """The library where it knows of this exam."""
        known = self._exam is not None and self._exam.visit_uid is not None
        return self._services.library.store if known else None

    def _saved(self, path: Path, problem: KnownError | None) -> None:
        words = self.translate("Report", "Saved as {name}.").format(name=path.name)
        self._services.messages.say(Severity.INFO, words)
        if problem is not None:
            self._services.messages.tell(problem)

    def _print(self, made: Made, pages: Pages) -> None:
        if self._exam is None or named(self._exam, made.request.series.key) is None:
            return
        store, reader = self._recording_store(), self._signing.reader
        self._view.print_out(pages)
        self._services.jobs.start(
            Job(
                what=self.translate("Report", "Recording the printing"),
                work=lambda _progress, _cancelled: _recorded(store, made, reader),
                done=lambda problem: None if problem is None else self._tell(problem),
                urgent=True,
                keep=True,
            )
        )

    def _tell(self, problem: KnownError) -> None:
        self._services.messages.tell(problem)

    # Inside

    @property
    def _series(self) -> OpenSeries | None:
        return named(self._exam, self._key)

    @property
    def _editable(self) -> bool:
        """Only what can be kept, and is not signed, can be written."""
        exam, series = self._exam, self._series
        if exam is None or series is None or series.reviewed is None:
            return False
        return exam.visit_uid is not None and not locked(series)

    def _request(self) -> ReportRequest | None:
        unsaved = self._impressions.unsaved
        return request_of(
            self._exam,
            self._key,
            unsaved,
            self._services.now(),
            self._services.keeper.settings.institution,
        )

    def _made_of(self, request: ReportRequest) -> Made | None:
        """The report on screen, where it is the one that is asked for."""
        if self._made is None or self._made[0].request.key != request.key:
            return None
        return self._made[0]

    def _exam_changed(self, exam: Exam | None) -> None:
        before, self._exam = self._exam, exam
        if exam is None or before is None or not same_images(before, exam):
            self.flush()
            self._key = exam.series[0].key if exam is not None and exam.series else ""
            self._drop_pages()
            self._shown.forget()
        self._ask()

    def _drop_pages(self) -> None:
        """Let go of pages that are not of what is on screen."""
        self._made = self._wanted = None
        for topic in (TOPIC, PRINT_TOPIC):
            self._services.jobs.cancel_topic(topic)

    def _ask(self) -> None:
        """Make the pages anew where they would say something else."""
        request = self._request()
        if request is None:
            self._drop_pages()
        elif self._active and self._made_of(request) is None:
            if self._wanted is None or self._wanted.key != request.key:
                self._wanted = request
                self._services.jobs.start(self._making(request))
        else:
            self._wanted = None
            self._services.jobs.cancel_topic(TOPIC)
        self._refresh()

    def _making(self, request: ReportRequest) -> Job[tuple[Made, Pages]]:
        return Job(
            what=self.translate("Report", "Making the report"),
            work=preview(request, self._services, self._services.library.store, self._dpi),
            done=lambda made: self._take(request, made),
            failed=lambda error: self._give_up(request, error),
            stopped=lambda: self._give_up(request, None),
            topic=TOPIC,
        )

    def _take(self, request: ReportRequest, made: tuple[Made, Pages]) -> None:
        if request is self._wanted:
            self._wanted, self._made = None, made
            self._refresh()

    def _give_up(self, request: ReportRequest, error: Exception | None) -> None:
        """Show no pages rather than those of an earlier state."""
        if error is not None:
            tell_known(self._services.messages, error)
        if request is self._wanted:
            self._wanted = self._made = None
            self._refresh()

    def _refresh(self) -> None:
        """Show what differs."""
        tell, view, exam, series = self._shown.tell, self._view, self._exam, self._series
        tell("series", view.show_series, () if exam is None else series_tabs(exam, self._key))
        tell("impression", view.show_impression, *self._impression(series))
        if exam is not None and series is not None and series.reviewed is not None:
            request = self._request()
            signed = request is not None and request.final
            tell("name", view.suggest_name, report_name(exam, series, signed))
        tell("pages", view.show_pages, None if self._made is None else self._made[1])
        tell("status", view.show_status, self._status(), self._signing.signing)

    def _impression(self, series: OpenSeries | None) -> tuple[str, bool, str]:
        """The reader's words, whether they can be changed, and why not unless they are signed."""
        return self._words(series), self._editable, self._lacking(series)

    def _lacking(self, series: OpenSeries | None) -> str:
        """What is missing before anything can be written, in words."""
        exam = self._exam
        if exam is None or series is None or series.reviewed is None:
            return self.translate("Report", "There is no analysis to write about yet.")
        if exam.visit_uid is None:
            return self.translate("Report", "This visit is not in the library; save it first.")
        return ""

    def _words(self, series: OpenSeries | None) -> str:
        """The reader's words as they stand, saved or not."""
        if series is None or series.reviewed is None:
            return ""
        reviewed = series.reviewed
        return self._impressions.unsaved.get(reviewed.analysis.uid, reviewed.impression)

    def _status(self) -> ReportStatus:
        request = self._request()
        if request is None:
            return ReportStatus(final=False, line=DRAFT, stale=False)
        line = DRAFT if self._made is None else self._made[0].status
        return ReportStatus(request.final, line, self._made_of(request) is None)


def _recorded(store: VisitStore | None, made: Made, reader: str) -> KnownError | None:
    """Record a report that was given out; the problem, where that failed."""
    if store is None:
        return None
    try:
        uid = made.request.reviewed.analysis.uid
        store.record_report(uid, made.sha256, made.final, reader)
    except KnownError as error:
        return error
    return None
