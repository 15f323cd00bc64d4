"""Confidence of a slice: what stays of the lesions when the picture is changed a little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hipdesk.confidence import SHIFT_PX, VARIATIONS, Variation, moved, slice_confidence, varied
from hipdesk.crop import crop_hip
from hipdesk.pipeline import analyze, request_analysis
from hipdesk.records import Contrast, Head, HipCrop, Side
from hipdesk.result import result_document
from hipdesk.segmentation import segment_hip
from tests.stacks import (
    HEAD_MM,
    MARROW,
    FakeLocator,
    FakeSegmenter,
    head_centre,
    patient_volume,
    stack_about,
    turned,
)

SHAPE = (15, 130, 200)
STACK = stack_about(turned(6, -4, 2), (5.0, 1.4, 1.4), SHAPE)


def spot(rows: slice, columns: slice) -> HipCrop:
    """Two slices of 40 x 40 pixels, on the first one a bright rectangle."""
    image = np.ones((2, 40, 40), np.float32)
    image[0, rows, columns] = 3.0
    head = Head(Side.RIGHT, True, 1.0, (0.0, 0.0, 0.0), 24.0)
    return HipCrop(Side.RIGHT, head, image, np.eye(4), (0, 1), 1.0, False)


SPOT = spot(slice(10, 20), slice(10, 20))


def bright(crop: HipCrop) -> np.ndarray:
    return crop.image / crop.marrow_median > 2


def test_moving_repeats_edges_and_can_be_undone_inside() -> None:
    stack = np.arange(24.0).reshape(1, 4, 6)
    down = moved(stack, Variation(1, -2, 1.0))[0]
    np.testing.assert_array_equal(down[0], [2, 3, 4, 5, 5, 5])
    np.testing.assert_array_equal(down[2], [8, 9, 10, 11, 11, 11])
    back = moved(down[None], Variation(-1, 2, 1.0))
    np.testing.assert_array_equal(back[0, :3, 2:], stack[0, :3, 2:])


@pytest.mark.parametrize("change", VARIATIONS)
def test_a_variation_moves_the_picture_and_brightens_it(change) -> None:
    other = varied(SPOT, change)
    rows, columns = np.nonzero(other.image[0] > 2)
    assert (rows.min(), columns.min()) == (10 + change.rows, 10 + change.columns)
    assert other.image[0].max() / other.marrow_median == pytest.approx(3.0 * change.gain)
    assert max(abs(change.rows), abs(change.columns)) <= SHIFT_PX


def test_lesions_that_move_with_the_picture_are_certain() -> None:
    assert slice_confidence(SPOT, bright(SPOT), bright, 4) == (1.0, 1.0)


def test_confidence_by_hand() -> None:
    def half(crop: HipCrop) -> np.ndarray:
        mask = bright(crop)
        mask[0, : np.nonzero(mask[0])[0].min() + 5] = False
        return mask

    # 100 pixels against 50 of them; on the second slice nothing against nothing.
    found = slice_confidence(SPOT, bright(SPOT), half, 2)
    assert found == (round((2 * 50 + 20) / (100 + 50 + 20), 4), 1.0)
    # A crumb of 4 pixels that comes and goes is no reason to doubt: (0 + 20) / (4 + 20).
    crumb = spot(slice(10, 12), slice(10, 12))
    nothing = np.zeros((2, 40, 40), bool)
    assert slice_confidence(crumb, bright(crumb), lambda _: nothing, 1) == (0.8333, 1.0)


def test_what_leaves_the_picture_is_not_held_against_it() -> None:
    edge = spot(slice(0, 3), slice(5, 30))
    assert slice_confidence(edge, bright(edge), bright, 4) == (1.0, 1.0)


class Asking(FakeSegmenter):
    """A segmenter that wants two repeats."""

    def __init__(self) -> None:
        super().__init__()
        self.manifest = self.manifest.model_copy(update={"confidence_repeats": 2})


def outlined(network: FakeSegmenter, contrast: Contrast = Contrast.STIR, told: list | None = None):
    volume = patient_volume(STACK, SHAPE, contrast)
    head = Head(Side.RIGHT, True, 1.0, tuple(head_centre(Side.RIGHT)), HEAD_MM)
    crop = crop_hip(volume, head, MARROW)
    progress = (lambda part, _: told.append(part)) if told is not None else (lambda *_: None)
    return crop, segment_hip(crop, network, volume.series, progress)


def test_a_hip_is_outlined_again_only_where_the_model_asks_for_it() -> None:
    plain, asking, told = FakeSegmenter(), Asking(), []
    crop, without = outlined(plain)
    _, found = outlined(asking, told=told)
    assert without.confidence is None
    assert len(found.confidence) == found.box.shape[0] == len(crop.slice_indices)
    assert all(0.5 < value <= 1 for value in found.confidence)
    assert asking.batches == plain.batches * 3
    assert told == sorted(told)
    assert told[-1] == 1.0
    for name, mask in without.masks.items():
        np.testing.assert_array_equal(found.masks[name], mask)
    _, heads_only = outlined(Asking(), Contrast.T1)
    assert heads_only.confidence is None


def test_the_result_tells_the_confidence_of_each_slice() -> None:
    request = request_analysis(patient_volume(STACK, SHAPE))
    document = result_document(analyze(request, FakeLocator(), Asking()))
    slices = [each for hip in document["hips"] for each in hip["slices"]]
    known = [each["confidence"] for each in slices if "confidence" in each]
    assert known
    assert all(0 <= value <= 1 for value in known)
    assert all("confidence" in each for each in slices if each["counted"])
    plain = result_document(analyze(request, FakeLocator(), FakeSegmenter()))
    again = [each for hip in plain["hips"] for each in hip["slices"]]
    assert not any("confidence" in each for each in again)
    assert [{**each, "confidence": None} for each in slices] == [
        {**each, "confidence": None} for each in again
    ]


def test_confidences_belong_to_the_slices_they_were_measured_on() -> None:
    request = request_analysis(patient_volume(STACK, SHAPE))
    analysis = analyze(request, FakeLocator(), Asking())
    hip = analysis.hips[0]
    numbers = tuple(np.linspace(0, 1, hip.segmentation.box.shape[0]))
    other = replace(hip, segmentation=replace(hip.segmentation, confidence=numbers))
    document = result_document(replace(analysis, hips=(other, *analysis.hips[1:])))
    first = hip.segmentation.box.start[0]
    for each in document["hips"][0]["slices"]:
        if "confidence" in each:
            assert each["confidence"] == numbers[each["index"] - first]
