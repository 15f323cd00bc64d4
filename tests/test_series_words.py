"""Sides that headers name, in the languages operators type."""

from dataclasses import replace

import pytest

from hipdesk.records import Side
from hipdesk.series_words import (
    BODY_PART,
    LATERALITY_TAG,
    PROTOCOL_NAME,
    SERIES_NAME,
    STUDY_NAME,
    labelled_side,
    stated_sides,
)
from tests.stacks import series_of, stack_about, turned

RIGHT, LEFT = Side.RIGHT, Side.LEFT


def _series(description="", protocol="", body_part="", study="", laterality=None):
    shape = (9, 40, 40)
    base = series_of(stack_about(turned(0, 0, 0), (4.0, 0.8, 0.8), shape), shape)
    return replace(
        base,
        description=description,
        body_part=body_part,
        laterality=laterality,
        study=replace(base.study, description=study),
        acquisition=replace(base.acquisition, protocol=protocol),
    )


@pytest.mark.parametrize(
    ("words", "side"),
    [
        ("COR STIR R", RIGHT),
        ("t2_tirm_cor_re", RIGHT),
        ("Hüfte rechts", RIGHT),
        ("rechte Hüfte", RIGHT),
        ("hanche droite", RIGHT),
        ("cadera derecha", RIGHT),
        ("右髋 STIR", RIGHT),
        ("правый ТБС", RIGHT),
        ("справа", RIGHT),
        ("우측 고관절", RIGHT),
        ("höger höft", RIGHT),
        ("COR STIR LT HIP", LEFT),
        ("t2_tirm_cor_li", LEFT),
        ("linke Hüfte", LEFT),
        ("hanche gauche", LEFT),
        ("cadera izquierda", LEFT),
        ("左髋 STIR", LEFT),
        ("левый ТБС", LEFT),
        ("좌측 고관절", LEFT),
        ("COR STIR R+L", None),
        ("左右髋", None),
        ("плевра", None),
        ("управление", None),
        ("cor stir", None),
        ("reformatted", None),
        ("T1 linked", None),
    ],
)
def test_words_for_a_side(words, side):
    assert labelled_side(_series(words)) is side


def test_every_part_of_the_header_is_heard():
    stated = stated_sides(_series("COR R", "hip left", "LEFT HIP", "Hüfte rechts", LEFT))
    assert [(each.source, each.side, each.of_series) for each in stated] == [
        (LATERALITY_TAG, LEFT, True),
        (SERIES_NAME, RIGHT, True),
        (PROTOCOL_NAME, LEFT, True),
        (BODY_PART, LEFT, True),
        (STUDY_NAME, RIGHT, False),
    ]


def test_a_studys_words_label_no_series():
    assert labelled_side(_series(study="MRI right hip")) is None
    assert labelled_side(_series(protocol="hip_R", study="MRI left hip")) is RIGHT
