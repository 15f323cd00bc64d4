"""What training minimises: soft Dice plus five times binary cross-entropy.

Channels are independent yes-or-no answers. A sample's channel whose truth is
not known is left out by a weight of zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

BCE_FACTOR: Final = 5.0
SMOOTH_PX: Final = 1.0
"""Added to both sides of the Dice ratio: an empty channel is no error."""


def dice_and_bce(logits: Tensor, truth: Tensor, known: Tensor, importance: Tensor) -> Tensor:
    """Dice + 5 x BCE, averaged over the channels.

    Parameters
    ----------
    logits, truth : (n, channels, rows, columns); truth 0-1, soft where resampled
    known : (n, channels), 1 where the truth is known, 0 where it is not
    importance : (channels,), weights of the channels in the average

    Notes
    -----
    Dice is taken over the whole batch: small lesions are missing from most
    single slices, where the ratio would be noise.
    """
    score = logits.float().contiguous().flatten(2)
    wanted = truth.flatten(2)
    chance = torch.sigmoid(score)
    overlap = ((chance * wanted).sum(2) * known).sum(0)
    size = ((chance.sum(2) + wanted.sum(2)) * known).sum(0)
    dice = 1 - (2 * overlap + SMOOTH_PX) / (size + SMOOTH_PX)
    entropy = functional.softplus(score).sum(2) - (score * wanted).sum(2)
    pixels = known.sum(0).clamp(min=1) * score.shape[2]
    bce = (entropy * known).sum(0) / pixels
    return ((dice + BCE_FACTOR * bce) * importance).sum() / importance.sum()


def supervised_loss(
    outputs: Sequence[Tensor],
    truth: Tensor,
    known: Tensor,
    importance: Tensor,
    side_weight: float,
) -> Tensor:
    """`dice_and_bce` of the finished answer plus the weighted rest.

    ``outputs`` as from `Supervised.supervised`; the truth is averaged down to
    each output's own grid.
    """
    total = dice_and_bce(outputs[0], truth, known, importance)
    for logits in outputs[1:]:
        stride = truth.shape[2] // logits.shape[2]
        smaller = functional.avg_pool2d(truth, stride) if stride > 1 else truth
        total = total + side_weight * dice_and_bce(logits, smaller, known, importance)
    return total
