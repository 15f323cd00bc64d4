"""What readers chose for scanners' protocols: followed, remembered, listed, forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from hipdesk.cli.terminal import Json, app, print_aside, print_json, print_lines
from hipdesk.errors import StoreError

if TYPE_CHECKING:
    from hipdesk.adapters.store import SqlVisitStore
    from hipdesk.ports import ProtocolChoice
    from hipdesk.records import Contrast, Scan

READER: Final = "command line"
"""Who is written into the record of changes."""


class StatedContrast(StrEnum):
    """What a reader may say of a series."""

    STIR = "stir"
    T2_FS = "t2_fs"
    PD_FS = "pd_fs"
    DIXON_WATER = "dixon_water"
    OTHER = "other"


def stated(series_uid: str | None, contrast: StatedContrast | None) -> dict[str, Contrast]:
    """What is said of one series, by its uid or the name of its part.

    Raises
    ------
    BadParameter
        Nobody knows of which.
    """
    from hipdesk.records import Contrast

    if contrast is None:
        return {}
    if series_uid is None:
        raise typer.BadParameter("--contrast needs --series UID")
    return {series_uid: Contrast(contrast.value)}


def remembered(store: str | None, read_only: bool = False) -> tuple[ProtocolChoice, ...]:
    """What a library remembers, newest first; nothing of none and of one not begun yet.

    Parameters
    ----------
    read_only : look only; possible while another program writes
    """
    from pathlib import Path

    from hipdesk.adapters.store import DATABASE

    if store is None or ("://" not in store and not (Path(store) / DATABASE).exists()):
        return ()
    with closing(_opened(store, read_only)) as opened:
        return opened.choices.all()


def remember(store: str, scan: Scan, series_uid: str, stated: Mapping[str, Contrast] = {}) -> None:
    """Choose from now on as was asked for; where that makes no difference, it is said.

    Parameters
    ----------
    scan : as the files have it
    """
    from hipdesk.scanner_protocol import protocol_of
    from hipdesk.series_choice import as_said, choose, worth_remembering

    protocol = protocol_of(choose(scan, series_uid).chosen[0])
    preferred = worth_remembering(as_said(scan, (), stated), series_uid)
    with closing(_opened(store)) as opened:
        if protocol is not None and series_uid in stated:
            opened.choices.remember(protocol, stated[series_uid], READER)
        if preferred is not None:
            opened.choices.remember(preferred, None, READER)
    if protocol is None:
        _say("Nothing was remembered: the files do not name scanner and protocol.")
    elif preferred is None and not stated:
        _say("Nothing was remembered: without being asked, the program would choose no other.")


def _say(sentence: str) -> None:
    print_aside(sentence)


def _opened(store: str, read_only: bool = False) -> SqlVisitStore:
    from hipdesk.adapters.store import SqlVisitStore
    from hipdesk.paths import user_data_dir

    copies = user_data_dir() / "library" if "://" in store else None
    return SqlVisitStore.open(store, library=copies, read_only=read_only)


@app.command()
def protocols(
    store: Annotated[
        str, typer.Option("--store", metavar="PATH|URL", help="The library that remembers.")
    ],
    forget: Annotated[
        str | None, typer.Option("--forget", metavar="ID", help="Forget one of them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what is chosen by itself for a scanner's protocol, as a reader once did."""
    with closing(_opened(store)) as opened:
        standing = opened.choices.all()
        if forget is not None:
            if forget not in {choice.uid for choice in standing}:
                raise StoreError("Nothing is remembered under this ID; leave out --forget to list.")
            opened.choices.forget(forget, READER)
            standing = opened.choices.all()
    if as_json:
        choices = [_document(choice) for choice in standing]
        print_json({"schema": "hipdesk.protocols/1", "choices": choices})
    else:
        print_lines(_lines(standing))


def _document(choice: ProtocolChoice) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "id": choice.uid,
        "chosen_utc": choice.at_utc.isoformat(),
        "contrast": None if choice.contrast is None else choice.contrast.value,
        "protocol": asdict(choice.protocol) | {"plane": choice.protocol.plane.value},
    }


def _lines(standing: Sequence[ProtocolChoice]) -> Iterator[str]:
    from hipdesk.series_choice import said_of

    for choice in standing:
        made = choice.protocol
        scanner = " ".join(filter(None, (made.manufacturer, made.model)))
        yield f"{scanner}: {made.description or made.protocol}"
        yield f"    {said_of(choice)} since {choice.at_utc.date().isoformat()}; {choice.uid}"
    if not standing:
        yield "Nothing is remembered."
