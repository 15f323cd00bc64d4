"""The earlier visit's outlines on the later one's pictures, to judge an alignment by. No Qt.

They are drawn in the background, once a pair; nothing is read, and no result changes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from app.alignment_state import AlignmentShown
from app.background import Job
from app.controllers.follow_state import counted_hip
from app.controllers.showing import Translate, tell_known
from app.services import Services
from app.state import OpenSeries, Panel
from hipdesk.hip_alignment import HipAlignment, Key
from hipdesk.ports import Cancelled, Progress
from hipdesk.records import Side

if TYPE_CHECKING:
    from hipdesk.alignment import HipScan
    from hipdesk.ghost import Ghost

GHOST_TOPIC: Final = "ghost"
KEPT: Final = 4
"""Pairs whose outlines are kept: both hips, and another visit to go back to."""

Which = tuple[Side, Key, Key, datetime]
"""What tells an alignment from others: hip, results, moment."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Two visits at hand with the alignment of just the results that count."""

    alignment: HipAlignment
    earlier: OpenSeries
    later: OpenSeries

    @property
    def which(self) -> Which:
        """What tells it from others."""
        known = self.alignment
        return known.side, known.earlier, known.later, known.made_utc

    def scans(self) -> tuple[HipScan, HipScan]:
        """The earlier and the later hip; belongs to a job."""
        from hipdesk.alignment import hip_scan  # SciPy: not at every start

        earlier, later = (
            hip_scan(series.volume, hip)
            for series in (self.earlier, self.later)
            if (hip := counted_hip(series, self.alignment.side)) is not None
        )
        return earlier, later


def laid_of(shown: AlignmentShown | None, read: Mapping[Panel, OpenSeries]) -> Laid | None:
    """The pair on screen, if it is aligned and both visits are at hand as they were aligned."""
    known = None if shown is None or not shown.current else shown.alignment
    if known is None or len(read) < len(Panel):
        return None
    series = [read[panel] for panel in Panel]
    if [_key(each, known.side) for each in series] != [known.earlier, known.later]:
        return None
    return Laid(known, *series)


def _key(series: OpenSeries, side: Side) -> Key | None:
    """The result of a hip that counts, with outlines."""
    reviewed, hip = series.reviewed, counted_hip(series, side)
    number = None if reviewed is None else reviewed.current(side)
    if reviewed is None or number is None or hip is None or hip.segmentation is None:
        return None
    return reviewed.analysis.uid, number


class Ghosts:
    """Draws what the reader wants to see.

    Parameters
    ----------
    changed : the wish changed, or outlines are drawn
    """

    def __init__(
        self, services: Services, translate: Translate, changed: Callable[[], None]
    ) -> None:
        self._services = services
        self._changed = changed
        self._wanted = False
        self._asked: Which | None = None
        self._drawn: OrderedDict[Which, Ghost] = OrderedDict()
        self.translate = translate

    def want(self, wanted: bool) -> None:
        """Show them from now on, or no longer."""
        self._wanted = wanted
        if not wanted:
            self.stop()
        self._changed()

    def stop(self) -> None:
        """Leave what is being drawn."""
        if self._asked is not None:
            self._asked = None
            self._services.jobs.cancel_topic(GHOST_TOPIC)

    def forget(self) -> None:
        """Another patient: nothing that was drawn is needed any more."""
        self.stop()
        self._drawn.clear()

    def told(self, shown: AlignmentShown | None, laid: Laid | None) -> AlignmentShown | None:
        """What is said of the alignment, with what may be wished for."""
        if shown is None or laid is None:
            return shown
        return replace(shown, ghost=self._wanted)

    def of(self, laid: Laid | None) -> Ghost | None:
        """The outlines on the pair on screen; None until they are drawn, which is begun."""
        if laid is None or not self._wanted:
            self.stop()
            return None
        found = self._drawn.get(laid.which)
        if found is not None:
            self.stop()
            self._drawn.move_to_end(laid.which)
        elif self._asked != laid.which:
            self._asked = laid.which
            self._services.jobs.start(self._job(laid))
        return found

    def _job(self, laid: Laid) -> Job[Ghost]:
        which = laid.which

        def work(_progress: Progress, cancelled: Cancelled) -> Ghost:
            from hipdesk.ghost import ghost_of  # SciPy: not at every start

            earlier, _ = laid.scans()
            used = (bone for bone in laid.alignment.bones if not bone.refused)
            bones = ((earlier.surface(bone.bone), bone.later_to_earlier) for bone in used)
            return ghost_of(bones, laid.later.stack, cancelled)

        return Job(
            what=self.translate("FollowUp", "Drawing the earlier visit's outlines"),
            work=work,
            done=lambda ghost: self._take(which, ghost),
            failed=lambda error: self._failed(which, error),
            stopped=lambda: self._give_up(which),
            urgent=True,
            topic=GHOST_TOPIC,
        )

    def _take(self, which: Which, ghost: Ghost) -> None:
        if self._asked != which:
            return
        self._asked = None
        self._drawn[which] = ghost
        while len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
        self._changed()

    def _failed(self, which: Which, error: Exception) -> None:
        tell_known(self._services.messages, error)
        self._give_up(which)

    def _give_up(self, which: Which) -> None:
        """It failed, or the reader stopped it: it is not tried again before it is asked for."""
        if self._asked == which:
            self._asked = None
            self._wanted = False
            self._changed()
