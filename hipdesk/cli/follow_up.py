"""A library over time on the command line: analysing it again, and repeats that tell noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hipdesk.cli import models
from hipdesk.cli.library import Store, opened
from hipdesk.cli.terminal import (
    Json,
    ProgressLine,
    WhichProvider,
    app,
    print_json,
    print_lines,
)
from hipdesk.errors import StoreError
from hipdesk.paths import SEGMENTER
from hipdesk.records import Provider, Side
from hipdesk.review import PairKind

if TYPE_CHECKING:
    from hipdesk.adapters.store import SqlVisitStore
    from hipdesk.reanalysis import Reanalysed
    from hipdesk.sdc import DetectableChange, Estimates

EVERYONE = 1_000_000
"""More patients than any library holds."""

repeats = typer.Typer(no_args_is_help=True)
app.add_typer(
    repeats, name="repeats", help="Pairs of results of unchanged hips: what a site knows of noise."
)


@app.command()
def reanalyse(
    store: Store = "",
    patient: Annotated[
        str, typer.Option("--patient", metavar="ID", help="Only the patient of this PatientID.")
    ] = "",
    provider: WhichProvider = Provider.AUTO,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="Model that outlines the hips.")
    ] = SEGMENTER,
    as_json: Json = False,
) -> None:
    """Analyse every visit in a library with the present models, beside what is there.

    Nothing is replaced: a result that a reader signed, accepted or corrected stays
    the one that counts until a reader judges the new one.
    """
    from hipdesk.adapters.dicom_folder import DicomFolderReader
    from hipdesk.reanalysis import reanalyse as run

    with opened(store) as library, DicomFolderReader() as reader:
        people = patients_with(library, patient)
        networks = models.networks(provider, model)
        with closing(ProgressLine(not as_json)) as line:
            done = run(library, reader, networks, people, line)
    if as_json:
        print_json(_reanalysis_document(done))
    else:
        print_lines(_reanalysis_lines(done))


def patients_with(library: SqlVisitStore, identifier: str) -> list[str]:
    """Uids of everyone, or of those with this PatientID."""
    found = library.patients(identifier, limit=EVERYONE)
    if not identifier:
        return [entry.uid for entry in found]
    same = [entry.uid for entry in found if entry.patient.patient_id == identifier]
    if not same:
        raise StoreError("The patient library has no patient with this ID; check the ID.")
    return same


def _reanalysis_lines(done: Sequence[Reanalysed]) -> Iterator[str]:
    from hipdesk.reanalysis import Outcome

    words = {
        Outcome.ANALYSED: "analysed",
        Outcome.KNOWN: "analysed by these models before",
        Outcome.FAILED: "failed",
    }
    for each in done:
        said = f": {each.reason}" if each.reason else ""
        day = "undated" if each.day is None else each.day.isoformat()
        yield f"Visit {day}, series {words[each.outcome]}{said}"
    counts = {outcome: sum(each.outcome is outcome for each in done) for outcome in Outcome}
    yield ", ".join(f"{counts[outcome]} {words[outcome]}" for outcome in Outcome)


def _reanalysis_document(done: Sequence[Reanalysed]) -> dict[str, Any]:
    return {
        "schema": "hipdesk.reanalysis/1",
        "series": [
            {
                "visit": each.visit_uid,
                "day": None if each.day is None else each.day.isoformat(),
                "analysis": each.analysis_uid,
                "outcome": each.outcome.value,
                "reason": each.reason or None,
            }
            for each in done
        ],
    }


First = Annotated[str, typer.Argument(metavar="FIRST", help="Analysis, or analysis:revision.")]
Second = Annotated[str, typer.Argument(metavar="SECOND", help="The repeat of it.")]
Hip = Annotated[Side, typer.Option("--side", help="R or L.")]
Reader = Annotated[str, typer.Option("--reader", metavar="NAME", help="Who says so.")]


@repeats.command("add")
def add_repeat(
    kind: PairKind, first: First, second: Second, side: Hip, reader: Reader, store: Store = ""
) -> None:
    """Name two results as repeats of one hip between which nothing can have changed."""
    with opened(store) as library:
        library.name_repeat(kind, _result(first), _result(second), side, reader)
    print_lines(["The repeat is named."])


@repeats.command("withdraw")
def withdraw_repeat(
    kind: PairKind, first: First, second: Second, side: Hip, reader: Reader, store: Store = ""
) -> None:
    """Take back that two results are repeats."""
    with opened(store) as library:
        library.withdraw_repeat(kind, _result(first), _result(second), side, reader)
    print_lines(["The repeat is withdrawn."])


@repeats.command("show")
def show_repeats(store: Store = "", as_json: Json = False) -> None:
    """Show what the site's pairs establish: the smallest detectable change of each figure."""
    from hipdesk.sdc import estimates

    with opened(store, read_only=True) as library:
        found = estimates(library.repeat_pairs())
    if as_json:
        print_json(_noise_document(found))
    else:
        print_lines(_noise_lines(found))


def _result(words: str) -> tuple[str, int]:
    """An analysis with the number of a revision; 0 is the analysis itself."""
    uid, _, number = words.partition(":")
    if number and not number.isdecimal():
        raise typer.BadParameter("a revision is a number, as in ANALYSIS:2")
    return uid, int(number or 0)


def _noise_lines(found: Estimates) -> Iterator[str]:
    if not found.changes:
        yield "No repeats are named, so no smallest detectable change is established."
    for each in _sorted(found):
        scope = each.scope
        lesion = "" if scope.lesion is None else f" of {scope.lesion.value}"
        known = "not established" if each.value is None else f"{each.value:.4g}"
        for point in _by_level(each) or ():
            known += f"; {point['value']:.4g} about {point['level']:.4g}"
        yield (
            f"{scope.kind.value}: {scope.quantity.value}{lesion} on {scope.basis.value}, "
            f"{each.n_pairs} pairs: {known}"
        )
    if found.rejected:
        yield f"{sum(found.rejected.values())} pairs say nothing on noise"


def _by_level(each: DetectableChange) -> list[dict[str, float | None]] | None:
    """Two figures with the smallest detectable change about each; straight between and beyond."""
    if each.growing is None:
        return None
    levels = (each.growing.low[0], each.growing.high[0])
    return [{"level": level, "value": each.at(level)} for level in levels]


def _sorted(found: Estimates) -> list[DetectableChange]:
    def order(each: DetectableChange) -> tuple[str, ...]:
        scope = each.scope
        lesion = "" if scope.lesion is None else scope.lesion.value
        return scope.kind, scope.quantity, lesion, scope.basis, scope.definition

    return sorted(found.changes.values(), key=order)


def _noise_document(found: Estimates) -> dict[str, Any]:
    return {
        "schema": "hipdesk.repeats/1",
        "smallest_detectable_changes": [
            {
                "kind": each.scope.kind.value,
                "definition": each.scope.definition,
                "models": sorted(each.scope.models),
                "quantity": each.scope.quantity.value,
                "lesion": None if each.scope.lesion is None else each.scope.lesion.value,
                "basis": each.scope.basis.value,
                "pairs": each.n_pairs,
                "bias": each.bias,
                "sem": each.sem,
                "value": each.value,
                "by_level": _by_level(each),
                "reason": None if each.reason is None else each.reason.value,
            }
            for each in _sorted(found)
        ],
        "rejected": {fault.value: count for fault, count in found.rejected.items()},
    }
