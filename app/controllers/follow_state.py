"""What the follow-up shows of two visits: pure functions from records and the reader's wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final

from app.controllers.review_state import worst_slice
from app.controllers.showing import Picture, Translate
from app.controllers.windows import RelativeWindow
from app.state import (
    Exam,
    FollowUpGap,
    Link,
    Measure,
    OpenSeries,
    Overlay,
    Panel,
    PanelShown,
    VisitChoice,
)
from hipdesk.amendment import counting_doubts
from hipdesk.clinical_trend import NO_HISTORY, Plotted
from hipdesk.display import DisplayStack
from hipdesk.linking import extent_of, index_at, linked_point, offset_of, plane_notice, span_of
from hipdesk.overlay import Window
from hipdesk.ports import ClinicalHistory, VisitEntry
from hipdesk.records import HipResult, Point, Side, Visit, VisitHip
from hipdesk.wording import day_of

HEIGHT_MM: Final = 125.0
"""Height of both pictures to begin with; the width of the source paper's crops."""

NO_PICTURE: Final[Window] = (0.5, 1.0)
"""The window of a panel that shows nothing."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How the reader likes to follow, whoever is followed."""

    measure: Measure = Measure.U_MEAN
    index: Plotted = Plotted.ASDAS_CRP
    overlay: Overlay = field(default_factory=Overlay)
    locked: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Following:
    """What the reader has asked to see; changed by gestures and new entries only.

    Attributes
    ----------
    entries : one patient's visits, oldest first
    windows : of each panel, told by its series' own
    offset_mm : of the slices from the head centres; None for the worst slice of
        the later visit, as soon as it is read
    shift_mm : of the pictures' middle from the head centres, (right, down)
    forced : changes are wanted even where the two may not be compared
    history : what is recorded beside images
    """

    patient_uid: str
    visit_uid: str
    entries: tuple[VisitEntry, ...]
    chosen: Mapping[Panel, str]
    side: Side
    windows: Mapping[Panel, RelativeWindow]
    manner: Manner
    offset_mm: float | None = None
    height_mm: float = HEIGHT_MM
    shift_mm: tuple[float, float] = (0.0, 0.0)
    forced: bool = False
    history: ClinicalHistory = NO_HISTORY

    def entry(self, panel: Panel) -> VisitEntry | None:
        """The visit of a panel."""
        return entry_of(self.entries, self.chosen.get(panel))

    def hip(self, panel: Panel) -> VisitHip | None:
        """The result that a panel's picture belongs to."""
        entry = self.entry(panel)
        return None if entry is None else entry.visit.hip(self.side)


def entry_of(entries: Sequence[VisitEntry], uid: str | None) -> VisitEntry | None:
    """The entry of a visit."""
    return next((each for each in entries if each.visit.uid == uid), None)


def begun(
    patient_uid: str,
    visit_uid: str,
    entries: tuple[VisitEntry, ...],
    manner: Manner,
) -> Following:
    """The follow-up of a visit that was just opened: against the one before it."""
    pair = default_pair(entries, visit_uid)
    return Following(
        patient_uid=patient_uid,
        visit_uid=visit_uid,
        entries=entries,
        chosen=pair,
        side=default_side(entries, pair),
        windows=dict.fromkeys(Panel, RelativeWindow()),
        manner=manner,
    )


def renewed(following: Following, entries: tuple[VisitEntry, ...]) -> Following:
    """The same after the library changed; begun anew where a chosen visit has gone."""
    if all(entry_of(entries, uid) for uid in following.chosen.values()) and following.chosen:
        return replace(following, entries=entries)
    return begun(following.patient_uid, following.visit_uid, entries, following.manner)


def default_pair(entries: Sequence[VisitEntry], visit_uid: str) -> Mapping[Panel, str]:
    """The open visit and the one before it; for the first visit the one after it."""
    uids = [entry.visit.uid for entry in entries if entry.analyses]
    if len(uids) < len(Panel):
        return {}
    later = max(uids.index(visit_uid), 1) if visit_uid in uids else len(uids) - 1
    return {Panel.EARLIER: uids[later - 1], Panel.LATER: uids[later]}


def default_side(entries: Sequence[VisitEntry], pair: Mapping[Panel, str]) -> Side:
    """The first hip with results at both visits, else at either, right before left."""
    visits = [entry.visit for uid in pair.values() if (entry := entry_of(entries, uid))]
    return max(Side, key=lambda side: sum(visit.hip(side) is not None for visit in visits))


def with_visit(following: Following, panel: Panel, uid: str) -> Following:
    """Another visit in a panel; the earlier one always stays on the left.

    Nothing where either panel shows it already.
    """
    order = [entry.visit.uid for entry in following.entries if entry.analyses]
    if uid not in order or uid in following.chosen.values():
        return following
    chosen = {**following.chosen, panel: uid}
    pair = dict(zip(Panel, sorted(chosen.values(), key=order.index), strict=True))
    return replace(following, chosen=pair, forced=False)


def with_window(following: Following, panel: Panel, window: RelativeWindow) -> Following:
    """A window dragged in a panel; in both where they are locked."""
    panels = tuple(Panel) if following.manner.locked else (panel,)
    return replace(following, windows={**following.windows, **dict.fromkeys(panels, window)})


def with_lock(following: Following, locked: bool) -> Following:
    """Windows locked to each other, the later visit's taken for both, or freed."""
    freed = replace(following, manner=replace(following.manner, locked=locked))
    return with_window(freed, Panel.LATER, following.windows[Panel.LATER]) if locked else freed


def gap_of(exam: Exam | None, entries: Sequence[VisitEntry]) -> FollowUpGap | None:
    """Why there is nothing to follow, if there is not."""
    if exam is None or exam.patient_uid is None or exam.visit_uid is None:
        return FollowUpGap.NO_PATIENT
    if len([entry for entry in entries if entry.analyses]) < len(Panel):
        return FollowUpGap.ONE_VISIT
    if all(entry.visit.day is None for entry in entries):
        return FollowUpGap.NOTHING_DATED
    return None


def visit_choices(entries: Sequence[VisitEntry]) -> tuple[VisitChoice, ...]:
    """The visits that can be put into a panel."""
    return tuple(_choice(entry) for entry in entries if entry.analyses)


def _choice(entry: VisitEntry) -> VisitChoice:
    visit: Visit = entry.visit
    kinds = (*(hip.contrast for hip in visit.hips), *(each.contrast for each in entry.analyses))
    return VisitChoice(
        visit.uid, visit.day, next(iter(kinds), None), tuple(hip.side for hip in visit.hips)
    )


def counted_hip(series: OpenSeries | None, side: Side) -> HipResult | None:
    """One hip as the revision has it whose result counts."""
    reviewed = None if series is None else series.reviewed
    if reviewed is None or not any(hip.side is side for hip in reviewed.analysis.hips):
        return None
    number = reviewed.current(side)
    return None if number is None else reviewed.hip_at(side, number)


def counted(series: OpenSeries) -> OpenSeries:
    """A series with the outlines that count, which may be older than the newest."""
    reviewed, stack = series.reviewed, series.stack
    for side in Side:
        if reviewed is not None and reviewed.current(side) != reviewed.working(side):
            hip = counted_hip(series, side)
            stack = stack.with_hip(side, None if hip is None else hip.segmentation)
    return series if stack is series.stack else replace(series, stack=stack)


def centre_of(series: OpenSeries | None, side: Side) -> Point | None:
    """LPS centre of the head of one hip, as the result has it that counts."""
    hip = counted_hip(series, side)
    return None if hip is None else hip.head.centre_lps_mm


def worst_offset(series: OpenSeries, side: Side) -> float | None:
    """Millimetres from the head centre to the slice with most lesion of one hip."""
    hip, centre = counted_hip(series, side), centre_of(series, side)
    if hip is None or hip.score is None or centre is None:
        return None
    index = worst_slice((hip.score,))
    return 0.0 if index is None else offset_of(series.stack.affine, centre, index)


def link_of(read: Mapping[Panel, OpenSeries], side: Side, offset_mm: float | None) -> Link | None:
    """The slider over the slices of whatever visits are read; None before any is."""
    stacks = [
        (series.stack, centre) for series in read.values() if (centre := centre_of(series, side))
    ]
    if not stacks or offset_mm is None:
        return None
    extents = [extent_of(stack.affine, stack.slices, centre) for stack, centre in stacks]
    low, high = span_of(*extents)
    step = min(_step_mm(stack, centre) for stack, centre in stacks)
    return Link(min(max(offset_mm, low), high), (low, high), step)


def _step_mm(stack: DisplayStack, centre: Point) -> float:
    return abs(offset_of(stack.affine, centre, 1) - offset_of(stack.affine, centre, 0))


def panel_shown(
    following: Following,
    panel: Panel,
    series: OpenSeries,
    offset_mm: float,
    picture: Picture,
    translate: Translate,
) -> PanelShown | None:
    """One visit at an offset from the head centre.

    Returns
    -------
    None where the panel has no visit
    """
    entry, centre = following.entry(panel), centre_of(series, following.side)
    if entry is None or centre is None:
        return empty_panel(following, panel, no_result(translate))
    stack = series.stack
    index = index_at(stack.affine, stack.slices, centre, offset_mm)
    at = offset_mm if index is None else offset_of(stack.affine, centre, index)
    reason = translate("FollowUp", "this visit has no slice here") if index is None else ""
    return PanelShown(
        visit_uid=entry.visit.uid,
        day=entry.visit.day,
        side=following.side,
        picture=None if index is None else picture(stack, index),
        window=following.windows[panel].of(stack.window),
        centre=linked_point(stack, centre, following.shift_mm, at),
        height_mm=following.height_mm,
        offset_mm=at,
        reason=reason,
        shift_mm=following.shift_mm,
        limits=stack.limits,
    )


def kept_panel(before: PanelShown | None, now: PanelShown | None) -> PanelShown | None:
    """The panel as it was shown, where nothing about it has changed."""
    if before is None or now is None:
        return now
    names = [each.name for each in fields(PanelShown)]
    same = all(getattr(before, name) == getattr(now, name) for name in names)
    return before if same else now


def empty_panel(following: Following, panel: Panel, reason: str) -> PanelShown | None:
    """A panel that says why it shows nothing."""
    entry = following.entry(panel)
    if entry is None:
        return None
    return PanelShown(
        visit_uid=entry.visit.uid,
        day=entry.visit.day,
        side=following.side,
        picture=None,
        window=NO_PICTURE,
        centre=(0.0, 0.0),
        height_mm=following.height_mm,
        offset_mm=following.offset_mm or 0.0,
        reason=reason,
        shift_mm=following.shift_mm,
    )


def no_result(translate: Translate) -> str:
    """Why a panel of a visit without this hip is empty."""
    return translate("FollowUp", "this visit has no result of this hip")


def misplaced(series: OpenSeries, side: Side) -> bool:
    """Whether a reader placed the head of the result that counts on the body's other side."""
    reviewed = series.reviewed
    return reviewed is not None and side in counting_doubts(reviewed).misplaced


def side_sentences(
    following: Following, read: Mapping[Panel, OpenSeries], translate: Translate
) -> tuple[str, ...]:
    """Why the hip that is followed may be the other one at a visit, if it may."""
    wrong = [panel for panel, series in read.items() if misplaced(series, following.side)]
    sentence = (
        translate(
            "FollowUp",
            "{day}: the right femoral head was placed on the left side of the body, so nothing "
            "is compared.",
        )
        if following.side is Side.RIGHT
        else translate(
            "FollowUp",
            "{day}: the left femoral head was placed on the right side of the body, so nothing "
            "is compared.",
        )
    )
    entries = (following.entry(panel) for panel in wrong)
    return tuple(sentence.format(day=day_of(each.visit.day)) for each in entries if each)


def plane_sentences(read: Mapping[Panel, OpenSeries]) -> tuple[str, ...]:
    """What must be known of slices that differ in direction, once both visits are read."""
    if len(read) < len(Panel):
        return ()
    earlier, later = (read[panel].stack.affine for panel in Panel)
    notice = plane_notice(earlier, later)
    return () if notice is None else (notice.message,)
