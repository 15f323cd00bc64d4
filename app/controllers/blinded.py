"""Reading HIMRISS without knowing which visit came first. No Qt.

Visits come in an order drawn by lot, under letters; no date, score, mask,
earlier reading or name is handed to the page before the sitting is over. Seed
and visits are kept with every reading, so that the order can be drawn again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Final

from app.background import Job
from app.blinded_state import BlindedShown, Unblinded
from app.clinical_state import ReadingDraft
from app.controllers.opening import stored
from app.controllers.showing import Translate, tell_known
from app.messages import Severity
from app.services import Services
from app.state import OpenSeries
from app.views.protocols import BlindedView
from hipdesk.errors import RefusedValue
from hipdesk.himriss import BlindedOrder, BlindedVisit, Reading, drawn, next_number
from hipdesk.overlay import Window
from hipdesk.ports import Cancelled, Progress, VisitEntry, VisitStore
from hipdesk.records import Side
from hipdesk.wording import person_name

TOPIC: Final = "blinded reading"

LOT: Final = 2**31
"""Seeds lie below it, so that every database holds them exactly."""

EVERYONE: Final = 1_000_000
"""More patients than any library holds."""

Key = tuple[str, Side]
"""A visit and a hip."""


def _lot() -> int:
    return random.SystemRandom().randrange(LOT)


@dataclass(frozen=True, slots=True, eq=False)
class _Sitting:
    """What is read in one go.

    Attributes
    ----------
    names : of the patients, by visit; empty where there is only one
    read : readings of this sitting
    """

    order: BlindedOrder
    entries: Mapping[str, VisitEntry]
    names: Mapping[str, str] = field(repr=False)
    at: int = 0
    side: Side = Side.RIGHT
    index: int = 0
    window: Window | None = None
    series: OpenSeries | None = None
    reason: str = ""
    read: Mapping[Key, Reading] = field(default_factory=dict, repr=False)

    @property
    def visit(self) -> BlindedVisit:
        """The one on the page."""
        return self.order.visits[self.at]

    @property
    def sides(self) -> tuple[Side, ...]:
        """Hips of it that have images."""
        analyses = self.entries[self.visit.visit_uid].analyses
        found = tuple(side for side in Side if any(side in each.hips for each in analyses))
        return found or tuple(Side)

    def analysis(self) -> str:
        """Whose images show the hip on the page: the newest result of it."""
        entry = self.entries[self.visit.visit_uid]
        hip = entry.visit.hip(self.side)
        if hip is not None:
            return hip.analysis_uid
        found = [each.uid for each in entry.analyses if self.side in each.hips]
        return found[0] if found else entry.analyses[0].uid


class BlindedController:
    """Hears the page of blinded reading.

    Parameters
    ----------
    lot : gives the seed of a sitting
    """

    def __init__(
        self,
        view: BlindedView,
        services: Services,
        translate: Translate,
        lot: Callable[[], int] = _lot,
    ) -> None:
        self._view = view
        self._services = services
        self.translate = translate
        self._watchers: list[Callable[[], None]] = []
        self._lot = lot
        self._sitting: _Sitting | None = None
        view.listen(self)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call this after each reading that was kept."""
        self._watchers.append(watcher)

    def begin(self, patient_uids: Sequence[str]) -> None:
        """Read every visit with images of these patients; of all where none is named."""
        if not self._reader:
            self._say(
                self.translate(
                    "Blinded",
                    "Enter your name in the settings first: readings are kept by reader.",
                )
            )
            return
        store = self._services.library.store
        if store is None:
            return

        def work(_progress: Progress, _cancelled: Cancelled) -> list[tuple[VisitEntry, str]]:
            people = patient_uids or [each.uid for each in store.patients("", limit=EVERYONE)]
            found = [each for uid in people for each in store.entries(uid) if each.analyses]
            several = len({each.patient_uid for each in found}) > 1
            return [
                (
                    each,
                    person_name(store.patient_of(each.visit.uid).patient.name) if several else "",
                )
                for each in found
            ]

        what = self.translate("Blinded", "Drawing the order of the visits")
        self._services.jobs.start(Job(what, work, self._take, urgent=True, topic=TOPIC))

    def _take(self, found: Sequence[tuple[VisitEntry, str]]) -> None:
        if len(found) < 2:
            self._say(
                self.translate(
                    "Blinded", "One visit has no order to be hidden; read it on this page."
                )
            )
            return
        entries = {entry.visit.uid: entry for entry, _ in found}
        names = {entry.visit.uid: name for entry, name in found if name}
        self._sitting = _Sitting(drawn(entries, self._lot()), entries, names)
        self._go(0)

    # Gestures

    def go_on(self, steps: int) -> None:
        """The visit before or after, in the order drawn."""
        sitting = self._sitting
        if sitting is not None:
            at = sitting.at + steps
            if 0 <= at < len(sitting.order.visits):
                self._go(at)

    def choose_side(self, side: Side) -> None:
        """Right or left hip."""
        sitting = self._sitting
        if sitting is not None and side is not sitting.side and side in sitting.sides:
            before = sitting.analysis()
            self._sitting = replace(sitting, side=side)
            if self._sitting.analysis() == before:
                self._show()
            else:
                self._read()

    def step(self, steps: int) -> None:
        """Scroll through the slices."""
        sitting = self._sitting
        if sitting is not None and sitting.series is not None:
            last = sitting.series.stack.slices - 1
            self._sitting = replace(sitting, index=min(max(sitting.index + steps, 0), last))
            self._show()

    def set_window(self, window: Window) -> None:
        """Show the slices in this window."""
        if self._sitting is not None:
            self._sitting = replace(self._sitting, window=window)
            self._show()

    def keep_reading(self, draft: ReadingDraft) -> None:
        """Keep the totals of the hip on the page as the reader's next reading of it."""
        sitting, store = self._sitting, self._services.library.store
        if sitting is None or store is None:
            return
        key = (sitting.visit.visit_uid, draft.side)
        try:
            made = self._reading(key, draft, sitting.read.get(key))
        except RefusedValue:
            self._view.show_refusal(self.translate("Blinded", "Enter at least one total."))
            return
        again, order = key in sitting.read, sitting.order

        def work(_progress: Progress, _cancelled: Cancelled) -> Reading:
            return _written(store, made, order, again=again)

        self._services.jobs.start(
            Job(
                self.translate("Blinded", "Keeping the reading"),
                work,
                lambda reading: self._took(order, key, reading),
                failed=lambda error: tell_known(self._services.messages, error),
                urgent=True,
                keep=True,
            )
        )

    def _reading(self, key: Key, draft: ReadingDraft, before: Reading | None) -> Reading:
        return Reading(
            visit_uid=key[0],
            side=key[1],
            reader=self._reader,
            number=1 if before is None else before.number,
            read_utc=self._services.now().astimezone(UTC),
            blinded_to_order=True,
            femoral=draft.femoral,
            acetabular=draft.acetabular,
            effusion=draft.effusion,
        )

    def _took(self, order: BlindedOrder, key: Key, reading: Reading) -> None:
        """Go on to the other hip, or the next visit, once a reading is kept."""
        for watcher in self._watchers:
            watcher()
        sitting = self._sitting
        if sitting is None or sitting.order is not order:
            return
        sitting = replace(sitting, read={**sitting.read, key: reading})
        self._sitting = sitting
        uid = sitting.visit.visit_uid
        if key != (uid, sitting.side):
            self._show()
            return
        left = [side for side in sitting.sides if (uid, side) not in sitting.read]
        if left:
            self.choose_side(left[0])
        elif sitting.at + 1 < len(sitting.order.visits):
            self._go(sitting.at + 1)
        else:
            self._show()

    def finish(self) -> None:
        """The sitting is over: say which visit was which."""
        sitting = self._sitting
        if sitting is not None:
            self._stop()
            self._view.show_unblinded(_unblinded(sitting))

    def leave(self) -> None:
        """The page was closed; what was kept stays."""
        self._stop()
        self._view.show_visit(None)

    def _stop(self) -> None:
        self._sitting = None
        self._services.jobs.cancel_topic(TOPIC)

    # The images

    def _go(self, at: int) -> None:
        sitting = self._sitting
        if sitting is not None:
            there = replace(sitting, at=at)
            self._sitting = replace(there, side=there.sides[0])
            self._read()

    def _read(self) -> None:
        """Read the images that show the hip on the page."""
        sitting, store = self._sitting, self._services.library.store
        if sitting is None or store is None:
            return
        sitting = replace(sitting, series=None, window=None, reason="")
        self._sitting = sitting
        self._show()
        uid, reader = sitting.analysis(), self._services.reader

        def work(progress: Progress, cancelled: Cancelled) -> OpenSeries:
            return stored(store, reader, uid, progress, cancelled)

        self._services.jobs.start(
            Job(
                self.translate("Blinded", "Reading a visit's images"),
                work,
                lambda series: self._take_series(uid, series),
                failed=lambda error: self._unread(uid, error),
                urgent=True,
                topic=TOPIC,
            )
        )

    def _take_series(self, uid: str, series: OpenSeries) -> None:
        sitting = self._sitting
        if sitting is not None and sitting.analysis() == uid:
            self._sitting = replace(sitting, series=series, index=series.stack.slices // 2)
            self._show()

    def _unread(self, uid: str, error: Exception) -> None:
        tell_known(self._services.messages, error)
        sitting = self._sitting
        if sitting is not None and sitting.analysis() == uid:
            reason = self.translate("Blinded", "its images cannot be read")
            self._sitting = replace(sitting, reason=reason)
            self._show()

    # The view

    def _show(self) -> None:
        sitting = self._sitting
        if sitting is None:
            return
        visit, series = sitting.visit, sitting.series
        shown = BlindedShown(
            visit.label,
            sitting.at + 1,
            len(sitting.order.visits),
            sitting.side,
            sitting.sides,
            frozenset(side for side in Side if (visit.visit_uid, side) in sitting.read),
            reason=sitting.reason,
        )
        if series is not None:
            stack = series.stack
            picture = replace(stack.picture(sitting.index), outlines={})
            window = sitting.window or stack.window
            shown = replace(shown, picture=picture, window=window, limits=stack.limits)
        self._view.show_visit(shown)

    @property
    def _reader(self) -> str:
        return self._services.keeper.settings.reader_name

    def _say(self, sentence: str) -> None:
        self._services.messages.say(Severity.WARNING, sentence)


def _written(store: VisitStore, made: Reading, order: BlindedOrder, *, again: bool) -> Reading:
    """Keep a reading as the next one of its reader, or correct that of this sitting."""
    if not again:
        known = store.clinical_record(made.visit_uid).readings
        number = next_number(known, made.visit_uid, made.side, made.reader)
        made = replace(made, number=number)
    store.keep_reading(made, correcting=again, order=order)
    return made


def _unblinded(sitting: _Sitting) -> tuple[Unblinded, ...]:
    return tuple(
        Unblinded(
            visit.label,
            sitting.entries[visit.visit_uid].visit.day,
            sitting.names.get(visit.visit_uid, ""),
            tuple(
                (side, sitting.read[visit.visit_uid, side].total)
                for side in Side
                if (visit.visit_uid, side) in sitting.read
            ),
        )
        for visit in sitting.order.visits
    )
