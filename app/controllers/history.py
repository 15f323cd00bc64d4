"""What readers did to the hips of the open exam, and the way back through it. No Qt.

Revisions and reviews are only ever appended, so the way back is told from them:
a hip's state is which outlines it shows and how these were judged, and each change
of it is a step. Steps of earlier sessions are read from the record; of those made
since the exam was opened it is known whether they went back or on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from heapq import merge

import numpy as np

from app.controllers.exams import reviews_of
from app.controllers.signing import HipKey
from app.state import Act, Deed, Exam
from hipdesk.records import HipResult, Origin, Segmentation, Side
from hipdesk.review import Reviewed, ReviewKind, Verdict, standing_of


@dataclass(frozen=True, slots=True)
class HipState:
    """Which outlines a hip shows, and how they were judged.

    Attributes
    ----------
    content : number of the oldest revision with these very outlines and slices
    note, reader : of the verdict
    drawn : number of the oldest one with these very outlines, whatever slices count
    placed : number of the oldest one with the head in this very place
    """

    content: int = 0
    verdict: Verdict | None = None
    note: str = field(default="", repr=False)
    reader: str = field(default="", repr=False)
    drawn: int = field(default=0, compare=False)
    placed: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one hip."""

    hip: HipKey
    before: HipState
    after: HipState

    @property
    def moved(self) -> bool:
        """Whether it changed the outlines."""
        return self.before.content != self.after.content

    @property
    def act(self) -> Act:
        """As menus name it."""
        return Act(self.hip[1], self._deed())

    def _deed(self) -> Deed:
        if self.moved:
            if self.before.drawn == self.after.drawn:
                return Deed.CHOSE_SLICES
            if self.after.content == 0:
                return Deed.RESTORED
            same_place = self.before.placed == self.after.placed
            return Deed.PAINTED if same_place else Deed.MOVED
        match self.after.verdict:
            case Verdict.ACCEPTED:
                return Deed.ACCEPTED
            case Verdict.REJECTED:
                return Deed.REJECTED
            case None:
                return Deed.REOPENED


class Way(Enum):
    """Through the steps."""

    BACK = "back"
    ON = "on"


_Change = tuple[datetime, HipKey, HipState]


class Past:
    """Steps of the open exam that can be taken back, and those that were."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._now: dict[HipKey, HipState] = {}
        self._seen: dict[HipKey, int] = {}
        self._steps: dict[Way, list[Step]] = {way: [] for way in Way}
        self._moving: tuple[Way, Step, HipState] | None = None

    @property
    def back(self) -> Step | None:
        """What would be taken back."""
        return self._top(Way.BACK)

    @property
    def on(self) -> Step | None:
        """What would be done again."""
        return self._top(Way.ON)

    @property
    def moving(self) -> bool:
        """Whether a step is on its way."""
        return self._moving is not None

    def knows(self, hip: HipKey) -> bool:
        """Whether a hip is of the open exam."""
        return hip in self._now

    def now(self, hip: HipKey) -> HipState:
        """State of a hip."""
        return self._now[hip]

    def follow(self, exam: Exam | None) -> None:
        """Take in what readers added; another exam begins with what its record tells."""
        changes = {} if exam is None else _changes(exam)
        fresh = changes.keys() != self._seen.keys() or any(
            len(found) < self._seen[hip] for hip, found in changes.items()
        )
        if fresh:
            self._forget()
            self._now = dict.fromkeys(changes, HipState())
            self._seen = dict.fromkeys(changes, 0)
        added = [found[self._seen[hip] :] for hip, found in changes.items()]
        self._seen = {hip: len(found) for hip, found in changes.items()}
        for _, hip, after in merge(*added, key=lambda change: change[0]):
            self._take(hip, after, recorded=fresh)

    def go(self, way: Way) -> tuple[HipKey, HipState] | None:
        """Begin to take the last step back, or to do it again: the hip and its state then.

        None where there is nothing, or a step is on its way.
        """
        step = None if self.moving else self._top(way)
        if step is None:
            return None
        self._steps[way].pop()
        self._moving = (way, step, self._now[step.hip])
        return step.hip, (step.before if way is Way.BACK else step.after)

    def settle(self, busy: frozenset[HipKey]) -> bool:
        """See whether the step that was on its way was made, once its hip is free.

        True where it has just been made.
        """
        if self._moving is None or self._moving[1].hip in busy:
            return False
        (way, step, before), self._moving = self._moving, None
        made = self._now.get(step.hip) != before
        other = Way.ON if way is Way.BACK else Way.BACK
        self._steps[other if made else way].append(step)
        return made

    def _take(self, hip: HipKey, after: HipState, recorded: bool) -> None:
        before, self._now[hip] = self._now[hip], after
        back, on = (self._steps[way] for way in Way)
        if self._moving is not None and self._moving[1].hip == hip:
            return
        if recorded and back and back[-1].hip == hip and _undoes(back[-1], after):
            on.append(back.pop())
        elif before != after:
            back.append(Step(hip, before, after))
            on.clear()

    def _top(self, way: Way) -> Step | None:
        """The last step that still fits what its hip is; those that do not are dropped.

        While a step is on its way, what follows it is meant.
        """
        steps, moving = self._steps[way], self._moving
        if moving is not None:
            return moving[1] if moving[0] is not way else next(reversed(steps), None)
        while steps and not self._fits(way, steps[-1]):
            steps.pop()
        return steps[-1] if steps else None

    def _fits(self, way: Way, step: Step) -> bool:
        now = self._now[step.hip]
        return now == step.after if way is Way.BACK else now.content == step.before.content


def _undoes(step: Step, after: HipState) -> bool:
    """Whether a recorded change to this state took a step back."""
    return step.before.content == after.content if step.moved else step.before == after


def _changes(exam: Exam) -> dict[HipKey, list[_Change]]:
    """Every state of every hip after its first one, oldest first."""
    return {
        (each.analysis.uid, hip.side): list(_of_hip(each, hip.side))
        for each in reviews_of(exam)
        for hip in each.analysis.hips
    }


def _of_hip(reviewed: Reviewed, side: Side) -> Iterator[_Change]:
    """States of one hip after its first one; times never run backwards."""
    hip = (reviewed.analysis.uid, side)
    last = datetime.min.replace(tzinfo=UTC)
    made = {each.number: each.created_utc for each in reviewed.revisions}
    for number in reviewed.numbers(side):
        state = HipState(
            content_of(reviewed, side, number),
            drawn=_drawn_of(reviewed, side, number),
            placed=_placed_of(reviewed, side, number),
        )
        if number:
            last = max(last, made[number])
            yield last, hip, state
        for at, judged in _judged(reviewed, side, number, state):
            last = max(last, at)
            yield last, hip, judged


def _judged(
    reviewed: Reviewed, side: Side, number: int, state: HipState
) -> Iterator[tuple[datetime, HipState]]:
    """States of one revision after each verdict on it."""
    said = [each for each in reviewed.reviews if (each.side, each.revision) == (side, number)]
    for at, each in enumerate(said):
        if not standing_of(said[:at], side, number).allows(each.kind):
            continue
        if each.kind in (ReviewKind.ACCEPTED, ReviewKind.REJECTED):
            verdict = Verdict(each.kind.value)
            state = replace(state, verdict=verdict, note=each.note, reader=each.reader)
        elif each.kind is ReviewKind.REOPENED:
            state = HipState(state.content, drawn=state.drawn, placed=state.placed)
        else:
            continue
        yield each.at_utc, state


def content_of(reviewed: Reviewed, side: Side, number: int) -> int:
    """The oldest revision of a hip with the very outlines of this one."""
    hip, origin = reviewed.hip_at(side, number), origin_at(reviewed, number)
    for older in reviewed.numbers(side):
        same = origin_at(reviewed, older) == origin
        if older == number or (same and same_result(reviewed.hip_at(side, older), hip)):
            return older
    return number


def _drawn_of(reviewed: Reviewed, side: Side, number: int) -> int:
    """The oldest revision of a hip with the very outlines of this one, whatever slices count."""
    hip = reviewed.hip_at(side, number)
    numbers = reviewed.numbers(side)
    return next(older for older in numbers if same_outlines(reviewed.hip_at(side, older), hip))


def _placed_of(reviewed: Reviewed, side: Side, number: int) -> int:
    """The oldest revision of a hip with its head in the very place of this one's."""
    head = reviewed.hip_at(side, number).head
    numbers = reviewed.numbers(side)
    return next(older for older in numbers if reviewed.hip_at(side, older).head == head)


def origin_at(reviewed: Reviewed, number: int) -> Origin:
    """Who drew the outlines of a revision."""
    drawn = (each.origin for each in reviewed.revisions if each.number == number)
    return next(drawn, reviewed.analysis.origin)


def same_result(first: HipResult, second: HipResult) -> bool:
    """Whether two results are of the same head, with the same masks and score."""
    return first.score == second.score and same_outlines(first, second)


def same_outlines(first: HipResult, second: HipResult) -> bool:
    """Whether two results are of the same head, with the same masks."""
    if first is second:
        return True
    return first.head == second.head and _same_masks(first.segmentation, second.segmentation)


def _same_masks(first: Segmentation | None, second: Segmentation | None) -> bool:
    if first is None or second is None:
        return first is second
    if first.box != second.box or first.masks.keys() != second.masks.keys():
        return False
    return all(np.array_equal(mask, second.masks[name]) for name, mask in first.masks.items())


def restorable(reviewed: Reviewed, side: Side) -> bool:
    """Whether a hip shows other outlines than the program's own."""
    return content_of(reviewed, side, reviewed.working(side)) != 0
