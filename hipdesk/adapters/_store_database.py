"""Opening the library's database: connection settings, checks, backup, migration."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json
from sqlalchemy import (
    URL,
    BindParameter,
    Connection,
    Engine,
    String,
    Table,
    bindparam,
    column,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.exc import ArgumentError

from hipdesk.adapters._store_errors import OPENING, damaged
from hipdesk.adapters.whole_file import sync_folder
from hipdesk.errors import StoreError, StoreTooNew

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS: Final = Path(__file__).parent / "migrations"
NEWEST: Final = "0008"
"""The last migration."""

WRITING: Final = "hipdesk_writing"
"""Execution option of a connection that is going to write."""

_APPLICATION_ID: Final = 0x48445331  # "HDS1"; sqlite.org/pragma.html#pragma_application_id
_VERSION_TABLE: Final = "alembic_version"
_WAIT_S: Final = 5.0

LARGE_BYTES: Final = 200_000_000
"""Up to here the check at the start takes less than 0.3 s."""

CHECK_EVERY: Final = timedelta(days=7)
"""So often even a large file that nobody wrote to is looked through (our choice)."""

_CHECKED: Final = ".checked"
_POSTGRESQL: Final = ("postgresql", "postgres")
_DRIVER: Final = "postgresql+psycopg"  # SQLAlchemy 2.0 takes another one where none is named.
_SERIES: Final = "series"
_WRITERS: Final = 1212431187  # any fixed number: the server's lock that a writer holds
_SETTINGS: Final = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    # INSERT OR REPLACE would otherwise delete rows without asking the triggers.
    "PRAGMA recursive_triggers = ON",
)


def sqlite_engine(path: Path, *, read_only: bool) -> Engine:
    """Engine of a library's SQLite file, made where it is missing unless ``read_only``."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        json_deserializer=from_json,
        connect_args={"timeout": _WAIT_S},
    )

    def connected(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # We say BEGIN ourselves, so that DDL rolls back too.
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.execute("PRAGMA query_only = ON" if read_only else "PRAGMA journal_mode = WAL")

    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begin)
    return engine


def server_address(text: str) -> tuple[URL, Path | None]:
    """Address of a database server, and the folder of series that ``?series=`` names in it.

    Raises
    ------
    StoreError
        It is no such address.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise _wrong_address() from error
    if url.drivername in _POSTGRESQL:
        url = url.set(drivername=_DRIVER)
    named = url.query.get(_SERIES)
    return url.difference_update_query([_SERIES]), Path(named) if isinstance(named, str) else None


def _wrong_address() -> StoreError:
    return StoreError(
        f"{OPENING}: its address is wrong, or the program lacks the driver for such a server."
    )


def server_engine(url: URL) -> Engine:
    """Engine of a database server.

    Raises
    ------
    StoreError
        The address or its driver cannot be used.
    """
    try:
        # Each statement must see what the last holder of the writers' lock committed.
        return create_engine(
            url,
            hide_parameters=True,
            json_deserializer=from_json,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
        )
    except (ImportError, ArgumentError) as error:
        raise _wrong_address() from error


def one_state(engine: Engine) -> dict[str, Any]:
    """Options of a connection that sees one state of the database; SQLite's always do."""
    if engine.dialect.name != "postgresql":
        return {}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def exclude_writers(connection: Connection) -> None:
    """Let nobody else write until the transaction ends; SQLite's BEGIN did it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS})"))


@contextmanager
def _one_migrates(connection: Connection) -> Iterator[None]:
    """Keep other workstations from writing and migrating on a server meanwhile."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(text(f"SELECT pg_advisory_lock({_WRITERS})"))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({_WRITERS})"))
        connection.commit()


def check_at_start(path: Path) -> datetime:
    """Refuse what `check_sqlite` refuses; when the pages were looked through.

    Those of a large file are not, where it lies as it was left less than `CHECK_EVERY` ago:
    a gigabyte takes more than a second.
    """
    checked = _checked_as_it_lies(path)
    check_sqlite(path, pages=checked is None)
    return checked or datetime.now(UTC)


def _checked_as_it_lies(path: Path) -> datetime | None:
    """When the pages of a large file were looked through, if nobody wrote to it since."""
    log = path.with_name(path.name + "-wal")
    try:
        if log.exists() and log.stat().st_size > 0:
            return None
        kept = json.loads(path.with_suffix(_CHECKED).read_text(encoding="ascii"))
        checked = datetime.fromisoformat(kept["checked_utc"])
        as_left = kept["file"] == _as_it_lies(path)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    fresh = timedelta() <= datetime.now(UTC) - checked < CHECK_EVERY
    return checked if as_left and fresh else None


def _as_it_lies(path: Path) -> list[int]:
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def note_checked(path: Path, checked: datetime) -> None:
    """Keep how a large file is left, and when its pages were looked through."""
    with suppress(OSError):  # then the next start looks through it
        if path.stat().st_size >= LARGE_BYTES:
            kept = {"checked_utc": checked.isoformat(), "file": _as_it_lies(path)}
            path.with_suffix(_CHECKED).write_text(json.dumps(kept), encoding="ascii")


def check_sqlite(path: Path, *, pages: bool = True) -> None:
    """Refuse a file that is not a sound library, without changing it.

    Parameters
    ----------
    pages : look through all of them

    Raises
    ------
    StoreError
        It is damaged, or belongs to another program.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    with closing(sqlite3.connect(path, timeout=_WAIT_S)) as connection:
        if pages and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise damaged(OPENING)
        if connection.execute("PRAGMA application_id").fetchone() not in ((0,), (_APPLICATION_ID,)):
            raise StoreError(f"{OPENING}: its database belongs to another program.")


def schema_revision(engine: Engine) -> str | None:
    """Which migration the database is at; None where it is new.

    Raises
    ------
    StoreError
        It holds tables of something else.
    """
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        current = _version(connection) if _VERSION_TABLE in tables else None
    if current is None and tables - {_VERSION_TABLE}:
        raise StoreError(f"{OPENING}: its database belongs to another program.")
    return current


def _version(connection: Connection) -> str | None:
    statement = select(column("version_num", String)).select_from(table(_VERSION_TABLE))
    return connection.execute(statement).scalar()


def needs_migration(current: str | None) -> bool:
    """Whether a database at ``current`` is older than this program.

    Raises
    ------
    StoreTooNew
        The program does not know that migration.
    """
    if current not in (None, NEWEST) and current not in _known_revisions():
        raise StoreTooNew(
            f"{OPENING}: a newer version of the program has worked with it; "
            "install that version or choose another library."
        )
    return current != NEWEST


def _known_revisions() -> Iterator[str]:
    from alembic.script import ScriptDirectory

    for step in ScriptDirectory.from_config(_config()).walk_revisions():
        yield step.revision


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema, one transaction a step."""
    from alembic import command

    config = _config()
    with engine.connect().execution_options(**{WRITING: True}) as connection:
        config.attributes["connection"] = connection
        with _one_migrates(connection):
            command.upgrade(config, "head")
        connection.rollback()
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.commit()


def _config() -> Config:
    # Imported where needed: a library that is up to date opens without Alembic's 0.2 s.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def back_up(path: Path, folder: Path, revision: str) -> Path:
    """Copy a SQLite database, named by its schema and the time; its new path."""
    folder.mkdir(exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / f"hipdesk-{revision}-{stamp}.sqlite3"
    aside = target.with_suffix(".part")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(aside)) as copy:
        source.backup(copy)
    _sync(aside)
    aside.replace(target)
    sync_folder(folder)
    return target


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def one(connection: Connection, statement: Any) -> dict[str, Any] | None:
    """First row of a query as a dictionary, or None."""
    row = connection.execute(statement).mappings().first()
    return None if row is None else dict(row)


KEYS: Final[BindParameter[Any]] = bindparam("keys", expanding=True)
"""Stands in a statement for the list that ``keys=`` then gives `many`.

A statement that is made once is put into words once; making it anew takes longer than
fetching a few rows with it.
"""


def many(connection: Connection, statement: Any, **parameters: Any) -> list[dict[str, Any]]:
    """Rows of a query as dictionaries."""
    found = connection.execute(statement, parameters)
    names = tuple(found.keys())
    # Half the time of mappings(), and all at once half that of one row after another.
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def insert(connection: Connection, table: Table, row: Mapping[str, Any], **more: Any) -> int:
    """Add one row; its number."""
    key = connection.execute(table.insert().values(**row, **more)).inserted_primary_key
    return int(key[0]) if key else 0


def insert_many(
    connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]], **more: Any
) -> None:
    """Add rows that have the same columns; none is allowed."""
    complete = [{**row, **more} for row in rows]
    if complete:
        connection.execute(table.insert(), complete)


def by_id(connection: Connection, table: Table, key: int) -> dict[str, Any]:
    """The row of this number."""
    return dict(connection.execute(select(table).where(table.c.id == key)).mappings().one())


def grouped(connection: Connection, table: Table, keys: Iterable[int]) -> dict[int, list[Any]]:
    """Rows of a table by the row they belong to, in order."""
    owner, statement = _by_owner(table)
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in many(connection, statement, keys=list(keys)):
        found[row[owner]].append(row)
    return found


@cache
def _by_owner(table: Table) -> tuple[str, Any]:
    """Name of the column that says to which row one belongs; the rows of `KEYS`."""
    owner = next(column for column in table.columns if column.foreign_keys)
    return owner.name, select(table).where(owner.in_(KEYS)).order_by(table.c.id)
