"""A clinical index to choose, and treatments, beside the scores on one axis of dates."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from app.clinical_state import ClinicalTrendShown
from app.views._strip_layout import StripAxis
from app.views.clinical_fields import Answers
from app.views.clinical_strip import ClinicalStrip
from app.views.clinical_words import change_words, plotted_name, point_words
from app.views.labels import label
from app.views.layouts import STRETCH, column, row
from app.views.person_words import BETWEEN
from app.views.trend_chart import TrendChart
from hipdesk.clinical_trend import IndexLine, Plotted
from hipdesk.records import Side


class ClinicalTrend(QWidget):
    """Shows a `ClinicalTrendShown` under a chart of scores; hidden where nothing is recorded.

    Parameters
    ----------
    chart : whose axis of dates it takes
    """

    chosen = Signal(object)
    """The `Plotted` that the reader wants."""

    def __init__(self, chart: TrendChart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chart = chart
        self._shown = ClinicalTrendShown()
        self._side = Side.RIGHT
        self._title = label(kind="small")
        self.choice = Answers()
        self.strip = ClinicalStrip()
        self.said = label(kind="small", wrap=True)
        head = row(self._title, self.choice, STRETCH)
        self.setLayout(column(head, self.strip, self.said, gap=1 / 2))
        self.choice.activated.connect(self._choose)
        chart.axisDrawn.connect(self._follow_axis)
        self.retranslate()
        self._fill()

    def show_trend(self, shown: ClinicalTrendShown) -> None:
        """Another patient, index or record."""
        if shown != self._shown:
            self._shown = shown
            self._fill()

    def show_side(self, side: Side) -> None:
        """Which hip is drawn strongly, and told of."""
        self._side = side
        self.strip.show_side(side)
        self._say()

    def retranslate(self) -> None:
        """Write the words in the language in force."""
        self._title.setText(self.tr("Clinical"))
        self.choice.setAccessibleName(self.tr("Clinical index"))
        self._fill()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def _fill(self) -> None:
        shown = self._shown
        with QSignalBlocker(self.choice):
            self.choice.clear()
            for plotted in shown.choices:
                self.choice.addItem(plotted_name(plotted), plotted.value)
            if shown.plotted is not None:
                self.choice.setCurrentIndex(self.choice.findData(shown.plotted.value))
        for part in (self._title, self.choice):
            part.setVisible(bool(shown.choices))
        self.strip.show_trend(shown)
        self._say()
        self.setVisible(bool(shown.choices or shown.bars))

    def _say(self) -> None:
        """The newest figure of the patient or the chosen hip, and how it moved."""
        plotted = self._shown.plotted
        lines = [line for line in self._shown.lines if line.side in (None, self._side)]
        words = [] if plotted is None else [_newest(plotted, line) for line in lines]
        outside = self._outside()
        if outside:
            words.append(
                self.tr("Treatments outside the time shown: {names}.").format(
                    names=", ".join(outside)
                )
            )
        self.said.setText("\n".join(words))
        self.said.setVisible(bool(words))

    def _outside(self) -> list[str]:
        days = self._chart.days
        if days is None:
            return []
        return [bar.label for bar in self._shown.bars if not bar.within(*days)]

    def _follow_axis(self) -> None:
        days = self._chart.days
        if days is None:
            return
        left, right = self._chart.span
        self.strip.show_axis(StripAxis(left, right, *days, self._chart.across))
        self._say()

    def _choose(self, _at: int) -> None:
        self.chosen.emit(Plotted(self.choice.currentData()))


def _newest(plotted: Plotted, line: IndexLine) -> str:
    said = point_words(plotted, line.side, line.points[-1])
    if not line.changes:
        return said
    return BETWEEN.join((said, change_words(plotted, line.changes[-1])))
