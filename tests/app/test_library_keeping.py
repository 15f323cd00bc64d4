"""The real library behind the door: backed up while open, repaired and replaced while away."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bootstrap.library import LibraryDoor
from hipdesk.adapters.store import DATABASE, LIBRARY, SqlVisitStore
from hipdesk.errors import StoreError
from hipdesk.ports import never_cancelled, no_progress
from tests.adapters.library_tools import add
from tests.analysis_factory import make_analysis

REINS = no_progress, never_cancelled


@pytest.fixture
def door(tmp_path: Path) -> LibraryDoor:
    with SqlVisitStore.open(tmp_path / "library") as store:
        add(store, tmp_path / "in", make_analysis())
    made = LibraryDoor(str(tmp_path / "library"))
    made.retry()
    assert (made.problem, made.damaged) == (None, False)
    return made


def images(door: LibraryDoor) -> list[Path]:
    assert door.folder is not None
    return sorted((door.folder / LIBRARY).rglob("*.dcm"))


def test_a_library_in_use_is_backed_up_and_checked(door: LibraryDoor, tmp_path: Path) -> None:
    for _ in range(2):  # the second takes the first one's place
        made = door.keeping.back_up(tmp_path / "b.zip", *REINS)
        assert (made.images, made.lacking) == (7, 0)
    assert door.keeping.check(*REINS).sound
    assert door.keeping.look_through(tmp_path / "b.zip", never_cancelled) == made
    assert door.store is not None
    door.close()


def test_a_repair_has_it_alone_and_the_door_opens_again(door: LibraryDoor) -> None:
    images(door)[0].write_bytes(b"damaged")
    assert len(door.keeping.check(*REINS).damaged) == 1
    door.lend()
    assert (door.store, door.choices) == (None, None)
    done = door.keeping.repair(*REINS)
    assert len(done.after.missing) == 1
    assert done.quarantine is not None
    door.retry()
    assert door.store is not None
    assert door.store.patients()
    door.close()


def test_a_stop_before_the_repair_gives_it_back_as_it_was(door: LibraryDoor) -> None:
    before = door.store
    door.lend()
    door.retry()
    assert door.store is before
    door.close()


def test_restoring_replaces_it_and_keeps_the_one_before(door: LibraryDoor, tmp_path: Path) -> None:
    door.keeping.back_up(tmp_path / "b.zip", *REINS)
    images(door)[0].unlink()
    door.lend()
    earlier = door.keeping.restore(tmp_path / "b.zip", *REINS)
    assert earlier is not None
    assert (earlier / DATABASE).exists()
    door.retry()
    assert door.keeping.check(*REINS).sound
    door.close()


def test_a_damaged_database_is_told_and_restored(door: LibraryDoor, tmp_path: Path) -> None:
    door.keeping.back_up(tmp_path / "b.zip", *REINS)
    door.close()
    assert door.folder is not None
    path = door.folder / DATABASE
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 12] = b"\xff" * (4096 * 9)
    path.write_bytes(data)
    door.retry()
    assert door.store is None
    assert door.damaged
    assert door.problem is not None
    with pytest.raises(StoreError, match="has lost something"):
        door.keeping.repair(*REINS)
    door.keeping.restore(tmp_path / "b.zip", *REINS)
    door.retry()
    assert (door.problem, door.damaged) == (None, False)
    door.close()


def test_a_servers_library_is_kept_by_its_own_tools(tmp_path: Path) -> None:
    keeping = LibraryDoor("postgresql://host/name").keeping
    for kept in (
        lambda: keeping.back_up(tmp_path / "b.zip", *REINS),
        lambda: keeping.check(*REINS),
        lambda: keeping.repair(*REINS),
        lambda: keeping.restore(tmp_path / "b.zip", *REINS),
    ):
        with pytest.raises(StoreError, match="the server's own tools"):
            kept()
