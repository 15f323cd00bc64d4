"""HRNet: branches of several resolutions side by side, exchanged again and again.

After Sun et al. 2019 (arXiv 1904.04514, "HRNetV2"): each stage adds a branch of
half the resolution; at its end every branch receives all others; the answer is
read from all branches, enlarged and put together. Theirs starts at a quarter of
a street scene's size. A crop here is a tenth as wide, so the finest branch works
at half resolution, and what it gathers meets the full-size stem once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from torch import Tensor, nn
from torch.nn import functional

from hipdesk.training.networks.blocks import (
    Supervised,
    convolutions,
    logit_layer,
    resized_like,
    together,
)

BLOCKS: Final = 2
"""Residual blocks of a branch in each stage; four in the paper's far larger nets."""

GATHERED: Final = 2
"""Features gathered from all branches, in widths of the finest one."""


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside the identity."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *convolutions(features, features),
            nn.Conv2d(features, features, 3, padding=1, bias=False),
            nn.BatchNorm2d(features),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The changed features, of the same shape."""
        return functional.relu(x + self.body(x))


class Exchange(nn.Module):
    """Every branch receives the sum of all: shrunk by strided convolutions, or enlarged."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(
            nn.ModuleList(_path(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths))
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """As many maps of the same shapes."""
        exchanged = []
        for own, paths in zip(branches, self.paths, strict=True):
            received = zip(cast(nn.ModuleList, paths), branches, strict=True)
            total = sum(resized_like(path(branch), own) for path, branch in received)
            exchanged.append(functional.relu(cast(Tensor, total)))
        return exchanged


class HRNet(Supervised):
    """High-resolution network.

    Parameters
    ----------
    inputs, channels : as for `hipdesk.training.networks.unet.UNet`
    widths : features of the stem, at full resolution, then of each branch from
        half resolution on. Rows and columns of the input must divide by
        ``2 ** (len(widths) - 1)``.
    """

    def __init__(self, inputs: int, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.widths = tuple(widths)
        stem, *branches = widths
        self.stem = convolutions(inputs, stem)
        counts = range(1, len(branches) + 1)
        sources = (stem, *branches)
        self.enter = nn.ModuleList(_halving(sources[n - 1], sources[n]) for n in counts)
        self.stages = nn.ModuleList(
            nn.ModuleList(_branch(width) for width in branches[:count]) for count in counts
        )
        self.exchange = nn.ModuleList(Exchange(branches[:count]) for count in counts)
        self.gather = nn.Sequential(
            nn.Conv2d(sum(branches), GATHERED * branches[0], 1, bias=False),
            nn.BatchNorm2d(GATHERED * branches[0]),
            nn.ReLU(inplace=True),
        )
        self.join = convolutions(stem + GATHERED * branches[0], 2 * stem)
        self.head = logit_layer(2 * stem, channels)
        self.side = logit_layer(GATHERED * branches[0], channels)

    def forward(self, image: Tensor) -> Tensor:
        """Logits (n, channels, rows, columns) of images (n, inputs, rows, columns)."""
        return self._finished(*self._features(image))

    def supervised(self, image: Tensor) -> tuple[Tensor, ...]:
        """The answer, and logits of what the branches gather, at half resolution."""
        stem, gathered = self._features(image)
        return self._finished(stem, gathered), self.side(gathered)

    def _features(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """The stem's map, and what all branches gather on the finest one's grid."""
        stem = self.stem(image)
        branches: list[Tensor] = []
        for enter, stage, exchange in zip(self.enter, self.stages, self.exchange, strict=True):
            branches.append(enter(branches[-1] if branches else stem))
            grown = [
                branch(x) for branch, x in zip(cast(nn.ModuleList, stage), branches, strict=True)
            ]
            branches = exchange(grown) if len(grown) > 1 else grown
        return stem, self.gather(together(*(resized_like(x, branches[0]) for x in branches)))

    def _finished(self, stem: Tensor, gathered: Tensor) -> Tensor:
        """Logits from everything, enlarged."""
        return cast(Tensor, self.head(self.join(together(stem, resized_like(gathered, stem)))))


def _branch(features: int) -> nn.Sequential:
    """The residual blocks of one branch in one stage."""
    return nn.Sequential(*(ResidualBlock(features) for _ in range(BLOCKS)))


def _halving(inputs: int, outputs: int, active: bool = True) -> nn.Sequential:
    """A strided convolution with batch normalisation, and ReLU where active."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if active else []))


def _path(widths: Sequence[int], source: int, target: int) -> nn.Module:
    """From one branch to another: nothing, repeated halving, or fewer features to enlarge."""
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(
            nn.Conv2d(widths[source], widths[target], 1, bias=False),
            nn.BatchNorm2d(widths[target]),
        )
    *between, last = range(source + 1, target + 1)
    steps = [_halving(widths[source], widths[source]) for _ in between]
    return nn.Sequential(*steps, _halving(widths[source], widths[last], active=False))
