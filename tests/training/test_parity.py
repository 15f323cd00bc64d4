"""What a network is taught with is what it is given at work: the same bytes by both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from hipdesk.grids import (  # noqa: E402
    LOCATOR_COLUMNS,
    LOCATOR_ROWS,
    LOCATOR_SPACING_MM,
    distance_mm,
    locator_grid,
    resample,
)
from hipdesk.inference import in_layout  # noqa: E402
from hipdesk.intensity import by_body  # noqa: E402
from hipdesk.locating import MIRRORED_CHANNELS, locate  # noqa: E402
from hipdesk.pipeline import analyze, request_analysis  # noqa: E402
from hipdesk.records import SegmentClass, Side, Volume  # noqa: E402
from hipdesk.training.cases import Case, marrows_of, pool_of, stacks_of  # noqa: E402
from hipdesk.training.data import input_spec, watching_batch  # noqa: E402
from hipdesk.training.evaluate import measure_case  # noqa: E402
from hipdesk.training.recipes import (  # noqa: E402
    LOCATE,
    SEGMENT,
    Architecture,
    Recipe,
    with_architecture,
)
from hipdesk.training.shards import Pool, Stack  # noqa: E402
from tests.stacks import (  # noqa: E402
    FakeLocator,
    FakeSegmenter,
    head_centre,
    patient_volume,
    reordered,
    stack_about,
    turned,
)

HALF = 2.0**-11
"""Largest relative rounding of the half-precision numbers that pools keep."""

PROTOCOLS = {
    "tilted, anterior first": ((5.0, 1.4, 1.4), (False, False, False)),
    "fine pixels, transposed": ((4.0, 0.7, 0.7), (True, False, False)),
    "left first, feet first": ((6.0, 1.0, 1.0), (False, True, True)),
}


class KnowingLocator(FakeLocator):
    """Answers with the true balls and femurs of a case."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        series = case.volume.series
        grid = locator_grid(series)
        balls = [distance_mm(grid, head_centre(side)) <= 24 for side in Side]
        femurs = np.logical_or.reduce(
            [truth[SegmentClass.PROXIMAL_FEMUR] for truth in case.truth.values()]
        )
        femur = resample(femurs.astype(np.float32), series.affine, grid)
        straight = np.stack([*(ball * np.float32(0.95) for ball in balls), femur], axis=1)
        self._answers = np.concatenate([straight, straight[:, MIRRORED_CHANNELS, :, ::-1]])

    def run(self, inputs: Mapping[str, np.ndarray], cancelled: object = None) -> np.ndarray:
        count = len(inputs["image"])
        given, self._answers = self._answers[:count], self._answers[count:]
        return given


class Recording(FakeSegmenter):
    """A segmenter that keeps what it is given, each hip's slices together."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.manifest = self.manifest.model_copy(update={"inputs": (input_spec(recipe),)})
        self.given: list[np.ndarray] = []

    def run(self, inputs: Mapping[str, np.ndarray], cancelled: object = None) -> np.ndarray:
        (samples,) = inputs.values()
        self.given.append(in_layout(samples, self.manifest.inputs[0]))
        return super().run(inputs)


def case_of(volume: Volume) -> Case:
    """Outlines as the program draws them on a patient of balls and rods, oedema taking a femur."""
    analysis = analyze(request_analysis(volume), FakeLocator(), FakeSegmenter())
    truth = {hip.side: full(hip.segmentation, volume) for hip in analysis.hips}
    voxels = np.where(
        truth[Side.LEFT][SegmentClass.PROXIMAL_FEMUR], volume.voxels * 2, volume.voxels
    )
    noise = 1 + 0.05 * np.random.default_rng(1).standard_normal(voxels.shape)
    brighter = replace(volume, voxels=(voxels * noise).astype(np.float32))
    return Case("one", "one", brighter, truth)


def full(segmentation, volume: Volume) -> dict[SegmentClass, np.ndarray]:
    shape = volume.series.shape
    return {name: segmentation.full(name, shape) for name in segmentation.masks}


def given_at_work(case: Case, recipe: Recipe) -> tuple[Case, list[np.ndarray]]:
    """The case with the heads found, and the network's inputs, right hip first."""
    segmenter = Recording(recipe)
    analysis = analyze(request_analysis(case.volume), KnowingLocator(case), segmenter)
    heads = {hip.side: hip.head for hip in analysis.hips}
    return replace(case, heads=heads), segmenter.given


def pool_in_full_precision(stacks: Sequence[Stack]) -> Pool:
    """A pool of stacks with nothing rounded."""
    return replace(pool_of(stacks), signal=np.concatenate([each.signal for each in stacks]))


def taught(pool: Pool, recipe: Recipe) -> list[np.ndarray]:
    """The network's inputs in training, without variation, hip by hip."""
    starts = np.unique(pool.first)
    chosen = [np.arange(start, pool.last[start] + 1) for start in starts]
    return [watching_batch(pool, recipe, each).image.numpy() for each in chosen]


@pytest.fixture(params=PROTOCOLS, scope="module")
def case(request) -> Case:
    spacing, order = PROTOCOLS[request.param]
    shape = (15, round(200 / spacing[1]), round(250 / spacing[1]))
    affine = stack_about(turned(4, -3, 2), spacing, shape)
    return case_of(patient_volume(*reordered(affine, shape, *order)))


@pytest.mark.parametrize("architecture", [Architecture.POINT_RENDERING, Architecture.UNET_3D])
def test_both_ways_give_the_same_bytes(case, architecture) -> None:
    recipe = with_architecture(SEGMENT, architecture)
    known, work = given_at_work(case, recipe)
    stacks = stacks_of([known])
    learned = taught(pool_in_full_precision(stacks), recipe)
    for ours, theirs in zip(learned, joined(work, stacks, recipe), strict=True):
        assert ours.dtype == theirs.dtype == np.float32
        assert ours.shape == theirs.shape
        assert ours.tobytes() == theirs.tobytes()
    # Rounding to the half precision of pools, below a thousandth, is all that differs.
    for ours, theirs in zip(taught(pool_of(stacks), recipe), learned, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1.01 * HALF / np.log(2))


def joined(given: Sequence[np.ndarray], stacks: Sequence[Stack], recipe: Recipe):
    """Batches of a hip put together again."""
    if recipe.architecture.volumetric:
        return list(given)
    cuts = np.cumsum([len(stack.signal) for stack in stacks])[:-1]
    return np.split(np.concatenate(given), cuts)


def test_models_are_measured_on_what_they_are_given_at_work(case) -> None:
    known, work = given_at_work(case, SEGMENT)
    segmenter = Recording(SEGMENT)
    measure_case(known, segmenter)
    assert np.concatenate(segmenter.given).tobytes() == np.concatenate(work).tobytes()


def test_the_filled_femur_is_seen_against_the_other_one(case) -> None:
    right, left = (marrows_of(case)[side] for side in Side)
    assert left / right < 1.4


def test_the_locator_learns_from_what_it_is_given_at_work() -> None:
    shape = (9, LOCATOR_ROWS, LOCATOR_COLUMNS)
    affine = stack_about(turned(4, -3, 2), (8.0, *(LOCATOR_SPACING_MM,) * 2), shape)
    volume = patient_volume(affine, shape)
    seen: list[np.ndarray] = []

    class Looking(FakeLocator):
        def run(self, inputs, cancelled=None):
            seen.append(inputs["image"].copy())
            return super().run(inputs)

    locate(volume, Looking())
    at_work = np.concatenate(seen)[: shape[0]]
    stack = Stack(by_body(volume.voxels), np.zeros(shape, np.uint8))
    (learned,) = taught(pool_in_full_precision([stack]), LOCATE)
    assert learned.shape == at_work.shape
    # The series lies on the locator's grid, but its places are only known to 1e-6 of a pixel.
    np.testing.assert_allclose(learned, at_work, rtol=0, atol=1e-5)
