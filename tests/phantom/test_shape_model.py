"""Shape-model warps: other bones, the same joint; a damaged model is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from hipdesk.errors import UnreadableInput
from hipdesk.phantom.anatomy import load_label_map
from hipdesk.phantom.deformation import patient_hips, random_pose, to_anatomy
from hipdesk.phantom.shape_model import (
    SHAPE_FILE,
    ShapeModel,
    ShapeWarp,
    displacement,
    load_shape_model,
    random_shape,
)
from hipdesk.records import Side
from tests.toy_anatomy import HEAD_MM, toy_anatomy


def grid_model() -> ShapeModel:
    """Nodes all over the left side that one mode moves out, back and up alike."""
    axis = np.arange(-4.0, 4.1, 0.5)
    nodes = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    modes = np.full((len(nodes), 3, 1), 0.2)
    return ShapeModel(nodes, modes, np.abs(np.linalg.norm(nodes, axis=1) - 1) < 0.1, cKDTree(nodes))


def outwards() -> ShapeWarp:
    model = grid_model()
    return ShapeWarp(model, np.full((len(model.nodes), 3), 0.25))


def moved(side: Side, point: tuple[float, float, float]) -> np.ndarray:
    hip = toy_anatomy().hips[side]
    head = hip.centre_lps_mm, hip.radius_mm
    place = np.array([np.add(hip.centre_lps_mm, point)])
    return displacement(outwards(), head, side, 0.0, place)[0]


def test_nothing_moves_within_the_joint() -> None:
    for side in Side:
        np.testing.assert_array_equal(moved(side, (0.0, 1.25 * HEAD_MM, 0.0)), 0.0)


def test_beyond_the_joint_bones_move_as_the_model_says() -> None:
    # Three radii back, where the warp is free: 0.25 radii outwards, back and up.
    left, right = (moved(side, (0.0, 3 * HEAD_MM, 0.0)) for side in (Side.LEFT, Side.RIGHT))
    np.testing.assert_allclose(left, 0.25 * HEAD_MM, rtol=1e-6)
    np.testing.assert_allclose(right, left * (-1, 1, 1), rtol=1e-6)


def test_a_side_leaves_the_other_alone_and_the_midline_in_place() -> None:
    hip = toy_anatomy().hips[Side.LEFT]
    head = hip.centre_lps_mm, hip.radius_mm
    places = np.array([[-40.0, 70.0, 10.0], [1e-6, 70.0, 10.0]])
    other, middle = displacement(outwards(), head, Side.LEFT, 0.0, places)
    np.testing.assert_array_equal(other, 0.0)
    assert abs(middle[0]) < 1e-6
    assert middle[1] > 1.0


def test_heads_stay_balls_in_their_sockets_under_the_real_model(shared_data: Path) -> None:
    model = load_shape_model(shared_data / "anatomy" / SHAPE_FILE)
    anatomy = toy_anatomy()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        pose = replace(random_pose(rng, 0.0), shape=random_shape(rng, model))
        for hip in patient_hips(anatomy, pose).values():
            around = rng.normal(0, 1, (200, 3))
            around *= 1.2 * hip.radius_mm / np.linalg.norm(around, axis=1, keepdims=True)
            back = to_anatomy(anatomy, pose, around + hip.centre_lps_mm)
            np.testing.assert_allclose(back, around + hip.centre_lps_mm, atol=1e-6)
        far = np.array([[90.0, 20.0, 110.0], [-90.0, 20.0, 110.0]])
        shift = np.linalg.norm(to_anatomy(anatomy, pose, far) - far, axis=1)
        assert 0.1 < shift.max() < 30.0


def test_label_maps_take_the_model_beside_them(shared_data: Path) -> None:
    assert load_label_map(shared_data / "anatomy", "VHF").shapes is not None


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_damaged_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SHAPE_FILE).write_bytes(content)
    with pytest.raises(UnreadableInput, match="shape model"):
        load_shape_model(tmp_path / SHAPE_FILE)
