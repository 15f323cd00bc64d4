"""The patient library on the command line: backup and restore, the record of changes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from hipdesk.cli.terminal import Json, ProgressLine, app, print_json, print_lines
from hipdesk.errors import StoreError
from hipdesk.paths import default_library

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
    print_lines([f"{made.images} image files and the database, verified: {file}"])
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
        print_lines([f"{made.images} image files and the database were restored: {place}"])
        if done.earlier is not None:
            print_lines([f"The library that was there lies in {done.earlier}"])
    _warn(made.lacking, made.problem)


@audit.command()
def verify(store: Store = "", as_json: Json = False) -> None:
    """Check the record of changes, and every result, correction and review against it."""
    from hipdesk.adapters.store import SqlVisitStore

    with SqlVisitStore.open(_place(store), library=_copies(store), read_only=True) as opened:
        entries = opened.verify_audit()
    if as_json:
        print_json({"schema": "hipdesk.audit/1", "entries": entries, "intact": True})
    else:
        changes = "1 change is" if entries == 1 else f"{entries} changes are"
        print_lines([f"{changes} recorded, and everything stored is what was written."])


def _warn(lacking: int, problem: str) -> None:
    """What the user must know of a backup that is whole but not of a whole library."""
    if lacking:
        print_lines(
            [f"Warning: {lacking} image files were missing or damaged in the library itself."]
        )
    if problem:
        print_lines([f"Warning: {problem}"])


def _place(store: str) -> str:
    """Folder or URL of the library that is meant."""
    return store or str(default_library())


def _copies(store: str) -> Path | None:
    """Folder of the series where the library is on a server."""
    from hipdesk.paths import user_data_dir

    return user_data_dir() / "library" if "://" in store else None


def _folder(store: str) -> Path:
    """Folder of a library that is not on a server."""
    if "://" in store:
        raise StoreError(
            "A library on a database server is backed up by the server's own tools, and its "
            "folder of series beside it; name a folder here."
        )
    return Path(_place(store))
