"""In which character set names of stored images are read, inside the caller's transaction."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, Select, select

from hipdesk.adapters import _store_schema as schema
from hipdesk.adapters._store_audit import SPELT, record
from hipdesk.adapters._store_database import by_id
from hipdesk.adapters._store_reading import analysis_row
from hipdesk.adapters._store_search import index_patient
from hipdesk.records import Series


def charset_of(connection: Connection, analysis_uid: str) -> str:
    """The character set that was chosen for an analysed series; empty for its files' own.

    Raises
    ------
    StoreError
        The library has no such analysis.
    """
    return _charset(connection, analysis_row(connection, analysis_uid)["series_id"])


def respell(connection: Connection, analysis_uid: str, series: Series, reader: str) -> None:
    """Read the names of an analysed series as these are read, everywhere.

    Parameters
    ----------
    series : the same images, opened in ``series.charset``

    Raises
    ------
    StoreError
        The library has no such analysis.
    """
    spell(connection, analysis_row(connection, analysis_uid)["series_id"], series, reader)


def spell(connection: Connection, series_id: int, series: Series, reader: str) -> None:
    """Keep the character set of a stored series, and the names as they are read in it."""
    stored = by_id(connection, schema.series, series_id)
    if _charset(connection, series_id) != series.charset:
        row = {
            "series_id": series_id,
            "charset": series.charset,
            "reader": reader,
            "at_utc": datetime.now(UTC),
        }
        record(connection, SPELT, {"series": stored["folder"]}, {schema.spelling: [row]})
    study = by_id(connection, schema.study, stored["study_id"])
    visit = by_id(connection, schema.visit, study["visit_id"])
    table = schema.study
    described = table.update().where(table.c.id == study["id"])
    connection.execute(described.values(description=series.study.description))
    people = schema.patient
    stated = visit["stated_patient_id"]
    named = people.update().where(people.c.id == stated)
    connection.execute(named.values(name=series.patient.name))
    index_patient(connection, stated)


def _charset(connection: Connection, series_id: int) -> str:
    return str(connection.execute(_newest(series_id)).scalar() or "")


def _newest(series_id: int) -> Select[tuple[str]]:
    table = schema.spelling
    spellings = select(table.c.charset).where(table.c.series_id == series_id)
    return spellings.order_by(table.c.id.desc()).limit(1)
