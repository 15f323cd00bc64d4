"""A reader sees how two visits lie on each other, moves the outline and keeps it: in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QToolButton

from app.state import Panel
from app.views.follow_up_view import FollowUpView
from hipdesk.adapters.dicom_folder import DicomFolderReader
from hipdesk.adapters.store import SqlVisitStore
from hipdesk.aligning import align_visits
from hipdesk.hip_alignment import HipAlignment, PairOfVisits
from hipdesk.records import SegmentClass, Side
from tests.app.fakes import by_heads
from tests.app.path.window_driver import Driver

Start = Callable[..., Driver]


def alignments(library: Path) -> tuple[HipAlignment, ...]:
    with SqlVisitStore.open(library) as store:
        return store.alignments(store.patients()[0].uid)


def align(library: Path) -> None:
    """Lay the right hips on each other by their heads."""
    with SqlVisitStore.open(library) as store, DicomFolderReader() as reader:
        patient = store.patients()[0].uid
        first, second = (each.visit.uid for each in store.entries(patient))
        pair = PairOfVisits(patient, first, second, Side.RIGHT, "Nobody")
        store.keep_alignment(align_visits(store, reader, by_heads, pair))


def test_the_outline_is_seen_moved_and_kept(start: Start, library: Path) -> None:
    align(library)
    desk = start(library, latest=True)
    desk.wait(lambda: desk.exam is not None and desk.analysed)
    desk.go("Follow-up")
    desk.wait(lambda: desk.has(QCheckBox, "Show the earlier visit's outlines"))
    (view,) = desk.all(FollowUpView)
    canvas = view.panels[Panel.LATER].canvas
    desk.see(QCheckBox, "Show the earlier visit's outlines").click()
    desk.wait(lambda: canvas.ghost_words)
    assert canvas.ghost_words.startswith("Dashed: outlines of ")
    desk.press(desk.see(QPushButton, "Adjust by hand..."))
    desk.wait(lambda: desk.says("Residual "))
    up = desk.see(QToolButton, "Outline up by 0.5 mm")
    for _ in range(3):
        desk.press(up)
    desk.wait(lambda: desk.says("+1.5 mm"))
    assert not desk.see(QPushButton, "Keep").isEnabled()
    desk.type(desk.see(QLineEdit, "Name to keep it with"), "Dr Reader")
    desk.wait(lambda: desk.see(QPushButton, "Keep").isEnabled())
    desk.press(desk.see(QPushButton, "Keep"))
    desk.wait(lambda: desk.says("adjusted by hand by Dr Reader"))
    assert desk.says("1.5 mm and 0.0°.")
    desk.close()
    found, kept = alignments(library)
    by_hand = kept.bone(SegmentClass.PROXIMAL_FEMUR).by_hand
    assert by_hand is not None
    assert by_hand.reader == "Dr Reader"
    assert round(by_hand.length_mm, 6) == 1.5
    assert all(each.by_hand is None for each in found.bones)
