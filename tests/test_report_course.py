"""Lesions since an earlier visit on the report: current alignments only, the nearest visit's."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hipdesk.hip_alignment import ByHand, HipAlignment
from hipdesk.records import Analysis, Side, Visit
from hipdesk.report import build_report
from hipdesk.report_course import CourseRow, courses_of
from tests.alignment_factory import femur, make_alignment, socket
from tests.report_factory import NOW, as_visit, make_analysis, make_history

DASH = "\N{EM DASH}"


def visits_of(analysis: Analysis) -> tuple[Visit, ...]:
    return (*make_history(), as_visit(analysis))


def aligned(
    visits: tuple[Visit, ...], earlier: int = 2, side: Side = Side.RIGHT, **changes: object
) -> HipAlignment:
    hips = visits[earlier].hip(side), visits[-1].hip(side)
    assert hips[0] is not None
    assert hips[1] is not None
    return make_alignment(visits[earlier].uid, visits[-1].uid, *hips, **changes)


def test_each_hip_since_the_nearest_earlier_visit() -> None:
    analysis, volume = make_analysis()
    visits = visits_of(analysis)
    known = [
        aligned(visits, side=Side.LEFT),
        aligned(visits),
        aligned(visits, 1, bones=(femur(), socket(refused=True))),
    ]
    right, left = build_report(analysis, volume, visits, now=NOW, alignments=known).courses
    assert right.title == "Right hip, since 2023-11-06"
    assert left.title == "Left hip, since 2023-11-06"
    assert right.rows == (
        CourseRow("BME of the femur", "0.5", "1.2", "2.0", "0.4 (1.9) mm"),
        CourseRow("BME of the hip bone", "0.2", "0.0", "1.0", "0.6 (2.4) mm"),
        CourseRow("Effusion/synovitis", "0.0", "1.5", "3.8", "0.4 (1.9) mm"),
    )
    assert right.sentences == (
        (
            "Right hip, since 2023-11-06: 0.1 mL lie where only one visit has slices, and are not "
            "compared."
        ),
    )


def test_the_last_one_made_counts() -> None:
    analysis, _ = make_analysis()
    visits = visits_of(analysis)
    known = [aligned(visits), aligned(visits, bones=(femur(), socket(refused=True)))]
    (course,) = courses_of([analysis], visits, known)
    assert course.rows[1] == CourseRow("BME of the hip bone", DASH, DASH, DASH, "not aligned")
    said = course.sentences[0]
    assert said.startswith("Right hip, since 2023-11-06, hip bone not aligned: After alignment")
    assert "2.21 mm apart" in said


def test_what_was_adjusted_by_hand_is_marked_with_who_and_how_much() -> None:
    analysis, _ = make_analysis()
    visits = visits_of(analysis)
    hand = ByHand((0.3, 0.0, -0.4), (0.0, 1.5, 0.0), "Dr. Hand")
    bones = (replace(femur(), by_hand=hand), socket())
    (course,) = courses_of([analysis], visits, [aligned(visits, bones=bones)])
    assert [row.residual for row in course.rows] == [
        "0.4 (1.9) mm, by hand",
        "0.6 (2.4) mm",
        "0.4 (1.9) mm, by hand",
    ]
    assert course.sentences[0] == (
        "Right hip, since 2023-11-06, femur: the alignment was adjusted by hand by Dr. Hand, by "
        "0.5 mm and 1.5 degrees."
    )
    unnamed = (replace(femur(), by_hand=replace(hand, reader="")), socket())
    (course,) = courses_of([analysis], visits, [aligned(visits, bones=unnamed)])
    assert "adjusted by hand, by 0.5 mm" in course.sentences[0]


def test_what_is_not_current_or_not_reported_is_left_out() -> None:
    analysis, _ = make_analysis()
    visits = visits_of(analysis)
    made = aligned(visits)
    assert courses_of([analysis], visits, [replace(made, engine="0")]) == ()
    assert courses_of([analysis], visits, [replace(made, later=(analysis.uid, 1))]) == ()
    assert courses_of([replace(analysis, uid="another")], visits, [made]) == ()
    assert courses_of([analysis], visits[1:3], [made]) == ()
    assert courses_of([analysis], visits, []) == ()


def test_what_limits_the_figures_is_said() -> None:
    analysis, _ = make_analysis()
    visits = visits_of(analysis)
    both = tuple(replace(socket(refused=True), bone=each.bone) for each in (femur(), socket()))
    (refused,) = courses_of([analysis], visits, [aligned(visits, bones=both)])
    assert (refused.rows, len(refused.sentences)) == ((), 2)
    bare = tuple(replace(each, courses=MappingProxyType({})) for each in (femur(), socket()))
    dull = aligned(visits, bones=bare, fluid_sensitive=False, not_comparable=True)
    (without,) = courses_of([analysis], visits, [dull])
    assert without.rows == ()
    assert "no volumes are given" in without.sentences[0]
    assert "asked for all the same" in without.sentences[1]
