"""A library of patients, begun for the test: a folder, and in the second tier a server's database.

A test of the ``store`` runs on both, unless it looks at the folder through ``place``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hipdesk.adapters.store import SqlVisitStore

if TYPE_CHECKING:
    from tests.adapters.database_server import DatabaseServer

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have what is asked of a library asked of each kind of database."""
    wanted = metafunc.fixturenames
    if "store" in wanted and "place" not in wanted:
        metafunc.parametrize("store", KINDS, indirect=True)


@pytest.fixture(scope="session")
def empty_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new library, closed, to be copied: beginning one takes every step of the schema."""
    folder = tmp_path_factory.mktemp("empty") / "library"
    SqlVisitStore.open(folder).close()
    return folder


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """A PostgreSQL server; skips the test where none can be had."""
    from tests.adapters import database_server as servers

    with servers.database_server() as server:
        yield server


@pytest.fixture
def server_url(database_server: DatabaseServer) -> Iterator[str]:
    """URL of a server's database with an empty library."""
    with database_server.library() as url:
        yield url


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the test's library is, or will be."""
    return tmp_path / "library of patients"


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlVisitStore]:
    """An open library with nothing in it."""
    with _opened(request, tmp_path) as opened:
        yield opened


def _opened(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AbstractContextManager[SqlVisitStore]:
    if getattr(request, "param", KINDS[0]) == KINDS[0]:
        place = request.getfixturevalue("place")
        shutil.copytree(request.getfixturevalue("empty_library"), place)
        return SqlVisitStore.open(place)
    url = request.getfixturevalue("server_url")
    return SqlVisitStore.open(url, library=tmp_path / "library of patients")


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    """Where the images to be added are written."""
    return tmp_path / "incoming"
