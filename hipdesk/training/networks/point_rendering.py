"""U-Net whose coarse answer is refined by three-step point rendering.

The decoder level at 1/8 gives coarse logits. Three times these are doubled in
size bilinearly and the least certain points are predicted anew by a small
perceptron that sees fine features and the coarse logits at the point, as in
PointRend (Kirillov et al. 2020, arXiv 1912.08193). The source paper names the
"three-step point rendering" and no more; three doublings are our reading.

All of it uses Resize, TopK, GatherElements and ScatterElements, so that it
lives inside the exported graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from hipdesk.training.networks.blocks import RARE_LOGIT, Supervised, logit_layer
from hipdesk.training.networks.unet import UNet

COARSE_LEVEL: Final = 3
"""Decoder level of the coarse logits: stride 8."""

RANDOM_SHARE: Final = 0.25
"""Share of the points that training draws at random, as PointRend does."""


class PointHead(nn.Module):
    """Perceptron from fine features and coarse logits at a point to its logits.

    The coarse logits are given to every layer again, as in PointRend. The last
    axis holds the features; the axes before it may be a list or a grid.
    """

    def __init__(self, fine: int, channels: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(fine + channels, hidden)
        self.second = nn.Linear(hidden + channels, hidden)
        self.last = nn.Linear(hidden + channels, channels)
        nn.init.constant_(self.last.bias, RARE_LOGIT)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Logits (..., channels) of features (..., fine) and logits (..., channels)."""
        x = functional.relu(self.first(torch.cat([fine, coarse], dim=-1)))
        x = functional.relu(self.second(torch.cat([x, coarse], dim=-1)))
        return cast(Tensor, self.last(torch.cat([x, coarse], dim=-1)))


class PointRendering(Supervised):
    """U-Net, coarse logits at 1/8, three doublings with point rendering.

    Parameters
    ----------
    inputs, channels, widths : as for `UNet`; at least four widths
    points : how many points each doubling predicts anew; where that is all
        of them, none need be chosen
    hidden : width of the perceptron
    """

    def __init__(
        self,
        inputs: int,
        channels: int,
        widths: Sequence[int],
        points: Sequence[int] = (1280, 5120, 4096),
        hidden: int = 32,
    ) -> None:
        super().__init__()
        self.unet = UNet(inputs, channels, widths)
        self.coarse = logit_layer(widths[COARSE_LEVEL], channels)
        self.point_head = PointHead(widths[0], channels, hidden)
        self.points = tuple(points)

    def forward(self, image: Tensor) -> Tensor:
        """Rendered logits (n, channels, rows, columns)."""
        return self._render(self.unet.features(image))[-1]

    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """Rendered logits, the U-Net's own, then those at 1/2, 1/4 and 1/8."""
        features = self.unet.features(image)
        steps = self._render(features)
        return steps[-1], self.unet.head(features[0]), *reversed(steps[:-1])

    def _render(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Logits at 1/8, 1/4, 1/2 and full resolution."""
        steps = [self.coarse(features[COARSE_LEVEL]).float()]
        for count in self.points:
            steps.append(self._double(steps[-1], features[0], count))
        return steps

    def _double(self, logits: Tensor, fine: Tensor, count: int) -> Tensor:
        """Twice the size, the ``count`` least certain points predicted anew."""
        rows, columns = 2 * logits.shape[2], 2 * logits.shape[3]
        coarse = _resize(logits, rows, columns)
        sampled = fine if fine.shape[2] == rows else _resize(fine, rows, columns)
        fine_last, coarse_last = sampled.permute(0, 2, 3, 1), coarse.permute(0, 2, 3, 1)
        if count >= rows * columns:
            anew = self.point_head(fine_last, coarse_last.to(fine.dtype)).float()
            return cast(Tensor, anew.permute(0, 3, 1, 2))
        chosen = self._least_certain(coarse, count)
        flat = coarse_last.flatten(1, 2)
        at_points = _at(flat, chosen).to(fine.dtype)
        anew = self.point_head(_at(fine_last.flatten(1, 2), chosen), at_points).float()
        index = chosen.unsqueeze(2).expand(-1, -1, flat.shape[2])
        rendered = flat.scatter(1, index, anew).reshape(coarse_last.shape)
        return rendered.permute(0, 3, 1, 2)

    def _least_certain(self, logits: Tensor, count: int) -> Tensor:
        """Flat indices (n, count) where any channel's logit is closest to zero."""
        certainty = logits.detach().abs().amin(dim=1).flatten(1)
        if self.training:
            share = RANDOM_SHARE * count / certainty.shape[1]
            certainty = torch.where(torch.rand_like(certainty) < share, -1.0, certainty)
        return certainty.topk(count, dim=1, largest=False, sorted=False).indices


def _resize(x: Tensor, rows: int, columns: int) -> Tensor:
    """Bilinear sampling at the pixel centres of another grid over the same area."""
    return functional.interpolate(x, (rows, columns), mode="bilinear", align_corners=False)


def _at(flat: Tensor, chosen: Tensor) -> Tensor:
    """Values (n, points, c) of ``flat`` (n, pixels, c) at indices (n, points)."""
    return flat.gather(1, chosen.unsqueeze(2).expand(-1, -1, flat.shape[2]))
