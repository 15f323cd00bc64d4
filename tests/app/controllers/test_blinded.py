"""Blinded reading: an order by lot, nothing that tells it, a re-read of its own, then the truth."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

from app.blinded_state import BlindedShown
from app.clinical_state import ReadingDraft
from app.controllers.blinded import BlindedController
from app.controllers.desk import Desk
from app.views.protocols import BlindedView
from hipdesk.errors import StoreError
from hipdesk.himriss import Reading, blinded_visits
from hipdesk.records import Side
from hipdesk.settings import Settings
from tests.app.fakes import FakeView, make_bench, make_patient, translate
from tests.app.review_fakes import analysed, at_desk, exam_of

DAYS = (date(2023, 3, 1), date(2023, 9, 1), date(2024, 3, 1))
RIGHT, LEFT = Side.RIGHT, Side.LEFT
SEED = 7


class Room:
    """Three visits of one patient in the library, to be read blinded."""

    def __init__(self, visits: int = 3, reader: str = "Dr. A") -> None:
        self.bench = make_bench()
        self.bench.services.keeper.keep(Settings(reader_name=reader))
        self.exams = [
            exam_of(self.bench, analysed(study=n + 1, day=DAYS[n])) for n in range(visits)
        ]
        self.desk: Desk = at_desk(self.bench, self.exams[-1]).desk
        self.patient = str(self.exams[0].patient_uid)
        self.uids = [str(exam.visit_uid) for exam in self.exams]
        self.view = FakeView(BlindedView)
        self.told = 0
        self.page = BlindedController(
            self.view,  # type: ignore[arg-type]
            self.bench.services,
            translate,
            lambda: SEED,
        )
        self.page.watch(self.heard)

    def heard(self) -> None:
        self.told += 1

    def begun(self) -> Room:
        self.page.begin((self.patient,))
        self.run()
        return self

    def run(self) -> None:
        self.bench.jobs.run_all()

    @property
    def shown(self) -> BlindedShown:
        found = self.view.last("show_visit")
        assert isinstance(found, BlindedShown)
        return found

    def read(self, side: Side, *totals: int | None) -> None:
        self.page.keep_reading(ReadingDraft(side, *totals))
        self.run()


def test_visits_come_by_lot_and_nothing_tells_their_order() -> None:
    room = Room().begun()
    labels = []
    for _ in range(3):
        shown = room.shown
        labels.append(shown.label)
        assert shown.picture is not None
        assert not shown.picture.outlines
        told = repr([getattr(shown, each.name) for each in fields(shown) if each.name != "picture"])
        assert not [uid for uid in room.uids if uid in told]
        assert not [day for day in DAYS if day.isoformat() in told]
        assert "Doe" not in told
        room.page.go_on(1)
        room.run()
    assert labels == ["A", "B", "C"]


def test_each_reading_is_kept_with_the_lot() -> None:
    room = Room().begun()
    order = [each.visit_uid for each in blinded_visits(room.uids, SEED)]
    room.read(RIGHT, 10, 5, 3)
    room.read(LEFT, 1, 0, 4)
    (right, left) = room.bench.store.readings
    assert [each.visit_uid for each in (right, left)] == [order[0], order[0]]
    assert (right.total, left.total) == (18, 5)
    assert right.blinded_to_order
    assert right.reader == "Dr. A"
    drawn = room.bench.store.orders[-1]
    assert drawn is not None
    assert (drawn.seed, drawn.visit_uids) == (SEED, tuple(sorted(room.uids)))
    assert [each.visit_uid for each in drawn.visits] == order
    assert room.told == 2


def test_a_kept_reading_leads_to_the_next_hip_and_visit() -> None:
    room = Room().begun()
    assert (room.shown.label, room.shown.side) == ("A", RIGHT)
    room.read(RIGHT, 1, 1, 1)
    assert (room.shown.label, room.shown.side, room.shown.read) == ("A", LEFT, {RIGHT})
    room.read(LEFT, 1, 1, 1)
    assert (room.shown.label, room.shown.side, room.shown.read) == ("B", RIGHT, frozenset())


def test_a_reread_is_a_reading_of_its_own_and_a_slip_is_corrected() -> None:
    room = Room()
    first = str(blinded_visits(room.uids, SEED)[0].visit_uid)
    at = datetime(2024, 4, 1, tzinfo=UTC)
    room.bench.store.keep_reading(Reading(first, RIGHT, "dr. a", 1, at, False, 2, 2, 2))
    room.begun()
    room.read(RIGHT, 3, 3, 3)
    assert [each.number for each in room.bench.store.readings] == [1, 2]
    room.page.choose_side(RIGHT)
    room.run()
    room.read(RIGHT, 4, 3, 3)
    assert [each.number for each in room.bench.store.readings] == [1, 2, 2]
    assert room.bench.store.calls["keep_reading"] == 3


def test_the_truth_is_told_at_the_end() -> None:
    room = Room().begun()
    room.read(RIGHT, 10, 5, 3)
    room.page.finish()
    told = room.view.last("show_unblinded")
    order = [each.visit_uid for each in blinded_visits(room.uids, SEED)]
    assert [each.label for each in told] == ["A", "B", "C"]
    assert [each.day for each in told] == [DAYS[room.uids.index(uid)] for uid in order]
    assert told[0].totals == ((RIGHT, 18),)
    assert told[1].totals == ()
    room.read(LEFT, 1, 1, 1)
    assert len(room.bench.store.readings) == 1


def test_slices_are_scrolled_within_the_series() -> None:
    room = Room().begun()
    picture = room.shown.picture
    assert picture is not None
    room.page.step(-1000)
    assert room.shown.picture is not None
    assert room.shown.picture.index == 0
    room.page.step(1000)
    assert room.shown.picture.index == picture.of - 1
    room.page.set_window((300.0, 200.0))
    assert room.shown.window == (300.0, 200.0)


def test_nothing_is_begun_without_a_name_or_with_one_visit() -> None:
    room = Room(reader="").begun()
    assert room.view.every("show_visit") == []
    assert "Enter your name" in room.bench.said[-1]
    room = Room(visits=1).begun()
    assert room.view.every("show_visit") == []
    assert "no order" in room.bench.said[-1]


def test_nothing_entered_is_refused() -> None:
    room = Room().begun()
    room.read(RIGHT, None, None, None)
    assert room.view.last("show_refusal") == "Enter at least one total."
    assert room.bench.store.readings == []


def test_images_that_cannot_be_read_are_told() -> None:
    room = Room()
    room.bench.store.failing["series_folder"] = StoreError("The images are gone.")
    room.begun()
    assert room.shown.picture is None
    assert room.shown.reason == "its images cannot be read"


@pytest.mark.parametrize("after", ["finish", "leave"])
def test_a_sitting_that_ended_takes_nothing_more(after: str) -> None:
    room = Room().begun()
    getattr(room.page, after)()
    room.page.step(1)
    room.page.go_on(1)
    room.page.choose_side(LEFT)
    room.read(RIGHT, 1, 1, 1)
    assert room.bench.store.readings == []


def test_visits_of_several_patients_are_mixed_and_named_at_the_end() -> None:
    room = Room(visits=2)
    other = exam_of(
        room.bench, analysed(study=9, day=DAYS[2], patient=make_patient("0815", "Roe^John"))
    )
    room.page.begin(())
    room.run()
    assert room.shown.of == 3
    room.page.finish()
    told = room.view.last("show_unblinded")
    assert sorted(each.whose for each in told) == ["Doe, Jane", "Doe, Jane", "Roe, John"]
    (johns,) = [each for each in told if each.whose == "Roe, John"]
    assert johns.day == DAYS[2]
    assert other.visit_uid is not None
