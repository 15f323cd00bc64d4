"""What training minimises: overlap plus five times binary cross-entropy.

Channels are independent yes-or-no answers. A sample's channel whose truth is
not known is left out by a weight of zero. The overlap is MONAI's Tversky loss of
what is known; the cross-entropy is a mean over what is known, which no library's
reduction gives, and is written out here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from monai.losses.tversky import TverskyLoss
from torch import Tensor
from torch.nn import functional

BCE_FACTOR: Final = 5.0
SMOOTH_PX: Final = 0.5
"""Added to both sides of the overlap's ratio: an empty channel is no error."""

EVEN: Final = 0.5
"""Weight of misses at which the Tversky index is Dice."""


def overlap_and_bce(
    logits: Tensor,
    truth: Tensor,
    known: Tensor,
    importance: Tensor,
    miss_weights: Sequence[float] = (),
) -> Tensor:
    """(1 - Tversky index) + 5 x BCE, averaged over the channels.

    Parameters
    ----------
    logits, truth : (n, channels, [depth,] rows, columns); truth 0-1, soft where
        resampled
    known : (n, channels), 1 where the truth is known, 0 where it is not
    importance : (channels,), weights of the channels in the average
    miss_weights : for each channel, the weight of misses against false
        positives, which have the rest of 1; all `EVEN`, Dice, if empty

    Notes
    -----
    The overlap is taken over the whole batch: small lesions are missing from
    most single slices, where the ratio would be noise. Tversky index:
    Salehi et al. 2017, arXiv 1706.05721.
    """
    score = logits.float().contiguous().flatten(2)
    wanted = truth.flatten(2)
    valid = known[:, :, None]
    missing = _missing(torch.sigmoid(score) * valid, wanted * valid, miss_weights)
    entropy = functional.softplus(score).sum(2) - (score * wanted).sum(2)
    pixels = known.sum(0).clamp(min=1) * score.shape[2]
    bce = (entropy * known).sum(0) / pixels
    return ((missing + BCE_FACTOR * bce) * importance).sum() / importance.sum()


def supervised_loss(
    outputs: Sequence[Tensor],
    truth: Tensor,
    known: Tensor,
    importance: Tensor,
    side_weight: float,
    miss_weights: Sequence[float] = (),
) -> Tensor:
    """`overlap_and_bce` of the finished answer plus the weighted rest.

    ``outputs`` as from `Supervised.supervised`; the truth is averaged down to
    each output's own grid.
    """
    total = overlap_and_bce(outputs[0], truth, known, importance, miss_weights)
    for logits in outputs[1:]:
        smaller = _averaged_down(truth, logits)
        side = overlap_and_bce(logits, smaller, known, importance, miss_weights)
        total = total + side_weight * side
    return total


def _missing(chance: Tensor, wanted: Tensor, miss_weights: Sequence[float]) -> Tensor:
    """1 - Tversky index of each channel; channels of one weight together, for speed."""
    channels = chance.shape[1]
    weights = miss_weights or [EVEN] * channels
    if len(set(weights)) == 1:
        return _tversky(weights[0])(chance, wanted).reshape(-1)
    missing = chance.new_zeros(channels)
    for weight in sorted(set(weights)):
        group = [i for i, own in enumerate(weights) if own == weight]
        part = _tversky(weight)(chance[:, group], wanted[:, group])
        missing = missing.index_put((torch.tensor(group, device=chance.device),), part.reshape(-1))
    return missing


def _tversky(miss_weight: float) -> TverskyLoss:
    """The overlap term of one channel over a whole batch."""
    return TverskyLoss(
        alpha=1 - miss_weight,
        beta=miss_weight,
        reduction="none",
        smooth_nr=SMOOTH_PX,
        smooth_dr=SMOOTH_PX,
        batch=True,
    )


def _averaged_down(truth: Tensor, logits: Tensor) -> Tensor:
    """The truth on the grid of some logits."""
    stride = [a // b for a, b in zip(truth.shape[2:], logits.shape[2:], strict=True)]
    if all(step == 1 for step in stride):
        return truth
    pool = functional.avg_pool2d if truth.ndim == 4 else functional.avg_pool3d
    return pool(truth, stride)
