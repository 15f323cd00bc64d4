"""A hip done again about a head that its reader moved or placed.

The networks outline and score it, the library keeps it as a revision, and only
then does the exam on screen change. What fails on the way leaves everything as
it was.
"""

from __future__ import annotations

from app.background import Job
from app.controllers.desk import Desk
from app.controllers.exams import series_of, with_revision
from app.controllers.showing import Translate, tell_known
from app.controllers.signing import HipKey, SigningDesk
from app.services import Services
from app.state import Exam, OpenSeries
from hipdesk.display import DisplayStack
from hipdesk.pipeline import PlacedHead, analyze_placed
from hipdesk.ports import Cancelled, Progress, VisitStore
from hipdesk.records import HipResult, Origin, Point, Side
from hipdesk.review import Revision


class HipRedoer:
    """Does hips of the open exam again.

    Parameters
    ----------
    signing : is told which hips are being done; knows whether the library can keep them
    """

    def __init__(
        self, desk: Desk, services: Services, translate: Translate, signing: SigningDesk
    ) -> None:
        self._desk = desk
        self._services = services
        self.translate = translate
        self._signing = signing

    def redo(
        self, exam: Exam, series: OpenSeries, side: Side, centre: Point, radius_mm: float | None
    ) -> bool:
        """Do a hip again about a head centre; whether that was begun.

        Parameters
        ----------
        centre : LPS millimetres
        radius_mm : None to take what the locator says
        """
        store = self._signing.store_for(exam)
        if store is None or series.reviewed is None:
            return False
        hip = (series.reviewed.analysis.uid, side)
        request = PlacedHead(series.volume, side, centre, radius_mm)
        self._signing.occupy(hip)
        self._services.jobs.start(self._outlining(request, series.stack, hip, store))
        return True

    def _outlining(
        self, request: PlacedHead, stack: DisplayStack, hip: HipKey, store: VisitStore
    ) -> Job[tuple[HipResult, DisplayStack]]:
        networks = self._services.networks

        def work(progress: Progress, cancelled: Cancelled) -> tuple[HipResult, DisplayStack]:
            locator, segmenter = networks(cancelled)
            result = analyze_placed(request, locator, segmenter, progress, cancelled)
            drawn = stack.with_hip(request.side, result.segmentation, cancelled=cancelled)
            return result, drawn

        uid, side = hip
        return Job(
            what=self._what(side),
            work=work,
            done=lambda made: self._keep(store, hip, *made),
            failed=lambda error: self._failed(hip, error),
            stopped=lambda: self._signing.release(hip),
            awaited=True,
            topic=f"hip {uid} {side}",
        )

    def _what(self, side: Side) -> str:
        if side is Side.RIGHT:
            return self.translate("Review", "Outlining the right hip")
        return self.translate("Review", "Outlining the left hip")

    def _keep(self, store: VisitStore, hip: HipKey, result: HipResult, drawn: DisplayStack) -> None:
        """Have the library keep the result, and show it when it has."""
        uid, reader = hip[0], self._signing.reader
        self._services.jobs.start(
            Job(
                what=self.translate("Review", "Keeping the new outlines"),
                work=lambda _progress, _cancelled: store.revise(
                    uid, result, Origin.AI_EDITED, reader
                ),
                done=lambda revision: self._kept(hip, revision, drawn),
                failed=lambda error: self._failed(hip, error),
                urgent=True,
                keep=True,
            )
        )

    def _kept(self, hip: HipKey, revision: Revision, drawn: DisplayStack) -> None:
        series = series_of(self._desk.exam, hip[0])
        if series is not None:
            self._desk.change(with_revision(series, revision, drawn))
        self._signing.release(hip)

    def _failed(self, hip: HipKey, error: Exception) -> None:
        tell_known(self._services.messages, error)
        self._signing.release(hip)
