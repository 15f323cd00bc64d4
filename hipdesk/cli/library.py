"""The patient library on the command line: backup and restore, the record of changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hipdesk.cli.terminal import Json, ProgressLine, app, counted, print_json, print_lines
from hipdesk.errors import StoreError
from hipdesk.paths import default_library

if TYPE_CHECKING:
    from hipdesk.adapters.integrity import Integrity
    from hipdesk.adapters.store import SqlVisitStore

audit = typer.Typer(no_args_is_help=True)
app.add_typer(audit, name="audit", help="The hash-chained record of every change.")

Store = Annotated[
    str,
    typer.Option("--store", metavar="PATH|URL", help="The library; the program's own without."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup to be written.")],
    store: Store = "",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write the whole patient library into one verified file, also while it is in use."""
    from hipdesk.adapters.backup import back_up

    with closing(ProgressLine(not as_json)) as line:
        made = back_up(_folder(store), file, line, force=force)
    if as_json:
        print_json(
            {
                "schema": "hipdesk.backup-made/1",
                "images": made.images,
                "lacking": made.lacking,
                "bytes": made.size,
                "problem": made.problem or None,
            }
        )
        return
    print_lines([f"{counted(made.images, 'image file')} and the database, verified: {file}"])
    _warn(made.lacking, made.problem)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    store: Store = "",
    force: Annotated[
        bool,
        typer.Option("--force", help="Move a library that is there aside; nothing is deleted."),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only read the backup through; restore nothing.")
    ] = False,
) -> None:
    """Put a backup's library in place, once every byte of it was checked."""
    from hipdesk.adapters import backup as adapter

    if check:
        made = adapter.read_backup(file)
        print_lines([f"The backup of {made.created_utc:%Y-%m-%d %H:%M} UTC is whole."])
    else:
        place = _folder(store)
        with closing(ProgressLine(True)) as line:
            done = adapter.restore(file, place, line, force=force)
        made = done.backup
        images = counted(made.images, "image file")
        print_lines([f"{images} and the database were restored: {place}"])
        if done.earlier is not None:
            print_lines([f"The library that was there lies in {done.earlier}"])
    _warn(made.lacking, made.problem)


@app.command()
def check(
    store: Store = "",
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Move what is damaged into quarantine; delete nothing."),
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="With --repair: a backup to take lost images from."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the whole patient library through: database, record of changes, every image."""
    from hipdesk.adapters import integrity

    if source is not None and not repair:
        raise typer.BadParameter("--from goes with --repair")
    if "://" in store and not repair:
        _check_server(store, as_json)
        return
    with closing(ProgressLine(not as_json)) as line:
        if repair:
            done = integrity.repair(_folder(store), source, line)
            found, left, aside = done.before, done.after, done.quarantine
        else:
            found = left = integrity.check(_folder(store), line)
            aside = None
    if as_json:
        print_json(_integrity_document(found, left, aside))
    else:
        print_lines(_integrity_lines(found))
        if aside is not None:
            print_lines([f"What was damaged or unknown lies in {aside}"])
        if repair:
            print_lines(["After the repair:", *_integrity_lines(left)])
    if not left.sound:
        raise typer.Exit(StoreError.exit_code)


def _check_server(store: str, as_json: bool) -> None:
    """What a program can check of a library on a server: all but the server's own files."""
    with opened_to_read(store) as opened:
        entries, images = opened.verify_audit(), opened.verify_files()
    if as_json:
        found = {"audit_entries": entries, "images": images}
        print_json({"schema": "hipdesk.check/1", "sound": True, "found": found, "left": found})
        return
    print_lines(
        [
            f"Record of changes: {entries} entries, intact",
            f"Image files: {images}, all as they were stored",
        ]
    )


def _integrity_lines(found: Integrity) -> Iterator[str]:
    """What was found, in words."""
    yield f"Database: {'sound' if found.database_sound else 'DAMAGED'}"
    if found.audit_entries is not None:
        yield f"Record of changes: {found.audit_entries} entries, intact"
    elif found.audit_problem:
        yield f"Record of changes: {found.audit_problem}"
    else:
        yield "Record of changes: cannot be read"
    yield (
        f"Image files: {found.images}, of these {len(found.missing)} missing and "
        f"{len(found.damaged)} damaged; {len(found.unknown)} unknown ones beside them"
    )


def _integrity_document(found: Integrity, left: Integrity, aside: Path | None) -> dict[str, Any]:
    """``hipdesk.check/1``: as found, and as left where something was repaired."""
    return {
        "schema": "hipdesk.check/1",
        "sound": left.sound,
        "found": asdict(found),
        "left": asdict(left),
        "quarantine": None if aside is None else str(aside),
    }


@app.command()
def export(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder; with --cases also a .zip file.")
    ],
    store: Store = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Only CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Only JSON.")] = False,
    cases: Annotated[
        bool,
        typer.Option("--cases", help="De-identified images, outlines and scores instead."),
    ] = False,
) -> None:
    """Write everything in the library as tables, names and numbers of patients included.

    With --cases: the images with outlines and scores, without patients, for
    `hipdesk import` and `hipdesk train --cases`.
    """
    if cases and (as_csv or as_json):
        raise typer.BadParameter("--cases goes with neither --csv nor --json")
    if cases:
        _export_cases(out, store)
    else:
        _export_tables(out, store, as_csv, as_json)


def _export_cases(out: Path, store: str) -> None:
    from hipdesk.adapters.case_bundle import export_cases, pseudonyms_of
    from hipdesk.adapters.dicom_folder import DicomFolderReader

    with (
        closing(ProgressLine(True)) as line,
        opened_to_read(store) as opened,
        DicomFolderReader() as reader,
    ):
        names = pseudonyms_of(copies_of(store) or Path(place_of(store)))
        done = export_cases(opened, reader, out, names, line)
    cases, patients = counted(len(done.cases), "case"), counted(done.patients, "patient")
    print_lines([f"{cases} of {patients}, de-identified: {out}"])
    print_lines(f"Left out, visit {each.visit_uid}: {each.why}." for each in done.refused)
    print_lines(["Look at the images before you give them away: no program sees everything."])


def _export_tables(out: Path, store: str, as_csv: bool, as_json: bool) -> None:
    from hipdesk.adapters.table_export import Format, export_tables

    wanted = {Format.CSV: as_csv, Format.JSON: as_json}
    formats = [kind for kind, chosen in wanted.items() if chosen] or list(Format)
    with closing(ProgressLine(True)) as line, opened_to_read(store) as opened:
        counts = export_tables(opened, out, formats, line)
    print_lines(f"{name}: {counted(count, 'row')}" for name, count in counts.items())
    print_lines([f"Written to {out}; the tables name patients."])


@app.command("import")
def import_(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder or .zip of cases.")],
    store: Store = "",
) -> None:
    """Add de-identified cases, as `hipdesk export --cases` writes them, to the library."""
    from hipdesk.adapters.case_bundle import import_cases
    from hipdesk.adapters.dicom_folder import DicomFolderReader
    from hipdesk.adapters.store import SqlVisitStore

    with (
        closing(ProgressLine(True)) as line,
        SqlVisitStore.open(place_of(store), library=copies_of(store)) as opened,
        DicomFolderReader() as reader,
    ):
        done = import_cases(bundle, opened, reader, line)
    print_lines([f"Added: {counted(done.added, 'case')}; in the library already: {done.known}."])


@audit.command()
def verify(store: Store = "", as_json: Json = False) -> None:
    """Check the record of changes, and every result, correction and review against it."""
    with opened_to_read(store) as opened:
        entries = opened.verify_audit()
    if as_json:
        print_json({"schema": "hipdesk.audit/1", "entries": entries, "intact": True})
    else:
        changes = counted(entries, "change")
        print_lines([f"{changes} on record, and everything stored is what was written."])


def _warn(lacking: int, problem: str) -> None:
    """What the user must know of a backup that is whole but not of a whole library."""
    if lacking:
        files = counted(lacking, "image file")
        print_lines([f"Warning: missing or damaged in the library itself: {files}."])
    if problem:
        print_lines([f"Warning: {problem}"])


def opened_to_read(store: str) -> SqlVisitStore:
    """The library, which another program may be writing to."""
    from hipdesk.adapters.store import SqlVisitStore

    return SqlVisitStore.open(place_of(store), library=copies_of(store), read_only=True)


def opened(store: str, *, read_only: bool = False) -> SqlVisitStore:
    """The library; to be looked at also while another program writes to it."""
    from hipdesk.adapters.store import SqlVisitStore

    return SqlVisitStore.open(place_of(store), library=copies_of(store), read_only=read_only)


def place_of(store: str) -> str:
    """Folder or URL of the library that is meant."""
    return store or str(default_library())


def copies_of(store: str) -> Path | None:
    """Folder of the series where the library is on a server."""
    from hipdesk.adapters.store import series_named
    from hipdesk.paths import user_data_dir

    return (series_named(store) or user_data_dir() / "library") if "://" in store else None


def _folder(store: str) -> Path:
    """Folder of a library that is not on a server."""
    from hipdesk.adapters.backup import ON_A_SERVER

    if "://" in store:
        raise StoreError(ON_A_SERVER)
    return Path(place_of(store))
