"""The journal of the brush: exact, appended, audited, bound to the revisions it made; kill -9."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from hipdesk.adapters import _store_brush
from hipdesk.adapters.integrity import check
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import BugError, StoreError
from hipdesk.records import Analysis, HipResult, Origin, SegmentClass, Side, SliceKey
from hipdesk.review import BrushAct, BrushEntry, ReviewKind, Revision, Stroke, strokes_of
from hipdesk.strokes import drawn
from tests.adapters.library_tools import (
    SENTENCE,
    act,
    add,
    assert_same,
    kill_while_writing,
    tamper,
)
from tests.analysis_factory import make_analysis

PAINTED, ERASED, UNDONE, REDONE, DISCARDED, FINISHED = BrushAct
RIGHT, LEFT = Side


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the disk nowhere (but in SQLite)."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def stored(store: SqlVisitStore, incoming: Path) -> Analysis:
    """An analysis in the library."""
    return add(store, incoming, make_analysis())[0]


def stroke(
    analysis: Analysis,
    seed: int = 0,
    name: SegmentClass = SegmentClass.BME,
    index: int = 3,
    erases: bool = False,
) -> Stroke:
    bits = np.random.default_rng(seed).random((3 + seed % 4, 5)) < 0.6
    bits[0, 0] = True
    key = analysis.series.slices[index].key
    return Stroke(name, key, index, (4 + seed % 3, 6), bits, erases)


def paint(
    store: SqlVisitStore, analysis: Analysis, *seeds: int, side: Side = RIGHT, base: int = 0
) -> tuple[BrushEntry, ...]:
    return tuple(
        store.journal_stroke(analysis.uid, side, base, PAINTED, stroke(analysis, seed), "Dr. A")
        for seed in seeds
    )


def finished(store: SqlVisitStore, analysis: Analysis, before: HipResult) -> HipResult:
    """A hip with its open strokes laid on."""
    entries = store.open_strokes(analysis.uid, before.side)
    assert before.segmentation is not None
    made = drawn(before.segmentation, strokes_of(entries).standing)
    return replace(before, segmentation=made)


def test_what_was_acknowledged_returns_exactly(store: SqlVisitStore, stored: Analysis) -> None:
    frame = replace(stroke(stored, 1), key=SliceKey("1.2.3", 7), name=SegmentClass.FEMORAL_HEAD)
    gone = stroke(stored, 2, SegmentClass.EFFUSION_SYNOVITIS, erases=True)
    kept = [
        store.journal_stroke(stored.uid, RIGHT, 0, PAINTED, frame, "Dr. A"),
        store.journal_stroke(stored.uid, LEFT, 0, ERASED, gone, "Dr. B"),
        store.journal_stroke(stored.uid, RIGHT, 0, UNDONE, None, "Dr. A"),
        store.journal_stroke(stored.uid, RIGHT, 0, REDONE, None, "Dr. A"),
    ]
    assert [each.number for each in kept] == [1, 2, 3, 4]
    assert_same(store.open_strokes(stored.uid, RIGHT), (kept[0], kept[2], kept[3]))
    assert_same(store.open_strokes(stored.uid, LEFT), (kept[1],))
    assert store.verify_audit() == 5
    assert not store.load(stored.uid, stored.series).revisions


def test_finished_strokes_are_the_revision(store: SqlVisitStore, stored: Analysis) -> None:
    paint(store, stored, 1, 2, 3)
    store.journal_stroke(stored.uid, RIGHT, 0, UNDONE, None, "Dr. A")
    hip = finished(store, stored, stored.hip(RIGHT))
    made = store.revise(stored.uid, hip, Origin.AI_EDITED, "Dr. A", last_stroke=4)
    loaded = store.load(stored.uid, stored.series)
    assert_same(loaded.revisions, (made,))
    assert (made.number, made.origin) == (1, Origin.AI_EDITED)
    assert store.open_strokes(stored.uid, RIGHT) == ()
    paint(store, stored, 5, base=1)
    again = finished(store, stored, made.hip)
    second = store.revise(stored.uid, again, Origin.AI_EDITED, "Dr. A", last_stroke=6)
    assert second.number == 2
    assert store.counts()["stroke"] == 7  # four acts and an end, one act and an end
    assert store.verify_audit() == 1 + 7 + 2


def test_a_revision_that_is_not_of_its_strokes_is_refused(
    store: SqlVisitStore, stored: Analysis
) -> None:
    paint(store, stored, 1, 2)
    hip = finished(store, stored, stored.hip(RIGHT))
    with pytest.raises(BugError):
        store.revise(stored.uid, stored.hip(RIGHT), Origin.AI_EDITED, "Dr. A", last_stroke=2)
    with pytest.raises(StoreError, match="painted on meanwhile"):
        store.revise(stored.uid, hip, Origin.AI_EDITED, "Dr. A", last_stroke=1)
    left = stored.hip(LEFT)
    with pytest.raises(StoreError, match="painted on meanwhile"):
        store.revise(stored.uid, left, Origin.AI_EDITED, "Dr. A", last_stroke=2)
    assert store.load(stored.uid, stored.series).revisions == ()
    assert len(store.open_strokes(stored.uid, RIGHT)) == 2
    assert store.verify_audit() == 3


def test_other_revisions_and_signatures_wait_for_open_strokes(
    store: SqlVisitStore, stored: Analysis
) -> None:
    paint(store, stored, 1)
    hip = stored.hip(RIGHT)
    with pytest.raises(StoreError, match=r"neither finished nor discarded.*\.$"):
        store.revise(stored.uid, hip, Origin.AI_EDITED, "Dr. A")
    store.review(stored.uid, [act(ReviewKind.ACCEPTED, RIGHT)])
    with pytest.raises(StoreError, match="neither finished nor discarded"):
        store.review(stored.uid, [act(ReviewKind.SIGNED, RIGHT)])
    store.revise(stored.uid, stored.hip(LEFT), Origin.AI_EDITED, "Dr. A")  # nothing is open there
    store.journal_stroke(stored.uid, RIGHT, 0, UNDONE, None, "Dr. A")
    store.revise(stored.uid, hip, Origin.AI_EDITED, "Dr. A")  # nothing stands any more
    assert store.open_strokes(stored.uid, RIGHT) == ()
    assert store.verify_audit() == store.counts()["audit"]


def test_discarding_is_an_act(store: SqlVisitStore, stored: Analysis) -> None:
    paint(store, stored, 1, 2)
    store.journal_stroke(stored.uid, RIGHT, 0, DISCARDED, None, "Dr. A")
    assert store.open_strokes(stored.uid, RIGHT) == ()
    assert store.counts()["stroke"] == 3
    store.review(stored.uid, [act(ReviewKind.ACCEPTED, RIGHT), act(ReviewKind.SIGNED, RIGHT)])


def unfinished(store: SqlVisitStore, analysis: Analysis) -> frozenset[Side]:
    """Hips of an analysis that its entry calls unfinished."""
    (patient,) = store.patients()
    every = [each for visit in store.entries(patient.uid) for each in visit.analyses]
    return next(each.unfinished for each in every if each.uid == analysis.uid)


def asked(store: SqlVisitStore) -> list[str]:
    """What is asked of the database for one patient's visits."""
    (patient,) = store.patients()
    found: list[str] = []

    def ask(*seen: Any) -> None:
        found.append(seen[2])

    event.listen(Engine, "before_cursor_execute", ask)
    try:
        store.entries(patient.uid)
    finally:
        event.remove(Engine, "before_cursor_execute", ask)
    return found


class TestUnfinished:
    """Entries name the hips with strokes that stand and are in no revision."""

    def test_the_hip_that_was_painted_until_it_is_finished(
        self, store: SqlVisitStore, stored: Analysis
    ) -> None:
        assert unfinished(store, stored) == frozenset()
        paint(store, stored, 1, side=LEFT)
        assert unfinished(store, stored) == {LEFT}
        paint(store, stored, 2, 3, side=RIGHT)
        assert unfinished(store, stored) == {RIGHT, LEFT}
        hip = finished(store, stored, stored.hip(RIGHT))
        store.revise(stored.uid, hip, Origin.AI_EDITED, "Dr. A", last_stroke=3)
        assert unfinished(store, stored) == {LEFT}
        paint(store, stored, 4, side=RIGHT, base=1)
        assert unfinished(store, stored) == {RIGHT, LEFT}

    def test_not_what_was_taken_back_or_discarded(
        self, store: SqlVisitStore, stored: Analysis
    ) -> None:
        paint(store, stored, 1, 2)
        for expected in (frozenset({RIGHT}), frozenset()):
            store.journal_stroke(stored.uid, RIGHT, 0, UNDONE, None, "Dr. A")
            assert unfinished(store, stored) == expected
        store.journal_stroke(stored.uid, RIGHT, 0, REDONE, None, "Dr. A")
        assert unfinished(store, stored) == {RIGHT}
        store.journal_stroke(stored.uid, RIGHT, 0, DISCARDED, None, "Dr. A")
        assert unfinished(store, stored) == frozenset()

    def test_an_older_analysis_of_the_visit_keeps_its_own(
        self, store: SqlVisitStore, stored: Analysis, incoming: Path
    ) -> None:
        paint(store, stored, 1)
        newer = make_analysis(stored.series, created=stored.created_utc + timedelta(days=1))
        add(store, incoming / "again", newer)
        assert unfinished(store, newer) == frozenset()
        assert unfinished(store, stored) == {RIGHT}

    def test_nothing_more_is_asked_where_nobody_painted(
        self, store: SqlVisitStore, stored: Analysis
    ) -> None:
        before = len(asked(store))
        paint(store, stored, 1)
        after = asked(store)
        assert len(after) == before + 1
        assert sum("FROM stroke" in each and "EXISTS" not in each for each in after) == 1

    @given(st.lists(st.sampled_from((PAINTED, ERASED, UNDONE, REDONE, DISCARDED)), max_size=9))
    @settings(
        max_examples=10,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    def test_exactly_where_strokes_stand(
        self, store: SqlVisitStore, stored: Analysis, acts: list[BrushAct]
    ) -> None:
        for each in acts:
            drag = stroke(stored, erases=each is ERASED) if each in (PAINTED, ERASED) else None
            store.journal_stroke(stored.uid, RIGHT, 0, each, drag, "Dr. A")
        standing = strokes_of(store.open_strokes(stored.uid, RIGHT)).standing
        assert unfinished(store, stored) == ({RIGHT} if standing else frozenset())


def test_what_may_not_be_painted(store: SqlVisitStore, stored: Analysis) -> None:
    store.revise(stored.uid, stored.hip(LEFT), Origin.AI_EDITED, "Dr. A")
    with pytest.raises(StoreError, match=f"changed meanwhile.*{SENTENCE[-3:]}"):
        paint(store, stored, 1, side=LEFT, base=0)
    store.review(stored.uid, [act(ReviewKind.ACCEPTED, RIGHT), act(ReviewKind.SIGNED, RIGHT)])
    with pytest.raises(StoreError, match="withdraw its signature first"):
        paint(store, stored, 1)
    with pytest.raises(StoreError, match="no such analysis"):
        store.journal_stroke("nothing", RIGHT, 0, UNDONE, None, "Dr. A")
    assert store.counts()["stroke"] == 0


@pytest.mark.parametrize(
    ("wrong", "with_stroke", "erases"),
    [
        (PAINTED, False, False),
        (UNDONE, True, False),
        (FINISHED, False, False),
        (PAINTED, True, True),
        (ERASED, True, False),
    ],
)
def test_what_is_no_act(
    store: SqlVisitStore, stored: Analysis, wrong: BrushAct, with_stroke: bool, erases: bool
) -> None:
    made = stroke(stored, erases=erases) if with_stroke else None
    with pytest.raises(BugError):
        store.journal_stroke(stored.uid, RIGHT, 0, wrong, made, "Dr. A")


class TestVerifying:
    @staticmethod
    def corrected(store: SqlVisitStore, stored: Analysis) -> None:
        paint(store, stored, 1, 2)
        hip = finished(store, stored, stored.hip(RIGHT))
        store.revise(stored.uid, hip, Origin.AI_EDITED, "Dr. A", last_stroke=2)

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE stroke SET act = 'erased' WHERE number = 1",
            "DELETE FROM stroke WHERE number = 2",
            "UPDATE stroke SET slice_index = 2 WHERE number = 2",
        ],
    )
    def test_tampering_is_found(
        self, store: SqlVisitStore, stored: Analysis, place: Path, change: str
    ) -> None:
        self.corrected(store, stored)
        store.close()
        triggers = [f"DROP TRIGGER stroke_no_{event}" for event in ("update", "delete")]
        tamper(place, *triggers, change)
        found = check(place)
        assert not found.sound
        assert "cannot be trusted" in found.audit_problem

    def test_the_journal_is_appended_only(
        self, store: SqlVisitStore, stored: Analysis, place: Path
    ) -> None:
        self.corrected(store, stored)
        for change in ("UPDATE stroke SET reader = 'B'", "DELETE FROM stroke"):
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                tamper(place, change)

    def test_a_chain_that_does_not_close_is_found(
        self, store: SqlVisitStore, stored: Analysis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paint(store, stored, 1)
        monkeypatch.setattr(_store_brush, "check_finished", lambda *_: None)
        store.revise(stored.uid, stored.hip(RIGHT), Origin.AI_EDITED, "Dr. A", last_stroke=1)
        with pytest.raises(StoreError, match="not what its brush strokes make"):
            store.verify_audit()

    def test_a_damaged_stroke_is_told(
        self, store: SqlVisitStore, stored: Analysis, place: Path
    ) -> None:
        paint(store, stored, 1)
        change = "UPDATE stroke SET packed = zeroblob(9)"
        tamper(place, "DROP TRIGGER stroke_no_update", change)
        with pytest.raises(StoreError, match=SENTENCE):
            store.open_strokes(stored.uid, RIGHT)


# Killed

PAINTS = """
import sys
from pathlib import Path
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.records import Side
from hipdesk.review import BrushAct, strokes_of
from tests.adapters.test_store_strokes import finish, next_acts

with SqlVisitStore.open(Path(sys.argv[1])) as store:
    uid = store.analyses()[0]
    entries = store.open_strokes(uid, Side.RIGHT)
    print("ready", flush=True)
    for act, stroke in next_acts(int(sys.argv[2])):
        if act is BrushAct.FINISHED:
            print("finished", finish(store, uid).number, flush=True)
        else:
            base = store.entries(store.patients()[0].uid)[0].analyses[0].newest[Side.RIGHT]
            entry = store.journal_stroke(uid, Side.RIGHT, base, act, stroke, "A")
            print("act", entry.number, flush=True)
"""


def next_acts(turn: int) -> Iterator[tuple[BrushAct, Stroke | None]]:
    """Acts of a hand that never stops: strokes, some taken back, then finished."""
    dice = random.Random(turn)
    made = make_analysis()
    while True:
        for _ in range(dice.randint(1, 4)):
            erases = dice.random() < 0.3
            drag = replace(stroke(made, dice.randint(0, 999), index=dice.randint(0, 6)))
            yield (ERASED if erases else PAINTED), replace(drag, erases=erases)
            if dice.random() < 0.3:
                yield UNDONE, None
                yield REDONE, None
        yield FINISHED, None


def finish(store: SqlVisitStore, uid: str) -> Revision:
    """Make a revision of what is open."""
    newest = store.entries(store.patients()[0].uid)[0].analyses[0].newest[RIGHT]
    entries = store.open_strokes(uid, RIGHT)
    made = make_analysis().hip(RIGHT)
    masks = drawn(store.load_segmentation(uid, RIGHT), strokes_of(entries).standing)
    assert {each.base for each in entries} == {newest}
    hip = replace(made, segmentation=masks)
    return store.revise(uid, hip, Origin.AI_EDITED, "A", last_stroke=entries[-1].number)


def killed_while_painting(tmp_path: Path, times: int, seed: int) -> int:
    """Paint, be killed, look whether everything acknowledged is there; acts acknowledged."""
    dice, place = random.Random(seed), tmp_path / "library"
    with SqlVisitStore.open(place) as store:
        add(store, tmp_path / "in", make_analysis())
    last = made = acknowledged = 0
    for turn in range(times):
        told = kill_while_writing(PAINTS, [place, Path(str(seed + turn))], dice)
        acknowledged += len(told)
        last = max([last, *(int(line.split()[1]) for line in told if line.startswith("act"))])
        made = max([made, *(int(line.split()[1]) for line in told if line.startswith("fin"))])
        with SqlVisitStore.open(place) as store:
            counts, (uid,) = store.counts(), store.analyses()
            assert counts["stroke"] >= last
            assert counts["revision"] - 1 >= made
            assert store.verify_audit() == counts["audit"]
            newest = store.entries(store.patients()[0].uid)[0].analyses[0].newest[RIGHT]
            entries = store.open_strokes(uid, RIGHT)
            assert {each.base for each in entries} <= {newest}
    shutil.rmtree(place)
    return acknowledged


def test_killed_mid_editing(tmp_path: Path) -> None:
    assert killed_while_painting(tmp_path, 1, 61) >= 1


@pytest.mark.slow
def test_killed_forty_times_while_painting(tmp_path: Path) -> None:
    assert killed_while_painting(tmp_path, 40, 600) >= 40
