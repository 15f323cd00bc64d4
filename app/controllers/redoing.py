"""A hip done again about a head that its reader moved or placed, and the way back.

The networks outline and score it, the library keeps it as a revision, and only
then does the exam on screen change; meanwhile the crop stays where the reader put
it. What fails on the way leaves everything as it was, and says so. Earlier
outlines come back as a revision of their own: nothing is taken out of the library,
and no network runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from types import MappingProxyType

from app.background import Job
from app.controllers.desk import Desk
from app.controllers.exams import series_of, with_reviews, with_revision, working_hip
from app.controllers.history import HipState, content_of, origin_at
from app.controllers.showing import Translate, tell_known
from app.controllers.signing import HipKey, SigningDesk
from app.messages import Severity
from app.services import Services
from app.spoken import joined
from app.state import Exam, OpenSeries, SliceDeed, SliceWish
from hipdesk.display import DisplayStack, Outlines
from hipdesk.errors import KnownError
from hipdesk.pipeline import PlacedHead, analyze_placed
from hipdesk.ports import Cancelled, Progress, VisitStore
from hipdesk.records import Head, HipResult, HipScore, Origin, Point, Series, Side, SliceKey
from hipdesk.review import Review, ReviewKind, Revision
from hipdesk.scoring import rescored

Drawn = tuple[Outlines, ...]
"""Outlines of one hip, one entry a slice."""


@dataclass(frozen=True, slots=True, eq=False)
class Back:
    """What the library kept of a hip that went back.

    Attributes
    ----------
    reviews : the verdict given again, if there was one
    error : why it could not be given again
    """

    revision: Revision
    drawn: DisplayStack
    reviews: tuple[Review, ...] = ()
    error: KnownError | None = None


class HipRedoer:
    """Does hips of the open exam again, and brings earlier outlines back.

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
        self._wanted: Mapping[HipKey, Head] = MappingProxyType({})
        self._outlining: frozenset[HipKey] = frozenset()
        self._drawn: dict[tuple[HipKey, int], Drawn] = {}
        desk.watch(self._forget_others)

    @property
    def wanted(self) -> Mapping[HipKey, Head]:
        """Where heads of hips that are being done will be."""
        return self._wanted

    def stoppable(self, exam: Exam | None) -> HipKey | None:
        """The hip of an exam whose networks run or wait; the last one that was begun."""
        begun = (hip for hip in reversed(tuple(self._wanted)) if hip in self._outlining)
        return next((hip for hip in begun if series_of(exam, hip[0]) is not None), None)

    def stop(self, hip: HipKey) -> None:
        """Leave a hip as it was before it was begun to be done again."""
        self._services.jobs.cancel_topic(_topic(hip))

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
        self._outlining |= {hip}
        self._occupy(hip, Head(side, True, 0.0, centre, radius_mm, placed=True))
        self._services.jobs.start(self._outlining_job(request, series.stack, hip, store))
        return True

    def go_back(self, exam: Exam, series: OpenSeries, side: Side, state: HipState) -> bool:
        """Bring back the outlines that a hip had, with their verdict; whether that was begun."""
        store, reviewed = self._signing.store_for(exam), series.reviewed
        if store is None or reviewed is None:
            return False
        hip = (reviewed.analysis.uid, side)
        earlier = reviewed.hip_at(side, state.content)
        self._occupy(hip, earlier.head)
        origin = origin_at(reviewed, state.content)
        self._services.jobs.start(self._going_back(store, series, hip, earlier, origin, state))
        return True

    def rescore(self, exam: Exam, series: OpenSeries, wish: SliceWish) -> bool:
        """Score a hip's outlines on other slices; whether that was begun."""
        store, reviewed = self._signing.store_for(exam), series.reviewed
        if store is None or reviewed is None:
            return False
        number = reviewed.working(wish.side)
        hip = reviewed.hip_at(wish.side, number)
        chosen = chosen_slices(series.volume.series, hip.score, wish)
        if hip.segmentation is None or chosen is None:
            return False
        key, origin = (reviewed.analysis.uid, wish.side), origin_at(reviewed, number)
        volume, stack, reader = series.volume, series.stack, self._signing.reader
        self._signing.occupy(key)
        self._services.jobs.start(
            Job(
                what=self.translate("Review", "Scoring other slices"),
                work=lambda _progress, _cancelled: store.revise(
                    key[0], rescored(volume, hip, *chosen), origin, reader
                ),
                done=lambda revision: self.kept(key, Back(revision, stack)),
                failed=lambda error: self._not_rescored(key, error),
                urgent=True,
                keep=True,
            )
        )
        return True

    def _not_rescored(self, hip: HipKey, error: Exception) -> None:
        self._signing.release(hip)
        tell_known(self._services.messages, error)

    # Done again

    def _outlining_job(
        self, request: PlacedHead, stack: DisplayStack, hip: HipKey, store: VisitStore
    ) -> Job[tuple[HipResult, DisplayStack]]:
        networks = self._services.networks

        def work(progress: Progress, cancelled: Cancelled) -> tuple[HipResult, DisplayStack]:
            locator, segmenter = networks(cancelled)
            result = analyze_placed(request, locator, segmenter, progress, cancelled)
            drawn = stack.with_hip(request.side, result.segmentation, cancelled=cancelled)
            return result, drawn

        return Job(
            what=self._what(hip[1]),
            work=work,
            done=lambda made: self._keep(store, hip, *made),
            failed=lambda error: self._failed(hip, error),
            stopped=lambda: self._stopped(hip),
            awaited=True,
            topic=_topic(hip),
        )

    def _what(self, side: Side) -> str:
        if side is Side.RIGHT:
            return self.translate("Review", "Outlining the right hip")
        return self.translate("Review", "Outlining the left hip")

    def _keep(self, store: VisitStore, hip: HipKey, result: HipResult, drawn: DisplayStack) -> None:
        """Have the library keep the result, and show it when it has."""
        uid, reader = hip[0], self._signing.reader
        self._outlining -= {hip}
        self._signing.occupy(hip)
        self._services.jobs.start(
            Job(
                what=self.translate("Review", "Keeping the new outlines"),
                work=lambda _progress, _cancelled: store.revise(
                    uid, result, Origin.AI_EDITED, reader
                ),
                done=lambda revision: self.kept(hip, Back(revision, drawn)),
                failed=lambda error: self._failed(hip, error),
                urgent=True,
                keep=True,
            )
        )

    # Back

    def _going_back(
        self,
        store: VisitStore,
        series: OpenSeries,
        hip: HipKey,
        earlier: HipResult,
        origin: Origin,
        state: HipState,
    ) -> Job[Back]:
        (uid, side), stack, reader = hip, series.stack, self._signing.reader
        known = self._drawn.get((hip, state.content))
        at = self._services.now().astimezone(UTC)

        def work(_progress: Progress, _cancelled: Cancelled) -> Back:
            if known is None:
                drawn = stack.with_hip(side, earlier.segmentation)
            else:
                outlines = {side: known} if known else {}
                drawn = replace(stack, outlines=MappingProxyType(outlines))
            revision = store.revise(uid, earlier, origin, reader)
            if state.verdict is None:
                return Back(revision, drawn)
            kind = ReviewKind(state.verdict.value)
            again = Review(side, revision.number, kind, reader, at, state.note)
            try:
                store.review(uid, (again,))
            except KnownError as error:
                return Back(revision, drawn, error=error)
            return Back(revision, drawn, (again,))

        return Job(
            what=self.translate("Review", "Going back to earlier outlines"),
            work=work,
            done=lambda back: self.kept(hip, back),
            failed=lambda error: self._failed(hip, error),
            urgent=True,
            keep=True,
        )

    # The end

    def _occupy(self, hip: HipKey, head: Head) -> None:
        self._wanted = MappingProxyType({**self._wanted, hip: head})
        self._signing.occupy(hip)

    def _release(self, hip: HipKey) -> None:
        self._let_go(hip)
        self._signing.release(hip)

    def _let_go(self, hip: HipKey) -> None:
        self._outlining -= {hip}
        others = {each: head for each, head in self._wanted.items() if each != hip}
        self._wanted = MappingProxyType(others)

    def kept(self, hip: HipKey, back: Back) -> None:
        """Show what the library has; the crop is then where it was wanted by itself."""
        self._let_go(hip)
        series = series_of(self._desk.exam, hip[0])
        if series is not None:
            self._remember(series, hip)
            self._desk.change(_revised(series, back))
        if back.error is not None:
            tell_known(self._services.messages, back.error)
        self._signing.release(hip)

    def _remember(self, series: OpenSeries, hip: HipKey) -> None:
        """Keep the outlines that are about to leave the screen."""
        side, reviewed = hip[1], series.reviewed
        if reviewed is not None:
            content = content_of(reviewed, side, reviewed.working(side))
            self._drawn[hip, content] = series.stack.outlines.get(side, ())

    def _forget_others(self, exam: Exam | None) -> None:
        """Keep no outlines of an exam that is not open any more."""
        self._drawn = {
            key: drawn for key, drawn in self._drawn.items() if series_of(exam, key[0][0])
        }

    def _stopped(self, hip: HipKey) -> None:
        self._release(hip)
        if series_of(self._desk.exam, hip[0]) is not None:
            stopped = self.translate("Review", "Outlining was stopped.")
            self._services.messages.say(Severity.INFO, joined(stopped, self._back(hip)))

    def _failed(self, hip: HipKey, error: Exception) -> None:
        self._release(hip)
        if series_of(self._desk.exam, hip[0]) is None:
            tell_known(self._services.messages, error)
            return
        why = self.translate("core", str(error)) if isinstance(error, KnownError) else ""
        self._services.messages.say(Severity.ERROR, joined(why, self._back(hip)))

    def _back(self, hip: HipKey) -> str:
        """Where the crop is again."""
        uid, side = hip
        before = working_hip(series_of(self._desk.exam, uid), side)
        right, found = side is Side.RIGHT, before is not None and before.head.found
        if found and right:
            return self.translate("Review", "The crop of the right hip is back where it was.")
        if found:
            return self.translate("Review", "The crop of the left hip is back where it was.")
        if right:
            return self.translate("Review", "The right hip stays without a crop.")
        return self.translate("Review", "The left hip stays without a crop.")


Chosen = tuple[int | None, Mapping[SliceKey, str]]
"""Central slice where a reader chose one, and the slices left out with the reader's words."""


def chosen_slices(series: Series, score: HipScore | None, wish: SliceWish) -> Chosen | None:
    """Which slices are to count after a wish; None where that changes nothing.

    Parameters
    ----------
    series : that was scored
    """
    if score is None or not any(part.index == wish.index for part in score.slices):
        return None
    central = score.central_index if score.central_moved else None
    out, key = dict(score.excluded), series.slices[wish.index].key
    before = central, dict(out)
    match wish.deed:
        case SliceDeed.CENTRAL:
            central = wish.index
        case SliceDeed.PROGRAMS_CENTRAL:
            central = None
        case SliceDeed.LEAVE_OUT:
            out[key] = wish.words
        case SliceDeed.COUNT_AGAIN:
            out.pop(key, None)
    return None if (central, out) == before else (central, MappingProxyType(out))


def _topic(hip: HipKey) -> str:
    uid, side = hip
    return f"hip {uid} {side}"


def _revised(series: OpenSeries, back: Back) -> OpenSeries:
    """The series with what the library kept, unless a reload brought that already."""
    revised = with_revision(series, back.revision, back.drawn)
    return series if revised is series else with_reviews(revised, back.reviews)
