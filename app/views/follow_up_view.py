"""The follow-up: one hip at two visits side by side, and over all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QStackedWidget, QWidget

from app.alignment_state import AlignmentShown
from app.clinical_state import ClinicalTrendShown
from app.state import (
    OPACITIES,
    OPACITY_STEP,
    Comparison,
    Drawing,
    FollowUpGap,
    Link,
    Measure,
    Overlay,
    Panel,
    PanelShown,
    TrendShown,
    VisitChoice,
)
from app.theme import SPACE, icon, make_primary
from app.views._canvas_outlines import OutlinePaths
from app.views.alignment_panel import AlignmentPanel
from app.views.clinical_trend import ClinicalTrend
from app.views.comparison_table import ComparisonTable
from app.views.empty_state import EmptyState
from app.views.layouts import STRETCH, column, holding, row, rule
from app.views.link_bar import LinkBar
from app.views.link_slider import PAGE_STEPS
from app.views.overlay_bar import OverlayBar
from app.views.segments import Segments
from app.views.sentence_list import SentenceList
from app.views.side_panel import SidePanel, beside
from app.views.trend_chart import TrendChart
from app.views.visit_panel import VisitPanel, neighbour
from hipdesk.overlay import Window
from hipdesk.records import SegmentClass, Side
from hipdesk.wording import day_of

if TYPE_CHECKING:
    from app.views.protocols import FollowUpGestures
    from hipdesk.ghost import Ghost

FITTED_MM: Final = 125.0
"""Height of the view to come back to: that of a hip's crop."""

BESIDE: Final = 49 * SPACE
"""Width of chart and table to begin with."""

SHARE: Final = 4
"""In a wide window, pictures have so many times the width of chart and table."""

_STEPS: Final = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -PAGE_STEPS,
    Qt.Key.Key_PageDown: PAGE_STEPS,
}
_VISITS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_OPACITY: Final = {Qt.Key.Key_BracketLeft: -OPACITY_STEP, Qt.Key.Key_BracketRight: OPACITY_STEP}


class FollowUpView(QWidget):
    """The follow-up workspace."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gestures: FollowUpGestures | None = None
        self._gap: FollowUpGap | None = None
        self._visits: tuple[VisitChoice, ...] = ()
        self._uids: dict[Panel, str | None] = dict.fromkeys(Panel)
        self._link: Link | None = None
        self._overlay = Overlay()
        self._large: Panel | None = None
        self._build()
        self._connect()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.panels[Panel.LATER].canvas)
        self.retranslate()
        self.show_gap(FollowUpGap.NO_PATIENT)

    # What controllers ask for

    def listen(self, gestures: FollowUpGestures) -> None:
        """Tell gestures to this listener."""
        self._gestures = gestures

    def show_gap(self, gap: FollowUpGap | None) -> None:
        """Why there is nothing to compare; None where there is."""
        if gap is not self._gap:
            self._gap = gap
            self._say_gap()

    def show_visits(
        self, visits: tuple[VisitChoice, ...], earlier_uid: str | None, later_uid: str | None
    ) -> None:
        """What can be chosen, oldest first, and what is."""
        self._visits = visits
        self._uids = {Panel.EARLIER: earlier_uid, Panel.LATER: later_uid}
        for panel, shown in self.panels.items():
            shown.show_visits(visits, self._uids[panel])
        self.chart.show_pair(earlier_uid, later_uid)
        self._say_report()

    def show_side(self, side: Side) -> None:
        """Which hip the pictures show."""
        self.sides.show_chosen(side.value)
        self.chart.show_side(side)
        self.clinical_trend.show_side(side)

    def show_trend(self, trend: TrendShown) -> None:
        """The chart."""
        self.measures.show_chosen(trend.measure.value)
        self.chart.show_trend(trend)
        self.sentences.show_sentences(trend.sentences)
        self.again.setVisible(trend.mixed)

    def show_clinical_trend(self, shown: ClinicalTrendShown) -> None:
        """Index and treatments under the chart."""
        self.clinical_trend.show_trend(shown)
        self.chart.show_days(shown.days)

    def show_panel(self, panel: Panel, shown: PanelShown | None) -> None:
        """One picture; None while it is being read."""
        self.panels[panel].show_panel(shown)
        pictures = (each.shown.picture for each in self.panels.values() if each.shown is not None)
        edges = next((picture.edges for picture in pictures if picture is not None), None)
        if edges is not None:
            self.slider.show_edges(edges)

    def show_link(self, link: Link | None, locked: bool) -> None:
        """Slider and window lock."""
        self._link = link
        self.slider.show_link(link)
        self.lock.setChecked(locked)
        self._say_lock()

    def show_overlay(self, overlay: Overlay) -> None:
        """How masks are drawn."""
        if overlay == self._overlay:
            return
        self._overlay = overlay
        self.overlay_bar.show_overlay(overlay)
        for panel in self.panels.values():
            panel.canvas.show_overlay(overlay)

    def show_comparison(self, comparison: Comparison | None) -> None:
        """The pair in numbers."""
        self.table.show_comparison(comparison)

    def show_alignment(self, shown: AlignmentShown | None) -> None:
        """What became of lesions between the two."""
        self.alignment.show_alignment(shown)

    def show_ghost(self, ghost: Ghost | None) -> None:
        """The earlier visit's outlines on every slice of the later one; None for none."""
        uid = self._uids[Panel.EARLIER]
        earlier = next((each for each in self._visits if each.uid == uid), None)
        day = None if earlier is None else earlier.day
        self.panels[Panel.LATER].show_ghost(ghost, day)

    # How it is built

    def _build(self) -> None:
        paths = OutlinePaths()
        self.sides = Segments([side.value for side in Side])
        self.measures = Segments([measure.value for measure in Measure])
        self.overlay_bar = OverlayBar()
        self.panels = {panel: VisitPanel(panel, paths) for panel in Panel}
        earlier, later = (panel.canvas for panel in self.panels.values())
        earlier.share_bar((later,))
        later.share_bar((earlier,))
        self.link_bar = LinkBar()
        self.slider, self.fit, self.lock = (
            self.link_bar.slider,
            self.link_bar.fit,
            self.link_bar.lock,
        )
        self.report = QPushButton()
        self.report.setIcon(icon("file-document-outline", "on_accent"))
        self.report.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        make_primary(self.report)
        self.clinical = QPushButton()
        self.clinical.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.chart = TrendChart()
        self.clinical_trend = ClinicalTrend(self.chart)
        self.table = ComparisonTable()
        self.alignment = AlignmentPanel()
        self._empty = EmptyState("chart-timeline-variant")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._content())
        self.setLayout(column(self._stack))

    def _content(self) -> QWidget:
        return beside("follow_up", self._pictures(), self._figures(), SHARE)

    def _pictures(self) -> QWidget:
        top = row(self.sides, rule(vertical=True), self.overlay_bar)
        top.setStretchFactor(self.overlay_bar, 1)
        pair = row(*self.panels.values())
        for panel in self.panels.values():
            pair.setStretchFactor(panel, 1)
        inside = column(top, pair, self.link_bar, margin=1)
        inside.setStretchFactor(pair, 1)
        return holding(inside)

    def _figures(self) -> SidePanel:
        self.sentences = SentenceList("small")
        self.again = QPushButton()
        self.again.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.again.hide()
        inside = column(
            row(self.measures, STRETCH),
            self.chart,
            self.clinical_trend,
            self.sentences,
            row(self.again, STRETCH),
            rule(),
            self.table,
            self.alignment,
            STRETCH,
            gap=2,
            margin=2,
        )
        inside.setStretchFactor(self.chart, 1)
        on = row(self.clinical, STRETCH, self.report)
        on.setContentsMargins(2 * SPACE, SPACE, SPACE, SPACE)
        return SidePanel(inside, BESIDE, on)

    def _connect(self) -> None:
        self.sides.chosen.connect(lambda key: self._tell("choose_side", Side(key)))
        self.measures.chosen.connect(lambda key: self._tell("choose_measure", Measure(key)))
        self.chart.visitChosen.connect(self._choose_visit)
        self.clinical_trend.chosen.connect(lambda wanted: self._tell("choose_index", wanted))
        self.slider.slid.connect(lambda mm: self._tell("slide", mm))
        self.again.clicked.connect(lambda: self._tell("reanalyse"))
        self.table.changeAsked.connect(lambda: self._tell("ask_change"))
        self.table.repeatNamed.connect(lambda named: self._tell("name_repeat", named))
        self.alignment.asked.connect(lambda: self._tell("align"))
        self.alignment.stopped.connect(lambda: self._tell("stop_aligning"))
        self.alignment.ghostAsked.connect(lambda wanted: self._tell("want_ghost", wanted))
        self.alignment.by_hand.adjusted.connect(lambda bone: self._tell("adjust", bone))
        self.alignment.by_hand.moved.connect(lambda hand: self._tell("move_outline", hand))
        self.alignment.by_hand.kept.connect(lambda name: self._tell("keep_adjusted", name))
        self.alignment.by_hand.left.connect(lambda: self._tell("leave_adjusting"))
        self.lock.clicked.connect(self._toggle_lock)
        self.report.clicked.connect(self._write_report)
        self.clinical.clicked.connect(self._show_clinical)
        self.fit.clicked.connect(self._fit)
        self.overlay_bar.overlayChosen.connect(lambda wanted: self._tell("set_overlay", wanted))
        self.overlay_bar.classToggled.connect(self._toggle_class)
        for panel, shown in self.panels.items():
            self._connect_panel(panel, shown)

    def _connect_panel(self, panel: Panel, shown: VisitPanel) -> None:
        shown.visitChosen.connect(lambda uid: self._choose_visit(uid, panel))
        shown.windowDragged.connect(lambda window: self._drag_window(panel, window))
        shown.zoomed.connect(lambda height, shift: self._tell("zoom", height, shift))
        shown.stepped.connect(lambda steps: self._tell("step", steps))
        shown.reviewAsked.connect(lambda uid: self._tell("open_visit", uid))
        shown.enlarged.connect(lambda: self._enlarge(panel))

    # Words

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self.setAccessibleName(self.tr("Follow-up"))
        self.sides.show_words(self.tr("Hip"), (self.tr("Right hip"), self.tr("Left hip")))
        self.measures.show_words(
            self.tr("Plotted"),
            (
                self.tr("U per slice"),
                self.tr("A per slice"),
                self.tr("BME mL"),
                self.tr("Effusion mL"),
            ),
        )
        self.clinical.setText(self.tr("Clinical record..."))
        self.clinical.setToolTip(
            self.tr("Questionnaires, laboratory, treatments and HIMRISS of the later visit")
        )
        self.report.setToolTip(self.tr("On to the report of the later visit, with all visits"))
        self._say_report()
        self.again.setText(self.tr("Analyse every visit with the present models"))
        self.again.setToolTip(
            self.tr("New results are added; what readers signed or accepted stays beside them")
        )
        self.chart.setToolTip("")
        self._say_lock()
        self._say_gap()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        elif event.type() == QEvent.Type.ActivationChange:
            self._hold_masks(False)

    def _say_lock(self) -> None:
        self.lock.setIcon(icon("link-variant" if self.lock.isChecked() else "link-variant-off"))

    def _say_report(self) -> None:
        """Name the visit whose report it is."""
        later = next((each for each in self._visits if each.uid == self._uids[Panel.LATER]), None)
        self.report.setEnabled(later is not None)
        self.clinical.setEnabled(later is not None)
        self.report.setText(
            self.tr("Report")
            if later is None or later.day is None
            else self.tr("Report of {day}").format(day=day_of(later.day))
        )

    def _say_gap(self) -> None:
        self._stack.setCurrentIndex(1 if self._gap is None else 0)
        if self._gap is not None:
            self._empty.show_words(*self._gap_words(self._gap))

    def _gap_words(self, gap: FollowUpGap) -> tuple[str, str]:
        match gap:
            case FollowUpGap.NO_PATIENT:
                return self.tr("No patient open"), self.tr(
                    "Open a visit in the library (Ctrl+1). A patient with two or more dated "
                    "visits can be followed here."
                )
            case FollowUpGap.ONE_VISIT:
                return self.tr("Only one visit so far"), self.tr(
                    "To follow this patient, open the folder of an earlier or a later study in "
                    "the library (Ctrl+1); it is put beside this visit once it is analysed."
                )
            case FollowUpGap.NOTHING_DATED:
                return self.tr("The visits have no dates"), self.tr(
                    "Their studies state none, so their order is unknown. Give the visits a date "
                    "in the library (Ctrl+1)."
                )

    # Hands

    def _tell(self, gesture: str, *facts: object) -> None:
        if self._gestures is not None:
            getattr(self._gestures, gesture)(*facts)

    def _choose_visit(self, uid: str, panel: Panel) -> None:
        if uid != self._uids[panel]:
            self._tell("choose_visit", panel, uid)

    def _drag_window(self, panel: Panel, window: Window) -> None:
        self._tell("set_window", panel, window)

    def _write_report(self) -> None:
        uid = self._uids[Panel.LATER]
        if uid is not None:
            self._tell("write_report", uid)

    def _show_clinical(self) -> None:
        uid = self._uids[Panel.LATER]
        if uid is not None:
            self._tell("show_clinical", uid)

    def _toggle_lock(self, checked: bool) -> None:
        """Ask for it; the button shows what is in force."""
        self.lock.setChecked(not checked)
        self._tell("lock_windows", checked)

    def _toggle_class(self, name: SegmentClass) -> None:
        self._tell("set_overlay", replace(self._overlay, hidden=self._overlay.hidden ^ {name}))

    def _fit(self) -> None:
        self._tell("zoom", FITTED_MM, (0.0, 0.0))

    def _enlarge(self, panel: Panel) -> None:
        """Give one panel all the room, or both their half again."""
        self._large = panel if self._large is None else None
        for each, shown in self.panels.items():
            shown.setVisible(self._large in (None, each))
        self.panels[panel].canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Slices, visits and masks."""
        if self._gap is not None or not self._press(event):
            event.ignore()

    def _press(self, event: QKeyEvent) -> bool:
        """Do what a key means; whether it means anything."""
        key = Qt.Key(event.key())
        plain = not event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if not plain:
            return False
        if key in _STEPS:
            self._tell("step", _STEPS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go_to_end(last=key == Qt.Key.Key_End)
        elif key in _VISITS:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._go_to_visit(Panel.EARLIER if shift else Panel.LATER, _VISITS[key])
        elif key == Qt.Key.Key_Escape:
            self._go_back()
        elif key == Qt.Key.Key_Space:
            self._hold_masks(True)
        else:
            return self._press_overlay(key)
        return True

    def _press_overlay(self, key: Qt.Key) -> bool:
        overlay = self._overlay
        if key == Qt.Key.Key_S:
            wanted = replace(overlay, shown=not overlay.shown)
        elif key == Qt.Key.Key_O:
            filled = overlay.drawing is Drawing.FILL
            wanted = replace(overlay, drawing=Drawing.OUTLINE if filled else Drawing.FILL)
        elif key in _OPACITY:
            low, high = OPACITIES
            opacity = min(max(overlay.opacity + _OPACITY[key], low), high)
            wanted = replace(overlay, opacity=round(opacity, 2))
        else:
            return False
        if wanted != overlay:
            self._tell("set_overlay", wanted)
        return True

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Masks come back."""
        if event.key() != Qt.Key.Key_Space:
            event.ignore()
        elif not event.isAutoRepeat():
            self._hold_masks(False)

    def _hold_masks(self, held: bool) -> None:
        for panel in self.panels.values():
            panel.canvas.hold_masks(held)

    def _go_to_end(self, last: bool) -> None:
        if self._link is not None:
            self._tell("slide", self._link.range_mm[1 if last else 0])

    def _go_to_visit(self, panel: Panel, steps: int) -> None:
        uid = neighbour(self._visits, panel, self._uids, steps)
        if uid is not None:
            self._tell("choose_visit", panel, uid)

    def _go_back(self) -> None:
        """Drop a gesture, else make both panels equal again, else fit."""
        dropped = [panel.canvas.cancel_gesture() for panel in self.panels.values()]
        if any(dropped):
            return
        if self._large is not None:
            self._enlarge(self._large)
        else:
            self._fit()
