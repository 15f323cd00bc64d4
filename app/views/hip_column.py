"""One hip beside the slice: its crop, and the verdict on it below."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from app.brush_state import Painting
from app.state import CropView, HipPanel, Tool
from app.views._canvas_outlines import OutlinePaths
from app.views.labels import core_sentence
from app.views.layouts import column
from app.views.slice_canvas import SliceCanvas
from app.views.verdict_bar import VerdictBar
from hipdesk.records import Side


class HipColumn(QWidget):
    """Crop and verdict bar of one side."""

    def __init__(self, side: Side, paths: OutlinePaths, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.side = side
        self._crop: CropView | None = None
        self._panel: HipPanel | None = None
        self._tool = Tool.WINDOW
        self._painting = Painting()
        self.canvas = SliceCanvas(paths)
        self.verdict = VerdictBar(side)
        layout = column(self.canvas, self.verdict, gap=0)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.retranslate()

    def show_crop(self, crop: CropView) -> None:
        """Another picture, part, mirroring or reason."""
        if crop != self._crop:
            self._crop = crop
            self._sync()

    def show_hip(self, panel: HipPanel) -> None:
        """Where the hip stands."""
        self.verdict.show_hip(panel)
        if panel != self._panel:
            self._panel = panel
            self._sync()

    def show_painting(self, painting: Painting) -> None:
        """The brush; its strokes only where the crop is of the slice on screen."""
        self._painting = painting
        self._sync()

    def show_tool(self, tool: Tool) -> None:
        """Heads are placed and outlines painted here too, on the slice that is on screen."""
        self._tool = tool
        self._sync()

    def retranslate(self) -> None:
        """Say everything in the language in force."""
        self.verdict.retranslate()
        self._sync()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange:
            self._sync()
        super().changeEvent(event)

    @property
    def words(self) -> str:
        """Whose hip it is."""
        return self.tr("Right hip") if self.side is Side.RIGHT else self.tr("Left hip")

    def _sync(self) -> None:
        crop = self._crop
        elsewhere = crop is not None and crop.elsewhere
        detail = self.tr("other series") if elsewhere else ""
        if self._panel is not None and self._panel.stale:
            detail = self.tr("dimmed: earlier outlines")
        self.canvas.set_caption(self.words, detail)
        self.canvas.setAccessibleName(self.words)
        self.canvas.set_sentence(self._reason())
        placing = self._tool not in (Tool.WINDOW, Tool.MOVE_CROP) and not elsewhere
        self.canvas.show_tool(self._tool if placing else Tool.WINDOW)
        self.canvas.show_painting(Painting() if elsewhere else self._painting)
        if crop is None or crop.box is None:
            self.canvas.show_picture(None)
            self.canvas.set_mirrored(False)
            return
        self.canvas.show_part(crop.box)
        self.canvas.set_mirrored(crop.mirrored)
        self.canvas.show_picture(crop.picture)

    def _reason(self) -> str:
        """Why there is no picture."""
        said = (self._crop.reason if self._crop else "") or (
            self._panel.reason if self._panel and not self._panel.found else ""
        )
        return core_sentence(said)
