"""HipCrop -> Segmentation: network input, probabilities on the native grid, masks.

Probabilities, not masks, travel back to the series' own grid; they become masks
there, by the thresholds the model was measured with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hipdesk.confidence import slice_confidence
from hipdesk.crop import HIP_COLUMNS, HIP_ROWS, HIP_SPACING_MM
from hipdesk.errors import ModelError
from hipdesk.geometry import to_lps, voxel_volume_ml
from hipdesk.grids import Grid, distance_mm, restore
from hipdesk.half_height import within_half_height
from hipdesk.inference import check_manifest, run_batches, with_context
from hipdesk.intensity import by_body, by_marrow
from hipdesk.manifest import InputSpec, Manifest, Normalisation, Task
from hipdesk.ports import Cancelled, Network, Progress, never_cancelled, no_progress, one_of
from hipdesk.records import (
    BONES,
    LESIONS,
    BoolArray,
    FloatArray,
    GridBox,
    Head,
    HipCrop,
    Segmentation,
    SegmentClass,
    Series,
)

Masks = Mapping[SegmentClass, BoolArray]

BATCH: Final = 8

HIP_SIZE: Final = (HIP_ROWS, HIP_COLUMNS, HIP_SPACING_MM)

LESION_MINIMUM_ML: Final = 0.03
"""Smaller islands are dropped: some ten pixels of a usual 4 mm slice, below what
readers outline (our choice; reference of false positives in the model card)."""

PELVIS_MINIMUM_ML: Final = 0.3
"""Hip bone shows as several pieces on a stack; smaller ones are no bone."""

FACES: Final = ndimage.generate_binary_structure(3, 1)
CORNERS: Final = ndimage.generate_binary_structure(3, 3)
"""Voxels that touch: by a face; at least by a corner."""

_IN_PLANE: Final = ndimage.generate_binary_structure(2, 1)[None]


def segment_hip(
    crop: HipCrop,
    network: Network,
    series: Series,
    progress: Progress = no_progress,
    cancelled: Cancelled = never_cancelled,
) -> Segmentation:
    """Outline bones, and lesions where the series shows them, on the native grid.

    Parameters
    ----------
    crop : one hip of ``series``
    network : a model of task ``segment``

    Returns
    -------
    Bones always; oedema and effusion/synovitis only where the series is
    fluid-sensitive, with a confidence for each slice where the model asks for it.

    Raises
    ------
    ModelError
        The model is not of this program's form, or failed.
    Cancelled
        The user asked to stop.
    """
    manifest = network.manifest
    check_manifest(manifest, Task.SEGMENT, tuple(SegmentClass), HIP_SIZE)
    repeats = manifest.confidence_repeats if series.contrast.fluid_sensitive else 0
    done = iter(range(1 + repeats))

    def answered(crop: HipCrop) -> FloatArray:
        part = one_of(progress, next(done), 1 + repeats)
        return run_batches(network, network_inputs(crop, manifest), BATCH, part, cancelled)

    answer = answered(crop)
    found = outlined(answer, manifest, crop, series)
    if not repeats:
        return found
    confidence = slice_confidence(
        crop, _lesions(answer, manifest), lambda other: _lesions(answered(other), manifest), repeats
    )
    return replace(found, confidence=confidence)


def outlined(
    probabilities: FloatArray, manifest: Manifest, crop: HipCrop, series: Series
) -> Segmentation:
    """A network's answer on a crop as outlines on the native grid.

    Parameters
    ----------
    probabilities : (slices, channels, rows, columns) on the crop's grid
    """
    wanted = (*BONES, *LESIONS) if series.contrast.fluid_sensitive else BONES
    box, raw = native_masks(probabilities, manifest, crop, series, wanted)
    return Segmentation(crop.side, box, clean(raw, crop.head, _block(series, box)))


def network_inputs(crop: HipCrop, manifest: Manifest) -> dict[str, FloatArray]:
    """What the manifest asks for: role to float32 (slices, k, rows, columns)."""
    return {spec.role: _input(crop, spec) for spec in manifest.inputs}


def native_masks(
    probabilities: FloatArray,
    manifest: Manifest,
    crop: HipCrop,
    series: Series,
    wanted: tuple[SegmentClass, ...],
) -> tuple[GridBox, dict[SegmentClass, BoolArray]]:
    """Masks out of probabilities, on the block of the native grid under the crop.

    Parameters
    ----------
    probabilities : (slices, channels, rows, columns) on the crop's grid
    wanted : the classes to bring home
    """
    names = manifest.channel_names
    ended = {each.name for each in manifest.channels if each.half_height}.intersection(wanted)
    maps = [probabilities[:, names.index(name)] for name in wanted]
    maps += [crop.image] if ended else []
    box, values = restore(np.stack(maps), crop.affine, series.affine, series.shape)
    thresholds = {channel.name: channel.threshold for channel in manifest.channels}
    return box, {
        name: within_half_height(value, values[-1], thresholds[name])
        if name in ended
        else value > thresholds[name]
        for name, value in zip(wanted, values, strict=False)
    }


def clean(masks: Masks, head: Head, block: Grid) -> dict[SegmentClass, BoolArray]:
    """Make masks agree with anatomy.

    The head and the femur are the one piece at the located head; the head is
    part of the femur. Hip bone is outside the femur, without crumbs. Oedema
    lies in bone, effusion outside it (one pixel of overlap at the rim is the
    model's own); islands below 0.03 mL are dropped.

    Parameters
    ----------
    masks : class to bool array on one block of the native grid
    block : affine and shape of that block
    """
    voxel_ml = voxel_volume_ml(block.affine)
    core = _head_core(head, block)
    femoral_head = piece_at(masks[SegmentClass.FEMORAL_HEAD], core)
    anchor = femoral_head if femoral_head.any() else core
    femur = piece_at(masks[SegmentClass.PROXIMAL_FEMUR] | femoral_head, anchor)
    pelvis = masks[SegmentClass.ACETABULUM] & ~femur
    pelvis = without_small(pelvis, PELVIS_MINIMUM_ML / voxel_ml, FACES)
    cleaned = {
        SegmentClass.FEMORAL_HEAD: femoral_head,
        SegmentClass.PROXIMAL_FEMUR: femur,
        SegmentClass.ACETABULUM: pelvis,
    }
    bone = femur | pelvis
    fields = {
        SegmentClass.BME: ndimage.binary_dilation(bone, _IN_PLANE),
        SegmentClass.EFFUSION_SYNOVITIS: ~ndimage.binary_erosion(bone, _IN_PLANE),
    }
    for name, field in fields.items():
        if name in masks:
            smallest = LESION_MINIMUM_ML / voxel_ml
            cleaned[name] = without_small(masks[name] & field, smallest, CORNERS)
    return cleaned


def piece_at(mask: BoolArray, anchor: BoolArray) -> BoolArray:
    """The connected piece of a mask that shares most voxels with ``anchor``; else nothing."""
    labels, count = ndimage.label(mask, FACES)
    if count == 0:
        return np.zeros(mask.shape, dtype=np.bool_)
    shared = np.bincount(labels[anchor], minlength=count + 1)
    shared[0] = 0
    best = int(np.argmax(shared))
    return np.asarray((labels == best) & (shared[best] > 0))


def without_small(mask: BoolArray, minimum_voxels: float, links: NDArray[np.bool_]) -> BoolArray:
    """A mask without its connected pieces of fewer than ``minimum_voxels``."""
    labels, _ = ndimage.label(mask, links)
    sizes = np.bincount(labels.ravel())
    keep = sizes >= minimum_voxels
    keep[0] = False
    return np.asarray(keep[labels])


def _input(crop: HipCrop, spec: InputSpec) -> FloatArray:
    """One network input of a hip."""
    if spec.role == "bone_mask":
        raise ModelError(
            "The chosen model needs bone outlines of another model first; choose a model that "
            "outlines bones and lesions together."
        )
    if spec.normalisation is Normalisation.MARROW:
        signal = by_marrow(crop.image, crop.marrow_median)
    else:
        signal = by_body(crop.image)
    return with_context(signal, spec.context_slices)


def _lesions(answer: FloatArray, manifest: Manifest) -> BoolArray:
    """Where any lesion is, on the crop's grid, before anatomy is asked."""
    found = np.zeros((len(answer), *answer.shape[2:]), dtype=np.bool_)
    for number, channel in enumerate(manifest.channels):
        if channel.name in LESIONS:
            found |= answer[:, number] > channel.threshold
    return found


def _head_core(head: Head, block: Grid) -> BoolArray:
    """The ball of the located head."""
    assert head.centre_lps_mm is not None
    assert head.radius_mm is not None
    return np.asarray(distance_mm(block, head.centre_lps_mm) <= head.radius_mm)


def _block(series: Series, box: GridBox) -> Grid:
    """Affine and shape of a block of a series' grid."""
    affine = series.affine.copy()
    affine[:3, 3] = to_lps(series.affine, box.start)
    return Grid(affine, box.shape)
