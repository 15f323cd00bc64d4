"""The windows on the number keys: measured once, named in the language in force."""

from __future__ import annotations

import numpy as np
import pytest

from app.controllers import windows
from app.controllers.review import ReviewController
from app.views.protocols import ReviewView
from tests.app.fakes import FakeView
from tests.app.review_fakes import opened


def test_another_language_names_the_presets_anew_and_measures_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured: list[tuple[int, ...]] = []

    def body_window(voxels: np.ndarray) -> tuple[float, float]:
        measured.append(voxels.shape)
        return 50.0, 100.0

    monkeypatch.setattr(windows, "body_window", body_window)
    language, exam, view = ["en"], opened(), FakeView(ReviewView)
    controller = ReviewController(
        view,  # type: ignore[arg-type]
        exam.desk,
        exam.bench.services,
        lambda _context, words: f"{language[0]} {words}",
        exam.signing,
        lambda: None,
        lambda: None,
    )
    language[0] = "zh"
    controller.retranslate()
    presets = view.last("show_window")[2]
    assert presets[1].name == "zh Body, 1st to 99th percentile"
    assert presets[1].window == (50.0, 100.0)
    assert len(measured) == 1
