"""A reader's brush on the open exam: shown at once, journalled stroke by stroke. No Qt.

Each stroke, each one taken back and each one done again is an act that the library
keeps before anything counts on it; the outlines and scores that follow are computed
beside the window and shown as a draft. Finishing makes a revision of the draft,
discarding is an act too. Whatever was not finished when the exam was closed, or the
program killed, is there when the visit is opened again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

from app.background import Job
from app.brush_state import Brush, FreshStroke, Painting, PicturePoint
from app.controllers.desk import Desk
from app.controllers.exams import reviews_of, series_of, working_hip
from app.controllers.redoing import Back
from app.controllers.showing import Memo, Translate, tell_known
from app.controllers.signing import HipKey, SigningDesk
from app.messages import Action, Severity
from app.services import Services
from app.state import Act, Deed, Exam, OpenSeries
from hipdesk.display import DisplayStack
from hipdesk.geometry import to_index, to_lps
from hipdesk.ports import VisitStore
from hipdesk.records import HipResult, Origin, SegmentClass, Side
from hipdesk.review import (
    PAINTABLE,
    BrushAct,
    BrushEntry,
    Revision,
    Stroke,
    strokes_of,
)
from hipdesk.strokes import paintable, stroke_along, with_strokes


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """An act that the outlines on screen do not show yet.

    Attributes
    ----------
    number : in the journal; None until the library has it
    """

    act: BrushAct
    fresh: FreshStroke | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Hip:
    """A hip that is painted on.

    Attributes
    ----------
    turn : tells this painting from an earlier one of the same hip
    base : revision that is painted on
    entries : what the library has kept
    tail : acts after ``upto``, kept or not
    draft : the hip with strokes up to that act; None where it is as the base has it
    drawn : its outlines
    """

    turn: int
    base: int
    entries: tuple[BrushEntry, ...] = ()
    tail: tuple[_Told, ...] = ()
    upto: int = 0
    draft: HipResult | None = None
    drawn: DisplayStack | None = None
    ending: bool = False


Order = tuple[tuple[HipKey, ...], tuple[HipKey, ...]]
"""Hips of the strokes that stand, and of those taken back, each in its order."""


def hip_under(series: OpenSeries, at: PicturePoint) -> Side | None:
    """The hip that a stroke beginning here is meant for: the one whose head is nearest."""
    found = []
    for side in Side:
        hip = working_hip(series, side)
        if hip is None or hip.segmentation is None or hip.head.centre_lps_mm is None:
            continue
        _, x, y = series.stack.to_picture(hip.head.centre_lps_mm)
        row_mm, column_mm = series.stack.pixel_mm
        away = (x - at[0]) * column_mm, (y - at[1]) * row_mm
        found.append((away[0] ** 2 + away[1] ** 2, side))
    return min(found)[1] if found else None


class Brusher:
    """Journals what the brush does, and keeps the drafts that come of it.

    Parameters
    ----------
    kept : takes a revision that the library has made of strokes
    changed : is told when something else is to be shown
    lead_to : brings a slice of a series, by its key, before the reader
    """

    def __init__(
        self,
        desk: Desk,
        services: Services,
        translate: Translate,
        signing: SigningDesk,
        kept: Callable[[HipKey, Back], None],
        changed: Callable[[], None],
        lead_to: Callable[[str, int], None],
    ) -> None:
        self._desk = desk
        self._services = services
        self.translate = translate
        self._signing = signing
        self._kept = kept
        self._changed = changed
        self._lead_to = lead_to
        self._brush = Brush()
        self._hips: dict[HipKey, _Hip] = {}
        self._order: Order = ((), ())
        self._known: frozenset[str] = frozenset()
        self._told: dict[HipKey, int] = {}
        self._turns = itertools.count(1)
        self._shown: Memo[Exam] = Memo()
        self._drafted: dict[str, Memo[OpenSeries]] = {}
        desk.watch(self._follow)
        self._follow(desk.exam)

    # What is asked

    @property
    def order(self) -> Order:
        """Strokes that stand, and those taken back."""
        return self._order

    @property
    def undo_act(self) -> Act | None:
        """The stroke that would be taken back."""
        done = self._order[0]
        return Act(done[-1][1], Deed.PAINTED) if done else None

    @property
    def redo_act(self) -> Act | None:
        """The stroke that would be done again."""
        undone = self._order[1]
        return Act(undone[-1][1], Deed.PAINTED) if undone else None

    def shown(self, exam: Exam) -> Exam:
        """The exam with its drafts in the place of the results that are painted on."""
        return self._shown.of((exam, *self._hips.values()), lambda: self._with_drafts(exam))

    def painting(self, series: OpenSeries | None) -> Painting:
        """The brush, and what was done with it."""
        classes = classes_of(series)
        brush = self._brush
        if classes and brush.name not in classes:
            brush = replace(brush, name=classes[0])
        uid = "" if series is None or series.reviewed is None else series.reviewed.analysis.uid
        hips = [hip for key, hip in self._hips.items() if key[0] == uid]
        return Painting(
            brush=brush,
            classes=classes,
            open=len(self._order[0]),
            fresh=tuple(each for hip in hips for each in _fresh(hip.tail)),
            ending=any(hip.ending for hip in self._hips.values()),
            named=bool(self._signing.reader),
        )

    # What the reader does

    def choose(self, brush: Brush) -> None:
        """Another class, size, or way."""
        self._brush = brush
        self._changed()

    def paint(
        self,
        series: OpenSeries,
        side: Side,
        index: int,
        path: tuple[PicturePoint, ...],
        erases: bool,
    ) -> bool:
        """Paint along a path on one hip, or erase; whether that was begun."""
        exam = self._desk.exam
        store = None if exam is None else self._signing.store_for(exam)
        if store is None or series.reviewed is None or not path:
            return False
        key = (series.reviewed.analysis.uid, side)
        hip = self._hips.get(key) or self._begun(series, side)
        if hip.ending:
            return False
        brush = replace(self.painting(series).brush, erases=erases)
        act = BrushAct.ERASED if erases else BrushAct.PAINTED
        told = _Told(act, FreshStroke(index, path, brush))
        self._hips[key] = replace(hip, tail=(*hip.tail, told))
        drag = partial(_stroke, series, index, path, brush)
        self._journal(store, key, hip, told, drag)
        self._note(key, act)
        self._changed()
        return True

    def undo(self) -> bool:
        """Take the last stroke back; whether there was one."""
        return self._turn_back(BrushAct.UNDONE, self._order[0])

    def redo(self) -> bool:
        """Do the stroke again that was taken back last; whether there was one."""
        return self._turn_back(BrushAct.REDONE, self._order[1])

    def _turn_back(self, act: BrushAct, hips: Sequence[HipKey]) -> bool:
        exam = self._desk.exam
        if not hips or exam is None:
            return False
        key, store = hips[-1], self._signing.store_for(exam)
        hip = self._hips[key]
        if store is not None and not hip.ending:
            told = _Told(act)
            self._hips[key] = replace(hip, tail=(*hip.tail, told))
            self._journal(store, key, hip, told, None)
            self._note(key, act)
            self._changed()
        return True

    def finish(self) -> None:
        """Make a revision of every hip's strokes."""
        for key in dict.fromkeys(self._order[0]):
            self._end(key, self._finishing)

    def discard(self) -> None:
        """Let go of every open stroke; the journal keeps them."""
        for key in dict.fromkeys(self._order[0]):
            self._end(key, self._discarding)

    # The journal

    def _journal(
        self,
        store: VisitStore,
        key: HipKey,
        hip: _Hip,
        told: _Told,
        drag: Callable[[], Stroke | None] | None,
    ) -> None:
        """Have the library keep an act; what it says is done in the order of asking."""
        (uid, side), reader = key, self._signing.reader

        def work(_progress: object, _cancelled: object) -> BrushEntry | None:
            stroke = None if drag is None else drag()
            if drag is not None and stroke is None:
                return None
            return store.journal_stroke(uid, side, hip.base, told.act, stroke, reader)

        self._services.jobs.start(
            Job(
                what=self.translate("Brush", "Keeping the stroke"),
                work=work,
                done=lambda entry: self._acknowledged(store, key, hip.turn, told, entry),
                failed=lambda error: self._refused(key, hip.turn, store, error),
                urgent=True,
                keep=True,
            )
        )

    def _acknowledged(
        self, store: VisitStore, key: HipKey, turn: int, told: _Told, entry: BrushEntry | None
    ) -> None:
        hip = self._same(key, turn)
        if hip is None:
            if entry is not None:  # the library was asked what stands while this was under way
                self._read_anew(store, key, entry.base)
            return
        if entry is None:  # beside the image: nothing was kept, and it may be taken back by now
            self._read_anew(store, key, hip.base)
            return
        tail = tuple(replace(t, number=entry.number) if t is told else t for t in hip.tail)
        self._hips[key] = replace(hip, entries=(*hip.entries, entry), tail=tail)
        self._draw(key)

    def _refused(self, key: HipKey, turn: int, store: VisitStore, error: Exception) -> None:
        """Say why, and go on with what the library has."""
        tell_known(self._services.messages, error)
        hip = self._same(key, turn)
        if hip is not None:
            self._read_anew(store, key, hip.base)

    def _read_anew(self, store: VisitStore, key: HipKey, base: int) -> None:
        """Ask the library what stands of the strokes on a revision."""
        uid, side = key
        self._services.jobs.start(
            Job(
                what=self.translate("Brush", "Reading the strokes that were kept"),
                work=lambda _progress, _cancelled: store.open_strokes(uid, side),
                done=lambda entries: self._read_again(key, base, entries),
                urgent=True,
            )
        )

    def _read_again(self, key: HipKey, base: int, entries: tuple[BrushEntry, ...]) -> None:
        (uid, side), hip = key, self._hips.get(key)
        series = series_of(self._desk.exam, uid)
        if series is None or series.reviewed is None or series.reviewed.working(side) != base:
            return
        if hip is None or not hip.ending:
            self._forget({key})
            self._take(key, base, entries)
            self._changed()

    # The draft

    def _draw(self, key: HipKey) -> None:
        """Compute what the kept strokes make of the hip; the newest answer is shown."""
        hip, series = self._hips[key], series_of(self._desk.exam, key[0])
        if series is None or series.reviewed is None:
            return
        base, volume = series.reviewed.hip_at(key[1], hip.base), series.volume
        stack, before = hip.drawn or series.stack, hip.draft or base

        def work(_progress: object, _cancelled: object) -> tuple[HipResult | None, DisplayStack]:
            strokes = strokes_of(hip.entries).standing
            draft = with_strokes(volume, base, strokes)
            return (draft if strokes else None), _redrawn(stack, before, draft)

        self._services.jobs.start(
            Job(
                what=self.translate("Brush", "Scoring the painted outlines"),
                work=work,
                done=lambda made: self._take_draft(key, hip, *made),
                urgent=True,
                topic=f"brush {key[0]} {key[1]}",
            )
        )

    def _take_draft(
        self, key: HipKey, of: _Hip, draft: HipResult | None, drawn: DisplayStack
    ) -> None:
        hip = self._same(key, of.turn)
        if hip is None:
            return
        upto = of.entries[-1].number if of.entries else 0
        later = tuple(t for t in hip.tail if t.number is None or t.number > upto)
        self._hips[key] = replace(hip, draft=draft, drawn=drawn, upto=upto, tail=later)
        self._changed()

    def _with_drafts(self, exam: Exam) -> Exam:
        for series in exam.series:
            drafted = self._with_draft(series)
            exam = exam if drafted is series else exam.with_series(drafted)
        return exam

    def _with_draft(self, series: OpenSeries) -> OpenSeries:
        if series.reviewed is None:
            return series
        uid = series.reviewed.analysis.uid
        hips = [hip for key, hip in self._hips.items() if key[0] == uid and hip.draft is not None]
        if not hips:
            return series
        memo = self._drafted.setdefault(series.key, Memo())
        asked = (series, *(hip.draft for hip in hips), *(hip.drawn for hip in hips))
        return memo.of(asked, lambda: _drafted(series, hips))

    # The end

    def _end(
        self,
        key: HipKey,
        job: Callable[[VisitStore, OpenSeries, HipKey, _Hip], Job[Back] | Job[tuple[Stroke, ...]]],
    ) -> None:
        exam, series = self._desk.exam, series_of(self._desk.exam, key[0])
        store = None if exam is None else self._signing.store_for(exam)
        hip = self._hips[key]
        if store is None or series is None or series.reviewed is None or hip.ending:
            return
        self._hips[key] = replace(hip, ending=True)
        self._signing.occupy(key)
        self._services.jobs.start(job(store, series, key, hip))
        self._changed()

    def _finishing(
        self, store: VisitStore, series: OpenSeries, key: HipKey, hip: _Hip
    ) -> Job[Back]:
        assert series.reviewed is not None
        (uid, side), reader, volume = key, self._signing.reader, series.volume
        base, stack = series.reviewed.hip_at(side, hip.base), series.stack

        def work(_progress: object, _cancelled: object) -> Back:
            entries = store.open_strokes(uid, side)
            made = with_strokes(volume, base, strokes_of(entries).standing)
            drawn = _redrawn(stack, base, made)
            last = entries[-1].number if entries else None
            return Back(store.revise(uid, made, Origin.AI_EDITED, reader, last), drawn)

        return Job(
            what=self.translate("Brush", "Keeping the new outlines"),
            work=work,
            done=lambda back: self._finished(key, back),
            failed=lambda error: self._not_ended(key, hip.turn, error),
            urgent=True,
            keep=True,
        )

    def _finished(self, key: HipKey, back: Back) -> None:
        self._done_with({key})
        self._kept(key, back)
        self._changed()

    def _discarding(
        self, store: VisitStore, _series: OpenSeries, key: HipKey, hip: _Hip
    ) -> Job[tuple[Stroke, ...]]:
        (uid, side), reader = key, self._signing.reader

        def work(_progress: object, _cancelled: object) -> tuple[Stroke, ...]:
            entries = store.open_strokes(uid, side)
            store.journal_stroke(uid, side, hip.base, BrushAct.DISCARDED, None, reader)
            return strokes_of(entries).standing

        return Job(
            what=self.translate("Brush", "Discarding the strokes"),
            work=work,
            done=lambda strokes: self._discarded(store, key, hip.base, strokes),
            failed=lambda error: self._not_ended(key, hip.turn, error),
            urgent=True,
            keep=True,
        )

    def _discarded(
        self, store: VisitStore, key: HipKey, base: int, strokes: tuple[Stroke, ...]
    ) -> None:
        self._done_with({key})
        self._signing.release(key)
        self._changed()
        words = self._told_discarded(key[1])
        again = Action(
            self.translate("Brush", "Bring back"),
            partial(self._bring_back, store, key, base, strokes),
        )
        self._services.messages.say(Severity.INFO, words, again)

    def _told_discarded(self, side: Side) -> str:
        if side is Side.RIGHT:
            return self.translate("Brush", "The brush strokes on the right hip were discarded.")
        return self.translate("Brush", "The brush strokes on the left hip were discarded.")

    def _bring_back(
        self, store: VisitStore, key: HipKey, base: int, strokes: Iterable[Stroke]
    ) -> None:
        """Journal discarded strokes anew."""
        (uid, side), reader = key, self._signing.reader

        def work(_progress: object, _cancelled: object) -> tuple[BrushEntry, ...]:
            for stroke in strokes:
                act = BrushAct.ERASED if stroke.erases else BrushAct.PAINTED
                store.journal_stroke(uid, side, base, act, stroke, reader)
            return store.open_strokes(uid, side)

        def done(entries: tuple[BrushEntry, ...]) -> None:
            if series_of(self._desk.exam, uid) is not None:
                self._forget({key})
                self._take(key, base, entries)
                self._changed()
            else:
                self._signing.brushed_elsewhere()

        what = self.translate("Brush", "Bringing the strokes back")
        self._services.jobs.start(Job(what, work, done, urgent=True, keep=True))

    def _not_ended(self, key: HipKey, turn: int, error: Exception) -> None:
        hip = self._same(key, turn)
        if hip is not None:
            self._hips[key] = replace(hip, ending=False)
        self._signing.release(key)
        tell_known(self._services.messages, error)
        self._changed()

    # What is open

    def _begun(self, series: OpenSeries, side: Side) -> _Hip:
        assert series.reviewed is not None
        return _Hip(next(self._turns), series.reviewed.working(side))

    def _same(self, key: HipKey, turn: int) -> _Hip | None:
        """The hip's painting, if it is still the one that was meant."""
        hip = self._hips.get(key)
        return hip if hip is not None and hip.turn == turn else None

    def _take(self, key: HipKey, base: int, entries: tuple[BrushEntry, ...]) -> None:
        """Go on with what the library has kept of a hip."""
        if not entries:
            return
        tail = tuple(_Told(entry.act, None, entry.number) for entry in entries)
        self._hips[key] = _Hip(next(self._turns), base, entries, tail)
        for entry in entries:
            self._order = _after(self._order, key, entry.act)
        self._hold()
        self._draw(key)

    def _follow(self, exam: Exam | None) -> None:
        """Let go of hips that are not open, or were done otherwise; take up what is new."""
        reviews = () if exam is None else tuple(reviews_of(exam))
        working = {
            (each.analysis.uid, hip.side): each.working(hip.side)
            for each in reviews
            for hip in each.analysis.hips
        }
        gone = {key for key, hip in self._hips.items() if working.get(key) != hip.base}
        if gone:
            self._done_with(gone)
        uids = frozenset(each.analysis.uid for each in reviews)
        new, self._known = uids - self._known, uids
        if not uids:
            self._shown.clear()
            self._drafted = {}
        for series in () if exam is None else exam.series:
            if series.reviewed is not None and series.reviewed.analysis.uid in new:
                self._take_up(series)

    def _take_up(self, series: OpenSeries) -> None:
        """Show strokes again that an earlier session left open."""
        assert series.reviewed is not None
        reviewed = series.reviewed
        for side in reviewed.sides:
            entries = tuple(entry for entry in series.brushed if entry.side is side)
            base = reviewed.working(side)
            if entries and entries[0].base == base:
                self._take((reviewed.analysis.uid, side), base, entries)
                if strokes_of(entries).standing:
                    key, words = (reviewed.analysis.uid, side), self._told_open(side)
                    show = Action(self.translate("Brush", "Show"), partial(self._show_last, key))
                    self._told[key] = self._services.messages.say(Severity.WARNING, words, show)

    def _show_last(self, key: HipKey) -> None:
        """Go to the slice of the last stroke on a hip that stands."""
        hip, series = self._hips.get(key), series_of(self._desk.exam, key[0])
        standing = () if hip is None else strokes_of(hip.entries).standing
        if series is not None and standing:
            self._lead_to(series.key, standing[-1].index)

    def _told_open(self, side: Side) -> str:
        if side is Side.RIGHT:
            return self.translate(
                "Brush",
                "Brush strokes on the right hip were not finished; they are shown again. Finish "
                "or discard them.",
            )
        return self.translate(
            "Brush",
            "Brush strokes on the left hip were not finished; they are shown again. Finish or "
            "discard them.",
        )

    def _note(self, key: HipKey, act: BrushAct) -> None:
        """Count an act; whoever asks the library because of it comes after the act itself."""
        self._order = _after(self._order, key, act)
        self._hold()

    def _done_with(self, keys: set[HipKey]) -> None:
        """Let go of hips, and of what was said of their strokes when they were opened."""
        self._forget(keys)
        for number in [self._told.pop(key) for key in keys & self._told.keys()]:
            self._services.messages.dismiss(number)

    def _forget(self, keys: set[HipKey]) -> None:
        for key in keys:
            self._hips.pop(key, None)
            self._services.jobs.cancel_topic(f"brush {key[0]} {key[1]}")
        done, undone = (tuple(k for k in hips if k not in keys) for hips in self._order)
        self._order = done, undone
        self._hold()

    def _hold(self) -> None:
        self._signing.hold(frozenset(self._order[0]))


def classes_of(series: OpenSeries | None) -> tuple[SegmentClass, ...]:
    """Classes that can be painted on a series, over both hips."""
    hips = [working_hip(series, side) for side in Side]
    of = None if series is None else series.volume.series
    found = {name for hip in hips if hip is not None and of for name in paintable(of, hip)}
    return tuple(name for name in PAINTABLE if name in found)


def can_be_painted(series: OpenSeries, side: Side) -> bool:
    """Whether a hip has outlines on this series."""
    hip = working_hip(series, side)
    return hip is not None and hip.segmentation is not None


def _after(order: Order, key: HipKey, act: BrushAct) -> Order:
    """Strokes that stand and those taken back, after an act on a hip."""
    done, undone = order
    match act:
        case BrushAct.PAINTED | BrushAct.ERASED:
            return (*done, key), ()
        case BrushAct.UNDONE if key in done:
            return _without_last(done, key), (*undone, key)
        case BrushAct.REDONE if key in undone:
            return (*done, key), _without_last(undone, key)
        case _:
            return order


def _without_last(keys: tuple[HipKey, ...], key: HipKey) -> tuple[HipKey, ...]:
    at = len(keys) - 1 - keys[::-1].index(key)
    return keys[:at] + keys[at + 1 :]


def _fresh(tail: Iterable[_Told]) -> list[FreshStroke]:
    """Strokes of a tail that were not taken back within it."""
    found: list[FreshStroke] = []
    for told in tail:
        if told.fresh is not None:
            found.append(told.fresh)
        elif told.act is BrushAct.UNDONE and found:
            found.pop()
    return found


def _stroke(
    series: OpenSeries, index: int, path: Sequence[PicturePoint], brush: Brush
) -> Stroke | None:
    """The pixels under a drag."""
    of = series.volume.series
    points = to_lps(series.stack.affine, [(index, y, x) for x, y in path])
    places = [(float(row), float(column)) for _, row, column in to_index(of.affine, points)]
    return stroke_along(of, index, brush.name, places, brush.radius_mm, erases=brush.erases)


def _redrawn(stack: DisplayStack, before: HipResult, after: HipResult) -> DisplayStack:
    if before.segmentation is None or after.segmentation is None:
        return stack
    return stack.with_changes(before.segmentation, after.segmentation)


def _drafted(series: OpenSeries, hips: Sequence[_Hip]) -> OpenSeries:
    """A series as it would be if its drafts were kept now."""
    assert series.reviewed is not None
    reviewed, outlines = series.reviewed, dict(series.stack.outlines)
    numbers = itertools.count(1 + max((each.number for each in reviewed.revisions), default=0))
    drafts = []
    for hip in hips:
        assert hip.draft is not None
        assert hip.drawn is not None
        last = hip.entries[-1]
        made = Revision(next(numbers), Origin.AI_EDITED, last.at_utc, last.reader, hip.draft)
        drafts.append(made)
        side = hip.draft.side
        outlines[side] = hip.drawn.outlines[side]
    return replace(
        series,
        reviewed=replace(reviewed, revisions=(*reviewed.revisions, *drafts)),
        stack=replace(series.stack, outlines=MappingProxyType(outlines)),
    )
