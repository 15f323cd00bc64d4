"""Alignments in the library: exact, appended, audited, never of a visit that was put aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import StoreError
from hipdesk.hip_alignment import ByHand, HipAlignment, standing_of
from hipdesk.records import Origin, Side
from tests.adapters.library_tools import SENTENCE, add, assert_same, tamper
from tests.alignment_factory import femur, make_alignment, socket
from tests.analysis_factory import make_analysis, make_series

BY_HAND = ByHand((1 / 3, -0.5, 0.0), (0.0, 0.5, 1e-9), "Reader")


@pytest.fixture
def patient(store: SqlVisitStore, incoming: Path) -> str:
    """One with two visits."""
    for year in (2022, 2023):
        add(store, incoming, make_analysis(make_series(day=date(year, 3, 1))))
    return store.patients()[0].uid


def aligned(store: SqlVisitStore, patient: str, **changes: object) -> HipAlignment:
    """Both visits' right hips as they count now."""
    first, second = (entry.visit for entry in store.entries(patient))
    hips = first.hip(Side.RIGHT), second.hip(Side.RIGHT)
    assert hips[0] is not None
    assert hips[1] is not None
    return make_alignment(first.uid, second.uid, *hips, **changes)


def test_they_return_exactly_in_the_order_of_making(store: SqlVisitStore, patient: str) -> None:
    kept = [
        aligned(store, patient),
        aligned(store, patient, bones=(femur(), socket(refused=True)), not_comparable=True),
        aligned(store, patient, fluid_sensitive=False, reader=""),
        aligned(store, patient, bones=(replace(femur(), by_hand=BY_HAND), socket())),
    ]
    for each in kept:
        store.keep_alignment(each)
    assert_same(store.alignments(patient), tuple(kept))
    assert store.alignments("nobody") == ()
    assert store.verify_audit() == 6
    assert store.alignments(patient)[-1].bones[0].by_hand == BY_HAND


def test_a_revision_makes_it_stale(store: SqlVisitStore, patient: str) -> None:
    alignment = aligned(store, patient)
    store.keep_alignment(alignment)

    def standing() -> bool:
        visits = [entry.visit for entry in store.entries(patient)]
        found = standing_of(
            store.alignments(patient), visits[0], visits[1], Side.RIGHT, alignment.engine
        )
        assert found is not None
        return found[1]

    assert standing()
    uid = alignment.later[0]
    segmentation = store.load_segmentation(uid, Side.RIGHT)
    base = make_analysis(make_series(day=date(2023, 3, 1))).hip(Side.RIGHT)
    store.revise(uid, replace(base, segmentation=segmentation), Origin.AI_EDITED, "Reader")
    assert not standing()
    store.keep_alignment(aligned(store, patient))
    assert standing()


def test_a_result_that_is_not_there_is_refused(store: SqlVisitStore, patient: str) -> None:
    alignment = aligned(store, patient)
    for wrong in (("nowhere", 0), (alignment.later[0], 7)):
        with pytest.raises(StoreError, match=SENTENCE):
            store.keep_alignment(replace(alignment, later=wrong))
    assert store.counts()["registration"] == 0


def test_a_visit_that_was_put_aside_has_none(store: SqlVisitStore, patient: str) -> None:
    alignment = aligned(store, patient)
    store.keep_alignment(alignment)
    store.put_aside([alignment.earlier_visit], "wrong patient", "Reader")
    assert store.alignments(patient) == ()
    store.bring_back([alignment.earlier_visit], "Reader")
    assert len(store.alignments(patient)) == 1


def test_tampering_is_found(store: SqlVisitStore, patient: str, place: Path) -> None:
    store.keep_alignment(aligned(store, patient))
    change = "UPDATE registration SET bones = replace(bones, '1.25', '9.25')"
    tamper(place, "DROP TRIGGER registration_no_update", change)
    with pytest.raises(StoreError, match="changed outside the program"):
        store.verify_audit()


def test_a_damaged_one_is_told(store: SqlVisitStore, patient: str, place: Path) -> None:
    store.keep_alignment(aligned(store, patient))
    change = "UPDATE registration SET bones = replace(bones, 'acetabulum', 'knee')"
    tamper(place, "DROP TRIGGER registration_no_update", change)
    with pytest.raises(StoreError, match=SENTENCE):
        store.alignments(patient)
