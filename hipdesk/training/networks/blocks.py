"""What the networks share: how training sees them, and the paper's pair of convolutions."""

from __future__ import annotations

from abc import abstractmethod
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

RARE_LOGIT: Final = -4.0
"""Output biases start here: few pixels are positive, so the first steps are calm."""


class Supervised(nn.Module):
    """A network whose training compares one or more logit maps with the truth.

    ``forward`` gives the logits of the finished answer.
    """

    @abstractmethod
    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """Logits (n, channels, [depth,] h, w), the finished answer first, others at any scale."""


def convolutions(*features: int) -> nn.Sequential:
    """(3 x 3 convolution, batch normalisation, ReLU) from each width to the next."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(features):
        layers += [
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


def logit_layer(inputs: int, channels: int) -> nn.Conv2d:
    """1 x 1 convolution to logits that starts with every pixel unlikely."""
    layer = nn.Conv2d(inputs, channels, 1)
    assert layer.bias is not None
    nn.init.constant_(layer.bias, RARE_LOGIT)
    return layer


def resized_like(x: Tensor, other: Tensor) -> Tensor:
    """Bilinear sampling at the pixel centres of another map's grid over the same area."""
    if x.shape[2:] == other.shape[2:]:
        return x
    return functional.interpolate(
        x, (other.shape[2], other.shape[3]), mode="bilinear", align_corners=False
    )


def together(*maps: Tensor) -> Tensor:
    """Feature maps of one size as one map."""
    return torch.cat(maps, dim=1)


def parameter_count(network: nn.Module) -> int:
    """Trainable numbers in a network."""
    return sum(parameter.numel() for parameter in network.parameters())
