"""The U-Net of the source paper.

Each encoder block is 2 x (3 x 3 convolution, batch normalisation, ReLU) and
2 x 2 max-pooling; the decoder uses transposed convolutions, skip connections
and two more convolutions (Zheng et al. 2023, doi 10.3389/fphys.2023.1132214).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, cast

import torch
from torch import Tensor, nn

RARE_LOGIT: Final = -4.0
"""Output biases start here: few pixels are positive, so the first steps are calm."""


class Supervised(nn.Module):
    """A network whose training compares one or more logit maps with the truth."""

    @abstractmethod
    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """Logits (n, channels, h, w), the finished answer first, others at any scale."""


def convolutions(inputs: int, outputs: int) -> nn.Sequential:
    """2 x (3 x 3 convolution, batch normalisation, ReLU)."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers += [
            nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
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


class UNet(Supervised):
    """U-Net with logits at full resolution.

    Parameters
    ----------
    inputs : input channels (context slices)
    channels : output channels, each an independent yes or no
    widths : features of each level, full resolution first; the last is the
        bottom. Rows and columns of the input must divide by
        ``2 ** (len(widths) - 1)``.
    """

    def __init__(self, inputs: int, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        firsts = (inputs, *widths[:-1])
        self.encoder = nn.ModuleList(
            convolutions(a, b) for a, b in zip(firsts, widths, strict=True)
        )
        deeper = tuple(pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in deeper)
        self.decoder = nn.ModuleList(convolutions(2 * a, a) for a, _ in deeper)
        self.pool = nn.MaxPool2d(2)
        self.head = logit_layer(widths[0], channels)

    def features(self, image: Tensor) -> tuple[Tensor, ...]:
        """Decoder features of each level, full resolution first, the bottom last."""
        skips = []
        x = image
        for level, block in enumerate(self.encoder):
            x = block(self.pool(x) if level else x)
            skips.append(x)
        found = [x]
        for level in reversed(range(len(self.decoder))):
            x = self.decoder[level](torch.cat([skips[level], self.up[level](x)], dim=1))
            found.append(x)
        return tuple(reversed(found))

    def forward(self, image: Tensor) -> Tensor:
        """Logits (n, channels, rows, columns) of images (n, inputs, rows, columns)."""
        return cast(Tensor, self.head(self.features(image)[0]))

    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """The full-resolution logits alone."""
        return (self(image),)


def parameter_count(network: nn.Module) -> int:
    """Trainable numbers in a network."""
    return sum(parameter.numel() for parameter in network.parameters())
