"""What only the collector can free is freed in the GUI thread."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app import garbage
from app.garbage import GuiCollector


class Ring:
    """Held by nothing but itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GuiCollector]:
    parent = QObject()
    made = GuiCollector(parent)
    yield made
    made.stop()


def test_garbage_of_another_thread_is_freed_in_this_one(
    collector: GuiCollector, qtbot: QtBot
) -> None:
    freed: list[int] = []
    watched: list[weakref.finalize] = []

    def litter() -> None:
        for _ in range(20_000):
            ring = Ring()
            watched.append(weakref.finalize(ring, lambda: freed.append(threading.get_ident())))

    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    assert freed == []
    qtbot.waitUntil(lambda: len(freed) > 19_000)
    assert set(freed) == {threading.get_ident()}


def test_a_long_full_collection_is_not_repeated_soon(
    collector: GuiCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, done = [100.0], list[int]()

    def collect(generation: int) -> int:
        done.append(generation)
        now[0] += 0.5 if generation == 2 else 0.001
        return 0

    monkeypatch.setattr(garbage.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(garbage.gc, "collect", collect)
    monkeypatch.setattr(garbage.gc, "get_count", lambda: (10_000, 100, 100))
    for _ in range(100):
        collector.collect()
        now[0] += 0.25
    monkeypatch.undo()
    assert done[0] == 2
    assert done.count(2) == 1
    assert done.count(1) == 99


def test_a_short_full_collection_is_made_as_often_as_it_is_due(
    collector: GuiCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, done = [100.0], list[int]()

    def collect(generation: int) -> int:
        done.append(generation)
        now[0] += 0.004
        return 0

    monkeypatch.setattr(garbage.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(garbage.gc, "collect", collect)
    monkeypatch.setattr(garbage.gc, "get_count", lambda: (10_000, 100, 100))
    for _ in range(10):
        collector.collect()
        now[0] += 0.25
    monkeypatch.undo()
    assert done == [2] * 10


def test_python_collects_by_itself_again_in_the_end(qtbot: QtBot) -> None:
    parent = QObject()
    collector = GuiCollector(parent)
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
