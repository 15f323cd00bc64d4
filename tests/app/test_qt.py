"""Qt starts without a display here: its system libraries are installed."""

from __future__ import annotations

import pytest

widgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt is not installed")


def test_a_widget_is_shown_without_a_display(qtbot) -> None:
    label = widgets.QLabel("R")
    qtbot.addWidget(label)
    with qtbot.waitExposed(label):
        label.show()
    assert label.isVisible()
    assert label.grab().toImage().width() >= label.sizeHint().width()
