"""Alignment on the follow-up page: figures, sentences, one button, nothing said of good or bad."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.alignment_state import AdjustingShown, AlignmentShown
from app.state import Overlay, Panel
from app.views._canvas_ghost import GHOST_INK
from app.views.alignment_panel import AlignmentPanel
from app.views.follow_up_view import FollowUpView
from app.views.slice_canvas import SliceCanvas
from hipdesk.ghost import Ghost
from hipdesk.hip_alignment import ENGINE, ByHand, Hand, HipAlignment
from hipdesk.records import SegmentClass, Side
from tests.alignment_factory import femur, socket
from tests.app.views.follow_up_rows import CHOICES, shown
from tests.app.views.golden import rgb
from tests.app.views.pictures import picture
from tests.app.views.recorder import Recorder
from tests.app.views.stage import dark, staged
from tests.app.views.test_follow_up_view import fill

MINUS = "\N{MINUS SIGN}"
ALIGNED = HipAlignment(
    Side.RIGHT, "v1", "v2", ("a", 0), ("b", 1), ENGINE, "0.1", datetime(2024, 6, 1, tzinfo=UTC),
    "Reader", (femur(), socket()),
)  # fmt: skip


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication, told: Recorder) -> FollowUpView:
    dark()
    return staged(qtbot, FollowUpView(), told, (1366, 660), fill)


@pytest.fixture
def panel(view: FollowUpView) -> AlignmentPanel:
    return view.alignment


def show(view: FollowUpView, alignment: HipAlignment | None = ALIGNED, **state: object) -> None:
    given = {"current": alignment is not None, **state}
    view.show_alignment(AlignmentShown(alignment, **given))  # type: ignore[arg-type]


def test_a_pair_that_cannot_be_aligned_shows_nothing(view: FollowUpView) -> None:
    show(view)
    view.show_alignment(None)
    assert not view.alignment.isVisible()


def test_before_anything_is_aligned(
    qtbot: QtBot, view: FollowUpView, panel: AlignmentPanel, told: Recorder
) -> None:
    show(view, None)
    assert panel.button.text() == "Align visits"
    assert panel.cells == ()
    assert len(panel.sentences.words) == 1
    assert panel.sentences.words[0].endswith("Scores stay as they are.")
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert told.told[-1] == ("align",)


def test_volumes_residual_and_motion(view: FollowUpView, panel: AlignmentPanel) -> None:
    show(view)
    assert panel.cells == (
        ("mL", "New", "Resolved", "Persistent"),
        ("BME of the femur", "0.5", "1.2", "2.0"),
        ("BME of the hip bone", "0.2", "0.0", "1.0"),
        ("Effusion/synovitis", "0.0", "1.5", "3.8"),
    )
    first, second, lost, native = panel.sentences.words
    assert first == (
        "Femur: residual 0.4 mm, the median distance left between its surfaces of both visits; "
        f"95 % within 1.9 mm. Later visit moved to the left, back and up by +1.5, {MINUS}3.0 and "
        f"+0.2 mm, and turned about these axes by +4.0°, {MINUS}7.5° and +0.3°."
    )
    assert second.startswith("Hip bone: residual 0.6 mm")
    assert lost == "0.1 mL lie where only one visit has slices, and are not compared."
    assert "Scores stay in native space" in native
    assert panel.button.text() == "Align again"
    assert not panel.stale.isVisible()
    assert "BME of the femur, New 0.5, Resolved 1.2" in panel.accessibleDescription()


def test_a_refusal_is_said_plainly_and_the_other_bone_still_counts(
    view: FollowUpView, panel: AlignmentPanel
) -> None:
    show(view, replace(ALIGNED, bones=(femur(), socket(refused=True))))
    assert panel.cells[2] == ("BME of the hip bone", *["\N{EM DASH}"] * 3)
    said = panel.sentences.words[1]
    assert said.startswith("Hip bone, not aligned: After alignment the surfaces")
    assert "2.21 mm apart" in said
    assert "no more than 1.5 mm" in said
    both = tuple(replace(socket(refused=True), bone=each.bone) for each in ALIGNED.bones)
    show(view, replace(ALIGNED, bones=both))
    assert panel.cells == ()


def test_what_must_be_known_of_it(view: FollowUpView, panel: AlignmentPanel) -> None:
    show(view, current=False)
    assert panel.stale.isVisible()
    assert "not current" in panel.stale.text()
    show(view, replace(ALIGNED, not_comparable=True))
    assert any("may not be compared" in each for each in panel.sentences.words)
    bare = tuple(replace(each, courses=MappingProxyType({})) for each in ALIGNED.bones)
    show(view, replace(ALIGNED, fluid_sensitive=False, bones=bare))
    assert panel.cells == ()
    assert any("does not show lesions" in each for each in panel.sentences.words)


def test_while_it_runs_the_button_stops_it(
    qtbot: QtBot, view: FollowUpView, panel: AlignmentPanel, told: Recorder
) -> None:
    show(view, None, running=0.456, step="Laying the surfaces on each other")
    assert panel.progress.text() == "Aligning, 46 %: Laying the surfaces on each other"
    assert panel.button.text() == "Stop"
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert told.told[-1] == ("stop_aligning",)
    show(view, None)
    assert not panel.progress.isVisible()


def test_what_may_not_be_compared_has_to_be_asked_for_first(
    view: FollowUpView, panel: AlignmentPanel
) -> None:
    show(view, None, barred=True)
    assert not panel.button.isEnabled()
    assert "ask for the changes all the same first" in panel.button.toolTip()
    show(view, None, barred=True, running=0.1)
    assert panel.button.isEnabled()


def test_the_earlier_outlines_are_offered_where_they_can_be_drawn(
    qtbot: QtBot, view: FollowUpView, panel: AlignmentPanel, told: Recorder
) -> None:
    show(view)
    assert not panel.ghost.isVisible()
    show(view, ghost=False)
    assert panel.ghost.isVisible()
    assert not panel.ghost.isChecked()
    panel.ghost.click()
    assert told.told[-1] == ("want_ghost", True)
    show(view, ghost=True)
    assert panel.ghost.isChecked()
    panel.ghost.click()
    assert told.told[-1] == ("want_ghost", False)


def ghost_pixels(canvas: SliceCanvas) -> int:
    """Pixels about as reddish purple as the line."""
    seen = rgb(canvas.grab().toImage()).astype(int)
    ink = np.array([GHOST_INK.red(), GHOST_INK.green(), GHOST_INK.blue()])
    return int((np.abs(seen - ink).max(axis=-1) < 40).sum())


def test_the_earlier_outlines_lie_on_the_later_picture_slice_by_slice(view: FollowUpView) -> None:
    earlier, later = (view.panels[panel].canvas for panel in Panel)
    assert later.picture is not None
    plain = ghost_pixels(later)
    square = np.array([(2, 2), (20, 2), (20, 18), (2, 18), (2, 2)], dtype=np.float32)
    lines: list[tuple[np.ndarray, ...]] = [()] * later.picture.of
    lines[later.picture.index] = (square,)
    view.show_ghost(Ghost(tuple(lines)))
    drawn = ghost_pixels(later)
    assert drawn > plain + 100
    assert ghost_pixels(earlier) == 0
    view._hold_masks(True)
    assert ghost_pixels(later) < drawn
    view._hold_masks(False)
    view.show_overlay(Overlay(shown=False))
    assert ghost_pixels(later) > plain + 100
    view.show_panel(Panel.LATER, shown("v4", picture(index=later.picture.index + 1)))
    beside = ghost_pixels(later)
    assert plain < beside < drawn  # its words alone
    view.show_ghost(None)
    assert ghost_pixels(later) == plain


def test_what_the_dashed_lines_are_is_written_on_the_picture(view: FollowUpView) -> None:
    canvas = view.panels[Panel.LATER].canvas
    view.show_ghost(Ghost(((),) * 31))
    assert canvas.ghost_words == f"Dashed: outlines of {CHOICES[2].day}"
    view.show_ghost(None)
    assert canvas.ghost_words == ""


def test_what_was_adjusted_by_hand_is_said_with_the_figures(
    view: FollowUpView, panel: AlignmentPanel
) -> None:
    hand = ByHand((0.3, 0.0, -0.4), (0.0, 1.5, 0.0), "Dr. Hand")
    show(view, replace(ALIGNED, bones=(replace(femur(), by_hand=hand), socket())))
    first, second = panel.sentences.words[:2]
    assert first.endswith(" Of this, adjusted by hand by Dr. Hand: 0.5 mm and 1.5°.")
    assert "by hand" not in second
    bones = (femur(), replace(socket(refused=True), by_hand=replace(hand, reader="")))
    show(view, replace(ALIGNED, bones=bones))
    assert panel.sentences.words[1].endswith(" Of this, adjusted by hand: 0.5 mm and 1.5°.")


# By hand

HELD = AdjustingShown(
    SegmentClass.PROXIMAL_FEMUR, Hand((0.5, 0.0, -1.0), (0.0, 1.5, 0.0)), 0.42, 1.9, ready=True
)


def test_an_alignment_is_taken_into_the_hand(
    view: FollowUpView, panel: AlignmentPanel, told: Recorder
) -> None:
    show(view)
    assert not panel.by_hand.isVisible()
    show(view, ghost=False)
    panel.by_hand.begin.click()
    assert told.told[-1] == ("adjust", SegmentClass.PROXIMAL_FEMUR)
    show(view, adjusting=AdjustingShown(SegmentClass.PROXIMAL_FEMUR, Hand()))
    assert not panel.by_hand.begin.isVisible()
    assert not panel.ghost.isVisible()
    assert not panel.button.isEnabled()
    assert panel.cells == ()
    assert len(panel.sentences.words) == 1
    assert panel.by_hand.fit.text() == "Being measured…"
    assert not any(each.isEnabled() for each in panel.by_hand.more)


def test_each_arrow_moves_its_own_way(
    view: FollowUpView, panel: AlignmentPanel, told: Recorder
) -> None:
    show(view, adjusting=HELD)
    hand = panel.by_hand
    figures = [each.text() for each in hand.figures]
    assert figures == ["+0.5 mm", "0.0 mm", f"{MINUS}1.0 mm", "0.0°", "+1.5°", "0.0°"]
    steps = []
    for at in range(6):
        hand.more[at].click()
        hand.less[at].click()
        steps += [each[1] for each in told.told[-2:]]
    moves = [(*each.shift_mm, *each.turn_deg) for each in steps]
    expected = np.array([(0.5, 0.0, -1.0, 0.0, 1.5, 0.0)] * 12)
    for at in range(6):
        expected[2 * at, at] += 0.5
        expected[2 * at + 1, at] -= 0.5
    np.testing.assert_array_equal(moves, expected)
    names = [each.accessibleName() for each in (hand.less[0], hand.more[0], hand.more[2])]
    assert [each.split(" by ")[0] for each in names] == [
        "Outline to the patient's right", "Outline to the patient's left", "Outline up",
    ]  # fmt: skip


def test_the_fit_and_a_refusal_are_told_and_keeping_waits_for_it(
    view: FollowUpView, panel: AlignmentPanel, told: Recorder
) -> None:
    show(view, adjusting=HELD)
    hand = panel.by_hand
    assert hand.fit.text() == "Residual 0.42 mm; 95 % within 1.90 mm."
    assert not hand.refusal.isVisible()
    assert not hand.keep.isEnabled()
    show(view, adjusting=replace(HELD, reason="Too far apart."))
    assert hand.fit.text() == "Residual 0.42 mm; 95 % within 1.90 mm. Refused:"
    assert hand.refusal.text() == "Too far apart."
    show(view, adjusting=replace(HELD, keepable=True))
    hand.keep.click()
    assert told.told[-1] == ("keep_adjusted", "")
    show(view, adjusting=replace(HELD, keeping=True))
    assert hand.fit.text() == "Being kept…"
    assert not hand.cancel.isEnabled()


def test_a_name_is_asked_for_beside_keep_where_none_is_known(
    view: FollowUpView, panel: AlignmentPanel, told: Recorder
) -> None:
    unnamed = replace(HELD, keepable=True, named=False)
    hand = panel.by_hand
    show(view, adjusting=replace(HELD, keepable=True))
    assert not hand.name.isVisible()
    show(view, adjusting=unnamed)
    assert hand.name.field.isVisible()
    assert hand.name.line.text().startswith("Enter your name first")
    assert not hand.keep.isEnabled()
    hand.name.field.setText("  ")
    assert not hand.keep.isEnabled()
    hand.name.field.setText("Dr B ")
    hand.keep.click()
    assert told.told[-1] == ("keep_adjusted", "Dr B")
    show(view, adjusting=replace(unnamed, keepable=False))
    assert not hand.keep.isEnabled()
    show(view, adjusting=replace(HELD, keepable=True))
    assert not hand.name.isVisible()
    hand.keep.click()
    assert told.told[-1] == ("keep_adjusted", "")


def test_reset_cancel_and_the_other_bone(
    view: FollowUpView, panel: AlignmentPanel, told: Recorder
) -> None:
    show(view, adjusting=HELD)
    hand = panel.by_hand
    hand.reset.click()
    assert told.told[-1] == ("move_outline", Hand())
    hand.bones.buttons[SegmentClass.ACETABULUM.value].click()
    assert told.told[-1] == ("adjust", SegmentClass.ACETABULUM)
    hand.cancel.click()
    assert told.told[-1] == ("leave_adjusting",)
    show(view, adjusting=replace(HELD, hand=Hand()))
    assert not hand.reset.isEnabled()
