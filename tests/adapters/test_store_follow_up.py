"""What a follow-up needs of the library: places, doubts, repeats, visits aside and regrouped."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import BugError, StoreError
from hipdesk.linking import offset_of
from hipdesk.records import (
    Analysis,
    HipResult,
    Notice,
    Origin,
    Segmentation,
    SegmentClass,
    Side,
    VisitHip,
)
from hipdesk.review import PairKind, Review, ReviewKind
from hipdesk.sdc import FAULT_SENTENCES, PairFault, estimates, masks_sha256
from tests.adapters.library_tools import (
    MORNING,
    add,
    assert_same,
    files_of,
    tamper,
)
from tests.analysis_factory import make_analysis, make_hip, make_patient, make_series, write_files

R, L = Side.RIGHT, Side.LEFT
RESCAN, REEDIT = PairKind.SCAN_RESCAN, PairKind.READER_REEDIT


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the disk nowhere (but in SQLite)."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def current(store: SqlVisitStore, visit: str, side: Side = R) -> VisitHip:
    found = next(each.visit for each in store.history(visit) if each.visit.uid == visit).hip(side)
    assert found is not None
    return found


def with_hip(analysis: Analysis, hip: HipResult) -> Analysis:
    hips = tuple(hip if each.side is hip.side else each for each in analysis.hips)
    return replace(analysis, hips=hips)


# What is kept of a score


def test_what_a_reader_chose_and_each_lesion_of_a_slice_come_back(
    store: SqlVisitStore, incoming: Path
) -> None:
    analysis = make_analysis()
    hip = analysis.hip(R)
    assert hip.score is not None
    first, *rest = hip.score.slices
    first = replace(first, note="moved", bme_u_intensity=1 / 3, effusion_u_intensity=0.1)
    score = replace(hip.score, slices=(first, *rest), central_moved=True)
    saved, visit = add(store, incoming, with_hip(analysis, replace(hip, score=score)))
    loaded = store.load(saved.uid, saved.series).analysis
    assert_same(loaded.hips, saved.hips)
    found = current(store, visit).score
    assert (found.central_moved, dict(found.excluded)) == (True, {first.key: "moved"})
    assert (found.slices[0].bme_u_intensity, found.slices[1].bme_u_intensity) == (1 / 3, None)
    assert not current(store, visit, L).score.central_moved
    assert store.verify_audit() == 1


def test_slices_are_placed_in_millimetres_from_the_head(
    store: SqlVisitStore, incoming: Path
) -> None:
    """Slices 4.4 mm apart from y = -14 on; the head at y = 1/3."""
    analysis, visit = add(store, incoming, make_analysis())
    found = current(store, visit)
    want = [-14 - 1 / 3 + 4.4 * index for index in range(7)]
    assert found.offsets_mm == pytest.approx(want)
    assert found.normal_lps == (0.0, 1.0, 0.0)
    centre = analysis.hip(R).head.centre_lps_mm
    assert centre is not None
    assert found.offsets_mm[2] == offset_of(analysis.series.affine, centre, 2)


# Which hip it is


def doubtful(**changes: object) -> Analysis:
    """Both hips, on images that say that they show the left one."""
    series = replace(make_series(), laterality=L, **changes)  # type: ignore[arg-type]
    return make_analysis(series)


def noted(side: Side, note: str) -> Review:
    return Review(side, 0, ReviewKind.ACCEPTED, "Reader", MORNING, note)


def test_a_hip_that_may_be_the_other_one_says_so_until_its_reader_settles_it(
    store: SqlVisitStore, incoming: Path
) -> None:
    analysis, visit = add(store, incoming, doubtful())
    assert [current(store, visit, side).side_in_doubt for side in Side] == [True, False]
    store.review(analysis.uid, [noted(R, " ")])
    assert current(store, visit).side_in_doubt
    store.review(analysis.uid, [noted(R, "The tag is wrong.")])
    assert not current(store, visit).side_in_doubt


def test_a_head_placed_on_the_other_side_is_in_doubt_whatever_is_noted(
    store: SqlVisitStore, incoming: Path
) -> None:
    analysis, visit = add(store, incoming, make_analysis())
    hip = analysis.hip(R)
    wrong = replace(hip, head=replace(hip.head, centre_lps_mm=(88.0, 0.0, -4.5), placed=True))
    store.revise(analysis.uid, wrong, Origin.AI_EDITED, "Reader")
    assert current(store, visit).side_in_doubt
    accepted = replace(noted(R, "I am sure"), revision=1)
    store.review(analysis.uid, [accepted])
    assert current(store, visit).side_in_doubt
    store.revise(analysis.uid, replace(hip, head=replace(hip.head, placed=True)), Origin.AI, "B")
    store.review(analysis.uid, [replace(accepted, revision=2)])
    assert not current(store, visit).side_in_doubt


@pytest.mark.parametrize(
    ("description", "doubted"), [("hip left cor STIR", [True, False]), ("cor STIR", [True, True])]
)
def test_of_older_results_the_kept_words_tell_else_the_warning(
    place: Path, incoming: Path, description: str, doubted: list[bool]
) -> None:
    """Older versions kept names and warnings, but no tag of the side."""
    said = Notice("side_disagrees", "The images are labelled left, but both hips were found.")
    with SqlVisitStore.open(place) as store:
        analysis = replace(doubtful(description=description), notices=(said,))
        saved, visit = add(store, incoming, analysis)
    tamper(
        place,
        "DROP TRIGGER analysis_no_update",
        "UPDATE analysis SET stated_sides = NULL",
    )
    with SqlVisitStore.open(place) as store:
        assert [current(store, visit, side).side_in_doubt for side in Side] == doubted
        store.review(saved.uid, [noted(R, "The tag is wrong."), noted(L, "It is right.")])
        assert not any(current(store, visit, side).side_in_doubt for side in Side)


# Repeats


class Scans:
    """Two scans of one patient; every hip's score on the second is a tenth higher."""

    def __init__(self, store: SqlVisitStore, incoming: Path) -> None:
        self.store = store
        levels = ((1.0, "a" * 64, date(2024, 3, 1)), (1.1, "b" * 64, date(2024, 3, 2)))
        made = [
            replace(make_analysis(make_series(day=day), level=level), pixel_sha256=pixels)
            for level, pixels, day in levels
        ]
        self.saved = [add(store, incoming, each) for each in made]

    def result(self, number: int, revision: int = 0) -> tuple[str, int]:
        return self.saved[number][0].uid, revision

    def edit(self, number: int, level: float, seed: int) -> int:
        """A reader's outlines of the right hip."""
        analysis = self.saved[number][0]
        hip = make_hip(analysis.series, R, level=level)
        assert hip.segmentation is not None
        masks = dict(hip.segmentation.masks)
        masks[SegmentClass.BME] = np.roll(masks[SegmentClass.BME], seed, axis=2)
        drawn = Segmentation(R, hip.segmentation.box, masks)
        edited = replace(hip, segmentation=drawn)
        return self.store.revise(analysis.uid, edited, Origin.AI_EDITED, "Reader").number


@pytest.fixture
def scans(store: SqlVisitStore, incoming: Path) -> Scans:
    return Scans(store, incoming)


def test_a_repeated_scan_is_named_and_told(scans: Scans) -> None:
    store = scans.store
    store.name_repeat(RESCAN, scans.result(0), scans.result(1), R, "Reader")
    (pair,) = store.repeat_pairs()
    assert pair.kind is RESCAN
    assert (pair.first.hip.revision, pair.second.hip.revision) == (0, 0)
    assert_same(pair.first.hip, current(store, scans.saved[0][1]))
    hashes = pair.first.pixel_sha256, pair.second.pixel_sha256
    assert hashes == ("a" * 64, "b" * 64)
    drawn = scans.saved[0][0].hip(R).segmentation
    assert drawn is not None
    assert pair.first.masks_sha256 == masks_sha256(drawn)
    found = estimates([pair])
    biases = [each.bias for each in found.changes.values() if each.n_pairs]
    assert biases
    assert not found.rejected
    assert store.verify_audit() == 3


def test_naming_twice_is_once_and_either_order_withdraws_it(scans: Scans) -> None:
    store, first, second = scans.store, scans.result(0), scans.result(1)
    store.name_repeat(RESCAN, first, second, R, "A")
    store.name_repeat(RESCAN, second, first, R, "B")
    assert len(store.repeat_pairs()) == 1
    store.withdraw_repeat(RESCAN, second, first, R, "B")
    assert store.repeat_pairs() == ()
    with pytest.raises(StoreError, match="are not named as repeats"):
        store.withdraw_repeat(RESCAN, first, second, R, "B")
    store.name_repeat(RESCAN, first, second, R, "A")
    assert len(store.repeat_pairs()) == 1
    assert store.verify_audit() == 5


def test_a_reader_who_edits_twice_makes_a_pair(scans: Scans) -> None:
    one, other = scans.edit(0, 1.0, 0), scans.edit(0, 1.2, 3)
    scans.store.name_repeat(REEDIT, scans.result(0, one), scans.result(0, other), R, "Reader")
    (pair,) = scans.store.repeat_pairs()
    assert pair.first.pixel_sha256 == pair.second.pixel_sha256
    assert pair.first.masks_sha256 != pair.second.masks_sha256
    assert (pair.first.hip.origin, pair.second.hip.origin) == (Origin.AI_EDITED,) * 2


def test_what_says_nothing_on_noise_is_refused_with_the_reason(scans: Scans) -> None:
    edited, first, second = scans.edit(0, 1.0, 2), scans.result(0), scans.result(1)
    cases = (
        (RESCAN, first, first, PairFault.IDENTICAL_INPUT),
        (RESCAN, first, scans.result(0, edited), PairFault.SAME_SCAN),
        (RESCAN, scans.result(0, edited), second, PairFault.OTHER_ORIGIN),
        (REEDIT, first, second, PairFault.OTHER_SCAN),
        (REEDIT, first, scans.result(0, edited), PairFault.NOT_EDITED),
    )
    for kind, one, other, fault in cases:
        with pytest.raises(StoreError) as caught:
            scans.store.name_repeat(kind, one, other, R, "Reader")
        assert str(caught.value).endswith(FAULT_SENTENCES[fault])
    for uid in ("nowhere", first[0]):
        with pytest.raises(StoreError, match="no such result of this hip"):
            scans.store.name_repeat(RESCAN, (uid, 9), second, R, "Reader")
    assert scans.store.repeat_pairs() == ()
    assert scans.store.counts()["visit_pair"] == 0


def test_a_pair_changed_outside_the_program_is_found(scans: Scans, place: Path) -> None:
    scans.store.name_repeat(RESCAN, scans.result(0), scans.result(1), R, "Reader")
    tamper(place, "DROP TRIGGER visit_pair_no_update", "UPDATE visit_pair SET purpose = 'x'")
    with pytest.raises(StoreError, match="cannot be trusted"):
        scans.store.verify_audit()


# Visits put aside


def test_a_visit_put_aside_is_nowhere_and_comes_back_as_it_was(scans: Scans) -> None:
    store, (_, visit) = scans.store, scans.saved[0]
    uid = store.patient_of(visit).uid
    store.name_repeat(RESCAN, scans.result(0), scans.result(1), R, "Reader")
    before = store.entries(uid), store.patients()
    store.put_aside([visit], "Another person's images.", "Reader")
    assert [each.visit.uid for each in store.entries(uid)] == [scans.saved[1][1]]
    assert [each.visits for each in store.patients()] == [1]
    assert visit not in {each.visit.uid for each in store.visits(make_patient())}
    assert store.repeat_pairs() == ()
    (aside,) = store.visits_aside()
    assert (aside.visit_uid, aside.patient_uid, aside.day) == (visit, uid, date(2024, 3, 1))
    assert (aside.reason, aside.reader) == ("Another person's images.", "Reader")
    assert aside.patient == make_patient()
    store.put_aside([visit], "Again.", "Reader")
    store.bring_back([visit], "Reader")
    store.bring_back([visit], "Reader")
    assert_same((store.entries(uid), store.patients()), before)
    assert len(store.repeat_pairs()) == 1
    assert store.visits_aside() == ()
    assert store.counts()["visit_put_aside"] == 2
    assert store.verify_audit() == 5


def test_a_patient_without_other_visits_is_not_listed_but_known(scans: Scans) -> None:
    store = scans.store
    store.put_aside([visit for _, visit in scans.saved], "", "Reader")
    assert store.patients() == ()
    entry = store.patient_of(scans.saved[0][1])
    assert (entry.patient, entry.visits, entry.last_day) == (make_patient(), 0, None)
    with pytest.raises(StoreError, match="no such visit"):
        store.put_aside(["nowhere"], "", "Reader")


def test_images_that_are_analysed_again_bring_their_visit_back(scans: Scans) -> None:
    store, (analysis, visit) = scans.store, scans.saved[0]
    known = (analysis.series, analysis.pixel_sha256, analysis.models, analysis.definition)
    assert store.analysed(*known) == (analysis.uid, visit)
    store.put_aside([visit], "", "Reader")
    assert store.analysed(*known) is None
    again = replace(analysis, uid="again")
    assert store.add(again, files_of(again.series)) == visit
    assert store.visits_aside() == ()
    assert store.verify_audit() == 5


# Patients merged and parted


@pytest.fixture
def two(store: SqlVisitStore, incoming: Path) -> list[str]:
    """The visits of one person, two of them under another number."""
    visits = []
    for number, day in (("1", 1), ("2", 2), ("2", 3)):
        series = write_files(
            make_series(make_patient(number), day=date(2024, 1, day)), incoming / f"{day}"
        )
        visits.append(store.add(make_analysis(series), files_of(series)))
    return visits


def test_merging_gives_every_visit_to_one_and_moving_them_back_undoes_it(
    store: SqlVisitStore, two: list[str]
) -> None:
    keep, other = (store.patient_of(visit).uid for visit in two[:2])
    before = store.entries(keep), store.entries(other)
    store.put_aside([two[2]], "", "Reader")
    assert store.merge_patients(other, keep, "Reader") == tuple(two[1:])
    store.bring_back([two[2]], "Reader")
    assert [each.visit.uid for each in store.entries(keep)] == two
    assert [each.uid for each in store.patients()] == [keep]
    assert {each.visit.day for each in store.history(two[0])} == {
        date(2024, 1, day) for day in (1, 2, 3)
    }
    for visit in two[1:]:
        assert store.move_visit(visit, other, "Reader") == keep
    assert_same((store.entries(keep), store.entries(other)), before)
    assert store.verify_audit() == 10
    with pytest.raises(BugError):
        store.merge_patients(keep, keep, "Reader")
    with pytest.raises(StoreError, match="no such patient"):
        store.merge_patients("nobody", keep, "Reader")


def test_parted_visits_have_a_patient_of_their_own_who_is_not_offered_again(
    store: SqlVisitStore, two: list[str]
) -> None:
    before = store.patient_of(two[1])
    new = store.split_visits([two[2]], "Reader")
    assert new != before.uid
    assert store.patient_of(two[2]).uid == new
    assert store.patient_of(two[2]).patient == before.patient
    assert [each.visit.uid for each in store.entries(before.uid)] == [two[1]]
    assert before.uid not in {each.uid for each in store.lookalikes(new)}
    assert {each.visit.uid for each in store.visits(before.patient)} == {two[1]}
    store.move_visit(two[2], before.uid, "Reader")
    assert [each.visit.uid for each in store.entries(before.uid)] == two[1:]
    assert store.verify_audit() == 7


def test_visits_of_two_patients_are_not_parted_together(
    store: SqlVisitStore, two: list[str]
) -> None:
    for visits in (two, []):
        with pytest.raises(StoreError, match="not of one patient"):
            store.split_visits(visits, "Reader")
    assert store.counts()["patient"] == 2
