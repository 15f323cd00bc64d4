"""Anatomies that a simulated MRI starts from: labels of tissue on a 1 mm grid.

Two kinds give the same record: label maps read from a folder the user names
(`load_label_map`) and the procedural anatomy (`hipdesk.phantom.procedural`).
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hipdesk.errors import UnreadableInput
from hipdesk.geometry import as_point, coronal_from_right_front_up
from hipdesk.phantom.shape_model import SHAPE_FILE, ShapeModel, load_shape_model
from hipdesk.records import Affine, Point, Side, read_only


class Structure(IntEnum):
    """Labels of an `Anatomy`. Muscles are ``MUSCLE + k``, one number each."""

    AIR = 0
    FAT = 1
    SKIN = 2
    BLADDER = 3
    COLON = 4
    SMALL_BOWEL = 5
    UTERUS = 6
    PROSTATE = 7
    VESSEL = 8
    VERTEBRA = 9
    SACRUM = 10
    COCCYX = 11
    HIP_BONE_RIGHT = 12
    HIP_BONE_LEFT = 13
    FEMUR_RIGHT = 14
    FEMUR_LEFT = 15
    CARTILAGE = 16
    CAPSULE_RIGHT = 20
    CAPSULE_LEFT = 21
    JOINT_SPACE_RIGHT = 22
    JOINT_SPACE_LEFT = 23
    MUSCLE = 64


FEMUR: Final = MappingProxyType(
    {Side.RIGHT: Structure.FEMUR_RIGHT, Side.LEFT: Structure.FEMUR_LEFT}
)
HIP_BONE: Final = MappingProxyType(
    {Side.RIGHT: Structure.HIP_BONE_RIGHT, Side.LEFT: Structure.HIP_BONE_LEFT}
)
CAPSULE: Final = MappingProxyType(
    {Side.RIGHT: Structure.CAPSULE_RIGHT, Side.LEFT: Structure.CAPSULE_LEFT}
)
JOINT_SPACE: Final = MappingProxyType(
    {Side.RIGHT: Structure.JOINT_SPACE_RIGHT, Side.LEFT: Structure.JOINT_SPACE_LEFT}
)


@dataclass(frozen=True, slots=True)
class HipGeometry:
    """Where a hip is in an anatomy.

    Attributes
    ----------
    neck_axis : unit vector from the head centre along the neck, laterally and down
    """

    centre_lps_mm: Point
    radius_mm: float
    neck_axis: Point


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """Labelled tissue on a 1 mm canonical coronal grid.

    Attributes
    ----------
    labels : uint8 `Structure` values (slices, rows, columns), slices anterior
        to posterior (+y), rows head to feet (-z), columns right to left (+x)
    affine : 4 x 4, (slice, row, column) to LPS mm
    hips : head centre, radius and neck axis of both sides
    shapes : how other bodies differ from this one, where a model lies beside its file
    """

    name: str
    labels: NDArray[np.uint8]
    affine: Affine
    hips: Mapping[Side, HipGeometry]
    shapes: ShapeModel | None = None


CANONICAL_AXES: Final = np.array(
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]], dtype=np.float64
)
"""Columns: LPS directions of one step in slice, row and column."""

_NAMES: Final = {
    "air": Structure.AIR,
    "fat_body": Structure.FAT,
    "skin_shell": Structure.SKIN,
    "bladder": Structure.BLADDER,
    "colon_rectum": Structure.COLON,
    "small_bowel": Structure.SMALL_BOWEL,
    "uterus": Structure.UTERUS,
    "prostate": Structure.PROSTATE,
    "vessels": Structure.VESSEL,
    "sacrum": Structure.SACRUM,
    "coccyx": Structure.COCCYX,
    "hipbone_R": Structure.HIP_BONE_RIGHT,
    "hipbone_L": Structure.HIP_BONE_LEFT,
    "femur_R": Structure.FEMUR_RIGHT,
    "femur_L": Structure.FEMUR_LEFT,
    "capsule_R": Structure.CAPSULE_RIGHT,
    "capsule_L": Structure.CAPSULE_LEFT,
    "jointspace_R": Structure.JOINT_SPACE_RIGHT,
    "jointspace_L": Structure.JOINT_SPACE_LEFT,
}


def load_label_map(folder: Path, name: str) -> Anatomy:
    """Read ``NAME_pelvis_labels_1mm.nii.gz`` and ``NAME_labels.json``.

    A shape model (`SHAPE_FILE`) in the same folder is read with them.
    The maps are stored with +x towards the patient's right, +y anterior and
    +z up, at 1 mm.

    Raises
    ------
    UnreadableInput
        A file is missing or not of this form.
    """
    try:
        facts = json.loads((folder / f"{name}_labels.json").read_text(encoding="utf-8"))
        stored, origin = _read_nifti(folder / f"{name}_pelvis_labels_1mm.nii.gz")
    except (OSError, ValueError, struct.error, EOFError) as error:
        raise UnreadableInput(
            f"The label map {name} cannot be read from {folder}; check the folder."
        ) from error
    canonical = coronal_from_right_front_up(stored)
    table = _label_table(facts["labels"])
    last = np.asarray(origin) + np.asarray(stored.shape) - 1.0
    affine = np.eye(4)
    affine[:3, :3] = CANONICAL_AXES
    affine[:3, 3] = (-last[0], -last[1], last[2])
    model = folder / SHAPE_FILE
    shapes = load_shape_model(model) if model.exists() else None
    return Anatomy(name, read_only(table[canonical]), affine, _hips(facts["hips"]), shapes)


def label_map_names(folder: Path) -> tuple[str, ...]:
    """Names of the label maps in a folder."""
    suffix = "_pelvis_labels_1mm.nii.gz"
    return tuple(sorted(path.name[: -len(suffix)] for path in folder.glob(f"*{suffix}")))


def _label_table(names: Mapping[str, str]) -> NDArray[np.uint8]:
    """Lookup from a map's own numbers to `Structure` values."""
    table = np.zeros(256, dtype=np.uint8)
    muscles = sorted({name[:-2] for name in names.values() if name.startswith("m_")})
    for number, name in names.items():
        if name.startswith("m_"):
            side_offset = len(muscles) if name.endswith("_L") else 0
            table[int(number)] = Structure.MUSCLE + muscles.index(name[:-2]) + side_offset
        elif name.startswith("cart_"):
            table[int(number)] = Structure.CARTILAGE
        else:
            table[int(number)] = _NAMES[name]
    return table


def _hips(facts: Mapping[str, Mapping[str, list[float] | float]]) -> Mapping[Side, HipGeometry]:
    """Hip facts of the JSON, from its frame to LPS."""
    hips = {}
    for side in Side:
        entry = facts[side.value]
        centre = np.asarray(entry["head_centre_RAS_mm"]) * (-1, -1, 1)
        axis = np.asarray(entry["neck_axis"]) * (-1, -1, 1)
        radius = entry["head_radius_mm"]
        assert isinstance(radius, float)
        hips[side] = HipGeometry(as_point(centre), radius, as_point(axis))
    return MappingProxyType(hips)


def _read_nifti(path: Path) -> tuple[NDArray[np.uint8], Point]:
    """Voxels (x, y, z) and the position of the first one, of a uint8 NIfTI-1 at 1 mm."""
    data = gzip.decompress(path.read_bytes())
    shape = struct.unpack_from("<3h", data, 42)
    datatype = struct.unpack_from("<h", data, 70)[0]
    offset = int(struct.unpack_from("<f", data, 108)[0])
    if struct.unpack_from("<i", data, 0)[0] != 348 or datatype != 2:
        raise ValueError("not a uint8 NIfTI-1 file")
    rows = np.frombuffer(data, "<f4", 12, 280).reshape(3, 4)
    if not np.allclose(rows[:, :3], np.eye(3)):
        raise ValueError("not an upright 1 mm grid")
    voxels = np.frombuffer(data, np.uint8, int(np.prod(shape)), offset)
    return voxels.reshape(shape, order="F"), as_point(rows[:, 3])
