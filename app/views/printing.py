"""Pages on paper: as large as they are, or smaller where the paper is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QMarginsF, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QWidget

from app.state import Pages

MM_PER_INCH: Final = 25.4
RGB: Final = 3


def ask_and_print(pages: Pages, parent: QWidget) -> bool:
    """Let the user choose a printer, and print there.

    Returns
    -------
    whether anything was printed
    """
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    lay_out(printer)
    dialog = QPrintDialog(printer, parent)
    dialog.setWindowTitle(QCoreApplication.translate("printing", "Print the report"))
    dialog.setOption(QPrintDialog.PrintDialogOption.PrintPageRange)
    dialog.setMinMax(1, len(pages.pictures))
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    dialog.deleteLater()
    if not accepted:
        return False
    QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        return paint_pages(pages, printer)
    finally:
        QGuiApplication.restoreOverrideCursor()


def lay_out(printer: QPrinter) -> None:
    """Upright A4 from edge to edge: the pages bring their own margins."""
    printer.setFullPage(True)
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    printer.setPageOrientation(QPageLayout.Orientation.Portrait)
    printer.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)


def paint_pages(pages: Pages, printer: QPrinter) -> bool:
    """Paint pages at their own size, in the middle of the paper, one on each sheet.

    A page is made smaller where the paper is smaller, never larger, and keeps
    its shape. The printer's page range counts.

    Returns
    -------
    whether there was anything to paint and the printer took it
    """
    chosen = chosen_pages(len(pages.pictures), printer.fromPage(), printer.toPage())
    if not chosen:
        return False
    painter = QPainter()
    if not painter.begin(printer):
        return False
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    paper = QRectF(printer.paperRect(QPrinter.Unit.DevicePixel))
    paper.moveTo(0.0, 0.0)
    taken = True
    for number in chosen:
        if number != chosen[0]:
            taken = taken and printer.newPage()
        picture = pages.pictures[number]
        painter.drawImage(
            place_on(paper, picture, pages.dpi, printer.resolution()), image_of(picture)
        )
    return painter.end() and taken


def chosen_pages(count: int, first: int, last: int) -> range:
    """Indices of the pages to print; 0 and 0 are a printer's words for all."""
    return range(max(first - 1, 0), min(last, count) if last > 0 else count)


def place_on(paper: QRectF, picture: NDArray[np.uint8], dpi: float, resolution: float) -> QRectF:
    """Where a page goes on the paper, in the printer's pixels.

    Parameters
    ----------
    paper : from the paper's edge
    picture : uint8 (rows, columns, 3)
    dpi : of the picture
    resolution : of the printer, in pixels per inch
    """
    rows, columns = picture.shape[:2]
    wide, high = (pixels / dpi * resolution for pixels in (columns, rows))
    scale = min(1.0, paper.width() / wide, paper.height() / high)
    placed = QRectF(0.0, 0.0, wide * scale, high * scale)
    placed.moveCenter(paper.center())
    return placed


def image_of(picture: NDArray[np.uint8]) -> QImage:
    """A picture for painting; it shares the array's memory and must not outlive it."""
    rows, columns = picture.shape[:2]
    whole = np.ascontiguousarray(picture)
    return QImage(whole.data, columns, rows, RGB * columns, QImage.Format.Format_RGB888)
