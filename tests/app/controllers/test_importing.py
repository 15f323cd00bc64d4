"""A table from the window: tried out, shown with every problem, imported as it was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.controllers.importing import SHORT_BYTES, STEP, ImportController
from app.import_state import Stage, TableShown
from app.messages import Severity
from app.views.table_protocols import TableView
from hipdesk.clinical import ClinicalFacts
from hipdesk.clinical_columns import TableKind
from hipdesk.clinical_entries import KnownPatient, KnownVisit
from hipdesk.errors import StoreError, UnreadableInput
from hipdesk.settings import Settings
from tests.app.fakes import Bench, FakeView, make_bench, translate

TABLE = Path("t.csv")
HEAD = "patient_id,visit_date,esr_mm_h\n"
GOOD = HEAD + "P-1,2024-03-05,4\nP-1,2024-03-06,5\n"
BAD = GOOD + "P-1,2024-03-07,x\nP-2,2024-03-07,5\n"
PATIENTS = (
    KnownPatient(
        "p1",
        "P-1",
        visits=(
            KnownVisit("v1", date(2024, 3, 5)),
            KnownVisit("v2", date(2023, 3, 5), ClinicalFacts(esr_mm_h=7)),
        ),
    ),
)


@dataclass
class FakeTables:
    """An `app.services.Tables` that remembers what it was given; an error is raised."""

    patients: tuple[KnownPatient, ...] = PATIENTS
    error: Exception | None = None
    kept: list[tuple[str, Sequence[Any], str]] = field(default_factory=list)

    def known_patients(self) -> tuple[KnownPatient, ...]:
        return self.patients

    def import_visits(self, entries: Sequence[Any], reader: str) -> int:
        self._keep("visits", entries, reader)
        return sum(each.visit_uid is None for each in self.kept[-1][1])

    def import_treatments(self, entries: Sequence[Any], reader: str) -> None:
        self._keep("treatments", entries, reader)

    def import_readings(self, entries: Sequence[Any]) -> None:
        self._keep("readings", entries, "")

    def _keep(self, what: str, entries: Sequence[Any], reader: str) -> None:
        if self.error is not None:
            raise self.error
        self.kept.append((what, list(entries), reader))


@dataclass
class Page:
    bench: Bench
    view: FakeView
    tables: FakeTables
    events: list[str]

    def put(self, text: str | bytes) -> None:
        data = text if isinstance(text, bytes) else text.encode()
        self.bench.library.table_files[TABLE] = data

    def tries(self, text: str | bytes) -> TableShown:
        self.put(text)
        self.view.gestures.try_out(TABLE)
        self.bench.jobs.run_all()
        return self.shown

    def keeps(self) -> None:
        self.view.gestures.keep()
        self.bench.jobs.run_all()

    @property
    def shown(self) -> Any:
        return self.view.last("show_table")

    @property
    def said(self) -> list[tuple[Severity, str]]:
        return [(each.severity, str(each.text)) for each in self.bench.messages.present]


def make_page(**facts: Any) -> Page:
    bench = make_bench(settings=Settings(reader_name="Dr. A"), **facts)
    tables = bench.library.kept_tables = FakeTables()
    view, events = FakeView(TableView), list[str]()
    controller = ImportController(
        view,
        bench.services,
        translate,
        lambda: events.append("come"),
        lambda: events.append("imported"),
    )
    assert view.gestures is controller
    return Page(bench, view, tables, events)


@pytest.fixture
def page() -> Page:
    return make_page()


def test_a_clean_table_is_shown_and_nothing_is_kept_yet(page: Page) -> None:
    shown = page.tries(GOOD)
    assert (shown.name, shown.stage, shown.kind) == ("t.csv", Stage.TRIED, TableKind.VISITS)
    assert (shown.lines, shown.fresh, shown.unchanged, shown.faulty) == (2, 2, 0, 0)
    assert (shown.encoding, shown.reader, shown.importable) == ("UTF-8", "Dr. A", 2)
    assert page.tables.kept == []
    assert page.events == ["come"]


def test_the_page_comes_before_the_table_is_read(page: Page) -> None:
    page.put(GOOD)
    page.view.gestures.try_out(TABLE)
    assert page.shown == TableShown("t.csv", Stage.READING, reader="Dr. A")
    assert page.shown.importable == 0
    assert page.events == ["come"]


def test_what_was_shown_is_kept_in_the_readers_name(page: Page) -> None:
    page.tries(GOOD)
    page.bench.library.table_files.clear()  # the file went away meanwhile
    page.keeps()
    ((what, entries, reader),) = page.tables.kept
    assert (what, [each.line for each in entries], reader) == ("visits", [2, 3], "Dr. A")
    assert page.shown is None
    assert page.events == ["come", "imported"]
    assert page.said == [
        (
            Severity.INFO,
            "2 lines of t.csv were imported. Visits without images that were begun for it: 1.",
        )
    ]


def test_with_a_problem_nothing_is_kept_unless_lines_are_left_out(page: Page) -> None:
    shown = page.tries(BAD)
    assert [(each.line, each.column) for each in shown.problems] == [
        (4, "esr_mm_h"),
        (5, "patient_id"),
    ]
    assert (shown.fresh, shown.faulty, shown.importable, shown.skippable) == (2, 2, 0, True)
    page.keeps()
    assert page.tables.kept == []
    page.view.gestures.skip_problems(True)
    assert page.shown.importable == 2
    page.view.gestures.skip_problems(False)
    assert page.shown.importable == 0
    page.view.gestures.skip_problems(True)
    page.keeps()
    assert [len(entries) for _, entries, _ in page.tables.kept] == [2]


def test_a_header_that_rules_all_out_cannot_be_skipped(page: Page) -> None:
    shown = page.tries("patient_id,esr_mm_h\nP-1,4\n")
    assert (shown.usable, shown.skippable, shown.importable) == (False, False, 0)
    assert [each.wrong for each in shown.problems] == ["the column is missing"]


def test_an_empty_file_is_one_problem(page: Page) -> None:
    shown = page.tries(b"")
    assert [each.wrong for each in shown.problems] == ["the table is empty"]
    assert not shown.importable


def test_what_the_library_holds_already_is_counted(page: Page) -> None:
    shown = page.tries(HEAD + "P-1,2023-03-05,7\n")
    assert (shown.fresh, shown.unchanged, shown.importable) == (0, 1, 0)


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("patient_id;class;name\nP-1;bDMARD;adalimumab\n", TableKind.TREATMENTS, "treatments"),
        (
            "patient_id\tvisit_date\tside\treader\tfemoral_bml\nP-1\t2024-03-05\t左\tDr. B\t12\n",
            TableKind.READINGS,
            "readings",
        ),
    ],
)
def test_each_kind_of_table_is_recognised_and_kept(
    page: Page, text: str, kind: TableKind, what: str
) -> None:
    shown = page.tries(text.encode("gb18030"))
    assert (shown.kind, shown.problems, shown.importable) == (kind, (), 1)
    page.keeps()
    assert [each[0] for each in page.tables.kept] == [what]
    assert page.said == [(Severity.INFO, "1 line of t.csv was imported.")]


@pytest.mark.parametrize("data", [b"PK\x03\x04 a workbook", b"\xff\x00\x81\x00"])
def test_what_is_no_table_is_refused_in_one_sentence(page: Page, data: bytes) -> None:
    shown = page.tries(data)
    assert shown.stage is Stage.REFUSED
    assert shown.fault.startswith("This")
    page.put(GOOD)
    page.view.gestures.try_again()
    page.bench.jobs.run_all()
    assert (page.shown.stage, page.shown.fault, page.shown.importable) == (Stage.TRIED, "", 2)


def test_a_file_that_is_gone_is_refused(page: Page) -> None:
    error = UnreadableInput("t.csv cannot be read; choose a table saved as CSV.")

    class Gone(dict[Path, bytes]):
        def __missing__(self, _key: Path) -> bytes:
            raise error

    page.bench.library.table_files = Gone()
    page.view.gestures.try_out(TABLE)
    page.bench.jobs.run_all()
    assert (page.shown.stage, page.shown.fault) == (Stage.REFUSED, str(error))
    assert page.said == []


@pytest.mark.parametrize(
    "words",
    [
        "Nothing was saved in the patient library: another program is writing; try again.",
        "Nothing was saved in the patient library: it was opened for reading only.",
        (
            "Nothing was saved in the patient library: it has changed since the table was tried "
            "out; import the table again."
        ),
    ],
)
def test_a_library_that_refuses_says_why_on_the_page(page: Page, words: str) -> None:
    page.tries(GOOD)
    page.tables.error = StoreError(words)
    page.keeps()
    assert (page.shown.stage, page.shown.fault, page.shown.importable) == (Stage.TRIED, words, 2)
    assert page.events == ["come"]
    page.tables.error = None
    page.keeps()
    assert len(page.tables.kept) == 1
    assert page.shown is None


def test_without_a_library_nothing_begins() -> None:
    page = make_page(problem="The patient library could not be opened.")
    page.view.gestures.try_out(TABLE)
    assert page.view.every("show_table") == []
    assert page.said == [(Severity.WARNING, "The patient library could not be opened.")]


def test_a_library_that_is_lent_away_meanwhile_is_named(page: Page) -> None:
    page.tries(GOOD)
    page.bench.library.lend()
    page.keeps()
    assert page.shown.importable == 2
    assert [words for _, words in page.said] == [
        "The patient library cannot be used at the moment; try again later."
    ]


def test_a_trial_can_be_stopped(page: Page) -> None:
    page.put(HEAD + "P-1,2024-03-05,4\n" * 2000)
    page.bench.jobs.on_progress = lambda number, share, _what: (
        page.bench.jobs.cancel(number) if share > 0.2 else None
    )
    page.view.gestures.try_out(TABLE)
    page.bench.jobs.run_all()
    assert page.shown is None
    shares = [each.done for each in page.view.every("show_table")[:-1]]
    assert 0.2 < max(shares) < 0.5
    assert page.said == []


def test_leaving_during_the_trial_stops_it(page: Page) -> None:
    page.put(GOOD)
    page.view.gestures.try_out(TABLE)
    page.view.gestures.leave()
    page.bench.jobs.run_all()
    assert page.shown is None
    assert page.tables.kept == []


def test_while_it_is_kept_nothing_else_begins(page: Page) -> None:
    page.tries(GOOD)
    page.view.gestures.keep()
    page.view.gestures.keep()
    page.view.gestures.try_out(TABLE)
    assert page.shown.stage is Stage.KEEPING
    assert page.shown.importable == 0
    page.bench.jobs.run_all()
    assert len(page.tables.kept) == 1
    assert page.shown is None


def long_table(page: Page) -> TableShown:
    days = (date(2000, 1, 1) + timedelta(days=at) for at in range(10 * STEP))
    page.tables.patients = (KnownPatient("p1", "P-1"),)
    return page.tries(HEAD + "".join(f"P-1,{day.isoformat()},4\n" for day in days))


def test_an_import_can_be_stopped_and_keeps_nothing(page: Page) -> None:
    assert long_table(page).importable == 10 * STEP

    def stop(_number: int, share: float, _what: str) -> None:
        if share > 0.4:
            page.view.gestures.leave()

    page.bench.jobs.on_progress = stop
    page.keeps()
    assert page.tables.kept == []
    assert page.shown is None
    assert page.said == []
    assert page.events == ["come"]


def test_a_stop_that_comes_too_late_changes_nothing(page: Page) -> None:
    page.tries(GOOD)
    page.view.gestures.keep()
    number = page.bench.jobs.work()
    page.view.gestures.leave()
    page.bench.jobs.deliver(number)
    assert len(page.tables.kept) == 1
    assert page.events == ["come", "imported"]
    assert page.shown is None


def test_closing_the_program_waits_for_an_import(page: Page) -> None:
    long_table(page)
    page.keeps()
    (job,) = (each for each in page.bench.jobs.started if not each.topic)
    assert job.awaited
    shown = page.view.every("show_table")[:-1]
    shares = [each.done for each in shown if each.stage is Stage.KEEPING]
    assert shares == [0.0, *(at / 10 for at in range(10))]


def test_a_long_table_waits_for_its_turn_a_short_one_does_not(page: Page) -> None:
    page.tries(GOOD)
    assert page.tries(HEAD + "P-1,2024-03-05,x\n" * (SHORT_BYTES // 15)).importable == 0
    trials = [each for each in page.bench.jobs.started if each.topic]
    assert [each.urgent for each in trials] == [True, True, True, False]
