"""What readers chose for scanners' protocols, kept in the patient library.

Choices are appended, and withdrawn by an entry of their own; the library's
record of changes vouches for both. Nothing in them tells of a patient.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_audit import PROTOCOL_CHOSEN, PROTOCOL_FORGOTTEN, record
from hipdesk.adapters._store_database import many, one
from hipdesk.ports import ProtocolChoice, ScannerProtocol
from hipdesk.records import Contrast, Plane
from hipdesk.scanner_protocol import same_protocol

log = logging.getLogger(__name__)

_PREFERRED = "preferred"
_CONTRAST = "contrast"

_Transaction = Callable[[], AbstractContextManager[Connection]]


class SqlProtocolChoices:
    """A `hipdesk.ports.ProtocolChoices` in the library's database.

    Parameters
    ----------
    reading, changing : begin a transaction; the latter excludes other writers.
        Faults leave them as `StoreError`.
    """

    def __init__(self, reading: _Transaction, changing: _Transaction) -> None:
        self._reading = reading
        self._changing = changing

    def all(self) -> tuple[ProtocolChoice, ...]:
        """What stands, newest first.

        Raises
        ------
        StoreError
            The library cannot be read.
        """
        with self._reading() as connection:
            return _standing(connection)

    def remember(
        self, protocol: ScannerProtocol, contrast: Contrast | None, reader: str
    ) -> ProtocolChoice:
        """Choose from now on; an earlier contrast of the same protocol is withdrawn.

        What is in force already is given back as it was made.

        Raises
        ------
        StoreError
            Nothing was saved.
        """
        choice = ProtocolChoice(uuid.uuid4().hex, protocol, contrast, reader, datetime.now(UTC))
        with self._changing() as connection:
            kind = [each for each in _standing(connection) if _kind(each) == _kind(choice)]
            rivals = [each for each in kind if same_protocol(each.protocol, protocol)]
            if rivals and rivals[0].contrast is contrast and _in_force(rivals[0], kind):
                return rivals[0]
            for rival in rivals:
                _withdraw(connection, rival.uid, reader)
            table = schema.protocol_override
            record(connection, PROTOCOL_CHOSEN, {"choice": choice.uid}, {table: [_row(choice)]})
        log.info("choice for a protocol remembered")
        return choice

    def forget(self, uid: str, reader: str) -> None:
        """Withdraw a choice; nothing where it does not stand.

        Raises
        ------
        StoreError
            Nothing was changed.
        """
        with self._changing() as connection:
            _withdraw(connection, uid, reader)
        log.info("choice for a protocol withdrawn")


def _kind(choice: ProtocolChoice) -> str:
    return _PREFERRED if choice.contrast is None else _CONTRAST


def _in_force(choice: ProtocolChoice, kind: Sequence[ProtocolChoice]) -> bool:
    """Whether no newer choice goes before this one; contrasts of other protocols do not."""
    return choice.contrast is not None or choice == kind[0]


def _standing(connection: Connection) -> tuple[ProtocolChoice, ...]:
    table = schema.protocol_override
    rows = many(connection, _not_withdrawn().order_by(table.c.id.desc()))
    return tuple(map(_choice, rows))


def _not_withdrawn() -> Select[Any]:
    table = schema.protocol_override
    withdrawn = select(schema.override_withdrawn.c.override_id)
    return select(table).where(table.c.id.not_in(withdrawn))


def _withdraw(connection: Connection, uid: str, reader: str) -> None:
    stands = one(connection, _not_withdrawn().where(schema.protocol_override.c.uid == uid))
    if stands is None:
        return
    row = {"override_id": stands["id"], "reader": reader, "at_utc": datetime.now(UTC)}
    rows = {schema.override_withdrawn: [row]}
    record(connection, PROTOCOL_FORGOTTEN, {"choice": uid}, rows)


def _row(choice: ProtocolChoice) -> dict[str, Any]:
    facts = asdict(choice.protocol) | {"plane": choice.protocol.plane.value}
    return facts | {
        "uid": choice.uid,
        "kind": _kind(choice),
        "contrast": None if choice.contrast is None else choice.contrast.value,
        "reader": choice.reader,
        "at_utc": choice.at_utc,
    }


def _choice(row: dict[str, Any]) -> ProtocolChoice:
    contrast = row["contrast"]
    return ProtocolChoice(
        uid=row["uid"],
        protocol=ScannerProtocol(
            row["manufacturer"],
            row["model"],
            row["protocol"],
            row["description"],
            row["sequence"],
            row["image_type"],
            Plane(row["plane"]),
            row["tr_ms"],
            row["te_ms"],
            row["ti_ms"],
        ),
        contrast=None if contrast is None else Contrast(contrast),
        reader=row["reader"],
        at_utc=row["at_utc"],
    )
