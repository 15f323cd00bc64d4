"""The review workspace: one visit read slice by slice, judged and signed.

Keys are taken here, not by the pictures: whatever has the focus and does not
want a key passes it up. Names and notes are typed into fields, which want them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QScrollArea, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from app.actions import Actions
from app.brush_state import Painting, PicturePoint
from app.state import (
    OPACITIES,
    OPACITY_STEP,
    Act,
    CropFrame,
    CropView,
    Deed,
    Drawing,
    Edits,
    HipPanel,
    Overlay,
    Scores,
    SeriesFacts,
    SeriesTab,
    Signing,
    Tool,
    WindowPreset,
)
from app.theme import SPACE
from app.views._canvas_outlines import OutlinePaths
from app.views.brush_bar import BrushBar
from app.views.empty_state import EmptyState
from app.views.hip_column import HipColumn
from app.views.layouts import column, holding, row, rule
from app.views.note_row import NoteRow
from app.views.overlay_bar import OverlayBar
from app.views.protocols import ReviewGestures
from app.views.reading_bar import ReadingBar, fill_presets
from app.views.score_table import ScorePanel
from app.views.signing_bar import SigningBar
from app.views.slice_canvas import PLACING, SliceCanvas
from app.views.strip_chart import StripChart
from app.views.translated import TranslatedWidget
from hipdesk.display import SlicePicture
from hipdesk.overlay import Window
from hipdesk.records import Side
from hipdesk.review import PAINTABLE

WIDEST: Final = 100
"""Shares are given in so many pixels; Qt scales them down to the room there is."""

PAGE_SLICES: Final = 10
CINE_MS: Final = 120
PRESET_KEYS: Final = (
    Qt.Key.Key_1,
    Qt.Key.Key_2,
    Qt.Key.Key_3,
    Qt.Key.Key_4,
    Qt.Key.Key_5,
)
PLAIN: Final = Qt.KeyboardModifier.NoModifier
SHIFT: Final = Qt.KeyboardModifier.ShiftModifier
CTRL: Final = Qt.KeyboardModifier.ControlModifier

RESTORE: Final = {Side.RIGHT: "restore_right", Side.LEFT: "restore_left"}
"""Commands that bring the program's own result of a hip back."""

SLICE_SHARE, HIPS_SHARE = 58, 42
PICTURES_SHARE, STRIP_SHARE = 84, 16
CROPS_SHARE, FIGURES_SHARE = 46, 54


class ReviewView(TranslatedWidget):
    """Implements `app.views.protocols.ReviewView`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gestures: ReviewGestures | None = None
        self._overlay = Overlay()
        self._tool = Tool.WINDOW
        self._facts: SeriesFacts | None = None
        self._picture: SlicePicture | None = None
        self._presets: tuple[WindowPreset, ...] = ()
        self._edits = Edits()
        self._commands = Actions(self)
        self._enlarged: QWidget | None = None
        self._paths = OutlinePaths()
        self.reading = ReadingBar()
        self.masks = OverlayBar()
        self.main = SliceCanvas(self._paths)
        self.brush = BrushBar(self.main)
        self.strip = StripChart()
        self.hips = {side: HipColumn(side, self._paths) for side in Side}
        right, left = (hip.canvas for hip in self.hips.values())
        right.share_bar((left,))
        left.share_bar((right,))
        self.scores = ScorePanel()
        self.signing = SigningBar()
        self.empty = EmptyState("image-search-outline")
        self._cine = QTimer(self)
        self._cine.setInterval(CINE_MS)
        self._cine.timeout.connect(self._run_on)
        self._keys = self._bound_keys()
        self._brushing = self._brush_keys()
        self._acts = self._bound_acts()
        self._bind()
        self._lay_out()
        self._connect()
        self.retranslate()

    # Room

    def _lay_out(self) -> None:
        self._left = holding(self._slice_part())
        self._right = holding(self._hip_part(), panel=True)
        self._page = QSplitter(Qt.Orientation.Horizontal)
        _fill(self._page, (self._left, SLICE_SHARE), (self._right, HIPS_SHARE))
        self._stack = QStackedLayout()
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._page)
        self.setLayout(self._stack)
        self._order_tabs()

    def _slice_part(self) -> QVBoxLayout:
        bars = column(self.reading, self.masks, gap=0.5)
        bars.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        split = QSplitter(Qt.Orientation.Vertical)
        _fill(split, (self.main, PICTURES_SHARE), (self.strip, STRIP_SHARE))
        part = column(bars, split, gap=0)
        part.setStretch(1, 1)
        return part

    def _hip_part(self) -> QVBoxLayout:
        crops = row(*self.hips.values())
        crops.setContentsMargins(SPACE, SPACE, SPACE, 0)
        for at in range(crops.count()):
            crops.setStretch(at, 1)
        figures = QScrollArea()
        figures.setWidgetResizable(True)
        figures.setWidget(self.scores)
        figures.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        figures.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        signing = holding(column(self.signing, margin=1))
        below = column(figures, rule(), signing, gap=0)
        below.setStretch(0, 1)
        self._below = holding(below)
        split = QSplitter(Qt.Orientation.Vertical)
        _fill(split, (holding(crops), CROPS_SHARE), (self._below, FIGURES_SHARE))
        return column(split, gap=0)

    def _order_tabs(self) -> None:
        chain: list[QWidget] = [self.main]
        chain += [*self.reading.tools.values(), self.reading.presets]
        chain += [self.reading.cine, self.reading.fit]
        bar = self.brush
        chain += [bar.take_up, *bar.classes.values(), bar.smaller, bar.larger, bar.erase]
        chain += [bar.finish, bar.discard, bar.name.field]
        chain += [self.masks.masks, *self.masks.classes.values(), self.masks.fill]
        chain.append(self.masks.opacity)
        for hip in self.hips.values():
            verdict = hip.verdict
            chain += [hip.canvas, verdict.accept_button, verdict.reject_button]
            chain += [verdict.reopen_button, verdict.place_button, verdict.note.field]
            chain += [verdict.note.confirm, verdict.note.dismiss]
        chain += [self.scores.table, self.scores.notices.title]
        bar_ = self.signing
        chain += [bar_.name, bar_.sign, bar_.withdraw, bar_.report]
        chain += [bar_.note.field, bar_.note.confirm, bar_.note.dismiss]
        for before, after in pairwise(chain):
            QWidget.setTabOrder(before, after)

    # Who listens

    def listen(self, gestures: ReviewGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def _ask(self, do: Callable[[ReviewGestures], None]) -> None:
        if self._gestures is not None:
            do(self._gestures)

    def _connect(self) -> None:
        self.reading.seriesChosen.connect(lambda key: self._ask(lambda g: g.choose_series(key)))
        self.reading.toolChosen.connect(lambda tool: self._ask(lambda g: g.choose_tool(tool)))
        self.reading.presetChosen.connect(self._choose_preset)
        self.reading.window_fields.windowTyped.connect(
            lambda window: self._ask(lambda g: g.set_window(window))
        )
        self.reading.fitAsked.connect(self.fit_view)
        self.reading.cineToggled.connect(self._toggle_cine)
        self.masks.overlayChosen.connect(lambda wanted: self._ask(lambda g: g.set_overlay(wanted)))
        self.masks.classToggled.connect(lambda name: self._ask(lambda g: g.toggle_class(name)))
        self.brush.brushChosen.connect(lambda brush: self._ask(lambda g: g.choose_brush(brush)))
        self.brush.take_up.clicked.connect(self._toggle_brush)
        self.brush.finishAsked.connect(lambda name: self._ask(lambda g: g.finish_painting(name)))
        self.brush.discardAsked.connect(lambda: self._ask(lambda g: g.discard_painting()))
        self.main.resized.connect(self.brush.place)
        self.strip.sliceChosen.connect(lambda index: self._ask(lambda g: g.choose_slice(index)))
        self.strip.sliceStepped.connect(self._step)
        self.strip.wished.connect(lambda wish: self._ask(lambda g: g.choose_slices(wish)))
        self.main.frameMoved.connect(
            lambda side, dx, dy: self._ask(lambda g: g.move_crop(side, dx, dy))
        )
        for canvas in self.canvases:
            self._connect_canvas(canvas)
        self.main.painted.connect(partial(self._paint, None))
        for side, hip in self.hips.items():
            hip.canvas.painted.connect(partial(self._paint, side))
            self._connect_hip(side, hip)
        self.signing.signed.connect(lambda reader: self._ask(lambda g: g.sign(reader)))
        self.signing.withdrawn.connect(lambda note: self._ask(lambda g: g.withdraw(note)))
        self._connect_note(self.signing.note)
        self.signing.reportAsked.connect(lambda: self._ask(lambda g: g.write_report()))

    def _bind(self) -> None:
        bind = self._commands.bind
        bind("undo", lambda: self._ask(lambda g: g.undo()))
        bind("redo", lambda: self._ask(lambda g: g.redo()))
        bind(RESTORE[Side.RIGHT], lambda: self._ask(lambda g: g.restore(Side.RIGHT)))
        bind(RESTORE[Side.LEFT], lambda: self._ask(lambda g: g.restore(Side.LEFT)))

    @property
    def edit_groups(self) -> tuple[tuple[QAction, ...], ...]:
        """For a menu: the way back and on, and the program's own results."""
        table = self._commands
        return (table["undo"], table["redo"]), tuple(table[name] for name in RESTORE.values())

    def _connect_canvas(self, canvas: SliceCanvas) -> None:
        canvas.sliceStepped.connect(self._step)
        canvas.windowDragged.connect(lambda window: self._ask(lambda g: g.set_window(window)))
        canvas.pointed.connect(self._place)
        canvas.doubleClicked.connect(lambda: self._enlarge(canvas))
        canvas.menuAsked.connect(lambda at: self.menu_for(canvas, at).popup(at))

    def _connect_hip(self, side: Side, hip: HipColumn) -> None:
        tool = next(tool for tool, placed in PLACING.items() if placed is side)
        for judged in (hip.verdict.accepted, hip.verdict.reopened):
            judged.connect(lambda: self._lead_on(side))
        hip.verdict.accepted.connect(
            lambda note: self._ask(lambda g: g.accept(side, note) if note else g.accept(side))
        )
        hip.verdict.rejected.connect(lambda note: self._ask(lambda g: g.reject(side, note)))
        hip.verdict.reopened.connect(lambda: self._ask(lambda g: g.reopen(side)))
        self._connect_note(hip.verdict.note)
        hip.verdict.placeAsked.connect(lambda: self._ask(lambda g: g.choose_tool(tool)))

    def _lead_on(self, side: Side) -> None:
        """From a button that is about to go, to the hip that is still to be judged."""
        if not self.hips[side].verdict.has_keyboard:
            return
        other = next(hip for each, hip in self.hips.items() if each is not side)
        after = other if other.verdict.unjudged else self.hips[side]
        after.canvas.setFocus(Qt.FocusReason.TabFocusReason)

    def _connect_note(self, note: NoteRow) -> None:
        """After a note the keys are the picture's again."""
        for ended in (note.confirmed, note.dismissed):
            ended.connect(lambda: self.main.setFocus(Qt.FocusReason.OtherFocusReason))

    @property
    def canvases(self) -> tuple[SliceCanvas, ...]:
        """The three pictures, the large one first."""
        return self.main, *(hip.canvas for hip in self.hips.values())

    # What is shown

    def show_series(self, facts: SeriesFacts | None, tabs: tuple[SeriesTab, ...]) -> None:
        """Which series is on screen; None is the empty state."""
        opened = self._facts is None and facts is not None
        self._facts = facts
        self._stack.setCurrentIndex(0 if facts is None else 1)
        if opened and self.isVisible():
            self.main.setFocus(Qt.FocusReason.OtherFocusReason)
        if facts is None:
            self._forget()
            return
        self.reading.show_series(facts, tabs)
        self.scores.show_fluid_sensitive(facts.contrast.fluid_sensitive)
        self.scores.show_given_up(facts.given_up)
        for hip in self.hips.values():
            hip.verdict.show_analysed(facts.analysed)
        self._say_place()

    def _forget(self) -> None:
        """Keep nothing of who was on screen."""
        self._stop_cine()
        self._picture = None
        self._paths.clear()
        for canvas in self.canvases:
            canvas.show_picture(None)
        self.main.show_frames(())
        self.strip.show_strips({}, 0.0)
        self.strip.show_slices(0, 0)
        self.scores.show_scores(None)
        self._enlarge(None)

    def show_slice(self, picture: SlicePicture, frames: tuple[CropFrame, ...]) -> None:
        """One slice with the hips' frames."""
        self._picture = picture
        self.main.show_picture(picture)
        self.main.show_frames(frames)
        self.strip.show_slices(picture.of, picture.index)
        self._say_place()

    def show_crops(self, right: CropView, left: CropView) -> None:
        """Both hips beside it."""
        for crop in (right, left):
            self.hips[crop.side].show_crop(crop)

    def show_window(
        self, window: Window, limits: tuple[float, float], presets: tuple[WindowPreset, ...]
    ) -> None:
        """The window of all pictures."""
        self._presets = presets
        self.reading.show_presets(presets)
        self.reading.window_fields.show_window(window, limits)
        for canvas in self.canvases:
            canvas.show_window(window, limits)

    def show_overlay(self, overlay: Overlay) -> None:
        """How masks are drawn."""
        self._overlay = overlay
        self.masks.show_overlay(overlay)
        for canvas in self.canvases:
            canvas.show_overlay(overlay)

    def show_tool(self, tool: Tool) -> None:
        """What the left button does."""
        self._tool = tool
        self.reading.show_tool(tool)
        self.main.show_tool(tool)
        self.brush.show_in_hand(tool is Tool.BRUSH)
        for hip in self.hips.values():
            hip.show_tool(tool)

    def show_painting(self, painting: Painting) -> None:
        """The brush, and strokes that are not in the outlines yet."""
        self.brush.show_painting(painting)
        self.main.show_painting(painting)
        for hip in self.hips.values():
            hip.show_painting(painting)

    def show_scores(self, scores: Scores | None) -> None:
        """Table, reasons, notices and strip chart; None before the analysis."""
        self.scores.show_scores(scores)
        if scores is None:
            self.strip.show_strips({}, 0.0)
        else:
            self.strip.show_strips(scores.strips, scores.pixel_mm2)

    def show_hips(self, right: HipPanel, left: HipPanel) -> None:
        """Verdicts."""
        stale = frozenset(panel.side for panel in (right, left) if panel.stale)
        self.main.show_stale(stale)
        for panel in (right, left):
            self.hips[panel.side].show_hip(panel)
            self.hips[panel.side].canvas.show_stale(stale)

    def show_signing(self, signing: Signing) -> None:
        """The signing bar."""
        self.signing.show_signing(signing)

    def show_edits(self, edits: Edits) -> None:
        """What can be taken back, done again, and brought back."""
        if edits != self._edits:
            self._edits = edits
            self._say_edits()

    def _say_edits(self) -> None:
        """Name what would be done, only while it can be seen what it does."""
        table, edits, seen = self._commands, self._edits, self.isVisible()
        table.retranslate()
        for name, act in (("undo", edits.undo), ("redo", edits.redo)):
            action = table[name]
            action.setEnabled(seen and act is not None)
            if act is not None:
                action.setText(f"{action.text()}: {self._deed_words(act)}")
        for side, name in RESTORE.items():
            table[name].setEnabled(seen and side in edits.restorable)

    def _deed_words(self, act: Act) -> str:
        right = act.side is Side.RIGHT
        match act.deed:
            case Deed.MOVED:
                return self.tr("right crop moved") if right else self.tr("left crop moved")
            case Deed.PAINTED:
                if right:
                    return self.tr("brush strokes on the right hip")
                return self.tr("brush strokes on the left hip")
            case Deed.CHOSE_SLICES:
                if right:
                    return self.tr("slices of the right hip chosen")
                return self.tr("slices of the left hip chosen")
            case Deed.RESTORED:
                if right:
                    return self.tr("program's own result of the right hip")
                return self.tr("program's own result of the left hip")
            case Deed.ACCEPTED:
                return self.tr("right hip accepted") if right else self.tr("left hip accepted")
            case Deed.REJECTED:
                return self.tr("right hip rejected") if right else self.tr("left hip rejected")
            case Deed.REOPENED:
                return self.tr("right hip reopened") if right else self.tr("left hip reopened")

    def fit_view(self) -> None:
        """Zoom and pan as at the beginning."""
        for canvas in self.canvases:
            canvas.fit_view()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.setAccessibleName(self.tr("Review"))
        self.main.setAccessibleName(self.tr("Slice"))
        self.empty.show_words(
            self.tr("No visit open"),
            self.tr("Open a folder, or choose a visit in the library."),
        )
        bars = self.reading, self.masks, self.brush
        for part in (*bars, self.strip, self.scores, self.signing):
            part.retranslate()
        for hip in self.hips.values():
            hip.retranslate()
        self._say_place()
        self._say_edits()

    def _say_place(self) -> None:
        """How far the slice lies from the first one."""
        if self._facts is None or self._picture is None:
            return
        depth = self._picture.index * self._facts.spacing_mm[0]
        self.main.set_place(self.tr("{0} mm").format(f"{depth:.1f}"))

    # Keys

    def _bound_keys(self) -> dict[int, Callable[[], object]]:
        keys: dict[int, Callable[[], object]] = {
            Qt.Key.Key_Up: lambda: self._step(-1),
            Qt.Key.Key_Down: lambda: self._step(1),
            Qt.Key.Key_PageUp: lambda: self._step(-PAGE_SLICES),
            Qt.Key.Key_PageDown: lambda: self._step(PAGE_SLICES),
            Qt.Key.Key_Home: lambda: self._ask(lambda g: g.choose_slice(0)),
            Qt.Key.Key_End: self._go_to_end,
            Qt.Key.Key_S: lambda: self._draw(shown=not self._overlay.shown),
            Qt.Key.Key_BracketLeft: lambda: self._fade(-OPACITY_STEP),
            Qt.Key.Key_BracketRight: lambda: self._fade(OPACITY_STEP),
            Qt.Key.Key_O: self._change_drawing,
            Qt.Key.Key_C: self._toggle_cine,
            Qt.Key.Key_R: self.fit_view,
            Qt.Key.Key_M: self._toggle_move,
            Qt.Key.Key_B: self._toggle_brush,
            Qt.Key.Key_Escape: self._escape,
        }
        for number, key in enumerate(PRESET_KEYS, start=1):
            keys[key] = lambda number=number: self._choose_preset(number)  # type: ignore[misc]
        return keys

    def _brush_keys(self) -> dict[int, Callable[[], object]]:
        """Keys that mean something else while the brush is in hand."""
        keys: dict[int, Callable[[], object]] = {
            Qt.Key.Key_E: self.brush.toggle_erasing,
            Qt.Key.Key_Plus: lambda: self.brush.resize_brush(1),
            Qt.Key.Key_Equal: lambda: self.brush.resize_brush(1),
            Qt.Key.Key_Minus: lambda: self.brush.resize_brush(-1),
            Qt.Key.Key_Return: self.brush.press_finish,
            Qt.Key.Key_Enter: self.brush.press_finish,
        }
        for key, name in zip(PRESET_KEYS, PAINTABLE, strict=False):
            keys[key] = partial(self.brush.choose_class, name)
        return keys

    def _act_of(self, key: int) -> Callable[[], object] | None:
        """What a key without others does now."""
        painting = self._brushing.get(key) if self._tool is Tool.BRUSH else None
        return painting or self._keys.get(key)

    def _bound_acts(self) -> dict[tuple[Qt.KeyboardModifier, int], Callable[[], object]]:
        """Verdicts, the left hip's with Shift; and signing."""
        acts: dict[tuple[Qt.KeyboardModifier, int], Callable[[], object]] = {}
        for side, held in ((Side.RIGHT, PLAIN), (Side.LEFT, SHIFT)):
            bar = self.hips[side].verdict
            acts[held, Qt.Key.Key_A] = partial(bar.press, bar.accept_button)
            acts[held, Qt.Key.Key_X] = partial(bar.press, bar.reject_button)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            acts[CTRL, key] = self.signing.press_sign
        return acts

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no field wanted."""
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self._facts is None:
            event.ignore()
        elif (judge := self._acts.get((held, event.key()))) is not None:
            if not event.isAutoRepeat():
                judge()
        elif held == SHIFT and event.key() == Qt.Key.Key_Plus and self._tool is Tool.BRUSH:
            self.brush.resize_brush(1)
        elif held != PLAIN:
            event.ignore()
        elif event.key() == Qt.Key.Key_Space:
            self._hold_masks(True)
        elif (act := self._act_of(event.key())) is not None:
            act()
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Masks come back when Space is let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hold_masks(False)
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        """A key let go over another window is let go here too."""
        if event.type() == QEvent.Type.WindowDeactivate:
            self._hold_masks(False)
        return super().event(event)

    def _hold_masks(self, held: bool) -> None:
        for canvas in self.canvases:
            canvas.hold_masks(held)

    def _step(self, steps: int) -> None:
        self._ask(lambda g: g.step_slice(steps))

    def _go_to_end(self) -> None:
        if self._picture is not None:
            last = self._picture.of - 1
            self._ask(lambda g: g.choose_slice(last))

    def _choose_preset(self, number: int) -> None:
        self._ask(lambda g: g.choose_preset(number))

    def _draw(self, shown: bool) -> None:
        wanted = replace(self._overlay, shown=shown)
        self._ask(lambda g: g.set_overlay(wanted))

    def _fade(self, by: float) -> None:
        low, high = OPACITIES
        opacity = round(min(max(self._overlay.opacity + by, low), high), 2)
        if opacity != self._overlay.opacity:
            wanted = replace(self._overlay, opacity=opacity)
            self._ask(lambda g: g.set_overlay(wanted))

    def _change_drawing(self) -> None:
        filled = self._overlay.drawing is Drawing.FILL
        drawing = Drawing.OUTLINE if filled else Drawing.FILL
        wanted = replace(self._overlay, drawing=drawing)
        self._ask(lambda g: g.set_overlay(wanted))

    def _toggle_move(self) -> None:
        moving = self._tool is Tool.MOVE_CROP
        self._ask(lambda g: g.choose_tool(Tool.WINDOW if moving else Tool.MOVE_CROP))

    def _toggle_brush(self) -> None:
        painting = self._tool is Tool.BRUSH
        self._ask(lambda g: g.choose_tool(Tool.WINDOW if painting else Tool.BRUSH))

    def _paint(self, side: Side | None, path: tuple[PicturePoint, ...], erases: bool) -> None:
        self._ask(lambda g: g.paint(side, path, erases))

    def _escape(self) -> None:
        """Drop the gesture, else the tool, else the large view, else zoom and pan."""
        if any(canvas.cancel_gesture() for canvas in self.canvases):
            return
        if self._tool is not Tool.WINDOW:
            self._ask(lambda g: g.choose_tool(Tool.WINDOW))
        elif self._enlarged is not None:
            self._enlarge(None)
        else:
            self.fit_view()

    def _place(self, x: float, y: float) -> None:
        side = PLACING.get(self._tool)
        if side is not None:
            self._ask(lambda g: g.place_head(side, x, y))

    # Running through the slices

    def _toggle_cine(self) -> None:
        if self._cine.isActive():
            self._stop_cine()
        elif self._picture is not None:
            self._cine.start()
            self.reading.show_running(True)

    def _stop_cine(self) -> None:
        self._cine.stop()
        self.reading.show_running(False)

    def _run_on(self) -> None:
        """The next slice; after the last one the first."""
        if self._picture is None:
            self._stop_cine()
        elif self._picture.index + 1 < self._picture.of:
            self._step(1)
        else:
            self._ask(lambda g: g.choose_slice(0))

    # Large and small

    def _enlarge(self, canvas: QWidget | None) -> None:
        """Give all room to one picture; again, and everything is back."""
        self._enlarged = None if canvas is self._enlarged else canvas
        large = self._enlarged
        self._left.setVisible(large is None or large is self.main)
        self._right.setVisible(large is not self.main or large is None)
        self._below.setVisible(large is None)
        for hip in self.hips.values():
            hip.setVisible(large in (None, hip.canvas, self.main))

    def menu_for(self, canvas: SliceCanvas, at: QPoint | None = None) -> QMenu:
        """The menu of one picture; it goes when it closes.

        Parameters
        ----------
        at : global pixel that was clicked on
        """
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Reset zoom and pan")).triggered.connect(canvas.fit_view)
        large = self.tr("Back to all pictures") if self._enlarged else self.tr("Enlarge")
        menu.addAction(large).triggered.connect(lambda: self._enlarge(canvas))
        hip = next((hip for hip in self.hips.values() if hip.canvas is canvas), None)
        if hip is not None:
            self._add_mirror(menu, hip)
        side = hip.side if hip is not None else _hip_at(canvas, at)
        if side is not None:
            menu.addSeparator()
            menu.addAction(self._commands[RESTORE[side]])
        menu.addSeparator()
        fill_presets(menu, self._presets, self._choose_preset)
        return menu

    def _add_mirror(self, menu: QMenu, hip: HipColumn) -> None:
        mirrored = hip.canvas.mirrored
        action = menu.addAction(self.tr("Mirrored"))
        action.setCheckable(True)
        action.setChecked(mirrored)
        action.triggered.connect(lambda: self._ask(lambda g: g.mirror_crop(hip.side, not mirrored)))

    def showEvent(self, event: QShowEvent) -> None:
        """Keys work from the start."""
        super().showEvent(event)
        self._say_edits()
        if self._facts is not None:
            self.main.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing runs on unseen."""
        self._stop_cine()
        self._hold_masks(False)
        super().hideEvent(event)
        self._say_edits()


def _hip_at(canvas: SliceCanvas, at: QPoint | None) -> Side | None:
    """The hip whose frame was clicked on."""
    return None if at is None else canvas.hip_at(QPointF(canvas.mapFromGlobal(at)))


def _fill(splitter: QSplitter, *parts: tuple[QWidget, int]) -> None:
    """Put parts into a splitter, by their shares of the room."""
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(SPACE // 2)
    for at, (part, share) in enumerate(parts):
        splitter.addWidget(part)
        splitter.setStretchFactor(at, share)
    splitter.setSizes([share * WIDEST for _, share in parts])
