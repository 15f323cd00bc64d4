from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from hipdesk.adapters._pdf_charts import nice_top
from hipdesk.adapters._pdf_style import BODY, LARGE, MARGIN, PAGE_HEIGHT, PAGE_WIDTH, WIDTH
from hipdesk.adapters._pdf_text import MISSING, fit, runs, width, wrap
from hipdesk.adapters.report_pdf import to_pdf, write_pdf
from hipdesk.amendment import effective
from hipdesk.errors import OutputError
from hipdesk.records import Compute, Contrast, Notice, Side
from hipdesk.report import RESEARCH_ONLY, Report, build_report, report_review
from hipdesk.review import Review, Reviewed, ReviewKind
from hipdesk.wording import REASON_SENTENCES
from tests.alignment_factory import FEMUR, SOCKET, femur, make_alignment, socket
from tests.report_factory import NOW, as_visit, make_analysis, make_history

BONES = (FEMUR, SOCKET)
LONG_NAME = "LONGFAMILYNAMEWITHOUTANYSPACE" * 4 + "^Maria del Carmen=欧阳娜娜王^" + "明" * 40
LONG_ID = "ID-" + "0123456789" * 6


def pages_of(content: bytes) -> list[str]:
    """The text of each page, white space made single."""
    document = pdfium.PdfDocument(content)
    try:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def boxes_of(content: bytes) -> Iterator[tuple[float, float, float, float]]:
    """Box of every visible character: left, bottom, right, top."""
    document = pdfium.PdfDocument(content)
    try:
        for page in document:
            text = page.get_textpage()
            for i in range(text.count_chars()):
                if text.get_text_range(i, 1).strip():
                    yield text.get_charbox(i)
    finally:
        document.close()


@lru_cache(maxsize=4)
def reported(**options: object) -> Report:
    analysis, volume = make_analysis(**options)
    return build_report(analysis, volume, now=NOW)


@pytest.fixture(scope="module")
def stir() -> tuple[Report, list[str]]:
    compute = Compute("cuda", "cpu", "no CUDA device was found")
    analysis, volume = make_analysis(compute=compute)
    report = build_report(analysis, volume, make_history(), now=NOW)
    return report, pages_of(to_pdf(report))


def test_every_page_states_purpose_patient_status_and_number(
    stir: tuple[Report, list[str]],
) -> None:
    report, pages = stir
    assert len(pages) == 3
    for number, page in enumerate(pages, start=1):
        assert RESEARCH_ONLY in page
        assert f"page {number} of 3" in page
        assert "Patient ID DEMO-0001" in page
        assert report.status in page
        assert "DOE, JANE" in page


def test_the_exact_numbers_can_be_read_out(stir: tuple[Report, list[str]]) -> None:
    report, pages = stir
    for row in report.findings:
        shown = [
            f"{value} {row.unit}".strip() for value in (row.right, row.left, row.both) if value
        ]
        assert f"{row.label} {' '.join(shown)}" in pages[0]
    for row in report.slices:
        assert f"{row.right.head_mm2} {row.right.bme_mm2} {row.right.effusion_mm2}" in pages[2]
        assert f"{row.right.u} {row.right.a}" in pages[2]
    for image in report.key_images:
        assert f"Slice {image.number} of 18" in pages[1]


def test_words_are_on_the_pages(stir: tuple[Report, list[str]]) -> None:
    report, pages = stir
    text = " ".join(pages)
    said = [*report.notices, *report.trend.sentences, *report.slice_notes, *report.limits]
    said += [
        part
        for fact in (*report.identity, *report.acquisition)
        for part in (fact.label, fact.value)
    ]
    said += [fact.value for fact in report.disclosure]
    for sentence in said:
        assert sentence in text
    assert "CUDA was requested; the CPU computed this: no CUDA device was found." in pages[0]
    assert "Reader's impression" in pages[0]
    assert "By the reader, not by the program" in pages[0]


def test_charts_carry_real_dates_and_values(stir: tuple[Report, list[str]]) -> None:
    report, pages = stir
    for day in ("2023-05-08", "2023-08-14", "2023-11-06", "2024-05-06"):
        assert day in pages[2]
    for pair in report.trend.charts:
        assert f"{pair[0].lines[0].points[-1].value:.3f}" in pages[2]


def test_reasons_are_printed_where_values_are_missing() -> None:
    text = " ".join(pages_of(to_pdf(reported(contrast=Contrast.T1))))
    sentence = next(iter(REASON_SENTENCES.values()))
    assert f"Right hip: no score, because {sentence}." in text
    assert f"Both hips: no total, because {sentence}." in text
    assert "UNet-score U, intensity \N{EM DASH} \N{EM DASH} \N{EM DASH}" in text
    assert "No trend: no dated visit has a score." in text


def test_the_clinic_stands_at_the_head_of_the_first_page() -> None:
    analysis, volume = make_analysis()
    for clinic in ("风湿免疫科", "Rheumatology " * 40):
        report = build_report(analysis, volume, now=NOW, clinic=clinic)
        pages = pages_of(to_pdf(report))
        assert clinic[:5] in pages[0]
        assert clinic[:5] not in pages[1]
        assert max(right for *_, right, _ in boxes_of(to_pdf(report))) < PAGE_WIDTH - MARGIN + 1


def test_lesions_since_an_earlier_visit_have_a_table() -> None:
    analysis, volume = make_analysis()
    visits = (*make_history(), as_visit(analysis))
    sides = {Side.RIGHT: (femur(), socket()), Side.LEFT: (femur(), socket(refused=True))}
    known = []
    for side, bones in sides.items():
        earlier, later = visits[-2].hip(side), visits[-1].hip(side)
        assert earlier is not None
        assert later is not None
        known.append(make_alignment(visits[-2].uid, visits[-1].uid, earlier, later, bones=bones))
    report = build_report(analysis, volume, visits, now=NOW, alignments=known)
    content = to_pdf(report)
    words = " ".join(pages_of(content))
    assert "Lesions since an earlier visit" in words
    assert "Right hip, since 2023-11-06 New, mL Resolved, mL Persistent, mL Residual" in words
    assert "BME of the femur 0.5 1.2 2.0 0.4 (1.9) mm" in words
    assert "BME of the hip bone \N{EM DASH} \N{EM DASH} \N{EM DASH} not aligned" in words
    assert "hip bone not aligned: After alignment the surfaces" in words
    assert "Scores stay in native space" in words
    assert len(pages_of(content)) <= 4
    inside = (MARGIN - 1, PAGE_WIDTH - MARGIN + 1)
    assert all(inside[0] <= left <= right <= inside[1] for left, _, right, _ in boxes_of(content))
    refused = [replace(each, bones=(socket(refused=True),) * 2) for each in known]
    bare = [
        replace(
            each, bones=tuple(replace(b, bone=n) for b, n in zip(each.bones, BONES, strict=True))
        )
        for each in refused
    ]
    none = build_report(analysis, volume, visits, now=NOW, alignments=bare)
    words = " ".join(pages_of(to_pdf(none)))
    assert "Lesions since an earlier visit" in words
    assert "Resolved, mL" not in words


def test_one_visit_has_a_sentence_for_a_trend() -> None:
    text = " ".join(pages_of(to_pdf(reported(missing=(Side.LEFT,)))))
    assert "No trend: it needs at least two dated visits" in text
    assert "head not found" in text


def test_no_hip_at_all_still_makes_a_report() -> None:
    pages = pages_of(to_pdf(reported(missing=(Side.LEFT, Side.RIGHT))))
    assert 1 <= len(pages) <= 3
    assert "None: no femoral head was found." in " ".join(pages)


def test_long_names_and_ids_stay_inside_the_margins() -> None:
    content = to_pdf(reported(name=LONG_NAME, patient_id=LONG_ID))
    for left, bottom, right, top in boxes_of(content):
        assert left >= MARGIN - 2
        assert right <= PAGE_WIDTH - MARGIN + 2
        assert 0 < bottom <= top < PAGE_HEIGHT
    for page in pages_of(content):
        assert f"Patient ID {LONG_ID}" in page


def test_many_warnings_and_visits_flow_on() -> None:
    many = "of many words " * 9
    notices = tuple(Notice(f"n{i}", f"Warning number {i} {many}") for i in range(30))
    analysis, volume = make_analysis(notices=notices)
    visits = [
        as_visit(
            replace(
                analysis,
                uid=f"2.25.{100 + i}",
                series=replace(
                    analysis.series,
                    study=replace(analysis.series.study, date=date(2012 + i, 1 + i, 3)),
                ),
            )
        )
        for i in range(8)
    ]
    pages = pages_of(to_pdf(build_report(analysis, volume, visits, now=NOW)))
    text = " ".join(pages)
    assert all(f"Warning number {i} " in text for i in range(30))
    assert f"page {len(pages)} of {len(pages)}" in pages[-1]


@pytest.mark.parametrize(
    "name",
    [
        "王小明 欧阳 㛃",
        "山田 太郎 やまだ タロウ",
        "김철수 이영희",
        "Иванов Ёжиков",
        "Παπαδόπουλος Αλέξης",
        "محمد علي الحسيني",
        "שלום כהן",
        "สมชาย น้ำใจดี",
        "राजेश कुमार",
        "Nguyễn Thị Łódź",
    ],
)
@pytest.mark.parametrize("bold", [False, True])
def test_every_script_has_its_letters(name: str, bold: bool) -> None:
    assert "".join(run.text for run in runs(name, bold)) == name
    assert width(name, BODY, bold) > 20


def test_names_can_be_read_out_of_the_file() -> None:
    names = ("王小明", "山田太郎", "김철수", "Иванов", "Παπαδόπουλος", "Łódź")
    content = to_pdf(reported(name=" ".join(names), missing=(Side.RIGHT, Side.LEFT)))
    page = pages_of(content)[0]
    assert all(name in page for name in names)


def test_arabic_is_one_run_from_right_to_left() -> None:
    first, second = runs("Hassan محمد علي")
    assert (first.text, first.right_to_left) == ("Hassan ", False)
    assert (second.text, second.right_to_left) == ("محمد علي", True)


def test_arabic_letters_are_joined() -> None:
    alone = sum(width(letter, BODY) for letter in "محمد")
    assert width("محمد", BODY) != pytest.approx(alone, rel=0.02)


def test_a_missing_letter_shows_as_a_question_mark() -> None:
    assert "".join(run.text for run in runs("a\U0001f600b ሀ")) == f"a{MISSING}b {MISSING}"


@pytest.mark.parametrize(
    ("name", "said"), [("Doe^𰻝", True), ("Doe^Jane?", False), ("王^小明", False)]
)
def test_a_name_that_cannot_be_printed_is_explained(name: str, said: bool) -> None:
    first = pages_of(to_pdf(reported(name=name)))[0]
    assert (f"{MISSING} stands for a character this report's fonts lack" in first) is said


def test_control_characters_are_left_out() -> None:
    assert "".join(run.text for run in runs("a\x00b\u202ec\nd")) == "abc d"


def test_fit_ends_in_an_ellipsis_within_its_room() -> None:
    assert fit("short", BODY, 100) == "short"
    cut = fit("W" * 60, BODY, 100)
    assert cut.endswith("…")
    assert 90 < width(cut, BODY) <= 100


@pytest.mark.parametrize("text", ["word " * 40, "W" * 300, "王" * 200, ""])
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrap(text, LARGE, WIDTH, bold=True)
    assert all(width(line, LARGE, bold=True) <= WIDTH for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_wrap_stops_at_its_last_line() -> None:
    lines = wrap("word " * 200, BODY, 200, most_lines=2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert width(lines[-1], BODY) <= 200


@pytest.mark.parametrize(
    ("largest", "top"), [(0.0, 1.0), (0.8, 1.0), (0.9, 1.2), (7.0, 10.0), (16.0, 20.0)]
)
def test_axes_end_at_a_round_number_with_room(largest: float, top: float) -> None:
    assert nice_top(largest) == pytest.approx(top)


def test_a_failed_write_leaves_the_older_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.pdf"
    target.write_bytes(b"older")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"report\.pdf"):
        write_pdf(reported(missing=(Side.LEFT, Side.RIGHT)), target)
    assert target.read_bytes() == b"older"


def test_a_written_report_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "report.pdf"
    write_pdf(reported(missing=(Side.LEFT, Side.RIGHT)), target)
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]
    assert target.read_bytes().startswith(b"%PDF-")


ENGLISH = "\n".join(
    ["Compared with 2023-11-06.", "", "Right: oedema is smaller."]
    + [f"{i}. The outline follows the joint fluid; no erosion is seen. " * 4 for i in range(20)]
    + ["- last line"]
)
CHINESE = "右髋：股骨头骨髓水肿，范围较前缩小；关节积液（约 6.0 mL）与前相仿。\n" + "\n".join(
    f"{i}、与 2023-11-06 检查比较，UNet-score 每层均值由 0.52 降至 0.42；未见塌陷及囊变。" * 4
    for i in range(20)
)
ACCEPT, REJECT, SIGN = ReviewKind.ACCEPTED, ReviewKind.REJECTED, ReviewKind.SIGNED


@lru_cache(maxsize=8)
def reviewed(
    impression: str = "",
    kinds: tuple[ReviewKind, ...] = (ACCEPT, SIGN),
    reader: str = "Dr. Anna Müller",
    right: ReviewKind = ACCEPT,
    at: datetime = NOW,
) -> tuple[Report, bytes]:
    """A report after readers' acts on both hips."""
    analysis, volume = make_analysis()
    acts = tuple(
        Review(side, 0, right if kind is ACCEPT and side is Side.RIGHT else kind, reader, at)
        for side in Side
        for kind in kinds
    )
    given = Reviewed(analysis, reviews=acts, impression=impression)
    report = build_report(
        effective(given), volume, make_history(), now=NOW, review=report_review(given)
    )
    return report, to_pdf(report)


def lines_of(content: bytes) -> list[list[str]]:
    """The lines of each page, as they lie in the file."""
    document = pdfium.PdfDocument(content)
    try:
        return [page.get_textpage().get_text_range().splitlines() for page in document]
    finally:
        document.close()


def test_a_draft_says_so_on_every_page_and_a_signed_report_on_none() -> None:
    for kinds, said in (((), "Draft - not reviewed"), ((ACCEPT,), "Draft - reviewed, not signed")):
        assert all(said in page for page in pages_of(reviewed(kinds=kinds)[1]))
    for page in pages_of(reviewed()[1]):
        assert "Final - signed by Dr. Anna Müller, 2024-05-06 14:30 UTC" in page
        assert "draft" not in page.casefold()


@pytest.mark.parametrize("words", [ENGLISH, CHINESE])
def test_a_long_impression_flows_on_whole_and_in_order(words: str) -> None:
    pages = lines_of(reviewed(words)[1])
    assert "Reader's impression" in " ".join(pages[0])
    assert "Reader's impression, continued" in " ".join(pages[1])
    assert sum("By the reader, not by the program" in line for page in pages for line in page) == 2
    text = "".join("".join(line for line in page).replace(" ", "") for page in pages)
    begin = 0
    for part in filter(None, (line.replace(" ", "") for line in words.splitlines())):
        # A part may be cut by what stands at the foot of one page and the head of the next.
        begin = text.index(part[:20], begin)
    assert "signedelectronically,bothhips" in text


def test_line_breaks_of_an_impression_are_kept() -> None:
    words = "First line.\r\n\r\nThird line, after an empty one.\n  - a point"
    report, content = reviewed(words)
    assert report.impression == words
    lines = lines_of(content)[0]
    for line in ("First line.", "Third line, after an empty one.", "- a point"):
        assert line in lines
    heights = {
        line: box[1]
        for line, box in zip(("F", "T"), first_boxes(content, "First", "Third"), strict=True)
    }
    assert heights["F"] - heights["T"] == pytest.approx(24.0, abs=3.0)


def first_boxes(content: bytes, *words: str) -> list[tuple[float, float, float, float]]:
    """Box of the first letter of each word on the first page."""
    document = pdfium.PdfDocument(content)
    try:
        text = document[0].get_textpage()
        whole = text.get_text_range()
        return [text.get_charbox(whole.index(word)) for word in words]
    finally:
        document.close()


def test_long_impressions_and_names_stay_inside_the_margins() -> None:
    reader = "Dr. " + "Fernández-Villaverde " * 8 + "王小明"
    for words in (ENGLISH, CHINESE, "W" * 400):
        for left, bottom, right, top in boxes_of(reviewed(words, reader=reader)[1]):
            assert left >= MARGIN - 2
            assert right <= PAGE_WIDTH - MARGIN + 2
            assert 0 < bottom <= top < PAGE_HEIGHT


def test_chinese_readers_and_words_can_be_read_out() -> None:
    report, content = reviewed("右髋骨髓水肿减轻。", reader="王小明 主任医师")
    page = pages_of(content)[0]
    assert report.status == "Final - signed by 王小明 主任医师, 2024-05-06 14:30 UTC"
    assert "右髋骨髓水肿减轻。" in page
    assert page.count("王小明 主任医师") == 2


def test_a_draft_with_words_leaves_room_to_sign_by_hand() -> None:
    page = pages_of(reviewed("Some words.", kinds=(ACCEPT,))[1])[0]
    assert "Some words." in page
    assert "Reader Signature Date" in page
    assert "signed electronically" not in page


def test_a_signed_report_without_words_says_that_there_are_none() -> None:
    page = pages_of(reviewed()[1])[0]
    assert "None was written." in page
    assert "signed electronically, both hips" in page


def test_rejected_hips_are_explained_on_the_pages() -> None:
    report, content = reviewed(right=REJECT)
    first, *rest = pages_of(content)
    assert "Reader's verdict rejected accepted" in first
    assert "Right hip: no score, because a reader rejected the outlines." in first
    assert "UNet-score U, intensity \N{EM DASH} " in first
    assert report.no_masks not in " ".join(rest)
    assert "R hip" not in " ".join(rest)


def test_letters_that_the_reader_s_words_lack_are_explained() -> None:
    first = pages_of(reviewed("Better \U0001f600")[1])[0]
    assert f"{MISSING} in the reader's words stands for a character" in first
    assert "result.json has it" not in first


def test_lines_break_beside_ideographs_and_never_before_closing_marks() -> None:
    text = "右髋 " + "股骨头骨髓水肿，关节积液（约）。" * 12
    lines = wrap(text, BODY, 200)
    assert len(lines) > 5
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，。）" or line[-1] in "（" for line in lines)
    assert all(width(line, BODY) > 150 for line in lines[:-1])


def test_words_of_letters_stay_whole_beside_ideographs() -> None:
    lines = wrap("与前相比UNet-score均值由BASDAI评估" * 10, BODY, 120)
    assert "".join(lines) == "与前相比UNet-score均值由BASDAI评估" * 10
    for word in ("UNet-score", "BASDAI"):
        assert sum(line.count(word) for line in lines) == 10


def test_korean_breaks_at_its_spaces() -> None:
    lines = wrap("김철수 이영희 박지성 " * 6, BODY, 100)
    assert {word for line in lines for word in line.split()} == {"김철수", "이영희", "박지성"}
