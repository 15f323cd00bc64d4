"""One slice on screen: image, outlines, letters; and what hands do on it.

The canvas paints by itself. Measured at 512 x 512 with the same picture and
outlines, a step takes no longer than in pyqtgraph's view, letters included (2.7
against 4.5 ms, 95 % below 4.8 against 8.4), and no range is negotiated: what is on
screen is one transform, mirrored or not, that image, outlines, frames and the
pointer all share. The signal stays as it is; a window is looked up when the visible
part is painted.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.brush_state import Brush, FreshStroke, Painting
from app.state import CropFrame, Overlay, Tool
from app.views import _canvas_labels as labels
from app.views._canvas_brush import draw_ring, draw_strokes
from app.views._canvas_geometry import Frame, Sight, fitted, whole
from app.views._canvas_gestures import (
    LEAST_HEIGHT_MM,
    TALLEST,
    ZOOM_PX,
    Drag,
    Held,
    Notches,
    dragged_window,
    wheel_zoom,
)
from app.views._canvas_ghost import GHOST_INK, GhostPaths
from app.views._canvas_outlines import OutlinePaths, draw_outlines
from hipdesk.display import PictureBox, SlicePicture
from hipdesk.overlay import Window
from hipdesk.records import FloatArray, Side

if TYPE_CHECKING:
    from hipdesk.ghost import Ghost

GHOST_RADIUS_MM = 24.0
"""Of the circle that shows where a head would be placed: an adult's."""

STALE_OPACITY = 0.35
"""Of outlines that are about to be replaced, beside others."""

ROOMY_PX = 48 * theme.SPACE
"""From this width on, window and zoom are written too."""

FRAME_INK = theme.DARK.colour("text")
MOVABLE_INK = theme.DARK.colour("link")
WORKING_INK = theme.DARK.colour("caution")
PLACING = {Tool.PLACE_RIGHT: Side.RIGHT, Tool.PLACE_LEFT: Side.LEFT}

Edges = tuple[str, str, str, str]


class SliceCanvas(QWidget):
    """Shows one `SlicePicture`; tells gestures by signals, which no setter sends.

    Parameters
    ----------
    paths : outlines already turned into paths; canvases of the same pictures share them
    """

    sliceStepped = Signal(int)
    """Slices to go on, from the wheel."""
    windowDragged = Signal(object)
    """The new `Window`, (centre, width)."""
    sightChanged = Signal(object)
    """The new `Sight` after zooming or panning; it is already on screen."""
    pointed = Signal(float, float)
    """Picture point (x, y) that a placing tool was clicked on."""
    frameMoved = Signal(object, float, float)
    """Side and picture points (dx, dy) that a crop's frame was dragged by."""
    painted = Signal(object, bool)
    """Picture points that the brush passed, and whether it erased."""
    resized = Signal()
    doubleClicked = Signal()
    menuAsked = Signal(QPoint)
    """A right click, in global pixels."""

    def __init__(self, paths: OutlinePaths | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paths = paths or OutlinePaths()
        self._picture: SlicePicture | None = None
        self._window: Window = (0.5, 1.0)
        self._limits = (0.0, 1.0)
        self._overlay = Overlay()
        self._masks_held = False
        self._part: PictureBox | None = None
        self._sight: Sight | None = None
        self._mirrored = False
        self._frames: tuple[CropFrame, ...] = ()
        self._stale: frozenset[Side] = frozenset()
        self._beside: tuple[SliceCanvas, ...] = ()
        self._tool = Tool.WINDOW
        self._brush = Brush()
        self._fresh: tuple[FreshStroke, ...] = ()
        self._ghost: GhostPaths | None = None
        self._ghost_words = ""
        self._caption: tuple[str, str] = ("", "")
        self._place = ""
        self._sentence = ""
        self._held: Held | None = None
        self._pointer: QPointF | None = None
        self._notches = Notches()
        self._grey: NDArray[np.uint8] | None = None
        self._by_keyboard = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(16 * theme.SPACE, 12 * theme.SPACE)

    # What is shown

    def show_picture(self, picture: SlicePicture | None) -> None:
        """Another slice; what is looked at stays, unless the pictures' grid changes."""
        if picture is self._picture:
            return
        if not _same_grid(picture, self._picture):
            self._sight = None
            self._held = None
        self._picture = picture
        self.update()

    def show_window(self, window: Window, limits: tuple[float, float]) -> None:
        """Levels of the image, and the signal's limits that a drag is measured by."""
        self._limits = limits
        if window != self._window:
            self._window = window
            self.update()

    def show_overlay(self, overlay: Overlay) -> None:
        """How masks are drawn."""
        if overlay != self._overlay:
            self._overlay = overlay
            self.update()

    def hold_masks(self, held: bool) -> None:
        """Hide the masks for as long as a key is held."""
        if held != self._masks_held:
            self._masks_held = held
            self.update()

    def show_part(self, part: PictureBox | None) -> None:
        """Fit a part of the picture; None fits all of it."""
        if part != self._part:
            self._part = part
            self._sight = None
            self.update()

    def fit_view(self) -> None:
        """Zoom and pan as at the beginning."""
        if self._sight is not None:
            self._sight = None
            self.update()

    def show_sight(self, sight: Sight) -> None:
        """Look at a given place from a given distance, until told otherwise."""
        if sight != self._sight:
            self._sight = sight
            self.update()

    def set_mirrored(self, mirrored: bool) -> None:
        """Show everything as in a mirror, letters at their own sides."""
        if mirrored != self._mirrored:
            self._mirrored = mirrored
            self.update()

    def show_frames(self, frames: tuple[CropFrame, ...]) -> None:
        """The hips' frames on this slice."""
        if frames != self._frames:
            self._frames = frames
            self.update()

    def show_stale(self, sides: frozenset[Side]) -> None:
        """Dim the outlines of hips that are being done again."""
        if sides != self._stale:
            self._stale = sides
            self.update()

    def share_bar(self, beside: tuple[SliceCanvas, ...]) -> None:
        """Choose the scale bar together with these, so that all show the same one."""
        self._beside = beside

    def show_tool(self, tool: Tool) -> None:
        """What the left button does from now on."""
        if tool is not self._tool:
            self._tool = tool
            self._held = None
            self._follow_pointer()
            self.update()

    def show_painting(self, painting: Painting) -> None:
        """What the brush does, and the strokes that the outlines do not show yet."""
        if (painting.brush, painting.fresh) != (self._brush, self._fresh):
            self._brush, self._fresh = painting.brush, painting.fresh
            self.update()

    def show_ghost(self, ghost: Ghost | None, words: str = "") -> None:
        """Another visit's outlines beside the masks, and what they are; None for none."""
        if ghost is not (None if self._ghost is None else self._ghost.ghost):
            self._ghost = None if ghost is None else GhostPaths(ghost)
            self.update()
        if words != self._ghost_words:
            self._ghost_words = words
            self.update()

    def set_caption(self, title: str, detail: str = "") -> None:
        """Words at the top left."""
        if (title, detail) != self._caption:
            self._caption = title, detail
            self.update()

    def set_place(self, place: str) -> None:
        """Where the slice lies, under its number."""
        if place != self._place:
            self._place = place
            self.update()

    def set_sentence(self, sentence: str) -> None:
        """What is said where there is no picture."""
        if sentence != self._sentence:
            self._sentence = sentence
            self.update()

    def cancel_gesture(self) -> bool:
        """Drop a gesture that is under way, telling nobody; whether there was one."""
        if self._held is None:
            return False
        self._held = None
        self._follow_pointer()
        self.update()
        return True

    # What is asked

    @property
    def picture(self) -> SlicePicture | None:
        """The slice on screen."""
        return self._picture

    @property
    def ghost_words(self) -> str:
        """What is written of another visit's outlines; empty without them."""
        return "" if self._ghost is None else self._ghost_words

    @property
    def window_levels(self) -> Window:
        """(centre, width) on screen."""
        return self._window

    @property
    def mirrored(self) -> bool:
        """Whether right and left change places."""
        return self._mirrored

    @property
    def sight(self) -> Sight:
        """What is looked at now."""
        return self._frame().sight

    @property
    def edges(self) -> Edges:
        """Patient directions at the canvas' (top, bottom, left, right)."""
        if self._picture is None:
            return ("", "", "", "")
        top, bottom, left, right = self._picture.edges
        return (top, bottom, right, left) if self._mirrored else (top, bottom, left, right)

    def to_canvas(self, x: float, y: float) -> QPointF:
        """Canvas pixel of a picture point."""
        return self._frame().to_canvas(x, y)

    def to_picture(self, pixel: QPointF) -> tuple[float, float]:
        """Picture point under a canvas pixel."""
        return self._frame().to_picture(pixel)

    def sizeHint(self) -> QSize:
        """Any size does; this is a modest one."""
        return QSize(40 * theme.SPACE, 32 * theme.SPACE)

    def _frame(self) -> Frame:
        pixel_mm = (1.0, 1.0) if self._picture is None else self._picture.pixel_mm
        width, height = float(max(self.width(), 1)), float(max(self.height(), 1))
        sight = self._sight or fitted(self._box(), width, height, pixel_mm)
        return Frame(sight, width, height, pixel_mm, self._mirrored)

    def _box(self) -> PictureBox:
        if self._part is not None:
            return self._part
        return whole(*((1, 1) if self._picture is None else self._picture.image.shape))

    @property
    def bar(self) -> tuple[float, str]:
        """Length in canvas pixels and words of the scale bar."""
        beside = (each.width() for each in self._beside if each.isVisible())
        width = min((self.width(), *beside)) - 2 * theme.SPACE
        return labels.bar_for(self._frame().px_per_mm, width)

    # Painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let those beside choose their scale bar anew."""
        super().resizeEvent(event)
        self.resized.emit()
        for each in self._beside:
            each.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Image, masks, frames, words: from the back to the front."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = QRectF(self.rect()).adjusted(*_inset(theme.SPACE))
        if self._picture is None:
            labels.draw_sentence(painter, inside, self._sentence)
        else:
            frame = self._frame()
            self._paint_image(painter, self._picture, frame)
            self._paint_outlines(painter, self._picture, frame)
            if self._ghost is not None and not self._masks_held:
                self._ghost.draw(painter, self._picture.index, frame.transform())
            self._paint_strokes(painter, self._picture, frame)
            self._paint_frames(painter, frame)
            self._paint_head(painter, frame)
            self._paint_ring(painter, frame)
            self._paint_words(painter, self._picture, frame, inside)
            if self._tool is Tool.MOVE_CROP and not self._frames:
                labels.draw_hint(painter, inside, self._no_crop_words())
        self._paint_caption(painter, inside)
        self._paint_focus(painter)
        painter.end()

    def _paint_image(self, painter: QPainter, picture: SlicePicture, frame: Frame) -> None:
        """The visible part of the image, windowed."""
        top, bottom, left, right = frame.visible(*picture.image.shape)
        if top >= bottom or left >= right:
            return
        grey = grey_levels(picture.image[top:bottom, left:right], self._window)
        self._grey = grey
        rows, columns = grey.shape
        image = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setTransform(frame.transform(), True)
        painter.drawImage(QRectF(left - 0.5, top - 0.5, columns, rows), image)
        painter.restore()

    def _paint_outlines(self, painter: QPainter, picture: SlicePicture, frame: Frame) -> None:
        if self._masks_held or not self._overlay.shown:
            return
        transform = frame.transform()
        dimmed = replace(self._overlay, opacity=STALE_OPACITY * self._overlay.opacity)
        for side, outlines in picture.outlines.items():
            overlay = dimmed if side in self._stale else self._overlay
            draw_outlines(painter, self._paths.of(outlines), transform, overlay)

    def _paint_frames(self, painter: QPainter, frame: Frame) -> None:
        for each in self._frames:
            rect = frame.rect(self._dragged_box(each, frame))
            movable = each.movable and self._tool is Tool.MOVE_CROP
            ink = _frame_ink(each, movable)
            line = QPen(ink, 1.5 if movable or each.working else 1.0)
            if each.working:
                line.setStyle(Qt.PenStyle.DashLine)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(labels.HALO, 3.0), line):
                painter.setPen(pen)
                painter.drawRect(rect)
            at = rect.topLeft() + QPointF(theme.HALF, theme.SMALL_PX + theme.HALF)
            for number, words in enumerate(self.frame_lines(each)):
                below = QPointF(0.0, number * (theme.SMALL_PX + theme.HALF))
                labels.write(painter, at + below, words, theme.SMALL_PX, ink=ink)

    def frame_lines(self, frame: CropFrame) -> tuple[str, ...]:
        """Words on a frame, and on the outlines in it."""
        words = self.frame_words(frame)
        stale = frame.working and frame.side in self._stale
        return (words, self.tr("dimmed: earlier outlines")) if stale else (words,)

    def frame_words(self, frame: CropFrame) -> str:
        """What is written on a frame."""
        hip = self._hip_words(frame.side)
        return self.tr("{0}: being done again…").format(hip) if frame.working else hip

    def _no_crop_words(self) -> str:
        return self.tr(
            "No crop on this slice; go to a slice of the hip, or place the head with R or L."
        )

    def _paint_head(self, painter: QPainter, frame: Frame) -> None:
        """Where a head would be placed."""
        side = PLACING.get(self._tool)
        if side is None or self._pointer is None:
            return
        radius = GHOST_RADIUS_MM * frame.px_per_mm
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(labels.HALO, 3.0), QPen(MOVABLE_INK, 1.5)):
            painter.setPen(pen)
            painter.drawEllipse(self._pointer, radius, radius)
        at = self._pointer + QPointF(radius + theme.SPACE, theme.HALF)
        labels.write(painter, at, self._hip_words(side), theme.SMALL_PX, ink=MOVABLE_INK)

    def _paint_strokes(self, painter: QPainter, picture: SlicePicture, frame: Frame) -> None:
        """Strokes on this slice that the outlines do not show yet, the one under way last."""
        strokes = [each for each in self._fresh if each.index == picture.index]
        held = self._held
        if held is not None and held.drag is Drag.PAINT:
            brush = replace(self._brush, erases=held.erases)
            strokes.append(FreshStroke(picture.index, tuple(held.path), brush))
        draw_strokes(painter, frame, tuple(strokes))

    def _paint_ring(self, painter: QPainter, frame: Frame) -> None:
        """The brush under the pointer."""
        if self._tool is Tool.BRUSH and self._pointer is not None:
            held = self._held
            erases = self._brush.erases if held is None else held.erases
            draw_ring(painter, frame, self._pointer, replace(self._brush, erases=erases))

    def _paint_words(
        self, painter: QPainter, picture: SlicePicture, frame: Frame, inside: QRectF
    ) -> None:
        labels.draw_edges(painter, inside, self.edges)
        lift = 0.0
        if self.width() >= ROOMY_PX:
            lines = self._picture_lines(frame)
            labels.draw_block(painter, inside, labels.Corner.BOTTOM_RIGHT, lines)
            lift = labels.block_height(len(lines)) + theme.HALF
        number = labels.Line(f"{picture.index + 1} / {picture.of}", bold=True)
        lines = (number, *((labels.Line(self._place),) if self._place else ()))
        labels.draw_block(painter, inside, labels.Corner.BOTTOM_LEFT, lines)
        labels.draw_bar(painter, inside, self.bar, lift)

    def _picture_lines(self, frame: Frame) -> tuple[labels.Line, ...]:
        """Window and zoom in words."""
        centre, width = self._window
        zoom = 100.0 * frame.scale[1]
        return (
            labels.Line(self.tr("Zoom {0} %").format(f"{zoom:.0f}")),
            labels.Line(self.tr("W {0}  C {1}").format(f"{width:.4g}", f"{centre:.4g}")),
        )

    def _paint_caption(self, painter: QPainter, inside: QRectF) -> None:
        title, detail = self._caption
        lines = tuple(
            labels.Line(words, bold) for words, bold in ((title, True), (detail, False)) if words
        )
        if self._picture is not None and self.ghost_words:
            lines += (labels.Line(self.ghost_words, ink=GHOST_INK),)
        labels.draw_block(painter, inside, labels.Corner.TOP_LEFT, lines)
        if self._mirrored:
            labels.draw_chip(painter, inside, self.tr("MIRRORED"))

    def _paint_focus(self, painter: QPainter) -> None:
        """A ring where the keyboard brought the focus here."""
        if self.hasFocus() and self._by_keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.DARK.colour("focus"), 2.0))
            painter.drawRect(QRectF(self.rect()).adjusted(*_inset(1)))

    def _hip_words(self, side: Side) -> str:
        return self.tr("R hip") if side is Side.RIGHT else self.tr("L hip")

    # Hands

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Slices; with Ctrl, zoom about the pointer."""
        event.accept()
        if self._picture is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            factor = wheel_zoom(event.angleDelta(), event.pixelDelta())
            self._zoom(factor, event.position(), self._frame())
            return
        steps = self._notches.steps(event.angleDelta(), event.pixelDelta())
        if steps:
            self.sliceStepped.emit(steps)

    def event(self, event: QEvent) -> bool:
        """Pinching on a touchpad zooms."""
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch:
            self._zoom(1.0 + event.value(), event.position(), self._frame())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin what this button does."""
        if self._picture is None or self._held is not None:
            return
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        drag = self._drag_of(event.button(), event.position(), alt)
        if drag is None:
            return
        frame = self._movable_at(event.position()) if drag is Drag.FRAME else None
        self._held = Held(drag, event.position(), self._window, self.sight, frame)
        if drag is Drag.PAINT:
            held_down = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._held.erases = self._brush.erases or held_down
            self._held.path.append(self.to_picture(event.position()))
            self.update()
        self._follow_pointer()

    def _drag_of(self, button: Qt.MouseButton, at: QPointF, alt: bool) -> Drag | None:
        """What a button does here; with Alt, the left one windows beside the brush."""
        if button == Qt.MouseButton.MiddleButton:
            return Drag.PAN
        if button == Qt.MouseButton.RightButton:
            return Drag.ZOOM
        if button != Qt.MouseButton.LeftButton:
            return None
        if self._tool is Tool.MOVE_CROP:
            return Drag.FRAME if self._movable_at(at) is not None else None
        if self._tool is Tool.BRUSH and not alt:
            return Drag.PAINT
        return Drag.POINT if self._tool in PLACING else Drag.WINDOW

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with it."""
        self._pointer = event.position()
        if self._held is None:
            self._follow_pointer()
        else:
            self._go_on(self._held, event.position())
        if self._tool in PLACING or self._tool is Tool.BRUSH:
            self.update()

    def _go_on(self, held: Held, at: QPointF) -> None:
        way = held.way(at)
        if held.drag is Drag.WINDOW:
            window = dragged_window(held.window, self._limits, way)
            if window != self._window:
                self.windowDragged.emit(window)
        elif held.drag is Drag.PAN:
            self._look(self._frame_at(held.sight).panned(way.x(), way.y()))
        elif held.drag is Drag.ZOOM and held.moved:
            self._zoom(math.exp(-way.y() * ZOOM_PX), held.start, self._frame_at(held.sight))
        elif held.drag is Drag.PAINT:
            held.path.append(self.to_picture(at))
            self.update()
        elif held.drag is Drag.FRAME:
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End it; tools tell what they did only now."""
        held, self._held = self._held, None
        if held is None:
            return
        way = held.way(event.position())
        self._follow_pointer()
        self.update()
        if held.drag is Drag.FRAME and held.frame is not None and held.moved:
            across, down = self._frame().scale
            self.frameMoved.emit(held.frame.side, way.x() / across, way.y() / down)
        elif held.drag is Drag.PAINT:
            self.painted.emit(tuple(held.path), held.erases)
        elif held.drag is Drag.POINT and not held.moved:
            self.pointed.emit(*self.to_picture(event.position()))
        elif held.drag is Drag.ZOOM and not held.moved:
            self.menuAsked.emit(event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for more room; tools take it as two clicks."""
        if event.button() == Qt.MouseButton.LeftButton and self._tool is Tool.WINDOW:
            self._held = None
            self.doubleClicked.emit()
        else:
            self.mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu by key; by mouse it comes when the button goes up."""
        event.accept()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self._picture is not None:
            self.menuAsked.emit(self.mapToGlobal(self.rect().center()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        self._pointer = None
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring where the keyboard came."""
        self._by_keyboard = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        )
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys are the workspace's."""
        event.ignore()

    def _frame_at(self, sight: Sight) -> Frame:
        return replace(self._frame(), sight=sight)

    def _zoom(self, factor: float, about: QPointF, frame: Frame) -> None:
        """Enlarge within reason, keeping what lies under a pixel."""
        fit = fitted(self._box(), frame.width, frame.height, frame.pixel_mm).height_mm
        wanted = frame.sight.height_mm / max(factor, 1e-3)
        height = min(max(wanted, min(LEAST_HEIGHT_MM, fit)), TALLEST * fit)
        self._look(frame.zoomed(frame.sight.height_mm / height, about))

    def _look(self, sight: Sight) -> None:
        if sight == self.sight:
            return
        self._sight = sight
        self.update()
        self.sightChanged.emit(sight)

    def _dragged_box(self, frame: CropFrame, seen: Frame) -> PictureBox:
        """A crop's box, under the pointer while it is dragged."""
        held = self._held
        if held is None or held.frame != frame or self._pointer is None:
            return frame.box
        way = held.way(self._pointer)
        across, down = seen.scale
        return replace(frame.box, x=frame.box.x + way.x() / across, y=frame.box.y + way.y() / down)

    def hip_at(self, at: QPointF) -> Side | None:
        """The hip whose frame lies under a pixel."""
        frame = self._frame_under(at, self._frames)
        return None if frame is None else frame.side

    def _movable_at(self, at: QPointF | None) -> CropFrame | None:
        """The movable frame under a pixel."""
        movable = tuple(each for each in self._frames if each.movable)
        return None if at is None else self._frame_under(at, movable)

    def _frame_under(self, at: QPointF, frames: tuple[CropFrame, ...]) -> CropFrame | None:
        """The frame under a pixel; of two, the one whose middle is nearer."""
        seen = self._frame()
        under = [
            ((seen.rect(each.box).center() - at).manhattanLength(), each.side, each)
            for each in frames
            if seen.rect(each.box).contains(at)
        ]
        return min(under)[2] if under else None

    def _follow_pointer(self) -> None:
        """The cursor says what the left button would do."""
        shape = Qt.CursorShape.ArrowCursor
        if self._held is not None and self._held.drag in (Drag.FRAME, Drag.PAN):
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._tool in PLACING or self._tool is Tool.BRUSH:
            shape = Qt.CursorShape.CrossCursor
        elif self._tool is Tool.MOVE_CROP and self._movable_at(self._pointer) is not None:
            shape = Qt.CursorShape.OpenHandCursor
        if self.cursor().shape() != shape:
            self.setCursor(shape)


def _frame_ink(frame: CropFrame, movable: bool) -> QColor:
    if frame.working:
        return WORKING_INK
    return MOVABLE_INK if movable else FRAME_INK


def grey_levels(image: FloatArray, window: Window) -> NDArray[np.uint8]:
    """Grey levels of a part of a slice: `hipdesk.overlay.windowed` at a third of its cost.

    Parameters
    ----------
    window : (centre, width), width positive
    """
    centre, width = window
    slope = np.float32(255.0 / width)
    level = np.multiply(image, slope, order="C")
    level += np.float32(0.5 + 255.0 * (0.5 - centre / width))
    np.clip(level, 0.0, 255.0, out=level)
    return level.astype(np.uint8)


def _same_grid(first: SlicePicture | None, second: SlicePicture | None) -> bool:
    if first is None or second is None:
        return first is second
    return (first.image.shape, first.pixel_mm) == (second.image.shape, second.pixel_mm)


def _inset(px: float) -> tuple[float, float, float, float]:
    return px, px, -px, -px
