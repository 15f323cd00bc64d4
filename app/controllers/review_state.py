"""What the review shows of an exam: pure functions from records and the reader's wishes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from app.controllers.exams import home_of, locked, named, other_analysis, working_hip
from app.controllers.showing import Picture, Translate
from app.controllers.signing import HipKey
from app.state import (
    CropFrame,
    CropView,
    Exam,
    HipPanel,
    OpenSeries,
    Overlay,
    Scores,
    SeriesFacts,
    SeriesTab,
    Tool,
)
from hipdesk.amendment import effective, standing_doubts
from hipdesk.crop import hip_grid
from hipdesk.linking import index_at, offset_of
from hipdesk.overlay import Window
from hipdesk.pair import without_folders
from hipdesk.records import Head, HipResult, HipScore, Origin, Point, Reason, Side
from hipdesk.report import alarm_sentences, findings, notice_sentences, reason_sentences
from hipdesk.review import Reviewed, Standing, Verdict
from hipdesk.series_words import labelled_side
from hipdesk.wording import REASON_SENTENCES

PLACING: Final[Mapping[Tool, Side]] = MappingProxyType(
    {Tool.PLACE_RIGHT: Side.RIGHT, Tool.PLACE_LEFT: Side.LEFT}
)

NOWHERE: Final[Mapping[HipKey, Head]] = MappingProxyType({})
"""Where heads are wanted while no hip is being done."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is in one series.

    Attributes
    ----------
    index : slice on screen, 0-based
    window : of all its pictures
    """

    index: int
    window: Window


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader has asked to see; changed by gestures only.

    Attributes
    ----------
    shown_key : of the series on screen
    places : by the `OpenSeries.key` of each series
    mirrored : hips shown as in a mirror
    """

    shown_key: str
    places: Mapping[str, Place]
    overlay: Overlay
    tool: Tool = Tool.WINDOW
    mirrored: frozenset[Side] = frozenset()

    @property
    def place(self) -> Place:
        """In the series on screen."""
        return self.places[self.shown_key]

    def at(self, place: Place) -> Reading:
        """The same, elsewhere in the series on screen."""
        return replace(self, places=MappingProxyType({**self.places, self.shown_key: place}))


def followed(reading: Reading | None, before: Exam | None, exam: Exam) -> Reading:
    """The reading after the exam changed.

    A new exam is begun at its worst slice, as is a series that has just been
    analysed; where only readers added something, everything stays as it is but
    for a tool that a signature locks.
    """
    if reading is None or before is None or not same_images(before, exam):
        return _opened(exam, Overlay() if reading is None else reading.overlay)
    analysed = [each for each in exam.series if _analysed_anew(named(before, each.key), each)]
    fresh = {each.key: _begun(each) for each in analysed}
    overlay = replace(reading.overlay, shown=reading.overlay.shown or bool(fresh))
    changed = replace(
        reading, places=MappingProxyType({**reading.places, **fresh}), overlay=overlay
    )
    if locked(named(exam, reading.shown_key)):
        changed = replace(changed, tool=Tool.WINDOW)
    return changed


def same_images(first: Exam, second: Exam) -> bool:
    """Whether two states are of the same series of the same person."""
    return first.patient == second.patient and [each.key for each in first.series] == [
        each.key for each in second.series
    ]


def _analysed_anew(before: OpenSeries | None, series: OpenSeries) -> bool:
    if series.reviewed is None:
        return False
    known = None if before is None or before.reviewed is None else before.reviewed.analysis.uid
    return known != series.reviewed.analysis.uid


def _opened(exam: Exam, overlay: Overlay) -> Reading:
    """The beginning of an exam: every mask on, drawn as the reader likes it."""
    places = {each.key: _begun(each) for each in exam.series}
    first = exam.series[0].key if exam.series else ""
    visible = replace(overlay, shown=True, hidden=frozenset())
    return Reading(first, MappingProxyType(places), visible)


def _begun(series: OpenSeries) -> Place:
    return Place(first_slice(series), series.stack.window)


def first_slice(series: OpenSeries) -> int:
    """The slice with most lesion over both hips, else a central one, else the middle."""
    hips = (working_hip(series, side) for side in Side)
    found = worst_slice(hip.score for hip in hips if hip is not None and hip.score is not None)
    return series.stack.slices // 2 if found is None else found


def worst_slice(scores: Iterable[HipScore]) -> int | None:
    """The slice with most lesion over some hips, else the first hip's central one."""
    every = tuple(scores)
    lesion: Counter[int] = Counter()
    for each in (entry for score in every for entry in score.slices):
        lesion[each.index] += (each.bme_px or 0) + (each.effusion_px or 0)
    worst = max(sorted(lesion), key=lambda index: lesion[index], default=None)
    if worst is not None and lesion[worst] > 0:
        return worst
    central = (score.central_index for score in every if score.central_index is not None)
    return next(central, None)


def series_facts(series: OpenSeries, given_up: bool = False) -> SeriesFacts:
    """What is written beside the picture."""
    of = series.volume.series
    return SeriesFacts(
        description=of.description,
        contrast=of.contrast,
        slices=len(of.slices),
        spacing_mm=of.spacing_mm,
        analysed=series.reviewed is not None,
        given_up=given_up,
    )


def series_tabs(exam: Exam, shown_key: str) -> tuple[SeriesTab, ...]:
    """The exam's series with the hips that each shows."""
    return tuple(
        SeriesTab(each.key, each.volume.series.description, _sides(each), each.key == shown_key)
        for each in exam.series
    )


def _sides(series: OpenSeries) -> tuple[Side, ...]:
    """Hips found on a series; before the analysis those of its label, else both."""
    if series.reviewed is not None:
        return tuple(s for s in Side if (hip := working_hip(series, s)) and hip.head.found)
    label = labelled_side(series.volume.series)
    return tuple(Side) if label is None else (label,)


def crop_frames(
    series: OpenSeries,
    index: int,
    tool: Tool,
    busy: frozenset[HipKey],
    wanted: Mapping[HipKey, Head] = NOWHERE,
) -> tuple[CropFrame, ...]:
    """Frames of the hips whose crop covers a slice.

    Parameters
    ----------
    wanted : where the heads of hips that are being done will be
    """
    if series.reviewed is None:
        return ()
    uid, stack = series.reviewed.analysis.uid, series.stack
    frames = []
    for side in Side:
        head = wanted_head(series, side, wanted)
        if head is None:
            continue
        _, covered = hip_grid(stack.affine, stack.slices, head)
        if index in covered:
            free = (uid, side) not in busy and not locked(series)
            movable = tool is Tool.MOVE_CROP and free
            working = (uid, side) in wanted
            frames.append(CropFrame(side, stack.box_of(head), movable, working))
    return tuple(frames)


def wanted_head(series: OpenSeries, side: Side, wanted: Mapping[HipKey, Head]) -> Head | None:
    """A hip's head where its reader wants it, else where it is; None where there is none."""
    hip = working_hip(series, side)
    head = None if hip is None else hip.head
    if series.reviewed is not None:
        head = wanted.get((series.reviewed.analysis.uid, side), head)
    return head if head is not None and head.found else None


def crop_view(
    exam: Exam,
    reading: Reading,
    side: Side,
    picture: Picture,
    translate: Translate,
    wanted: Mapping[HipKey, Head] = NOWHERE,
) -> CropView:
    """One hip beside the slice: on the same slice, or linked to it on the other series."""
    shown = named(exam, reading.shown_key)
    mirrored = side in reading.mirrored
    home = None if shown is None else home_of(exam, shown, side) or shown
    head = None if home is None else wanted_head(home, side, wanted)
    if shown is None or home is None or head is None:
        reason = absence(shown, side, translate)
        return CropView(side, None, None, mirrored, reason)
    box = home.stack.box_of(head)
    if home is shown:
        return CropView(side, picture(home.stack, reading.place.index), box, mirrored)
    index = linked_index(shown, home, reading.place.index)
    if index is None:
        reason = translate("Review", "no slice of the other series lies here")
        return CropView(side, None, box, mirrored, reason, elsewhere=True)
    return CropView(side, picture(home.stack, index), box, mirrored, elsewhere=True)


def absence(series: OpenSeries | None, side: Side, translate: Translate) -> str:
    """Why a hip has no result, as the end of a sentence."""
    if series is None or series.reviewed is None:
        return translate("Review", "the series has not been analysed yet")
    hip = working_hip(series, side)
    return REASON_SENTENCES[(hip.reason if hip else None) or Reason.HEAD_NOT_FOUND]


def linked_index(shown: OpenSeries, other: OpenSeries, index: int) -> int | None:
    """The slice of the other series of a pair as far from its head as this one from its own."""
    here, there = _head_centre(shown), _head_centre(other)
    if there is None:
        return None
    if here is None:
        return min(index, other.stack.slices - 1)
    offset = offset_of(shown.stack.affine, here, index)
    return index_at(other.stack.affine, other.stack.slices, there, offset)


def _head_centre(series: OpenSeries) -> Point | None:
    """Of the first hip found on a series."""
    hips = (working_hip(series, side) for side in Side)
    return next((hip.head.centre_lps_mm for hip in hips if hip and hip.head.found), None)


def hip_panel(
    exam: Exam,
    shown: OpenSeries,
    side: Side,
    busy: frozenset[HipKey],
    translate: Translate,
    wanted: Mapping[HipKey, Head] = NOWHERE,
) -> HipPanel:
    """Verdict bar of one hip, on whichever series of the exam shows it.

    Parameters
    ----------
    wanted : hips whose outlines are about to be replaced
    """
    home = home_of(exam, shown, side) or shown
    reviewed, hip = home.reviewed, working_hip(home, side)
    if reviewed is None or hip is None:
        reason = absence(home, side, translate)
        return HipPanel(side, False, Standing(), 0, False, Origin.AI, reason=reason)
    number, key = reviewed.working(side), (reviewed.analysis.uid, side)
    found = hip.segmentation is not None
    drawn = [each.origin for each in reviewed.revisions if each.number == number]
    return HipPanel(
        side=side,
        found=found,
        standing=reviewed.standing(side),
        revision=number,
        current=_decides(reviewed, side, number),
        origin=drawn[0] if drawn else reviewed.analysis.origin,
        busy=key in busy,
        reason="" if hip.reason is None else REASON_SENTENCES[hip.reason],
        side_in_doubt=not hip.head.placed and side in standing_doubts(reviewed).doubted,
        stale=found and key in wanted,
    )


def _decides(reviewed: Reviewed, side: Side, number: int) -> bool:
    """Whether a revision is the one that counts, or the one for which none does."""
    counting = reviewed.current(side)
    rejected = reviewed.standing(side).verdict is Verdict.REJECTED
    return rejected if counting is None else counting == number


IN_TABLE = "in the table"
"""Where the figures of the other series of a pair stand in the window."""


def scores_of(exam: Exam, shown: OpenSeries) -> Scores | None:
    """Table and strip chart of the series on screen; None before its analysis."""
    if shown.reviewed is None:
        return None
    analysis = without_folders(effective(shown.reviewed))
    other = other_analysis(exam, shown)
    _, row_mm, column_mm = analysis.series.spacing_mm
    alarms = alarm_sentences(analysis)
    strips = {hip.side: hip.score for hip in analysis.hips if hip.score is not None}
    return Scores(
        findings=findings(analysis, other),
        reasons=reason_sentences(analysis, other, IN_TABLE),
        notices=tuple(said for said in notice_sentences(analysis) if said not in alarms),
        strips=MappingProxyType(strips),
        pixel_mm2=row_mm * column_mm,
        alarms=alarms,
    )


def moved_centre(series: OpenSeries, hip: HipResult, dx: float, dy: float) -> Point | None:
    """LPS centre of a head moved by picture points on the slice plane it lies in.

    None where the head was not found.
    """
    if hip.head.centre_lps_mm is None:
        return None
    index, x, y = series.stack.to_picture(hip.head.centre_lps_mm)
    return series.stack.to_lps(index, x + dx, y + dy)
