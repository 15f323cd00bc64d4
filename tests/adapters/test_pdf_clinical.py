"""The clinical part of the report in print: labels apart, treatments named, in Chinese too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations

import pypdfium2 as pdfium
import pytest

from hipdesk.adapters._pdf_charts import axes_of
from hipdesk.adapters._pdf_clinical import bars_height, bars_on, labels
from hipdesk.adapters._pdf_style import MARGIN, WIDTH
from hipdesk.adapters.report_pdf import to_pdf
from hipdesk.clinical_trend import Plotted, axis_top, index_lines, treatment_bars
from hipdesk.ports import ClinicalHistory
from hipdesk.report import build_report
from hipdesk.report_trend import IndexChart
from tests.app.views.clinical_rows import history
from tests.report_factory import NOW, make_analysis, make_history

DAYS = (date(2024, 3, 4), date(2025, 3, 3))
WIDE = WIDTH / 2 - 8


@pytest.mark.parametrize("plotted", list(Plotted))
def test_no_label_touches_another_or_leaves_the_chart(plotted: Plotted) -> None:
    lines = index_lines(history(), plotted)
    axes = axes_of(MARGIN, 100.0, WIDE, 104.0, DAYS, axis_top(plotted, lines))
    values, names = labels(axes, IndexChart(plotted, lines))
    boxes = [box for box, _ in (*values, *names)]
    assert len(values) >= 3
    assert not any(one.touches(other) for one, other in combinations(boxes, 2))
    assert all(axes.x <= box.x and box.x + box.wide <= axes.x + axes.wide for box in boxes)
    assert all(axes.y <= box.y for box in boxes)


def test_states_of_asdas_are_named() -> None:
    lines = index_lines(history(), Plotted.ASDAS_CRP)
    axes = axes_of(MARGIN, 100.0, WIDE, 104.0, DAYS, axis_top(Plotted.ASDAS_CRP, lines))
    _, names = labels(axes, IndexChart(Plotted.ASDAS_CRP, lines))
    assert {"inactive disease", "very high activity"} <= {words for _, words in names}


def test_treatments_lie_apart() -> None:
    bars = treatment_bars(history().treatments)
    axes = axes_of(MARGIN, 0.0, WIDE, 100.0, DAYS, 1.0)
    places = bars_on(axes, bars)
    assert len({place.lane for place in places}) * 15.0 == bars_height(MARGIN, WIDE, DAYS, bars)
    for one, other in combinations(places, 2):
        if one.lane == other.lane:
            assert one.extent[1] < other.extent[0] or other.extent[1] < one.extent[0]


def words_of(recorded: ClinicalHistory, visits: bool = True) -> str:
    analysis, volume = make_analysis()
    known = make_history() if visits else ()
    report = build_report(analysis, volume, known, now=NOW, history=recorded)
    pages = pdfium.PdfDocument(to_pdf(report))
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in pages)
    finally:
        pages.close()


def test_the_report_holds_them() -> None:
    said = words_of(history(("\u963f\u8fbe\u6728\u5355\u6297", "Celecoxib")))
    for words in (
        "Clinical record over visits",
        "ASDAS-CRP",
        "Harris hip score",
        "\u963f\u8fbe\u6728\u5355\u6297 40 mg / 14 d, 2024-03-11",
        "Celecoxib 200 mg, 2022",
        "no important change",
    ):
        assert words in said, words


def test_without_scores_over_time_the_record_stands_alone() -> None:
    said = words_of(history(), visits=False)
    assert "No trend" in said
    assert "Clinical record over visits" in said
    assert "Celecoxib 200 mg, 2022" in said


def test_treatments_alone_are_named() -> None:
    said = words_of(replace(history(), visits=()), visits=False)
    assert "Treatments: Celecoxib 200 mg, 2022" in said
    assert "Clinical record over visits" not in said


def test_a_report_without_a_record_says_nothing_of_one() -> None:
    assert "Clinical record" not in words_of(ClinicalHistory())
