"""HIMRISS readings: ranges, totals, re-reads and blinding."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.errors import BugError, RefusedValue
from hipdesk.himriss import (
    HIGHEST,
    HIGHEST_TOTAL,
    Compartment,
    Reading,
    blinded_visits,
    by_reader,
    drawn,
    next_number,
    standing,
    with_reading,
)
from hipdesk.records import Side

START = datetime(2026, 3, 5, 14, 2, tzinfo=UTC)
R, L = Side.RIGHT, Side.LEFT


def reading(**changes: Any) -> Reading:
    given = {
        "visit_uid": "v1",
        "side": R,
        "reader": "A. Reader",
        "number": 1,
        "read_utc": START,
        "blinded_to_order": False,
        "femoral": 12,
        "acetabular": 4,
        "effusion": 9,
    }
    return Reading(**{**given, **changes})


def test_ranges_are_the_published_ones() -> None:
    assert [HIGHEST[each] for each in Compartment] == [65, 35, 30]
    assert HIGHEST_TOTAL == 130


@pytest.mark.parametrize(
    ("totals", "total"),
    [((12, 4, 9), 25), ((0, 0, 0), 0), ((65, 35, 30), 130), ((65, None, 30), None)],
)
def test_total(totals: tuple[int | None, ...], total: int | None) -> None:
    femoral, acetabular, effusion = totals
    assert reading(femoral=femoral, acetabular=acetabular, effusion=effusion).total == total


def test_a_total_lacks_what_was_not_read() -> None:
    assert reading(acetabular=None).missing == (Compartment.ACETABULAR,)
    assert reading().missing == ()


@pytest.mark.parametrize(
    ("name", "value", "highest"),
    [
        ("femoral", 66, 65),
        ("femoral", -1, 65),
        ("femoral", 1.5, 65),
        ("femoral", True, 65),
        ("acetabular", 36, 35),
        ("effusion", 31, 30),
    ],
)
def test_what_cannot_be_is_refused(name: str, value: float, highest: int) -> None:
    with pytest.raises(RefusedValue, match=f"a whole number from 0 to {highest}\\.$"):
        reading(**{name: value})


def test_a_reading_has_a_reader_and_something_read() -> None:
    with pytest.raises(RefusedValue, match="reader"):
        reading(reader=" ")
    with pytest.raises(RefusedValue, match="at least one total"):
        reading(femoral=None, acetabular=None, effusion=None)
    with pytest.raises(BugError):
        reading(number=0)


@given(st.integers(0, 65), st.integers(0, 35), st.integers(0, 30))
def test_every_reading_in_range_has_its_sum(femoral: int, acetabular: int, effusion: int) -> None:
    made = reading(femoral=femoral, acetabular=acetabular, effusion=effusion)
    assert made.total == femoral + acetabular + effusion
    assert 0 <= made.total <= HIGHEST_TOTAL


def test_rereads_are_appended_in_their_numbers() -> None:
    once = with_reading((), reading())
    twice = with_reading(once, reading(number=2, femoral=14))
    assert twice == (reading(), reading(number=2, femoral=14))
    assert next_number(twice, "v1", R, " a.  reader ") == 3
    assert next_number(twice, "v1", L, "A. Reader") == 1
    assert next_number(twice, "v1", R, "B. Reader") == 1
    with pytest.raises(RefusedValue, match="the next reading is 3"):
        with_reading(twice, reading(number=2))
    with pytest.raises(RefusedValue, match="reading 3 of this hip and visit must be entered first"):
        with_reading(twice, reading(number=4))


def test_blinded_labels_do_not_follow_time() -> None:
    uids = [f"v{i}" for i in range(8)]
    orders = {tuple(v.visit_uid for v in blinded_visits(uids, seed)) for seed in range(20)}
    assert len(orders) == 20
    assert [v.label for v in blinded_visits(uids, 3)] == list("ABCDEFGH")
    assert "v0" not in repr(blinded_visits(uids, 3))


@given(st.lists(st.text(min_size=1), unique=True, max_size=40), st.integers())
def test_blinding_is_a_lot_that_can_be_drawn_again(uids: list[str], seed: int) -> None:
    drawn = blinded_visits(uids, seed)
    assert drawn == blinded_visits(reversed(uids), seed)
    assert {v.visit_uid for v in drawn} == set(uids)
    assert len({v.label for v in drawn}) == len(uids)


def test_labels_after_z() -> None:
    labels = [v.label for v in blinded_visits([f"v{i}" for i in range(28)], 0)]
    assert labels[25:] == ["Z", "AA", "AB"]


def test_a_reading_shows_no_name_and_no_finding() -> None:
    shown = repr(reading(reader="Sentinel", femoral=61))
    assert "Sentinel" not in shown
    assert "61" not in shown


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    first, other, again = reading(), reading(reader="B. Reader"), reading(number=2)
    right = reading(reader=" a.  reader", femoral=2)
    assert standing([first, other, again, right]) == (right, other, again)


def test_a_sitting_is_the_same_again_from_its_seed() -> None:
    order = drawn(["b", "a", "c", "a"], 3)
    assert order == drawn(["c", "b", "a"], 3)
    assert order.visit_uids == ("a", "b", "c")
    assert order.visits == blinded_visits("abc", 3)
    assert [each.label for each in order.visits] == ["A", "B", "C"]


def test_readings_by_reader_however_the_name_is_written() -> None:
    own, other = reading(reader="A.  Reader"), reading(reader="B. Reader")
    again = reading(reader="a. reader", number=2)
    assert by_reader([own, other, again]) == {"a. reader": (own, again), "b. reader": (other,)}
