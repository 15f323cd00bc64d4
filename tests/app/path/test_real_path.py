"""The same path on a real T1 series: heads only, and nothing said of lesions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QPushButton

from hipdesk.records import BONES, Side
from hipdesk.review import Verdict
from tests.app.path.window_driver import Driver

READER = "Dr. T. One"
WORDS = "Heads found; the contrast shows no oedema."
MOVE_MM = 5.0
NO_LESIONS = "not fluid-sensitive"

Start = Callable[..., Driver]


@pytest.fixture
def t1(shared_data: Path) -> Path:
    return shared_data / "mr_coronal_t1" / "images_10"


def test_the_path_on_a_real_series(start: Start, t1: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    desk = start(library, [t1])
    desk.wait(lambda: desk.says(NO_LESIONS))
    assert desk.workspace == "Library"
    assert desk.exam is None
    (button,) = (each for each in desk.all(QPushButton) if each.text() == "Heads only")
    desk.press(button)
    desk.wait(lambda: desk.exam is not None)
    assert desk.workspace == "Review"
    before = desk.index
    desk.wheel(desk.canvas, -3)
    assert desk.index == before - 3
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    _heads_only(desk)
    asked = desk.move_crop(Side.RIGHT, MOVE_MM)
    moved = desk.hip(Side.RIGHT).head.centre_lps_mm
    assert moved == pytest.approx(asked, abs=1.0)
    assert desk.hip(Side.RIGHT).head.placed
    _heads_only(desk)
    for side in ("right", "left"):
        desk.click(QPushButton, f"Accept the {side} hip")
        desk.wait_idle()
    desk.go("Report")
    desk.wait(lambda: desk.says("Page 1 of "))
    desk.type(desk.see(QPlainTextEdit, "Reader's impression"), WORDS)
    desk.type(desk.see(QLineEdit, "Name to sign with"), READER)
    desk.click(QPushButton, "Sign")
    desk.wait(lambda: desk.says(f"Final - signed by {READER}"))
    desk.close()

    again = start(library, latest=True)
    again.wait(lambda: again.exam is not None)
    assert again.hip(Side.RIGHT).head.centre_lps_mm == pytest.approx(moved)
    assert {again.reviewed.standing(side).verdict for side in Side} == {Verdict.ACCEPTED}
    assert again.says(f"Signed by {READER}")
    _heads_only(again)
    again.go("Report")
    again.wait(lambda: again.says(f"Final - signed by {READER}"))
    assert again.see(QPlainTextEdit, "Reader's impression").toPlainText() == WORDS
    again.close()


def _heads_only(desk: Driver) -> None:
    """Bones are outlined, lesions are undefined, and the screen says why."""
    for side in Side:
        hip = desk.hip(side)
        assert hip.score.u_intensity is None
        assert hip.score.reason == "not_fluid_sensitive"
        masks = hip.segmentation.masks
        assert set(masks) <= set(BONES)
        assert all(masks[name].any() for name in masks)
    assert desk.says(NO_LESIONS)
