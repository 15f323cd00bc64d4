from __future__ import annotations

import io
import math
import threading
import time
from functools import lru_cache
from typing import ClassVar

import numpy as np
import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from hipdesk.adapters._pdf_style import MARGIN, PAGE_HEIGHT, PAGE_WIDTH
from hipdesk.adapters.pdf_pages import PdfPages, page_pictures
from hipdesk.adapters.report_pdf import to_pdf
from hipdesk.errors import BugError, OutputError
from hipdesk.overlay import LINE_STYLES
from hipdesk.records import SegmentClass
from hipdesk.report import build_report
from tests.report_factory import NOW, make_analysis, make_history


@lru_cache(maxsize=1)
def report_content() -> bytes:
    analysis, volume = make_analysis()
    return to_pdf(build_report(analysis, volume, make_history(), now=NOW))


def coloured(pages: int = 1) -> bytes:
    """Pages of 2 x 1 inch: a red, a green and a blue third, the page's number in grey levels."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(144, 72))
    for number in range(pages):
        for third, colour in enumerate(((1, 0, 0), (0, 1, 0), (0, 0, 1))):
            canvas.setFillColorRGB(*colour)
            canvas.rect(third * 48, 36, 48, 36, stroke=0, fill=1)
        canvas.setFillGray(number / 10)
        canvas.rect(0, 0, 72, 36, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


@pytest.mark.parametrize("dpi", [50.0, 96.0, 150.0])
def test_a_page_of_the_report_is_as_large_as_its_paper(dpi: float) -> None:
    pages = PdfPages(report_content())
    assert len(pages) == 3
    picture = pages.picture(0, dpi)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert picture.shape == (
        math.ceil(PAGE_HEIGHT * dpi / 72),
        math.ceil(PAGE_WIDTH * dpi / 72),
        3,
    )


def test_the_report_s_margins_are_white_and_its_middle_is_not() -> None:
    for picture in page_pictures(report_content(), 72.0):
        border = int(MARGIN / 2)
        for margin in (
            picture[:border],
            picture[-int(border / 2) :],
            picture[:, :border],
            picture[:, -border:],
        ):
            assert margin.min() == 255
        assert picture[60:, int(MARGIN) : -int(MARGIN)].min() < 60


def test_the_report_s_palette_keeps_its_colours() -> None:
    """The key images' orange is there, and not with red and blue exchanged."""
    pixels = np.concatenate([p.reshape(-1, 3) for p in page_pictures(report_content(), 150.0)])
    orange = np.asarray(LINE_STYLES[SegmentClass.BME].colour)
    near, swapped = (
        (np.abs(pixels.astype(int) - colour).max(axis=1) < 12).sum()
        for colour in (orange, orange[::-1])
    )
    assert near > 50
    assert near > 20 * swapped


def test_red_green_and_blue_come_in_this_order() -> None:
    picture = PdfPages(coloured()).picture(0, 72.0)
    assert picture.shape == (72, 144, 3)
    assert picture[10, 20].tolist() == [255, 0, 0]
    assert picture[10, 70].tolist() == [0, 255, 0]
    assert picture[10, 120].tolist() == [0, 0, 255]
    # PDF counts from the bottom: below are black and paper.
    assert picture[60, 20].tolist() == [0, 0, 0]
    assert picture[60, 120].tolist() == [255, 255, 255]


def test_every_page_is_its_own() -> None:
    pictures = page_pictures(coloured(4), 36.0)
    greys = [int(picture[30, 10, 0]) for picture in pictures]
    assert greys == pytest.approx([0, 25.5, 51, 76.5], abs=1)


@pytest.mark.parametrize("number", [-1, 3])
def test_a_page_that_is_not_there_is_our_bug(number: int) -> None:
    with pytest.raises(BugError):
        PdfPages(report_content()).picture(number, 72.0)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"\0" * 1000, b"no PDF at all"])
def test_a_damaged_file_is_told(content: bytes) -> None:
    with pytest.raises(OutputError, match="make the report again"):
        PdfPages(content)


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=40))
def test_damage_anywhere_gives_pictures_or_our_error(at: int, junk: bytes) -> None:
    content = bytearray(coloured())
    at %= len(content)
    content[at : at + len(junk)] = junk
    try:
        pictures = page_pictures(bytes(content), 20.0)
    except OutputError:
        return
    assert all(picture.ndim == 3 for picture in pictures)


class CountedDocument(pdfium.PdfDocument):
    """Counts the documents that are open at the same time."""

    now: ClassVar[int] = 0
    most: ClassVar[int] = 0

    def __init__(self, content: bytes) -> None:
        CountedDocument.now += 1
        CountedDocument.most = max(CountedDocument.most, CountedDocument.now)
        time.sleep(0.002)
        super().__init__(content)

    def close(self) -> None:
        super().close()
        CountedDocument.now -= 1


def test_threads_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """PDFium is called by one thread at a time, and each gets its own page."""
    monkeypatch.setattr(pdfium, "PdfDocument", CountedDocument)
    pages, other = PdfPages(report_content()), PdfPages(coloured(3))
    expected = [(pages.picture(n, 40.0), other.picture(n, 40.0)) for n in range(3)]
    right: list[bool] = []

    def draw(number: int) -> None:
        for _ in range(5):
            made = pages.picture(number, 40.0), other.picture(number, 40.0)
            right.append(all(map(np.array_equal, made, expected[number])))

    threads = [threading.Thread(target=draw, args=(number,)) for number in (0, 1, 2, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 20
    assert CountedDocument.most == 1
    assert CountedDocument.now == 0
