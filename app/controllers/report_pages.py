"""One report from an open exam to a PDF: what jobs do, and what tells two reports apart."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.controllers.exams import named
from app.services import Services
from app.state import Exam, OpenSeries, Pages
from hipdesk.amendment import effective
from hipdesk.clinical_trend import NO_HISTORY
from hipdesk.errors import Cancelled as CancelledByUser
from hipdesk.hip_alignment import HipAlignment
from hipdesk.pair import without_folders
from hipdesk.ports import Cancelled, ClinicalHistory, Progress, VisitStore
from hipdesk.records import Visit
from hipdesk.report import Report, build_report, report_review
from hipdesk.review import Reviewed
from hipdesk.sdc import NO_PAIRS, Estimates, estimates


@dataclass(frozen=True, slots=True, eq=False)
class ReportRequest:
    """What one report is made of.

    Attributes
    ----------
    series : the one reported, as its readers left it, unsaved words included
    other : the other series of a right and left pair
    patient_uid : whose visits it shows; None outside the library
    clinic : printed at its head
    """

    series: OpenSeries
    reviewed: Reviewed
    other: Reviewed | None
    patient_uid: str | None
    now: datetime
    clinic: str = ""

    @property
    def final(self) -> bool:
        """Whether everything reported is signed."""
        return report_review(self._every).final

    @property
    def _every(self) -> tuple[Reviewed, ...]:
        return (self.reviewed,) if self.other is None else (self.reviewed, self.other)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for requests whose pages say the same but for the time."""
        said = tuple(
            (each.analysis.uid, each.revisions, each.reviews, each.impression)
            for each in self._every
        )
        return self.series.key, self.patient_uid, self.clinic, said

    def report(
        self,
        visits: tuple[Visit, ...],
        noise: Estimates = NO_PAIRS,
        history: ClinicalHistory = NO_HISTORY,
        alignments: tuple[HipAlignment, ...] = (),
    ) -> Report:
        """Everything on its pages.

        Parameters
        ----------
        noise : what the site's own pairs say of it
        history : what is recorded of the patient beside images
        alignments : between the patient's visits
        """
        return build_report(
            without_folders(effective(self.reviewed)),
            self.series.volume,
            visits,
            now=self.now,
            other=None if self.other is None else effective(self.other),
            review=report_review(self._every),
            clinic=self.clinic,
            estimates=noise,
            history=history,
            alignments=alignments,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A report that was made.

    Attributes
    ----------
    pdf : the file's bytes
    """

    request: ReportRequest
    status: str
    final: bool
    pdf: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Of the PDF, as the library records it."""
        return hashlib.sha256(self.pdf).hexdigest()


def request_of(
    exam: Exam | None, key: str, impressions: dict[str, str], now: datetime, clinic: str = ""
) -> ReportRequest | None:
    """The report on one series of an exam; None before its analysis.

    Parameters
    ----------
    key : of the series
    impressions : words that are not saved yet, by analysis
    """
    series = named(exam, key)
    if exam is None or series is None or series.reviewed is None:
        return None
    others = (each.reviewed for each in exam.series if each.key != key)
    other = next((each for each in others if each is not None), None)
    return ReportRequest(
        series=series,
        reviewed=_saying(series.reviewed, impressions),
        other=None if other is None else _saying(other, impressions),
        patient_uid=exam.patient_uid,
        now=now,
        clinic=clinic,
    )


def _saying(reviewed: Reviewed, impressions: dict[str, str]) -> Reviewed:
    text = impressions.get(reviewed.analysis.uid)
    return reviewed if text is None else replace(reviewed, impression=text)


def make(
    request: ReportRequest,
    services: Services,
    store: VisitStore | None,
    progress: Progress,
    cancelled: Cancelled,
) -> Made:
    """Make one report.

    Raises
    ------
    StoreError
        The patient's visits cannot be read.
    OutputError
        The PDF cannot be made.
    Cancelled
        The user asked to stop.
    """
    visits = _visits(request, store)
    noise = NO_PAIRS if store is None else estimates(store.repeat_pairs())
    _go_on(0.1, progress, cancelled)
    report = request.report(visits, noise, _history(request, store), _alignments(request, store))
    _go_on(0.4, progress, cancelled)
    return Made(request, report.status, report.final, services.pdf(report))


def _visits(request: ReportRequest, store: VisitStore | None) -> tuple[Visit, ...]:
    if store is None or request.patient_uid is None:
        return ()
    return tuple(entry.visit for entry in store.entries(request.patient_uid))


def _history(request: ReportRequest, store: VisitStore | None) -> ClinicalHistory:
    if store is None or request.patient_uid is None:
        return NO_HISTORY
    return store.clinical_history(request.patient_uid)


def _alignments(request: ReportRequest, store: VisitStore | None) -> tuple[HipAlignment, ...]:
    if store is None or request.patient_uid is None:
        return ()
    return store.alignments(request.patient_uid)


def pages_of(made: Made, services: Services, dpi: float) -> Pages:
    """The pages of a report as pictures."""
    return Pages(services.rasterise(made.pdf, dpi), made.request.now, dpi)


def preview(
    request: ReportRequest, services: Services, store: VisitStore | None, dpi: float
) -> Callable[[Progress, Cancelled], tuple[Made, Pages]]:
    """The work of a job that makes a report and its pages for the screen."""

    def work(progress: Progress, cancelled: Cancelled) -> tuple[Made, Pages]:
        made = make(request, services, store, progress, cancelled)
        _go_on(0.8, progress, cancelled)
        return made, pages_of(made, services, dpi)

    return work


def _go_on(fraction: float, progress: Progress, cancelled: Cancelled) -> None:
    """Tell progress, and stop where the user asked for it."""
    progress(fraction, "")
    if cancelled():
        raise CancelledByUser
