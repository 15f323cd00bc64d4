"""An alignment adjusted by hand: the reader moves the outline, sees the fit, keeps or leaves it.

Every step is measured and drawn in the background, one at a time; what was asked for
meanwhile is done next. Nothing is read, and nothing is kept before the reader says so.
Steps on a pair that leaves the screen wait until it comes back. No Qt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from app.alignment_state import AdjustingShown, AlignmentShown
from app.background import Job
from app.controllers.ghosts import Laid, Which
from app.controllers.showing import Translate, tell_known
from app.services import Services
from hipdesk.hip_alignment import Hand
from hipdesk.ports import Cancelled, Progress, VisitStore
from hipdesk.records import SegmentClass

if TYPE_CHECKING:
    from hipdesk.adjusting import Fitting
    from hipdesk.alignment import Alignment
    from hipdesk.ghost import Ghost

ADJUST_TOPIC: Final = "adjusted by hand"


class _Bench:
    """Both hips, got ready once, in a job."""

    def __init__(self, laid: Laid) -> None:
        self.laid = laid
        self._fitting: Fitting | None = None

    def fitting(self) -> Fitting:
        """Belongs to a job."""
        from hipdesk.adjusting import Fitting  # SciPy: not at every start

        if self._fitting is None:
            self._fitting = Fitting(self.laid.alignment, *self.laid.scans())
        return self._fitting

    def tried(self, bone: SegmentClass, hand: Hand | None, cancelled: Cancelled) -> _Tried:
        """One bone's outline put somewhere, or where it is kept; belongs to a job."""
        from hipdesk.ghost import ghost_of

        fitting = self.fitting()
        at = fitting.hands[bone] if hand is None else hand
        alignment = fitting.at(bone, at)
        drawn = [(fitting.surfaces(bone)[0], alignment.later_to_earlier)]
        ghost = ghost_of(drawn, self.laid.later.stack, cancelled)
        return _Tried(at, fitting.hands[bone], alignment, ghost)


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """What came of putting a bone's outline somewhere.

    Attributes
    ----------
    kept : where it is kept
    """

    hand: Hand
    kept: Hand
    alignment: Alignment
    ghost: Ghost


@dataclass(frozen=True, slots=True, eq=False)
class _Adjusting:
    """One pair under a reader's hand.

    Attributes
    ----------
    hands : where the reader wants outlines; those that were not touched are left out
    tried : of each bone what was measured last
    """

    bench: _Bench
    bone: SegmentClass
    hands: Mapping[SegmentClass, Hand]
    tried: Mapping[SegmentClass, _Tried]
    keeping: bool = False

    @property
    def due(self) -> SegmentClass | None:
        """A bone that is not measured where the reader wants it, that on screen first."""
        return next((bone for bone in (self.bone, *self.hands) if not self._measured(bone)), None)

    def _measured(self, bone: SegmentClass) -> bool:
        tried = self.tried.get(bone)
        return tried is not None and self.hands.get(bone, tried.kept) == tried.hand

    @property
    def changed(self) -> Mapping[SegmentClass, Hand]:
        """Bones that the reader wants elsewhere than they are kept."""
        return {
            bone: hand
            for bone, hand in self.hands.items()
            if bone in self.tried and hand != self.tried[bone].kept
        }

    @property
    def keepable(self) -> bool:
        """Whether there is something to keep, measured where it is and not refused."""
        tried = (self.tried[bone] for bone in self.changed)
        return (
            bool(self.changed)
            and self.due is None
            and not self.keeping
            and all(each.alignment.refused is None for each in tried)
        )

    def shown(self) -> AdjustingShown:
        """What is to be seen of it."""
        tried = self.tried.get(self.bone)
        hand = Hand() if tried is None else tried.kept
        residual = None if tried is None else tried.alignment.residual
        return AdjustingShown(
            bone=self.bone,
            hand=self.hands.get(self.bone, hand),
            median_mm=None if residual is None else residual.median_mm,
            p95_mm=None if residual is None else residual.p95_mm,
            reason="" if tried is None else tried.alignment.reason,
            ready=tried is not None,
            keepable=self.keepable,
            keeping=self.keeping,
        )


Begun = tuple[SegmentClass, Mapping[SegmentClass, Hand]]
"""The bone in the hand, and where the reader wants outlines."""


class Adjuster:
    """Adjusts the pair on screen.

    Parameters
    ----------
    changed : something is to be seen
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
        self._now: _Adjusting | None = None
        self._working: _Bench | None = None
        self._aside: dict[Which, Begun] = {}
        self.translate = translate

    # Gestures

    def adjust(self, laid: Laid | None, bone: SegmentClass) -> None:
        """Begin with a bone of the pair on screen, or go over to it."""
        now = self._now
        if now is not None:
            self._go_on(replace(now, bone=bone))
        elif laid is not None:
            self._go_on(_Adjusting(_Bench(laid), bone, {}, {}))

    def move(self, hand: Hand) -> None:
        """Put the outline of the bone on screen there."""
        now = self._now
        if now is not None and now.bone in now.tried:
            self._go_on(replace(now, hands={**now.hands, now.bone: hand}))

    def keep(self) -> None:
        """Have the library keep it as a new alignment."""
        now, store = self._now, self._services.library.store
        if now is not None and store is not None and now.keepable:
            self._now = replace(now, keeping=True)
            self._services.jobs.start(self._keeping(store, self._now))
            self._changed()

    def leave(self) -> None:
        """Leave it as it was; what is being kept is kept."""
        if self._now is not None and not self._now.keeping:
            self._end()
            self._changed()

    # What is to be seen

    def follow(self, laid: Laid | None) -> None:
        """The pair on screen: the steps on another one wait, those on this one go on."""
        now = self._now
        if now is not None and (laid is None or laid.which != now.bench.laid.which):
            if not now.keeping:
                self._put_aside(now)
            self._end()
        begun = None if laid is None or self._now else self._aside.pop(laid.which, None)
        if laid is not None and begun is not None:
            self._now = _Adjusting(_Bench(laid), *begun, {})
            self._try()

    def _put_aside(self, now: _Adjusting) -> None:
        if now.hands:
            self._aside[now.bench.laid.which] = now.bone, now.hands

    def told(self, shown: AlignmentShown | None) -> AlignmentShown | None:
        """What is said of the alignment, with what the reader's hand does."""
        if shown is None or self._now is None:
            return shown
        named = bool(self._services.keeper.settings.reader_name)
        return replace(shown, ghost=None, adjusting=replace(self._now.shown(), named=named))

    @property
    def busy(self) -> bool:
        """Whether a pair is being adjusted, so that its outline is shown and no other."""
        return self._now is not None

    @property
    def ghost(self) -> Ghost | None:
        """The outline of the bone that is adjusted, as last drawn."""
        tried = None if self._now is None else self._now.tried.get(self._now.bone)
        return None if tried is None else tried.ghost

    # Work

    def _go_on(self, now: _Adjusting) -> None:
        if now.keeping:
            return
        self._now = now
        self._try()
        self._changed()

    def _end(self) -> None:
        self._now = None
        if self._working is not None:
            self._working = None
            self._services.jobs.cancel_topic(ADJUST_TOPIC)

    def _try(self) -> None:
        """Measure where the outline is wanted, unless a step is being measured still."""
        now = self._now
        due = None if now is None or self._working is not None else now.due
        if now is not None and due is not None:
            self._working = now.bench
            self._services.jobs.start(self._trying(now.bench, due, now.hands.get(due)))

    def _trying(self, bench: _Bench, bone: SegmentClass, hand: Hand | None) -> Job[_Tried]:
        return Job(
            what=self.translate("FollowUp", "Measuring the adjusted alignment"),
            work=lambda _progress, cancelled: bench.tried(bone, hand, cancelled),
            done=lambda tried: self._take(bench, bone, tried),
            failed=lambda error: self._failed(bench, error),
            stopped=lambda: self._stopped(bench),
            urgent=True,
            topic=ADJUST_TOPIC,
        )

    def _take(self, bench: _Bench, bone: SegmentClass, tried: _Tried) -> None:
        if self._working is not bench or self._now is None:
            return
        self._working = None
        self._now = replace(self._now, tried={**self._now.tried, bone: tried})
        self._try()
        self._changed()

    def _failed(self, bench: _Bench, error: Exception) -> None:
        tell_known(self._services.messages, error)
        self._stopped(bench)

    def _stopped(self, bench: _Bench) -> None:
        """It failed, or the reader stopped it: adjusting ends."""
        if self._working is bench:
            self._working = None
            self._now = None
            self._changed()

    def _keeping(self, store: VisitStore, now: _Adjusting) -> Job[None]:
        bench, hands = now.bench, dict(now.changed)
        reader = self._services.keeper.settings.reader_name

        def work(_progress: Progress, _cancelled: Cancelled) -> None:
            store.keep_alignment(bench.fitting().kept(hands, reader))

        return Job(
            what=self.translate("FollowUp", "Keeping the adjusted alignment"),
            work=work,
            done=lambda _: self._done(bench),
            failed=lambda error: self._not_kept(now, error),
            keep=True,
        )

    def _done(self, bench: _Bench) -> None:
        if self._now is not None and self._now.bench is bench:
            self._now = None
            self._changed()
        self._kept()

    def _not_kept(self, was: _Adjusting, error: Exception) -> None:
        """Say why; the outline stays where the reader put it."""
        tell_known(self._services.messages, error)
        if self._now is not None and self._now.bench is was.bench:
            self._now = replace(self._now, keeping=False)
        elif self._now is None or self._now.bench.laid.which != was.bench.laid.which:
            self._put_aside(was)
        self._changed()
