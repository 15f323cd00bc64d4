"""A right and a left series of one study: each result names the other one."""

from __future__ import annotations

from dataclasses import replace

from hipdesk.pair import as_pair, hips_of_both, without_folders
from hipdesk.records import Notice, Reason, Side
from tests.analysis_factory import make_analysis, make_series

MISSING = Notice("hip_missing", "It was not found.")


def one_sided(side: Side, words: str, **options: object):
    series = replace(make_series(), description=words)
    analysis = make_analysis(series, found=(side,), **options)  # type: ignore[arg-type]
    return replace(analysis, notices=(MISSING, *analysis.notices))


RIGHT, LEFT = one_sided(Side.RIGHT, "STIR R"), one_sided(Side.LEFT, "STIR L", level=2.0)


def test_each_names_the_others_side_series_and_place():
    right, left = as_pair(RIGHT, LEFT)
    assert [notice.code for notice in right.notices] == [
        "other_hip_in_other_series",
        "provider_fallback",
    ]
    assert right.notices[0].message == (
        "The left hip was analysed from the other series ('STIR L'); its results are in the "
        "folder 'left' beside this one's."
    )
    assert left.notices[0].message == (
        "The right hip was analysed from the other series ('STIR R'); its results are in the "
        "folder above."
    )


def test_scores_stay_and_totals_are_null_with_the_reason():
    for before, after in zip((RIGHT, LEFT), as_pair(RIGHT, LEFT), strict=True):
        assert [hip.score for hip in after.hips] == [hip.score for hip in before.hips]
        assert after.total.u_intensity is None
        assert after.total.reason is Reason.SEPARATE_SERIES
        assert {hip.reason for hip in after.hips} == {None, Reason.SEPARATE_SERIES}


def test_a_hip_that_neither_shows_stays_missing():
    other = one_sided(Side.RIGHT, "STIR again")
    assert as_pair(RIGHT, other) == (RIGHT, other)


def test_series_that_show_both_hips_need_no_pointer():
    whole = make_analysis()
    first, second = as_pair(whole, LEFT)
    assert first is whole
    assert second.notices[0].code == "other_hip_in_other_series"


def test_hips_come_from_the_series_that_shows_them():
    right, left = as_pair(RIGHT, LEFT)
    assert hips_of_both(right, left) == (RIGHT.hips[0], LEFT.hips[1])
    assert hips_of_both(right, None) == right.hips


def test_a_reader_of_both_series_is_told_of_no_folder():
    right, left = (without_folders(each) for each in as_pair(RIGHT, LEFT))
    assert right.notices[0].message == (
        "The left hip was analysed from the other series ('STIR L')."
    )
    assert left.notices[0].message == (
        "The right hip was analysed from the other series ('STIR R')."
    )
    assert [notice.code for notice in right.notices] == [
        "other_hip_in_other_series",
        "provider_fallback",
    ]
    assert without_folders(RIGHT) is RIGHT
