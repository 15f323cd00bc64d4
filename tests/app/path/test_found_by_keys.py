"""The page of found series by keys alone, and series of which no hip comes: always a way on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from hipdesk.adapters.dicom_writer import write_series
from hipdesk.phantom.samples import _knee_stack
from tests.app.path import studies
from tests.app.path.window_driver import Driver

Start = Callable[..., Driver]
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
MOST_TABS = 60


def tab_to(desk: Driver, beginning: str) -> None:
    """Go from field to field to a button."""
    for _ in range(MOST_TABS):
        focused = QApplication.focusWidget()
        if isinstance(focused, QPushButton) and focused.accessibleName().startswith(beginning):
            return
        desk.key(Qt.Key.Key_Tab)
    raise AssertionError(f"{beginning!r} is not reached")


def test_another_series_of_the_opened_folder_is_chosen_by_keys_alone(
    start: Start, visits: tuple[Path, ...], tmp_path: Path
) -> None:
    desk = start(tmp_path / "library", [visits[0]])
    desk.wait(lambda: desk.analysed)
    desk.wait_idle()
    assert "STIR" in desk.series.volume.series.description
    desk.key(Qt.Key.Key_F, CTRL_SHIFT)
    desk.wait(lambda: desk.workspace == "Library")
    tab_to(desk, "Heads only: T1")
    desk.key(Qt.Key.Key_Space)
    desk.wait(lambda: desk.exam is not None and "T1" in desk.series.volume.series.description)
    desk.wait_idle()
    assert desk.workspace == "Review"
    desk.close()


def test_a_series_of_knees_is_told_to_show_no_head_with_a_way_on(
    start: Start, models: None, tmp_path: Path
) -> None:
    stack = _knee_stack(np.random.default_rng(5))
    voxels = np.round(stack.signal * (1000 / stack.signal.max()))
    knees = studies._series(
        1, studies.DAYS[0], 2, "STIR coronal", studies.STIR, voxels, stack.affine
    )
    write_series(tmp_path / "knees", knees)
    desk = start(tmp_path / "library", [tmp_path / "knees"])
    desk.wait(lambda: any("No femoral head was found" in words for words in desk.messages))
    desk.wait_idle()
    assert not desk.analysed
    desk.wait(lambda: desk.has(QPushButton, "Choose..."))
    desk.act("Choose...")
    assert desk.workspace == "Library"
    tab_to(desk, "Analyse: STIR coronal")
    desk.close()
