"""Reading one visit: slices, windows, overlays, verdicts. No Qt.

The reader's wishes and the open exam give what is on screen; the view is handed
only what differs from what it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from app.brush_state import Brush, PicturePoint
from app.controllers.brushing import Brusher, can_be_painted, hip_under
from app.controllers.desk import Desk
from app.controllers.exams import home_of, locked, named, reviews_of, series_of, working_hip
from app.controllers.history import HipState, Past, Way, restorable
from app.controllers.redoing import HipRedoer
from app.controllers.review_state import (
    PLACING,
    Place,
    Reading,
    crop_frames,
    crop_view,
    followed,
    hip_panel,
    moved_centre,
    same_images,
    scores_of,
    series_facts,
    series_tabs,
)
from app.controllers.showing import Memo, PictureBook, Shown, Translate
from app.controllers.signing import HipKey, SigningDesk
from app.controllers.windows import LEAST_WIDTH, preset_windows, window_presets
from app.messages import Action, Severity
from app.services import Services
from app.state import (
    OPACITIES,
    Act,
    Deed,
    Edits,
    Exam,
    OpenSeries,
    Overlay,
    Scores,
    SliceWish,
    Tool,
    WindowPreset,
)
from app.views.protocols import ReviewView
from hipdesk.overlay import Window
from hipdesk.records import Point, SegmentClass, Side
from hipdesk.review import ReviewKind


class ReviewController:
    """Listens to the review's view.

    Parameters
    ----------
    signing : shared with the report
    write_report : brings the report to the front
    come : brings the review to the front
    """

    def __init__(
        self,
        view: ReviewView,
        desk: Desk,
        services: Services,
        translate: Translate,
        signing: SigningDesk,
        write_report: Callable[[], None],
        come: Callable[[], None],
    ) -> None:
        self._view = view
        self._desk = desk
        self._services = services
        self.translate = translate
        self._signing = signing
        self._redoer = HipRedoer(desk, services, translate, signing)
        self._brusher = Brusher(
            desk, services, translate, signing, self._redoer.kept, self._refresh, self._lead_to
        )
        self._write_report = write_report
        self._come = come
        self._past = Past()
        self._edits: Memo[Edits] = Memo()
        self._next: list[Way] = []
        self._question: tuple[int, HipKey, HipState] | None = None
        self._exam: Exam | None = None
        self._reading: Reading | None = None
        self._shown = Shown()
        self._pictures = PictureBook()
        self._presets: Memo[tuple[Window, ...]] = Memo()
        self._scores: Memo[Scores | None] = Memo()
        view.listen(self)
        desk.watch(self._exam_changed)
        signing.watch(self._follow_signing)
        self._exam_changed(desk.exam)

    # What the reader asks to see

    def choose_series(self, key: str) -> None:
        """Show another series of the exam, where the reader left it."""
        series, reading = named(self._exam, key), self._reading
        if series is None or reading is None or key == reading.shown_key:
            return
        tool = Tool.WINDOW if locked(series) else reading.tool
        self._read(replace(reading, shown_key=key, tool=tool))
        self._view.fit_view()

    def choose_slice(self, index: int) -> None:
        """Show a slice; clipped to the stack."""
        series = self._series
        if self._reading is not None and series is not None:
            clipped = min(max(index, 0), series.stack.slices - 1)
            self._read(self._reading.at(replace(self._reading.place, index=clipped)))

    def _lead_to(self, key: str, index: int) -> None:
        """Bring a slice of a series before the reader."""
        self._come()
        self.choose_series(key)
        self.choose_slice(index)

    def step_slice(self, steps: int) -> None:
        """Go on by some slices."""
        if self._reading is not None and self._series is not None:
            self.choose_slice(self._reading.place.index + steps)

    def set_window(self, window: Window) -> None:
        """Show all pictures of the series in this window."""
        if self._reading is not None and self._series is not None:
            centre, width = window
            place = Place(self._reading.place.index, (centre, max(width, LEAST_WIDTH)))
            self._read(self._reading.at(place))

    def choose_preset(self, number: int) -> None:
        """Take one of the presets; nothing where there is none of this number."""
        series = self._series
        for preset in () if series is None else self._presets_of(series):
            if preset.number == number:
                self.set_window(preset.window)

    def set_overlay(self, overlay: Overlay) -> None:
        """Draw masks in another way."""
        if self._reading is not None:
            low, high = OPACITIES
            clipped = replace(overlay, opacity=min(max(overlay.opacity, low), high))
            self._read(replace(self._reading, overlay=clipped))

    def toggle_class(self, name: SegmentClass) -> None:
        """Draw a class or not."""
        if self._reading is not None:
            overlay = self._reading.overlay
            self.set_overlay(replace(overlay, hidden=overlay.hidden ^ {name}))

    def mirror_crop(self, side: Side, mirrored: bool) -> None:
        """Show a crop as in a mirror, or as it is."""
        if self._reading is not None:
            others = self._reading.mirrored - {side}
            hips = others | {side} if mirrored else others
            self._read(replace(self._reading, mirrored=hips))

    # What changes a result

    def choose_tool(self, tool: Tool) -> None:
        """Take up a tool, unless something locks it; then says what."""
        if self._reading is None:
            return
        refusal = "" if tool is Tool.WINDOW else self._locks(PLACING.get(tool))
        if refusal:
            self._refuse(refusal)
            return
        self._read(replace(self._reading, tool=tool))

    def move_crop(self, side: Side, dx: float, dy: float) -> None:
        """Do a hip again about its head moved on the slice plane it lies in."""
        series, hip = self._series, working_hip(self._series, side)
        centre = None if series is None or hip is None else moved_centre(series, hip, dx, dy)
        if hip is not None and centre is not None:
            self._redo(side, centre, hip.head.radius_mm)

    def place_head(self, side: Side, x: float, y: float) -> None:
        """Do a hip again about a point of the slice on screen."""
        series, reading = self._series, self._reading
        if series is None or reading is None:
            return
        if self._redo(side, series.stack.to_lps(reading.place.index, x, y), None):
            self.choose_tool(Tool.WINDOW)

    def choose_brush(self, brush: Brush) -> None:
        """Take another brush."""
        self._brusher.choose(brush)

    def paint(self, side: Side | None, path: tuple[PicturePoint, ...], erases: bool) -> None:
        """Paint on a hip, or erase; on the slice itself on the hip whose head is nearest."""
        series, reading = self._series, self._reading
        if series is None or reading is None or not path:
            return
        index = reading.place.index
        meant = hip_under(series, path[0]) if side is None else side
        refusal = self._locks(meant, painting=True)
        if not refusal and (meant is None or not can_be_painted(series, meant)):
            refusal = self.translate(
                "Review", "No hip on this series has outlines that could be painted."
            )
        if refusal:
            self._refuse(refusal)
        elif meant is not None:
            self._brusher.paint(series, meant, index, path, erases)

    def finish_painting(self, name: str = "") -> None:
        """Keep the strokes as revisions of their hips, in the reader's name."""
        if self._signing.named(name):
            self._brusher.finish()

    def discard_painting(self) -> None:
        """Let go of all strokes that are not finished."""
        self._brusher.discard()

    def choose_slices(self, wish: SliceWish) -> None:
        """Score a hip on other slices, or say why not."""
        exam, series = self._exam, self._series
        if exam is None or series is None:
            return
        refusal = self._locks(wish.side)
        if refusal:
            self._refuse(refusal)
        else:
            self._redoer.rescore(exam, series, wish)

    def accept(self, side: Side, note: str = "") -> None:
        """The outlines are right."""
        self._judge(side, ReviewKind.ACCEPTED, note)

    def reject(self, side: Side, note: str) -> None:
        """The outlines are not to be used."""
        self._judge(side, ReviewKind.REJECTED, note)

    def reopen(self, side: Side) -> None:
        """Take a verdict back."""
        self._judge(side, ReviewKind.REOPENED)

    def undo(self) -> None:
        """Take back what was done last; a hip that is being done again is stopped."""
        running = self._redoer.stoppable(self._exam)
        if running is not None:
            self._redoer.stop(running)
        elif not self._brusher.undo():
            self._go(Way.BACK)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if not self._brusher.redo():
            self._go(Way.ON)

    def restore(self, side: Side) -> None:
        """Show the program's own result of a hip again; ask where a verdict would be lost."""
        exam, series = self._exam, self._series
        home = None if exam is None or series is None else home_of(exam, series, side)
        if home is None or home.reviewed is None or not restorable(home.reviewed, side):
            return
        if self._refused(home, side):
            return
        hip, reviewed = (home.reviewed.analysis.uid, side), home.reviewed
        go_on = partial(self._restore, hip, reviewed.working(side))
        if reviewed.standing(side).verdict is None:
            go_on()
            return
        title = self.translate("Review", "Program's own result")
        said = self._services.messages.say(Severity.WARNING, self._loss(side), Action(title, go_on))
        self._question = said, hip, self._past.now(hip)

    def sign(self, reader: str) -> None:
        """Sign all verdicts."""
        self._signing.sign(reader)

    def withdraw(self, note: str) -> None:
        """Withdraw the signatures."""
        self._signing.withdraw(note)

    def write_report(self) -> None:
        """On to the report."""
        if self._exam is not None:
            self._write_report()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self._refresh()

    # Inside

    @property
    def _series(self) -> OpenSeries | None:
        return None if self._reading is None else named(self._exam, self._reading.shown_key)

    def _judge(self, side: Side, kind: ReviewKind, note: str = "") -> None:
        series = self._series
        home = None if self._exam is None or series is None else home_of(self._exam, series, side)
        if home is not None and home.reviewed is not None:
            self._signing.judge(home.reviewed.analysis.uid, side, kind, note)

    def _restore(self, hip: HipKey, number: int) -> None:
        """Go back to the analysis itself, if the hip is still as it was when that was asked."""
        exam, series = self._exam, series_of(self._exam, hip[0])
        if exam is None or series is None or series.reviewed is None:
            return
        if series.reviewed.working(hip[1]) == number and not self._refused(series, hip[1]):
            self._redoer.go_back(exam, series, hip[1], HipState())

    def _drop_question(self) -> None:
        """Ask no longer once the hip is not as it was when that was asked."""
        if self._question is not None:
            number, hip, asked = self._question
            if not self._past.knows(hip) or self._past.now(hip) != asked:
                self._question = None
                self._services.messages.dismiss(number)

    def _loss(self, side: Side) -> str:
        if side is Side.RIGHT:
            return self.translate(
                "Review",
                "The verdict on the right hip is on the outlines as they are now; with the "
                "program's own result the hip has to be judged again.",
            )
        return self.translate(
            "Review",
            "The verdict on the left hip is on the outlines as they are now; with the program's "
            "own result the hip has to be judged again.",
        )

    def _go(self, way: Way) -> None:
        """Take a step back, or do it again; one after the other where keys are quick."""
        step = self._past.back if way is Way.BACK else self._past.on
        series = None if step is None else series_of(self._exam, step.hip[0])
        if step is None or series is None:
            return
        if self._past.moving:
            self._next.append(way)
            return
        if self._refused(series, step.hip[1]):
            return
        going = self._past.go(way)
        if going is not None:
            self._reach(series, *going)
        self._follow_signing()

    def _go_on(self, made: bool) -> None:
        """Go on with what was asked for meanwhile, once a step has been made."""
        if self._past.moving or not self._next:
            return
        way, self._next = self._next[0], self._next[1:] if made else []
        if made:
            self._go(way)

    def _reach(self, series: OpenSeries, hip: HipKey, wanted: HipState) -> None:
        """Bring a hip into a state it had; nobody's verdict is given in another's name."""
        exam, now, (uid, side) = self._exam, self._past.now(hip), hip
        reader = self._signing.reader
        if wanted.verdict is not None and wanted.reader not in ("", reader):
            self._tell_of_foreign_verdict()
            wanted = HipState(wanted.content)
        if wanted == now or exam is None:
            return
        if wanted.content != now.content:
            self._redoer.go_back(exam, series, side, wanted)
        elif wanted.verdict is None:
            self._signing.judge(uid, side, ReviewKind.REOPENED)
        else:
            self._signing.judge(uid, side, ReviewKind(wanted.verdict.value), wanted.note)

    def _tell_of_foreign_verdict(self) -> None:
        sentence = self.translate(
            "Review", "The earlier verdict was another reader's: judge this hip yourself."
        )
        self._services.messages.say(Severity.INFO, sentence)

    def _refused(self, series: OpenSeries, side: Side) -> bool:
        """Whether something keeps a hip as it is; then says what."""
        refusal = self._held(series, side)
        if refusal:
            self._refuse(refusal)
        return bool(refusal)

    def _redo(self, side: Side, centre: Point, radius_mm: float | None) -> bool:
        """Begin to do a hip again, or say why not and show the frame where it was."""
        exam, series = self._exam, self._series
        if exam is None or series is None:
            return False
        refusal = self._locks(side)
        if refusal:
            self._refuse(refusal)
            return False
        if self._redoer.redo(exam, series, side, centre, radius_mm):
            return True
        self._refresh_slice()
        return False

    def _locks(self, side: Side | None, *, painting: bool = False) -> str:
        """Why outlines cannot be changed now, in words; empty where they can.

        Parameters
        ----------
        side : the hip to be changed; None for any
        painting : by the brush, which goes on where strokes are open
        """
        exam, series = self._exam, self._series
        if exam is None or series is None or series.reviewed is None:
            return self.translate("Review", "Analyse the series first.")
        if side is None or locked(series):
            return self._held(series, side)
        if home_of(exam, series, side) not in (None, series):
            return self.translate("Review", "This hip is on the other series: change it there.")
        return self._held(series, side, painting=painting)

    def _held(self, series: OpenSeries, side: Side | None, *, painting: bool = False) -> str:
        """Why a series' hip stays as it is now, in words; empty where it does not."""
        if locked(series):
            return self.translate(
                "Review", "The result is signed: withdraw the signature to change outlines."
            )
        uid = "" if series.reviewed is None else series.reviewed.analysis.uid
        if (uid, side) in self._signing.busy:
            return self.translate("Review", "This hip is being worked on: wait until it is done.")
        if (uid, side) in self._signing.painted and not painting:
            return self.translate(
                "Review", "Finish or discard the brush strokes on this hip first."
            )
        return ""

    def _refuse(self, sentence: str) -> None:
        self._services.messages.say(Severity.INFO, sentence)
        self._shown.again("tool")
        self._refresh_slice()

    def _refresh_slice(self) -> None:
        """Show the slice anew: the view may have moved a frame that stays where it was."""
        self._shown.again("slice")
        self._refresh()

    def _follow_signing(self) -> None:
        """Hips became busy or free."""
        made = self._past.settle(self._signing.busy)
        self._refresh()
        self._go_on(made)

    def _exam_changed(self, exam: Exam | None) -> None:
        before, self._exam = self._exam, exam
        self._past.follow(exam)
        made = self._past.settle(self._signing.busy)
        self._drop_question()
        if exam is None or not exam.series:
            self._clear()
            return
        fresh = before is None or not same_images(before, exam)
        if fresh:
            self._clear()
        self._reading = followed(self._reading, before, exam)
        self._refresh()
        if fresh:
            self._view.fit_view()
        self._go_on(made)

    def _clear(self) -> None:
        """Let go of everything about the last exam but how its reader likes masks drawn."""
        for kept in (self._pictures, self._presets, self._scores, self._edits):
            kept.clear()
        self._shown.forget()
        self._next = []
        if self._exam is None or not self._exam.series:
            self._reading = None
            self._refresh()

    def _read(self, reading: Reading) -> None:
        self._reading = reading
        self._refresh()

    def _presets_of(self, series: OpenSeries) -> tuple[WindowPreset, ...]:
        stack = series.stack
        measured = self._presets.of((stack.images,), lambda: preset_windows(stack))
        return window_presets(measured, self.translate)

    def _refresh(self) -> None:
        """Show what differs."""
        exam, reading = self._exam, self._reading
        exam = None if exam is None else self._brusher.shown(exam)
        series = None if reading is None else named(exam, reading.shown_key)
        if self._exam is None or exam is None or reading is None or series is None:
            self._show_nothing()
            return
        tell, view = self._shown.tell, self._view
        tabs = series_tabs(exam, series.key)
        tell("series", view.show_series, series_facts(series, exam.given_up), tabs)
        self._show_pictures(exam, reading, series)
        tell("tool", view.show_tool, reading.tool)
        tell("painting", view.show_painting, self._brusher.painting(series))
        tell("scores", view.show_scores, self._scores_of(exam, series))
        busy, wanted = self._signing.busy, self._redoer.wanted
        right, left = (hip_panel(exam, series, s, busy, self.translate, wanted) for s in Side)
        tell("hips", view.show_hips, right, left)
        tell("signing", view.show_signing, self._signing.signing)
        tell("edits", view.show_edits, self._edits_of(self._exam))

    def _edits_of(self, exam: Exam) -> Edits:
        asked = (exam, self._signing.busy, self._redoer.wanted, self._brusher.order)
        return self._edits.of(asked, lambda: self._made_edits(exam))

    def _made_edits(self, exam: Exam) -> Edits:
        """What can be taken back and brought back."""
        running, back, on = self._redoer.stoppable(exam), self._past.back, self._past.on
        undo = self._brusher.undo_act or (None if back is None else back.act)
        redo = self._brusher.redo_act or (None if on is None else on.act)
        return Edits(
            undo if running is None else Act(running[1], Deed.MOVED),
            redo if running is None else None,
            frozenset(
                side
                for each in reviews_of(exam)
                for side in (hip.side for hip in each.analysis.hips)
                if restorable(each, side) and (each.analysis.uid, side) not in self._signing.busy
            ),
        )

    def _show_pictures(self, exam: Exam, reading: Reading, series: OpenSeries) -> None:
        tell, view, place = self._shown.tell, self._view, reading.place
        wanted = self._redoer.wanted
        presets = self._presets_of(series)
        tell("window", view.show_window, place.window, series.stack.limits, presets)
        tell("overlay", view.show_overlay, reading.overlay)
        frames = crop_frames(series, place.index, reading.tool, self._signing.busy, wanted)
        picture = self._pictures.picture(series.stack, place.index)
        tell("slice", view.show_slice, picture, frames)
        right, left = (
            crop_view(exam, reading, side, self._pictures.picture, self.translate, wanted)
            for side in Side
        )
        tell("crops", view.show_crops, right, left)

    def _scores_of(self, exam: Exam, series: OpenSeries) -> Scores | None:
        asked = (series.volume, *(each.reviewed for each in exam.series))
        return self._scores.of(asked, lambda: scores_of(exam, series))

    def _show_nothing(self) -> None:
        self._shown.tell("series", self._view.show_series, None, ())
        self._shown.tell("painting", self._view.show_painting, self._brusher.painting(None))
        self._shown.tell("scores", self._view.show_scores, None)
        self._shown.tell("edits", self._view.show_edits, Edits())
        self._shown.tell("signing", self._view.show_signing, self._signing.signing)
