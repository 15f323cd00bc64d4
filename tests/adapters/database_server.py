"""A PostgreSQL server of the tests' own, from Debian's packages, gone with the tests.

It listens on a Unix socket in a private folder and nowhere else. Its databases
are not synced to the disk: none outlives the tests.
"""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import OperationalError

from hipdesk.adapters.store import SqlVisitStore

SERVER_VARIABLE = "HIPDESK_TEST_POSTGRES"
"""Names a running server by its URL, to be used instead."""

_DEBIAN = Path("/usr/lib/postgresql")
_UNPRIVILEGED = ("postgres", "nobody")
_UNSAFE_AND_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_START_S, _STOP_S = 60.0, 30.0
_EMPTY = "hipdesk_empty"


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A server that holds an empty library, to be copied."""

    url: URL
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """URL of a new database, dropped in the end whoever is connected."""
        name = f"hipdesk_test_{os.getpid()}_{next(self._numbers)}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            self.administer(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def library(self) -> Iterator[str]:
        """URL of a database with an empty library."""
        with self.database(_EMPTY) as url:
            yield url

    def administer(self, statement: str) -> None:
        """Run a statement that stands outside every transaction."""
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(statement)
        finally:
            engine.dispose()


@contextmanager
def database_server() -> Iterator[DatabaseServer]:
    """A server that runs meanwhile; skips the test where none can be had."""
    pytest.importorskip("psycopg", reason="no database server: the extra 'postgres' is missing")
    with _running() as url:
        server = DatabaseServer(url)
        server.administer(f"DROP DATABASE IF EXISTS {_EMPTY} WITH (FORCE)")
        server.administer(f"CREATE DATABASE {_EMPTY} TEMPLATE template0 ENCODING 'UTF8'")
        empty = url.set(database=_EMPTY).render_as_string(hide_password=False)
        with tempfile.TemporaryDirectory() as copies:
            SqlVisitStore.open(empty, library=Path(copies)).close()
        yield server


@contextmanager
def _running() -> Iterator[URL]:
    """URL of the server named by the environment, or of one started now."""
    named = os.environ.get(SERVER_VARIABLE)
    if named:
        yield make_url(named)
        return
    programs = server_programs()
    if programs is None:
        pytest.skip("no database server: type `apt-get install postgresql`")
    folder = Path(tempfile.mkdtemp(prefix="hipdesk-postgres-"))
    try:
        with _started(programs, folder) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@functools.cache
def server_programs() -> Path | None:
    """Folder of the newest PostgreSQL server's programs, which Debian keeps out of the path."""
    debian = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = [str(path) for path in debian[-1:]] or [shutil.which("initdb")]
    return None if found[0] is None else Path(found[0]).parent


@contextmanager
def _started(programs: Path, folder: Path) -> Iterator[URL]:
    """Begin a cluster in the folder and serve it, also where the tests run as root."""
    user = _unprivileged()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    options = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid}
    surroundings = {"cwd": folder, "env": {**os.environ, "LC_ALL": "C.UTF-8"}, **options}
    initdb = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
    subprocess.run(initdb, stdout=subprocess.DEVNULL, check=True, **surroundings)
    settings = ["listen_addresses=", f"unix_socket_directories={folder}", *_UNSAFE_AND_FAST]
    # The kernel ends it where the tests are killed and cannot.
    command = ["setpriv", "--pdeathsig", "QUIT", programs / "postgres", "-D", data]
    command += [word for setting in settings for word in ("-c", setting)]
    url = URL.create("postgresql", "postgres", database="postgres", query={"host": str(folder)})
    log = folder / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(command, stdout=said, stderr=said, **surroundings) as server,
    ):
        try:
            _await(url, server, log)
            yield url
        finally:
            _stop(server)


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom the server must run as where the tests run as root, which it refuses."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("no database server: there is no unprivileged user to run it")


def _await(url: URL, server: subprocess.Popen[bytes], log: Path) -> None:
    engine, end = create_engine(url.set(drivername="postgresql+psycopg")), time.monotonic()
    end += _START_S
    try:
        while True:
            try:
                engine.connect().close()
                return
            except OperationalError:
                if server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(log.read_text(errors="replace")) from None
                time.sleep(0.1)
    finally:
        engine.dispose()


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End it at once; what it holds is of no use any more."""
    server.send_signal(3)
    try:
        server.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
