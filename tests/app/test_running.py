"""The start of the program: nothing of it is looked through again while the window is used."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from app.bootstrap.running import settle


@pytest.fixture
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_collector_leaves_alone_what_the_start_has_made(thawed: None) -> None:
    made = len(gc.get_objects())
    settle()
    assert gc.get_freeze_count() > 0.9 * made
    assert len(gc.get_objects()) < 0.1 * made


def test_what_is_made_later_is_still_freed(thawed: None) -> None:
    settle()
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1
