"""Label maps on disk: orientation, names and sides; damaged folders are refused."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from hipdesk.errors import UnreadableInput
from hipdesk.geometry import to_index
from hipdesk.phantom.anatomy import Structure, label_map_names, load_label_map
from hipdesk.records import Side

NAMES = {"0": "air", "5": "femur_R", "6": "femur_L", "7": "m_Psoas_R", "8": "m_Psoas_L"}


def write_map(folder: Path, voxels: np.ndarray, origin: tuple[float, float, float]) -> None:
    """A uint8 NIfTI-1 at 1 mm: +x to the patient's right, +y anterior, +z up."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *voxels.shape, 1, 1, 1, 1)
    struct.pack_into("<h", header, 70, 2)
    struct.pack_into("<f", header, 108, 352.0)
    for axis in range(3):
        row = [1.0 if column == axis else 0.0 for column in range(3)]
        struct.pack_into("<4f", header, 280 + 16 * axis, *row, origin[axis])
    data = bytes(header) + voxels.tobytes(order="F")
    (folder / "A_pelvis_labels_1mm.nii.gz").write_bytes(gzip.compress(data))
    hip = {"head_radius_mm": 24.0, "neck_axis": [0.8, 0.0, -0.6]}
    other = {**hip, "neck_axis": [-0.8, 0.0, -0.6]}
    facts = {
        "labels": NAMES,
        "hips": {
            "R": {**hip, "head_centre_RAS_mm": [3.0, 1.0, 2.0]},
            "L": {**other, "head_centre_RAS_mm": [-3.0, 1.0, 2.0]},
        },
    }
    (folder / "A_labels.json").write_text(json.dumps(facts), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    voxels = np.zeros((9, 5, 6), dtype=np.uint8)
    voxels[7, 3, 4] = 5  # x = 3 (right), y = 1 (front), z = 2 (up)
    voxels[1, 1, 0] = 6  # x = -3 (left), y = -1 (back), z = -2 (down)
    voxels[4, 2, 2] = 7
    voxels[3, 2, 2] = 8
    write_map(tmp_path, voxels, (-4.0, -2.0, -2.0))
    return tmp_path


def test_voxels_land_in_lps(folder: Path) -> None:
    anatomy = load_label_map(folder, "A")
    # Right, front, up is (-3, -1, 2) in LPS; left, back, down is (3, 1, -2).
    for point, label in (((-3, -1, 2), 14), ((3, 1, -2), 15)):
        index = tuple(np.rint(to_index(anatomy.affine, point)).astype(int))
        assert anatomy.labels[index] == label
    assert label == Structure.FEMUR_LEFT


def test_axes_run_front_to_back_head_to_feet_right_to_left(folder: Path) -> None:
    anatomy = load_label_map(folder, "A")
    assert anatomy.labels.shape == (5, 6, 9)
    right, left = np.argwhere(anatomy.labels == 14)[0], np.argwhere(anatomy.labels == 15)[0]
    np.testing.assert_array_equal(right, (1, 1, 1))
    np.testing.assert_array_equal(left, (3, 5, 7))


def test_hips_and_muscles_keep_their_side(folder: Path) -> None:
    anatomy = load_label_map(folder, "A")
    assert anatomy.hips[Side.RIGHT].centre_lps_mm == (-3.0, -1.0, 2.0)
    assert anatomy.hips[Side.LEFT].neck_axis == (0.8, 0.0, -0.6)
    muscles = anatomy.labels[anatomy.labels >= Structure.MUSCLE]
    assert sorted(muscles) == [Structure.MUSCLE, Structure.MUSCLE + 1]


def test_names_in_a_folder(folder: Path) -> None:
    assert label_map_names(folder) == ("A",)
    assert label_map_names(folder / "none") == ()


SHORT = gzip.compress(b"short", mtime=0)


@pytest.mark.parametrize("damage", [b"", b"not gzip", SHORT], ids=["empty", "text", "short"])
def test_a_damaged_map_is_refused(folder: Path, damage: bytes) -> None:
    (folder / "A_pelvis_labels_1mm.nii.gz").write_bytes(damage)
    with pytest.raises(UnreadableInput, match="A cannot be read"):
        load_label_map(folder, "A")


def test_a_missing_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        load_label_map(tmp_path, "B")
