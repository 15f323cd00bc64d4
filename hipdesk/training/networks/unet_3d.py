"""3-D U-Net on the whole stack of a crop: the forerunner of the source paper's model.

After Cicek et al. 2016 (arXiv 1606.06650), made anisotropic: slices lie some 4 mm
apart, pixels 0.8 mm, so the first levels see single slices and pool within them
alone; convolutions reach the neighbouring slices from the second level on, and
only the last pooling halves the number of slices, when both steps are alike.

What stays within a slice is a 2-D layer on all slices at once. As 3-D layers one
slice deep they would be the same, but PyTorch 2.13 corrupts memory in their
bfloat16 backward pass on processors.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, cast

import torch
from torch import Tensor, nn

from hipdesk.training.networks.blocks import Supervised, convolutions, logit_layer

DEPTH_MULTIPLE: Final = 2
"""The number of slices must divide by this: they are pooled in pairs, once."""

FLAT_LEVELS: Final = 1
"""Levels whose convolutions stay within a slice."""


class SliceBySlice(nn.Module):
    """A 2-D layer on every slice of stacks (n, features, slices, rows, columns)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """The stacks of what the layer makes of each slice."""
        n, _, slices, *_ = x.shape
        flat = self.layer(x.transpose(1, 2).flatten(0, 1))
        return cast(Tensor, flat.reshape(n, slices, *flat.shape[1:]).transpose(1, 2))


class UNet3d(Supervised):
    """Anisotropic 3-D U-Net with logits at full resolution.

    Parameters
    ----------
    inputs : input channels, 1
    channels, widths : as for `hipdesk.training.networks.unet.UNet`; the number
        of slices must divide by `DEPTH_MULTIPLE`
    """

    def __init__(self, inputs: int, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        firsts = (inputs, *widths[:-1])
        self.encoder = nn.ModuleList(
            _convolutions(level, a, b, b)
            for level, (a, b) in enumerate(zip(firsts, widths, strict=True))
        )
        deeper = tuple(pairwise(widths))
        last = len(deeper) - 1
        self.pool = nn.ModuleList(
            nn.MaxPool3d(2 if level == last else (1, 2, 2)) for level in range(len(deeper))
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(b, a, 2, stride=2)
            if level == last
            else SliceBySlice(nn.ConvTranspose2d(b, a, 2, stride=2))
            for level, (a, b) in enumerate(deeper)
        )
        self.decoder = nn.ModuleList(
            _convolutions(level, 2 * a, a, a) for level, (a, _) in enumerate(deeper)
        )
        self.head = SliceBySlice(logit_layer(widths[0], channels))
        self.side = SliceBySlice(logit_layer(widths[1], channels))

    def forward(self, image: Tensor) -> Tensor:
        """Logits (n, channels, slices, rows, columns) of images (n, 1, slices, rows, columns)."""
        return cast(Tensor, self.head(self._decoded(image)[0]))

    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """Logits at full and at half in-plane resolution."""
        finest, second, *_ = self._decoded(image)
        return cast(Tensor, self.head(finest)), cast(Tensor, self.side(second))

    def _decoded(self, image: Tensor) -> tuple[Tensor, ...]:
        """Decoder features of each level, full resolution first."""
        skips = []
        x = image
        for level, block in enumerate(self.encoder):
            x = block(self.pool[level - 1](x) if level else x)
            skips.append(x)
        found = []
        for level in reversed(range(len(self.decoder))):
            x = self.decoder[level](torch.cat([skips[level], self.up[level](x)], dim=1))
            found.append(x)
        return tuple(reversed(found))


def _convolutions(level: int, *features: int) -> nn.Module:
    """(convolution, batch normalisation, ReLU) from each width to the next."""
    if level < FLAT_LEVELS:
        return SliceBySlice(convolutions(*features))
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(features):
        layers += [
            nn.Conv3d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm3d(outputs),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)
