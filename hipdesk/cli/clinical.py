"""``hipdesk clinical``: tables of clinical facts, treatments and HIMRISS into the library."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hipdesk.cli.library import Store, copies_of, opened_to_read, place_of
from hipdesk.cli.terminal import Json, app, print_json, print_lines
from hipdesk.clinical_columns import READING_COLUMNS, TREATMENT_COLUMNS, VISIT_COLUMNS, template
from hipdesk.clinical_entries import ImportPlan, Problem
from hipdesk.clinical_import import plan_readings, plan_treatments, plan_visits
from hipdesk.errors import UnreadableInput

if TYPE_CHECKING:
    from hipdesk.adapters.store import SqlVisitStore

    Plan = ImportPlan[Any]

clinical = typer.Typer(no_args_is_help=True)
app.add_typer(clinical, name="clinical", help="Clinical facts and treatments of patients.")

Treatments = Annotated[
    bool, typer.Option("--treatments", help="One line a treatment; else one line a visit.")
]
Himriss = Annotated[
    bool, typer.Option("--himriss", help="One line a HIMRISS reading; else one line a visit.")
]


@clinical.command("import")
def import_(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE.csv", help="See docs/clinical-tables.md.")
    ],
    treatments: Treatments = False,
    himriss: Himriss = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be kept, and every problem.")
    ] = False,
    skip: Annotated[
        bool, typer.Option("--skip-problems", help="Leave lines with problems out, keep the rest.")
    ] = False,
    reader: Annotated[
        str,
        typer.Option(
            "--reader",
            metavar="NAME",
            help="Who imports; the user without. HIMRISS readings name their own reader.",
        ),
    ] = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Keep a table's lines in the library, once the whole table was tried out.

    Nothing is kept while a line has a problem, unless --skip-problems; what the
    library holds is completed, never replaced.
    """
    _refuse_both(treatments, himriss)
    from hipdesk.adapters.table_file import read_table

    data = read_table(table)
    with closing(_opened(store, dry_run)) as opened:
        today = datetime.now().astimezone().date()
        plan = _planner(treatments, himriss)(data, opened.known_patients(), today)
        kept = () if dry_run or not plan.usable else plan.to_import(skip=skip)
        begun = 0
        if kept and himriss:
            opened.import_readings(kept)
        elif kept and treatments:
            opened.import_treatments(kept, reader or getpass.getuser())
        elif kept:
            begun = opened.import_visits(kept, reader or getpass.getuser())
    if as_json:
        print_json(_document(plan, len(kept), begun, dry_run))
    else:
        print_lines(_lines(plan, len(kept), begun, dry_run))
    if not plan.usable or (plan.problems and not skip):
        raise typer.Exit(UnreadableInput.exit_code)


@clinical.command("template")
def template_(treatments: Treatments = False, himriss: Himriss = False) -> None:
    """Print the first line of an empty table."""
    _refuse_both(treatments, himriss)
    columns = TREATMENT_COLUMNS if treatments else VISIT_COLUMNS
    print_lines([template(READING_COLUMNS if himriss else columns).strip()])


def _planner(treatments: bool, himriss: bool) -> Callable[..., Plan]:
    if himriss:
        return plan_readings
    return plan_treatments if treatments else plan_visits


def _refuse_both(treatments: bool, himriss: bool) -> None:
    if treatments and himriss:
        raise typer.BadParameter("a table holds treatments or HIMRISS readings, not both")


def _opened(store: str, dry_run: bool) -> SqlVisitStore:
    from hipdesk.adapters.store import SqlVisitStore

    if dry_run:
        return opened_to_read(store)
    return SqlVisitStore.open(place_of(store), library=copies_of(store))


def _lines(plan: Plan, kept: int, begun: int, dry_run: bool) -> Iterator[str]:
    """Every problem, then what was or would be kept."""
    yield f"{plan.rows} lines, {plan.encoding}."
    yield from (_problem_line(each) for each in plan.problems)
    if dry_run:
        yield f"Dry run: nothing was kept; {len(plan.entries)} lines can be."
    else:
        yield f"{kept} lines were kept; {begun} visits without images were begun for them."
    if plan.unchanged:
        yield f"{len(plan.unchanged)} lines say what the library holds already."


def _problem_line(problem: Problem) -> str:
    column = f", {problem.column}" if problem.column else ""
    found = f" ('{problem.found}')" if problem.found else ""
    return f"Line {problem.line}{column}: {problem.wrong}{found}; expected: {problem.expected}."


def _document(plan: Plan, kept: int, begun: int, dry_run: bool) -> dict[str, Any]:
    """``hipdesk.clinical-import/1``."""
    return {
        "schema": "hipdesk.clinical-import/1",
        "dry_run": dry_run,
        "lines": plan.rows,
        "encoding": plan.encoding,
        "kept": kept,
        "visits_begun": begun,
        "can_be_kept": len(plan.entries),
        "unchanged": len(plan.unchanged),
        "problems": _problems(plan.problems),
    }


def _problems(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "line": each.line,
            "column": each.column or None,
            "wrong": each.wrong,
            "found": each.found or None,
            "expected": each.expected,
        }
        for each in problems
    ]
