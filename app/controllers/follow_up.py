"""Reading visits against each other, linked in millimetres from the head centres. No Qt.

Nothing is read before the workspace is on screen. The open exam gives its own
series; those of other visits are read from the library, the last few kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.alignment_state import AlignmentShown
from app.background import Job
from app.clinical_state import ClinicalTrendShown, clinical_trend_of
from app.controllers.adjusting import Adjuster
from app.controllers.aligning import Aligner
from app.controllers.desk import Desk
from app.controllers.exams import reviews_of, series_of
from app.controllers.follow_state import (
    Following,
    Manner,
    begun,
    centre_of,
    counted,
    empty_panel,
    gap_of,
    kept_panel,
    link_of,
    no_result,
    panel_shown,
    plane_sentences,
    renewed,
    side_sentences,
    visit_choices,
    with_lock,
    with_visit,
    with_window,
    worst_offset,
)
from app.controllers.ghosts import Ghosts, Laid, laid_of
from app.controllers.opening import stored
from app.controllers.showing import Memo, PictureBook, Shown, Translate, tell_known
from app.controllers.trends import comparison_of, trend_shown
from app.controllers.windows import relative
from app.messages import Severity
from app.services import Services
from app.spoken import joined
from app.state import (
    HEIGHTS_MM,
    OPACITIES,
    Comparison,
    Exam,
    FollowUpGap,
    Measure,
    OpenSeries,
    Overlay,
    Panel,
    PanelShown,
    TrendShown,
)
from app.views.protocols import FollowUpView
from hipdesk.clinical_trend import Plotted
from hipdesk.hip_alignment import Hand, HipAlignment
from hipdesk.overlay import Window
from hipdesk.ports import Cancelled, ClinicalHistory, Progress, VisitEntry, VisitStore
from hipdesk.prosthesis import without_prosthetic_hips
from hipdesk.reanalysis import Outcome, Reanalysed, reanalyse
from hipdesk.records import SegmentClass, Side
from hipdesk.review import PairKind, RepeatPair
from hipdesk.sdc import NO_PAIRS, Estimates, estimates

KEPT_SERIES: Final = 4
"""Series of other visits kept in memory: two panels, and two to go back to."""

ENTRIES_TOPIC: Final = "follow-up visits"
AGAIN_TOPIC: Final = "visits analysed again"


def _topic(panel: Panel) -> str:
    return f"follow-up {panel.value}"


_Entries = tuple[
    tuple[VisitEntry, ...],
    tuple[RepeatPair, ...],
    ClinicalHistory,
    tuple[HipAlignment, ...],
    tuple[Plotted, ClinicalTrendShown],
]
"""What is read of a patient, and of the index wanted what is drawn."""


class FollowUpController:
    """Listens to the follow-up's view.

    Parameters
    ----------
    open_visit : opens a visit for review
    write_report : opens a visit's report
    show_clinical : brings up a visit's clinical record
    named : whether it is known who reads, after a name was typed or none
    """

    def __init__(
        self,
        view: FollowUpView,
        desk: Desk,
        services: Services,
        translate: Translate,
        open_visit: Callable[[str], None],
        write_report: Callable[[str], None],
        show_clinical: Callable[[str], None],
        named: Callable[[str], bool],
    ) -> None:
        self._view = view
        self._services = services
        self.translate = translate
        self._open_visit = open_visit
        self._write_report = write_report
        self.show_clinical = show_clinical
        self._named = named
        self._exam: Exam | None = None
        self._following: Following | None = None
        self._manner = Manner()
        self._gap: FollowUpGap | None = FollowUpGap.NO_PATIENT
        self._active = False
        self._series: OrderedDict[str, OpenSeries] = OrderedDict()
        self._problems: dict[str, str] = {}
        self._asked: dict[Panel, str] = {}
        self._shown = Shown()
        self._pictures = PictureBook()
        self._panels: dict[Panel, PanelShown | None] = {}
        self._trend: Memo[TrendShown] = Memo()
        self._clinical: Memo[ClinicalTrendShown] = Memo()
        self._pairs: tuple[RepeatPair, ...] = ()
        self._noise: Estimates = NO_PAIRS
        self._alignments: tuple[HipAlignment, ...] = ()
        self._aligner = Aligner(services, translate, self._refresh, self._aligned)
        self._ghosts = Ghosts(services, translate, self._refresh)
        self._adjuster = Adjuster(services, translate, self._refresh, self._aligned)
        self._laid: Laid | None = None
        self._watchers: list[Callable[[], None]] = []
        view.listen(self)
        desk.watch(self._exam_changed)
        self._exam_changed(desk.exam)

    # On and off the screen

    def enter(self) -> None:
        """The workspace comes to the front: whatever is missing is read."""
        self._active = True
        self._ask_entries()
        self._ask_series()
        self._refresh()

    def leave(self) -> None:
        """It goes: nothing is read for it any more."""
        self._active = False
        self._problems.clear()
        self._asked.clear()
        self._ghosts.stop()
        for topic in (ENTRIES_TOPIC, *map(_topic, Panel)):
            self._services.jobs.cancel_topic(topic)

    # Gestures

    def choose_visit(self, panel: Panel, uid: str) -> None:
        """Put a visit into a panel."""
        if self._following is not None:
            self._problems.clear()
            self._follow(with_visit(self._following, panel, uid))

    def choose_side(self, side: Side) -> None:
        """Show the other hip, at its own worst slice."""
        if self._following is not None and side is not self._following.side:
            self._follow(replace(self._following, side=side, offset_mm=None, forced=False))

    def ask_change(self) -> None:
        """Give the changes of this pair and hip though they may not be compared."""
        if self._following is not None:
            self._follow(replace(self._following, forced=True))

    def name_repeat(self, named: bool) -> None:
        """Have the library keep, or take back, that the two are scans of an unchanged hip."""
        following, store = self._following, self._services.library.store
        hips = [] if following is None else [following.hip(panel) for panel in Panel]
        results = [(hip.analysis_uid, hip.revision) for hip in hips if hip is not None]
        if following is None or store is None or len(results) < len(Panel):
            return
        (first, second), side = results, following.side
        act = store.name_repeat if named else store.withdraw_repeat
        reader = self._services.keeper.settings.reader_name
        self._services.jobs.start(
            Job(
                what=self.translate("FollowUp", "Keeping what repeats what"),
                work=lambda _progress, _cancelled: act(
                    PairKind.SCAN_RESCAN, first, second, side, reader
                ),
                done=lambda _: self._ask_entries(),
                failed=self._repeat_not_kept,
                urgent=True,
                keep=True,
            )
        )

    def _repeat_not_kept(self, error: Exception) -> None:
        """Say why, and show the mark as it was."""
        tell_known(self._services.messages, error)
        self._shown.again("comparison")
        self._refresh()

    def align(self) -> None:
        """Lay the later visit's hip on the earlier one's."""
        if self._following is not None:
            self._aligner.start(self._following)

    def stop_aligning(self) -> None:
        """Leave it."""
        self._aligner.stop()

    def want_ghost(self, wanted: bool) -> None:
        """Draw the earlier visit's outlines on the later one's pictures, or leave them out."""
        self._ghosts.want(wanted)

    def adjust(self, bone: SegmentClass) -> None:
        """Take a bone's outline into one's hand, or another bone's."""
        self._adjuster.adjust(self._laid, bone)

    def move_outline(self, hand: Hand) -> None:
        """Put the outline there."""
        self._adjuster.move(hand)

    def keep_adjusted(self, name: str = "") -> None:
        """Keep a new alignment as the outlines lie, in the reader's name."""
        if self._named(name):
            self._adjuster.keep()

    def leave_adjusting(self) -> None:
        """Leave the alignment as it was."""
        self._adjuster.leave()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Tell this one when the library has another alignment."""
        self._watchers.append(watcher)

    def _aligned(self) -> None:
        self._ask_entries()
        for watcher in self._watchers:
            watcher()

    def reanalyse(self) -> None:
        """Analyse every visit of the patient with the present models, beside what is there."""
        following, store = self._following, self._services.library.store
        if following is None or store is None:
            return
        patient, reader, networks = (
            following.patient_uid,
            self._services.reader,
            self._services.networks,
        )

        def work(progress: Progress, cancelled: Cancelled) -> tuple[Reanalysed, ...]:
            ready = networks(cancelled)
            return reanalyse(store, reader, ready, (patient,), progress, cancelled)

        self._services.jobs.start(
            Job(
                what=self.translate("FollowUp", "Analysing the patient's visits again"),
                work=work,
                done=self._reanalysed,
                failed=self._not_reanalysed,
                stopped=self._ask_entries,
                awaited=True,
                topic=AGAIN_TOPIC,
            )
        )

    def _reanalysed(self, done: tuple[Reanalysed, ...]) -> None:
        """Say what came of it, and show it."""
        failed = [each for each in done if each.outcome is Outcome.FAILED]
        words = self.translate(
            "FollowUp",
            "Series analysed again: {done}; failed: {failed}. What readers judged before still "
            "counts until they judge the new results.",
        )
        made = sum(each.outcome is Outcome.ANALYSED for each in done)
        said = words.format(done=made, failed=len(failed))
        why = dict.fromkeys(self.translate("core", each.reason) for each in failed)
        severity = Severity.WARNING if failed else Severity.INFO
        self._services.messages.say(severity, joined(said, *why))
        self._ask_entries()

    def _not_reanalysed(self, error: Exception) -> None:
        """Some visits may be done all the same."""
        tell_known(self._services.messages, error)
        self._ask_entries()

    def choose_measure(self, measure: Measure) -> None:
        """Plot something else."""
        if self._following is not None:
            self._like(replace(self._following.manner, measure=measure))

    def choose_index(self, index: Plotted) -> None:
        """Plot another clinical index."""
        if self._following is not None:
            self._like(replace(self._following.manner, index=index))

    def clinical_changed(self) -> None:
        """Something was recorded beside images: read it anew while it is shown."""
        if self._active:
            self._ask_entries()

    def slide(self, offset_mm: float) -> None:
        """Show both visits at an offset from the head centres; clipped to their slices."""
        following = self._following
        if following is not None:
            link = link_of(self._read(following), following.side, offset_mm)
            if link is not None:
                self._follow(replace(following, offset_mm=link.offset_mm))

    def step(self, steps: int) -> None:
        """Go on by slices of the visit whose slices are closer."""
        following = self._following
        if following is not None and following.offset_mm is not None:
            link = link_of(self._read(following), following.side, following.offset_mm)
            if link is not None:
                self.slide(link.offset_mm + steps * link.step_mm)

    def set_window(self, panel: Panel, window: Window) -> None:
        """Show a panel in this window; locked, the other by the same factors of its own."""
        series = None if self._following is None else self._read(self._following).get(panel)
        if self._following is not None and series is not None:
            asked = relative(window, series.stack.window)
            self._follow(with_window(self._following, panel, asked))

    def lock_windows(self, locked: bool) -> None:
        """Tie both windows together, or free them."""
        if self._following is not None:
            following = with_lock(self._following, locked)
            self._manner = following.manner
            self._follow(following)

    def zoom(self, height_mm: float, shift_mm: tuple[float, float]) -> None:
        """Show so much of both hips."""
        if self._following is not None:
            low, high = HEIGHTS_MM
            height = min(max(height_mm, low), high)
            self._follow(replace(self._following, height_mm=height, shift_mm=shift_mm))

    def set_overlay(self, overlay: Overlay) -> None:
        """Draw masks in another way in both panels."""
        if self._following is not None:
            low, high = OPACITIES
            clipped = replace(overlay, opacity=min(max(overlay.opacity, low), high))
            self._like(replace(self._following.manner, overlay=clipped))

    def open_visit(self, uid: str) -> None:
        """Review a visit of this patient."""
        if self._follows(uid):
            self._open_visit(uid)

    def write_report(self, uid: str) -> None:
        """Open the report of a visit of this patient."""
        if self._follows(uid):
            self._write_report(uid)

    def _follows(self, uid: str) -> bool:
        entries = () if self._following is None else self._following.entries
        return any(each.visit.uid == uid for each in entries)

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self._trend.clear()
        self._refresh()

    # The exam and its patient's visits

    def _exam_changed(self, exam: Exam | None) -> None:
        before, self._exam = self._exam, exam
        for each in (before, exam):
            self._forget_series(each)
        if _whose(before) != _whose(exam):
            self._clear()
        if before is None or exam is None or before.patient_uid != exam.patient_uid:
            self._series.clear()
        if self._active:
            self._ask_entries()
        self._refresh()

    def _forget_series(self, exam: Exam | None) -> None:
        """What is or was open may have changed since it was read."""
        for reviewed in () if exam is None else reviews_of(exam):
            self._series.pop(reviewed.analysis.uid, None)

    def _clear(self) -> None:
        self._asked.clear()
        for topic in (ENTRIES_TOPIC, *map(_topic, Panel)):
            self._services.jobs.cancel_topic(topic)
        self._ghosts.forget()
        self._following = None
        self._gap = FollowUpGap.NO_PATIENT if _whose(self._exam) is None else None
        self._problems.clear()
        self._pictures.clear()
        self._panels.clear()
        self._shown.forget()

    def _ask_entries(self) -> None:
        """Read the patient's visits anew."""
        whose, store = _whose(self._exam), self._services.library.store
        if whose is None or store is None:
            return
        wanted = self._manner.index

        def read() -> _Entries:
            history = store.clinical_history(whose[0])
            return (
                store.entries(whose[0]),
                store.repeat_pairs(),
                history,
                store.alignments(whose[0]),
                (wanted, clinical_trend_of(history, wanted)),
            )

        self._services.jobs.start(
            Job(
                what=self.translate("FollowUp", "Reading the patient's visits"),
                work=lambda _progress, _cancelled: read(),
                done=lambda found: self._take_entries(whose, *found),
                urgent=True,
                topic=ENTRIES_TOPIC,
            )
        )

    def _take_entries(
        self,
        whose: tuple[str, str],
        entries: tuple[VisitEntry, ...],
        pairs: tuple[RepeatPair, ...],
        history: ClinicalHistory,
        alignments: tuple[HipAlignment, ...],
        clinical: tuple[Plotted, ClinicalTrendShown],
    ) -> None:
        if whose != _whose(self._exam):
            return
        wanted, drawn = clinical
        self._clinical.of((history, wanted), lambda: drawn)
        self._pairs, self._noise = pairs, estimates(pairs)
        self._alignments = alignments
        patient_uid, visit_uid = whose
        own = _of_native_hips(
            [each for each in entries if each.patient_uid == patient_uid], history
        )
        self._gap = gap_of(self._exam, own)
        if self._following is None:
            following = begun(patient_uid, visit_uid, own, self._manner)
        else:
            following = renewed(self._following, own)
        self._follow(replace(following, history=history))

    def _like(self, manner: Manner) -> None:
        self._manner = manner
        if self._following is not None:
            self._follow(replace(self._following, manner=manner))

    def _follow(self, following: Following) -> None:
        self._following = following
        self._ask_series()
        self._refresh()

    # The series of both panels

    def _read(self, following: Following) -> Mapping[Panel, OpenSeries]:
        """The series of the panels that are at hand."""
        found: dict[Panel, OpenSeries] = {}
        for panel in Panel:
            hip = following.hip(panel)
            series = None if hip is None else self._at_hand(hip.analysis_uid)
            if series is not None:
                found[panel] = series
        return found

    def _at_hand(self, analysis_uid: str) -> OpenSeries | None:
        if analysis_uid in self._series:
            self._series.move_to_end(analysis_uid)
            return self._series[analysis_uid]
        opened = series_of(self._exam, analysis_uid)
        if opened is None:
            return None
        self._put(analysis_uid, counted(opened))
        return self._series[analysis_uid]

    def _put(self, analysis_uid: str, series: OpenSeries) -> None:
        self._series[analysis_uid] = series
        while len(self._series) > KEPT_SERIES:
            self._series.popitem(last=False)

    def _ask_series(self) -> None:
        """Read what the panels need and what is not being read yet."""
        following, store = self._following, self._services.library.store
        if not self._active or following is None or store is None or self._gap is not None:
            return
        for panel in Panel:
            hip = following.hip(panel)
            uid = None if hip is None else hip.analysis_uid
            if uid is None or uid in self._problems or self._at_hand(uid) is not None:
                self._stop(panel)
            elif self._asked.get(panel) != uid:
                self._asked[panel] = uid
                self._services.jobs.start(self._reading(store, panel, uid))
        self._settle(following)

    def _stop(self, panel: Panel) -> None:
        if self._asked.pop(panel, None) is not None:
            self._services.jobs.cancel_topic(_topic(panel))

    def _reading(self, store: VisitStore, panel: Panel, uid: str) -> Job[OpenSeries]:
        reader = self._services.reader

        def work(progress: Progress, cancelled: Cancelled) -> OpenSeries:
            return counted(stored(store, reader, uid, progress, cancelled))

        return Job(
            what=self.translate("FollowUp", "Reading a visit's images"),
            work=work,
            done=lambda series: self._take_series(panel, uid, series),
            failed=lambda error: self._reading_failed(panel, uid, error),
            stopped=lambda: self._reading_stopped(panel, uid),
            topic=_topic(panel),
        )

    def _take_series(self, panel: Panel, uid: str, series: OpenSeries) -> None:
        if self._asked.get(panel) != uid:
            return
        del self._asked[panel]
        self._put(uid, series)
        if self._following is not None:
            self._settle(self._following)
        self._refresh()

    def _reading_failed(self, panel: Panel, uid: str, error: Exception) -> None:
        tell_known(self._services.messages, error)
        self._give_up(panel, uid, self.translate("FollowUp", "its images cannot be read"))

    def _reading_stopped(self, panel: Panel, uid: str) -> None:
        self._give_up(panel, uid, self.translate("FollowUp", "reading was stopped"))

    def _give_up(self, panel: Panel, uid: str, reason: str) -> None:
        if self._asked.get(panel) == uid:
            del self._asked[panel]
            self._problems[uid] = reason
            self._refresh()

    def _settle(self, following: Following) -> None:
        """Begin at the worst slice of the later visit, or of the earlier if that has none."""
        read = self._read(following)
        waiting = [panel for panel in Panel if panel in self._asked]
        for panel in (Panel.LATER, Panel.EARLIER):
            if following.offset_mm is not None or panel in waiting:
                return
            series = read.get(panel)
            offset = None if series is None else worst_offset(series, following.side)
            if offset is not None:
                self._following = replace(following, offset_mm=offset)
                return

    # The view

    def _refresh(self) -> None:
        """Show what differs."""
        tell, view, following = self._shown.tell, self._view, self._following
        tell("gap", view.show_gap, self._gap)
        if following is None or self._gap is not None:
            self._show_nothing()
            return
        chosen = (following.chosen.get(panel) for panel in Panel)
        tell("visits", view.show_visits, visit_choices(following.entries), *chosen)
        tell("side", view.show_side, following.side)
        tell("overlay", view.show_overlay, following.manner.overlay)
        tell("trend", view.show_trend, self._trend_of(following))
        tell("clinical", view.show_clinical_trend, self._clinical_of(following))
        read = self._read(following)
        for panel in Panel:
            shown = kept_panel(self._panels.get(panel), self._panel(following, panel, read))
            self._panels[panel] = shown
            tell(panel.value, view.show_panel, panel, shown)
        link = link_of(read, following.side, following.offset_mm)
        tell("link", view.show_link, link, following.manner.locked)
        comparison = self._comparison(following, read)
        tell("comparison", view.show_comparison, comparison)
        aligned = self._aligner.shown(following, self._alignments, comparison)
        self._show_alignment(aligned, laid_of(aligned, read))

    def _show_alignment(self, aligned: AlignmentShown | None, laid: Laid | None) -> None:
        """What became of lesions, and the earlier outlines on the later picture."""
        tell, view = self._shown.tell, self._view
        self._laid = laid
        self._adjuster.follow(laid)
        told = self._adjuster.told(self._ghosts.told(aligned, laid))
        tell("alignment", view.show_alignment, told)
        drawn = self._ghosts.of(laid if self._active and not self._adjuster.busy else None)
        tell("ghost", view.show_ghost, self._adjuster.ghost if self._adjuster.busy else drawn)

    def _panel(
        self, following: Following, panel: Panel, read: Mapping[Panel, OpenSeries]
    ) -> PanelShown | None:
        """One picture; None while it is being read."""
        hip, series = following.hip(panel), read.get(panel)
        if hip is None or (series is not None and centre_of(series, following.side) is None):
            return empty_panel(following, panel, no_result(self.translate))
        if hip.analysis_uid in self._problems:
            return empty_panel(following, panel, self._problems[hip.analysis_uid])
        if series is None or following.offset_mm is None:
            return None
        return panel_shown(
            following, panel, series, following.offset_mm, self._pictures.picture, self.translate
        )

    def _trend_of(self, following: Following) -> TrendShown:
        return self._trend.of(
            (following.entries, following.manner.measure, self._noise),
            lambda: trend_shown(
                following.entries, following.manner.measure, self.translate, self._noise
            ),
        )

    def _clinical_of(self, following: Following) -> ClinicalTrendShown:
        wanted = following.manner.index
        return self._clinical.of(
            (following.history, wanted), lambda: clinical_trend_of(following.history, wanted)
        )

    def _comparison(
        self, following: Following, read: Mapping[Panel, OpenSeries]
    ) -> Comparison | None:
        """The pair in numbers; None until it is known which hips the heads were placed on."""
        earlier, later = (following.entry(panel) for panel in Panel)
        if earlier is None or later is None or self._asked:
            return None
        return comparison_of(
            earlier.visit,
            later.visit,
            following.side,
            plane_sentences(read),
            side_sentences(following, read, self.translate),
            estimates=self._noise,
            pairs=self._pairs,
            force=following.forced,
        )

    def _show_nothing(self) -> None:
        tell, view = self._shown.tell, self._view
        tell("visits", view.show_visits, (), None, None)
        for panel in Panel:
            tell(panel.value, view.show_panel, panel, None)
        tell("link", view.show_link, None, True)
        tell("comparison", view.show_comparison, None)
        self._show_alignment(None, None)


def _whose(exam: Exam | None) -> tuple[str, str] | None:
    """Patient and visit of an exam that is in the library."""
    if exam is None or exam.patient_uid is None or exam.visit_uid is None:
        return None
    return exam.patient_uid, exam.visit_uid


def _of_native_hips(
    entries: Sequence[VisitEntry], history: ClinicalHistory
) -> tuple[VisitEntry, ...]:
    """The visits, artificial hips without score."""
    visits = without_prosthetic_hips((entry.visit for entry in entries), history)
    return tuple(replace(entry, visit=visit) for entry, visit in zip(entries, visits, strict=True))
