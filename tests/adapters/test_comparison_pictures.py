"""Truth beside prediction: which slices, which side, and what happens without a prediction."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from hipdesk.adapters.comparison_pictures import write_comparison
from hipdesk.errors import OutputError
from hipdesk.overlay import LINE_STYLES
from hipdesk.records import GridBox, Segmentation, SegmentClass, Side
from tests.training.case_factory import make_case


def coloured(picture: np.ndarray, name: SegmentClass) -> int:
    """Pixels near the colour of a class."""
    distance = np.abs(picture.astype(int) - LINE_STYLES[name].colour).sum(axis=2)
    return int(np.count_nonzero(distance < 60))


def halves(path) -> tuple[np.ndarray, np.ndarray]:
    picture = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))
    middle = picture.shape[1] // 2
    return picture[:, :middle], picture[:, middle:]


def test_truth_is_on_the_left_and_prediction_on_the_right(tmp_path) -> None:
    case = make_case()
    masks = dict(case.truth[Side.LEFT])
    masks[SegmentClass.BME] = np.zeros_like(masks[SegmentClass.BME])
    box = GridBox((0, 4, 60), (14, 60, 118))
    found = Segmentation(Side.LEFT, box, {name: mask[box.index] for name, mask in masks.items()})
    paths = write_comparison(
        case.volume, Side.LEFT, case.truth[Side.LEFT], found, tmp_path / "new", "007"
    )
    shown = case.truth[Side.LEFT][SegmentClass.FEMORAL_HEAD].any(axis=(1, 2))
    assert len(paths) >= np.count_nonzero(shown)
    (middle,) = [path for path in paths if path.name == "007_L_slice_007.jpg"]
    truth, prediction = halves(middle)
    assert coloured(truth, SegmentClass.BME) > 100
    assert coloured(prediction, SegmentClass.BME) == 0
    assert coloured(prediction, SegmentClass.FEMORAL_HEAD) > 100


def test_a_hip_that_was_not_found_shows_the_truth_alone(tmp_path) -> None:
    case = make_case()
    paths = write_comparison(case.volume, Side.RIGHT, case.truth[Side.RIGHT], None, tmp_path, "001")
    truth, prediction = halves(paths[len(paths) // 2])
    assert coloured(truth, SegmentClass.FEMORAL_HEAD) > 100
    assert coloured(prediction, SegmentClass.FEMORAL_HEAD) == 0


def test_a_blocked_folder_is_explained(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    case = make_case()
    with pytest.raises(OutputError, match="space"):
        write_comparison(
            case.volume, Side.LEFT, case.truth[Side.LEFT], None, tmp_path / "file", "1"
        )
