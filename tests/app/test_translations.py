"""Every word of the window has its translation, and every sentence of the core is known to it."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app import language
from app.core_catalogue import LISTS, SENTENCES, SPOKEN, in_language
from app.state import Workspace
from app.views.about import ProgramFacts
from app.views.file_choice import FileChoice
from app.views.follow_up_view import FollowUpView
from app.views.labels import core_sentence, core_words
from app.views.library_view import LibraryView
from app.views.main_window import MainWindow
from app.views.report_view import ReportView
from app.views.review_view import ReviewView
from hipdesk import report, report_trend, wording
from hipdesk.records import Contrast, ModelRef, Plane, Reason, Side
from hipdesk.settings import Language, Settings
from tests import translations
from tests.analysis_factory import make_analysis

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PART = re.compile(r"\{(\w*)\}|%n|%\d")
SAME_IN_CHINESE = frozenset(
    {"CPU", "GPU (CUDA)", "STIR", "stir", "AI", "T1", "t1", "T2", "t2", "PD", "pd"}
    | {"{0} mm", "ID {number}", "were {what}", "as {syntax}"}
)
"""Letters, units and figures that doctors read the same in both languages."""

Message = tuple[str, str, str, str]
"""Context, source, translation and state, which is empty for what is finished."""


def messages(file: Path) -> list[Message]:
    found = []
    for context in ElementTree.parse(file).getroot().iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            text, state = translation.text or "", translation.get("type", "")
            found.append((name, message.findtext("source", ""), text, state))
    return found


def files() -> list[Path]:
    return sorted(translations.FOLDER.glob("*.ts"))


@pytest.fixture(params=files(), ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    language.apply(qapp, Language.CHINESE)
    yield
    language.apply(qapp, Language.ENGLISH)


def test_there_is_a_translation_to_test() -> None:
    assert [file.name for file in files()] == ["hipdesk_zh_CN.ts"]


# The files


def test_nothing_is_unfinished(file: Path) -> None:
    open_ = [(name, source) for name, source, text, state in messages(file) if state or not text]

    assert open_ == []


def test_parts_are_kept(file: Path) -> None:
    lost = [
        (name, source, text)
        for name, source, text, _ in messages(file)
        if sorted(PART.findall(source)) != sorted(PART.findall(text))
    ]

    assert lost == []


def test_each_word_is_translated_into_its_language(file: Path) -> None:
    english = [
        (name, source)
        for name, source, text, _ in messages(file)
        if not CHINESE.search(text) and source not in SAME_IN_CHINESE and source not in LISTS
        if re.search("[A-Za-z]{2}", PART.sub("", source))
    ]

    assert english == []


def test_the_file_says_what_the_sources_say(file: Path, tmp_path: Path) -> None:
    if translations.tool(translations.LUPDATE) is None:
        pytest.skip(f"{translations.LUPDATE} is not installed, so sources were not compared")
    fresh = tmp_path / "fresh.ts"

    translations.collect(fresh)

    said = {(name, source) for name, source, _, _ in messages(fresh)}
    assert {(name, source) for name, source, _, _ in messages(file)} == said
    assert len(said) > 400


def test_the_compiled_form_is_that_of_the_file(qapp: QApplication, file: Path) -> None:
    translator = QTranslator()
    assert translator.load(str(file.with_suffix(".qm")))

    said = [
        (name, source)
        for name, source, text, _ in messages(file)
        if translator.translate(name, source) != text
    ]

    assert said == []


# What the core says

VOICELESS = re.compile(
    r"hipdesk\.(training|phantom|cli|console|result|logs|__main__)\b"  # other ways into the core
    r"|hipdesk\.adapters\.(migrations|_pdf_|report_pdf|pictures|comparison_pictures)"  # on paper
    r"|hipdesk\.report_course\b"
    r"|hipdesk\.adapters\.(_output_|dicom_output|dicom_writer|result_folder|segmentation_file)"
    r"|hipdesk\.adapters\.(_store_audit|_dicom_codestreams|_dicom_phases|worker_process)"
    r"|hipdesk\.adapters\.(case_bundle|deidentify|table_export)\b"  # commands
    r"|hipdesk\.(clinical|clinical_trend|himriss)\b"  # forms have their own words
    r"|hipdesk\.clinical_(cells|columns|entries|import|lines|table)\b"
    r"|hipdesk\.adapters\._store_(clinical|readings)\b"
)
"""Modules whose words never come to the window, or only as names of series."""

ANSWERING = (
    "hipdesk.clinical",
    "hipdesk.clinical_cells",
    "hipdesk.clinical_columns",
    "hipdesk.clinical_import",
    "hipdesk.clinical_lines",
    "hipdesk.clinical_table",
    "hipdesk.himriss",
    "hipdesk.adapters._store_audit",
    "hipdesk.adapters._store_clinical",
)
"""Voiceless modules of which forms, messages and the page of a table show some words."""

BESIDE = (
    "app.controllers.opening",
    "app.controllers.trends",
    "app.messages",
)
"""Modules of the window that speak as the core does."""

NOT_SHOWN = frozenset(
    {
        # On the command line only.
        "The backup was not made: {} exists already; choose another name, or pass --force.",
        (
            "Nothing was restored: there is a patient library in {} already; name another "
            "folder, or pass --force to move it aside first."
        ),
        # On paper only.
        "Name not stated",
        "not stated",
        "both hips",
        "None: no femoral head was found.",
        "None: {}.",
        "Study date not stated",
        "Study of {}",
        "Patient ID",
        "Birth date",
        "Study date",
        "Report made",
        "Field strength",
        "Contrast, plane",
        "Pixel size",
        "Not counted: {}",
        "Not counted for either hip",
        "No femoral head{}",
        "requested {}, used {}",
        "{} {}, SHA-256 {}; trained on {}",
        "Origin of the masks",
        "Score definition",
        "Input pixels",
        "not reviewed by a reader",
        "by a reader: {}",
        "data not stated",
        "HipDesk {}",
        "HipDesk {}, analysis {}",
        "{} hip {}",
        "{}, {}every {} mm",
        "{}: slices {}.",
        "{} to {}",
        report._DEFINITION,
        "{}: UNet-score per slice",
        "{}: lesion volume",
        "{} per year",
        "Line broken",
        report_trend.OTHER_COUNTS,
        f"{report_trend.OTHER_COUNTS}: {{}}.",
        "{} hip U/n {} ({})",
        "Compare with caution",
        # On the command line only.
        "use --any-contrast to find the heads without lesion scores",
        (
            "choose the folder of one patient, or name the series with --series UID "
            "(`hipdesk scan` lists them)"
        ),
        (
            "name the series with --series UID if it shows the hips (`hipdesk scan` lists them), "
            "or choose the folder of a hip study"
        ),
        "No series has the UID asked for; run `hipdesk scan` to list the series.",
        "There is no character set called {}; use one of {}.",
        "; its results are in {place}",
        "the folder above",
        "the folder 'left' beside this one's",
        # In the PDF only.
        "given above",
        # In the log only.
        "The file does not say which version of the program wrote it.",
        "The file was written by a newer version of the program; update it.",
        "The file is damaged.",
        # Names.
        "card {}",
        "series {}",
        "instance {}",
    }
)

IN_PARTS = frozenset(
    {
        "{}: {}",
        "{}: {}.",
        " with {} bits",
        "{}, {}: {}",
        "{} {} and start from the defaults; {}.",
        "{} cannot be saved; check that the disk is not full and that you may write to {}.",
        "{} hip: see the other series{}{}.",
        "The {} hip was analysed from the other series{}{}.",
        "; its figures are {}{}",
        "; its femoral head was placed by a reader",
        "a number from {} to {}",
        "A stored stroke in the patient library is damaged; restore the library from a copy.",
        "check the outlines of both visits.",
        "The settings",
        "The places of windows",
        "The notes of unfinished analyses",
        "The character sets of folders",
        "The patient library could not be opened",
        "The patient library could not be read",
        "The patient library could not be closed",
        "The patient library could not be checked",
        "The patient library could not be repaired",
        "The backup was not made",
        "Nothing was restored",
        "Nothing was saved in the patient library",
    }
)
"""Of these the catalogue has every whole sentence that is made with them."""

UNHEARD = frozenset(
    {"debug", "info", "warning", "error", "translate", "tr", "compile", "text", "execute"}
    | {
        "BugError",
        "ValueError",
        "TypeError",
        "WorkerLostError",
        "WorkerTooSlowError",
        "WorkerOutOfMemoryError",
    }
)
"""What is given to these is not shown, or has a translation of its own."""

REGULAR = re.compile(r"\(\?|\[ ?_|\\w")
WORDY = re.compile(r"[a-z]{2}\S* \S*[a-z]{2}|[a-z]{2} \{\}|: \{")


def modules() -> list[str]:
    core = translations.REPOSITORY / "hipdesk"
    every = (file.relative_to(core.parent) for file in sorted(core.rglob("*.py")))
    names = (".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in every)
    return [*(name for name in names if not VOICELESS.match(name)), *BESIDE]


def phrases(name: str) -> set[str]:
    """Every sentence and part of one in a module; ``{}`` stands for what differs."""
    module = importlib.import_module(name)
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    found = _phrases(tree, vars(module))
    return {each for each in found if WORDY.search(each) and not REGULAR.search(each)}


def _phrases(node: ast.AST, names: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in UNHEARD:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
        return
    if isinstance(node, ast.JoinedStr):
        yield "".join(_piece(piece, names) for piece in node.values)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _phrases(child, names)


def _piece(piece: ast.expr, names: Mapping[str, Any]) -> str:
    """A part of a formatted string: its words, those of a constant, or ``{}``."""
    if isinstance(piece, ast.Constant):
        return str(piece.value)
    assert isinstance(piece, ast.FormattedValue)
    first, _, rest = ast.unparse(piece.value).partition(".")
    if not (rest or first).isupper() or first.startswith("_"):
        return "{}"
    value = getattr(names[first], rest) if rest else names[first]
    return value if isinstance(value, str) else "{}"


def catalogue() -> set[str]:
    return {PART.sub("{}", sentence) for sentence in (*SENTENCES, *LISTS)}


@pytest.mark.parametrize("name", modules())
def test_every_sentence_of_the_core_is_in_the_catalogue(name: str) -> None:
    unknown = phrases(name) - catalogue() - NOT_SHOWN - IN_PARTS

    assert unknown == set(), "add them to app/core_catalogue.py, or here if no window shows them"


def test_the_catalogue_has_nothing_that_is_not_said() -> None:
    said = set().union(*map(phrases, (*modules(), *ANSWERING)))
    made = (each for each in catalogue() if WORDY.search(each) and each not in said)
    parts = [part.replace("{}", "") for part in IN_PARTS if len(part) > 8]

    assert [each for each in made if not any(part in PART.sub("", each) for part in parts)] == []


def test_parts_that_are_words_are_named_in_the_catalogue() -> None:
    named = {name for sentence in SENTENCES for name in PART.findall(sentence)}

    assert named >= SPOKEN


@pytest.mark.parametrize(
    "words",
    [
        *(wording.REASON_SENTENCES[each] for each in Reason),
        *(wording.REASON_WORDS[each] for each in Reason),
        *wording.VERDICT_WORDS.values(),
        *wording.CLASS_WORDS.values(),
        *(each.word for each in Side),
        *(each.value for each in Plane),
        *(each.label for each in report.findings(make_analysis())),
    ],
)
def test_words_of_the_core_have_a_chinese_form(chinese: None, words: str) -> None:
    assert CHINESE.search(core_words(words))


@pytest.mark.parametrize("contrast", Contrast)
def test_contrasts_have_a_form(contrast: Contrast) -> None:
    assert {wording.CONTRAST_WORDS[contrast], contrast.value} <= set(SENTENCES)


@pytest.mark.parametrize(
    ("english", "said"),
    [
        (
            "Right hip: no score, because fewer than 5 slices count (here 3).",
            "右髋：未评分，因为计入的层面少于 5 层（此处为 3）。",
        ),
        (
            "2026-01-02, left hip: no score, because a reader rejected the outlines.",
            "2026-01-02，左髋：未评分，因为阅片者拒绝了轮廓。",
        ),
        (
            (
                "The images do not state the patient ID, birth date and sex, so this visit was not "
                "joined to earlier ones of the same person in the library."
            ),
            "图像未注明患者 ID、出生日期和性别，因此该次就诊未与患者库中同一人的既往就诊合并。",
        ),
        (
            "CUDA was asked for, but the CPU was used: This machine has no NVIDIA driver.",
            "已请求 CUDA，但使用了 CPU：本机没有 NVIDIA 驱动程序。",
        ),
        (
            (
                "The coronal series found (T1-weighted) cannot be used: it has too few slices (2); "
                "choose the folder of a hip study with a coronal STIR or fat-suppressed T2 series."
            ),
            (
                "找到的冠状位序列（T1 加权）无法使用：层面过少（2 层）；"
                "请选择含冠状位 STIR 或脂肪抑制 T2 序列的髋关节检查文件夹。"
            ),
        ),
        ("It is coronal, tilted by 12 degrees.", "冠状位，倾斜 12 度。"),
        ("It is coronal.", "冠状位。"),
        ("of U: BME", "其中 U：骨髓水肿"),
    ],
)
def test_sentences_with_figures_are_told_by_their_templates(
    chinese: None, english: str, said: str
) -> None:
    assert core_words(english) == said


def test_names_in_a_sentence_stay_as_they_are(chinese: None) -> None:
    words = "Left hip: see the other series, right left rejected; its figures are in the table."

    assert core_words(words) == "左髋：见另一序列，right left rejected；其数值见表中。"


@pytest.mark.parametrize("words", ["", "7.5", "Something else, and nothing of it known."])
def test_what_has_no_translation_stays_as_it_is(chinese: None, words: str) -> None:
    assert core_words(words) == words


def test_without_a_translation_nothing_changes() -> None:
    said: Callable[[str], str] = str

    assert all(in_language(sentence, said) == sentence for sentence in SENTENCES)


def test_the_end_of_a_sentence_becomes_one(chinese: None) -> None:
    assert (
        core_sentence(wording.REASON_SENTENCES[Reason.NO_HEAD_ON_SLICE]) == "该层面上没有股骨头。"
    )
    assert core_sentence("It is coronal.") == "冠状位。"
    assert core_sentence("") == ""


# The window


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication) -> MainWindow:
    choice = FileChoice()
    pages = (LibraryView(choice), ReviewView(), FollowUpView(), ReportView())
    facts = ProgramFacts("1.0", (ModelRef("segment", "1", "a" * 64, "segment", "simulated MRI"),))
    made = MainWindow(dict(zip(Workspace, pages, strict=True)), facts, choice)
    qtbot.addWidget(made)
    made.resize(1366, 768)
    made.show_patient(None)
    made.show_settings(Settings())
    made.show()
    return made


def shown_words(window: MainWindow) -> set[str]:
    """Everything to be read in the window, whichever workspace is in front."""
    menus = window.findChildren(QMenu)
    said: set[str] = {action.text() for menu in menus for action in menu.actions()}
    for workspace in Workspace:
        window.show_workspace(workspace)
        for each in window.findChildren(QWidget):
            if not each.isVisible():
                continue
            said |= {each.toolTip(), each.accessibleName()}
            if isinstance(each, QLabel | QAbstractButton):
                said.add(each.text())
            elif isinstance(each, QLineEdit | QPlainTextEdit):
                said.add(each.placeholderText())
    return {words for words in said if re.search("[A-Za-z]{3}|[\u4e00-\u9fff]", words)}


def test_the_window_changes_its_language_while_it_is_open(
    window: MainWindow, qapp: QApplication, qtbot: QtBot
) -> None:
    english = shown_words(window)
    window.show_settings(Settings(language=Language.CHINESE))
    qapp.processEvents()
    chinese = shown_words(window)
    window.show_settings(Settings(language=Language.ENGLISH))

    qtbot.waitUntil(lambda: shown_words(window) == english)
    assert not any(CHINESE.search(words) for words in english)
    assert {words for words in chinese if not CHINESE.search(words)} <= {"HipDesk"}
    assert "打开文件夹..." in chinese


TYPE = """
import sys
from PySide6.QtWidgets import QWidget
from app import theme
from app.bootstrap.program import Program
from app.bootstrap.running import started

application = started(["hipdesk-app"])
program = Program(application, sys.argv[1])
program.begin((), False)
widgets = program.window.findChildren(QWidget)
other = [each for each in widgets if each.font().families() != list(theme.FAMILIES)]
print(len(widgets), len(other))
program.window.close()
program.close()
"""


def test_every_widget_has_the_bundled_type_from_the_start(tmp_path: Path) -> None:
    # In a process of its own: here the theme has been applied before.
    environment = {**os.environ, "HIPDESK_DATA": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}

    done = subprocess.run(
        [sys.executable, "-c", TYPE, str(tmp_path / "library")],
        cwd=translations.REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    widgets, other = map(int, done.stdout.split())
    assert widgets > 100
    assert other == 0
