"""A library of patients, begun for the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hipdesk.adapters.store import SqlVisitStore


@pytest.fixture(scope="session")
def empty_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new library, closed, to be copied: beginning one takes every step of the schema."""
    folder = tmp_path_factory.mktemp("empty") / "library"
    SqlVisitStore.open(folder).close()
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the test's library is, or will be."""
    return tmp_path / "library of patients"


@pytest.fixture
def store(empty_library: Path, place: Path) -> Iterator[SqlVisitStore]:
    """An open library with nothing in it."""
    shutil.copytree(empty_library, place)
    with SqlVisitStore.open(place) as opened:
        yield opened


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    """Where the images to be added are written."""
    return tmp_path / "incoming"
