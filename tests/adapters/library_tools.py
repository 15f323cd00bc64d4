"""What the tests of the patient library share: adding, tampering, killing, comparing."""

from __future__ import annotations

import dataclasses
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from hipdesk.adapters.store import DATABASE
from hipdesk.ports import VisitStore
from hipdesk.records import Analysis, Series, Side
from hipdesk.review import Review, ReviewKind
from tests.analysis_factory import write_files

SENTENCE = r"^[A-Z0-9].*\.$"
MORNING = datetime(2024, 3, 4, 8, 0, 0, 123456, tzinfo=UTC)


def files_of(series: Series) -> list[Path]:
    return [source.path for source in series.slices]


def add(
    store: VisitStore, folder: Path, analysis: Analysis, thumbnail: np.ndarray | None = None
) -> tuple[Analysis, str]:
    """Write the analysis' files below ``folder`` and store it."""
    series = write_files(analysis.series, folder / analysis.series.uid)
    placed = replace(analysis, series=series)
    return placed, store.add(placed, files_of(series), thumbnail)


def tamper(place: Path, *statements: str) -> None:
    """Change the database as a person with a database tool would."""
    with sqlite3.connect(place / DATABASE) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def act(kind: ReviewKind, side: Side, revision: int = 0, minute: int = 0) -> Review:
    """What a reader does, some minutes after the first of the morning."""
    return Review(side, revision, kind, "Reader", MORNING + timedelta(minutes=minute), "seen")


def assert_same(want: Any, got: Any) -> None:
    """Equal in every field, arrays and all they hold included."""
    if isinstance(want, np.ndarray):
        assert isinstance(got, np.ndarray)
        assert want.dtype == got.dtype
        assert np.array_equal(want, got)
    elif dataclasses.is_dataclass(want):
        assert type(want) is type(got)
        for field in dataclasses.fields(want):
            assert_same(getattr(want, field.name), getattr(got, field.name))
    elif isinstance(want, Mapping):
        assert set(want) == set(got)
        for key, value in want.items():
            assert_same(value, got[key])
    elif isinstance(want, Sequence) and not isinstance(want, str):
        assert len(want) == len(got)
        for one, other in zip(want, got, strict=True):
            assert_same(one, other)
    else:
        assert type(want) is type(got)
        assert want == got


def kill_while_writing(program: str, arguments: Sequence[Path], dice: random.Random) -> list[str]:
    """Start a program that writes without end, kill it, give what it acknowledged.

    It says ``ready`` and then a line for each write. It is killed at any moment
    of a write, which is as long as those before.
    """
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        start = time.perf_counter()
        first = [child.stdout.readline().strip() for _ in range(dice.randint(1, 3))]
        time.sleep(dice.random() * (time.perf_counter() - start) / len(first))
        child.kill()
        rest = child.stdout.read().split("\n")
    return first + rest[:-1]  # The last one was cut off, or is empty.
