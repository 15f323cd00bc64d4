"""A library analysed again: what is done, what is left alone, and what stays in front."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.dicom_writer import write_series
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.errors import Cancelled, StoreError
from hipdesk.pipeline import analyze_together
from hipdesk.reanalysis import NO_HIP, Outcome, Reanalysed, reanalyse
from hipdesk.records import Analysis, Contrast, Notice, Reason, Side
from hipdesk.review import Review, ReviewKind
from tests.app.fakes import make_patient, make_volume
from tests.stacks import FakeLocator, FakeSegmenter

R, L = Side.RIGHT, Side.LEFT
NOW = datetime(2024, 5, 6, tzinfo=UTC)
CHOICE = Notice("several_patients", "Two patients in one folder.")


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the disk nowhere (but in SQLite)."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


class Newer(FakeSegmenter):
    """Another version of the model that draws the same."""

    def __init__(self) -> None:
        super().__init__()
        changed = {"version": "2", "sha256": "9" * 64}
        self.manifest = self.manifest.model_copy(update=changed)


OLDER = FakeLocator(), FakeSegmenter()
NEWER = FakeLocator(), Newer()


class Clinic:
    """A library filled by the older model."""

    def __init__(self, store: SqlVisitStore, reader: DicomFolderReader, folder: Path) -> None:
        self.store, self.reader, self.folder = store, reader, folder

    def visit(
        self, study: int, *sides: tuple[Side, ...], identifier: str = "4711", uid: str = ""
    ) -> list[Analysis]:
        """A study of one series, or of a right and a left one; of stacks where they share a UID."""
        who, day = make_patient(identifier), date(2024, study, 1)
        volumes = []
        for number, shown in enumerate(sides or (tuple(Side),), start=1):
            made = make_volume(who, study=study, number=number, day=day, sides=shown)
            made = replace(made, series=replace(made.series, uid=uid or made.series.uid))
            folder = self.folder / f"{identifier} {study} {number}"
            write_series(folder, made)
            (series,) = self.reader.scan(folder).series
            volumes.append(self.reader.read(series))
        results = analyze_together(volumes, *OLDER, (CHOICE,))
        for analysis, volume in results:
            self.store.add(analysis, [part.path for part in volume.series.slices])
        return [analysis for analysis, _ in results]

    def again(self, networks: tuple[FakeLocator, FakeSegmenter] = NEWER) -> list[Reanalysed]:
        everyone = [each.uid for each in self.store.patients()]
        return list(reanalyse(self.store, self.reader, networks, everyone))

    def loaded(self, uid: str) -> Analysis:
        for series in self.reader.scan(self.store.series_folder(uid)).series:
            return self.store.load(uid, series).analysis
        raise AssertionError


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with SqlVisitStore.open(tmp_path / "library") as store, DicomFolderReader() as reader:
        yield Clinic(store, reader, tmp_path / "in")


def test_every_visit_is_analysed_once_with_the_present_models(clinic: Clinic) -> None:
    old = [*clinic.visit(1), *clinic.visit(2), *clinic.visit(1, identifier="9")]
    done = clinic.again()
    assert [each.outcome for each in done] == [Outcome.ANALYSED] * 3
    assert {each.day for each in done} == {date(2024, 1, 1), date(2024, 2, 1)}
    assert len(clinic.store.analyses()) == 6
    assert {each.analysis_uid for each in done}.isdisjoint(each.uid for each in old)
    for each in done:
        assert NEWER[1].reference in clinic.loaded(each.analysis_uid).models
    again = clinic.again()
    assert [each.outcome for each in again] == [Outcome.KNOWN] * 3
    assert {each.analysis_uid for each in again} == {each.analysis_uid for each in done}
    assert len(clinic.store.analyses()) == 6
    assert clinic.store.verify_audit() == 6


def test_the_same_models_give_the_same_figures(clinic: Clinic) -> None:
    """Only the hash of the second one differs."""
    (old,) = clinic.visit(1)
    (done,) = clinic.again()
    new = clinic.loaded(done.analysis_uid)
    assert [hip.score for hip in new.hips] == [hip.score for hip in old.hips]
    assert new.series.contrast is Contrast.STIR
    assert new.notices[0] == CHOICE
    assert [each.code for each in new.notices] == [each.code for each in old.notices]


def test_what_a_reader_signed_stays_in_front_and_the_new_result_lies_beside(
    clinic: Clinic,
) -> None:
    (signed,), (unread,) = clinic.visit(1), clinic.visit(2)
    acts = [ReviewKind.ACCEPTED, ReviewKind.SIGNED]
    clinic.store.review(
        signed.uid, [Review(side, 0, kind, "Reader", NOW) for kind in acts for side in Side]
    )
    new = {each.day: each.analysis_uid for each in clinic.again()}
    (patient,) = clinic.store.patients()
    first, second = clinic.store.entries(patient.uid)
    assert {hip.analysis_uid for hip in first.visit.hips} == {signed.uid}
    assert [each.uid for each in first.analyses] == [new[date(2024, 1, 1)], signed.uid]
    assert [each.signed for each in first.analyses] == [False, True]
    assert {hip.analysis_uid for hip in second.visit.hips} == {new[date(2024, 2, 1)]}
    assert unread.uid in {each.uid for each in second.analyses}


def test_a_right_and_a_left_series_are_done_together(clinic: Clinic) -> None:
    clinic.visit(1, (L,), (R,))
    done = clinic.again()
    assert [each.outcome for each in done] == [Outcome.ANALYSED] * 2
    right, left = (clinic.loaded(each.analysis_uid) for each in done)
    assert (right.hip(R).score is None, right.hip(L).reason) == (False, Reason.SEPARATE_SERIES)
    assert (left.hip(L).score is None, left.hip(R).reason) == (False, Reason.SEPARATE_SERIES)


@pytest.mark.parametrize("uid", ["", "1.2.3"], ids=["series", "stacks"])
def test_a_half_in_which_no_hip_is_found_any_more_is_told(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, uid: str
) -> None:
    right, left = clinic.visit(1, (R,), (L,), uid=uid)

    def without_the_right(*given: Any, **how: Any) -> Any:
        return analyze_together(*given, **how)[1:]

    monkeypatch.setattr("hipdesk.reanalysis.analyze_together", without_the_right)
    done = {each.analysis_uid: each.outcome for each in clinic.again()}
    assert done.pop(right.uid) is Outcome.FAILED
    assert left.uid not in done
    assert list(done.values()) == [Outcome.ANALYSED]


class Blind(FakeLocator):
    """Finds nothing."""

    def paint(self, picture):  # type: ignore[no-untyped-def]
        return super().paint(picture) * 0


def test_what_fails_is_told_and_the_rest_is_done(clinic: Clinic) -> None:
    (old,) = clinic.visit(1)
    clinic.visit(2)
    for file in clinic.store.series_folder(old.uid).iterdir():
        file.unlink()
    blind = clinic.again((Blind(), Newer()))
    assert [each.outcome for each in blind] == [Outcome.FAILED] * 2
    assert "No femoral head was found" in blind[1].reason
    done = clinic.again()
    assert [each.outcome for each in done] == [Outcome.FAILED, Outcome.ANALYSED]
    assert (done[0].analysis_uid, done[0].reason[-1]) == (old.uid, ".")
    assert len(clinic.store.analyses()) == 3


def test_a_disk_that_is_full_ends_it(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.visit(1)

    def full(*_args: object) -> str:
        raise StoreError("Nothing was saved: the disk is full.")

    monkeypatch.setattr(clinic.store, "add", full)
    with pytest.raises(StoreError, match="full"):
        clinic.again()


def test_it_can_be_stopped(clinic: Clinic) -> None:
    clinic.visit(1)
    everyone = [each.uid for each in clinic.store.patients()]
    with pytest.raises(Cancelled):
        reanalyse(clinic.store, clinic.reader, NEWER, everyone, cancelled=lambda: True)
    assert len(clinic.store.analyses()) == 1
    assert NO_HIP.endswith(".")
