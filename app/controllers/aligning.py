"""Visits aligned in the background, one pair at a time; the library keeps the result. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from app.alignment_state import AlignmentShown
from app.background import Job
from app.controllers.follow_state import Following
from app.controllers.showing import Translate, tell_known
from app.services import Services
from app.state import Comparison, Panel
from hipdesk.hip_alignment import ENGINE, HipAlignment, PairOfVisits, standing_of
from hipdesk.ports import Cancelled, Progress, VisitStore
from hipdesk.timeline import Comparability

ALIGN_TOPIC: Final = "visits aligned"


@dataclass(frozen=True, slots=True)
class _Running:
    """What is being aligned, and how far."""

    pair: PairOfVisits
    fraction: float = 0.0
    step: str = ""


class Aligner:
    """Aligns what the reader asks for.

    Parameters
    ----------
    changed : the work began, went on or ended
    kept : the library has a new alignment
    """

    def __init__(
        self,
        services: Services,
        translate: Translate,
        changed: Callable[[], None],
        kept: Callable[[], None],
    ) -> None:
        self._services = services
        self._changed = changed
        self._kept = kept
        self._running: _Running | None = None
        self.translate = translate

    def start(self, following: Following) -> None:
        """Align the pair and hip on screen."""
        store, pair = self._services.library.store, _pair_of(following)
        if store is None or pair is None:
            return
        pair = replace(pair, reader=self._services.keeper.settings.reader_name)
        self._running = _Running(pair)
        self._services.jobs.start(self._job(store, pair))
        self._changed()

    def stop(self) -> None:
        """Leave it; nothing is kept."""
        self._services.jobs.cancel_topic(ALIGN_TOPIC)

    def shown(
        self,
        following: Following,
        alignments: tuple[HipAlignment, ...],
        comparison: Comparison | None,
    ) -> AlignmentShown | None:
        """What is to be seen of the pair on screen; None where it cannot be aligned at all."""
        pair = _pair_of(following)
        if pair is None or comparison is None:
            return None
        unlike = comparison.verdict is Comparability.NOT_COMPARABLE and not comparison.forced
        if unlike and not comparison.askable:
            return None
        earlier, later = (following.entry(panel) for panel in Panel)
        if earlier is None or later is None:
            return None
        found = standing_of(alignments, earlier.visit, later.visit, following.side, ENGINE)
        known, current = (None, False) if found is None else found
        running = self._running
        if running is None or not _same(running.pair, pair):
            return AlignmentShown(known, current, unlike)
        return AlignmentShown(known, current, unlike, running.fraction, running.step)

    def _job(self, store: VisitStore, pair: PairOfVisits) -> Job[None]:
        reader, register = self._services.reader, self._services.register

        def work(progress: Progress, cancelled: Cancelled) -> None:
            from hipdesk.aligning import align_visits  # SciPy's optimisers: not at every start

            store.keep_alignment(align_visits(store, reader, register, pair, progress, cancelled))

        return Job(
            what=self.translate("FollowUp", "Aligning two visits"),
            work=work,
            done=lambda _: self._done(),
            failed=self._failed,
            stopped=self._ended,
            progressed=self._progressed,
            topic=ALIGN_TOPIC,
        )

    def _progressed(self, fraction: float, step: str) -> None:
        if self._running is not None:
            self._running = replace(self._running, fraction=fraction, step=step)
            self._changed()

    def _done(self) -> None:
        self._ended()
        self._kept()

    def _failed(self, error: Exception) -> None:
        tell_known(self._services.messages, error)
        self._ended()

    def _ended(self) -> None:
        self._running = None
        self._changed()


def _pair_of(following: Following) -> PairOfVisits | None:
    """The pair and hip on screen; None unless both have a result of a hip that is no other's."""
    entries = [following.entry(panel) for panel in Panel]
    visits = [each.visit for each in entries if each is not None and each.visit.day is not None]
    hips = [following.hip(panel) for panel in Panel]
    if len(visits) < len(Panel) or any(hip is None or hip.side_in_doubt for hip in hips):
        return None
    return PairOfVisits(
        following.patient_uid,
        visits[0].uid,
        visits[1].uid,
        following.side,
        anyway=following.forced,
    )


def _same(one: PairOfVisits, other: PairOfVisits) -> bool:
    """Whether they are of one hip and pair, whoever asks and however."""
    return replace(one, reader="", anyway=False) == replace(other, reader="", anyway=False)
