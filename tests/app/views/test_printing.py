"""Pages on paper: real sizes, shape kept, one page a sheet; looked at in a printed PDF."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPageLayout, QPageSize
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.state import Pages
from app.views import printing
from app.views.printing import ask_and_print, chosen_pages, lay_out, paint_pages, place_on

DPI = 60.0
A4_PX = (702, 496)
"""210 x 297 mm at 60 dots per inch, in whole pixels."""
RED, GREEN, BLUE = (220, 30, 30), (20, 160, 60), (30, 60, 220)


def page(colour: tuple[int, int, int]) -> np.ndarray:
    """White paper with a block from 1 to 3 inches across and 2 to 5 inches down."""
    picture = np.full((*A4_PX, 3), 255, np.uint8)
    picture[120:300, 60:180] = colour
    return picture


@pytest.fixture
def pages() -> Pages:
    return Pages(tuple(page(c) for c in (RED, GREEN, BLUE)), datetime.now(UTC), DPI)


def pdf_printer(path: Path, resolution: int = 300) -> QPrinter:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(path))
    printer.setResolution(resolution)
    lay_out(printer)
    return printer


def printed(path: Path, dpi: float = 72.0) -> tuple[list[np.ndarray], list[tuple[float, float]]]:
    """Pictures and sizes in millimetres of a PDF's pages."""
    document = pdfium.PdfDocument(path)
    try:
        sizes = [tuple(each * 25.4 / 72 for each in sheet.get_size()) for sheet in document]
        pictures = [
            np.array(sheet.render(scale=dpi / 72, rev_byteorder=True).to_numpy()[..., :3])
            for sheet in document
        ]
    finally:
        document.close()
    return pictures, sizes


def block(picture: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """First and last + 1 row and column of a colour."""
    found = np.abs(picture.astype(int) - colour).max(axis=-1) < 40
    rows, columns = np.nonzero(found)
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def test_pages_are_printed_at_their_own_size(
    qapp: QApplication, pages: Pages, tmp_path: Path
) -> None:
    path = tmp_path / "printed.pdf"
    assert paint_pages(pages, pdf_printer(path))
    pictures, sizes = printed(path)
    assert len(pictures) == 3
    for picture, size, colour in zip(pictures, sizes, (RED, GREEN, BLUE), strict=True):
        assert size == pytest.approx((210, 297), abs=0.5)
        # At 72 dots per inch: 2 to 5 inches down, 1 to 3 across.
        assert block(picture, colour) == pytest.approx((144, 360, 72, 216), abs=2)


def test_only_the_chosen_pages_are_printed(
    qapp: QApplication, pages: Pages, tmp_path: Path
) -> None:
    path = tmp_path / "printed.pdf"
    printer = pdf_printer(path)
    printer.setFromTo(2, 2)
    assert paint_pages(pages, printer)
    pictures, _ = printed(path)
    assert len(pictures) == 1
    assert block(pictures[0], GREEN)[0] == pytest.approx(144, abs=2)


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [(0, 0, [0, 1, 2]), (2, 3, [1, 2]), (1, 99, [0, 1, 2]), (4, 5, [])],
)
def test_page_ranges(first: int, last: int, wanted: list[int]) -> None:
    assert list(chosen_pages(3, first, last)) == wanted


def test_smaller_paper_shrinks_a_page_and_keeps_its_shape(
    qapp: QApplication, pages: Pages, tmp_path: Path
) -> None:
    path = tmp_path / "printed.pdf"
    printer = pdf_printer(path)
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A5))
    assert paint_pages(pages, printer)
    pictures, sizes = printed(path)
    assert sizes[0] == pytest.approx((148, 210), abs=0.5)
    top, bottom, left, right = block(pictures[0], RED)
    assert (bottom - top) / (right - left) == pytest.approx(216 / 144, abs=0.03)
    assert bottom - top == pytest.approx(216 * 210 / 297, abs=2)


def test_larger_paper_does_not_enlarge() -> None:
    paper = QRectF(0, 0, 11.69 * 300, 16.54 * 300)  # A3
    placed = place_on(paper, page(RED), DPI, 300.0)
    assert (placed.width(), placed.height()) == pytest.approx((496 * 5, 702 * 5))
    assert placed.center() == paper.center()


def test_nothing_to_print_prints_nothing(qapp: QApplication, tmp_path: Path) -> None:
    path = tmp_path / "printed.pdf"
    assert not paint_pages(Pages((), datetime.now(UTC), DPI), pdf_printer(path))
    assert not path.exists()


@pytest.mark.parametrize("accepted", [True, False])
def test_the_user_is_asked_first(
    qtbot: QtBot, pages: Pages, monkeypatch: pytest.MonkeyPatch, accepted: bool
) -> None:
    painted: list[QPrinter] = []
    asked: list[tuple[int, int]] = []

    def answer(dialog: QPrintDialog) -> int:
        asked.append((dialog.minPage(), dialog.maxPage()))
        return int(accepted)

    monkeypatch.setattr(QPrintDialog, "exec", answer)
    monkeypatch.setattr(
        printing, "paint_pages", lambda _, printer: bool(painted.append(printer)) or True
    )
    parent = QWidget()
    qtbot.addWidget(parent)
    assert ask_and_print(pages, parent) is accepted
    assert asked == [(1, 3)]
    assert len(painted) == accepted
    if painted:
        layout = painted[0].pageLayout()
        assert layout.pageSize().id() == QPageSize.PageSizeId.A4
        assert layout.orientation() == QPageLayout.Orientation.Portrait
    qtbot.waitUntil(lambda: not parent.findChildren(QPrintDialog))
