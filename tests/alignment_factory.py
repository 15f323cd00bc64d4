"""Alignments of made-up figures, for tests that store, show, print or export them."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import numpy as np

from hipdesk.hip_alignment import (
    ENGINE,
    BoneAlignment,
    FollowedLesion,
    HipAlignment,
    LesionCourse,
    result_key,
)
from hipdesk.records import SegmentClass, VisitHip

FEMUR, SOCKET = SegmentClass.PROXIMAL_FEMUR, SegmentClass.ACETABULUM
MATRIX = np.array(
    [
        [0.0, -1.0, 0.0, 1.25],
        [1.0, 0.0, 0.0, -2.5],
        [0.0, 0.0, 1.0, 1 / 3],
        [0.0, 0.0, 0.0, 1.0],
    ]
)
REFUSED = (
    "After alignment the surfaces of the hip bone lie 2.21 mm apart, 95 % within 9.87 mm, where "
    "no more than 1.5 mm and 8.0 mm are allowed; check the outlines of both visits."
)


def femur(**courses: LesionCourse) -> BoneAlignment:
    given = {FollowedLesion(name): each for name, each in courses.items()} or {
        FollowedLesion.BME_FEMUR: LesionCourse(0.5, 1.25, 2.0, 0.125),
        FollowedLesion.EFFUSION_SYNOVITIS: LesionCourse(0.0, 1.5, 3.75, 0.0),
    }
    return BoneAlignment(
        FEMUR, MATRIX, (1.5, -3.0, 0.25), (4.0, -7.5, 1 / 3), 0.42, 1.9, True,
        courses=MappingProxyType(given),
    )  # fmt: skip


def socket(refused: bool = False) -> BoneAlignment:
    if refused:
        return BoneAlignment(
            SOCKET,
            np.eye(4),
            (0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0),
            2.21,
            9.87,
            False,
            "residual",
            REFUSED,
        )
    courses = {FollowedLesion.BME_ACETABULUM: LesionCourse(0.25, 0.0, 1.0, 0.0)}
    return BoneAlignment(
        SOCKET, np.eye(4), (0.5, 0.0, -1.0), (1.0, 2.0, 3.0), 0.61, 2.4,
        courses=MappingProxyType(courses),
    )  # fmt: skip


def make_alignment(
    earlier_visit: str, later_visit: str, earlier: VisitHip, later: VisitHip, **changes: Any
) -> HipAlignment:
    """Of two results that count; both bones aligned unless ``bones`` says otherwise."""
    given: dict[str, Any] = {
        "engine": ENGINE,
        "program_version": "0.1",
        "made_utc": datetime(2024, 6, 1, 9, 30, tzinfo=UTC),
        "reader": "Reader",
        "bones": (femur(), socket()),
        **changes,
    }
    return HipAlignment(
        side=later.side,
        earlier_visit=earlier_visit,
        later_visit=later_visit,
        earlier=result_key(earlier),
        later=result_key(later),
        **given,
    )
