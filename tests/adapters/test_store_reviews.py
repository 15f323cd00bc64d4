"""What readers add to stored analyses: exactness, refusals, folding, kill -9, threads."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipdesk.adapters.store import DATABASE, SqlVisitStore
from hipdesk.errors import BugError, StoreError
from hipdesk.ports import AnalysisEntry
from hipdesk.records import (
    Analysis,
    Contrast,
    Head,
    HipResult,
    Notice,
    Origin,
    Reason,
    Segmentation,
    SegmentClass,
    Side,
    SliceKey,
    VisitHip,
)
from hipdesk.review import Review, Reviewed, ReviewKind, Revision, Verdict
from tests.adapters.library_tools import (
    SENTENCE,
    act,
    add,
    assert_same,
    files_of,
    kill_while_writing,
    tamper,
)
from tests.analysis_factory import make_analysis, make_hip, make_patient, make_series

ACCEPTED, REJECTED, REOPENED, SIGNED, WITHDRAWN = ReviewKind
RIGHT, LEFT = Side
APPEND_ONLY = ("thumbnail", "review", "impression", "report", "kept_apart", "dated")
PICTURE = np.arange(6 * 9, dtype=np.uint8).reshape(6, 9)


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the disk nowhere (but in SQLite)."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def stored(store: SqlVisitStore, incoming: Path) -> Analysis:
    """An analysis in the library."""
    return add(store, incoming, make_analysis())[0]


def edited(analysis: Analysis, side: Side, level: float) -> HipResult:
    """A hip with a head that a reader placed, other masks and another score."""
    hip = make_hip(analysis.series, side, level=level)
    assert hip.segmentation is not None
    masks = {name: ~mask for name, mask in hip.segmentation.masks.items()}
    segmentation = Segmentation(side, hip.segmentation.box, masks)
    head = replace(hip.head, placed=True, centre_lps_mm=(1.0 / 3.0, -0.1, 2e-9))
    return replace(hip, head=head, segmentation=segmentation)


def listed(store: SqlVisitStore, analysis: Analysis) -> AnalysisEntry:
    """The analysis as the library lists it."""
    (patient,) = store.patients()
    every = [each for entry in store.entries(patient.uid) for each in entry.analyses]
    return next(each for each in every if each.uid == analysis.uid)


def current(store: SqlVisitStore, side: Side = RIGHT) -> VisitHip | None:
    """The result of one hip that counts at the only visit."""
    (visit,) = store.visits(make_patient())
    return visit.visit.hip(side)


class TestLoading:
    @pytest.mark.parametrize("contrast", [Contrast.STIR, Contrast.T1])
    @pytest.mark.parametrize("found", [tuple(Side), (LEFT,), ()], ids=["both", "left", "none"])
    def test_analysis_returns_exactly(
        self, store: SqlVisitStore, incoming: Path, contrast: Contrast, found: tuple[Side, ...]
    ) -> None:
        made = make_analysis(make_series(contrast=contrast), found=found, level=1.0 / 3.0)
        numbered = replace(made, notices=(*made.notices, Notice("few_slices", "Few.", 1.0 / 7.0)))
        analysis, _ = add(store, incoming, numbered)
        assert_same(Reviewed(analysis), store.load(analysis.uid, analysis.series))

    def test_too_few_slices_return_exactly(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis, _ = add(store, incoming, make_analysis(make_series(slices=4)))
        assert analysis.hips[0].score is not None
        assert analysis.hips[0].score.reason is Reason.TOO_FEW_SLICES
        assert_same(Reviewed(analysis), store.load(analysis.uid, analysis.series))

    def test_one_hip_alone_and_frames_of_one_file_return_exactly(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        series = make_series(slices=6)
        frames = tuple(
            replace(source, key=SliceKey("1.2.3", number), path=series.slices[0].path)
            for number, source in enumerate(series.slices, 1)
        )
        made = make_analysis(replace(series, slices=frames))
        analysis, _ = add(store, incoming, replace(made, hips=made.hips[1:]))
        assert_same(Reviewed(analysis), store.load(analysis.uid, analysis.series))
        assert listed(store, analysis).slices == 6

    def test_series_is_as_it_was_analysed(self, store: SqlVisitStore, stored: Analysis) -> None:
        later = replace(stored.series, contrast=Contrast.T1, notices=())
        assert_same(Reviewed(stored), store.load(stored.uid, later))

    @pytest.mark.parametrize("what", ["uid", "rows", "slices", "slice", "affine"])
    def test_another_series_is_refused(
        self, store: SqlVisitStore, stored: Analysis, what: str
    ) -> None:
        series = stored.series
        moved = series.affine.copy()
        moved[0, 3] += 0.5
        other = {
            "uid": replace(series, uid="1.2"),
            "rows": replace(series, rows=25),
            "slices": replace(series, slices=series.slices[1:]),
            "slice": replace(
                series, slices=(replace(series.slices[0], key=SliceKey("1.2")), *series.slices[1:])
            ),
            "affine": replace(series, affine=moved),
        }[what]
        with pytest.raises(StoreError, match=r"not what was analysed; .*\.$"):
            store.load(stored.uid, other)

    def test_all_that_readers_did_survives_closing(self, place: Path, incoming: Path) -> None:
        with SqlVisitStore.open(place) as store:
            analysis, _ = add(store, incoming, make_analysis())
            revisions = (
                store.revise(analysis.uid, edited(analysis, LEFT, 0.7), Origin.AI_EDITED, "A"),
                store.revise(analysis.uid, edited(analysis, RIGHT, 2.0), Origin.MANUAL, "B"),
                store.revise(
                    analysis.uid, make_hip(analysis.series, LEFT, found=False), Origin.AI, "C"
                ),
            )
            reviews = (act(REJECTED, LEFT, 3), act(ACCEPTED, RIGHT, 2, 1), act(SIGNED, RIGHT, 2, 2))
            store.review(analysis.uid, reviews[:1])
            store.review(analysis.uid, reviews[1:])
            store.write_impression(analysis.uid, "earlier", "A")
            store.write_impression(analysis.uid, "Ödem rechts.\nKontrolle", "A")
        with SqlVisitStore.open(place, read_only=True) as store:
            want = Reviewed(analysis, revisions, reviews, "Ödem rechts.\nKontrolle")
            assert_same(want, store.load(analysis.uid, analysis.series))
            assert [each.number for each in revisions] == [1, 2, 3]
            assert abs((datetime.now(UTC) - revisions[0].created_utc).total_seconds()) < 60
            assert store.verify_audit() == 8
            assert store.counts()["impression"] == 2

    def test_newest_masks_are_given(self, store: SqlVisitStore, stored: Analysis) -> None:
        hip = edited(stored, RIGHT, 2.0)
        store.revise(stored.uid, hip, Origin.MANUAL, "A")
        assert_same(hip.segmentation, store.load_segmentation(stored.uid, RIGHT))
        assert_same(stored.hips[1].segmentation, store.load_segmentation(stored.uid, LEFT))

    def test_unknown_analysis(self, store: SqlVisitStore) -> None:
        analysis = make_analysis()
        hip = analysis.hips[0]
        for call in (
            lambda: store.load("nowhere", analysis.series),
            lambda: store.revise("nowhere", hip, Origin.MANUAL, "A"),
            lambda: store.review("nowhere", [act(ACCEPTED, RIGHT)]),
            lambda: store.write_impression("nowhere", "words", "A"),
            lambda: store.record_report("nowhere", "a" * 64, True, "A"),
        ):
            with pytest.raises(StoreError, match=r"has no such analysis\.$"):
                call()
        assert store.verify_audit() == 0


class TestRefusals:
    @pytest.mark.parametrize(
        ("before", "wanted", "why"),
        [
            ((), SIGNED, "nobody has judged the right hip"),
            ((ACCEPTED, REOPENED), SIGNED, "nobody has judged"),
            ((), WITHDRAWN, "no signature of the right hip stands"),
            ((ACCEPTED, SIGNED), ACCEPTED, "right hip is signed"),
            ((ACCEPTED, SIGNED), REJECTED, "right hip is signed"),
            ((REJECTED, SIGNED), REOPENED, "right hip is signed"),
            ((ACCEPTED, SIGNED), SIGNED, "right hip is signed"),
        ],
    )
    def test_what_may_not_be_done_now(
        self,
        store: SqlVisitStore,
        stored: Analysis,
        before: tuple[ReviewKind, ...],
        wanted: ReviewKind,
        why: str,
    ) -> None:
        store.review(stored.uid, [act(kind, RIGHT) for kind in before])
        entries = store.verify_audit()
        with pytest.raises(StoreError, match=why) as caught:
            store.review(stored.uid, [act(ACCEPTED, LEFT), act(wanted, RIGHT)])
        assert str(caught.value).startswith("Nothing was saved")
        assert str(caught.value).endswith(".")
        assert len(store.load(stored.uid, stored.series).reviews) == len(before)
        assert store.verify_audit() == entries

    def test_signed_hip_is_not_revised_until_withdrawn(
        self, store: SqlVisitStore, stored: Analysis
    ) -> None:
        store.review(stored.uid, [act(ACCEPTED, RIGHT), act(SIGNED, RIGHT)])
        with pytest.raises(StoreError, match="right hip is signed; withdraw"):
            store.revise(stored.uid, edited(stored, RIGHT, 2.0), Origin.MANUAL, "A")
        store.revise(stored.uid, edited(stored, LEFT, 2.0), Origin.MANUAL, "A")
        store.review(stored.uid, [act(WITHDRAWN, RIGHT)])
        again = store.revise(stored.uid, edited(stored, RIGHT, 2.0), Origin.MANUAL, "A")
        assert again.number == 2

    @pytest.mark.parametrize("revision", [0, 2])
    def test_only_the_newest_revision_is_judged(
        self, store: SqlVisitStore, stored: Analysis, revision: int
    ) -> None:
        store.revise(stored.uid, edited(stored, RIGHT, 2.0), Origin.MANUAL, "A")
        with pytest.raises(StoreError, match="changed meanwhile") as caught:
            store.review(stored.uid, [act(ACCEPTED, RIGHT, revision)])
        assert str(caught.value).endswith(".")
        store.review(stored.uid, [act(ACCEPTED, RIGHT, 1), act(ACCEPTED, LEFT, 0)])

    def test_hip_that_was_not_analysed_is_our_fault(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        made = make_analysis()
        analysis, _ = add(store, incoming, replace(made, hips=made.hips[:1]))
        with pytest.raises(BugError):
            store.review(analysis.uid, [act(ACCEPTED, LEFT)])
        with pytest.raises(BugError):
            store.revise(analysis.uid, made.hips[1], Origin.MANUAL, "A")

    def test_nothing_done_is_not_recorded(self, store: SqlVisitStore, stored: Analysis) -> None:
        store.review(stored.uid, [])
        assert store.verify_audit() == 1

    def test_reader_of_a_read_only_library(
        self, store: SqlVisitStore, place: Path, stored: Analysis
    ) -> None:
        (patient,) = store.patients()
        (entry,) = store.entries(patient.uid)
        with SqlVisitStore.open(place, read_only=True) as reader:
            for call in (
                lambda: reader.revise(stored.uid, stored.hips[0], Origin.MANUAL, "A"),
                lambda: reader.review(stored.uid, [act(ACCEPTED, RIGHT)]),
                lambda: reader.write_impression(stored.uid, "words", "A"),
                lambda: reader.record_report(stored.uid, "a" * 64, True, "A"),
                lambda: reader.move_visit(entry.visit.uid, patient.uid, "A"),
                lambda: reader.keep_apart(patient.uid, patient.uid, "A"),
                lambda: reader.date_visit(entry.visit.uid, entry.visit.day, "A"),
            ):
                with pytest.raises(StoreError, match=r"^Nothing was saved .* reading only\.$"):
                    call()
            assert_same(Reviewed(stored), reader.load(stored.uid, stored.series))

    def test_foreign_lock_is_reported(
        self, store: SqlVisitStore, place: Path, stored: Analysis
    ) -> None:
        with store._open_engine().connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(place / DATABASE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for call in (
            lambda: store.review(stored.uid, [act(ACCEPTED, RIGHT)]),
            lambda: store.revise(stored.uid, stored.hips[0], Origin.MANUAL, "A"),
        ):
            with pytest.raises(StoreError, match="another program is using it"):
                call()
        other.close()
        store.review(stored.uid, [act(ACCEPTED, RIGHT)])


class TestCurrentResult:
    def test_revision_counts_with_its_origin(self, store: SqlVisitStore, stored: Analysis) -> None:
        hip = edited(stored, RIGHT, 5.0)
        store.revise(stored.uid, hip, Origin.AI_EDITED, "A")
        right, left = current(store, RIGHT), current(store, LEFT)
        assert right is not None
        assert left is not None
        assert (right.origin, right.score) == (Origin.AI_EDITED, hip.score)
        assert (left.origin, left.score) == (Origin.AI, stored.hips[1].score)

    def test_rejected_hip_has_no_result(self, store: SqlVisitStore, stored: Analysis) -> None:
        store.review(stored.uid, [act(REJECTED, RIGHT)])
        assert current(store, RIGHT) is None
        assert current(store, LEFT) is not None
        store.review(stored.uid, [act(REOPENED, RIGHT)])
        assert current(store, RIGHT) is not None

    def test_rejected_analysis_gives_way_to_an_older_one(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        older, newer = self._two(store, incoming)
        store.review(newer.uid, [act(REJECTED, RIGHT), act(SIGNED, RIGHT)])
        hip = current(store)
        assert hip is not None
        assert hip.analysis_uid == older.uid
        store.review(older.uid, [act(REJECTED, RIGHT)])
        assert current(store) is None

    def test_signed_before_accepted_before_newest(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        older, newer = self._two(store, incoming)
        seen = [self._uid(store)]
        store.review(older.uid, [act(ACCEPTED, RIGHT)])
        seen.append(self._uid(store))
        store.review(newer.uid, [act(ACCEPTED, RIGHT)])
        seen.append(self._uid(store))
        store.review(older.uid, [act(SIGNED, RIGHT)])
        seen.append(self._uid(store))
        store.review(older.uid, [act(WITHDRAWN, RIGHT)])
        seen.append(self._uid(store))
        assert seen == [newer.uid, older.uid, newer.uid, older.uid, newer.uid]

    def test_accepted_without_a_score_counts_before_an_unjudged_score(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        plain, _ = add(store, incoming, make_analysis(make_series(contrast=Contrast.T1)))
        scored, _ = add(store, incoming, make_analysis())
        assert self._uid(store) == scored.uid
        store.review(plain.uid, [act(ACCEPTED, RIGHT)])
        assert self._uid(store) == plain.uid
        store.review(scored.uid, [act(ACCEPTED, RIGHT)])
        assert self._uid(store) == scored.uid

    def test_later_correction_of_an_older_analysis_is_newer(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        older, newer = self._two(store, incoming)
        assert self._uid(store) == newer.uid
        store.revise(older.uid, edited(older, RIGHT, 3.0), Origin.AI_EDITED, "A")
        assert self._uid(store) == older.uid

    def test_correction_that_removes_the_head_removes_the_result(
        self, store: SqlVisitStore, stored: Analysis
    ) -> None:
        lost = HipResult(RIGHT, Head(RIGHT, False, 0.0, reason=Reason.HEAD_NOT_FOUND), None, None)
        store.revise(stored.uid, lost, Origin.MANUAL, "A")
        assert current(store, RIGHT) is None
        entry = listed(store, stored)
        assert entry.hips == (LEFT,)
        store.review(stored.uid, [act(ACCEPTED, LEFT), act(SIGNED, LEFT)])
        assert listed(store, stored).signed

    @staticmethod
    def _two(store: SqlVisitStore, incoming: Path) -> tuple[Analysis, Analysis]:
        made = [datetime(2024, 5, day, tzinfo=UTC) for day in (1, 2)]
        first, second = (add(store, incoming, make_analysis(created=day))[0] for day in made)
        return first, second

    @staticmethod
    def _uid(store: SqlVisitStore) -> str:
        hip = current(store)
        assert hip is not None
        return hip.analysis_uid

    def test_a_revised_hip_counts_before_a_newer_analysis(
        self, store: SqlVisitStore, incoming: Path, stored: Analysis
    ) -> None:
        store.revise(stored.uid, edited(stored, RIGHT, 0.5), Origin.AI_EDITED, "R")
        newer, _ = add(store, incoming, make_analysis(created=datetime(2030, 1, 1, tzinfo=UTC)))
        assert current(store, RIGHT).analysis_uid == stored.uid
        assert current(store, LEFT).analysis_uid == newer.uid
        assert listed(store, stored).revised
        assert not listed(store, newer).revised


class TestImagesAnalysedBefore:
    def known(self, store: SqlVisitStore, analysis: Analysis) -> tuple[str, str] | None:
        series, pixels = analysis.series, analysis.pixel_sha256
        return store.analysed(series, pixels, analysis.models, analysis.definition)

    def test_only_the_same_images_models_and_definition(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        made, visit = add(store, incoming, make_analysis())
        assert self.known(store, made) == (made.uid, visit)
        locator, segmenter = made.models
        for other in (
            replace(made, pixel_sha256="d" * 64),
            replace(made, definition="unet-score/2"),
            replace(made, models=(locator, replace(segmenter, sha256="e" * 64))),
            replace(made, models=(locator,)),
            replace(made, series=replace(made.series, uid="1.2.3.99")),
            replace(made, series=replace(made.series, patient=make_patient("other"))),
        ):
            assert self.known(store, other) is None

    def test_what_readers_did_most_on_comes_first(
        self, store: SqlVisitStore, incoming: Path
    ) -> None:
        series, day = make_series(), datetime(2024, 3, 2, tzinfo=UTC)
        signed, judged, revised, newest = (
            add(store, incoming, make_analysis(series, created=day + timedelta(days=n)))[0]
            for n in range(4)
        )
        assert self.known(store, newest)[0] == newest.uid
        store.revise(revised.uid, edited(revised, RIGHT, 0.5), Origin.AI_EDITED, "R")
        assert self.known(store, newest)[0] == revised.uid
        store.review(judged.uid, [act(REJECTED, LEFT)])
        assert self.known(store, newest)[0] == judged.uid
        store.review(signed.uid, [act(ACCEPTED, LEFT), act(SIGNED, LEFT)])
        assert self.known(store, newest)[0] == signed.uid


class TestListing:
    def test_verdicts_signatures_and_picture(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis, _ = add(store, incoming, make_analysis(), PICTURE)
        fresh = listed(store, analysis)
        assert (fresh.description, fresh.contrast, fresh.slices) == ("cor STIR", Contrast.STIR, 7)
        assert (fresh.hips, fresh.verdicts, fresh.signed) == (
            (RIGHT, LEFT),
            {RIGHT: None, LEFT: None},
            False,
        )
        assert fresh.created_utc == analysis.created_utc
        assert_same(PICTURE, fresh.thumbnail)
        store.review(analysis.uid, [act(ACCEPTED, RIGHT), act(SIGNED, RIGHT), act(REJECTED, LEFT)])
        half = listed(store, analysis)
        assert half.verdicts == {RIGHT: Verdict.ACCEPTED, LEFT: Verdict.REJECTED}
        assert not half.signed
        store.review(analysis.uid, [act(SIGNED, LEFT)])
        assert listed(store, analysis).signed

    def test_revision_opens_the_hip_again(self, store: SqlVisitStore, stored: Analysis) -> None:
        store.review(stored.uid, [act(ACCEPTED, RIGHT), act(ACCEPTED, LEFT)])
        store.revise(stored.uid, edited(stored, LEFT, 2.0), Origin.AI_EDITED, "A")
        assert listed(store, stored).verdicts == {RIGHT: Verdict.ACCEPTED, LEFT: None}

    def test_analysis_without_result_is_listed(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis, _ = add(store, incoming, make_analysis(found=()))
        entry = listed(store, analysis)
        assert (entry.hips, entry.verdicts, entry.signed, entry.thumbnail) == ((), {}, False, None)

    @pytest.mark.parametrize(
        "picture", [PICTURE.astype(np.float32), PICTURE[None], PICTURE[:0]], ids=["f", "3d", "0"]
    )
    def test_picture_of_another_kind_is_our_fault(
        self, store: SqlVisitStore, incoming: Path, picture: np.ndarray
    ) -> None:
        with pytest.raises(BugError):
            add(store, incoming, make_analysis(), picture)
        assert store.analyses() == ()

    def test_turned_picture_returns_as_seen(self, store: SqlVisitStore, incoming: Path) -> None:
        analysis, _ = add(store, incoming, make_analysis(), PICTURE.T[:, ::-1])
        assert_same(PICTURE.T[:, ::-1], listed(store, analysis).thumbnail)


def do_everything(store: SqlVisitStore, folder: Path, identifier: str = "4711") -> Reviewed:
    """Do all that a reader can, once; the analysis as it is then."""
    patient = make_patient(identifier)
    other = replace(patient, issuer="")
    analysis, visit = add(store, folder, make_analysis(make_series(patient)), PICTURE)
    _, undated = add(store, folder, make_analysis(make_series(other, day=None)))
    hip = edited(analysis, RIGHT, 2.0)
    revision = store.revise(analysis.uid, hip, Origin.AI_EDITED, "Reader")
    reviews = (act(ACCEPTED, RIGHT, 1), act(SIGNED, RIGHT, 1, 1))
    store.review(analysis.uid, reviews)
    store.write_impression(analysis.uid, "Secret of Jane", "Reader")
    store.record_report(analysis.uid, "d" * 64, True, "Reader")
    one, two = store.patient_of(visit).uid, store.patient_of(undated).uid
    assert [entry.uid for entry in store.lookalikes(one)] == [two]
    store.date_visit(undated, date(2020, 2, 29), "Reader")
    store.keep_apart(one, two, "Reader")
    assert store.lookalikes(one) == ()
    store.move_visit(undated, one, "Reader")
    return Reviewed(analysis, (revision,), reviews, "Secret of Jane")


@pytest.fixture(scope="module")
def reviewed_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library in which readers did everything once, to be copied."""
    folder = tmp_path_factory.mktemp("reviewed")
    with SqlVisitStore.open(folder / "library") as store:
        do_everything(store, folder / "in")
    return folder / "library"


@pytest.fixture
def reviewed(reviewed_template: Path, place: Path) -> Path:
    shutil.copytree(reviewed_template, place)
    return place


NEWEST_MASK = "SELECT max(id) FROM mask"
COPIED_REVIEW = "SELECT 9, analysis_id, 'L', 0, kind, reader, at_utc, note FROM review WHERE id = 1"
COPIED_REVISION = (
    "SELECT 9, analysis_id, 2, origin, created_utc, reader FROM revision WHERE number = 1"
)


class TestRecordOfChanges:
    ENTRIES = 9

    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_nothing_can_be_changed_or_removed(self, reviewed: Path, table: str) -> None:
        for statement in (f"UPDATE {table} SET id = id + 100", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                tamper(reviewed, statement)

    @pytest.mark.parametrize(
        ("trigger", "statement"),
        [
            ("review_no_update", "UPDATE review SET kind = 'rejected' WHERE id = 1"),
            ("review_no_update", "UPDATE review SET reader = 'Other' WHERE id = 2"),
            ("review_no_update", "UPDATE review SET analysis_id = 2"),
            ("review_no_delete", "DELETE FROM review WHERE id = 2"),
            ("impression_no_update", "UPDATE impression SET words = 'Healthy'"),
            ("report_no_delete", "DELETE FROM report"),
            ("thumbnail_no_update", "UPDATE thumbnail SET packed = x'00'"),
            ("kept_apart_no_delete", "DELETE FROM kept_apart"),
            ("dated_no_update", "UPDATE dated SET day = '2021-01-01'"),
            ("revision_no_update", "UPDATE revision SET reader = 'Other' WHERE number = 1"),
            ("mask_no_update", f"UPDATE mask SET packed = x'00' WHERE id IN ({NEWEST_MASK})"),
            ("hip_result_no_update", "UPDATE hip_result SET placed = 0 WHERE placed"),
            ("review_no_update", f"INSERT INTO review {COPIED_REVIEW}"),
            ("revision_no_update", f"INSERT INTO revision {COPIED_REVISION}"),
            ("review_no_update", "UPDATE visit SET patient_id = stated_patient_id"),
        ],
    )
    def test_tampering_is_found(self, reviewed: Path, trigger: str, statement: str) -> None:
        with SqlVisitStore.open(reviewed) as store:
            assert store.verify_audit() == self.ENTRIES
        tamper(reviewed, f"DROP TRIGGER {trigger}", statement)
        with (
            SqlVisitStore.open(reviewed) as store,
            pytest.raises(StoreError, match="cannot be trusted") as caught,
        ):
            store.verify_audit()
        assert str(caught.value).endswith(".")

    def test_it_names_no_patient_day_or_words(self, reviewed: Path) -> None:
        connection = sqlite3.connect(reviewed / DATABASE)
        rows = repr(connection.execute("SELECT * FROM audit").fetchall())
        text = re.sub("[0-9a-f]{16,}", "", rows)  # hashes, which may hold any digits
        actions = {row[0] for row in connection.execute("SELECT action FROM audit")}
        connection.close()
        for told in ("4711", "Doe", "Jane", "2020-02-29", "1980"):
            assert told not in text
        assert len(actions) == 8


@dataclass
class InMemory:
    """What an analysis must be after each step, by the plainest bookkeeping."""

    reviewed: Reviewed
    verdicts: dict[tuple[Side, int], Verdict | None]
    signed: dict[Side, bool]

    def may(self, kind: ReviewKind, side: Side, revision: int) -> bool:
        if revision != self.reviewed.working(side):
            return False
        judged = self.verdicts.get((side, revision)) is not None
        if kind is WITHDRAWN:
            return self.signed[side]
        return not self.signed[side] and (judged or kind not in (SIGNED, REOPENED))

    def done(self, review: Review) -> None:
        self.reviewed = replace(self.reviewed, reviews=(*self.reviewed.reviews, review))
        side, key = review.side, (review.side, review.revision)
        match review.kind:
            case ReviewKind.SIGNED:
                self.signed[side] = True
            case ReviewKind.WITHDRAWN:
                self.signed[side] = False
            case ReviewKind.REOPENED:
                self.verdicts[key] = None
            case kind:
                self.verdicts[key] = Verdict(kind.value)

    def revised(self, revision: Revision) -> None:
        self.reviewed = replace(self.reviewed, revisions=(*self.reviewed.revisions, revision))

    def verdict(self, side: Side) -> Verdict | None:
        return self.verdicts.get((side, self.reviewed.working(side)))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.one_of(st.just(None), st.sampled_from(ReviewKind), st.sampled_from(ReviewKind)),
        st.sampled_from([0, 0, 0, 1]),
    ),
    max_size=14,
)
"""Side, what the reader does (None: revises), and how far from the newest revision."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqlVisitStore, Path]]:
    """A library in which many analyses of one series can be added."""
    folder = tmp_path_factory.mktemp("shelf")
    with SqlVisitStore.open(folder / "library") as store:
        yield store, folder


@given(steps=STEPS)
def test_any_sequence_is_what_it_is_in_memory(
    shelf: tuple[SqlVisitStore, Path], steps: list[tuple[Side, ReviewKind | None, int]]
) -> None:
    store, folder = shelf
    analysis, visit = add(store, folder / "in", make_analysis(make_series(UNKNOWN, slices=5)))
    model = InMemory(Reviewed(analysis), {}, dict.fromkeys(Side, False))
    for number, (side, kind, off) in enumerate(steps):
        if kind is None:
            _revise(store, model, edited(analysis, side, 1.0 + number))
        else:
            _review(store, model, act(kind, side, model.reviewed.working(side) + off, number))
    assert_same(model.reviewed, store.load(analysis.uid, analysis.series))
    (entry,) = store.entries(store.patient_of(visit).uid)
    (listed,) = entry.analyses
    assert listed.verdicts == {side: model.verdict(side) for side in Side}
    assert listed.signed == all(model.signed.values())
    for side in Side:
        number = model.reviewed.current(side)
        hip = entry.visit.hip(side)
        assert (hip is None) == (number is None)
        if hip is not None and number is not None:
            assert hip.score == model.reviewed.hip_at(side, number).score


UNKNOWN = replace(make_patient(), patient_id="", birth_date=None)
"""Nobody is matched with them, so that each analysis has a visit of its own."""


def _revise(store: SqlVisitStore, model: InMemory, hip: HipResult) -> None:
    uid = model.reviewed.analysis.uid
    if model.signed[hip.side]:
        with pytest.raises(StoreError, match=SENTENCE):
            store.revise(uid, hip, Origin.AI_EDITED, "Reader")
    else:
        model.revised(store.revise(uid, hip, Origin.AI_EDITED, "Reader"))


def _review(store: SqlVisitStore, model: InMemory, review: Review) -> None:
    uid = model.reviewed.analysis.uid
    if model.may(review.kind, review.side, review.revision):
        store.review(uid, [review])
        model.done(review)
    else:
        with pytest.raises(StoreError, match=SENTENCE):
            store.review(uid, [review])


def test_windows_thread_reads_and_judges_while_a_job_adds(
    store: SqlVisitStore, incoming: Path, stored: Analysis
) -> None:
    def job() -> int:
        return len([add(store, incoming, make_analysis(), PICTURE) for _ in range(6)])

    def window(name: str) -> int:
        for number in range(6):
            kind = ACCEPTED if number % 2 else REJECTED
            store.review(stored.uid, [act(kind, RIGHT)])
            store.revise(stored.uid, edited(stored, LEFT, float(number)), Origin.AI_EDITED, name)
            (patient,) = store.patients("doe")
            assert store.entries(patient.uid)[0].analyses
            store.load(stored.uid, stored.series)
        return 6

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(job), pool.submit(window, "A"), pool.submit(window, "B")]
        assert [each.result() for each in jobs] == [6, 6, 6]
    loaded = store.load(stored.uid, stored.series)
    assert [each.number for each in loaded.revisions] == list(range(1, 13))
    assert len(loaded.reviews) == 12
    assert store.verify_audit() == 1 + 6 + 24


KILLED = """
import sys
from pathlib import Path
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.records import Origin, Side
from hipdesk.review import ReviewKind
from tests.adapters.library_tools import act
from tests.analysis_factory import make_hip, make_series

with SqlVisitStore.open(Path(sys.argv[1])) as store:
    (uid,) = store.analyses()
    patients = [entry.uid for entry in store.patients()]
    (visit,) = (entry.visit.uid for entry in store.entries(patients[0]))
    series = make_series()
    print("ready", flush=True)
    while True:
        number = store.revise(uid, make_hip(series, Side.LEFT), Origin.AI_EDITED, "A").number
        print("revision", flush=True)
        acts = [act(kind, Side.LEFT, number) for kind in ReviewKind if kind != "reopened"]
        store.review(uid, acts)
        print("review", flush=True)
        store.write_impression(uid, "words", "A")
        print("impression", flush=True)
        store.record_report(uid, "e" * 64, False, "A")
        print("report", flush=True)
        store.date_visit(visit, series.study.date, "A")
        print("dated", flush=True)
"""


def check_after_kill(place: Path, analysis: Analysis, acknowledged: list[str]) -> None:
    with SqlVisitStore.open(place) as store:
        counts = store.counts()
        loaded = store.load(analysis.uid, analysis.series)
        assert store.verify_audit() == counts["audit"]
        assert counts["revision"] - 1 == len(loaded.revisions)
        others = sum(counts[name] for name in ("revision", "impression", "report", "dated"))
        assert counts["review"] == 4 * (counts["audit"] - others)
        for name, each in (("revision", 1), ("review", 4), ("impression", 1), ("report", 1)):
            kept = counts[name] - (name == "revision")
            assert kept >= each * acknowledged.count(name)
        assert counts["mask"] == len(SegmentClass) * (2 + len(loaded.revisions))
        assert store.load_segmentation(analysis.uid, LEFT).masks


def campaign(tmp_path: Path, kills: int, seed: int) -> int:
    """Kill ``kills`` programs that review one analysis; the writes acknowledged."""
    place, dice, acknowledged = tmp_path / "library", random.Random(seed), list[str]()
    with SqlVisitStore.open(place) as store:
        analysis, _ = add(store, tmp_path / "in", make_analysis(make_series(day=None)))
    for _ in range(kills):
        acknowledged += kill_while_writing(KILLED, [place], dice)
        check_after_kill(place, analysis, acknowledged)
    return len(acknowledged)


def test_killed_while_reviewing(tmp_path: Path) -> None:
    assert campaign(tmp_path, kills=2, seed=21) >= 2


@pytest.mark.slow
def test_killed_while_reviewing_forty_times(tmp_path: Path) -> None:
    assert campaign(tmp_path, kills=40, seed=22) >= 40


def test_patient_stays_out_of_errors(store: SqlVisitStore, stored: Analysis) -> None:
    secret = replace(act(SIGNED, RIGHT), reader="SENTINEL", note="SENTINEL")
    with pytest.raises(StoreError) as caught:
        store.review(stored.uid, [secret])
    assert "SENTINEL" not in str(caught.value)
    assert "SENTINEL" not in repr(secret)


def test_same_series_is_still_known_again(store: SqlVisitStore, stored: Analysis) -> None:
    store.add(replace(stored, uid="again"), files_of(stored.series))
    assert store.counts()["series"] == 1
