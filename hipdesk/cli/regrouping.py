"""``hipdesk library``: patients and visits, merged, parted, moved, put aside, and taken back."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hipdesk.cli.follow_up import EVERYONE
from hipdesk.cli.library import Store, opened
from hipdesk.cli.terminal import Json, app, counted, print_json, print_lines

if TYPE_CHECKING:
    from hipdesk.ports import AsideEntry, PatientEntry, Regrouping, VisitEntry
    from hipdesk.records import Patient

people = typer.Typer(no_args_is_help=True)
app.add_typer(
    people,
    name="library",
    help="Patients and visits: list, merge, part, move, put aside, and take it back.",
)

Uid = Annotated[str, typer.Argument(metavar="PATIENT", help="As `patients` lists it.")]
VisitUid = Annotated[str, typer.Argument(metavar="VISIT", help="As `visits` lists it.")]
Reader = Annotated[
    str, typer.Option("--reader", metavar="NAME", help="Who says so; the user without.")
]
Reason = Annotated[
    str,
    typer.Option("--reason", metavar="TEXT", help="Why; required where birth date or sex differ."),
]


@people.command("patients")
def list_patients(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="Name, ID, accession.")] = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """List patients with the names by which the other commands know them."""
    with opened(store, read_only=True) as library:
        found = library.patients(words, limit=EVERYONE)
    if as_json:
        patients = [_patient_document(each) for each in found]
        print_json({"schema": "hipdesk.library-patients/1", "patients": patients})
    else:
        print_lines(_patient_line(each) for each in found)


@people.command("visits")
def list_visits(patient: Uid, store: Store = "", as_json: Json = False) -> None:
    """List a patient's visits with their studies and analyses, oldest first."""
    with opened(store, read_only=True) as library:
        entries = library.entries(patient)
    if as_json:
        visits = [_visit_document(each) for each in entries]
        print_json({"schema": "hipdesk.library-visits/1", "visits": visits})
    else:
        print_lines(line for each in entries for line in _visit_lines(each))


@people.command()
def merge(
    patient: Uid,
    into: Annotated[str, typer.Argument(metavar="INTO", help="Who keeps name and number.")],
    reader: Reader = "",
    reason: Reason = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Give every visit of one patient to another: they are one person."""
    with opened(store) as library:
        visits = library.merge_patients(patient, into, _who(reader), reason)
    _said(as_json, f"{counted(len(visits), 'visit')} moved.", visits=list(visits))


@people.command()
def split(
    visits: Annotated[list[str], typer.Argument(metavar="VISIT...", help="Of one patient.")],
    reader: Reader = "",
    reason: Reason = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Part visits from the others of their patient: they are somebody else's."""
    with opened(store) as library:
        new = library.split_visits(visits, _who(reader), reason)
    _said(as_json, f"They belong to the new patient {new}.", patient=new)


@people.command()
def move(
    visit: VisitUid,
    patient: Uid,
    reader: Reader = "",
    reason: Reason = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Give a visit to another patient."""
    with opened(store) as library:
        before = library.move_visit(visit, patient, _who(reader), reason)
    _said(as_json, f"Moved; it belonged to {before}.", before=before)


@people.command("move-study")
def move_study(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="As `visits` lists it.")],
    visit: Annotated[
        str, typer.Argument(metavar="VISIT", help="Of the same patient; one of its own without.")
    ] = "",
    reader: Reader = "",
    reason: Reason = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Have a study, with all its results, belong to another visit of the patient."""
    with opened(store) as library:
        now = library.move_study(study, visit or None, _who(reader), reason)
    _said(as_json, f"It belongs to the visit {now}.", visit=now)


@people.command("date")
def date_visit(
    visit: VisitUid,
    day: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DAY", help="As 2024-03-05.")
    ],
    reader: Reader = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Give a visit the date that its images do not state."""
    given = day.date()
    if given > datetime.now().astimezone().date():
        raise typer.BadParameter("a visit cannot lie in the future")
    with opened(store) as library:
        library.date_visit(visit, given, _who(reader))
    _said(as_json, "The date is kept.", day=given.isoformat())


@people.command()
def aside(
    uids: Annotated[
        list[str], typer.Argument(metavar="VISIT...", help="Or patients: all their visits.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    reader: Reader = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Take visits out of every list and trend; nothing is deleted."""
    if not reason.strip():
        raise typer.BadParameter("--reason must say why")
    with opened(store) as library:
        visits = [
            visit
            for uid in uids
            for visit in ([each.visit.uid for each in library.entries(uid)] or [uid])
        ]
        library.put_aside(visits, reason.strip(), _who(reader))
    _said(as_json, f"{counted(len(visits), 'visit')} put aside.", visits=visits)


@people.command("bring-back")
def bring_back(
    visits: Annotated[list[str], typer.Argument(metavar="VISIT...", help="Put aside before.")],
    reader: Reader = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """List visits again that were put aside."""
    with opened(store) as library:
        library.bring_back(visits, _who(reader))
    _said(as_json, "Brought back.", visits=visits)


@people.command()
def changes(store: Store = "", as_json: Json = False) -> None:
    """List what is put aside, and what was regrouped and can be taken back."""
    with opened(store, read_only=True) as library:
        put_aside, regrouped = library.visits_aside(), library.regroupings()
    if as_json:
        print_json(
            {
                "schema": "hipdesk.library-changes/1",
                "aside": [_aside_document(each) for each in put_aside],
                "regrouped": [_regrouped_document(each) for each in regrouped],
            }
        )
    else:
        print_lines(_change_lines(put_aside, regrouped))


@people.command("take-back")
def take_back(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As `changes` lists it.")],
    reader: Reader = "",
    store: Store = "",
    as_json: Json = False,
) -> None:
    """Undo a merge, a parting or a move."""
    with opened(store) as library:
        library.take_back(number, _who(reader))
    _said(as_json, "Taken back.", number=number)


def _who(reader: str) -> str:
    return reader or getpass.getuser()


def _said(as_json: bool, words: str, **facts: object) -> None:
    if as_json:
        print_json({"schema": "hipdesk.library-change/1", **facts})
    else:
        print_lines([words])


# Words


def _identity(patient: Patient) -> str:
    born = _day(patient.birth_date) or "birth date not stated"
    number = f"ID {patient.patient_id or '-'} ({patient.issuer or 'no issuer'})"
    return f"{patient.name or 'no name'}, {number}, {born}, {patient.sex or 'sex not stated'}"


def _patient_line(entry: PatientEntry) -> str:
    last = f", last {entry.last_day}" if entry.last_day else ""
    return f"{entry.uid}  {_identity(entry.patient)}: {counted(entry.visits, 'visit')}{last}"


def _visit_lines(entry: VisitEntry) -> Iterator[str]:
    visit = entry.visit
    at = f" {visit.time:%H:%M}" if visit.time else ""
    given = "" if entry.dated_by is None else f", date entered by {entry.dated_by or '-'}"
    yield f"{visit.uid}  {_day(visit.day) or 'no date'}{at}{given}; images name: " + _identity(
        entry.stated
    )
    for study in entry.studies:
        yield f"    study {study.uid}  {_day(study.day) or 'no date'}  {study.description}"
    for each in entry.analyses:
        yield f"    analysis {each.uid}  {each.created_utc:%Y-%m-%d %H:%M} UTC  {each.description}"


def _change_lines(
    put_aside: Sequence[AsideEntry], regrouped: Sequence[Regrouping]
) -> Iterator[str]:
    for entry in put_aside:
        who = _identity(entry.patient)
        yield (
            f"aside  {entry.visit_uid}  {_day(entry.day) or 'no date'}, {who}: "
            f"{entry.reader or '-'}, {entry.at_utc:%Y-%m-%d %H:%M} UTC, {entry.reason or '-'}"
        )
    for deed in regrouped:
        standing = "" if deed.standing else " (regrouped again since)"
        yield (
            f"{deed.number}  {deed.kind.value.replace('_', ' ')}{standing}: "
            f"{_identity(deed.before)} -> {_identity(deed.into)}; "
            f"{deed.reader or '-'}, {deed.at_utc:%Y-%m-%d %H:%M} UTC, {deed.reason or '-'}"
        )
    if not put_aside and not regrouped:
        yield "Nothing is put aside, and nothing was regrouped."


# Documents


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _identity_document(patient: Patient) -> dict[str, Any]:
    return {
        "patient_id": patient.patient_id,
        "issuer": patient.issuer,
        "name": patient.name,
        "birth_date": _day(patient.birth_date),
        "sex": patient.sex,
    }


def _patient_document(entry: PatientEntry) -> dict[str, Any]:
    return {
        "uid": entry.uid,
        **_identity_document(entry.patient),
        "visits": entry.visits,
        "last_day": _day(entry.last_day),
    }


def _visit_document(entry: VisitEntry) -> dict[str, Any]:
    visit = entry.visit
    return {
        "uid": visit.uid,
        "day": _day(visit.day),
        "time": None if visit.time is None else visit.time.isoformat(),
        "dated_by": entry.dated_by,
        "images_name": _identity_document(entry.stated),
        "studies": [
            {
                "uid": study.uid,
                "day": _day(study.day),
                "time": None if study.time is None else study.time.isoformat(),
                "description": study.description,
                "accession": study.accession,
            }
            for study in entry.studies
        ],
        "analyses": [
            {
                "uid": each.uid,
                "created_utc": each.created_utc.isoformat(),
                "description": each.description,
                "hips": [side.value for side in each.hips],
                "signed": each.signed,
            }
            for each in entry.analyses
        ],
        "counting": [
            {"side": hip.side.value, "analysis": hip.analysis_uid, "revision": hip.revision}
            for hip in visit.hips
        ],
    }


def _aside_document(entry: AsideEntry) -> dict[str, Any]:
    return {
        "visit": entry.visit_uid,
        "patient": entry.patient_uid,
        "day": _day(entry.day),
        "reason": entry.reason,
        "reader": entry.reader,
        "at_utc": entry.at_utc.isoformat(),
    }


def _regrouped_document(deed: Regrouping) -> dict[str, Any]:
    return {
        "number": deed.number,
        "kind": deed.kind.value,
        "things": list(deed.things),
        "before": deed.before_uid,
        "into": deed.into_uid,
        "reason": deed.reason,
        "reader": deed.reader,
        "at_utc": deed.at_utc.isoformat(),
        "standing": deed.standing,
    }
