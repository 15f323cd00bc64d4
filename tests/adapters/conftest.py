"""A library of patients, begun for the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hipdesk.adapters.store import SqlVisitStore


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "library of patients"


@pytest.fixture
def store(place: Path) -> Iterator[SqlVisitStore]:
    with SqlVisitStore.open(place) as opened:
        yield opened


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    return tmp_path / "incoming"
