"""Whether a slice's confidence tells good outlines from bad ones: figures of docs/models.md."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.stats import spearmanr

from hipdesk.adapters.network_loading import load_network
from hipdesk.confidence import FEW_PX, slice_confidence
from hipdesk.inference import run_batches
from hipdesk.phantom import procedural
from hipdesk.phantom.prepared import prepare
from hipdesk.records import LESIONS, Head, HipCrop, SegmentClass, Side
from hipdesk.segmentation import BATCH, network_inputs
from hipdesk.training.shards import hip_maker

STACKS = 24
HEAD_PX = 150
"""Slices that show less of the head are not asked about."""


def overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Dice slice by slice, held by a few pixels as the confidence is."""
    both = (first & second).sum(axis=(1, 2))
    return (2 * both + FEW_PX) / (first.sum(axis=(1, 2)) + second.sum(axis=(1, 2)) + FEW_PX)


@pytest.mark.bench
def test_moved_pictures_tell_where_lesions_are_outlined_badly() -> None:
    network = load_network("segment", "cpu")
    channels = network.manifest.channels
    lesion = [i for i, each in enumerate(channels) if each.name in LESIONS]
    limits = np.array([channels[i].threshold for i in lesion])[:, None, None]
    make = hip_maker([prepare(procedural.build(np.random.default_rng(seed))) for seed in (1, 2)])
    bits = sum(1 << tuple(SegmentClass).index(name) for name in LESIONS)
    head = Head(Side.RIGHT, True, 1.0, (0.0, 0.0, 0.0), 24.0)

    def outline(crop: HipCrop) -> np.ndarray:
        answer = run_batches(network, network_inputs(crop, network.manifest), BATCH)
        return (answer[:, lesion] > limits).any(axis=1)

    true, once, twice, mirrored, seconds = [], [], [], [], []
    for index in range(STACKS):
        stack = make(np.random.default_rng([31, index]))
        asked = (stack.labels & 1).sum(axis=(1, 2)) > HEAD_PX
        crop = HipCrop(
            Side.RIGHT, head, stack.signal, np.eye(4), tuple(range(len(asked))), 1.0, False
        )
        began = time.perf_counter()
        found = outline(crop)
        seconds.append((time.perf_counter() - began) / len(asked))
        true += list(overlap(found, stack.labels & bits > 0)[asked])
        once += list(np.array(slice_confidence(crop, found, outline, 1))[asked])
        twice += list(np.array(slice_confidence(crop, found, outline, 2))[asked])
        turned = np.ascontiguousarray(stack.signal[..., ::-1])
        image = HipCrop(Side.RIGHT, head, turned, np.eye(4), crop.slice_indices, 1.0, False)
        mirrored += list(overlap(found, outline(image)[..., ::-1])[asked])
    told = {"one moved": once, "two moved": twice, "the mirrored": mirrored}
    rho = {name: float(spearmanr(values, true).statistic) for name, values in told.items()}
    print(f"{len(true)} slices, {1000 * float(np.median(seconds)):.1f} ms a crop and repeat")
    for name, value in rho.items():
        print(f"{name} picture: rank correlation with Dice {value:.2f}")
    assert rho["two moved"] >= 0.4
    assert rho["two moved"] > rho["the mirrored"] + 0.1
