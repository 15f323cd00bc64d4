"""The report as blocks: what each draws and how high it is."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reportlab.lib.utils import ImageReader

from hipdesk.adapters._pdf_charts import draw_chart
from hipdesk.adapters._pdf_clinical import bars_height, draw_bars, draw_index
from hipdesk.adapters._pdf_style import (
    BODY,
    GREY,
    INK,
    LARGE,
    LEADING,
    MARGIN,
    PANEL,
    SMALL,
    UNIT,
    WIDTH,
    class_sample,
    rule,
    text,
)
from hipdesk.adapters._pdf_text import MISSING, Canvas, fit, lacks_letters, wrap
from hipdesk.adapters.pictures import burn_in, jpeg, slice_marks
from hipdesk.clinical_trend import TreatmentBar
from hipdesk.overlay import LINE_STYLES, RGB
from hipdesk.records import SegmentClass
from hipdesk.report import (
    NO_IMPRESSION,
    Fact,
    FindingRow,
    KeyImage,
    Report,
    Signature,
    SliceCell,
    SliceRow,
)
from hipdesk.report_course import COURSE_BASIS, CourseRow, HipCourse
from hipdesk.report_trend import IndexChart, Trend
from hipdesk.wording import CLASS_WORDS, NO_VALUE

Draw = Callable[[Canvas, float, float], None]
"""Draws a block on a canvas below a y, in a height that may exceed the block's own."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page that is not broken.

    Attributes
    ----------
    height : points it needs
    gap : free space above it, unless it opens a page
    most : points it may be stretched to where a page ends after it
    may_open : a good place to begin the last page, were that nearly empty
    continued : what stands above it where it opens a page in the middle of its section
    """

    height: float
    draw: Draw
    gap: float = 0.0
    most: float = 0.0
    may_open: bool = False
    continued: Block | None = None


FINDING_ROW: Final = 13.0
SLICE_ROW: Final = 11.0
CHART_HEIGHT: Final = 104.0
COLUMN: Final = (WIDTH - 2 * UNIT) / 2
"""Width of one of two charts beside each other."""

Bars = tuple[TreatmentBar, ...]
RULED: Final = 3 * UNIT
IMPRESSION_LEAST: Final = 96.0
IMPRESSION_MOST: Final = 280.0
LABEL_WIDTH: Final = 104.0
BULLET: Final = "\N{EN DASH}"


def blocks(report: Report, image_height: float) -> list[Block]:
    """Every block of a report in reading order, key images so many points high."""
    return [
        _patient(report),
        *_missing_letters(report),
        _grid("Acquisition", report.acquisition),
        *_findings(report),
        *_sentences("Warnings", report.notices or ("No warnings.",), plain=not report.notices),
        *_impression(report),
        *_images(report, image_height),
        *_trend(report),
        *_courses(report),
        *_slices(report),
        *_disclosure(report),
    ]


def _heading(canvas: Canvas, y: float, words: str, beside: str = "") -> float:
    """A section's title under a line, and a remark at its right; the y below it."""
    rule(canvas, MARGIN, y, WIDTH, INK, 0.75)
    end = text(canvas, MARGIN, y - 12, words, BODY, bold=True)
    if beside:
        room = WIDTH - (end - MARGIN) - UNIT
        shown = fit(beside, SMALL, room)
        text(canvas, MARGIN + WIDTH, y - 12, shown, SMALL, anchor="end", colour=GREY)
    return y - HEADING


HEADING: Final = 2.5 * UNIT


def _lines(
    canvas: Canvas, x: float, y: float, lines: Sequence[str], size: float, bold: bool = False
) -> None:
    """Lines of text below ``y``."""
    for i, line in enumerate(lines):
        text(canvas, x, y - size - i * LEADING[size], line, size, bold)


def _patient(report: Report) -> Block:
    name = wrap(report.patient_name, LARGE, WIDTH, bold=True, most_lines=3)
    cells, rows = _cells(report.identity)
    height = len(name) * LEADING[LARGE] + UNIT + sum(rows)

    def paint(canvas: Canvas, y: float, _: float) -> None:
        _lines(canvas, MARGIN, y, name, LARGE, bold=True)
        _paint_cells(canvas, y - len(name) * LEADING[LARGE] - UNIT, cells, rows)

    return Block(height, paint)


MISSING_NOTE: Final = (
    f"{MISSING} stands for a character this report's fonts lack; result.json has it."
)
MISSING_WORDS_NOTE: Final = (
    f"{MISSING} in the reader's words stands for a character this report's fonts lack; the "
    "program shows it."
)


def _missing_letters(report: Report) -> Iterator[Block]:
    """A note where the file's or the reader's own words hold letters that cannot be printed."""
    facts = (fact.value for fact in (*report.identity, *report.acquisition))
    stated = (report.patient_name, report.patient_id, *facts, *report.notices)
    if any(map(lacks_letters, stated)):
        yield from _notes((MISSING_NOTE,))
    readers = (signature.reader for signature in report.signatures)
    if any(map(lacks_letters, (report.impression, *readers))):
        yield from _notes((MISSING_WORDS_NOTE,))


COLUMNS: Final = 4
_Cell = tuple[str, tuple[str, ...]]


def _cells(facts: Sequence[Fact]) -> tuple[list[_Cell], list[float]]:
    """Facts wrapped into four columns, and the heights of their rows."""
    room = WIDTH / COLUMNS - UNIT
    cells = [(fact.label, wrap(fact.value, BODY, room)) for fact in facts]
    rows = [
        LEADING[SMALL] + max(len(lines) for _, lines in cells[i : i + COLUMNS]) * LEADING[BODY] + 6
        for i in range(0, len(cells), COLUMNS)
    ]
    return cells, rows


def _paint_cells(canvas: Canvas, y: float, cells: list[_Cell], rows: list[float]) -> None:
    for i, (label, lines) in enumerate(cells):
        x = MARGIN + (i % COLUMNS) * WIDTH / COLUMNS
        top = y - sum(rows[: i // COLUMNS])
        text(canvas, x, top - SMALL, label, SMALL, colour=GREY)
        _lines(canvas, x, top - LEADING[SMALL], lines, BODY)


def _grid(title: str, facts: Sequence[Fact]) -> Block:
    cells, rows = _cells(facts)

    def paint(canvas: Canvas, y: float, _: float) -> None:
        _paint_cells(canvas, _heading(canvas, y, title), cells, rows)

    return Block(HEADING + sum(rows), paint, gap=2 * UNIT)


VALUE_RIGHT: Final = (WIDTH - 208.0, WIDTH - 96.0, WIDTH - 8.0)
"""Where the right, left and both hips' figures end."""


def _findings(report: Report) -> Iterator[Block]:
    rows = report.findings
    height = HEADING + (len(rows) + 1) * FINDING_ROW

    def paint(canvas: Canvas, y: float, _: float) -> None:
        y = _heading(canvas, y, "Findings per hip", f"Origin: {report.made_by_ai}")
        for place, words in zip(VALUE_RIGHT, ("Right hip", "Left hip", "Both hips"), strict=True):
            text(canvas, MARGIN + place, y - 9, words, SMALL, anchor="end", colour=GREY)
        for i, row in enumerate(rows, start=1):
            _finding(canvas, y - i * FINDING_ROW, row)

    yield Block(height, paint, gap=2 * UNIT)
    if report.reasons:
        yield from _sentences("", report.reasons)


def _finding(canvas: Canvas, y: float, row: FindingRow) -> None:
    """One line of the findings, its top at ``y``."""
    if row.main:
        canvas.setFillColorRGB(*PANEL)
        canvas.rect(MARGIN, y - FINDING_ROW, WIDTH, FINDING_ROW, stroke=0, fill=1)
    rule(canvas, MARGIN, y - FINDING_ROW, WIDTH)
    base = y - FINDING_ROW + 3.8
    indent = UNIT / 2 if row.main else 1.5 * UNIT
    text(canvas, MARGIN + indent, base, row.label, BODY, row.main)
    for place, value in zip(VALUE_RIGHT, (row.right, row.left, row.both), strict=True):
        shown = f"{value} {row.unit}" if row.unit and value not in ("", NO_VALUE) else value
        text(canvas, MARGIN + place, base, shown, BODY, row.main, anchor="end")


def _sentences(title: str, sentences: Sequence[str], plain: bool = False) -> Iterator[Block]:
    """Sentences as a list, each a block of its own; the title stays with the first."""
    indent = 0.0 if plain else 1.5 * UNIT
    for i, sentence in enumerate(sentences):
        lines = wrap(sentence, BODY, WIDTH - indent)
        headed = title if i == 0 else ""
        height = len(lines) * LEADING[BODY] + 2 + (HEADING if headed else 0)
        yield Block(height, _sentence(headed, lines, indent), gap=_gap(i, title))


def _gap(position: int, title: str) -> float:
    """Space above a sentence of a list: wide above a titled list's first."""
    return 0.0 if position else 2 * UNIT if title else UNIT


def _sentence(title: str, lines: Sequence[str], indent: float) -> Draw:
    def paint(canvas: Canvas, y: float, _: float) -> None:
        y = _heading(canvas, y, title) if title else y
        if indent:
            text(canvas, MARGIN, y - BODY, BULLET, BODY, colour=GREY)
        _lines(canvas, MARGIN + indent, y, lines, BODY)

    return paint


IMPRESSION: Final = "Reader's impression"
NOT_THE_PROGRAM: Final = "By the reader, not by the program"
BAR: Final = 2.0
"""Weight of the line beside the reader's words, which nothing of the program's has."""


def _impression(report: Report) -> Iterator[Block]:
    """The reader's own part: their words and signature, or room for them."""
    if not report.impression and not report.signatures:
        yield _room_for_the_reader()
        return
    words = report.impression or NO_IMPRESSION
    room = WIDTH - 2 * UNIT
    lines = [line for part in words.splitlines() for line in wrap(part, BODY, room)]
    # Two lines stay together at either end of a page.
    parts = [lines] if len(lines) < 2 * TOGETHER else _together(lines)
    for i, part in enumerate(parts):
        yield _words(part, report.signatures if i == len(parts) - 1 else None, first=i == 0)


TOGETHER: Final = 2


def _together(lines: list[str]) -> list[list[str]]:
    """Single lines, the first and the last ones not alone."""
    middle = [[line] for line in lines[TOGETHER:-TOGETHER]]
    return [lines[:TOGETHER], *middle, lines[-TOGETHER:]]


def _words(lines: Sequence[str], signatures: Sequence[Signature] | None, first: bool) -> Block:
    """Some of the reader's lines; the last of them with the signatures, or room for one."""
    signed = [] if signatures is None else [_signed(each) for each in signatures] or [_UNSIGNED]
    text_height = len(lines) * LEADING[BODY] + (4 if first else 0)
    height = text_height + sum(row.height for row in signed)

    def paint(canvas: Canvas, y: float, _: float) -> None:
        if first:
            y = _heading(canvas, y, IMPRESSION, NOT_THE_PROGRAM)
        _bar(canvas, y, height)
        _lines(canvas, MARGIN + 1.5 * UNIT, y - (4 if first else 0), lines, BODY)
        y -= text_height
        for row in signed:
            row.draw(canvas, y, row.height)
            y -= row.height

    continued = None if first else Block(HEADING, _continued)
    around = (HEADING if first else 0) + (UNIT if signed else 0)
    return Block(height + around, paint, gap=2 * UNIT if first else 0, continued=continued)


def _continued(canvas: Canvas, y: float, _: float) -> None:
    _heading(canvas, y, f"{IMPRESSION}, continued", NOT_THE_PROGRAM)


def _bar(canvas: Canvas, y: float, height: float) -> None:
    """The line beside the reader's words."""
    canvas.setStrokeColorRGB(*INK)
    canvas.setLineWidth(BAR)
    canvas.setDash()
    canvas.line(MARGIN + BAR / 2, y, MARGIN + BAR / 2, y - height)


SIGNED_COLUMNS: Final = ((0.0, "Reader"), (0.42, "Signature"), (0.72, "Date"))


def _signed(signature: Signature) -> Block:
    """A signature: who, for which hips, when."""
    values = (signature.reader, f"signed electronically, {signature.hips}", signature.when)
    starts = [share * WIDTH for share, _ in SIGNED_COLUMNS]
    ends = [*starts[1:], WIDTH - UNIT]
    cells = [
        wrap(value, BODY, end - start - 2 * UNIT)
        for value, start, end in zip(values, starts, ends, strict=True)
    ]
    height = UNIT + LEADING[SMALL] + max(map(len, cells)) * LEADING[BODY]

    def paint(canvas: Canvas, y: float, _: float) -> None:
        for (share, label), lines in zip(SIGNED_COLUMNS, cells, strict=True):
            x = MARGIN + 1.5 * UNIT + share * WIDTH
            text(canvas, x, y - UNIT - SMALL, label, SMALL, colour=GREY)
            _lines(canvas, x, y - UNIT - LEADING[SMALL], lines, BODY)

    return Block(height, paint)


def _unsigned(canvas: Canvas, y: float, height: float) -> None:
    """Room for a signature by hand."""
    rule(canvas, MARGIN + 1.5 * UNIT, y - height + LEADING[SMALL], WIDTH - 1.5 * UNIT, GREY)
    for share, label in SIGNED_COLUMNS:
        x = MARGIN + 1.5 * UNIT + share * WIDTH
        text(canvas, x, y - height + 2, label, SMALL, colour=GREY)


_UNSIGNED: Final = Block(RULED + LEADING[SMALL], _unsigned)


def _room_for_the_reader() -> Block:
    """Lines and a frame, to be written on by hand."""

    def paint(canvas: Canvas, y: float, height: float) -> None:
        top = _heading(canvas, y, IMPRESSION, NOT_THE_PROGRAM)
        bottom = y - height
        canvas.setStrokeColorRGB(*GREY)
        canvas.setLineWidth(0.75)
        canvas.rect(MARGIN, bottom, WIDTH, top - bottom, stroke=1, fill=0)
        line = top - RULED
        while line > bottom + RULED + 2:
            rule(canvas, MARGIN + UNIT, line, WIDTH - 2 * UNIT)
            line -= RULED
        for share, label in ((0.0, "Reader"), (0.42, "Signature"), (0.78, "Date")):
            text(canvas, MARGIN + UNIT + share * WIDTH, bottom + 6, label, SMALL, colour=GREY)

    return Block(IMPRESSION_LEAST, paint, gap=2 * UNIT, most=IMPRESSION_MOST)


def _images(report: Report, height: float) -> Iterator[Block]:
    """A row a slice: without overlay, with overlay, its figures; one legend above all."""
    images = report.key_images
    if not images:
        yield from _sentences("Key images", (report.no_masks,), plain=True)
        return
    for i, image in enumerate(images):
        extra = HEADING + 2 * UNIT if i == 0 else 0.0
        yield Block(height + extra, _image_row(image, height, first=i == 0), UNIT)


def _image_row(image: KeyImage, height: float, first: bool) -> Draw:
    def paint(canvas: Canvas, y: float, _: float) -> None:
        if first:
            y = _heading(canvas, y, "Key images", "Without and with the program's outlines")
            _classes(canvas, y - SMALL)
            y -= 2 * UNIT
        wide = height * image.bare.shape[1] / image.bare.shape[0]
        wide = min(wide, (WIDTH - 2 * UNIT - LABEL_WIDTH) / 2)
        _picture(canvas, MARGIN, y - height, wide, height, image, image.bare)
        _picture(canvas, MARGIN + wide + UNIT, y - height, wide, height, image, image.overlaid)
        x = MARGIN + 2 * (wide + UNIT) + UNIT / 2
        _lines(canvas, x, y, (f"{image.side.word.capitalize()} hip",), BODY, bold=True)
        shown = (f"Slice {image.number} of {image.of}", *image.lines)
        room = MARGIN + WIDTH - x
        wrapped = [line for words in shown for line in wrap(words, SMALL, room)]
        _lines(canvas, x, y - LEADING[BODY] - 4, wrapped, SMALL)

    return paint


def _picture(
    canvas: Canvas, x: float, y: float, wide: float, high: float, image: KeyImage, pixels: RGB
) -> None:
    """A labelled picture fitted into a frame, its pixels square, black around it."""
    marks = slice_marks(image.side, image.number, image.of)
    labelled = burn_in(pixels, marks, image.edges)
    scale = min(wide / labelled.shape[1], high / labelled.shape[0])
    shown = (labelled.shape[1] * scale, labelled.shape[0] * scale)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.rect(x, y, wide, high, stroke=0, fill=1)
    reader = ImageReader(io.BytesIO(jpeg(labelled)))
    canvas.drawImage(reader, x + (wide - shown[0]) / 2, y + (high - shown[1]) / 2, *shown)


def _classes(canvas: Canvas, y: float) -> None:
    """The legend of outlines."""
    x = MARGIN
    shown = [
        name for name in reversed(list(LINE_STYLES)) if name is not SegmentClass.PROXIMAL_FEMUR
    ]
    for name in shown:
        bones = name is SegmentClass.ACETABULUM
        words = "Acetabulum, proximal femur" if bones else CLASS_WORDS[name]
        x = class_sample(canvas, x, y, name, words) + 2 * UNIT


def _trend(report: Report) -> Iterator[Block]:
    trend = report.trend
    charts, days = trend.charts, trend.days
    if not charts or days is None:
        yield from _sentences("Trend over visits", trend.sentences)
        yield from _clinical(trend, COLUMN)
        return
    wide = COLUMN
    bars = bars_height(MARGIN, wide, days, trend.bars)
    height = HEADING + 2 * CHART_HEIGHT + UNIT + bars

    def paint(canvas: Canvas, y: float, _: float) -> None:
        y = _heading(canvas, y, "Trend over visits", "Filled: this study")
        for column, pair in enumerate(charts):
            x = MARGIN + column * (wide + 2 * UNIT)
            for row, chart in enumerate(pair):
                bottom = y - (row + 1) * CHART_HEIGHT - row * UNIT
                draw_chart(canvas, x, bottom, wide, CHART_HEIGHT, chart, days)
            draw_bars(canvas, x, y - 2 * CHART_HEIGHT - UNIT, wide, days, trend.bars)

    yield Block(height, paint, gap=2 * UNIT)
    yield from _notes(trend.sentences)
    yield from _clinical(trend, wide)


def _clinical(trend: Trend, wide: float) -> Iterator[Block]:
    """Clinical indices on the same dates, two beside each other; treatments under the first."""
    days, charts = trend.days, trend.clinical
    if days is None or not charts:
        yield from _notes(trend.clinical_sentences)
        return
    bars: Bars = () if trend.charts else trend.bars
    high = bars_height(MARGIN, wide, days, bars)

    def row(canvas: Canvas, y: float, pair: Sequence[IndexChart], bars: Bars) -> None:
        for column, chart in enumerate(pair):
            x = MARGIN + column * (wide + 2 * UNIT)
            draw_index(canvas, x, y - CHART_HEIGHT, wide, CHART_HEIGHT, chart, days)
            draw_bars(canvas, x, y - CHART_HEIGHT, wide, days, bars)

    def first(canvas: Canvas, y: float, _: float) -> None:
        beside = "Open: below the laboratory's limit"
        row(canvas, _heading(canvas, y, "Clinical record over visits", beside), charts[:2], bars)

    def later(at: int) -> Draw:
        return lambda canvas, y, _: row(canvas, y, charts[at : at + 2], ())

    yield Block(HEADING + CHART_HEIGHT + high, first, gap=2 * UNIT)
    for at in range(2, len(charts), 2):
        yield Block(CHART_HEIGHT, later(at), gap=UNIT)
    yield from _notes(trend.clinical_sentences)


COURSE_RIGHT: Final = (WIDTH - 296.0, WIDTH - 216.0, WIDTH - 128.0, WIDTH - 8.0)
"""Where new, resolved and persistent volumes and the residual end."""

COURSE_TITLES: Final = ("New, mL", "Resolved, mL", "Persistent, mL", "Residual")


def _courses(report: Report) -> Iterator[Block]:
    """Lesions since an earlier visit, hip by hip; nothing where no visits were aligned."""
    if not report.courses:
        return
    shown = [course for course in report.courses if course.rows]
    said = [each for course in report.courses for each in course.sentences]
    if not shown:
        yield from _sentences(COURSE_HEADING, said)
        return
    for i, course in enumerate(shown):
        yield _course(course, first=i == 0)
    yield from _notes((*said, COURSE_BASIS))


COURSE_HEADING: Final = "Lesions since an earlier visit"


def _course(course: HipCourse, first: bool) -> Block:
    """One hip's table; the section's title stands above the first."""
    head = HEADING if first else 0.0
    height = head + (1 + len(course.rows)) * FINDING_ROW

    def paint(canvas: Canvas, y: float, _: float) -> None:
        y = _heading(canvas, y, COURSE_HEADING) if first else y
        text(canvas, MARGIN, y - 9, course.title, SMALL, colour=GREY)
        for place, words in zip(COURSE_RIGHT, COURSE_TITLES, strict=True):
            text(canvas, MARGIN + place, y - 9, words, SMALL, anchor="end", colour=GREY)
        for i, row in enumerate(course.rows, start=1):
            _course_row(canvas, y - i * FINDING_ROW, row)

    return Block(height, paint, gap=2 * UNIT if first else UNIT)


def _course_row(canvas: Canvas, y: float, row: CourseRow) -> None:
    """One lesion, its top at ``y``."""
    rule(canvas, MARGIN, y - FINDING_ROW, WIDTH)
    base = y - FINDING_ROW + 3.8
    text(canvas, MARGIN + UNIT / 2, base, row.lesion, BODY)
    figures = (row.new, row.resolved, row.persistent, row.residual)
    for place, figure in zip(COURSE_RIGHT, figures, strict=True):
        text(canvas, MARGIN + place, base, figure, BODY, anchor="end")


def _notes(sentences: Sequence[str]) -> Iterator[Block]:
    """Small print, each sentence a block."""
    for i, sentence in enumerate(sentences):
        lines = wrap(sentence, SMALL, WIDTH)
        yield Block(len(lines) * LEADING[SMALL] + 1, _note(lines), gap=4 if i == 0 else 0)


def _note(lines: Sequence[str]) -> Draw:
    def paint(canvas: Canvas, y: float, _: float) -> None:
        for i, line in enumerate(lines):
            text(canvas, MARGIN, y - SMALL - i * LEADING[SMALL], line, SMALL, colour=GREY)

    return paint


SIDE_WIDTH: Final = (WIDTH - 32.0) / 2
SLICE_COLUMNS: Final = (
    ("Head mm²", 110.0),
    ("BME mm²", 149.0),
    ("Eff. mm²", 185.0),
    ("U", 214.0),
    ("A", 238.0),
)
"""Titles of a hip's columns and where they end; the status starts at 0."""


def _slices(report: Report) -> Iterator[Block]:
    rows = report.slices
    if not rows:
        yield from _sentences("Slices", (report.no_masks,), plain=True)
        return
    height = HEADING + (len(rows) + 2) * SLICE_ROW

    def paint(canvas: Canvas, y: float, _: float) -> None:
        y = _heading(canvas, y, "Slices", "U, A: a slice's term of the score")
        _slice_titles(canvas, y)
        for i, row in enumerate(rows):
            _slice_row(canvas, y - (i + 2) * SLICE_ROW, row)

    yield Block(height, paint, gap=2 * UNIT, may_open=True)
    yield from _notes(report.slice_notes)


def _side_lefts() -> tuple[float, float]:
    """Where the right and the left hip's columns start."""
    return MARGIN + 32.0, MARGIN + 32.0 + SIDE_WIDTH


def _slice_titles(canvas: Canvas, y: float) -> None:
    text(canvas, MARGIN + 4, y - 1.7 * SLICE_ROW, "Slice", SMALL, colour=GREY)
    for x, hip in zip(_side_lefts(), ("Right hip", "Left hip"), strict=True):
        text(canvas, x + UNIT, y - 0.8 * SLICE_ROW, hip, SMALL, bold=True)
        for title, right in SLICE_COLUMNS:
            text(canvas, x + right, y - 1.7 * SLICE_ROW, title, SMALL, anchor="end", colour=GREY)


def _slice_row(canvas: Canvas, y: float, row: SliceRow) -> None:
    """One slice, its top at ``y``; what does not count is grey."""
    rule(canvas, MARGIN, y, WIDTH)
    base = y - SLICE_ROW + 3
    text(canvas, MARGIN + 24, base, str(row.number), SMALL, bold=True, anchor="end")
    for x, cell in zip(_side_lefts(), (row.right, row.left), strict=True):
        _slice_cell(canvas, x, base, cell)


def _slice_cell(canvas: Canvas, x: float, base: float, cell: SliceCell) -> None:
    colour = INK if cell.counted else GREY
    text(canvas, x + UNIT, base, cell.status, SMALL, colour=colour)
    figures = (cell.head_mm2, cell.bme_mm2, cell.effusion_mm2, cell.u, cell.a)
    for (_, right), figure in zip(SLICE_COLUMNS, figures, strict=True):
        text(canvas, x + right, base, figure, SMALL, anchor="end", colour=colour)


def _disclosure(report: Report) -> Iterator[Block]:
    """How the figures were made, and what they cannot tell."""
    room = WIDTH - LABEL_WIDTH
    facts = [(fact.label, wrap(fact.value, SMALL, room)) for fact in report.disclosure]
    limits = [wrap(limit, SMALL, WIDTH - UNIT) for limit in report.limits]
    height = (
        HEADING
        + 4
        + sum(len(lines) * LEADING[SMALL] + 1 for lines in (*(f for _, f in facts), *limits))
    )

    def paint(canvas: Canvas, y: float, _: float) -> None:
        y = _heading(canvas, y, "AI disclosure", f"Made by: {report.made_by_ai}")
        for label, lines in facts:
            text(canvas, MARGIN, y - SMALL, label, SMALL, colour=GREY)
            _lines(canvas, MARGIN + LABEL_WIDTH, y, lines, SMALL)
            y -= len(lines) * LEADING[SMALL] + 1
        y -= 4
        for lines in limits:
            text(canvas, MARGIN, y - SMALL, BULLET, SMALL, colour=GREY)
            _lines(canvas, MARGIN + UNIT, y, lines, SMALL)
            y -= len(lines) * LEADING[SMALL] + 1

    yield Block(height, paint, gap=2 * UNIT)
