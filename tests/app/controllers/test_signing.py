"""What stands in the way of signing, and what is signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.controllers.exams import named
from app.controllers.signing import SigningDesk, obstacle
from hipdesk.amendment import standing_doubts
from hipdesk.errors import OutputError, StoreError
from hipdesk.quality import notices
from hipdesk.records import HipResult, Origin, Side
from hipdesk.review import Reviewed, ReviewKind, Revision
from tests.app.fakes import NOW, make_bench, make_patient, translate
from tests.app.review_fakes import (
    READER,
    Opened,
    analysed,
    at_desk,
    before_analysis,
    exam_of,
    opened,
    opened_pair,
)

RIGHT, LEFT = Side.RIGHT, Side.LEFT


def labelled(label: Side) -> Opened:
    """Both hips found on images that name one side."""
    bench = make_bench()
    analysis, volume = analysed()
    series = replace(volume.series, laterality=label)
    said = notices(series, analysis.hips, analysis.models, analysis.compute)
    assert "side_disagrees" in {notice.code for notice in said}
    labelled_analysis = replace(analysis, series=series, notices=said)
    return at_desk(bench, exam_of(bench, (labelled_analysis, replace(volume, series=series))))


def revised(exam: Opened, side: Side, hip: HipResult) -> None:
    """Append a revision as its reader would have made it."""
    series, reviewed = exam.series(), exam.reviewed()
    revision = exam.bench.store.revise(reviewed.analysis.uid, hip, Origin.AI_EDITED, READER)
    assert isinstance(revision, Revision)
    after = replace(reviewed, revisions=(*reviewed.revisions, revision))
    exam.desk.change(replace(series, reviewed=after))


def placed(exam: Opened, side: Side, x: float | None = None) -> HipResult:
    hip = exam.reviewed().analysis.hip(side)
    assert hip.head.centre_lps_mm is not None
    _, y, z = hip.head.centre_lps_mm
    centre = hip.head.centre_lps_mm if x is None else (x, y, z)
    return replace(hip, head=replace(hip.head, centre_lps_mm=centre, placed=True))


def said(exam: Opened) -> str:
    return obstacle(exam.desk.exam, exam.signing.busy, translate)


def test_nothing_to_sign() -> None:
    assert said(at_desk()) == "There is no analysis to sign yet."
    exam = opened()
    exam.desk.put(replace(exam.exam, series=(before_analysis(exam.series()),)))
    assert said(exam) == "There is no analysis to sign yet."


def test_half_a_pair_is_not_signed() -> None:
    exam = opened_pair()
    exam.desk.put(replace(exam.exam, series=(exam.series(0), before_analysis(exam.series(1)))))
    assert said(exam) == "There is no analysis to sign yet."


def test_what_is_not_in_the_library_is_not_signed() -> None:
    exam = opened()
    exam.desk.put(replace(exam.exam, visit_uid=None))
    assert "library" in said(exam)
    exam.signing.judge(exam.reviewed().analysis.uid, RIGHT, ReviewKind.ACCEPTED)
    assert not exam.bench.jobs.started
    assert any("library" in text for text in exam.bench.said)


def test_what_is_not_in_the_library_can_be_saved_from_every_refusal() -> None:
    exam = opened()
    here, asked = exam.exam, []
    signing = SigningDesk(exam.desk, exam.bench.services, translate, lambda: asked.append("save"))
    exam.desk.put(replace(here, visit_uid=None))
    signing.judge(exam.reviewed().analysis.uid, RIGHT, ReviewKind.ACCEPTED)
    signing.sign("Dr Reader")
    first, second = exam.bench.messages.present
    assert "nothing can be added" in first.text
    assert "cannot be signed" in second.text
    assert first.action.title == second.action.title == "Save again"
    exam.bench.messages.act(first.number)
    assert asked == ["save"]
    assert [each.number for each in exam.bench.messages.present] == [second.number]
    exam.desk.put(here)
    assert exam.bench.said == []


def test_every_hip_must_be_judged() -> None:
    exam = opened()
    uid = exam.reviewed().analysis.uid
    assert said(exam) == "Accept or reject both hips first."
    exam.signing.judge(uid, RIGHT, ReviewKind.ACCEPTED)
    exam.bench.jobs.run_all()
    assert said(exam) == "Accept or reject the left hip first."
    exam.signing.judge(uid, LEFT, ReviewKind.REJECTED)
    exam.bench.jobs.run_all()
    assert said(exam) == ""
    assert exam.signing.signing.possible


def test_a_hip_being_done_again_blocks() -> None:
    exam = opened()
    exam.judge_all()
    hip = (exam.reviewed().analysis.uid, RIGHT)
    exam.signing.occupy(hip)
    assert said(exam) == "Wait until the hip is done."
    exam.signing.release(hip)
    assert said(exam) == ""
    exam.signing.occupy(("another analysis", RIGHT))
    assert said(exam) == ""


def test_a_label_of_the_other_side_blocks_until_that_hip_is_placed() -> None:
    exam = labelled(LEFT)
    exam.judge_all()
    assert "labelled" in said(exam)
    exam.signing.sign(READER)
    assert not exam.reviewed().signatures
    assert any("labelled" in text for text in exam.bench.said)
    revised(exam, RIGHT, placed(exam, RIGHT))
    exam.judge_all()
    assert said(exam) == ""


def test_placing_the_hip_that_the_label_names_settles_nothing() -> None:
    exam = labelled(LEFT)
    revised(exam, LEFT, placed(exam, LEFT))
    exam.judge_all()
    assert "labelled" in said(exam)


def test_rejecting_the_other_side_settles_the_label() -> None:
    exam = labelled(LEFT)
    exam.judge_all()
    exam.signing.judge(exam.reviewed().analysis.uid, RIGHT, ReviewKind.REJECTED)
    exam.bench.jobs.run_all()
    assert said(exam) == ""


@pytest.mark.parametrize(("note", "settled"), [("marker seen", True), ("  ", False)])
def test_accepting_with_a_note_settles_the_label(note: str, settled: bool) -> None:
    exam = labelled(LEFT)
    exam.judge_all()
    exam.signing.judge(exam.reviewed().analysis.uid, RIGHT, ReviewKind.ACCEPTED, note)
    exam.bench.jobs.run_all()
    assert (said(exam) == "") is settled


def test_only_hips_of_doubtful_side_ask_for_a_note() -> None:
    exam = labelled(LEFT)
    assert standing_doubts(exam.reviewed()).doubted == {RIGHT}
    assert standing_doubts(opened().reviewed()).doubted == set()


@pytest.mark.parametrize("side", list(Side))
def test_a_head_placed_on_the_other_hip_blocks_whatever_becomes_of_that_hip(side: Side) -> None:
    exam = opened()
    uid, there = exam.reviewed().analysis.uid, exam.reviewed().analysis.hip(side.other)
    assert there.head.centre_lps_mm is not None
    revised(exam, side, placed(exam, side, x=there.head.centre_lps_mm[0]))
    exam.judge_all()
    wrong = (
        f"The {side.word} femoral head was placed on the {side.other.word} side of the body: "
        f"place it anew, or reject the {side.word} hip."
    )
    assert said(exam) == wrong
    exam.signing.judge(uid, side.other, ReviewKind.REJECTED)
    exam.bench.jobs.run_all()
    assert said(exam) == wrong
    exam.signing.sign(READER)
    assert not exam.reviewed().signatures


def test_placing_anew_or_rejecting_that_hip_settles_a_wrong_head() -> None:
    exam = opened()
    revised(exam, LEFT, placed(exam, LEFT, x=-120.0))
    exam.judge_all()
    assert "reject the left hip" in said(exam)
    exam.signing.judge(exam.reviewed().analysis.uid, LEFT, ReviewKind.REJECTED)
    exam.bench.jobs.run_all()
    assert said(exam) == ""
    revised(exam, LEFT, placed(exam, LEFT))
    exam.judge_all()
    assert said(exam) == ""


def test_both_heads_placed_the_wrong_way_round_block_until_both_are_settled() -> None:
    exam = opened()
    revised(exam, RIGHT, placed(exam, RIGHT, x=90.0))
    revised(exam, LEFT, placed(exam, LEFT, x=-90.0))
    exam.judge_all()
    assert "reject both hips" in said(exam)
    exam.signing.judge(exam.reviewed().analysis.uid, LEFT, ReviewKind.REJECTED)
    exam.bench.jobs.run_all()
    assert "reject the right hip" in said(exam)


def test_one_time_and_one_reader_for_all_hips() -> None:
    exam = opened_pair()
    exam.sign_all()
    stamps = {(s.at_utc, s.reader) for at in (0, 1) for s in exam.kept(at).signatures}
    assert stamps == {(NOW, READER)}
    assert exam.signing.signing.signatures == (
        *exam.reviewed(0).signatures,
        *exam.reviewed(1).signatures,
    )


def test_half_a_pair_that_was_kept_is_signed_later() -> None:
    exam = opened_pair()
    exam.judge_all()
    exam.signing.sign(READER)
    exam.bench.jobs.run()
    exam.bench.store.failing["review"] = StoreError("The disk is full.")
    exam.bench.jobs.run_all()
    assert (exam.reviewed(0).signed, exam.reviewed(1).signed) == (True, False)
    assert exam.signing.signing.possible
    del exam.bench.store.failing["review"]
    exam.signing.sign(READER)
    exam.bench.jobs.run_all()
    assert exam.reviewed(1).signed
    assert len(exam.kept(0).signatures) == 1


def test_nothing_is_signed_before_what_is_unsaved_is_saved() -> None:
    exam = opened()
    exam.judge_all()
    held: list[Callable[[], None]] = []
    exam.signing.before_signing(held.append)
    exam.signing.sign("")
    assert not held
    exam.signing.sign(READER)
    exam.bench.jobs.run_all()
    assert not exam.reviewed().signed
    held[0]()
    exam.bench.jobs.run_all()
    assert exam.reviewed().signed


def test_an_exam_that_was_opened_meanwhile_is_not_signed() -> None:
    exam = opened()
    exam.judge_all()
    held: list[Callable[[], None]] = []
    exam.signing.before_signing(held.append)
    exam.signing.sign(READER)
    other = opened(exam.bench, study=2, patient=make_patient("9", "Roe^Max"))
    other.judge_all()
    exam.desk.put(other.exam)
    held[0]()
    exam.bench.jobs.run_all()
    assert not exam.reviewed().signatures


def test_a_verdict_taken_back_meanwhile_is_not_signed() -> None:
    exam = opened()
    exam.judge_all()
    held: list[Callable[[], None]] = []
    exam.signing.before_signing(held.append)
    exam.signing.sign(READER)
    exam.signing.judge(exam.reviewed().analysis.uid, LEFT, ReviewKind.REOPENED)
    exam.bench.jobs.run_all()
    held[0]()
    exam.bench.jobs.run_all()
    assert not exam.reviewed().signatures


def test_who_watches_hears_of_busy_hips() -> None:
    exam = opened()
    heard: list[bool] = []
    exam.signing.watch(lambda: heard.append(bool(exam.signing.busy)))
    exam.signing.judge(exam.reviewed().analysis.uid, RIGHT, ReviewKind.ACCEPTED)
    exam.bench.jobs.run_all()
    assert heard == [True, False]


def test_nothing_is_signed_on_an_empty_desk() -> None:
    exam = at_desk()
    exam.signing.sign(READER)
    exam.signing.withdraw("")
    assert not exam.bench.jobs.started
    assert named(None, "1.2.3") is None


def test_a_reopened_note_settles_nothing() -> None:
    exam = labelled(LEFT)
    uid = exam.reviewed().analysis.uid
    exam.signing.judge(uid, RIGHT, ReviewKind.ACCEPTED, "marker seen")
    exam.bench.jobs.run_all()
    exam.signing.judge(uid, RIGHT, ReviewKind.REOPENED)
    exam.bench.jobs.run_all()
    exam.judge_all()
    assert "labelled" in said(exam)


def test_an_analysis_without_any_hip_is_not_signed() -> None:
    exam = opened()
    series, reviewed = exam.series(), exam.reviewed()
    bare = tuple(replace(hip, segmentation=None, score=None) for hip in reviewed.analysis.hips)
    analysis = replace(reviewed.analysis, hips=bare)
    exam.desk.change(replace(series, reviewed=Reviewed(analysis)))
    assert said(exam) == "No hip has a result that could be signed."
    assert not exam.signing.signing.possible


def test_a_name_that_cannot_be_remembered_still_signs() -> None:
    exam = opened()
    exam.judge_all()

    def refuse(_settings: object) -> None:
        raise OutputError("The settings cannot be written.")

    exam.bench.keeper.keep = refuse  # type: ignore[method-assign, assignment]
    exam.signing.sign(READER)
    exam.bench.jobs.run_all()
    assert exam.reviewed().signed
    assert exam.bench.said == ["The settings cannot be written."]


def test_another_reader_in_the_settings_is_shown() -> None:
    exam = opened()
    heard: list[str] = []
    exam.signing.watch(lambda: heard.append(exam.signing.signing.reader))
    keeper = exam.bench.keeper
    keeper.keep(keeper.settings.model_copy(update={"reader_name": READER}))
    exam.signing.settings_changed()
    assert heard == [READER]
