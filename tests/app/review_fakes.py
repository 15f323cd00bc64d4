"""Exams that were analysed and kept, for tests of review, follow-up and report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.controllers.desk import Desk
from app.controllers.signing import SigningDesk
from app.state import Exam, OpenSeries
from hipdesk.display import DisplayStack, display_stack
from hipdesk.pair import as_pair
from hipdesk.pipeline import analyze, request_analysis
from hipdesk.records import Analysis, Contrast, Notice, Patient, Side, Volume
from hipdesk.review import Reviewed, ReviewKind
from tests.app.fakes import Bench, make_bench, make_volume, translate
from tests.stacks import FakeLocator, FakeSegmenter

DAY = date(2024, 3, 1)
READER = "Dr Reader"


@lru_cache(maxsize=16)
def analysed(
    study: int = 1,
    number: int = 1,
    sides: tuple[Side, ...] = tuple(Side),
    contrast: Contrast = Contrast.STIR,
    day: date | None = DAY,
    patient: Patient | None = None,
) -> tuple[Analysis, Volume]:
    """A simulated series, found and scored by the fake networks."""
    volume = make_volume(
        patient, number=number, study=study, day=day, contrast=contrast, sides=sides
    )
    analysis = analyze(request_analysis(volume), FakeLocator(), FakeSegmenter())
    return replace(analysis, uid=f"2.25.{study}{number}"), volume


@lru_cache(maxsize=16)
def stack_of(analysis: Analysis, volume: Volume) -> DisplayStack:
    drawn = [hip.segmentation for hip in analysis.hips if hip.segmentation is not None]
    return display_stack(volume, drawn)


def keep(bench: Bench, analysis: Analysis, volume: Volume) -> tuple[OpenSeries, str]:
    """Put an analysis into the library; the series as it is open then, and its visit."""
    root = Path("in") / analysis.uid
    bench.reader.put(root, volume)
    placed = bench.reader.volumes[volume.series.uid, root]
    kept = replace(analysis, series=placed.series)
    visit = bench.store.add(kept, [each.path for each in placed.series.slices])
    return OpenSeries(placed, stack_of(analysis, volume), Reviewed(kept)), visit


@dataclass
class Opened:
    """An exam on the desk, and everything that belongs to it."""

    bench: Bench
    desk: Desk
    signing: SigningDesk

    @property
    def exam(self) -> Exam:
        assert self.desk.exam is not None
        return self.desk.exam

    def series(self, at: int = 0) -> OpenSeries:
        return self.exam.series[at]

    def reviewed(self, at: int = 0) -> Reviewed:
        found = self.series(at).reviewed
        assert found is not None
        return found

    def kept(self, at: int = 0) -> Reviewed:
        """A series as the library has it."""
        return self.bench.store.reviewed(self.reviewed(at).analysis.uid)

    def judge_all(self, kind: ReviewKind = ReviewKind.ACCEPTED) -> None:
        """Judge every hip, as a reader would before signing."""
        for at, each in enumerate(self.exam.series):
            for side in self.reviewed(at).sides:
                assert each.reviewed is not None
                self.signing.judge(each.reviewed.analysis.uid, side, kind)
        self.bench.jobs.run_all()

    def sign_all(self) -> None:
        self.judge_all()
        self.signing.sign(READER)
        self.bench.jobs.run_all()


def at_desk(bench: Bench | None = None, exam: Exam | None = None) -> Opened:
    """A desk with its signing, on fakes; nothing is done before the test says so."""
    bench = bench or make_bench()
    desk = Desk()
    desk.put(exam)
    return Opened(bench, desk, SigningDesk(desk, bench.services, translate, lambda: None))


def exam_of(bench: Bench, *pairs: tuple[Analysis, Volume]) -> Exam:
    """The exam of analyses of one study, after they were kept."""
    kept = [keep(bench, *pair) for pair in pairs]
    series, visit = tuple(each for each, _ in kept), kept[0][1]
    of = series[0].volume.series
    person = bench.store.patient_of(visit).uid
    return Exam(of.patient, of.study.date, series, visit, person)


def opened(bench: Bench | None = None, *, notices: tuple[Notice, ...] = (), **which: Any) -> Opened:
    """One analysed and kept series on the desk."""
    bench = bench or make_bench()
    analysis, volume = analysed(**which)
    return at_desk(bench, exam_of(bench, (replace(analysis, notices=notices), volume)))


def opened_pair(bench: Bench | None = None, *, stacks: bool = False) -> Opened:
    """A right and a left series that were measured apart, or two stacks under one UID."""
    bench = bench or make_bench()
    right, left = (analysed(number=n, sides=(s,)) for n, s in ((1, Side.RIGHT), (2, Side.LEFT)))
    if stacks:
        left = _called(right[1].series.uid, *left)
    analyses = as_pair(right[0], left[0])
    return at_desk(bench, exam_of(bench, (analyses[0], right[1]), (analyses[1], left[1])))


def _called(uid: str, analysis: Analysis, volume: Volume) -> tuple[Analysis, Volume]:
    """The same under another SeriesInstanceUID."""
    series = replace(volume.series, uid=uid)
    return replace(analysis, series=series), replace(volume, series=series)


def before_analysis(series: OpenSeries) -> OpenSeries:
    """The same series as it was opened."""
    bare = replace(series.stack, outlines=MappingProxyType({}))
    return OpenSeries(series.volume, bare)
