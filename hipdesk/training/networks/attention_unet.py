"""Attention U-Net: gates that let through only the part of a skip connection that matters.

A gate compares the skip connection with the coarser decoder features, the
additive attention of Oktay et al. 2018 (arXiv 1804.03999); training looks at
every decoder level, as theirs does.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from hipdesk.training.networks.blocks import (
    Supervised,
    convolutions,
    logit_layer,
    resized_like,
    together,
)


class AttentionGate(nn.Module):
    """A share between 0 and 1 for every pixel of a skip connection.

    Parameters
    ----------
    skip : features of the skip connection
    gating : features of the decoder level below, of half the size
    """

    def __init__(self, skip: int, gating: int) -> None:
        super().__init__()
        self.of_skip = nn.Conv2d(skip, skip, 2, stride=2, bias=False)
        self.of_gating = nn.Conv2d(gating, skip, 1)
        self.weigh = nn.Conv2d(skip, 1, 1)
        self.after = nn.Sequential(nn.Conv2d(skip, skip, 1), nn.BatchNorm2d(skip))

    def forward(self, skip: Tensor, gating: Tensor) -> Tensor:
        """The gated skip connection."""
        joint = functional.relu(self.of_skip(skip) + self.of_gating(gating))
        share = torch.sigmoid(self.weigh(joint))
        return cast(Tensor, self.after(skip * resized_like(share, skip)))


class AttentionUNet(Supervised):
    """U-Net with attention gates on its skip connections.

    Parameters
    ----------
    inputs, channels, widths : as for `hipdesk.training.networks.unet.UNet`
    """

    def __init__(self, inputs: int, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        firsts = (inputs, *widths[:-1])
        self.encoder = nn.ModuleList(
            convolutions(a, b, b) for a, b in zip(firsts, widths, strict=True)
        )
        deeper = tuple(pairwise(widths))
        self.gate = nn.ModuleList(AttentionGate(a, b) for a, b in deeper)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in deeper)
        self.decoder = nn.ModuleList(convolutions(2 * a, a, a) for a, _ in deeper)
        self.pool = nn.MaxPool2d(2)
        self.heads = nn.ModuleList(logit_layer(a, channels) for a, _ in deeper)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (n, channels, rows, columns) of images (n, inputs, rows, columns)."""
        return cast(Tensor, self.heads[0](self._decoded(image)[0]))

    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """Logits of each decoder level, full resolution first."""
        features = self._decoded(image)
        return tuple(head(x) for head, x in zip(self.heads, features, strict=True))

    def _decoded(self, image: Tensor) -> tuple[Tensor, ...]:
        """Decoder features of each level, full resolution first."""
        skips = []
        x = image
        for level, block in enumerate(self.encoder):
            x = block(self.pool(x) if level else x)
            skips.append(x)
        found = []
        for level in reversed(range(len(self.decoder))):
            gated = self.gate[level](skips[level], x)
            x = self.decoder[level](together(gated, self.up[level](x)))
            found.append(x)
        return tuple(reversed(found))
