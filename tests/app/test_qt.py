"""Qt starts without a display here, and its Python binding is a sound one."""

from __future__ import annotations

import sys

import pytest

core = pytest.importorskip("PySide6.QtCore", reason="Qt is not installed")
widgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt is not installed")


def test_a_widget_is_shown_without_a_display(qtbot) -> None:
    label = widgets.QLabel("R")
    qtbot.addWidget(label)
    with qtbot.waitExposed(label):
        label.show()
    assert label.isVisible()
    assert label.grab().toImage().width() >= label.sizeHint().width()


class Teller(core.QObject):
    told = core.Signal()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True cannot die from Python 3.12 on")
def test_signals_do_not_use_up_true() -> None:
    """A binding that gives a reference away at each emit ends Python after some thousands."""
    teller = Teller()
    teller.told.emit()
    before = sys.getrefcount(True)
    for _ in range(300):
        teller.told.emit()
    assert sys.getrefcount(True) > before - 100
