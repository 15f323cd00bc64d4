"""Finding patients by words, whatever their case, accents and widths."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_database import by_id

_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_WITHIN_NAME: Final = re.compile(r"[\s^]+")
_BETWEEN_WORDS: Final = re.compile(r"[\s^=,]+")


def folded(text: str) -> str:
    """Text without case, accents and differences of width."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))
    return unicodedata.normalize("NFC", bare)


def search_text(name: str, others: Iterable[str]) -> str:
    """What the words of a search are sought in: each text on a line of its own.

    A name is there as written and without its separators, as Chinese, Japanese
    and Korean names are typed.
    """
    joined = (_WITHIN_NAME.sub("", part) for part in name.split("="))
    return folded("\n".join(dict.fromkeys(filter(None, (name, *joined, *others)))))


def holds_every(words: str) -> ColumnElement[bool]:
    """Condition on a patient: name, ID or accession numbers hold every word."""
    wanted = filter(None, _BETWEEN_WORDS.split(folded(words)))
    column: Any = schema.patient.c.search
    return and_(True, *(column.contains(word, autoescape=True) for word in wanted))


def index_patient(connection: Connection, patient_id: int) -> None:
    """Bring a patient's search text up to date with the studies they have."""
    row = by_id(connection, schema.patient, patient_id)
    numbers = connection.execute(
        select(schema.study.c.accession)
        .where(schema.study.c.patient_id == patient_id)
        .order_by(schema.study.c.id)
    ).scalars()
    text = search_text(row["name"], (row["identifier"], *numbers))
    if text != row["search"]:
        table = schema.patient
        connection.execute(table.update().where(table.c.id == patient_id).values(search=text))
