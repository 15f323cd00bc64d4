"""Report -> PDF: A4 pages with selectable text, vector charts and embedded fonts."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reportlab.pdfgen.canvas import Canvas

from hipdesk.adapters._pdf_pages import Block, blocks
from hipdesk.adapters._pdf_style import (
    BODY,
    GREY,
    INK,
    LEADING,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    SMALL,
    UNIT,
    WIDTH,
    rule,
    text,
)
from hipdesk.adapters._pdf_text import fit, width, wrap
from hipdesk.adapters.whole_file import write_file
from hipdesk.report import RESEARCH_ONLY, Report

TOP: Final = PAGE_HEIGHT - 64.0
BOTTOM: Final = 56.0
NEARLY_EMPTY: Final = 0.4
"""A last page filled less than this share takes some of the page before it."""

IMAGE_HEIGHTS: Final = (160.0, 144.0, 128.0, 112.0)
"""Heights of key images, the best first."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block with its top and the height it is given."""

    block: Block
    y: float
    height: float


def write_pdf(report: Report, path: Path) -> None:
    """Write a report; an older file of that name is replaced once the new one is whole.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    write_file(path, to_pdf(report))


def to_pdf(report: Report) -> bytes:
    """The report as the bytes of a PDF file."""
    pages = _smallest(report)
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), pageCompression=1)
    canvas.setTitle(report.title)
    canvas.setCreator("HipDesk")
    canvas.setSubject(RESEARCH_ONLY)
    for number, page in enumerate(pages, start=1):
        _frame(canvas, report, number, len(pages))
        for placed in page:
            placed.block.draw(canvas, placed.y, placed.height)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _smallest(report: Report) -> list[list[_Placed]]:
    """The fewest pages, with the largest key images that keep to them."""
    every = min((blocks(report, high) for high in IMAGE_HEIGHTS), key=lambda b: len(_place(b)))
    return _balanced(every, _place(every))


def _balanced(every: list[Block], pages: list[list[_Placed]]) -> list[list[_Placed]]:
    """The same number of pages, the last one not left nearly empty."""
    last = pages[-1]
    if len(pages) < 2 or last[-1].y - last[-1].height < TOP - NEARLY_EMPTY * (TOP - BOTTOM):
        return pages
    opening = next((placed.block for placed in pages[-2][1:] if placed.block.may_open), None)
    if opening is None:
        return pages
    other = _place(every, opening)
    return other if len(other) == len(pages) else pages


def _place(every: list[Block], opening: Block | None = None) -> list[list[_Placed]]:
    """Blocks onto pages, top to bottom; those that may stretch take what a page has left."""
    pages: list[list[_Placed]] = [[]]
    y = TOP
    for i, block in enumerate(every):
        gap = block.gap if pages[-1] else 0.0
        full = y - gap - block.height < BOTTOM
        if pages[-1] and (full or block is opening):
            pages.append(_headed(block))
            y, gap = TOP - sum(placed.height for placed in pages[-1]), 0.0
        height = _stretched(block, y - gap - BOTTOM, every[i + 1 : i + 2])
        pages[-1].append(_Placed(block, y - gap, height))
        y -= gap + height
    return pages


def _headed(block: Block) -> list[_Placed]:
    """What opens a page above a block: the heading again, inside a section that flows on."""
    again = block.continued
    return [] if again is None else [_Placed(again, TOP, again.height)]


def _stretched(block: Block, room: float, following: list[Block]) -> float:
    """Height of a block: stretched where the next one will not fit below it anyway."""
    if not block.most:
        return block.height
    if following and following[0].gap + following[0].height <= room - block.height:
        return block.height
    return min(block.most, room)


def _frame(canvas: Canvas, report: Report, number: int, of: int) -> None:
    """What every page carries: program, status, patient, purpose, page."""
    y = PAGE_HEIGHT - 36.0
    end = text(canvas, MARGIN, y, "HipDesk", BODY, bold=True)
    end = text(canvas, end + UNIT, y, report.title, BODY, colour=GREY)
    wide = _status(canvas, y, report.status, MARGIN + WIDTH - end - 4 * UNIT)
    room = WIDTH - wide - 4 * UNIT
    if number == 1:
        text(canvas, MARGIN, y - 13, fit(report.clinic, SMALL, room), SMALL, bold=True)
    else:
        who = fit(report.patient_name, SMALL, 0.6 * room, bold=True)
        end = text(canvas, MARGIN, y - 13, who, SMALL, bold=True)
        study = fit(report.study_day, SMALL, MARGIN + room - end - UNIT)
        text(canvas, end + UNIT, y - 13, study, SMALL, colour=GREY)
    _foot(canvas, report, number, of)


def _status(canvas: Canvas, y: float, status: str, room: float) -> float:
    """The status in a box at the upper right, on two lines at most; the width of its words."""
    lines = wrap(status, BODY, room, bold=True, most_lines=2)
    wide = max(width(line, BODY, bold=True) for line in lines)
    low = y - 5 - (len(lines) - 1) * LEADING[BODY]
    canvas.setStrokeColorRGB(*INK)
    canvas.setLineWidth(0.75)
    canvas.setDash()
    left = MARGIN + WIDTH - wide - 2 * UNIT
    canvas.roundRect(left, low, wide + 2 * UNIT, y + 2 * UNIT - 5 - low, 2, stroke=1, fill=0)
    for i, line in enumerate(lines):
        right = MARGIN + WIDTH - UNIT
        text(canvas, right, y - i * LEADING[BODY], line, BODY, bold=True, anchor="end")
    return wide


def _foot(canvas: Canvas, report: Report, number: int, of: int) -> None:
    rule(canvas, MARGIN, 44.0, WIDTH)
    text(canvas, MARGIN, 33.0, RESEARCH_ONLY, SMALL, bold=True)
    page = f"page {number} of {of}"
    text(canvas, MARGIN + WIDTH, 33.0, page, SMALL, anchor="end")
    text(canvas, MARGIN, 22.0, f"Patient ID {report.patient_id}", SMALL, colour=GREY)
    room = WIDTH - width(f"Patient ID {report.patient_id}", SMALL) - 2 * UNIT
    if room > 0:
        made = fit(report.footer, SMALL, room)
        text(canvas, MARGIN + WIDTH, 22.0, made, SMALL, anchor="end", colour=GREY)
